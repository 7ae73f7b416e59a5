"""YOLO-pose for real where some Python has ultralytics, and all around it anyway."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import types
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import save_file

from skelseg_core.cli.main import cli
from skelseg_core.errors import ModelError
from skelseg_core.estimators import yolo, yolo_process
from skelseg_core.estimators.registry import YOLO_PYTHON
from skelseg_core.estimators.yolo import YoloPose
from skelseg_core.estimators.yolo_process import YoloRefusal, read_weights
from skelseg_core.formats.poses_npz import load_poses
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.progress import run
from skelseg_core.project.folder import create_project, probe_video
from skelseg_core.project.project_edits import add_video
from tests.videos import write_video

PYTHON = os.environ.get(YOLO_PYTHON) or sys.executable
SIZE = (128, 64)

# -- for real -----------------------------------------------------------------------

# Two people, whatever the picture: all weights are 0, so a network's answer is its last
# biases. A person is likely in the coarsest of its three grids alone (32 px).
MAKE = """
import sys, torch
from ultralytics.nn.tasks import PoseModel
network, folder = sys.argv[1:]
model = PoseModel(network + ".yaml", nc=1, data_kpt_shape=(17, 3), verbose=False)
k = torch.arange(17) / 17
with torch.no_grad():
    for name, tensor in model.state_dict().items():
        if name.endswith("running_var"):
            tensor.fill_(1)
        elif "dfl" not in name:
            tensor.zero_()
    head = model.model[-1]
    for grid in range(3):
        head.cv2[grid][-1].bias[1::16] = 10
        head.cv3[grid][-1].bias.fill_(3 if grid == 2 else -20)
        points = torch.stack([0.1 + 0.2 * k, 0.1 + 0.3 * k, 4 * k - 2], dim=1)
        head.cv4[grid][-1].bias.copy_(points.flatten())
torch.save({"model": model.half(), "ema": None, "date": "today"}, folder + "/whole.pt")
torch.save(model.float().state_dict(), folder + "/" + network + ".pth")
"""


def has_ultralytics() -> bool:
    code = (
        "import importlib.util as u; raise SystemExit(not u.find_spec('ultralytics'))"
    )
    return subprocess.run([PYTHON, "-I", "-c", code], check=False).returncode == 0


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with weights that ultralytics built and saved."""
    if not has_ultralytics():
        pytest.skip(
            f"{PYTHON} has no ultralytics; install skelseg[yolo] or name a Python that "
            f"has it in {YOLO_PYTHON}"
        )
    folder = tmp_path_factory.mktemp("yolo")
    command = [PYTHON, "-I", "-c", MAKE, "yolov8n-pose", str(folder)]
    environment = yolo.environment(str(folder))
    subprocess.run(command, check=True, env=environment, cwd=folder)
    save_file(
        torch.load(folder / "yolov8n-pose.pth"), folder / "yolov8n-pose.safetensors"
    )
    return folder


def pictures(count: int = 2) -> Iterator[tuple[int, np.ndarray]]:
    for n in range(count):
        yield n, np.full((SIZE[1], SIZE[0], 3), 40 * n, np.uint8)


def check_the_two(poses: PoseSequence) -> None:
    assert poses.n_individuals == 2
    assert (poses.skeleton, poses.size) == ("coco17", SIZE)
    k = np.arange(17) / 17
    scores = 1 / (1 + np.exp(2 - 4 * k))
    there = scores >= 0.2
    # The network sees 64x32 px, two cells of 32: half of what the picture has.
    x = (0.2 + 0.4 * k) * 64 + np.array([[0], [64]])
    y = np.tile((0.2 + 0.6 * k) * 64, (2, 1))
    expected = np.where(there[:, None], np.stack([x, y], axis=-1), np.nan)
    for frame in range(2):
        order = np.argsort(poses.keypoints[frame, :, -1, 0])
        np.testing.assert_allclose(poses.keypoints[frame, order], expected, atol=0.1)
        expected_scores = np.tile(np.where(there, scores, 0), (2, 1))
        # Half precision in the file of ultralytics, steps of 1/1024 in ours.
        np.testing.assert_allclose(poses.scores[frame], expected_scores, atol=2e-3)
    assert not poses.scores[2:].any()
    assert np.array_equal(poses.keypoints[0], poses.keypoints[1], equal_nan=True)


@pytest.mark.parametrize("file", ["whole.pt", "yolov8n-pose.safetensors"])
def test_people_are_where_the_network_says(made: Path, file: str) -> None:
    estimator = YoloPose(made / file, side=64)
    poses = run(estimator.estimate(pictures(), 3, SIZE))
    check_the_two(poses)
    assert poses.estimator == estimator.name
    assert poses.estimator.startswith(f"yolov8n-pose ({file}), ultralytics 8.")


def test_added_borders_are_no_part_of_the_picture(made: Path) -> None:
    # 100x64 becomes 64x41 and, with 11 grey rows above it, 64x64.
    estimator = YoloPose(made / "yolov8n-pose.pth", side=64)
    frames = [(0, np.zeros((64, 100, 3), np.uint8))]
    poses = run(estimator.estimate(frames, 1, (100, 64)))
    k = 16 / 17
    x, y = (0.2 + 0.4 * k) * 32, (0.2 + 0.6 * k) * 32
    near = np.array([x / 0.64, (y - 11) / 0.64])
    offsets = np.abs(poses.keypoints[0, :, 16] - near).max(axis=-1)
    assert offsets.min() < 0.5


def test_a_closed_task_ends_the_process(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    start = yolo.start_process

    def remember(*args: Any) -> subprocess.Popen[bytes]:
        started.append(start(*args))
        return started[-1]

    monkeypatch.setattr(yolo, "start_process", remember)
    before = set(threading.enumerate())
    task = YoloPose(made / "whole.pt", side=64).estimate(pictures(50), 50, SIZE)
    while next(task).done < 2:
        assert started[0].poll() is None
    task.close()
    assert started[0].returncode is not None
    assert not set(threading.enumerate()) - before


def test_weights_of_another_network_are_refused(made: Path, tmp_path: Path) -> None:
    path = tmp_path / "yolov8s-pose.safetensors"
    path.write_bytes((made / "yolov8n-pose.safetensors").read_bytes())
    with pytest.raises(ModelError, match="not have the weights of yolov8s-pose with"):
        run(YoloPose(path).estimate(pictures(), 2, SIZE))
    path = path.rename(tmp_path / "yolo99n-pose.safetensors")
    with pytest.raises(ModelError, match="does not know the network yolo99n-pose"):
        run(YoloPose(path).estimate(pictures(), 2, SIZE))


# -- a process that is no YOLO ------------------------------------------------------

STAND_IN = """
import json, os, struct, sys, time
def answer(kind, payload):
    data = struct.pack("<cI", kind, len(payload)) + payload
    while data:
        data = data[os.write(1, data):]
def frame():
    header = sys.stdin.buffer.read(8)
    if len(header) < 8:
        sys.exit()
    width, height = struct.unpack("<II", header)
    return width, height, sys.stdin.buffer.read(width * height * 3)
def ready():
    answer(b"R", json.dumps({"name": "stand-in 1"}).encode())
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes `YoloPose` start the given code instead; yields the estimator."""
    path = tmp_path / "stand_in.py"
    monkeypatch.setattr(yolo, "SCRIPT", path)
    monkeypatch.delenv(YOLO_PYTHON, raising=False)

    def put(code: str) -> YoloPose:
        path.write_text(STAND_IN + code, encoding="utf-8")
        return YoloPose(tmp_path / "yolo11n-pose.pt")

    return put


def test_frames_arrive_as_they_are(stand_in: Any) -> None:
    # One person, whose keypoints are the first 17 pixels as (red, green), score 0.5.
    estimator = stand_in(
        "ready()\n"
        "while True:\n"
        "    w, h, data = frame()\n"
        "    assert (w, h) == (20, 3)\n"
        "    values = [v for k in range(17) for v in (*data[3*k:3*k+2], 0.5)]\n"
        "    answer(b'P', struct.pack('<51f', *values))\n"
    )
    rgb = np.random.default_rng(0).integers(0, 256, (3, 20, 3), np.uint8)
    poses = run(estimator.estimate([(0, rgb), (2, rgb[::-1, ::-1])], 3, (20, 3)))
    assert poses.estimator == "stand-in 1, skelseg 1"
    assert not poses.scores[1].any()
    for frame, row in ((0, rgb[0]), (2, rgb[-1, ::-1])):
        # A person far from the one before takes the next index.
        person = int(poses.scores[frame].any(axis=-1).argmax())
        assert np.array_equal(poses.keypoints[frame, person], row[:17, :2])
        assert (poses.scores[frame, person] == 0.5).all()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("sys.exit('no memory left.')", r"^YOLO-pose ended too early \(no memory left"),
        ("os.write(1, b'Hello, this is no answer')", r"^YOLO-pose ended too early\.$"),
        ("ready(); frame(); os.write(1, b'P\\0\\0\\0\\x7f')", "ended too early"),
        ("ready(); frame(); answer(b'P', bytes(100))", "answered 100 bytes, which are"),
        ("answer(b'E', 'Too bad: ü.'.encode())", "^Too bad: ü.$"),
        ("ready(); frame(); answer(b'E', b'Too large.')", "^Too large.$"),
        ("time.sleep(60)", "gave no answer"),
        ("ready(); time.sleep(60)", "gave no answer"),
    ],
)
def test_a_process_that_fails_is_one_sentence(
    stand_in: Any, monkeypatch: pytest.MonkeyPatch, code: str, message: str
) -> None:
    if "gave" in message:
        monkeypatch.setattr(yolo, "PATIENCE_S", 1.0)
    # More than a pipe holds: nobody reads it.
    frames = [(0, np.zeros((400, 400, 3), np.uint8))] * 3
    before = set(threading.enumerate())
    with pytest.raises(ModelError, match=message):
        run(stand_in(code).estimate(frames, 3, (400, 400)))
    assert not set(threading.enumerate()) - before


def test_the_command_line_says_who_estimated(
    stand_in: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, project = create_project(tmp_path / "p", label_map_from_names("ab"))
    video = write_video(tmp_path / "a.mp4", 4, rate=25)
    project = add_video(project, probe_video(video, folder, project))
    folder.save(project)
    stand_in(
        "ready()\n"
        "while frame():\n"
        "    values = [v for k in range(17) for v in (k, 2, 1)]\n"
        "    answer(b'P', struct.pack('<51f', *values))\n"
    )
    command = ["poses", str(tmp_path / "p"), "--estimator", "yolo"]
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 2
    assert "yolo needs a weights file" in result.output
    assert not folder.poses_path("a").exists()
    result = CliRunner().invoke(cli, [*command, "--weights", "w.pt"])
    assert result.output.endswith("in 4 of 4 frames, by stand-in 1, skelseg 1\n")
    assert load_poses(folder.poses_path("a")).estimator == "stand-in 1, skelseg 1"


# -- without ultralytics ------------------------------------------------------------


def test_without_ultralytics_the_sentence_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv.create(tmp_path / "empty", with_pip=False)
    python = tmp_path / "empty" / ("Scripts" if os.name == "nt" else "bin") / "python"
    monkeypatch.setenv(YOLO_PYTHON, str(python))
    with pytest.raises(ModelError) as caught:
        run(YoloPose(tmp_path / "a.pt").estimate(pictures(), 2, SIZE))
    for part in ("needs ultralytics", "pip install skelseg[yolo]", YOLO_PYTHON):
        assert part in str(caught.value)
    monkeypatch.setenv(YOLO_PYTHON, str(tmp_path / "none"))
    with pytest.raises(ModelError, match=r"cannot be started .*; correct SKELSEG_Y"):
        run(YoloPose(tmp_path / "a.pt").estimate(pictures(), 2, SIZE))
    monkeypatch.delenv(YOLO_PYTHON)
    monkeypatch.setattr(sys, "frozen", True, raising=False)  # no Python beside it
    with pytest.raises(ModelError, match="name it by SKELSEG_YOLO_PYTHON"):
        run(YoloPose(tmp_path / "a.pt").estimate(pictures(), 2, SIZE))


@pytest.mark.parametrize(
    ("ultralytics", "with_torch"), [("8.3.46", "2.13.0+cpu"), ("8.4.190", "2.9.1")]
)
def test_unsafe_versions_are_refused(
    monkeypatch: pytest.MonkeyPatch, ultralytics: str, with_torch: str
) -> None:
    versions = {"ultralytics": ultralytics, "torch": with_torch}
    monkeypatch.setattr("importlib.metadata.version", versions.__getitem__)
    with pytest.raises(YoloRefusal, match="is not safe to use; update to"):
        yolo_process.check_packages()
    versions.update(ultralytics="8.4.120", torch="2.10.0+cu130")
    assert yolo_process.check_packages() == "8.4.120"


# -- what the process may do --------------------------------------------------------


def in_the_process(folder: Path, code: str, *arguments: str) -> str:
    """What ``code`` prints in a process like YOLO's, as module ``m``, hardened."""
    prelude = (
        "import json, os, runpy, socket, subprocess, sys\n"
        "m = runpy.run_path(sys.argv[1])\n"
        "m['harden'](3)\n"
    )
    command = [sys.executable, "-I", "-c", prelude + code, str(yolo.SCRIPT), *arguments]
    result = subprocess.run(
        command,
        check=True,
        cwd=folder,
        env=yolo.environment(str(folder)),
        capture_output=True,
        text=True,
    )
    return result.stdout


def test_the_process_knows_little_and_its_switches_are_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ULTRALYTICS_API_KEY", "COMET_API_KEY", "PYTHONPATH", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "something")
    for name in yolo_process.SWITCHES:
        monkeypatch.setenv(name, "other")
    told = json.loads(in_the_process(tmp_path, "print(json.dumps(dict(os.environ)))"))
    assert told["YOLO_AUTOINSTALL"] == "false"
    assert told["YOLO_OFFLINE"] == "true"
    assert told["ULTRALYTICS_SAFE_LOAD"] == "true"
    assert told["OMP_NUM_THREADS"] == "3"
    assert Path(told["YOLO_CONFIG_DIR"]).samefile(tmp_path)
    assert Path(told["HOME"]).samefile(tmp_path)
    assert "something" not in told.values()


def test_the_process_can_neither_connect_nor_start_programs(tmp_path: Path) -> None:
    code = (
        "port = int(sys.argv[2])\n"
        "tries = {\n"
        "    'connect': lambda: socket.create_connection(('127.0.0.1', port)),\n"
        "    'send': lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(\n"
        "        b'x', ('127.0.0.1', port)),\n"
        "    'resolve': lambda: socket.getaddrinfo('localhost', 80),\n"
        "    'pip': lambda: subprocess.run([sys.executable, '-m', 'pip', '-V']),\n"
        "    'shell': lambda: os.system('echo no'),\n"
        "    'replace': lambda: os.execv(sys.executable, ['python', '-V']),\n"
        "}\n"
        "if hasattr(os, 'fork'):\n"
        "    tries['fork'] = os.fork\n"
        "done = []\n"
        "for name, action in tries.items():\n"
        "    try:\n"
        "        action()\n"
        "        done.append(name)\n"
        "    except PermissionError as error:\n"
        "        assert 'is not allowed in the YOLO process' in str(error)\n"
        "print(len(tries), done)\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        port = server.getsockname()[1]
        said = in_the_process(tmp_path, code, str(port))
        with pytest.raises(BlockingIOError):
            server.accept()
    assert said.split(maxsplit=1)[1].strip() == "[]"


# -- weights ------------------------------------------------------------------------


class Evil:
    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call[0], self.call[1:]


def test_a_file_that_runs_something_is_refused(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    path = tmp_path / "yolo11n-pose.pt"
    for call in (
        (os.mkdir, str(trace)),
        (exec, f"import os; os.mkdir({str(trace)!r})"),
    ):
        torch.save({"model": Evil(*call), "ema": None}, path)
        with pytest.raises(YoloRefusal, match=r"would run \w+.*it was refused"):
            read_weights(path)
        assert not trace.exists()


def test_no_class_of_ultralytics_is_made_by_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    class PoseModel(torch.nn.Module):
        def __init__(self, configuration: object) -> None:
            super().__init__()
            made.append(configuration)

    module = types.ModuleType("ultralytics.nn.tasks")
    PoseModel.__module__, PoseModel.__qualname__ = module.__name__, "PoseModel"
    module.PoseModel = PoseModel  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ultralytics", types.ModuleType("ultralytics"))
    monkeypatch.setitem(sys.modules, "ultralytics.nn", types.ModuleType("nn"))
    monkeypatch.setitem(sys.modules, module.__name__, module)

    model = PoseModel("mine")
    model.body = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 1), torch.nn.BatchNorm2d(4))
    model.register_buffer("passing", torch.ones(1), persistent=False)
    model.yaml = {"yaml_file": "some/where/yolo11n-pose.yaml"}  # type: ignore[assignment]
    trap = Evil(PoseModel, "its configuration would be evaluated")
    reader = Evil(getattr, model, "forward")
    path = tmp_path / "best.pt"
    torch.save({"ema": model, "model": None, "trap": trap, "reader": reader}, path)
    made.clear()
    state, network = read_weights(path)
    assert network == "yolo11n-pose"
    assert made == []
    expected = model.state_dict()
    assert list(state) == list(expected)
    assert all(torch.equal(state[name], expected[name]) for name in state)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone.pt", None, "is missing"),
        ("a.engine", b"x", "must end in .pt, .pth or .safetensors"),
        ("a.pt", b"", "is damaged or not a file"),
        ("a.pt", b"no zip", "is damaged or not a file"),
        ("a.safetensors", b"\xff" * 20, "is damaged or not a file"),
        ("best.pth", {"a": torch.ones(1)}, "does not say its YOLO-pose network"),
        ("yolo11n-pose.pt", [1, 2], "is damaged or not a file"),
    ],
)
def test_other_files_are_one_sentence(
    tmp_path: Path, name: str, content: Any, message: str
) -> None:
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        torch.save(content, path)
    with pytest.raises(YoloRefusal, match=message) as caught:
        read_weights(path)
    assert str(path) in str(caught.value)
    assert str(caught.value).endswith(".")


def test_ultralytics_gets_blue_first_and_the_surest_is_first() -> None:
    seen = []

    def predictor(picture: np.ndarray) -> list[Any]:
        seen.append(picture)
        keypoints = torch.arange(2.0).reshape(2, 1, 1).expand(2, 17, 3)
        confidences = torch.tensor([0.3, 0.9])
        return [
            types.SimpleNamespace(
                keypoints=types.SimpleNamespace(data=keypoints),
                boxes=types.SimpleNamespace(conf=confidences),
            )
        ]

    rgb = np.zeros((2, 2, 3), np.uint8)
    rgb[..., 0] = 200
    payload = yolo_process.people(predictor, rgb)
    assert seen[0][0, 0].tolist() == [0, 0, 200]
    found = np.frombuffer(payload, "<f4").reshape(2, 17, 3)
    assert (found[0] == 1).all()
    assert (found[1] == 0).all()

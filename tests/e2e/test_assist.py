"""`benchmarks.assist` as a script uses it: a process, and lines of JSON both ways."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pytest

from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.module_commands import module_command
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.project_edits import add_video
from skelseg_core.tasks.train import train
from tests.poses_only import CLASSES, item, waving

N = 160
SMALL: dict[str, Any] = {
    "model": {
        "modalities": ["keypoints"],
        "n_features": 8,
        "n_prediction_layers": 3,
        "n_refinement_layers": 2,
        "n_refinement_stages": 0,
    },
    "train": {"epochs": 3, "fusion_epochs": 1, "min_steps": 0},
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of two recordings, of which one is labelled, and a model of it."""
    root = tmp_path_factory.mktemp("assist") / "p"
    folder, before = create_project(root, label_map_from_names(CLASSES), "lcrnet15")
    ids = before.label_map.ids
    labels = np.repeat([ids[0], ids[1], ids[0], ids[2]], N // 4)
    project = add_video(before, item("a", labels))
    project = add_video(project, item("b", np.full(N, -1)))
    for name, period in (("a", 6), ("b", 8)):
        save_poses(folder.poses_path(name), waving(N, period), f"poses-{name}")
    folder.save(project, before)
    run(train(str(root), "m", SMALL, threads=1))
    return root


@pytest.fixture
def root(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "p"))


def command(root: Path, video: str, model: str) -> list[str]:
    arguments = [str(root), video, "--model", model, "--json-lines"]
    return module_command("benchmarks.assist", *arguments)


class Script:
    """A script that talks to the benchmark."""

    def __init__(self, root: Path) -> None:
        self.process = subprocess.Popen(
            command(root, "b", "m"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.first = self.read()

    def __enter__(self) -> Script:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.communicate()

    def read(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def say(self, line: bytes) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()
        return self.read()

    def do(self, verb: str, **values: object) -> Any:
        return self.say(json.dumps({"do": verb, **values}).encode())

    def end(self) -> tuple[int, bytes, bytes]:
        """Close the input; return the exit code and what is left of both outputs."""
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


@pytest.fixture
def script(root: Path) -> Iterator[Script]:
    with Script(root) as script:
        yield script


def annotation(root: Path, video: str = "b") -> Segmentation:
    return ProjectFolder(root).load().track(video).annotation


def framewise(lane: Any) -> list[int | None]:
    return [class_id for start, stop, class_id in lane for _ in range(start, stop)]


def test_a_script_corrects_a_video_and_saves_it(root: Path, script: Script) -> None:
    assert set(script.first) == {"lane", "proposal", "item", "error"}
    assert script.first["error"] is None
    assert script.first["item"] is None
    assert [s[1] for s in script.first["lane"]][-1] == N
    ids = ProjectFolder(root).load().label_map.ids
    beside = framewise(script.first["lane"])
    new = next(i for i in ids if i not in (beside[9], beside[60]))
    painted = script.do("paint", start=10, stop=60, **{"class": new})
    assert [10, 60, new] in painted["lane"]
    assert script.do("accept", start=10, stop=60)["error"] is None
    wrong = script.do("move", frame=10, to=N)
    assert wrong["lane"] == painted["lane"]
    assert wrong["error"]
    stop = next(s for s in painted["lane"] if s[0] == 60)[1]
    moved = script.do("move", frame=60, to=min(70, stop - 1))
    assert [10, min(70, stop - 1), new] in moved["lane"]
    shown = script.do("next")
    assert shown["item"] is None or set(shown["item"]) == {"start", "stop", "why"}
    assert script.do("take")["error"]
    assert annotation(root).n_labelled == 0
    last = script.do("quit")
    assert last["lane"] == moved["lane"]
    assert last["error"] is None
    assert script.end()[:2] == (0, b"")
    saved = annotation(root)
    assert [(s.start, s.stop, s.class_id) for s in saved.segments] == [
        tuple(s) for s in last["lane"]
    ]
    made = saved.at(30)
    assert made.reviewed
    assert made.source == "human"
    others = [s for s in saved.segments if s is not made]
    assert others
    assert not any(s.class_reviewed for s in others)


def test_without_quit_nothing_is_written(root: Path, script: Script) -> None:
    script.do("relabel", frame=3, **{"class": 1})
    code, out, _ = script.end()
    assert (code, out) == (0, b"")
    assert annotation(root).n_labelled == 0


def test_nonsense_is_answered_line_by_line(script: Script) -> None:
    for line in (b"", b"x", b"[1]", b"\xff", b'{"do": "next", ', b"9" * (1 << 21)):
        answer = script.say(line)
        assert answer["error"]
        assert answer["lane"] == script.first["lane"]
    assert script.do("next")["error"] is None


def test_what_is_not_there_is_one_sentence(root: Path) -> None:
    done = subprocess.run(
        command(root, "nowhere", "m"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert len(done.stderr.strip().splitlines()) == 1

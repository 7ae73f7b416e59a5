"""A user's mistakes: one sentence that says what, where and what to do.

The program ends with exit code 2 and every byte of the project stays as it was.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.state.document import open_document
from app.window.find_project import project_for
from skelseg_core.errors import SkelsegError
from skelseg_core.labels.prediction import load_prediction
from skelseg_core.predictions.lanes import with_predicted
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.tasks.registry import TASKS
from tests.e2e.test_cli import N, done, home, label, mistake, sentence_of, spawn
from tests.in_process import in_this_process
from tests.videos import cut_short, write_video

__all__ = ["home"]  # the fixture


def snapshot(root: Path) -> dict[str, bytes | None]:
    """Every file and folder under ``root``, with its bytes."""
    return {
        p.relative_to(root).as_posix(): p.read_bytes() if p.is_file() else None
        for p in sorted(root.rglob("*"))
    }


class Unchanged:
    """The command line, made to fail without a trace in the project."""

    def __init__(self, home: Path) -> None:
        self.home, self.root = home, home / "p"

    def __call__(self, command: str, *arguments: object) -> str:
        """The sentence of ``command`` on the project."""
        return self.says(command, self.root, *arguments)

    def says(self, *arguments: object) -> str:
        """The sentence of a whole command."""
        before = snapshot(self.home)
        sentence = mistake(*arguments)
        assert snapshot(self.home) == before
        return sentence


@pytest.fixture(autouse=True)
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each would take seconds to say no."""
    monkeypatch.setattr("skelseg_core.engine.supervisor.Worker", in_this_process(TASKS))


@pytest.fixture
def fails(home: Path) -> Unchanged:
    return Unchanged(home)


def write_sound(path: Path) -> Path:
    with av.open(str(path), "w") as output:
        stream = output.add_stream("aac", rate=16000)
        chunk = av.AudioFrame.from_ndarray(
            np.zeros((1, 16000), np.float32), "fltp", "mono"
        )
        chunk.sample_rate, chunk.pts = 16000, 0
        output.mux(stream.encode(chunk))
        output.mux(stream.encode(None))
    return path


def write_text(path: Path) -> Path:
    path.write_text("this is not a video\n" * 100)
    return path


def write_nothing(path: Path) -> Path:
    path.touch()
    return path


def write_header(path: Path) -> Path:
    whole = write_video(path.with_name("whole.mp4"), N)
    return cut_short(whole, path, 0.02)


BAD_VIDEOS: list[tuple[Callable[[Path], Path], str]] = [
    (write_text, "is not a readable video; choose another file"),
    (write_nothing, "is empty (0 bytes); copy the video again"),
    (write_sound, "has no video track; choose a file with pictures"),
    (write_header, "copy it again or repair it"),
    (lambda p: p, "is missing or cannot be reached"),
]


# -- videos -------------------------------------------------------------------------


@pytest.mark.parametrize(("make", "said"), BAD_VIDEOS)
def test_what_is_no_video(
    make: Callable[[Path], Path], said: str, tmp_path: Path, fails: Unchanged
) -> None:
    bad = make(tmp_path / "bad.mp4")
    good = write_video(tmp_path / "good.mp4", N)
    sentence = fails("add", good, bad)
    assert sentence.startswith(str(bad))
    assert said in sentence
    if bad.exists():  # where it is missing, the window speaks of a project
        with pytest.raises(SkelsegError) as caught:
            project_for(bad)
        assert str(caught.value) == sentence


def test_a_video_is_added_once(fails: Unchanged) -> None:
    sentence = fails("add", fails.home / "a.mp4")
    assert str(fails.home / "a.mp4") in sentence
    assert "is already in project" in sentence


@pytest.mark.parametrize(
    "command",
    [
        ["poses", "--video", "a"],
        ["poses", "--video", "a", "--again"],
        ["predict", "--model", "m", "--video", "a"],
        ["train", "--name", "new"],
        ["export", "--out", "OUT", "--video", "a"],
    ],
    ids=" ".join,
)
def test_a_video_that_was_replaced(command: list[str], fails: Unchanged) -> None:
    write_video(fails.home / "a.mp4", N + 6)
    arguments = [str(fails.home / "out") if c == "OUT" else c for c in command[1:]]
    sentence = fails(command[0], *arguments)
    assert sentence.startswith(str(fails.home / "a.mp4"))
    assert "a.mp4 was replaced or changed since it was labelled as a" in sentence
    assert "put the old file back" in sentence


def test_a_video_that_is_gone(fails: Unchanged) -> None:
    (fails.home / "a.mp4").unlink()
    sentence = fails("render", "a", "--out", fails.home / "out.mp4")
    assert "a.mp4 is missing" in sentence


# -- folders ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        ["add", "VIDEO"],
        ["poses"],
        ["train", "--name", "x"],
        ["predict", "--model", "m"],
        ["export", "--out", "out"],
    ],
    ids=lambda c: c[0],
)
def test_a_folder_that_is_no_project(
    command: list[str], tmp_path: Path, home: Path
) -> None:
    (tmp_path / "empty").mkdir()
    before = snapshot(tmp_path)
    name, *rest = [str(home / "a.mp4") if c == "VIDEO" else c for c in command]
    for folder, said in (
        (tmp_path / "empty", "it has no project.json"),
        (tmp_path / "nowhere", "there is no such folder; check the path"),
        (home / "a.mp4", "is a file, not a skelseg project"),
        (tmp_path / ("x" * 300), "cannot be reached (File name too long)"),
    ):
        sentence = mistake(name, folder, *rest)
        assert sentence.startswith(str(folder))
        assert said in sentence
    assert snapshot(tmp_path) == before


def test_a_project_file_that_is_damaged(fails: Unchanged) -> None:
    file = fails.root / "project.json"
    whole = file.read_text()
    raw = json.loads(whole)
    raw["videos"][0]["id"] = "../../a"
    newer = {**raw, "schema": 99}
    for text, said in (
        (whole[:200], "line"),
        ("[]", "is not a skelseg project"),
        ("{}", "'schema' is missing"),
        (json.dumps(raw), "'../../a' is not a file name"),
        (json.dumps(newer), "newer skelseg (schema 99); update skelseg"),
    ):
        file.write_text(text)
        sentence = fails("poses")
        assert sentence.startswith(str(file))
        assert said in sentence


def test_init_where_a_project_is(fails: Unchanged) -> None:
    classes = fails.home / "classes.txt"
    sentence = fails("init", "--classes", classes)
    assert sentence.startswith(f"{fails.root} already holds a project; open it")
    assert sentence == fails.says("demo", "--write", fails.root)


def test_a_place_that_cannot_be_written(fails: Unchanged) -> None:
    file, classes = fails.home / "a.mp4", fails.home / "classes.txt"
    for arguments in (
        ["init", file / "p", "--classes", classes],
        ["demo", "--write", file / "demo"],
    ):
        sentence = fails.says(*arguments)
        assert str(file) in sentence
        assert "written" in sentence
        assert "choose another folder" in sentence
    for out, said in ((file, "is a file; choose a folder"), (file / "out", "written")):
        sentence = fails("export", "--out", out, "--video", "a")
        assert sentence.startswith(str(file))
        assert said in sentence
    sentence = fails("init", "--classes", fails.home / "none.txt")
    assert sentence.startswith(str(fails.home / "none.txt"))


def test_a_project_that_cannot_be_written(
    fails: Unchanged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tempfile.mkstemp

    def refuse(*arguments: object, **options: object) -> object:
        if str(options.get("dir", "")).startswith(str(fails.root)):
            raise PermissionError(13, "Permission denied")
        return made(*arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr("skelseg_core.files.tempfile.mkstemp", refuse)
    new = write_video(tmp_path / "new.mp4", N)
    (fails.root / "predictions" / "a").mkdir(parents=True)
    for command in (
        ["add", new],
        ["poses", "--video", "b", "--again"],
        ["predict", "--model", "m", "--video", "a"],
    ):
        sentence = fails(*command)
        assert sentence.startswith(str(fails.root))
        assert "could not be written (Permission denied)" in sentence
        assert "choose another" in sentence


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes anywhere"
)
def test_a_read_only_folder(fails: Unchanged, tmp_path: Path) -> None:
    new = write_video(tmp_path / "new.mp4", N)
    fails.root.chmod(0o500)
    (fails.root / "labels").chmod(0o500)
    try:
        assert "could not be written" in fails("add", new)
    finally:
        fails.root.chmod(0o700)
        (fails.root / "labels").chmod(0o700)


# -- classes ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "where", "said"),
    [
        (b"", "", "names no class; write one class name per line"),
        (b"\n# walk\n\n", "", "names no class; write one class name per line"),
        (b"walk\nreach\nwalk\n", ", line 3", "'walk' is already in line 1"),
        (b"walk\n=up\n", ", line 2", "choose another"),
        (b"walk\n=sum\n", ", line 2", "spreadsheets"),
        (b"gr\xfc\xdfen\n", "", "is not a UTF-8 text file (byte 2); save it as UTF-8"),
        ("walk\n".encode("utf-16"), "", "save it as UTF-8"),
    ],
)
def test_class_files(data: bytes, where: str, said: str, tmp_path: Path) -> None:
    classes = tmp_path / "classes.txt"
    classes.write_bytes(data)
    sentence = mistake("init", tmp_path / "p", "--classes", classes)
    assert sentence.startswith(f"{classes}{where}")
    assert said in sentence
    assert not (tmp_path / "p").exists()


# -- models, poses, predictions -----------------------------------------------------


def rewrite(path: Path, change: Callable[[dict], None]) -> None:  # type: ignore[type-arg]
    raw = json.loads(path.read_text())
    change(raw)
    path.write_text(json.dumps(raw))


def test_a_model_of_other_classes(fails: Unchanged) -> None:
    def other(raw: Any) -> None:
        raw["classes"].append({**raw["classes"][0], "id": 7, "name": "x"})
        raw["transitions"] = {}

    rewrite(fails.root / "models" / "m" / "model.json", other)
    sentence = fails("predict", "--model", "m")
    assert sentence.startswith("Model m has a class 'x' that the project")
    assert "train a model with the project's classes" in sentence


def test_a_model_of_another_skeleton(fails: Unchanged) -> None:
    rewrite(
        fails.root / "models" / "m" / "model.json",
        lambda raw: raw.update(skeleton="kinect25"),
    )
    sentence = fails("predict", "--model", "m")
    assert sentence.startswith("Model m was trained on kinect25 keypoints")
    assert "train a model in this project" in sentence


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_truncated_weights(fails: Unchanged, share: float) -> None:
    (fails.root / "poses" / "b.npz").unlink()
    path = fails.root / "models" / "m" / "model.safetensors"
    cut_short(path, path, share)
    sentence = fails("predict", "--model", "m", "--video", "b")
    assert sentence.startswith(str(path))
    assert "is damaged" in sentence
    assert "train the model again" in sentence


@pytest.mark.parametrize(
    "command", [["poses", "--video", "a"], ["train", "--name", "x"]]
)
@pytest.mark.parametrize("share", [0.0, 0.5, 0.95])
def test_truncated_poses(fails: Unchanged, command: list[str], share: float) -> None:
    path = fails.root / "poses" / "a.npz"
    cut_short(path, path, share)
    name, *rest = command
    sentence = fails(name, *rest)
    assert sentence.startswith(str(path))
    assert "is damaged" in sentence
    assert "delete it" in sentence
    path.unlink()
    done("poses", fails.root, "--video", "a")


@pytest.fixture
def predicted(home: Path) -> Path:
    """Prediction of video b."""
    done("predict", home / "p", "--model", "m", "--video", "b")
    return home / "p" / "predictions" / "b" / "m.npz"


def test_truncated_predictions(predicted: Path, fails: Unchanged) -> None:
    whole = predicted.read_bytes()
    for share in (0.0, 0.5, 0.99):
        predicted.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(SkelsegError):
            load_prediction(predicted)
        # A prediction can be made again: without it the project opens.
        folder = ProjectFolder(fails.root)
        project = with_predicted(folder, folder.load(), ["prediction:m"])
        assert "prediction:m" not in project.track("b").lanes
        assert len(folder.notes) == 1
        assert folder.notes[0].startswith(f"{predicted} is damaged")
    done("export", fails.root, "--out", fails.home / "out")
    predicted.unlink()
    done("export", fails.root, "--out", fails.home / "out")


# -- names and options --------------------------------------------------------------


@pytest.mark.parametrize("name", ["a/b", "../m", "..", "a b", ".x", "n" * 101, "ü:"])
def test_model_names(fails: Unchanged, name: str) -> None:
    sentence = fails("train", "--name", name)
    assert sentence.startswith(f"The model name '{name}' cannot be a folder")
    assert f"There is no model '{name}'" in fails("predict", "--model", name)


def test_too_little_to_do(fails: Unchanged, tmp_path: Path) -> None:
    root = fails.root
    sentence = fails("train", "--name", "x", "--video", "b")
    assert "at least 2 classes and there are 0; label a part" in sentence
    label(root, "b", 1)
    assert "there are 1;" in fails("train", "--name", "x", "--video", "b")
    assert "no video 'z' in project p, which has a, b, c." in fails(
        "poses", "--video", "z"
    )
    out = fails.home / "out"
    sentence = fails("export", "--out", out, "--lane", "prediction:m")
    assert sentence.startswith("No video has a lane 'prediction:m', only annotation")
    done("init", tmp_path / "q", "--classes", fails.home / "classes.txt")
    for command in (["poses"], ["predict", "--model", "m"], ["export", "--out", out]):
        assert "q has no videos" in mistake(command[0], tmp_path / "q", *command[1:])


# -- the window ---------------------------------------------------------------------


def test_two_windows_on_one_project_change_nothing(home: Path, qtbot: QtBot) -> None:
    first = open_document(ProjectFolder(home / "p"))
    before = snapshot(home / "p")
    second = open_document(ProjectFolder(home / "p"))
    assert second.project == first.project
    second.close()
    first.close()
    assert snapshot(home / "p") == before


def test_the_window_on_what_is_neither_project_nor_video(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "notes.txt").write_text("milk, bread")
    before = snapshot(tmp_path)
    for name, said in (
        ("folder", "is not a skelseg project"),
        ("notes.txt", "a readable video"),
    ):
        target = tmp_path / name
        found = spawn("app", target, QT_QPA_PLATFORM="offscreen")
        assert found.returncode == 2
        # The window is there first, which the offscreen platform complains of.
        told = found.stderr.splitlines(keepends=True)
        sentence = sentence_of("".join(n for n in told if "This plugin" not in n))
        assert sentence.startswith(str(target))
        assert said in sentence
    assert snapshot(tmp_path) == before
    with pytest.raises(SkelsegError, match="cannot be reached"):
        project_for(tmp_path / ("x" * 300))


@pytest.mark.skipif(
    os.name == "nt" or os.uname().sysname == "Darwin",
    reason="there is always a display",
)
@pytest.mark.parametrize(
    ("command", "display"),
    [("app", None), ("demo", None), ("app", ":991"), ("app", "localhost:991.0")],
)
def test_without_a_display(
    command: str, display: str | None, own_user_folders: Path
) -> None:
    found = spawn(command, DISPLAY=display, WAYLAND_DISPLAY=None, QT_QPA_PLATFORM=None)
    assert found.returncode == 2
    sentence = sentence_of(found.stderr)
    assert sentence.startswith("skelseg needs a display to open its window:")
    assert "xvfb-run skelseg app" in sentence
    assert found.stdout == ""
    assert not any(own_user_folders.rglob("*"))

"""A video that fails does not stop those after it; what stops all is said once."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from skelseg_core import files
from skelseg_core.cli.main import cli
from skelseg_core.errors import ConfigError, ProjectError, VideoError
from skelseg_core.files import check_writable
from skelseg_core.labels.prediction import Prediction
from skelseg_core.progress import Progress, Task
from skelseg_core.progress import run as finish
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project_edits import add_video
from skelseg_core.tasks import model_tiers
from skelseg_core.tasks import poses as poses_task
from skelseg_core.tasks import predict as predict_task
from tests.projects import item, make_project


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    folder, before = make_project(tmp_path / "p")
    project = before
    for name in ("v3", "v4"):
        project = add_video(project, item(name))
    folder.save(project, before)
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments])


class Estimates:
    """Stands for the estimation of poses; fails as it is told to."""

    def __init__(self, wrong: dict[str, Exception]) -> None:
        self.wrong, self.tried = wrong, list[str]()

    def __call__(self, root: str, video: str, **_: object) -> Task[dict[str, object]]:
        self.tried.append(video)
        yield Progress("poses", 0, 1)
        if video in self.wrong:
            raise self.wrong[video]
        found = {"with_person": 1, "n_frames": 2, "kept": False}
        return {**found, "estimator": "x", "by": "movenet"}


def poses(
    folder: ProjectFolder,
    monkeypatch: pytest.MonkeyPatch,
    wrong: dict[str, Exception],
    *more: str,
) -> tuple[Result, list[str]]:
    estimates = Estimates(wrong)
    monkeypatch.setattr(poses_task, "estimate_poses", estimates)
    return run("poses", folder.root, "--jobs", 1, *more), estimates.tried


def test_a_bad_video_does_not_stop_the_others(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = VideoError("v2.mp4 is missing; put it back.")
    locked = PermissionError(errno.EACCES, "Permission denied", "v3.mp4")
    result, tried = poses(folder, monkeypatch, {"v2": gone, "v3": locked})
    assert result.exit_code == 1
    assert tried == ["v1", "v2", "v3", "v4"]
    done = [line.partition(":")[0] for line in result.stdout.splitlines()]
    assert done == ["v1", "v4"]
    assert result.stderr.splitlines() == [
        "v2: v2.mp4 is missing; put it back.",
        "v3: v3.mp4 cannot be reached (Permission denied); check its path and "
        "permissions.",
        "Error: 2 of 4 videos done; failed: v2, v3.",
    ]


def test_the_only_video_is_a_mistake_like_any(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = VideoError("v2.mp4 is missing; put it back.")
    result, _ = poses(folder, monkeypatch, {"v2": gone}, "--video", "v2")
    assert result.exit_code == 2
    assert result.stderr == "Error: v2.mp4 is missing; put it back.\n"


def test_what_stops_all_is_said_once(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = ProjectError("v1.npz could not be written (No space left on device).")
    full.__cause__ = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    for error in (full, ConfigError("There is no estimator 'x'.")):
        result, tried = poses(folder, monkeypatch, {"v1": error})
        assert result.exit_code == 2
        assert result.stderr == f"Error: {error}\n"
        assert tried == ["v1"]


def test_pre_labels_of_the_others(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def predict(root: str, video: str, **_: object) -> Task[dict[str, int]]:
        tried.append(video)
        yield Progress("labels", 0, 1)
        if video == "v2":
            raise VideoError("v2.mp4 is missing; put it back.")
        return {"n_segments": 1, "n_fixed": 0}

    monkeypatch.setattr(predict_task, "predict", predict)
    monkeypatch.setattr(predict_task, "usable_model", lambda *_: (None, None))
    monkeypatch.setattr(model_tiers, "tracks_for", lambda _info, _project, ids: ids)
    monkeypatch.setattr(
        "skelseg_core.labels.prediction.load_prediction",
        lambda _: Prediction(
            None,  # type: ignore[arg-type]
            None,  # type: ignore[arg-type]
            item("v").annotation,
            "key",
        ),
    )
    result = run("predict", folder.root, "--jobs", 1, "--model", "m")
    assert result.exit_code == 1
    assert tried == ["v1", "v2", "v3", "v4"]
    assert "3 of 4 videos done; failed: v2." in result.stderr


def test_a_model_that_is_wrong_is_said_once(folder: ProjectFolder) -> None:
    result = run("predict", folder.root, "--jobs", 1, "--model", "m")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1


# -- where nothing can be written, nothing is computed ------------------------------


def test_predict_looks_first_whether_it_can_write(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> object:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    def compute(*_: object) -> object:
        pytest.fail("it must not begin")

    monkeypatch.setattr(files.tempfile, "TemporaryFile", refuse)
    monkeypatch.setattr(predict_task, "features_of", compute)
    monkeypatch.setattr(poses_task, "poses_of", compute)
    info = type("Info", (), {"preset": None})
    monkeypatch.setattr(predict_task, "usable_model", lambda *_: (folder.root, info))
    for task in (
        predict_task.predict(str(folder.root), "v1", "m"),
        poses_task.estimate_poses(str(folder.root), "v1"),
    ):
        with pytest.raises(
            ProjectError, match=r"cannot be written.*nothing was started"
        ):
            finish(task)
    assert not (folder.root / "predictions").exists()


def test_looking_leaves_nothing(tmp_path: Path) -> None:
    check_writable(tmp_path / "predictions" / "v1" / "m.npz")
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectError, match="file cannot be written"):
        check_writable(tmp_path / "file" / "below" / "m.npz")

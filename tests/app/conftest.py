"""Fixtures for the window: a project of made videos; nothing may leak."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.application import Application
from app.kit.settings import Settings
from app.services.jobs import Jobs
from app.services.labelling.on_screen import OnScreen
from app.views.dialogs.dialogs import Dialogs
from app.window.leaving import leave
from app.window.project_window import ProjectWindow
from skelseg_core.engine.worker_process import Worker
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.lane_index import LaneIndex
from skelseg_core.project.project_edits import add_video
from skelseg_core.user_folders import cache_folder
from skelseg_core.video.index import VERSION, cache_name
from tests.app.windows import all_of, opened
from tests.videos import write_video

CLASSES = ("walk", "reach", "open drawer", "carry")
N_FRAMES = 90


@pytest.fixture(autouse=True)
def nothing_leaks() -> Iterator[None]:
    """Fail a test that leaves a thread or a running timer of a top-level window."""
    before = set(threading.enumerate())
    yield
    left = [t for t in threading.enumerate() if t not in before and t.is_alive()]
    for thread in left:
        thread.join(timeout=30)
    left = [t.name for t in left if t.is_alive()]
    assert not left, f"threads left: {left}"
    for widget in QApplication.topLevelWidgets() if QApplication.instance() else []:
        running = [t for t in widget.findChildren(QTimer) if t.isActive()]
        assert widget.isHidden() or not running, f"timers left in {widget}"


def _fail_with(_: Dialogs, text: str) -> None:
    raise AssertionError(text)


@pytest.fixture(autouse=True)
def nothing_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show at once how things are; motion has a test of its own."""
    monkeypatch.setattr("app.timeline.motion.DURATION_MS", 0)


@pytest.fixture(autouse=True)
def nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let windows be left while jobs run; what is asked then has tests of its own."""
    monkeypatch.setattr("app.window.leaving.may_leave", lambda *_: True)
    monkeypatch.setattr(
        "app.services.labelling.annotator_name.AnnotatorName.ask_once", lambda *_: None
    )
    monkeypatch.setattr("app.window.leaving.save_first", lambda *_: True)
    monkeypatch.setattr("app.window.leaving.OPEN_S", 600.0)
    # A busy machine may take seconds for a save, and nobody is there to be told.
    monkeypatch.setattr("app.window.project_window.SAVE_S", 60.0)
    # A question that nobody answers would hold the tests up for ever.
    monkeypatch.setattr(Dialogs, "show_message", _fail_with)


@pytest.fixture(autouse=True)
def eyes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything be seen; tests of what was on the screen put this aside."""
    monkeypatch.setattr(OnScreen, "sight", property(all_of))
    monkeypatch.setattr(OnScreen, "settled", True)


@pytest.fixture(scope="session")
def kitchen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a project of two made videos, unlabelled, and the videos."""
    root = tmp_path_factory.mktemp("template")
    folder, project = create_project(root / "kitchen", label_map_from_names(CLASSES))
    before = project
    for name in ("one", "two"):
        path = write_video(root / f"{name}.mp4", N_FRAMES)
        project = add_video(project, probe_video(path, folder, project))
        shutil.copyfile(_table(path), path.with_suffix(".npz"))
    folder.save(project, before)
    return root


def _table(video: Path) -> Path:
    """The file of the cache with the times of the frames of a video."""
    return cache_folder() / "index" / cache_name(video, VERSION)


@pytest.fixture
def project_folder(kitchen: Path, tmp_path: Path) -> ProjectFolder:
    """A copy of the kitchen, as if it was made here."""
    shutil.copytree(kitchen / "kitchen", tmp_path / "kitchen")
    for name in ("one", "two"):
        path = Path(shutil.copy2(kitchen / f"{name}.mp4", tmp_path))
        _table(path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(kitchen / f"{name}.npz", _table(path))
    folder = ProjectFolder(tmp_path / "kitchen")
    folder.load()
    # Whoever made a project has read nothing of it yet.
    LaneIndex(folder.root).path.unlink()
    return folder


@pytest.fixture
def project_window(
    qtbot: QtBot, project_folder: ProjectFolder
) -> Iterator[ProjectWindow]:
    """The window of the project, as large as on a small screen."""
    with opened(qtbot, project_folder, size=(1366, 740)) as made:
        yield made


@pytest.fixture
def jobs(qtbot: QtBot) -> Iterator[Jobs]:
    owner = QObject()
    made = Jobs(Worker(1), owner)
    yield made
    made.close()


@pytest.fixture
def program(qtbot: QtBot, qapp: QApplication) -> Iterator[Application]:
    """The program without a window; what it opens is closed."""
    made = Application(qapp, Settings())
    yield made
    if made.window is not None:
        leave(made.window)
        made.window.deleteLater()

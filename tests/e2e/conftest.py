"""The demo project in a folder of its own, in the real window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.kit.settings import Settings
from app.services.labelling.on_screen import OnScreen
from app.state.document import open_document
from app.window.main_window import MainWindow
from app.window.project_window import ProjectWindow
from skelseg_core.bundled import resource
from skelseg_core.project.demo_project import write_demo
from skelseg_core.project.folder import ProjectFolder
from tests.app.windows import activate, all_of


@pytest.fixture(autouse=True)
def nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let windows be left while jobs run; what is asked then has tests of its own."""
    monkeypatch.setattr("app.window.leaving.may_leave", lambda *_: True)
    monkeypatch.setattr(
        "app.services.labelling.annotator_name.AnnotatorName.ask_once", lambda *_: None
    )
    # A busy machine may take seconds, and nobody is there to answer.
    monkeypatch.setattr("app.window.leaving.OPEN_S", 600.0)
    monkeypatch.setattr("app.window.project_window.SAVE_S", 60.0)


@pytest.fixture(autouse=True)
def nothing_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show at once how things are: a test compares what it sees."""
    monkeypatch.setattr("app.timeline.motion.DURATION_MS", 0)


@pytest.fixture(autouse=True)
def eyes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything be seen; tests of what was on the screen put this aside."""
    monkeypatch.setattr(OnScreen, "sight", property(all_of))
    monkeypatch.setattr(OnScreen, "settled", True)


@pytest.fixture(scope="session")
def demo_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert (resource("demo") / "demo.json").is_file()
    root = tmp_path_factory.mktemp("demo") / "demo"
    write_demo(root)
    return root


@pytest.fixture
def demo_root(demo_template: Path, tmp_path: Path) -> Path:
    import shutil

    return Path(shutil.copytree(demo_template, tmp_path / "demo"))


class Opener:
    """Opens windows as the program does and closes what a test left open."""

    def __init__(self, qtbot: QtBot, settings: Settings) -> None:
        self.qtbot, self.settings = qtbot, settings
        # A process that decodes beside each test; they have tests of their own.
        settings.proxies = False
        self.windows: list[MainWindow] = []

    def __call__(self, root: Path) -> ProjectWindow:
        window = MainWindow(self.settings)
        self.windows.append(window)
        window.show()
        project_window = window.fill(open_document(ProjectFolder(root)))
        project_window.start()
        self.qtbot.waitUntil(
            lambda: project_window.player.info is not None, timeout=20_000
        )
        # Keys that come before a window is active reach no command.
        activate(self.qtbot, window)
        return project_window

    def close(self, window: MainWindow) -> None:
        self.windows.remove(window)
        window.close()
        window.deleteLater()


@pytest.fixture
def opener(qtbot: QtBot, tmp_path: Path) -> Iterator[Opener]:
    made = Opener(qtbot, Settings(tmp_path / "settings.ini"))
    yield made
    for window in list(made.windows):
        made.close(window)

"""Export in the window: again and again into one folder, over nothing of others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.window.project_window import ProjectWindow
from skelseg_core.project.folder import ProjectFolder
from tests.app.windows import opened


@pytest.fixture
def project_window(
    qtbot: QtBot, project_folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ProjectWindow]:
    project_folder.labels_path("two").unlink()
    with opened(qtbot, project_folder) as made:
        made.docks.messages.close_message()
        yield made


def export(project_window: ProjectWindow, qtbot: QtBot) -> str:
    """What the bar says of an export by the menu."""
    bar = project_window.docks.messages
    bar.close_message()
    project_window.commands["export"].trigger()
    qtbot.waitUntil(lambda: bar.isVisible(), timeout=20_000)
    return str(bar.text.text())


def test_again_and_again(
    qtbot: QtBot,
    project_window: ProjectWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root, out = project_window.document.folder.root, tmp_path / "out"
    asked: list[str] = []
    answers = iter(["", str(out), str(out), str(out), str(out)])

    def ask(_: object, title: str, place: str, **__: object) -> str:
        assert Path(place).is_dir()
        asked.append(place)
        return next(answers)

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", ask)
    project_window.commands["export"].trigger()
    assert not (root / "exports").exists()  # nobody chose it
    for _ in range(2):
        said = export(project_window, qtbot)
        assert said.startswith(f"Exported 3 files to {out}.")
        assert said.endswith("Left out 1 video whose labels are gone: two.")
    assert asked == [str(root / "exports"), str(root / "exports"), str(out)]
    (out / "one.csv").write_text("mine")
    said = export(project_window, qtbot)
    assert said.startswith(f"{out / 'one.csv'} was changed since skelseg exported it")
    assert (out / "one.csv").read_text() == "mine"
    (out / "one.csv").unlink()
    assert export(project_window, qtbot).startswith("Exported 3 files")

"""Export in the window: again and again into one folder, over nothing of others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from pytestqt.qtbot import QtBot

from app.services.files.exporter import start_export
from app.window.project_window import ProjectWindow
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.tasks.export_labels import ExportChoices
from tests.app.windows import opened


@pytest.fixture
def project_window(
    qtbot: QtBot, project_folder: ProjectFolder
) -> Iterator[ProjectWindow]:
    project_folder.labels_path("two").unlink()
    with opened(qtbot, project_folder) as made:
        made.docks.messages.close_message()
        yield made


def export(
    project_window: ProjectWindow,
    qtbot: QtBot,
    out: Path,
    choices: ExportChoices | None = None,
) -> str:
    """What the bar says of an export."""
    bar = project_window.docks.messages
    bar.close_message()
    start_export(project_window.services.tasks, out, choices)
    qtbot.waitUntil(lambda: bar.isVisible(), timeout=20_000)
    return str(bar.text.text())


def test_again_and_again(
    qtbot: QtBot,
    project_window: ProjectWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "out"
    for _ in range(2):
        said = export(project_window, qtbot, out)
        assert said == f"Exported 4 files to {out}. Left out: two."
    (out / "one.csv").write_text("mine")
    said = export(project_window, qtbot, out)
    assert said.startswith(f"{out / 'one.csv'} was changed after skelseg exported it")
    assert (out / "one.csv").read_text() == "mine"
    choices = ExportChoices(videos=("one",), overwrite=True)
    said = export(project_window, qtbot, out, choices)
    assert said.endswith("Replaced files that skelseg did not write: one.csv.")
    assert (out / "one.csv").read_text() != "mine"
    assert export(project_window, qtbot, out, choices) == f"Exported 4 files to {out}."
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    bar = project_window.docks.messages
    assert bar.help.text() == "Open the folder"
    bar.help.click()
    assert opened == [QUrl.fromLocalFile(str(out))]

"""Tables are dropped on the window; where need be, a person says what is in them."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from app.views.dialogs.import_labels import ImportLabelsDialog
from app.views.dialogs.table_columns_dialog import TableColumnsDialog
from app.window.dropped_files import look_at
from app.window.project_window import ProjectWindow
from skelseg_core.formats.tables.table_mapping import saved_mapping, saved_tables
from skelseg_core.progress import run
from tests.settled import settle

_Dialog = TypeVar("_Dialog", bound=QDialog)
UNKNOWN = "eins;zwei;drei\n1;12;walk\n13;30;Tür\n"


def asked(qtbot: QtBot, window: ProjectWindow, kind: type[_Dialog]) -> _Dialog:
    def there() -> list[_Dialog]:
        found = window.window.findChildren(kind)
        return [d for d in found if isinstance(d, kind) and d.isVisible()]

    qtbot.waitUntil(lambda: bool(there()), timeout=20_000)
    return there()[0]


def drop(window: ProjectWindow, path: Path) -> None:
    found = run(look_at([path]))
    assert found.labels == (path,), found
    window.services.files.file_importer.take(labels=found.labels)


def import_(qtbot: QtBot, window: ProjectWindow) -> None:
    dialog = asked(qtbot, window, ImportLabelsDialog)
    qtbot.waitUntil(dialog.ok.isEnabled, timeout=20_000)
    qtbot.keyClick(dialog.ok, Qt.Key.Key_Return)
    qtbot.waitUntil(
        lambda: window.document.undo_stack.count() > 0 and not window.jobs.running,
        timeout=20_000,
    )


def labels(window: ProjectWindow) -> list[tuple[int, int, str]]:
    project = window.document.project
    return [
        (s.start, s.stop, project.label_map.name_of(s.class_id))
        for s in project.track("one").annotation.segments
        if s.class_id is not None
    ]


def take_columns(qtbot: QtBot, dialog: TableColumnsDialog) -> None:
    columns = dialog.columns
    for column, role in enumerate(("start", "stop", "label")):
        columns.set_role(column, role)
    columns.unit.setCurrentIndex(columns.unit.findData("frame"))
    columns.unit.activated.emit(columns.unit.currentIndex())
    columns.first_frame.setValue(1)
    columns.inclusive.click()
    dialog.remember.setChecked(True)
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)


def test_unknown_columns_are_asked_for_and_remembered(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    path = tmp_path / "one.csv"
    path.write_text(UNKNOWN, encoding="utf-8")
    drop(project_window, path)
    take_columns(qtbot, asked(qtbot, project_window, TableColumnsDialog))
    import_(qtbot, project_window)
    assert labels(project_window) == [(0, 12, "walk"), (12, 30, "Tür")]
    assert project_window.document.undo_stack.count() == 1
    assert saved_mapping(saved_tables(), ("eins", "zwei", "drei")) is not None
    project_window.document.undo_stack.undo()
    # The next table with this header needs no question.
    drop(project_window, path)
    preview = asked(qtbot, project_window, ImportLabelsDialog)
    qtbot.mouseClick(preview.columns, Qt.MouseButton.LeftButton)
    dialog = asked(qtbot, project_window, TableColumnsDialog)
    assert [dialog.columns.role_of(n) for n in range(3)] == ["start", "stop", "label"]
    assert dialog.columns.inclusive.isChecked()
    dialog.reject()
    import_(qtbot, project_window)
    assert labels(project_window) == [(0, 12, "walk"), (12, 30, "Tür")]


def test_columns_can_be_chosen_from_the_preview(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path
) -> None:
    path = tmp_path / "one.csv"
    path.write_text("start;stop;label;other\n0,4;1;walk;run\n", encoding="utf-8")
    drop(project_window, path)
    preview = asked(qtbot, project_window, ImportLabelsDialog)
    qtbot.mouseClick(preview.columns, Qt.MouseButton.LeftButton)
    dialog = asked(qtbot, project_window, TableColumnsDialog)
    dialog.columns.set_role(3, "label")
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    import_(qtbot, project_window)
    assert labels(project_window) == [(12, 30, "run")]


@pytest.mark.parametrize("text", ["", "x\0y", "one column\n1\n"])
def test_what_is_no_table_is_said(
    qtbot: QtBot, project_window: ProjectWindow, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "one.csv"
    path.write_text(text, encoding="utf-8")
    drop(project_window, path)
    bar = project_window.docks.messages
    settle()
    assert bar.isVisible() or _columns(project_window)
    for dialog in project_window.window.findChildren(TableColumnsDialog):
        assert not dialog.ok.isEnabled()
        dialog.reject()
    assert labels(project_window) == []


def _columns(window: ProjectWindow) -> bool:
    return any(d.isVisible() for d in window.window.findChildren(TableColumnsDialog))

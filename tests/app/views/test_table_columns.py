"""The columns of a table are clicked, and the labels they make are shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.views.dialogs.table_columns_dialog import TableColumnsDialog
from skelseg_core.formats.tables.table_file import read_table
from skelseg_core.formats.tables.table_mapping import TableMapping

UNKNOWN = "eins;zwei;drei;vier\n1;4;walk;x\n5;8;sit;y\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "one.csv").write_text(UNKNOWN, encoding="utf-8")
    return tmp_path / "one.csv"


def shown(
    qtbot: QtBot, path: Path, mapping: TableMapping | None = None
) -> TableColumnsDialog:
    dialog = TableColumnsDialog(read_table(path), mapping)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def preview(dialog: TableColumnsDialog) -> list[list[str]]:
    table = dialog.columns.labels
    cells = [
        [table.item(row, column) for column in range(5)]
        for row in range(table.rowCount())
    ]
    return [[c.text() if c else "" for c in row] for row in cells]


def choose(qtbot: QtBot, dialog: TableColumnsDialog, column: int, text: str) -> None:
    """Click the head of a column, and a line of the menu that opens."""
    head = dialog.columns.rows.horizontalHeader()
    at = head.sectionViewportPosition(column) + 5
    qtbot.mouseClick(
        head.viewport(), Qt.MouseButton.LeftButton, pos=_point(at, head.height() // 2)
    )
    (menu,) = (m for m in dialog.columns.findChildren(QMenu) if m.isVisible())
    (action,) = (a for a in menu.actions() if a.text() == text)
    action.trigger()
    menu.close()
    qtbot.waitUntil(lambda: not dialog.columns.findChildren(QMenu))


def _point(x: int, y: int) -> object:
    from PySide6.QtCore import QPoint

    return QPoint(x, y)


def test_columns_are_clicked(qtbot: QtBot, path: Path) -> None:
    dialog = shown(qtbot, path)
    assert not dialog.ok.isEnabled()
    assert dialog.columns.said.text().startswith("The column of the times")
    for column, text in ((0, "Start"), (1, "Stop"), (2, "Class")):
        choose(qtbot, dialog, column, text)
    assert "seconds, milliseconds or frames" in dialog.columns.said.text()
    unit = dialog.columns.unit
    unit.setCurrentIndex(unit.findData("frame"))
    unit.activated.emit(unit.currentIndex())
    assert dialog.ok.isEnabled()
    assert preview(dialog)[0][:3] == ["1", "4", "walk"]
    # Two frames that look like the first and the last of each label.
    assert "inclusive" in dialog.columns.remarks.text() or "frame 1" in (
        dialog.columns.remarks.text()
    )
    dialog.columns.first_frame.setValue(1)
    dialog.columns.inclusive.click()
    assert preview(dialog)[0][:3] == ["0", "4", "walk"]
    assert not dialog.columns.remarks.isVisible()
    with qtbot.waitSignal(dialog.chosen) as found:
        dialog.remember.setChecked(True)
        qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    mapping, kept = found.args
    assert kept
    assert mapping == TableMapping(
        start="eins", stop="zwei", label="drei", unit="frame", first_frame=1,
        inclusive=True, header=True, complete=True,
    )  # fmt: skip


def test_a_role_moves_and_goes(qtbot: QtBot, path: Path) -> None:
    mapping = TableMapping(start="1", stop="2", label="3", video="4", unit="ms")
    dialog = shown(qtbot, path, mapping)
    assert preview(dialog)[1][2:4] == ["sit", "y"]
    choose(qtbot, dialog, 3, "Class")
    assert preview(dialog)[1][2:4] == ["y", ""]
    assert dialog.columns.role_of(2) == ""
    choose(qtbot, dialog, 1, "Duration")
    assert preview(dialog)[1][:2] == ["0:00.005", "0:00.013"]
    choose(qtbot, dialog, 1, "Nothing")
    assert "stop or the duration" in dialog.columns.said.text()
    assert not dialog.ok.isEnabled()


def test_usual_names_need_no_click(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("Beginn;Ende;Verhalten\n0,5;1,25;Tür\n", encoding="cp1252")
    dialog = shown(qtbot, path)
    assert preview(dialog) == [["0:00.500", "0:01.250", "Tür", "", ""]]
    assert "Windows-1252" in dialog.columns.remarks.text()
    box = dialog.columns.preset
    box.setCurrentIndex(box.findData("epic-kitchens"))
    box.activated.emit(box.currentIndex())
    assert "no column" in dialog.columns.said.text()
    box.setCurrentIndex(0)
    box.activated.emit(0)
    assert dialog.ok.isEnabled()


def test_mistakes_are_shown_with_their_place(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("start,stop,label\n0.5,x,walk\n", encoding="utf-8")
    dialog = shown(qtbot, path)
    assert dialog.columns.said.text().startswith("Line 2, column 'stop': 'x' is not")
    # The columns are still shown, to be chosen again.
    assert dialog.columns.role_of(0) == "start"

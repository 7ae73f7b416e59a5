"""The style of the program: no icons of the toolkit."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QDialogButtonBox,
    QDockWidget,
    QPushButton,
    QStyle,
)
from pytestqt.qtbot import QtBot

from app.kit import theme
from app.kit.program_style import ProgramStyle
from app.views.dock_title import DockTitle


def test_buttons_of_dialogs_have_no_icons(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    buttons = QDialogButtonBox.StandardButton
    box = QDialogButtonBox(buttons.Ok | buttons.Cancel | buttons.Save)
    qtbot.addWidget(box)
    assert all(b.icon().isNull() for b in box.findChildren(QPushButton))


def test_folders_and_files_have_icons_of_the_set(qapp: QApplication) -> None:
    style, icons = ProgramStyle(), QStyle.StandardPixmap
    for which in (icons.SP_DirIcon, icons.SP_FileIcon, icons.SP_FileDialogToParent):
        picture = style.standardIcon(which).pixmap(18, 18).toImage()
        seen = {
            picture.pixelColor(x, y).name()
            for x in range(18)
            for y in range(18)
            if picture.pixelColor(x, y).alpha() == 255
        }
        assert seen <= {theme.current().text}, "one ink"


def test_buttons_of_a_panel_are_seen_under_the_pointer(qtbot: QtBot) -> None:
    dock = QDockWidget("Classes")
    dock.setTitleBarWidget(DockTitle(dock))
    qtbot.addWidget(dock)
    dock.resize(300, 200)
    dock.show()
    title = dock.titleBarWidget()
    assert isinstance(title, DockTitle)
    place = title.closing.geometry()
    empty = title.grab(place).toImage()
    title.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    assert title.grab(place).toImage() != empty

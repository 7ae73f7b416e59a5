"""The style of the program: Qt's Fusion, with icons of our set in file dialogs."""

from __future__ import annotations

from PySide6.QtGui import QFont, QIcon
from PySide6.QtWidgets import QApplication, QProxyStyle, QStyle, QStyleOption, QWidget

from app.kit.icons import icon

_Icon = QStyle.StandardPixmap
_ICONS = {
    _Icon.SP_DirIcon: "folder-outline",
    _Icon.SP_DirClosedIcon: "folder-outline",
    _Icon.SP_DirOpenIcon: "folder-outline",
    _Icon.SP_DirHomeIcon: "folder-outline",
    _Icon.SP_DirLinkIcon: "folder-outline",
    _Icon.SP_DesktopIcon: "folder-outline",
    _Icon.SP_ComputerIcon: "folder-outline",
    _Icon.SP_DriveHDIcon: "folder-outline",
    _Icon.SP_FileIcon: "file-outline",
    _Icon.SP_FileLinkIcon: "file-outline",
    _Icon.SP_FileDialogBack: "chevron-left",
    _Icon.SP_FileDialogToParent: "chevron-up",
    _Icon.SP_FileDialogNewFolder: "folder-plus-outline",
    _Icon.SP_FileDialogListView: "view-grid-outline",
    _Icon.SP_FileDialogDetailedView: "format-list-bulleted",
    _Icon.SP_ArrowBack: "chevron-left",
    _Icon.SP_ArrowForward: "chevron-right",
}


def put_on(application: QApplication) -> None:
    """Give a program its style, and figures of one width, which stand still."""
    application.setStyle(ProgramStyle())
    font = application.font()
    font.setFeature(QFont.Tag("tnum"), 1)
    application.setFont(font)


class ProgramStyle(QProxyStyle):
    """Draw as Fusion, without the stock icons of the toolkit."""

    def __init__(self) -> None:
        super().__init__("Fusion")

    def standardIcon(
        self,
        which: QStyle.StandardPixmap,
        option: QStyleOption | None = None,
        widget: QWidget | None = None,
    ) -> QIcon:
        name = _ICONS.get(which)
        return icon(name) if name else super().standardIcon(which, option, widget)

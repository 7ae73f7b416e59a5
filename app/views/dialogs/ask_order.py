"""Ask whose order a video is to be labelled in."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QInputDialog, QWidget

from app.views.dialogs.ask_paths import ask_file


def ask_order_file(window: QWidget) -> Path | None:
    """Ask for a text file with one class a line; None where cancelled."""
    title = _tr("Order of the classes: a text file, one class a line")
    return ask_file(window, title, _tr("Text ({});;All (*)").format("*.txt"))


def ask_order_video(window: QWidget, videos: list[str]) -> str | None:
    """Ask for the video whose order is taken; None where cancelled."""
    name, ok = QInputDialog.getItem(
        window,
        _tr("Order of another video"),
        _tr("Which video has the same order of classes?"),
        videos,
        0,
        False,
    )
    return name if ok and name in videos else None


def _tr(text: str) -> str:
    return QCoreApplication.translate("AskOrder", text)

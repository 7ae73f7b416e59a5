"""Ask for a file or a folder.

In Qt's own file dialogs: equal on every desktop, and usable in tests. Patterns are as
Qt takes them, ``"Tables (*.csv)"``.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

_OWN = QFileDialog.Option.DontUseNativeDialog


def ask_file(parent: QWidget | None, title: str, kinds: str) -> Path | None:
    """Ask for a file; None where cancelled."""
    name, _ = QFileDialog.getOpenFileName(parent, title, "", kinds, options=_OWN)
    return Path(name) if name else None


def ask_files(parent: QWidget | None, title: str, kinds: str) -> list[Path]:
    """Ask for files; none where cancelled."""
    names, _ = QFileDialog.getOpenFileNames(parent, title, "", kinds, options=_OWN)
    return [Path(name) for name in names]


def ask_new(
    parent: QWidget | None, title: str, place: str, kinds: str = ""
) -> Path | None:
    """Ask for a file or a folder that is written; None where cancelled."""
    name, _ = QFileDialog.getSaveFileName(parent, title, place, kinds, options=_OWN)
    return Path(name) if name else None


def ask_folder(parent: QWidget | None, title: str, place: str = "") -> Path | None:
    """Ask for a folder that is there; None where cancelled."""
    name = QFileDialog.getExistingDirectory(parent, title, place, options=_OWN)
    return Path(name) if name else None

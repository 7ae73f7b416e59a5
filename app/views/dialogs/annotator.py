"""Ask for the label file and the name of another annotator."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QInputDialog, QWidget

from skelseg_core.files import portable_name
from skelseg_core.project.annotators import PROJECT_FILE


def ask_annotator(window: QWidget) -> tuple[Path, str] | None:
    """Ask for a label file or project and its annotator; None where cancelled."""
    kinds = _tr("Projects and labels ({} *.csv *.txt *.json);;All (*)")
    name, _ = QFileDialog.getOpenFileName(
        window,
        _tr("Labels of another annotator: a project.json, or labels of this video"),
        "",
        kinds.format(PROJECT_FILE),
        options=QFileDialog.Option.DontUseNativeDialog,
    )
    if not name:
        return None
    path = Path(name)
    usual = path.parent.name if path.name == PROJECT_FILE else path.stem
    who, ok = QInputDialog.getText(
        window,
        _tr("Labels of another annotator"),
        _tr("Who made these labels?"),
        text=portable_name(usual),
    )
    return (path, who.strip()) if ok and who.strip() else None


def _tr(text: str) -> str:
    return QCoreApplication.translate("Annotators", text)

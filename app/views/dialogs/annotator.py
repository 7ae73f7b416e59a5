"""Ask for the label file and the name of another annotator."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QInputDialog, QWidget

from app.kit.language import tr
from app.views.dialogs.ask_paths import ask_file, ask_folder
from skelseg_core.file_kinds import patterns
from skelseg_core.file_names import portable_name


def ask_annotator(window: QWidget) -> tuple[Path, str] | None:
    """Ask for a label file or project and its annotator; None where cancelled."""
    from skelseg_core.formats.labels import LABEL_FORMATS
    from skelseg_core.project.imports.project_labels import PROJECT_FILE

    kinds = tr("Projects and labels ({});;All (*)")
    named = f"{PROJECT_FILE} {patterns(LABEL_FORMATS.suffixes)}"
    path = ask_file(
        window,
        tr("Labels of another annotator: a project.json or a label file"),
        kinds.format(named),
    )
    if path is None:
        return None
    usual = path.parent.name if path.name == PROJECT_FILE else path.stem
    who, ok = QInputDialog.getText(
        window,
        tr("Labels of another annotator"),
        tr("Who made these labels?"),
        text=portable_name(usual),
    )
    return (path, who.strip()) if ok and who.strip() else None


def ask_own_name(window: QWidget, usual: str) -> str:
    """Ask for the name of who labels here; empty where cancelled."""
    name, ok = QInputDialog.getText(
        window,
        tr("Annotator name"),
        tr("What is your name? It is saved with your labels and in exports."),
        text=usual,
    )
    return name.strip() if ok else ""


def ask_copy(window: QWidget, project: str) -> tuple[str, Path] | None:
    """Ask who is to label a copy, and in which folder it is made; None if cancelled."""
    who, ok = QInputDialog.getText(
        window, tr("Copy for another annotator"), tr("Who will label the copy?")
    )
    name = portable_name(who.strip()) if ok and who.strip() else ""
    if not name:
        return None
    title = tr("Choose a folder for the copy of {}").format(name)
    place = ask_folder(window, title)
    return (name, place / portable_name(f"{project}-{name}")) if place else None

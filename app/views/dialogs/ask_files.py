"""Ask for files, and what they are of: which video, what is replaced."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog, QMessageBox, QWidget

from app.kit.labels import plain_tip
from app.kit.language import tr
from app.views.dialogs.ask_paths import ask_files
from skelseg_core.file_kinds import patterns
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import VideoId


def ask_label_files(parent: QWidget) -> list[Path]:
    """Ask for label files; return none where the question is cancelled."""
    from skelseg_core.formats.labels import LABEL_FORMATS

    kinds = f"{tr('Labels')} ({patterns(LABEL_FORMATS.suffixes)});;{tr('All')} (*)"
    return ask_files(parent, tr("Import labels"), kinds)


def ask_pose_files(parent: QWidget) -> list[Path]:
    """Ask for pose files; return none where the question is cancelled."""
    from skelseg_core.formats.poses import POSE_FORMATS

    kinds = f"{tr('Poses')} ({patterns(POSE_FORMATS.suffixes)});;{tr('All')} (*)"
    return ask_files(parent, tr("Import poses"), kinds)


def ask_video(
    parent: QWidget, file: Path, project: Project, current: VideoId
) -> VideoId | None:
    """Ask for the video of a file whose name does not tell it; None where cancelled."""
    ids = list(project.video_ids)
    text = tr("The name of {} matches no video.\nWhich video is it about?")
    name, ok = QInputDialog.getItem(
        parent,
        tr("Which video?"),
        plain_tip(text.format(file.name)),
        ids,
        ids.index(current) if current in ids else 0,
        False,
    )
    return VideoId(name) if ok else None


def ask_replace(parent: QWidget, text: str) -> bool:
    """Ask whether to replace data without undo."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, "skelseg", text, parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    replace = box.addButton(tr("Replace"), QMessageBox.ButtonRole.AcceptRole)
    keep = box.addButton(tr("Keep"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(keep)
    box.exec()
    return box.clickedButton() is replace

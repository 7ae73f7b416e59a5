"""What is brought into the project from files of others."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.kit.commands import Entry
from app.services.services import Services
from app.views.dialogs.ask_files import ask_label_files, ask_pose_files


def bring_entries(window: QWidget, services: Services) -> list[Entry]:
    """Labels and poses, chosen in a dialog of files."""
    menu, bringing = "&File", services.file_importer

    def labels() -> None:
        bringing.take(labels=ask_label_files(window))

    def poses() -> None:
        bringing.take(poses=ask_pose_files(window))

    def videos() -> bool:
        return bool(services.document.project.videos)

    return [
        Entry("import-labels", menu, "Import labels…", ("Ctrl+I",), labels),
        Entry("import-poses", menu, "Import poses…", (), poses, videos),
    ]

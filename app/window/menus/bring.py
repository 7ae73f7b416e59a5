"""What is brought into the project from files of others."""

from __future__ import annotations

from app.kit.commands import Entry
from app.views.dialogs.ask_files import ask_label_files, ask_pose_files
from app.window.parts import Parts


def bring_entries(parts: Parts) -> list[Entry]:
    """Labels and poses, chosen in a dialog of files."""
    menu, window, bringing = "&File", parts.window, parts.file_importer

    def labels() -> None:
        bringing.take(labels=ask_label_files(window))

    def poses() -> None:
        bringing.take(poses=ask_pose_files(window))

    def videos() -> bool:
        return bool(parts.document.project.videos)

    return [
        Entry("import-labels", menu, "Import labels…", ("Ctrl+I",), labels),
        Entry("import-poses", menu, "Import poses…", (), poses, videos),
    ]

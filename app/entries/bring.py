"""What is brought into the project from files of others."""

from __future__ import annotations

from app.actions import Entry
from app.ask_files import LABEL_FILES, POSE_FILES, ask_files
from app.parts import Parts


def bring_entries(parts: Parts) -> list[Entry]:
    """Labels and poses, chosen in a dialog of files."""
    menu, window, bringing = "&File", parts.window, parts.bringing

    def labels() -> None:
        bringing.take(labels=ask_files(window, "Import labels", LABEL_FILES))

    def poses() -> None:
        bringing.take(poses=ask_files(window, "Import poses", POSE_FILES))

    def videos() -> bool:
        return bool(parts.document.project.videos)

    return [
        Entry("import-labels", menu, "Import labels…", ("Ctrl+I",), labels),
        Entry("import-poses", menu, "Import poses…", (), poses, videos),
    ]

"""The services of a project without a window."""

from __future__ import annotations

from app.kit.settings import Settings
from app.services.services import Services
from app.state.document import open_document
from skelseg_core.project.folder import ProjectFolder


def make_services(folder: ProjectFolder) -> Services:
    """Services over a project; nobody is looked for in bar codes by itself."""
    settings = Settings(folder.root.parent / "settings.ini")
    made = Services(open_document(folder), settings, lambda *_: None, lambda _: True)
    made.models.pose_service.by_itself = False
    return made


def close_services(services: Services) -> None:
    """Let go of the project."""
    services.close()
    services.document.close()

"""The services of a project without a window."""

from __future__ import annotations

from functools import wraps

import pytest

from app.kit.settings import Settings
from app.services.pose_service import PoseService
from app.services.services import Services
from app.state.document import open_document
from skelseg_core.project.folder import ProjectFolder


def make_services(folder: ProjectFolder) -> Services:
    """Services over a project; nobody is looked for in bar codes by itself."""
    settings = Settings(folder.root.parent / "settings.ini")
    made = Services(open_document(folder), settings, lambda *_: None, lambda _: True)
    made.pose_service.by_itself = False
    return made


def find_no_poses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no window look for people in bar codes; estimating stays a command."""

    @wraps(PoseService.estimate)
    def estimate(*_: object) -> None:
        pass

    monkeypatch.setattr(PoseService, "estimate", estimate)


def close_services(services: Services) -> None:
    """Let go of the project."""
    services.close()
    services.document.close()

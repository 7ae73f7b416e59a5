from __future__ import annotations

from pathlib import Path

import pytest

from skelseg_core.project import Project
from skelseg_core.project_folder import ProjectFolder
from tests.projects import make_project


@pytest.fixture
def made(tmp_path: Path) -> tuple[ProjectFolder, Project]:
    return make_project(tmp_path / "p")

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from tests.projects import make_project


class TorchIsMissed:
    """Skip the test, or the module of tests, that comes to import PyTorch."""

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        if name.partition(".")[0] in ("torch", "torchvision"):
            pytest.skip(
                "needs PyTorch, which is not installed", allow_module_level=True
            )
        return None


if importlib.util.find_spec("torch") is None:
    sys.meta_path.insert(0, TorchIsMissed())


@pytest.fixture
def made(tmp_path: Path) -> tuple[ProjectFolder, Project]:
    return make_project(tmp_path / "p")


@pytest.fixture
def rivals() -> Iterator[None]:
    """Let recipes name the networks that the paper's benchmark compares with."""
    from benchmarks.paper.networks import add_rivals
    from skelseg_core.learning.models import NETWORKS

    before = dict(NETWORKS)
    add_rivals()
    yield
    NETWORKS.clear()
    NETWORKS.update(before)

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from skelseg_core import plugins
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


Install = Callable[[str, str, str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a module with an entry point, as pip would."""
    place = tmp_path / "packages"
    monkeypatch.syspath_prepend(place)

    def made(module: str, text: str, name: str, group: str) -> None:
        about = place / f"{module}-0.3.dist-info"
        about.mkdir(parents=True)
        (place / f"{module}.py").write_text(text)
        (about / "METADATA").write_text(f"Name: {module}\nVersion: 0.3\n")
        entry = f"[{group}]\n{name} = {module}:KIND\n"
        (about / "entry_points.txt").write_text(entry)
        plugins.offered.cache_clear()

    yield made
    plugins.offered.cache_clear()

"""A pose estimator of another package, installed for a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from skelseg_core import plugins

NAME = "standing"
MADE_BY = "standing 1, standing_package 0.1, skelseg 1"
"""What is kept with the poses of it."""

_CODE = """
import numpy as np
from skelseg_core.estimators.registry import EstimatorKind

class Standing:
    name, skeleton = "standing 1", "coco17"

    def find(self, rgb):
        person = np.full((1, 17, 3), 0.9)
        person[0, :, 0] = np.linspace(30, 60, 17)
        person[0, :, 1] = np.linspace(20, 80, 17)
        return person

KIND = EstimatorKind(
    "standing", "Standing", "Says that somebody stands.", lambda *_: Standing()
)
"""


@contextmanager
def standing_installed(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install it into a folder, as pip would, for this and for other processes."""
    place.mkdir()
    (place / "standing_package.py").write_text(_CODE)
    about = place / "standing_package-0.1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Name: standing_package\nVersion: 0.1\n")
    (about / "entry_points.txt").write_text(
        "[skelseg.estimators]\nstanding = standing_package:KIND\n"
    )
    monkeypatch.syspath_prepend(place)
    monkeypatch.setenv("PYTHONPATH", str(place))
    plugins.offered.cache_clear()
    yield
    plugins.offered.cache_clear()

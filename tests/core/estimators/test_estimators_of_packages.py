"""Estimators of other packages: listed by name, watched while they run."""

from __future__ import annotations

import logging
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from skelseg_core import plugins
from skelseg_core.errors import PluginError
from skelseg_core.estimators.registry import (
    KINDS,
    estimator_kinds,
    estimator_names,
    load_estimator,
)
from skelseg_core.progress import run
from tests.core.conftest import Install

GOOD = """
import numpy as np
from skelseg_core.estimators.registry import EstimatorKind

class Still:
    name, skeleton = "still 1", "coco17"

    def find(self, rgb):
        person = np.full((1, 17, 3), 0.9)
        person[..., :2] = rgb.shape[1] / 2, rgb.shape[0] / 2
        return {found}

KIND = EstimatorKind("{name}", "Still", "Finds one.", lambda *_: Still())
"""


def estimated(name: str, n_frames: int = 3) -> np.ndarray:
    picture = np.zeros((40, 60, 3), np.uint8)
    frames = ((n, picture) for n in range(n_frames))
    poses = run(load_estimator(name).estimate(frames, n_frames, (60, 40)))
    assert poses.estimator == f"still 1, {name}_package 0.3, skelseg 1"
    return poses.keypoints


def test_one_of_a_package_is_listed_without_import_and_runs(install: Install) -> None:
    install(
        "quiet_package",
        GOOD.format(name="quiet", found="person"),
        "quiet",
        plugins.ESTIMATORS,
    )
    assert estimator_names() == (*(kind.name for kind in KINDS), "quiet")
    assert "quiet_package" not in sys.modules
    kinds, refused = estimator_kinds()
    assert [kind.title for kind in kinds] == [*(k.title for k in KINDS), "Still"]
    assert not refused
    np.testing.assert_array_equal(estimated("quiet")[:, 0, 9], [[30, 20]] * 3)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "absent",
            "import a_library_that_is_not_there",
            r"absent of the package absent_package 0\.3 cannot be imported "
            r"\(ModuleNotFoundError: No module named 'a_library.*'\); install what",
        ),
        (
            "other",
            GOOD.format(name="another", found="person"),
            "no EstimatorKind of this name",
        ),
        (
            "yolo",
            GOOD.format(name="yolo", found="person"),
            "skelseg has its own of this name",
        ),
    ],
)
def test_one_that_cannot_be_used_is_named_and_left_out(
    install: Install, caplog: pytest.LogCaptureFixture, name: str, text: str, said: str
) -> None:
    install(f"{name}_package", text, name, plugins.ESTIMATORS)
    with caplog.at_level(logging.INFO, plugins.__name__):
        kinds, (refused,) = estimator_kinds()
    assert kinds == KINDS
    assert refused in caplog.text
    assert re.search(said, refused)


@pytest.mark.parametrize(
    ("name", "found", "said"),
    [
        ("flat", "person[0]", r"float64 of the shape \(17, 3\) instead of numbers"),
        ("empty", "None", "returned NoneType instead of ndarray"),
        (
            "divided",
            "1 / 0",
            r"failed \(ZeroDivisionError: division by zero\); the log",
        ),
    ],
)
def test_what_it_finds_is_looked_at(
    install: Install, name: str, found: str, said: str
) -> None:
    install(
        f"{name}_package", GOOD.format(name=name, found=found), name, plugins.ESTIMATORS
    )
    whose = rf"The estimator {name} of the package {name}_package 0\.3 .*"
    with pytest.raises(PluginError, match=whose + said):
        estimated(name)


def test_one_without_find_is_named(install: Install) -> None:
    text = GOOD.format(name="mute", found="person").replace("def find", "def look")
    install("mute_package", text, "mute", plugins.ESTIMATORS)
    with pytest.raises(PluginError, match=r"mute_package 0\.3 failed \(Attribute"):
        load_estimator("mute")


def test_nothing_of_the_current_folder_is_taken(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("near_package", "", "near", plugins.ESTIMATORS)
    monkeypatch.chdir(tmp_path / "packages")
    assert "near" not in estimator_names()

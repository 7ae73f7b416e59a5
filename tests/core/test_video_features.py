"""Features of the videos of a project, standardised per video or as a network gives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skelseg_core import video_features
from skelseg_core.config import FeatureConfig, ModelConfig, Preset
from skelseg_core.progress import run as finish
from skelseg_core.video_features import (
    LEAST_SPREAD,
    features_of,
    per_video,
    settings_keys,
    work_on,
)
from tests.poses_only import make_poses_project

PLAIN = Preset(model=ModelConfig(("heatmap",)))
SCALED = replace(PLAIN, features=FeatureConfig(per_video=True))


def test_features_per_video_have_mean_0_and_spread_1() -> None:
    rng = np.random.default_rng(0)
    size = np.geomspace(0.5, 2, 12)
    found = per_video((rng.normal(3, 1, (500, 12)) * size).astype(np.float32))
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(found.std(axis=0), 1, atol=1e-5)


def test_what_hardly_moves_does_not_become_loud() -> None:
    values = np.random.default_rng(1).normal(0, 1, (500, 4)).astype(np.float32)
    values[:, 2] *= 1e-3
    values[:, 3] = 7
    found = per_video(values)
    typical = float(np.sqrt(np.square(values.std(axis=0)).mean()))
    expected = values[:, 2].std() / (LEAST_SPREAD * typical)
    assert found[:, 2].std() == pytest.approx(expected, rel=1e-3)
    np.testing.assert_allclose(found[:, 3], 0, atol=1e-5)


def test_a_picture_that_never_changes_gives_zeros() -> None:
    assert not per_video(np.full((20, 3), 4, np.float32)).any()


def test_both_share_what_the_network_gave_but_no_model_takes_the_other(
    tmp_path: Path, own_user_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_poses_project(tmp_path / "p")
    work = work_on(str(folder.root), "old", 1)
    plain = finish(features_of(work, PLAIN)).features["heatmap"]
    monkeypatch.setattr(video_features, "heatmap_features", None)  # from the cache
    scaled = finish(features_of(work, SCALED)).features["heatmap"]
    np.testing.assert_array_equal(scaled, per_video(plain))
    assert settings_keys(PLAIN)["heatmap"] != settings_keys(SCALED)["heatmap"]

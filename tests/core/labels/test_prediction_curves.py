from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.labels.prediction import FEW, PredictionCurves


def shares(seed: int, frames: int, classes: int) -> np.ndarray:
    odds = np.random.default_rng(seed).random((frames, classes)) ** 4 + 1e-6
    return np.asarray(odds / odds.sum(axis=1, keepdims=True), np.float32)


@given(st.integers(0, 999), st.integers(1, 60), st.integers(1, 12), st.data())
def test_means_are_those_of_the_frames(
    seed: int, frames: int, classes: int, data: st.DataObject
) -> None:
    values = shares(seed, frames, classes)
    curves = PredictionCurves.of(values)
    cuts = data.draw(st.lists(st.integers(0, frames), min_size=2, max_size=9))
    edges = np.unique(cuts)
    overlapping = data.draw(st.booleans())
    low = np.minimum(edges[:-1], frames - 1) if len(edges) > 1 else np.array([0])
    high = edges[1:] if len(edges) > 1 else np.array([frames])
    if overlapping:
        high = np.full(len(low), frames)
    found = curves.means(low, high)
    assert found.shape == (len(curves.channels), len(low))
    for n, (a, b) in enumerate(zip(low, high, strict=True)):
        wanted = values[a:b, curves.channels].mean(axis=0) * 255
        assert found[:, n].astype(float) == pytest.approx(wanted, abs=1.6)


def test_of_many_classes_only_those_that_matter_are_kept() -> None:
    values = np.full((50, FEW + 4), 0.01, np.float32)
    values[:, 3] = 0.6
    values[7, 9] = 0.3
    assert PredictionCurves.of(values).channels.tolist() == [3, 9]
    assert len(PredictionCurves.of(values[:, :FEW]).channels) == FEW


def test_uncertainty_is_what_the_best_class_leaves() -> None:
    values = np.array([[0.9, 0.1], [0.5, 0.5], [np.nan, 1.0]], np.float32)
    curves = PredictionCurves.of(values)
    assert curves.uncertainty == pytest.approx([0.1, 0.5, 0.0])

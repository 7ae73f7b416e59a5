from __future__ import annotations

import numpy as np
import pytest

from skelseg_core.learning.calibration import (
    COOLEST,
    HOTTEST,
    LEAST_FRAMES,
    fit_temperature,
    tempered,
)


def made(true_temperature: float, n: int = 6000) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that are right once their logits are divided by a temperature."""
    rng = np.random.default_rng(1)
    logits = rng.normal(scale=2.0, size=(n, 4))
    right = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (right.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    said = np.exp(logits * true_temperature)
    return said / said.sum(axis=1, keepdims=True), labels


def calibration_error(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The expected calibration error in percent, over bins of confidence."""
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    bins = (sure * 15).astype(int)
    gaps = [
        abs(sure[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean()
        for b in np.unique(bins)
    ]
    return float(100 * sum(gaps))


@pytest.mark.parametrize("temperature", [0.6, 0.78, 1.0, 1.7])
def test_the_temperature_is_found_and_brings_the_error_down(temperature: float) -> None:
    said, labels = made(temperature)
    found = fit_temperature(said, labels)
    assert found == pytest.approx(temperature, rel=0.06)
    after = calibration_error(tempered(said, found), labels)
    assert after < 2
    if temperature != 1:
        assert after < calibration_error(said, labels) / 2


def test_it_changes_no_order_and_rows_still_sum_to_one() -> None:
    said, _ = made(0.7)
    found = tempered(said, 0.7)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    assert (found.argmax(axis=1) == said.argmax(axis=1)).all()
    np.testing.assert_allclose(tempered(said, 1.0), said, rtol=1e-6)
    assert tempered(np.zeros((0, 3)), 0.5).shape == (0, 3)


def test_few_frames_fit_nothing_and_extremes_are_bounded() -> None:
    said, labels = made(0.7)
    few = labels.copy()
    few[LEAST_FRAMES - 1 :] = -1
    assert fit_temperature(said, few) == 1.0
    certain = np.tile([0.6, 0.4], (LEAST_FRAMES, 1))
    assert fit_temperature(certain, np.zeros(LEAST_FRAMES, int)) >= COOLEST
    assert fit_temperature(certain, np.ones(LEAST_FRAMES, int)) <= HOTTEST
    zeros = np.tile([1.0, 0.0], (LEAST_FRAMES, 1))
    assert np.isfinite(fit_temperature(zeros, np.ones(LEAST_FRAMES, int)))
    assert np.isfinite(tempered(zeros, 0.3)).all()

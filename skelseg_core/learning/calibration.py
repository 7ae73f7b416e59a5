"""Calibration: temperature scaling of a model's probabilities.

One number, the temperature, fitted on frames that the model had not seen, divides the
logits: above 1 a model was too sure, below 1 not sure enough. It changes no order.
"""

from __future__ import annotations

import numpy as np

COOLEST, HOTTEST = 0.3, 3.0
LEAST_FRAMES = 200
"""Frames below which no temperature is fitted."""

_LEAST = 1e-9
"""Probabilities below this count as this, so that the logarithm is finite."""


def tempered(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Divide the logits of probabilities by ``temperature``.

    Parameters
    ----------
    probabilities : ndarray of float, shape (T, C)
        Every row sums to 1.
    temperature : float
        Above 0; 1 changes nothing.

    Returns
    -------
    ndarray of float32, shape (T, C)
    """
    if temperature == 1 or not probabilities.size:
        return np.asarray(probabilities, np.float32)
    logs = _logs(probabilities) / temperature
    values = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(values / values.sum(axis=1, keepdims=True), np.float32)


def fit_temperature(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Find the temperature under which the labels are likeliest.

    Parameters
    ----------
    probabilities : ndarray of float, shape (T, C)
        Of frames that the model was not trained on.
    labels : ndarray of int, shape (T,)
        Column of the true class; -1 is left out.

    Returns
    -------
    float
        Between `COOLEST` and `HOTTEST`; 1 where fewer than `LEAST_FRAMES` frames are
        labelled.
    """
    known = labels >= 0
    if int(known.sum()) < LEAST_FRAMES:
        return 1.0
    logs, true = _logs(probabilities[known]), labels[known]
    rows = np.arange(len(true))

    def loss(log_temperature: float) -> float:
        scaled = logs / np.exp(log_temperature)
        top = scaled.max(axis=1)
        total = np.log(np.exp(scaled - top[:, None]).sum(axis=1)) + top
        return float((total - scaled[rows, true]).mean())

    # The loss is convex in 1 / temperature, so it has one minimum: golden section.
    low, high = np.log(COOLEST), np.log(HOTTEST)
    ratio = (np.sqrt(5) - 1) / 2
    while high - low > 1e-3:
        a, b = high - ratio * (high - low), low + ratio * (high - low)
        if loss(a) < loss(b):
            high = b
        else:
            low = a
    return round(float(np.exp((low + high) / 2)), 3)


def _logs(probabilities: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(np.asarray(probabilities, np.float64), _LEAST))

"""Tell whether two videos show the same motion, by where bodies are over time.

The bytes of a copy in another encoding or size, or cut at its ends, are others; what
people do in it, and when, is the same. Two videos of one room, or of one protocol, move
alike at moments and never for long.
"""

from __future__ import annotations

import numpy as np

from skelseg_core.poses.sequence import PoseSequence

SAMPLES_PER_S = 10
LEAST_S = 20.0
"""Seconds that both must have in common, at least: for some seconds many move alike."""
LEAST_SHARE = 0.6
"""Share of the shorter video that both must have in common, at least."""
LEAST_MOTION = 0.01
"""Share of the picture, as a standard deviation: who stands still is like others."""
FARTHEST = 0.015
"""Mean distance, as a share of the picture, of one video in two encodings."""
LEAST_EXPLAINED = 0.8
"""Share of the motion of one that the other has at the same time."""
_MIN_SCORE = 0.3


def body_motion(poses: PoseSequence, rate: float) -> np.ndarray:
    """Compute where bodies are, and how wide and high, ten times a second.

    Parameters
    ----------
    poses : PoseSequence
        Of one video; who is who does not matter.
    rate : float
        Frames per second.

    Returns
    -------
    ndarray of float32, shape (S, 4)
        Mean and standard deviation of x and y over all keypoints, as shares of the
        picture; NaN where nobody is seen.
    """
    n_frames = len(poses.keypoints)
    n_samples = max(1, round(n_frames / rate * SAMPLES_PER_S))
    at = np.minimum((np.arange(n_samples) * rate / SAMPLES_PER_S).round(), n_frames - 1)
    at = at.astype(int)
    seen = poses.scores[at] >= _MIN_SCORE
    points = np.where(seen[..., None], poses.keypoints[at], np.nan) / poses.size
    flat = points.reshape(n_samples, -1, 2)
    motion = np.full((n_samples, 4), np.nan, np.float32)
    there = np.isfinite(flat).all(axis=2).sum(axis=1) > 1
    motion[there, :2] = np.nanmean(flat[there], axis=1)
    motion[there, 2:] = np.nanstd(flat[there], axis=1)
    return motion


def is_same_motion(one: np.ndarray, other: np.ndarray) -> bool:
    """Tell whether two videos show the same, whole or cut at the ends.

    Parameters
    ----------
    one, other : ndarray, shape (S, 4)
        As `body_motion` computes them.
    """
    if len(one) > len(other):
        one, other = other, one
    least = max(LEAST_S * SAMPLES_PER_S, LEAST_SHARE * len(one))
    n = len(one) + len(other) - 1
    a, b = np.isfinite(one).all(axis=1), np.isfinite(other).all(axis=1)
    x, y = np.where(a[:, None], one, 0), np.where(b[:, None], other, 0)

    def correlated(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        size = 1 << (n - 1).bit_length()
        spectra = np.fft.rfft(left[::-1], size, axis=0) * np.fft.rfft(
            right, size, axis=0
        )
        return np.fft.irfft(spectra, size, axis=0)[:n]

    common = correlated(a.astype(float), b.astype(float))
    squares = correlated((x**2).sum(axis=1), b.astype(float))
    squares += correlated(a.astype(float), (y**2).sum(axis=1))
    squares -= 2 * correlated(x, y).sum(axis=1)
    mean = np.where(common >= least - 0.5, squares / np.maximum(common, 1), np.inf)
    shift = int(mean.argmin()) - len(one) + 1
    if not np.isfinite(mean.min()):
        return False
    return _is_alike(one, other, shift)


def _is_alike(one: np.ndarray, other: np.ndarray, shift: int) -> bool:
    """Compare what is at the same time where ``other`` begins ``shift`` earlier."""
    start, stop = max(0, -shift), min(len(one), len(other) - shift)
    x, y = one[start:stop], other[start + shift : stop + shift]
    both = np.isfinite(x).all(axis=1) & np.isfinite(y).all(axis=1)
    x, y = x[both], y[both]
    motion = x.std(axis=0)
    if len(x) < LEAST_S * SAMPLES_PER_S or motion.max() < LEAST_MOTION:
        return False
    far = np.abs(x - y).mean()
    explained = 1 - ((x - y) ** 2).sum() / ((x - x.mean(axis=0)) ** 2).sum()
    return bool(far <= FARTHEST and explained >= LEAST_EXPLAINED)

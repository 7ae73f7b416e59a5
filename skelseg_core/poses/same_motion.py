"""Tell whether two videos show the same motion, by where bodies are over time.

The bytes of a copy in another encoding or size, cropped or cut at its ends, are others;
what people do in it, and when, is the same. Two videos of one room, or of one protocol,
move alike at moments and never for long.
"""

from __future__ import annotations

import numpy as np

from skelseg_core.poses.sequence import PoseSequence

SAMPLES_PER_S = 10
LEAST_S = 10.0
"""Seconds that both must have in common, at least: for some seconds many move alike."""
LEAST_SHARE = 0.6
"""Share of the shorter video that both must have in common, at least."""
FARTHEST = 0.19
"""Distance of one video in two encodings, as a share of the size of a body. Copies of
the demo's clips, cropped and of 10 s, are 0.16 away at most, others 0.21 at least."""
LEAST_EXPLAINED = 0.8
"""Share of the motion of one that the other has at the same time: who stands still is
like others."""
_MIN_SCORE = 0.3
_N_GROUPS = 4
"""Of keypoints, in whose mean places the common part is looked for: that is quick."""


def body_motion(poses: PoseSequence, rate: float) -> np.ndarray:
    """Compute where each keypoint is, as a mean over the people, ten times a second.

    Parameters
    ----------
    poses : PoseSequence
        Of one video; who is who does not matter.
    rate : float
        Frames per second.

    Returns
    -------
    ndarray of float16, shape (S, K, 2)
        Shares of the longer side of the picture; NaN where nobody is seen.
    """
    n_frames = len(poses.keypoints)
    n_samples = max(1, round(n_frames / rate * SAMPLES_PER_S))
    at = np.minimum(np.arange(n_samples) * rate / SAMPLES_PER_S, n_frames - 1)
    seen = (poses.scores >= _MIN_SCORE) & np.isfinite(poses.keypoints).all(axis=-1)
    places = np.where(seen[..., None], poses.keypoints, 0).sum(axis=1)
    # The frames of a sample, or the one that it falls into.
    places = np.add.reduceat(places, at.astype(int), axis=0)
    counts = np.add.reduceat(seen.sum(axis=1), at.astype(int), axis=0)
    counts = np.where(counts, counts, np.nan)[..., None]
    motion: np.ndarray = places / counts / max(poses.size)
    return motion.astype(np.float16)


def is_same_motion(one: np.ndarray, other: np.ndarray) -> bool:
    """Tell whether two videos show the same, whole, cropped or cut at the ends.

    Parameters
    ----------
    one, other : ndarray, shape (S, K, 2)
        As `body_motion` computes them; of two skeletons nothing is told.
    """
    if one.shape[1:] != other.shape[1:]:
        return False
    if len(one) > len(other):
        one, other = other, one
    least = max(LEAST_S * SAMPLES_PER_S, LEAST_SHARE * len(one))
    shift = _shift(_grouped(one), _grouped(other), least)
    return shift is not None and _is_alike(one, other, shift)


def _grouped(motion: np.ndarray) -> np.ndarray:
    """Compute the mean places of groups of keypoints, shape (S, 2 * groups)."""
    groups = [
        _mean(motion[:, n::_N_GROUPS].astype(np.float64), 1) for n in range(_N_GROUPS)
    ]
    return np.concatenate(groups, axis=1)


def _shift(one: np.ndarray, other: np.ndarray, least: float) -> int | None:
    """Find where the longer one is most like the shorter, at any size and place."""
    a, b = np.isfinite(one).all(axis=1), np.isfinite(other).all(axis=1)
    if min(a.sum(), b.sum()) < least - 0.5:
        return None
    # Around a mean, so that sums of squares keep their digits.
    x = np.where(a[:, None], one - one[a].mean(axis=0), 0)
    y = np.where(b[:, None], other - other[b].mean(axis=0), 0)
    n = len(one) + len(other) - 1
    size = 1 << (n - 1).bit_length()

    def spectrum(values: np.ndarray) -> np.ndarray:
        return np.fft.rfft(values, size, axis=0)

    def summed(spectra: np.ndarray) -> np.ndarray:
        return np.fft.irfft(spectra, size, axis=0)[:n]

    in_x, in_y = (
        spectrum(a[::-1, None].astype(float)),
        spectrum(b[:, None].astype(float)),
    )
    of_x, of_y = spectrum(x[::-1]), spectrum(y)
    common = np.maximum(summed(in_x * in_y)[:, 0], 1)
    sum_x, sum_y = summed(of_x * in_y), summed(in_x * of_y)

    def about_means(squares: np.ndarray, sums: np.ndarray) -> np.ndarray:
        values: np.ndarray = summed(squares.sum(axis=1)) - sums.sum(axis=1) / common
        return values

    xx = about_means(spectrum(x[::-1] ** 2) * in_y, sum_x**2)
    yy = about_means(in_x * spectrum(y**2), sum_y**2)
    xy = about_means(of_x * of_y, sum_x * sum_y)
    tiny = 1e-6 * common
    alike = xy / np.sqrt(np.maximum(xx, tiny) * np.maximum(yy, tiny))
    alike[common < least - 0.5] = -1
    best = int(alike.argmax())
    return best - len(one) + 1 if alike[best] > 0 else None


def _is_alike(one: np.ndarray, other: np.ndarray, shift: int) -> bool:
    """Compare what is at the same time where ``other`` begins ``shift`` earlier.

    A crop is of another size and at another place: both are fitted.
    """
    start, stop = max(0, -shift), min(len(one), len(other) - shift)
    x, y = (
        one[start:stop].astype(float),
        other[start + shift : stop + shift].astype(float),
    )
    both = np.isfinite(x) & np.isfinite(y)
    x, y = np.where(both, x, np.nan), np.where(both, y, np.nan)
    x, y = x - np.nanmean(x, axis=(0, 1)), y - np.nanmean(y, axis=(0, 1))
    apart = x - np.nansum(x * y) / max(np.nansum(y**2), 1e-12) * y
    body = x - _mean(x, 1)[:, None]
    far = np.sqrt(np.nansum(apart**2) / max(np.nansum(body**2), 1e-12))
    moved = np.nansum((x - _mean(x, 0)) ** 2)
    unexplained = np.nansum((apart - _mean(apart, 0)) ** 2) / max(moved, 1e-12)
    return bool(far <= FARTHEST and unexplained <= 1 - LEAST_EXPLAINED)


def _mean(values: np.ndarray, axis: int) -> np.ndarray:
    """Compute a mean of what is there; NaN where nothing is."""
    there = np.isfinite(values)
    n = there.sum(axis=axis)
    mean: np.ndarray = np.where(there, values, 0).sum(axis=axis) / np.where(
        n, n, np.nan
    )
    return mean

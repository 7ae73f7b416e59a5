"""Tell whether two videos show the same motion, by body positions over time.

A copy in another encoding or size, cropped or cut at its ends, has other bytes but the
same motion at the same times. Two videos of one room or protocol move alike only for
moments.
"""

from __future__ import annotations

import numpy as np

from skelseg_core.poses.sequence import PoseSequence

SAMPLES_PER_S = 10
LEAST_S = 10.0
"""Fewest seconds in common: for some seconds many videos move alike."""
LEAST_SHARE = 0.6
"""Smallest share of the shorter video in common."""
FARTHEST = 0.19
"""Largest distance of two encodings of one video, as a share of body size. Copies of
the demo's clips, cropped and 10 s long, are at most 0.16 apart, other videos at
least 0.21.
"""
LEAST_EXPLAINED = 0.8
"""Share of one's motion that the other has at the same time: a motionless person is
similar to many.
"""
_MIN_SCORE = 0.3
_N_GROUPS = 4
"""Groups of keypoints whose mean positions give a quick search for the common part."""


def body_motion(poses: PoseSequence, rate: float) -> np.ndarray:
    """Compute the mean position of each keypoint over all people, ten times a second.

    Parameters
    ----------
    poses : PoseSequence
        One video; identities do not matter.
    rate : float
        Frames per second.

    Returns
    -------
    ndarray of float16, shape (S, K, 2)
        In longer sides of the picture; NaN if no person is seen.
    """
    n_frames = len(poses.keypoints)
    n_samples = max(1, round(n_frames / rate * SAMPLES_PER_S))
    at = np.minimum(np.arange(n_samples) * rate / SAMPLES_PER_S, n_frames - 1)
    seen = (poses.scores >= _MIN_SCORE) & np.isfinite(poses.keypoints).all(axis=-1)
    places = np.where(seen[..., None], poses.keypoints, 0).sum(axis=1)
    # The frames of a sample, or the frame that contains it.
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
        As from `body_motion`; False for different numbers of keypoints.
    """
    if one.shape[1:] != other.shape[1:]:
        return False
    if len(one) > len(other):
        one, other = other, one
    least = max(LEAST_S * SAMPLES_PER_S, LEAST_SHARE * len(one))
    shift = _shift(_grouped(one), _grouped(other), least)
    return shift is not None and _is_alike(one, other, shift)


def _grouped(motion: np.ndarray) -> np.ndarray:
    """Compute the mean positions of groups of keypoints, shape (S, 2 * groups)."""
    groups = [
        _mean(motion[:, n::_N_GROUPS].astype(np.float64), 1) for n in range(_N_GROUPS)
    ]
    return np.concatenate(groups, axis=1)


def _shift(one: np.ndarray, other: np.ndarray, least: float) -> int | None:
    """Find where the longer one best matches the shorter, at any size and position."""
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
    """Compare simultaneous motion if ``other`` begins ``shift`` earlier.

    A crop changes size and position, so both are fitted.
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
    """Compute a mean of present values; NaN if there are none."""
    there = np.isfinite(values)
    n = there.sum(axis=axis)
    mean: np.ndarray = np.where(there, values, 0).sum(axis=axis) / np.where(
        n, n, np.nan
    )
    return mean

"""Kinematics: speeds of keypoints, and moments at which the hands rest.

Speed is the slope of a line fitted to the five frames around each, by their real times
and weighted by score: that smooths lightly, is exact for steady motion at any frame
rate, steady or not, and tolerates missing frames.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.video.times import FrameTimes

REACH = 2
"""Frames to either side for the line fit of the speed."""

FEWEST = 3
"""Fewest known frames, of five, for a speed."""

NEAR_S = 0.35
"""Seconds to either side within which a rest is the slowest moment."""

FAR_S = 1.0
"""Seconds before and after a rest to search for motion."""

DEEP = 0.15
"""Share of a fast speed by which a rest is slower than the motions around it."""


@dataclass(frozen=True, eq=False)
class Kinematics:
    """Speeds of one person's keypoints, and frames in which the hands rest.

    Parameters
    ----------
    keypoints : tuple of str
        Names along axis K.
    speeds : ndarray of float32, shape (T, K)
        px/s, NaN if the keypoint is missing.
    changes : ndarray of int64, shape (N,)
        Frames in which the hands rest between two motions, rising; without wrists, the
        body.
    strengths : ndarray of float32, shape (N,)
        Depth of each rest, 0..1.
    """

    keypoints: tuple[str, ...]
    speeds: np.ndarray
    changes: np.ndarray
    strengths: np.ndarray

    @classmethod
    def of(
        cls,
        poses: PoseSequence,
        times: FrameTimes,
        keypoints: Sequence[str],
        people: np.ndarray | None = None,
    ) -> Kinematics:
        """Compute the kinematics of one person, M = 1.

        Parameters
        ----------
        people : ndarray of int, shape (T,), optional
            Index of the person in each frame, if it changes.
        """
        points, scores = poses.keypoints[:, 0], poses.scores[:, 0]
        speeds = speeds_of(points, scores, times.starts_s, people)
        found = cls(tuple(keypoints), speeds, np.zeros(0, np.int64), np.zeros(0, "f4"))
        hands = found.curve("wrists")
        # Actions begin and end where the hands rest; the body shows it less clearly.
        slow = mean_speed(speeds) if hands is None else hands
        changes, strengths = rests(slow, times)
        return replace(found, changes=changes, strengths=strengths)

    def curve(self, name: str) -> np.ndarray | None:
        """Select the speed (T,) of a keypoint, or of a pair by a plural: ``"wrists"``.

        A pair gives the mean of the present ones, or None if the skeleton has neither.
        """
        wanted = PAIRS.get(name, (name,))
        found = [self.keypoints.index(n) for n in wanted if n in self.keypoints]
        return mean_speed(self.speeds[:, found]) if found else None


PAIRS: Mapping[str, tuple[str, str]] = {
    "wrists": ("left_wrist", "right_wrist"),
    "hips": ("left_hip", "right_hip"),
}


def speeds_of(
    keypoints: np.ndarray,
    scores: np.ndarray,
    times_s: np.ndarray,
    people: np.ndarray | None = None,
) -> np.ndarray:
    """Compute the speed of each keypoint in each frame.

    Parameters
    ----------
    keypoints : ndarray of float, shape (T, K, 2)
        In px, NaN if missing.
    scores : ndarray of float, shape (T, K)
        Weights of the frames, 0 where missing.
    times_s : ndarray of float, shape (T,)
        Time of each frame, rising.
    people : ndarray of int, shape (T,), optional
        Index of the person in each frame: a change of person is not motion.

    Returns
    -------
    ndarray of float32, shape (T, K)
        px/s; NaN if the keypoint is missing, or known in fewer than `FEWEST` frames
        around.
    """
    # One at a time: all at once take 300 MB for an hour.
    each = (
        _speeds(keypoints[:, k : k + 1], scores[:, k : k + 1], times_s, people)
        for k in range(scores.shape[1])
    )
    return np.concatenate(list(each), axis=1)


def _speeds(
    keypoints: np.ndarray,
    scores: np.ndarray,
    times_s: np.ndarray,
    people: np.ndarray | None,
) -> np.ndarray:
    n_frames = len(keypoints)
    there = np.isfinite(keypoints).all(axis=-1) & (scores > 0)
    weights = np.where(there, scores, 0.0).astype(np.float64)
    points = np.where(there[..., None], keypoints, 0.0).astype(np.float64)
    seen = np.zeros(there.shape, np.int64)
    total, time, square = (np.zeros(there.shape) for _ in range(3))
    place, product = np.zeros(points.shape), np.zeros(points.shape)
    for shift in range(-REACH, REACH + 1):
        here = slice(max(0, -shift), min(n_frames, n_frames - shift))
        if here.start >= here.stop:
            continue
        there_too = slice(here.start + shift, here.stop + shift)
        # Relative to the frame: sums of squares of large numbers lose digits.
        away = (times_s[there_too] - times_s[here])[:, None]
        weight, known = weights[there_too], there[there_too]
        if people is not None:
            same = (people[there_too] == people[here])[:, None]
            weight, known = weight * same, known & same
        offset = points[there_too] - points[here]
        seen[here] += known
        total[here] += weight
        time[here] += weight * away
        square[here] += weight * away**2
        place[here] += weight[..., None] * offset
        product[here] += (weight * away)[..., None] * offset
    spread = total * square - time**2
    known = there & (seen >= FEWEST) & (spread > 0)
    slope = total[..., None] * product - time[..., None] * place
    slope /= np.where(known, spread, 1.0)[..., None]
    speed = np.hypot(slope[..., 0], slope[..., 1])
    return np.where(known, speed, np.nan).astype(np.float32)


def mean_speed(speeds: np.ndarray) -> np.ndarray:
    """Average the present keypoints, (T, K) to (T,); NaN if there are none."""
    known = np.isfinite(speeds)
    count = known.sum(axis=1)
    total = np.where(known, speeds, 0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)


def rests(speed: np.ndarray, times: FrameTimes) -> tuple[np.ndarray, np.ndarray]:
    """Find the frames in which a person slows down between two motions.

    Parameters
    ----------
    speed : ndarray of float, shape (T,)
        Speed of hands or body, px/s, NaN if unknown.
    times : FrameTimes
        Times of the T frames.

    Returns
    -------
    frames : ndarray of int64, shape (N,)
        Slowest frames within `NEAR_S`, with speeds higher by `DEEP` of the fast speed
        (95th percentile) within `FAR_S` before and after; rising.
    strengths : ndarray of float32, shape (N,)
        Depth as a share of the fast speed, 0..1.
    """
    none = np.zeros(0, np.int64), np.zeros(0, np.float32)
    known = np.isfinite(speed)
    if len(speed) < 3 or not known.any():
        return none
    fast = float(np.percentile(speed[known], 95))
    if fast <= 0:
        return none
    step = max(times.usual_s, 1e-6)
    near = max(1, round(NEAR_S / step))
    far = max(near + 1, round(FAR_S / step))
    low = np.where(known, speed, np.inf)
    high = np.where(known, speed, -np.inf)
    least_before, least_after = _before(low, near, np.minimum), _after(low, near)
    # Of several equally slow frames the first counts.
    slowest = known & (low < least_before) & (low <= least_after)
    before = _before(high, far, np.maximum)
    after = -_after(-high, far)
    depth = (np.minimum(before, after) - np.where(known, speed, np.inf)) / fast
    frames = np.flatnonzero(slowest & (depth >= DEEP))
    return frames, np.clip(depth[frames], 0, 1).astype(np.float32)


def _before(values: np.ndarray, reach: int, least: np.ufunc) -> np.ndarray:
    """Compute the minimum (or maximum) of the ``reach`` values before each."""
    end = np.inf if least is np.minimum else -np.inf
    padded = np.concatenate([np.full(reach, end), values[:-1]])
    windows = np.lib.stride_tricks.sliding_window_view(padded, reach)
    return np.asarray(least.reduce(windows, axis=1))


def _after(values: np.ndarray, reach: int) -> np.ndarray:
    """Compute the minimum of the ``reach`` values after each."""
    return _before(values[::-1], reach, np.minimum)[::-1]

"""Likeness: whether a video is like the ones that a model learnt from.

Whatever a recipe looks at, poses are compared. A frame is as far as its posture and
motion are from those of the nearest training frame; a video as far as half of its
frames at least. How far is too far, the training videos say themselves: each is
measured against those of other people, and a video is unlike them where it is
`FARTHER` times as far as the farthest of them. ``docs/results/unlike.md`` has what that
tells apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skelseg_core.array_files import load_npz, save_npz
from skelseg_core.errors import FormatError
from skelseg_core.poses.keypoint_features import keypoint_features
from skelseg_core.poses.subject_input import SubjectInput
from skelseg_core.said import Said

LEARNT_NAME = "learnt.npz"
"""File in a model's folder: some frames of what it learnt from."""
N_KEPT = 600
"""Frames of all training videos, about, that are kept."""
N_LOOKED = 100
"""Frames of a video that are looked at."""
FARTHER = 2.0
"""Times as far as the farthest training video that a video is unlike."""
FARTHER_ALONE = 3.0
"""The same where all training videos are of one person: others lie farther."""
SUREST = 0.6
"""Probability that a class has at most in a video that is unlike."""
UNLIKE = f"unlike the training videos, so at most {100 * SUREST:.0f} % sure"
_SAME = 1e-3
"""Distance up to which two videos are the same."""
_MOST = 6e4
"""Largest number that half precision holds."""


@dataclass(frozen=True, eq=False)
class Learnt:
    """Some frames of training videos, and how far a video may be from them.

    Parameters
    ----------
    frames : ndarray of float16, shape (N, D)
        As of `posture_and_motion`.
    limit : float
        Distance from which a video is unlike; 0 where it is not known.
    """

    frames: np.ndarray
    limit: float

    @classmethod
    def of(cls, videos: Sequence[np.ndarray], people: Sequence[str]) -> Learnt:
        """Keep frames of training videos and measure how far these are apart.

        Parameters
        ----------
        videos : sequence of ndarray (T, D)
            Of one video its halves are compared.
        people : sequence of str
            Who is in each video; videos of one person are not compared.
        """
        alone = len(set(people)) == 1
        if len(videos) == 1:
            videos = np.array_split(videos[0], 2)
        if alone:
            people = [str(n) for n in range(len(videos))]
        kept = [_some(rows, max(1, N_KEPT // len(videos))) for rows in videos]
        frames = np.concatenate(kept)
        whose = np.repeat(people, [len(part) for part in kept])
        far = max(
            _distance(_some(rows, N_LOOKED), frames[whose != person])
            for rows, person in zip(videos, people, strict=True)
        )
        times = FARTHER_ALONE if alone else FARTHER
        return cls(frames, times * far if far > _SAME else 0.0)

    def times_too_far(self, rows: np.ndarray) -> float:
        """Divide a video's distance by what it may be; above 1 the video is unlike.

        0 where nothing is known.

        Parameters
        ----------
        rows : ndarray (T, D)
        """
        if not self.limit or rows.shape[1] != self.frames.shape[1]:
            return 0.0
        return _distance(_some(rows, N_LOOKED), self.frames) / self.limit

    def save(self, folder: Path) -> None:
        """Write this into the folder of a model."""
        arrays = {"frames": self.frames, "limit": np.array(self.limit)}
        save_npz(folder / LEARNT_NAME, arrays)


def load_learnt(folder: Path) -> Learnt | None:
    """Read what was kept of what a model learnt from; None where nothing was.

    Raises
    ------
    FormatError
        Where the file is damaged.
    """
    path = folder / LEARNT_NAME
    if not path.is_file():
        return None
    arrays = load_npz(path)
    try:
        frames, limit = arrays["frames"], float(arrays["limit"])
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(_damaged(path)) from error
    if frames.ndim != 2 or frames.dtype != np.float16 or not np.isfinite(limit):
        raise FormatError(_damaged(path))
    return Learnt(frames, limit)


def posture_and_motion(body: SubjectInput) -> np.ndarray:
    """Compute what videos are compared by, (T, D); no numbers for unknown bodies."""
    try:
        return keypoint_features(body.keypoints, body.skeleton, "body")
    except FormatError:  # a skeleton without hips
        return np.zeros((len(body), 0), np.float32)


def _damaged(path: Path) -> str:
    return Said("{} is damaged; restore it from a copy or train the model again.", path)


def less_sure(probabilities: np.ndarray) -> np.ndarray:
    """Lower probabilities (T, C) above `SUREST` to it; the other classes get the rest.

    The most probable class stays the same.
    """
    rows = np.arange(len(probabilities))
    best = probabilities.argmax(axis=1)
    top = probabilities[rows, best]
    others = probabilities.shape[1] - 1
    if not others:
        return probabilities
    left = (1 - top)[:, None]
    even = np.full_like(probabilities, 1 / others)
    shares = np.divide(probabilities, left, out=even, where=left > _SAME)
    made = shares * (1 - SUREST)
    made[rows, best] = SUREST
    return np.asarray(np.where((top > SUREST)[:, None], made, probabilities))


def _some(rows: np.ndarray, n: int) -> np.ndarray:
    """Take up to n rows, evenly spread, in half precision."""
    chosen = np.linspace(0, len(rows) - 1, min(n, len(rows))).astype(int)
    return np.asarray(np.clip(rows[chosen], -_MOST, _MOST), np.float16)


def _distance(rows: np.ndarray, among: np.ndarray) -> float:
    """Measure how far the typical row is from the nearest of others, per dimension."""
    if not rows.size or not among.size:
        return 0.0
    a, b = rows.astype(np.float64), among.astype(np.float64)
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    nearest = np.maximum(squares.min(axis=1), 0) / a.shape[1]
    return float(np.sqrt(np.median(nearest)))

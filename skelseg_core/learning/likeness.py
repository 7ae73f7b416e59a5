"""Likeness: whether a video is like the ones that a model learnt from.

Whatever a recipe looks at, poses are compared: the body around its hips in lengths of
the torso, the direction of every limb, and how they move. A frame is as far as those of
the nearest training frame; a video as far as half of its frames at least; and unlike
from `TOO_FAR` on. The limit is the same for all models: one that is read off the
training videos widens with their variety, and shrinks to nothing with a copy of one.
``docs/results/unlike.md`` has what it tells apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skelseg_core.array_files import load_npz, save_npz
from skelseg_core.errors import FormatError
from skelseg_core.poses.keypoint_features import keypoint_features, n_numbers
from skelseg_core.poses.subject_input import SubjectInput
from skelseg_core.said import Said

LEARNT_NAME = "learnt.npz"
"""File in a model's folder: some frames of what it learnt from."""
N_KEPT = 600
"""Frames of all training videos, about, that are kept."""
N_LOOKED = 100
"""Frames of a video that are looked at."""
TOO_FAR = 0.28
"""Distance from which a video is unlike: lengths of the torso, typical of a number."""
SUREST = 0.6
"""Probability that a class has at most in a video that is unlike."""
UNLIKE = f"unlike the training videos, so at most {100 * SUREST:.0f} % sure"
_NOTHING = 1e-3
"""Probability up to which no other class is left to share."""
_MOST = 6e4
"""Largest number that half precision holds."""


@dataclass(frozen=True, eq=False)
class Learnt:
    """Some frames of training videos.

    Parameters
    ----------
    frames : ndarray of float16, shape (N, D)
        As of `posture_and_motion`.
    """

    frames: np.ndarray

    @classmethod
    def of(cls, videos: Sequence[np.ndarray]) -> Learnt:
        """Keep frames of training videos.

        Parameters
        ----------
        videos : sequence of ndarray (T, D)
        """
        n = max(1, N_KEPT // len(videos))
        return cls(np.concatenate([_some(rows, n) for rows in videos]))

    def times_too_far(self, rows: np.ndarray) -> float:
        """Divide a video's distance by `TOO_FAR`; above 1 the video is unlike.

        0 where nothing is known.

        Parameters
        ----------
        rows : ndarray (T, D)
        """
        if rows.shape[1] != self.frames.shape[1]:
            return 0.0
        return _distance(_some(rows, N_LOOKED), self.frames) / TOO_FAR

    def save(self, folder: Path) -> None:
        """Write this into the folder of a model."""
        save_npz(folder / LEARNT_NAME, {"frames": self.frames})


def load_learnt(folder: Path) -> Learnt | None:
    """Read what was kept of what a model learnt from; None where nothing was.

    Raises
    ------
    FormatError
        Where the file is damaged.
    """
    path = folder / LEARNT_NAME
    if not path.exists():
        return None
    frames = load_npz(path).get("frames")
    if frames is None or frames.ndim != 2 or frames.dtype != np.float16:
        raise FormatError(_damaged(path))
    return Learnt(frames)


def posture_and_motion(body: SubjectInput) -> np.ndarray:
    """Compute what videos are compared by, (T, D); no numbers for unknown bodies."""
    try:
        rows = keypoint_features(body.keypoints, body.skeleton, "body")
    except FormatError:  # a skeleton without hips
        return np.zeros((len(body), 0), np.float32)
    # The first numbers have mean 0 and spread 1 in any video, which makes all alike.
    return rows[:, n_numbers(body.skeleton, 2, "coordinates") :]


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
    shares = np.divide(probabilities, left, out=even, where=left > _NOTHING)
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

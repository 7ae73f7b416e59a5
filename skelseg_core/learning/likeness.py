"""Likeness: whether a video is like the ones that a model learnt from.

A frame is as far from these as its features are from those of the nearest frame of
theirs; a video as far as half of its frames at least. How far is too far, the training
videos say themselves: each is measured against those of other people, and a video is
unlike them where it is `FARTHER` times as far as the farthest of them. What that tells
apart is in ``docs/results/unlike.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skelseg_core.array_files import load_npz, save_npz
from skelseg_core.errors import FormatError

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
UNLIKE = f"unlike what the model learnt from, so at most {100 * SUREST:.0f} % sure"
_NO_WAY = 1e-3
"""Distance up to which two videos are the same."""
_MOST = 6e4
"""Largest number that half precision holds."""


@dataclass(frozen=True, eq=False)
class Learnt:
    """Some frames of training videos, and how far a video may be from them.

    Parameters
    ----------
    frames : Mapping[str, ndarray of float16, shape (N, D)]
        Features by modality.
    limits : Mapping[str, float]
        Distance by modality from which a video is unlike; 0 where it is not known.
    """

    frames: Mapping[str, np.ndarray]
    limits: Mapping[str, float]

    @classmethod
    def of(
        cls, videos: Sequence[Mapping[str, np.ndarray]], people: Sequence[str]
    ) -> Learnt:
        """Keep frames of training videos and measure how far these are apart.

        Parameters
        ----------
        videos : sequence of Mapping[str, ndarray (T, D)]
            Features of each by modality. Of one video its halves are compared.
        people : sequence of str
            Who is in each video; videos of one person are not compared.
        """
        alone = len(set(people)) == 1
        if len(videos) == 1:
            halves = {m: np.array_split(a, 2) for m, a in videos[0].items()}
            videos = [{m: half[n] for m, half in halves.items()} for n in range(2)]
        if alone:
            people = [str(n) for n in range(len(videos))]
        frames, limits = {}, {}
        for name in videos[0]:
            kept = [_some(v[name], max(1, N_KEPT // len(videos))) for v in videos]
            frames[name] = np.concatenate(kept)
            whose = np.repeat(people, [len(part) for part in kept])
            far = max(
                _distance(_some(v[name], N_LOOKED), frames[name][whose != person])
                for v, person in zip(videos, people, strict=True)
            )
            times = FARTHER_ALONE if alone else FARTHER
            limits[name] = times * far if far > _NO_WAY else 0.0
        return cls(frames, limits)

    def times_too_far(self, features: Mapping[str, np.ndarray]) -> float:
        """Divide a video's distance by what it may be; above 1 the video is unlike.

        The modality counts that says the most. 0 where nothing is known.

        Parameters
        ----------
        features : Mapping[str, ndarray (T, D)]
            Of the video by modality; others than the training's are ignored.
        """
        found = [
            _distance(_some(features[name], N_LOOKED), self.frames[name]) / limit
            for name, limit in self.limits.items()
            if limit and len(features[name])
        ]
        return max(found, default=0.0)

    def save(self, folder: Path) -> None:
        """Write this into the folder of a model."""
        arrays = {f"frames_{name}": rows for name, rows in self.frames.items()}
        limits = {f"limit_{name}": np.array(x) for name, x in self.limits.items()}
        save_npz(folder / LEARNT_NAME, arrays | limits)


def load_learnt(folder: Path, dims: Mapping[str, int]) -> Learnt | None:
    """Read what was kept of what a model learnt from; None where nothing was.

    Parameters
    ----------
    folder : Path
        Of the model.
    dims : Mapping[str, int]
        Dimension of its features by modality.

    Raises
    ------
    FormatError
        Where the file is damaged or of another model.
    """
    path = folder / LEARNT_NAME
    if not path.is_file():
        return None
    arrays = load_npz(path)
    try:
        frames = {name: arrays[f"frames_{name}"] for name in dims}
        limits = {name: float(arrays[f"limit_{name}"]) for name in dims}
        fits = all(frames[n].shape[1:] == (d,) for n, d in dims.items())
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(_damaged(path)) from error
    if not (fits and np.isfinite(list(limits.values())).all()):
        raise FormatError(_damaged(path))
    return Learnt(frames, limits)


def _damaged(path: Path) -> str:
    return f"{path} is damaged; restore it from a copy or train the model anew."


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
    shares = np.divide(probabilities, left, out=even, where=left > _NO_WAY)
    made = shares * (1 - SUREST)
    made[rows, best] = SUREST
    return np.asarray(np.where((top > SUREST)[:, None], made, probabilities))


def _some(rows: np.ndarray, n: int) -> np.ndarray:
    """Take up to n rows, evenly spread, in half precision."""
    chosen = np.linspace(0, len(rows) - 1, min(n, len(rows))).astype(int)
    return np.clip(rows[chosen], -_MOST, _MOST).astype(np.float16)


def _distance(rows: np.ndarray, among: np.ndarray) -> float:
    """Measure how far the typical row is from the nearest of others, per dimension."""
    if not len(rows) or not len(among):
        return 0.0
    a, b = rows.astype(np.float64), among.astype(np.float64)
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    nearest = np.maximum(squares.min(axis=1), 0) / a.shape[1]
    return float(np.sqrt(np.median(nearest)))

"""A published data set as it was read, before it becomes a project.

All arrays of a recording cover the same frames: the files of ``datasets/``
align them by the rule of that data set and say so in ``Dataset.notes``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from skelseg_core.errors import FormatError
from skelseg_core.file_names import portable_name, short_name
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.segmentation import UNLABELLED
from skelseg_core.poses.poses3d import Poses3D


@dataclass(frozen=True, eq=False)
class Recording:
    """Labels, poses, features and video of one recording, T frames long.

    Parameters
    ----------
    id : str
        Name of the video in the project; a file name.
    labels : ndarray of int64, shape (T,)
        Class ids, -1 where nobody said anything.
    poses3d : Poses3D, optional
        Of T frames.
    risk : ndarray of float, shape (T,), optional
        REBA scores, NaN where unknown.
    features : callable, optional
        Reads the features of the data set, (T, D) float32. They are read only when
        needed: those of a large data set do not fit into the memory.
    video : Path, optional
        The video, where there is one of T frames.
    subject : str
        Who is seen; empty where nobody knows.

    Raises
    ------
    FormatError
        Where the id is no file name, or the parts cover different frames.
    """

    id: str
    labels: np.ndarray
    poses3d: Poses3D | None = None
    risk: np.ndarray | None = None
    features: Callable[[], np.ndarray] | None = None
    video: Path | None = None
    subject: str = ""

    def __post_init__(self) -> None:
        """Refuse parts that do not cover the same frames."""
        if portable_name(self.id) != self.id or short_name(self.id) != self.id:
            raise FormatError(
                "The recording '{}' has a name that some systems do not allow for "
                "files; rename it.",
                self.id,
            )
        if not self.n_frames:
            raise FormatError("Recording {} has no frames; leave it out.", self.id)
        lengths = {
            "3D poses": self.poses3d.n_frames if self.poses3d else self.n_frames,
            "risk scores": self.n_frames if self.risk is None else len(self.risk),
        }
        for what, length in lengths.items():
            if length != self.n_frames:
                raise FormatError(
                    "Recording {} has {} labels and {} {}; they must cover the same "
                    "frames.",
                    self.id,
                    self.n_frames,
                    length,
                    what,
                )

    @property
    def n_frames(self) -> int:
        """Number of frames T."""
        return len(self.labels)


@dataclass(frozen=True)
class Split:
    """Recordings that a data set trains and tests on, by their ids."""

    name: str
    train: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set with its classes, recordings and splits, as it was read.

    Parameters
    ----------
    name : str
        Its name for people: ``"UW-IOM"``.
    label_map : LabelMap
        Its classes, in the published order.
    recordings : tuple of Recording
        In the order of their names.
    skeleton : str
        Name of the skeleton of its poses; empty where there is none.
    rate : float
        Frames per second, for display.
    notes : tuple of str
        One sentence per mismatch and per rule that was followed.
    splits : tuple of Split
        As published.

    Raises
    ------
    FormatError
        Where there is no recording, one is there twice, a label is no class, or a
        split trains on what it tests.
    """

    name: str
    label_map: LabelMap
    recordings: tuple[Recording, ...]
    skeleton: str = ""
    rate: float = 30.0
    notes: tuple[str, ...] = ()
    splits: tuple[Split, ...] = ()

    def __post_init__(self) -> None:
        """Refuse contradictions."""
        if not self.recordings:
            raise FormatError("There is no recording of {}; check the path.", self.name)
        # Some file systems do not tell A from a.
        check_once((r.id.casefold() for r in self.recordings), "recording")
        for recording in self.recordings:
            self._check_labels(recording)
        for split in self.splits:
            self._check_split(split)

    def _check_labels(self, recording: Recording) -> None:
        known = [*self.label_map.ids, UNLABELLED]
        wrong = np.flatnonzero(~np.isin(recording.labels, known))
        if len(wrong):
            raise FormatError(
                "Recording {} has the class id {} in frame {}, but there are {} "
                "classes in {}; check its labels.",
                recording.id,
                recording.labels[wrong[0]],
                wrong[0],
                len(self.label_map),
                self.name,
            )

    def _check_split(self, split: Split) -> None:
        subjects = {r.id: r.subject for r in self.recordings if r.subject}
        for what, names in (("recording", {}), ("subject", subjects)):
            train = {names.get(v, v) for v in split.train}
            both = sorted(train & {names.get(v, v) for v in split.test})
            if both:
                raise FormatError(
                    "{} of {} trains and tests on {} {}; remove it from one of the "
                    "two.",
                    split.name,
                    self.name,
                    what,
                    both[0],
                )

    @property
    def n_frames(self) -> int:
        """Number of frames of all recordings."""
        return sum(r.n_frames for r in self.recordings)

    @cached_property
    def class_frames(self) -> Counter[int]:
        """Number of frames by class id; -1 counts the unlabelled."""
        counts: Counter[int] = Counter()
        for recording in self.recordings:
            ids, numbers = np.unique(recording.labels, return_counts=True)
            counts.update(dict(zip(ids.tolist(), numbers.tolist(), strict=True)))
        return counts


def check_once(names: Iterable[str], what: str) -> None:
    """Refuse a name that is there twice.

    Raises
    ------
    FormatError
        Naming the first one.
    """
    doubled = [n for n, count in Counter(names).items() if count > 1]
    if doubled:
        raise FormatError(
            "The {} '{}' appears twice; remove or rename one of them.", what, doubled[0]
        )


def fit(values: np.ndarray, n_frames: int, fill: float, align: str) -> np.ndarray:
    """Make framewise values ``n_frames`` long.

    Parameters
    ----------
    values : ndarray, shape (T, ...)
    n_frames : int
        Length that is wanted.
    fill : float
        What stands where there is no value.
    align : {"start", "end"}
        Which frames belong together: the first ones or the last ones.

    Returns
    -------
    ndarray, shape (n_frames, ...)
    """
    more = n_frames - len(values)
    if align == "end":
        return fit(values[::-1], n_frames, fill, "start")[::-1]
    if more <= 0:
        return values[:n_frames]
    rest = np.full((more, *values.shape[1:]), fill, values.dtype)
    return np.concatenate([values, rest])

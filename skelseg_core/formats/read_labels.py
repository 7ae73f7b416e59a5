"""Labels read from a file: named segments, before they become those of a video."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from skelseg_core.labels.segmentation import Source


@dataclass(frozen=True)
class NamedSegment:
    """Frames ``[start, stop)`` with the name of a class; empty is unlabelled."""

    start: int
    stop: int
    name: str
    source: Source = "import"
    reviewed: bool = False
    confidence: float | None = None


@dataclass(frozen=True)
class ReadLabels:
    """Labels of a file, with the names of their classes.

    Parameters
    ----------
    path : Path
        The file.
    segments : tuple of NamedSegment
        They tile the frames ``[0, n_frames)``.
    open_ended : bool
        Whether later frames of the video may have been left out as unlabelled.
    says_who : bool
        Whether the file says who gave each label: a person or a model.
    """

    path: Path
    segments: tuple[NamedSegment, ...]
    open_ended: bool = False
    says_who: bool = False

    @property
    def n_frames(self) -> int:
        """Number of frames that are labelled or said to be unlabelled."""
        return self.segments[-1].stop

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the classes, in the order in which they first come."""
        return tuple(dict.fromkeys(s.name for s in self.segments if s.name))


def named_runs(names: Iterable[str]) -> tuple[NamedSegment, ...]:
    """Make segments of framewise names: every run of equal names is one."""
    made, at = [], 0
    for name, run in groupby(names):
        n = sum(1 for _ in run)
        made.append(NamedSegment(at, at + n, name))
        at += n
    return tuple(made)

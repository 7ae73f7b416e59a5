"""Item of the review: frames that are worth a look, and why, in words."""

from __future__ import annotations

from dataclasses import dataclass

from skelseg_core.labels.segmentation import Segment
from skelseg_core.said import Said


class Frame(int):
    """A frame as a value of a reason; who shows it may write its time instead."""

    def __str__(self) -> str:
        return Said("frame {:,}", int(self))

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


@dataclass(frozen=True)
class Reason:
    """A sentence and its values: why an item is worth a look.

    Parameters
    ----------
    text : str
        The sentence with ``{}`` in the places of the values, by which a translation
        is looked up.
    values : tuple of object
        Names, numbers, and `Frame` where a frame is meant.
    """

    text: str
    values: tuple[object, ...] = ()

    def __str__(self) -> str:
        return Said(self.text, *self.values)


@dataclass(frozen=True)
class ReviewItem:
    """Frames ``[start, stop)`` of a lane that are worth a look.

    Parameters
    ----------
    start, stop : int
        The frames in question: those of one segment, or around one boundary.
    reasons : tuple of Reason
        Why it is here, the strongest first.
    risk : float
        Probability that something is wrong here, 0..1.
    boundary : int or None
        Frame at which the boundary in question begins a segment; None where the
        segment itself is in question.
    ghost : Segment or None
        A segment that may be missing here, and can be inserted as it is.
    """

    start: int
    stop: int
    reasons: tuple[Reason, ...] = ()
    risk: float = 0.0
    boundary: int | None = None
    ghost: Segment | None = None

    @property
    def why(self) -> str:
        """The reasons as one text."""
        return "; ".join(str(reason) for reason in self.reasons)

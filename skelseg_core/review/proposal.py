"""A proposal: changes to a lane that a person can take over in one step."""

from __future__ import annotations

from dataclasses import dataclass

from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.review.place import Reason


@dataclass(frozen=True)
class Proposal:
    """A lane as it would be, and what is different in it, in words.

    Nothing that a person made or reviewed is different in it.

    Parameters
    ----------
    lane : Segmentation
        The whole lane after taking the proposal over.
    reason : Reason
        What it changes and why.
    places : tuple of (int, int)
        Ranges of frames that change, in order.
    """

    lane: Segmentation
    reason: Reason
    places: tuple[tuple[int, int], ...] = ()

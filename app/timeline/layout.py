"""Lay out the lanes: compute the top and height of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.timeline.kinds.annotation import AnnotationLane
from app.timeline.lane import Lane
from app.timeline.lane_set import LaneSet

HEADER_PX = 120
RIGHT_PX = 12
MINIMAP_TOP, MINIMAP_PX = 6, 16
RULER_TOP, RULER_PX = 26, 26
LANES_TOP = RULER_TOP + RULER_PX + 4

_GAP, _CLOSE_GAP = 8, 2
"""Pixels between lanes, and above a lane that hangs under another."""
_BOTTOM = 6
_SMALLEST, _LARGEST = 0.7, 1.6
"""Shares of the default height to which lanes shrink and grow with the widget."""


@dataclass(frozen=True, slots=True)
class LaneRow:
    """A lane with its top and height."""

    lane: Lane
    top: int
    height: int

    @property
    def bottom(self) -> int:
        """The first pixel below the row."""
        return self.top + self.height


def lay_out(
    lanes: Sequence[Lane], choice: LaneSet, height: int
) -> tuple[list[LaneRow], int]:
    """Lay out the wanted lanes for a widget's height; return rows and used height.

    Rows whose height the person did not set grow and shrink with the widget up to a
    limit, but for the one that is edited.
    """
    wanted = choice.shown_of(lanes)
    gaps, fixed, loose = _needs(wanted, choice)
    factor = (height - gaps - fixed) / max(1, loose)
    factor = min(_LARGEST, max(_SMALLEST, factor))
    rows, top = [], LANES_TOP
    for lane in wanted:
        top += _gap(lane)
        usual = lane.usual_px if lane.editable else int(lane.usual_px * factor)
        high = choice.heights.get(lane.key, usual)
        rows.append(LaneRow(lane, top, lane.height_within(high)))
        top = rows[-1].bottom
    return rows, top + _BOTTOM


def _needs(wanted: Sequence[Lane], choice: LaneSet) -> tuple[int, int, int]:
    """Return the pixels of gaps, of lanes with a chosen height, and of the rest."""
    gaps = LANES_TOP + _BOTTOM + sum(_gap(lane) for lane in wanted)
    # The lane that one works in keeps its height when others come.
    kept = {lane.key: lane.usual_px for lane in wanted if lane.editable}
    kept |= {w.key: choice.heights[w.key] for w in wanted if w.key in choice.heights}
    loose = sum(lane.usual_px for lane in wanted if lane.key not in kept)
    return gaps, sum(kept.values()), loose


def _gap(lane: Lane) -> int:
    if lane.editable:
        return _CLOSE_GAP if lane.label else 0
    return _CLOSE_GAP if lane.attached else _GAP


MINIMUM_HEIGHT = LANES_TOP + AnnotationLane.usual_px + _BOTTOM
USUAL_HEIGHT = LANES_TOP + 160

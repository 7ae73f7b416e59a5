"""Rows: which lane stands at which height. Qt-free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.timeline.lane_set import Kind, Lane, LaneSet, height_within, usual_height

HEADER_PX = 120
RIGHT_PX = 12
MINIMAP_TOP, MINIMAP_PX = 6, 16
RULER_TOP, RULER_PX = 26, 26
LANES_TOP = RULER_TOP + RULER_PX + 4

_CLOSE: tuple[Kind, ...] = ("probability", "uncertainty")
"""Kinds that hang under the lane above."""
_GAP, _CLOSE_GAP = 8, 2
_BOTTOM = 6
_SMALLEST, _LARGEST = 0.7, 1.6


@dataclass(frozen=True, slots=True)
class LaneRow:
    """A lane where it stands. ``lane`` is the lane of the project that it is about."""

    kind: Kind
    lane: str
    name: str
    top: int
    height: int

    @property
    def bottom(self) -> int:
        """The pixel below."""
        return self.top + self.height

    @property
    def of(self) -> Lane:
        """The lane that stands here."""
        return Lane(self.kind, self.name, self.lane)


def lay_out(
    lanes: Sequence[Lane], choice: LaneSet, height: int
) -> tuple[list[LaneRow], int]:
    """Rows of the lanes wanted in a widget of this height, and the height they take.

    Rows that nobody gave a height grow and shrink with the widget up to a limit.
    """
    wanted = choice.shown_of(lanes)
    gaps, fixed, loose = _needs(wanted, choice)
    factor = (height - gaps - fixed) / max(1, loose)
    factor = min(_LARGEST, max(_SMALLEST, factor))
    rows, top = [], LANES_TOP
    for lane in wanted:
        top += _gap(lane.kind)
        usual = height_within(lane.kind, int(usual_height(lane.kind) * factor))
        high = choice.heights.get(lane.key, usual)
        rows.append(LaneRow(lane.kind, lane.source, lane.name, top, high))
        top = rows[-1].bottom
    return rows, top + _BOTTOM


def full_height(lanes: Sequence[Lane], choice: LaneSet) -> int:
    """Pixels in which the lanes wanted have their usual heights."""
    return sum(_needs(choice.shown_of(lanes), choice))


def _needs(wanted: Sequence[Lane], choice: LaneSet) -> tuple[int, int, int]:
    """Pixels between lanes, of those that a person gave a height, and of the rest."""
    gaps = LANES_TOP + _BOTTOM + sum(_gap(lane.kind) for lane in wanted)
    fixed = sum(choice.heights.get(lane.key, 0) for lane in wanted)
    loose = sum(usual_height(w.kind) for w in wanted if w.key not in choice.heights)
    return gaps, fixed, loose


def _gap(kind: Kind) -> int:
    if kind == "annotation":
        return 0
    return _CLOSE_GAP if kind in _CLOSE else _GAP


MINIMUM_HEIGHT = LANES_TOP + usual_height("annotation") + _BOTTOM
USUAL_HEIGHT = LANES_TOP + 160

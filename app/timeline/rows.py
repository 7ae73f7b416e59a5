"""Rows: which lane stands at which height. Qt-free."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from skelseg_core.project import ANNOTATION, VideoItem, prediction_lane

HEADER_PX = 120
RIGHT_PX = 12
MINIMAP_TOP, MINIMAP_PX = 6, 16
RULER_TOP, RULER_PX = 26, 26
LANES_TOP = RULER_TOP + RULER_PX + 4

Kind = Literal[
    "annotation", "prediction", "confidence", "subject", "waveform", "filmstrip"
]
_HEIGHTS: dict[Kind, int] = {
    "annotation": 40,
    "prediction": 28,
    "confidence": 22,
    "subject": 18,
    "waveform": 28,
    "filmstrip": 44,
}
_GAP_ABOVE: dict[Kind, int] = {
    "annotation": 0,
    "prediction": 8,
    "confidence": 2,
    "subject": 8,
    "waveform": 8,
    "filmstrip": 8,
}
_BOTTOM = 6
_LARGEST = 1.6


@dataclass(frozen=True, slots=True)
class Row:
    """One lane, or the confidence under it."""

    kind: Kind
    lane: str
    title: str
    top: int
    height: int

    @property
    def bottom(self) -> int:
        """The pixel below."""
        return self.top + self.height


def lay_out(
    item: VideoItem,
    with_confidence: Collection[str],
    height: int,
    filmstrip: bool = False,
    subject: bool = False,
    waveform: bool = False,
) -> tuple[list[Row], int]:
    """Rows of a video in a widget of this height, and the height they take.

    Rows grow with the widget up to a limit and never shrink below what can be read.
    """
    wanted: list[tuple[Kind, str, str]] = [("annotation", ANNOTATION, "Annotation")]
    for model in item.models:
        lane = prediction_lane(model)
        wanted.append(("prediction", lane, model))
        if lane in with_confidence:
            wanted.append(("confidence", lane, "confidence"))
    if subject:
        wanted.append(("subject", "", "Subject"))
    if waveform:
        wanted.append(("waveform", "", "Sound"))
    if filmstrip and item.has_video:
        wanted.append(("filmstrip", "", "Pictures"))
    gaps = LANES_TOP + _BOTTOM + sum(_GAP_ABOVE[kind] for kind, _, _ in wanted)
    needed = sum(_HEIGHTS[kind] for kind, _, _ in wanted)
    factor = min(_LARGEST, max(1.0, (height - gaps) / needed))
    rows, top = [], LANES_TOP
    for kind, lane, title in wanted:
        top += _GAP_ABOVE[kind]
        rows.append(Row(kind, lane, title, top, int(_HEIGHTS[kind] * factor)))
        top = rows[-1].bottom
    return rows, top + _BOTTOM


MINIMUM_HEIGHT = LANES_TOP + _HEIGHTS["annotation"] + _BOTTOM
USUAL_HEIGHT = LANES_TOP + 160

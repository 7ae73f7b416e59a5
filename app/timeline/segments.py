"""Segments as arrays, and a lane of them painted; never an item per segment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from app.timeline.geometry import make_seen, visible
from app.timeline.lane import LanePlace
from app.timeline.segment_box import MODEL, PERSON, Look, paint_box
from app.timeline.style import Inks
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.segmentation import Segmentation

SINGLE_PX = 7.0
"""Width from which a segment has a box of its own; the rest is one row of pixels."""
SLIVER_PX = 2
"""A labelled segment beside a wide one is never narrower than this."""
SURE = 0.7
"""A segment of a model that is less confident than this is doubtful."""


@dataclass(frozen=True, eq=False)
class LaneData:
    """A segmentation as arrays of shape (S,), one entry per segment.

    ``classes`` are indices into the label map, -1 unlabelled; ``model`` is what a model
    said and no person vouches for yet, ``doubtful`` that of it which the model is not
    sure of; ``ticked`` is what a person reviewed but did not make.
    """

    n_frames: int
    starts: np.ndarray
    classes: np.ndarray
    model: np.ndarray
    doubtful: np.ndarray
    ticked: np.ndarray

    @classmethod
    def of(cls, segmentation: Segmentation, label_map: LabelMap) -> LaneData:
        """Arrays of a segmentation."""
        segments = segmentation.segments
        model = np.array([s.accepted for s in segments])
        sure = [s.confidence is None or s.confidence >= SURE for s in segments]
        ticked = [s.reviewed and s.source != "human" for s in segments]
        return cls(
            segmentation.n_frames,
            segmentation.starts,
            label_map.to_indices(segmentation.class_ids),
            model,
            model & ~np.array(sure),
            np.array(ticked),
        )

    def moved(self, moves: Iterable[tuple[int, int]]) -> LaneData:
        """The same as after `move_boundary` of each (index, frame).

        A frame has to lie between the ends of the neighbours. Edits of the segmentation
        itself would take longer than the painting of it, at every step of a drag.
        """
        starts = self.starts.copy()
        for index, frame in moves:
            starts[index + 1] = frame
        return replace(self, starts=starts)

    def share(self, wanted: np.ndarray) -> float:
        """Share of frames in the wanted segments (S,), 0..1."""
        lengths = np.diff(self.starts, append=self.n_frames)
        return float(lengths[wanted].sum()) / self.n_frames

    @cached_property
    def labelled(self) -> float:
        """Share of frames with a label, 0..1."""
        return self.share(self.classes >= 0)


def paint_segments(
    place: LanePlace, data: LaneData, inks: Inks, model: int = MODEL
) -> None:
    """Paint segments: those that are wide one by one, the rest as one row of pixels.

    ``model`` says how that looks which a model said and no person vouches for.
    """
    painter, view, ratio = place.painter, place.view, place.ratio
    low, high = visible(data.starts, view)
    ends = np.append(data.starts[low : high + 1], data.n_frames)[: high - low + 1]
    pixels = np.round((ends - view.first) / view.frames_per_px * ratio)
    labelled = data.classes[low:high] >= 0
    _show_slivers(pixels, labelled, ratio)
    wide = np.diff(pixels) >= SINGLE_PX * ratio
    colours = segment_colours(data, low, high, inks)
    colours[wide] = place.style.well.rgb()
    columns = np.arange(place.device.width)
    index = np.searchsorted(pixels[1:-1], columns, side="right")
    make_seen(index, labelled, pixels[:-1].astype(np.int64))
    place.draw(colours[index])
    # Far outside the screen Qt's fixed-point rasteriser gives up.
    xs = np.clip(pixels / ratio, -100.0, view.width + 100.0)
    said = np.where(data.model, model, PERSON)
    looks = (a[low:high][wide].tolist() for a in (data.classes, said, data.ticked))
    edges = xs[:-1][wide].tolist(), xs[1:][wide].tolist()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for left, right, *look in zip(*edges, *looks, strict=True):
        # One pixel stays free on the right: the separator between neighbours.
        box = QRectF(left, place.top, right - left - 1, place.height)
        paint_box(place, box, Look(*look), inks)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _show_slivers(pixels: np.ndarray, labelled: np.ndarray, ratio: float) -> None:
    """Give labelled segments that nobody would see room of a wide neighbour.

    ``pixels`` (S + 1,) are where the segments begin and end; they are changed.
    """
    least, enough = round(SLIVER_PX * ratio), (SINGLE_PX + 2 * SLIVER_PX) * ratio
    widths = np.diff(pixels)
    wanted = np.where(labelled, np.maximum(least - widths, 0), 0)
    wide = widths >= enough
    after = np.append(wide[1:], False)
    before = np.append(False, wide[:-1]) & ~after
    # From the one after where that is wide; all edges between two that are narrow stay.
    pixels[1:] += np.where(after, wanted, 0)
    pixels[:-1] -= np.where(before, wanted, 0)


def segment_colours(data: LaneData, low: int, high: int, inks: Inks) -> np.ndarray:
    """Colour 0xAARRGGBB of each of the segments ``[low, high)``."""
    classes = data.classes[low:high]
    model = data.model[low:high]
    return np.asarray(np.where(model, inks.light[classes], inks.solid[classes]))

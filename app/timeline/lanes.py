"""Lanes: segments painted from arrays, never an item per segment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from app.timeline.boxes import MODEL, PERSON, Boxes, paint_box
from app.timeline.geometry import TimeWindow, make_seen, visible
from app.timeline.style import Inks, Style
from skelseg_core.labels.classes import (
    LabelMap,
)
from skelseg_core.labels.segmentation import (
    Segmentation,
)

SINGLE_PX = 7.0
"""Width from which a segment is painted by itself; the rest is one row of pixels."""
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

    def moved(self, index: int, frame: int) -> LaneData:
        """As after `move_boundary` to a frame between the neighbours' ends."""
        if self.starts[index + 1] == frame:
            return self
        starts = self.starts.copy()
        starts[index + 1] = frame
        return replace(self, starts=starts)

    @property
    def boundaries(self) -> np.ndarray:
        """Frames at which a new segment begins, 0 excluded."""
        return self.starts[1:]

    def share(self, wanted: np.ndarray) -> float:
        """Share of frames in the wanted segments (S,), 0..1."""
        lengths = np.diff(self.starts, append=self.n_frames)
        return float(lengths[wanted].sum()) / self.n_frames

    @cached_property
    def labelled(self) -> float:
        """Share of frames with a label, 0..1."""
        return self.share(self.classes >= 0)


def paint_lane(
    painter: QPainter,
    data: LaneData,
    view: TimeWindow,
    top: float,
    height: float,
    boxes: Boxes,
    model: int = MODEL,
) -> None:
    """Paint a lane at x = 0..width: what is wide one by one, the rest as one row.

    What a model says looks like its prediction, or as if it was accepted.
    """
    said = np.where(data.model, model, PERSON)
    style, ratio = boxes.style, boxes.ratio
    low, high = visible(data.starts, view)
    ends = np.append(data.starts[low : high + 1], data.n_frames)[: high - low + 1]
    pixels = np.round((ends - view.first) / view.frames_per_px * ratio)
    labelled = data.classes[low:high] >= 0
    _show_slivers(pixels, labelled, ratio)
    widths = np.diff(pixels)
    wide = widths >= SINGLE_PX * ratio
    colours = segment_colours(data, low, high, boxes.inks)
    colours[wide] = style.well.rgb()
    device = view.scaled(ratio)
    sheet = np.empty((max(1, round(height * ratio)), device.width), np.uint32)
    index = np.searchsorted(pixels[1:-1], np.arange(device.width), side="right")
    make_seen(index, labelled, pixels[:-1].astype(np.int64))
    sheet[:] = colours[index]
    inside = (pixels[:-1] >= 0) & (pixels[1:] <= device.width)
    some = np.flatnonzero(wide & inside & (widths <= boxes.widest))
    lefts, across = (v[some].astype(np.int64) for v in (pixels, widths))
    of_data = (data.classes, said, data.ticked)
    looks = [values[low:high][some] for values in of_data]
    boxes.put(sheet, lefts, across, (looks[0], looks[1], looks[2]))
    draw_pixels(painter, sheet, top, height)
    wide[some] = False
    # Far outside the screen Qt's fixed-point rasteriser gives up.
    xs = np.clip(pixels / ratio, -100.0, view.width + 100.0)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for i in np.flatnonzero(wide).tolist():
        # One pixel stays free on the right: the separator between neighbours.
        place = QRectF(xs[i], top, xs[i + 1] - xs[i] - 1, height)
        at = low + i
        look = int(data.classes[at]), int(said[at]), bool(data.ticked[at])
        paint_box(painter, place, look, view.width, boxes.inks, style)
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


def draw_row(painter: QPainter, row: np.ndarray, top: float, height: float) -> None:
    """Draw one row of 0xAARRGGBB pixels (width,) in device pixels, ``height`` high."""
    draw_pixels(painter, np.ascontiguousarray(row, np.uint32)[None], top, height)


def draw_pixels(
    painter: QPainter, pixels: np.ndarray, top: float, height: float
) -> None:
    """Draw 0xAARRGGBB device pixels (H, W) at x = 0, made ``height`` high."""
    high, wide = pixels.shape
    image = QImage(pixels.data, wide, high, 4 * wide, QImage.Format.Format_RGB32)
    ratio = painter.device().devicePixelRatio()
    painter.drawImage(QRectF(0, top, wide / ratio, height), image)


def paint_hint(painter: QPainter, text: str, place: QRectF, style: Style) -> None:
    """One line in the middle of an empty lane, where there is room for it."""
    painter.setFont(style.font)
    words = painter.fontMetrics().boundingRect(text).adjusted(-12, -4, 12, 4)
    box = QRectF(words)
    box.moveCenter(place.center())
    if box.width() > place.width() or box.height() > place.height():
        return
    painter.fillRect(box, style.well)
    painter.setPen(style.dim)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

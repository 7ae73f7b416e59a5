"""Lanes: segments painted from arrays, never an item per segment."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen

from app.timeline.geometry import View, raster, visible
from app.timeline.style import BADGE_PX, Ink, Inks, Style, with_alpha
from skelseg_core.segmentation import UNLABELLED, LabelMap, Segmentation

SINGLE_PX = 6.0
"""Width from which a segment is painted by itself; the rest is one row of pixels."""
STAMP_PX, STAMP_BYTES = 300.0, 32 * 2**20
"""Boxes up to this wide are kept as pictures, as many as take so much memory."""
SURE = 0.7
"""A segment of a model that is less confident than this is doubtful."""
_PAD = 7.0
_RADIUS = 3.0


@dataclass(frozen=True, eq=False)
class LaneData:
    """A segmentation as arrays of shape (S,), one entry per segment.

    ``classes`` are indices into the label map, -1 unlabelled; ``model`` is what no
    person vouches for yet, ``doubtful`` that of it which the model is not sure of;
    ``ticked`` is what a person reviewed but did not make.
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
        model = np.array([s.source == "model" and not s.reviewed for s in segments])
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
        starts, model, ticked = self.starts.copy(), self.model.copy(), self.ticked
        doubtful = self.doubtful.copy()
        if starts[index + 1] == frame:
            return self
        starts[index + 1] = frame
        for i in (index, index + 1):
            if self.classes[i] != UNLABELLED:
                model[i] = doubtful[i] = False
                ticked = ticked.copy()
                ticked[i] = False
        return replace(
            self, starts=starts, model=model, doubtful=doubtful, ticked=ticked
        )

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


_Key = tuple[int, bool, bool, float, float]
"""Class, whether a model says it, whether it is ticked, width and height."""


class Stamps:
    """Narrow boxes as they were painted once: hundreds of them show at a time.

    Good for one set of inks, one style and one scale of the screen.
    """

    def __init__(self, inks: Inks, style: Style, ratio: float) -> None:
        self.inks, self.style, self.ratio = inks, style, ratio
        self._made: dict[_Key, np.ndarray] = {}
        self._asked: set[_Key] = set()
        self._bytes = 0

    def fit(self, inks: Inks, style: Style, ratio: float) -> bool:
        """Whether they may be used still."""
        mine = self.inks, self.style
        return mine[0] is inks and mine[1] is style and self.ratio == ratio

    def get(self, key: _Key, data: LaneData, index: int) -> np.ndarray | None:
        """The box of a segment with its words, 0xAARRGGBB of device pixels (H, W).

        None the first time: while somebody zooms, no box has the same width again.
        """
        made = self._made.get(key)
        if made is None:
            if key not in self._asked:
                self._asked.add(key)
                return None
            made = self._paint(data, index, *key[3:])
            self._bytes += made.nbytes
            if self._bytes > STAMP_BYTES:
                self._made.clear()
                self._asked.clear()
                self._bytes = 0
            self._made[key] = made
        return made

    def _paint(
        self, data: LaneData, index: int, width: float, height: float
    ) -> np.ndarray:
        size = QSize(round(width * self.ratio), round(height * self.ratio))
        made = QImage(size, QImage.Format.Format_RGB32)
        made.setDevicePixelRatio(self.ratio)
        made.fill(self.style.well)
        painter = QPainter(made)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(0, 0, width - 1, height)
        _paint_box(painter, data, index, box, self.inks, self.style)
        if data.classes[index] >= 0:
            room = math.ceil(width)
            _paint_words(painter, box, room, self.inks, data, index, self.style)
        painter.end()
        pixels = np.frombuffer(made.constBits(), np.uint32)
        return pixels.reshape(size.height(), size.width()).copy()


def paint_lane(
    painter: QPainter,
    data: LaneData,
    view: View,
    top: float,
    height: float,
    stamps: Stamps,
) -> None:
    """Paint a lane at x = 0..width: what is wide one by one, the rest as one row."""
    inks, style, ratio = stamps.inks, stamps.style, stamps.ratio
    low, high = visible(data.starts, view)
    ends = np.append(data.starts[low : high + 1], data.n_frames)[: high - low + 1]
    pixels = np.round((ends - view.first) / view.frames_per_px * ratio)
    xs = pixels / ratio
    wide = np.diff(xs) >= SINGLE_PX
    colours = segment_colours(data, low, high, inks)
    colours[wide] = style.well.rgb()
    device = view.scaled(ratio)
    sheet = np.empty((max(1, round(height * ratio)), device.width), np.uint32)
    sheet[:] = raster(data.starts[low:high], colours, device)
    # Far outside the screen Qt's fixed-point rasteriser gives up.
    xs = np.clip(xs, -100.0, view.width + 100.0)
    lefts, widths = xs[:-1], np.diff(xs)
    inside = (pixels[:-1] >= 0) & (pixels[1:] <= device.width)
    stamped = wide & inside & (widths <= STAMP_PX)
    alone = np.flatnonzero(wide & ~stamped).tolist()
    some = np.flatnonzero(stamped)
    of_data = (data.classes, data.model, data.ticked)
    columns = [values[low + some].tolist() for values in of_data]
    columns += [widths[some].tolist(), [height] * len(some)]
    places = pixels[some].astype(np.int64).tolist()
    for i, x, key in zip(
        some.tolist(), places, zip(*columns, strict=True), strict=True
    ):
        stamp = stamps.get(key, data, low + i)
        if stamp is None:
            alone.append(i)
        else:
            sheet[:, x : x + stamp.shape[1]] = stamp
    draw_pixels(painter, sheet, top, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for i in alone:
        # One pixel stays free on the right: the separator between neighbours.
        box = QRectF(lefts[i], top, widths[i] - 1, height)
        _paint_box(painter, data, low + i, box, inks, style)
        if data.classes[low + i] >= 0:
            _paint_words(painter, box, view.width, inks, data, low + i, style)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


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


def _paint_box(
    painter: QPainter,
    data: LaneData,
    index: int,
    box: QRectF,
    inks: Inks,
    style: Style,
) -> None:
    if data.classes[index] < 0:
        _paint_unlabelled(painter, box, style)
        return
    ink = inks.classes[int(data.classes[index])]
    painter.setPen(ink.edge or QPen(Qt.PenStyle.NoPen))
    if ink.edge is not None:
        box = box.adjusted(0.5, 0.5, -0.5, -0.5)
    painter.setBrush(ink.hatch if data.model[index] else ink.solid)
    painter.setBrushOrigin(box.topLeft())
    painter.drawRoundedRect(box, _RADIUS, _RADIUS)


def _paint_unlabelled(painter: QPainter, box: QRectF, style: Style) -> None:
    if box.width() < 12:
        return
    pen = QPen(style.line, 1.0)
    pen.setDashPattern([4, 6])
    painter.setPen(pen)
    y = round(box.center().y()) + 0.5
    painter.drawLine(QLineF(box.left() + 6, y, box.right() - 5, y))


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


def _paint_words(
    painter: QPainter,
    box: QRectF,
    width: int,
    inks: Inks,
    data: LaneData,
    index: int,
    style: Style,
) -> None:
    """Key badge and name, name, badge, or texture: the first that fits whole."""
    ink = inks.classes[int(data.classes[index])]
    left, right = max(box.left(), 0.0), min(box.right(), float(width))
    room = right - left
    model = bool(data.model[index])
    colour = ink.on_light if model else ink.on_solid
    if data.ticked[index] and room >= 14:
        _paint_tick(painter, QPointF(right - 10, box.top() + 7), colour)
        room -= 12
    badge = ink.badge_px
    middle = box.center().y()
    if badge and _PAD + badge + 5 + ink.name_px + _PAD <= room:
        _paint_badge(painter, left + _PAD - 2, middle, ink, colour, style)
        _paint_name(painter, left + _PAD + badge + 3, box, ink, colour, style)
    elif _PAD + ink.name_px + _PAD <= room:
        _paint_name(painter, left + _PAD, box, ink, colour, style)
    elif badge and badge + 4 <= room:
        at = left + max(2.0, min(_PAD - 2, (room - badge) / 2))
        _paint_badge(painter, at, middle, ink, colour, style)
    elif room >= 4 and ink.texture != Qt.BrushStyle.NoBrush:
        painter.fillRect(box, QBrush(with_alpha(colour, 0.28), ink.texture))


def _paint_name(
    painter: QPainter, left: float, box: QRectF, ink: Ink, colour: QColor, style: Style
) -> None:
    painter.setFont(style.font)
    painter.setPen(colour)
    area = QRectF(left, box.top(), ink.name_px + 2, box.height())
    flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
    painter.drawText(area, flags, ink.name)


def _paint_badge(
    painter: QPainter, left: float, middle: float, ink: Ink, colour: QColor, s: Style
) -> None:
    box = QRectF(left, round(middle - BADGE_PX / 2), ink.badge_px, BADGE_PX)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(with_alpha(colour, 0.16))
    painter.drawRoundedRect(box, 3, 3)
    painter.setFont(s.small)
    painter.setPen(colour)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, ink.key)


def _paint_tick(painter: QPainter, at: QPointF, colour: QColor) -> None:
    painter.setPen(QPen(colour, 1.6, c=Qt.PenCapStyle.RoundCap))
    x, y = at.x(), at.y()
    painter.drawPolyline(
        [QPointF(x - 3, y), QPointF(x - 0.5, y + 2.5), QPointF(x + 4, y - 3)]
    )

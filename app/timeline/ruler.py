"""Paint what lies over the lanes: ruler, viewport, range, playhead, handles.

The place of each is that of the minimap, the ruler or the lanes that it lies over.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from app.kit.label_style import Style, blend, clock, with_alpha
from app.kit.language import tr
from app.kit.plural import frames_named
from app.timeline.geometry import TimeWindow, frame_in_minimap, tick_step
from app.timeline.lane_place import LanePlace

LABEL_PX = 18.0
CORRECTED_PX = 3.0


def paint_ruler(place: LanePlace, seconds_of: Callable[[int], float]) -> None:
    """Paint frame numbers with their time, and ticks."""
    painter, view, style, bottom = place.painter, place.view, place.style, place.bottom
    metrics, step = QFontMetricsF(style.small), _label_step(view, style)
    minor = _minor(step, view)
    start = max(0, int(view.first // step) * step)
    length = seconds_of(min(start + step, view.n_frames - 1)) - seconds_of(start)
    millis = length < 2.0
    stop = min(view.n_frames, int(view.last) + 1)
    for every, tall, share in ((minor, 4, 0.28), (step, 10, 0.45)):
        painter.setPen(QPen(blend(style.surface, style.text, share), 1))
        xs = np.rint((np.arange(start, stop, every) - view.first) / view.frames_per_px)
        top_y, lines = bottom - tall, (xs + 0.5).tolist()
        painter.drawLines([QLineF(x, top_y, x, bottom) for x in lines])
    painter.setFont(style.small)
    base = bottom - 12 + metrics.ascent() / 2 - 1
    for frame in range(start, stop, step):
        x = round(view.x_of(frame)) + 0.5
        text, time = f"{frame:,}", clock(seconds_of(frame), millis)
        after = x + 5 + metrics.horizontalAdvance(text) + 7
        # A number cut at the edge would read as another: "0" of "100", "70" of "700".
        if x + 5 < 0 or after - 7 > view.width:
            continue
        painter.setPen(style.text)
        painter.drawText(QPointF(x + 5, base), text)
        painter.setPen(style.dim)
        if after + metrics.horizontalAdvance(time) <= view.width:
            painter.drawText(QPointF(after, base), time)


def _label_room(view: TimeWindow, style: Style) -> float:
    """Return the pixels that the widest label may take."""
    metrics = QFontMetricsF(style.small)
    return metrics.horizontalAdvance(f"{view.n_frames:,}00:00.000") + 12


def _label_step(view: TimeWindow, style: Style) -> int:
    return tick_step(view, _label_room(view, style) + 16)


def labels_under(view: TimeWindow, label: QRectF, style: Style) -> list[QRectF]:
    """Return rectangles of the ruler's labels, top at 0, that the playhead's covers."""
    room, step = _label_room(view, style), _label_step(view, style)
    left = max(0, int(view.position(label.left() - room) // step) * step)
    found = []
    for frame in range(left, int(view.position(label.right())) + 1, step):
        area = QRectF(round(view.x_of(frame)) + 3, 0, room, LABEL_PX + 3)
        if area.intersects(label.adjusted(-2, 0, 2, 0)):
            found.append(area)
    return found


def _minor(step: int, view: TimeWindow) -> int:
    """Return the frames between ticks without a label, at least 5 px apart."""
    for parts in (10, 5, 2):
        if step % parts == 0 and step / parts / view.frames_per_px >= 5:
            return step // parts
    return step


def paint_viewport(place: LanePlace) -> None:
    """Paint the viewport rectangle in the minimap; dim the rest."""
    painter, view, style, top = place.painter, place.view, place.style, place.top
    if view.is_fit:
        return
    left, right = frame_in_minimap(view)
    veil = with_alpha(style.surface, 0.55)
    painter.fillRect(QRectF(0, top, left, place.height), veil)
    painter.fillRect(QRectF(right, top, view.width - right, place.height), veil)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(style.text, 1.5))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(
        QRectF(left + 0.75, top - 1.5, right - left - 1.5, place.height + 3), 2.5, 2.5
    )
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_range(place: LanePlace, marked: tuple[int, int]) -> None:
    """Paint the marked range: a bar with ends in the ruler, a veil over the lanes."""
    painter, view, style, top = place.painter, place.view, place.style, place.top
    left, right = view.x_of(marked[0]), view.x_of(marked[1])
    left, right = max(left, -20.0), min(right, view.width + 20.0)
    if right <= 0 or left >= view.width:
        return
    veil = QRectF(left, top, right - left, place.height)
    painter.fillRect(veil, with_alpha(style.accent, 0.16))
    painter.fillRect(QRectF(left, top - 4, right - left, 4), style.accent)
    painter.setPen(QPen(style.accent, 1))
    for x in (round(left) + 0.5, round(right) - 0.5):
        painter.drawLine(QLineF(x, top - 8, x, place.bottom))


def paint_corrected(place: LanePlace, spans: np.ndarray) -> None:
    """Paint a bar under the ruler where keypoints were corrected.

    ``spans`` (N, 2) are sorted. A single frame has a bar, too, at every zoom.
    """
    painter, view = place.painter, place.view
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(place.style.text)
    lefts = np.rint((spans[:, 0] - view.first) / view.frames_per_px)
    rights = np.rint((spans[:, 1] - view.first) / view.frames_per_px)
    rights = np.maximum(rights - 1, lefts + CORRECTED_PX)
    seen = (rights > 0) & (lefts < view.width)
    lefts, rights = lefts[seen], rights[seen]
    # Of many in one pixel, one is drawn.
    moved = [np.diff(edges, prepend=-np.inf) != 0 for edges in (lefts, rights)]
    new = moved[0] | moved[1]
    for left, right in zip(lefts[new].tolist(), rights[new].tolist(), strict=True):
        left, right = max(left, -20.0), min(right, view.width + 20.0)
        painter.drawRect(QRectF(left, place.top, right - left, CORRECTED_PX))


def corrected_tip(spans: np.ndarray, frame: float, reach: float) -> str:
    """Return the tooltip of corrected frames; ``spans`` (N, 2) as they are painted."""
    near = (spans[:, 0] - reach <= frame) & (frame < spans[:, 1] + reach)
    if not near.any():
        return ""
    frames = frames_named(int(spans[near, 0].min()), int(spans[near, 1].max()))
    return tr("Keypoints corrected: frames {}").format(frames)


def playhead_label(view: TimeWindow, frame: int, style: Style) -> QRectF:
    """Return the rectangle of the playhead's frame number, its top at 0."""
    width = QFontMetricsF(style.small).horizontalAdvance(f"{frame:,}") + 14
    middle = _playhead_x(view, frame)
    # It may hang over the edges of the lanes a little, but not leave them.
    left = min(max(middle - width / 2, -10.0), max(view.width + 10.0 - width, 0.0))
    return QRectF(round(left), 0, round(width), LABEL_PX)


def _playhead_x(view: TimeWindow, frame: int) -> float:
    return round(view.x_of(frame)) + 0.5


def paint_playhead(place: LanePlace, frame: int) -> None:
    """Paint a line through all lanes with the frame number on top."""
    painter, view, style, top = place.painter, place.view, place.style, place.top
    x, bottom = _playhead_x(view, frame), place.bottom
    if not -1 <= x <= view.width + 1:
        return
    label = playhead_label(view, frame, style).translated(0, top)
    for hidden in labels_under(view, label.translated(0, -top), style):
        painter.fillRect(hidden.translated(0, top), style.surface)
    cell = 1 / view.frames_per_px
    if cell >= 4:
        # Frames are wide: mark the whole frame, not only its beginning.
        area = QRectF(x, label.bottom(), cell - 0.5, bottom - label.bottom())
        painter.fillRect(area, with_alpha(style.accent, 0.18))
    shade = with_alpha(style.surface, 0.6)
    line = QRectF(x - 0.5, label.bottom() - 1, 1, bottom - label.bottom() + 1)
    painter.fillRect(line.adjusted(-1, 0, 1, 0), shade)
    painter.fillRect(line, style.accent)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(style.accent)
    path = QPainterPath()
    path.addRoundedRect(label, 3, 3)
    if label.left() + 6 <= x <= label.right() - 6:
        tip = QPolygonF(
            [
                QPointF(x - 4, label.bottom() - 0.5),
                QPointF(x + 4, label.bottom() - 0.5),
                QPointF(x, label.bottom() + 4),
            ]
        )
        path.addPolygon(tip)
    path.setFillRule(Qt.FillRule.WindingFill)
    painter.drawPath(path)
    painter.setFont(style.small)
    painter.setPen(style.on_accent)
    painter.drawText(label, Qt.AlignmentFlag.AlignCenter, f"{frame:,}")
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_minimap_mark(place: LanePlace, frame: int) -> None:
    """Paint the playhead in the minimap."""
    painter, top, height = place.painter, place.top, place.height
    x = round(frame * place.view.width / place.view.n_frames)
    shade = with_alpha(place.style.surface, 0.7)
    painter.fillRect(QRectF(x - 1, top, 3, height), shade)
    painter.fillRect(QRectF(x, top, 1, height), place.style.accent)


def paint_minimap_range(place: LanePlace, marked: tuple[int, int]) -> None:
    """Paint the marked range in the minimap, however short it is."""
    painter, top, height = place.painter, place.top, place.height
    scale, accent = place.view.width / place.view.n_frames, place.style.accent
    left, right = round(marked[0] * scale), round(marked[1] * scale)
    box = QRectF(left, top, max(3, right - left), height)
    painter.fillRect(box, with_alpha(accent, 0.35))
    painter.fillRect(QRectF(box.left(), top - 2, box.width(), 2), accent)
    painter.fillRect(QRectF(box.left(), top, 1, height), accent)
    painter.fillRect(QRectF(box.right() - 1, top, 1, height), accent)


def paint_handle(place: LanePlace, frame: int, selected: bool) -> None:
    """Paint the handle of a boundary: accent where selected, else text colour."""
    painter, style, height = place.painter, place.style, place.height
    x = place.view.x_of(frame) - 0.5
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(style.surface, 1.5))
    painter.setBrush(style.accent if selected else style.text)
    # The selected one is larger, so that it shows beside the playhead.
    half, over = (4, 5) if selected else (3, 2)
    bar = QRectF(x - half, place.top - over, 2 * half, height + 2 * over)
    painter.drawRoundedRect(bar, half, half)
    painter.setPen(QPen(with_alpha(style.surface, 0.8), 1))
    middle = place.top + height / 2
    painter.drawLine(QLineF(x, middle - 5, x, middle + 5))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_drag(
    place: LanePlace,
    frames: tuple[int, int, int | None],
    span: tuple[float, float],
    text: str,
) -> None:
    """Paint a drag: its origin, the frame it snaps to, and how far it went.

    ``place`` is that of the annotation; ``frames`` are the origin, the present frame
    and the frame snapped to; ``span`` are top and bottom of all lanes.
    """
    painter, view, style = place.painter, place.view, place.style
    origin, now, snapped = frames
    if snapped is not None:
        x = round(view.x_of(snapped)) + 0.5
        pen = QPen(style.text, 1)
        pen.setDashPattern([3, 3])
        painter.setPen(pen)
        painter.drawLine(QLineF(x, span[0], x, span[1]))
    if now != origin:
        x = round(view.x_of(origin)) + 0.5
        pen = QPen(style.text, 1)
        pen.setDashPattern([2, 2])
        painter.setPen(pen)
        painter.drawLine(QLineF(x, place.top + 1, x, place.bottom - 1))
    _paint_note(place, now, text)


def _paint_note(place: LanePlace, frame: int, text: str) -> None:
    """Paint a text under a lane."""
    painter, view, style = place.painter, place.view, place.style
    width = QFontMetricsF(style.small).horizontalAdvance(text) + 16
    left = min(max(view.x_of(frame) - width / 2, 2.0), view.width - width - 2)
    box = QRectF(round(left) + 0.5, place.bottom + 4.5, round(width), LABEL_PX + 1)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(style.line, 1))
    painter.setBrush(style.surface)
    painter.drawRoundedRect(box, 4, 4)
    painter.setFont(style.small)
    painter.setPen(style.text)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

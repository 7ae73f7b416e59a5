"""Paint the strips of the wall: pictures, class colours, words, marks."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QWidget

from app.kit import theme
from app.kit.label_style import BADGE_PX, ClassColor, class_colors_of, style_of
from app.kit.language import in_language
from app.kit.short_name import within
from app.services.review.review_wall import ReviewWall
from app.views.review.strip_layout import (
    GAP_PX,
    PAD_PX,
    STRIPE_PX,
    WORDS_PX,
    StripLayout,
    lay_out,
)
from app.views.review.strip_pictures import StripPictures, frames_of, n_pictures
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.review.wall import Strip

_RADIUS = 4.0
ODD = 0.6
"""Risk from which the reason of a strip is in the colour of a warning: a doubt of the
queue of 0.2."""
LARGER = 2.5
"""Factor by which the strip under the pointer is enlarged."""


class StripPainter:
    """Lay out and paint the strips of one page in a widget."""

    def __init__(
        self, wall: ReviewWall, pictures: StripPictures, widget: QWidget
    ) -> None:
        self._wall, self._pictures, self._widget = wall, pictures, widget
        self.layout: StripLayout = lay_out(QSize(800, 600), 1, 7, 1.0)
        self.large = False
        self._frames: dict[object, tuple[int | None, ...]] = {}
        self._classes: dict[int, ClassColor] = {}
        self._colored: object = None

    def lay_out(self, size: QSize) -> None:
        """Choose how large strips are in a widget of this size."""
        strips, wall = self._wall.strips, self._wall
        self._pictures.show_several(wall.several)
        lengths = [wall.length_s(s) for s in strips if s.boundary is None]
        n = n_pictures(lengths, self._pictures.is_cropped)
        ends = self.large or any(s.boundary is not None for s in strips)
        self.layout = lay_out(size, wall.n_strips, n, self._pictures.shape, ends)

    def read(self, ratio: float) -> None:
        """Read the pictures of the strips of this page; ``ratio`` of the screen."""
        found = [(s, self._wall.track_of(s)) for s in self._wall.shown if s is not None]
        n = self.layout.n_pictures
        shown = [(s, t, frames_of(s, n, t)) for s, t in found if t is not None]
        self._frames = {s.what: frames for s, _, frames in shown}
        size = self.layout.picture * ratio
        self._pictures.want([(track, frames) for _, track, frames in shown], size)

    def is_whole(self, strip: Strip | None) -> bool:
        """Tell whether all pictures of a strip are there; False where it has none."""
        track = None if strip is None else self._wall.track_of(strip)
        return self._pictures.is_whole(track, self.frames(strip))

    def frames(self, strip: Strip | None) -> tuple[int | None, ...]:
        """Return the frames of a strip; none of one that is gone."""
        return () if strip is None else self._frames.get(strip.what, ())

    def cells(self, place: int) -> list[QRectF]:
        """Return the rectangles of a strip's pictures, from left to right."""
        strip = self._wall.shown[place]
        n = len(self.frames(strip))
        return self.layout.pictures(place, _cuts(strip, n))[:n]

    def paint(self, painter: QPainter, exposed: QRectF, outlined: QRectF) -> None:
        """Paint the strips that a rectangle shows, and outline one picture."""
        self._choose_colors()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place, strip in enumerate(self._wall.shown):
            if self.layout.rect(place).intersects(exposed):
                self._paint_strip(painter, place, strip)
        if not outlined.isEmpty():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.current().accent), 2))
            painter.drawRect(outlined.adjusted(1, 1, -1, -1))

    def _choose_colors(self) -> None:
        """Choose the colours of the classes, anew where classes or scheme changed."""
        label_map, scheme = self._wall.label_map, theme.current()
        if self._colored != (label_map, scheme):
            made = class_colors_of(label_map, style_of(self._widget)).classes
            pairs = zip(label_map.classes, made, strict=True)
            self._classes = {c.id: m for c, m in pairs}
            self._colored = label_map, scheme

    def _paint_strip(self, painter: QPainter, place: int, strip: Strip | None) -> None:
        colours, box = theme.current(), self.layout.rect(place)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.panel))
        painter.drawRoundedRect(box, _RADIUS, _RADIUS)
        frames = self.frames(strip)
        item = None if strip is None else self._wall.track_of(strip)
        if strip is None or item is None or not frames:
            self._write(painter, box, self._widget.tr("gone"), colours.dim)
            return
        for i, cell in enumerate(self.cells(place)):
            frame = frames[i]
            if frame is None:
                continue
            painter.fillRect(cell, QColor(colours.surround))
            image = self._pictures.image(item, frames, i)
            if image is not None:
                size = QRectF(0, 0, *_fitted(image.size(), cell.size().toSize()))
                size.moveCenter(cell.center())
                painter.drawImage(size, image)
            if not _is_inside(frame, strip):
                veil = QColor(colours.panel)
                veil.setAlpha(140)
                painter.fillRect(cell, veil)
            stripe = QRectF(
                cell.left(), cell.bottom() + GAP_PX, cell.width(), STRIPE_PX
            )
            painter.fillRect(stripe, self._colour(item.annotation.at(frame).class_id))
        self._paint_words(painter, box, strip, item)
        self._paint_state(painter, place, box, strip)

    def _colour(self, class_id: int | None) -> QColor:
        found = None if class_id is None else self._classes.get(class_id)
        return QColor(theme.current().line) if found is None else found.solid

    def _paint_words(
        self, painter: QPainter, box: QRectF, strip: Strip, item: Track
    ) -> None:
        """Write the class, how long it is, and why it is odd."""
        colours = theme.current()
        line = QRectF(
            box.left() + PAD_PX,
            box.bottom() - WORDS_PX - GAP_PX,
            box.width() - 2 * PAD_PX,
            WORDS_PX,
        )
        font = QFont(self._widget.font())
        font.setPixelSize(12)
        painter.setFont(font)
        if strip.before is not None:
            line = self._paint_name(painter, line, strip.before.class_id)
            line = self._paint_word(painter, line, "\u2192", colours.dim)
        line = self._paint_name(painter, line, strip.segment.class_id)
        if self._wall.several:
            line = self._paint_word(painter, line, item.video.title, colours.dim)
        length_s = self._wall.length_s(strip)
        line = self._paint_word(painter, line, f"{length_s:.1f} s", colours.dim)
        if strip.seen:
            line = self._paint_word(painter, line, "\u2713", colours.good)
        if strip.why:
            colour = colours.warn if strip.risk >= ODD else colours.dim
            self._paint_word(painter, line, in_language(strip.why), colour)

    def _paint_name(
        self, painter: QPainter, line: QRectF, class_id: int | None
    ) -> QRectF:
        """Write the name of a class after the badge of its key."""
        found = None if class_id is None else self._classes.get(class_id)
        if found is None:
            text = self._widget.tr("unlabelled")
            return self._paint_word(painter, line, text, theme.current().dim)
        if found.key:
            badge = QRectF(line.left(), line.top() + 1, found.badge_px, BADGE_PX)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(found.fill)
            painter.drawRoundedRect(badge, 3, 3)
            painter.setPen(QColor(theme.current().text))
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, found.key)
            line = line.adjusted(found.badge_px + 5, 0, 0, 0)
        room = within(QFontMetricsF(painter.font()), line.width())
        name = found.short.cut(room)
        return self._paint_word(painter, line, name, theme.current().text)

    def _paint_word(
        self, painter: QPainter, line: QRectF, text: str, colour: str
    ) -> QRectF:
        """Write a word at the left of what is left of a line; return the rest."""
        room = max(0, int(line.width()))
        metrics = painter.fontMetrics()
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        # Never a clipped half-word: an ellipsis alone says nothing.
        if len(shown) < 4 < len(text):
            return line
        painter.setPen(QColor(colour))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        painter.drawText(line, int(flags), shown)
        return line.adjusted(metrics.horizontalAdvance(shown) + 8, 0, 0, 0)

    def _paint_state(
        self, painter: QPainter, place: int, box: QRectF, strip: Strip
    ) -> None:
        """Frame what is selected, and veil what is marked as not right."""
        colours = theme.current()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._wall.is_wrong(strip):
            veil = QColor(colours.window)
            veil.setAlpha(150)
            pictures = box.adjusted(0, 0, 0, -WORDS_PX - GAP_PX)
            painter.fillRect(pictures, veil)
            self._write(painter, pictures, self._widget.tr("wrong"), colours.error)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colours.error), 2))
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), _RADIUS, _RADIUS)
        if place in self._wall.selected:
            wide = 3 if place == self._wall.cursor else 2
            painter.setPen(QPen(QColor(colours.accent), wide))
            painter.drawRoundedRect(box.adjusted(-2, -2, 2, 2), _RADIUS, _RADIUS)

    def _write(self, painter: QPainter, box: QRectF, text: str, colour: str) -> None:
        """Write a word on a plate in the middle of a rectangle."""
        font = QFont(self._widget.font())
        font.setPixelSize(13)
        font.setBold(True)
        painter.setFont(font)
        plate = QRectF(painter.fontMetrics().boundingRect(text))
        plate = plate.adjusted(-8, -4, 8, 4)
        plate.moveCenter(box.center())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.current().raised))
        painter.drawRoundedRect(plate, _RADIUS, _RADIUS)
        painter.setPen(QColor(colour))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)

    def paint_larger(
        self, painter: QPainter, place: int, over: int, played: int
    ) -> None:
        """Paint one picture of a strip larger, below it or above it."""
        strip = self._wall.shown[place]
        frames, cells = self.frames(strip), self.cells(place)
        item = None if strip is None else self._wall.track_of(strip)
        if over >= len(cells) or item is None:
            return
        widget, colours = self._widget, theme.current()
        image = self._pictures.image(item, frames, played % len(frames))
        box = QRectF(0, 0, cells[over].width() * LARGER, cells[over].height() * LARGER)
        box.moveCenter(cells[over].center())
        around = self.layout.rect(place)
        if around.bottom() + box.height() < widget.height():
            box.moveTop(around.bottom() + GAP_PX)
        else:
            box.moveBottom(around.top() - GAP_PX)
        box.moveLeft(min(max(box.left(), 0.0), widget.width() - box.width()))
        painter.setPen(QPen(QColor(colours.edge), 1))
        painter.setBrush(QColor(colours.surround))
        painter.drawRoundedRect(box, _RADIUS, _RADIUS)
        if image is not None:
            inner = box.adjusted(3, 3, -3, -3)
            size = QRectF(0, 0, *_fitted(image.size(), inner.size().toSize()))
            size.moveCenter(inner.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(size, image)


def _cuts(strip: Strip | None, n: int) -> tuple[int, ...]:
    """Return the pictures of a strip before which there is a boundary."""
    return (n // 2,) if strip is not None and strip.before is not None else (1, n - 1)


def _is_inside(frame: int, strip: Strip) -> bool:
    """Tell whether a frame is of what is shown, and not of what is beside it."""
    start = strip.segment.start if strip.before is None else strip.before.start
    return start <= frame < strip.segment.stop


def _fitted(image: QSize, room: QSize) -> tuple[int, int]:
    size = image.scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
    return size.width(), size.height()

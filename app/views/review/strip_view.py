"""Show the strips of one page of the wall; keys and clicks mend there."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from app.kit import theme
from app.kit.key_policy import declare_keys
from app.kit.labels import plain_tip
from app.kit.language import in_language
from app.kit.painting import painting
from app.kit.shifted_digits import digit_of
from app.services.labelling.on_screen import LARGE_PX
from app.services.review.review_wall import ReviewWall
from app.views.review.strip_paint import StripPainter
from app.views.review.strip_pictures import StripPictures
from skelseg_core.labels.reviewing import Sight
from skelseg_core.review.wall import Strip

_Key = Qt.Key
_STEPS = {
    _Key.Key_Left: (-1, 0),
    _Key.Key_Right: (1, 0),
    _Key.Key_Up: (0, -1),
    _Key.Key_Down: (0, 1),
}
_Held = Qt.KeyboardModifier
_NOT_OURS = _Held.ControlModifier | _Held.MetaModifier
LOOP_MS, REST_MS = 140, 350
"""Milliseconds between two pictures of a strip that is played under the pointer, and
for which the pointer rests before."""
BEGIN_HINT = "Frame {}: click to begin “{}” here"


class StripView(QWidget):
    """Paint the strips of a page, select them, and act on what is selected.

    Signals ``agreed`` for Return, ``opened`` with a strip to look at in the picture,
    and ``left`` for Escape.
    """

    agreed = Signal()
    opened = Signal(object)
    left = Signal()

    def __init__(
        self, wall: ReviewWall, pictures: StripPictures, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._wall, self._pictures = wall, pictures
        self._toggle = self._undecided = ""
        self._painter = StripPainter(wall, pictures, self)
        self._hovered: tuple[int, int] | None = None
        self._played = -1
        self._loop = QTimer(self)
        self._loop.timeout.connect(self._on_loop)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Wall of strips"))
        declare_keys(self, self.wants_key)
        wall.shown_by = self.shown_by
        pictures.ready.connect(self._on_ready)

    # -- what is shown -----------------------------------------------------------

    def show_keys(self, keys: Callable[[str], str]) -> None:
        """Remember the key that opens and closes the wall, and that of undecided."""
        self._toggle, self._undecided = keys("wall"), keys("undecided")

    def set_large(self, large: bool) -> None:
        """Show strips so large that ends can be judged, or as many as fit."""
        self._painter.large = large
        self.refresh()

    def refresh(self) -> None:
        """Lay the strips out, and read their pictures."""
        if not self._wall.tracks or not self.isVisible():
            return
        # What was under the pointer may be another strip now.
        self._hover(None)
        self._painter.lay_out(self.size())
        if self._painter.layout.per_page != self._wall.per_page:
            # It calls us again.
            self._wall.set_per_page(self._painter.layout.per_page)
            return
        self._painter.read(self.devicePixelRatioF())
        self.update()

    def loaded(self) -> list[int]:
        """Return the places of the strips whose pictures are all on the screen."""
        strips = enumerate(self._wall.shown)
        return [i for i, strip in strips if self._painter.is_whole(strip)]

    def sees(self, start: int, stop: int) -> bool:
        """Tell whether a strip shows one of these frames now."""
        here = self._wall.item
        shown = [
            s.segment
            for s in self._wall.shown
            if s is not None and here is not None and s.track == here.id
        ]
        return self.isVisible() and any(
            s.start < stop and start < s.stop for s in shown
        )

    def reveal(self, start: int, stop: int) -> None:
        """Do nothing: what is selected on the wall is on its page."""

    def is_whole(self) -> bool:
        """Tell whether the pictures of all that would be reviewed are there."""
        return all(map(self._painter.is_whole, self._wall.open_strips))

    def shown_by(self, strips: Collection[Strip]) -> Sight:
        """Return the frames that the pictures of some strips of one video show.

        Large ones tell ends, too.
        """
        wanted = list(strips)
        times, inside = self._wall.times_of(wanted[0]), QRectF(self.rect())
        seen = np.zeros(times.n_frames, bool)
        for place in self.loaded():
            if self._wall.shown[place] not in wanted:
                continue
            frames = self._painter.frames(self._wall.shown[place])
            for frame, cell in zip(frames, self.picture_rects(place), strict=True):
                if frame is not None and inside.contains(cell):
                    seen[frame] = True
        large = self._painter.layout.picture.height() >= LARGE_PX
        return Sight(seen, seen if large else np.zeros_like(seen), times)

    def rect_of(self, place: int) -> QRectF:
        """Return the rectangle of the strip at a place of the page."""
        return self._painter.layout.rect(place)

    def picture_rects(self, place: int) -> list[QRectF]:
        """Return the rectangles of a strip's pictures, from left to right."""
        return self._painter.cells(place)

    def _on_ready(self, frame: int) -> None:
        """Paint the strips that show this frame again."""
        for place, strip in enumerate(self._wall.shown):
            if frame in self._painter.frames(strip):
                self.update(self.rect_of(place).toAlignedRect())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.refresh()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self.update()
        super().changeEvent(event)

    # -- painting ----------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            painter.fillRect(self.rect(), QColor(theme.current().window))
            if not self._wall.tracks:
                return
            painting_of = self._painter
            painting_of.paint(painter, QRectF(event.rect()), self._target())
            if self._hovered is not None and self._played >= 0:
                painting_of.paint_larger(painter, *self._hovered, self._played)

    def _target(self) -> QRectF:
        """Return the picture where a click would move the boundary to, or nothing."""
        if self._hovered is not None:
            place, i = self._hovered
            strip, cells = self._wall.shown[place], self.picture_rects(place)
            frames = self._painter.frames(strip)
            frame = frames[i] if i < len(frames) else None
            if strip is not None and frame is not None:
                return cells[i] if self._can_begin(strip, frame) else QRectF()
        return QRectF()

    # -- the strip under the pointer, larger ------------------------------------------

    def _on_loop(self) -> None:
        """Show the next picture of the strip under the pointer, larger."""
        if self._hovered is None:
            self._loop.stop()
            return
        self._loop.setInterval(LOOP_MS)
        place, _ = self._hovered
        n = len(self.picture_rects(place))
        self._played = (self._played + 1) % max(1, n)
        self.update()

    # -- mouse -------------------------------------------------------------------

    def _at(self, point: QPointF) -> tuple[int, int] | None:
        """Return the strip and the picture under a point."""
        place = self._painter.layout.place_at(point, len(self._wall.shown))
        if place is None:
            return None
        cells = enumerate(self.picture_rects(place))
        return next(((place, i) for i, cell in cells if cell.contains(point)), None)

    def _can_begin(self, strip: Strip, frame: int) -> bool:
        """Tell whether a click on this frame would move the boundary there."""
        mine = strip is self._wall.current() and strip.before is not None
        if not mine or strip.before is None or frame == strip.boundary:
            return False
        return strip.before.start < frame < strip.segment.stop

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._painter.layout.place_at(event.position(), len(self._wall.shown))
        if place is None:
            return
        strip, over = self._wall.shown[place], self._at(event.position())
        if event.button() == Qt.MouseButton.RightButton:
            self._wall.go(place)
            self._wall.toggle_wrong()
            return
        if event.button() != Qt.MouseButton.LeftButton:
            return
        frame = None
        if strip is not None and over is not None:
            frame = self._painter.frames(strip)[over[1]]
        if strip is not None and frame is not None and self._can_begin(strip, frame):
            self._wall.set_boundary(strip, frame)
        else:
            extend = bool(event.modifiers() & _Held.ShiftModifier)
            self._wall.go(place, extend=extend)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ignore the second press: the first one made the edit."""
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self._at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)

    def _hover(self, at: tuple[int, int] | None) -> None:
        before, self._hovered = self._hovered, at
        if at is None:
            self._loop.stop()
            self._played = -1
        elif before is None or before[0] != at[0]:
            self._played = -1
            self._loop.start(REST_MS)
        if before != at:
            self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y()
        if abs(turned) >= 120:
            self._wall.turn(-1 if turned > 0 else 1)
        event.accept()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            text = self.tip_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), plain_tip(text), self)
            return True
        return super().event(event)

    def tip_at(self, point: QPointF) -> str:
        """Return the tooltip at a point: what a click does, or why it is odd."""
        at = self._at(point)
        strip = None if at is None else self._wall.shown[at[0]]
        if at is None or strip is None:
            return ""
        frame = self._painter.frames(strip)[at[1]]
        if frame is not None and self._can_begin(strip, frame):
            name = self._wall.name_of(strip.segment.class_id)
            return self.tr(BEGIN_HINT).format(f"{frame:,}", name)
        return in_language(strip.why)

    # -- keys --------------------------------------------------------------------

    def wants_key(self, event: QKeyEvent) -> bool:
        """Keep every key that would act on what the wall hides.

        Keys of classes and of undecided go their usual way while a strip is selected:
        its segment is.
        """
        if event.modifiers() & _NOT_OURS or event.key() == _Key.Key_F1:
            return False
        name = QKeySequence(event.keyCombination()).toString()
        if event.text() == "?" or (name and name == self._toggle):
            return False
        if name and name == self._undecided and self._wall.current() is not None:
            self._wall.take_up()
            return False
        held = event.modifiers() & ~(_Held.ShiftModifier | _Held.KeypadModifier)
        digit = _Key.Key_0 <= event.key() <= _Key.Key_9 or bool(digit_of(event))
        passes = digit and not held and self._wall.current() is not None
        if passes:
            self._wall.take_up()
        return not passes

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, held = event.key(), event.modifiers()
        alt = bool(held & _Held.AltModifier)
        if alt and key in (_Key.Key_Left, _Key.Key_Right):
            far = 10 if held & _Held.ShiftModifier else 1
            self._wall.nudge(far if key == _Key.Key_Right else -far)
        elif key in _STEPS and not alt:
            self._step(*_STEPS[_Key(key)], bool(held & _Held.ShiftModifier))
        elif key in (_Key.Key_PageUp, _Key.Key_PageDown):
            self._wall.turn(1 if key == _Key.Key_PageDown else -1)
        elif key in (_Key.Key_Home, _Key.Key_End):
            last = len(self._wall.shown) - 1
            self._wall.go(0 if key == _Key.Key_Home else last)
        elif not self._act(event):
            super().keyPressEvent(event)

    def _act(self, event: QKeyEvent) -> bool:
        """Do what a key does once, however long it is held; False for other keys."""
        key, current = event.key(), self._wall.current()
        does: dict[int, Callable[[], object]] = {
            _Key.Key_Return: self.agreed.emit,
            _Key.Key_Enter: self.agreed.emit,
            _Key.Key_Space: self._wall.toggle_wrong,
            _Key.Key_X: self._wall.toggle_wrong,
            _Key.Key_Backspace: self._wall.merge_away,
            _Key.Key_Delete: self._wall.merge_away,
            _Key.Key_Escape: self.left.emit,
        }
        if current is not None:
            does[_Key.Key_G] = lambda: self.opened.emit(current)
        if key not in does or event.modifiers() & _NOT_OURS:
            return False
        if not event.isAutoRepeat():
            does[key]()
        return True

    def _step(self, right: int, down: int, extend: bool) -> None:
        """Select the strip beside, above or below; beyond an end, another page."""
        wall = self._wall
        to = wall.cursor + right + down * self._painter.layout.columns
        if 0 <= to < len(wall.shown):
            wall.go(to, extend=extend)
        elif not extend and 0 <= wall.page + (1 if to > 0 else -1) < wall.n_pages:
            wall.turn(1 if to > 0 else -1)

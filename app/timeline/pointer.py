"""Pointer: turn mouse presses, moves and keys on the timeline into gestures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QScrollBar, QWidget

from app.timeline.geometry import frame_in_minimap
from app.timeline.gestures import (
    DRAG_FROM_PX,
    BoundaryDrag,
    Gesture,
    GestureHost,
    MinimapPan,
    MinimapScrub,
    Pan,
    RangeSelect,
    RubberBand,
    Scrub,
    SegmentDrag,
)
from app.timeline.kinds.track import TrackLane
from app.timeline.lane import Lane
from app.timeline.layout import HEADER_PX, RULER_TOP
from app.timeline.painter import Drag, TimelinePainter
from app.timeline.snapping import GRAB_PX, hit_boundary
from skelseg_core.project.tracks import TrackId


class ClassKey(Protocol):
    """The keys of classes as the pointer sees them."""

    @property
    def held(self) -> int | None:
        """Id of the class whose key is down, or None."""

    def take_back(self) -> None:
        """Undo what the pressed class key labelled: it was meant for a drag."""


@dataclass(frozen=True)
class PointerPlace:
    """A frame of a lane, and its pixel in the widget."""

    lane: Lane
    frame: int
    at: QPoint


class Pointer(QObject):
    """Run the current gesture, and keep the boundary under the mouse.

    Signals ``dragged`` with the frame of the dragged boundary, or None at the end.
    ``host`` is the timeline as gestures see it, ``widget`` is painted and has the
    cursor.
    """

    dragged = Signal(object)

    def __init__(
        self,
        host: GestureHost,
        widget: QWidget,
        painter: TimelinePainter,
        scroll: QScrollBar,
        keys: ClassKey | None,
    ) -> None:
        super().__init__(widget)
        self._host, self._widget, self._painter = host, widget, painter
        self._scroll = scroll
        self.gesture: Gesture | None = None
        self.hovered: int | None = None
        self._keys = keys
        self._held_class: tuple[int, float] | None = None

    # -- mouse ----------------------------------------------------------------------

    def press(self, event: QMouseEvent) -> None:
        """Begin the gesture of a mouse button at this place."""
        x, y = event.position().x() - HEADER_PX, event.position().y()
        if self.gesture is not None or self._host.item() is None or x < -4:
            return
        self.gesture = self._gesture_at(event, x, y)
        held = self._held()
        # With Shift, too: that may be held for the key of the class.
        marks = type(self.gesture) in (Scrub, RangeSelect)
        self._held_class = (held, x) if marks and held is not None else None
        if self.gesture is not None:
            if isinstance(self.gesture, MinimapPan):
                self._show(Qt.CursorShape.ClosedHandCursor)
            self.gesture.begin(x)
            self._widget.update()

    def _gesture_at(self, event: QMouseEvent, x: float, y: float) -> Gesture | None:
        view = self._host
        if event.button() == Qt.MouseButton.MiddleButton:
            self._widget.setCursor(Qt.CursorShape.ClosedHandCursor)
            return Pan(view)
        if event.button() != Qt.MouseButton.LeftButton:
            return None
        if y < RULER_TOP:
            return MinimapPan(view) if self._in_viewport(x) else MinimapScrub(view)
        row = self._painter.row_at(y)
        if row is not None and isinstance(row.lane, TrackLane):
            view.session.set_video(TrackId(row.lane.name))
            return Scrub(view)
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            index = self._segment_at(x, y)
            return (
                RubberBand(view) if shift or index is None else SegmentDrag(view, index)
            )
        if shift:
            return RangeSelect(view)
        index = None if self._held() is not None else self._boundary_at(x, y)
        if index is not None:
            # Labelling during playback is written at the pause, which may change the
            # segments.
            view.player.pause()
            index = self._boundary_at(x, y)
        return Scrub(view) if index is None else BoundaryDrag(view, index)

    def _held(self) -> int | None:
        return self._keys.held if self._keys is not None else None

    def arm(self, class_id: int) -> bool:
        """Set the class that paints the range being marked; False if none is."""
        if not isinstance(self.gesture, RangeSelect):
            return False
        self.gesture.armed = class_id
        self._widget.update()
        return True

    @property
    def paints(self) -> bool:
        """True if a range is being painted, not only marked."""
        gesture = self.gesture
        return isinstance(gesture, RangeSelect) and gesture.armed is not None

    def _paint_instead(self, x: float) -> None:
        """Turn scrubbing into painting a range if a class key is held."""
        if self._held_class is None or self._keys is None or self.gesture is None:
            return
        class_id, start_x = self._held_class
        if abs(x - start_x) < DRAG_FROM_PX:
            return
        self._held_class = None
        if self._keys.held == class_id:
            self.gesture.cancel()
            self._keys.take_back()
            self.gesture = RangeSelect(self._host)
            self.gesture.begin(start_x)
            self.arm(class_id)

    def move(self, event: QMouseEvent) -> None:
        """Continue the gesture, or show what could be dragged."""
        x, y = event.position().x() - HEADER_PX, event.position().y()
        if not event.buttons():
            self.drop()  # the button was released over a menu or another window
        if self.gesture is None:
            if y < RULER_TOP:
                self.hover(None)
                if self._in_viewport(x):
                    self._show(Qt.CursorShape.OpenHandCursor)
            elif event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                whole = self._segment_at(x, y) is not None
                self.hover(None)
                self._show(Qt.CursorShape.SizeHorCursor if whole else None)
            else:
                self.hover(self._boundary_at(x, y))
            return
        self._paint_instead(x)
        free = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        self.gesture.move(x, free)
        drag = self.drag()
        if drag is not None:
            self.dragged.emit(drag.frame)
        self._widget.update()

    def drag(self) -> Drag | None:
        """Return the dragged boundaries, if there is a drag."""
        drag = self.gesture
        if isinstance(drag, BoundaryDrag) and drag.moving:
            return Drag(drag.index, drag.origin, drag.frame, drag.snapped)
        if isinstance(drag, SegmentDrag) and drag.moving:
            start, stop = drag.span
            end = (drag.index, stop + drag.by)
            return Drag(drag.index - 1, start, start + drag.by, drag.snapped, end)
        return None

    def release(self) -> None:
        """End the gesture and make its edit."""
        gesture, self.gesture = self.gesture, None
        if gesture is not None:
            gesture.commit()
            self._after_gesture()

    def drop(self) -> None:
        """Cancel the gesture and restore the state before it."""
        gesture, self.gesture = self.gesture, None
        if gesture is not None:
            gesture.cancel()
            self._after_gesture()

    def forget(self) -> None:
        """Stop the gesture without restoring; call when the video changed."""
        gesture, self.gesture = self.gesture, None
        if gesture is not None:
            self._after_gesture()

    def edited(self) -> None:
        """Stop a gesture whose segment is gone; call after the annotation changed."""
        if self.gesture is not None and not self.gesture.edited():
            self.forget()
        self.hover(None)

    def _after_gesture(self) -> None:
        self._host.session.dragged = None
        self.dragged.emit(None)
        self.hover(None)
        self._widget.unsetCursor()
        self._widget.update()

    def wheel(self, event: QWheelEvent) -> None:
        """Pan; with Ctrl zoom; over the headers scroll the lanes."""
        view = self._host
        if view.item() is None:
            return
        angle, pixels = event.angleDelta(), event.pixelDelta()
        # Some desktops report the wheel as horizontal with Shift or Alt.
        turn = angle.y() or angle.x()
        x = event.position().x() - HEADER_PX
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            view.set_view(view.view.zoomed(1.25 ** (turn / 120), max(x, 0.0)))
        elif x < 0:
            self._scroll.setValue(self._scroll.value() - turn // 4)
        else:
            moved = turn if pixels.isNull() else pixels.x() or pixels.y()
            view.set_view(view.view.panned(-moved))
        event.accept()

    def leave(self) -> None:
        """Forget the hovered boundary; call when the mouse leaves the timeline."""
        if self.gesture is None:
            self.hover(None)

    # -- keys -----------------------------------------------------------------------

    def wants_key(self, event: QKeyEvent) -> bool:
        """Return True if a key cancels a gesture: Escape, whatever else Escape does."""
        return self.gesture is not None and event.key() == Qt.Key.Key_Escape

    def key(self, event: QKeyEvent) -> bool:
        """Handle a key; return True if it was used."""
        if self.wants_key(event):
            self.drop()
            return True
        return False

    # -- hit tests ---------------------------------------------------------------

    def spot(self, pos: QPoint | None) -> PointerPlace | None:
        """Return the lane and frame at a pixel; for None the annotation's playhead."""
        item, row = self._host.item(), self._painter.annotation_row()
        x = self._host.view.x_of(self._host.session.frame)
        if pos is not None:
            row, x = self._painter.row_at(pos.y()), pos.x() - HEADER_PX
        if item is None or row is None or self.gesture is not None:
            return None
        if not (row.lane.has_menu or row.lane.source):
            return None
        if not 0 <= x <= self._host.view.width and pos is not None:
            return None
        at = pos or QPoint(HEADER_PX + round(x), row.top + row.height // 2)
        return PointerPlace(row.lane, self._host.view.frame_at(x), at)

    def _segment_at(self, x: float, y: float) -> int | None:
        item, row = self._host.item(), self._painter.row_at(y)
        if item is None or row is None or not row.lane.editable:
            return None
        return item.annotation.index_at(self._host.view.frame_at(x))

    def _in_viewport(self, x: float) -> bool:
        """Return True if a pixel of the minimap lies in the viewport rectangle."""
        left, right = frame_in_minimap(self._host.view)
        return not self._host.view.is_fit and left <= x <= right

    def _boundary_at(self, x: float, y: float) -> int | None:
        item, row = self._host.item(), self._painter.row_at(y)
        if item is None or row is None or not row.lane.editable:
            return None
        if not -GRAB_PX <= x <= self._host.view.width + GRAB_PX:
            return None
        return hit_boundary(item.annotation.boundaries, self._host.view, x)

    def hover(self, index: int | None) -> None:
        """Set the boundary that could be dragged."""
        self._show(None if index is None else Qt.CursorShape.SplitHCursor)
        if index != self.hovered:
            self.hovered = index
            self._widget.update()

    def _show(self, shape: Qt.CursorShape | None) -> None:
        view = self._widget
        own = view.testAttribute(Qt.WidgetAttribute.WA_SetCursor)
        if shape is None and own:
            view.unsetCursor()
        elif shape is not None and not (own and view.cursor().shape() == shape):
            view.setCursor(shape)

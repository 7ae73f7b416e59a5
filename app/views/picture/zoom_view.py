"""A view whose picture is zoomed by the wheel and moved by dragging."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QNativeGestureEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.kit.commands import command
from app.views.picture.placement import PictureZoom, Placement

MAX_ZOOM = 32.0
"""Greatest zoom, in screen pixels per pixel of the picture."""
WHEEL_STEP = 1.25


class ZoomView(QWidget):
    """Keep the zoom of a picture; subclasses place the picture for a zoom.

    Without a zoom all of the picture is visible. ``clicked`` is a press without a drag.
    """

    clicked = Signal(QPointF)
    pointed = Signal(QPointF)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.zoom: PictureZoom | None = None
        self._resting_cursor = Qt.CursorShape.ArrowCursor
        self._pressed: QPointF | None = None
        self._dragged: QPointF | None = None
        self.setMouseTracking(True)

    def place_with(self, zoom: PictureZoom | None) -> Placement | None:
        """Return the place of the picture for a zoom, or None without a picture."""
        raise NotImplementedError

    @property
    def placement(self) -> Placement | None:
        """The place of the picture in the widget, or None without a picture."""
        return self.place_with(self.zoom)

    @property
    def room(self) -> QRectF:
        """The rectangle of the widget within its margins."""
        return QRectF(self.contentsRect())

    @command("picture-fit", "Whole picture", "Ctrl+0")
    def zoom_fit(self, *_: object) -> None:
        """Show the whole picture."""
        self._set_zoom(None)

    @command("picture-actual", "Picture 1:1", "Ctrl+1")
    def zoom_actual(self) -> None:
        """Show a pixel of the picture on every pixel of the screen."""
        self._zoom_to(1.0 / self.devicePixelRatioF(), self.room.center())

    def zoom_text(self) -> str:
        """Return the zoom as text, "230 %"; empty if the whole picture is visible."""
        place = self.placement
        if self.zoom is None or place is None:
            return ""
        return f"{100 * place.scale * self.devicePixelRatioF():.0f} %"

    def _zoom_to(self, scale: float, at: QPointF) -> None:
        """Zoom around a point of the widget, at least so that the picture fits."""
        place, whole = self.placement, self.place_with(None)
        if place is None or whole is None:
            return
        scale = min(scale, max(MAX_ZOOM / self.devicePixelRatioF(), whole.scale))
        fits = scale <= whole.scale * 1.001
        self._set_zoom(None if fits else place.zoomed(scale, at, self.room))

    def _set_zoom(self, zoom: PictureZoom | None) -> None:
        if zoom != self.zoom:
            self.zoom = zoom
            self.set_resting_cursor(self._resting_cursor)
            self.update()

    def set_resting_cursor(self, shape: Qt.CursorShape) -> None:
        """Set the cursor outside of drags; an arrow becomes a hand while zoomed."""
        self._resting_cursor = shape
        if self.zoom is not None and shape == Qt.CursorShape.ArrowCursor:
            shape = Qt.CursorShape.OpenHandCursor
        self.setCursor(shape)

    # -- events ---------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        place = self.placement
        if place is not None:
            turned = event.angleDelta().y() / 120
            self._zoom_to(place.scale * WHEEL_STEP**turned, event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        pinch = Qt.NativeGestureType.ZoomNativeGesture
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == pinch:
            place = self.placement
            if place is not None:
                self._zoom_to(place.scale * (1.0 + event.value()), event.position())
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        left, middle = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
        if event.button() not in (left, middle) or self.placement is None:
            event.ignore()
            return
        self._pressed = event.position()
        self._dragged = self._pressed if event.button() == middle else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point, place = event.position(), self.placement
        if self._pressed is None or place is None:
            self.pointed.emit(point)
            return
        far = (point - self._pressed).manhattanLength()
        if self._dragged is None and far >= QApplication.startDragDistance():
            self._dragged = self._pressed
        if self._dragged is not None and self.zoom is not None:
            self._set_zoom(place.panned(point - self._dragged, self.room))
            self._dragged = point
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, dragged = self._pressed, self._dragged
        self._pressed = self._dragged = None
        self.set_resting_cursor(self._resting_cursor)
        if pressed is not None and dragged is None:
            self.clicked.emit(pressed)

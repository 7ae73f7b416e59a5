"""A picture view whose keypoint handles can be dragged."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QApplication, QWidget

from app.kit.key_policy import declare_keys
from app.playback.player import FramePicture, Player
from app.state.session import Session
from app.views.picture.frame_overlay import FrameOverlay
from app.views.picture.handles import paint_handles
from app.views.picture.keypoint_tool import KeypointEdits, KeypointTool
from app.views.picture.overlays import OverlaySource
from app.views.picture.placement import Placement
from app.views.picture.zoom_view import ZoomView


class HandleView(ZoomView):
    """Pass the mouse to the keypoint tool on a handle, else to the zoom.

    Handles exist only while keypoints are corrected; else it is a `ZoomView`.
    """

    def __init__(
        self, session: Session, player: Player, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.tool = KeypointTool(session, player)
        self._state = session
        self._focus: QWidget | None = None
        # During a drag of a handle, Escape is the only key with an effect.
        declare_keys(self, lambda _: self.tool.dragging)
        player.picture_changed.connect(self._on_another_picture)
        session.correcting_changed.connect(self._drop)
        session.keypoint_changed.connect(self.update)
        self.pointed.connect(self._on_pointed_at)

    def set_handle_source(self, source: OverlaySource | None) -> None:
        """Set the source of the handles."""
        self.tool.source = source

    def set_keypoint_edits(self, edits: KeypointEdits) -> None:
        """Set the object that edits keypoints."""
        self.tool.edits = edits

    @property
    def pointed_keypoint(self) -> int | None:
        """The keypoint whose handle is under the pointer, or None."""
        return self.tool.hovered if self._state.correcting else None

    def draft(self, people: FrameOverlay | None) -> FrameOverlay | None:
        """Return the people of the frame during a drag, else None."""
        return self.tool.people(people) if self.tool.dragging else None

    def paint_handles(self, painter: QPainter, place: Placement) -> None:
        """Paint the handles, if there are any."""
        handles, source = self.tool.handles, self.tool.source
        if handles is not None and source is not None:
            chosen, tool = self._state.keypoint, self.tool
            pointed, held = tool.hovered, chosen if tool.dragging else None
            bones = source.skeleton
            paint_handles(painter, handles, bones, place, chosen, pointed, held)

    # -- signals ---------------------------------------------------------------------

    def _on_another_picture(self, picture: FramePicture) -> None:
        if self.tool.held_frame != picture.frame:
            self._drop()

    def _drop(self) -> None:
        """Cancel the drag and forget the handle under the pointer."""
        self._give_keys_back()
        self.tool.cancel()
        self._set_cursor(over=False)
        self.update()

    def _give_keys_back(self) -> None:
        before, self._focus = self._focus, None
        if before is not None and self.tool.dragging:
            before.setFocus()

    def _on_pointed_at(self, point: QPointF) -> None:
        place = self.placement
        if place is not None and self.tool.hover(point, place):
            self._set_cursor(self.tool.hovered is not None)
            self.update()

    def _set_cursor(self, over: bool) -> None:
        if self._state.correcting:
            shape = Qt.CursorShape
            self.set_resting_cursor(shape.CrossCursor if over else shape.ArrowCursor)

    # -- events ---------------------------------------------------------------------

    def leaveEvent(self, event: QEvent) -> None:
        self.tool.hovered = None
        self.update()
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.tool.dragging:
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_Escape:
            self._drop()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        left, right = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
        point, place, tool = event.position(), self.placement, self.tool
        taken = tool.dragging
        if self._state.correcting and place is not None and not taken:
            if event.button() == left and tool.press(point, place):
                # The picture gets all keys until the handle is released.
                self._focus = QApplication.focusWidget()
                self.setFocus()
                taken = True
            elif event.button() == right:
                tool.choose(point, place)
                self.update()
        if taken:
            self.update()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = self.placement
        if self.tool.dragging and place is not None:
            self.tool.drag(event.position(), place)
            self.update()
        else:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not self.tool.dragging:
            super().mouseReleaseEvent(event)
        elif event.button() == Qt.MouseButton.LeftButton:
            self._give_keys_back()
            self.tool.release()
            self.update()

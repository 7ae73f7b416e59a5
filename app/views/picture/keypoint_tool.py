"""Drag the handle of a keypoint in the picture; releasing it makes one edit."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np
from PySide6.QtCore import QPointF

from app.playback.player import Player
from app.state.session import Session
from app.views.picture.frame_overlay import FrameOverlay
from app.views.picture.handles import REACH_PX, Handles
from app.views.picture.overlays import OverlaySource
from app.views.picture.placement import Placement

MIN_DRAG_PX = 2.0
"""Least drag in pixels that moves a handle; less is a click."""


class KeypointEdits(Protocol):
    """An object that edits keypoints."""

    def move(self, frame: int, person: int, keypoint: int, x: float, y: float) -> bool:
        """Move a keypoint to a point (px); False where that was refused."""


class KeypointTool:
    """Handle the mouse on handles: hover, press, drag, release, cancel."""

    def __init__(self, session: Session, player: Player) -> None:
        self._session, self._player = session, player
        self.source: OverlaySource | None = None
        self.edits: KeypointEdits | None = None
        self.hovered: int | None = None
        self._held: Handles | None = None
        self._keypoint = -1
        self._grip = self._pressed = QPointF()
        self._moved = False

    @property
    def dragging(self) -> bool:
        """True while a handle is dragged."""
        return self._held is not None

    @property
    def held_frame(self) -> int:
        """The frame whose handle is dragged, or -1."""
        return self._held.frame if self._held is not None else -1

    @property
    def handles(self) -> Handles | None:
        """The handles of the shown frame, with the dragged one at its present place."""
        picture, source = self._player.picture, self.source
        if not self._session.correcting or picture is None or source is None:
            return None
        return self._held or source.handles_at(picture.frame)

    def people(self, people: FrameOverlay | None) -> FrameOverlay | None:
        """Return the people of the frame with the dragged keypoint where it is now."""
        held, k = self._held, self._keypoint
        if held is None or people is None or not self._moved:
            return people
        keypoints, scores = people.keypoints.copy(), people.scores.copy()
        keypoints[held.person, k], scores[held.person, k] = held.points[k], 1.0
        subject = held.person if people.subject < 0 else people.subject
        return replace(people, keypoints=keypoints, scores=scores, subject=subject)

    def hover(self, point: QPointF, place: Placement) -> bool:
        """Set the pointer's place; True if it is over another handle now."""
        handles = self.handles
        found = None
        if handles is not None:
            x, y = place.to_picture(point.x(), point.y())
            reach, preferred = REACH_PX / place.scale, self._session.keypoint
            found = handles.at(x, y, reach, preferred)
        changed, self.hovered = found != self.hovered, found
        return changed

    def press(self, point: QPointF, place: Placement) -> bool:
        """Begin to drag a handle; False where there is none."""
        self.hover(point, place)
        handles, picture = self.handles, self._player.picture
        if handles is None or self.hovered is None or picture is None:
            return False
        # The frame must not change during the drag.
        self._player.pause()
        if self._player.target != picture.frame:
            self._player.seek(picture.frame)
        self._keypoint = self.hovered
        points, ghost = handles.points.copy(), handles.ghost.copy()
        self._held = replace(handles, points=points, ghost=ghost)
        at = place.to_widget(handles.points[self._keypoint])
        self._grip, self._pressed, self._moved = QPointF(*at) - point, point, False
        self._session.set_keypoint(self._keypoint)
        return True

    def drag(self, point: QPointF, place: Placement) -> None:
        """Move the dragged handle within the picture."""
        far = (point - self._pressed).manhattanLength() >= MIN_DRAG_PX
        if self._held is None or not (far or self._moved):
            return
        to = point + self._grip
        x, y = place.to_picture(to.x(), to.y())
        inside = np.clip((x, y), 0.0, (place.width, place.height))
        self._held.points[self._keypoint] = inside
        self._held.ghost[self._keypoint] = False
        self._moved = True

    def release(self) -> None:
        """Make the edit; a handle that was not moved is only chosen."""
        held, moved, hovered = self._held, self._moved, self.hovered
        self.cancel()
        self.hovered = hovered
        if held is not None and moved and self.edits is not None:
            x, y = held.points[self._keypoint].tolist()
            self.edits.move(held.frame, held.person, self._keypoint, x, y)

    def cancel(self) -> None:
        """Cancel the drag, with the keypoint where it was."""
        self._held, self._moved, self.hovered = None, False, None

    def choose(self, point: QPointF, place: Placement) -> None:
        """Choose the keypoint at a point, if there is one, without an edit."""
        self.hover(point, place)
        if self.hovered is not None:
            self._player.pause()
            self._session.set_keypoint(self.hovered)

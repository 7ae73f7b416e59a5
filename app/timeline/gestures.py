"""Mouse gestures on the timeline: objects with begin, move, and commit or cancel.

A gesture previews its edit; the project changes once, in ``commit``; ``cancel``
restores everything as it was before ``begin``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from app.kit.language import tr
from app.timeline.geometry import TimeWindow
from app.timeline.snapping import snap
from skelseg_core.labels.bulk_edits import move_limits, move_segment
from skelseg_core.labels.edits import move_boundary, paint
from skelseg_core.project.videos_and_tracks import Track

if TYPE_CHECKING:
    from app.playback.player import Player
    from app.state.document import Document
    from app.state.session import Session

DRAG_FROM_PX = 3.0


class GestureHost(Protocol):
    """The timeline widget as gestures see it."""

    document: Document
    session: Session
    player: Player

    @property
    def view(self) -> TimeWindow:
        """The visible part of the video."""

    def set_view(self, view: TimeWindow) -> None:
        """Show another part of the video."""

    def item(self) -> Track | None:
        """Return the current video."""

    def snap_candidates(self) -> np.ndarray:
        """Return the frames at which lanes begin something, sorted (N,)."""


class Gesture:
    """Base class of gestures; x is in pixels of the lanes, ``free`` is Alt held."""

    def __init__(self, host: GestureHost) -> None:
        self.host = host

    def begin(self, x: float) -> None:
        """Begin where the button was pressed."""

    def move(self, x: float, free: bool = False) -> None:
        """Follow the pointer to ``x``."""

    def commit(self) -> None:
        """Make the edit; call when the button is released."""

    def cancel(self) -> None:
        """Restore the state before ``begin``; for Escape."""

    def edited(self) -> bool:
        """React to another edit of the annotation; return True to go on."""
        return False


class Scrub(Gesture):
    """Show the frame under the pointer."""

    def begin(self, x: float) -> None:
        session = self.host.session
        self.origin, self.selected = self.host.player.target, session.boundary
        self.chosen = session.chosen
        self.shown = -1
        session.set_boundary(None)
        session.set_chosen(())
        self.move(x)

    def move(self, x: float, free: bool = False) -> None:
        frame = self._frame_at(min(max(x, 0.0), self.host.view.width - 1.0))
        if frame != self.shown:
            self.shown = frame
            self.host.player.seek(frame, keyframe_ok=True)

    def _frame_at(self, x: float) -> int:
        return self.host.view.frame_at(x)

    def cancel(self) -> None:
        self.host.player.seek(self.origin)
        self.host.session.set_boundary(self.selected)
        if self.chosen:
            self.host.session.set_chosen(self.chosen)

    def edited(self) -> bool:
        self.selected, self.chosen = None, ()
        return True


class Pan(Gesture):
    """Drag the lanes sideways."""

    def begin(self, x: float) -> None:
        self.start, self.start_x = self.host.view, x

    def move(self, x: float, free: bool = False) -> None:
        self.host.set_view(self.start.panned(self.start_x - x))

    def cancel(self) -> None:
        self.host.set_view(self.start)

    def edited(self) -> bool:
        return True


class MinimapScrub(Scrub):
    """Show the frame under the pointer in the minimap; the lanes follow."""

    def begin(self, x: float) -> None:
        self.start = self.host.view
        super().begin(x)

    def move(self, x: float, free: bool = False) -> None:
        super().move(x)
        self.host.set_view(self.host.view.centred(self.shown))

    def cancel(self) -> None:
        super().cancel()
        self.host.set_view(self.start)

    def _frame_at(self, x: float) -> int:
        return self.host.view.fit().frame_at(x)


class MinimapPan(Gesture):
    """Drag the viewport rectangle of the minimap; a click in it seeks there."""

    def begin(self, x: float) -> None:
        self.start, self.start_x, self.moving = self.host.view, x, False

    def move(self, x: float, free: bool = False) -> None:
        self.moving = self.moving or abs(x - self.start_x) >= DRAG_FROM_PX
        if self.moving:
            # A pixel of the minimap is as wide as many of the lanes.
            by = self.start.n_frames / self.start.width / self.start.frames_per_px
            self.host.set_view(self.start.panned((x - self.start_x) * by))

    def commit(self) -> None:
        if not self.moving:
            click = MinimapScrub(self.host)
            click.begin(self.start_x)
            click.commit()
            self.host.set_view(self.start)

    def cancel(self) -> None:
        self.host.set_view(self.start)

    def edited(self) -> bool:
        return True


class RangeSelect(Gesture):
    """Mark a range; its ends snap to boundaries and the playhead.

    With a class in ``armed`` the range is painted on release, in the track beside if
    the class is of that, and the old marks return.
    """

    armed: int | None = None

    def begin(self, x: float) -> None:
        session = self.host.session
        self.before = (session.range_in, session.range_out)
        self.chosen = session.chosen
        self.start_x = x
        self.candidates = snap_frames(self.host, annotation=True)
        self.anchor: int | None = None

    def move(self, x: float, free: bool = False) -> None:
        if self.anchor is None:
            if abs(x - self.start_x) < DRAG_FROM_PX:
                return
            self.anchor = self._edge(self.start_x, free)
        low, high = sorted((self.anchor, self._edge(x, free)))
        if low < high:
            self.host.session.set_range(low, high)

    def commit(self) -> None:
        host, item, class_id = self.host, self.host.item(), self.armed
        marked = item and host.session.marked_range(item.n_frames)
        if item is None or class_id is None or self.anchor is None or not marked:
            return
        host.session.set_range(*self.before)
        project = host.document.project
        track, name = project.track_for(item, class_id), project.name_of(class_id)
        host.document.edit_lane(
            tr("Paint {}").format(name), track.id, lambda s: paint(s, *marked, class_id)
        )

    def cancel(self) -> None:
        self.host.session.set_range(*self.before)
        self.host.session.set_chosen(self.chosen)

    def edited(self) -> bool:
        self.chosen = ()
        return True

    def _edge(self, x: float, free: bool) -> int:
        view = self.host.view
        near = None if free else snap(view.position(x), self.candidates, view)
        return view.edge_at(x) if near is None else near


class BoundaryDrag(Gesture):
    """Move a boundary: both neighbours change, the picture shows its frame.

    A click without a drag selects the boundary and shows its frame.
    """

    def __init__(self, host: GestureHost, index: int) -> None:
        super().__init__(host)
        self.index = index
        self.frame = self.origin = 0
        self.snapped: int | None = None
        self.moving = False

    def begin(self, x: float) -> None:
        host = self.host
        item = host.item()
        if item is None:
            return
        left, right = item.annotation.segments[self.index : self.index + 2]
        self.video_id = item.id
        self.frame = self.origin = left.stop
        self.limits = (left.start + 1, right.stop - 1)
        self.candidates = snap_frames(host)
        self.start_x, self.grip = x, x - host.view.x_of(self.origin)
        self.playhead, self.selected = host.player.target, host.session.boundary
        self.chosen = host.session.chosen
        host.session.set_boundary(self.index)
        host.player.pause()
        host.player.seek(self.origin)

    def move(self, x: float, free: bool = False) -> None:
        if not self.moving and abs(x - self.start_x) < DRAG_FROM_PX:
            return
        self.moving = True
        view = self.host.view
        at = x - self.grip
        self.snapped = None if free else snap(view.position(at), self.candidates, view)
        wanted = view.edge_at(at) if self.snapped is None else self.snapped
        frame = min(max(wanted, self.limits[0]), self.limits[1])
        if frame != self.snapped:
            self.snapped = None
        if frame != self.frame:
            self.frame = self.host.session.dragged = frame
            self.host.player.seek(frame, keyframe_ok=True)

    def commit(self) -> None:
        if self.frame != self.origin:
            index, frame = self.index, self.frame
            self.host.document.edit_lane(
                tr("Move boundary"),
                self.video_id,
                lambda s: move_boundary(s, index, frame),
            )

    def cancel(self) -> None:
        session = self.host.session
        self.host.player.seek(self.playhead)
        session.set_boundary(self.selected)
        if self.chosen:
            session.set_chosen(self.chosen)


class SegmentDrag(Gesture):
    """Move a whole segment: both its boundaries, while the neighbours give way.

    A click without a drag selects the segment, or deselects it.
    """

    def __init__(self, host: GestureHost, index: int) -> None:
        super().__init__(host)
        self.index = index
        self.by = 0
        self.snapped: int | None = None
        self.moving = False

    def begin(self, x: float) -> None:
        host, item = self.host, self.host.item()
        if item is None:
            return
        segment = item.annotation.segments[self.index]
        self.video_id, self.span = item.id, (segment.start, segment.stop)
        ends = self.index in (0, len(item.annotation) - 1)
        self.limits = (0, 0) if ends else move_limits(item.annotation, self.index)
        self.candidates = snap_frames(host)
        self.start_x = x
        self.playhead, self.selected = host.player.target, host.session.boundary
        self.chosen = host.session.chosen

    def move(self, x: float, free: bool = False) -> None:
        host, (start, stop) = self.host, self.span
        if not self.moving:
            if abs(x - self.start_x) < DRAG_FROM_PX or self.limits == (0, 0):
                return
            self.moving = True
            host.session.set_boundary(self.index - 1)
            host.player.pause()
        view = host.view
        moved = (x - self.start_x) * view.frames_per_px
        wanted, self.snapped = round(moved), None
        if not free:
            near = [(snap(e + moved, self.candidates, view), e) for e in (start, stop)]
            found = [(abs(s - e - moved), s, e) for s, e in near if s is not None]
            if found:
                _, self.snapped, edge = min(found)
                wanted = self.snapped - edge
        by = min(max(wanted, self.limits[0]), self.limits[1])
        if by != wanted:
            self.snapped = None
        if by != self.by:
            self.by = by
            host.session.dragged = start + by
            host.player.seek(start + by, keyframe_ok=True)

    def commit(self) -> None:
        session, (start, stop) = self.host.session, self.span
        if self.moving and self.chosen:
            session.set_chosen(self.chosen)
        if self.by:
            index, by = self.index, self.by
            chosen = (start, stop) in session.chosen
            self.host.document.edit_lane(
                tr("Move segment"), self.video_id, lambda s: move_segment(s, index, by)
            )
            if chosen:
                session.set_chosen([*session.chosen, (start + by, stop + by)])
        elif not self.moving:
            session.set_chosen(set(session.chosen) ^ {(start, stop)})

    def cancel(self) -> None:
        session = self.host.session
        if self.moving:
            self.host.player.seek(self.playhead)
            session.set_boundary(self.selected)
            if self.chosen:
                session.set_chosen(self.chosen)


class RubberBand(Gesture):
    """Select the segments under a dragged range of the lane."""

    def begin(self, x: float) -> None:
        session = self.host.session
        self.before = (session.range_in, session.range_out)
        self.chosen = session.chosen
        self.start_x = self.x = x

    def move(self, x: float, free: bool = False) -> None:
        self.x = x
        item, view = self.host.item(), self.host.view
        low, high = sorted((self.start_x, x))
        if item is None or high - low < DRAG_FROM_PX:
            self.host.session.set_chosen(self.chosen)
            return
        first, last = view.position(low), view.position(high)
        starts = item.annotation.starts
        begin = max(int(np.searchsorted(starts, first, side="right")) - 1, 0)
        end = int(np.searchsorted(starts, last, side="left"))
        self.host.session.set_chosen(
            (s.start, s.stop) for s in item.annotation.segments[begin:end]
        )

    def cancel(self) -> None:
        self.host.session.set_range(*self.before)
        self.host.session.set_chosen(self.chosen)


def snap_frames(host: GestureHost, annotation: bool = False) -> np.ndarray:
    """Return the frames that an edge snaps to, sorted (N,).

    These are the playhead and the frames at which something begins in the visible
    lanes: predictions, other annotators, changes of motion.
    """
    item = host.item()
    parts = [np.array([host.session.frame], np.int64), host.snap_candidates()]
    if item is not None and annotation:
        parts.append(np.array([0, item.n_frames], np.int64))
        parts.append(item.annotation.boundaries)
    return np.unique(np.concatenate(parts))

"""Hold what is looked at now: never saved into the project, never undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from skelseg_core.project.tracks import TrackId, VideoId

if TYPE_CHECKING:
    from skelseg_core.labels.segmentation import Segment


@dataclass(frozen=True)
class Overlays:
    """Say what is drawn over the picture, and how opaque, 0..1.

    The heatmap is the one that the chosen model is given.
    """

    skeleton: bool = True
    others: bool = True
    heatmap: bool = False
    labels: bool = False


@dataclass(frozen=True)
class GrowingSegment:
    """Hold a segment that grows with the playhead: its class and frames so far.

    ``whose`` names the person if that is not the one who is labelled.
    """

    class_id: int
    start: int
    stop: int
    whose: str = ""


@dataclass(frozen=True)
class PlaceMark:
    """Hold the place that is reviewed: its frames, and what may be missing there."""

    start: int
    stop: int
    ghost: Segment | None = None

    @property
    def span(self) -> tuple[int, int]:
        """Frames that show it: those of what may be missing, else of the place."""
        ghost = self.ghost
        return (self.start, self.stop) if ghost is None else (ghost.start, ghost.stop)

    @property
    def whole(self) -> tuple[int, int]:
        """Frames of the place, and of what may be missing there."""
        start, stop = self.span
        return min(start, self.start), max(stop, self.stop)


class Session(QObject):
    """Own the current video, model, frame, selection, keypoint, overlays, light.

    The selection is a range of frames, or some segments by their first frame and the
    one after their last; making one ends the other. ``boundary`` is the one that a
    person is at, see `CurrentBoundary`; selecting segments ends that, too.
    ``dragged`` is where it is while it is dragged. ``place`` is the one that is
    reviewed.

    ``frame`` is the frame that is shown: the player sets it together with the picture.
    ``video_left`` comes before ``video_changed``: what is known of the old one goes.
    ``same_film`` tells whether the last change was to another track of one video.
    """

    video_left = Signal()
    video_changed = Signal(str)
    frame_changed = Signal(int)
    range_changed = Signal()
    selection_changed = Signal()
    overlays_changed = Signal()
    light_changed = Signal()
    correcting_changed = Signal()
    keypoint_changed = Signal()
    recording_changed = Signal()
    place_changed = Signal()
    model_changed = Signal()

    def __init__(
        self,
        parent: QObject | None = None,
        can_show: Callable[[TrackId], bool] = lambda _: True,
        video_id_of: Callable[[TrackId], VideoId] = VideoId,
    ) -> None:
        super().__init__(parent)
        self._can_show, self._video_id_of = can_show, video_id_of
        self.track_id, self.video_id = TrackId(""), VideoId("")
        self.same_film = False
        self.model = ""
        self.frame = 0
        self.range_in: int | None = None
        self.range_out: int | None = None
        self.boundary: int | None = None
        self.dragged: int | None = None
        self.chosen: tuple[tuple[int, int], ...] = ()
        self.spans = _spans(())
        self.growing: GrowingSegment | None = None
        self.growing_beside: tuple[GrowingSegment, ...] = ()
        self.place: PlaceMark | None = None
        self.correcting = False
        self.keypoint: int | None = None
        self.overlays = Overlays()
        self.gamma = 1.0

    def set_video(self, track_id: TrackId) -> None:
        """Look at another video, from its start, where it can be shown, or at none.

        Of another track of the same video the frame stays.
        """
        if track_id == self.track_id or (track_id and not self._can_show(track_id)):
            return
        video_id = self._video_id_of(track_id) if track_id else VideoId("")
        self.same_film = video_id == self.video_id
        self.track_id, self.video_id = track_id, video_id
        self.set_boundary(None)
        self.set_range(None, None)
        self.set_chosen(())
        self.set_place(None)
        self.video_left.emit()
        self.video_changed.emit(track_id)
        if not self.same_film:
            self.set_frame(0)

    def set_model(self, name: str) -> None:
        """Choose the model that pre-labels."""
        if name != self.model:
            self.model = name
            self.model_changed.emit()

    def set_frame(self, frame: int) -> None:
        """Set the frame that is shown now."""
        if frame != self.frame:
            self.frame = frame
            self.frame_changed.emit(frame)

    def set_range(self, range_in: int | None, range_out: int | None) -> None:
        """Set the marked range; ``range_out`` is the frame after its last."""
        if (range_in, range_out) != (self.range_in, self.range_out):
            self.range_in, self.range_out = range_in, range_out
            if (range_in, range_out) != (None, None):
                self.set_chosen(())
            self.range_changed.emit()

    def marked_range(self, n_frames: int) -> tuple[int, int] | None:
        """Return the marked range, up to the shown frame while it has no end."""
        if self.range_in is None and self.range_out is None:
            return None
        start = self.range_in if self.range_in is not None else 0
        stop = self.range_out if self.range_out is not None else self.frame + 1
        return (start, min(stop, n_frames)) if start < stop else None

    def set_boundary(self, index: int | None) -> None:
        """Select the boundary after annotation segment ``index``."""
        if index != self.boundary:
            self.boundary = index
            if index is not None:
                self.chosen, self.spans = (), _spans(())
            self.selection_changed.emit()

    def set_chosen(self, segments: Iterable[tuple[int, int]]) -> None:
        """Select segments by their first frame and the one after their last."""
        chosen = tuple(sorted(set(segments)))
        if chosen != self.chosen:
            self.chosen, self.spans = chosen, _spans(chosen)
            if chosen:
                self.boundary = None
                self.set_range(None, None)
            self.selection_changed.emit()

    def set_growing(
        self, growing: GrowingSegment | None, beside: tuple[GrowingSegment, ...] = ()
    ) -> None:
        """Set what grows here and beside; signals begin and end, not every frame."""
        before = self.growing is None, len(self.growing_beside)
        self.growing, self.growing_beside = growing, beside
        if before != (growing is None, len(beside)):
            self.recording_changed.emit()

    def set_place(self, place: PlaceMark | None) -> None:
        """Set the place that is reviewed."""
        if place != self.place:
            self.place = place
            self.place_changed.emit()

    def set_correcting(self, correcting: bool) -> None:
        """Set whether keypoints in the picture can be dragged."""
        if correcting != self.correcting:
            self.correcting = correcting
            self.correcting_changed.emit()

    def set_keypoint(self, keypoint: int | None) -> None:
        """Choose the keypoint that is corrected next."""
        if keypoint != self.keypoint:
            self.keypoint = keypoint
            self.keypoint_changed.emit()

    def set_overlays(self, **changes: Any) -> None:
        """Change some of the overlays."""
        new = replace(self.overlays, **changes)
        if new != self.overlays:
            self.overlays = new
            self.overlays_changed.emit()

    def set_gamma(self, gamma: float) -> None:
        """Light the picture that is shown; above 1 lifts what is dark."""
        if gamma != self.gamma:
            self.gamma = gamma
            self.light_changed.emit()


def _spans(chosen: tuple[tuple[int, int], ...]) -> np.ndarray:
    """Return the selected segments as an array (N, 2), for painting."""
    return np.array(chosen, np.int64).reshape(-1, 2)

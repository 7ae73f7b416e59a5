"""Play a segment, or what lies around a boundary, for the review.

The segments are those that copying the prediction would give: a person's where there
are some, the model's elsewhere.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject

from app.kit.commands import command
from app.kit.notices import Notices
from app.playback.playback_plan import again, around, loop
from app.playback.player import Player
from app.services.labelling.current_boundary import boundary_at
from app.state.current_video import CurrentVideo
from skelseg_core.labels.edits import accept
from skelseg_core.labels.segmentation import Segmentation

NO_BOUNDARY = "There is no boundary yet. Pre-label the video or split it first."


class ReviewPlayback(QObject):
    """Start and stop review playback; the same command again ends a plan."""

    def __init__(
        self,
        current: CurrentVideo,
        player: Player,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._current, self._player, self._notices = current, player, notices

    @property
    def plan(self) -> str:
        """Name of the playback plan that is followed; empty in plain playback."""
        return self._player.plan.name

    @property
    def can_play(self) -> bool:
        """True if a video is open."""
        return self._player.info is not None

    @command(
        "loop",
        "Loop the range or segment",
        "R",
        enabled=lambda self: self.can_play,
        checked=lambda self: self.plan == "loop",
    )
    def loop(self) -> None:
        """Play the marked range again and again, or the segment under the playhead."""
        shown = self._shown()
        if self._ended("loop") or shown is None:
            return
        session = self._current.session
        start, stop = session.range_in, session.range_out
        if start is None or stop is None:
            self.loop_segment()
        else:
            self._player.follow(loop(start, min(stop, shown.n_frames)), start)

    def loop_segment(self) -> None:
        """Play the segment under the playhead again and again."""
        shown = self._shown()
        if shown is not None:
            segment = shown.at(min(self._player.target, shown.n_frames - 1))
            plan = loop(segment.start, segment.stop)
            self._player.follow(plan, segment.start)

    @command(
        "around", "Play around the boundary", "D", enabled=lambda self: self.can_play
    )
    def around(self) -> None:
        """Play the frames around a boundary: the selected one, or the nearest."""
        boundary = self._boundary()
        if boundary is None or self._player.info is None:
            self._notices.warn(self.tr(NO_BOUNDARY))
        else:
            self.around_frame(boundary)

    def around_frame(self, frame: int) -> None:
        """Play the frames around the boundary before ``frame``."""
        info, item = self._player.info, self._current.item
        if info is not None and item is not None:
            at = boundary_at(item.annotation, frame)
            self._current.session.set_boundary(at)
            plan = around(info.times, frame)
            self._player.follow(plan, plan.start)

    def play_again(
        self, start: int, stop: int, boundary: int, whole: bool = False
    ) -> None:
        """Play frames again and again; while they are, stand still at the boundary.

        Of many only those around the boundary are played, unless the ``whole`` is.
        """
        info = self._player.info
        if info is None:
            return
        if self._ended("again"):
            self._player.pause()
            self._player.seek(boundary)
        else:
            plan = again(info.times, start, stop, boundary, whole)
            self._player.follow(plan, plan.start)

    def leave(self) -> None:
        """End the playback plan; without a plan, loop the segment."""
        if self.plan:
            self._player.follow(None)
        else:
            self.loop()

    def _ended(self, name: str) -> bool:
        if self.plan != name:
            return False
        self._player.follow(None)
        return True

    def _shown(self) -> Segmentation | None:
        item, shown = self._current.item, self._current.shown_prediction
        if item is None or shown is None:
            return item.annotation if item is not None else None
        return accept(item.annotation, shown.segmentation)

    def _boundary(self) -> int | None:
        item, shown = self._current.item, self._shown()
        index = self._current.session.boundary
        if item is not None and index is not None and index < len(item.annotation) - 1:
            return item.annotation.segments[index].stop
        cuts = shown.boundaries if shown is not None else np.empty(0, np.int64)
        if not len(cuts):
            return None
        return int(cuts[np.abs(cuts - self._player.target).argmin()])

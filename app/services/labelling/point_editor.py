"""Set, move and take away the points of a track of points: one undo step each."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.kit.language import in_language
from app.kit.notices import Notices
from app.playback.player import Player
from app.state.document import Document
from app.state.session import Session
from skelseg_core.errors import EditError
from skelseg_core.labels.points import SAME_FRAMES, Points, moved, nearest, toggled
from skelseg_core.project.point_and_comment_edits import edit_points
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import TrackId, check_segments
from skelseg_core.project.videos_and_tracks import Track

NEED_SEGMENTS = frozenset(
    (
        *("split", "merge", "trim-start", "trim-stop", "move-left", "move-right"),
        *("review", "copy-lane", "copy-prediction", "fill-example", "redecode"),
        *("room", "wall", "prelabel", "prelabel-all", "prelabel-free"),
        *("train", "measure"),
    )
)
"""Commands that do nothing where there are points instead of segments."""


class PointEditor(QObject):
    """Edit the points of the current track, where that has points.

    ``reacted`` returns the frame that a person reacts to while the video plays.
    """

    def __init__(
        self,
        document: Document,
        session: Session,
        player: Player,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._session = document, session
        self._player, self._notices = player, notices
        self.reacted: Callable[[], int] = lambda: session.frame
        self._nudged: Project | None = None
        self._nudges = 0

    @property
    def item(self) -> Track | None:
        """The current track where it has points, else None."""
        project = self._document.project
        item = project.find(self._session.track_id)
        return item if item is not None and project.has_points(item) else None

    @property
    def on(self) -> bool:
        """True if class keys set points here."""
        return self.item is not None

    def stops(self, command_id: str) -> bool:
        """Say why a command does nothing here; False where it does something."""
        item = self.item
        if item is None or command_id not in NEED_SEGMENTS:
            return False
        try:
            check_segments(self._document.project.tier(item.tier))
        except EditError as error:
            self._notices.refuse(in_language(error))
        return True

    def label(
        self,
        class_id: int | None,
        frame: int | None = None,
        beside: Track | None = None,
    ) -> None:
        """Mark a frame, by default that of the playhead, or unmark it.

        A point of the class that is there goes; without a class, that of any class.
        The track is the current one, or one ``beside`` it.
        """
        item = beside or self.item
        if item is None:
            return
        if class_id is None:
            self.remove(frame)
            return
        if frame is None:
            frame = self.reacted() if self._player.playing else self._at(item)
        at = frame
        self._edit(
            self.tr("Add point {}").format(self._document.project.name_of(class_id)),
            lambda points: toggled(points, at, class_id, item.n_frames),
            video_id=item.id,
        )

    def remove(self, frame: int | None = None) -> None:
        """Take away the point at a frame, by default that of the playhead."""
        item = self.item
        if item is None:
            return
        at = self._at(item) if frame is None else frame
        point = nearest(item.marks, at)
        if point is None or abs(point.frame - at) > SAME_FRAMES:
            self._notices.refuse(self.tr("There is no point at this frame."))
            return
        self._edit(
            self.tr("Remove point"),
            lambda points: tuple(m for m in points if m != point),
        )

    def nudge(self, frames: int) -> None:
        """Move the point nearest to the playhead, and the playhead onto it."""
        item = self.item
        point = None if item is None else nearest(item.marks, self._at(item))
        if item is None or point is None:
            self._notices.say(self.tr("There is no point to move."))
            return
        if self._nudged is not self._document.project:
            self._nudges += 1
        to, key = point.frame + frames, f"nudge point {self._nudges}"
        if self._edit(
            self.tr("Move point"), lambda m: moved(m, point, to, item.n_frames), key
        ):
            self._nudged = self._document.project
            self._player.seek(to)

    def _edit(
        self,
        text: str,
        edit: Callable[[Points], Points],
        key: str = "",
        video_id: TrackId | None = None,
    ) -> bool:
        video_id = video_id or self._session.track_id
        return self._document.apply(text, lambda p: edit_points(p, video_id, edit), key)

    def _at(self, item: Track) -> int:
        """Return the frame of the playhead, whose picture may be loading."""
        player = self._player
        stands = player.info is not None and not player.playing
        frame = player.target if stands else self._session.frame
        return min(frame, item.n_frames - 1)

"""Comment on frames, settle comments, and go to what they are about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from PySide6.QtCore import QObject

from app.playback.player import Player
from app.state.current_video import CurrentVideo
from skelseg_core.labels.comments import Comment
from skelseg_core.project.point_and_comment_edits import add_comments, replace_comment
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import VideoId


@dataclass(frozen=True)
class Remark:
    """A comment, and the id of the video that it is on."""

    video_id: VideoId
    comment: Comment


class Comments(QObject):
    """Edit the comments of the project; each call is one undo step.

    ``name`` returns the name of the person who writes them.
    """

    def __init__(
        self,
        current: CurrentVideo,
        player: Player,
        name: Callable[[], str],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._current, self._player, self._name = current, player, name
        self.document, self._session = current.document, current.session

    @property
    def all(self) -> list[Remark]:
        """The comments of all videos, in their order."""
        films = self.document.project.videos
        return [Remark(v.id, comment) for v in films for comment in v.comments]

    def span(self) -> tuple[int, int]:
        """Return the frames to comment on: range, selected segment or this frame."""
        session, item = self._session, self._current.item
        n_frames = item.n_frames if item is not None else session.frame + 1
        marked = session.marked_range(n_frames)
        here = min(session.frame, n_frames - 1)
        chosen = (session.chosen[0][0], session.chosen[-1][1]) if session.chosen else ()
        return marked or chosen or (here, here + 1)

    def add(self, text: str, span: tuple[int, int]) -> bool:
        """Comment on frames of the current video; False where it was refused."""
        item, now = self._current.item, datetime.now(timezone.utc)
        if item is None:
            return False
        several = len(self.document.project.tracks_of(item.video_id)) > 1
        track, author = item.id if several else None, self._name()
        made = (*span, track, text.strip(), author, now.isoformat(timespec="seconds"))
        return self.document.apply(
            self.tr("Comment on {}").format(item.video.title),
            lambda p: add_comments(p, item.video_id, [Comment(*made)]),
        )

    def rewrite(self, remark: Remark, text: str) -> bool:
        """Give a comment another text; False where it was refused."""
        return self._replace(
            self.tr("Change comment"), remark, lambda c: replace(c, text=text.strip())
        )

    def set_done(self, remark: Remark, done: bool) -> None:
        """Say that nothing is left to do about a comment, or that something is."""
        text = self.tr("Comment is done") if done else self.tr("Comment is open")
        self._replace(text, remark, lambda c: replace(c, done=done))

    def remove(self, remark: Remark) -> None:
        """Delete a comment."""
        self._replace(self.tr("Delete comment"), remark, lambda _: None)

    def _replace(
        self, text: str, remark: Remark, change: Callable[[Comment], Comment | None]
    ) -> bool:
        old = remark.comment

        def edit(project: Project) -> Project:
            return replace_comment(project, remark.video_id, old, change(old))

        return self.document.apply(text, edit)

    def go_to(self, remark: Remark) -> None:
        """Go to the first frame of a comment, in the track that it is about."""
        project, track = self.document.project, remark.comment.track or ""
        if project.has(track):
            self._session.set_video(track)
        elif remark.video_id != self._session.video_id:
            self._session.set_video(project.first_track(remark.video_id).id)
        self._player.seek(remark.comment.start)

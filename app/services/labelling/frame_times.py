"""Keep the frame times of the videos whose files were read."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.playback.decoder import VideoInfo
from app.playback.player import Player
from app.state.document import Document
from app.state.session import Session
from skelseg_core.project.project import VideoItem
from skelseg_core.video.times import FrameTimes


class VideoTimes(QObject):
    """Keep the frame times of every video that was opened; signal ``changed``."""

    changed = Signal(str)  # video id

    def __init__(
        self,
        document: Document,
        session: Session,
        player: Player,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._session = document, session
        self._known: dict[tuple[str, str], FrameTimes] = {}
        player.opened.connect(self._on_opened)

    def knows(self, item: VideoItem) -> bool:
        """Return True if the timestamps of a video are known."""
        # The path holds the frame rate of an image sequence, too.
        return (item.id, item.path) in self._known

    def of(self, item: VideoItem) -> FrameTimes:
        """Return a video's times, evenly spaced where timestamps are unknown."""
        return self._known.get((item.id, item.path), item.even_times)

    def _on_opened(self, info: VideoInfo) -> None:
        project, video_id = self._document.project, self._session.video_id
        if not project.has(video_id):
            return
        item = project.video(video_id)
        self._known.pop((item.id, item.path), None)
        if info.n_frames == item.n_frames:
            self._known[item.id, item.path] = info.times
        self.changed.emit(video_id)

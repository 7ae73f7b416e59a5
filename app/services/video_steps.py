"""Video steps: going from one video of the project to the next."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.kit.commands import command
from app.state.document import Document
from app.state.session import Session
from skelseg_core.project.value import VideoItem


def is_finished(item: VideoItem) -> bool:
    """Whether every frame is labelled."""
    return item.annotation.n_labelled == item.n_frames and not item.missing


class VideoSteps(QObject):
    """Owns nothing: reads the project and says which video is looked at."""

    def __init__(
        self, document: Document, session: Session, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._session = document, session

    def has(self, step: int) -> bool:
        """Whether there is a video ``step`` places on."""
        return self._at(step) is not None

    @command("video-previous", "Previous video", "PgUp", args=(-1,), enabled=has)
    @command("video-next", "Next video", "PgDown", args=(1,), enabled=has)
    def go(self, step: int) -> None:
        """Look at the video ``step`` places on in the list."""
        item = self._at(step)
        if item is not None:
            self._session.set_video(item.id)

    def _at(self, step: int) -> VideoItem | None:
        videos = self._document.project.videos
        ids = [v.id for v in videos]
        if self._session.video_id not in ids:
            return None
        at = ids.index(self._session.video_id) + step
        return videos[at] if 0 <= at < len(videos) else None

    def unfinished(self) -> VideoItem | None:
        """The next video with frames to label, beginning again after the last."""
        videos = self._document.project.videos
        ids = [v.id for v in videos]
        current = self._session.video_id
        at = ids.index(current) if current in ids else -1
        others = (*videos[at + 1 :], *videos[: max(0, at)])
        return next((v for v in others if not is_finished(v)), None)

    @command(
        "video-unfinished", "Next unfinished video", "Ctrl+PgDown", enabled=unfinished
    )
    def go_to_unfinished(self) -> None:
        """Look at the next video with frames to label."""
        item = self.unfinished()
        if item is not None:
            self._session.set_video(item.id)

"""Video steps: going from one video of the project to the next."""

from __future__ import annotations

from itertools import chain

from PySide6.QtCore import QObject

from app.kit.commands import command
from app.state.document import Document
from app.state.session import Session
from skelseg_core.project.value import VideoItem


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
        project = self._document.project
        place = project.places.get(self._session.video_id)
        if place is None or not 0 <= place + step < len(project.videos):
            return None
        return project.videos[place + step]

    @property
    def has_unfinished(self) -> bool:
        """Whether another video than the one that is looked at has frames to label."""
        project = self._document.project
        unfinished = len(project.videos) - project.totals.finished
        current = project.find(self._session.video_id)
        return unfinished > (current is not None and not current.finished)

    def unfinished(self) -> VideoItem | None:
        """The next video with frames to label, beginning again after the last."""
        project = self._document.project
        at = project.places.get(self._session.video_id, -1)
        others = chain(project.videos[at + 1 :], project.videos[: max(0, at)])
        return next((v for v in others if not v.finished), None)

    @command(
        "video-unfinished",
        "Next unfinished video",
        "Ctrl+PgDown",
        enabled=lambda self: self.has_unfinished,
    )
    def go_to_unfinished(self) -> None:
        """Look at the next video with frames to label."""
        item = self.unfinished()
        if item is not None:
            self._session.set_video(item.id)

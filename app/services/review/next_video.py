"""Go to the video that is most worth labelling next, and say why."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject

from app.kit.commands import command
from app.services.jobs import Job
from app.services.task_runner import TaskRunner
from app.state.current_video import CurrentVideo
from skelseg_core.review.next_video import WorthyVideo, find_worthy_videos


class NextVideo(QObject):
    """Find the unfinished video of which the model is unsure and that is unlike."""

    def __init__(
        self, current: CurrentVideo, tasks: TaskRunner, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._current = current
        self._document, self._session = current.document, current.session
        self._tasks = tasks

    @property
    def has_any(self) -> bool:
        """Tell whether another video is unfinished; pre-labelled or not, says `go`."""
        project = self._document.project
        shown = project.find(self._session.track_id)
        here = shown is not None and project.to_finish(shown)
        return project.totals.unfinished > here

    @command(
        "video-worth",
        "Video worth labelling next",
        enabled=lambda self: self.has_any,
        tip="The model is least sure of it, and it is least like the labelled ones",
    )
    def go(self) -> None:
        """Find the video most worth labelling, and go to it."""
        session = self._session
        shown = session.track_id

        def show(found: Sequence[WorthyVideo]) -> None:
            # The person went elsewhere meanwhile.
            if session.track_id != shown:
                return
            first = next((v for v in found if v.video_id != shown), None)
            if first is None:
                self._tasks.notices.warn(
                    self.tr("No other video is pre-labelled. Pre-label one first.")
                )
                return
            self.show(first)

        self.find(show)

    def find(self, show: Callable[[Sequence[WorthyVideo]], None]) -> Job:
        """Order the unfinished videos that are pre-labelled, for ``show``."""
        document = self._document

        def show_those_left(found: Sequence[WorthyVideo]) -> None:
            show([v for v in found if document.project.has(v.video_id)])

        task = find_worthy_videos(
            document.folder, document.project, self._session.model, self._current.tier
        )
        title = self.tr("video worth labelling next")
        return self._tasks.run(title, task, show_those_left)

    def show(self, video: WorthyVideo) -> None:
        """Go to a video, and say why it is worth labelling."""
        self._session.set_video(video.video_id)
        if self._session.track_id == video.video_id:
            self._tasks.tell(self.why(video))

    def why(self, video: WorthyVideo) -> str:
        """Say why a video is worth labelling."""
        doubt, unlike = round(100 * video.doubt), round(100 * video.unlike)
        return self.tr(
            "Label {} next. The model is {} % unsure of it, and {} % of it has other "
            "classes than the most similar labelled video."
        ).format(video.video_id, doubt, unlike)

"""Report missing or damaged video files, and look for them again."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QMainWindow

from app.kit.language import in_language
from app.kit.notices import VIDEO
from app.playback.decoder import VideoInfo
from app.services.files.video_files import FIND
from app.services.jobs import Job
from app.services.services import Services
from skelseg_core.errors import SkelsegError
from skelseg_core.project.folder import check_same_video


class MissingFiles(QObject):
    """Report what is wrong with the file of the current video.

    Missing files are looked for again when the window becomes active.
    """

    def __init__(
        self, window: QMainWindow, services: Services, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._services, self._notices = services, services.notices
        # The running checks for the video file and for label files: one of each at a
        # time.
        self._for_file: Job | None = None
        self._for_labels: Job | None = None
        services.player.failed.connect(self._on_failed)
        services.player.opened.connect(self._on_opened)
        window.installEventFilter(self)

    def _on_failed(self, text: str) -> None:
        topic = VIDEO + self._services.session.track_id
        helps = FIND if self._services.player.missing else None
        self._notices.warn(text, helps, about=topic)

    def _on_opened(self, info: VideoInfo) -> None:
        item, path = self._services.current_video.item, self._services.player.path
        with self._notices.about(VIDEO + self._services.session.track_id):
            if info.damage:
                self._notices.warn(info.damage)
            if item is not None and path is not None:
                try:
                    check_same_video(item, path, info.fingerprint)
                except SkelsegError as error:
                    self._notices.warn(in_language(error), FIND)

    # -- files that are back ----------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look again for missing files, and save, when the window becomes active."""
        if event.type() == QEvent.Type.WindowActivate:
            self._look_again()
        return False

    def _look_again(self) -> None:
        services, item = self._services, self._services.current_video.item
        if services.document.saver.failing:
            services.document.save()
        if services.files.missing_labels.videos and not _runs(self._for_labels):
            self._for_labels = services.files.missing_labels.look_again(quiet=True)
        if item is None or not services.player.missing or _runs(self._for_file):
            return
        if not item.video.has_file:
            return

        def show(there: bool) -> None:
            if (
                there
                and services.player.missing
                and services.current_video.item is item
            ):
                services.files.video_files.open(item)

        title = self.tr("Find {}").format(Path(item.video.path).name)
        self._for_file = services.jobs.start(
            title, services.files.video_files.find(item), show
        )


def _runs(job: Job | None) -> bool:
    """Return True if there is a job and it runs."""
    return job is not None and job.running

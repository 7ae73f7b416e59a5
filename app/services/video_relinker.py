"""Find the videos that were moved, and link them again."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from app.kit.notices import Notices
from app.kit.plural import plural
from app.services.jobs import Job, Jobs
from app.services.video_files import VideoFiles
from app.state.document import Document
from skelseg_core.project.moved_videos import VideoSearch, find_videos, relocated

FIND = "find-moved"
"""Id of the command that looks for moved videos."""


class VideoRelinker(QObject):
    """Find moved videos; a search is a job."""

    def __init__(
        self,
        document: Document,
        jobs: Jobs,
        files: VideoFiles,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._jobs, self._files = document, jobs, files
        self._notices = notices

    @property
    def has_videos(self) -> bool:
        """True if the project has a video file that could have been moved."""
        return any(item.has_video for item in self._document.project.videos)

    def look_in(self, place: Path) -> Job:
        """Look for moved videos in a folder and its subfolders, in a thread."""
        document, title = self._document, self.tr("Find moved videos")

        def show(search: VideoSearch) -> None:
            there = [i for i in search.found if document.project.has(i)]
            if there:
                document.apply(title, lambda p: relocated(p, search))
                self._files.load_thumbs()
                self._say_found(self._found_sentence(len(there), search.missing))
            elif search.missing:
                text = self.tr("None of the missing videos is in {}: {}.")
                self._notices.warn(text.format(place, _names(search.missing)))
            else:
                self._say_found(self.tr("Every video is where it was."))

        task = find_videos(document.folder, document.project, place)
        job = self._jobs.start(title, task, show)
        job.on_leaving = self.tr("Nothing is found yet; look again.")
        return job

    def _say_found(self, text: str) -> None:
        self._notices.helped(FIND)
        self._notices.say(text)

    def _found_sentence(self, count: int, missing: tuple[str, ...]) -> str:
        text = plural("{n} video(s) were found.", count)
        if missing:
            text += " " + self.tr("Still missing: {}.").format(_names(missing))
        return text


def _names(ids: tuple[str, ...]) -> str:
    return ", ".join(ids[:5]) + (", …" if len(ids) > 5 else "")

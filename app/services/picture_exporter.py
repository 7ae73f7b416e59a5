"""Export what is to be looked at: videos with labels, clips of segments, pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject

from app.kit.notices import Notices
from app.kit.plural import plural
from app.services.after_save import AfterSave
from app.services.jobs import Job, Jobs
from app.state.document import Document


class PictureExporter(QObject):
    """Run tasks that write videos and pictures, each in a process of its own.

    They read the project's files, so unsaved edits are written first.
    """

    def __init__(
        self,
        document: Document,
        jobs: Jobs,
        after_save: AfterSave,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._jobs, self._notices = document, jobs, notices
        self._after_save = after_save

    def render(self, video_id: str, out: Path, choices: Mapping[str, Any]) -> None:
        """Write a video with its labels; choices are those of ``tasks.render``."""

        def text(made: Mapping[str, Any]) -> str:
            return plural("Wrote {n} frame(s) to {out}.", made["n_frames"], out=out)

        title = self.tr("Video of {}").format(video_id)
        self._start("render", title, out, {"video_id": video_id, **choices}, text)

    def clips(self, out: Path, choices: Mapping[str, Any]) -> None:
        """Write clips of segments; choices are those of ``tasks.clips``."""

        def text(made: Mapping[str, Any]) -> str:
            return plural("Wrote {n} clip(s) to {out}.", made["n_clips"], out=out)

        self._start("clips", self.tr("Clips"), out, choices, text)

    def plot(self, out: Path, choices: Mapping[str, Any]) -> None:
        """Draw labels into a picture; choices are those of ``tasks.plot``."""

        def text(made: Mapping[str, Any]) -> str:
            n_videos = made["n_videos"]
            return plural("Drew the labels of {n} video(s): {out}.", n_videos, out=out)

        self._start("plot", self.tr("Picture of labels"), out, choices, text)

    def _start(
        self,
        task: str,
        title: str,
        out: Path,
        choices: Mapping[str, Any],
        text: Callable[[Mapping[str, Any]], str],
    ) -> None:
        arguments = {
            "root": str(self._document.folder.root),
            "out": str(out),
            **choices,
        }

        def show(made: Mapping[str, Any]) -> None:
            said = text(made)
            if made["notes"]:
                self._notices.warn(" ".join((said, *made["notes"])))
            else:
                self._notices.say(said)

        def start() -> Job:
            # Beside a training, which may take hours.
            running = self._jobs.worker.alone(task, **arguments)
            job = self._jobs.start(title, running, show)
            job.on_leaving = self.tr("No file is written yet; export again.")
            return job

        if not self._after_save.begin_once((task, str(out)), start):
            self._notices.say(self.tr("{} is being written.").format(out))

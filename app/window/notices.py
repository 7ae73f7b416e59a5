"""Notices: what the parts say goes into the bar, and out when it is no longer true."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QMainWindow

from app.kit.commands import Commands
from app.services.jobs import Job
from app.services.services import Services
from app.state.document import Change
from app.window.docks import Docks
from skelseg_core.errors import SkelsegError
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import check_same_video
from skelseg_core.video.media_path import media_path

EDIT, SAVE, VIDEO, JOB = "edit", "save", "video ", "job "
"""What warnings are about, beside the ids of commands; ids and titles follow."""


class Notices(QObject):
    """Owns no data; connects what is said to the bar of messages.

    Old news is: a refused edit with the next edit, a save that failed with the next
    save, what a command or a job complained of when it is run again without complaint,
    and a missing file when it is back, which is looked for when one comes back to the
    window.
    """

    def __init__(
        self,
        window: QMainWindow,
        services: Services,
        docks: Docks,
        commands: Commands,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._services, self._bar = services, docks.messages
        self._find = commands["find-moved"]
        # What looks for the file, and for labels: one of each at a time.
        self._for_file: Job | None = None
        self._for_labels: Job | None = None
        bar, document, player = self._bar, services.document, services.player
        services.jobs.about = lambda title: bar.about(JOB + title)
        bringing, finding = services.file_importer, services.video_relinker
        editing, classes = services.segment_editor, services.class_editor
        services.notices.said.connect(bar.say)
        services.notices.warned.connect(bar.warn)
        for says in (editing, bringing, services.annotator_import, classes):
            says.said.connect(bar.say)
        for part in (bringing, finding, docks.transport):
            part.problem.connect(bar.warn)
        for refuses in (document, editing):
            refuses.problem.connect(self._on_refused)
        document.noted.connect(bar.warn)
        document.changed.connect(self._on_changed)
        document.save_failed.connect(self._on_save_failed)
        document.saved.connect(lambda: bar.settle(SAVE))
        finding.found.connect(self._on_found)
        player.failed.connect(self._on_failed)
        player.opened.connect(self._on_opened)
        services.annotator_import.asked.connect(bar.warn)
        services.annotator_import.answered.connect(bar.helped)
        train, modelling = commands["train"], services.model_service
        modelling.model_missing.connect(lambda text: bar.warn(text, train))
        modelling.training_started.connect(lambda: bar.helped(train))
        bar.left.connect(docks.take_keyboard)
        window.installEventFilter(self)

    def _on_refused(self, text: str) -> None:
        if self._bar.topic.startswith(JOB):
            # What a file says is no older for a key that was pressed meanwhile.
            self._bar.warn(text)
            return
        with self._bar.about(EDIT):
            self._bar.warn(text)

    def _on_changed(self, change: Change) -> None:
        self._bar.settle(EDIT)
        if change.videos:
            for item in change.before.videos:
                if not change.after.has(item.id):
                    self._bar.settle(VIDEO + item.id)

    def _on_save_failed(self, text: str) -> None:
        if text:
            with self._bar.about(SAVE):
                self._bar.warn(text)

    # -- the file of the video ------------------------------------------------------

    def _on_failed(self, text: str) -> None:
        helps = self._find if self._services.player.missing else None
        with self._bar.about(VIDEO + self._services.session.video_id):
            self._bar.warn(text, helps)

    def _on_opened(self, info: Any) -> None:
        item, path = self._services.current_video.item, self._services.player.path
        with self._bar.about(VIDEO + self._services.session.video_id):
            if info.damage:
                self._bar.warn(info.damage)
            if item is not None and path is not None:
                try:
                    check_same_video(item, path, info.fingerprint)
                except SkelsegError as error:
                    self._bar.warn(str(error), self._find)

    def _on_found(self, text: str) -> None:
        self._bar.helped(self._find)
        self._bar.say(text)

    # -- what may be back -----------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look again for what is missing when one comes back to the window."""
        if event.type() == QEvent.Type.WindowActivate:
            self._look_again()
        return False

    def _look_again(self) -> None:
        services, item = self._services, self._services.current_video.item
        if services.missing_labels.videos and not _runs(self._for_labels):
            self._for_labels = services.missing_labels.look_again(quiet=True)
        if item is None or not services.player.missing or _runs(self._for_file):
            return
        source = services.video_files.source(item)
        if not isinstance(source, Path):
            return

        def show(there: bool) -> None:
            if (
                there
                and services.player.missing
                and services.current_video.item is item
            ):
                services.player.open(source)

        title = self.tr("Look for {}").format(source.name)
        self._for_file = services.jobs.start(title, _is_there(source), show)


def _runs(job: Job | None) -> bool:
    """Whether there is a job that goes on; one that was cancelled does not."""
    return job is not None and job.running


def _is_there(path: Path) -> Task[bool]:
    """Whether a file is where it was; of numbered images, whether their folder is."""
    yield Progress(path.name)
    file = media_path(path).file
    return os.path.exists(file.parent if "%" in file.name else file)

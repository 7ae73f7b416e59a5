"""Keep the log of effort: edits, looks and active time on each video of a project."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.kit.commands import command
from app.kit.notices import Notices
from app.kit.plural import plural
from app.kit.settings import Settings
from app.kit.threads import read_quickly
from app.state.current_video import CurrentVideo
from app.state.document import Change
from skelseg_core.errors import SkelsegError
from skelseg_core.project.project import VideoItem
from skelseg_core.review.effort_log import EffortLog, effort_log_path


class EffortKeeper(QObject):
    """Count what a person does, on this computer alone; signal changed.

    It can be switched off, and what was counted can be deleted.
    """

    changed = Signal()

    def __init__(
        self,
        current: CurrentVideo,
        settings: Settings,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        document, session = current.document, current.session
        self._document, self._session = document, session
        self._settings, self._notices = settings, notices
        uuid, root = document.project.uuid, document.folder.root
        # Its name holds the real path of the folder, whose disk may not answer.
        path = read_quickly(
            lambda: effort_log_path(uuid, root), effort_log_path(uuid, Path("/"))
        )
        self.log = EffortLog(path)
        self._place: object = None
        document.changed.connect(self._on_changed)
        document.saved.connect(self.save)
        session.frame_changed.connect(self._on_frame)
        session.selection_changed.connect(self._on_place)
        session.place_changed.connect(self._on_place)

    @property
    def on(self) -> bool:
        """Tell whether anything is counted."""
        return self._settings.effort_log

    @command("effort-log", "Log of effort", checked=lambda self: self.on)
    def toggle(self) -> None:
        """Begin or stop to count; what was counted stays until it is deleted."""
        self._settings.effort_log = not self.on
        self.changed.emit()

    @command("effort-delete", "Delete the log of effort")
    def delete(self) -> None:
        """Delete what was counted on the videos of this project."""
        try:
            self.log.delete()
        except OSError as error:
            self._notices.warn(str(error))
            return
        self._notices.say(self.tr("The log of effort of this project is deleted."))
        self.changed.emit()

    def text(self, item: VideoItem) -> str:
        """Write what the work on a video has taken; empty where nothing is known."""
        work = self.log.of(item.id)
        if not work.events and work.active_s < 1:
            return ""
        labelled = sum(s.class_id is not None for s in item.annotation.segments)
        parts = [
            self.tr("{} of work for {} of video").format(
                _minutes(work.active_s), _minutes(item.even_times.duration_s)
            ),
            plural("{n} edit(s)", work.events),
        ]
        if labelled:
            each = f"{work.events / labelled:.1f}"
            parts.append(self.tr("{} a segment").format(each))
        parts.append(plural("{n} place(s) looked at", work.places))
        return ", ".join(parts)

    def save(self, *_: object) -> None:
        """Write the log; one that cannot be written is no reason to disturb anybody."""
        with contextlib.suppress(OSError, SkelsegError):
            self.log.save()

    def _on_changed(self, change: Change) -> None:
        if not self.on:
            return
        for item in change.edited:
            before = change.before.find(item.id)
            if before is not None and before.annotation is not item.annotation:
                self.log.edit(item.id, time.monotonic())
        self.changed.emit()

    def _on_frame(self, _: int) -> None:
        if self.on and self._session.video_id:
            self.log.act(self._session.video_id, time.monotonic())

    def _on_place(self) -> None:
        session = self._session
        place: object = session.boundary
        if session.place is not None:
            place = session.place.start, session.place.stop
        if place is None or (session.video_id, place) == self._place:
            return
        self._place = session.video_id, place
        if self.on:
            self.log.look(session.video_id, time.monotonic())


def _minutes(seconds: float) -> str:
    """Write a duration as people say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"

"""Make backups of the project in a thread; list, compare and restore them."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.kit.notices import Notices
from app.kit.threads import Queue, wait_for_thread
from app.services.jobs import Jobs
from app.state.document import Change, Document, PreparedEdit
from app.state.session import Session
from skelseg_core.errors import SkelsegError
from skelseg_core.progress import Progress, Task
from skelseg_core.project.copies.backup_files import EVERY, Backup
from skelseg_core.project.copies.backups import Backups
from skelseg_core.project.copies.restoring import (
    Differences,
    changes_much,
    differences,
    restored,
    restored_missing,
    restored_video,
)
from skelseg_core.project.faults import as_sentence
from skelseg_core.project.project import Project

TOPIC = "backups"
LEAST_S = 60.0
"""Seconds after a backup in which giving half of a video other labels makes no new one:
in a short clip each edit may do that."""
CLOSING_S = 15.0
"""Seconds that closing waits for a backup; one that takes longer is given up."""
_NEVER = 2.0
"""Share of a video's frames that no edit can change."""


@dataclass(frozen=True)
class Compared:
    """A state of the project that was read again, and what differs from now.

    ``backup`` is None for the opening.
    """

    backup: Backup | None
    words: str
    then: Project
    differences: Differences


class BackupKeeper(QObject):
    """Keep backups of one project on this computer.

    A backup is made before the first edit of a session, by the hour while there are
    edits, and before an edit that changes much at once, always of the state before it.
    ``listed``, ``compared`` and ``found`` answer `look`, `compare`, `find_for_missing`.
    """

    listed = Signal(object)  # list of ListedBackup
    compared = Signal(object)  # Compared
    restored = Signal()
    made = Signal()
    found = Signal(object)  # Backup that holds missing label files, or None
    _failed = Signal(str)

    def __init__(
        self,
        document: Document,
        session: Session,
        jobs: Jobs,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._session = document, session
        self._jobs, self._notices = jobs, notices
        self._backups = Backups(document.folder, document.project.uuid)
        self._queue = Queue("backup")
        self._stop = threading.Event()
        self._last_s = float("-inf")
        self._edited = False
        self._change: Change | None = None
        self._step = document.undo_stack.index()
        self.opened_at = datetime.now().astimezone()
        document.changed.connect(self._on_changed)
        document.stepped.connect(self._on_stepped)
        document.moved.connect(self._on_moved)
        self._failed.connect(self._on_failed)

    def _do(self, work: Callable[[], None]) -> None:
        self._queue.put(partial(self._try, work))

    def _try(self, work: Callable[[], None]) -> None:
        """Do this in the thread, and say where that fails."""
        try:
            with as_sentence("{} was not backed up", self._document.folder.root):
                work()
        except SkelsegError as error:
            # The next edit tries again. The window may be gone meanwhile.
            with contextlib.suppress(RuntimeError):
                self._failed.emit(self.tr("No backup was made. {}").format(error))

    def _on_moved(self) -> None:
        document = self._document
        self._backups = Backups(document.folder, document.project.uuid)

    # -- made by itself ---------------------------------------------------------------

    def _on_changed(self, change: Change) -> None:
        self._change = change

    def _on_stepped(self) -> None:
        change, self._change = self._change, None
        stack = self._document.undo_stack
        before, self._step = self._step, stack.index()
        if change is None:
            return
        if self._step < before:
            text = self.tr("Undo {}").format(stack.text(self._step))
        elif self._step > before:
            text = stack.text(self._step - 1)
        else:
            # No step, or one that goes on; what others wrote comes in so.
            text = self.tr("what came in")
        due = self.tr("By the hour")
        if not self._edited:
            due = self.tr("Before the first edit of a session")
        self._edited = True
        reason = self.tr("Before: {}").format(text)
        self._do(partial(self._consider, change, reason, due))

    def _consider(self, change: Change, reason: str, due: str) -> None:
        """Make a backup of the state before an edit, where it is worth one."""
        since = time.monotonic() - self._last_s
        share = _NEVER if since < LEAST_S else 0.5
        if changes_much(change.before, change.after, share):
            self._keep(change.before, reason)
        elif since >= EVERY.total_seconds():
            self._keep(change.before, due)

    def _keep(self, project: Project, reason: str) -> None:
        task = self._backups.make(project, reason)
        for _ in task:
            if self._stop.is_set():
                task.close()
                return
        self._last_s = time.monotonic()
        self.made.emit()

    def _on_failed(self, text: str) -> None:
        self._notices.warn(text, about=TOPIC)

    def keep_before(self, step: str) -> None:
        """Make a backup of the project before a step that is about to be made."""
        self.keep(self.tr("Before: {}").format(step))

    def keep(self, reason: str) -> None:
        """Make a backup of the project as it is now, in a thread."""
        self._do(partial(self._keep, self._document.project, reason))

    def close(self) -> None:
        """Wait for the backup that is being made; give it up where it takes long.

        Where the person leaves while the disk hangs, it is given up at once.
        """
        self._queue.end()
        if not self._document.left_unsaved:
            wait_for_thread(self._queue.thread, CLOSING_S)
        self._stop.set()

    # -- looked at --------------------------------------------------------------------

    def look(self) -> None:
        """Read the list of the backups; ``listed`` has it."""
        title = self.tr("Read the backups")
        task = self._backups.listed(self._document.project)
        self._jobs.start(title, task, self.listed.emit)

    def compare(self, backup: Backup | None) -> None:
        """Compare the project with a backup, or with None as it was opened."""
        document = self._document
        task = _comparing(
            self._backups,
            backup,
            document.opened,
            document.project,
            self.words_of(backup),
        )
        self._jobs.start(self.tr("Compare with a backup"), task, self.compared.emit)

    def words_of(self, backup: Backup | None) -> str:
        """Name a backup by its time, or the opening."""
        if backup is None:
            return self.tr("the opening")
        return self.tr("the backup of {}").format(time_words(backup.made))

    def show_since(self, compared: Compared, video_id: str) -> None:
        """Look at a video, and at its changes since a state of the project."""
        backup = compared.backup
        self._session.set_video(video_id)
        if backup is None:
            self._session.set_since(None)
        else:
            self._session.set_since(compared.then, time_words(backup.made))

    # -- restored ---------------------------------------------------------------------

    def restore(self, compared: Compared) -> None:
        """Make the project what it was, in one step of undo."""
        text = self.tr("Restore {}").format(compared.words)
        done = self.tr("The project is as in {}; Undo takes that back.")
        self._restore(
            text, lambda now: restored(now, compared.then), done, compared.words
        )

    def restore_video(self, compared: Compared, video_id: str) -> None:
        """Make one video what it was, in one step of undo."""
        text = self.tr("Restore {} from {}").format(video_id, compared.words)
        done = self.tr("{} is as in {{}}; Undo takes that back.").format(video_id)
        self._restore(
            text,
            lambda now: restored_video(now, compared.then, video_id),
            done,
            compared.words,
        )

    def restore_missing(self, backup: Backup) -> None:
        """Fill in the labels whose files are gone from a backup."""
        words = self.words_of(backup)
        backups = self._backups

        def edit(now: Project) -> Task[Project]:
            then = yield from backups.then(backup, now)
            return restored_missing(now, then)

        self._start(
            self.tr("Restore missing labels from {}").format(words),
            edit,
            self.tr("The labels that were missing are as in {}.").format(words),
        )

    def _restore(
        self, text: str, edit: Callable[[Project], Project], done: str, words: str
    ) -> None:
        backups, reason = self._backups, self.tr("Before: {}").format(text)

        def restoring(now: Project) -> Task[Project]:
            yield from backups.make(now, reason)
            yield Progress(text)
            return edit(now)

        self._start(text, restoring, done.format(words))

    def _start(
        self, text: str, edit: Callable[[Project], Task[Project]], done: str
    ) -> None:
        """Compute an edit in a thread; start over if another edit came meanwhile."""
        document = self._document

        def show(made: PreparedEdit) -> None:
            if made.after == made.before:
                self._notices.say(self.tr("Nothing differs; nothing was changed."))
            elif not document.apply_prepared(made):
                self._start(text, edit, done)
                return
            elif document.project is made.after:
                self._notices.say(done)
            self.restored.emit()

        self._jobs.start(text, document.prepare(text, edit(document.project)), show)

    def find_for_missing(self) -> None:
        """Look for a backup that holds label files that are gone; ``found`` has it."""
        project, backups = self._document.project, self._backups
        title = self.tr("Look for missing labels in the backups")
        self._jobs.start(title, _looking(backups, project), self.found.emit)


def time_words(made: datetime) -> str:
    """Write a time of UTC as the clock on the wall shows it; the day if not today."""
    local, now = made.astimezone(), datetime.now().astimezone()
    words = "%H:%M" if local.date() == now.date() else "%Y-%m-%d %H:%M"
    return local.strftime(words)


def _comparing(
    backups: Backups, backup: Backup | None, opened: Project, now: Project, words: str
) -> Task[Compared]:
    yield Progress(words)
    then = opened if backup is None else (yield from backups.then(backup, now))
    return Compared(backup, words, then, differences(now, then))


def _looking(backups: Backups, project: Project) -> Task[Backup | None]:
    yield Progress("backups")
    return backups.holding(project)

"""Write the project into its files in a thread; try again until that is done."""

from __future__ import annotations

import contextlib
import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.kit.language import in_language
from app.kit.threads import begin, wait_until
from skelseg_core.errors import ProjectError, SkelsegError
from skelseg_core.project.faults import as_sentence, reason_of
from skelseg_core.project.folder import ProjectFolder, Saved
from skelseg_core.project.history.journal import Journal
from skelseg_core.project.project import Project

AUTOSAVE_MS = 1000
"""Milliseconds after the last edit until the project is saved."""
RETRY_S: tuple[float, ...] = (1, 2, 5, 10, 30)
"""Seconds after each failed save until the next; the last one from then on."""
SLOW_S = 10.0
"""Seconds that a save may take before it is said that the disk does not answer."""
_log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Save:
    """Hold a save that is under way, and what became of it."""

    snapshot: Project
    mark: int
    saved: Saved | None = None
    notes: Sequence[str] = ()
    error: SkelsegError | None = None
    ended: bool = False


class Saver(QObject):
    """Save snapshots of the project, one at a time, each in a thread of its own.

    A save that failed is tried again by itself, later each time (`RETRY_S`), and at
    once when `save` is called. ``current`` gives the project as it is shown, or None
    while it is being changed. ``on_disk`` is the project that was written last, and
    ``reason`` the few words why the last try failed, empty where it did not.

    One of ``saved`` and ``failed`` follows each ``saving``. What others changed in
    ``project.json`` meanwhile stays, and ``joined`` tells of it: what is shown lacks it
    until then.
    ``before_save`` is called in the thread, where a save is about to write an edit.
    """

    saving = Signal()
    saved = Signal(str)  # time of day
    failed = Signal(str)  # a sentence
    noted = Signal(str)
    joined = Signal(object, object)  # what was to be saved, and what was
    ended = Signal()  # however the save under way ended
    _ended = Signal(object)

    def __init__(
        self,
        folder: ProjectFolder,
        journal: Journal,
        current: Callable[[], Project | None],
        on_disk: Project,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.folder, self.journal, self.on_disk = folder, journal, on_disk
        self.reason, self.trouble = "", ""
        self.before_save: Callable[[], object] = lambda: None
        self._current = current
        self._running: _Save | None = None
        # Whether files may hold anything between two saves: the next one writes all.
        self._uncertain = False
        self._failures = 0
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(lambda: self.save())
        self._patience = QTimer(self, singleShot=True)
        self._patience.timeout.connect(self._on_slow)
        self._ended.connect(self._on_ended, Qt.ConnectionType.QueuedConnection)

    def is_saved(self, project: Project) -> bool:
        """Tell whether the project's files hold all of this value."""
        return project is self.on_disk and not self._uncertain

    @property
    def failing(self) -> bool:
        """True from a save that failed until one that does not."""
        return bool(self.trouble)

    @property
    def running(self) -> bool:
        """True while a save is under way."""
        return self._running is not None

    def soon(self) -> None:
        """Save in a second; where saving fails, when it is tried next."""
        if not self.failing:
            self._timer.start(AUTOSAVE_MS)

    def save(self, lost_too: bool = False) -> None:
        """Save what changed, now, in a thread; ``lost_too`` also what was deleted."""
        project = self._current()
        if self._running is not None:
            return  # what it lacks is saved next
        if project is None:
            self._timer.start(AUTOSAVE_MS)
            return
        self._timer.stop()
        if self.is_saved(project) and not lost_too:
            self._on_written([])
            return
        self._start(project)

    def _start(self, project: Project) -> None:
        self._running = run = _Save(project, self.journal.begin_save())
        previous = None if self._uncertain else self.on_disk
        self.saving.emit()
        self._patience.start(int(SLOW_S * 1000))
        begin(partial(self._write, run, previous), "save")

    def _write(self, run: _Save, previous: Project | None) -> None:
        """Write the files, in the thread of the save."""
        try:
            with as_sentence("{} could not be saved", self.folder.root):
                if run.snapshot is not previous:
                    self.before_save()
                run.saved = self.folder.save(run.snapshot, previous, self.on_disk)
                run.notes = run.saved.notes
        except SkelsegError as error:
            run.error = error
        run.ended = True
        # The window may be gone before a disk answers.
        with contextlib.suppress(RuntimeError):
            self._ended.emit(run)

    def _on_ended(self, run: _Save) -> None:
        if run is not self._running:
            return
        self._running = None
        self._patience.stop()
        if run.error is not None:
            self._fail(run.error)
        else:
            self._succeed(run)
        self.ended.emit()

    def _succeed(self, run: _Save) -> None:
        self.on_disk = run.snapshot if run.saved is None else run.saved.project
        self._uncertain = False
        try:
            self.journal.end_save(run.mark)
        except (SkelsegError, OSError):
            # What it holds still leads to what is saved.
            _log.warning("the journal was not emptied", exc_info=True)
        if self.on_disk is not run.snapshot:
            self.joined.emit(run.snapshot, self.on_disk)
        self._on_written(run.notes)

    def _on_written(self, notes: Sequence[str]) -> None:
        self._failures, self.reason, self.trouble = 0, "", ""
        for note in notes:
            self.noted.emit(in_language(note))
        self.saved.emit(datetime.now().strftime("%H:%M:%S"))
        project = self._current()
        if project is None or not self.is_saved(project):
            self.soon()

    def _fail(self, error: SkelsegError) -> None:
        self._uncertain = True
        self.reason, self.trouble = reason_of(error), in_language(error)
        wait_s = RETRY_S[min(self._failures, len(RETRY_S) - 1)]
        self._failures += 1
        self._timer.start(int(wait_s * 1000))
        self.failed.emit(self.trouble)

    def _on_slow(self) -> None:
        """Say that a save hangs; it may still end."""
        self.reason = self.tr("its disk does not answer")
        self.trouble = self.tr(
            "{} is not saved yet: its disk does not answer. Your edits are in the "
            "journal on this computer. Check the disk or save a copy."
        ).format(self.folder.root)
        self.failed.emit(self.trouble)

    def finish(self, at_most_s: float = math.inf) -> None:
        """Save what changed, and wait for it.

        Raises
        ------
        SkelsegError
            Where that fails, or takes longer than ``at_most_s``.
        """
        until = time.monotonic() + at_most_s
        self._wait(until)
        wait_until(lambda: self._current() is not None, until - time.monotonic())
        project = self._current()
        self._timer.stop()
        if project is None:
            raise ProjectError(self._still())
        if not self.is_saved(project):
            self._start(project)
            self._wait(until)
            if self.failing or self._running is not None:
                raise ProjectError(self.trouble or self._still())
            return
        self._write_lost(until)

    def _wait(self, until: float) -> None:
        """Wait for the save that is under way; raise where it takes too long."""
        wait_until(lambda: self._running is None, until - time.monotonic())
        if self._running is not None:
            raise ProjectError(self._still())

    def _still(self) -> str:
        text = self.tr("{} is still being saved: its disk does not answer.")
        return text.format(self.folder.root)

    def _write_lost(self, until: float) -> None:
        """Write label files again that were taken away since they were saved."""
        run = _Save(self.on_disk, 0)

        def write() -> None:
            try:
                with as_sentence("{} could not be saved", self.folder.root):
                    run.notes = self.folder.write_lost(run.snapshot)
            except SkelsegError as error:
                run.error = error
            run.ended = True

        begin(write, "save")
        wait_until(lambda: run.ended, until - time.monotonic())
        if run.error is not None or not run.ended:
            raise run.error or ProjectError(self._still())
        for note in run.notes:
            self.noted.emit(in_language(note))

    def stop(self) -> None:
        """Save nothing more; what becomes of a save under way is no news any more."""
        self._running = None
        self._timer.stop()
        self._patience.stop()

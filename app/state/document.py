"""Own the project value that is open, its undo stack, journal and saving."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from PySide6.QtCore import QLockFile, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from app.kit.commands import command
from app.kit.plural import plural
from app.kit.threads import run_in_thread_and_wait, wait_until
from skelseg_core.errors import ProjectError, SkelsegError
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder, check_text
from skelseg_core.project.journal import Journal, PreparedRecord, journal_path
from skelseg_core.project.project import (
    ANNOTATION,
    Project,
    VideoItem,
    changed_videos,
    edit_lane,
    same_ids,
)
from skelseg_core.project.recovery import RecoveredEdits, recover

AUTOSAVE_MS = 1000
"""Milliseconds after the last edit until the project is saved."""
LARGE_SEGMENTS = 5000
"""Segments in all from which on an edit is recorded in a thread."""
Edit = Callable[[Project], Project]


@dataclass(frozen=True)
class Change:
    """Compare the project before and after an edit, for views that it may touch."""

    before: Project
    after: Project

    @property
    def label_map(self) -> bool:
        """Tell whether a class changed."""
        return self.before.label_map is not self.after.label_map

    @property
    def videos(self) -> bool:
        """Tell whether the list of videos changed."""
        return not same_ids(self.before, self.after)

    @cached_property
    def edited(self) -> tuple[VideoItem, ...]:
        """Return the videos that are new or changed, as they are now."""
        return changed_videos(self.before, self.after)

    def touches(self, video_id: str) -> bool:
        """Tell whether anything of this video changed: lanes, subject, colours."""
        before, after = self._of(video_id)
        return self.label_map or before is not after

    def only_annotation(self, video_id: str) -> bool:
        """Tell whether nothing of this video changed but its annotation."""
        before, after = self._of(video_id)
        if self.label_map or before is None or after is None:
            return False
        if before.n_frames != after.n_frames:
            return False
        same = replace(after, lanes={**after.lanes, ANNOTATION: before.annotation})
        return same == before

    def _of(self, video_id: str) -> tuple[VideoItem | None, VideoItem | None]:
        """Return the video before and after."""
        return self.before.find(video_id), self.after.find(video_id)


@dataclass(frozen=True)
class PreparedEdit:
    """Hold an edit that was made of ``before`` in a thread, and its record."""

    text: str
    before: Project
    after: Project
    record: PreparedRecord


def _is_large(before: Project, after: Project) -> bool:
    """Tell whether enough segments change to make the record in a thread."""
    n = 0
    for item in changed_videos(before, after):
        old = before.find(item.id)
        was = {} if old is None else old.lanes
        for name, lane in item.lanes.items():
            if was.get(name) is not lane:
                n += lane.class_counts.total()
        if n > LARGE_SEGMENTS:
            return True
    return False


class _Swap(QUndoCommand):
    """Exchange two project values: the one kind of undo step of the program."""

    def __init__(
        self, document: Document, text: str, before: Project, after: Project, merge: str
    ) -> None:
        super().__init__(text)
        self.document, self.before, self.after, self.merge = (
            document,
            before,
            after,
            merge,
        )

    def redo(self) -> None:
        self.document.swap(self.text(), self.after)

    def undo(self) -> None:
        self.document.swap(f"Undo {self.text()}", self.before)

    def id(self) -> int:
        return 1 if self.merge else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Swap) or other.merge != self.merge:
            return False
        self.after = other.after
        # PySide never lets go of a command that was merged: it must hold nothing.
        del other.document, other.before, other.after
        return True


class Document(QObject):
    """Own the open project; signal changed, then saving and saved or save_failed.

    Every edit goes through `apply`: the new value is computed first, recorded in the
    journal, and only then shown; ``stepped`` says that the history has come along, too,
    ``undone`` and ``redone`` which step a person took back or made again. An edit that
    is refused is a ``problem``; what became of others' files is ``noted``.
    Saving writes a snapshot in a thread; ``saved_step`` is the step of the history that
    the files hold, -1 where that is none of them.
    """

    changed = Signal(object)
    stepped = Signal()
    undone = Signal(str, object)  # text of the step, Change
    redone = Signal(str, object)
    saving = Signal()
    saved = Signal(str)
    save_failed = Signal(str)
    problem = Signal(str)
    noted = Signal(str)
    closing = Signal()
    _save_done = Signal(object)

    def __init__(
        self,
        folder: ProjectFolder,
        project: Project,
        journal: Journal,
        lock: QLockFile,
        parent: QObject | None = None,
        on_disk: Project | None = None,
    ) -> None:
        super().__init__(parent)
        self.folder = folder
        self.undo_stack = QUndoStack(self)
        self.undo_stack.indexChanged.connect(self._on_index)
        self.recovered = 0
        self.notes: list[str] = []
        self._project = project
        self._on_disk = on_disk or project
        self._jumping: Project | None = None
        self._swapping = False
        self.saved_step = -1 if self.unsaved else 0
        self.journal = journal
        self.lock = lock
        self._saver = ThreadPoolExecutor(1, thread_name_prefix="save")
        self._saving: Future[list[str]] | None = None
        self.autosave = QTimer(self)
        self.autosave.setSingleShot(True)
        self.autosave.setInterval(AUTOSAVE_MS)
        self.autosave.timeout.connect(self.save)
        self._save_done.connect(self._on_save_done, Qt.ConnectionType.QueuedConnection)

    @property
    def project(self) -> Project:
        """Return the project value that is shown now."""
        return self._project

    @property
    def unsaved(self) -> bool:
        """Tell whether the project's files lack an edit (the journal never does)."""
        return self._project is not self._on_disk

    def apply(self, text: str, edit: Edit, merge: str = "") -> bool:
        """Make one undoable edit; False where it was refused or changed nothing."""
        if self._swapping:
            return False  # only timers come here meanwhile: keys wait
        before = self._project
        try:
            after = edit(before)
            if after is before or after == before:
                return False
            # Redo only swaps: record first, for the undo stack cannot refuse a step.
            self.journal.record(text, before, after)
        except SkelsegError as error:
            self.problem.emit(str(error))
            return False
        self._push(text, after, merge)
        return True

    def prepare(self, text: str, task: Task[Project]) -> Task[PreparedEdit]:
        """Make an edit that takes long, to be run in a thread, for `apply_prepared`.

        ``task`` makes the new value of the project as it is now.
        """
        before = self._project
        return self._preparing(text, before, task)

    def _preparing(
        self, text: str, before: Project, task: Task[Project]
    ) -> Task[PreparedEdit]:
        after = yield from task
        yield Progress(self.tr("keeping the labels of before"))
        _ = after.totals
        record = self.journal.prepared(text, before, after)
        return PreparedEdit(text, before, after, record)

    def apply_prepared(self, edit: PreparedEdit) -> bool:
        """Make an edit that was prepared; False where another edit came between."""
        if self._project is not edit.before or self._swapping:
            return False
        try:
            self._record_in_thread(lambda: self.journal.append(edit.record))
        except SkelsegError as error:
            self.problem.emit(str(error))
            return True
        self._push(edit.text, edit.after)
        return True

    def _record_in_thread(self, record: Callable[[], None]) -> None:
        """Write a large record in a thread; no edit and no save comes between."""
        self._swapping = True
        try:
            run_in_thread_and_wait(record)
        finally:
            self._swapping = False

    def _push(self, text: str, after: Project, merge: str = "") -> None:
        before = self._project
        self._show(after)
        step = self.undo_stack.index()
        self.undo_stack.push(_Swap(self, text, before, after, merge))
        # The saved step was cut off, or grew by merging. `QUndoStack.setClean` cannot
        # be used: it keeps later edits from merging.
        grown = self.undo_stack.index() == step
        if self.saved_step > step or (grown and self.saved_step == step):
            self.saved_step = -1

    def edit_lane(
        self,
        text: str,
        video_id: str,
        edit: Callable[[Segmentation], Segmentation],
        merge: str = "",
    ) -> bool:
        """Make one undoable edit of a video's annotation."""
        return self.apply(text, lambda p: edit_lane(p, video_id, edit), merge)

    def can_show(self, video_id: str) -> bool:
        """Read the lanes of a video; say what keeps them from being read, if anything.

        Where a file was changed or taken away since the project was opened, nobody
        knows what its lane is.
        """
        item = self._project.find(video_id)
        try:
            for lane in item.lanes.values() if item is not None else ():
                _ = lane.segments
        except SkelsegError as error:
            self.problem.emit(str(error))
            return False
        return True

    @command(
        "undo",
        "Undo",
        "Ctrl+Z",
        enabled=lambda self: self.undo_stack.canUndo(),
        icon="undo",
    )
    def undo(self) -> None:
        """Take the last step back."""
        if self.undo_stack.canUndo():
            self.go_to(self.undo_stack.index() - 1)

    @command(
        "redo",
        "Redo",
        "Ctrl+Shift+Z",
        "Ctrl+Y",
        enabled=lambda self: self.undo_stack.canRedo(),
        icon="redo",
    )
    def redo(self) -> None:
        """Make the step that was taken back last again."""
        if self.undo_stack.canRedo():
            self.go_to(self.undo_stack.index() + 1)

    def go_to(self, step: int) -> None:
        """Undo or redo to a step of the history; told once, however far it is."""
        before, start = self._project, self.undo_stack.index()
        if step == start:
            return
        text = self.undo_stack.text(min(step, start))
        if abs(step - start) > 1:
            text = plural("{n} step(s)", abs(step - start))
        self._jumping = self._project
        try:
            self.undo_stack.setIndex(step)
        finally:
            target, self._jumping = self._jumping, None
        self.swap(f"Go to step {step}", target)
        self.stepped.emit()
        told = self.undone if step < start else self.redone
        told.emit(text, Change(before, self._project))

    def _on_index(self, _: int) -> None:
        if self._jumping is None:
            self.stepped.emit()

    def swap(self, text: str, value: Project) -> None:
        """Show another state of the project and record that it is shown."""
        if self._jumping is not None:
            self._jumping = value
            return
        if value is self._project:
            return
        before, journal = self._project, self.journal
        try:
            if _is_large(before, value):
                self._record_in_thread(
                    lambda: journal.append(journal.prepared(text, before, value))
                )
            else:
                journal.record(text, before, value)
        except SkelsegError as error:
            self.problem.emit(str(error))
        self._show(value)

    def _show(self, value: Project) -> None:
        before, self._project = self._project, value
        self.autosave.start()
        self.changed.emit(Change(before, value))

    def save_soon(self) -> None:
        """Save the project in a second."""
        self.autosave.start()

    @command("save", "Save", "Ctrl+S")
    def save(self) -> None:
        """Save what changed into the project's files, in a thread."""
        if self._saving is not None or self._swapping:
            self.autosave.start()
            return
        self.autosave.stop()
        if not self.unsaved:
            self.saved.emit(_now())
            return
        snapshot, previous = self._project, self._on_disk
        mark = self.journal.begin_save()
        self.saving.emit()
        self._saving = self._saver.submit(self.folder.save, snapshot, previous)
        self._saving.add_done_callback(
            lambda future: self._save_done.emit((future, snapshot, mark))
        )

    def _on_save_done(self, what: tuple[Future[list[str]], Project, int]) -> None:
        future, snapshot, mark = what
        if self._saving is not future:
            return
        self._saving = None
        try:
            notes = future.result()
            self._on_disk = snapshot
            self.journal.end_save(mark)
            if not self.unsaved:
                self.saved_step = self.undo_stack.index()
        except SkelsegError as error:
            self.save_failed.emit(str(error))
            return
        except Exception:
            self.save_failed.emit("")
            raise
        for note in notes:
            self.noted.emit(note)
        self.saved.emit(_now())

    def save_now(self) -> None:
        """Save what changed and wait for it; raises ProjectError where saving fails."""
        self.autosave.stop()
        pending, self._saving = self._saving, None
        if pending is not None:
            wait_until(pending.done)
        # A pending save may or may not have got through: then write it all again,
        # even where an undo led back to what had been on disk before it.
        if pending is not None or self.unsaved:
            mark, snapshot = self.journal.begin_save(), self._project
            previous = None if pending is not None else self._on_disk
            writing = self._saver.submit(self.folder.save, snapshot, previous)
            wait_until(writing.done)
            for note in writing.result():
                self.noted.emit(note)
            self._on_disk = snapshot
            self.journal.end_save(mark)
            return
        # What was saved long ago may have been taken away since.
        looking = self._saver.submit(self.folder.write_lost, self._project)
        wait_until(looking.done)
        for note in looking.result():
            self.noted.emit(note)

    def close(self) -> None:
        """Save and let go of the project; what cannot be saved stays in the journal."""
        self.closing.emit()
        # The stack reports its own clearing while it is torn down.
        self.undo_stack.indexChanged.disconnect(self._on_index)
        try:
            self.save_now()
        finally:
            # Left to Python's collector, steps and stack are deleted in any order, and
            # Qt deletes steps again that are gone already.
            self.undo_stack.clear()
            # What came while it was saved stays in the journal.
            self.autosave.stop()
            self._saver.shutdown(wait=True)
            self.journal.close()
            self.lock.unlock()


def open_document(folder: ProjectFolder, parent: QObject | None = None) -> Document:
    """Open a project, with the edits that a killed session did not get to save.

    Raises
    ------
    SkelsegError
        Where it is no project, is damaged, or is open in another window.
    """
    lock, journal, found = run_in_thread_and_wait(lambda: _read(folder))
    document = Document(folder, found.project, journal, lock, parent, found.on_disk)
    document.recovered = found.n_edits
    document.notes = [*folder.notes, *found.notes]
    if document.unsaved:
        document.save_soon()
    return document


def _read(folder: ProjectFolder) -> tuple[QLockFile, Journal, RecoveredEdits]:
    """Lock and read a project, with what a killed session did not get to save."""
    lock = _lock(folder)
    try:
        project = folder.load()
        journal = Journal(journal_path(project.uuid, folder.root), folder)
        found = recover(folder, project, journal)
        _ = found.project.totals  # counted here, where nobody waits
    except BaseException:
        lock.unlock()
        raise
    return lock, journal, found


def _lock(folder: ProjectFolder) -> QLockFile:
    check_text(str(folder.root))
    if not folder.project_file.is_file():
        folder.load()  # says what is wrong
    lock = QLockFile(str(folder.root / ".lock"))
    # With the default another host may take a lock that is 30 s old.
    lock.setStaleLockTime(0)
    if not lock.tryLock(0):
        if lock.error() == QLockFile.LockError.LockFailedError:
            raise ProjectError(
                "{} is open in another window; close it there first.", folder.root.name
            )
        raise ProjectError(
            "{} cannot be written; copy the project to a folder where you may write.",
            folder.root,
        )
    return lock


def _now() -> str:
    return datetime.now().strftime("%H:%M:%S")

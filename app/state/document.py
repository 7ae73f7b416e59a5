"""Own the project value that is open, its undo stack, journal and saving."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, QSignalBlocker, QTimer, Signal
from PySide6.QtGui import QUndoStack

from app.kit.commands import command
from app.kit.language import in_language
from app.kit.plural import plural
from app.kit.threads import (
    Wait,
    read_quickly,
    run_in_thread,
    run_in_thread_and_wait,
    wait_until,
)
from app.state.earlier_history import EarlierHistory
from app.state.saving_thread import Saver
from app.state.undo_steps import (
    Edited,
    Step,
    StepBefore,
    fitting,
    grows,
    steps_of,
    values_at,
)
from skelseg_core.errors import SkelsegError
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import Progress, Task
from skelseg_core.project.changes_by_others import OutsideChange, TakenIn, take_in
from skelseg_core.project.class_edits import ids_added
from skelseg_core.project.faults import as_sentence, why_read_only
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.folder_paths import check_text
from skelseg_core.project.history.earlier_steps import EarlierSteps
from skelseg_core.project.history.journal import Journal, PreparedRecord
from skelseg_core.project.history.recovered_edits import RecoveredEdits
from skelseg_core.project.history.recovery import recover
from skelseg_core.project.history.session_journals import begin_journal
from skelseg_core.project.holds.claims import Claims
from skelseg_core.project.lost_tracks import LostTrack, find_lost_tracks
from skelseg_core.project.part_changes import (
    PartChange,
    is_of_classes,
    lane_part,
    track_of_part,
)
from skelseg_core.project.parts import (
    changed_parts,
    n_changed,
    with_classes_kept,
    with_parts,
)
from skelseg_core.project.project import (
    ANNOTATION,
    Project,
    Track,
    changed_tracks,
    edit_lane,
    same_ids,
)

LABELS_S = 2.0
"""Seconds that a video waits for its labels; the one before stays shown then."""
LET_GO_S = 1.0
"""Seconds that closing waits for the disk to take claims away."""
SOON_MS = 50
"""Milliseconds until labels of others are shown where an edit is being recorded."""
LARGE_SEGMENTS = 5000
"""Segments before and after an edit from which on it is recorded in a thread: they take
20 ms."""
Edit = Callable[[Project], Project]
T = TypeVar("T")


@dataclass(frozen=True)
class Change:
    """Say what an edit changed, for views that it may touch.

    ``parts`` are the changes as the journal has them: they are found once, and nobody
    compares the projects again.
    """

    before: Project
    after: Project
    parts: Mapping[str, PartChange]

    @cached_property
    def classes(self) -> bool:
        """Tell whether a class changed, or a tier."""
        return any(map(is_of_classes, self.parts))

    @cached_property
    def blind(self) -> bool:
        """Tell whether other lanes may be shown than before, of all videos."""
        return "blind" in self.parts

    @cached_property
    def videos(self) -> bool:
        """Tell whether the list of videos, or of their tracks, changed."""
        return not same_ids(self.before, self.after)

    @cached_property
    def edited(self) -> tuple[Track, ...]:
        """Return the tracks that are new or changed, as they are now."""
        return changed_tracks(self.before, self.after)

    @cached_property
    def gone(self) -> tuple[Track, ...]:
        """Return the tracks that are not in the project any more."""
        there = self.before.tracks if self.videos else ()
        return tuple(track for track in there if not self.after.has(track.id))

    @cached_property
    def tracks(self) -> frozenset[str]:
        """Ids of the tracks that are new, changed or gone."""
        return frozenset(track.id for track in (*self.edited, *self.gone))

    @cached_property
    def relabelled(self) -> frozenset[str]:
        """Ids of the tracks of which nothing changed but the annotation."""
        if self.classes or self.blind:
            return frozenset()
        n = Counter(map(track_of_part, self.parts))
        return frozenset(t for t in self.tracks if n[t] == 1 and self._is_relabelled(t))

    def _is_relabelled(self, track: str) -> bool:
        lane = self.parts.get(lane_part(track, ANNOTATION))
        return lane is not None and None not in (lane.old, lane.new)

    @cached_property
    def only_labels(self) -> bool:
        """Tell whether nothing changed but annotations, as by most edits."""
        return len(self.parts) == len(self.tracks) == len(self.relabelled)

    def touches(self, track: str) -> bool:
        """Tell whether anything of this track changed: lanes, subject, colours."""
        return self.classes or self.blind or track in self.tracks


@dataclass(frozen=True)
class PreparedEdit:
    """Hold an edit that was made of ``before`` in a thread, and its record."""

    text: str
    before: Project
    after: Project
    changes: Mapping[str, PartChange]
    record: PreparedRecord


def _said_of_move(steps: list[Step], start: int, step: int) -> dict[str, str]:
    """Write which steps are taken back or made again, for the journal."""
    if step < start:
        return {"undone": steps[step].record}
    return {"redone": steps[step - 1].record}


def _is_large(changes: Mapping[str, PartChange]) -> bool:
    """Tell whether so many segments change that the record is made in a thread."""
    n = 0
    for part, change in changes.items():
        n += n_changed(part, change, LARGE_SEGMENTS)
        if n > LARGE_SEGMENTS:
            return True
    return False


class Document(QObject):
    """Own the open project; signal changed, then saving and saved or save_failed.

    Every edit goes through `apply`: the new value is computed first, recorded in the
    journal, and only then shown; ``stepped`` says that the history has come along, too,
    ``undone`` and ``redone`` which step a person took back or made again. An edit that
    is refused is a ``problem``; what became of others' files is ``noted``.
    The `Saver` writes snapshots; ``saved_step`` is the step of the history that
    the files hold, -1 where that is none of them. ``read_only`` is the sentence why
    nothing can be edited, or empty.
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

    def __init__(
        self,
        folder: ProjectFolder,
        project: Project,
        journal: Journal,
        claims: Claims,
        parent: QObject | None = None,
        on_disk: Project | None = None,
    ) -> None:
        super().__init__(parent)
        self.folder = folder
        self.undo_stack = QUndoStack(self)
        self.undo_stack.indexChanged.connect(self._on_index)
        self.recovered = 0
        # Steps of earlier sessions at the bottom of the stack.
        self.n_below = 0
        self.read_only = ""
        # Whether a person leaves though it is not saved: nothing is waited for.
        self.left_unsaved = False
        self.notes: list[str] = []
        # The value that is shown now: `_show` alone gives another.
        self.project = project
        self._is_counting = self._swapping = False
        self._index = 0
        self.known_models: tuple[str, ...] = ()
        # Label files of tracks that the project lacked when it was opened.
        self.lost_tracks: tuple[LostTrack, ...] = ()
        # What others wrote, and is not shown yet.
        self._outside: list[tuple[Project, Project, OutsideChange | None]] = []
        self.journal = journal
        self.claims = claims
        # Raises where an edit may not be made: somebody else labels the video.
        self.guard: Callable[[Project, Project], object] = lambda *_: None
        # Add to an edit what belongs to it, as one step: whose labels they are.
        self.amendments: list[Callable[[Project, Project], Project]] = []
        self.saver = saver = Saver(
            folder, journal, self._settled, on_disk or project, self
        )
        self.saved_step = -1 if self.unsaved else 0
        saver.saving.connect(self.saving)
        saver.saved.connect(self._on_saved)
        saver.failed.connect(self.save_failed)
        saver.noted.connect(self.noted)
        saver.joined.connect(self.take_in)
        self.history = EarlierHistory(self, self)
        self.closing.connect(self.history.stop)

    @property
    def step(self) -> int:
        """Count the steps of this session that are in effect.

        Negative where steps of earlier sessions were taken back. Unlike the index of
        the stack it stays the same when those are put below (`put_below`).
        """
        return self.undo_stack.index() - self.n_below

    @property
    def is_busy(self) -> bool:
        """True while a thread records or takes in: an edit made now is refused."""
        return self._swapping

    @property
    def unsaved(self) -> bool:
        """Tell whether the project's files lack an edit (the journal never does)."""
        return not self.saver.is_saved(self.project)

    def model_names(self) -> tuple[str, ...]:
        """List the models of the project, the newest first.

        As they were known before, where the disk does not answer.
        """
        self.known_models = read_quickly(self.folder.model_names, self.known_models)
        return self.known_models

    def _settled(self) -> Project | None:
        """Return the project, or None while a thread records what becomes of it.

        Nor may it be saved while it lacks what others wrote into its files.
        """
        return None if self._swapping or self._outside else self.project

    def apply(self, text: str, edit: Edit, merge: str = "") -> bool:
        """Make one undoable edit; False where it was refused or changed nothing."""
        if not self._may_edit():
            return False
        if self._swapping:
            # Only timers come here: keys and results of jobs wait.
            refusal = self.tr("'{}' was not done: another edit was running.")
            self.problem.emit(refusal.format(text))
            return False
        before = self.project
        try:
            after = self._made(before, edit)
            if after is before or after == before:
                return False
            for amend in self.amendments:
                after = amend(before, after)
            self.guard(before, after)
            changes = changed_parts(before, after)
            said = {"grows": True} if grows(self.undo_stack, merge) else {}
            record = self.journal.record(text, changes, said)
        except SkelsegError as error:
            self.problem.emit(in_language(error))
            return False
        self._push(Edited(text, record, changes, merge), Change(before, after, changes))
        return True

    def _made(self, before: Project, edit: Edit) -> Project:
        """Make an edit; classes that it adds get ids that nobody else gives to others.

        Raises
        ------
        SkelsegError
            Where it is refused, or the project's folder cannot be written.
        """
        after = edit(before)
        if not ids_added(before, after):
            return after
        return self._in_thread(lambda: self.folder.edited(before, edit))

    def _may_edit(self) -> bool:
        """Return whether edits are possible; say why where they are not."""
        if self.read_only:
            self.problem.emit(self.read_only)
        return not self.read_only

    def prepare(self, text: str, task: Task[Project]) -> Task[PreparedEdit]:
        """Make an edit that takes long, to be run in a thread, for `apply_prepared`.

        ``task`` makes the new value of the project as it is now.
        """
        before = self.project
        return self._preparing(text, before, task)

    def _preparing(
        self, text: str, before: Project, task: Task[Project]
    ) -> Task[PreparedEdit]:
        after = yield from task
        self.folder.keep_ids(before, after)
        yield Progress(self.tr("keeping the earlier labels"))
        _ = after.totals
        changes = changed_parts(before, after)
        record = self.journal.prepared(text, changes)
        return PreparedEdit(text, before, after, changes, record)

    def apply_prepared(self, edit: PreparedEdit) -> bool:
        """Make an edit that was prepared; False where another edit came between."""
        if self.project is not edit.before or self._swapping:
            return False
        if not self._may_edit():
            return True
        try:
            self.guard(edit.before, edit.after)
            record = self._in_thread(lambda: self.journal.append(edit.record))
        except SkelsegError as error:
            self.problem.emit(in_language(error))
            return True
        change = Change(edit.before, edit.after, edit.changes)
        self._push(Edited(edit.text, record, edit.changes), change)
        return True

    def _in_thread(self, work: Callable[[], T]) -> T:
        """Wait for a thread that writes; no edit and no save comes between."""
        self._swapping = True
        try:
            return run_in_thread_and_wait(work)
        finally:
            self._swapping = False

    def _push(self, made: Edited, change: Change) -> None:
        self._show(change)
        step = self.undo_stack.index()
        with self._counting():
            self.undo_stack.push(made)
        # The saved step was cut off, or grew by merging. `QUndoStack.setClean` cannot
        # be used: it keeps later edits from merging.
        grown = self.undo_stack.index() == step
        if self.saved_step > step or (grown and self.saved_step == step):
            self.saved_step = -1
        self.stepped.emit()

    def _let_go(self) -> None:
        """Close the journal and release the claims."""
        self.journal.close()
        # On a disk that does not answer nobody waits for it.
        run_in_thread(self.claims.close, LET_GO_S)

    def edit_lane(
        self,
        text: str,
        video_id: str,
        edit: Callable[[Segmentation], Segmentation],
        merge: str = "",
    ) -> bool:
        """Make one undoable edit of a video's annotation."""
        return self.apply(text, lambda p: edit_lane(p, video_id, edit), merge)

    def put_below(self, found: EarlierSteps) -> None:
        """Put the steps of earlier sessions below those of this one."""
        stack, index = self.undo_stack, self.undo_stack.index()
        own = [step.copy() for step in steps_of(stack)]
        below = [StepBefore(step) for step in found.done]
        # What was undone then cannot be made again once something else was made.
        undone = [StepBefore(s) for s in (() if own else found.undone)]
        if self.saved_step >= 0:
            self.saved_step += len(below)
        self._rebuild([*below, *own, *undone], len(below) + index, len(below))
        self.stepped.emit()

    def _rebuild(self, steps: Collection[Step], index: int, n_below: int) -> None:
        """Put other steps into the stack; what is shown stays."""
        stack = self.undo_stack
        with self._counting(), QSignalBlocker(stack):
            stack.clear()
            for step in steps:
                stack.push(step)
            stack.setIndex(index)
        self.n_below = n_below
        with self._counting():
            stack.indexChanged.emit(stack.index())

    def can_show(self, video_id: str) -> bool:
        """Read the lanes of a video; say what keeps them from being read, if anything.

        Where a file was changed or taken away since the project was opened, nobody
        knows what its lane is.
        """
        item = self.project.find(video_id)
        told: list[str] = []

        def read() -> None:
            try:
                with as_sentence("{} cannot be read", self.folder.root):
                    for lane in item.lanes.values() if item is not None else ():
                        _ = lane.segments
            except SkelsegError as error:
                told.append(in_language(error))

        if not run_in_thread(read, LABELS_S):
            text = self.tr(
                "The labels of {} are not read yet: the disk of {} does not answer. "
                "Choose the video again later."
            )
            told.append(text.format(video_id, self.folder.root))
        for text in told:
            self.problem.emit(text)
        return not told

    @command(
        "undo",
        "Undo",
        "Ctrl+Z",
        enabled=lambda self: self.undo_stack.canUndo(),
        icon="undo",
        acts_on="history",
        reviews="As before that step",
        held=True,
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
        acts_on="history",
        reviews="As before that step",
        held=True,
    )
    def redo(self) -> None:
        """Make the step that was taken back last again."""
        if self.undo_stack.canRedo():
            self.go_to(self.undo_stack.index() + 1)

    def go_to(self, step: int) -> None:
        """Undo or redo to a step of the history; told once, however far it is."""
        start, change = self.undo_stack.index(), None
        if step != start and not self._swapping:
            change = self._moved(start, step)
        if change is None:
            return
        text = self.undo_stack.text(min(step, start))
        if abs(step - start) > 1:
            text = plural("{n} step(s)", abs(step - start))
        with self._counting():
            self.undo_stack.setIndex(step)
        self._show(change)
        self.stepped.emit()
        told = self.undone if step < start else self.redone
        told.emit(text, change)

    def _moved(self, start: int, step: int) -> Change | None:
        """Record the move to a step; return what it changes, None if refused."""
        text = self.undo_stack.text(min(step, start))
        if step < start:
            text = f"Undo {text}"
        steps, before, journal = steps_of(self.undo_stack), self.project, self.journal
        said = _said_of_move(steps, start, step)
        try:
            values = values_at(steps, start, step, before)
            after = with_parts(before, values, self.folder)
            lanes = [v for v in values.values() if isinstance(v, Segmentation)]
            after, back = with_classes_kept(before, after, lanes)
            self.guard(before, after)
            changes = changed_parts(before, after)
            if _is_large(changes):
                self._in_thread(
                    lambda: journal.append(journal.prepared(text, changes, said))
                )
            else:
                journal.record(text, changes, said)
        except SkelsegError as error:
            self.problem.emit(in_language(error))
            return None
        for name in back:
            said_back = self.tr("The class '{}' is back, because labels use it.")
            self.noted.emit(said_back.format(name))
        return Change(before, after, changes)

    def _on_index(self, index: int) -> None:
        """Follow where the stack was moved by others than `go_to`."""
        if self._is_counting:
            return
        start, self._index = self._index, index
        if start > self.undo_stack.count():
            self.stepped.emit()  # it was emptied
            return
        change = self._moved(start, index)
        if change is None:
            with self._counting():
                self.undo_stack.setIndex(start)
            return
        self._show(change)
        self.stepped.emit()

    # -- what others wrote into the files -------------------------------------------

    def take_in(
        self, known: Project, theirs: Project, change: OutsideChange | None = None
    ) -> None:
        """Show what others wrote; no step leads back.

        Parts of which an edit is in no file yet stay as they are, and what others wrote
        there is kept beside.

        Parameters
        ----------
        known, theirs : Project
            What the project's files were known to hold, and what they hold.
        change : OutsideChange, optional
            Where they were read, which is noted as seen.
        """
        self._outside.append((known, theirs, change))
        self._take_next()

    @property
    def is_taking_in(self) -> bool:
        """True while what others wrote is not shown yet."""
        return bool(self._outside)

    def write_lost(self) -> None:
        """Write label files again that were deleted, in a thread."""
        self.saver.save(lost_too=True)

    def _take_next(self) -> None:
        if not self._outside:
            return
        if self._swapping:
            QTimer.singleShot(SOON_MS, self, self._take_next)
            return
        known, theirs, seen = self._outside[0]
        folder, before = self.folder, self.project
        trouble = ""
        try:
            # No save is under way that could end meanwhile, and none begins.
            taken, change, kept = self._in_thread(
                lambda: _taken_in(folder, before, known, theirs, seen)
            )
        except SkelsegError as error:
            taken, kept, trouble = TakenIn(before), (), in_language(error)
            change = Change(before, before, {})
            if seen is not None:
                # It is not shown: the next look or save reads it again.
                self.saver.on_disk = known
        del self._outside[0]
        self._show_taken(taken, change)
        for path in kept:
            text = self.tr(
                "You and somebody else both changed {}; theirs is kept as {}."
            )
            self.noted.emit(text.format(folder.project_file.name, path.name))
        if trouble:
            self.problem.emit(trouble)
        self._take_next()

    def _show_taken(self, taken: TakenIn, change: Change) -> None:
        """Show what was taken in, and drop the steps that do not fit any more."""
        steps, index = steps_of(self.undo_stack), self.undo_stack.index()
        fits = fitting(steps, index, taken.parts)
        n_gone = fits.count(False)
        if n_gone:
            kept = [s.copy() for s, fit in zip(steps, fits, strict=True) if fit]
            self._rebuild(kept, sum(fits[:index]), sum(fits[: self.n_below]))
            self.noted.emit(
                plural("{n} step(s) cannot be undone: others changed them.", n_gone)
            )
        if taken.project is not self.project:
            saved = self.saver.is_saved(taken.project)
            self.saved_step = self.undo_stack.index() if saved else -1
            self._show(change)
            self.stepped.emit()
        for note in taken.notes:
            self.noted.emit(note)

    @contextmanager
    def _counting(self) -> Iterator[None]:
        """Let the stack count along with what the document does itself."""
        self._is_counting = True
        try:
            yield
        finally:
            self._is_counting = False
            self._index = self.undo_stack.index()

    def _show(self, change: Change) -> None:
        self.project = change.after
        self.saver.soon()
        self.changed.emit(change)

    def save_soon(self) -> None:
        """Save the project in a second."""
        self.saver.soon()

    @command("save", "Save", "Ctrl+S")
    def save(self) -> None:
        """Save what changed into the project's files, in a thread."""
        self.saver.save()

    def _on_saved(self, at: str) -> None:
        if not self.unsaved:
            self.saved_step = self.undo_stack.index()
        self.saved.emit(at)

    def save_now(self) -> None:
        """Save what changed and wait for it; raises ProjectError where saving fails."""
        self.saver.finish()

    def close(self, at_most_s: float = math.inf) -> None:
        """Save and let go of the project; what cannot be saved stays in the journal.

        Raises
        ------
        SkelsegError
            Where it is not saved, or takes longer than ``at_most_s``.
        """
        self.closing.emit()
        # The stack reports its own clearing while it is torn down.
        self.undo_stack.indexChanged.disconnect(self._on_index)
        try:
            self.saver.finish(at_most_s)
        finally:
            # Left to Python's collector, steps and stack are deleted in any order, and
            # Qt deletes steps again that are gone already.
            self.undo_stack.clear()
            # What came while it was saved stays in the journal.
            self.saver.stop()
            self._let_go()


def _taken_in(
    folder: ProjectFolder,
    shown: Project,
    known: Project,
    theirs: Project,
    seen: OutsideChange | None,
) -> tuple[TakenIn, Change, tuple[Path, ...]]:
    """Take in what others changed; their project.json is kept where ours is to stay."""
    taken = take_in(folder, shown, known, theirs)
    _ = taken.project.totals
    change = Change(shown, taken.project, changed_parts(shown, taken.project))
    if seen is None:
        return taken, change, ()
    return taken, change, seen.note_as_seen(folder, taken.project, taken.mine)


def _claims_of(folder: ProjectFolder) -> Claims:
    """Begin a session of claims, which says whether labels may be written."""
    claims = Claims(folder.root)
    folder.may_write = claims.may_write
    return claims


def open_document(
    folder: ProjectFolder, parent: QObject | None = None, wait: Wait = wait_until
) -> Document:
    """Open a project, with the edits that a killed session did not get to save.

    ``wait`` may raise where the disk is not awaited any longer.

    Raises
    ------
    SkelsegError
        Where it is no project, or is damaged.
    """
    claims, journal, found, read_only, models, lost = run_in_thread_and_wait(
        lambda: _read(folder), wait, _let_go_of
    )
    document = Document(folder, found.project, journal, claims, parent, found.on_disk)
    document.recovered, document.read_only = found.n_edits, read_only
    document.known_models, document.lost_tracks = models, lost
    document.notes = [*folder.notes, *found.notes]
    document.history.begin(found)
    if document.unsaved:
        document.save_soon()
    return document


Opened = tuple[
    Claims, Journal, RecoveredEdits, str, tuple[str, ...], tuple[LostTrack, ...]
]


def _let_go_of(opened: Opened) -> None:
    """Let go of a project that was read when nobody awaited it any longer."""
    claims, journal, *_ = opened
    journal.close()
    claims.close()


def _models_of(folder: ProjectFolder) -> tuple[str, ...]:
    """List the models of a project; where that fails it is opened without."""
    with suppress(OSError):
        return folder.model_names()
    return ()


def _read(folder: ProjectFolder) -> Opened:
    """Read a project, with what a killed session did not get to save."""
    check_text(str(folder.root))
    with as_sentence("{} could not be opened", folder.root):
        if not folder.project_file.is_file():
            folder.load()  # says what is wrong
        read_only = why_read_only(folder.root)
        claims = _claims_of(folder)
        try:
            project = folder.load()
            journal = begin_journal(project.uuid, folder)
            if folder.read_only:
                # Its edits wait in the journal for a skelseg that knows the files.
                found = RecoveredEdits(project, project)
            else:
                found = recover(folder, project, journal)
            # Counted and read here, where nobody waits.
            _ = found.project.totals
            models = _models_of(folder)
            lost = find_lost_tracks(folder, found.project)
        except BaseException:
            claims.close()
            raise
    return claims, journal, found, read_only or folder.read_only, models, lost

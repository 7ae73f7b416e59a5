"""Own the project value that is open, its undo stack, journal and saving."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

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
from app.state.change import Change
from app.state.history import History
from app.state.saving_thread import Saver
from app.state.taking_in import Alone, TakingIn
from app.state.undo_steps import Edited, Step, values_at
from skelseg_core.errors import SkelsegError
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import Progress, Task
from skelseg_core.project.changes_by_others import TakenIn
from skelseg_core.project.class_edits import ids_added
from skelseg_core.project.faults import as_sentence, why_read_only
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.folder_paths import check_text
from skelseg_core.project.history.journal import Journal, PreparedRecord
from skelseg_core.project.history.recovered_edits import RecoveredEdits
from skelseg_core.project.history.recovery import recover
from skelseg_core.project.history.session_journals import begin_journal
from skelseg_core.project.holds.claims import Claims
from skelseg_core.project.lost_tracks import LostTrack, find_lost_tracks
from skelseg_core.project.part_changes import PartChange
from skelseg_core.project.parts import (
    changed_parts,
    n_changed,
    with_classes_kept,
    with_parts,
)
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import edit_lane
from skelseg_core.project.tracks import TrackId, VideoId

LABELS_S = 2.0
"""Seconds that a video waits for its labels; the one before stays shown then."""
LET_GO_S = 1.0
"""Seconds that closing waits for the disk to take claims away."""
LARGE_SEGMENTS = 5000
"""Segments before and after an edit from which on it is recorded in a thread: they take
20 ms."""
Edit = Callable[[Project], Project]


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
    The `Saver` writes snapshots, the `History` counts the steps, and what others wrote
    comes by `TakingIn`. ``read_only`` is the sentence why nothing can be edited, or
    empty.
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
        # Edits of a killed session, and the videos that they are of.
        self.recovered, self.recovered_videos = 0, tuple[str, ...]()
        self.read_only = ""
        # Whether a person leaves though it is not saved: nothing is waited for.
        self.left_unsaved = False
        self.notes: list[str] = []
        # The value that is shown now: `_show` alone gives another.
        self.project = project
        self.known_models: tuple[str, ...] = ()
        # Label files of tracks that the project lacked when it was opened.
        self.lost_tracks: tuple[LostTrack, ...] = ()
        self._alone = alone = Alone()
        self.history = History(lambda: alone.busy, self)
        self.history.moved.connect(self._on_moved)
        self.history.stepped.connect(self.stepped)
        self.undo_stack = self.history.stack
        self.taking_in = TakingIn(folder, lambda: self.project, alone, self)
        self.taking_in.taken.connect(self._on_taken)
        self.taking_in.failed.connect(self._on_not_taken)
        self.journal = journal
        self.claims = claims
        # Raises where an edit may not be made: somebody else labels the video.
        self.guard: Callable[[Project, Project], object] = lambda *_: None
        # Add to an edit what belongs to it, as one step: whose labels they are.
        self.amendments: list[Callable[[Project, Project], Project]] = []
        self.saver = saver = Saver(
            folder, journal, self._settled, on_disk or project, self
        )
        self.history.saved_step = -1 if self.unsaved else 0
        saver.saving.connect(self.saving)
        saver.saved.connect(self._on_saved)
        saver.failed.connect(self.save_failed)
        saver.noted.connect(self.noted)
        saver.joined.connect(self.taking_in.take_in)

    @property
    def step(self) -> int:
        """Count the steps of this session that are in effect.

        Negative where steps of earlier sessions were taken back. Unlike the index of
        the stack it stays the same when those are put below (`put_below`).
        """
        return self.history.index - self.history.n_below

    @property
    def is_busy(self) -> bool:
        """True while a thread records or takes in: an edit made now is refused."""
        return self._alone.busy

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
        return None if self._alone.busy or self.taking_in.busy else self.project

    def apply(self, text: str, edit: Edit, merge: str = "") -> bool:
        """Make one undoable edit; False where it was refused or changed nothing."""
        if not self._may_edit():
            return False
        if self._alone.busy:
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
            grows = self.history.growing(merge, changes)
            said = {"grows": grows.record} if grows is not None else {}
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
        return self._alone.run(lambda: self.folder.edited(before, edit))

    def _may_edit(self) -> bool:
        """Return whether edits are possible; say why where they are not."""
        if self.read_only:
            self.problem.emit(self.read_only)
        return not self.read_only

    def prepare(self, text: str, task: Task[Project]) -> Task[PreparedEdit]:
        """Make an edit that takes long, to be run in a thread, for `apply_prepared`.

        ``task`` makes the new value of the project as it is now.
        """
        return self._preparing(text, self.project, task)

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
        if self.project is not edit.before or self._alone.busy:
            return False
        if not self._may_edit():
            return True
        try:
            self.guard(edit.before, edit.after)
            record = self._alone.run(lambda: self.journal.append(edit.record))
        except SkelsegError as error:
            self.problem.emit(in_language(error))
            return True
        change = Change(edit.before, edit.after, edit.changes)
        self._push(Edited(edit.text, record, edit.changes), change)
        return True

    def _push(self, made: Edited, change: Change) -> None:
        self._show(change)
        self.history.push(made)
        self.stepped.emit()

    def edit_lane(
        self,
        text: str,
        video_id: TrackId,
        edit: Callable[[Segmentation], Segmentation],
        merge: str = "",
    ) -> bool:
        """Make one undoable edit of a video's annotation."""
        return self.apply(text, lambda p: edit_lane(p, video_id, edit), merge)

    def video_id_of(self, track_id: TrackId) -> VideoId:
        """Return the id of the video of a track; empty where there is no such track."""
        found = self.project.find(track_id)
        return VideoId("") if found is None else found.video_id

    def can_show(self, video_id: TrackId) -> bool:
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
        start, change = self.history.index, None
        if step != start and not self._alone.busy:
            change = self._moved(start, step)
        if change is None:
            return
        text = self.history.text_of_move(start, step)
        self.history.set_index(step)
        self._show(change)
        self.stepped.emit()
        told = self.undone if step < start else self.redone
        told.emit(text, change)

    def _moved(self, start: int, step: int) -> Change | None:
        """Record the move to a step; return what it changes, None if refused."""
        text = self.undo_stack.text(min(step, start))
        if step < start:
            text = f"Undo {text}"
        steps, before, journal = self.history.steps, self.project, self.journal
        said = _said_of_move(steps, start, step)
        try:
            values = values_at(steps, start, step, before)
            after = with_parts(before, values, self.folder)
            lanes = [v for v in values.values() if isinstance(v, Segmentation)]
            after, back = with_classes_kept(before, after, lanes)
            self.guard(before, after)
            changes = changed_parts(before, after)
            if _is_large(changes):
                self._alone.run(
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

    def _on_moved(self, start: int, step: int) -> None:
        """Follow where others moved the stack."""
        change = self._moved(start, step)
        if change is None:
            self.history.set_index(start)
            return
        self._show(change)
        self.stepped.emit()

    # -- what others wrote into the files -------------------------------------------

    def write_lost(self) -> None:
        """Write label files again that were deleted, in a thread."""
        self.saver.save(lost_too=True)

    def _on_taken(self, taken: TakenIn, change: Change, kept: tuple[Path, ...]) -> None:
        """Show what was taken in, and drop the steps that do not fit any more."""
        n_gone = self.history.drop(taken.parts)
        if n_gone:
            self.noted.emit(
                plural("{n} step(s) cannot be undone: others changed them.", n_gone)
            )
        if taken.project is not self.project:
            saved = self.saver.is_saved(taken.project)
            self.history.saved_step = self.history.index if saved else -1
            self._show(change)
            self.stepped.emit()
        for note in taken.notes:
            self.noted.emit(note)
        for path in kept:
            text = self.tr(
                "You and somebody else both changed {}; theirs is kept as {}."
            )
            self.noted.emit(text.format(self.folder.project_file.name, path.name))

    def _on_not_taken(self, why: str, known: Project | None) -> None:
        """Say why what others wrote is not shown: the next look or save reads it."""
        if known is not None:
            self.saver.on_disk = known
        self.problem.emit(why)

    def _show(self, change: Change) -> None:
        self.project = change.after
        self.saver.soon()
        self.changed.emit(change)

    @command("save", "Save", "Ctrl+S")
    def save(self) -> None:
        """Save what changed into the project's files, in a thread."""
        self.saver.save()

    def _on_saved(self, at: str) -> None:
        if not self.unsaved:
            self.history.saved_step = self.history.index
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
        self.history.close()
        try:
            self.saver.finish(at_most_s)
        finally:
            # Left to Python's collector, steps and stack are deleted in any order, and
            # Qt deletes steps again that are gone already.
            self.undo_stack.clear()
            # What came while it was saved stays in the journal.
            self.saver.stop()
            self.journal.close()
            # On a disk that does not answer nobody waits for it.
            run_in_thread(self.claims.close, LET_GO_S)


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
    document.recovered_videos = found.videos
    document.history.read(folder, found.project, journal)
    if document.unsaved:
        document.saver.soon()
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

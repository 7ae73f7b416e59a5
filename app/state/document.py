"""Own the project value that is open, its undo stack, journal and saving."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property

from PySide6.QtCore import QObject, QSignalBlocker, QTimer, Signal
from PySide6.QtGui import QUndoStack

from app.kit.commands import command
from app.kit.plural import plural
from app.kit.threads import (
    Wait,
    read_quickly,
    run_in_thread,
    run_in_thread_and_wait,
    wait_until,
)
from app.state.earlier_history import EarlierHistory
from app.state.saver import Saver
from app.state.undo_steps import (
    State,
    Step,
    StepBefore,
    Swap,
    classes_back,
    grows,
    state_at,
    states_of,
    steps_of,
)
from skelseg_core.errors import SkelsegError
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import Progress, Task
from skelseg_core.project.carried_history import carry_history, moved_step
from skelseg_core.project.claims import Claims
from skelseg_core.project.earlier_steps import EarlierSteps
from skelseg_core.project.faults import as_sentence, why_read_only
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.folder_paths import check_text
from skelseg_core.project.journal import Journal, PreparedRecord
from skelseg_core.project.merge import ProjectMerge, StateMerge, with_new_ids
from skelseg_core.project.outside import keep_both_changed, keep_their_lanes
from skelseg_core.project.parts import n_changed
from skelseg_core.project.project import (
    ANNOTATION,
    Project,
    VideoItem,
    changed_videos,
    edit_lane,
    same_ids,
)
from skelseg_core.project.recovered_edits import RecoveredEdits
from skelseg_core.project.recovery import recover
from skelseg_core.project.save_as import SavedAs
from skelseg_core.project.session_journals import begin_journal

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
    def blind(self) -> bool:
        """Tell whether other lanes may be shown than before, of all videos."""
        return self.before.blind != self.after.blind

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
        return self.label_map or self.blind or before is not after

    def only_annotation(self, video_id: str) -> bool:
        """Tell whether nothing of this video changed but its annotation."""
        before, after = self._of(video_id)
        if self.label_map or self.blind or before is None or after is None:
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


def _said_of_move(steps: list[Step], start: int, step: int) -> dict[str, str]:
    """Write which steps are taken back or made again, for the journal."""
    if step < start:
        return {"undone": steps[step].record}
    return {"redone": steps[step - 1].record}


def _is_large(before: Project, after: Project) -> bool:
    """Tell whether so many segments change that the record is made in a thread."""
    n = 0
    for item in changed_videos(before, after):
        old = before.find(item.id)
        was = {} if old is None else old.lanes
        for name, lane in item.lanes.items():
            n += n_changed(was.get(name), lane, LARGE_SEGMENTS)
        if n > LARGE_SEGMENTS:
            return True
    return False


def _once(edit: Edit) -> Edit:
    """Make an edit that gives the same value for the same project each time.

    Neighbouring steps of the history share their states, also afterwards.
    """
    # The project is kept, so that no other gets its number.
    made: dict[int, tuple[Project, Project]] = {}

    def edited(project: Project) -> Project:
        if id(project) not in made:
            made[id(project)] = project, edit(project)
        return made[id(project)][1]

    return edited


class Document(QObject):
    """Own the open project; signal changed, then saving and saved or save_failed.

    Every edit goes through `apply`: the new value is computed first, recorded in the
    journal, and only then shown; ``stepped`` says that the history has come along, too,
    ``undone`` and ``redone`` which step a person took back or made again. An edit that
    is refused is a ``problem``; what became of others' files is ``noted``.
    The `Saver` writes snapshots; ``saved_step`` is the step of the history that
    the files hold, -1 where that is none of them. ``opened`` is the project as it was
    opened. ``read_only`` is the sentence why nothing can be edited, or empty; ``moved``
    comes when the project goes on in another folder.
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
    conflicted = Signal()
    closing = Signal()
    moved = Signal()

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
        self._project = self.opened = project
        # Of the history, which what is shown is the value of.
        self._state = State(project)
        self._is_counting = self._swapping = False
        self._index = 0
        self.known_models: tuple[str, ...] = ()
        self._outside: list[StateMerge] = []
        # Ids of classes that others deleted while the project is open, and that were
        # deleted before.
        self._deleted: set[int] = set()
        self._deleted_before = set(project.label_map.moves)
        # Every name that the classes had here, by their ids.
        self._class_names: dict[int, set[str]] = {}
        self._note_names(project)
        self.journal = journal
        self.claims = claims
        # Raises where an edit may not be made: somebody else labels the video.
        self.guard: Callable[[Project, Project], object] = lambda *_: None
        # Add to an edit what belongs to it, as one step: whose labels they are.
        self.amendments: list[Callable[[Project, Project], Project]] = []
        self.saver = saver = Saver(
            folder, journal, self._settled, self.states, on_disk or project, self
        )
        self.saved_step = -1 if self.unsaved else 0
        saver.saving.connect(self.saving)
        saver.saved.connect(self._on_saved)
        saver.failed.connect(self.save_failed)
        saver.noted.connect(self.noted)
        saver.merged.connect(self.take_outside)
        saver.conflicted.connect(self.conflicted)
        self.history = EarlierHistory(self)

    @property
    def project(self) -> Project:
        """Return the project value that is shown now."""
        return self._project

    @property
    def step(self) -> int:
        """Count the steps of this session that are in effect.

        Negative where steps of earlier sessions were taken back. Unlike the index of
        the stack it stays the same when those are put below (`put_below`).
        """
        return self.undo_stack.index() - self.n_below

    @property
    def is_busy(self) -> bool:
        """True while a thread records or merges: an edit made now is refused."""
        return self._swapping

    @property
    def unsaved(self) -> bool:
        """Tell whether the project's files lack an edit (the journal never does)."""
        return not self.saver.is_saved(self._project)

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
        return None if self._swapping or self._outside else self._project

    def apply(self, text: str, edit: Edit, merge: str = "") -> bool:
        """Make one undoable edit; False where it was refused or changed nothing."""
        if not self._may_edit():
            return False
        if self._swapping:
            # Only timers come here: keys and results of jobs wait.
            refusal = self.tr("'{}' was not made: another change was being recorded.")
            self.problem.emit(refusal.format(text))
            return False
        before = self._project
        try:
            after = with_new_ids(before, edit(before), self._class_names)
            if after is before or after == before:
                return False
            for amend in self.amendments:
                after = amend(before, after)
            self.guard(before, after)
            said = {"grows": True} if grows(self.undo_stack, merge) else {}
            record = self.journal.record(text, before, after, said)
        except SkelsegError as error:
            self.problem.emit(str(error))
            return False
        self._push(text, record, after, merge)
        return True

    def _may_edit(self) -> bool:
        """Return whether edits are possible; say why where they are not."""
        if self.read_only:
            self.problem.emit(self.read_only)
        return not self.read_only

    def prepare(self, text: str, task: Task[Project]) -> Task[PreparedEdit]:
        """Make an edit that takes long, to be run in a thread, for `apply_prepared`.

        ``task`` makes the new value of the project as it is now.
        """
        before = self._project
        return self._preparing(text, before, task)

    def _preparing(
        self, text: str, before: Project, task: Task[Project]
    ) -> Task[PreparedEdit]:
        after = with_new_ids(before, (yield from task), self._class_names)
        yield Progress(self.tr("keeping the labels of before"))
        _ = after.totals
        record = self.journal.prepared(text, before, after)
        return PreparedEdit(text, before, after, record)

    def apply_prepared(self, edit: PreparedEdit) -> bool:
        """Make an edit that was prepared; False where another edit came between."""
        if self._project is not edit.before or self._swapping:
            return False
        if not self._may_edit():
            return True
        try:
            self.guard(edit.before, edit.after)
            record = self._in_thread(lambda: self.journal.append(edit.record))
        except SkelsegError as error:
            self.problem.emit(str(error))
            return True
        self._push(edit.text, record, edit.after)
        return True

    def _in_thread(self, record: Callable[[], str]) -> str:
        """Write a large record in a thread; no edit and no save comes between."""
        self._swapping = True
        try:
            return run_in_thread_and_wait(record)
        finally:
            self._swapping = False

    def _push(self, text: str, record: str, after: Project, merge: str = "") -> None:
        before, self._state = self._state, State(after)
        self._show(after)
        step = self.undo_stack.index()
        with self._counting():
            self.undo_stack.push(Swap(text, record, before, self._state, merge))
        # The saved step was cut off, or grew by merging. `QUndoStack.setClean` cannot
        # be used: it keeps later edits from merging.
        grown = self.undo_stack.index() == step
        if self.saved_step > step or (grown and self.saved_step == step):
            self.saved_step = -1
        self.stepped.emit()

    def _change_history(self, edit: Edit) -> None:
        """Change every state of the history; nothing is changed where one fails."""
        states = list(dict.fromkeys((*states_of(self.undo_stack), self._state)))
        made = [edit(state.project) for state in states]
        for state, project in zip(states, made, strict=True):
            state.project = project

    def go_on_in(self, made: SavedAs) -> None:
        """Go on in the folder that the project was saved into, history included.

        What was edited since is recorded there first. The journal of the old folder
        keeps what that folder lacks.

        Raises
        ------
        SkelsegError
            Where the new folder's journal cannot be written; then all is as it was.
        """
        move, before = _once(made.move), self._project
        saved, after = move(made.saved), move(before)
        journal = begin_journal(saved.uuid, made.folder)
        if after is not saved:
            # As steps these edits come with the history.
            journal.record(self.tr("Save as"), saved, after, {"aside": True})
        self._carry_history(made, journal)
        self._change_history(move)
        self._let_go()
        self.folder, self.journal = made.folder, journal
        self.claims = _claims_of(made.folder)
        for step in steps_of(self.undo_stack):
            if isinstance(step, StepBefore):
                step.folder = made.folder
                step.step = moved_step(step.step, made.move_path)
        self.opened, self.read_only = move(self.opened), made.folder.read_only
        self.saver.go_on_in(made.folder, journal, saved)
        self.saved_step = -1 if after is not saved else self.undo_stack.index()
        self._show(after)
        self.moved.emit()
        self.saver.save()

    def _carry_history(self, made: SavedAs, journal: Journal) -> None:
        """Take the steps along, for a restart; in this session they are there."""

        def work() -> str:
            files = (*self.history.files, self.journal.path)
            self.history.files = carry_history(files, made, journal.path.parent)
            return ""

        try:
            self._in_thread(work)
        except SkelsegError as error:
            self.noted.emit(str(error))

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
        own = [step.copy() for step in steps_of(stack) if isinstance(step, Swap)]
        below = [StepBefore(self.folder, step) for step in found.done]
        # What was undone then cannot be made again once something else was made.
        undone = [StepBefore(self.folder, s) for s in (() if own else found.undone)]
        with self._counting(), QSignalBlocker(stack):
            stack.clear()
            for step in (*below, *own, *undone):
                stack.push(step)
            stack.setIndex(len(below) + index)
        if self.saved_step >= 0:
            self.saved_step += len(below)
        self.n_below = len(below)
        with self._counting():
            stack.indexChanged.emit(stack.index())
        self.stepped.emit()

    def can_show(self, video_id: str) -> bool:
        """Read the lanes of a video; say what keeps them from being read, if anything.

        Where a file was changed or taken away since the project was opened, nobody
        knows what its lane is.
        """
        item = self._project.find(video_id)
        told: list[str] = []

        def read() -> None:
            try:
                with as_sentence("{} cannot be read", self.folder.root):
                    for lane in item.lanes.values() if item is not None else ():
                        _ = lane.segments
            except SkelsegError as error:
                told.append(str(error))

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
        vouches="As it was said before that step",
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
        vouches="As it was said before that step",
        held=True,
    )
    def redo(self) -> None:
        """Make the step that was taken back last again."""
        if self.undo_stack.canRedo():
            self.go_to(self.undo_stack.index() + 1)

    def go_to(self, step: int) -> None:
        """Undo or redo to a step of the history; told once, however far it is."""
        before, start = self._project, self.undo_stack.index()
        state = None
        if step != start and not self._swapping:
            state = self._moved(start, step)
        if state is None:
            return
        back = self._classes_back(before, state.project, start, step)
        text = self.undo_stack.text(min(step, start))
        if abs(step - start) > 1:
            text = plural("{n} step(s)", abs(step - start))
        with self._counting():
            self.undo_stack.setIndex(step)
        self._state = state
        self._show(state.project)
        self.stepped.emit()
        told = self.undone if step < start else self.redone
        told.emit(text, Change(before, self._project))
        for name in back:
            said = self.tr(
                "The class '{}', which somebody else had deleted, is here again: "
                "labels of this step have it."
            )
            self.noted.emit(said.format(name))

    def _classes_back(
        self, before: Project, after: Project, start: int, step: int
    ) -> list[str]:
        """Name the classes that others deleted and that this move brings back."""
        first, last = min(start, step), max(start, step)
        steps = steps_of(self.undo_stack)[first:last]
        back = classes_back(before, after, steps, self._deleted, self._deleted_before)
        there = set(after.label_map.ids)
        self._deleted -= there
        self._deleted_before -= there
        return back

    # -- what others wrote into the files -------------------------------------------

    def states(self) -> list[State]:
        """List the states of the history."""
        return states_of(self.undo_stack)

    def take_outside(self, merge: StateMerge) -> None:
        """Show what others wrote; no step leads back, and undo takes none of it away.

        ``merge`` goes from what the project's files were known to hold to what they
        hold, which must be noted as seen. States of the history that it has been made
        of already cost nothing here, where edits wait.
        """
        self._outside.append(merge)
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
        before, merge = self._project, self._outside[0]
        # No save is under way that could end meanwhile, and none begins.
        text = "" if self.read_only else self.tr("Changes by others")
        self._swapping = True
        try:
            merged, notes, trouble = run_in_thread_and_wait(
                lambda: self._merge(merge, text)
            )
        except SkelsegError as error:
            self._forget(merge)
            merged, notes, trouble = ProjectMerge(before), (), str(error)
        finally:
            self._swapping = False
            del self._outside[0]
        if trouble:
            self.problem.emit(trouble)
        if merged.project is not before:
            self._show_merged(merged.project)
        if merged.conflicts:
            self.conflicted.emit()
        for note in notes:
            self.noted.emit(note)
        self._take_next()

    def _merge(
        self, merge: StateMerge, text: str
    ) -> tuple[ProjectMerge, tuple[str, ...], str]:
        """Merge into what is shown and into the history, in a thread; record it.

        With an empty ``text`` it is not recorded. Why it could not be comes last.
        """
        theirs, before = merge.theirs, self._project
        merged = merge.shown(before)
        if merge.ids or merged.ids:
            self.journal.note_renumbered()
        known = {merge.ids.get(i, i) for i in merge.known.label_map.ids}
        self._deleted |= known - set(theirs.label_map.ids)
        keep_their_lanes(self.folder, merged)
        notes = keep_both_changed(self.folder, merged, theirs)
        self._change_history(merge)
        _ = merged.project.totals
        try:
            if text:
                self._record_merged(text, before, merged.project)
        except SkelsegError as error:
            return merged, notes, str(error)
        return merged, notes, ""

    def _record_merged(self, text: str, before: Project, after: Project) -> None:
        if self.saver.is_saved(after):
            # The files hold all of it, also what was recorded so far.
            self.journal.end_save(self.journal.begin_save())
        elif after is not before:
            self.journal.record(text, before, after, {"aside": True})

    def _forget(self, merge: StateMerge) -> None:
        """Take nothing of what others wrote for seen: the next save merges it."""
        folder, known = self.folder, merge.known
        folder.files.forget(folder.project_file)
        for item in changed_videos(known, merge.theirs):
            for name in item.lanes:
                folder.files.forget(folder.person_path(item.id, name))
        self.saver.on_disk = known

    def _show_merged(self, after: Project) -> None:
        saved = self.saver.is_saved(after)
        self.saved_step = self.undo_stack.index() if saved else -1
        self._show(after)
        self.stepped.emit()

    def _moved(self, start: int, step: int) -> State | None:
        """Record the move to a step; return the state there, None if refused."""
        text = self.undo_stack.text(min(step, start))
        if step < start:
            text = f"Undo {text}"
        said = _said_of_move(steps_of(self.undo_stack), start, step)
        before, journal = self._project, self.journal
        try:
            state = state_at(self.undo_stack, start, step, self._state)
            value = state.project
            self.guard(before, value)
            if _is_large(before, value):
                self._in_thread(
                    lambda: journal.append(journal.prepared(text, before, value, said))
                )
            else:
                journal.record(text, before, value, said)
        except SkelsegError as error:
            self.problem.emit(str(error))
            return None
        return state

    def _on_index(self, index: int) -> None:
        """Follow where the stack was moved by others than `go_to`."""
        if self._is_counting:
            return
        start, self._index = self._index, index
        if start > self.undo_stack.count():
            self.stepped.emit()  # it was emptied
            return
        state = self._moved(start, index)
        if state is None:
            with self._counting():
                self.undo_stack.setIndex(start)
            return
        self._state = state
        self._show(state.project)
        self.stepped.emit()

    @contextmanager
    def _counting(self) -> Iterator[None]:
        """Let the stack count along with what the document does itself."""
        self._is_counting = True
        try:
            yield
        finally:
            self._is_counting = False
            self._index = self.undo_stack.index()

    def _show(self, value: Project) -> None:
        before, self._project = self._project, value
        if value.label_map is not before.label_map:
            self._note_names(value)
        self.saver.soon()
        self.changed.emit(Change(before, value))

    def _note_names(self, project: Project) -> None:
        for item in project.label_map.classes:
            self._class_names.setdefault(item.id, set()).add(item.name)

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
    claims, journal, found, read_only, models = run_in_thread_and_wait(
        lambda: _read(folder), wait, _let_go_of
    )
    document = Document(folder, found.project, journal, claims, parent, found.on_disk)
    document.recovered, document.read_only = found.n_edits, read_only
    document.known_models = models
    document.notes = [*folder.notes, *found.notes]
    document.history.begin(found)
    if document.unsaved:
        document.save_soon()
    return document


Opened = tuple[Claims, Journal, RecoveredEdits, str, tuple[str, ...]]


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
        except BaseException:
            claims.close()
            raise
    return claims, journal, found, read_only or folder.read_only, models

"""Steps of the history: each leads from one value of the project to another."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from PySide6.QtGui import QUndoCommand, QUndoStack

from skelseg_core.project.earlier_steps import EarlierStep, with_step
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.merge import StateMerge, with_prelabels
from skelseg_core.project.project import Project, VideoItem, changed_videos


@dataclass
class _Arrival:
    """Videos as others had and have them, and what becomes of versions of them.

    The latter by the ids of the objects: states that share one go on sharing it.
    """

    changed: list[tuple[VideoItem, VideoItem]]
    made: dict[int, tuple[VideoItem, VideoItem]] = field(default_factory=dict)


class LaterPrelabels:
    """Pre-labels that came by runs of others while there were states of a history.

    They are part of every state, and a state gets them once it is asked for: there may
    be hundreds, of a project of thousands of videos.
    """

    def __init__(self) -> None:
        # A save and the watch read states in threads of their own.
        self.lock = threading.Lock()
        self._came: list[_Arrival] = []

    def __len__(self) -> int:
        return len(self._came)

    def add(self, merge: StateMerge, before: Project, after: Project) -> None:
        """Note what others changed, pre-labels alone, and what is shown with it."""
        came = _Arrival(_both(merge.known, merge.theirs))
        for old, new in [*came.changed, *_both(before, after)]:
            came.made[id(old)] = old, new
        with self.lock:
            self._came.append(came)

    def since(self, n: int, project: Project) -> Project:
        """Put those that came after the first ``n`` times into a project."""
        items: dict[str, VideoItem] = {}
        for came in self._came[n:]:
            for old, new in came.changed:
                item = items.get(new.id) or project.find(new.id)
                if item is not None and id(item) not in came.made:
                    made = with_prelabels(item, old, new, project.label_map.moves)
                    came.made[id(item)] = item, made
                if item is not None:
                    items[new.id] = came.made[id(item)][1]
        return project.with_videos(*items.values()) if items else project


def _both(before: Project, after: Project) -> list[tuple[VideoItem, VideoItem]]:
    return [(before.video(v.id), v) for v in changed_videos(before, after)]


class State:
    """A value of the project in the history, which neighbouring steps share."""

    def __init__(self, project: Project, later: LaterPrelabels) -> None:
        self._later = later
        self.put(project)

    def put(self, project: Project) -> None:
        """Exchange the value."""
        with self._later.lock:
            self._project, self._n = project, len(self._later)

    def with_project(self, project: Project) -> State:
        """Make another state."""
        return State(project, self._later)

    @property
    def project(self) -> Project:
        """The value, with the pre-labels that came since it was put here."""
        with self._later.lock:
            if self._n < len(self._later):
                self._project = self._later.since(self._n, self._project)
                self._n = len(self._later)
            return self._project


class Step(QUndoCommand):
    """A step of the undo stack. The stack only counts: `Document` shows the values."""

    def __init__(self, text: str, record: str) -> None:
        super().__init__(text)
        self.record = record

    def state_before(self, after: State) -> State:
        """Return the state without the step; raises SkelsegError where it cannot."""
        raise NotImplementedError

    def state_after(self, before: State) -> State:
        """Return the state with the step; raises SkelsegError where it cannot."""
        raise NotImplementedError


class Swap(Step):
    """Exchange two states: a step of this session."""

    def __init__(
        self, text: str, record: str, before: State, after: State, merge: str
    ) -> None:
        super().__init__(text, record)
        self.before, self.after, self.merge = before, after, merge

    def state_before(self, after: State) -> State:
        return self.before

    def state_after(self, before: State) -> State:
        return self.after

    def id(self) -> int:
        return 1 if self.merge else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, Swap) or other.merge != self.merge:
            return False
        self.after = other.after
        # PySide never lets go of a command that was merged: it must hold nothing.
        del other.before, other.after
        return True

    def copy(self) -> Swap:
        """Make the same step anew, for a stack that is built again."""
        return Swap(self.text(), self.record, self.before, self.after, self.merge)


class StepBefore(Step):
    """A step of an earlier session, by its journal."""

    def __init__(self, folder: ProjectFolder, step: EarlierStep) -> None:
        super().__init__(step.text, step.id)
        self.folder, self.step = folder, step

    def state_before(self, after: State) -> State:
        return after.with_project(
            with_step(self.folder, after.project, self.step, back=True)
        )

    def state_after(self, before: State) -> State:
        return before.with_project(
            with_step(self.folder, before.project, self.step, back=False)
        )


def steps_of(stack: QUndoStack) -> list[Step]:
    """List the steps of a stack, the oldest first."""
    found = (stack.command(n) for n in range(stack.count()))
    return [step for step in found if isinstance(step, Step)]


def classes_back(
    before: Project,
    after: Project,
    steps: Iterable[Step],
    deleted: Collection[int],
    earlier: Collection[int],
) -> list[str]:
    """Name the classes that others deleted and that a move through steps brings back.

    Parameters
    ----------
    before, after : Project
        Before and after the move.
    steps : iterable of Step
        Those that are taken back or made again.
    deleted : collection of int
        Ids of classes that others deleted in this session.
    earlier : collection of int
        Ids of classes that were deleted before it. Where one of the steps is a deletion
        of an earlier session, they are taken for one's own.
    """
    own = any(isinstance(s, StepBefore) and s.step.changes_classes for s in steps)
    there = set(before.label_map.ids)
    return [
        c.name
        for c in after.label_map.classes
        if c.id not in there and (c.id in deleted or (c.id in earlier and not own))
    ]


def state_at(stack: QUndoStack, start: int, stop: int, state: State) -> State:
    """Find the state at a step of the stack, from that at ``start``.

    Raises
    ------
    SkelsegError
        Where a step between cannot be taken back or made again.
    """
    steps = steps_of(stack)
    for n in range(start - 1, stop - 1, -1):
        state = steps[n].state_before(state)
    for n in range(start, stop):
        state = steps[n].state_after(state)
    return state


def states_of(stack: QUndoStack) -> list[State]:
    """List the states of the steps of this session, each once."""
    swaps = [step for step in steps_of(stack) if isinstance(step, Swap)]
    return list(dict.fromkeys(s for swap in swaps for s in (swap.before, swap.after)))


def grows(stack: QUndoStack, merge: str) -> bool:
    """Tell whether an edit becomes part of the last step, as Qt decides it."""
    last = stack.command(stack.index() - 1) if stack.index() else None
    return bool(merge) and isinstance(last, Swap) and last.merge == merge

"""Steps of the history: each leads from one value of the project to another."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from PySide6.QtGui import QUndoCommand, QUndoStack

from skelseg_core.project.earlier_steps import EarlierStep, with_step
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project


class State:
    """A value of the project in the history, which neighbouring steps share."""

    def __init__(self, project: Project) -> None:
        self.project = project


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
        return State(with_step(self.folder, after.project, self.step, back=True))

    def state_after(self, before: State) -> State:
        return State(with_step(self.folder, before.project, self.step, back=False))


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

"""Steps of the history: each names the parts of the project that it changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from PySide6.QtGui import QUndoCommand, QUndoStack

from skelseg_core.errors import EditError
from skelseg_core.project.history.earlier_steps import EarlierStep, followed_back
from skelseg_core.project.part_changes import ORDERS, DoesNotFit, PartChange
from skelseg_core.project.parts import same_value, value_of
from skelseg_core.project.project import Project

Values = dict[str, Any]
"""Values of parts, by their names."""


class Step(QUndoCommand):
    """A step of the undo stack. The stack only counts: `Document` shows the values."""

    def __init__(self, text: str, record: str) -> None:
        super().__init__(text)
        self.record = record

    @property
    def parts(self) -> Collection[str]:
        """Names of the parts that the step changed."""
        raise NotImplementedError

    def follow(self, project: Project, values: Values, back: bool) -> None:
        """Put what the step makes, or takes back, into the values of parts.

        Parameters
        ----------
        project : Project
        values : dict
            What other parts are by now; those that are not there are as in ``project``.
        back : bool

        Raises
        ------
        DoesNotFit
            Where a part is not as the step left it; ``values`` stay as they are.
        """
        raise NotImplementedError

    def copy(self) -> Step:
        """Make the same step anew, for a stack that is built again."""
        raise NotImplementedError


class Edited(Step):
    """A step of this session: parts with their values before and after."""

    def __init__(
        self, text: str, record: str, changes: Mapping[str, PartChange], merge: str = ""
    ) -> None:
        super().__init__(text, record)
        self.changes, self.merge = dict(changes), merge

    @property
    def parts(self) -> Collection[str]:
        return self.changes.keys()

    def follow(self, project: Project, values: Values, back: bool) -> None:
        new: Values = {}
        for part, change in self.changes.items():
            old, put = change.old, change.new
            if back:
                old, put = put, old
            now = values[part] if part in values else value_of(project, part)
            if part not in ORDERS and not same_value(now, old):
                raise DoesNotFit("{} is not as it was.", self.text())
            new[part] = put
        values.update(new)

    def id(self) -> int:
        return 1 if self.merge else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, Edited) or other.merge != self.merge:
            return False
        for part, change in other.changes.items():
            first = self.changes.get(part, change)
            self.changes[part] = PartChange(first.old, change.new)
        # PySide never lets go of a command that was merged: it must hold nothing.
        other.changes.clear()
        return True

    def copy(self) -> Edited:
        return Edited(self.text(), self.record, self.changes, self.merge)


class StepBefore(Step):
    """A step of an earlier session, by its journal."""

    def __init__(self, step: EarlierStep) -> None:
        super().__init__(step.text, step.id)
        self.step = step

    @property
    def parts(self) -> Collection[str]:
        return {part for part, _ in self.step.changes}

    def follow(self, project: Project, values: Values, back: bool) -> None:
        followed_back(project, values, self.step, back)

    def copy(self) -> StepBefore:
        return StepBefore(self.step)


def steps_of(stack: QUndoStack) -> list[Step]:
    """List the steps of a stack, the oldest first."""
    found = (stack.command(n) for n in range(stack.count()))
    return [step for step in found if isinstance(step, Step)]


def values_at(steps: list[Step], start: int, stop: int, project: Project) -> Values:
    """Find the values of the parts that differ at a step of the history.

    Raises
    ------
    EditError
        Where a step between cannot be taken back or made again.
    """
    values: Values = {}
    back = stop < start
    between: Iterable[Step] = steps[stop:start][::-1] if back else steps[start:stop]
    for step in between:
        try:
            step.follow(project, values, back)
        except DoesNotFit as error:
            raise EditError(
                "'{}' cannot be undone or redone: others have changed the same since.",
                step.text(),
            ) from error
    return values


def fitting(steps: list[Step], index: int, parts: Collection[str]) -> list[bool]:
    """Tell which steps still fit once parts have values that no step gave them.

    A step that changed one of them does not, nor does one that what it changed was
    changed by such a step later.
    """
    fits = [True] * len(steps)
    for order in (range(index - 1, -1, -1), range(index, len(steps))):
        others = set(parts)
        for n in order:
            touched = {part for part in steps[n].parts if part not in ORDERS}
            if touched & others:
                fits[n] = False
                others |= touched
    return fits


def growing_step(stack: QUndoStack, merge: str, parts: Collection[str]) -> int:
    """Find the step that an edit of these parts becomes part of; -1 where none.

    Steps above it must have changed other parts: what two keys label at once in two
    tracks are two steps, and each grows on. Where steps can be made again only the
    last one in effect grows, as Qt merges it.
    """
    top = stack.index() - 1
    lowest = -1 if top == stack.count() - 1 else top - 1
    for n in range(top, lowest, -1) if merge else ():
        step = stack.command(n)
        if not isinstance(step, Edited):
            break
        if step.merge == merge:
            return n
        if set(step.parts) & set(parts):
            break
    return -1

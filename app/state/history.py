"""Count the steps that can be undone: of this session, and of earlier ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from PySide6.QtCore import QObject, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QUndoStack

from app.kit.plural import plural
from app.kit.threads import begin
from app.state.undo_steps import (
    Edited,
    Step,
    StepBefore,
    fitting,
    growing_step,
    steps_of,
)
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.history.earlier_steps import EarlierSteps, earlier_steps
from skelseg_core.project.history.journal import Journal
from skelseg_core.project.project import Project

AGAIN_MS = 50
"""Milliseconds until it is tried again to show the history, while an edit is made."""


class History(QObject):
    """Own the undo stack, which only counts: `Document` shows what its steps make.

    ``saved_step`` is the step that the files hold, -1 where that is none of them.
    ``n_below`` steps of earlier sessions are at the bottom; ``left_out`` is the number
    of those that are not offered because somebody else changed what they had made,
    ``files`` are those of the sessions.
    Signals ``moved`` with the step before and after where others moved the stack, and
    ``stepped`` where it has other steps.
    """

    moved = Signal(int, int)
    stepped = Signal()
    _read = Signal(object)

    def __init__(self, is_busy: Callable[[], bool], parent: QObject) -> None:
        super().__init__(parent)
        self._is_busy = is_busy
        self.stack = QUndoStack(self)
        self.stack.indexChanged.connect(self._on_index)
        self.saved_step = self.n_below = self.left_out = self._index = 0
        self.files: tuple[Path, ...] = ()
        self._is_counting, self._wanted = False, True
        self._read.connect(self._on_read, Qt.ConnectionType.QueuedConnection)

    @property
    def index(self) -> int:
        """Count the steps in effect, those of earlier sessions among them."""
        return self.stack.index()

    @property
    def steps(self) -> list[Step]:
        """All steps, the oldest first."""
        return steps_of(self.stack)

    def growing(self, merge: str, parts: Collection[str]) -> Step | None:
        """Return the step that an edit of these parts becomes part of, if any."""
        n = growing_step(self.stack, merge, parts)
        return self.steps[n] if n >= 0 else None

    def push(self, made: Edited) -> None:
        """Put a step on top, or into the one that grows by it; it is in effect."""
        at = growing_step(self.stack, made.merge, made.parts)
        before = self.index if at < 0 else at
        if 0 <= at < self.index - 1:
            self.steps[at].mergeWith(made)
        else:
            with self._counting():
                self.stack.push(made)
        # The saved step was cut off, or grew by merging. `QUndoStack.setClean` cannot
        # be used: it keeps later edits from merging.
        if self.saved_step > before:
            self.saved_step = -1

    def set_index(self, step: int) -> None:
        """Follow to a step that is in effect already."""
        with self._counting():
            self.stack.setIndex(step)

    def text_of_move(self, start: int, step: int) -> str:
        """Name the step between two neighbours, or count the steps."""
        if abs(step - start) > 1:
            return plural("{n} step(s)", abs(step - start))
        return self.stack.text(min(step, start))

    def drop(self, parts: Collection[str]) -> int:
        """Drop the steps that do not fit others' values of parts; return how many."""
        steps, index = self.steps, self.index
        fits = fitting(steps, index, parts)
        n_gone = fits.count(False)
        if n_gone:
            kept = [s.copy() for s, fit in zip(steps, fits, strict=True) if fit]
            self._rebuild(kept, sum(fits[:index]), sum(fits[: self.n_below]))
        return n_gone

    def close(self) -> None:
        """Follow nothing from now on."""
        self._wanted = False
        # The stack reports its own clearing while it is torn down.
        self.stack.indexChanged.disconnect(self._on_index)

    def _rebuild(self, steps: Collection[Step], index: int, n_below: int) -> None:
        """Put other steps into the stack; what is shown stays."""
        stack = self.stack
        with self._counting(), QSignalBlocker(stack):
            stack.clear()
            for step in steps:
                stack.push(step)
            stack.setIndex(index)
        self.n_below = n_below
        with self._counting():
            stack.indexChanged.emit(stack.index())

    @contextmanager
    def _counting(self) -> Iterator[None]:
        """Let the stack count along with what the document does itself."""
        self._is_counting = True
        try:
            yield
        finally:
            self._is_counting = False
            self._index = self.index

    def _on_index(self, index: int) -> None:
        """Tell where others moved the stack."""
        if self._is_counting:
            return
        start, self._index = self._index, index
        if start > self.stack.count():
            self.stepped.emit()  # it was emptied
        else:
            self.moved.emit(start, index)

    # -- earlier sessions -----------------------------------------------------------

    def read(self, folder: ProjectFolder, project: Project, journal: Journal) -> None:
        """Read in a thread what can be undone of earlier sessions."""

        def work() -> None:
            steps = earlier_steps(folder, project, journal)
            # The window may be gone meanwhile.
            with suppress(RuntimeError):
                self._read.emit(steps)

        begin(work, "history")

    def _on_read(self, found: EarlierSteps) -> None:
        if self._wanted and self._is_busy():
            # The stack must not change under a step that is on its way.
            QTimer.singleShot(AGAIN_MS, self, lambda: self._on_read(found))
        elif self._wanted:
            self.left_out, self.files = found.n_changed, found.files
            self.put_below(found)

    def put_below(self, found: EarlierSteps) -> None:
        """Put the steps of earlier sessions below those of this one."""
        own = [step.copy() for step in self.steps]
        below = [StepBefore(step) for step in found.done]
        # What was undone then cannot be made again once something else was made.
        undone = [StepBefore(s) for s in (() if own else found.undone)]
        if self.saved_step >= 0:
            self.saved_step += len(below)
        self._rebuild([*below, *own, *undone], len(below) + self.index, len(below))
        self.stepped.emit()

"""The steps that can be undone or redone, the newest first; a click goes to one."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QDateTime, QLocale
from PySide6.QtWidgets import QMenu, QWidget

from app.kit.labels import plain_tip
from app.kit.language import tr
from app.kit.plural import plural
from app.state.document import Document
from app.state.undo_steps import StepBefore

AROUND = 12
"""Steps that are listed before the present one, and after it."""


class HistoryMenu(QMenu):
    """List the steps around the present one, with what is true of each."""

    def __init__(self, document: Document, parent: QWidget) -> None:
        super().__init__(tr("History"), parent)
        now, stack = document.undo_stack.index(), document.undo_stack
        last, first = min(now + AROUND, stack.count()), max(now - AROUND, 0)
        for step in range(last, first - 1, -1):
            text = _text(document, step).replace("&", "&&")
            row = self.addAction("\t".join((text, _notes(document, step))))
            # Else its text would be one, where HTML is rendered.
            row.setToolTip(plain_tip(_text(document, step)))
            row.triggered.connect(partial(document.go_to, step))
            if step == now:
                self.setActiveAction(row)
        if document.history.left_out:
            self.addSeparator()
            text = "{n} older step(s) can no longer be undone"
            self.addAction(plural(text, document.history.left_out)).setEnabled(False)


def _text(document: Document, step: int) -> str:
    """Say what a step did; before the first, that nothing was done."""
    if step:
        return document.undo_stack.text(step - 1)
    if document.history.n_below:
        return tr("Before these steps")
    return tr("Opened {}").format(document.project.name)


def _notes(document: Document, step: int) -> str:
    """Say whether a step is the present one, saved, or undone, and its day."""
    now, notes = document.undo_stack.index(), []
    if step == now:
        notes.append(tr("now"))
    if step and step == document.history.n_below:
        notes.append(tr("opened"))
    if step == document.history.saved_step:
        notes.append(tr("saved"))
    if step > now:
        notes.append(tr("undone"))
    made = document.undo_stack.command(step - 1) if step else None
    if isinstance(made, StepBefore):
        day = QDateTime.fromSecsSinceEpoch(int(made.step.at_s)).date()
        notes.append(QLocale().toString(day, QLocale.FormatType.ShortFormat))
    return " · ".join(notes)

"""Ask before leaving: jobs that would be lost, a save or an opening that hangs."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QMessageBox, QWidget

from app.kit.language import tr
from app.kit.threads import wait_until
from app.services.jobs import Job, Jobs
from app.state.document import Document
from app.views.jobs.status_bar_jobs import jobs_text
from skelseg_core.errors import ProjectError

OPEN_S = 3.0
"""Seconds that a project may take to open until it is offered to leave it."""
LOOK_MS = 50
"""Milliseconds between two looks whether it is open by now."""
SAVE_S = 2.0
"""Seconds that closing waits for a save until it asks."""


class LeavingQuestion(QMessageBox):
    """Ask before leaving; list the jobs that would be cut off, up to date."""

    def __init__(self, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.setWindowTitle("skelseg")
        self.setTextFormat(Qt.TextFormat.RichText)
        accept = QMessageBox.ButtonRole.AcceptRole
        # Where a run needs no window, leaving is one thing and ending it another.
        self.go_on = self.addButton(tr("Keep it running"), accept)
        self.leave = self.addButton(tr("Leave"), accept)
        self.stay = self.addButton(tr("Stay"), QMessageBox.ButtonRole.RejectRole)
        self.setDefaultButton(self.stay)
        jobs.changed.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        at_stake = jobs_at_stake(self._jobs)
        may_go_on = any(job.let_go is not None for job in at_stake)
        self.go_on.setVisible(may_go_on)
        self.leave.setText(tr("End it") if may_go_on else tr("Leave"))
        if not at_stake:
            self.setText(tr("Everything is done. Nothing is lost if you leave."))
            return
        head = tr("This is still running. It ends if you leave.")
        if may_go_on:
            head = tr("This is still running.")
            if not all(job.let_go for job in at_stake):
                head = tr("This is still running. Some of it ends if you leave.")
        parts = [f"<p>{escape(head)}</p>", *(_paragraph(job) for job in at_stake)]
        self.setText("".join(parts))


def jobs_at_stake(jobs: Jobs) -> list[Job]:
    """Return the jobs that leaving would cut off, the oldest first."""
    return [
        job
        for job in jobs.running
        if job.on_leaving and job.state == "running" and not job.cancelling
    ]


def _paragraph(job: Job) -> str:
    title, now = job.title, jobs_text([job])
    if now.casefold().startswith(title.casefold()):
        head = escape(title + now[len(title) :])
    else:
        head = f"{escape(title)} ({escape(now)})"
    return f"<p><b>{head}</b><br>{escape(job.on_leaving)}</p>"


def may_leave(window: QWidget, jobs: Jobs) -> bool:
    """Return True if the window may close; ask where a job would be cut off."""
    if not jobs_at_stake(jobs):
        return True
    question = LeavingQuestion(jobs, window)
    question.exec()
    chosen = question.clickedButton()
    question.deleteLater()
    for job in jobs_at_stake(jobs):
        job.goes_on = chosen is question.go_on and job.let_go is not None
    return chosen in (question.leave, question.go_on)


class UnsavedQuestion(QMessageBox):
    """Ask before leaving a project that is not saved; goes by itself once it is."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.setWindowTitle("skelseg")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.leave = self.addButton(tr("Leave now"), QMessageBox.ButtonRole.AcceptRole)
        self.stay = self.addButton(tr("Stay"), QMessageBox.ButtonRole.RejectRole)
        self.setDefaultButton(self.stay)
        self.setEscapeButton(self.stay)
        document.saved.connect(self._on_saved)
        document.save_failed.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        saver = self._document.saver
        hangs = tr("The project is not yet saved to {}. Its disk does not answer.")
        self.setText(saver.trouble or hangs.format(self._document.folder.root))
        kept = tr(
            "Nothing is lost if you leave. Every edit is in the journal on this "
            "computer: {}. Your edits come back when you open the project here "
            "again.\n\nSaving continues. The window closes once everything is saved."
        )
        self.setInformativeText(kept.format(self._document.journal.path.parent))

    def _on_saved(self) -> None:
        if not self._document.unsaved:
            self.accept()


def save_first(window: QWidget, document: Document) -> bool:
    """Return True if the window may close: it is saved, or the person leaves anyway.

    Waits for a healthy disk, and asks where one takes long or fails.
    """
    saver = document.saver
    if document.unsaved:
        saver.save()
    wait_until(lambda: not document.unsaved or saver.failing, SAVE_S)
    if not document.unsaved:
        return True
    question = UnsavedQuestion(document, window)
    question.exec()
    chosen = question.clickedButton()
    question.deleteLater()
    document.left_unsaved = chosen is question.leave
    return document.left_unsaved or not document.unsaved


class OpeningQuestion(QMessageBox):
    """Offer to leave a project that takes long to open; goes once it is open."""

    def __init__(
        self, root: Path, done: Callable[[], bool], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._done = done
        self.setWindowTitle("skelseg")
        self.setTextFormat(Qt.TextFormat.PlainText)
        said = tr("{} is not open yet. Its disk is slow or does not answer.")
        self.setText(said.format(root))
        self.setInformativeText(
            tr(
                "This message closes once the project is open. Leaving changes "
                "nothing in it."
            )
        )
        self.leave = self.addButton(
            tr("Do not open"), QMessageBox.ButtonRole.RejectRole
        )
        timer = QTimer(self)
        timer.timeout.connect(self._look)
        timer.start(LOOK_MS)

    def _look(self) -> None:
        if self._done():
            self.accept()


def wait_for_opening(
    root: Path, window: QWidget | None, done: Callable[[], bool]
) -> None:
    """Wait until a project is open; where that takes long, offer to leave it.

    Raises
    ------
    ProjectError
        Where the person does not wait any longer.
    """
    wait_until(done, OPEN_S)
    if done():
        return
    question = OpeningQuestion(root, done, window)
    question.exec()
    question.deleteLater()
    if not done():
        raise ProjectError(
            "{} was not opened: its disk is slow or does not answer. Check the disk "
            "or open another project.",
            root,
        )


def leave(window: QWidget) -> None:
    """Close a window after its question was answered, without asking again."""
    window.setProperty("asked", True)
    window.close()

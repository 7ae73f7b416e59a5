"""Ask before closing a window whose running jobs would be lost."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from app.services.jobs import Job, Jobs
from app.views.jobs.jobs_bar import jobs_text


class LeavingQuestion(QMessageBox):
    """Ask before leaving; list the jobs that would be cut off, up to date."""

    def __init__(self, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.setIcon(QMessageBox.Icon.Question)
        self.setWindowTitle("skelseg")
        self.setTextFormat(Qt.TextFormat.RichText)
        self.leave = self.addButton(_tr("Leave"), QMessageBox.ButtonRole.AcceptRole)
        self.stay = self.addButton(_tr("Stay"), QMessageBox.ButtonRole.RejectRole)
        self.setDefaultButton(self.stay)
        jobs.changed.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        at_stake = jobs_at_stake(self._jobs)
        if not at_stake:
            self.setText(_tr("All of it is done by now: nothing is lost by leaving."))
            return
        head = _tr("This is still running and ends if you leave.")
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
    left = question.clickedButton() is question.leave
    question.deleteLater()
    return left


def leave(window: QWidget) -> None:
    """Close a window after its question was answered, without asking again."""
    window.setProperty("asked", True)
    window.close()


def _tr(text: str) -> str:
    return QCoreApplication.translate("Leaving", text)

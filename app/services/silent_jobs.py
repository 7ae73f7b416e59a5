"""Warn about a background process that hangs, and begin its job anew on request."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from app.kit.notices import Notices
from app.services.jobs import Job, Jobs
from skelseg_core.engine.worker_process import SILENT_S, Silence

TOPIC = "silent "
"""Subject of the warning; the title of the job follows."""


class SilentJobs(QObject):
    """Offer to restart a job whose process gives no sign of life."""

    def __init__(
        self, jobs: Jobs, notices: Notices, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._notices = notices
        self._restarts: dict[Job, QAction] = {}
        jobs.silent.connect(self._on_silent)
        jobs.heard.connect(self._on_heard)

    def _on_silent(self, job: Job) -> None:
        restart = self._restarts[job] = QAction(self.tr("Restart"), self)
        restart.setToolTip(self.tr("End its process and begin the job anew in another"))
        restart.triggered.connect(lambda: self._restart(job))
        text = self.tr(
            "{}: no sign of life for {} s. The computer may be busy or short of "
            "memory. Wait, or restart it: your labels are safe."
        )
        said = text.format(job.title, f"{SILENT_S:.0f}")
        self._notices.warn(said, restart, about=TOPIC + job.title)

    def _restart(self, job: Job) -> None:
        if isinstance(job.progress, Silence):
            job.progress.restart()
        self._on_heard(job)

    def _on_heard(self, job: Job) -> None:
        """Take the warning back: the job lives again, begins anew or has ended."""
        self._notices.settle(TOPIC + job.title)
        action = self._restarts.pop(job, None)
        if action is not None:
            action.deleteLater()

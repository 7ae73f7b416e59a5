"""The top row's part for jobs: progress, time left, a button to cancel."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.kit.icons import icon
from app.kit.labels import ElidedLabel
from app.kit.language import in_language, tr
from app.kit.painting import show_progress
from app.services.jobs import Job, Jobs, left_of_all
from app.services.time_left import time_left
from skelseg_core.engine.worker_process import WAITING, Silence

SHOW_AFTER_MS = 300
"""Milliseconds a job runs before the bar shows it; short ones would flicker."""

WIDEST_PX, LEAST_PX, BAR_PX = 420, 96, 6
"""Width of a line of words, the least of it in a narrow window, height of a bar."""


class JobsBar(QWidget):
    """Show the progress of the running jobs: a line of words over a bar."""

    _clicked = Signal()

    def __init__(self, jobs: Jobs) -> None:
        super().__init__()
        self._jobs = jobs
        self.text = ElidedLabel()
        self.text.setMinimumWidth(LEAST_PX)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(BAR_PX)
        self.cancel = QToolButton()
        self.cancel.setIcon(icon("close"))
        self.cancel.setAccessibleName(self.tr("Cancel"))
        self.cancel.setToolTip(self.tr("Cancel this job. Earlier results stay"))
        self.bar.setAccessibleName(self.tr("Progress"))
        self.cancel.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.cancel.clicked.connect(self._on_cancel)
        both = QVBoxLayout()
        both.setSpacing(2)
        both.addStretch()
        both.addWidget(self.text)
        both.addWidget(self.bar)
        both.addStretch()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(both, 1)
        layout.addWidget(self.cancel)
        self.setMaximumWidth(WIDEST_PX)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SHOW_AFTER_MS)
        self._timer.timeout.connect(self._refresh)
        jobs.changed.connect(self._on_changed)
        self._show_job(None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._clicked.emit()

    def lead_to(self, show: Callable[[], object]) -> None:
        """Call ``show`` at a click; it shows the list of jobs."""
        self.setToolTip(self.tr("Click to see all jobs"))
        self._clicked.connect(show)

    @property
    def shown(self) -> Job | None:
        """The job that is shown: one that has to wait, or the oldest one needed."""
        jobs = self._jobs.by_need
        return _waiting(jobs) or next(iter(jobs), None)

    def _on_cancel(self) -> None:
        if self.shown is not None:
            self.shown.cancel()
            self.cancel.setEnabled(False)

    def _on_changed(self) -> None:
        if self.shown is None:
            self._timer.stop()
            self._show_job(None)
        elif self.text.isVisible():
            self._refresh()
        elif not self._timer.isActive():
            self._timer.start()

    def _refresh(self) -> None:
        self._show_job(self.shown)

    def _show_job(self, job: Job | None) -> None:
        for widget in (self.text, self.bar, self.cancel):
            widget.setVisible(job is not None)
        # The job before may have disabled the button.
        self.cancel.setEnabled(job is None or not job.cancelling)
        if job is None:
            return
        fraction = job.progress.share
        self.text.setText(jobs_text(self._jobs.by_need))
        self.bar.setVisible(fraction != 0)
        if fraction is None:
            show_progress(self.bar, 0, 0)
        else:
            show_progress(self.bar, int(fraction * 1000), 1000)


def jobs_text(jobs: Sequence[Job]) -> str:
    """Describe the first job and how many wait: "Poses of 07: 63 %, 0:41 left".

    Where one of another kind waits: "Fill in 07 waits for poses of 07: 63 %, ...".
    """
    first, *others = jobs
    parts, share = [], first.progress.share
    if share is not None:
        parts.append(tr("{} %").format(int(100 * share)))
    if left := time_left(first.seconds_left):
        parts.append(tr("{} left").format(left))
    if isinstance(first.progress, Silence):
        parts = [tr("not responding")]
    name, waiting = _name(first), _waiting(jobs)
    if waiting is not None:
        others.remove(waiting)
        name = name[:1].lower() + name[1:]
        name = tr("{} waits for {}").format(waiting.title, name)
    name = name[:1].upper() + name[1:]
    text = f"{name}: {', '.join(parts)}" if parts else f"{name}…"
    if not others:
        return text
    n_more, alike = f"{len(others):,}", any(j.kind == first.kind for j in others)
    in_all = time_left(left_of_all(jobs)) if first.kind and alike else ""
    if in_all:
        return tr("{}   ({} more, {} left in all)").format(text, n_more, in_all)
    return tr("{}   ({} more)").format(text, n_more)


def _waiting(jobs: Sequence[Job]) -> Job | None:
    """Find a job that has to wait for one of another kind, if there is one."""
    waiting = (j for j in jobs[1:] if j.progress.step == WAITING)
    return next((j for j in waiting if j.kind != jobs[0].kind), None)


def _name(job: Job) -> str:
    """Name a job, with its present step if it has several."""
    step = in_language(job.progress.step)
    if job.progress.whole is None:
        return job.title if job.progress.fraction is None else step
    of = job.title.rpartition(" ")[2]
    return job.title if not step or of in job.progress.step else f"{job.title} ({step})"

"""Start jobs that read the project's files after unsaved edits were written."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.services.jobs import Job, Jobs
from app.state.document import Document


class AfterSave(QObject):
    """Start jobs after a save, and keep track of those that wait for it or run.

    A job has a key: its kind and what it works on, as ``("poses", video_id)``. Signals
    ``dropped`` where jobs that waited are not started, because saving failed.
    """

    dropped = Signal()

    def __init__(
        self, document: Document, jobs: Jobs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._waiting: list[Callable[[], object]] = []
        # None stands for a job that waits for the save.
        self._begun: dict[tuple[str, ...], Job | None] = {}
        document.saved.connect(self._on_saved)
        # After a failed save the waiting jobs are dropped: started at some later save,
        # they would surprise the person.
        document.save_failed.connect(self._on_failed)
        jobs.ended.connect(self._on_job_ended)

    def run(self, start: Callable[[], object]) -> None:
        """Call ``start`` as soon as the project's files contain every edit."""
        if not self._document.unsaved:
            start()
            return
        self._waiting.append(start)
        self._document.save()

    def begin_once(self, key: tuple[str, ...], start: Callable[[], Job | None]) -> bool:
        """Start a job after the save; False where one with this key waits or runs.

        A job that was cancelled may be started again before it has ended.
        """
        if key in self._begun:
            job = self._begun[key]
            if job is None or not job.cancelling:
                return False

        def begin() -> None:
            job = start()
            if job is not None and job.running:
                self._begun[key] = job
            else:
                self._begun.pop(key, None)

        self._begun[key] = None
        self.run(begin)
        return True

    def is_begun(self, *key: str) -> bool:
        """Tell whether a job whose key begins with these parts waits or runs."""
        return any(begun[: len(key)] == key for begun in self._begun)

    def cancel(self, *key: str) -> None:
        """Cancel the running jobs whose key begins with these parts."""
        for begun, job in self._begun.items():
            if begun[: len(key)] == key and job is not None:
                job.cancel()

    def _on_failed(self) -> None:
        waited = bool(self._waiting)
        self.drop()
        if waited:
            self.dropped.emit()

    def drop(self) -> None:
        """Forget the jobs that wait for a save."""
        self._waiting.clear()
        for key in [k for k, job in self._begun.items() if job is None]:
            del self._begun[key]

    def _on_job_ended(self, job: Job) -> None:
        for key in [k for k, j in self._begun.items() if j is job]:
            del self._begun[key]

    def _on_saved(self, _: str) -> None:
        # A save that was under way may hold an older state: wait for the next one.
        if not self._document.unsaved:
            waiting, self._waiting = self._waiting, []
            for start in waiting:
                start()

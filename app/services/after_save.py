"""AfterSave: begins the jobs that read the project's files once all is saved."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.services.jobs import Job, Jobs
from app.state.document import Document


class AfterSave(QObject):
    """Saves before a job begins, and knows which jobs wait for that or run.

    A job has a key: its kind and what it is of.
    """

    def __init__(
        self, document: Document, jobs: Jobs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._waiting: list[Callable[[], object]] = []
        # None stands for a job that waits for the save.
        self._begun: dict[tuple[str, ...], Job | None] = {}
        document.saved.connect(self._on_saved)
        # A job that begins at some later save would take everybody by surprise.
        document.save_failed.connect(self.drop)
        jobs.ended.connect(self._on_job_ended)

    def run(self, start: Callable[[], object]) -> None:
        """Call ``start`` once the files on disk are what is on the screen."""
        if not self._document.unsaved:
            start()
            return
        self._waiting.append(start)
        self._document.save()

    def begin_once(self, key: tuple[str, ...], start: Callable[[], Job | None]) -> bool:
        """Start a job when all is saved; False where the same waits or runs.

        One that was cancelled may be asked for again before it has ended.
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

    def cancel(self, *key: str) -> None:
        """Cancel the jobs that run and whose key begins so."""
        for begun, job in self._begun.items():
            if begun[: len(key)] == key and job is not None:
                job.cancel()

    def drop(self, *_: object) -> None:
        """Forget the jobs that wait for a save."""
        self._waiting.clear()
        for key in [k for k, job in self._begun.items() if job is None]:
            del self._begun[key]

    def _on_job_ended(self, job: Job) -> None:
        for key in [k for k, j in self._begun.items() if j is job]:
            del self._begun[key]

    def _on_saved(self, _: str) -> None:
        # A save that was under way may end with an older state: wait for the next.
        if not self._document.unsaved:
            waiting, self._waiting = self._waiting, []
            for start in waiting:
                start()

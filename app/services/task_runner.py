"""Run tasks as jobs, and say how they ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from app.kit.language import in_language
from app.kit.notices import Help, Notices
from app.services.after_save import AfterSave
from app.services.jobs import Job, Jobs
from app.state.document import Document, PreparedEdit
from skelseg_core.progress import Task
from skelseg_core.project.project import Project

Then = Callable[[Any], None]
"""Called with the result of a task, in the window's thread."""


class TaskRunner:
    """Start the jobs of one project."""

    def __init__(
        self, document: Document, jobs: Jobs, after_save: AfterSave, notices: Notices
    ) -> None:
        self.document, self.jobs, self.notices = document, jobs, notices
        self.after_save = after_save

    def run(
        self, title: str, task: Task[Any], then: Then | None = None, leaving: str = ""
    ) -> Job:
        """Run a task in a thread.

        Parameters
        ----------
        title : str
        task : Task
        then : callable, optional
        leaving : str
            Says what is lost if the window closes before.
        """
        job = self.jobs.start(title, task, then)
        job.on_leaving = leaving
        return job

    def run_saved(
        self,
        key: tuple[str, ...],
        title: str,
        task: Task[Any],
        then: Then,
        busy: str,
        leaving: str = "",
    ) -> None:
        """Run a task that reads the project's files, once every edit is in them.

        Where one with this key waits or runs already, ``busy`` is said.
        """
        if not self.after_save.begin_once(
            key, lambda: self.run(title, task, then, leaving)
        ):
            self.notices.say(busy)

    def edit(
        self,
        text: str,
        task: Callable[[Project], Task[Project]],
        then: Callable[[PreparedEdit], object],
    ) -> None:
        """Compute an edit in a thread, and make it; anew where another came between.

        Parameters
        ----------
        text : str
            Names the step of undo.
        task : callable
            Makes the new value of a project.
        then : callable
            Called with the edit when it is made.
        """
        document = self.document

        def show(edit: PreparedEdit) -> None:
            if not document.apply_prepared(edit):
                self.edit(text, task, then)
            elif document.project is edit.after:
                then(edit)

        self.run(text, document.prepare(text, task(document.project)), show)

    def tell(
        self, text: str, notes: Sequence[str] = (), then: Help | None = None
    ) -> None:
        """Say what was done, and offer to go on; with notes, as a warning."""
        whole = " ".join(map(in_language, (text, *notes)))
        if notes:
            self.notices.warn(whole, then)
        else:
            self.notices.say(whole, then=then)

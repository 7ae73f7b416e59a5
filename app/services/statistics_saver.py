"""Save statistics of classes as a table, from the project as it was at the start."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from app.kit.notices import Notices
from app.kit.plural import plural
from app.services.jobs import Job, Jobs
from app.state.document import Document
from skelseg_core.progress import Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project, shown_to_annotator
from skelseg_core.tasks.statistics import StatisticsChoices


class StatisticsSaver(QObject):
    """Write tables of statistics as CSV files, in a thread."""

    def __init__(
        self,
        document: Document,
        jobs: Jobs,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._jobs, self._notices = document, jobs, notices

    def save(self, out: Path, choices: StatisticsChoices) -> Job:
        """Count, and write the table to ``out``."""
        folder, project = self._document.folder, self._document.project
        if project.blind:
            shown = [shown_to_annotator(project, v) for v in project.videos]
            project = project.with_videos(*shown)

        def show_result(done: tuple[int, tuple[str, ...]]) -> None:
            n_rows, notes = done
            text = plural("Wrote {n} row(s) to {out}.", n_rows, out=out)
            if notes:
                self._notices.warn(" ".join((text, *notes)))
            else:
                self._notices.say(text)

        task = _saved(folder, project, choices, out)
        job = self._jobs.start(self.tr("Save statistics"), task, show_result)
        job.on_leaving = self.tr("The file is not written yet; save it again.")
        return job


def _saved(
    folder: ProjectFolder, project: Project, choices: StatisticsChoices, out: Path
) -> Task[tuple[int, tuple[str, ...]]]:
    from skelseg_core.files import atomic_write
    from skelseg_core.learning.folds import named_subjects
    from skelseg_core.tasks.statistics import project_statistics

    subjects = named_subjects(folder)
    table, notes = yield from project_statistics(folder, project, choices, subjects)
    atomic_write(out, table.csv())
    return len(table.rows), notes

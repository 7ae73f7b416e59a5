"""Export labels or poses of videos, and look at the files before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.kit.notices import Notices
from app.kit.plural import plural
from app.services.jobs import Job, Jobs
from app.state.document import Document
from skelseg_core.progress import Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.tasks.export_choices import Choices, ExportChoices

if TYPE_CHECKING:
    from skelseg_core.tasks.exported import Exported
    from skelseg_core.tasks.exports import ExportPreview


class Exporter(QObject):
    """Export in a thread, from the project as it was at the start.

    Signals ``previewed`` with the `ExportPreview` that was asked for last.
    """

    previewed = Signal(object)

    def __init__(
        self,
        document: Document,
        jobs: Jobs,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._jobs, self._notices = document, jobs, notices
        self._preview: Job | None = None

    def export(self, out: Path, choices: Choices | None = None) -> Job:
        """Write what the choices say, by default CSV of every video that has labels."""
        folder, project = self._document.folder, self._document.project
        chosen = choices or ExportChoices(skip_missing=True)

        def show_result(done: Exported) -> None:
            self._tell(out, done)

        job = self._jobs.start(
            self.tr("Export"), _export(folder, project, out, chosen), show_result
        )
        job.on_leaving = self.tr("No file is written yet; export again.")
        return job

    def _tell(self, out: Path, done: Exported) -> None:
        parts = [plural("Exported {n} file(s) to {out}.", len(done.files), out=out)]
        if done.skipped:
            names = ", ".join(done.skipped)
            parts.append(self.tr("Left out: {}.").format(names))
        if done.replaced:
            names = ", ".join(path.name for path in done.replaced)
            parts.append(self.tr("Files of others were replaced: {}.").format(names))
        say = self._notices.warn if len(parts) > 1 else self._notices.say
        say(" ".join(parts))

    def look(self, out: Path, choices: Choices) -> None:
        """Make a preview of what would be written; ``previewed`` follows."""
        if self._preview is not None:
            self._preview.cancel()
        folder, project = self._document.folder, self._document.project
        asked: list[Job] = []

        def show(found: ExportPreview) -> None:
            # An answer to an earlier question is dropped.
            if asked and asked[0] is self._preview:
                self.previewed.emit(found)

        job = self._jobs.start(
            self.tr("Preview of the export"),
            _preview(folder, project, out, choices),
            show,
        )
        job.in_background = True
        asked.append(job)
        self._preview = job


# The tasks are imported in the thread of the job: that takes longer than a key may.


def _export(
    folder: ProjectFolder, project: Project, out: Path, choices: Choices
) -> Task[Exported]:
    from skelseg_core.tasks.exports import export

    return (yield from export(folder, project, out, choices))


def _preview(
    folder: ProjectFolder, project: Project, out: Path, choices: Choices
) -> Task[ExportPreview]:
    from skelseg_core.tasks.exports import preview

    return (yield from preview(folder, project, out, choices))

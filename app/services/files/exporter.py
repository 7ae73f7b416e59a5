"""Export labels or poses of videos."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QAction, QDesktopServices

from app.kit.language import tr
from app.kit.plural import plural
from app.services.jobs import Job
from app.services.task_runner import TaskRunner
from skelseg_core.progress import Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.tasks.export_choices import Choices, ExportChoices

if TYPE_CHECKING:
    from skelseg_core.tasks.export_result import Exported


def start_export(runner: TaskRunner, out: Path, choices: Choices | None = None) -> Job:
    """Write what the choices say, by default CSV of every video that has labels."""
    folder, project = runner.document.folder, runner.document.project
    chosen = choices or ExportChoices(skip_missing=True)

    def tell(done: Exported) -> None:
        text = plural("Exported {n} file(s) to {out}.", len(done.files), out=out)
        notes = [*done.untimed]
        if done.skipped:
            names = ", ".join(map(project.titled, done.skipped))
            notes.append(tr("Left out: {}.").format(names))
        if done.replaced:
            names = ", ".join(path.name for path in done.replaced)
            notes.append(
                tr("Replaced files that skelseg did not write: {}.").format(names)
            )
        show = QAction(tr("Open the folder"), runner.notices)
        url = QUrl.fromLocalFile(str(out))
        show.triggered.connect(lambda: QDesktopServices.openUrl(url))
        runner.tell(text, notes, show)

    task = _exported(folder, project, out, chosen)
    leaving = tr("No file was written. Export again.")
    return runner.run(tr("Export"), task, tell, leaving)


# Imported in the thread of the job: that takes longer than a key may.
def _exported(
    folder: ProjectFolder, project: Project, out: Path, choices: Choices
) -> Task[Exported]:
    from skelseg_core.tasks.exports import export

    return (yield from export(folder, project, out, choices))

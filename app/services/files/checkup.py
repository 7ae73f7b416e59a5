"""Check the open project, and apply the fixes that a person asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.kit.language import in_language
from app.playback.player import Player
from app.services.jobs import Job
from app.services.task_runner import TaskRunner
from app.state.session import Session
from skelseg_core.doctor.finding import Finding, Fix
from skelseg_core.errors import SkelsegError, unreachable
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project

if TYPE_CHECKING:
    from skelseg_core.doctor.checkup import Checkup


class ProjectCheckup(QObject):
    """Hold what was found at the last check of the project; signal changed.

    A fix of labels is an edit like any other, and can be undone; a fix of files moves
    them aside. ``told`` is signalled with what became of it.
    """

    changed = Signal()
    told = Signal(str)

    def __init__(
        self,
        tasks: TaskRunner,
        session: Session,
        player: Player,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._session = tasks.document, session
        self._player, self._tasks, self.jobs = player, tasks, tasks.jobs
        self.findings: tuple[Finding, ...] = ()
        self.is_done = False
        self._title = self.tr("Check the project")

    @property
    def job(self) -> Job | None:
        """The check that runs now, or None."""
        return next((j for j in self.jobs.running if j.title == self._title), None)

    def look(self) -> None:
        """Check the project as it is now, in a thread."""
        if self.job is not None:
            return

        def show(checkup: Checkup) -> None:
            self.findings, self.is_done = checkup.findings, True
            self.changed.emit()

        # A folder of its own: that of the document remembers what the window has read.
        folder = ProjectFolder(self._document.folder.root)
        self._tasks.run(self._title, _examined(folder, self._document.project), show)
        self.changed.emit()

    def cancel(self) -> None:
        """Stop a check that runs."""
        if self.job is not None:
            self.job.cancel()

    def go_to(self, finding: Finding) -> None:
        """Show the frames that a finding is about."""
        if finding.video_id and self._document.project.has(finding.video_id):
            self._session.set_video(finding.video_id)
            if finding.stop:
                self._player.seek(finding.start)

    def fix(self, finding: Finding) -> None:
        """Apply the fix of a finding."""
        fix = finding.fix
        if fix is None:
            return
        if fix.edit is not None:
            if self._document.apply(fix.text, fix.edit):
                self._forget(finding, fix)
        else:
            done = self.tr("Fix {}").format(finding.check)
            self._tasks.run(done, _run(fix), lambda _: self._forget(finding, fix))

    def _forget(self, finding: Finding, fix: Fix) -> None:
        self.findings = tuple(f for f in self.findings if f is not finding)
        self.changed.emit()
        self.told.emit(self.tr("{}: done.").format(in_language(fix.text)))


def _examined(folder: ProjectFolder, project: Project) -> Task[Checkup]:
    from skelseg_core.doctor.checkup import examine

    return (yield from examine(folder, project))


def _run(fix: Fix) -> Task[None]:
    yield Progress(fix.text)
    if fix.run is None:
        return
    try:
        fix.run()
    except OSError as error:
        raise SkelsegError(unreachable(error)) from error

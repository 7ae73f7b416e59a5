"""Dialog of a check of the project: what was found, where, and what can be done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QListWidget, QListWidgetItem, QWidget
from shiboken6 import isValid

from app.kit.labels import Label
from app.kit.language import in_language
from app.services.task_runner import TaskRunner, Then
from app.views.dialogs.list_parts import button_row, dialog_column, push_button
from skelseg_core.doctor.finding import Finding
from skelseg_core.progress import Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import TrackId

_VIDEO = int(Qt.ItemDataRole.UserRole)


class CheckupDialog(QDialog):
    """List the findings, errors first; go to the video of one, or apply all fixes.

    Parameters
    ----------
    tasks : TaskRunner
    show_track : callable
        Shows a track.
    parent : QWidget, optional
    """

    def __init__(
        self,
        tasks: TaskRunner,
        show_track: Callable[[TrackId], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Check this project"))
        self._tasks, self._show_track = tasks, show_track
        self._findings: Sequence[Finding] = ()
        self.summary, self.list = Label(), QListWidget()
        self.list.setAccessibleName(self.tr("Findings"))
        self.list.setWordWrap(True)
        self.list.itemActivated.connect(self._on_activated)
        self.fix = push_button(self.tr("Move these files away"), self._on_fix)
        self.fix.setToolTip(self.tr("To the folder set-aside; leftovers are deleted"))
        body = dialog_column(self)
        body.addWidget(self.summary)
        body.addWidget(self.list)
        body.addLayout(button_row(self, (self.fix,)))
        self.resize(900, 520)
        self._look()

    def _look(self, fixed: Sequence[str] = ()) -> None:
        """Check the project as it is now, in a thread."""
        document = self._tasks.document
        # A folder of its own: that of the document remembers what the window has read.
        folder = ProjectFolder(document.folder.root)
        self._run(
            _examined(folder, document.project), lambda found: self._show(found, fixed)
        )

    def _run(self, task: Task[Any], then: Then) -> None:
        self.fix.setEnabled(False)
        self.summary.setText(self.tr("Checking…"))
        self.job = self._tasks.run(self.tr("Check the project"), task, then)
        self.job.failed.connect(self.summary.setText)
        self.finished.connect(self.job.cancel)

    def _show(self, findings: Sequence[Finding], fixed: Sequence[str]) -> None:
        if not isValid(self):
            return  # it was closed when the check was done and not told yet
        self._findings = findings
        self.list.clear()
        marks = {
            "error": self.tr("Error: {}"),
            "warning": self.tr("Warning: {}"),
            "note": self.tr("Note: {}"),
        }
        for finding in findings:
            text = marks[finding.severity].format(in_language(finding.text))
            row = QListWidgetItem(text, self.list)
            row.setData(_VIDEO, finding.video_id)
            if finding.fix is not None:
                row.setToolTip(in_language(finding.fix.text))
        lines = [in_language(text) for text in fixed]
        if not findings:
            lines.append(self.tr("No problems found."))
        self.summary.setText("\n".join(lines))
        self.fix.setEnabled(any(finding.fix for finding in findings))

    def _on_activated(self, row: QListWidgetItem) -> None:
        if row.data(_VIDEO):
            self._show_track(row.data(_VIDEO))

    def _on_fix(self) -> None:
        self._run(_fixed(self._findings), self._look)


# Imported when they are needed, because they import readers of videos.
def _examined(folder: ProjectFolder, project: Project) -> Task[list[Finding]]:
    from skelseg_core.doctor.checkup import examine

    return (yield from examine(folder, project))


def _fixed(findings: Sequence[Finding]) -> Task[list[str]]:
    from skelseg_core.doctor.checkup import apply_fixes

    return (yield from apply_fixes(findings))

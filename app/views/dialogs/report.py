"""Show the contents of a problem report, and save it as a zip file."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from app.kit import theme
from app.kit.error_report import qt_versions
from app.kit.labels import Label
from app.kit.language import in_language, tr
from app.services.jobs import Job
from app.views.dialogs.ask_paths import ask_new
from app.views.dialogs.named_texts import NamedTexts
from skelseg_core.errors import SkelsegError
from skelseg_core.tasks.problem_report import (
    ReportPart,
    project_parts,
    report_parts,
    write_report,
)

MOST_SHOWN_CHARS = 200_000


class ReportDialog(QDialog):
    """List the files of a problem report and show each; nothing is sent.

    Parameters
    ----------
    settings : Path
        File of the settings.
    project : Path, optional
        Folder of the open project: its labels are added if the box is ticked.
    """

    def __init__(
        self, settings: Path, project: Path | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Report a problem"))
        self._project, self._saved = project, Path()
        self.job: Job | None = None
        self._parts = report_parts(settings, qt_versions())
        self._of_project: list[ReportPart] = []
        about = Label(
            self.tr(
                "A report is a file for somebody who helps you. Nothing is sent. It "
                "holds what is listed here and no pictures. Your home folder appears "
                "as ~. The log names files and videos, so read it first."
            )
        )
        about.setWordWrap(True)
        self._shown = NamedTexts()
        self.files, self.text = self._shown.names, self._shown.text
        self.files.setAccessibleName(self.tr("Files of the report"))
        self.text.setAccessibleName(self.tr("Text of the file"))
        self.labels = QCheckBox(
            self.tr("Include the list of videos and the labels of this project")
        )
        self.labels.setVisible(project is not None)
        self.labels.toggled.connect(self._on_ticked)
        self.status = Label()
        self.status.setWordWrap(True)
        self.status.hide()
        role = QDialogButtonBox.ButtonRole
        self.buttons = QDialogButtonBox()
        self.save = self.buttons.addButton(self.tr("Save as…"), role.ActionRole)
        self.folder = self.buttons.addButton(self.tr("Show in folder"), role.ActionRole)
        self.folder.setEnabled(False)
        self.buttons.addButton(QDialogButtonBox.StandardButton.Close)
        self.save.clicked.connect(self._on_save)
        self.folder.clicked.connect(self._on_folder)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(about)
        layout.addWidget(self._shown, 1)
        layout.addWidget(self.labels)
        layout.addWidget(self.status)
        layout.addWidget(self.buttons)
        self.save.setDefault(True)
        self.resize(860, 560)
        self._fill()

    @property
    def parts(self) -> list[ReportPart]:
        """The files that the report will contain."""
        return [*self._parts, *self._of_project]

    def _fill(self) -> None:
        self._shown.fill(
            (f"{p.name}\n{_size(len(p.text.encode()))}", partial(_end, p))
            for p in self.parts
        )

    def _on_ticked(self, ticked: bool) -> None:
        self._forget_job()
        self._of_project = []
        if ticked and self._project is not None:
            self.save.setEnabled(False)
            self.job = Job(self.tr("Report"), project_parts(self._project))
            self.job.done.connect(self._on_read)
            self.job.failed.connect(self._on_failed)
            self.job.start()
        else:
            self.save.setEnabled(True)
            self._fill()

    def _is_awaited(self) -> bool:
        """Return True if the signal comes from the last started job, still wanted."""
        return self.job is not None and self.sender() is self.job

    def _on_failed(self, text: str) -> None:
        if not self._is_awaited():
            return
        self._forget_job()
        # The report can be saved without the labels.
        self.labels.setChecked(False)
        self._say(text, wrong=True)

    def _on_read(self, parts: list[ReportPart]) -> None:
        # A job whose box was unticked since may still end.
        if not self._is_awaited():
            return
        self._forget_job()
        self._of_project = parts
        self.save.setEnabled(True)
        self._fill()

    def _on_save(self) -> None:
        stamp = datetime.now().strftime("%Y%m%d-%H%M")
        usual = str(Path.home() / f"skelseg-report-{stamp}.zip")
        kinds = self.tr("Reports (*.zip)")
        path = ask_new(self, self.tr("Save the report"), usual, kinds)
        if path is not None:
            self.write(path)

    def write(self, path: Path) -> None:
        """Save the report; show the result or the error."""
        if path.suffix.lower() != ".zip":
            path = path.with_name(path.name + ".zip")
        try:
            write_report(path, self.parts)
        except SkelsegError as error:
            self._say(in_language(error), wrong=True)
            return
        self._saved = path
        self.folder.setEnabled(True)
        self._say(self.tr("Saved as {}.").format(path), wrong=False)

    def _say(self, text: str, wrong: bool) -> None:
        theme.set_tone(self.status, "error" if wrong else "dim")
        self.status.setText(text)
        self.status.show()

    def _on_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._saved.parent)))

    def reject(self) -> None:
        self._forget_job()
        super().reject()

    def _forget_job(self) -> None:
        # The dialog waits for the thread, so that the job is not deleted by it.
        if self.job is not None:
            self.job.cancel()
            self.job.wait()
            self.job = None


def _end(part: ReportPart) -> str:
    """Return what is shown of a text: the end of a log matters most."""
    return part.text[-MOST_SHOWN_CHARS:]


def _size(n_bytes: int) -> str:
    if n_bytes < 1000:
        return tr("{} bytes").format(n_bytes)
    if n_bytes < 1_000_000:
        return f"{n_bytes / 1000:.0f} kB"
    return f"{n_bytes / 1_000_000:.1f} MB"


def report_problem(
    parent: QWidget, settings: Path, project: Path | None = None
) -> None:
    """Show the dialog for a problem report."""
    dialog = ReportDialog(settings, project, parent)
    dialog.exec()
    dialog.deleteLater()

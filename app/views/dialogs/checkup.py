"""Dialog of a check of the project: what was found, where, and what can be done."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QProgressBar, QTableWidgetItem, QWidget

from app.kit.labels import Label
from app.kit.language import in_language
from app.kit.plural import plural
from app.services.files.checkup import ProjectCheckup
from app.views.dialogs.list_parts import (
    Told,
    button_row,
    dialog_column,
    push_button,
    row_table,
)
from app.views.fields import resize_columns
from skelseg_core.doctor.finding import Finding

_WIDTHS = (90, 120)
"""Widths in pixels of the columns but the last, which takes what is left."""


class CheckupDialog(QDialog):
    """List the findings, errors first; go to the frames of one, or apply its fix."""

    def __init__(self, checkup: ProjectCheckup, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Check this project"))
        self._checkup = checkup
        self.summary = Label()
        self.bar = QProgressBar()
        self.table = row_table(
            self.tr("Findings"),
            (self.tr("Kind"), self.tr("Video"), self.tr("Problem and what to do")),
            2,
        )
        self.whole = Label()
        self.told = Told()
        self.go = push_button(self.tr("Go there"), self._on_go)
        self.fix = push_button(self.tr("Fix"), self._on_fix)
        self.again = push_button(self.tr("Check again"), checkup.look)
        self._lay_out()
        checkup.changed.connect(self._refresh)
        checkup.told.connect(self.told.tell)
        checkup.jobs.changed.connect(self._show_progress)
        checkup.jobs.failed.connect(self.told.tell_error)
        self.table.itemSelectionChanged.connect(self._enable)
        self.table.itemActivated.connect(lambda _: self._on_go())
        self._refresh()
        checkup.look()

    def _lay_out(self) -> None:
        table = self.table
        header = table.horizontalHeader()
        resize_columns(header, enumerate(_WIDTHS))
        self.bar.setTextVisible(False)
        self.bar.setMaximumHeight(4)
        # Two lines are kept for it, so that the table stands still.
        self.whole.setMinimumHeight(2 * self.whole.fontMetrics().lineSpacing())
        self.whole.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        for label in (self.summary, self.whole):
            label.setWordWrap(True)
        self.go.setProperty("primary", True)
        row = button_row(self, (self.go, self.fix, self.again))
        body = dialog_column(self)
        body.addWidget(self.summary)
        body.addWidget(self.bar)
        body.addWidget(table, 1)
        body.addWidget(self.whole)
        body.addWidget(self.told)
        body.addLayout(row)
        self.resize(900, 520)

    # -- what is shown ----------------------------------------------------------------

    @property
    def selected(self) -> Finding | None:
        """The selected finding, or None."""
        row, findings = self.table.currentRow(), self._checkup.findings
        return findings[row] if 0 <= row < len(findings) else None

    def _refresh(self) -> None:
        findings, row = self._checkup.findings, max(0, self.table.currentRow())
        self.table.setRowCount(len(findings))
        kinds = {
            "error": self.tr("Error"),
            "warning": self.tr("Warning"),
            "note": self.tr("Note"),
        }
        for n, finding in enumerate(findings):
            texts = (
                kinds[finding.severity],
                finding.video_id,
                in_language(finding.text),
            )
            for column, text in enumerate(texts):
                cell = QTableWidgetItem(text)
                self.table.setItem(n, column, cell)
        if findings:
            self.table.selectRow(min(row, len(findings) - 1))
        self._show_progress()
        self._enable()

    def _show_progress(self) -> None:
        job = self._checkup.job
        self.bar.setVisible(job is not None)
        self.again.setEnabled(job is None)
        if job is not None:
            share = job.progress.share
            self.bar.setRange(0, 0 if share is None else 100)
            self.bar.setValue(round(100 * (share or 0)))
            self.summary.setText(
                self.tr("Checking: {}…").format(in_language(job.progress.step))
            )
        elif self._checkup.is_done:
            self.summary.setText(self._in_short())
        else:
            self.summary.setText(self.tr("The check was interrupted."))

    def _in_short(self) -> str:
        found = [f.severity for f in self._checkup.findings]
        if not found:
            return self.tr("No problems found.")
        return " ".join(
            (
                plural("{n} error(s),", found.count("error")),
                plural("{n} warning(s),", found.count("warning")),
                plural("{n} note(s).", found.count("note")),
            )
        )

    def _enable(self) -> None:
        finding = self.selected
        self.whole.setText("" if finding is None else in_language(finding.text))
        self.go.setEnabled(finding is not None and bool(finding.video_id))
        fix = None if finding is None else finding.fix
        self.fix.setEnabled(fix is not None)
        self.fix.setText(self.tr("Fix") if fix is None else in_language(fix.text))

    # -- what the buttons do ----------------------------------------------------------

    def _on_go(self) -> None:
        if self.selected is not None:
            self._checkup.go_to(self.selected)

    def _on_fix(self) -> None:
        if self.selected is not None:
            self._checkup.fix(self.selected)

    def reject(self) -> None:
        """Close; a check that runs is stopped."""
        self._checkup.cancel()
        super().reject()


def show_checkup(parent: QWidget, checkup: ProjectCheckup) -> CheckupDialog:
    """Open the dialog and start a check."""
    dialog = CheckupDialog(checkup, parent)
    dialog.show()
    dialog.table.setFocus()
    return dialog

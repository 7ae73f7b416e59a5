"""Ask which statistics of classes are saved, and where."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QWidget,
)

from app.kit.labels import Label
from app.views.dialogs.list_parts import dialog_column
from skelseg_core.labels.statistics_table import GroupBy
from skelseg_core.project.project import Project, shown_to_annotator
from skelseg_core.tasks.statistics import StatisticsChoices

_MOST_BIN_S = 86_400.0
"""Longest time bin in seconds."""


class StatisticsDialog(QDialog):
    """Choose what is counted, of which videos and whose labels."""

    def __init__(
        self, parent: QWidget | None, project: Project, video_id: str, whole: bool
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(_tr("Save class statistics"))
        self.setMinimumWidth(460)
        self._video_id = video_id
        self.what, self.by = QComboBox(), QComboBox()
        self.what.addItem(_tr("How often and how long each class was done"), False)
        self.what.addItem(_tr("Which class follows which"), True)
        by: tuple[tuple[str, GroupBy], ...] = (
            (_tr("Each video"), "video"),
            (_tr("Each subject"), "subject"),
            (_tr("All together"), "class"),
        )
        for text, value in by:
            self.by.addItem(text, value)
        self.videos, self.lane = QComboBox(), QComboBox()
        if project.has(video_id):
            self.videos.addItem(_tr("This video"), (video_id,))
        self.videos.addItem(_tr("Whole project"), ())
        self.videos.setCurrentIndex(self.videos.count() - 1 if whole else 0)
        shown = (shown_to_annotator(project, v) for v in project.videos)
        lanes = dict.fromkeys(name for v in shown for name in v.lanes)
        for name in lanes:
            self.lane.addItem(_lane_text(name), name)
        self.binned, self.bin_s = (
            QCheckBox(_tr("Separate rows every")),
            QDoubleSpinBox(),
        )
        self.bin_s.setRange(0.1, _MOST_BIN_S)
        self.bin_s.setDecimals(1)
        self.bin_s.setValue(60)
        self.bin_s.setSuffix(_tr(" s"))
        self._lay_out()
        self.what.currentIndexChanged.connect(self._show_state)
        self.binned.toggled.connect(self._show_state)
        self._show_state()

    def _lay_out(self) -> None:
        body, form = dialog_column(self), QFormLayout()
        form.setSpacing(8)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight)
        bins = QHBoxLayout()
        bins.addWidget(self.binned)
        bins.addWidget(self.bin_s)
        bins.addStretch()
        form.addRow(_tr("Count"), self.what)
        form.addRow(_tr("Rows for"), self.by)
        form.addRow(_tr("Videos"), self.videos)
        form.addRow(_tr("Labels"), self.lane)
        form.addRow(_tr("Time bins"), bins)
        body.addLayout(form)
        about = Label(
            _tr(
                "A CSV file with a row for every class, also where it does not occur. "
                "Times are those of the video files."
            )
        )
        about.setWordWrap(True)
        body.addWidget(about)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.save = buttons.addButton(
            _tr("Save…"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setIcon(QIcon())
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        body.addWidget(buttons)
        self.save.setDefault(True)

    def _show_state(self) -> None:
        durations = not self.what.currentData()
        self.binned.setEnabled(durations)
        self.bin_s.setEnabled(durations and self.binned.isChecked())

    @property
    def choices(self) -> StatisticsChoices:
        """Choices as they stand."""
        transitions = bool(self.what.currentData())
        bins = self.binned.isChecked() and not transitions
        return StatisticsChoices(
            lane=self.lane.currentData(),
            videos=tuple(self.videos.currentData()),
            by=self.by.currentData(),
            bin_s=self.bin_s.value() if bins else None,
            transitions=transitions,
        )


def _lane_text(lane: str) -> str:
    kind, _, name = lane.partition(":")
    words = {
        "annotation": _tr("Annotation"),
        "prediction": _tr("Pre-labels of {}"),
        "annotator": _tr("Labels of {}"),
    }
    return words.get(kind, "{}").format(name or lane)


def ask_statistics(
    parent: QWidget, project: Project, video_id: str, whole: bool, place: Path
) -> tuple[Path, StatisticsChoices] | None:
    """Ask what is saved and for the file; None where cancelled.

    Parameters
    ----------
    parent : QWidget
    project : Project
    video_id : str
        The video that is looked at.
    whole : bool
        Whether all videos are counted at first.
    place : Path
        Folder that the file dialog opens in.
    """
    dialog = StatisticsDialog(parent, project, video_id, whole)
    try:
        if not dialog.exec():
            return None
        choices = dialog.choices
    finally:
        dialog.deleteLater()
    name = "transitions" if choices.transitions else "statistics"
    chosen, _ = QFileDialog.getSaveFileName(
        parent,
        _tr("Save class statistics"),
        str(place / f"{name}.csv"),
        f"{_tr('Tables')} (*.csv)",
        options=QFileDialog.Option.DontUseNativeDialog,
    )
    if not chosen:
        return None
    out = Path(chosen)
    return (out if out.suffix else out.with_suffix(".csv")), choices


def _tr(text: str) -> str:
    return QCoreApplication.translate("SaveStatistics", text)

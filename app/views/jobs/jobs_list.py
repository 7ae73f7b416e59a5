"""The list of jobs that run, wait, or have ended in this session."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    Qt,
    QTimer,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.kit import theme
from app.kit.key_policy import declare_keys, plain
from app.kit.keyboard import hand_on
from app.kit.labels import Label, plain_tip
from app.kit.language import in_language, tr
from app.services.jobs import Job, Jobs, State
from app.services.time_left import time_left
from skelseg_core.engine.worker_process import WAITING
from skelseg_core.tasks.runs.followed_run import FollowedProgress

_Index = QModelIndex | QPersistentModelIndex
_ROW = int(Qt.ItemDataRole.UserRole)
WHAT, HOW_FAR, LEFT, STOP = range(4)
UPDATE_MS = 150
"""Milliseconds between two updates of the progress of running jobs."""
MIN_LISTED_S = 0.3
"""Seconds a job must take to be listed."""
MAX_ENDED = 200
MOST_FAILURES = 8
"""Failures of a run that are told; its log has all."""
ROW_PX = 28


@dataclass(eq=False)
class JobRow:
    """A row of the list of jobs; ``job`` is None once the job has ended."""

    title: str
    since: float
    job: Job | None
    state: State = "running"
    step: str = ""
    fraction: float | None = None
    seconds_left: float | None = None
    error: str = ""
    # Of a run over many videos.
    run: FollowedProgress | None = None
    again: Callable[[], object] | None = None

    def follow(self) -> None:
        """Copy the state of the job; drop the job when it has ended."""
        job = self.job
        if job is None:
            return
        self.step, self.fraction = job.progress.step, job.progress.share
        self.seconds_left = job.seconds_left
        if isinstance(job.progress, FollowedProgress):
            self.run = job.progress
            self.again = job.again
        if not job.running:
            self.state, self.error, self.job = job.state, job.error, None

    @property
    def n_failed(self) -> int:
        """Count what failed of a run."""
        return 0 if self.run is None else len(self.run.failures)

    @property
    def long_enough(self) -> bool:
        """True if the job is long enough to be listed."""
        if self.job is None:
            return True
        return time.monotonic() - self.since >= MIN_LISTED_S


def _told(run: FollowedProgress) -> list[str]:
    """Write a line for each stage of a run, and for its first failures."""
    names = {"poses": tr("Poses"), "predict": tr("Pre-labels")}
    lines = []
    for stage, count in run.stages.items():
        name, text = names.get(stage, stage), tr("{}: {} of {} done")
        parts = [text.format(name, f"{count.done:,}", f"{count.n_tasks:,}")]
        if count.running:
            parts.append(tr("{} running").format(f"{count.running:,}"))
        if count.failed:
            parts.append(tr("{} failed").format(f"{count.failed:,}"))
        if run.seconds > 0 and count.frames:
            pace = f"{count.frames / run.seconds:,.1f}"
            parts.append(tr("{} frames a second").format(pace))
        lines.append(", ".join(parts))
    failures = list(run.failures.values())
    lines += [
        f"{video}: {in_language(error)}" for video, error in failures[:MOST_FAILURES]
    ]
    more = len(failures) - MOST_FAILURES
    return [*lines, tr("and {} more").format(f"{more:,}")] if more > 0 else lines


class JobsModel(QAbstractTableModel):
    """The listed jobs, the latest first."""

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: list[JobRow] = []
        self.rows: list[JobRow] = []
        self._jobs = jobs
        self._timer = QTimer(self)
        self._timer.setInterval(UPDATE_MS)
        self._timer.timeout.connect(self.refresh)
        jobs.started.connect(self._on_started)
        jobs.changed.connect(self._on_changed)
        self._heads = (self.tr("Job"), self.tr("State"), self.tr("Left"), "")

    def _on_started(self, job: Job) -> None:
        self._all.insert(0, JobRow(job.title, time.monotonic(), job))
        self._timer.start()

    def _on_changed(self) -> None:
        if not self._jobs.running:
            self._timer.stop()
            self.refresh()

    def refresh(self) -> None:
        """Update the rows from the jobs."""
        for row in self._all:
            was = row.job
            row.follow()
            if was is not None and row.state == "done":
                quick = time.monotonic() - row.since < MIN_LISTED_S and not row.run
                row.title = "" if quick else row.title
        kept = [r for r in self._all if r.title]
        ended = [r for r in kept if r.job is None][MAX_ENDED:]
        self._all = [r for r in kept if r not in ended]
        self._show_all()

    def _show_all(self) -> None:
        rows = [row for row in self._all if row.long_enough]
        if [id(r) for r in rows] != [id(r) for r in self.rows]:
            self.layoutAboutToBeChanged.emit()
            before = self.persistentIndexList()
            places = [self.rows[i.row()] for i in before]
            self.rows = rows
            now = [
                self.index(_place(rows, row), index.column())
                for row, index in zip(places, before, strict=True)
            ]
            self.changePersistentIndexList(before, now)
            self.layoutChanged.emit()
        elif rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, STOP))

    def clear(self) -> None:
        """Remove the jobs that have ended."""
        self._all = [r for r in self._all if r.job is not None]
        self._show_all()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._heads)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = 0
    ) -> object:
        if orientation == Qt.Orientation.Horizontal and role == 0:
            return self._heads[section]
        return None

    def data(self, index: _Index, role: int = 0) -> object:
        row, column = self.rows[index.row()], index.column()
        if role == _ROW:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            if column == STOP:
                tip = self.tr("Cancel {}").format(row.title) if row.job else ""
                return plain_tip(tip)
            return plain_tip(row.error or in_language(row.step))
        if role == Qt.ItemDataRole.ForegroundRole and column == HOW_FAR:
            colours = theme.current()
            failed = row.state == "failed" or row.n_failed > 0
            return QColor(colours.error if failed else colours.dim)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in (LEFT, STOP):
            return int(Qt.AlignmentFlag.AlignCenter)
        return None

    def _text(self, row: JobRow, column: int) -> str:
        if column == WHAT:
            return row.title
        if column == HOW_FAR:
            return self.state_text(row)
        if column == LEFT:
            return time_left(row.seconds_left) if row.job else ""
        return "✕" if row.job is not None and not row.job.cancelling else ""

    def state_text(self, row: JobRow) -> str:
        """Describe the state of a job in a word, or its progress as a number."""
        words: dict[State, str] = {
            "done": self.tr("done"),
            "failed": self.tr("failed"),
            "cancelled": self.tr("cancelled"),
            "running": self.tr("running"),
        }
        if row.job is None and row.n_failed:
            return self.tr("{} failed").format(f"{row.n_failed:,}")
        if row.job is None:
            return words[row.state]
        if row.job.cancelling:
            return self.tr("cancelling…")
        if row.step == WAITING:
            return self.tr("waiting")
        if row.fraction is None:
            return words["running"]
        return self.tr("{} %").format(int(row.fraction * 100))


class _Bar(QStyledItemDelegate):
    """Paint the progress of a job under its number."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        super().paint(painter, option, index)
        row: JobRow = index.data(_ROW)
        share = row.fraction
        if row.job is None or share is None:
            return
        rect: QRect = option.rect
        palette: QPalette = option.palette
        groove = QRect(rect.left() + 4, rect.bottom() - 4, rect.width() - 8, 3)
        painter.fillRect(groove, palette.color(QPalette.ColorRole.Mid))
        groove.setWidth(round(groove.width() * share))
        painter.fillRect(groove, palette.color(QPalette.ColorRole.Highlight))


class JobsView(QWidget):
    """Show the table of jobs, the error of the chosen one, and a button to cancel."""

    widths: ClassVar = {HOW_FAR: 88, LEFT: 64, STOP: 28}

    def __init__(self, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = JobsModel(jobs, self)
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setItemDelegateForColumn(HOW_FAR, _Bar(self.table))
        self.table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(ROW_PX)
        self.table.setAccessibleName(self.tr("Jobs"))
        head = self.table.horizontalHeader()
        head.setSectionResizeMode(WHAT, QHeaderView.ResizeMode.Stretch)
        head.setMinimumSectionSize(20)
        head.setHighlightSections(False)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        for column, width in self.widths.items():
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            self.table.setColumnWidth(column, width)
        self.empty = Label(self.tr("Nothing is running. Jobs will appear here."))
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setContentsMargins(16, 24, 16, 24)
        theme.set_tone(self.empty, "dim")
        self.detail = Label()
        self.detail.setWordWrap(True)
        self.detail.setContentsMargins(12, 4, 12, 4)
        self.detail.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.again = QPushButton(self.tr("Try again"))
        self.again.setToolTip(self.tr("Try again what failed"))
        self.again.clicked.connect(self._on_again)
        self.cancel = QPushButton(self.tr("Cancel"))
        self.cancel.setToolTip(self.tr("Cancel the chosen job (Delete)"))
        self.clear = QPushButton(self.tr("Clear finished"))
        self.clear.setToolTip(self.tr("Remove finished jobs from the list"))
        self.cancel.clicked.connect(self._on_cancel)
        self.clear.clicked.connect(self.model.clear)
        self.table.clicked.connect(self._on_clicked)
        declare_keys(self.table, lambda e: plain(e, Qt.Key.Key_Delete))
        self.table.selectionModel().currentChanged.connect(self._refresh)
        for signal in (self.model.dataChanged, self.model.layoutChanged):
            signal.connect(self._refresh)
        self._lay_out()
        self._refresh()

    def _lay_out(self) -> None:
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 4, 8, 8)
        foot.setSpacing(8)
        foot.addStretch(1)
        foot.addWidget(self.again)
        foot.addWidget(self.cancel)
        foot.addWidget(self.clear)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.empty)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.detail)
        layout.addLayout(foot)

    @property
    def chosen(self) -> JobRow | None:
        """The job of the chosen row; without a choice, the last that failed."""
        rows, at = self.model.rows, self.table.currentIndex().row()
        if 0 <= at < len(rows):
            return rows[at]
        return next((r for r in rows if r.state == "failed" or r.n_failed), None)

    def _refresh(self, *_: object) -> None:
        rows, chosen = self.model.rows, self.chosen
        self.empty.setVisible(not rows)
        self.table.setVisible(bool(rows))
        hand_on(self, self.table if rows else None)
        text, failed = _detail(chosen)
        self.detail.setVisible(bool(text) and bool(rows))
        if text != self.detail.text():
            self.detail.setText(text)
        theme.set_tone(self.detail, "error" if failed else "dim")
        self.again.setVisible(_has_failures(chosen))
        self.cancel.setEnabled(_stoppable(chosen))
        self.clear.setEnabled(any(r.job is None for r in rows))

    def _on_clicked(self, index: QModelIndex) -> None:
        if index.column() == STOP:
            self._on_cancel()

    def _on_cancel(self) -> None:
        row = self.chosen
        if row is not None and row.job is not None:
            row.job.cancel()
            self.model.refresh()

    def _on_again(self) -> None:
        row = self.chosen
        if row is not None and row.again is not None:
            row.again()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # The table passes this key on to this widget.
        if event.key() == Qt.Key.Key_Delete:
            self._on_cancel()
        else:
            super().keyPressEvent(event)


def _stoppable(row: JobRow | None) -> bool:
    return row is not None and row.job is not None and not row.job.cancelling


def _has_failures(row: JobRow | None) -> bool:
    """Tell whether something of a run that has ended can be tried again."""
    return row is not None and row.job is None and row.n_failed > 0


def _detail(row: JobRow | None) -> tuple[str, bool]:
    """Return what is said below the list of a row, and whether it is a failure."""
    if row is None:
        return "", False
    text = row.error or (in_language(row.step) if row.job else "")
    if row.run is not None and not row.error:
        text = "\n".join(_told(row.run))
    return text, row.state == "failed" or row.n_failed > 0


def _place(rows: list[JobRow], row: JobRow) -> int:
    return next((n for n, r in enumerate(rows) if r is row), -1)

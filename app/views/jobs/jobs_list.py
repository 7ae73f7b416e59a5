"""The list of jobs that run, wait, or have ended in this session."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
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
from app.services.jobs import Job, Jobs, State
from app.services.time_left import time_left
from skelseg_core.engine.supervisor import StageCount
from skelseg_core.engine.worker_process import WAITING
from skelseg_core.tasks.followed_run import FollowedProgress

_Index = QModelIndex | QPersistentModelIndex
_ROW = int(Qt.ItemDataRole.UserRole)
WHAT, HOW_FAR, LEFT, STOP = range(4)
UPDATE_MS = 150
"""Milliseconds between two updates of the progress of running jobs."""
MIN_LISTED_S = 0.3
"""Seconds a job must take to be listed."""
MAX_ENDED = 200
MOST_FAILURES = 100
"""Failures of a run that are listed; its log has all."""
INDENT = "   "
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
    unfolded: bool = False
    parts: list[PartRow] = field(default_factory=list)

    def follow(self) -> None:
        """Copy the state of the job; drop the job when it has ended."""
        job = self.job
        if job is None:
            return
        self.step, self.fraction = job.progress.step, job.progress.share
        self.seconds_left = job.seconds_left
        if isinstance(job.progress, FollowedProgress):
            self._follow_run(job.progress)
            self.again = job.again
        if not job.running:
            self.state, self.error, self.job = job.state, job.error, None

    def _follow_run(self, now: FollowedProgress) -> None:
        """Keep a row for each stage and failure; they stay, as one may be chosen."""
        if now is self.run:
            return
        self.run = now
        stages = [part for part in self.parts if part.count is not None]
        if [part.title for part in stages] != list(now.stages):
            stages = [PartRow(self, name) for name in now.stages]
        for part, count in zip(stages, now.stages.values(), strict=True):
            part.count = count
        failures = [part for part in self.parts if part.count is None]
        for video, sentence in list(now.failures.values())[len(failures) :]:
            if len(failures) < MOST_FAILURES:
                failures.append(PartRow(self, video, error=sentence))
        self.parts = [*stages, *failures]

    @property
    def n_failed(self) -> int:
        """Count what failed of a run."""
        return 0 if self.run is None else len(self.run.failures)

    @property
    def listed(self) -> bool:
        """True if the job is long enough to be listed."""
        if self.job is None:
            return True
        return time.monotonic() - self.since >= MIN_LISTED_S


@dataclass(eq=False)
class PartRow:
    """A row below that of a run: a stage with its ``count``, or a task that failed."""

    of: JobRow
    title: str
    count: StageCount | None = None
    error: str = ""

    @property
    def name(self) -> str:
        """Return the name of a stage, as people say it."""
        names = {
            "fingerprint": _tr("Frames"),
            "poses": _tr("Poses"),
            "features": _tr("Features"),
            "predict": _tr("Pre-labels"),
        }
        return names.get(self.title, self.title)

    @property
    def pace(self) -> float:
        """Return the frames a second of a stage; 0 where they are not known."""
        seconds = 0.0 if self.of.run is None else self.of.run.seconds
        return self.count.frames / seconds if self.count and seconds > 0 else 0.0

    @property
    def text(self) -> str:
        """Describe the stage or the failure in a line."""
        count = self.count
        if count is None:
            return f"{self.title}: {self.error}"
        text = _tr("{}: {} of {} done")
        parts = [text.format(self.name, f"{count.done:,}", f"{count.n_tasks:,}")]
        if count.running:
            parts.append(_tr("{} running").format(f"{count.running:,}"))
        if count.failed:
            parts.append(_tr("{} failed").format(f"{count.failed:,}"))
        if self.pace:
            parts.append(_tr("{} frames a second").format(f"{self.pace:,.1f}"))
        return ", ".join(parts)


Row = JobRow | PartRow


class JobsModel(QAbstractTableModel):
    """The listed jobs, the latest first."""

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: list[JobRow] = []
        self.rows: list[Row] = []
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
                quick = time.monotonic() - row.since < MIN_LISTED_S and not row.parts
                row.title = "" if quick else row.title
        kept = [r for r in self._all if r.title]
        ended = [r for r in kept if r.job is None][MAX_ENDED:]
        self._all = [r for r in kept if r not in ended]
        self._show_all()

    def fold(self, row: JobRow, unfolded: bool) -> None:
        """Show or hide the stages and failures of a run."""
        if row.parts and row.unfolded != unfolded:
            row.unfolded = unfolded
            self._show_all()

    def _show_all(self) -> None:
        rows: list[Row] = []
        for row in self._all:
            if row.listed:
                rows.append(row)
                rows += row.parts if row.unfolded else []
        self._show(rows)

    def _show(self, rows: list[Row]) -> None:
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
        if isinstance(row, PartRow):
            return self._part(row, column, role)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            if column == STOP:
                tip = self.tr("Cancel {}").format(row.title) if row.job else ""
                return plain_tip(tip)
            return plain_tip(row.error or row.step or (row.title if row.parts else ""))
        if role == Qt.ItemDataRole.ForegroundRole and column == HOW_FAR:
            colours = theme.current()
            failed = row.state == "failed" or row.n_failed > 0
            return QColor(colours.error if failed else colours.dim)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in (LEFT, STOP):
            return int(Qt.AlignmentFlag.AlignCenter)
        return None

    def _part(self, row: PartRow, column: int, role: int) -> object:
        """Return what is shown of a stage or of a task that failed."""
        if role == Qt.ItemDataRole.ForegroundRole:
            failed = row.count is None or (column == WHAT and row.count.failed > 0)
            return QColor(theme.current().error if failed else theme.current().dim)
        if role == Qt.ItemDataRole.TextAlignmentRole and column == LEFT:
            return int(Qt.AlignmentFlag.AlignCenter)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(row.text)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._part_text(row, column)
        return None

    def _part_text(self, row: PartRow, column: int) -> str:
        count = row.count
        if count is None:
            return INDENT + row.text if column == WHAT else ""
        if column == WHAT:
            parts = [row.name]
            if count.failed:
                parts.append(self.tr("{} failed").format(f"{count.failed:,}"))
            if count.running:
                parts.append(self.tr("{} running").format(f"{count.running:,}"))
            return INDENT + " · ".join(parts)
        if column == HOW_FAR:
            text = self.tr("{} of {}")
            return text.format(f"{count.done:,}", f"{count.n_tasks:,}")
        if column == LEFT and row.pace:
            pace = f"{row.pace:,.0f}" if row.pace >= 1 else f"{row.pace:.1f}"
            return self.tr("{}/s").format(pace)
        return ""

    def _text(self, row: JobRow, column: int) -> str:
        if column == WHAT and row.parts:
            return ("▾ " if row.unfolded else "▸ ") + row.title
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
        row: Row = index.data(_ROW)
        share = _share(row)
        if share is None:
            return
        rect: QRect = option.rect
        palette: QPalette = option.palette
        groove = QRect(rect.left() + 4, rect.bottom() - 4, rect.width() - 8, 3)
        painter.fillRect(groove, palette.color(QPalette.ColorRole.Mid))
        groove.setWidth(round(groove.width() * share))
        painter.fillRect(groove, palette.color(QPalette.ColorRole.Highlight))


def _share(row: Row) -> float | None:
    """Return the share that the bar of a row shows, if it has one."""
    if isinstance(row, PartRow):
        if row.of.job is None or row.count is None:
            return None
        return row.count.done / max(1, row.count.n_tasks)
    return None if row.job is None else row.fraction


class JobsView(QWidget):
    """Show the table of jobs, the error of the chosen one, and a button to cancel."""

    widths: ClassVar = {HOW_FAR: 88, LEFT: 64, STOP: 28}

    def __init__(self, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = JobsModel(jobs, self)
        self._wide: list[int] = []
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
        keys = (Qt.Key.Key_Delete, Qt.Key.Key_Left, Qt.Key.Key_Right)
        declare_keys(self.table, lambda e: any(plain(e, key) for key in keys))
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
        row = self._chosen_row
        return row.of if isinstance(row, PartRow) else row

    @property
    def _chosen_row(self) -> Row | None:
        rows, at = self.model.rows, self.table.currentIndex().row()
        if 0 <= at < len(rows):
            return rows[at]
        jobs = (r for r in rows if isinstance(r, JobRow))
        return next((r for r in jobs if r.state == "failed" or r.n_failed), None)

    def _refresh(self, *_: object) -> None:
        rows, row, chosen = self.model.rows, self._chosen_row, self.chosen
        self.empty.setVisible(not rows)
        self.table.setVisible(bool(rows))
        hand_on(self, self.table if rows else None)
        text, failed = _detail(row)
        self.detail.setVisible(bool(text) and bool(rows))
        if text != self.detail.text():
            self.detail.setText(text)
        theme.set_tone(self.detail, "error" if failed else "dim")
        self.again.setVisible(_has_failures(chosen))
        self.cancel.setEnabled(_stoppable(chosen))
        self.clear.setEnabled(
            any(isinstance(r, JobRow) and r.job is None for r in rows)
        )
        self._span()

    def _span(self) -> None:
        """Let the sentence of a failure have all of its row."""
        wide = [
            n
            for n, row in enumerate(self.model.rows)
            if isinstance(row, PartRow) and row.count is None
        ]
        if wide != self._wide:
            self._wide = wide
            self.table.clearSpans()
            for n in wide:
                self.table.setSpan(n, WHAT, 1, STOP + 1)

    def _on_clicked(self, index: QModelIndex) -> None:
        row = self.model.rows[index.row()]
        if index.column() == STOP:
            self._on_cancel()
        elif isinstance(row, JobRow):
            self.model.fold(row, not row.unfolded)

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
        # The table passes these keys on to this widget.
        row, key = self.chosen, event.key()
        if key == Qt.Key.Key_Delete:
            self._on_cancel()
        elif row is not None and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.model.fold(row, key == Qt.Key.Key_Right)
        else:
            super().keyPressEvent(event)


def _stoppable(row: JobRow | None) -> bool:
    return row is not None and row.job is not None and not row.job.cancelling


def _has_failures(row: JobRow | None) -> bool:
    """Tell whether something of a run that has ended can be tried again."""
    return row is not None and row.job is None and row.n_failed > 0


def _detail(row: Row | None) -> tuple[str, bool]:
    """Return what is said below the list of a row, and whether it is a failure."""
    if isinstance(row, PartRow):
        return row.text, row.count is None
    if row is None:
        return "", False
    return row.error or (row.step if row.job else ""), row.state == "failed"


def _tr(text: str) -> str:
    return QCoreApplication.translate("Jobs", text)


def _place(rows: list[Row], row: Row) -> int:
    return next((n for n, r in enumerate(rows) if r is row), -1)

"""The statistics table: count and durations of each class."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QStackedLayout,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.kit.keyboard import hand_on
from app.kit.labels import Label
from app.kit.plural import plural
from app.playback.player import Player
from app.services.jobs import Job, Jobs
from app.state.change import Change
from app.state.current_video import TIMES, CurrentVideo
from app.views.fields import ChoiceBox, EmptyState
from app.views.tables.statistics_model import (
    BAR_PX,
    LONGEST,
    SHARE,
    SHORTEST,
    ShareDelegate,
    StatisticsModel,
)
from app.views.tables.table import TableView
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.labels.statistics import (
    ClassStatistics,
    SegmentPlace,
    StatisticsPart,
    class_statistics,
)
from skelseg_core.project.videos_and_tracks import Track


class StatisticsView(QWidget):
    """Count classes while visible.

    Signals ``left``, ``add_requested`` and ``save_requested``, which asks for a file of
    the statistics: of the whole project, or of this video.
    """

    left = Signal()
    add_requested = Signal()
    save_requested = Signal(bool)

    def __init__(
        self,
        current: CurrentVideo,
        player: Player,
        jobs: Jobs,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._session = current.document, current.session
        self._player, self._current = player, current
        self._jobs = jobs
        self._counting: Job | None = None
        self._counted: dict[str, Segmentation] = {}
        self.model = StatisticsModel(self)
        self.scope = ChoiceBox(
            self.tr("What to count"), [self.tr("This video"), self.tr("Whole project")]
        )
        self.save = QPushButton(self.tr("Save as CSV…"))
        self.save.setAutoDefault(False)
        self.save.setToolTip(
            self.tr("Save a table with one row per class, or per video and class")
        )
        self.rule = Label()
        self.table = TableView(self.text, self)
        self.table.setModel(self.model)
        self.table.setItemDelegateForColumn(SHARE, ShareDelegate(self.table))
        self.table.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        self.table.setAccessibleName(self.tr("Class statistics"))
        self.table.set_widths(
            ["MM open drawer", "10,000", "00:00.000", "100.0 %", "00:00.000",
             "00:00.000", "00:00.000", "00:00.000"]
        )  # fmt: skip
        self.table.setColumnWidth(SHARE, self.table.columnWidth(SHARE) + BAR_PX)
        # Rows are in the order of the classes until a column is sorted.
        self.table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.table.setSortingEnabled(True)
        self.empty = EmptyState()
        add = self.table.add_command
        add(self.tr("Go to the shortest"), "Return", lambda: self.go(SHORTEST))
        add(self.tr("Go to the longest"), "", lambda: self.go(LONGEST))
        self.table.add_copy_and_sort()
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(12, 4, 12, 4)
        head.setSpacing(8)
        head.addWidget(self.scope, 1)
        head.addStretch()
        head.addWidget(self.save)
        self._pages = QStackedLayout()
        self.rule.setContentsMargins(12, 4, 12, 4)
        self.rule.setWordWrap(True)
        self.rule.setToolTip(
            self.tr(
                "A frame lasts until the next one starts: by timestamps in videos you "
                "opened, else by the mean rate."
            )
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addLayout(self._pages, 1)
        # Added here: a page without a parent would be shown as a window of its own.
        self._pages.addWidget(self.table)
        self._pages.addWidget(self.empty)
        layout.addWidget(self.rule)
        self.setFocusProxy(self.table)

    def _connect(self) -> None:
        self.scope.currentIndexChanged.connect(self._count)
        self.save.clicked.connect(
            lambda: self.save_requested.emit(self.scope.currentIndex() == 1)
        )
        self.table.left.connect(self.left)
        self.table.entered.connect(self._on_entered)
        self.table.doubleClicked.connect(self._on_double_clicked)
        self.empty.clicked.connect(self.add_requested)
        self._document.changed.connect(self._on_changed)
        self._session.video_changed.connect(self._count)
        self._current.changed.connect(self._on_current)

    # -- counting -------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._count()

    def _on_changed(self, change: Change) -> None:
        whole = self.scope.currentIndex() == 1
        if whole or change.touches(self._session.track_id):
            self._count()

    def _on_current(self, what: str) -> None:
        if what == TIMES:
            self._count()

    def _items(self) -> tuple[Track, ...]:
        project, video_id = self._current.project, self._session.track_id
        if self.scope.currentIndex() == 1:
            return project.tracks
        return (project.track(video_id),) if project.has(video_id) else ()

    def _count(self, *_: object) -> None:
        if self._counting is not None:
            self._counting.cancel()
            self._counting = None
        if not self.isVisible():
            return
        items, label_map = self._items(), self._current.classes
        times_of = self._current.times_of
        parts = [StatisticsPart(i.id, i.annotation, times_of(i)) for i in items]
        known = sum(map(self._current.knows_times, items))

        def show(found: tuple[ClassStatistics, ...]) -> None:
            # Another count may have begun since.
            if job is self._counting:
                self._counting = None
                self._show(found, label_map, items, known)

        task = class_statistics(parts, label_map)
        job = self._counting = self._jobs.start(self.tr("Class statistics"), task, show)

    def _show(
        self,
        found: tuple[ClassStatistics, ...],
        label_map: LabelMap,
        items: tuple[Track, ...],
        known: int,
    ) -> None:
        """Show the statistics; the timestamps of ``known`` videos were available."""
        class_id = self._current_class()
        self._counted = {i.id: i.annotation for i in items}
        self.model.show(found, label_map)
        self._choose_class(class_id)
        labelled = any(f.count for f in found if f.class_id is not None)
        had_keyboard = self.table.hasFocus()
        self._pages.setCurrentWidget(self.table if labelled else self.empty)
        hand_on(self, self.table if labelled else None)
        if had_keyboard and not labelled:
            # Else Qt gives it to the button, which the next Space would press.
            self.setFocus()
        self.rule.setVisible(labelled)
        text = self.tr("How often and how long each class occurs will appear here.")
        add = "" if self._document.project.tracks else self.tr("Add videos…")
        self.empty.say(text, add)
        if known == len(items):
            self.rule.setText(self.tr("Times from the video file"))
        elif not known:
            self.rule.setText(self.tr("Times by the mean rate of the video"))
        else:
            text = "Times by timestamps in {known} of {n} video(s), else by mean rate"
            self.rule.setText(plural(text, len(items), known=f"{known:,}"))

    # -- going to segments -----------------------------------------------------------

    def _current_class(self) -> tuple[int | None, int] | None:
        index = self.table.currentIndex()
        if not index.isValid():
            return None
        return self.model.rows[index.row()].class_id, index.column()

    def _choose_class(self, chosen: tuple[int | None, int] | None) -> None:
        if chosen is None:
            return
        ids = [r.class_id for r in self.model.rows]
        if chosen[0] in ids:
            flag = QItemSelectionModel.SelectionFlag
            index = self.model.index(ids.index(chosen[0]), chosen[1])
            how = flag.ClearAndSelect | flag.Rows
            if index != self.table.currentIndex():
                self.table.selectionModel().setCurrentIndex(index, how)

    def _on_entered(self) -> None:
        longest = self.table.currentIndex().column() == LONGEST
        self.go(LONGEST if longest else SHORTEST)

    def _on_double_clicked(self, index: QModelIndex) -> None:
        if index.column() in (SHORTEST, LONGEST):
            self.go(index.column())

    def go(self, column: int) -> None:
        """Go to the shortest or the longest segment of the current class."""
        index = self.table.currentIndex()
        if index.isValid():
            row = self.model.rows[index.row()]
            place = row.longest if column == LONGEST else row.shortest
            if place is not None:
                self._go_to(place)

    def _go_to(self, place: SegmentPlace) -> None:
        project, counted = self._document.project, self._counted.get(place.video_id)
        if not project.has(place.video_id):
            return
        item = project.track(place.video_id)
        if item.annotation is not counted:
            return  # another edit came, and the statistics are about to be updated
        self._session.set_video(place.video_id)
        # Seeking may end a growing segment, which changes the indices.
        self._session.set_boundary(place.index - 1 if place.index else None)
        self._player.seek(item.annotation.segments[place.index].start)

    def text(self) -> str:
        """Return the selected rows, or all, as text with tabs."""
        rows = sorted(i.row() for i in self.table.selectionModel().selectedRows())
        return self.model.tabbed(rows or list(range(self.model.rowCount())))

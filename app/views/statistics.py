"""StatisticsView: how often and how long each class was done, as a table."""

from __future__ import annotations

from dataclasses import astuple

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter, QPalette, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QStackedLayout,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.document import Change, Document
from app.frame_times import FrameTimes
from app.player import Player
from app.session import Session
from app.slices import Slices
from app.views.fields import Choice, EmptyState
from app.views.frame_field import time_text
from app.views.table import Table
from skelseg_core.project import VideoItem
from skelseg_core.segmentation import LabelMap
from skelseg_core.statistics import (
    ClassStatistics,
    Part,
    Place,
    class_statistics,
    statistics_text,
)

_Index = QModelIndex | QPersistentModelIndex
CLASS, COUNT, TOTAL, SHARE, MEAN, MEDIAN, SHORTEST, LONGEST = range(8)
# Which field of `ClassStatistics` a column shows.
_FIELDS = (0, 1, 3, 4, 5, 6, 7, 8)
ROW = int(Qt.ItemDataRole.UserRole)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_BAR_PX = 48


class StatisticsModel(QAbstractTableModel):
    """The classes that were counted, in the order that was asked for."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[ClassStatistics] = []
        self._found: tuple[ClassStatistics, ...] = ()
        self._label_map: LabelMap | None = None
        self._sorted = (-1, Qt.SortOrder.AscendingOrder)
        self.unlabelled = self.tr("unlabelled")
        self._headers = (
            (self.tr("Class"), self.tr("Class")),
            (self.tr("Count"), self.tr("How many segments")),
            (self.tr("Total"), self.tr("How long in all")),
            (self.tr("Share"), self.tr("Share of the whole time")),
            (self.tr("Mean"), self.tr("How long a segment lasts on average")),
            (self.tr("Median"), self.tr("Half of the segments are shorter")),
            (
                self.tr("Shortest"),
                self.tr("The shortest segment; a double-click or Return goes there"),
            ),
            (
                self.tr("Longest"),
                self.tr("The longest segment; a double-click or Return goes there"),
            ),
        )

    def show(self, found: tuple[ClassStatistics, ...], label_map: LabelMap) -> None:
        """Show other figures; rows that stay where they are only change."""
        self._found = tuple(f for f in found if f.class_id is not None or f.count)
        self._take(label_map)

    def sort(
        self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder
    ) -> None:
        self._sorted = (column, order)
        if self._label_map is not None:
            self._take(self._label_map)

    def _take(self, label_map: LabelMap) -> None:
        self._label_map = label_map
        rows = self._in_order()
        if [r.class_id for r in rows] == [r.class_id for r in self.rows]:
            self.rows = rows
            last = self.index(len(rows) - 1, LONGEST)
            self.dataChanged.emit(self.index(0, 0), last)
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def _in_order(self) -> list[ClassStatistics]:
        column, order = self._sorted
        if column < 0:
            return list(self._found)
        down = order == Qt.SortOrder.DescendingOrder
        if column == CLASS:
            return sorted(
                self._found, key=lambda f: self.name(f).casefold(), reverse=down
            )
        field = _FIELDS[column]
        return sorted(self._found, key=lambda f: float(astuple(f)[field]), reverse=down)

    def name(self, row: ClassStatistics) -> str:
        """Name of a class, or that it is none."""
        names = self._label_map
        name = names.name_of(row.class_id) if names is not None else ""
        return name or self.unlabelled

    def colour(self, row: ClassStatistics) -> QColor | None:
        """Colour of a class, None for unlabelled."""
        found = self._label_map.get(row.class_id) if self._label_map else None
        return QColor(found.color) if found else None

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._headers)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = 0
    ) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._headers[section][0]
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._headers[section][1]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if section == CLASS else _RIGHT
        return None

    def data(self, index: _Index, role: int = 0) -> object:
        if not index.isValid():
            return None
        row, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if column == CLASS else _RIGHT
        if role == Qt.ItemDataRole.DecorationRole and column == CLASS:
            return self.colour(row) or QColor(0, 0, 0, 0)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self._headers[column][0]}: {self.text(row, column)}"
        if role == ROW:
            return row
        return None

    def text(self, row: ClassStatistics, column: int) -> str:
        """What a cell says; nothing where there is no segment to measure."""
        if column == CLASS:
            return self.name(row)
        if column == COUNT:
            return f"{row.count:,}"
        if not row.count:
            return ""
        if column == SHARE:
            return f"{100 * row.share:.1f} %"
        return time_text(float(astuple(row)[_FIELDS[column]]))

    def tabbed(self, rows: list[int]) -> str:
        """Rows as text with tabs and a header, for a spreadsheet."""
        if self._label_map is None:
            return ""
        chosen = [self.rows[row] for row in rows]
        return statistics_text(chosen, self._label_map, self.unlabelled)


class _ShareDelegate(QStyledItemDelegate):
    """Paints a bar of the share, in the colour of the class, before the number."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        super().paint(painter, option, index)
        row: ClassStatistics = index.data(ROW)
        rect: QRect = option.rect
        palette: QPalette = option.palette
        model = index.model()
        width = round(_BAR_PX * row.share)
        if not row.count or not isinstance(model, StatisticsModel):
            return
        colour = model.colour(row) or palette.color(QPalette.ColorRole.PlaceholderText)
        bar = QRect(rect.left() + 8, rect.center().y() - 3, _BAR_PX, 6)
        painter.fillRect(bar, palette.color(QPalette.ColorRole.Mid))
        bar.setWidth(max(1, width))
        painter.fillRect(bar, colour)


class StatisticsView(QWidget):
    """Counts while it is seen. Signals ``left``, ``add_requested``, ``fill_requested``.

    ``fill_requested`` asks for labels where there are none.
    """

    left = Signal()
    add_requested = Signal()
    fill_requested = Signal()

    def __init__(
        self,
        document: Document,
        session: Session,
        player: Player,
        times: FrameTimes,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._session = document, session
        self._player, self._times = player, times
        self._slices = Slices(self)
        self.model = StatisticsModel(self)
        self.scope = Choice(
            self.tr("What is counted"),
            [self.tr("This video"), self.tr("Whole project")],
        )
        self.rule = QLabel()
        self.table = Table(self.text, self)
        self.table.setModel(self.model)
        self.table.setItemDelegateForColumn(SHARE, _ShareDelegate(self.table))
        self.table.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        self.table.setAccessibleName(self.tr("Class statistics"))
        self.table.set_widths(
            ["open the drawer", "10,000", "00:00.000", "100.0 %", "00:00.000",
             "00:00.000", "00:00.000", "00:00.000"]
        )  # fmt: skip
        self.table.setColumnWidth(SHARE, self.table.columnWidth(SHARE) + _BAR_PX)
        # In the order of the classes until somebody asks for another.
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
        head.addWidget(self.scope)
        head.addStretch()
        self._pages = QStackedLayout()
        self._pages.addWidget(self.table)
        self._pages.addWidget(self.empty)
        self.rule.setContentsMargins(12, 4, 12, 4)
        self.rule.setWordWrap(True)
        self.rule.setToolTip(
            self.tr(
                "A frame lasts until the next one begins: by the timestamps of a video "
                "once it was opened, by its mean rate until then."
            )
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addLayout(self._pages, 1)
        layout.addWidget(self.rule)
        self.setFocusProxy(self.table)

    def _connect(self) -> None:
        self.scope.currentIndexChanged.connect(self._count)
        self.table.left.connect(self.left)
        self.table.entered.connect(self._on_entered)
        self.table.doubleClicked.connect(self._on_double_clicked)
        self.empty.clicked.connect(self._on_empty_clicked)
        self._document.changed.connect(self._on_changed)
        self._session.video_changed.connect(self._count)
        self._times.changed.connect(self._count)

    # -- counting -------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._count()

    def _on_changed(self, change: Change) -> None:
        whole = self.scope.currentIndex() == 1
        if whole or change.touches(self._session.video_id):
            self._count()

    def _items(self) -> tuple[VideoItem, ...]:
        project, video_id = self._document.project, self._session.video_id
        if self.scope.currentIndex() == 1:
            return project.videos
        return (project.video(video_id),) if project.has(video_id) else ()

    def _count(self, *_: object) -> None:
        if not self.isVisible():
            self._slices.stop()
            return
        items, label_map = self._items(), self._document.project.label_map
        times = self._times
        parts = [
            Part(i.id, i.annotation, i.mean_rate, times.timestamps_s(i)) for i in items
        ]

        def show(found: tuple[ClassStatistics, ...]) -> None:
            self._show(found, label_map, items)

        self._slices.start(class_statistics(parts, label_map), show)

    def _show(
        self,
        found: tuple[ClassStatistics, ...],
        label_map: LabelMap,
        items: tuple[VideoItem, ...],
    ) -> None:
        class_id = self._current_class()
        self.model.show(found, label_map)
        self._choose_class(class_id)
        labelled = any(f.count for f in found if f.class_id is not None)
        self._pages.setCurrentWidget(self.table if labelled else self.empty)
        self.rule.setVisible(labelled)
        if not self._document.project.videos:
            text = self.tr("How often and how long each class was done will be here.")
            self.empty.say(text, self.tr("Add videos…"))
        elif not labelled:
            text = self.tr(
                "How often and how long each class was done will be here: press the "
                "key of a class, or let a model begin."
            )
            self.empty.say(text, self.tr("Pre-label this video"))
        known = sum(self._times.knows(i.id) for i in items)
        if known == len(items):
            self.rule.setText(self.tr("Times by the timestamps of the video"))
        elif not known:
            self.rule.setText(self.tr("Times by the mean rate of the video"))
        else:
            text = self.tr("Times by timestamps in {} of {} videos, else by mean rate")
            self.rule.setText(text.format(f"{known:,}", f"{len(items):,}"))

    def _on_empty_clicked(self) -> None:
        has_videos = bool(self._document.project.videos)
        (self.fill_requested if has_videos else self.add_requested).emit()

    # -- going there ----------------------------------------------------------------

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

    def _go_to(self, place: Place) -> None:
        item = self._document.project.video(place.video_id)
        self._session.set_video(place.video_id)
        self._player.seek(item.annotation.segments[place.index].start)
        self._session.set_boundary(place.index - 1 if place.index else None)

    def text(self) -> str:
        """What is selected, or all, as text with tabs."""
        rows = sorted(i.row() for i in self.table.selectionModel().selectedRows())
        return self.model.tabbed(rows or list(range(self.model.rowCount())))

"""The model of the statistics table: a row per class."""

from __future__ import annotations

from dataclasses import astuple

from PySide6.QtCore import QModelIndex, QObject, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPalette
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from app.views.frame_field import time_text
from app.views.tables.table import Index, TableModel, swatch
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.statistics import ClassStatistics, statistics_text

CLASS, COUNT, TOTAL, SHARE, MEAN, MEDIAN, SHORTEST, LONGEST = range(8)
# Index of the field of `ClassStatistics` in each column.
_FIELDS = (0, 1, 3, 4, 5, 6, 7, 8)
ROW = int(Qt.ItemDataRole.UserRole)
BAR_PX = 48


class StatisticsModel(TableModel):
    """Statistics of classes, sorted by a column."""

    texts = (CLASS,)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[ClassStatistics] = []
        self._found: tuple[ClassStatistics, ...] = ()
        self._label_map: LabelMap | None = None
        self._sorted = (-1, Qt.SortOrder.AscendingOrder)
        self.unlabelled = self.tr("unlabelled")
        self.undecided = self.tr("undecided")
        self.headers = (
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
        """Show other statistics; keep the rows if they are the same classes."""
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
        """Return the name of a row's class, or the word for none."""
        names = self._label_map
        name = names.name_of(row.class_id) if names is not None else ""
        return name or (self.undecided if row.undecided else self.unlabelled)

    def colour(self, row: ClassStatistics) -> QColor | None:
        """Return the colour of a row's class; None for unlabelled."""
        found = self._label_map.get(row.class_id) if self._label_map else None
        return QColor(found.color) if found else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = 0) -> object:
        if not index.isValid():
            return None
        row, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self.alignment(column)
        if role == Qt.ItemDataRole.DecorationRole and column == CLASS:
            return swatch(self.colour(row) or QColor(Qt.GlobalColor.transparent))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self.headers[column][0]}: {self.text(row, column)}"
        if role == ROW:
            return row
        return None

    def text(self, row: ClassStatistics, column: int) -> str:
        """Return the text of a cell; empty where there is no segment to measure."""
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
        """Return rows as text with tabs and a header, for a spreadsheet."""
        if self._label_map is None:
            return ""
        chosen = [self.rows[row] for row in rows]
        return statistics_text(chosen, self._label_map, self.unlabelled, self.undecided)


class ShareDelegate(QStyledItemDelegate):
    """Paint a bar of the share, in the colour of the class, before the number."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index
    ) -> None:
        super().paint(painter, option, index)
        row: ClassStatistics = index.data(ROW)
        rect: QRect = option.rect
        palette: QPalette = option.palette
        model = index.model()
        width = round(BAR_PX * row.share)
        if not row.count or not isinstance(model, StatisticsModel):
            return
        colour = model.colour(row) or palette.color(QPalette.ColorRole.PlaceholderText)
        bar = QRect(rect.left() + 8, rect.center().y() - 3, BAR_PX, 6)
        painter.fillRect(bar, palette.color(QPalette.ColorRole.Mid))
        bar.setWidth(max(1, width))
        painter.fillRect(bar, colour)

"""A list of names with a bar and a figure each, all of it in sight."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.kit import theme
from app.kit.painting import left_to_right
from app.views.columns import heading

_Index = QModelIndex | QPersistentModelIndex
_SHARE, _FIGURE = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
BAR_PX, LEAST_BAR = 6, 0.3
"""Height of a bar; the share of a row that bars have at least."""
Row = tuple[str, float, str]
"""Name, length of the bar 0..1, and the figure as it is shown."""


class ShareList(QWidget):
    """Show a heading and rows; where ``leads``, a row that is chosen signals ``went``.

    It is as high as its rows: what is around it scrolls.
    """

    went = Signal(int)

    def __init__(self, title: str, leads: bool = False) -> None:
        super().__init__()
        self._leads = leads
        self.list = QListWidget()
        left_to_right(self.list)
        self.list.setAccessibleName(title)
        self.list.setItemDelegate(_ShareDelegate(self.list, leads))
        self.list.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if leads:
            self.list.setCursor(Qt.CursorShape.PointingHandCursor)
            self.list.itemClicked.connect(self._on_chosen)
            self.list.itemActivated.connect(self._on_chosen)
        else:
            self.list.setSelectionMode(QListWidget.SelectionMode.NoSelection)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(heading(title))
        column.addWidget(self.list)
        self.hide()

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows; the list is hidden where there are none."""
        texts = [(name, share, figure) for name, share, figure in rows]
        if texts != self.rows:
            self.list.clear()
            for name, share, figure in rows:
                item = QListWidgetItem(name, self.list)
                item.setData(_SHARE, share)
                item.setData(_FIGURE, figure)
                item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{name}: {figure}")
        row = self.list.sizeHintForRow(0) if rows else 0
        self.list.setFixedHeight(row * len(rows) + 2 * self.list.frameWidth())
        self.setVisible(bool(rows))

    @property
    def rows(self) -> list[Row]:
        """The rows that are shown."""
        items = map(self.list.item, range(self.list.count()))
        return [(i.text(), i.data(_SHARE), i.data(_FIGURE)) for i in items]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._leads:
            self._on_chosen(self.list.currentItem())
        else:
            super().keyPressEvent(event)

    def _on_chosen(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.went.emit(self.list.row(item))


class _ShareDelegate(QStyledItemDelegate):
    """Paint a name, a bar, and a figure at the right; lit where the row ``leads``."""

    def __init__(self, parent: QWidget, leads: bool) -> None:
        super().__init__(parent)
        self._leads = leads

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(80, option.fontMetrics.height() + 12)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        colours, place = theme.current(), QRectF(option.rect).adjusted(4, 0, -4, 0)
        painter.save()
        over = QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver
        if self._leads and option.state & over:
            painter.fillRect(option.rect, QColor(colours.raised))
        metrics = option.fontMetrics
        figure = str(index.data(_FIGURE))
        wide = metrics.horizontalAdvance(figure) + 8
        bar = place.width() * LEAST_BAR
        name = place.adjusted(0, 0, -bar - wide - 8, 0)
        painter.setPen(QColor(colours.text))
        middle = Qt.AlignmentFlag.AlignVCenter
        cut = metrics.elidedText(
            str(index.data()), Qt.TextElideMode.ElideMiddle, int(name.width())
        )
        painter.drawText(name, middle, cut)
        painter.drawText(place, middle | Qt.AlignmentFlag.AlignRight, figure)
        whole = QRectF(0, 0, bar, BAR_PX)
        whole.moveCenter(name.center())
        whole.moveLeft(name.right() + 8)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.line))
        painter.drawRoundedRect(whole, BAR_PX / 2, BAR_PX / 2)
        whole.setWidth(max(BAR_PX, bar * float(index.data(_SHARE))))
        painter.setBrush(QColor(colours.dim))
        painter.drawRoundedRect(whole, BAR_PX / 2, BAR_PX / 2)
        painter.restore()

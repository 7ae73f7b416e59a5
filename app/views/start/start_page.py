"""The start page: open, new, demo, and the recent projects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QAction,
    QColor,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPalette,
)
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QListView,
    QMenu,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.kit import theme
from app.kit.key_policy import declare_keys, plain
from app.kit.labels import Label, plain_tip
from app.kit.painting import left_to_right
from app.kit.recent_projects import RecentProject, moment_text
from app.views.start.start_card import Card

_Index = QModelIndex | QPersistentModelIndex
_RECENT = int(Qt.ItemDataRole.UserRole)
ROW_PX = 64
PICTURE_PX = QSize(80, 45)
MAX_WIDTH_PX = 880


class _Model(QAbstractListModel):
    """The recent projects, the last one first."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: list[RecentProject] = []

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = 0) -> object:
        row = self.rows[index.row()]
        if role == _RECENT:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.root.name
        if role == Qt.ItemDataRole.ToolTipRole:
            gone = self.tr("Not found. The cross or Delete removes it from this list")
            lines = [str(row.root), *([] if row.there else [gone])]
            return plain_tip("\n".join(lines))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.root.name}, {self.state(row)}"
        return None

    def state(self, row: RecentProject) -> str:
        """Return when a project was changed, or that it is missing."""
        if row.changed is None:
            return self.tr("not found")
        return moment_text(row.changed, datetime.now())

    def show(self, rows: Sequence[RecentProject]) -> None:
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()


class _Delegate(QStyledItemDelegate):
    """Paint picture, name, folder and time of a project."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(240, ROW_PX)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        rect: QRect = option.rect
        palette: QPalette = option.palette
        role, state, model = QPalette.ColorRole, option.state, index.model()
        assert isinstance(model, _Model)
        row: RecentProject = index.data(_RECENT)
        painter.save()
        painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = state & QStyle.StateFlag.State_Selected
        focused = chosen and state & QStyle.StateFlag.State_HasFocus
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(
                palette.color(role.Highlight) if focused else Qt.PenStyle.NoPen
            )
            painter.setBrush(QColor(theme.current().raised))
            painter.drawRoundedRect(rect.adjusted(1, 2, -1, -2), 4, 4)
        place = QRect(rect.topLeft() + QPoint(12, (ROW_PX - 45) // 2), PICTURE_PX)
        self._picture(painter, place, row)
        strong = palette.color(role.Text if row.there else role.PlaceholderText)
        dim = palette.color(role.PlaceholderText)
        state_text = model.state(row)
        metrics = painter.fontMetrics()
        wide = metrics.horizontalAdvance(state_text)
        left, right = place.right() + 16, cross_of(rect).left() - 8
        if chosen or state & QStyle.StateFlag.State_MouseOver or not row.there:
            painter.setPen(palette.color(role.PlaceholderText))
            painter.drawText(cross_of(rect), Qt.AlignmentFlag.AlignCenter, "✕")
        painter.setPen(dim)
        end = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        place = QRect(right - wide, rect.top(), wide, ROW_PX)
        painter.setPen(dim)
        painter.drawText(place, end, state_text)
        room = right - wide - 16 - left
        path = metrics.elidedText(
            str(row.root.parent), Qt.TextElideMode.ElideMiddle, room
        )
        painter.drawText(left, rect.top() + 46, path)
        bold = QFont(painter.font())
        bold.setWeight(QFont.Weight.DemiBold)
        painter.setFont(bold)
        painter.setPen(strong)
        name = painter.fontMetrics().elidedText(
            row.root.name, Qt.TextElideMode.ElideRight, room
        )
        painter.drawText(left, rect.top() + 26, name)
        painter.restore()

    def _picture(self, painter: QPainter, place: QRect, row: RecentProject) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.current().panel))
        painter.drawRoundedRect(place, 2, 2)
        if row.picture is None or not row.there:
            return
        size = row.picture.size().scaled(PICTURE_PX, Qt.AspectRatioMode.KeepAspectRatio)
        inner = QRect(QPoint(), size)
        inner.moveCenter(place.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(inner, row.picture)


def cross_of(rect: QRect) -> QRect:
    """Return the rectangle of the cross that removes a row from the list."""
    return QRect(rect.right() - 40, rect.top() + (ROW_PX - 32) // 2, 32, 32)


class _List(QListView):
    """A list that keeps the point where the mouse button was released."""

    def __init__(self) -> None:
        super().__init__()
        self.released = QPoint()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.released = event.position().toPoint()
        super().mouseReleaseEvent(event)


class StartView(QWidget):
    """Show three cards, and the recent projects.

    Signals requests to choose a project, make one, open the demo or a recent project,
    or remove one from the list.
    """

    choose_requested = Signal()
    new_requested = Signal()
    demo_requested = Signal()
    chosen = Signal(Path)
    forgotten = Signal(Path)

    def __init__(self) -> None:
        super().__init__()
        self.model = _Model(self)
        self.open = Card(
            "folder-open-outline",
            self.tr("Open a project"),
            self.tr("A project folder made by skelseg"),
        )
        self.new = Card(
            "filmstrip-box-multiple",
            self.tr("Start from your own videos"),
            self.tr("Choose videos and name the classes. You can add more later"),
        )
        self.demo = Card(
            "play-box-outline",
            self.tr("Open the demo"),
            self.tr("Eight short clips, five of them labelled, and a trained model"),
        )
        self.open.clicked.connect(self.choose_requested)
        self.new.clicked.connect(self.new_requested)
        self.demo.clicked.connect(self.demo_requested)
        self.list = _List()
        self.list.setModel(self.model)
        self.list.setItemDelegate(_Delegate(self.list))
        left_to_right(self.list)
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setAccessibleName(self.tr("Recent projects"))
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._on_menu)
        self.list.clicked.connect(self._on_clicked)
        self.list.activated.connect(self._on_chosen)
        declare_keys(self.list, lambda e: plain(e, Qt.Key.Key_Delete))
        self.recent = Label(self.tr("Recent projects"))
        self.hint = Label(
            self.tr(
                "Or drop a project folder, videos or labels anywhere in this window."
            )
        )
        theme.set_tone(self.hint, "dim")
        self._lay_out()
        self.make_room(0)
        self.show_recent(())

    def _lay_out(self) -> None:
        title, subtitle = Label("skelseg"), Label()
        subtitle.setText(self.tr("Label actions in long videos, frame by frame."))
        theme.set_tone(subtitle, "dim")
        for label, factor in ((title, 1.9), (self.recent, 1.0)):
            font = QFont(label.font())
            font.setPointSizeF(font.pointSizeF() * factor)
            font.setWeight(QFont.Weight.DemiBold)
            label.setFont(font)
        cards = QHBoxLayout()
        cards.setSpacing(16)
        for card in (self.open, self.new, self.demo):
            cards.addWidget(card, 1)
        column = QWidget()
        column.setMaximumWidth(MAX_WIDTH_PX)
        column.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        inner = QVBoxLayout(column)
        inner.setContentsMargins(24, 24, 24, 24)
        inner.setSpacing(4)
        # The rows take what room they need; the rest is a third above, two below.
        inner.addStretch(1)
        inner.addWidget(title)
        inner.addWidget(subtitle)
        inner.addSpacing(20)
        inner.addLayout(cards)
        inner.addSpacing(24)
        inner.addWidget(self.recent)
        inner.addSpacing(4)
        inner.addWidget(self.list, 100)
        inner.addSpacing(8)
        inner.addWidget(self.hint)
        inner.addStretch(2)
        outer = QGridLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setColumnStretch(0, 1)
        outer.setColumnStretch(1, 12)
        outer.setColumnStretch(2, 1)
        outer.setRowStretch(0, 1)
        outer.addWidget(column, 0, 1)

    def show_keys(self, keys: Callable[[str], str]) -> None:
        """Show the keys of commands on the cards; ``keys`` finds them by id."""
        for card, action in ((self.open, "open"), (self.new, "new")):
            card.show_key(keys(action))

    def make_room(self, n_rows: int) -> None:
        """Give the list the height of its rows, so that nothing moves as they come."""
        self.list.setMaximumHeight(n_rows * ROW_PX + 2)

    def show_recent(self, rows: Sequence[RecentProject]) -> None:
        """List these projects."""
        self.model.show(rows)
        self.recent.setVisible(bool(rows))
        self.list.setFocusPolicy(
            Qt.FocusPolicy.StrongFocus if rows else Qt.FocusPolicy.NoFocus
        )

    def _on_clicked(self, index: QModelIndex) -> None:
        if cross_of(self.list.visualRect(index)).contains(self.list.released):
            self.forgotten.emit(index.data(_RECENT).root)
        else:
            self._on_chosen(index)

    def _on_chosen(self, index: QModelIndex) -> None:
        row: RecentProject = index.data(_RECENT)
        if row.there:
            self.chosen.emit(row.root)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.list.currentIndex()
        if event.key() == Qt.Key.Key_Delete and index.isValid():
            self.forgotten.emit(index.data(_RECENT).root)
        else:
            super().keyPressEvent(event)

    def _on_menu(self, at: QPoint) -> None:
        index = self.list.indexAt(at)
        if not index.isValid():
            return
        row: RecentProject = index.data(_RECENT)
        menu = QMenu(self)
        open_ = menu.addAction(self.tr("Open"))
        open_.setEnabled(row.there)
        remove: QAction = menu.addAction(self.tr("Remove from this list (Delete)"))
        picked = menu.exec(self.list.viewport().mapToGlobal(at))
        if picked is open_:
            self.chosen.emit(row.root)
        elif picked is remove:
            self.forgotten.emit(row.root)

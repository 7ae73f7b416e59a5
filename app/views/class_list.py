"""ClassList: the classes as a list that is read, filtered, chosen from and sorted."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import (
    QApplication,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.class_editing import ClassEditing
from app.document import Change
from skelseg_core.class_edits import facets_of
from skelseg_core.segmentation import ActionClass, Segmentation

_Index = QModelIndex | QPersistentModelIndex
CLASS = int(Qt.ItemDataRole.UserRole)
COUNT = CLASS + 1
KEY = CLASS + 2
ROW = 28
_NAME_X = 64


class ClassModel(QAbstractListModel):
    """The classes of the project with the number of their segments."""

    def __init__(self, verbs: ClassEditing, parent: QObject) -> None:
        super().__init__(parent)
        self._verbs = verbs
        self._label_map = verbs.label_map
        self.fresh: int | None = None
        self._counts: Counter[int | None] = Counter()
        for item in verbs.document.project.videos:
            self._counts.update(item.annotation.class_counts)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._label_map)

    def row_of(self, class_id: int) -> int:
        return self._label_map.ids.index(class_id)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flag = Qt.ItemFlag
        return flag.ItemIsEnabled | flag.ItemIsSelectable | flag.ItemIsEditable

    def data(self, index: _Index, role: int = 0) -> object:
        if not index.isValid():
            return None
        label_map = self._label_map
        item = label_map.classes[index.row()]
        roles = Qt.ItemDataRole
        if role in (roles.DisplayRole, roles.EditRole):
            return item.name
        if role == CLASS:
            return item
        if role == COUNT:
            return self._counts[item.id]
        if role == KEY:
            return label_map.keys[index.row()]
        if role == roles.ToolTipRole:
            return self._tip(item, label_map.keys[index.row()])
        if role == roles.AccessibleTextRole:
            parts = [item.name, self._key_text(label_map.keys[index.row()])]
            return ", ".join(p for p in [*parts, self._count_text(item)] if p)
        return None

    def setData(self, index: _Index, value: object, role: int = 2) -> bool:
        item = index.data(CLASS)
        fresh, self.fresh = self.fresh == item.id, None
        return self._verbs.rename(item.id, str(value), fresh)

    def _tip(self, item: ActionClass, key: str) -> str:
        lines = [f"<b>{html.escape(item.name)}</b>"]
        if item.description:
            lines.append(html.escape(item.description).replace("\n", "<br>"))
        if item.group:
            lines.append(html.escape(item.group))
        seconds = sum(
            v.annotation.class_frames[item.id] / v.mean_rate
            for v in self._verbs.document.project.videos
        )
        minutes, rest = divmod(round(seconds * 10), 600)
        total = f"{minutes:,}:{rest // 10:02d}.{rest % 10}"
        lines.append(f"{self._count_text(item)} · {total}")
        if key:
            lines.append(self._key_text(key))
        return "<br>".join(lines)

    def _count_text(self, item: ActionClass) -> str:
        n = self._counts[item.id]
        said = self.tr("{n} segment") if n == 1 else self.tr("{n} segments")
        return said.format(n=f"{n:,}")

    def _key_text(self, key: str) -> str:
        return self.tr("key {key}").format(key=key) if key else ""

    def refresh(self, change: Change) -> None:
        """Show what changed: counts by their difference, classes all anew."""
        changed = self._recount(change)
        if not change.label_map:
            for row in map(self.row_of, changed & set(self._label_map.ids)):
                self.dataChanged.emit(self.index(row), self.index(row))
        elif self._label_map.ids != change.after.label_map.ids:
            self.beginResetModel()
            self._label_map = change.after.label_map
            self.endResetModel()
        else:
            self._label_map = change.after.label_map
            self.dataChanged.emit(self.index(0), self.index(self.rowCount() - 1))

    def _recount(self, change: Change) -> set[int]:
        """Classes whose count is another; only lanes that changed are looked into."""
        if change.before.videos is change.after.videos:
            return set()
        before = {v.id: v.annotation for v in change.before.videos}
        after = {v.id: v.annotation for v in change.after.videos}
        difference: Counter[int | None] = Counter()
        for video_id in before.keys() | after.keys():
            old, new = before.get(video_id), after.get(video_id)
            if old is not new:
                difference.update(_counts(new))
                difference.subtract(_counts(old))
        self._counts.update(difference)
        return {i for i, n in difference.items() if n and i is not None}


def _counts(lane: Segmentation | None) -> Counter[int | None]:
    return Counter() if lane is None else lane.class_counts


class ClassFilter(QSortFilterProxyModel):
    """Classes that have all the words and are of the group that was chosen."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._words: tuple[str, ...] = ()
        self._group: tuple[str, str] | None = None

    def set_text(self, text: str) -> None:
        """Words of a name or group, in any order."""
        words = tuple(text.casefold().split())
        if words != self._words:
            self._words = words
            self.invalidate()

    def set_group(self, group: tuple[str, str] | None) -> None:
        """``("", "hands")`` is a group, ``("motion", "bend")`` a part of the names."""
        if group != self._group:
            self._group = group
            self.invalidate()

    def filterAcceptsRow(self, row: int, parent: _Index) -> bool:
        item: ActionClass = self.sourceModel().index(row, 0, parent).data(CLASS)
        if self._group is not None:
            facet, value = self._group
            said = facets_of(item.name).get(facet) if facet else item.group
            if said != value:
                return False
        text = f"{item.name}\n{item.group}".casefold()
        return all(word in text for word in self._words)

    def best(self) -> QModelIndex:
        """The first class whose name begins with the words, else has them anywhere."""
        rows = range(self.rowCount())
        best = min(rows, key=lambda r: (self._rank(r), r), default=-1)
        return self.index(best, 0) if best >= 0 else QModelIndex()

    def _rank(self, row: int) -> int:
        name = str(self.index(row, 0).data()).casefold()
        first = self._words[0] if self._words else ""
        if name.startswith(first):
            return 0
        parts = name.replace("_", " ").replace("-", " ").split()
        return 1 if any(p.startswith(first) for p in parts) else 2


class ClassDelegate(QStyledItemDelegate):
    """Paints colour, key, name and count of a class; edits the name in place."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(120, ROW)

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: _Index
    ) -> QWidget:
        editor = QLineEdit(parent)
        editor.setAccessibleName(self.tr("Name of the class"))
        return editor

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        editor.setGeometry(option.rect.adjusted(_NAME_X - 12, 1, -4, -1))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        item: ActionClass = index.data(CLASS)
        rect: QRect = option.rect
        palette: QPalette = option.palette
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._ground(painter, option)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(item.color))
        painter.drawRoundedRect(rect.left() + 12, rect.center().y() - 6, 14, 14, 3, 3)
        dim = palette.color(QPalette.ColorRole.PlaceholderText)
        key = str(index.data(KEY)).replace("Shift+", "⇧")
        if key:
            badge = QRect(rect.left() + 34, rect.center().y() - 8, 22, 17)
            painter.setPen(palette.color(QPalette.ColorRole.Mid))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(badge, 3, 3)
            painter.setPen(dim)
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, key)
        middle = Qt.AlignmentFlag.AlignVCenter
        count = f"{index.data(COUNT):,}"
        painter.setPen(dim)
        right = rect.adjusted(0, 0, -12, 0)
        painter.drawText(right, middle | Qt.AlignmentFlag.AlignRight, count)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        metrics = painter.fontMetrics()
        width = right.width() - _NAME_X - metrics.horizontalAdvance(count) - 12
        name = metrics.elidedText(item.name, Qt.TextElideMode.ElideMiddle, width)
        painter.drawText(rect.adjusted(_NAME_X, 0, 0, 0), middle, name)
        painter.restore()

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        palette: QPalette = option.palette
        place = option.rect.adjusted(4, 1, -4, -1)
        flags = QStyle.StateFlag
        if option.state & (flags.State_MouseOver | flags.State_Selected):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.color(QPalette.ColorRole.Base))
            painter.drawRoundedRect(place, 4, 4)
        if option.state & flags.State_Selected:
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(place, 4, 4)


class ClassList(QListView):
    """The list; signals what is ``chosen`` (id), ``moved`` (id, place) or ``left``.

    A class is dragged to its place; Escape lets go of it.
    """

    chosen = Signal(object)
    moved = Signal(int, int)
    left = Signal()
    rename_requested = Signal()
    delete_requested = Signal()
    menu_requested = Signal(QPoint)

    def __init__(self, model: QAbstractItemModel, parent: QWidget) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setItemDelegate(ClassDelegate(self))
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        # A click labels, and the keyboard stays where it was.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSelectionMode(QListView.SelectionMode.SingleSelection)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setAccessibleName(self.tr("Classes"))
        self._pressed: tuple[QPoint, int] | None = None
        self._drop: int | None = None

    def class_at(self, row: int) -> int:
        """Id of the class in a row."""
        return int(self.model().index(row, 0).data(CLASS).id)

    @property
    def current(self) -> int | None:
        """Id of the class that is selected, or None."""
        index = self.currentIndex()
        return index.data(CLASS).id if index.isValid() else None

    def step(self, rows: int) -> None:
        """Select a class some rows further down."""
        last, row = self.model().rowCount() - 1, self.currentIndex().row()
        if last >= 0:
            wanted = 0 if row < 0 else max(0, min(row + rows, last))
            self.setCurrentIndex(self.model().index(wanted, 0))

    def shift(self, rows: int) -> None:
        """Move the selected class up (-1) or down (1) among those that are shown."""
        row = self.currentIndex().row()
        wanted = row + rows + (1 if rows > 0 else 0)
        if row >= 0 and 0 <= wanted <= self.model().rowCount():
            self._put(self.class_at(row), wanted)

    def _put(self, class_id: int, row: int) -> None:
        """Ask for a class to stand before what is shown in ``row``."""
        shown = [self.class_at(r) for r in range(self.model().rowCount())]
        if row - shown.index(class_id) in (0, 1):
            return
        others = [i for i in self._source_ids() if i != class_id]
        if row < len(shown):
            self.moved.emit(class_id, others.index(shown[row]))
        else:
            self.moved.emit(class_id, others.index(shown[-1]) + 1)

    def _source_ids(self) -> Sequence[int]:
        model = self.model()
        source = (
            model.sourceModel() if isinstance(model, QSortFilterProxyModel) else model
        )
        return [source.index(r, 0).data(CLASS).id for r in range(source.rowCount())]

    # -- the mouse ------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index.isValid():
            self._pressed = event.position().toPoint(), index.data(CLASS).id

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            super().mouseMoveEvent(event)
            return
        at = event.position().toPoint()
        far = (at - self._pressed[0]).manhattanLength()
        if self._drop is None and far < QApplication.startDragDistance():
            return
        if self._drop is None:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        self._drop = self._row_below(at)
        self.viewport().update()

    def _row_below(self, at: QPoint) -> int:
        """Row before which something that is dropped here comes to stand."""
        inside = self.viewport().rect().adjusted(1, 1, -1, -1)
        index = self.indexAt(QPoint(inside.center().x(), _within(at.y(), inside)))
        if not index.isValid():
            return self.model().rowCount()
        self.scrollTo(index)
        return index.row() + (at.y() > self.visualRect(index).center().y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, drop = self._pressed, self._drop
        self._let_go()
        if pressed is None or drop is None:
            super().mouseReleaseEvent(event)
            return
        self.setState(QListView.State.NoState)
        self._put(pressed[1], drop)
        self.left.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.current is None:
            return
        at = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            middle = self.visualRect(self.currentIndex()).center()
            at = self.viewport().mapToGlobal(middle)
        self.menu_requested.emit(at)

    def _let_go(self) -> None:
        self._pressed = self._drop = None
        self.viewport().unsetCursor()
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._drop is None:
            return
        last = self.model().rowCount() - 1
        rect = self.visualRect(self.model().index(min(self._drop, last), 0))
        y = rect.top() if self._drop <= last else rect.bottom()
        painter = QPainter(self.viewport())
        painter.fillRect(8, y - 1, rect.width() - 16, 2, self.palette().highlight())

    # -- the keyboard ---------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and _is_override(event) and _meant(event):
            # With the focus here these keys mean the list, whatever else they do.
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, keys = event.key(), Qt.Key
        alt = event.modifiers() == Qt.KeyboardModifier.AltModifier
        if self.state() == QListView.State.EditingState:
            # What the field of a name does not take comes here.
            super().keyPressEvent(event)
        elif key == keys.Key_Escape:
            self._let_go()
            self.left.emit()
        elif key in (keys.Key_Return, keys.Key_Enter) and self.current is not None:
            self.chosen.emit(self.current)
            self.left.emit()
        elif key in (keys.Key_Up, keys.Key_Down) and alt:
            self.shift(-1 if key == keys.Key_Up else 1)
        elif key == keys.Key_F2:
            self.rename_requested.emit()
        elif key == keys.Key_Delete:
            self.delete_requested.emit()
        elif _meant(event):
            super().keyPressEvent(event)
        else:
            # A letter is a command of the window, and no search in the list.
            event.ignore()


def _within(y: int, rect: QRect) -> int:
    return max(rect.top(), min(y, rect.bottom()))


def _is_override(event: QKeyEvent) -> bool:
    return event.type() == QEvent.Type.ShortcutOverride


def _meant(event: QKeyEvent) -> bool:
    keys, held = Qt.Key, event.modifiers()
    walking = (keys.Key_Up, keys.Key_Down, keys.Key_Home, keys.Key_End)
    if held == Qt.KeyboardModifier.AltModifier:
        return event.key() in walking[:2]
    if held not in (
        Qt.KeyboardModifier.NoModifier,
        Qt.KeyboardModifier.KeypadModifier,
        Qt.KeyboardModifier.ShiftModifier,
    ):
        return False
    others = (
        *(keys.Key_PageUp, keys.Key_PageDown, keys.Key_Return, keys.Key_Enter),
        *(keys.Key_Escape, keys.Key_F2, keys.Key_Delete, keys.Key_Menu),
        *(keys.Key_Tab, keys.Key_Backtab),
    )
    return event.key() in (*walking, *others)

"""The list of classes: select, rename in place, reorder by drag, label by button."""

from __future__ import annotations

from collections.abc import Callable, Collection

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import (
    QApplication,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from app.kit import theme
from app.kit.key_policy import declare_keys
from app.kit.labels import plain_tip
from app.kit.painting import left_to_right, painting
from app.views.classes.class_model import (
    CLASS,
    COUNT,
    HEADING,
    KEY,
    SHORT_NAME,
    ClassFilter,
)
from app.views.even_list import EvenList
from skelseg_core.labels.classes import ActionClass

_Index = QModelIndex | QPersistentModelIndex
LABEL, SHORT = "Label", "↵"
NARROW_PX = 176
"""Row width in pixels below which the button shows a sign instead of a word."""
ROW_PX = 28
_NAME_X = 64


def _in_two_lines(metrics: QFontMetricsF, room: int) -> Callable[[str], bool]:
    area, wrap = QRectF(0, 0, room, 1), int(Qt.TextFlag.TextWordWrap)

    def fits(text: str) -> bool:
        needed = metrics.boundingRect(area, wrap, text)
        lines = round(needed.height() / metrics.lineSpacing())
        return lines <= 2 and needed.width() <= room

    return fits


class ClassDelegate(QStyledItemDelegate):
    """Paint colour, key, name and count of a class; edit the name in place."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(120, ROW_PX)

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: _Index
    ) -> QWidget:
        editor = QLineEdit(parent)
        editor.setAccessibleName(self.tr("Name of the class"))
        editor.setStyleSheet("padding: 0px 4px;")
        return editor

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        editor.setGeometry(option.rect.adjusted(_NAME_X - 5, 1, -4, -1))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        item: ActionClass | None = index.data(CLASS)
        rect: QRect = option.rect
        palette: QPalette = option.palette
        painter.save()
        if item is None:
            _paint_heading(painter, rect, index, palette)
            painter.restore()
            return
        painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._ground(painter, option)
        # The outline separates a colour that is as dark or light as the background.
        painter.setPen(palette.color(QPalette.ColorRole.Mid))
        painter.setBrush(QColor(item.color))
        painter.drawRoundedRect(rect.left() + 12, rect.center().y() - 6, 14, 14, 3, 3)
        dim = palette.color(QPalette.ColorRole.PlaceholderText)
        usual, small = painter.font(), QFont(painter.font())
        small.setPointSizeF(small.pointSizeF() * theme.SMALL)
        painter.setFont(small)
        key = str(index.data(KEY)).replace("Shift+", "⇧")
        if key:
            badge = QRect(rect.left() + 34, rect.center().y() - 8, 22, 17)
            painter.setPen(palette.color(QPalette.ColorRole.Mid))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(badge, 3, 3)
            painter.setPen(dim)
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, key)
        middle = Qt.AlignmentFlag.AlignVCenter
        flags = QStyle.StateFlag
        view, pointed = self.parent(), option.state & flags.State_MouseOver
        alone = isinstance(view, ClassList) and not view.has_several
        if pointed or (alone and option.state & flags.State_Selected):
            end = self._paint_button(painter, option, index)
        else:
            end = rect.right() - 12
            count = f"{index.data(COUNT):,}"
            painter.setPen(dim)
            right = rect.adjusted(0, 0, -12, 0)
            painter.drawText(right, middle | Qt.AlignmentFlag.AlignRight, count)
            end -= painter.fontMetrics().horizontalAdvance(count)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        name, place = item.name, rect.adjusted(_NAME_X, 0, end - 12 - rect.right(), 0)
        if QFontMetricsF(usual).horizontalAdvance(name) <= place.width():
            painter.setFont(usual)
        else:
            # Two lines of the small size are as high as a row.
            model = index.model()
            words = model.words if isinstance(model, ClassFilter) else ()
            fits = _in_two_lines(QFontMetricsF(small), place.width())
            name = index.data(SHORT_NAME).cut(fits, words)
        painter.drawText(place, middle | Qt.TextFlag.TextWordWrap, name)
        painter.restore()

    def _paint_button(
        self, painter: QPainter, option: QStyleOptionViewItem, index: _Index
    ) -> int:
        """Paint the label button over the count; return its left edge."""
        view, palette = self.parent(), option.palette
        assert isinstance(view, ClassList)
        place = view.button_in(option.rect)
        hovered_button = view.hovered_button == index.row()
        role = QPalette.ColorRole
        painter.setPen(palette.color(role.Highlight if hovered_button else role.Mid))
        painter.setBrush(
            palette.color(role.Highlight if hovered_button else role.Button)
        )
        painter.drawRoundedRect(place, 4, 4)
        painter.setPen(
            palette.color(role.HighlightedText if hovered_button else role.Text)
        )
        painter.drawText(
            place, Qt.AlignmentFlag.AlignCenter, view.button_text(option.rect)
        )
        return place.left()

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        palette: QPalette = option.palette
        place = option.rect.adjusted(4, 1, -4, -1)
        flags = QStyle.StateFlag
        if option.state & (flags.State_MouseOver | flags.State_Selected):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.color(QPalette.ColorRole.Base))
            painter.drawRoundedRect(place, 4, 4)
        if option.state & flags.State_Selected:
            view = self.parent()
            highlighted = isinstance(view, ClassList) and view.is_highlighted
            role = (
                QPalette.ColorRole.Highlight if highlighted else QPalette.ColorRole.Mid
            )
            painter.setBrush(palette.color(role))
            painter.drawRoundedRect(place.left(), place.top() + 4, 3, 18, 1, 1)


class ClassList(EvenList):
    """List the classes; signal ``chosen`` (id), ``moved`` (id, place) or ``left``.

    A click selects a class, a double click renames it; with Ctrl or Shift several are
    selected. The button in a row, or Return, labels with the class. Dragging moves a
    class in the list; Escape cancels the drag.
    """

    chosen = Signal(object)
    moved = Signal(int, int)
    left = Signal()
    rename_requested = Signal()
    delete_requested = Signal()
    menu_requested = Signal(QPoint)

    def __init__(self, model: QAbstractItemModel, parent: QWidget) -> None:
        super().__init__(parent)
        declare_keys(self, _wants_key)
        self.setModel(model)
        self.setItemDelegate(ClassDelegate(self))
        left_to_right(self)
        self.setMouseTracking(True)
        # A click selects or labels without taking the keyboard from the timeline.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setAccessibleName(self.tr("Classes"))
        self._pressed: tuple[QPoint, int] | None = None
        self._drop: int | None = None
        self._highlighted = False
        self._held_button: int | None = None
        self.hovered_button = -1

    def class_at(self, row: int) -> int | None:
        """Return the id of the class in a row; None for a heading."""
        return _id_of(self.model().index(row, 0))

    @property
    def current(self) -> int | None:
        """Id of the current class, or None."""
        return _id_of(self.currentIndex())

    @property
    def selected(self) -> list[int]:
        """Ids of all selected classes, from the top."""
        rows = sorted(i.row() for i in self.selectionModel().selectedIndexes())
        found = map(self.class_at, rows)
        return [class_id for class_id in found if class_id is not None]

    def select_all_of(self, class_ids: Collection[int]) -> None:
        """Select these classes, as far as they are shown, beside the current one."""
        chosen = QItemSelectionModel.SelectionFlag.Select
        for row in range(self.model().rowCount()):
            if self.class_at(row) in class_ids:
                index = self.model().index(row, 0)
                self.selectionModel().select(index, chosen)

    def select_one(self) -> None:
        """Deselect all classes but the current one."""
        alone = QItemSelectionModel.SelectionFlag.ClearAndSelect
        self.selectionModel().select(self.currentIndex(), alone)

    @property
    def has_several(self) -> bool:
        """True if more than one class is selected."""
        return len(self.selectionModel().selectedIndexes()) > 1

    @property
    def is_highlighted(self) -> bool:
        """True if Return would label with the selected class."""
        return self._highlighted or self.hasFocus()

    def set_highlighted(self, highlighted: bool) -> None:
        """Highlight the selection while a search field passes keys to the list."""
        self._highlighted = highlighted
        self.viewport().update()

    def step(self, rows: int) -> None:
        """Select the class some rows further down."""
        there = range(self.model().rowCount())
        found = [row for row in there if self.class_at(row) is not None]
        row = self.currentIndex().row()
        if found:
            wanted = found.index(row) + rows if row in found else 0
            at = found[max(0, min(wanted, len(found) - 1))]
            self.setCurrentIndex(self.model().index(at, 0))

    def shift(self, rows: int) -> None:
        """Move the selected class up (-1) or down (1) among the visible ones."""
        row = self.currentIndex().row()
        wanted = row + rows + (1 if rows > 0 else 0)
        class_id = self.current
        if class_id is not None and 0 <= wanted <= self.model().rowCount():
            self._put(class_id, wanted)

    def _put(self, class_id: int, row: int) -> None:
        """Signal that a class is moved to before ``row``, within its tier."""
        shown = [self.class_at(r) for r in range(self.model().rowCount())]
        if class_id not in shown:
            return  # the class was deleted while it was dragged
        if row - shown.index(class_id) in (0, 1):
            return
        others = self._others_of_tier(class_id)
        below = next((i for i in shown[row:] if i in others), None)
        above = next((i for i in shown[:row][::-1] if i in others), None)
        if below is not None:
            self.moved.emit(class_id, others.index(below))
        elif above is not None:
            self.moved.emit(class_id, others.index(above) + 1)

    def _others_of_tier(self, class_id: int) -> list[int]:
        model = self.model()
        source = (
            model.sourceModel() if isinstance(model, QSortFilterProxyModel) else model
        )
        rows = (source.index(r, 0).data(CLASS) for r in range(source.rowCount()))
        found: list[ActionClass] = [item for item in rows if item is not None]
        tier = next(item.tier for item in found if item.id == class_id)
        return [i.id for i in found if i.tier == tier and i.id != class_id]

    # -- the mouse ------------------------------------------------------------------

    def button_text(self, row: QRect) -> str:
        """Return the text of the label button for the rectangle of a row."""
        return self.tr(LABEL) if row.width() >= NARROW_PX else SHORT

    def button_in(self, row: QRect) -> QRect:
        """Return the rectangle of the label button within that of a row."""
        width = self.fontMetrics().horizontalAdvance(self.button_text(row)) + 18
        return QRect(row.right() - 11 - width, row.center().y() - 9, width, 20)

    def _button_at(self, at: QPoint) -> int:
        """Return the row whose label button is at a point of the viewport, or -1."""
        index = self.indexAt(at)
        there = self.button_in(self.visualRect(index)).contains(at)
        return index.row() if there and _id_of(index) is not None else -1

    def _set_hovered_button(self, row: int) -> None:
        """Set the row whose label button is under the pointer."""
        if row != self.hovered_button:
            self.hovered_button = row
            self.viewport().update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        # Two quick clicks on the button label once; beside it they rename.
        if self._button_at(event.position().toPoint()) < 0:
            super().mouseDoubleClickEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = self._button_at(event.position().toPoint())
        if row >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._held_button = self.class_at(row)
            return
        super().mousePressEvent(event)
        index = self.indexAt(event.position().toPoint())
        # With Ctrl or Shift more classes are selected, and nothing is dragged.
        left = event.button() == Qt.MouseButton.LeftButton and not event.modifiers()
        class_id = _id_of(index)
        if left and class_id is not None:
            self._pressed = event.position().toPoint(), class_id

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not event.buttons():
            self._held_button = None
        self._set_hovered_button(self._button_at(event.position().toPoint()))
        if self._held_button is not None:
            return
        if not event.buttons() and self._pressed is not None:
            self._end_drag()  # the button was released over another window
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
        """Return the row before which a class dropped at a point is inserted."""
        inside = self.viewport().rect().adjusted(1, 1, -1, -1)
        index = self.indexAt(QPoint(inside.center().x(), _within(at.y(), inside)))
        if not index.isValid():
            return self.model().rowCount()
        self.scrollTo(index)
        return index.row() + (at.y() > self.visualRect(index).center().y())

    def leaveEvent(self, event: QEvent) -> None:
        self._set_hovered_button(-1)
        super().leaveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        held, self._held_button = self._held_button, None
        if held is not None:
            row = self._button_at(event.position().toPoint())
            if row >= 0 and self.class_at(row) == held:
                self.chosen.emit(held)
            return
        pressed, drop = self._pressed, self._drop
        self._end_drag()
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

    def _end_drag(self) -> None:
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
        with painting(self.viewport()) as painter:
            painter.fillRect(8, y - 1, rect.width() - 16, 2, self.palette().highlight())

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            row = self._button_at(event.pos())
            if row >= 0:
                tip = plain_tip(self.button_tip(row))
                QToolTip.showText(event.globalPos(), tip, self)
                return True
        return super().viewportEvent(event)

    def button_tip(self, row: int) -> str:
        """Describe what the label button of a row does."""
        item: ActionClass = self.model().index(row, 0).data(CLASS)
        return self.tr("Label with “{name}”").format(name=item.name)

    # -- the keyboard ---------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, keys = event.key(), Qt.Key
        alt = event.modifiers() == Qt.KeyboardModifier.AltModifier
        if self.state() == QListView.State.EditingState:
            # Keys that the name's editor did not use arrive here.
            super().keyPressEvent(event)
        elif key == keys.Key_Escape:
            self._end_drag()
            self.select_one()
            self.left.emit()
        elif key in (keys.Key_Return, keys.Key_Enter) and self.current is not None:
            # With several selected it is not visible which class would label.
            if not self.has_several:
                self.chosen.emit(self.current)
                self.left.emit()
        elif key in (keys.Key_Up, keys.Key_Down) and alt:
            self.shift(-1 if key == keys.Key_Up else 1)
        elif key == keys.Key_F2:
            self.rename_requested.emit()
        elif key == keys.Key_Delete:
            self.delete_requested.emit()
        elif _wants_key(event):
            super().keyPressEvent(event)
        else:
            # Letters are commands of the window, not a search in the list.
            event.ignore()


def _id_of(index: _Index) -> int | None:
    """Return the id of the class of a row; None for a heading, and for no row."""
    item: ActionClass | None = index.data(CLASS) if index.isValid() else None
    return None if item is None else item.id


def _paint_heading(
    painter: QPainter, rect: QRect, index: _Index, palette: QPalette
) -> None:
    """Paint the name of a tier over its classes, brighter where one labels it."""
    active = bool(index.data(HEADING))
    font = QFont(painter.font())
    font.setBold(active)
    painter.setFont(font)
    role = QPalette.ColorRole.Text if active else QPalette.ColorRole.PlaceholderText
    # Nothing can be done with a heading, but it is as easy to read as the rows.
    painter.setPen(palette.color(QPalette.ColorGroup.Active, role))
    text = painter.fontMetrics().elidedText(
        index.data(), Qt.TextElideMode.ElideRight, rect.width() - 24
    )
    painter.drawText(rect.adjusted(12, 0, -12, 0), Qt.AlignmentFlag.AlignVCenter, text)


def _within(y: int, rect: QRect) -> int:
    return max(rect.top(), min(y, rect.bottom()))


def _wants_key(event: QKeyEvent) -> bool:
    keys, held = Qt.Key, event.modifiers()
    if held == Qt.KeyboardModifier.ControlModifier and event.key() == keys.Key_A:
        return True
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

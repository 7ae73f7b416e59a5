"""The queue of the review as a list: picture, class, frames and doubt of an item."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from app.kit import theme
from app.kit.labels import isolated
from app.kit.language import in_language, tr
from app.kit.painting import left_to_right
from app.kit.plural import frames_named
from app.kit.short_name import short_name, within
from app.services.review.review_room import QueueRow, ReviewRoom
from app.views.even_list import EvenList
from app.views.review.strip_pictures import StripPictures
from skelseg_core.labels.segmentation import Segment
from skelseg_core.review.queue_reasons import UNSEEN
from skelseg_core.review.walk import index_of

_Index = QModelIndex | QPersistentModelIndex
ROW_PX, PICTURE_PX, WIDEST_PX, PAD_PX = 40, 36, 52, 4
LEAST_ROWS = 1
ROW = Qt.ItemDataRole.UserRole
DONE = {"right": "\u2713", "mended": "\u2713"}


def _segment(row: QueueRow) -> Segment:
    """Return the segment that an item is about, as it is now."""
    lane = row.track.annotation
    return lane.segments[index_of(row.item, lane)]


class _Rows(QAbstractListModel):
    """Hold the rows; what is said of one is also what a screen reader says."""

    def __init__(self, room: ReviewRoom) -> None:
        super().__init__()
        self._room = room
        self.rows: Sequence[QueueRow] = ()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.rows[index.row()]
        if role == ROW:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            said = [self.name(row), frames_named(row.item.start, row.item.stop)]
            return isolated(", ".join([*said, *filter(None, [self.state(row)])]))
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(map(in_language, row.item.reasons))
        return None

    def name(self, row: QueueRow) -> str:
        """Name the class of an item."""
        segment = _segment(row)
        found = self._room.document.project.class_of(segment.class_id)
        if found is not None:
            return found.name
        return tr("undecided") if segment.undecided else tr("unlabelled")

    def state(self, row: QueueRow) -> str:
        """Say what became of an item."""
        words = {"right": tr("right"), "mended": tr("corrected")}
        return words.get(row.state, tr("skipped") if row.state == "skipped" else "")

    def show(self, rows: Sequence[QueueRow]) -> None:
        """Show these rows; where as many stay, only what is in them changes."""
        if len(rows) != len(self.rows):
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()
        else:
            self.rows = rows
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))


class QueueList(EvenList):
    """List the items of the queue; a click goes to one.

    Items keep their places while one works through them.
    """

    def __init__(self, room: ReviewRoom, pictures: StripPictures) -> None:
        super().__init__()
        self._room, self._pictures = room, pictures
        self._order: dict[tuple[object, ...], int] = {}
        self._by_time = room.by_time
        self._model = _Rows(room)
        self.setModel(self._model)
        self.setItemDelegate(_Painter(self, self._model, room, pictures))
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        # A click must not take the keyboard from the work.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.setMinimumHeight(LEAST_ROWS * ROW_PX)
        self.setAccessibleName(tr("Items to review"))
        left_to_right(self)
        self.clicked.connect(self._go)
        self.activated.connect(self._go)
        self.verticalScrollBar().valueChanged.connect(self._want)
        pictures.ready.connect(lambda _: self.viewport().update())
        room.changed.connect(self.refresh)

    def sizeHint(self) -> QSize:
        # What is left of the panel is the list's, and no more is asked for.
        return QSize(super().sizeHint().width(), LEAST_ROWS * ROW_PX)

    @property
    def rows(self) -> Sequence[QueueRow]:
        """The items in the order in which they are listed."""
        return self._model.rows

    def refresh(self) -> None:
        """List the queue as it is now, the item one is at in sight."""
        rows = self._in_place(self._room.rows())
        if list(rows) != list(self._model.rows):
            self._model.show(rows)
        at = next((n for n, row in enumerate(rows) if row.state == "at"), None)
        if at is not None:
            index = self._model.index(at)
            if index != self.currentIndex():
                self.setCurrentIndex(index)
                self.scrollTo(index)
        self._want()

    def _in_place(self, rows: Sequence[QueueRow]) -> list[QueueRow]:
        """Keep rows where they were; one end of an item may have moved."""
        if self._by_time != self._room.by_time:
            self._by_time, self._order = self._room.by_time, {}
        places = [self._place(row) for row in rows]
        if None not in places:
            order = sorted(range(len(rows)), key=lambda n: (places[n] or 0, n))
            rows = [rows[n] for n in order]
        self._order = {}
        for n, row in enumerate(rows):
            for key in _keys(row):
                self._order.setdefault(key, n)
        return list(rows)

    def _place(self, row: QueueRow) -> int | None:
        found = (self._order.get(key) for key in _keys(row))
        return next((n for n in found if n is not None), None)

    def _go(self, index: _Index) -> None:
        self._room.go_to(self._model.rows[index.row()])

    def _want(self, *_: object) -> None:
        """Read the pictures of the rows in sight."""
        if not self.isVisible() or not self._model.rows:
            return
        self._pictures.show_several(self._room.over_all)
        first = self.indexAt(self.rect().topLeft()).row()
        n = self.viewport().height() // ROW_PX + 2
        shown = self._model.rows[max(first, 0) : max(first, 0) + n]
        size = QSize(WIDEST_PX, PICTURE_PX) * self.devicePixelRatioF()
        self._pictures.want([(row.track, picture_of(row)) for row in shown], size)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._want()


def _keys(row: QueueRow) -> list[tuple[object, ...]]:
    item, track = row.item, row.track.id
    return [
        (track, item.start, item.stop),
        (track, "start", item.start),
        (track, "stop", item.stop),
    ]


def picture_of(row: QueueRow) -> tuple[int]:
    """Return the frame that stands for an item: that in its middle."""
    return ((row.item.start + row.item.stop) // 2,)


class _Painter(QStyledItemDelegate):
    """Paint a row: picture, colour and name of the class, frames, doubt, state."""

    def __init__(
        self, view: QueueList, model: _Rows, room: ReviewRoom, pictures: StripPictures
    ) -> None:
        super().__init__(view)
        self._model, self._room, self._pictures = model, room, pictures

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(120, ROW_PX)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        row: QueueRow = index.data(ROW)
        colours, rect = theme.current(), QRect(option.rect)
        here = row.state == "at"
        painter.save()
        if here or option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(colours.raised))
        if here:
            bar = QRect(rect.left(), rect.top(), 3, rect.height())
            painter.fillRect(bar, QColor(colours.accent))
        box = QRect(rect.left() + 8, rect.top() + 2, WIDEST_PX, PICTURE_PX)
        self._paint_picture(painter, row, box)
        left = box.right() + 8
        top = QRect(left, rect.top() + 2, rect.right() - left - PAD_PX, PICTURE_PX // 2)
        below = top.translated(0, PICTURE_PX // 2)
        self._paint_name(painter, row, top, here)
        self._paint_rest(painter, row, below)
        painter.restore()

    def _paint_picture(self, painter: QPainter, row: QueueRow, box: QRect) -> None:
        painter.fillRect(box, QColor(theme.current().surround))
        image = self._pictures.image(row.track, picture_of(row), 0)
        if image is not None:
            size = image.size().scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(box.topLeft(), size)
            place.moveCenter(box.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place, image)

    def _paint_name(
        self, painter: QPainter, row: QueueRow, line: QRect, bold: bool
    ) -> None:
        colours = theme.current()
        found = self._room.document.project.class_of(_segment(row).class_id)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(colours.edge))
        painter.setBrush(QColor(colours.line if found is None else found.color))
        square = QRectF(line.left() + 0.5, line.center().y() - 4.5, 10, 10)
        painter.drawRoundedRect(square, 2, 2)
        font = QFont(painter.font())
        font.setBold(bold)
        painter.setFont(font)
        said, state = self._model.name(row), self._model.state(row)
        done = DONE.get(row.state, state)
        right = painter.fontMetrics().horizontalAdvance(done) + 4 if done else 0
        good = row.state in DONE
        painter.setPen(QColor(colours.good if good else colours.dim))
        painter.drawText(line, _RIGHT, done)
        painter.setPen(QColor(colours.text if row.state in ("", "at") else colours.dim))
        room = line.adjusted(16, 0, -right, 0)
        classes = self._room.document.project.classes_of(row.track.id).classes
        names = tuple(c.name for c in classes)
        name = said
        if found is not None:
            fits = within(QFontMetricsF(font), room.width())
            name = short_name(said, names).cut(fits)
        painter.drawText(room, _LEFT, name)
        font.setBold(False)
        painter.setFont(font)

    def _paint_rest(self, painter: QPainter, row: QueueRow, line: QRect) -> None:
        """Write the frames, the video where that is another, and the first reason."""
        item = row.item
        parts = [frames_named(item.start, item.stop)]
        if row.track.id != self._room.session.track_id:
            parts.insert(0, row.track.video.title)
        parts += [in_language(r) for r in item.reasons[:1] if r != UNSEEN]
        small = QFont(painter.font())
        small.setPointSizeF(small.pointSizeF() * theme.SMALL)
        painter.setFont(small)
        painter.setPen(QColor(theme.current().dim))
        text = painter.fontMetrics().elidedText(
            isolated(" \u00b7 ".join(parts)), Qt.TextElideMode.ElideRight, line.width()
        )
        painter.drawText(line, _LEFT, text)


_LEFT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
_RIGHT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)

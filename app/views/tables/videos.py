"""The video list: progress of each video, search, filter, notes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QAction,
    QColor,
    QImage,
    QKeyEvent,
    QPainter,
    QPalette,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListView,
    QPushButton,
    QStackedLayout,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.kit.commands import command
from app.kit.keyboard import give_keyboard
from app.state.document import Change, Document
from app.state.session import Session
from app.views.even_list import EvenList
from app.views.fields import ChoiceBox, EmptyState, FindField
from app.views.tables.videos_model import (
    ITEM,
    OPENED,
    THUMB,
    VideosModel,
    labelled_share,
    percent_text,
    reviewed_share,
)
from skelseg_core.project.project import VideoItem

_Index = QModelIndex | QPersistentModelIndex
_Key = Qt.Key
_Role = QPalette.ColorRole
ROW_PX = 56
PICTURE_PX = QSize(64, 36)


class _Delegate(QStyledItemDelegate):
    """Paint picture, name, note mark and progress of a video."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(160, ROW_PX)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        item: VideoItem = index.data(ITEM)
        rect: QRect = option.rect
        palette: QPalette = option.palette
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._ground(painter, option, bool(index.data(OPENED)))
        self._picture(painter, rect, palette, index.data(THUMB))
        left = rect.left() + 88
        width = rect.right() - left - 12
        metrics = painter.fontMetrics()
        room = width - 20 if item.notes else width
        painter.setPen(palette.color(_Role.Text))
        name = metrics.elidedText(item.id, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(left, rect.top() + 9 + metrics.ascent(), name)
        if item.notes:
            self._note(painter, palette, QPoint(left + width - 11, rect.top() + 11))
        painter.setPen(palette.color(_Role.PlaceholderText))
        text = self._state(item)
        painter.drawText(
            QRect(left, rect.top() + 28, width, 18),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            text,
        )
        if item.missing:
            painter.restore()
            return
        taken = max(44, metrics.horizontalAdvance(text) + 10)
        bar = QRect(left, rect.top() + 34, width - taken, 6)
        self._shares(painter, palette, bar, item)
        painter.restore()

    def _state(self, item: VideoItem) -> str:
        if item.missing:
            return self.tr("labels missing")
        if not item.finished:
            return percent_text(labelled_share(item))
        return self.tr("done") if item.reviewed else self.tr("to review")

    def _ground(
        self, painter: QPainter, option: QStyleOptionViewItem, opened: bool
    ) -> None:
        rect: QRect = option.rect
        palette: QPalette = option.palette
        state = option.state
        painter.setPen(Qt.PenStyle.NoPen)
        if opened:
            painter.setBrush(palette.color(_Role.Base))
            painter.drawRoundedRect(rect.adjusted(4, 2, -4, -2), 4, 4)
            painter.setBrush(palette.color(_Role.Highlight))
            painter.drawRoundedRect(
                rect.left() + 4, rect.top() + 12, 3, ROW_PX - 24, 1, 1
            )
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(palette.color(_Role.Highlight), 1.5))
            painter.drawRoundedRect(rect.adjusted(5, 3, -5, -3), 4, 4)

    def _picture(
        self, painter: QPainter, rect: QRect, palette: QPalette, thumb: object
    ) -> None:
        size = PICTURE_PX
        place = QRect(rect.left() + 14, rect.top() + 10, size.width(), size.height())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color(_Role.Dark))
        painter.drawRect(place)
        if isinstance(thumb, QImage):
            size = thumb.size().scaled(size, Qt.AspectRatioMode.KeepAspectRatio)
            inner = QRect(0, 0, size.width(), size.height())
            inner.moveCenter(place.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(inner, thumb)

    def _note(self, painter: QPainter, palette: QPalette, at: QPoint) -> None:
        """Paint a sheet of paper with a folded corner and two lines."""
        painter.setPen(QPen(palette.color(_Role.PlaceholderText), 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        corners = ((0, 0), (7, 0), (10, 3), (10, 12), (0, 12))
        points = [QPointF(at.x() + x + 0.5, at.y() + y + 0.5) for x, y in corners]
        painter.drawPolygon(QPolygonF(points))
        for y in (5, 8):
            painter.drawLine(at.x() + 3, at.y() + y, at.x() + 8, at.y() + y)

    def _shares(
        self, painter: QPainter, palette: QPalette, bar: QRect, item: VideoItem
    ) -> None:
        """Paint the reviewed share full, and labels not reviewed as an outline."""
        full = palette.color(_Role.PlaceholderText)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color(_Role.Mid))
        painter.drawRoundedRect(bar, 3, 3)
        labelled, reviewed = labelled_share(item), reviewed_share(item)
        for share, colour in ((labelled, _between(full, palette)), (reviewed, full)):
            if share > 0:
                part = QRect(bar)
                part.setWidth(max(6, round(bar.width() * share)))
                painter.setBrush(colour)
                painter.drawRoundedRect(part, 3, 3)


def _between(full: QColor, palette: QPalette) -> QColor:
    """Return the colour halfway between ``full`` and the background of the bar."""
    ground = palette.color(_Role.Mid)
    return QColor(
        (full.red() + ground.red()) // 2,
        (full.green() + ground.green()) // 2,
        (full.blue() + ground.blue()) // 2,
    )


class _List(EvenList):
    """List videos for the keyboard: arrows choose, Return opens, Escape leaves."""

    entered = Signal()
    left = Signal()

    def keyboardSearch(self, search: str) -> None:
        """Ignore letters: they are commands of the window."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (_Key.Key_Return, _Key.Key_Enter):
            self.entered.emit()
        elif event.key() == _Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)


class VideosView(QWidget):
    """List the videos; a click or Return opens one.

    Signals ``add_requested``, ``notes_requested`` and ``remove_requested`` (video id),
    and ``left`` when the keyboard goes back to the timeline.
    """

    add_requested = Signal()
    notes_requested = Signal(str)
    remove_requested = Signal(str)
    left = Signal()

    def __init__(
        self, document: Document, session: Session, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._session = document, session
        self.model = VideosModel(document, session, self)
        self.search = FindField(self.tr("Find a video"))
        self.search.setToolTip(self.tr("Show videos with this in name or notes"))
        self.state = ChoiceBox(
            self.tr("Which videos are shown"),
            [self.tr("All"), self.tr("Unfinished"), self.tr("To review")],
        )
        self.list = _List()
        self.list.setModel(self.model)
        self.list.setItemDelegate(_Delegate(self.list))
        # A click opens a video and leaves the keyboard to the timeline.
        self.list.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setAccessibleName(self.tr("Videos"))
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.empty = EmptyState()
        self.summary = QLabel()
        self.add_button = QPushButton(self.tr("Add…"))
        self.add_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.add_button.setToolTip(self.tr("Add videos to the project"))
        self.add_button.clicked.connect(self.add_requested)
        self._add_commands()
        self._lay_out()
        self._connect()
        self._refresh()

    def _add_commands(self) -> None:
        rows: tuple[tuple[str, Callable[[str], object]], ...] = (
            (self.tr("Open\tReturn"), self._session.set_video),
            (self.tr("Notes…"), self.notes_requested.emit),
            (self.tr("Remove from the project"), self.remove_requested.emit),
        )
        for text, run in rows:
            action = QAction(text, self.list)
            action.triggered.connect(lambda _=False, run=run: self._with_chosen(run))
            self.list.addAction(action)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(12, 4, 12, 4)
        head.setSpacing(8)
        head.addWidget(self.search, 3)
        head.addWidget(self.state, 2)
        self._head = QWidget()
        self._head.setLayout(head)
        self._pages = QStackedLayout()
        foot = QHBoxLayout()
        foot.setContentsMargins(14, 8, 8, 8)
        foot.addWidget(self.summary, 1)
        foot.addWidget(self.add_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head)
        layout.addLayout(self._pages, 1)
        # Added here: a page without a parent would be shown as a window of its own.
        self._pages.addWidget(self.list)
        self._pages.addWidget(self.empty)
        layout.addLayout(foot)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._on_filter)
        self.search.left.connect(self.left)
        self.search.down.connect(self.list.setFocus)
        self.state.currentIndexChanged.connect(self._on_filter)
        self.list.clicked.connect(self._on_clicked)
        self.list.entered.connect(lambda: self._with_chosen(self._session.set_video))
        self.list.left.connect(self.left)
        self.empty.clicked.connect(self._on_empty_clicked)
        self._document.changed.connect(self._on_changed)
        self._session.video_changed.connect(self._on_video_changed)

    def set_thumb(self, video_id: str, image: QImage) -> None:
        """Show the thumbnail of a video."""
        self.model.set_thumb(video_id, image)

    @command("find-video", "Find a video", "Ctrl+F")
    def start_search(self) -> None:
        """Move the focus to the search field for names and notes."""
        give_keyboard(self.search, Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    # -- signals ---------------------------------------------------------------------

    def _on_changed(self, change: Change) -> None:
        self.model.refresh(change)
        self._refresh()
        if change.videos or not self.list.currentIndex().isValid():
            self._select()

    def _on_video_changed(self, _: str) -> None:
        self.model.set_opened()
        self._refresh()
        self._select()

    def _on_filter(self, *_: object) -> None:
        self.model.set_filter(self.search.text(), self.state.currentIndex())
        self._refresh()
        self._select()

    def _refresh(self) -> None:
        project, listed = self._document.project, self.model.rowCount()
        videos, totals = project.videos, project.totals
        text = self.tr("{} of {} done").format(f"{totals.done:,}", f"{len(videos):,}")
        if totals.done < totals.finished:
            waiting = f"{totals.finished - totals.done:,}"
            text = self.tr("{}, {} to review").format(text, waiting)
        self.summary.setText(text if videos else "")
        self._head.setVisible(bool(videos))
        self.add_button.setVisible(bool(videos))
        self._pages.setCurrentWidget(self.list if listed else self.empty)
        if not videos:
            text = self.tr("The videos of the project will be here.")
            self.empty.say(text, self.tr("Add videos…"))
        elif not listed:
            self.empty.say(self.tr("No video is like that."), self.tr("Show all"))

    def _on_empty_clicked(self) -> None:
        if self._document.project.videos:
            self.search.clear()
            self.state.setCurrentIndex(0)
        else:
            self.add_requested.emit()

    def _select(self) -> None:
        row = self.model.row_of(self._session.video_id)
        index = self.model.index(row) if row >= 0 else QModelIndex()
        self.list.selectionModel().setCurrentIndex(
            index, QItemSelectionModel.SelectionFlag.ClearAndSelect
        )
        self.show_current()

    def show_current(self) -> None:
        """Scroll to the current video; call when the list has another size."""
        self.list.scrollTo(self.list.currentIndex())

    def _on_clicked(self, index: QModelIndex) -> None:
        self._session.set_video(index.data(ITEM).id)

    def _with_chosen(self, run: Callable[[str], object]) -> None:
        index = self.list.currentIndex()
        if index.isValid():
            run(index.data(ITEM).id)

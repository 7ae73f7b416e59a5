"""The video list: progress of each video, search, filter, notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QAction,
    QColor,
    QFont,
    QImage,
    QKeyEvent,
    QPainter,
    QPalette,
    QPen,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListView,
    QPushButton,
    QStackedLayout,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.kit import icons, theme
from app.kit.commands import command
from app.kit.keyboard import give_keyboard_in_dock
from app.kit.label_style import blend, percent
from app.kit.labels import Label
from app.kit.painting import left_to_right
from app.state.change import Change
from app.state.document import Document
from app.state.session import Session
from app.views.even_list import EvenList
from app.views.fields import ChoiceBox, EmptyState, FindField
from app.views.tables.videos_model import (
    ITEM,
    LABELLED_BY,
    NUMBER,
    OPENED,
    THUMB,
    TRACKS,
    VideosModel,
    labelled_share,
    reviewed_share,
)
from skelseg_core.labels.people import people_text
from skelseg_core.project.tracks import TrackKey, VideoId
from skelseg_core.project.videos_and_tracks import Track

_Index = QModelIndex | QPersistentModelIndex
_Key = Qt.Key
_Role = QPalette.ColorRole
ROW_PX = 56
PICTURE_PX = QSize(64, 36)
FOLDED_EM = 12
"""Width in heights of a line below which only pictures and progress are shown."""
_TINT = 70
"""Opacity of the ground of a video that is selected or has the keyboard, 0..255."""


class VideoDelegate(QStyledItemDelegate):
    """Paint picture, name, people, note mark and progress of a video."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(PICTURE_PX.width(), ROW_PX)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        item: Track = index.data(ITEM)
        rect: QRect = option.rect
        palette: QPalette = option.palette
        painter.save()
        painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._ground(painter, option, bool(index.data(OPENED)))
        view = self.parent()
        if isinstance(view, _List) and view.folded:
            self._picture(painter, rect.adjusted(0, -5, 0, 0), palette, index)
            left, line = rect.left() + 14, rect.top() + 44
            painter.setFont(_small(painter.font()))
            painter.setPen(palette.color(_Role.PlaceholderText))
            number = f"{index.data(NUMBER):02}"
            painter.drawText(left, line + 8, number)
            taken = painter.fontMetrics().horizontalAdvance(number) + 6
            left, width = left + taken, PICTURE_PX.width() - taken
        else:
            self._picture(painter, rect, palette, index)
            left, line = rect.left() + 88, rect.top() + 34
            tracks = index.data(TRACKS)
            width = self._words(painter, rect, palette, item, left, tracks)
        person = index.data(LABELLED_BY)
        if person:
            self._person(painter, palette, QPoint(left, line - 5), person, width)
        elif not item.missing and labelled_share(*index.data(TRACKS)):
            bar = QRect(left, line, width, 6)
            if bar.width() > bar.height():
                self._shares(painter, palette, bar, index.data(TRACKS))
        painter.restore()

    def _words(
        self,
        painter: QPainter,
        rect: QRect,
        palette: QPalette,
        item: Track,
        left: int,
        tracks: Sequence[Track],
    ) -> int:
        """Paint name, people, note mark and state; return what is left for the bar."""
        width = rect.right() - left - 12
        metrics = painter.fontMetrics()
        room = width - 20 if item.video.notes else width
        beside = max(room // 3, room - metrics.horizontalAdvance(item.video.title) - 10)
        people = metrics.elidedText(
            people_text(item.video.people), Qt.TextElideMode.ElideRight, beside
        )
        taken = metrics.horizontalAdvance(people)
        base = rect.top() + 9 + metrics.ascent()
        painter.setPen(palette.color(_Role.PlaceholderText))
        painter.drawText(left + room - taken, base, people)
        room -= taken + 10 if people else 0
        painter.setPen(palette.color(_Role.Text))
        name = metrics.elidedText(item.video.title, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(left, base, name)
        if item.video.notes:
            self._note(painter, palette, QPoint(left + width - 11, rect.top() + 11))
        painter.setFont(_small(painter.font()))
        painter.setPen(palette.color(_Role.PlaceholderText))
        text = self.state(*tracks)
        painter.drawText(
            QRect(left, rect.top() + 28, width, 18),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            text,
        )
        return width - max(44, metrics.horizontalAdvance(text) + 10)

    def state(self, *tracks: Track) -> str:
        """Say which share of a video is done: labelled and reviewed, or undecided."""
        if any(item.is_damaged for item in tracks):
            return self.tr("labels damaged")
        if any(item.missing for item in tracks):
            return self.tr("labels missing")
        if not labelled_share(*tracks):
            return ""
        if all(item.finished and item.reviewed for item in tracks):
            return self.tr("done")
        return self.tr("{} done").format(percent(reviewed_share(*tracks)))

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
        view = self.parent()
        several = isinstance(view, _List) and view.several
        # One that is selected is the one that is open.
        chosen = several and state & QStyle.StateFlag.State_Selected
        if chosen or state & QStyle.StateFlag.State_HasFocus:
            tint = QColor(palette.color(_Role.Highlight))
            tint.setAlpha(_TINT)
            painter.setBrush(tint)
            painter.drawRoundedRect(rect.adjusted(4, 2, -4, -2), 4, 4)

    def _picture(
        self, painter: QPainter, rect: QRect, palette: QPalette, index: _Index
    ) -> None:
        size, thumb = PICTURE_PX, index.data(THUMB)
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

    def _person(
        self, painter: QPainter, palette: QPalette, at: QPoint, name: str, room: int
    ) -> None:
        """Paint a figure and the name of who else labels the video."""
        colour = palette.color(_Role.Text)
        icons.paint(painter, "account", QRectF(at.x() - 2, at.y(), 16, 16), colour, 16)
        metrics = painter.fontMetrics()
        text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, room - 18)
        painter.setPen(colour)
        painter.drawText(at.x() + 18, at.y() + 1 + metrics.ascent(), text)

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
        self, painter: QPainter, palette: QPalette, bar: QRect, tracks: Sequence[Track]
    ) -> None:
        """Paint the reviewed share full, and labels not reviewed dimmer."""
        full = palette.color(_Role.PlaceholderText)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color(_Role.Mid))
        painter.drawRoundedRect(bar, 3, 3)
        labelled, reviewed = labelled_share(*tracks), reviewed_share(*tracks)
        for share, colour in (
            (labelled, blend(palette.color(_Role.Mid), full, 0.5)),
            (reviewed, full),
        ):
            if share > 0:
                part = QRect(bar)
                part.setWidth(max(6, round(bar.width() * share)))
                painter.setBrush(colour)
                painter.drawRoundedRect(part, 3, 3)


def _small(font: QFont) -> QFont:
    """Return a font for what is said beside a name."""
    small = QFont(font)
    small.setPointSizeF(small.pointSizeF() * theme.SMALL)
    return small


class _List(EvenList):
    """List videos for the keyboard: arrows choose, Return opens, Escape leaves.

    With Ctrl and Shift several are selected, by clicks and by arrows.
    """

    entered = Signal()
    left = Signal()
    several = False
    """True while more than one video is selected."""
    folded = False
    """True where there is room for pictures and progress only."""

    def selectionChanged(
        self, selected: QItemSelection, deselected: QItemSelection
    ) -> None:
        several = len(self.selectedIndexes()) > 1
        if several != self.several:
            # Rows are painted in another way then.
            self.several = several
            self.viewport().update()
        super().selectionChanged(selected, deselected)

    @property
    def selected(self) -> list[VideoId]:
        """Ids of the selected videos, in the order of the list."""
        indexes = sorted(self.selectionModel().selectedIndexes())
        return [index.data(ITEM).video_id for index in indexes]

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
    """List the videos; a click or Return opens one, Ctrl and Shift select several.

    Signals ``add_requested``, ``notes_requested`` (video id), and with a list of the
    ids of the selected videos ``estimate_requested``, ``prelabel_requested``,
    ``people_requested``, ``done_requested`` (and whether they are),
    ``export_requested`` and ``remove_requested``; ``left`` when the keyboard goes back
    to the timeline.
    """

    add_requested = Signal()
    notes_requested = Signal(str)
    estimate_requested = Signal(object)
    prelabel_requested = Signal(object)
    people_requested = Signal(object)
    done_requested = Signal(object, bool)
    export_requested = Signal(object)
    remove_requested = Signal(object)
    left = Signal()

    def __init__(
        self, document: Document, session: Session, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._session = document, session
        self.model = VideosModel(document, session, self)
        self.search = FindField(self.tr("Find a video"))
        self.search.setToolTip(
            self.tr("Show videos with this in their name, people or notes")
        )
        self.state = ChoiceBox(
            self.tr("Which videos to show"),
            [self.tr("All"), self.tr("Unfinished"), self.tr("To review")],
        )
        self.list = _List()
        self.list.setMinimumHeight(PICTURE_PX.height())
        self.list.setModel(self.model)
        self.list.setItemDelegate(VideoDelegate(self.list))
        left_to_right(self.list)
        self.list.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        # A click opens a video and leaves the keyboard to the timeline.
        self.list.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setAccessibleName(self.tr("Videos"))
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.empty = EmptyState()
        self.empty.setMinimumHeight(PICTURE_PX.height())
        self.summary = Label()
        self.summary.setWordWrap(True)
        theme.set_tone(self.summary, "dim")
        self._summary = ""
        self.add_button = QPushButton(self.tr("Add…"))
        self.add_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.add_button.setToolTip(self.tr("Add videos to the project"))
        self.add_button.clicked.connect(self.add_requested)
        # Search and button do not keep it from becoming narrow: they fold then.
        self.setMinimumWidth(PICTURE_PX.width())
        self._add_commands()
        self._lay_out()
        self._connect()
        self._refresh()

    def _add_commands(self) -> None:
        one: tuple[tuple[str, Callable[[VideoId], object]], ...] = (
            (self.tr("Open\tReturn"), self._open),
            (self.tr("Notes…"), self.notes_requested.emit),
        )
        several: tuple[tuple[str, Callable[[list[VideoId]], object]], ...] = (
            (self.tr("Estimate poses…"), self.estimate_requested.emit),
            (self.tr("Pre-label"), self.prelabel_requested.emit),
            (self.tr("Person ids…"), self.people_requested.emit),
            (self.tr("Export…"), self.export_requested.emit),
            (self.tr("Remove from the project"), self.remove_requested.emit),
        )
        for text, run in one:
            self._add_action(text, partial(self._with_chosen, run))
        line = QAction(self.list)
        line.setSeparator(True)
        self.list.addAction(line)
        for text, do in several:
            self._add_action(text, partial(self._with_selected, do))

        # Only in a blind project it matters which videos are done.
        self._done_actions = [
            self._add_action(text, partial(self._say_done, done))
            for text, done in (
                (self.tr("Mark as done"), True),
                (self.tr("Mark as not done"), False),
            )
        ]

    def _add_action(self, text: str, run: Callable[[], object]) -> QAction:
        action = QAction(text, self.list)
        action.triggered.connect(lambda _=False: run())
        self.list.addAction(action)
        return action

    def _say_done(self, done: bool) -> None:
        self._with_selected(lambda videos: self.done_requested.emit(videos, done))

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(12, 0, 12, 4)
        head.setSpacing(8)
        head.addWidget(self.search, 3)
        head.addWidget(self.state, 2)
        self._head = QWidget()
        self._head.setLayout(head)
        self._pages = QStackedLayout()
        foot = QHBoxLayout()
        foot.setContentsMargins(14, 4, 8, 4)
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
        self.search.down.connect(self._on_down)
        self.search.returnPressed.connect(self._on_found)
        self.state.currentIndexChanged.connect(self._on_filter)
        self.list.clicked.connect(self._on_clicked)
        self.list.selectionModel().selectionChanged.connect(self._on_selected)
        self.list.entered.connect(lambda: self._with_chosen(self._open))
        self.list.left.connect(self.left)
        self.empty.clicked.connect(self._on_empty_clicked)
        self._document.changed.connect(self._on_changed)
        self._session.video_changed.connect(self._on_video_changed)

    def set_thumb(self, video_id: VideoId, image: QImage) -> None:
        """Show the thumbnail of a video."""
        self.model.set_thumb(video_id, image)

    def set_elsewhere(self, videos: Mapping[str, tuple[str, str]]) -> None:
        """Mark the videos that others label: the person, and a sentence about it."""
        self.model.set_elsewhere(videos)

    @command("find-video", "Find a video", "Ctrl+F")
    def start_search(self) -> None:
        """Move the focus to the search field, and show its dock."""
        give_keyboard_in_dock(self.search)
        self.search.selectAll()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.list.folded = self.width() < FOLDED_EM * self.fontMetrics().height()
        self._refresh()

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
        videos, totals = project.tracks, project.totals
        text = self.tr("{} of {} done").format(
            f"{totals.videos_done:,}", f"{totals.videos:,}"
        )
        if totals.videos_done < totals.videos_finished:
            waiting = f"{totals.videos_finished - totals.videos_done:,}"
            text = self.tr("{}, {} to review").format(text, waiting)
        self._summary = text if videos else ""
        for action in self._done_actions:
            action.setVisible(project.blind)
        self._on_selected()
        self._head.setVisible(bool(videos))
        self.state.setVisible(not self.list.folded)
        self.add_button.setVisible(bool(videos) and not self.list.folded)
        self._pages.setCurrentWidget(self.list if listed else self.empty)
        if not videos:
            text = self.tr("The videos of the project will appear here.")
            self.empty.say(text, self.tr("Add videos…"))
        elif not listed:
            self.empty.say(self.tr("No video matches."), self.tr("Show all"))

    def _on_empty_clicked(self) -> None:
        if self._document.project.tracks:
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
        if self.list.viewport().rect().intersects(self.list.visualRect(index)):
            # A row that was clicked does not go away from under the pointer.
            self.list.scrollTo(index)
        else:
            self.show_current()

    def show_current(self) -> None:
        """Scroll to the current video, among those beside it.

        Call when the list has another size.
        """
        centre = _List.ScrollHint.PositionAtCenter
        self.list.scrollTo(self.list.currentIndex(), centre)

    def _on_down(self) -> None:
        """Give the list the keyboard, at a video that was looked for."""
        self.list.setFocus()
        if not self.list.currentIndex().isValid():
            self.list.setCurrentIndex(self.model.index(0))

    def _on_found(self) -> None:
        """Open the first video that was looked for, unless an open one is."""
        if self.model.row_of(self._session.video_id) < 0 and self.model.rowCount():
            self._open(self.model.index(0).data(ITEM).video_id)
        self.left.emit()

    def _open(self, video_id: VideoId) -> None:
        """Look at a video, in the track that is looked at; at an open one no change."""
        project, now = self._document.project, self._session.track_id
        item = project.find(now)
        if video_id == self._session.video_id:
            return
        track = TrackKey() if item is None else item.key
        self._session.set_video(project.track_like(video_id, track).id)

    def _on_clicked(self, index: QModelIndex) -> None:
        # With Ctrl or Shift a click selects, and does not open.
        if self.list.selected == [index.data(ITEM).video_id]:
            self._open(index.data(ITEM).video_id)

    def _on_selected(self, *_: object) -> None:
        n = len(self.list.selectionModel().selectedIndexes())
        self.summary.setText(
            self.tr("{} selected").format(f"{n:,}") if n > 1 else self._summary
        )

    def _with_selected(self, run: Callable[[list[VideoId]], object]) -> None:
        if self.list.selected:
            run(self.list.selected)

    def _with_chosen(self, run: Callable[[VideoId], object]) -> None:
        index = self.list.currentIndex()
        if index.isValid():
            run(index.data(ITEM).video_id)

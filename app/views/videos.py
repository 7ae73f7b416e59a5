"""VideosView: the videos of the project and how much of each is labelled."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QImage, QPainter, QPalette
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListView,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.document import Change, Document
from app.session import Session
from skelseg_core.project import VideoItem

_Index = QModelIndex | QPersistentModelIndex
_ITEM = int(Qt.ItemDataRole.UserRole)
_THUMB = _ITEM + 1
ROW = 56
THUMB = QSize(64, 36)


def labelled_share(item: VideoItem) -> float:
    """Share of the frames that carry a label, 0..1."""
    return item.annotation.n_labelled / item.n_frames


def percent_text(share: float) -> str:
    """Whole percent; 100 only where nothing is left, 0 only where nothing is done."""
    whole = int(share * 100)
    return f"{max(1, whole) if share else 0} %"


class _Model(QAbstractListModel):
    """The videos in the order of the project."""

    def __init__(self, document: Document, parent: QWidget) -> None:
        super().__init__(parent)
        self._document = document
        self.thumbs: dict[str, QImage] = {}

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._document.project.videos)

    def data(self, index: _Index, role: int = 0) -> object:
        if not index.isValid():
            return None
        item = self._document.project.videos[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return item.id
        if role == _ITEM:
            return item
        if role == _THUMB:
            return self.thumbs.get(item.id)
        if role == Qt.ItemDataRole.ToolTipRole:
            size = f"{item.width}×{item.height}" if item.has_video else "poses only"
            return (
                f"{item.id}: {item.n_frames:,} frames, {item.mean_rate:.2f} per "
                f"second, {size}"
            )
        return None

    def row_of(self, video_id: str) -> int:
        ids = [v.id for v in self._document.project.videos]
        return ids.index(video_id) if video_id in ids else -1

    def refresh(self, change: Change) -> None:
        if change.videos:
            self.beginResetModel()
            self.endResetModel()
            return
        for row, item in enumerate(self._document.project.videos):
            if change.touches(item.id):
                self.dataChanged.emit(self.index(row), self.index(row))

    def set_thumb(self, video_id: str, image: QImage) -> None:
        self.thumbs[video_id] = image
        row = self.row_of(video_id)
        if row >= 0:
            self.dataChanged.emit(self.index(row), self.index(row))


class _Delegate(QStyledItemDelegate):
    """Paints picture, name and labelled share of a video."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(160, ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        item: VideoItem = index.data(_ITEM)
        rect: QRect = option.rect
        palette: QPalette = option.palette
        state = option.state
        role = QPalette.ColorRole
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if state & QStyle.StateFlag.State_Selected:
            painter.setBrush(palette.color(role.Base))
            painter.drawRoundedRect(rect.adjusted(4, 2, -4, -2), 4, 4)
            painter.setBrush(palette.color(role.Highlight))
            painter.drawRoundedRect(rect.left() + 4, rect.top() + 12, 3, ROW - 24, 1, 1)
        self._picture(painter, rect, palette, index.data(_THUMB))
        left = rect.left() + 88
        width = rect.right() - left - 12
        painter.setPen(palette.color(role.Text))
        metrics = painter.fontMetrics()
        name = metrics.elidedText(item.id, Qt.TextElideMode.ElideMiddle, width)
        painter.drawText(left, rect.top() + 9 + metrics.ascent(), name)
        share = labelled_share(item)
        painter.setPen(palette.color(role.PlaceholderText))
        text = "done" if share == 1 else percent_text(share)
        painter.drawText(
            QRect(left, rect.top() + 28, width, 18),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            text,
        )
        self._share(
            painter, palette, QRect(left, rect.top() + 35, width - 44, 4), share
        )
        painter.restore()

    def _picture(
        self, painter: QPainter, rect: QRect, palette: QPalette, thumb: object
    ) -> None:
        place = QRect(rect.left() + 14, rect.top() + 10, THUMB.width(), THUMB.height())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color(QPalette.ColorRole.Dark))
        painter.drawRect(place)
        if isinstance(thumb, QImage):
            size = thumb.size().scaled(THUMB, Qt.AspectRatioMode.KeepAspectRatio)
            inner = QRect(0, 0, size.width(), size.height())
            inner.moveCenter(place.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(inner, thumb)

    def _share(
        self, painter: QPainter, palette: QPalette, bar: QRect, share: float
    ) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color(QPalette.ColorRole.Mid))
        painter.drawRoundedRect(bar, 2, 2)
        if share > 0:
            done = QRect(bar)
            done.setWidth(max(4, round(bar.width() * share)))
            painter.setBrush(QColor(palette.color(QPalette.ColorRole.PlaceholderText)))
            painter.drawRoundedRect(done, 2, 2)


class VideosView(QWidget):
    """The list of videos; a click looks at one. Signals add_requested."""

    add_requested = Signal()

    def __init__(
        self, document: Document, session: Session, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._session = document, session
        self.model = _Model(document, self)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(_Delegate(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setAccessibleName("Videos")
        self.list.clicked.connect(self._on_clicked)
        self.empty = QLabel("The videos of the project will be here.")
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setContentsMargins(16, 24, 16, 8)
        self.summary = QLabel()
        add = QPushButton("Add…")
        add.setToolTip("Add videos to the project")
        add.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        add.clicked.connect(self.add_requested)
        foot = QHBoxLayout()
        foot.setContentsMargins(14, 8, 8, 8)
        foot.addWidget(self.summary, 1)
        foot.addWidget(add)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.empty)
        layout.addWidget(self.list, 1)
        layout.addLayout(foot)
        document.changed.connect(self._on_changed)
        session.video_changed.connect(lambda _: self._select())
        self._refresh()

    def set_thumb(self, video_id: str, image: QImage) -> None:
        """Show a picture of a video."""
        self.model.set_thumb(video_id, image)

    def _on_changed(self, change: Change) -> None:
        self.model.refresh(change)
        self._refresh()
        if change.videos:
            self._select()

    def _refresh(self) -> None:
        videos = self._document.project.videos
        done = sum(labelled_share(v) == 1 for v in videos)
        self.summary.setText(f"{done} of {len(videos)} done" if videos else "")
        self.empty.setVisible(not videos)
        self.list.setVisible(bool(videos))

    def _select(self) -> None:
        row = self.model.row_of(self._session.video_id)
        index = self.model.index(row) if row >= 0 else QModelIndex()
        self.list.selectionModel().setCurrentIndex(
            index, QItemSelectionModel.SelectionFlag.ClearAndSelect
        )
        if row >= 0:
            self.list.scrollTo(index)

    def _on_clicked(self, index: QModelIndex) -> None:
        self._session.set_video(index.data(_ITEM).id)

"""Videos model: which videos of the project are listed, and how far each is."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QImage

from app.services.video_steps import is_finished
from app.state.document import Change, Document
from app.state.session import Session
from skelseg_core.project.value import ANNOTATION, Project, VideoItem

_Index = QModelIndex | QPersistentModelIndex
ITEM = int(Qt.ItemDataRole.UserRole)
THUMB = ITEM + 1
OPENED = ITEM + 2
ALL, UNFINISHED, TO_REVIEW = range(3)


def labelled_share(item: VideoItem) -> float:
    """Share of the frames that carry a label, 0..1."""
    return item.annotation.n_labelled / item.n_frames


def reviewed_share(item: VideoItem) -> float:
    """Share of the frames in segments that are reviewed, 0..1."""
    return item.annotation.n_reviewed / item.n_frames


def is_reviewed(item: VideoItem) -> bool:
    """Whether a person vouches for every label and where it begins and ends."""
    return item.annotation.n_reviewed == item.annotation.n_labelled


def percent_text(share: float) -> str:
    """Whole percent; 100 only where nothing is left, 0 only where nothing is done."""
    whole = int(share * 100)
    return f"{max(1, whole) if share else 0} %"


class VideosModel(QAbstractListModel):
    """The videos in the order of the project, less those that are filtered out.

    The video that is looked at stays in the list, whatever is asked for.
    """

    def __init__(self, document: Document, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._document, self._session = document, session
        self._thumbs: dict[str, QImage] = {}
        self._wanted, self._state = "", ALL
        self._opened = session.video_id
        self._items: tuple[VideoItem, ...] = ()
        self._rows: dict[str, int] = {}
        self._take(self._listed())

    # -- which are listed -----------------------------------------------------------

    def set_filter(self, text: str, state: int) -> None:
        """List videos with ``text`` in name or notes that are in this state."""
        self._wanted, self._state = text.strip().casefold(), state
        self.update()

    def refresh(self, change: Change) -> None:
        """List what became of the videos; only rows that changed change."""
        self.update(anew=change.label_map)

    def update(self, anew: bool = False) -> None:
        """List the videos as they are now."""
        items, before = self._listed(), self._items
        if [v.id for v in items] != [v.id for v in before]:
            self.beginResetModel()
            self._take(items)
            self.endResetModel()
            return
        self._take(items)
        for row, (old, new) in enumerate(zip(before, items, strict=True)):
            if anew or old is not new:
                self._row_changed(row)

    def set_opened(self) -> None:
        """Mark the video that is looked at now."""
        self.update()
        before, self._opened = self._opened, self._session.video_id
        for row in {self.row_of(before), self.row_of(self._opened)} - {-1}:
            self._row_changed(row)

    def set_thumb(self, video_id: str, image: QImage) -> None:
        """Show a picture of a video."""
        self._thumbs[video_id] = image
        row = self.row_of(video_id)
        if row >= 0:
            self._row_changed(row)

    def row_of(self, video_id: str) -> int:
        """Row of a video, or -1 where it is not listed."""
        return self._rows.get(video_id, -1)

    def _take(self, items: tuple[VideoItem, ...]) -> None:
        self._items = items
        self._rows = {item.id: row for row, item in enumerate(items)}

    def _listed(self) -> tuple[VideoItem, ...]:
        project: Project = self._document.project
        if not self._wanted and self._state == ALL:
            return project.videos
        return tuple(v for v in project.videos if self._is_wanted(v))

    def _is_wanted(self, item: VideoItem) -> bool:
        if item.id == self._session.video_id:
            return True
        if self._state == UNFINISHED and is_finished(item):
            return False
        if self._state == TO_REVIEW and is_reviewed(item):
            return False
        found = f"{item.id}\n{item.notes}".casefold()
        return self._wanted in found

    def _row_changed(self, row: int) -> None:
        self.dataChanged.emit(self.index(row), self.index(row))

    # -- what Qt asks ---------------------------------------------------------------

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._items)

    def data(self, index: _Index, role: int = 0) -> object:
        if not index.isValid():
            return None
        item = self._items[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return item.id
        if role == ITEM:
            return item
        if role == THUMB:
            return self._thumbs.get(item.id)
        if role == OPENED:
            return item.id == self._session.video_id
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.tip(item)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{item.id}, {self.progress(item)}"
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return item.notes
        return None

    def progress(self, item: VideoItem) -> str:
        """How far a video is, in numbers."""
        if item.missing:
            return self.tr("labels missing")
        text = self.tr("{labelled} labelled, {reviewed} reviewed")
        return text.format(
            labelled=percent_text(labelled_share(item)),
            reviewed=percent_text(reviewed_share(item)),
        )

    def tip(self, item: VideoItem) -> str:
        """What the tooltip says: how far, which numbers, the notes."""
        value = item.annotation
        frames = self.tr("{labelled} of {all} frames labelled, {reviewed} reviewed")
        if ANNOTATION in item.missing:
            frames = self.tr("{all} frames; the label file is gone")
        size = f"{item.width}×{item.height}"
        if not item.has_video:
            size = self.tr("poses only")
        numbers = self.tr("{} per second, {}").format(f"{item.mean_rate:.2f}", size)
        lines = [
            item.id,
            frames.format(
                labelled=f"{value.n_labelled:,}",
                all=f"{item.n_frames:,}",
                reviewed=f"{value.n_reviewed:,}",
            ),
            numbers,
        ]
        if item.notes:
            lines += ["", item.notes]
        return "\n".join(lines)

"""The model of the video list: filter, progress, thumbnails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QImage

from app.kit.label_style import percent
from app.kit.labels import plain_tip
from app.kit.plural import plural
from app.state.change import Change
from app.state.document import Document
from app.state.session import Session
from skelseg_core.labels.people import people_text
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.tracks import VideoId
from skelseg_core.project.videos_and_tracks import Track

_Index = QModelIndex | QPersistentModelIndex
ITEM = int(Qt.ItemDataRole.UserRole)
THUMB = ITEM + 1
OPENED = ITEM + 2
LABELLED_BY = ITEM + 3
NUMBER = ITEM + 4
TRACKS = ITEM + 5
ALL, UNFINISHED, TO_REVIEW = range(3)


def labelled_share(*tracks: Track) -> float:
    """Return the share of the frames that are labelled or undecided, 0..1."""
    lanes = [track.annotation for track in tracks]
    done = sum(lane.n_labelled + lane.n_undecided for lane in lanes)
    return done / sum(lane.n_frames for lane in lanes)


def reviewed_share(*tracks: Track) -> float:
    """Return the share of the frames that are reviewed or undecided, 0..1."""
    lanes = [track.annotation for track in tracks]
    done = sum(lane.n_reviewed + lane.n_undecided for lane in lanes)
    return done / sum(lane.n_frames for lane in lanes)


class VideosModel(QAbstractListModel):
    """The videos that match the filter, in the order of the project.

    The current video is listed in whatever state it is.
    """

    def __init__(self, document: Document, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._document, self._session = document, session
        self._thumbs: dict[str, QImage] = {}
        # Who else labels a video: the person, and a sentence.
        self._elsewhere: Mapping[VideoId, tuple[str, str]] = {}
        self._wanted, self._state = "", ALL
        self._opened = session.video_id
        self._ids: Sequence[VideoId] = ()
        self._rows: Mapping[VideoId, int] = {}
        self._listed = document.project
        self._list_all()

    # -- filter -----------------------------------------------------------------------

    def set_filter(self, text: str, state: int) -> None:
        """List videos in this state with ``text`` in name, people or notes."""
        self._wanted, self._state = text.strip().casefold(), state
        self._list_anew()

    def refresh(self, change: Change) -> None:
        """Update the rows of changed videos."""
        if change.videos or not all(map(self._is_in_place, change.edited)):
            self._list_anew()
        self._listed = change.after
        rows: Sequence[int] = range(len(self._ids))
        if not change.classes:
            found = (self.row_of(item.video_id) for item in change.edited)
            rows = [row for row in found if row >= 0]
        if rows:
            # Told once: a run pre-labels hundreds of videos between two looks.
            self.dataChanged.emit(self.index(min(rows)), self.index(max(rows)))

    def set_opened(self) -> None:
        """Mark the current video."""
        before, self._opened = self._opened, self._session.video_id
        project = self._document.project
        there = filter(project.has_video, (before, self._opened))
        if not all(self._is_in_place(project.first_track(v)) for v in there):
            self._list_anew()
        self._row_changed(before)
        self._row_changed(self._opened)

    def set_thumb(self, video_id: VideoId, image: QImage) -> None:
        """Set the thumbnail of a video."""
        self._thumbs[video_id] = image
        self._row_changed(video_id)

    def set_elsewhere(self, tracks: Mapping[str, tuple[str, str]]) -> None:
        """Mark the videos that others label: the person, and a sentence about it."""
        before = self._elsewhere
        found = map(self._document.project.find, tracks)
        self._elsewhere = now = {
            v.video_id: tracks[v.id] for v in found if v is not None
        }
        for video_id in {*before, *now}:
            if before.get(video_id) != now.get(video_id):
                self._row_changed(video_id)

    def row_of(self, video_id: VideoId) -> int:
        """Return the row of a video, or -1 where it is not listed."""
        return self._rows.get(video_id, -1)

    def _list_anew(self) -> None:
        before = self._ids, self._rows, self._listed
        self._list_all()
        if self._ids == before[0]:
            return
        now = self._ids, self._rows, self._listed
        # Qt must be told before the rows change.
        self._ids, self._rows, self._listed = before
        self.beginResetModel()
        self._ids, self._rows, self._listed = now
        self.endResetModel()

    def _list_all(self) -> None:
        # The list may be painted during a change, before it is told of it.
        project = self._listed = self._document.project
        if not self._filters:
            self._ids, self._rows = project.video_ids, project.video_places
            return
        wanted, whatever = self._wanted, self._state == ALL
        self._ids = tuple(
            v.video.id
            for v in project.first_tracks
            if wanted in v.video.words and (whatever or self._is_in_state(v))
        )
        self._rows = {video_id: row for row, video_id in enumerate(self._ids)}

    @property
    def _filters(self) -> bool:
        return bool(self._wanted) or self._state != ALL

    def _is_in_place(self, item: Track) -> bool:
        """Return True if a video is listed exactly if it matches the filter."""
        there = item.video_id in self._rows
        return not self._filters or self._is_wanted(item) == there

    def _is_wanted(self, item: Track) -> bool:
        return self._wanted in item.video.words and self._is_in_state(item)

    def _is_in_state(self, item: Track) -> bool:
        """Tell whether a video is in the state that is listed, or is looked at."""
        if self._state == ALL or item.video_id == self._session.video_id:
            return True
        project = self._document.project
        tracks = project.tracks_of(item.video_id) or (item,)
        if self._state == UNFINISHED:
            return any(map(project.to_finish, tracks))
        return not all(v.reviewed for v in tracks)

    def _row_changed(self, video_id: VideoId) -> None:
        row = self.row_of(video_id)
        if row >= 0:
            self.dataChanged.emit(self.index(row), self.index(row))

    # -- methods of QAbstractListModel ----------------------------------------------

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._ids)

    def data(self, index: _Index, role: int = 0) -> object:
        if not index.isValid():
            return None
        video_id = self._ids[index.row()]
        if not self._listed.has_video(video_id):
            return None
        item = self._listed.first_track(video_id)
        if role == Qt.ItemDataRole.DisplayRole:
            return item.video.title
        if role == ITEM:
            return item
        if role == TRACKS:
            return self._listed.required_tracks(item.video_id)
        if role == THUMB:
            return self._thumbs.get(item.video_id)
        if role == NUMBER:
            return self._listed.video_places[item.video_id] + 1
        if role == OPENED:
            return item.video_id == self._session.video_id
        if role == LABELLED_BY:
            return self._elsewhere.get(item.video_id, ("", ""))[0]
        return self._text(item, role)

    def _text(self, item: Track, role: int) -> str | None:
        """Return what is said of a video in a tooltip and to a screen reader."""
        _, elsewhere = self._elsewhere.get(item.video_id, ("", ""))
        if role == Qt.ItemDataRole.ToolTipRole:
            tip = self.tip(item)
            return plain_tip(f"{tip}\n\n{elsewhere}" if elsewhere else tip)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            people = people_text(item.video.people)
            parts = (item.video.title, people, self.progress(item), elsewhere)
            return ", ".join(part for part in parts if part)
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return item.video.notes
        return None

    def progress(self, item: Track) -> str:
        """Describe the progress of a video in numbers."""
        if item.missing:
            damaged = self.tr("labels damaged")
            return damaged if item.is_damaged else self.tr("labels missing")
        tracks = self._listed.tracks_of(item.video_id) or (item,)
        text = self.tr("{labelled} labelled, {reviewed} reviewed")
        return text.format(
            labelled=percent(labelled_share(*tracks)),
            reviewed=percent(reviewed_share(*tracks)),
        )

    def tip(self, item: Track) -> str:
        """Return the tooltip: progress, frames and the notes."""
        value = item.annotation
        if ANNOTATION in item.missing:
            frames = plural("{n} frame(s); the labels are unknown", item.n_frames)
        else:
            frames = plural(
                "{labelled} of {n} frame(s) labelled, {reviewed} reviewed",
                item.n_frames,
                labelled=f"{value.n_labelled:,}",
                reviewed=f"{value.n_reviewed:,}",
            )
        size = f"{item.video.width}×{item.video.height}"
        if not item.video.has_file:
            size = self.tr("poses only")
        numbers = self.tr("{} per second, {}").format(
            f"{item.video.mean_rate:.2f}", size
        )
        lines = [item.video.title, frames, numbers]
        if item.video.people:
            who = self.tr("People: {}").format(people_text(item.video.people))
            lines.append(who)
        if value.n_undecided and not item.missing:
            lines.insert(2, plural("{n} frame(s) undecided", value.n_undecided))
        if item.video.notes:
            lines += ["", item.video.notes]
        return "\n".join(lines)

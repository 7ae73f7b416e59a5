"""Show the place of an undone or redone edit, and say what it was."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.kit.notices import Notices
from app.playback.player import Player
from app.services.labelling.current_boundary import boundary_at
from app.state.change import Change
from app.state.current_video import CurrentVideo
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import Track

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True)
class EditPlace:
    """The place of an edit: a video, and frames ``[start, stop)`` of it.

    ``boundary`` is the first frame after a boundary that returned or moved there.
    Without frames the place is the video as a whole.
    """

    track_id: TrackId
    start: int | None = None
    stop: int = 0
    boundary: int | None = None


class UndoRedo(QObject):
    """Seek to the place of each undone or redone edit.

    Signals ``seen`` with the frame that the timeline has to show.
    """

    seen = Signal(int)

    def __init__(
        self,
        current: CurrentVideo,
        player: Player,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._current, self._player, self._notices = current, player, notices

    def show_undone(self, text: str, change: Change) -> None:
        """Go to the place of an edit that is undone, and say which one it was."""
        self._say(self.tr("Undone: {}"), text, change)

    def show_redone(self, text: str, change: Change) -> None:
        """Go to the place of an edit that is done again, and say which one it is."""
        self._say(self.tr("Redone: {}"), text, change)

    def _say(self, words: str, text: str, change: Change) -> None:
        place = place_of(change, self._current.session.track_id)
        if place is not None:
            self._go(place)
            text = self._named(text, place, change)
        self._notices.say(words.format(text))

    def _named(self, text: str, place: EditPlace, change: Change) -> str:
        project, where = change.after, list[str]()
        video_id = project.track(place.track_id).video_id
        if len(project.video_ids) > 1:
            where.append(video_id)
        tracks = project.tracks_of(video_id)
        # Of what all of them have nothing needs to be said, but of labels it does.
        of_labels = place.start is not None and len(tracks) > 1
        if of_labels or len(change.edited) < len(tracks):
            people = (track.person for track in change.edited)
            tiers = (project.tier(track.tier).name for track in change.edited)
            names = dict.fromkeys(filter(None, (*people, *tiers)))
            text = f"{text} · {', '.join(names)}"
        frame = place.start if place.boundary is None else place.boundary
        if frame is not None:
            where.append(self.tr("frame {}").format(f"{frame:,}"))
        return f"{text} ({', '.join(where)})" if where else text

    def _go(self, place: EditPlace) -> None:
        """Go to the place of an edit; playback is not interrupted."""
        session, player = self._current.session, self._player
        session.set_video(place.track_id)
        if place.start is None or place.track_id != session.track_id:
            return
        if not player.playing:
            at = place.start if place.boundary is None else place.boundary
            item = self._current.item
            if place.boundary is not None and item is not None:
                session.set_boundary(boundary_at(item.annotation, at))
            elif place.start <= player.target < place.stop:
                at = player.target
            player.seek(at)
        self.seen.emit(place.start)


def place_of(change: Change, active: str = "") -> EditPlace | None:
    """Return the place of a change; None where it changed more than one video.

    Of several tracks it is in the ``active`` one, where that changed.
    """
    if len({item.video_id for item in change.edited}) != 1:
        return None
    item = next((i for i in change.edited if i.id == active), change.edited[0])
    old = change.before.find(item.id)
    if old is None or old.n_frames != item.n_frames:
        return EditPlace(item.id)
    if old.annotation != item.annotation:
        return _annotated(item.id, old.annotation, item.annotation)
    return EditPlace(item.id, *_corrected(old, item))


def _annotated(
    video_id: TrackId, before: Segmentation, after: Segmentation
) -> EditPlace:
    changed = before.to_frames() != after.to_frames()
    cuts = np.setxor1d(before.boundaries, after.boundaries)
    frames = np.union1d(np.flatnonzero(changed), cuts)
    if not len(frames):
        # Only reviews or sources changed: use the start of that segment.
        seen = _reviewed(before, after)
        start = seen[0].start
        return EditPlace(video_id, start, seen[-1].stop, start or None)
    new = np.setdiff1d(after.boundaries, before.boundaries)
    boundary = int(new[0]) if len(new) == 1 else None
    return EditPlace(video_id, int(frames[0]), int(frames[-1]) + 1, boundary)


def _reviewed(before: Segmentation, after: Segmentation) -> list[Segment]:
    """Return the segments whose review changed, or the one after a changed boundary.

    Reviewing a segment also reviews the ends that its neighbours share, so the
    segment whose class was reviewed, or that became reviewed, comes first.
    """
    pairs = list(zip(before.segments, after.segments, strict=True))
    for what in (_class_of, lambda s: s.reviewed, lambda s: s.start_reviewed):
        found = [new for old, new in pairs if what(old) != what(new)]
        if found:
            return found
    return [new for old, new in pairs if old != new]


def _class_of(segment: Segment) -> tuple[object, ...]:
    return segment.source, segment.class_reviewed, segment.confidence, segment.inner


def _corrected(before: Track, after: Track) -> tuple[int | None, int]:
    """Return the frames of what only one of the two has besides its labels."""
    was, now = before.video, after.video
    spans = [
        *(c.span for c in _differing(was.corrections, now.corrections)),
        *((p.frame, p.frame + 1) for p in _differing(before.picks, after.picks)),
        *((m.frame, m.frame + 1) for m in _differing(before.marks, after.marks)),
        *((c.start, c.stop) for c in _differing(was.comments, now.comments)),
    ]
    if not spans:
        return None, 0
    return min(start for start, _ in spans), max(stop for _, stop in spans)


def _differing(a: tuple[T, ...], b: tuple[T, ...]) -> set[T]:
    return set(a) ^ set(b)

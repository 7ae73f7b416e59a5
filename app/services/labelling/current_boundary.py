"""Select the current boundary: the one that nudges, trims and the loupe act on.

Down and Up, Return, a row of a table, a click or drag on the timeline, a click in the
loupe, and playing around boundaries select a boundary. Nudges, ticks, ``[`` and ``]``,
M, Delete and Return act on it; the loupe and the picture show it. Escape deselects it,
and so does seeking to another frame. Playing deselects it when it leaves the two
segments beside the boundary.

`Session.boundary` holds the index; only this module decides when it changes.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject

from app.kit.commands import command
from app.playback.player import Player
from app.state.change import Change
from app.state.document import Document
from app.state.session import Session
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.videos_and_tracks import Track

REPEATING_PLANS = ("around", "again", "loop")
"""Plans that repeat one place; they end when the person goes to another boundary."""


class CurrentBoundary(QObject):
    """Go to boundaries, keep one selected, and deselect it."""

    def __init__(
        self,
        document: Document,
        session: Session,
        player: Player,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._session, self._player = document, session, player
        player.asked_for.connect(self._on_asked_for)
        session.frame_changed.connect(self._on_frame)
        document.changed.connect(self._on_changed)

    # -- the selected boundary ---------------------------------------------------------

    def _annotation(self) -> Segmentation | None:
        item = self._document.project.find(self._session.track_id)
        return None if item is None else item.annotation

    @property
    def index(self) -> int | None:
        """Index of the segment that ends at the boundary, or None."""
        index, annotation = self._session.boundary, self._annotation()
        if index is None or annotation is None or index >= len(annotation) - 1:
            return None
        return index

    @property
    def beside(self) -> tuple[Segment, Segment] | None:
        """The segments before and after the boundary, or None."""
        index, annotation = self.index, self._annotation()
        if index is None or annotation is None:
            return None
        before, after = annotation.segments[index : index + 2]
        return before, after

    @property
    def frame(self) -> int | None:
        """First frame after the boundary, also while it is dragged, or None."""
        beside = self.beside
        if beside is None:
            return None
        return (
            beside[1].start if self._session.dragged is None else self._session.dragged
        )

    # -- go ---------------------------------------------------------------------------

    def go_to(self, index: int) -> None:
        """Go to the boundary after a segment, or to the video's end after the last."""
        annotation = self._annotation()
        if annotation is None:
            return
        if self._player.plan.name in REPEATING_PLANS:
            self._player.pause()
            self._player.follow(None)
        boundaries = annotation.boundaries
        if 0 <= index < len(boundaries):
            self._session.set_boundary(index)
            self._player.seek(int(boundaries[index]))
        else:
            self._player.seek(annotation.n_frames - 1 if index >= 0 else 0)

    def go_to_frame(self, frame: int) -> None:
        """Go to a frame; where a segment begins with it, that boundary is selected."""
        annotation = self._annotation()
        index = None if annotation is None else boundary_at(annotation, frame)
        if index is None:
            self.drop()
            self._player.seek(frame)
        else:
            self.go_to(index)

    def _is_open(self, _: int) -> bool:
        return self._player.info is not None

    @command("boundary-next", "Next boundary", "Down", args=(1,), enabled=_is_open)
    @command(
        "boundary-previous", "Previous boundary", "Up", args=(-1,), enabled=_is_open
    )
    def go(self, direction: int) -> None:
        """Go to the next (1) or previous (-1) boundary; after the last, to an end."""
        annotation, index = self._annotation(), self.index
        if annotation is None:
            return
        item = self._document.project.track(self._session.track_id)
        if self._document.project.has_points(item):
            self._go_to_point(item, direction)
            return
        if index is None:
            cuts, at = annotation.boundaries, self._player.target
            before, until = int((cuts < at).sum()), int((cuts <= at).sum())
            index = until if direction > 0 else before - 1
        else:
            index += direction
        self.go_to(index)

    def _go_to_point(self, item: Track, direction: int) -> None:
        """Go to the next (1) or previous (-1) mark; after the last, to an end."""
        at, end = self._player.target, item.n_frames - 1 if direction > 0 else 0
        ahead = (m.frame for m in item.marks if (m.frame - at) * direction > 0)
        self._player.seek(min(ahead, key=lambda frame: abs(frame - at), default=end))

    def drop(self) -> None:
        """Deselect the boundary."""
        self._session.set_boundary(None)

    # -- keeping it up to date --------------------------------------------------------

    def _on_asked_for(self, frame: int) -> None:
        at = self.frame
        if at is not None and frame != at:
            self.drop()

    def _on_frame(self, frame: int) -> None:
        # Playing around a boundary may show more than the two segments beside it.
        if not self._player.playing or self._player.plan.name in ("around", "again"):
            return
        beside = self.beside
        if beside is not None and not beside[0].start <= frame < beside[1].stop:
            self.drop()

    def _on_changed(self, change: Change) -> None:
        """Keep the same boundary selected after an edit, or deselect it if gone."""
        video_id, index = self._session.track_id, self._session.boundary
        if index is None or not change.touches(video_id):
            return
        after = self._annotation()
        if not change.before.has(video_id) or after is None:
            self.drop()
            return
        before = change.before.track(video_id).annotation
        if after is not before:
            self._session.set_boundary(_same_boundary(before, after, index))


def boundary_at(annotation: Segmentation, frame: int) -> int | None:
    """Return the index of the segment that ends where ``frame`` begins another."""
    found = int(np.searchsorted(annotation.boundaries, frame))
    there = annotation.boundaries[found : found + 1] == frame
    return found if there.any() else None


def _same_boundary(before: Segmentation, after: Segmentation, index: int) -> int | None:
    """Return the index of a boundary after an edit; None where it is gone."""
    if index >= len(before) - 1:
        return None
    if index in _moved(before, after):
        return index
    return boundary_at(after, int(before.boundaries[index]))


def _moved(before: Segmentation, after: Segmentation) -> list[int]:
    """Find the boundary that an edit moved, or the two ends of a moved segment.

    The list is empty where anything else changed: then boundaries came or went.
    """
    if len(before) != len(after):
        return []
    both = list(zip(before.segments, after.segments, strict=True))
    if any(old is not new and _content(old) != _content(new) for old, new in both):
        return []
    by = after.boundaries - before.boundaries
    moved = [int(i) for i in np.flatnonzero(by)]
    # A person who moves a boundary reviews it, until that is undone; a model does
    # not.
    if not all(any(end.stop_reviewed for end in both[i]) for i in moved):
        return []
    if len(moved) == 2:
        first, second = moved
        whole = second == first + 1 and by[first] == by[second]
        return moved if whole else []
    return moved if len(moved) == 1 else []


def _content(segment: Segment) -> tuple[object, ...]:
    """Return what a segment says, without its ends."""
    content = segment.class_id, segment.undecided, segment.source
    if segment.inner:
        return *content, *(run.origin for run in segment.inner)
    return *content, segment.class_reviewed, segment.confidence

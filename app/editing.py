"""Editing: the verbs that change the annotation of the video that is looked at."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.document import Document
from app.player import Player
from app.session import Session
from skelseg_core.errors import EditError
from skelseg_core.project import VideoItem
from skelseg_core.segmentation import (
    Segmentation,
    absorb,
    merge,
    move_boundary,
    paint,
    relabel,
    split,
)


class Editing(QObject):
    """Owns no data; every edit is one step of the document. Signals ``problem``."""

    problem = Signal(str)

    def __init__(
        self,
        document: Document,
        session: Session,
        player: Player,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.document, self.session, self.player = document, session, player

    @property
    def item(self) -> VideoItem | None:
        """The video that is looked at, or None."""
        project, video_id = self.document.project, self.session.video_id
        return project.video(video_id) if project.has(video_id) else None

    def edit(
        self,
        text: str,
        edit: Callable[[Segmentation], Segmentation],
        merge_key: str = "",
    ) -> bool:
        item = self.item
        if item is None:
            self.problem.emit("There is no video to edit; add one first.")
            return False
        return self.document.edit_lane(text, item.id, edit, merge_key)

    def apply_class(self, class_id: int | None) -> None:
        """Paint the marked range, or relabel the segment under the playhead."""
        item = self.item
        if item is None:
            return
        name = self.document.project.label_map.name_of(class_id) or "unlabelled"
        marked = self.session.marked_range(item.n_frames)
        if marked:
            start, stop = marked
            if self.edit(f"Paint {name}", lambda s: paint(s, start, stop, class_id)):
                self.session.set_range(None, None)
        else:
            frame = self.session.frame
            self.edit(
                f"Label {name}", lambda s: relabel(s, s.index_at(frame), class_id)
            )

    def apply_key(self, key: str) -> None:
        """Apply the class that has this key."""
        action_class = self.document.project.label_map.keyed(key)
        if action_class is not None:
            self.apply_class(action_class.id)
        else:
            self.problem.emit(f"No class has the key {key}.")

    def split(self) -> None:
        """Begin a new segment at the playhead."""
        frame = self.session.frame
        self.edit("Split", lambda s: split(s, frame))

    def merge(self) -> None:
        """Join the segment under the playhead with the next."""
        frame = self.session.frame
        self.edit("Merge", lambda s: merge(s, s.index_at(frame)))

    def absorb(self) -> None:
        """Delete the segment under the playhead into its longer neighbour."""
        frame = self.session.frame
        self.edit("Delete segment", lambda s: absorb(s, s.index_at(frame)))

    def trim_start(self) -> None:
        """Move the start of the segment under the playhead to the playhead."""
        frame = self.session.frame
        self.edit("Trim start", lambda s: _trim_start(s, frame))

    def trim_stop(self) -> None:
        """Make the frame that is shown the last of its segment."""
        frame = self.session.frame
        self.edit("Trim end", lambda s: _trim_stop(s, frame))

    def nudge(self, frames: int) -> None:
        """Move the selected boundary by some frames; repeated nudges are one step."""
        item, index = self.item, self.session.boundary
        if item is None or index is None or index >= len(item.annotation) - 1:
            self.problem.emit("No boundary is selected; click one on the timeline.")
            return
        target = item.annotation.segments[index].stop + frames
        self.edit(
            "Move boundary",
            lambda s: move_boundary(s, index, target),
            merge_key=f"nudge {item.id} {index}",
        )
        moved = self.item
        if moved is not None:
            self.player.seek(int(moved.annotation.segments[index].stop))

    def go_to_boundary(self, direction: int) -> None:
        """Seek to the next (1) or previous (-1) boundary and select it."""
        item = self.item
        if item is None:
            return
        frame, cuts = self.player.target, item.annotation.boundaries.tolist()
        found = [c for c in cuts if (c > frame if direction > 0 else c < frame)]
        if not found:
            self.player.seek(item.n_frames - 1 if direction > 0 else 0)
            return
        target = found[0] if direction > 0 else found[-1]
        self.session.set_boundary(cuts.index(target))
        self.player.seek(target)

    def mark_in(self) -> None:
        """Begin the range at the frame that is shown."""
        frame, stop = self.session.frame, self.session.range_out
        self.session.set_range(frame, stop if stop and stop > frame else None)

    def mark_out(self) -> None:
        """End the range with the frame that is shown."""
        stop, start = self.session.frame + 1, self.session.range_in
        self.session.set_range(
            start if start is not None and start < stop else None, stop
        )


def _trim_start(segmentation: Segmentation, frame: int) -> Segmentation:
    index = segmentation.index_at(frame)
    if index == 0:
        raise EditError("The first segment starts with the video; split it instead.")
    return move_boundary(segmentation, index - 1, frame)


def _trim_stop(segmentation: Segmentation, frame: int) -> Segmentation:
    index = segmentation.index_at(frame)
    if index == len(segmentation) - 1:
        raise EditError("The last segment ends with the video; split it instead.")
    return move_boundary(segmentation, index, frame + 1)

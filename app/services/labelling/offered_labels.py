"""Offer labels for the rest of a video: in words first, taken over in one step."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.kit.notices import Notice, Notices
from app.state.current_video import VIDEO, CurrentVideo
from skelseg_core.labels.edits import remap_classes
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.project import VideoItem
from skelseg_core.review.by_example import take_over
from skelseg_core.review.redecode import runs_of


@dataclass(frozen=True, eq=False)
class Offered:
    """Hold the labels that are offered for a video, and where they come from."""

    video_id: str
    source: str
    labels: Segmentation


class OfferedLabels(QObject):
    """Hold labels that are offered for the current video until they are taken.

    What a person made or reviewed stays, also what a person made after they were
    computed. Signals ``changed`` when labels are offered, or no longer.
    """

    changed = Signal()
    topic = ""
    """Of the notice that offers them, by which it is removed."""

    def __init__(
        self, current: CurrentVideo, notices: Notices, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._current, self._notices = current, notices
        self.found: Offered | None = None
        self._notice: Notice | None = None
        current.changed.connect(lambda what: self._drop() if what == VIDEO else None)
        # While a project is blind it shows nothing that a model says.
        current.document.changed.connect(
            lambda now: self._drop() if now.blind else None
        )

    def _hold(self, found: Offered, item: VideoItem) -> tuple[tuple[int, int], ...]:
        """Hold labels to be offered; return the ranges of frames they would change."""
        self.found = found
        now = item.annotation.to_frames()
        return runs_of(self.taken(item.annotation).to_frames() != now)

    def _say(self, text: str, command: str) -> None:
        """Say what the labels would change, with the command that takes them."""
        self._notice = self._notices.offer(text, command, about=self.topic)
        self.changed.emit()

    def _drop(self) -> None:
        if self.found is None:
            return
        self.found = None
        notice, self._notice = self._notice, None
        self._notices.close(notice)
        self.changed.emit()

    def taken(self, lane: Segmentation) -> Segmentation:
        """Take over what is offered into the labels of the video, as they are now."""
        found = self.found
        if found is None or lane.n_frames != found.labels.n_frames:
            return lane
        # Classes may have been merged or deleted since.
        moves = self._current.document.project.moves
        return take_over(lane, remap_classes(found.labels, moves))

    @property
    def can_take(self) -> bool:
        """True if labels are offered for the video that is shown."""
        item, found = self._current.item, self.found
        return item is not None and found is not None and item.id == found.video_id

    def _take(self, step: str, said: str) -> bool:
        """Take over the labels as one step, and say so; False where it is refused."""
        item, found = self._current.item, self.found
        if item is None or found is None or not self.can_take:
            return False
        edit, step = self._current.document.edit_lane, step.format(item.id)
        changes = self.taken(item.annotation) != item.annotation
        if changes and not edit(step, item.id, self.taken):
            return False
        self._drop()
        self._notices.say(said.format(item.id, found.source), about=self.topic)
        return True

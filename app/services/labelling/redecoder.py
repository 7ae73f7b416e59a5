"""Decode the shown prediction again around a correction, where the person asks."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.kit.commands import command
from app.kit.plural import plural
from app.playback.player import Player
from app.services.labelling.current_boundary import CurrentBoundary
from app.services.models.model_service import ModelService
from app.services.models.shown_evidence import shown_evidence
from app.services.task_runner import TaskRunner
from app.state.change import Change
from app.state.current_video import VIDEO, CurrentVideo
from skelseg_core.labels.constraints import Ranged
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import Progress, Task
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import prediction_lane
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.redecode import Redecoded, redecode, taken_away

BY_HAND = 2
"""Ranges of frames that one correction by hand changes, at the most."""


class Redecoder(QObject):
    """Decode again what nobody made or reviewed around the current boundary.

    What a person took away from the current video since it was chosen is remembered,
    so that it does not come back; after an undo it may.
    """

    def __init__(
        self,
        current: CurrentVideo,
        player: Player,
        boundary: CurrentBoundary,
        models: ModelService,
        tasks: TaskRunner,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._current, self._player, self._boundary = current, player, boundary
        self._models, self._tasks = models, tasks
        self._rejected: list[Ranged] = []
        current.changed.connect(self._on_current)
        current.document.undone.connect(self._forget)
        current.document.changed.connect(self._on_changed)

    def _forget(self, *_: object) -> None:
        self._rejected.clear()

    def _on_current(self, what: str) -> None:
        if what in (VIDEO, prediction_lane(self._current.shown_model)):
            self._forget()

    def _on_changed(self, change: Change) -> None:
        item = self._current.item
        if item is None or not change.touches(item.id):
            return
        if item.id not in change.relabelled:
            self._forget()
            return
        gone = taken_away(change.before.track(item.id).annotation, item.annotation)
        if len(gone) <= BY_HAND:
            self._rejected += gone

    @property
    def ready(self) -> bool:
        """True if there is a prediction that was read, and something is labelled."""
        item = self._current.item
        labelled = item is not None and item.annotation.n_labelled > 0
        return labelled and self._current.shown_prediction is not None

    @command(
        "redecode",
        "Update the labels around here",
        enabled=lambda self: self.ready,
        tip="The model looks again around your correction. Your segments stay",
        acts_on="around",
    )
    def redecode(self) -> None:
        """Decode the model's segments around the current boundary or playhead again."""
        item, evidence = self._current.item, self._evidence()
        if item is None or evidence is None:
            return
        frame = self._boundary.frame
        near = self._player.target if frame is None else frame
        lane, video_id = item.annotation, item.id
        task = _redecoded(lane, evidence, near, tuple(self._rejected))
        title = self.tr("Update the labels of {}").format(video_id)
        self._tasks.run(title, task, lambda found: self._take(video_id, lane, found))

    def _evidence(self) -> Evidence | None:
        return shown_evidence(self._current, self._models)

    def _take(
        self, video_id: TrackId, lane: Segmentation, found: Redecoded | None
    ) -> None:
        item = self._current.item
        if item is None or item.id != video_id or item.annotation is not lane:
            return  # Another edit came, or another video.
        if found is None:
            self._tasks.tell(self.tr("The model found nothing to change here."))
            return
        new = found.lane
        self._current.document.edit_lane(
            self.tr("Update the labels"), video_id, lambda _: new
        )
        text = "The model changed {n} frame(s) around here. Check them."
        self._tasks.tell(plural(text, found.n_frames))


def _redecoded(
    lane: Segmentation, evidence: Evidence, near: int, rejected: tuple[Ranged, ...]
) -> Task[Redecoded | None]:
    yield Progress("around the correction")
    return redecode(lane, evidence, near, rejected)

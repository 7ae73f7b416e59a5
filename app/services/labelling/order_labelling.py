"""Label a video in an order that is known: of a file, of a video, of what is labelled.

What the shown prediction says is decoded within the order, and offered in words: how
much it would change, and how far the model agrees, for the order of another work makes
wrong labels.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from app.kit.commands import command
from app.kit.plural import plural
from app.playback.player import Player
from app.services.labelling.offered_labels import Offered, OfferedLabels
from app.services.models.model_service import ModelService
from app.services.models.shown_evidence import shown_evidence
from app.services.task_runner import TaskRunner
from app.state.current_video import CurrentVideo
from skelseg_core.errors import EditError
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.segmentation import UNLABELLED, Segmentation
from skelseg_core.progress import Progress, Task
from skelseg_core.project.project import VideoItem
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.transcript import (
    labels_as_before,
    labels_in_order,
    order_of,
    read_order,
)
from skelseg_core.said import Said
from skelseg_core.text_files import read_text


class OrderLabelling(OfferedLabels):
    """Decode the shown prediction within an order, in a thread."""

    topic = "order"

    def __init__(
        self,
        current: CurrentVideo,
        player: Player,
        models: ModelService,
        tasks: TaskRunner,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(current, tasks.notices, parent)
        self._player, self._models, self._tasks = player, models, tasks

    def ready(self) -> bool:
        """Tell whether a prediction is there; say what to do first where none is."""
        if shown_evidence(self._current, self._models) is not None:
            return True
        self._notices.warn(
            self.tr(
                "An order does not say when classes change. Pre-label this video first."
            ),
            "prelabel",
        )
        return False

    @property
    def has_others(self) -> bool:
        """True if something is labelled in another video."""
        now, project = self._current.item, self._current.document.project
        here = now is not None and now.annotation.n_labelled > 0
        return project.totals.labelled > here

    def others(self) -> list[str]:
        """List the other videos in which something is labelled."""
        now = self._current.item
        videos = self._current.project.videos
        return [v.id for v in videos if v is not now and v.annotation.n_labelled]

    def label_by_file(self, path: Path) -> None:
        """Label the video in the order of a text file."""
        evidence, item = self._evidence(), self._current.item
        if evidence is not None and item is not None:
            names = self._current.classes
            self._start(item, path.name, _by_file(item, evidence, path, names))

    def label_by_video(self, video_id: str) -> None:
        """Label the video in the order of another one's annotation."""
        evidence, item = self._evidence(), self._current.item
        other = self._current.document.project.find(video_id)
        if evidence is not None and item is not None and other is not None:
            self._start(item, video_id, _by_video(item, evidence, other))

    @command(
        "order-before",
        "Order of the labels so far",
        enabled=lambda self: self._current.item is not None,
        tip="From the playhead on, repeat the order of the labels before it",
    )
    def label_as_before(self) -> None:
        """Label the rest of the video as a repetition of what comes before it."""
        item = self._current.item
        if item is None or not self.ready():
            return
        evidence, start = self._evidence(), min(self._player.target, item.n_frames - 1)
        if evidence is not None:
            source = self.tr("labels before it")
            self._start(item, source, _as_before(item, evidence, start))

    def _evidence(self) -> Evidence | None:
        return shown_evidence(self._current, self._models)

    def _start(self, item: VideoItem, source: str, task: Task[Segmentation]) -> None:
        title = self.tr("Label {} in order").format(item.id)
        prediction = self._current.shown_prediction
        assert prediction is not None
        alone = prediction.segmentation
        self._tasks.run(
            title, task, lambda found: self._offer(item.id, source, found, alone)
        )

    def _offer(
        self, video_id: str, source: str, labels: Segmentation, alone: Segmentation
    ) -> None:
        """Say what the labels would change, and offer to take them over."""
        item = self._current.item
        if item is None or item.id != video_id:
            return  # The person went to another video meanwhile.
        new, old = labels.to_frames(), alone.to_frames()
        agreed = float((new == old)[new != UNLABELLED].mean())
        changed = self._hold(Offered(video_id, source, labels), item)
        if not changed:
            self._drop()
            text = self.tr("{} already has the order of {}.")
            self._notices.say(text.format(video_id, source), about=self.topic)
            return
        text = (
            "With the order of {source}, {n} place(s) would change. The model alone "
            "agrees in {share} % of the frames. If this is low, the order may not fit "
            "this video."
        )
        text = plural(text, len(changed), source=source, share=round(100 * agreed))
        self._say(text, "order-take")

    @command(
        "order-take",
        "Label in this order",
        enabled=lambda self: self.can_take,
        tip="The model's labels still need review",
        acts_on="open frames",
    )
    def take(self) -> None:
        """Take over the labels in an order that are offered."""
        self._take(
            self.tr("Label {} in order"),
            self.tr(
                "{} is labelled in the order of {}. The model's labels still need "
                "review."
            ),
        )


def _by_file(
    item: VideoItem, evidence: Evidence, path: Path, names: LabelMap
) -> Task[Segmentation]:
    yield Progress(Said("order of {}", path.name))
    entries = read_order(read_text(path), names, path.name)
    return labels_in_order(item.annotation, evidence, entries)


def _by_video(
    item: VideoItem, evidence: Evidence, other: VideoItem
) -> Task[Segmentation]:
    yield Progress(Said("order of {}", other.id))
    entries = order_of(other.annotation)
    if not any(entry is not None for entry in entries):
        raise EditError(
            "No person has labelled or reviewed anything in {}. Choose another video.",
            other.id,
        )
    return labels_in_order(item.annotation, evidence, entries)


def _as_before(item: VideoItem, evidence: Evidence, start: int) -> Task[Segmentation]:
    yield Progress(Said("order of {}", item.id))
    return labels_as_before(item.annotation, evidence, start)

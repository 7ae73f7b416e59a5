"""Label a video in an order that is known: of a file, of a video, of what is labelled.

What the shown prediction says is decoded within the order and taken over as one step.
A message says how far the model agrees, for the order of another work makes wrong
labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject

from app.kit.plural import plural
from app.playback.player import Player
from app.services.models.model_service import ModelService
from app.services.models.shown_evidence import shown_evidence
from app.services.task_runner import TaskRunner
from app.state.current_video import CurrentVideo
from skelseg_core.errors import EditError
from skelseg_core.labels.edits import remap_classes
from skelseg_core.labels.segmentation import UNLABELLED, Segmentation
from skelseg_core.progress import Progress, Task
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.review.by_example import take_over
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.redecode import runs_of
from skelseg_core.review.transcript import (
    labels_as_before,
    labels_in_order,
    order_before,
    order_of,
    read_order,
)
from skelseg_core.said import Said
from skelseg_core.text_files import read_text


@dataclass(frozen=True)
class KnownOrder:
    """An order of classes.

    Parameters
    ----------
    source : str
        Where it comes from, in words.
    entries : tuple of int or None
        Class ids; None where any segments, or none, may come between.
    start : int, optional
        First frame of the part that repeats it; without one, the whole video has it
        once.
    """

    source: str
    entries: tuple[int | None, ...]
    start: int | None = None


class OrderLabelling(QObject):
    """Decode the shown prediction within an order, in a thread."""

    def __init__(
        self,
        current: CurrentVideo,
        player: Player,
        models: ModelService,
        tasks: TaskRunner,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._current, self._player = current, player
        self._models, self._tasks = models, tasks

    def ready(self) -> bool:
        """Tell whether a prediction is there; say what to do first where none is."""
        if shown_evidence(self._current, self._models) is not None:
            return True
        self._tasks.notices.warn(
            self.tr(
                "An order does not say when classes change. Pre-label this video first."
            ),
            "prelabel",
        )
        return False

    # -- where an order comes from ----------------------------------------------------

    def others(self) -> list[TrackId]:
        """List the other videos in which something is labelled."""
        now = self._current.item
        videos = self._current.document.project.tracks
        return [v.id for v in videos if v is not now and v.annotation.n_labelled]

    def of_file(self, path: Path) -> KnownOrder:
        """Read the order in a text file, one class a line."""
        entries = read_order(read_text(path), self._current.classes, path.name)
        return KnownOrder(path.name, entries)

    def of_video(self, video_id: TrackId) -> KnownOrder:
        """Return the order of what a person labelled in another video."""
        other = self._current.document.project.track(video_id)
        entries = order_of(other.annotation)
        if not any(entry is not None for entry in entries):
            raise EditError(
                "No person has labelled or reviewed anything in {}. Choose another "
                "video.",
                video_id,
            )
        return KnownOrder(video_id, entries)

    def so_far(self) -> KnownOrder:
        """Return the order of what is labelled before the playhead, to be repeated."""
        item = self._current.item
        assert item is not None
        start = min(self._player.target, item.n_frames - 1)
        source = self.tr("the labels before the playhead")
        return KnownOrder(source, order_before(item.annotation, start), start)

    def lines(self, order: KnownOrder) -> list[str]:
        """Write an order as a text file has it, one class a line."""
        names = self._current.classes
        return ["..." if i is None else names.name_of(i) for i in order.entries]

    # -- labels in an order -----------------------------------------------------------

    def label(self, order: KnownOrder) -> None:
        """Label the current video in an order, as one step."""
        item = self._current.item
        evidence = shown_evidence(self._current, self._models)
        prediction = self._current.shown_prediction
        if item is None or evidence is None or prediction is None:
            return
        video, alone = item.id, prediction.segmentation
        self._tasks.run(
            self.tr("Label {} in order").format(video),
            _labels(item, evidence, order),
            lambda found: self._take_over(video, order, found, alone),
        )

    def _take_over(
        self,
        video: TrackId,
        order: KnownOrder,
        found: Segmentation,
        alone: Segmentation,
    ) -> None:
        """Take the labels over into those there are now; say what they changed."""
        document = self._current.document
        item = document.project.find(video)
        # While a project is blind, nothing that a model says is taken over.
        if item is None or item.n_frames != found.n_frames or document.project.blind:
            return
        # Classes may have been merged or deleted since.
        labels = remap_classes(found, document.project.moves)
        step = self.tr("Label {} in order").format(video)
        taken = take_over(item.annotation, labels)
        n_changed = len(runs_of(taken.to_frames() != item.annotation.to_frames()))
        # Nothing to change is no step, and is said as well.
        if n_changed and not document.edit_lane(
            step, video, lambda lane: take_over(lane, labels)
        ):
            return
        new, old = found.to_frames(), alone.to_frames()
        agreed = float((new == old)[new != UNLABELLED].mean())
        text = (
            "{video}: {n} label(s) changed by the order of {source}. The model alone "
            "agrees in {share} % of the frames. If this is low, the order may not fit "
            "this video; you can undo it. The model's labels still need review."
        )
        share = round(100 * agreed)
        told = plural(text, n_changed, video=video, source=order.source, share=share)
        self._tasks.tell(told)


def _labels(item: Track, evidence: Evidence, order: KnownOrder) -> Task[Segmentation]:
    yield Progress(Said("order of {}", item.id))
    if order.start is None:
        return labels_in_order(item.annotation, evidence, order.entries)
    return labels_as_before(item.annotation, evidence, order.start)

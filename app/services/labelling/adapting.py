"""Offer to correct the rest of a video like the part that a person corrected."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.kit.commands import command
from app.kit.label_style import clock
from app.kit.plural import plural
from app.services.labelling.offered_labels import Offered, OfferedLabels
from app.services.models.model_service import ModelService
from app.services.models.shown_evidence import shown_evidence
from app.services.task_runner import TaskRunner
from app.state.current_video import VIDEO, CurrentVideo
from app.state.document import Change
from skelseg_core.labels.edits import accept_where
from skelseg_core.labels.segmentation import UNLABELLED, Segmentation
from skelseg_core.progress import Progress, Task
from skelseg_core.project.project import VideoItem
from skelseg_core.review.adapting import labels_adapted, n_corrected
from skelseg_core.review.evidence import Evidence
from skelseg_core.said import Said

EVERY = 20
"""Corrected places of a video, each boundary that was moved among them, after which it
is offered, and after as many more again. With ten one video of four became worse, with
twenty one of seven (docs/results/adapting.md)."""

SAME = 0.97
"""Least share of the model's frames that are still as it labelled them. Below, the rest
was labelled in another way, such as in a known order, which is better kept."""


class Adapting(OfferedLabels):
    """Look at every edit of the current video; offer after `EVERY` corrections."""

    topic = "adapt"

    def __init__(
        self,
        current: CurrentVideo,
        models: ModelService,
        tasks: TaskRunner,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(current, tasks.notices, parent)
        self._models, self._tasks = models, tasks
        self._asked: dict[tuple[str, bool], int] = {}
        """Corrections when it was last offered, by video and `_adapted` or not."""
        self._adapted: dict[str, Segmentation] = {}
        current.document.changed.connect(self._on_changed)
        # Who comes back to a video is offered it again, at the next correction.
        current.changed.connect(
            lambda what: self._asked.clear() if what == VIDEO else None
        )

    def _on_changed(self, change: Change) -> None:
        item = self._current.item
        if item is None or not change.only_annotation(item.id):
            return
        labelled = self._labelled_like(item)
        if labelled is None:
            return
        key = item.id, labelled is self._adapted.get(item.id)
        n = n_corrected(item.annotation, labelled)
        if n < self._asked.get(key, 0) + EVERY:
            return
        evidence = shown_evidence(self._current, self._models)
        if evidence is None:
            return
        self._asked[key] = n
        title = self.tr("Learn from the corrections in {}").format(item.id)
        task = _learnt(item, evidence)
        self._tasks.run(title, task, lambda found: self._offer(item.id, found))

    def _labelled_like(self, item: VideoItem) -> Segmentation | None:
        """Return what the frames that nobody corrected are still labelled like."""
        lane, shown = item.annotation, self._current.shown_prediction
        free = lane.frames_where(lambda run: not run.protected and not run.unlabelled)
        if shown is None or not free.any():
            return None
        labels = lane.to_frames()[free]
        for said in (self._adapted.get(item.id), shown.segmentation):
            if said is None or said.n_frames != lane.n_frames:
                continue
            if (said.to_frames()[free] == labels).mean() >= SAME:
                return said
        return None

    def taken(self, lane: Segmentation) -> Segmentation:
        """Take over what is offered; frames without a label stay without."""
        labelled = lane.to_frames() != UNLABELLED
        return accept_where(lane, super().taken(lane), labelled)

    def _offer(self, video_id: str, labels: Segmentation) -> None:
        item = self._current.item
        if item is None or item.id != video_id:
            return  # The person went to another video meanwhile.
        changed = self._hold(Offered(video_id, "", labels), item)
        if not changed:
            self._drop()
            return
        start, _ = max(changed, key=lambda part: part[1] - part[0])
        names, lane = self._current.classes, item.annotation
        places = {
            "old": names.name_of(lane.at(start).class_id),
            "new": names.name_of(self.taken(lane).at(start).class_id),
            "time": clock(self._current.times_of(item).start_s(start), millis=False),
        }
        text = (
            "By your corrections, {n} more label(s) would change, for example "
            "“{old}” to “{new}” at {time}."
        )
        self._say(plural(text, len(changed), **places), "adapt-take")

    @command(
        "adapt-take",
        "Correct the rest likewise",
        enabled=lambda self: self.can_take,
        tip="What the model takes from your corrections; its labels still need review",
        acts_on="open frames",
    )
    def take(self) -> None:
        """Take over the labels that were learnt from the corrections."""
        taken = self._take(
            self.tr("Correct the rest of {}"),
            self.tr("The rest of {} follows your corrections. It still needs review."),
        )
        item = self._current.item
        if taken and item is not None:
            self._adapted[item.id] = item.annotation
            self._asked[item.id, True] = 0


def _learnt(item: VideoItem, evidence: Evidence) -> Task[Segmentation]:
    yield Progress(Said("corrections of {}", item.id))
    return labels_adapted(item.annotation, evidence)

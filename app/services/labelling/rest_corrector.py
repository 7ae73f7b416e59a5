"""Offer to correct the rest of a video like the part that a person corrected."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.kit.commands import command
from app.kit.label_style import clock
from app.kit.notices import Notice
from app.kit.plural import plural
from app.services.models.model_service import ModelService
from app.services.models.shown_evidence import shown_evidence
from app.services.task_runner import TaskRunner
from app.state.change import Change
from app.state.current_video import VIDEO, CurrentVideo
from skelseg_core.labels.edits import accept_where, remap_classes
from skelseg_core.labels.prediction import Prediction
from skelseg_core.labels.segmentation import UNLABELLED, Segmentation
from skelseg_core.progress import Progress, Task
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.review.adapting import WEAK, labels_adapted, n_corrected, share_left
from skelseg_core.review.by_example import take_over
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.redecode import runs_of
from skelseg_core.said import Said

EVERY = 20
"""Corrected places of a video, each boundary that was moved among them, after which it
is offered, and after as many more again. With ten one video of four became worse, with
twenty one of seven (docs/results/adapting.md)."""

SAME = 0.97
"""Least share of the model's frames that are still as it labelled them. Below, the rest
was labelled in another way, such as in a known order, which is better kept."""


@dataclass(frozen=True, eq=False)
class Offered:
    """Hold the labels that are offered for a video."""

    video_id: TrackId
    labels: Segmentation


class RestCorrector(QObject):
    """Look at every edit of the current video; offer after `EVERY` corrections.

    What a person made or reviewed stays, also what a person made after the labels were
    computed. Signals ``changed`` when labels are offered, or no longer.
    """

    changed = Signal()

    def __init__(
        self,
        current: CurrentVideo,
        models: ModelService,
        tasks: TaskRunner,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._current, self._models, self._tasks = current, models, tasks
        self.found: Offered | None = None
        self._notice: Notice | None = None
        self._asked: dict[tuple[str, bool], int] = {}
        """Corrections when it was last offered, by video and `_adapted` or not."""
        self._adapted: dict[str, Segmentation] = {}
        current.changed.connect(self._on_current)
        current.document.changed.connect(self._on_changed)

    def _on_current(self, what: str) -> None:
        if what == VIDEO:
            self._drop()
            # Who comes back to a video is offered it again, at the next correction.
            self._asked.clear()

    def _on_changed(self, change: Change) -> None:
        # While a project is blind it shows nothing that a model says.
        if change.blind:
            self._drop()
        item = self._current.item
        if item is None or item.id not in change.relabelled:
            return
        shown = self._current.shown_prediction
        labelled = None if shown is None else self._labelled_like(item, shown)
        if shown is None or labelled is None:
            return
        if share_left(item.annotation, shown.segmentation) >= WEAK:
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

    def _labelled_like(self, item: Track, shown: Prediction) -> Segmentation | None:
        """Return what the frames that nobody corrected are still labelled like."""
        lane = item.annotation
        free = lane.frames_where(lambda run: not run.protected and not run.unlabelled)
        if not free.any():
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
        found = self.found
        if found is None or lane.n_frames != found.labels.n_frames:
            return lane
        # Classes may have been merged or deleted since.
        moves = self._current.document.project.moves
        taken = take_over(lane, remap_classes(found.labels, moves))
        return accept_where(lane, taken, lane.to_frames() != UNLABELLED)

    def _drop(self) -> None:
        if self.found is None:
            return
        self.found = None
        notice, self._notice = self._notice, None
        self._tasks.notices.close(notice)
        self.changed.emit()

    def _offer(self, video_id: TrackId, labels: Segmentation) -> None:
        item = self._current.item
        if item is None or item.id != video_id:
            return  # The person went to another video meanwhile.
        self.found, lane = Offered(video_id, labels), item.annotation
        changed = runs_of(self.taken(lane).to_frames() != lane.to_frames())
        if not changed:
            self._drop()
            return
        start, _ = max(changed, key=lambda part: part[1] - part[0])
        names = self._current.classes
        places = {
            "old": names.name_of(lane.at(start).class_id),
            "new": names.name_of(self.taken(lane).at(start).class_id),
            "time": clock(self._current.times_of(item).start_s(start), millis=False),
        }
        text = (
            "By your corrections, {n} more label(s) would change, for example "
            "“{old}” to “{new}” at {time}. In one video of nine it made the rest "
            "worse; Undo removes it."
        )
        text = plural(text, len(changed), **places)
        self._notice = self._tasks.notices.offer(text, "adapt-take", about="adapt")
        self.changed.emit()

    @property
    def can_take(self) -> bool:
        """True if labels are offered for the video that is shown."""
        item, found = self._current.item, self.found
        return item is not None and found is not None and item.id == found.video_id

    @command(
        "adapt-take",
        "Correct the rest likewise",
        enabled=lambda self: self.can_take,
        tip="What the model takes from your corrections; its labels still need review",
        acts_on="open frames",
    )
    def take(self) -> None:
        """Take over the labels that were learnt from the corrections."""
        item, document = self._current.item, self._current.document
        if item is None or not self.can_take:
            return
        step = self.tr("Correct the rest of {}").format(item.id)
        changes = self.taken(item.annotation) != item.annotation
        if changes and not document.edit_lane(step, item.id, self.taken):
            return
        self._drop()
        text = self.tr(
            "The rest of {} follows your corrections. It still needs review."
        )
        self._tasks.notices.say(text.format(item.id), about="adapt")
        now = self._current.item
        if now is not None:
            self._adapted[now.id] = now.annotation
            self._asked[now.id, True] = 0


def _learnt(item: Track, evidence: Evidence) -> Task[Segmentation]:
    yield Progress(Said("corrections of {}", item.id))
    return labels_adapted(item.annotation, evidence)

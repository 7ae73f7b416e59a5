"""Find the items of the current video that are worth a look, in a thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.services.jobs import Job, Jobs
from app.state.current_video import CurrentVideo
from skelseg_core.errors import SkelsegError
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.prediction import Prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.learning.model_info import ModelInfo, load_info
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import TrackId
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.queue import Queue
from skelseg_core.review.review_item import ReviewItem
from skelseg_core.review.two_ways import Kinds, find_kinds, with_questions
from skelseg_core.tasks.model_tiers import for_track


@dataclass(frozen=True, eq=False)
class Asked:
    """Hold what items are found in: once any of it is another, they are found anew."""

    video_id: TrackId
    lane: Segmentation
    prediction: Prediction
    label_map: LabelMap
    model: str

    def same_video(self, other: Asked | None) -> bool:
        """Tell whether the labels alone may be others."""
        return (
            other is not None
            and self.video_id == other.video_id
            and self.prediction is other.prediction
            and self.label_map is other.label_map
        )

    def same(self, other: Asked | None) -> bool:
        """Tell whether the same was asked for."""
        return other is not None and self.same_video(other) and self.lane is other.lane


@dataclass(frozen=True, eq=False)
class Found:
    """Items of the current video, in the order of the queue, and what they tell by."""

    items: tuple[ReviewItem, ...]
    evidence: Evidence
    queue: Queue
    kinds: Kinds


class ItemFinder(QObject):
    """Find items anew whenever asked; an answer to an older question is dropped.

    One search runs at a time; asked meanwhile, another follows.
    ``failed`` tells of the last search whether it ended without an answer.
    """

    found = Signal(object)  # Found
    ended = Signal()

    def __init__(
        self, current: CurrentVideo, jobs: Jobs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._current, self._jobs = current, jobs
        self._job: Job | None = None
        self._running: Asked | None = None
        self._last: tuple[Asked, Found] | None = None
        self.failed = False
        jobs.ended.connect(self._on_ended)

    @property
    def searching(self) -> bool:
        """True while items are looked for."""
        return self._job is not None

    def forget(self) -> None:
        """Read anew what the model counted, at the next search."""
        self._last = None

    def find(self) -> None:
        """Find the items of the current video as it is now, once that is known."""
        asked = self._now()
        if asked is None or self.searching:
            return
        self._running, self.failed = asked, False
        document, before = self._current.document, None
        if self._last is not None and asked.same_video(self._last[0]):
            before = self._last[1]
        task = _find(asked, document.folder, document.project, before)
        title = self.tr("doubtful items in {}").format(asked.video_id)
        self._job = self._jobs.start(title, task, self._on_found)

    def _now(self) -> Asked | None:
        current, item = self._current, self._current.item
        prediction = current.shown_prediction
        if item is None or prediction is None:
            return None
        label_map = current.classes
        return Asked(
            item.id, item.annotation, prediction, label_map, current.shown_model
        )

    def _on_found(self, found: Found) -> None:
        asked = self._running
        if asked is None:
            return
        self._last = asked, found
        if asked.same(self._now()):
            self.found.emit(found)

    def _on_ended(self, job: Job) -> None:
        if job is not self._job:
            return
        asked, now = self._running, self._now()
        self._job = self._running = None
        self.failed = job.state != "done"
        if now is not None and not now.same(asked):
            self.find()
        else:
            self.ended.emit()


def _find(
    asked: Asked, folder: ProjectFolder, project: Project, before: Found | None
) -> Task[Found]:
    yield Progress("doubtful items")
    item = project.track(asked.video_id)
    if before is not None:
        queue, evidence, kinds = before.queue, before.evidence, before.kinds
    else:
        info = _info(folder.model_dir(asked.model))
        evidence = _evidence(asked, project, info)
        names = {c.id: c.name for c in asked.label_map.classes}
        said = asked.prediction.segmentation
        fits = said.n_frames == asked.lane.n_frames and len(said) > 1
        kept = asked.prediction.fixed
        queue = Queue(evidence, names, said if fits else None, kept)
        kinds = yield from find_kinds(project, item.tier)
    rate, found = item.video.even_times.rate, queue.items(asked.lane)
    found = with_questions(found, asked.lane, rate, kinds)
    return Found(found, evidence, queue, kinds)


def _evidence(asked: Asked, project: Project, info: ModelInfo | None) -> Evidence:
    rate, said = project.track(asked.video_id).video.mean_rate, asked.prediction
    if info is None:
        return Evidence(said.probabilities, said.class_ids, rate)
    info = for_track(info, project, project.track(asked.video_id))
    return Evidence.of(said, info, asked.label_map, rate)


def _info(folder: Path) -> ModelInfo | None:
    """Read what a model counted; None where the model is gone."""
    try:
        return load_info(folder)
    except SkelsegError:
        return None

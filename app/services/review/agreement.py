"""Measure how far the people who labelled the project agree, in a thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.services.jobs import Job, Jobs
from app.services.review.settling import Settling
from app.state.current_video import CurrentVideo
from skelseg_core.files import atomic_write
from skelseg_core.progress import Task
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import annotator_lane
from skelseg_core.review.settling import GOLD, Dispute

if TYPE_CHECKING:
    from skelseg_core.tasks.agreement import AnnotatorsCompared


class AgreementService(QObject):
    """Hold the figures of the lanes that were compared last; signal changed.

    ``failed`` says in a sentence why there are none.
    """

    changed = Signal()
    failed = Signal(str)

    def __init__(
        self,
        current: CurrentVideo,
        jobs: Jobs,
        settling: Settling,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.current, self.jobs, self.settling = current, jobs, settling
        self.found: AnnotatorsCompared | None = None
        self._job: Job | None = None
        jobs.ended.connect(self._on_ended)

    @property
    def is_measuring(self) -> bool:
        """True while figures are computed."""
        return self._job is not None

    def lanes(self) -> list[str]:
        """List the lanes of people that have labels, the result of settling last."""
        project = self.current.project
        seen = [self.current.seen(v) for v in project.track_ids]
        items = [item for item in seen if item is not None]
        found = dict.fromkeys(
            name
            for item in items
            for name, lane in item.lanes.items()
            if lane.n_labelled
        )
        results = self._results()
        return sorted(found, key=lambda name: name in results)

    def _results(self) -> frozenset[str]:
        """Return the lanes that came of settling what others disagreed about."""
        videos = self.current.project.tracks
        settled = any(item.decisions for item in videos)
        own = {ANNOTATION} if settled else set()
        return frozenset({annotator_lane(GOLD)} | own)

    def groups(self) -> list[tuple[str, ...]]:
        """List what can be compared: pairs, the usual one first, then all people."""
        lanes, results = self.lanes(), self._results()
        usual, item = self.settling.dispute, self.current.item
        if usual is None and item is not None:
            usual = self.settling.usual(item)
        found: list[tuple[str, ...]] = list(combinations(lanes, 2))
        if usual is not None and {usual.first, usual.second} <= {*lanes}:
            two = (usual.first, usual.second)
            found = [two, *(pair for pair in found if {*pair} != {*two})]
        all_lanes = tuple(lane for lane in lanes if lane not in results)
        return [*found, all_lanes] if len(all_lanes) > 2 else found

    def measure(self, lanes: Sequence[str]) -> None:
        """Compare lanes over all videos; an older question is dropped."""
        from skelseg_core.tasks.agreement import compare_annotators

        if self._job is not None:
            self._job.cancel()
        self.found = None

        def show(found: AnnotatorsCompared) -> None:
            if found.agreement.lanes == tuple(lanes):
                self.found = found
                self.changed.emit()

        task = compare_annotators(self.current.project, lanes)
        self._job = self.jobs.start(self.tr("agreement"), task, show)
        self.changed.emit()

    def save_disagreements(
        self, path: Path, lanes: Sequence[str], then: Callable[[], None]
    ) -> None:
        """Write a table of what two lanes disagree about, and what was decided."""
        task = _written_disagreements(self.current.project, lanes, path)
        self.jobs.start(self.tr("disagreements"), task, lambda _: then())

    def _on_ended(self, job: Job) -> None:
        if job is self._job:
            self._job = None
            if job.state == "failed":
                self.failed.emit(job.error)
            self.changed.emit()

    def settle(self) -> None:
        """Settle what two disagree about, in this video or the first of theirs."""
        found, session = self.found, self.current.session
        if found is not None:
            first, second = found.agreement.lanes
            if session.track_id not in found.agreement.videos:
                session.set_video(TrackId(found.agreement.videos[0]))
            self.settling.begin(Dispute(first, second))


def _written_disagreements(
    project: Project, lanes: Sequence[str], path: Path
) -> Task[None]:
    from skelseg_core.labels.decisions import decisions_csv
    from skelseg_core.tasks.agreement import find_disagreements

    found = yield from find_disagreements(project, lanes)
    atomic_write(path, decisions_csv(found))

"""Measure how far the people who labelled the project agree, in a thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.playback.player import Player
from app.services.jobs import Job, Jobs
from app.services.review.settling import Pair, Settling
from app.state.current_video import CurrentVideo
from skelseg_core.files import atomic_write
from skelseg_core.labels.agreement.report import DEFAULT_COLLAR
from skelseg_core.progress import Task
from skelseg_core.project.project import ANNOTATION, Project, annotator_lane
from skelseg_core.review.settling import GOLD, Dispute

if TYPE_CHECKING:
    from skelseg_core.labels.agreement.report import PairAgreement
    from skelseg_core.tasks.agreement import PeopleCompared


class AgreementService(QObject):
    """Hold the figures of the two lanes that were compared last; signal changed.

    ``failed`` says in a sentence why there are none.
    """

    changed = Signal()
    failed = Signal(str)

    def __init__(
        self,
        current: CurrentVideo,
        player: Player,
        jobs: Jobs,
        settling: Settling,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.current, self._player, self.jobs = current, player, jobs
        self.settling = settling
        self.found: PeopleCompared | None = None
        self._job: Job | None = None
        self._asked: tuple[object, ...] | None = None
        self._two = ("", "")
        jobs.ended.connect(self._on_ended)

    @property
    def pair(self) -> PairAgreement | None:
        """The agreement of the two lanes, or None."""
        pairs = () if self.found is None else self.found.agreement.pairs
        return next((p for p in pairs if (p.first, p.second) == self._two), None)

    @property
    def is_measuring(self) -> bool:
        """True while figures are computed."""
        return self._job is not None

    def lanes(self) -> list[str]:
        """List the lanes of people that have labels, the result of settling last."""
        project = self.current.project
        seen = [self.current.seen(v) for v in project.ids]
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
        videos = self.current.project.videos
        settled = any(item.decisions for item in videos)
        own = {ANNOTATION} if settled else set()
        return frozenset({annotator_lane(GOLD)} | own)

    def usual(self) -> tuple[str, str]:
        """Return the lanes to compare first: those being settled, or the first two."""
        dispute, lanes, item = self.settling.dispute, self.lanes(), self.current.item
        if dispute is None and item is not None:
            dispute = self.settling.usual(item)
        if dispute is not None and {dispute.first, dispute.second} <= {*lanes}:
            return dispute.first, dispute.second
        return lanes[0], lanes[min(1, len(lanes) - 1)]

    def measure(
        self, first: str, second: str, collar: int = DEFAULT_COLLAR, video: str = ""
    ) -> None:
        """Compare two lanes over all videos, or one; an older question is dropped.

        Where there are others, the figures of all people together are found, too.
        """
        from skelseg_core.tasks.agreement import compare_people

        if self._job is not None:
            self._job.cancel()
        self.found, self._two = None, (first, second)
        project = self.current.project
        lanes = [first, second]
        if first != second and not {first, second} & self._results():
            lanes += [n for n in self.lanes() if n not in {*lanes, *self._results()}]
        asked = self._asked = (tuple(lanes), collar, video)

        def show(found: PeopleCompared) -> None:
            if asked is self._asked:
                self.found = found
                self.changed.emit()

        task = compare_people(project, lanes, [video] if video else (), collar)
        self._job = self.jobs.start(self.tr("agreement"), task, show)
        self.changed.emit()

    def save_disagreements(
        self, path: Path, first: str, second: str, video: str, then: Callable[[], None]
    ) -> None:
        """Write a table of what two lanes disagree about, and what was decided."""
        project, videos = self.current.project, [video] if video else []
        task = _written_disagreements(project, (first, second), videos, path)
        self.jobs.start(self.tr("disagreements"), task, lambda _: then())

    def _on_ended(self, job: Job) -> None:
        if job is self._job:
            self._job = None
            if job.state == "failed":
                self.failed.emit(job.error)
            self.changed.emit()

    # -- to the places ----------------------------------------------------------------

    def go_to(self, place: tuple[str, int]) -> None:
        """Show a frame of a video."""
        video, frame = place
        if self.current.document.project.has(video):
            self.current.session.set_video(video)
            self._player.seek(frame)

    def settle(self, only: Pair | None = None) -> None:
        """Settle what the two disagree about, in this video or the first of theirs."""
        pair, session = self.pair, self.current.session
        if pair is not None:
            if session.video_id not in pair.videos:
                session.set_video(pair.videos[0])
            self.settling.begin(Dispute(pair.first, pair.second), only)


def _written_disagreements(
    project: Project, lanes: Sequence[str], videos: Sequence[str], path: Path
) -> Task[None]:
    from skelseg_core.labels.decisions import decisions_csv
    from skelseg_core.tasks.agreement import find_disagreements

    found = yield from find_disagreements(project, lanes, videos)
    atomic_write(path, decisions_csv(found))

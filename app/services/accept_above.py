"""Accept the pre-labels above a confidence, and measure how right such ones are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.kit.notices import Notices
from app.kit.plural import plural
from app.services.jobs import Job, Jobs
from app.state.current_video import CurrentVideo
from skelseg_core.errors import SkelsegError
from skelseg_core.labels.precision import Judged, Precision, read_table
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.learning.model_info import load_info
from skelseg_core.progress import Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project, edit_lane, prediction_lane
from skelseg_core.review.above_confidence import Candidates, accept_above, judge_project


@dataclass(frozen=True, eq=False)
class _Known:
    """Figures of a model: on held-out labels, and where a person looked since."""

    model: str
    held_out: Sequence[Sequence[float]]
    judged: Judged


def _read(folder: ProjectFolder, project: Project, model: str) -> Task[_Known]:
    judged = yield from judge_project(folder, project, model)
    try:
        table = load_info(folder.model_dir(model)).held_out.get("precision", ())
    except SkelsegError:
        table = ()  # the model is gone, its pre-labels are not
    return _Known(model, table, judged)


class AcceptAbove(QObject):
    """Count, measure and accept the pre-labels of the shown model above a confidence.

    Signals ``measured`` once the project's own pre-labels are judged.
    """

    measured = Signal()

    def __init__(
        self,
        current: CurrentVideo,
        jobs: Jobs,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.current, self._jobs, self._notices = current, jobs, notices
        self._job: Job | None = None
        self._known: _Known | None = None
        self._candidates: tuple[Segmentation, Segmentation, Candidates] | None = None

    @property
    def model(self) -> str:
        """The model whose pre-labels are accepted, or ""."""
        return self.current.shown_model

    @property
    def candidates(self) -> Candidates | None:
        """The pre-labels of the current video that nobody reviewed, or None."""
        item, model = self.current.item, self.model
        if item is None or not model:
            return None
        annotation, said = item.annotation, item.lanes[prediction_lane(model)]
        kept = self._candidates
        if kept is None or kept[0] is not annotation or kept[1] is not said:
            made = Candidates.of(annotation, said)
            kept = self._candidates = (annotation, said, made)
        return kept[2]

    @property
    def is_known(self) -> bool:
        """True once it was read how right the shown model is."""
        return self._known is not None and self._known.model == self.model

    def held_out(self, confidence: float) -> Precision | None:
        """Count segments that the model had not seen; None where not measured."""
        table = self._known.held_out if self._known is not None else ()
        return read_table(table, confidence) if self.is_known and table else None

    def looked_at(self, confidence: float) -> Precision:
        """Count pre-labels that a person has looked at since."""
        judged = self._known.judged if self._known is not None else Judged.of_rows(())
        return judged.at(confidence) if self.is_known else Precision(0, 0, 0)

    def measure(self) -> None:
        """Judge the pre-labels of the shown model in all videos, in a thread."""
        model, document = self.model, self.current.document
        self._known = None
        if self._job is not None:
            self._job.cancel()

        def show(found: _Known) -> None:
            self._known = found
            self.measured.emit()

        task = _read(document.folder, document.project, model)
        title = self.tr("how right {} was").format(model)
        self._job = self._jobs.start(title, task, show)

    def accept(self, video_id: str, model: str, confidence: float) -> bool:
        """Accept what is at least so sure; False where that is refused."""
        item = self.current.item
        if item is None or item.id != video_id or model not in item.models:
            return False
        found = Candidates.of(item.annotation, item.lanes[prediction_lane(model)])
        n = found.count(confidence)
        said = item.lanes[prediction_lane(model)]
        done = self.current.document.apply(
            self.tr("Accept above {}").format(f"{confidence:.2f}"),
            lambda p: edit_lane(
                p, video_id, lambda s: accept_above(s, said, confidence)
            ),
        )
        if done:
            text = plural(
                "{n} segment(s) are accepted unseen; {audit} more as sure stay in the "
                "review as a sample.",
                n.n_segments,
                audit=f"{n.n_audit:,}",
            )
            self._notices.say(text)
        return done

"""Accept all above a confidence: which segments, which sample, how right they are.

What is accepted so was seen by nobody: it is vouched for "by confidence", and judges no
model. A sample stays to be reviewed, and says how right the rest is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from skelseg_core.errors import EditError, SkelsegError
from skelseg_core.labels.edits import accept
from skelseg_core.labels.precision import Judged, reach_of
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.predicted_lanes import stored_prediction
from skelseg_core.project.project import Project
from skelseg_core.review.place import Place, Reason
from skelseg_core.review.queue_reasons import UNSEEN

AUDIT_SHARE = 0.05
"""Share of the segments above the confidence that stays to be reviewed."""
AUDIT_REASON = "audit sample of what was accepted above {:.2f}"


class Above(NamedTuple):
    """Segments and frames that would be accepted, and segments of the sample."""

    n_segments: int
    n_frames: int
    n_audit: int


@dataclass(frozen=True, eq=False)
class Candidates:
    """Pre-labels of one video that could be accepted unseen.

    Parameters
    ----------
    lane : Segmentation
        The annotation after taking the prediction over, of S segments.
    confidence : ndarray of float, shape (S,)
        Mean probability that the model gave a segment; NaN where that is no pre-label
        of the model that nobody reviewed.
    """

    lane: Segmentation
    confidence: np.ndarray

    @classmethod
    def of(cls, annotation: Segmentation, prediction: Segmentation) -> Candidates:
        """Find the pre-labels of a prediction that nobody reviewed.

        Raises
        ------
        EditError
            Where the two do not cover the same frames.
        """
        lane = accept(annotation, prediction)
        middles = (lane.starts + np.append(lane.boundaries, lane.n_frames)) // 2
        there = np.searchsorted(prediction.starts, middles, side="right") - 1
        sure = [
            _confidence(segment, prediction.segments[i])
            for segment, i in zip(lane.segments, there.tolist(), strict=True)
        ]
        return cls(lane, np.array(sure, np.float64))

    def count(self, confidence: float) -> Above:
        """Count what would be accepted from a confidence on."""
        above, audit = self._chosen(confidence)
        lengths = np.diff(self.lane.starts, append=self.lane.n_frames)
        taken = [i for i in above if i not in audit]
        return Above(len(taken), int(lengths[taken].sum()), len(audit))

    def accept(self, confidence: float) -> Segmentation:
        """Vouch for the pre-labels of at least a confidence, but for a sample of them.

        A boundary is vouched for where the segments on both sides of it are. The
        sample is the same for the same lane and confidence.
        """
        segments = list(self.lane.segments)
        above, audit = self._chosen(confidence)
        for i in above:
            if i not in audit:
                segments[i] = replace(
                    segments[i], class_vouched=True, vouched_by="confidence"
                )
        for i in range(len(segments) - 1):
            left, right = segments[i : i + 2]
            by = left.vouched_by, right.vouched_by
            if left.class_vouched and right.class_vouched and "confidence" in by:
                segments[i] = replace(left, stop_vouched=True)
                segments[i + 1] = replace(right, start_vouched=True)
        return Segmentation(tuple(segments))

    def _chosen(self, confidence: float) -> tuple[list[int], frozenset[int]]:
        """Choose the segments above, and the ones of them that stay to be reviewed."""
        above: list[int] = np.flatnonzero(self.confidence >= confidence).tolist()
        if len(above) < 2:
            return above, frozenset()
        n = max(1, round(AUDIT_SHARE * len(above)))
        dice = np.random.default_rng([self.lane.n_frames, len(above)])
        return above, frozenset(dice.choice(above, n, replace=False).tolist())


def accept_above(
    annotation: Segmentation, prediction: Segmentation, confidence: float
) -> Segmentation:
    """Take a prediction over, and vouch for what is sure; see `Candidates.accept`.

    Segments that a person made or agreed with stay as they are.

    Raises
    ------
    EditError
        Where the two do not cover the same frames, or nothing is that sure.
    """
    found = Candidates.of(annotation, prediction)
    if not found.count(confidence).n_segments:
        raise EditError(
            "No pre-label that is still to be reviewed has a confidence of {:.2f}; "
            "choose a lower one.",
            confidence,
        )
    return found.accept(confidence)


def _confidence(segment: Segment, said: Segment) -> float:
    """Return how sure the model was of a pre-label; NaN where it is none of it."""
    if segment.source != "model" or not segment.accepted:
        return math.nan
    if said.class_id != segment.class_id or said.confidence is None:
        return math.nan
    return said.confidence


# -- the queue -------------------------------------------------------------------------


def accepted_from(lane: Segmentation) -> float | None:
    """Find the least confidence at which a segment was accepted unseen; or None."""
    sure = [
        s.confidence
        for s in lane.segments
        if s.vouched_by == "confidence" and s.confidence is not None
    ]
    return min(sure, default=None)


def with_audit(lane: Segmentation, places: Sequence[Place]) -> tuple[Place, ...]:
    """Mix the sample of what was accepted unseen into a queue, and say so.

    Of the segments that are as sure as those, only the sample is still to be reviewed.

    Parameters
    ----------
    lane : Segmentation
        The annotation in which the places are.
    places : sequence of Place
        In the order of the queue.
    """
    least = accepted_from(lane)
    if least is None:
        return tuple(places)
    reason = Reason(AUDIT_REASON, (least,))
    sample, others = [], []
    for place in places:
        segment = lane.at(place.start)
        sure = segment.confidence is not None and segment.confidence >= least
        if segment.accepted and segment.source == "model" and sure:
            others_said = tuple(r for r in place.reasons if r != UNSEEN)
            sample.append(replace(place, reasons=(reason, *others_said)[:3]))
        else:
            others.append(place)
    return tuple(_mixed(others, sample))


def _mixed(others: Sequence[Place], sample: Sequence[Place]) -> Iterable[Place]:
    """Put the sample at even distances among the others."""
    at = np.linspace(0, len(others), len(sample) + 2)[1:-1].astype(int).tolist()
    waiting = list(sample)
    for n, place in enumerate(others):
        while waiting and at[len(sample) - len(waiting)] <= n:
            yield waiting.pop(0)
        yield place
    yield from waiting


# -- how right pre-labels are ----------------------------------------------------------


def judge_by_annotation(
    prediction: Segmentation,
    annotation: Segmentation,
    rate: float,
    fixed: np.ndarray | None,
) -> Judged:
    """Hold the segments of a prediction against what a person looked at.

    A segment counts where the person reviewed the segment there, and as wrong as soon
    as the person gave it another class. Segments that hold frames around which the
    prediction was decoded (``fixed``) do not count, nor any where that is not known.
    """
    if fixed is None:
        return Judged.of_rows(())
    reach = reach_of(rate)
    rows = []
    for said in prediction.segments:
        seen = annotation.at((said.start + said.stop) // 2)
        same = seen.class_id == said.class_id
        known = seen.reviewed if same else seen.class_vouched
        if said.confidence is None or seen.unseen or not known:
            continue
        if fixed[said.start : said.stop].any():
            continue
        off = max(abs(seen.start - said.start), abs(seen.stop - said.stop))
        rows.append((said.confidence, same, same and off <= reach))
    return Judged.of_rows(rows)


def judge_project(folder: ProjectFolder, project: Project, model: str) -> Task[Judged]:
    """Judge the stored pre-labels of a model by what people looked at since.

    Videos that the model was trained on do not count, nor any where that is not known.
    """
    found: list[Judged] = []
    items = [v for v in project.videos if model in v.models]
    for n, item in enumerate(items):
        yield Progress(f"pre-labels of {model}", n, len(items))
        try:
            said = stored_prediction(folder, project, item, model)
            if said.trained_on is False:
                lane, rate = said.segmentation, item.mean_rate
                found.append(
                    judge_by_annotation(lane, item.annotation, rate, said.fixed)
                )
        except SkelsegError:
            continue  # a prediction that cannot be read says nothing
    return Judged.joined(found)

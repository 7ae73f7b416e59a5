"""Two ways: short segments that people label in some places and leave out in others.

Between two actions some label a short third one and some do not, and a model that
learnt from both can please neither. Where the review meets such a segment it asks
which way is meant; to leave it out is done for all of its kind at once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from skelseg_core.labels.edits import united
from skelseg_core.labels.segmentation import Segment, Segmentation, weaker
from skelseg_core.progress import Progress, Task
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.review.review_item import Reason, ReviewItem
from skelseg_core.review.walk import index_of
from skelseg_core.said import Said
from skelseg_core.video.times import TOLERANCE_S

SHORT = 0.3
"""Share of all segments that count as short."""
LEAST = 3
"""Places labelled, and places left out, from which on there are two ways."""
MINORITY = 0.1
"""Least share of the rarer way; below it is taken for a slip."""
MOST_SEGMENTS = 20_000
"""Segments of a project above which nothing is asked: to count them takes long."""

Key = tuple[int, int, int]
"""Class before, class between, class after; all three are others."""


@dataclass(frozen=True)
class Kind:
    """Short segments of a class between two others, labelled in two ways.

    Parameters
    ----------
    key : tuple of (int, int, int)
    longest_s : float
        Seconds that the longest of them lasts.
    n_labelled, n_left_out : int
        Places where people labelled it, and where the two others follow each other.
    """

    key: Key
    longest_s: float
    n_labelled: int
    n_left_out: int


Kinds = Mapping[Key, Kind]
"""Kinds of segments of a tier that are labelled here and left out there."""


def find_kinds(project: Project, tier: str) -> Task[Kinds]:
    """Find what people labelled in two ways on a tier.

    Pre-labels that nobody reviewed do not count, nor do labels of other annotators.
    """
    between: dict[Key, list[float]] = defaultdict(list)
    direct: Counter[tuple[int | None, int | None]] = Counter()
    seconds: list[float] = []
    if project.totals.class_counts.total() > MOST_SEGMENTS:
        return {}
    for item in _on_tier(project, tier):
        yield Progress(Said("labels of {}", item.called))
        lane, rate = item.annotation.reviewed_labels, item.video.even_times.rate
        seconds += [len(s) / rate for s in lane.segments if s.class_id is not None]
        direct.update(pairwise(s.class_id for s in lane.segments))
        for index, segment in enumerate(lane.segments):
            key = _key(lane, index)
            if key is not None:
                between[key].append(len(segment) / rate)
    short_s = float(np.quantile(seconds, SHORT)) + TOLERANCE_S if seconds else 0.0
    found = {}
    for key, lasting in between.items():
        short = [s for s in lasting if s <= short_s]
        labelled, left_out = len(short), direct[key[0], key[2]]
        if min(labelled, left_out) >= max(LEAST, MINORITY * (labelled + left_out)):
            found[key] = Kind(key, max(short), labelled, left_out)
    return found


def _on_tier(project: Project, tier: str) -> list[Track]:
    return [v for v in project.tracks if v.tier == tier and ANNOTATION not in v.missing]


def _key(lane: Segmentation, index: int) -> Key | None:
    """Return the classes before, of and after a segment, if all three are others."""
    if not 0 < index < len(lane) - 1:
        return None
    a, b, c = (s.class_id for s in lane.segments[index - 1 : index + 2])
    if a is None or b is None or c is None or len({a, b, c}) < 3:
        return None
    return a, b, c


def kind_at(lane: Segmentation, index: int, rate: float, kinds: Kinds) -> Kind | None:
    """Return what a segment is one of, if that is labelled in two ways; else None.

    Parameters
    ----------
    lane : Segmentation
    index : int
        Of the segment.
    rate : float
        Frames per second.
    kinds : Mapping
        Of `find_kinds`.
    """
    key = _key(lane, index) if kinds else None
    kind = kinds.get(key) if key is not None else None
    if kind is None or len(lane.segments[index]) / rate > kind.longest_s + TOLERANCE_S:
        return None
    return kind


def with_questions(
    items: Sequence[ReviewItem], lane: Segmentation, rate: float, kinds: Kinds
) -> tuple[ReviewItem, ...]:
    """Ask at items of a lane which of two ways is meant."""
    made = []
    for item in items:
        kind = kind_at(lane, index_of(item, lane), rate, kinds)
        if kind is not None:
            text = "labelled in two ways, {:,} times so, {:,} times left out: which?"
            reason = Reason(text, (kind.n_labelled, kind.n_left_out))
            item = replace(item, reasons=(reason, *item.reasons))
        made.append(item)
    return tuple(made)


def leave_out(project: Project, tier: str, kind: Kind) -> Task[Project]:
    """Leave out all segments of a kind in the annotations of a tier.

    This changes labels that a person reviewed, too: it is done where a person orders
    exactly this. Labels whose file is gone stay as they are.
    """
    changed = []
    for item in _on_tier(project, tier):
        yield Progress(Said("labels of {}", item.called))
        lane, rate = item.annotation, item.video.even_times.rate
        segments = list(lane.segments)
        # From the right, so that the places of those to the left stay.
        for n in reversed(range(len(lane))):
            if kind_at(lane, n, rate, {kind.key: kind}):
                segments[n - 1 : n + 2] = _shared(*segments[n - 1 : n + 2])
        if len(segments) < len(lane):
            changed.append(item.with_lane(ANNOTATION, Segmentation(tuple(segments))))
    return project.with_tracks(*changed) if changed else project


def _shared(before: Segment, gone: Segment, after: Segment) -> list[Segment]:
    """Share the frames of a segment between its neighbours.

    Nobody reviewed more than before: the boundary that comes anew is reviewed where
    both were that went, the classes beside it where that of the segment was, by rule.
    """
    at = (gone.start + gone.stop + 1) // 2
    reviewed = gone.start_reviewed and gone.stop_reviewed
    return [
        replace(_grown(before, gone, gone.start, at), stop_reviewed=reviewed),
        replace(_grown(after, gone, at, gone.stop), start_reviewed=reviewed),
    ]


def _grown(neighbour: Segment, gone: Segment, start: int, stop: int) -> Segment:
    """Let a neighbour grow over frames; by rule where a person reviewed them."""
    if start == stop:
        return neighbour
    run = neighbour.runs[-1 if start == neighbour.stop else 0]
    more = replace(
        run,
        start=start,
        stop=stop,
        class_reviewed=run.class_reviewed and gone.class_reviewed,
        reviewed_by=weaker(run.reviewed_by, "rule"),
    )
    return united(*sorted((neighbour, more), key=lambda s: s.start))

"""Audit of conventions: places that people labelled in two ways, and a rule for each.

Between two actions some label a short third one and some do not, and a model that
learnt from both can please neither. The audit compares what people labelled: of each
pair of classes it counts where a short third one lies between them and where one
follows the other directly. Where both are frequent, it proposes a `Convention`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from skelseg_core.labels.conventions import (
    Convention,
    against_conventions,
    latest,
    settle,
)
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import Progress, Task
from skelseg_core.project.project import ANNOTATION, Project, VideoItem
from skelseg_core.review.place import Reason
from skelseg_core.said import Said

SHORT = 0.3
"""Share of all segments that count as short."""
LEAST = 3
"""Places labelled, and places not labelled, from which on there are two ways."""
MINORITY = 0.1
"""Least share of the rarer way; below it is taken for a slip."""
STEP_S = 0.1
"""Seconds to which a least duration is rounded up."""

Key = tuple[int, int, int]
"""Class before, class between, class after."""


@dataclass(frozen=True)
class Occurrence:
    """Frames of a video; where nothing lies between two classes, the boundary alone.

    ``reviewed`` is True where a person reviewed the segment.
    """

    video_id: str
    start: int
    stop: int
    reviewed: bool = False


@dataclass(frozen=True)
class Finding:
    """One thing that is labelled in two ways, and the rule that would settle it.

    Parameters
    ----------
    rule : Convention
    labelled : tuple of Occurrence
        Segments that the rule would leave out.
    direct : tuple of Occurrence
        Boundaries where there is no such segment.
    """

    rule: Convention
    labelled: tuple[Occurrence, ...]
    direct: tuple[Occurrence, ...]

    @property
    def n_videos(self) -> int:
        """Number of videos in which the rule would change something."""
        return len({place.video_id for place in self.labelled})


def audit(project: Project) -> Task[tuple[Finding, ...]]:
    """Find what people labelled in two ways, what occurs most often first.

    Pre-labels that nobody reviewed do not count, nor do labels of other annotators.
    """
    between: dict[Key, list[tuple[float, Occurrence]]] = defaultdict(list)
    direct: dict[tuple[int, int], list[Occurrence]] = defaultdict(list)
    durations: dict[str, list[float]] = defaultdict(list)
    for n, item in enumerate(project.videos):
        yield Progress(Said("labels of {}", item.id), n, len(project.videos))
        if ANNOTATION not in item.missing and item.annotation.n_labelled:
            _count(item, between, direct, durations[item.tier])
    found = []
    for tier, seconds in durations.items():
        short_s = float(np.quantile(seconds, SHORT)) if seconds else 0.0
        own = set(project.classes_of(project.tier(tier)).ids)
        for key, places in between.items():
            finding = None
            if key[1] in own:
                finding = _finding(key, places, direct[key[0], key[2]], short_s)
            if finding is not None and finding.rule not in project.conventions:
                found.append(finding)
    return tuple(sorted(found, key=lambda f: -len(f.labelled)))


def _count(
    item: VideoItem,
    between: dict[Key, list[tuple[float, Occurrence]]],
    direct: dict[tuple[int, int], list[Occurrence]],
    durations: list[float],
) -> None:
    segments = item.annotation.reviewed_labels.segments
    edges = np.array([s.start for s in segments] + [item.n_frames], np.int64)
    lasting = np.diff(item.even_times.edges_s(edges)).tolist()
    ids = [s.class_id for s in segments]
    for n, segment in enumerate(segments):
        if segment.class_id is not None:
            durations.append(lasting[n])
        after = ids[n + 1] if n + 1 < len(ids) else None
        if segment.class_id is None or after is None or after == segment.class_id:
            continue
        at = Occurrence(item.id, segment.stop, segment.stop)
        direct[segment.class_id, after].append(at)
        before = ids[n - 1] if n else None
        if before is not None and before not in (after, segment.class_id):
            place = Occurrence(item.id, segment.start, segment.stop, segment.reviewed)
            between[before, segment.class_id, after].append((lasting[n], place))


def _finding(
    key: Key,
    places: Sequence[tuple[float, Occurrence]],
    direct: Sequence[Occurrence],
    short_s: float,
) -> Finding | None:
    short = [(s, place) for s, place in places if s <= short_s + 1e-6]
    rarer, all_ = min(len(short), len(direct)), len(short) + len(direct)
    if rarer < LEAST or rarer < MINORITY * all_:
        return None
    longest = max(s for s, _ in short)
    # Below, and not up to: the longest of them is to be left out, too.
    least_s = round((math.floor(longest / STEP_S + 1e-6) + 1) * STEP_S, 6)
    rule = Convention(key[1], least_s, key[0], key[2])
    left_out = tuple(p for s, p in places if s < least_s - 1e-6)
    return Finding(rule, left_out, tuple(direct))


def touched(project: Project, rules: Sequence[Convention]) -> Task[list[Occurrence]]:
    """List all segments of the annotations that rules would leave out, reviewed or not.

    Where leaving one out makes another one short enough, that is not listed.
    """
    found: list[Occurrence] = []
    for n, item in enumerate(project.videos):
        yield Progress(Said("labels of {}", item.id), n, len(project.videos))
        lane = item.annotation
        for at, _ in against_conventions(lane, rules, item.even_times):
            s = lane.segments[at]
            found.append(Occurrence(item.id, s.start, s.stop, s.reviewed))
    return found


def adopt(project: Project, rules: Sequence[Convention]) -> Task[Project]:
    """Keep conventions in the project and settle all annotations by them.

    Of two with different least durations for the same place the later one holds.

    This changes labels that a person reviewed, too: it is done where a person orders
    exactly this. Labels whose file is gone stay as they are.
    """
    changed = []
    for n, item in enumerate(project.videos):
        yield Progress(Said("labels of {}", item.id), n, len(project.videos))
        if ANNOTATION not in item.missing:
            lane: Segmentation = settle(item.annotation, rules, item.even_times)
            if lane is not item.annotation:
                changed.append(item.with_lane(ANNOTATION, lane))
    kept = latest((*project.conventions, *rules))
    if changed:
        project = project.with_videos(*changed)
    return (
        project if kept == project.conventions else replace(project, conventions=kept)
    )


def give_up(project: Project, rules: Sequence[Convention]) -> Project:
    """Take conventions out of the project; no label changes."""
    kept = tuple(c for c in project.conventions if c not in rules)
    return (
        project if kept == project.conventions else replace(project, conventions=kept)
    )


def in_words(rule: Convention, name_of: Callable[[int | None], str]) -> Reason:
    """Describe a convention as a sentence."""
    name, left, right = (name_of(i) for i in (rule.class_id, rule.left, rule.right))
    seconds = None if rule.least_s is None else f"{rule.least_s:g}"
    if rule.left is not None and rule.right is not None:
        if seconds is None:
            return Reason("“{}”, then “{}” directly: no “{}”", (left, right, name))
        text = "no “{}” under {} s between “{}” and “{}”"
        return Reason(text, (name, seconds, left, right))
    if seconds is None:
        if rule.left is not None:
            return Reason("never “{}” after “{}”", (name, left))
        return Reason("never “{}” before “{}”", (name, right))
    if rule.left is not None:
        return Reason("no “{}” under {} s after “{}”", (name, seconds, left))
    if rule.right is not None:
        return Reason("no “{}” under {} s before “{}”", (name, seconds, right))
    return Reason("no “{}” under {} s", (name, seconds))

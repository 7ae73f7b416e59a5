"""Practice: errors planted in a copy of reviewed labels, to see whether they are seen.

The copy is a value of its own: nothing here changes, saves or scores a project.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from skelseg_core.errors import EditError
from skelseg_core.labels.comparison import compared_frames, find_differences
from skelseg_core.labels.precision import reach_of
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.progress import Progress, Task
from skelseg_core.project.project import Project, prediction_lane

ErrorKind = Literal["class", "moved", "missing"]
ERROR_KINDS: tuple[ErrorKind, ...] = ("class", "moved", "missing")
LEAST_SEGMENTS = 12
"""Reviewed segments that a video needs: of fewer, one knows each by heart."""
MOST_ERRORS = 10
CLEAN = 2
"""Places without an error for each one with one."""
MOST_VIDEOS = 50
"""Videos in which the errors of models are counted, the current one first."""
FARTHEST_S = 1.0
"""Most seconds by which a planted boundary lies elsewhere."""


@dataclass(frozen=True)
class Planted:
    """An error that was planted.

    Parameters
    ----------
    kind : {"class", "moved", "missing"}
        Another class; a boundary elsewhere; a segment that is gone.
    start, stop : int
        Frames of the true segment; of a boundary the frames that it moved over.
    class_id : int
        The true class; of a boundary the one that begins there.
    """

    kind: ErrorKind
    start: int
    stop: int
    class_id: int


@dataclass(frozen=True)
class PracticePlace:
    """Frames ``[start, stop)`` to look at, and the error in them, if there is one."""

    start: int
    stop: int
    class_id: int
    planted: Planted | None = None


@dataclass(frozen=True)
class Practice:
    """A copy lane with planted errors, and the places to look at in order of time."""

    lane: Segmentation
    places: tuple[PracticePlace, ...]


@dataclass(frozen=True)
class Answer:
    """Answer of a person: whether a place is wrong, and after how many seconds."""

    place: PracticePlace
    is_wrong: bool
    seconds: float


@dataclass(frozen=True)
class PracticeResult:
    """Counts of the planted errors that were seen.

    Parameters
    ----------
    found, planted : Counter
        By kind: errors that were seen, and all that were looked at.
    false_alarms, clean : int
        Places without an error that were called wrong, and all of them.
    seconds : float
        Mean of a look.
    missed : tuple of Planted
        Errors that were taken for right.
    """

    found: Counter[ErrorKind]
    planted: Counter[ErrorKind]
    false_alarms: int
    clean: int
    seconds: float
    missed: tuple[Planted, ...]


def result_of(answers: Sequence[Answer]) -> PracticeResult:
    """Count what was seen; only places that were answered count."""
    errors = [(a.place.planted, a.is_wrong) for a in answers if a.place.planted]
    clean = [a for a in answers if a.place.planted is None]
    seconds = [a.seconds for a in answers]
    return PracticeResult(
        Counter(e.kind for e, seen in errors if e is not None and seen),
        Counter(e.kind for e, _ in errors if e is not None),
        sum(a.is_wrong for a in clean),
        len(clean),
        float(np.mean(seconds)) if seconds else 0.0,
        tuple(e for e, seen in errors if e is not None and not seen),
    )


def plan_practice(project: Project, video_id: str, seed: int) -> Task[Practice]:
    """Plant errors in a copy of a video's labels, of the kinds that models make here.

    Raises
    ------
    EditError, ProjectError
        Where too few segments of the video are reviewed, or its labels are missing.
    """
    item = project.video(video_id)
    others = (v for v in project.videos if v.id != video_id)
    items = [item, *others][:MOST_VIDEOS]
    counts: Counter[ErrorKind] = Counter()
    for n, video in enumerate(items):
        yield Progress("errors of models", n, len(items))
        for model in video.models:
            truth = video.annotation.vouched
            said = video.lanes[prediction_lane(model)]
            found = find_differences(truth, said, compared_frames(truth))
            counts.update(d.kind for d in found if d.kind != "extra")
    return plant(item.known_lane(), counts, item.mean_rate, seed)


def plant(
    annotation: Segmentation, counts: Mapping[ErrorKind, int], rate: float, seed: int
) -> Practice:
    """Plant errors in a copy of reviewed labels.

    Parameters
    ----------
    annotation : Segmentation
    counts : mapping
        How often models make each kind; each kind has at least one chance in ten.
    rate : float
        Frames per second.
    seed : int
        Decides which errors are planted where.

    Raises
    ------
    EditError
        Where fewer than `LEAST_SEGMENTS` segments are reviewed.
    """
    segments = annotation.segments
    known = {i for i, s in enumerate(segments) if s.reviewed and not s.unseen}
    if len(known) < LEAST_SEGMENTS:
        raise EditError(
            "Practice needs {} reviewed segments in this video, and there are {}; "
            "choose a video that you have reviewed.",
            LEAST_SEGMENTS,
            len(known),
        )
    dice = np.random.default_rng(seed)
    wanted = min(MOST_ERRORS, max(1, len(known) // (CLEAN + 2)))
    planter = _Planter(annotation, rate, dice)
    inner = [i for i in known if {i - 1, i + 1} <= known]
    dice.shuffle(inner)
    for _ in range(wanted):
        kind = _kind(counts, dice)
        # Another kind only where no segment is left for this one.
        order = [kind, *(k for k in ERROR_KINDS if k != kind)]
        any(planter.plant(i, k) for k in order for i in inner)
    lane = Segmentation.from_frames(planter.labels, "model")
    return Practice(lane, _places(lane, annotation, known, planter, dice))


def _kind(counts: Mapping[ErrorKind, int], dice: np.random.Generator) -> ErrorKind:
    """Draw a kind of error by how often models make it."""
    shares = np.array([counts.get(kind, 0) for kind in ERROR_KINDS], np.float64)
    shares = np.maximum(shares / max(1.0, shares.sum()), 0.1)
    return ERROR_KINDS[int(dice.choice(len(ERROR_KINDS), p=shares / shares.sum()))]


class _Planter:
    """Plant one error after the other in framewise labels, never two side by side."""

    def __init__(
        self, annotation: Segmentation, rate: float, dice: np.random.Generator
    ) -> None:
        self._segments, self._dice = annotation.segments, dice
        self.labels = annotation.to_frames()
        self.planted: dict[int, Planted] = {}
        """By a frame of the segment to look at."""
        self.touched: set[int] = set()
        """Segments beside which nothing more is planted."""
        self._classes = sorted({c for c in annotation.class_counts if c is not None})
        self._least = 2 * reach_of(rate) + 1
        self._most = max(self._least, round(FARTHEST_S * rate))
        self._short = float(np.median([len(s) for s in self._segments]))

    def plant(self, i: int, kind: ErrorKind) -> bool:
        """Plant an error at segment ``i``; False where that is impossible."""
        makes: dict[ErrorKind, Callable[[int], bool]] = {
            "class": self._other_class,
            "moved": self._moved,
            "missing": self._gone,
        }
        beside = {i - 1, i, i + 1}
        if self.touched & beside or not makes[kind](i):
            return False
        self.touched |= beside
        return True

    def _around(self, i: int) -> tuple[Segment, Segment, Segment, int]:
        left, here, right = self._segments[i - 1 : i + 2]
        assert here.class_id is not None
        return left, here, right, here.class_id

    def _put(self, at: int, start: int, stop: int, label: int, error: Planted) -> None:
        self.labels[start:stop] = label
        self.planted[at] = error

    def _other_class(self, i: int) -> bool:
        left, here, right, own = self._around(i)
        beside = (left.class_id, own, right.class_id)
        others = [c for c in self._classes if c not in beside]
        if not others:
            return False
        error = Planted("class", here.start, here.stop, own)
        other = int(self._dice.choice(others))
        self._put(here.start, here.start, here.stop, other, error)
        return True

    def _moved(self, i: int) -> bool:
        left, here, _, own = self._around(i)
        if left.class_id is None or left.class_id == own:
            return False
        ways = [
            (sign, min(self._most, len(gives) - self._least))
            for sign, gives in ((1, here), (-1, left))
        ]
        ways = [(sign, most) for sign, most in ways if most >= self._least]
        if not ways:
            return False
        sign, most = ways[int(self._dice.integers(len(ways)))]
        by = int(self._dice.integers(self._least, most + 1))
        start, stop = sorted((here.start, here.start + sign * by))
        label = left.class_id if sign > 0 else own
        at = stop if sign > 0 else start
        self._put(at, start, stop, label, Planted("moved", start, stop, own))
        return True

    def _gone(self, i: int) -> bool:
        left, here, _, own = self._around(i)
        if left.class_id in (None, own) or len(here) > self._short:
            return False
        error = Planted("missing", here.start, here.stop, own)
        assert left.class_id is not None
        self._put(here.start, here.start, here.stop, left.class_id, error)
        return True


def _places(
    lane: Segmentation,
    annotation: Segmentation,
    known: set[int],
    planter: _Planter,
    dice: np.random.Generator,
) -> tuple[PracticePlace, ...]:
    """List the places with an error, and others among them, in order of time."""
    found = [_place(lane.at(at), error) for at, error in planter.planted.items()]
    clean = [
        annotation.segments[i]
        for i in sorted(known - planter.touched)
        # Neighbours of one class are one in the copy.
        if lane.at(annotation.segments[i].start).start == annotation.segments[i].start
        and lane.at(annotation.segments[i].start).stop == annotation.segments[i].stop
    ]
    n = min(len(clean), CLEAN * len(found))
    chosen = dice.choice(len(clean), n, replace=False).tolist() if n else []
    found += [_place(clean[k], None) for k in chosen]
    return tuple(sorted(found, key=lambda place: place.start))


def _place(segment: Segment, error: Planted | None) -> PracticePlace:
    assert segment.class_id is not None
    return PracticePlace(segment.start, segment.stop, segment.class_id, error)

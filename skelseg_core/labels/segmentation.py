"""Segmentation: a tiling of ``[0, n_frames)`` by half-open segments.

Gaps and overlaps cannot be expressed: a boundary belongs to both its neighbours, so
moving it moves both. "Unlabelled" is a label of its own kind (``class_id`` None), not a
background class. "Undecided" is unlabelled because a person could not tell: no model
fills these frames, they are not queued for review again, and readers of labels find
none there. Two neighbours may carry the same label: `split` makes such a pair, `paint`
and `merge` join touching segments.

The class of a segment and each boundary are reviewed separately. A segment holds three
flags: ``class_reviewed``, ``start_reviewed`` and ``stop_reviewed``. It is
`Segment.reviewed` when all three are set. After every edit:

- A boundary and its flag belong to both its neighbours; both agree.
- A boundary that is not reviewed is wherever a model, an import or another edit put
  it. A moved or new boundary is reviewed only if the edit marks it.
- Nobody sets the start and end of a video: with several segments they count with the
  rest of the segment. With a single segment they do not, until a person marks them: a
  label for a whole video is not a review of it.
- Unlabelled frames have no source and no reviewed class.

``reviewed_by`` keeps how a person reviewed a class: one seen small among sixty others,
or not at all, never passes for one seen alone. When two segments become one, the weaker
way holds; a person's label or look overwrites it.

The docstring of each edit names what it marks as reviewed. The source of a label
(``source``) and its review are independent: a model's label that a person confirmed is
still a model's, and an unseen import is still imported. Models respect
`Segment.protected`; truth is `Segmentation.reviewed_labels`.

A segment is an action, wherever its frames come from: one that begins in a person's
label and ends in a copied one is one segment of two runs. Count actions by segments;
find sources with `Segmentation.runs`. Editing other segments, or joining, never changes
the runs.

The edits are in `edits` and `bulk_edits`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import Literal, get_args

import numpy as np

from skelseg_core.errors import EditError

UNLABELLED = -1
"""Value of unlabelled frames in framewise integer arrays."""
ABSENT = -2
"""Value of frames marked as absent (the person is not in the picture), where these
count.
"""

Source = Literal["human", "model", "import"]

ReviewedBy = Literal["look", "wall", "rule"]
"""Ways to review a class, the strongest first: a person looked at it or set it, saw it
on the wall of strips, or decided for all of its kind.
"""
_BY_STRENGTH: tuple[ReviewedBy, ...] = get_args(ReviewedBy)
_BY_WEAKNESS: tuple[Source | None, ...] = ("human", "import", "model")
"""Sources, from a model to the most human one."""


def weaker(a: ReviewedBy, b: ReviewedBy) -> ReviewedBy:
    """Return the weaker of two ways to review a class."""
    return max(a, b, key=_BY_STRENGTH.index)


@dataclass(frozen=True, slots=True)
class Segment:
    """Frames ``[start, stop)`` with one label.

    Parameters
    ----------
    start, stop : int
        First frame, and the frame after the last.
    class_id : int or None
        Stable class id; None is unlabelled.
    source : {"human", "model", "import"} or None
        Source of the label; None if unlabelled.
    class_reviewed : bool
        Whether a person reviewed the class.
    start_reviewed, stop_reviewed : bool
        Whether a person reviewed the boundary there.
    undecided : bool
        Whether a person left these frames without a label; False if they have one.
    absent : bool
        Whether these frames are undecided because the person is not in the picture.
    reviewed_by : {"look", "wall", "rule"}
        How a person reviewed the class; "look" if not reviewed.
    confidence : float or None
        The model's mean probability for this label, 0..1.
    inner : tuple of Segment
        Runs of a segment with several sources; empty for a single source. Together they
        span the segment; its source, class and confidence are those of the weakest.
    """

    start: int
    stop: int
    class_id: int | None = None
    source: Source | None = "human"
    class_reviewed: bool = field(default=False, kw_only=True)
    start_reviewed: bool = field(default=False, kw_only=True)
    stop_reviewed: bool = field(default=False, kw_only=True)
    undecided: bool = field(default=False, kw_only=True)
    absent: bool = field(default=False, kw_only=True)
    reviewed_by: ReviewedBy = field(default="look", kw_only=True)
    confidence: float | None = field(default=None, kw_only=True)
    inner: tuple[Segment, ...] = field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        """Drop the source of unlabelled frames; refuse a label without a source."""
        if self.inner:
            for name, value in _of_runs(self).items():
                object.__setattr__(self, name, value)
        if self.class_id is None:
            if self.source is not None:
                object.__setattr__(self, "source", None)
            if self.class_reviewed:
                object.__setattr__(self, "class_reviewed", False)
        elif self.undecided:
            object.__setattr__(self, "undecided", False)
        if self.absent and not self.undecided:
            object.__setattr__(self, "absent", False)
        if self.class_id is not None and self.source is None:
            raise EditError("The label of segment {} has no source.", self.start)
        if not self.class_reviewed and self.reviewed_by != "look":
            object.__setattr__(self, "reviewed_by", "look")

    def __len__(self) -> int:
        return self.stop - self.start

    @property
    def reviewed(self) -> bool:
        """Whether a person reviewed the class and both ends."""
        return self.class_reviewed and self.start_reviewed and self.stop_reviewed

    @property
    def accepted(self) -> bool:
        """Whether this is an unreviewed pre-label, whole or in part.

        A person's segment with a confidence comes from an older file that a model
        continued. It judges no model.
        """
        if self.class_id is None or self.class_reviewed:
            return False
        if self.inner:
            return any(run.accepted for run in self.inner)
        return self.source == "model" or (
            self.source == "human" and self.confidence is not None
        )

    @property
    def protected(self) -> bool:
        """Whether a person or a file gave the label, or a person confirmed it.

        No model may change these frames, nor undecided ones.
        """
        if self.class_id is None:
            return self.undecided
        if self.inner:
            return all(run.protected for run in self.inner)
        return self.class_reviewed or self.source != "model"

    @property
    def origin(self) -> tuple[object, ...]:
        """Source and review flags of the label."""
        return self.source, self.class_reviewed, self.reviewed_by, self.accepted

    @property
    def runs(self) -> tuple[Segment, ...]:
        """Parts with one source each, in order."""
        return self.inner or (self,)

    @property
    def unlabelled(self) -> bool:
        """Whether it has no label and is not undecided."""
        return self.class_id is None and not self.undecided

    def agreed(self, by: ReviewedBy = "look") -> Segment:
        """Mark the class as reviewed; source and missing labels stay.

        A class reviewed in a stronger way than ``by`` stays so.
        """
        if self.class_id is None:
            return self
        if self.inner:
            return replace(self, inner=tuple(run.agreed(by) for run in self.inner))
        if self.class_reviewed and weaker(self.reviewed_by, by) == by:
            by = self.reviewed_by
        return replace(self, class_reviewed=True, reviewed_by=by)

    def as_reviewed(self, by: ReviewedBy = "look") -> Segment:
        """Mark the class as reviewed, as `agreed`, and both ends."""
        if self.class_id is None:
            return self
        return replace(self.agreed(by), start_reviewed=True, stop_reviewed=True)

    def as_persons(self) -> Segment:
        """Make a person the source of the label; the ends stay."""
        if self.class_id is None:
            return self
        return replace(
            self,
            source="human",
            class_reviewed=True,
            reviewed_by="look",
            confidence=None,
            inner=(),
        )

    def part(self, start: int, stop: int) -> Segment:
        """Cut the segment to ``[start, stop)``; a new end is not reviewed."""
        return replace(
            self,
            start=start,
            stop=stop,
            start_reviewed=self.start_reviewed and start == self.start,
            stop_reviewed=self.stop_reviewed and stop == self.stop,
        )

    def with_ends_of(self, first: Segment, last: Segment) -> Segment:
        """Stretch the segment from the start of ``first`` to the stop of ``last``."""
        return replace(
            self,
            start=first.start,
            stop=last.stop,
            start_reviewed=first.start_reviewed,
            stop_reviewed=last.stop_reviewed,
        )


def _of_runs(segment: Segment) -> dict[str, object]:
    """Fit the runs of a segment to its ends; return its own fields that follow."""
    start, stop, class_id = segment.start, segment.stop, segment.class_id
    runs = [r for r in segment.inner if r.start < stop and r.stop > start]
    if class_id is None or not runs:
        return {"inner": ()}
    joined: list[Segment] = []
    for n, run in enumerate(runs):
        fitted = replace(
            run,
            start=joined[-1].stop if joined else start,
            stop=stop if n == len(runs) - 1 else run.stop,
            class_id=class_id,
            start_reviewed=segment.start_reviewed and n == 0,
            stop_reviewed=segment.stop_reviewed and n == len(runs) - 1,
            inner=(),
        )
        before = joined[-1] if joined else None
        if before is not None and before.origin == fitted.origin:
            sure = _mean_confidence((before, fitted))
            joined[-1] = replace(before.with_ends_of(before, fitted), confidence=sure)
        else:
            joined.append(fitted)
    reviewed = all(run.class_reviewed for run in joined)
    return {
        "source": max((r.source for r in joined), key=_BY_WEAKNESS.index),
        "class_reviewed": reviewed,
        "reviewed_by": max((r.reviewed_by for r in joined), key=_BY_STRENGTH.index),
        "confidence": _mean_confidence(joined),
        "inner": tuple(joined) if len(joined) > 1 else (),
    }


def _mean_confidence(runs: Sequence[Segment]) -> float | None:
    sure = [run for run in runs if run.confidence is not None]
    if not sure:
        return None
    total = sum((run.confidence or 0.0) * len(run) for run in sure)
    return round(total / sum(map(len, sure)), 4)


@dataclass(frozen=True)
class Segmentation:
    """Segments that tile ``[0, n_frames)`` without gap or overlap."""

    segments: tuple[Segment, ...]

    def __post_init__(self) -> None:
        if not self.segments:
            raise EditError("A segmentation needs at least one frame.")
        at = 0
        for segment in self.segments:
            if segment.start != at or segment.stop <= segment.start:
                raise EditError(
                    "Segment {}..{} does not continue at frame {}: segments must "
                    "follow one another without gap or overlap.",
                    segment.start,
                    segment.stop,
                    at,
                )
            at = segment.stop
        agreed = _agreed(self.segments)
        if agreed is not None:
            object.__setattr__(self, "segments", agreed)

    @classmethod
    def unlabelled(cls, n_frames: int) -> Segmentation:
        """Make one unlabelled segment over ``n_frames`` frames."""
        return cls((Segment(0, n_frames),))

    @classmethod
    def from_frames(
        cls,
        labels: np.ndarray | Sequence[int],
        source: Source = "human",
        confidence: np.ndarray | None = None,
    ) -> Segmentation:
        """Make segments of the runs of equal labels.

        Parameters
        ----------
        labels : ndarray of int, shape (T,)
            Class ids; negative is unlabelled.
        source : {"human", "model", "import"}
            Source of every segment.
        confidence : ndarray of float, shape (T,), optional
            Averaged per segment.
        """
        values = np.maximum(np.asarray(labels, np.int64), UNLABELLED)
        if not len(values):
            raise EditError("A segmentation needs at least one frame.")
        cuts = np.flatnonzero(np.diff(values)) + 1
        starts = [0, *cuts.tolist()]
        stops = [*cuts.tolist(), len(values)]
        return cls(
            tuple(
                Segment(
                    start,
                    stop,
                    None if values[start] < 0 else int(values[start]),
                    source,
                    confidence=None
                    if confidence is None
                    else round(float(confidence[start:stop].mean()), 4),
                )
                for start, stop in zip(starts, stops, strict=True)
            )
        )

    def to_frames(self) -> np.ndarray:
        """Return framewise class ids, shape (T,), int64; -1 is unlabelled."""
        return np.repeat(self.class_ids, self._lengths)

    @property
    def runs(self) -> tuple[Segment, ...]:
        """Parts of the segments with one source each, in order."""
        return tuple(run for s in self.segments for run in s.runs)

    def frames_where(self, is_so: Callable[[Segment], bool]) -> np.ndarray:
        """Find the frames whose run satisfies a condition, bool, shape (T,)."""
        runs = self.runs
        return np.repeat([is_so(r) for r in runs], [len(r) for r in runs])

    @property
    def accepted(self) -> np.ndarray:
        """Frames of unreviewed copied pre-labels, bool, shape (T,)."""
        return self.frames_where(lambda run: run.accepted)

    @property
    def undecided(self) -> np.ndarray:
        """Frames that a person left undecided, bool, shape (T,)."""
        return self.frames_where(lambda run: run.undecided)

    @property
    def absent(self) -> np.ndarray:
        """Frames marked as absent, bool, shape (T,)."""
        return self.frames_where(lambda run: run.absent)

    @property
    def reviewed_labels(self) -> Segmentation:
        """The segmentation with unreviewed pre-labels as unlabelled frames.

        A model's output must not judge a model.
        """
        found: list[Segment] = []
        for segment in self.segments:
            for unseen, runs in groupby(segment.runs, key=lambda run: run.accepted):
                first, *rest = runs
                part = segment.part(first.start, (rest or [first])[-1].stop)
                found.append(replace(part, class_id=None) if unseen else part)
        return Segmentation(tuple(found))

    def __len__(self) -> int:
        return len(self.segments)

    def __bool__(self) -> bool:
        # Never empty, and `len` would load a lane that was not needed.
        return True

    def __eq__(self, other: object) -> bool:
        # An unloaded lane (`UnreadLane`) equals one with the same segments.
        if not isinstance(other, Segmentation):
            return NotImplemented
        return self is other or self.segments == other.segments

    @cached_property
    def n_frames(self) -> int:
        """Number of frames covered."""
        return self.segments[-1].stop

    @cached_property
    def starts(self) -> np.ndarray:
        """First frames of the segments, shape (S,), int64."""
        return np.array([s.start for s in self.segments], np.int64)

    @cached_property
    def class_ids(self) -> np.ndarray:
        """Class ids of the segments, shape (S,), int64; -1 is unlabelled."""
        values = [
            UNLABELLED if s.class_id is None else s.class_id for s in self.segments
        ]
        return np.array(values, np.int64)

    @cached_property
    def _lengths(self) -> np.ndarray:
        return np.diff(self.starts, append=self.n_frames)

    @cached_property
    def n_labelled(self) -> int:
        """Number of frames that carry a label."""
        return self.n_frames - self.class_frames[None]

    @cached_property
    def n_undecided(self) -> int:
        """Number of frames that a person left undecided."""
        return sum(len(s) for s in self.segments if s.undecided)

    @cached_property
    def n_protected(self) -> int:
        """Number of frames that no model may change."""
        return sum(len(run) for run in self.runs if run.protected)

    @cached_property
    def n_reviewed(self) -> int:
        """Number of frames in fully reviewed segments."""
        return sum(len(s) for s in self.segments if s.reviewed)

    @cached_property
    def class_counts(self) -> Counter[int | None]:
        """Number of segments by class id; None counts the unlabelled."""
        return Counter(s.class_id for s in self.segments)

    @cached_property
    def class_frames(self) -> Counter[int | None]:
        """Number of frames by class id; None counts the unlabelled."""
        found: Counter[int | None] = Counter()
        for segment in self.segments:
            found[segment.class_id] += len(segment)
        return found

    @property
    def boundaries(self) -> np.ndarray:
        """Frames at which a new segment begins, 0 excluded, shape (S - 1,)."""
        return self.starts[1:]

    def index_at(self, frame: int) -> int:
        """Find the index of the segment that holds ``frame``."""
        if not 0 <= frame < self.n_frames:
            raise EditError(
                "Frame {} is outside the video, which has {} frames.",
                frame,
                self.n_frames,
            )
        return bisect_right(self.segments, frame, key=attrgetter("start")) - 1

    def at(self, frame: int) -> Segment:
        """Find the segment that holds ``frame``."""
        return self.segments[self.index_at(frame)]

    def spliced(self, first: int, last: int, new: Iterable[Segment]) -> Segmentation:
        """Replace the segments first .. last - 1 by ``new``."""
        return Segmentation((*self.segments[:first], *new, *self.segments[last:]))


def _agreed(segments: tuple[Segment, ...]) -> tuple[Segment, ...] | None:
    """Make flags of neighbours agree; None if they already do."""
    found = list(segments)
    last = len(found) - 1
    changed = False

    def put(i: int, **flags: bool) -> None:
        nonlocal changed
        found[i] = replace(found[i], **flags)  # type: ignore[arg-type]
        changed = True

    for i in range(last):
        left, right = found[i], found[i + 1]
        if left.stop_reviewed != right.start_reviewed:
            put(i, stop_reviewed=True)
            put(i + 1, start_reviewed=True)
    if last:
        for i, far, near in ((0, "start", "stop"), (last, "stop", "start")):
            segment = found[i]
            if (
                segment.class_reviewed
                and getattr(segment, f"{near}_reviewed")
                and not getattr(segment, f"{far}_reviewed")
            ):
                put(i, **{f"{far}_reviewed": True})
    elif found[0].class_id is None and (
        found[0].start_reviewed or found[0].stop_reviewed
    ):
        put(0, start_reviewed=False, stop_reviewed=False)
    return tuple(found) if changed else None

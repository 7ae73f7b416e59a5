"""Corrections of keypoints by a person, applied over the estimate.

The pose file in a project is the estimate and never changes. A video's corrections are
applied in order: a keypoint is placed or missing, moves in a straight line between two
frames, changes its side, or its person. `Restored` goes back to the estimate.

A placed keypoint is certain: its score is 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from skelseg_core.errors import EditError, FormatError
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeleton import Skeleton

ESTIMATED, CHANGED, PLACED = 0, 1, 2
"""Marks of a keypoint: as estimated, changed by a correction, placed by a person."""


@dataclass(frozen=True, slots=True)
class PlacedKeypoint:
    """A keypoint placed at a point (px) in one frame, or marked missing there."""

    frame: int
    person: int
    keypoint: int
    x: float | None = None
    y: float | None = None

    def __post_init__(self) -> None:
        if (self.x is None) != (self.y is None):
            raise EditError("A point needs x and y, or neither where it is missing.")
        if not all(math.isfinite(v) for v in (self.x, self.y) if v is not None):
            raise EditError("The coordinates of a point must be numbers.")

    @property
    def span(self) -> tuple[int, int]:
        """Frames read or changed: start and stop."""
        return self.frame, self.frame + 1

    @property
    def people(self) -> tuple[int, ...]:
        """Indices of the changed people."""
        return (self.person,)

    def changes(self, frame: int, person: int, keypoint: int) -> bool:
        """Tell whether the correction changes a person's keypoint in a frame."""
        return (frame, person, keypoint) == (self.frame, self.person, self.keypoint)

    def write(self, buffer: CorrectionBuffer) -> None:
        """Change keypoints, scores and marks in a buffer."""
        rows = buffer.rows(self.frame, self.frame + 1)
        at = rows, self.person, self.keypoint
        there = self.x is not None
        buffer.keypoints[at] = (self.x, self.y) if there else np.nan
        buffer.scores[at] = float(there)
        buffer.marks[at] = PLACED if there else CHANGED


@dataclass(frozen=True, slots=True)
class Interpolation:
    """A keypoint that moves in a straight line between two end frames."""

    first: int
    last: int
    person: int
    keypoint: int

    def __post_init__(self) -> None:
        if self.last - self.first < 2:
            raise EditError(
                "There is no frame between {} and {} to interpolate; correct one "
                "that is farther away.",
                self.first,
                self.last,
            )

    @property
    def span(self) -> tuple[int, int]:  # noqa: D102 (see PlacedKeypoint)
        return self.first, self.last + 1

    @property
    def people(self) -> tuple[int, ...]:  # noqa: D102
        return (self.person,)

    def changes(self, frame: int, person: int, keypoint: int) -> bool:  # noqa: D102
        same = (person, keypoint) == (self.person, self.keypoint)
        return same and self.first < frame < self.last

    def write(self, buffer: CorrectionBuffer) -> None:  # noqa: D102
        inside = buffer.rows(self.first + 1, self.last)
        at = inside, self.person, self.keypoint
        a = buffer.keypoints[inside.start - 1, self.person, self.keypoint]
        b = buffer.keypoints[inside.stop, self.person, self.keypoint]
        # A later correction may have made an end missing: then there is no line.
        if not np.isfinite((a, b)).all():
            return
        share = (buffer.frames[inside] - self.first) / (self.last - self.first)
        buffer.keypoints[at] = a + share[:, None] * (b - a)
        buffer.scores[at] = 1.0
        buffer.marks[at] = CHANGED


@dataclass(frozen=True, slots=True)
class _OfFrames:
    """A correction of the frames ``start .. stop - 1``."""

    start: int
    stop: int

    @property
    def span(self) -> tuple[int, int]:
        return self.start, self.stop


@dataclass(frozen=True, slots=True)
class SideSwap(_OfFrames):
    """An exchange of left and right keypoints of a person in some frames."""

    person: int

    @property
    def people(self) -> tuple[int, ...]:  # noqa: D102
        return (self.person,)

    def changes(self, frame: int, person: int, keypoint: int) -> bool:  # noqa: D102
        return person == self.person and self.start <= frame < self.stop

    def write(self, buffer: CorrectionBuffer) -> None:  # noqa: D102
        rows = buffer.rows(self.start, self.stop)
        pairs = np.array(buffer.skeleton.flip_pairs, np.intp).reshape(-1, 2)
        here, there = pairs.ravel(), pairs[:, ::-1].ravel()
        for values in buffer.values:
            values[rows, self.person, here] = values[rows, self.person, there]
        marks = buffer.marks[rows, self.person]
        marks[:, here] = np.maximum(marks[:, here], CHANGED)


@dataclass(frozen=True, slots=True)
class PersonSwap(_OfFrames):
    """An exchange of two people in some frames that the estimate mixed up."""

    a: int
    b: int

    def __post_init__(self) -> None:
        if self.a == self.b:
            raise EditError("Two different people are needed to swap them.")
        low, high = sorted((self.a, self.b))
        object.__setattr__(self, "a", low)
        object.__setattr__(self, "b", high)

    @property
    def people(self) -> tuple[int, ...]:  # noqa: D102
        return self.a, self.b

    def changes(self, frame: int, person: int, keypoint: int) -> bool:  # noqa: D102
        return person in (self.a, self.b) and self.start <= frame < self.stop

    def write(self, buffer: CorrectionBuffer) -> None:  # noqa: D102
        rows = buffer.rows(self.start, self.stop)
        for values in buffer.values:
            values[rows, [self.a, self.b]] = values[rows, [self.b, self.a]]
        both = buffer.marks[rows, self.a : self.b + 1 : self.b - self.a]
        np.maximum(both, CHANGED, out=both)


@dataclass(frozen=True, slots=True)
class Restored(_OfFrames):
    """A return to the estimate in some frames, undoing earlier corrections."""

    @property
    def people(self) -> tuple[int, ...]:  # noqa: D102
        return ()

    def changes(self, frame: int, person: int, keypoint: int) -> bool:  # noqa: D102
        return self.start <= frame < self.stop

    def write(self, buffer: CorrectionBuffer) -> None:  # noqa: D102
        rows = buffer.rows(self.start, self.stop)
        buffer.keypoints[rows], buffer.scores[rows] = (v[rows] for v in buffer.estimate)
        buffer.marks[rows] = ESTIMATED


Correction = PlacedKeypoint | Interpolation | SideSwap | PersonSwap | Restored


class CorrectionBuffer:
    """Keypoints of some frames of a video, to which corrections are applied.

    Parameters
    ----------
    frames : ndarray of int, shape (F,)
        Frame numbers, rising; they must include the ends of interpolations.
    keypoints, scores : ndarray, shapes (F, M, K, 2), (F, M, K)
        The estimate of these frames; not changed.
    skeleton : Skeleton
    """

    def __init__(
        self,
        frames: np.ndarray,
        keypoints: np.ndarray,
        scores: np.ndarray,
        skeleton: Skeleton,
    ) -> None:
        self.frames, self.skeleton = frames, skeleton
        self.estimate = keypoints, scores
        self.keypoints, self.scores = keypoints.copy(), scores.copy()
        self.marks = np.zeros(scores.shape, np.uint8)

    @property
    def values(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Keypoints (F, M, K, 2), scores (F, M, K) and marks (F, M, K)."""
        return self.keypoints, self.scores, self.marks

    def rows(self, start: int, stop: int) -> slice:
        """Return the rows of the frames from ``start`` up to ``stop``."""
        low, high = np.searchsorted(self.frames, (start, stop)).tolist()
        return slice(low, high)


# -- applying corrections ----------------------------------------------------------


def apply_corrections(
    poses: PoseSequence, corrections: Sequence[Correction], skeleton: Skeleton
) -> PoseSequence:
    """Apply corrections to an estimate; return the estimate if there are none.

    Parameters
    ----------
    poses : PoseSequence
        The estimate.
    corrections : sequence
        In order of creation.
    skeleton : Skeleton
        Skeleton of the estimate.

    Raises
    ------
    FormatError
        If the estimate lacks a corrected person or frame.
    """
    if not corrections:
        return poses
    _check_fit(poses, corrections)
    every = np.arange(poses.n_frames)
    buffer = CorrectionBuffer(every, poses.keypoints, poses.scores, skeleton)
    for correction in corrections:
        correction.write(buffer)
    return replace(poses, keypoints=buffer.keypoints, scores=buffer.scores)


def corrected_frame(
    poses: PoseSequence,
    corrections: Sequence[Correction],
    skeleton: Skeleton,
    frame: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute one frame of `apply_corrections`, quickly in a video of any length.

    Returns
    -------
    tuple of ndarray
        Keypoints (M, K, 2) px, scores (M, K) and marks (M, K) of uint8: `ESTIMATED`,
        `CHANGED` or `PLACED`.
    """
    _check_fit(poses, corrections)
    needed, kept = {frame}, []
    for correction in reversed(corrections):
        start, stop = correction.span
        if any(start <= n < stop for n in needed):
            kept.append(correction)
            if isinstance(correction, Interpolation):
                needed |= {correction.first, correction.last}
    frames = np.array(sorted(needed))
    buffer = CorrectionBuffer(
        frames, poses.keypoints[frames], poses.scores[frames], skeleton
    )
    for correction in reversed(kept):
        correction.write(buffer)
    row = int(np.searchsorted(frames, frame))
    return buffer.keypoints[row], buffer.scores[row], buffer.marks[row]


def _check_fit(poses: PoseSequence, corrections: Iterable[Correction]) -> None:
    people = max((p for c in corrections for p in c.people), default=-1)
    if people >= poses.n_individuals:
        raise FormatError(
            "Keypoints of person {} were corrected and the poses have {} people; "
            "restore the poses that were corrected.",
            people + 1,
            poses.n_individuals,
        )
    if max((c.span[1] for c in corrections), default=0) > poses.n_frames:
        raise FormatError(
            "Keypoints were corrected after the last frame of the poses, {}; restore "
            "the poses that were corrected.",
            poses.n_frames - 1,
        )


def placed_frames(
    corrections: Sequence[Correction], skeleton: Skeleton, person: int, keypoint: int
) -> list[int]:
    """List the frames in which a person placed a keypoint, in order."""
    found: set[int] = set()
    for correction in corrections:
        if isinstance(correction, PlacedKeypoint):
            found.add(correction.frame)
        elif isinstance(correction, Interpolation):
            found |= {correction.first, correction.last}
    if not found:
        return []
    people = max(person, *(p for c in corrections for p in c.people)) + 1
    scores = np.zeros((len(found), people, len(skeleton)), np.float32)
    # Only the marks matter here, so the estimate may be zeros.
    keypoints = np.zeros((*scores.shape, 2), np.float32)
    buffer = CorrectionBuffer(np.array(sorted(found)), keypoints, scores, skeleton)
    for correction in corrections:
        correction.write(buffer)
    there = buffer.marks[:, person, keypoint] == PLACED
    return [int(n) for n in buffer.frames[there]]


# -- pure edits ---------------------------------------------------------------------


def add_correction(
    corrections: tuple[Correction, ...], new: Correction, skeleton: Skeleton
) -> tuple[Correction, ...]:
    """Append a correction.

    A point replaces an earlier one for the same keypoint, so that lines ending there
    follow it; the same swap twice cancels out; a return to the estimate removes the
    corrections it undoes.

    Raises
    ------
    EditError
        If it contradicts the earlier ones.
    """
    if isinstance(new, PlacedKeypoint):
        at = _replaced(corrections, new)
        if at is not None:
            return (*corrections[:at], new, *corrections[at + 1 :])
    elif isinstance(new, Interpolation):
        _check_ends(corrections, new, skeleton)
        if corrections[-1] == new:
            return corrections
    elif isinstance(new, Restored):
        return _restored(corrections, new)
    elif corrections and corrections[-1] == new:
        return corrections[:-1]
    return (*corrections, new)


def _replaced(corrections: Sequence[Correction], new: PlacedKeypoint) -> int | None:
    place = new.frame, new.person, new.keypoint
    for at in reversed(range(len(corrections))):
        if corrections[at].changes(*place):
            return at if isinstance(corrections[at], PlacedKeypoint) else None
    return None


def _check_ends(
    corrections: Sequence[Correction], new: Interpolation, skeleton: Skeleton
) -> None:
    there = placed_frames(corrections, skeleton, new.person, new.keypoint)
    for frame in (new.first, new.last):
        if frame not in there:
            name = skeleton.keypoints[new.keypoint].replace("_", " ")
            raise EditError(
                "The {} was not corrected in frame {}; correct it there, then "
                "interpolate.",
                name,
                frame,
            )


def _restored(
    corrections: tuple[Correction, ...], new: Restored
) -> tuple[Correction, ...]:
    if not any(_overlap(c, new) for c in corrections):
        raise EditError("There are no corrections in these frames to remove.")
    if corrections[-1] == new:
        return corrections
    kept = tuple(c for c in corrections if not _within(c, new))
    # Remaining corrections can depend on removed ones only if their frames overlap.
    if not any(_overlap(c, new) for c in kept):
        return kept
    return (*corrections, new)


def _overlap(a: Correction, b: Correction) -> bool:
    return a.span[0] < b.span[1] and b.span[0] < a.span[1]


def _within(a: Correction, b: Correction) -> bool:
    return b.span[0] <= a.span[0] and a.span[1] <= b.span[1]


def check_correction(correction: Correction, n_frames: int, n_keypoints: int) -> None:
    """Refuse a correction outside a video's frames, keypoints or people.

    Raises
    ------
    EditError
        Names the missing frame, person or keypoint.
    """
    start, stop = correction.span
    if not 0 <= start < stop <= n_frames:
        raise EditError(
            "Keypoints cannot be corrected in the frames {} to {}; the video has {}, "
            "counted from 0.",
            start,
            stop - 1,
            n_frames,
        )
    if any(person < 0 for person in correction.people):
        raise EditError("There is nobody to correct in this frame.")
    keypoint = getattr(correction, "keypoint", 0)
    if not 0 <= keypoint < n_keypoints:
        raise EditError(
            "There is no keypoint {}; the skeleton has {}, counted from 0.",
            keypoint,
            n_keypoints,
        )

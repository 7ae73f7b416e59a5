"""By example: carry the labels of one repetition to the rest of a video.

Nothing is trained. Every labelled frame is an example: the rest of the video is warped
onto the labelled stretches, forwards at half to three times their speed. After the end
of an example its beginning follows, so that repetitions need not be found first; where
the order is another one, the warping may jump to the start of any labelled segment, at
a price. Where even then too little is alike, the actions do not repeat in this order,
and every jump is cheap. Frames that are like no example stay unlabelled.

Other videos are filled from the labelled ones in the same way (`fill_like_others`).
Their numbers do not depend on what else happens in a video, and are taken so many times
a second, because rates may differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from skelseg_core.errors import EditError
from skelseg_core.labels.edits import accept_where, open_ranges
from skelseg_core.labels.segmentation import UNLABELLED, Segmentation
from skelseg_core.poses.keypoint_features import keypoint_features

if TYPE_CHECKING:
    from skelseg_core.poses.subject_input import SubjectInput
    from skelseg_core.video.times import FrameTimes

SAMPLES_PER_S = 10.0
"""Frames a second that are compared; boundaries are found between them."""
MOST_CELLS = 60_000_000
"""Samples times examples, at most: what more frames there are is compared coarser."""

_WEIGHT = 0.2
"""Price of a frame as far from its example as a frame usually is from its nearest."""
_UNLIKE = 20.0 * _WEIGHT
"""Price of leaving a frame unlabelled."""
_NOISE = 0.01
"""Distance that frames of one posture may have in any case."""
_BEND = 1.0
"""Price of a sample by which the warping stands still or runs ahead."""
_FASTEST = 3
"""Samples of an example that one sample of the video may take."""
_ENTER = 5.0
"""Price of beginning, or beginning again, at a labelled segment."""
_JUMP, _CHEAP_JUMP = 500.0, 5.0
"""Price of leaving an example in the middle, where the order repeats and where not."""
_ALIKE = 3.5
"""Distance on the path, in those to the nearest examples, up to which order repeats."""
_LOOP, _START = _FASTEST + 1, _FASTEST + 2
_UNLIKE_OTHERS, _BEND_OTHERS = 8.0 * _WEIGHT, 0.3
"""As `_UNLIKE` and `_BEND`, in other videos: others do the same at other speeds."""
_ANOTHER_SCENE = 0.15
"""Median distance to the nearest examples from which on a video shows something else.
The same work by other people in one room has 0.01 to 0.09, other scenes 0.26 to 0.43.
"""


@dataclass(frozen=True)
class ByExample:
    """Labels carried over from examples.

    Parameters
    ----------
    labels : Segmentation
        Of the whole video: a model's segments in the open frames, else unlabelled.
    repeats : bool
        Whether the order of the examples was found again.
    n_frames : int
        Frames that were labelled.
    """

    labels: Segmentation
    repeats: bool
    n_frames: int


def fill_by_example(
    features: np.ndarray, annotation: Segmentation, start: int, rate: float
) -> ByExample:
    """Label the open frames from ``start`` on like what a person labelled.

    Parameters
    ----------
    features : ndarray of float, shape (T, D)
        Numbers of the subject's keypoints, of about one size.
    annotation : Segmentation
        Of T frames. Every frame that a person labelled is an example.
    start : int
        First frame that may be filled.
    rate : float
        Frames per second.

    Raises
    ------
    EditError
        Where nothing is labelled, or nothing is open from ``start`` on.
    """
    labels = persons_labels(annotation)
    examples = np.flatnonzero(labels != UNLABELLED)
    ranges = open_ranges(annotation, min(start, len(labels) - 1), len(labels))
    _check(labels)
    if not ranges:
        raise EditError("All frames from {} on are labelled already.", start)
    n_open = sum(b - a for a, b in ranges)
    step = _step(len(examples), n_open, rate)
    values = np.asarray(features, np.float32)
    example = _Example.of(values, labels, annotation, step)
    filled = np.full(len(labels), UNLABELLED, np.int64)
    repeats = True
    for a, b in ranges:
        found, ordered = example.warp(values[a:b:step], b - a)
        filled[a:b], repeats = found, repeats and ordered
    return ByExample(
        Segmentation.from_frames(filled, "model"),
        repeats,
        int((filled != UNLABELLED).sum()),
    )


def is_blank(annotation: Segmentation) -> bool:
    """Tell whether nobody, and no model, said anything of a video."""
    return annotation.n_labelled + annotation.n_undecided == 0


def is_example(annotation: Segmentation) -> bool:
    """Tell whether a person labelled something of a video."""
    return any(run.protected and run.class_id is not None for run in annotation.runs)


def persons_labels(annotation: Segmentation) -> np.ndarray:
    """Return the classes (T,) that no model may change, which are the examples."""
    labels = np.full(annotation.n_frames, UNLABELLED, np.int64)
    for segment in annotation.runs:
        if segment.protected and segment.class_id is not None:
            labels[segment.start : segment.stop] = segment.class_id
    return labels


def _check(labels: np.ndarray) -> None:
    if len(np.unique(labels[labels != UNLABELLED])) < 2:
        raise EditError(
            "There is no example yet: label one repetition of the work, with at "
            "least two classes, then fill in the rest."
        )


@dataclass(frozen=True, eq=False)
class Film:
    """Samples of one person in one video, and what is labelled there.

    Parameters
    ----------
    values : ndarray of float, shape (S, D)
        Numbers of the subject's keypoints.
    places : ndarray of int, shape (S,)
        The frames that they are of.
    annotation : Segmentation
    """

    values: np.ndarray
    places: np.ndarray
    annotation: Segmentation

    @classmethod
    def of(
        cls,
        body: SubjectInput,
        times: FrameTimes,
        annotation: Segmentation,
        per_s: float = SAMPLES_PER_S,
    ) -> Film:
        """Take so many samples a second of a body."""
        moments = np.arange(0, times.duration_s, 1 / per_s)
        places = np.unique([times.frame_at(moment) for moment in moments])
        points, skeleton = body.keypoints[places], body.skeleton
        # Without the coordinates at mean 0 and spread 1 over the video, which say
        # nothing where another video shows another action.
        values = keypoint_features(points, skeleton, "body")
        return cls(values[:, points[0].size :], places, annotation)


def fill_like_others(
    examples: Sequence[Film], films: Sequence[Film]
) -> list[Segmentation | None]:
    """Label the open frames of videos like what a person labelled in others.

    Parameters
    ----------
    examples, films : sequence of Film
        Labelled videos, and those to fill.

    Returns
    -------
    list of Segmentation or None
        For each of ``films`` the labels, as in `ByExample`; None where it shows nothing
        like the examples.

    Raises
    ------
    EditError
        Where no two classes are labelled.
    """
    example = _Example.of_films(examples)
    nearest = [_distances(f.values, example.values).min(axis=1) for f in films]
    alike = [bool(np.median(near) < _ANOTHER_SCENE) for near in nearest]
    some = [near for near, is_alike in zip(nearest, alike, strict=True) if is_alike]
    usual = max(float(np.median(np.concatenate(some))), _NOISE) if some else _NOISE
    labels: list[Segmentation | None] = []
    for film, is_alike in zip(films, alike, strict=True):
        if not is_alike:
            labels.append(None)
            continue
        # Found anew: all of them at once may be more than there is memory.
        found = _distances(film.values, example.values)
        path = example.path(
            found, _WEIGHT / usual, _CHEAP_JUMP, _UNLIKE_OTHERS, _BEND_OTHERS
        )
        lane = film.annotation
        frames = example.labels_of(path, film.places, lane.n_frames)
        frames[~lane.frames_where(lambda run: not run.protected)] = UNLABELLED
        labels.append(Segmentation.from_frames(frames, "model"))
    return labels


def take_over(annotation: Segmentation, labels: Segmentation) -> Segmentation:
    """Accept what was carried over; a person's frames, and what is left open, stay.

    Parameters
    ----------
    annotation, labels : Segmentation
        Of the same frames; ``labels`` as in `ByExample`.
    """
    return accept_where(annotation, labels, labels.to_frames() != UNLABELLED)


def _step(n_examples: int, n_open: int, rate: float) -> int:
    """Choose every how many frames one is compared."""
    step = max(1, round(rate / SAMPLES_PER_S))
    return max(step, int(np.ceil(np.sqrt(n_examples * n_open / MOST_CELLS))))


@dataclass(frozen=True, eq=False)
class _Example:
    """The labelled frames, every ``step``-th of them.

    ``frames`` are their places in ``labels`` (those of whole videos, one after the
    other), ``starts`` the samples that begin a segment, ``follows`` those that follow
    on the one before, ``begins`` those that begin a video.
    """

    step: int
    values: np.ndarray
    labels: np.ndarray
    frames: np.ndarray
    starts: np.ndarray
    follows: np.ndarray
    begins: np.ndarray

    @classmethod
    def of(
        cls, values: np.ndarray, labels: np.ndarray, annotation: Segmentation, step: int
    ) -> _Example:
        known = labels != UNLABELLED
        cuts = np.flatnonzero(np.diff(known, prepend=False, append=False))
        pieces = [np.arange(a, b, step) for a, b in cuts.reshape(-1, 2)]
        frames = np.concatenate(pieces)
        follows = np.diff(frames, prepend=-step) == step
        follows[0] = False
        segment = np.searchsorted(annotation.starts, frames, side="right")
        starts = np.flatnonzero(np.diff(segment, prepend=-1))
        return cls(step, values[frames], labels, frames, starts, follows, starts[:1])

    @classmethod
    def of_films(cls, films: Sequence[Film]) -> _Example:
        """Take every labelled sample of several videos."""
        labels = [persons_labels(film.annotation) for film in films]
        _check(np.concatenate(labels))
        values, frames, starts, follows, begins = ([] for _ in range(5))
        first = n_samples = 0
        for film, known in zip(films, labels, strict=True):
            kept = np.flatnonzero(known[film.places] != UNLABELLED)
            places = film.places[kept]
            segment = np.searchsorted(film.annotation.starts, places, side="right")
            begun = np.flatnonzero(np.diff(segment, prepend=-1)) + n_samples
            values.append(film.values[kept])
            frames.append(places + first)
            starts.append(begun)
            begins.append(begun[:1])
            follows.append(np.diff(kept, prepend=-2) == 1)
            first, n_samples = first + len(known), n_samples + len(kept)
        parts = values, labels, frames, starts, follows, begins
        return cls(1, *[np.concatenate(part) for part in parts])

    def warp(self, values: np.ndarray, n_frames: int) -> tuple[np.ndarray, bool]:
        """Label ``n_frames`` frames by samples (S, D) of them.

        Returns
        -------
        labels : ndarray of int64, shape (n_frames,)
        repeats : bool
        """
        distances = _distances(values, self.values)
        nearest = distances.min(axis=1)
        usual = max(float(np.median(nearest)), _NOISE)
        path = self.path(distances, _WEIGHT / usual, _JUMP)
        unlike = _UNLIKE / _WEIGHT * usual
        walked = distances[np.arange(len(path)), np.maximum(path, 0)]
        walked = np.where(path >= 0, walked, unlike)
        alike = nearest < unlike
        repeats = bool(walked[alike].sum() <= _ALIKE * nearest[alike].sum())
        if not repeats:
            path = self.path(distances, _WEIGHT / usual, _CHEAP_JUMP)
        places = np.arange(0, n_frames, self.step)
        return self.labels_of(path, places, n_frames), repeats

    def path(
        self,
        distances: np.ndarray,
        weight: float,
        jump: float,
        unlike: float = _UNLIKE,
        bend: float = _BEND,
    ) -> np.ndarray:
        """Find the sample of the examples (S,) for each row (S, L); -1 is none."""
        n, size = distances.shape
        first = weight * distances[0]
        value = np.full(size, np.inf)
        value[self.starts] = first[self.starts] + _ENTER
        value[self.begins], none = first[self.begins], unlike
        moves = np.zeros((n, size), np.int8)
        best, from_none = np.zeros(n, np.int32), np.zeros(n, bool)
        to_none = np.zeros(n, np.int32)
        # No step leads from one labelled stretch into the next.
        barred = [self._barred(by) for by in range(1, _FASTEST + 1)]
        for k in range(1, n):
            found, move = value + bend, moves[k]
            for by, wall in enumerate(barred, 1):
                ahead = value[:-by] + (by - 1) * bend + wall
                better = ahead < found[by:]
                found[by:][better], move[by:][better] = ahead[better], by
            if value[-1] < found[0]:
                found[0], move[0] = value[-1], _LOOP
            least = int(value.argmin())
            ended = value[-1] + _ENTER <= value[least] + jump
            best[k] = size - 1 if ended else least
            enter = min(value[-1] + _ENTER, value[least] + jump)
            from_none[k] = none + _ENTER < enter
            enter = min(enter, none + _ENTER)
            better = enter < found[self.starts]
            chosen = self.starts[better]
            found[chosen], move[chosen] = enter, _START
            leave = min(value[-1] + _ENTER, value[least] + jump / 2)
            to_none[k] = -1 if none <= leave else (size - 1 if ended else least)
            none = min(none, leave) + unlike
            value = found + weight * distances[k]
        state = -1 if none < value.min() else int(value.argmin())
        path = np.empty(n, np.int64)
        for k in range(n - 1, -1, -1):
            path[k] = state
            if state < 0:
                state = int(to_none[k]) if k else state
            elif moves[k, state] == _LOOP:
                state = size - 1
            elif moves[k, state] == _START:
                state = -1 if from_none[k] else int(best[k])
            else:
                state -= int(moves[k, state])
        return path

    def _barred(self, by: int) -> np.ndarray:
        """Price (L - by,) of stepping ahead ``by`` samples: nothing, or infinite."""
        joints = np.cumsum(~self.follows)
        return np.where(joints[by:] == joints[:-by], 0.0, np.inf)

    def labels_of(
        self, path: np.ndarray, places: np.ndarray, n_frames: int
    ) -> np.ndarray:
        """Label every frame by a path of samples, boundaries between two of them.

        ``places`` are the frames of the samples.
        """
        at = np.arange(n_frames)
        sample = np.searchsorted(places, at, side="right") - 1
        rest = at - places[sample]
        here = path[sample]
        next_ = np.minimum(sample + 1, len(path) - 1)
        after, length = path[next_], np.maximum(places[next_] - places[sample], 1)
        on = (here >= 0) & (after >= here) & (after - here <= _FASTEST)
        frame = self.frames[np.maximum(here, 0)]
        lasts = np.where(self.follows[1:], np.diff(self.frames), 0)
        lasts = np.append(lasts, 0)[np.maximum(here, 0)]
        gone = np.where(on, self.frames[np.maximum(after, 0)] - frame, lasts)
        frame = frame + np.clip(np.rint(gone * rest / length), 0, None).astype(np.int64)
        labels = self.labels[frame]
        # What follows on the last sample of a stretch is not labelled.
        alone = labels == UNLABELLED
        labels[alone] = self.labels[self.frames[np.maximum(here, 0)]][alone]
        return np.where(here >= 0, labels, UNLABELLED)


def _distances(values: np.ndarray, examples: np.ndarray) -> np.ndarray:
    """Compute mean squared differences (S, L) of samples (S, D) and examples (L, D)."""
    found = values @ (-2 * examples.T)
    found += (values**2).sum(axis=1)[:, None]
    found += (examples**2).sum(axis=1)
    np.maximum(found, 0, out=found)
    return np.asarray(found / np.float32(values.shape[1]))

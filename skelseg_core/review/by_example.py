"""By example: carry the labels of one repetition to the rest of a video.

Nothing is trained. Every labelled frame is an example: the rest of the video is warped
onto the labelled stretches, forwards at half to three times their speed. After the end
of an example its beginning follows, so that repetitions need not be found first; where
the order is another one, the warping may jump to the start of any labelled segment, at
a price. Where even then too little is alike, the actions do not repeat in this order,
and every jump is cheap. Frames that are like no example stay unlabelled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skelseg_core.errors import EditError
from skelseg_core.labels.edits import accept_where, open_ranges
from skelseg_core.labels.segmentation import UNLABELLED, Segmentation

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
    labels = np.full(annotation.n_frames, UNLABELLED, np.int64)
    for segment in annotation.runs:
        if segment.protected and segment.class_id is not None:
            labels[segment.start : segment.stop] = segment.class_id
    examples = np.flatnonzero(labels != UNLABELLED)
    ranges = open_ranges(annotation, min(start, len(labels) - 1), len(labels))
    if len(np.unique(labels[examples])) < 2:
        raise EditError(
            "There is no example yet: label one repetition of the work, with at "
            "least two classes, then fill in the rest."
        )
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

    ``frames`` are their places in ``labels`` (those of the whole video), ``starts`` the
    samples that begin a segment, ``follows`` those that follow on the one before.
    """

    values: np.ndarray
    labels: np.ndarray
    frames: np.ndarray
    starts: np.ndarray
    follows: np.ndarray
    step: int

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
        return cls(values[frames], labels, frames, starts, follows, step)

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
        path = self._path(distances, _WEIGHT / usual, _JUMP)
        unlike = _UNLIKE / _WEIGHT * usual
        walked = distances[np.arange(len(path)), np.maximum(path, 0)]
        walked = np.where(path >= 0, walked, unlike)
        alike = nearest < unlike
        repeats = bool(walked[alike].sum() <= _ALIKE * nearest[alike].sum())
        if not repeats:
            path = self._path(distances, _WEIGHT / usual, _CHEAP_JUMP)
        return self._labels(path, n_frames), repeats

    def _path(self, distances: np.ndarray, weight: float, jump: float) -> np.ndarray:
        """Find the sample of the examples (S,) for each row (S, L); -1 is none."""
        n, size = distances.shape
        first = weight * distances[0]
        value = np.full(size, np.inf)
        value[self.starts] = first[self.starts] + _ENTER
        value[0], none = first[0], _UNLIKE
        moves = np.zeros((n, size), np.int8)
        best, from_none = np.zeros(n, np.int32), np.zeros(n, bool)
        to_none = np.zeros(n, np.int32)
        # No step leads from one labelled stretch into the next.
        barred = [self._barred(by) for by in range(1, _FASTEST + 1)]
        for k in range(1, n):
            found, move = value + _BEND, moves[k]
            for by, wall in enumerate(barred, 1):
                ahead = value[:-by] + (by - 1) * _BEND + wall
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
            none = min(none, leave) + _UNLIKE
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

    def _labels(self, path: np.ndarray, n_frames: int) -> np.ndarray:
        """Label every frame by a path of samples, boundaries between two of them."""
        at = np.arange(n_frames)
        sample, rest = np.divmod(at, self.step)
        here = path[sample]
        after = path[np.minimum(sample + 1, len(path) - 1)]
        on = (here >= 0) & (after >= here) & (after - here <= _FASTEST)
        frame = self.frames[np.maximum(here, 0)]
        gone = np.where(on, self.frames[np.maximum(after, 0)] - frame, self.step)
        moved = np.clip(np.rint(gone * rest / self.step), 0, None).astype(np.int64)
        frame = np.minimum(frame + moved, len(self.labels) - 1)
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

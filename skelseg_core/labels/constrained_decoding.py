"""Constrained decoding: the best segments of probabilities that keep to constraints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from skelseg_core.errors import EditError, ModelError
from skelseg_core.labels.constraints import Constraints, Ranged
from skelseg_core.labels.segmentation import UNLABELLED, Segment, Segmentation
from skelseg_core.labels.semi_markov import HARDLY, Lengths, States, best_segments

NEAR_FRAMES = 5
"""Frames over which the probability of a class that is required is averaged."""

_LEAST = 1e-6
"""Probabilities below this count as this, so that the logarithm is finite."""


class ConstrainedDecoding:
    """Probabilities and constraints, checked, over the columns of all classes."""

    def __init__(
        self,
        probabilities: np.ndarray,
        class_ids: Sequence[int],
        constraints: Constraints,
    ) -> None:
        known = np.asarray(class_ids, np.int64)
        self.values, fixed = _checked(probabilities, known, constraints.fixed)
        self.held = fixed != UNLABELLED
        self.known, self.constraints = known, replace(constraints, fixed=fixed)
        self.ids = np.concatenate([known, np.setdiff1d(fixed[self.held], known)])
        self.logs = np.full((len(fixed), len(self.ids)), np.log(_LEAST))
        np.log(np.clip(self.values, _LEAST, 1.0), out=self.logs[:, : len(known)])

    def best(
        self, transitions: np.ndarray, lengths: Lengths, frames_per_s: float = 10.0
    ) -> States:
        """Search the best segments within the constraints.

        The search is exact but for what is required and missing in it: of that the
        likeliest frame is fixed, and the search goes on around it.

        Parameters
        ----------
        transitions : ndarray of float, shape (C, C)
            Log probabilities of the known classes, from row to column.
        lengths : Lengths
            Of the known classes.
        frames_per_s : float
            That the least durations are converted by.

        Raises
        ------
        EditError
            Where constraints contradict one another.
        ModelError
            Where the transitions are of other classes.
        """
        n, n_known = len(self.ids), len(self.known)
        follow = self._obeyed(_widened(transitions, n_known, n))
        lasting = self._lasting(lengths.widened(n), frames_per_s)
        # Fixed labels do not depend on the network: it adds nothing there.
        logs = np.where(self.held[:, None], 0.0, self.logs)
        kept = self.constraints
        while True:
            limits = kept.limits(self.ids, n_known, len(logs))
            found = best_segments(logs, follow, lasting, limits)
            if not found:
                raise EditError(
                    "No labels fit all the rules here; remove one of the rules."
                )
            missing = self._missing(found)
            if missing is None:
                return found
            kept = self._with(kept, missing, limits.allowed)

    def _obeyed(self, transitions: np.ndarray) -> np.ndarray:
        for before, after in self.constraints.never_after:
            # A person's labels are certain.
            pair = np.ix_(self.ids == before, self.ids == after)
            transitions[pair] += HARDLY
        return transitions

    def _lasting(self, lengths: Lengths, frames_per_s: float) -> Lengths:
        least_s = self.constraints.least_s
        seconds = np.array([least_s.get(int(i), 0.0) for i in self.ids])
        if not (seconds > 0).any() or not 0 < frames_per_s < np.inf:
            return lengths
        # Rounding must not ask for a frame more than the seconds say.
        least = np.ceil(seconds * frames_per_s - 1e-6).clip(1, len(self.logs))
        return lengths.at_least(least.astype(np.int64))

    def _missing(self, found: States) -> Ranged | None:
        for start, stop, class_id in self.constraints.required:
            if not any(
                self.ids[c] == class_id and a < stop and b > start for a, b, c in found
            ):
                return start, stop, class_id
        return None

    def _with(
        self, kept: Constraints, missing: Ranged, allowed: np.ndarray | None
    ) -> Constraints:
        """Fix the likeliest frame of a class that is required somewhere."""
        start, stop, class_id = missing
        start, stop = max(0, start), min(stop, len(self.logs))
        column = np.flatnonzero(self.known == class_id)
        able = np.zeros(0, bool)
        if len(column) and start < stop:
            able = np.ones(stop - start, bool)
            if allowed is not None:
                able = allowed[start:stop, column[0]]
        if not able.any():
            raise EditError(
                "The class that is required in frames {}..{} is not possible: the "
                "model does not know it, or other labels are fixed there.",
                start,
                stop - 1,
            )
        said = self.values[start:stop, column[0]]
        near = np.convolve(said, np.ones(NEAR_FRAMES) / NEAR_FRAMES)
        near = near[NEAR_FRAMES // 2 :][: len(said)]
        assert kept.fixed is not None
        fixed = kept.fixed.copy()
        fixed[start + int(np.where(able, near, -1).argmax())] = class_id
        return replace(kept, fixed=fixed)

    def segmentation(self, found: States, min_frames: int = 1) -> Segmentation:
        """Make segments of what was found; short ones go to their neighbours."""
        if min_frames > 1:
            path = np.repeat([c for *_, c in found], [b - a for a, b, _ in found])
            path = absorb_short(path, self.logs, self.held, min_frames)
            cuts = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
            found = [(a, b, int(path[a])) for a, b in pairwise(cuts)]
        return Segmentation(
            tuple(
                Segment(a, b, int(self.ids[c]), "model", confidence=self._mean(a, b, c))
                for a, b, c in found
            )
        )

    def _mean(self, start: int, stop: int, column: int) -> float | None:
        if column >= len(self.known):
            return None
        # As many digits as a file holds: what is saved and read again is the same.
        return round(float(self.values[start:stop, column].mean()), 4)


def _checked(
    probabilities: np.ndarray, known: np.ndarray, fixed: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    values = np.asarray(probabilities, np.float64)
    if values.ndim != 2 or 0 in values.shape or values.shape[1] != len(known):
        raise ModelError(
            "The model gave values of shape {} for {} classes; train a model for "
            "these classes.",
            values.shape,
            len(known),
        )
    wrong = ~np.isfinite(values).all(axis=1)
    if wrong.any():
        raise ModelError(
            "The model gave values that are not numbers at frame {}; train it again "
            "with a smaller learning rate.",
            int(wrong.argmax()),
        )
    if fixed is None:
        return values, np.full(len(values), UNLABELLED, np.int64)
    fixed_ids = np.where(np.asarray(fixed) < 0, UNLABELLED, fixed).astype(np.int64)
    if fixed_ids.shape != (len(values),):
        raise ModelError(
            "The prediction covers {} frames, the labels {}; pre-label this video "
            "again.",
            len(values),
            len(fixed_ids),
        )
    return values, fixed_ids


def _widened(transitions: np.ndarray, n_known: int, n: int) -> np.ndarray:
    """Extend the transitions by classes that the network does not know."""
    values = np.asarray(transitions, np.float64)
    if values.shape != (n_known, n_known) or not np.isfinite(values).all():
        raise ModelError(
            "The transitions have the shape {}, which does not fit {} classes; train "
            "the model again.",
            values.shape,
            n_known,
        )
    # A person says where those classes are, so it need not be known how rare they are.
    wide = np.full((n, n), values.min())
    wide[:n_known, :n_known] = values
    return wide


def _runs(path: np.ndarray) -> list[tuple[int, int]]:
    cuts = (np.flatnonzero(np.diff(path)) + 1).tolist()
    return list(zip([0, *cuts], [*cuts, len(path)], strict=True))


def absorb_short(
    path: np.ndarray, logs: np.ndarray, bound: np.ndarray, min_frames: int
) -> np.ndarray:
    """Give runs shorter than ``min_frames`` to their neighbours, shortest first.

    Parameters
    ----------
    path : ndarray of int, shape (T,)
        Column of each frame.
    logs : ndarray of float, shape (T, C)
        Log probabilities of the columns.
    bound : ndarray of bool, shape (T,)
        Frames whose run stays, whatever its length.
    min_frames : int
    """
    path = path.copy()
    for length in range(1, min_frames):
        while True:
            short = [
                (a, b)
                for a, b in _runs(path)
                if b - a <= length and b - a < len(path) and not bound[a:b].any()
            ]
            if not short:
                break
            for a, b in short:
                # The previous run may have extended this one: a later round handles it.
                if a == 0 or path[a - 1] != path[a]:
                    _give_away(path, logs, a, b)
    return path


def _give_away(path: np.ndarray, logs: np.ndarray, a: int, b: int) -> None:
    """Share the frames a..b between the classes before and after, as fits best."""
    if a == 0:
        path[a:b] = path[b]
        return
    left = path[a - 1]
    if b == len(path):
        path[a:b] = left
        return
    right = path[b]
    gain = np.cumsum(logs[a:b, left] - logs[a:b, right])
    cut = a + int(np.argmax(np.concatenate([[0.0], gain])))
    path[a:cut] = left
    path[cut:b] = right

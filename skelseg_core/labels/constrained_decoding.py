"""Constrained decoding: the most probable segments that satisfy constraints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from skelseg_core.errors import ModelError
from skelseg_core.labels.constraints import Constraints
from skelseg_core.labels.segmentation import UNLABELLED, Segment, Segmentation
from skelseg_core.labels.semi_markov import Lengths, States, best_segments

_LEAST = 1e-6
"""Floor of probabilities, so that the logarithm is finite."""


class ConstrainedDecoding:
    """Checked probabilities and constraints over the columns of all classes."""

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

    def best(self, transitions: np.ndarray, lengths: Lengths) -> States:
        """Search the best segments within the constraints.

        Parameters
        ----------
        transitions : ndarray of float, shape (C, C)
            Log probabilities of the known classes, from row to column.
        lengths : Lengths
            Of the known classes.

        Raises
        ------
        EditError
            If constraints contradict one another.
        ModelError
            If the transitions have other classes.
        """
        n, n_known = len(self.ids), len(self.known)
        follow, lasting = _widened(transitions, n_known, n), lengths.widened(n)
        # Fixed labels do not depend on the network: its values are zeroed there.
        logs = np.where(self.held[:, None], 0.0, self.logs)
        limits = self.constraints.limits(self.ids, n_known, len(logs))
        return best_segments(logs, follow, lasting, limits)

    def segmentation(self, found: States, min_frames: int = 1) -> Segmentation:
        """Convert decoded states to segments; short ones go to their neighbours."""
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
        # Rounded as in a file: saving and reading changes nothing.
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
    # A person places those classes, so their frequency does not matter.
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
        Frames whose run stays at any length.
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

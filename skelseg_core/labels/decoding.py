"""Decoding: probabilities (T, C) to a `Segmentation` that a person can work with.

Frame by frame the surest class flickers, and repairing flicker costs more than
labelling from scratch; so pre-labels are smoothed (Viterbi): a change of class costs
what it costs by the transitions counted in the labels. A model that has none counted
is smoothed by one price for every change, and what is still too short goes to its
neighbours.

Frames that a person labelled are constraints: they keep their class exactly, and what
they say guides the frames around them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skelseg_core.errors import ModelError
from skelseg_core.labels.segmentation import UNLABELLED, Segment, Segmentation
from skelseg_core.labels.transitions import Transitions

SWITCH_PENALTY = 5.0
"""Price of a change of class in nats: what one frame of full confidence outweighs."""

SWITCH_S = 0.4
"""Price of a change of class in nats, per frame a second: 4 at ten frames a second."""

MIN_FRAMES = 5
"""Segments of fewer frames are given to their neighbours."""

_LEAST = 1e-6
"""Probabilities below this count as this, so that the logarithm is finite."""


def switch_price(frames_per_s: float) -> float:
    """Compute the price of a change of class for a video of this rate.

    The faster the frames, the more of them say the same: the price grows with the
    rate. Too high a price loses short actions, too low a price keeps flicker; on ten
    frames a second 3 to 5 nats are best by F1 and edit score.
    """
    return min(15.0, max(3.0, SWITCH_S * frames_per_s))


def pre_labels(
    probabilities: np.ndarray,
    class_ids: Sequence[int],
    frames_per_s: float,
    transitions: Transitions | None = None,
    temperature: float = 1.0,
    fixed: np.ndarray | None = None,
) -> Segmentation:
    """Decode as the program does: by transitions where there are any counted.

    The temperature decides how sure a segment is, and no frame: frames beside one
    another say nearly the same, so what the network itself gives weighs right against
    the transitions, and calibrated probabilities would weigh too much.

    Parameters
    ----------
    probabilities : ndarray of float, shape (T, C)
    class_ids : sequence of int, length C
    frames_per_s : float
        Of the video.
    transitions : Transitions, optional
        Of the same classes; without, every change has the `switch_price`, and segments
        of fewer than `MIN_FRAMES` frames go to their neighbours.
    temperature : float
        That ``probabilities`` have been brought to, as in `calibration.tempered`.
    fixed : ndarray of int, shape (T,), optional
        As in `decode`, which says what is raised as well.
    """
    if transitions is None:
        price = switch_price(frames_per_s) / temperature
        return decode(probabilities, class_ids, switch_penalty=price, fixed=fixed)
    logs = transitions.log_probabilities(frames_per_s) / temperature
    return decode(probabilities, class_ids, min_frames=1, fixed=fixed, transitions=logs)


def decode(
    probabilities: np.ndarray,
    class_ids: Sequence[int],
    switch_penalty: float = SWITCH_PENALTY,
    min_frames: int = MIN_FRAMES,
    fixed: np.ndarray | None = None,
    transitions: np.ndarray | None = None,
) -> Segmentation:
    """Turn a network's probabilities into segments.

    Parameters
    ----------
    probabilities : ndarray of float, shape (T, C)
        Per frame and class, 0..1.
    class_ids : sequence of int, length C
        Class id of each column.
    switch_penalty : float
        Price of every change of class in nats, at least 0, where there are no
        ``transitions``: the sum of log probabilities minus all prices is maximised
        (Viterbi).
    min_frames : int
        Segments shorter than this go to their neighbours, cut where it costs least.
        A segment that holds a fixed frame stays, whatever its length.
    fixed : ndarray of int, shape (T,), optional
        Class ids that hold whatever the network says; -1 is free. Ids the network
        does not know are kept, and occur at these frames only (and in what is too
        short between them).

    Returns
    -------
    Segmentation
        Of T frames, source "model"; confidence is the mean probability of the class
        over the segment, None for a class the network does not know.

    Raises
    ------
    ModelError
        Where shapes do not fit, or the values are no probabilities.
    """
    known = np.asarray(class_ids, np.int64)
    values, fixed_ids = _checked(probabilities, known, fixed)
    extra = np.setdiff1d(fixed_ids[fixed_ids != UNLABELLED], known)
    ids = np.concatenate([known, extra])
    held = _columns(fixed_ids, ids)
    logs = np.full((len(values), len(ids)), np.log(_LEAST))
    np.log(np.clip(values, _LEAST, 1.0), out=logs[:, : len(known)])
    allowed = np.where(np.arange(len(ids)) < len(known), logs, -np.inf)
    bound = np.flatnonzero(held >= 0)
    allowed[bound] = -np.inf
    allowed[bound, held[bound]] = 0.0
    if transitions is None:
        path = _viterbi(allowed, max(0.0, float(switch_penalty)))
    else:
        path = _viterbi_by(allowed, _widened(transitions, len(known), len(ids)))
    path = _absorb_short(path, logs, held >= 0, min_frames)
    return _segments(path, ids, values)


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
            "The model gave values that are no numbers at frame {}; train it again "
            "with a smaller learning rate.",
            int(wrong.argmax()),
        )
    if fixed is None:
        return values, np.full(len(values), UNLABELLED, np.int64)
    fixed_ids = np.where(np.asarray(fixed) < 0, UNLABELLED, fixed).astype(np.int64)
    if fixed_ids.shape != (len(values),):
        raise ModelError(
            "The prediction covers {} frames, the labels {}; predict this video again.",
            len(values),
            len(fixed_ids),
        )
    return values, fixed_ids


def _columns(labels: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Find the column of each label (T,); -1 where the frame is free."""
    order = np.argsort(ids, kind="stable")
    places = np.searchsorted(ids[order], labels).clip(max=len(ids) - 1)
    return np.where(labels == UNLABELLED, -1, order[places])


def _viterbi(logs: np.ndarray, penalty: float) -> np.ndarray:
    """Find the best path (T,) by log probabilities (T, C) and one price per change.

    Because every switch costs the same, the best one to switch from is the best one
    at all: O(T C).
    """
    n_frames = len(logs)
    stays = np.ones(logs.shape, bool)
    best = np.zeros(n_frames, np.int64)
    value = logs[0].copy()
    for t in range(1, n_frames):
        best[t] = value.argmax()
        switched = value[best[t]] - penalty
        np.greater_equal(value, switched, out=stays[t])
        np.maximum(value, switched, out=value)
        value += logs[t]
    path = np.zeros(n_frames, np.int64)
    state = int(value.argmax())
    for t in range(n_frames - 1, -1, -1):
        path[t] = state
        if not stays[t, state]:
            state = int(best[t])
    return path


def _widened(transitions: np.ndarray, n_known: int, n: int) -> np.ndarray:
    """Extend the transitions by classes that the network does not know."""
    values = np.asarray(transitions, np.float64)
    if values.shape != (n_known, n_known) or not np.isfinite(values).all():
        raise ModelError(
            "The transitions of shape {} are not those of {} classes; train the model "
            "again.",
            values.shape,
            n_known,
        )
    # A person says where those classes are, so it need not be known how rare they are.
    wide = np.full((n, n), values.min())
    wide[:n_known, :n_known] = values
    rest = np.arange(n_known, n)
    wide[rest, rest] = 0.0
    return wide


def _viterbi_by(logs: np.ndarray, transitions: np.ndarray) -> np.ndarray:
    """Find the best path (T,) by log probabilities (T, C) and transitions (C, C)."""
    n_frames, n = logs.shape
    # Before[t, c]: where the best path to class c at frame t comes from.
    before = np.zeros((n_frames, n), np.int32)
    incoming = np.ascontiguousarray(transitions.T)
    columns, value = np.arange(n), logs[0].copy()
    for t in range(1, n_frames):
        paths = incoming + value
        before[t] = paths.argmax(axis=1)
        value = paths[columns, before[t]] + logs[t]
    path = np.zeros(n_frames, np.int64)
    path[-1] = state = int(value.argmax())
    for t in range(n_frames - 1, 0, -1):
        path[t - 1] = state = int(before[t, state])
    return path


def _mean(values: np.ndarray) -> float:
    # As many digits as a file holds: what is saved and read again is the same.
    return round(float(values.mean()), 4)


def _runs(path: np.ndarray) -> list[tuple[int, int]]:
    cuts = (np.flatnonzero(np.diff(path)) + 1).tolist()
    return list(zip([0, *cuts], [*cuts, len(path)], strict=True))


def _absorb_short(
    path: np.ndarray, logs: np.ndarray, bound: np.ndarray, min_frames: int
) -> np.ndarray:
    """Give runs shorter than ``min_frames`` to their neighbours, shortest first."""
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
                # The run before may just have grown this one; it waits its turn.
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


def _segments(path: np.ndarray, ids: np.ndarray, values: np.ndarray) -> Segmentation:
    n_known = values.shape[1]
    return Segmentation(
        tuple(
            Segment(
                a,
                b,
                int(ids[path[a]]),
                "model",
                confidence=_mean(values[a:b, path[a]]) if path[a] < n_known else None,
            )
            for a, b in _runs(path)
        )
    )

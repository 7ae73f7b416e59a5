"""Decoding: probabilities (T, C) to a `Segmentation` that a person can work with.

The best class of each frame flickers, and repairing flicker costs more than labelling
from scratch. So we search for the most probable segments by network output, class
transitions and durations, the latter two counted in the labels. Without counts, every
class change has one price, and segments still too short go to their neighbours
(`short_segments`).

A person's labels are constraints: those frames keep their class exactly, and guide the
frames around them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from skelseg_core.labels.constrained_decoding import ConstrainedDecoding
from skelseg_core.labels.constraints import Constraints
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.labels.semi_markov import Lengths
from skelseg_core.labels.transitions import Transitions

SWITCH_PENALTY = 5.0
"""Price of a class change in nats: what one frame of full confidence outweighs."""

SWITCH_S = 0.4
"""Price of a class change in nats, times frames per second: 4 at ten frames a second.
"""

MIN_FRAMES = 5
"""Segments of fewer frames go to their neighbours if no lengths are counted."""

LONGEST_S = 20.0
"""Longest duration in seconds that is searched exactly; every further frame costs the
same.
"""

MOST_WORK = 1.3e9
"""Most steps of one search (frames x classes x lengths); above, fewer lengths are
exact.

An hour at 30 frames a second and 20 classes reaches it: some 3 seconds of one core.
"""


def switch_price(frames_per_s: float) -> float:
    """Compute the price of a class change at this frame rate.

    At higher rates more frames carry the same evidence, so the price grows with the
    rate. Too high a price loses short actions, too low a price keeps flicker; at ten
    frames a second 3 to 5 nats give the best F1 and edit score.
    """
    return min(15.0, max(3.0, SWITCH_S * frames_per_s))


def pre_labels(
    probabilities: np.ndarray,
    class_ids: Sequence[int],
    frames_per_s: float,
    transitions: Transitions | None = None,
    temperature: float = 1.0,
    fixed: np.ndarray | None = None,
    constraints: Constraints | None = None,
) -> Segmentation:
    """Decode with transitions and durations if they were counted.

    The temperature only affects the confidence of segments. Neighbouring frames are
    nearly redundant, so the raw network output has the right weight against the
    transitions; calibrated probabilities would weigh too much.

    Parameters
    ----------
    probabilities : ndarray of float, shape (T, C)
    class_ids : sequence of int, length C
    frames_per_s : float
        Frame rate of the video.
    transitions : Transitions, optional
        For the same classes. Without, each change costs `switch_price`, and segments
        shorter than `MIN_FRAMES` go to their neighbours.
    temperature : float
        Temperature already applied to ``probabilities``, see `calibration.tempered`.
    fixed : ndarray of int, shape (T,), optional
        As in `decode`, with the same exceptions.
    constraints : Constraints, optional
        In addition to ``fixed``. Without ``transitions``, constraints other than fixed
        frames make segments at least `MIN_FRAMES` long.
    """
    known = Constraints() if constraints is None else constraints
    if fixed is not None:
        known = replace(known, fixed=fixed)
    if transitions is None:
        price = switch_price(frames_per_s) / temperature
        if known.only_frames:
            return decode(probabilities, class_ids, price, fixed=known.fixed)
        logs = _priced(len(class_ids), price)
    else:
        logs = transitions.log_probabilities(frames_per_s) / temperature
    decoding = ConstrainedDecoding(probabilities, class_ids, known)
    lengths = Lengths.of_staying(logs)
    if transitions is None:
        lengths = lengths.at_least(np.full(len(class_ids), MIN_FRAMES))
    elif transitions.durations is not None:
        logs = transitions.log_followers() / temperature
        longest = exact_frames(frames_per_s, *decoding.values.shape)
        each, more = transitions.durations.log_lengths(frames_per_s, longest)
        lengths = Lengths.counted(each / temperature, more / temperature)
    return decoding.segmentation(decoding.best(logs, lengths))


def decode(
    probabilities: np.ndarray,
    class_ids: Sequence[int],
    switch_penalty: float = SWITCH_PENALTY,
    min_frames: int = MIN_FRAMES,
    fixed: np.ndarray | None = None,
    transitions: np.ndarray | None = None,
) -> Segmentation:
    """Turn a network's probabilities into segments, without counted durations.

    Parameters
    ----------
    probabilities : ndarray of float, shape (T, C)
        Per frame and class, 0..1.
    class_ids : sequence of int, length C
        Class id of each column.
    switch_penalty : float
        Price of each class change in nats, at least 0, if there are no ``transitions``:
        the sum of log probabilities minus all prices is maximised (Viterbi).
    min_frames : int
        Segments shorter than this go to their neighbours, cut where it costs least.
        A segment that holds a fixed frame stays, whatever its length.
    fixed : ndarray of int, shape (T,), optional
        Class ids that override the network; -1 is free. Ids unknown to the network
        occur only at these frames, and in short gaps between them.
    transitions : ndarray of float, shape (C, C), optional
        Log probabilities of the class in the next frame, by class now.

    Returns
    -------
    Segmentation
        Of T frames, source "model"; confidence is the mean probability of the class
        over the segment, None for a class the network does not know.

    Raises
    ------
    ModelError
        If shapes do not fit, or the values are not probabilities.
    """
    known = Constraints(fixed=fixed)
    decoding = ConstrainedDecoding(probabilities, class_ids, known)
    if transitions is None:
        transitions = _priced(len(class_ids), max(0.0, float(switch_penalty)))
    found = decoding.best(transitions, Lengths.of_staying(transitions))
    return decoding.segmentation(found, min_frames)


def exact_frames(frames_per_s: float, n_frames: int, n_classes: int) -> int:
    """Compute the longest segment, in frames, whose length is searched exactly."""
    rate = frames_per_s if 0 < frames_per_s < np.inf else 10.0
    affordable = int(MOST_WORK / (n_frames * n_classes))
    return max(1, min(int(np.ceil(LONGEST_S * rate)), n_frames, affordable))


def _priced(n: int, price: float) -> np.ndarray:
    return -price * (1 - np.eye(n))

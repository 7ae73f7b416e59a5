"""Decoding: probabilities (T, C) to a `Segmentation` that a person can work with.

Frame by frame the surest class flickers, and repairing flicker costs more than
labelling from scratch; so the segments are searched that are worth most by the
probabilities, by which class follows which and by how long each lasts, as counted in
the labels. A model that has none counted is smoothed by one price for every change,
and what is still too short goes to its neighbours (`short_segments`).

What a person labelled is a constraint: those frames keep their class exactly, and what
they say guides the frames around them.
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
"""Price of a change of class in nats: what one frame of full confidence outweighs."""

SWITCH_S = 0.4
"""Price of a change of class in nats, per frame a second: 4 at ten frames a second."""

MIN_FRAMES = 5
"""Segments of fewer frames are given to their neighbours, where no lengths are counted.
"""

LONGEST_S = 20.0
"""Durations in seconds up to which counted lengths are searched exactly; above, each
further frame costs the same."""

MOST_WORK = 1.3e9
"""Steps of one search (frames x classes x lengths); beyond, fewer lengths are exact.

An hour at 30 frames a second and 20 classes reaches it: some 3 seconds of one core.
"""


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
    constraints: Constraints | None = None,
) -> Segmentation:
    """Decode as the program does: by transitions and durations where any are counted.

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
    constraints : Constraints, optional
        What the labels keep to besides ``fixed``. Without ``transitions``, and with
        any but fixed frames, segments have `MIN_FRAMES` frames at least.
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
        Where shapes do not fit, or the values are no probabilities.
    """
    known = Constraints(fixed=fixed)
    decoding = ConstrainedDecoding(probabilities, class_ids, known)
    if transitions is None:
        transitions = _priced(len(class_ids), max(0.0, float(switch_penalty)))
    found = decoding.best(transitions, Lengths.of_staying(transitions))
    return decoding.segmentation(found, min_frames)


def exact_frames(frames_per_s: float, n_frames: int, n_classes: int) -> int:
    """Compute up to how many frames the length of a segment is searched exactly."""
    rate = frames_per_s if 0 < frames_per_s < np.inf else 10.0
    affordable = int(MOST_WORK / (n_frames * n_classes))
    return max(1, min(int(np.ceil(LONGEST_S * rate)), n_frames, affordable))


def _priced(n: int, price: float) -> np.ndarray:
    return -price * (1 - np.eye(n))

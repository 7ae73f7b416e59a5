"""Transcripts: labels decoded in an order that a person knows, whole or in part.

The order comes from a text file, from another video, or from what is labelled of this
one so far, which the rest repeats. What a person made or reviewed stays, and the
order goes through it.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from skelseg_core.errors import EditError, FormatError
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.constraints import Constraints
from skelseg_core.labels.decoding import exact_frames
from skelseg_core.labels.segmentation import UNLABELLED, Segment, Segmentation
from skelseg_core.labels.semi_markov import Lengths, Limits, best_segments
from skelseg_core.review.adapting import adapted
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.order_machine import (
    SAMPLES_PER_S,
    Entries,
    OrderMachine,
    again_and_again,
    once,
)

ANYTHING = ("...", "…")
"""Lines of a text file for segments that are not known."""

LEAST = 0.05
"""Probabilities below this count as this.

What a person said is sure and the model is not: a class that is known to come, but that
the model does not see, must not be squeezed into one frame. Measured on UW-IOM: from
0.02 to 0.1 there is little to choose between.
"""

LENGTHS_WEIGH = 2.0
"""Weight of the counted durations against the frames, of which those beside one another
say nearly the same."""

MOST_STEPS = 20_000_000
"""Samples times entries that are searched: some 400 MB of memory."""


def read_order(text: str, label_map: LabelMap, name: str) -> tuple[int | None, ...]:
    """Read the classes of a text in their order, one name a line.

    Empty lines, and those that begin with ``#``, say nothing. A line of three dots is
    None: other segments may come there.

    Parameters
    ----------
    text : str
    label_map : LabelMap
    name : str
        Of the file, for the sentence.

    Raises
    ------
    FormatError
        Where a line names no class, or there is none.
    """
    folded = {c.name.casefold(): c.id for c in label_map.classes}
    entries: list[int | None] = []
    for number, line in enumerate(text.splitlines(), 1):
        said = line.strip().lstrip("\ufeff")
        if not said or said.startswith("#"):
            continue
        class_id = None
        if said not in ANYTHING:
            found = label_map.named(said)
            class_id = found.id if found else folded.get(said.casefold())
            if class_id is None:
                raise FormatError(
                    "Line {} of {} is “{}”, which is not a class of this project; "
                    "write one class per line as in the list of classes, or ... for "
                    "anything.",
                    number,
                    name,
                    said[:40],
                )
        entries.append(class_id)
    if not any(e is not None for e in entries):
        raise FormatError(
            "{} names no class; write one class per line, in their order.", name
        )
    return tuple(entries)


def order_of(
    lane: Segmentation, start: int = 0, stop: int | None = None
) -> tuple[int | None, ...]:
    """List the classes that a person labelled in a range, in their order.

    None stands where nobody labelled, or nobody looked at what a model labelled.
    """
    stop = lane.n_frames if stop is None else stop
    inside = [
        s for s in lane.reviewed_labels.segments if s.start < stop and s.stop > start
    ]
    entries: list[int | None] = []
    for segment in inside:
        if segment.class_id is not None or entries[-1:] != [None]:
            entries.append(segment.class_id)
    return tuple(entries)


def order_before(lane: Segmentation, start: int) -> tuple[int, ...]:
    """List the classes that a person labelled before a frame, in their order.

    Raises
    ------
    EditError
        Where fewer than two segments before it are a person's.
    """
    entries = tuple(i for i in order_of(lane, 0, start) if i is not None)
    if len(set(entries)) < 2:
        raise EditError(
            "There is no order before frame {}: label one repetition of the work, "
            "with at least two classes, and go to its end.",
            start,
        )
    return entries


def labels_in_order(
    lane: Segmentation, evidence: Evidence, entries: Entries
) -> Segmentation:
    """Find the labels of a whole video in a known order.

    Exact for lengths as in `decoding.exact_frames`, on `SAMPLES_PER_S`; then all
    boundaries of the order that was found are.

    Parameters
    ----------
    lane : Segmentation
        Of T frames.
    evidence : Evidence
        Of the same frames.
    entries : sequence of int or None
        Class ids of all segments of the video in order; None where any segments, or
        none, may come between.

    Returns
    -------
    Segmentation
        A model's segments, to be accepted (`take_over`) where nobody labelled.

    Raises
    ------
    EditError
        Where what a person labelled does not come in this order.
    """
    machine = once(entries, evidence)
    return _labelled(lane, evidence, machine, 0, LENGTHS_WEIGH)


def labels_as_before(
    lane: Segmentation, evidence: Evidence, start: int
) -> Segmentation:
    """Find the labels of the rest of a video, which repeats what came before.

    What the model says is corrected by what a person reviewed (`adapting.adapted`).

    Parameters
    ----------
    lane, evidence
        As in `labels_in_order`.
    start : int
        First frame of the rest. The order is that of what a person labelled before;
        it repeats, and may seldom be left.

    Returns
    -------
    Segmentation
        As in `labels_in_order`, unlabelled before ``start``.

    Raises
    ------
    EditError
        Where fewer than two segments before it are a person's.
    """
    entries = order_before(lane, start)
    evidence = adapted(lane, evidence)
    machine = again_and_again(entries, evidence)
    return _labelled(lane, evidence, machine, start, 1.0)


def _labelled(
    lane: Segmentation,
    evidence: Evidence,
    machine: OrderMachine,
    start: int,
    weight: float,
) -> Segmentation:
    part = replace(evidence, probabilities=evidence.probabilities[start:])
    known = Constraints.of_person(lane)
    assert known.fixed is not None
    fixed = known.fixed[start:]
    pinned = frozenset(p - start for p in known.pinned if p > start)
    machine = machine.cooled(evidence.temperature)
    found = _searched(part, machine, fixed, pinned, weight)
    if not found:
        raise EditError(
            "The labels do not follow this order, or the video is too short for it; "
            "correct the order, or write ... where other classes come."
        )
    return _placed(found, part, start, lane.n_frames)


def _searched(
    evidence: Evidence,
    machine: OrderMachine,
    fixed: np.ndarray,
    pinned: frozenset[int],
    weight: float,
) -> list[tuple[int, int, int]]:
    """Search the best segments in an order: start, stop and class id of each."""
    rate = evidence.rate if 0 < evidence.rate < np.inf else SAMPLES_PER_S
    step = max(1, round(rate / SAMPLES_PER_S))
    starts = _samples(fixed, pinned, step)
    n = len(starts)
    if n * len(machine.class_ids) > MOST_STEPS:
        raise EditError(
            "The order has too many entries for a video of this length; label a part "
            "of it by hand, and use the order of that part for the rest."
        )
    columns = {int(i): c for c, i in enumerate(evidence.class_ids)}
    # One more column for classes that the model does not know.
    logs = np.full((n, len(columns) + 1), np.log(LEAST))
    each = np.log(np.maximum(evidence.probabilities, LEAST))
    logs[:, :-1] = np.add.reduceat(each, starts, axis=0) / step
    column_of = np.array([columns.get(int(i), -1) for i in machine.class_ids])
    held = fixed[starts]
    allowed = (held[:, None] == UNLABELLED) | (held[:, None] == machine.class_ids)
    found = best_segments(
        logs,
        machine.follow,
        _lengths(evidence, rate / step, n, column_of, weight / evidence.temperature),
        Limits(allowed, frozenset(np.searchsorted(starts, sorted(pinned)).tolist())),
        machine.first,
        machine.last,
        column_of % (len(columns) + 1),
    )
    edges = [*starts.tolist(), len(fixed)]
    rough = [(edges[a], edges[b], int(machine.class_ids[s])) for a, b, s in found]
    return _refined(evidence, fixed, rough, step)


def _samples(fixed: np.ndarray, pinned: frozenset[int], step: int) -> np.ndarray:
    """List the first frames of samples; none holds more than one class that is fixed.

    Parameters
    ----------
    fixed : ndarray of int, shape (T,)
        Class ids that hold; -1 is free.
    pinned : frozenset of int
        Frames at which a segment begins, and so does a sample.
    step : int
        Frames of a sample, at the most.
    """
    changes = np.flatnonzero(np.diff(fixed)) + 1
    return np.unique(
        np.concatenate([np.arange(0, len(fixed), step), changes, sorted(pinned)])
    ).astype(np.int64)


def _lengths(
    evidence: Evidence, rate: float, n: int, columns: np.ndarray, weight: float
) -> Lengths:
    """Make lengths of the states with these columns, in samples; -1 is no column."""
    counted, n_states = evidence.transitions, len(columns)
    if counted is None:
        return Lengths(np.zeros((n_states, 1)), *np.zeros((2, n_states)))
    if counted.durations is None:
        lengths = Lengths.of_staying(counted.log_probabilities(rate))
    else:
        longest = exact_frames(rate, n, n_states)
        lengths = Lengths.counted(*counted.durations.log_lengths(rate, longest))
    some = lengths.widened(len(lengths.beyond) + 1)
    return Lengths(
        some.logs[columns] * weight,
        some.beyond[columns] * weight,
        some.further[columns] * weight,
    )


def _refined(
    evidence: Evidence, fixed: np.ndarray, found: list[tuple[int, int, int]], step: int
) -> list[tuple[int, int, int]]:
    """Move each boundary to the best frame less than a sample away."""
    if step == 1 or not found:
        return found
    columns = {int(i): c for c, i in enumerate(evidence.class_ids)}
    starts = [0]
    for (_, start, before), (_, high, after) in pairwise(found):
        low, high = max(starts[-1], start - step) + 1, min(high, start + step)
        a, b = columns.get(before), columns.get(after)
        if a is None or b is None or (fixed[low - 1 : high] != UNLABELLED).any():
            starts.append(start)
            continue
        logs = np.log(np.maximum(evidence.probabilities[low : high - 1], LEAST))
        gain = np.concatenate([[0.0], np.cumsum(logs[:, a] - logs[:, b])])
        starts.append(low + int(gain.argmax()))
    stops = [*starts[1:], len(evidence.probabilities)]
    ids = [class_id for *_, class_id in found]
    return list(zip(starts, stops, ids, strict=True))


def _placed(
    found: list[tuple[int, int, int]], evidence: Evidence, start: int, n_frames: int
) -> Segmentation:
    """Make a model's segments from frame ``start`` of a video on."""
    columns = {int(i): c for c, i in enumerate(evidence.class_ids)}
    segments = [Segment(0, start)] if start else []
    for a, b, class_id in found:
        sure = None
        if class_id in columns:
            said = evidence.probabilities[a:b, columns[class_id]]
            sure = round(float(said.mean()), 4)
        segments.append(
            Segment(start + a, start + b, class_id, "model", confidence=sure)
        )
    assert segments[-1].stop == n_frames
    return Segmentation(tuple(segments))

"""Losses of given labels where they are written in a label format.

A format says in `LabelFormat.holds` which properties of labels it has a place for. Here
the labels are counted that have one of the others, and a sentence is written for each.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import pairwise

from skelseg_core.formats.descriptors import Held
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.said import counted


def label_losses(
    title: str,
    holds: Collection[Held],
    lanes: Sequence[Segmentation],
    of_model: bool = False,
) -> list[str]:
    """Write a sentence for each property of these labels that a format cannot hold.

    Parameters
    ----------
    title : str
        Of the format.
    holds : collection of str
        What it has a place for.
    lanes : sequence of Segmentation
        One per video.
    of_model : bool
        Whether they are predictions: nobody takes these for reviewed labels of people.
    """
    kept = {*holds, "source", "reviewed"} if of_model else holds
    return [
        f"{tell(n)}; {title} cannot store that."
        for held, (count, tell) in _COUNTED.items()
        if held not in kept and (n := count(lanes))
    ]


def _segments(lanes: Iterable[Segmentation]) -> Iterator[Segment]:
    return (segment for lane in lanes for segment in lane.segments)


def _gaps(lanes: Iterable[Segmentation]) -> int:
    return sum(len(s) for s in _segments(lanes) if s.unlabelled)


def _undecided(lanes: Iterable[Segmentation]) -> int:
    return sum(s.undecided for s in _segments(lanes))


def _repeats(lanes: Iterable[Segmentation]) -> int:
    pairs = (pair for lane in lanes for pair in pairwise(lane.segments))
    return sum(a.class_id is not None and a.class_id == b.class_id for a, b in pairs)


def _models(lanes: Iterable[Segmentation]) -> int:
    return sum(s.source == "model" for s in _segments(lanes))


def _unreviewed(lanes: Iterable[Segmentation]) -> int:
    return sum(s.class_id is not None and not s.reviewed for s in _segments(lanes))


def _confident(lanes: Iterable[Segmentation]) -> int:
    return sum(s.confidence is not None for s in _segments(lanes))


_COUNTED: dict[
    Held, tuple[Callable[[Iterable[Segmentation]], int], Callable[[int], str]]
] = {
    "gaps": (_gaps, lambda n: f"{_were(n, 'frame')} not labelled"),
    "undecided": (
        _undecided,
        lambda n: f"{_were(n, 'stretch', 'stretches')} left undecided by a person",
    ),
    "repeats": (
        _repeats,
        lambda n: (
            f"{_were(n, 'boundary', 'boundaries')} between two segments of one class"
        ),
    ),
    "source": (
        _models,
        lambda n: f"{_were(n, 'segment')} labelled by a model, not by a person",
    ),
    "reviewed": (_unreviewed, lambda n: f"{_were(n, 'segment')} not reviewed"),
    "confidence": (
        _confident,
        lambda n: f"{counted(n, 'segment')} came with the confidence of a model",
    ),
}


def _were(n: int, one: str, many: str = "") -> str:
    return f"{n:,} {one if n == 1 else many or one + 's'} {'was' if n == 1 else 'were'}"

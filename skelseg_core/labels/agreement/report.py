"""Report of agreement: all figures of several lanes over videos, per pair and together.

Percent for shares (raw, F1, edit), -1 .. 1 for coefficients. A figure that is not
defined is None, never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np

from skelseg_core.labels.agreement import coefficients, frames
from skelseg_core.labels.agreement.bootstrap import Figure, estimate
from skelseg_core.labels.agreement.segments import (
    Deviations,
    Transition,
    boundary_deviations,
    matched_segments,
)
from skelseg_core.labels.metrics import OVERLAPS, edit_score, f1_counts
from skelseg_core.labels.segmentation import UNLABELLED

Lanes = Mapping[str, np.ndarray]
"""Framewise labels of one video, 0 .. C - 1 or -1, int (T,), by lane."""
DEFAULT_COLLAR = 5
"""Frames on each side of a boundary that the figures without boundaries leave out."""


@dataclass(frozen=True)
class ClassAgreement:
    """Frames of one class: of the first lane, of the second, and of both."""

    n_first: int
    n_second: int
    n_both: int

    @property
    def share(self) -> float | None:
        """Specific agreement in percent; None where nobody names the class."""
        total = self.n_first + self.n_second
        return 200.0 * self.n_both / total if total else None


@dataclass(frozen=True)
class PairAgreement:
    """Agreement of two lanes.

    Parameters
    ----------
    first, second : str
        Names of the lanes.
    videos : tuple of str
        Videos, or tracks of them, in which both have labels.
    n_videos : int
        Number of the videos, whose tracks count once.
    figures : Mapping[str, Figure]
        By name, in the order of `meanings`.
    confusion : ndarray of int, shape (C + 1, C + 1)
        Frames by class of the first (rows) and of the second; last is unlabelled.
    without_boundaries : ndarray of int, shape (C + 1, C + 1)
        The same without the frames around boundaries.
    segments : ndarray of int, shape (C + 1, C + 1)
        Segments so, matched pairs counted twice; last is "no partner".
    deviations : Mapping[Transition, Deviations]
        Of the boundaries, by pair of classes.
    furthest : Mapping[Transition, tuple of str and int]
        Video and frame of the boundary that is furthest apart, by pair of classes.
    most_confused : Mapping[tuple of int and int, tuple of str and int]
        Video and first frame of the longest stretch in which the first says one class
        and the second another, by these two; -1 is unlabelled.
    """

    first: str
    second: str
    videos: tuple[str, ...]
    n_videos: int
    figures: Mapping[str, Figure]
    confusion: np.ndarray
    without_boundaries: np.ndarray
    segments: np.ndarray
    deviations: Mapping[Transition, Deviations]
    furthest: Mapping[Transition, tuple[str, int]]
    most_confused: Mapping[Transition, tuple[str, int]]

    @property
    def n_compared(self) -> int:
        """Number of frames that both labelled."""
        return int(self.confusion[:-1, :-1].sum())

    @property
    def classes(self) -> tuple[ClassAgreement, ...]:
        """Agreement on each class, over frames that both labelled."""
        both = self.confusion[:-1, :-1]
        counts = zip(both.sum(1), both.sum(0), np.diag(both), strict=True)
        return tuple(ClassAgreement(int(a), int(b), int(c)) for a, b, c in counts)


@dataclass(frozen=True)
class Agreement:
    """Agreement of lanes over videos.

    Parameters
    ----------
    lanes : tuple of str
    class_names : tuple of str
        Of the labels 0 .. C - 1.
    collar : int
        Frames on each side of a boundary that some figures leave out.
    pairs : tuple of PairAgreement
        Those with a video that both labelled.
    together : Mapping[str, Figure]
        Of all lanes; empty where there are two.
    videos : tuple of str
        Videos, or tracks of them, in which at least two lanes have labels.
    n_videos : int
        Number of the videos, whose tracks count once.
    """

    lanes: tuple[str, ...]
    class_names: tuple[str, ...]
    collar: int
    pairs: tuple[PairAgreement, ...]
    together: Mapping[str, Figure]
    videos: tuple[str, ...]
    n_videos: int


def measure_agreement(
    videos: Mapping[str, Lanes],
    lanes: Sequence[str],
    class_names: Sequence[str],
    collar: int = DEFAULT_COLLAR,
    video_of: Callable[[str], str] = str,
) -> Agreement:
    """Measure how far lanes agree.

    Parameters
    ----------
    videos : Mapping[str, Lanes]
        By id of the video; a lane without any label counts as not there.
    lanes : sequence of str
        At least two, each once.
    class_names : sequence of str
    collar : int
    video_of : callable
        Returns the video that a track is of: intervals draw whole videos.
    """
    known = {video: _labelled(said, lanes) for video, said in videos.items()}
    known = {video: said for video, said in known.items() if len(said) > 1}
    pairs = []
    for first, second in combinations(lanes, 2):
        both = {v: s for v, s in known.items() if first in s and second in s}
        if both:
            of = [video_of(v) for v in both]
            pairs.append(_pair(both, of, first, second, len(class_names), collar))
    together, of = {}, [video_of(v) for v in known]
    if len(lanes) > 2 and known:
        seen = list(known.values())
        together = _together(seen, of, lanes, len(class_names), collar)
    return Agreement(
        tuple(lanes),
        tuple(class_names),
        collar,
        tuple(pairs),
        together,
        tuple(known),
        len(set(of)),
    )


def _labelled(said: Lanes, lanes: Sequence[str]) -> dict[str, np.ndarray]:
    """Keep the lanes that label something."""
    return {
        name: np.asarray(said[name])
        for name in lanes
        if name in said and (np.asarray(said[name]) != UNLABELLED).any()
    }


def _pair(
    videos: Mapping[str, Lanes],
    of: Sequence[str],
    first: str,
    second: str,
    n_classes: int,
    collar: int,
) -> PairAgreement:
    drawn = partial(estimate, videos=of)
    both = [(said[first], said[second]) for said in videos.values()]
    tables = {
        n: np.array([_table(pair, n_classes, n) for pair in both]) for n in (0, collar)
    }
    segments = np.array([matched_segments(a, b, n_classes) for a, b in both])
    found = [
        *_of_frames(both, drawn, tables, n_classes, collar),
        drawn("segments_raw", segments, _percent(coefficients.raw_agreement)),
        drawn("segments_kappa", segments, coefficients.matched_kappa),
        drawn("segments_kappa_max", segments, coefficients.greatest_matched_kappa),
        *_as_truth(both, drawn, "first"),
        *_as_truth([(b, a) for a, b in both], drawn, "second"),
    ]
    return PairAgreement(
        first,
        second,
        tuple(videos),
        len(set(of)),
        {figure.name: figure for figure in found},
        tables[0].sum(axis=0).astype(np.int64),
        tables[collar].sum(axis=0).astype(np.int64),
        segments.sum(axis=0).astype(np.int64),
        _deviations(both),
        _furthest(videos, first, second),
        _most_confused(videos, first, second),
    )


def _of_frames(
    both: list[tuple[np.ndarray, np.ndarray]],
    drawn: Callable[..., Figure],
    tables: Mapping[int, np.ndarray],
    n_classes: int,
    collar: int,
) -> list[Figure]:
    """Compute the figures by frame, with the frames around boundaries and without."""
    found = []
    for n, suffix in ((0, ""), (collar, "_collar")):
        labelled = tables[n][:, :-1, :-1]
        alpha = [
            frames.coincidences(frames.pieces_of(np.stack(pair), n), n_classes)
            for pair in both
        ]
        found += [
            drawn(f"raw{suffix}", labelled, _percent(coefficients.raw_agreement)),
            drawn(f"kappa{suffix}", labelled, coefficients.cohen_kappa),
            drawn(f"alpha{suffix}", np.array(alpha), coefficients.krippendorff_alpha),
        ]
    return found


def _together(
    videos: Sequence[Lanes],
    of: Sequence[str],
    lanes: Sequence[str],
    n_classes: int,
    collar: int,
) -> dict[str, Figure]:
    drawn, found = partial(estimate, videos=of), []
    for n, suffix in ((0, ""), (collar, "_collar")):
        cut = [frames.pieces_of(_stacked(said, lanes), n) for said in videos]
        sums = np.array([frames.fleiss_sums(pieces, n_classes) for pieces in cut])
        alpha = np.array([frames.coincidences(pieces, n_classes) for pieces in cut])
        agreed = partial(coefficients.pairwise_agreement, n_raters=len(lanes))
        fleiss = partial(coefficients.fleiss_kappa, n_raters=len(lanes))
        found += [
            drawn(f"raw{suffix}", sums, _percent(agreed)),
            drawn(f"fleiss{suffix}", sums, fleiss),
            drawn(f"alpha{suffix}", alpha, coefficients.krippendorff_alpha),
        ]
    return {figure.name: figure for figure in found}


def _stacked(said: Lanes, lanes: Sequence[str]) -> np.ndarray:
    """Put lanes above one another, (L, T); one that is not there is unlabelled."""
    nothing = np.full_like(next(iter(said.values())), UNLABELLED)
    return np.stack([said.get(name, nothing) for name in lanes])


def _table(
    pair: tuple[np.ndarray, np.ndarray], n_classes: int, collar: int
) -> np.ndarray:
    return frames.contingency(frames.pieces_of(np.stack(pair), collar), n_classes)


def _as_truth(
    pairs: list[tuple[np.ndarray, np.ndarray]], drawn: Callable[..., Figure], which: str
) -> list[Figure]:
    """Score the other lane with one of them as the truth."""
    found = []
    for k in OVERLAPS:
        counts = [f1_counts(truth, other, k) for truth, other in pairs]
        sums = np.array([[c.tp, c.fp, c.fn] for c in counts])
        found.append(drawn(f"f1@{round(100 * k)}_{which}", sums, _f1))
    scores = np.array([[edit_score(truth, other), 1] for truth, other in pairs])
    found.append(drawn(f"edit_{which}", scores, lambda s: s[..., 0] / s[..., 1]))
    return found


def _f1(counts: np.ndarray) -> np.ndarray:
    tp, fp, fn = np.moveaxis(counts, -1, 0)
    return np.asarray(200.0 * tp / np.maximum(2 * tp + fp + fn, 1))


def _percent(formula: Callable[[np.ndarray], np.ndarray]) -> Callable[..., np.ndarray]:
    return lambda counts: 100.0 * formula(counts)


def _furthest(
    videos: Mapping[str, Lanes], first: str, second: str
) -> dict[Transition, tuple[str, int]]:
    found: dict[Transition, tuple[int, str, int]] = {}
    for video, said in videos.items():
        for pair, one in boundary_deviations(said[first], said[second]).items():
            for later, at in zip(one.frames, one.at, strict=True):
                if pair not in found or abs(later) > found[pair][0]:
                    found[pair] = abs(later), video, at
    return {pair: (video, at) for pair, (_, video, at) in found.items()}


def _most_confused(
    videos: Mapping[str, Lanes], first: str, second: str
) -> dict[Transition, tuple[str, int]]:
    found: dict[Transition, tuple[int, str, int]] = {}
    for video, said in videos.items():
        pieces = frames.pieces_of(np.stack([said[first], said[second]]))
        starts = np.cumsum(pieces.n_frames) - pieces.n_frames
        for n in np.flatnonzero(pieces.labels[0] != pieces.labels[1]):
            pair = int(pieces.labels[0, n]), int(pieces.labels[1, n])
            length = int(pieces.n_frames[n])
            if pair not in found or length > found[pair][0]:
                found[pair] = length, video, int(starts[n])
    return {pair: (video, at) for pair, (_, video, at) in found.items()}


def _deviations(
    pairs: list[tuple[np.ndarray, np.ndarray]],
) -> dict[Transition, Deviations]:
    """Collect the deviations of all videos, the commonest pair of classes first."""
    found: dict[Transition, Deviations] = {}
    for first, second in pairs:
        for classes, one in boundary_deviations(first, second).items():
            into = found.setdefault(classes, Deviations())
            into.frames += one.frames
            into.only_first += one.only_first
            into.only_second += one.only_second
    return dict(sorted(found.items(), key=lambda item: -len(item[1].frames)))

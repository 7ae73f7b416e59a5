"""Report of agreement: the figures of two or more lanes over videos.

A figure that is not defined is None, never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np

from skelseg_core.labels.agreement import coefficients, frames
from skelseg_core.labels.agreement.bootstrap import Figure, estimate
from skelseg_core.labels.agreement.boundaries import boundary_distances
from skelseg_core.labels.metrics import OVERLAPS, f1_counts
from skelseg_core.labels.segmentation import UNLABELLED

Lanes = Mapping[str, np.ndarray]
"""Framewise labels of one video, 0 .. C - 1 or -1, int (T,), by lane."""
Two = tuple[np.ndarray, np.ndarray]
"""Framewise labels of one video by two people."""


@dataclass(frozen=True)
class Agreement:
    """Agreement of lanes over videos.

    Parameters
    ----------
    lanes : tuple of str
    figures : tuple of Figure
        Of all lanes; F1 and boundary distances pool every pair of lanes.
    videos : tuple of str
        Videos, or tracks of them, in which at least two lanes have labels.
    """

    lanes: tuple[str, ...]
    figures: tuple[Figure, ...]
    videos: tuple[str, ...]
    n_videos: int
    n_frames: int


def measure_agreement(
    videos: Mapping[str, Lanes],
    lanes: Sequence[str],
    n_classes: int,
    video_of: Mapping[str, str] | None = None,
) -> Agreement:
    """Measure how far lanes agree.

    Parameters
    ----------
    videos : Mapping[str, Lanes]
        By id of the video; lanes without labels are ignored.
    video_of : Mapping[str, str], optional
        Video of each track: intervals draw whole videos. By default each track is a
        video.
    """
    known = {video: _labelled(said, lanes) for video, said in videos.items()}
    known = {video: said for video, said in known.items() if len(said) > 1}
    of = [(video_of or {}).get(video, video) for video in known]
    drawn = partial(estimate, videos=of)
    pieces = [frames.pieces_of(_stacked(said, lanes)) for said in known.values()]
    twos = [list(combinations(said.values(), 2)) for said in known.values()]
    figures: tuple[Figure, ...] = ()
    if known:
        figures = (
            _kappa(pieces, drawn, len(lanes), n_classes),
            _alpha(pieces, drawn, n_classes),
            *(_f1(twos, drawn, k) for k in OVERLAPS),
            _deviation(twos, drawn),
        )
    n_frames = sum(frames.n_compared(one) for one in pieces)
    return Agreement(tuple(lanes), figures, tuple(known), len(set(of)), n_frames)


def _labelled(said: Lanes, lanes: Sequence[str]) -> dict[str, np.ndarray]:
    return {
        name: np.asarray(said[name])
        for name in lanes
        if name in said and (np.asarray(said[name]) != UNLABELLED).any()
    }


def _stacked(said: Lanes, lanes: Sequence[str]) -> np.ndarray:
    """Stack lanes, (L, T); a missing lane is unlabelled."""
    nothing = np.full_like(next(iter(said.values())), UNLABELLED)
    return np.stack([said.get(name, nothing) for name in lanes])


def _kappa(
    pieces: Sequence[frames.Pieces],
    drawn: Callable[..., Figure],
    n_lanes: int,
    n_classes: int,
) -> Figure:
    if n_lanes == 2:
        tables = np.array([frames.contingency(one, n_classes) for one in pieces])
        return drawn("kappa", tables[:, :-1, :-1], coefficients.cohen_kappa)
    sums = np.array([frames.fleiss_sums(one, n_classes) for one in pieces])
    return drawn("fleiss", sums, partial(coefficients.fleiss_kappa, n_raters=n_lanes))


def _alpha(
    pieces: Sequence[frames.Pieces], drawn: Callable[..., Figure], n_classes: int
) -> Figure:
    tables = np.array([frames.coincidences(one, n_classes) for one in pieces])
    return drawn("alpha", tables, coefficients.krippendorff_alpha)


def _f1(
    twos: Sequence[Sequence[Two]], drawn: Callable[..., Figure], k: float
) -> Figure:
    sums = [
        np.sum([(c.tp, c.fp, c.fn) for c in (f1_counts(a, b, k) for a, b in two)], 0)
        for two in twos
    ]
    return drawn(f"f1@{round(100 * k)}", np.array(sums), _share)


def _share(counts: np.ndarray) -> np.ndarray:
    tp, fp, fn = np.moveaxis(counts, -1, 0)
    return np.asarray(200.0 * tp / np.maximum(2 * tp + fp + fn, 1))


def _deviation(twos: Sequence[Sequence[Two]], drawn: Callable[..., Figure]) -> Figure:
    found = [np.concatenate([boundary_distances(a, b) for a, b in two]) for two in twos]
    sizes = np.unique(np.concatenate(found))
    if not len(sizes):
        return Figure("boundaries", None)
    counts = [
        np.bincount(np.searchsorted(sizes, one), minlength=len(sizes)) for one in found
    ]
    return drawn("boundaries", np.array(counts), partial(_median, sizes=sizes))


def _median(counts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    up_to = counts.cumsum(axis=-1)
    half = up_to[..., -1:] / 2
    low, high = (up_to >= half).argmax(-1), (up_to > half).argmax(-1)
    return np.where(half[..., 0] > 0, (sizes[low] + sizes[high]) / 2, np.nan)

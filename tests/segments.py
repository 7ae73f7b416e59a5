"""Segments and segmentations of all kinds, for property tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import get_args

from hypothesis import strategies as st

from skelseg_core.labels.segmentation import ReviewedBy, Segment, Segmentation, Source

FLAGS = ("class_reviewed", "start_reviewed", "stop_reviewed")


@st.composite
def segment_values(
    draw: st.DrawFn,
    start: int,
    stop: int,
    ids: Sequence[int | None] = (None, 0, 1, 2, 3),
    sources: Sequence[Source] = ("human", "model", "import"),
) -> Segment:
    """One segment with any label, source and flags."""
    source = draw(st.sampled_from(sources))
    return Segment(
        start,
        stop,
        draw(st.sampled_from(ids)),
        source,
        **{flag: draw(st.booleans()) for flag in FLAGS},
        undecided=draw(st.booleans()),
        reviewed_by=draw(st.sampled_from(get_args(ReviewedBy))),
        confidence=draw(st.sampled_from((None, 0.5))) if source == "model" else None,
    )


@st.composite
def segmentations(
    draw: st.DrawFn,
    n_frames: int | None = None,
    least: int = 1,
    ids: Sequence[int | None] = (None, 0, 1, 2, 3),
    sources: Sequence[Source] = ("human", "model", "import"),
    mixed: bool = True,
) -> Segmentation:
    """Any segmentation of up to nine segments, of which a person reviewed some.

    Some are of several runs.
    """
    if n_frames is None:
        lengths = draw(st.lists(st.integers(1, 9), min_size=least, max_size=9))
        edges = [0]
        for length in lengths:
            edges.append(edges[-1] + length)
    else:
        most = max(1, n_frames - 1)
        cuts = draw(st.sets(st.integers(1, most), max_size=8))
        edges = sorted({0, n_frames, *(c for c in cuts if c < n_frames)})
    made = [draw(segment_values(a, b, ids, sources)) for a, b in pairwise(edges)]
    if mixed:
        made = [draw(of_runs(segment, sources)) for segment in made]
    return Segmentation(tuple(made))


@st.composite
def of_runs(draw: st.DrawFn, segment: Segment, sources: Sequence[Source]) -> Segment:
    """The segment, or the same action of frames that come from two places."""
    if len(segment) < 2 or segment.class_id is None or draw(st.integers(0, 3)):
        return segment
    cut = draw(st.integers(segment.start + 1, segment.stop - 1))
    ids = (segment.class_id,)
    tail = draw(segment_values(cut, segment.stop, ids, sources))
    return replace(segment, inner=(segment.part(segment.start, cut), tail))

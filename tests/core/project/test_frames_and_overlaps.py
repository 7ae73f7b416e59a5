"""Which of several imported labels has a frame."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.formats.label_file import Interval, LabelTrack
from skelseg_core.project.imports.frames_and_overlaps import FramedLabels, framed
from skelseg_core.project.imports.import_choices import Overlap
from skelseg_core.video.times import FrameTimes

N = 12


def found(spans: list[tuple[int, int]], n: int, overlap: Overlap) -> FramedLabels:
    """Labels ``0``, ``1`` and so on, with these frames."""
    said = [Interval(a, b, str(k), f"row {k}") for k, (a, b) in enumerate(spans)]
    track = LabelTrack(tuple(said), "frame")
    return framed(track, FrameTimes.even(n, 25), "the file", overlap)


SPANS = st.lists(
    st.tuples(st.integers(0, N - 1), st.integers(1, N)).map(
        lambda p: (p[0], max(p[0] + 1, p[1]))
    ),
    max_size=7,
)


@given(SPANS, st.sampled_from(get_args(Overlap)))
def test_a_frame_goes_to_one_of_the_labels_that_claim_it(
    spans: list[tuple[int, int]], overlap: Overlap
) -> None:
    labels = found(spans, N, overlap)
    owners = np.full(N, -1)
    claims = np.zeros(N, int)
    order = sorted(range(len(spans)), key=lambda k: (spans[k][0], k))
    for k in reversed(order) if overlap == "first" else order:
        owners[slice(*spans[k])] = k
        claims[slice(*spans[k])] += 1
    given_to = np.full(N, -1)
    for start, stop, said in labels.pieces:
        assert (given_to[start:stop] == -1).all()
        given_to[start:stop] = int(said.name)
    assert given_to.tolist() == owners.tolist()
    assert all(
        a[1] < b[0] or a[2] is not b[2]
        for a, b in zip(labels.pieces, labels.pieces[1:], strict=False)
    )
    assert labels.n_labelled == (claims > 0).sum()
    assert labels.n_overlaps == (claims > 1).sum()
    assert bool(labels.overlap) == bool(labels.n_overlaps)
    lost = set(range(len(spans))) - set(owners.tolist())
    assert set(labels.covered) == {f"row {k}" for k in lost}


@pytest.mark.parametrize("overlap", ["last", "first"])
def test_long_labels_that_all_overlap_take_no_longer_than_short_ones(
    overlap: Overlap,
) -> None:
    """Frame by frame these would be 40,000 million steps."""
    n = 20_000_000
    labels = found([(k, n - k) for k in range(2000)], n, overlap)
    assert labels.n_labelled == n
    assert labels.n_overlaps == n - 2
    assert len(labels.pieces) == (3999 if overlap == "last" else 1)

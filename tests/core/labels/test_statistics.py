"""Statistics against counting frame by frame."""

from __future__ import annotations

import statistics as plain
from itertools import groupby, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.labels.statistics import (
    SegmentPlace,
    StatisticsPart,
    class_statistics,
    statistics_text,
)
from skelseg_core.progress import run
from skelseg_core.video.times import FrameTimes

LABELS = label_map_from_names(["a", "b", "c"])


@st.composite
def parts(draw: st.DrawFn) -> list[StatisticsPart]:
    found = []
    for number in range(draw(st.integers(0, 3))):
        frames = draw(st.lists(st.integers(-1, 2), min_size=1, max_size=30))
        steps = draw(
            st.lists(
                st.integers(1, 90), min_size=len(frames) - 1, max_size=len(frames) - 1
            )
        )
        times = np.cumsum([0, *steps]) / 1000
        known = draw(st.booleans())
        value = Segmentation.from_frames(frames)
        even = FrameTimes.even(len(frames), 25)
        given_times = FrameTimes.of_table(times) if known else even
        found.append(StatisticsPart(f"v{number}", value, given_times))
    return found


@given(parts())
def test_statistics_are_what_counting_gives(made: list[StatisticsPart]) -> None:
    found = run(class_statistics(made, LABELS))
    assert [row.class_id for row in found] == [0, 1, 2, None]
    lasts = {}
    for part in made:
        starts = part.times.starts_s.tolist()
        steps = [b - a for a, b in pairwise(starts)]
        usual = plain.median(steps) if steps else 0.0
        for frame, seconds in enumerate([*steps, usual]):
            lasts[part.video_id, frame] = seconds
    whole = sum(lasts.values())
    for row in found:
        runs = []
        for part in made:
            labels = part.segmentation.to_frames().tolist()
            groups = groupby(enumerate(labels), key=lambda pair: pair[1])
            for index, (label, group) in enumerate(groups):
                frames = [frame for frame, _ in group]
                if label == (-1 if row.class_id is None else row.class_id):
                    seconds = sum(lasts[part.video_id, frame] for frame in frames)
                    runs.append((seconds, len(frames), part.video_id, index))
        assert row.count == len(runs)
        assert row.n_frames == sum(n for _, n, _, _ in runs)
        if not runs:
            assert (row.total_s, row.share, row.shortest) == (0.0, 0.0, None)
            continue
        seconds = [s for s, _, _, _ in runs]
        assert row.total_s == pytest.approx(sum(seconds))
        assert row.share == pytest.approx(sum(seconds) / whole if whole else 0.0)
        assert row.mean_s == pytest.approx(plain.mean(seconds))
        assert row.median_s == pytest.approx(plain.median(seconds))
        assert row.shortest_s == pytest.approx(min(seconds))
        assert row.longest_s == pytest.approx(max(seconds))
        for place, wanted in (
            (row.shortest, min(seconds)),
            (row.longest, max(seconds)),
        ):
            assert place is not None
            there = [
                s for s, _, v, i in runs if (v, i) == (place.video_id, place.index)
            ]
            assert there == [pytest.approx(wanted)]


@given(parts())
def test_shares_add_up_and_order_is_kept(made: list[StatisticsPart]) -> None:
    found = run(class_statistics(made, LABELS))
    lasts = any(part.times.n_frames > 1 for part in made)
    assert sum(row.share for row in found) == pytest.approx(1.0 if lasts else 0.0)
    for row in found:
        near = 1 + 1e-9
        assert row.shortest_s <= min(row.median_s, row.mean_s) * near
        assert max(row.median_s, row.mean_s) <= row.longest_s * near


def test_of_several_that_are_equal_the_first_is_meant() -> None:
    # In floating point 90 - 70 frames last longer than 20 - 0.
    labels = np.repeat([0, 1, 0], [20, 50, 20])
    part = StatisticsPart(
        "v", Segmentation.from_frames(labels), FrameTimes.even(90, 30)
    )
    walk = run(class_statistics([part], LABELS))[0]
    assert walk.shortest == walk.longest == SegmentPlace("v", 0)


def test_statistics_as_text() -> None:
    part = StatisticsPart(
        "v", Segmentation.from_frames([0, 0, 1, -1]), FrameTimes.even(4, 10)
    )
    lines = statistics_text(
        run(class_statistics([part], LABELS)), LABELS, "unlabelled", "undecided"
    ).splitlines()
    assert lines[0].split("\t")[:3] == ["class", "segments", "frames"]
    assert lines[1] == "a\t1\t2\t0.200\t0.5000\t0.200\t0.200\t0.200\t0.200"
    assert lines[3] == "c\t0\t0\t0.000\t0.0000\t\t\t\t"
    assert lines[4].startswith("unlabelled\t1\t1\t0.100\t0.2500")

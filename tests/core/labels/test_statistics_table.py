"""Tables of statistics against the statistics of the window and counting by hand."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.errors import ConfigError
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.labels.statistics import StatisticsPart, class_statistics
from skelseg_core.labels.statistics_table import (
    STATISTICS,
    StatisticsTable,
    statistics_table,
    transition_table,
)
from skelseg_core.progress import run
from skelseg_core.video.times import FrameTimes
from tests.core.labels.test_statistics import LABELS, parts

FRAMES = [0, 0, 1, 1, 1, -1, 0, 1]


def part(video: str = "v", subject: str = "", rate: float = 2) -> StatisticsPart:
    value = Segmentation.from_frames(FRAMES)
    return StatisticsPart(video, value, FrameTimes.even(len(FRAMES), rate), subject)


def column(table: StatisticsTable, name: str) -> list[object]:
    return [record[name] for record in table.records()]


def test_a_row_per_video_and_class_zeros_included() -> None:
    table = run(statistics_table([part("a", "Ann"), part("b")], LABELS))
    assert table.columns == ("video", "subject", *STATISTICS)
    assert column(table, "video") == ["a"] * 4 + ["b"] * 4
    assert column(table, "subject") == ["Ann"] * 4 + [""] * 4
    assert column(table, "class")[:4] == ["a", "b", "c", "unlabelled"]
    first = table.records()[0]
    wanted = {"segments": 2, "frames": 3, "total_s": 1.5, "share": 0.375,
              "mean_s": 0.75, "median_s": 0.75, "shortest_s": 0.5, "longest_s": 1.0,
              "per_minute": 30.0, "latency_s": 0.0}  # fmt: skip
    assert {name: first[name] for name in wanted} == pytest.approx(wanted)
    assert table.records()[1]["latency_s"] == 1.0
    never = table.records()[2]
    assert (never["segments"], never["total_s"], never["per_minute"]) == (0, 0.0, 0.0)
    assert never["mean_s"] is never["latency_s"] is None


@given(parts())
def test_the_numbers_are_those_of_the_window(made: list[StatisticsPart]) -> None:
    if not made:
        return
    shown = run(class_statistics(made, LABELS))
    table = run(statistics_table(made, LABELS, "class"))
    for record, row in zip(table.records(), shown, strict=True):
        assert (record["segments"], record["frames"]) == (row.count, row.n_frames)
        pairs = [("total_s", row.total_s), ("share", row.share)]
        if row.count:
            pairs += [("mean_s", row.mean_s), ("median_s", row.median_s)]
            pairs += [("shortest_s", row.shortest_s), ("longest_s", row.longest_s)]
        for name, value in pairs:
            assert record[name] == pytest.approx(value)


@given(parts(), st.sampled_from([0.04, 0.1, 0.35, 2.0]))
def test_time_bins_add_up(made: list[StatisticsPart], bin_s: float) -> None:
    whole = run(statistics_table(made, LABELS))
    binned = run(statistics_table(made, LABELS, bin_s=bin_s))
    for name in ("frames", "total_s"):
        for record in whole.records():
            same = [
                r[name]
                for r in binned.records()
                if (r["video"], r["class"]) == (record["video"], record["class"])
            ]
            assert sum(same) == pytest.approx(record[name])  # type: ignore[type-var]


def test_a_segment_counts_in_each_bin_with_its_part() -> None:
    table = run(statistics_table([part()], LABELS, bin_s=1.0))
    rows = [r for r in table.records() if r["class"] == "b"]
    assert [r["bin_start_s"] for r in rows] == [0.0, 1.0, 2.0, 3.0]
    assert [r["segments"] for r in rows] == [0, 1, 1, 1]
    assert [r["total_s"] for r in rows] == [0.0, 1.0, 0.5, 0.5]
    assert [r["latency_s"] for r in rows] == [None, 0.0, 0.0, 0.5]


def test_subjects_are_pooled_and_have_to_be_known() -> None:
    made = [part("a", "Ann"), part("b", "Ben", rate=4), part("c", "Ann", rate=1)]
    table = run(statistics_table(made, LABELS, "subject"))
    assert table.columns[:2] == ("subject", "class")
    ann = table.records()[0]
    assert (ann["segments"], ann["total_s"], ann["longest_s"]) == (4, 4.5, 2.0)
    assert ann["share"] == pytest.approx(4.5 / 12)
    # On average over the videos in which it occurs.
    assert table.records()[1]["latency_s"] == pytest.approx((1 + 2) / 2)
    with pytest.raises(ConfigError, match="is named in video d"):
        run(statistics_table([*made, part("d")], LABELS, "subject"))


def test_undecided_has_rows_where_there_is_any() -> None:
    value = Segmentation((Segment(0, 3, 0), Segment(3, 5, undecided=True)))
    made = StatisticsPart("v", value, FrameTimes.even(5, 10))
    table = run(statistics_table([made, part("w")], LABELS))
    assert column(table, "class").count("undecided") == 2
    assert column(table, "segments")[3:5] == [0, 1]


def test_transitions_do_not_cross_what_is_unlabelled() -> None:
    table = transition_table([part("a"), part("b")], LABELS, "class")
    found = {(r["class"], r["next"]): r for r in table.records()}
    assert len(found) == 6
    assert (found["a", "b"]["count"], found["a", "b"]["probability"]) == (4, 1.0)
    assert (found["b", "a"]["count"], found["b", "a"]["probability"]) == (0, None)
    lone = transition_table([part("a", "Ann")], LABELS)
    assert lone.columns == ("video", "subject", "class", "next", "count", "probability")
    assert lone.records()[0]["count"] == 2


@given(parts())
def test_transitions_are_what_counting_frame_by_frame_gives(
    made: list[StatisticsPart],
) -> None:
    counts = np.zeros((3, 3), int)
    for video in made:
        frames = video.segmentation.to_frames().tolist()
        for a, b in pairwise(frames):
            if a != b and min(a, b) >= 0:
                counts[a, b] += 1
    names = ["a", "b", "c"]
    for record in transition_table(made, LABELS, "class").records():
        i, j = names.index(str(record["class"])), names.index(str(record["next"]))
        assert record["count"] == counts[i, j]
        if counts[i].sum():
            assert record["probability"] == pytest.approx(
                counts[i, j] / counts[i].sum()
            )


def test_csv_parts_and_quotes_what_it_has_to() -> None:
    names = label_map_from_names(['open, "it"', "b", "c"])
    table = run(statistics_table([replace(part(), video_id="x, y")], names))
    rows = list(csv.DictReader(io.StringIO(table.csv())))
    assert rows[0]["class"] == 'open, "it"'
    assert (rows[0]["video"], rows[0]["total_s"]) == ("x, y", "1.500000")
    assert rows[2]["mean_s"] == ""


@pytest.mark.parametrize("bin_s", [0.0, -1.0, float("nan"), 1e-9])
def test_bins_that_make_no_sense_are_refused(bin_s: float) -> None:
    with pytest.raises(ConfigError, match=r"time bin|Bins of"):
        run(statistics_table([part()], LABELS, bin_s=bin_s))

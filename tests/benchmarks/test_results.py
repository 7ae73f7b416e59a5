"""What docs/results is made of: the labels of the film, and the tables of runs."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.film import LABELS, NOBODY, cut, cuts
from benchmarks.paper.paper_tables import limb_rows
from benchmarks.paper.report.records import RunRecord, level_id
from benchmarks.paper.run import table_specs
from benchmarks.tables import paired, robust_table
from skelseg_core.project.imports.label_files import load_labels
from skelseg_core.video.reader import VideoReader


def test_labels_of_the_film_tile_it_and_are_cut_where_nobody_is() -> None:
    labels = load_labels(LABELS)
    rows = labels.intervals
    assert [rows[0].start, rows[-1].stop] == [0, 1394]
    assert all(a.stop == b.start for a, b in itertools.pairwise(rows))
    people = cuts(labels)
    assert len(people) == 6
    for start, stop in people:
        inside = [r.name for r in rows if r.start < stop and r.stop > start]
        assert inside == [NOBODY, "walk in", "read", "walk out", NOBODY]


def test_a_person_is_cut_out_of_the_film_to_the_frame(
    shared: Path, tmp_path: Path
) -> None:
    film = shared / "data" / "videos" / "one_by_one.mp4"
    cut(film, 58, 66, tmp_path / "person.mp4")
    with VideoReader(film) as whole, VideoReader(tmp_path / "person.mp4") as part:
        assert len(part) == 8
        assert part.mean_rate == pytest.approx(whole.mean_rate, rel=1e-3)
        for n in range(8):
            there = [abs(part[n].astype(int) - whole[58 + m]).mean() for m in range(8)]
            # Nobody is to be seen in the first two.
            assert min(there) == there[n] or n < 2
            assert there[n] < 4


def record(row: str, fold: int, seed: int, score: float) -> RunRecord:
    decoded = dict.fromkeys(("f1@10", "f1@50", "edit", "map", "accuracy"), score)
    return RunRecord("main", row, fold, seed, {}, decoded, 0, 0.0, 0.0, ())


def test_rows_are_compared_in_pairs_and_the_error_is_over_folds() -> None:
    leads = {(0, 0): 1.0, (0, 1): 3.0, (1, 0): 4.0, (1, 1): -2.0}
    records = [record("a", f, s, 80 + lead) for (f, s), lead in leads.items()]
    records += [record("b", f, s, 80) for f, s in leads]
    records += [record("b", 2, 0, 10)]  # has no partner
    # Folds lead by 2 and 1: their mean is 1.5, its error 0.5.
    assert paired(records, "a", "b") == ["+1.5 ± 0.5 (2 of 2)"] * 5


def test_losses_are_shown_by_model_and_beyond_those_of_another() -> None:
    losses = ("half", "left forearm never seen", "right forearm never seen")
    cost = {"": 0.0, losses[0]: 1.0, losses[1]: 2.0, losses[2]: 4.0}
    records = [
        replace(record(level_id(row, loss), fold, 0, 90 - times * points * (1 + fold)),
                table="robustness")
        for row, times in (("a", 1), ("b", 3))
        for loss, points in cost.items()
        for fold in (0, 1)
    ]  # fmt: skip
    lines = robust_table(records, losses, "accuracy", "a")
    assert lines[2] == "| a | 2 | -1.5 ± 0.5 (2) | -4.5 ± 1.5 (2) | -6.0 ± 2.0 (2) |"
    assert lines[-1] == (
        "| b | 2 | -3.0 ± 1.0 (2 of 2) | -9.0 ± 3.0 (2 of 2) | -12.0 ± 4.0 (2 of 2) |"
    )
    assert len(lines) == 7


def test_rows_that_were_not_tested_without_limbs_are_left_out() -> None:
    losses = ("left forearm never seen", "another limb every 30 frames")
    rows = limb_rows()
    whole = level_id("limbs-seen", "")
    *_, table = table_specs(rows, losses)
    assert [t.row for t in table.rows] == [
        whole, *(level_id("limbs-seen", loss) for loss in losses)
    ]  # fmt: skip
    assert table.table == "robustness"
    *_, table = table_specs(rows, losses, {whole})
    assert [t.row for t in table.rows] == [whole]
    assert [s.table for s in table_specs(rows, losses, ())] == ["limbs"]

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.paper.report import save_report
from benchmarks.paper.report.records import (
    METRICS,
    Bars,
    ReportAbout,
    RowTitle,
    RunRecord,
    TableSpec,
    level_id,
)
from benchmarks.paper.report.tables import (
    MISSING,
    aggregate,
    changes,
    footnotes,
    percent,
    stat_of,
)
from benchmarks.paper.report.text import markdown_table, runs_csv, runs_of_csv
from skelseg_core.errors import FormatError
from skelseg_core.labels.classes import color_for
from skelseg_core.tasks.pictures.label_figure import DPI, WIDTH_IN

FOLDS = (("01", "04"), ("02", "05"), ("03",))
SEEDS = 2
NASTY = '<b>"lift" & $put$</b>'
CLASSES = (NASTY, "_hidden", "棚に置く", *(f"box_stand_pick_up_{n}" for n in range(14)))
COLORS = tuple(color_for(n) for n in range(len(CLASSES)))


def made(row: str, fold: int, seed: int, base: float, table: str = "main") -> RunRecord:
    rng = np.random.default_rng([fold, seed, int(base * 10)])
    scores = {m: float(base - n + rng.normal()) for n, m in enumerate(METRICS)}
    decoded = {m: v + 0.5 for m, v in scores.items() if m != "map"}
    return RunRecord(
        table, row, fold, seed, scores, decoded, 98_304, 120.5, 1.25, FOLDS[fold]
    )


def all_runs(row: str, base: float, table: str = "main") -> list[RunRecord]:
    return [made(row, f, s, base, table) for f in range(3) for s in range(SEEDS)]


MAIN = TableSpec(
    "main",
    "Main comparison",
    "By subject.",
    (
        RowTitle("fusion-paper", "Fusion | both", "heatmaps, frames"),
        RowTitle("ours", f"=Ours {NASTY}", "keypoints", "a note"),
        RowTitle("rgb-paper", "RGB", "frames"),
        RowTitle("none", "Nothing ran", ""),
    ),
)
RUNS = [
    *all_runs("fusion-paper", 90),
    *all_runs("ours", 92),
    made("rgb-paper", 0, 0, 97),
]
LOST = {"": 0, "an arm": 10, "both legs": 50}
"""What is lost, and how many points it costs."""


def level(model: str, loss: str) -> RowTitle:
    id_, what = level_id(model, loss), loss or "nothing missing"
    return RowTitle(id_, f"{model}: {what}", "keypoints", "", model, what)


ROBUST = TableSpec(
    "robustness", "Missing limbs", "", tuple(level("ours", loss) for loss in LOST)
)
ROBUST_RUNS = [
    run
    for loss, cost in LOST.items()
    for run in all_runs(level_id("ours", loss), 90 - cost / 5, "robustness")
]
ABOUT = ReportAbout(
    project=f"Kitchen {NASTY}",
    command="python -m benchmarks.paper kitchen",
    n_videos=5,
    n_frames=12345,
    classes=CLASSES,
    colors=COLORS,
    folds=FOLDS,
    seeds=SEEDS,
    wall_s=3900.0,
    machine="two cores",
    version="0.1.0",
    notes=(f"Note {NASTY}",),
)
TRUTH = np.repeat([0, 1, 2, -1, 16, 5], [100, 3, 80, 40, 200, 77])
BARS = Bars("05", TRUTH, {"Fusion": np.roll(TRUTH, 9), f"Ours {NASTY}": TRUTH})


# -- runs in files ------------------------------------------------------------------


def test_runs_survive_a_table() -> None:
    bare = replace(made("bare", 0, 0, 90), train_s=math.nan, n_parameters=0)
    read = runs_of_csv(runs_csv([*RUNS, bare], [MAIN]))
    assert len(read) == len(RUNS) + 1
    for run, back in zip([*RUNS, bare], read, strict=True):
        assert back.videos == run.videos
        assert (back.row, back.fold, back.seed) == (run.row, run.fold, run.seed)
        assert back.scores == pytest.approx(run.scores, abs=1e-6)
        assert back.decoded == pytest.approx(run.decoded, abs=1e-6)
        assert back.n_parameters == run.n_parameters
    assert math.isnan(read[-1].train_s)


# -- aggregation --------------------------------------------------------------------


def test_figures_are_those_of_numpy() -> None:
    table = aggregate(MAIN, RUNS, 6)
    grid = np.array(
        [[made("ours", f, s, 92).scores["edit"] for s in range(2)] for f in range(3)]
    )
    stat = table.rows[1].scores["scores"]["edit"]
    assert stat.n == 6
    assert stat.mean == pytest.approx(grid.mean())
    assert stat.std == pytest.approx(grid.std(ddof=1))
    error = grid.mean(axis=1).std(ddof=1) / np.sqrt(3)
    assert stat.error == pytest.approx(error)
    assert stat.std_seeds == pytest.approx(grid.mean(axis=0).std(ddof=1))
    assert table.rows[1].n_parameters.mean == 98_304
    assert table.rows[1].run_s.mean == 1.25


def test_the_spread_of_seeds_needs_every_fold_with_every_seed() -> None:
    stat = stat_of([(0, 0), (0, 1), (1, 0)], [90.0, 92.0, 95.0])
    assert stat.std is not None
    # The folds are 91 and 95, however many seeds they have.
    assert stat.error == pytest.approx(2.0)
    assert stat.std_seeds is None


def test_a_run_counts_once() -> None:
    with pytest.raises(FormatError, match="2 runs of 'ours' with fold 1 and seed 0"):
        aggregate(MAIN, [*RUNS, made("ours", 1, 0, 95)], 6)


def test_incomplete_rows_are_marked_and_never_best() -> None:
    table = aggregate(MAIN, RUNS, 6)
    assert [table.mark(row) for row in table.rows] == ["", "", "†", "†"]
    assert {row for row, _, _ in table.best} == {"ours"}
    lines = markdown_table(table).splitlines()
    assert "RGB†" in lines[6]
    assert lines[6].endswith("| 1 of 6 (1 fold) |")
    assert "±" not in lines[6]
    assert lines[8].count(MISSING) == len(METRICS) + 2
    assert lines[8].endswith("| 0 of 6 |")
    assert any(note.startswith("†") for note in footnotes(table))


def test_a_figure_that_some_runs_lack_is_marked() -> None:
    runs = all_runs("fusion-paper", 90)
    runs[2] = replace(runs[2], scores={**runs[2].scores, "map": float("nan")})
    table = aggregate(replace(MAIN, rows=MAIN.rows[:1]), runs, 6)
    row = table.rows[0]
    marks = {m: table.mark(row, row.scores["scores"][m]) for m in METRICS}
    assert marks == {m: "†" if m == "map" else "" for m in METRICS}
    assert not table.is_complete


def test_losses_are_paired() -> None:
    table = changes(ROBUST, ROBUST_RUNS, 6)
    assert table is not None
    assert [row.title.row for row in table.rows] == ["ours: an arm", "ours: both legs"]
    stat = table.rows[1].scores["decoded"]["f1@10"]
    found = {(r.row, r.fold, r.seed): r.decoded["f1@10"] for r in ROBUST_RUNS}
    losses = [
        found["ours: both legs", f, s] - found["ours: nothing missing", f, s]
        for f in range(3)
        for s in range(SEEDS)
    ]
    assert stat.mean == pytest.approx(np.mean(losses))
    assert stat.std == pytest.approx(np.std(losses, ddof=1))
    assert f"| {percent(stat.mean, signed=True)} ±" in markdown_table(table)
    assert not table.best


def test_a_run_without_its_undisturbed_one_has_no_loss() -> None:
    whole = level_id("ours", "")
    runs = [r for r in ROBUST_RUNS if (r.row, r.fold) != (whole, 2)]
    table = changes(ROBUST, runs, 6)
    assert table is not None
    assert [row.n for row in table.rows] == [4, 4]
    assert changes(MAIN, RUNS, 6) is None


# -- words and files ----------------------------------------------------------------


def test_markdown_gives_the_means_back() -> None:
    table = aggregate(MAIN, RUNS, 6)
    head, _, *lines = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in markdown_table(table).splitlines()
    ]
    assert len(lines) == 2 * len(MAIN.rows)
    assert {len(line) for line in lines} == {len(head)}
    for n, line in enumerate(lines):
        row, kind = table.rows[n // 2], table.kinds[n % 2]
        for metric, name in METRICS.items():
            text = line[head.index(name)].strip("*")
            mean = row.scores[kind][metric].mean
            if mean is None:
                assert text == MISSING
            else:
                assert float(text.split(" ± ")[0]) == pytest.approx(mean, abs=0.0501)
    assert lines[0][0] == r"Fusion \| both"
    assert lines[0][head.index("Params (k)")] == "98"
    assert lines[0][head.index("s / video")] == "1.25"


# -- pictures -----------------------------------------------------------------------


def looked_at(png: bytes) -> np.ndarray:
    """The picture (H, W, 3); nothing touches its edge, so nothing is cut off."""
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape[1] == WIDTH_IN * DPI
    edge = [picture[:2], picture[-2:], picture[:, :2], picture[:, -2:]]
    assert all((part == 255).all() for part in edge)
    assert (picture < 128).any()
    return picture


# -- the whole ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    out = tmp_path_factory.mktemp("out") / "new" / "report"
    runs = [*RUNS, *ROBUST_RUNS]
    return save_report(out, ABOUT, (MAIN, ROBUST), runs, (BARS,))


def test_files_of_a_report(report: tuple[Path, ...]) -> None:
    assert [path.name for path in report] == [
        "report.md",
        "runs.csv",
        "main.csv",
        "robustness.csv",
        "robustness_change.csv",
        "main.png",
        "robustness.png",
        "labels_01_05.png",
    ]
    assert sorted(report) == sorted(report[0].parent.iterdir())
    for path in report:
        if path.suffix == ".png":
            looked_at(path.read_bytes())

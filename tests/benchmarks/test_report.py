from __future__ import annotations

import csv
import io
import json
import math
import re
from dataclasses import asdict, replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.paper.report import save_report
from benchmarks.paper.report.figure_text import plain
from benchmarks.paper.report.pictures import draw
from benchmarks.paper.report.plots import levels_png, scores_png, shares_png
from benchmarks.paper.report.records import (
    METRICS,
    Bars,
    ReportAbout,
    RowTitle,
    RunRecord,
    TableSpec,
    level_id,
    run_from_json,
)
from benchmarks.paper.report.strips import strips_png
from benchmarks.paper.report.tables import (
    MISSING,
    aggregate,
    changes,
    ends,
    footnotes,
    levels,
    percent,
    stat_of,
)
from benchmarks.paper.report.text import (
    escaped,
    markdown_table,
    runs_csv,
    runs_of_csv,
    table_csv,
)
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
        RowTitle("fusion", "Fusion | both", "heatmaps, frames"),
        RowTitle("ours", f"=Ours {NASTY}", "keypoints", "a note"),
        RowTitle("rgb", "RGB", "frames"),
        RowTitle("none", "Nothing ran", ""),
    ),
)
RUNS = [*all_runs("fusion", 90), *all_runs("ours", 92), made("rgb", 0, 0, 97)]
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


def test_runs_survive_json() -> None:
    run = replace(made("ours", 1, 0, 90), run_s=math.nan)
    read = run_from_json(json.loads(json.dumps(asdict(run))))
    assert math.isnan(read.run_s)
    assert replace(read, run_s=0.0) == replace(run, run_s=0.0)


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


def test_order_of_runs_does_not_matter() -> None:
    assert table_csv(aggregate(MAIN, RUNS[::-1], 6)) == table_csv(
        aggregate(MAIN, RUNS, 6)
    )


def test_one_run_has_no_spread() -> None:
    stat = stat_of([(0, 0)], [90.0])
    assert (stat.n, stat.mean) == (1, 90.0)
    assert stat.std is stat.error is stat.std_seeds is None
    alone = stat_of([(0, 0), (1, 0)], [90.0, 92.0])
    assert (alone.std, alone.error) == (pytest.approx(np.sqrt(2)), 1.0)
    assert alone.std_seeds is None


def test_the_spread_of_seeds_needs_every_fold_with_every_seed() -> None:
    stat = stat_of([(0, 0), (0, 1), (1, 0)], [90.0, 92.0, 95.0])
    assert stat.std is not None
    # The folds are 91 and 95, however many seeds they have.
    assert stat.error == pytest.approx(2.0)
    assert stat.std_seeds is None


def test_nan_is_missing() -> None:
    stat = stat_of([(0, 0), (1, 0), (2, 0)], [90.0, float("nan"), 92.0])
    assert (stat.n, stat.mean) == (2, 91.0)
    assert stat_of([(0, 0)], [float("nan")]).mean is None


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
    runs = all_runs("fusion", 90)
    runs[2] = replace(runs[2], scores={**runs[2].scores, "map": float("nan")})
    table = aggregate(replace(MAIN, rows=MAIN.rows[:1]), runs, 6)
    row = table.rows[0]
    marks = {m: table.mark(row, row.scores["scores"][m]) for m in METRICS}
    assert marks == {m: "†" if m == "map" else "" for m in METRICS}
    assert not table.is_complete


def test_equal_as_printed_is_equally_good() -> None:
    runs = [
        replace(made(row, 0, 0, 90), scores={"edit": edit}, decoded={})
        for row, edit in (("fusion", 90.04), ("ours", 89.96), ("rgb", 89.9))
    ]
    table = aggregate(replace(MAIN, rows=MAIN.rows[:3]), runs, 1)
    assert table.best == {("fusion", "scores", "edit"), ("ours", "scores", "edit")}
    assert table.kinds == ("scores",)
    alone = aggregate(replace(MAIN, rows=MAIN.rows[:1]), runs, 1)
    assert not alone.best


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


def test_levels_of_several_models() -> None:
    titles = (*(level(m, x) for m in ("a b", "c") for x in LOST), MAIN.rows[0])
    assert levels(replace(ROBUST, rows=titles)) == {
        model: {
            "nothing missing": f"{model}: nothing missing",
            "an arm": f"{model}: an arm",
            "both legs": f"{model}: both legs",
        }
        for model in ("a b", "c")
    }
    assert levels(MAIN) == {}


# -- words and files ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "signed", "text"),
    [
        (None, False, "–"),
        (95.25, False, "95.2"),
        (100.0, False, "100.0"),
        (-0.04, True, "0.0"),
        (-1.26, True, "−1.3"),
        (1.26, True, "+1.3"),
    ],
)
def test_percent(value: float | None, signed: bool, text: str) -> None:
    assert percent(value, signed) == text


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


def test_costs_that_nobody_measured_have_no_column() -> None:
    runs = [replace(r, n_parameters=0, train_s=0.0, run_s=float("nan")) for r in RUNS]
    assert list(ends(aggregate(MAIN, runs, 6))) == ["Runs"]
    assert list(ends(aggregate(MAIN, RUNS, 6))) == ["Params (k)", "s / video", "Runs"]
    assert "| 0.00 |" not in markdown_table(aggregate(MAIN, runs, 6))


def test_markup_in_names_is_text() -> None:
    assert escaped("a|b\n*c* <d>") == r"a\|b \*c\* \<d\>"


def test_csv_of_a_table() -> None:
    table = aggregate(MAIN, RUNS, 6)
    rows = list(csv.DictReader(io.StringIO(table_csv(table))))
    assert [(r["row"], r["labels"]) for r in rows[:2]] == [
        ("fusion", "argmax"),
        ("fusion", "decoded"),
    ]
    stat = table.rows[0].scores["scores"]["edit"]
    assert stat.mean is not None
    assert stat.error is not None
    assert rows[0]["edit"] == f"{stat.mean:.1f}"
    assert rows[0]["edit_error"] == f"{stat.error:.1f}"
    assert (rows[0]["n_runs"], rows[0]["n_runs_expected"]) == ("6", "6")
    assert rows[1]["map"] == rows[7]["edit"] == rows[4]["edit_std"] == ""
    assert rows[2]["title"] == f"'=Ours {NASTY}"


def test_csv_of_all_runs_keeps_what_was_measured() -> None:
    stray = replace(made("-stray", 0, 0, 90), table="other")
    rows = list(csv.DictReader(io.StringIO(runs_csv([*RUNS, stray], [MAIN]))))
    assert len(rows) == 2 * (len(RUNS) + 1)
    assert float(rows[0]["edit"]) == pytest.approx(RUNS[0].scores["edit"], abs=1e-6)
    assert rows[1]["labels"] == "decoded"
    assert rows[1]["map"] == ""
    assert rows[0]["videos"] == "01 04"
    assert (rows[-1]["row"], rows[-1]["title"]) == ("'-stray", "")


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


def test_long_names_are_shortened_and_no_formula() -> None:
    assert plain("x" * 90) == "x" * 59 + "…"
    assert plain("one two three four", 9) == "one two\nthree…"
    assert plain("x" * 30, 9) == f"{'x' * 9}\n{'x' * 8}…"


def test_bars_grow_with_the_rows() -> None:
    full = looked_at(scores_png(aggregate(MAIN, RUNS, 6)))
    part = replace(MAIN, rows=MAIN.rows[:1])
    assert len(looked_at(scores_png(aggregate(part, RUNS, 6)))) < len(full)


def test_long_titles_are_not_cut() -> None:
    titles = ("a_very_long_title_without_any_blank" * 4, "many words " * 12)
    rows = [replace(t, title=x) for t, x in zip(MAIN.rows, titles, strict=False)]
    looked_at(scores_png(aggregate(replace(MAIN, rows=tuple(rows)), RUNS, 6)))


def test_points_of_several_models_all_lie_inside() -> None:
    spec = replace(
        ROBUST, rows=tuple(level(m, x) for m in ("ours", "heatmap") for x in LOST)
    )
    runs = [
        run
        for m, share in (("ours", 0.1), ("heatmap", 0.9))
        for loss, cost in LOST.items()
        for run in all_runs(level_id(m, loss), 95 - cost * share, "robustness")
    ]
    picture = looked_at(levels_png(aggregate(spec, runs, 6)))
    orange = (np.abs(picture.astype(int) - (0, 94, 213)) < 3).all(axis=-1)
    blue = (np.abs(picture.astype(int) - (178, 114, 0)) < 3).all(axis=-1)
    # None is hidden by another, not even where both models have lost nothing.
    for seen in (orange, blue):
        rows = np.flatnonzero(seen[60:].any(axis=1))
        assert 1 + (np.diff(rows) > 1).sum() == len(LOST)


def test_errors_have_a_line_per_model_over_the_share_of_frames() -> None:
    titles = [
        replace(level(m, loss), share=share)
        for m in ("ours", "heatmap")
        for loss, share in zip(LOST, (0.0, 0.5, None), strict=True)
    ]
    runs = [
        run
        for m, cost in (("ours", 1), ("heatmap", 9))
        for loss in LOST
        for run in all_runs(level_id(m, loss), 95 - cost * len(loss), "robustness")
    ]
    spec = replace(ROBUST, rows=tuple(titles))
    table, change = aggregate(spec, runs, 6), changes(spec, runs, 6)
    assert change is not None
    picture = looked_at(shares_png(table, change))
    orange = (np.abs(picture.astype(int) - (0, 94, 213)) < 3).all(axis=-1)
    blue = (np.abs(picture.astype(int) - (178, 114, 0)) < 3).all(axis=-1)
    # More is lost, so the line ends higher; it is drawn in all three panels.
    for part in np.array_split(np.arange(picture.shape[1]), 3):
        tops = [
            np.flatnonzero(seen[200:, part].any(axis=1))[0] for seen in (orange, blue)
        ]
        assert tops[0] < tops[1]
    pictures = draw(ABOUT, [table, change], ())
    assert [p.name for p in pictures] == ["robustness.png", "robustness_shares.png"]


def test_points_of_one_model() -> None:
    looked_at(levels_png(aggregate(ROBUST, ROBUST_RUNS, 6)))


def test_strips_show_the_colours_of_the_classes() -> None:
    picture = looked_at(strips_png(BARS, CLASSES, COLORS))
    for index in np.unique(TRUTH[TRUTH >= 0]):
        red, green, blue = (int(COLORS[index][i : i + 2], 16) for i in (1, 3, 5))
        assert (picture == (blue, green, red)).all(axis=-1).sum() > 100


def test_a_black_line_marks_what_differs() -> None:
    def black(shift: int) -> int:
        bars = replace(BARS, rows={"Model": np.roll(TRUTH, shift)})
        picture = strips_png(bars, CLASSES, COLORS)
        return int((looked_at(picture) == 0).all(axis=-1).sum())

    assert black(0) < black(3) < black(30)


@pytest.mark.parametrize(
    "bars",
    [
        Bars("one frame", np.zeros(1, int), {"Model": np.ones(1, int)}),
        Bars("unlabelled", np.full(50, -1), {"Model": np.arange(50) % 17}),
        Bars("alone", np.arange(50) % 17, {}),
        Bars("a $ in it " * 30, np.arange(50) // 3, {"x" * 90: np.arange(50) // 4}),
    ],
    ids=lambda bars: bars.video[:10],
)
def test_odd_videos_have_strips(bars: Bars) -> None:
    names = [f"{name} {'long ' * 30}" for name in CLASSES]
    looked_at(strips_png(bars, names, COLORS))


@pytest.mark.parametrize(
    "labels", [np.zeros(499, int), np.full(500, 17), np.full(500, -2)]
)
def test_strips_must_fit(labels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="05: 'Fusion' has"):
        strips_png(replace(BARS, rows={"Fusion": labels}), CLASSES, COLORS)


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


def test_the_markdown_report_points_at_its_pictures(report: tuple[Path, ...]) -> None:
    text = report[0].read_text(encoding="utf-8")
    pictures = re.findall(r"\]\(([^)]+)\)", text)
    assert pictures == [path.name for path in report if path.suffix == ".png"]
    assert markdown_table(aggregate(MAIN, RUNS, 6)) in text
    assert "1 h 5 min" in text


def test_a_report_of_nothing(tmp_path: Path) -> None:
    about = replace(ABOUT, folds=(), notes=())
    paths = save_report(tmp_path, about, (MAIN,), (), ())
    assert [p.suffix for p in paths] == [".md", ".csv", ".csv"]


def test_nothing_is_written_where_a_run_is_doubled(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="delete all but one"):
        save_report(tmp_path, ABOUT, (MAIN,), [*RUNS, RUNS[0]], ())
    assert not list(tmp_path.iterdir())


def test_equal_reports_are_equal_bytes(tmp_path: Path) -> None:
    def written(name: str) -> dict[str, bytes]:
        paths = save_report(tmp_path / name, ABOUT, (MAIN,), RUNS, (BARS,))
        return {path.name: path.read_bytes() for path in paths}

    assert written("a") == written("b")

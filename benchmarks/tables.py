"""Tables of runs that lie in a folder, and rows compared in pairs; nothing is trained.

    python -m benchmarks.tables PROJECT docs/results/uw-iom --add out/runs

writes the report of the runs in ``runs.csv`` there and of others in ``--add``, all of
benchmarks of PROJECT, and prints against one row (``--against``) the mean
difference of every other over pairs of equal fold and seed. Its standard error is over
the folds, whose test subjects are independent; the seeds of a fold are not. Then it
prints what missing limbs cost every row, and how much more than they cost another
(``--robust``) on the same folds and seeds.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np

from benchmarks.paper.paper_tables import all_rows
from benchmarks.paper.report import save_report
from benchmarks.paper.report.records import (
    METRICS,
    ReportAbout,
    RunRecord,
    level_id,
    run_from_json,
)
from benchmarks.paper.report.text import runs_of_csv
from benchmarks.paper.run import of_all_rows, table_specs
from skelseg_core import __version__
from skelseg_core.learning.folds import folds_by_subject, subjects_of
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.poses.subject_input import losses_of
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.text_files import read_json

SHOWN = ("f1@10", "f1@50", "edit", "map", "accuracy")
NEVER = " never seen"
Runs = dict[tuple[str, int, int], float]
"""A score by row, fold and seed."""


def records_in(folder: Path) -> list[RunRecord]:
    """All records of the runs that a benchmark left in a folder."""
    return [
        run_from_json(value)
        for path in sorted(folder.glob("*.json"))
        for value in read_json(path)["records"]
    ]


def paired(records: list[RunRecord], row: str, other: str) -> list[str]:
    """Cells of a table: ``row`` minus ``other``, decoded, and folds it is above in."""
    runs = {(r.row, r.fold, r.seed): r.decoded for r in records}
    cells = [(f, s) for r, f, s in runs if r == row and (other, f, s) in runs]
    folds = np.array([fold for fold, _ in cells])
    texts = []
    for metric in SHOWN:
        leads = np.array(
            [runs[(row, *c)][metric] - runs[(other, *c)][metric] for c in cells]
        )
        means = [leads[folds == fold].mean() for fold in np.unique(folds)]
        error = np.std(means, ddof=1) / math.sqrt(len(means)) if len(means) > 1 else 0.0
        above = int((np.array(means) > 0).sum())
        texts.append(f"{leads.mean():+.1f} ± {error:.1f} ({above} of {len(means)})")
    return texts


def robust_table(
    records: list[RunRecord], losses: tuple[str, ...], metric: str, against: str
) -> list[str]:
    """Lines of two tables: points lost, and those lost beyond what ``against`` loses.

    Decoded, with the number of folds, or in how many of them more is lost; a limb that
    is never seen is the mean over limbs.
    """
    runs = {
        (r.row, r.fold, r.seed): r.decoded[metric]
        for r in records
        if r.table == "robustness"
    }
    never = [loss for loss in losses if loss.endswith(NEVER)]
    groups = {loss: [loss] for loss in losses if loss not in never}
    groups["a limb never seen"] = never
    # The one that costs most, on UW-IOM.
    groups |= {loss: [loss] for loss in never if loss.startswith("right forearm")}
    models = list(dict.fromkeys(row.partition(": ")[0] for row, _, _ in runs))
    lines = []
    for other in ("", against):
        what = f"lost beyond {other}" if other else f"{METRICS[metric]}, points lost"
        lines += [f"| {what} | runs | {' | '.join(groups)} |"]
        lines += [f"|---|---|{'---|' * len(groups)}"]
        for model in models:
            if model == other or (other and other not in models):
                continue
            cells = [(f, s) for row, f, s in runs if row == level_id(model, "")]
            texts = [_lost(runs, model, g, cells, other) for g in groups.values()]
            lines.append(f"| {model} | {len(cells)} | {' | '.join(texts)} |")
    return lines


def _lost(
    runs: Runs, model: str, losses: list[str], cells: list[tuple[int, int]], other: str
) -> str:
    both = [model, other] if other else [model]
    needed = [level_id(row, loss) for row in both for loss in ("", *losses)]
    cells = [cell for cell in cells if all((row, *cell) in runs for row in needed)]

    def change(row: str, cell: tuple[int, int]) -> float:
        lost = [runs[(level_id(row, loss), *cell)] for loss in losses]
        return float(np.mean(lost)) - runs[(level_id(row, ""), *cell)]

    leads = [change(model, c) - (change(other, c) if other else 0.0) for c in cells]
    folds = np.array([fold for fold, _ in cells])
    means = np.array([np.array(leads)[folds == f].mean() for f in np.unique(folds)])
    if len(means) < 2:
        return f"{means[0]:+.1f} (1)" if len(means) else "–"
    error = means.std(ddof=1) / math.sqrt(len(means))
    below = f"{int((means < 0).sum())} of " if other else ""
    return f"{means.mean():+.1f} ± {error:.1f} ({below}{len(means)})"


def main() -> None:
    """Write the report and print the pairs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("--add", type=Path, help="folder of runs")
    parser.add_argument("--against", default="keypoints")
    parser.add_argument("--robust", default="heatmap-frozen")
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--note", action="append", default=[])
    arguments = parser.parse_args()
    folder = ProjectFolder(arguments.project)
    project = folder.load()
    losses = losses_of(load_skeleton(project.skeleton))
    records = runs_of_csv((arguments.results / "runs.csv").read_text("utf-8"))
    if arguments.add:
        new = {(r.table, r.row, r.fold, r.seed): r for r in records_in(arguments.add)}
        kept = [r for r in records if (r.table, r.row, r.fold, r.seed) not in new]
        records = [*kept, *new.values()]
    rows = tuple(all_rows())
    made, tables = ({getattr(r, of) for r in records} for of in ("row", "table"))
    presets = [row.preset for row in rows if row.id in made]
    rows = tuple(r for r in rows if r.table in tables and r.preset in presets)
    records = of_all_rows(rows, records)
    about = ReportAbout(
        project=project.name,
        command=f"python -m benchmarks.paper {project.name} "
        f"--folds {arguments.folds} --seeds {arguments.seeds}",
        n_videos=len(project.tracks),
        n_frames=sum(v.n_frames for v in project.tracks),
        classes=project.label_map.names,
        colors=tuple(c.color for c in project.label_map.classes),
        folds=folds_by_subject(subjects_of(project.tracks), arguments.folds),
        seeds=arguments.seeds,
        wall_s=math.nan,
        machine="several",
        version=__version__,
        notes=tuple(arguments.note),
    )
    specs = table_specs(rows, losses, {record.row for record in records})
    save_report(arguments.results, about, specs, records, ())
    print(f"| minus {arguments.against} | {' | '.join(METRICS[m] for m in SHOWN)} |")
    print(f"|---|{'---|' * len(SHOWN)}")
    for row in dict.fromkeys(r.row for r in records if r.table in ("main", "limbs")):
        if row in made and row != arguments.against:
            print(f"| {row} | {' | '.join(paired(records, row, arguments.against))} |")
    for metric in ("f1@10", "accuracy"):
        print(*robust_table(records, losses, metric, arguments.robust), sep="\n")


if __name__ == "__main__":
    main()

"""Effort of labelling UW-IOM by each way of working, by a simulated person.

`python -m benchmarks.review OUT --data SRC` trains `keypoints` on four folds of people
for each of three seeds and keeps in OUT what it says of the people it has not seen
(SRC holds the published layout of UW-IOM; 40 minutes of one core, as `benchmarks.queue`
does). With OUT alone it reads what lies there. Habits are counted, and temperatures
fitted, on the people of the other folds. It prints the tables of
`docs/results/review.md`, and with --pictures FOLDER draws their curves.
"""

from __future__ import annotations

import argparse
import itertools
import json
from pathlib import Path

import numpy as np

from benchmarks.queue import SEEDS, train_folds, videos_of
from skelseg_core.benchmark.report.effort_page import curves_png, page
from skelseg_core.labels.classes import LabelMap, label_map_from_names
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.review.effort import POLICIES, Case, Costs
from skelseg_core.review.habits import Habits
from skelseg_core.tasks.effort import (
    COLLARS,
    EffortRow,
    as_json,
    curves_of,
    kinds_table,
    simulated,
    table_of,
)


def cases(out: Path, seed: int, label_map: LabelMap) -> list[Case]:
    found = {v.name: v for v in videos_of(out, seed)}
    folds = {
        name: int(np.load(out / f"{name}.seed{seed}.npz")["fold"]) for name in found
    }
    made = []
    for name, video in found.items():
        others = [v for n, v in found.items() if folds[n] != folds[name]]
        habits = Habits.of((v.truth.segmentation, v.evidence.rate) for v in others)
        truth: Segmentation = video.truth.segmentation
        made.append(Case(name, truth, video.evidence, label_map, habits, seed))
    return made


def names_in(out: Path, n_classes: int) -> LabelMap:
    for root in (out / "project", out / "uw"):
        if (root / "project.json").is_file():
            return ProjectFolder(root).load_only(()).label_map
    return label_map_from_names([f"class {n}" for n in range(n_classes)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--policy", nargs="*", default=list(POLICIES))
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args()
    if options.data:
        train_folds(options.data, options.out)
    label_map = names_in(options.out, 17)
    every = itertools.chain.from_iterable(
        cases(options.out, seed, label_map) for seed in range(options.seeds)
    )
    costs = Costs()
    rows: list[EffortRow] = run(simulated(list(every), options.policy, COLLARS, costs))
    print("\n".join(table_of(rows, costs)))
    print()
    print("\n".join(kinds_table(rows)))
    for row in rows:
        if row.looked_at is not None:
            print(f"\n{row.policy}, K={row.collar}: {row.looked_at:.0%} for 80 %")
    if options.pictures:
        png = curves_png(curves_of(rows))
        (options.pictures / "review-curves.png").write_bytes(png)
        text = page([table_of(rows, costs), kinds_table(rows)], png, "Review")
        (options.pictures / "review.html").write_text(text)
        values = json.dumps(as_json(rows, costs, {}), indent=1)
        (options.pictures / "review.json").write_text(values)


if __name__ == "__main__":
    main()

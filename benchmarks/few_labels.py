"""Measure what videos without labels give where few are labelled.

Draws of one, two and four labelled people of UW-IOM (`draw`): `keypoints` trained on
them alone (plain), and by `learning.self_training` (self-trained). Half of the other
people are learnt from without their labels, the other half is seen by no training; both
are scored.

``python -m benchmarks.few_labels PATH_OF_UW_IOM docs/results/few-labels`` makes the
runs that have no file there, and prints the tables of ``docs/results/few-labels.md``.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from skelseg_core.config import Preset, load_preset
from skelseg_core.features.video_features import features_of
from skelseg_core.features.video_work import FeatureWork
from skelseg_core.labels.decoding import pre_labels
from skelseg_core.labels.metrics import evaluate
from skelseg_core.labels.transitions import count_transitions
from skelseg_core.learning.data import Sample
from skelseg_core.learning.inference import predict_probabilities
from skelseg_core.learning.models import SegmentationModel
from skelseg_core.learning.recipes import MOST_LABELLED
from skelseg_core.learning.self_training import train_with_unlabelled
from skelseg_core.learning.training import train
from skelseg_core.poses.poses3d import Camera
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.tasks.importing import import_dataset, load_dataset
from skelseg_core.tasks.train import sample_of

RATE = 10.0
FIGURES = ("f1@10", "f1@50", "edit", "accuracy")
PARTS = ("learnt from", "unseen")


@dataclass(frozen=True)
class Draw:
    """People that are labelled, learnt from without labels, and seen by nothing."""

    labelled: tuple[int, ...]
    used: tuple[int, ...]
    unseen: tuple[int, ...]


def draw(n_people: int, size: int, number: int) -> Draw:
    """Draw people; no two draws of a size share a labelled one while there are any."""
    rng = np.random.default_rng(size)
    order: list[int] = []
    while len(order) < size * (number + 1):
        order += rng.permutation(n_people).tolist()
    labelled = order[size * number : size * (number + 1)]
    rest = [i for i in range(n_people) if i not in labelled]
    rest = np.random.default_rng([size, number]).permutation(rest).tolist()
    return Draw(tuple(labelled), tuple(rest[::2]), tuple(rest[1::2]))


Method = Callable[[Sequence[Sample], Sequence[Sample], Preset, int], SegmentationModel]


def plain(
    labelled: Sequence[Sample], used: Sequence[Sample], preset: Preset, n_classes: int
) -> SegmentationModel:
    """Train on what is labelled alone."""
    return run(train(labelled, preset, n_classes, threads=1)).model


def self_trained(
    labelled: Sequence[Sample], used: Sequence[Sample], preset: Preset, n_classes: int
) -> SegmentationModel:
    """Train again with the sure labels that a first training gives the others."""
    task = train_with_unlabelled(labelled, used, preset, n_classes, threads=1)
    return run(task).model


METHODS: dict[str, Method] = {"plain": plain, "self-trained": self_trained}


def measured(
    samples: Sequence[Sample], size: int, number: int, method: Method
) -> dict[str, object]:
    """Train on one draw and score it."""
    people = draw(len(samples), size, number)
    labelled = [samples[i] for i in people.labelled]
    n_classes = 1 + max(int(s.labels.max()) for s in samples)
    hidden = [
        replace(samples[i], labels=np.full(len(samples[i]), -1)) for i in people.used
    ]
    preset = load_preset("keypoints")
    preset = replace(preset, train=replace(preset.train, seed=number))
    model = method(labelled, hidden, preset, n_classes)
    parts = zip(PARTS, (people.used, people.unseen), strict=True)
    return {
        "labelled": [s.name for s in labelled],
        **{
            name: scores(model, labelled, [samples[i] for i in part], n_classes)
            for name, part in parts
        },
    }


def scores(
    model: SegmentationModel,
    labelled: Sequence[Sample],
    judged: Sequence[Sample],
    n_classes: int,
) -> dict[str, float]:
    """Score the pre-labels of people, decoded by what the labelled ones showed."""
    counted = count_transitions(((s.labels, RATE) for s in labelled), n_classes)
    pairs = []
    for sample in judged:
        said = predict_probabilities(model, sample.features)
        found = pre_labels(said, range(n_classes), RATE, counted)
        pairs.append((sample.labels, found.to_frames()))
    found = evaluate(pairs)
    return {name: round(found[name], 2) for name in FIGURES}


def samples_of(source: Path) -> list[Sample]:
    """Import UW-IOM and read it."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "uw-iom"
        dataset = load_dataset("uw-iom", source)
        run(import_dataset(dataset, root, Camera(1050.0, 1920, 1080)))
        return read(ProjectFolder(root))


def read(folder: ProjectFolder) -> list[Sample]:
    """Read the videos of a project as `keypoints` sees them, in the order of names."""
    project, preset = folder.load(), load_preset("keypoints")
    items = sorted(project.tracks, key=lambda v: v.id)
    works = [FeatureWork(folder, project, v, 1) for v in items]
    return [
        sample_of(project, v, run(features_of(work, preset)))
        for v, work in zip(items, works, strict=True)
    ]


Runs = Mapping[tuple[int, int, str], Mapping[str, Mapping[str, float]]]
"""Figures by size, number of the draw and method, then by part and name."""


def runs_in(folder: Path) -> Runs:
    """Read the run files of a folder."""
    runs = {}
    for path in sorted(folder.glob("*.json")):
        size, number, name = path.stem.split(".")
        runs[int(size), int(number), name] = json.loads(path.read_text("utf-8"))
    return runs


def tables(runs: Runs) -> str:
    """Write the means, and the leads over plain in pairs of the same draw."""
    sizes = sorted({size for size, _, _ in runs})
    few = [size for size in sizes if size <= MOST_LABELLED]
    names = list(dict.fromkeys(["plain", *sorted({name for _, _, name in runs})]))
    lines = []
    for part in PARTS:
        lines += [f"\n{part}\n", "| labelled | | " + " | ".join(FIGURES) + " |"]
        lines += ["|---" * (len(FIGURES) + 2) + "|"]
        for group in [*([size] for size in sizes), few]:
            for name in names:
                draws = [
                    (size, number)
                    for size, number, of in runs
                    if of == name and size in group and (size, number, "plain") in runs
                ]
                if {size for size, _ in draws} == set(group):
                    which = ", ".join(map(str, group))
                    cells = [cell(runs, draws, name, part, f) for f in FIGURES]
                    lines.append(f"| {which} | {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def cell(
    runs: Runs, draws: Sequence[tuple[int, int]], name: str, part: str, figure: str
) -> str:
    """Say a figure of a method, and its lead over plain in how many of the draws."""
    here = [runs[(*d, name)][part][figure] for d in draws]
    if name == "plain":
        return mean_and_error(here)
    base = [runs[(*d, "plain")][part][figure] for d in draws]
    leads = [a - b for a, b in zip(here, base, strict=True)]
    above = sum(lead > 0 for lead in leads)
    lead = mean_and_error(leads, "+.1f")
    return f"{np.mean(here):.1f} ({lead}, {above} of {len(leads)})"


def mean_and_error(values: Sequence[float], form: str = ".1f") -> str:
    """Say the mean of draws and its standard error."""
    error = np.std(values, ddof=1) / math.sqrt(len(values)) if len(values) > 1 else 0
    return f"{np.mean(values):{form}} ± {error:.1f}"


def main() -> None:
    """Make the runs that are missing and print the tables of all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="Folder of UW-IOM.")
    parser.add_argument("runs", type=Path, help="Folder of the run files.")
    parser.add_argument("--labelled", type=int, nargs="*", default=[1, 2, 4])
    parser.add_argument("--draws", type=int, default=5)
    arguments = parser.parse_args()
    wanted = [
        (size, number, name, arguments.runs / f"{size}.{number}.{name}.json")
        for size in arguments.labelled
        for number in range(arguments.draws)
        for name in METHODS
    ]
    missing = [run for run in wanted if not run[-1].is_file()]
    samples = samples_of(arguments.source) if missing else []
    arguments.runs.mkdir(parents=True, exist_ok=True)
    for size, number, name, path in missing:
        found = measured(samples, size, number, METHODS[name])
        path.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
        print(path.name, flush=True)
    print(tables(runs_in(arguments.runs)))


if __name__ == "__main__":
    main()

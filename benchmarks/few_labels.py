"""Measure what videos without labels give where few are labelled.

For some choices of so many labelled videos of UW-IOM: `keypoints` trained on them, and
trained on them and on half of the other videos, whose labels are not looked at
(`learning.self_training`). Both are scored on these and on the other half, which
neither has seen.

``python -m benchmarks.few_labels PATH_OF_UW_IOM`` prints the rows of
``docs/results/few-labels.md``; ten minutes of one core a row.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from skelseg_core.config import load_preset
from skelseg_core.features.per_video import FeatureWork, features_of
from skelseg_core.labels.decoding import pre_labels
from skelseg_core.labels.metrics import evaluate
from skelseg_core.labels.transitions import count_transitions
from skelseg_core.learning.data import Sample
from skelseg_core.learning.inference import predict_probabilities
from skelseg_core.learning.models import SegmentationModel
from skelseg_core.learning.self_training import train_with_unlabelled
from skelseg_core.poses.poses3d import Camera
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.tasks.importing import import_dataset, load_dataset
from skelseg_core.tasks.train import sample_of

FIRST = (0, 5, 10)
"""Places of the first labelled video, in the order of their names."""
RATE = 10.0
FIGURES = ("f1@10", "f1@50", "edit", "accuracy")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="Folder of UW-IOM.")
    parser.add_argument("--labelled", type=int, nargs="*", default=[1, 2])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "uw-iom"
        dataset = load_dataset("uw-iom", arguments.source)
        run(import_dataset(dataset, root, Camera(1050.0, 1920, 1080)))
        samples = read(ProjectFolder(root))
    print(
        "| labelled | from | plain: learnt from | plain: unseen | with | with: unseen |"
    )
    print("|---|---|---|---|---|---|")
    for n in arguments.labelled:
        for first in FIRST:
            print(f"| {n} | {first} | {row(samples, n, first)} |", flush=True)


def read(folder: ProjectFolder) -> list[Sample]:
    project, preset = folder.load(), load_preset("keypoints")
    items = sorted(project.videos, key=lambda v: v.id)
    works = [FeatureWork(folder, project, v, 1) for v in items]
    return [
        sample_of(project, v, run(features_of(work, preset)))
        for v, work in zip(items, works, strict=True)
    ]


def row(samples: Sequence[Sample], n: int, first: int) -> str:
    places = [(first + i) % len(samples) for i in range(n)]
    labelled = [samples[i] for i in places]
    rest = [s for i, s in enumerate(samples) if i not in places]
    used, unseen = rest[::2], rest[1::2]
    n_classes = 1 + max(int(s.labels.max()) for s in samples)
    hidden = [replace(s, labels=np.full(len(s), -1)) for s in used]
    cells = []
    for others in ([], hidden):
        task = train_with_unlabelled(
            labelled, others, load_preset("keypoints"), n_classes, threads=1
        )
        model = run(task).model
        cells += [scores(model, labelled, part, n_classes) for part in (used, unseen)]
    return " | ".join(cells)


def scores(
    model: SegmentationModel,
    labelled: Sequence[Sample],
    judged: Sequence[Sample],
    n_classes: int,
) -> str:
    counted = count_transitions(((s.labels, RATE) for s in labelled), n_classes)
    pairs = []
    for sample in judged:
        said = predict_probabilities(model, sample.features)
        found = pre_labels(said, range(n_classes), RATE, counted)
        pairs.append((sample.labels, found.to_frames()))
    found = evaluate(pairs)
    return " / ".join(f"{found[name]:.1f}" for name in FIGURES)


if __name__ == "__main__":
    main()

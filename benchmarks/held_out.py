"""Compare the figure that the program shows of a model with what is true.

For 1, 2, 4, 8 and 15 labelled videos of UW-IOM: the accuracy on the labels that were
trained on, the figure of `tasks.measure`, and the accuracy on the videos that neither
has used, with the calibration error there before and after the temperature.

``python -m benchmarks.held_out PATH_OF_UW_IOM`` prints the table of
``docs/results/held-out.md``; twenty to thirty minutes of one core. With ``--labelled
01 02 04 05`` it prints the row of these videos alone.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from skelseg_core.config import load_preset
from skelseg_core.features.per_video import FeatureWork, features_of
from skelseg_core.labels.decoding import pre_labels
from skelseg_core.labels.metrics import evaluate
from skelseg_core.learning.calibration import calibration_error, tempered
from skelseg_core.learning.model_info import ModelInfo
from skelseg_core.poses.poses3d import Camera
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.tasks.importing import import_dataset, load_dataset
from skelseg_core.tasks.measure_model import measure
from skelseg_core.tasks.train import persons_labels, train

COUNTS = (1, 2, 4, 8, 15)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="Folder of UW-IOM.")
    parser.add_argument("--preset", default="keypoints")
    parser.add_argument("--counts", type=int, nargs="*", default=list(COUNTS))
    parser.add_argument("--labelled", nargs="*", default=[], help="Ids of videos.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "uw-iom"
        dataset = load_dataset("uw-iom", arguments.source)
        run(import_dataset(dataset, root, Camera(1050.0, 1920, 1080)))
        folder = ProjectFolder(root)
        project = folder.load()
        print(
            "| labelled | on the labels trained on | shown: held out | true: unused "
            "| F1@50, shown / true | ECE on unused, before / after | temperature "
            "| in doubt |\n|---|---|---|---|---|---|---|---|",
            flush=True,
        )
        videos = [v.id for v in project.videos]
        named = [arguments.labelled] if arguments.labelled else []
        for labelled in named or [videos[:n] for n in arguments.counts]:
            print(row(folder, project, labelled, arguments.preset), flush=True)


def row(
    folder: ProjectFolder, project: Project, labelled: list[str], preset: str
) -> str:
    from skelseg_core.learning.models.checkpoint import load_model

    n = len(labelled)
    root, name = str(folder.root), f"of-{n}"
    others = [v.id for v in project.videos if v.id not in labelled]
    run(train(root, name, preset, labelled, threads=1))
    run(measure(root, name, threads=1))
    network, info = load_model(folder.model_dir(name))
    held = info.held_out
    scores, before, after = unused(folder, project, network, info, others, preset)
    shown, f1 = "not measured", "–"
    if info.measured:
        f1 = f"{held['f1@50']:.1f}"
        shown = (
            f"**{held['accuracy']:.1f}**, single people {held['low']:.1f} to "
            f"{held['high']:.1f} ({held['n_frames']:,} frames, {held['n_videos']} of "
            f"{n})"
        )
    return (
        f"| {n} | {info.metrics['train_accuracy']:.1f} | {shown} "
        f"| {scores['accuracy']:.1f}, single people {scores['low']:.1f} to "
        f"{scores['high']:.1f} ({len(others)}) "
        f"| {f1} / {scores['f1@50']:.1f} | {before:.1f} / {after:.1f} "
        f"| {info.temperature:.2f} | {len(info.doubts)} |"
    )


def unused(
    folder: ProjectFolder,
    project: Project,
    network: Any,
    info: ModelInfo,
    videos: list[str],
    preset: str,
) -> tuple[dict[str, float], float, float]:
    from skelseg_core.learning.inference import predict_probabilities

    pairs, said = [], []
    for item in (project.video(v) for v in videos):
        found = run(
            features_of(FeatureWork(folder, project, item, 1), load_preset(preset))
        )
        values = predict_probabilities(network, found.features)
        labels = persons_labels(project, item)
        columns, counted = range(values.shape[1]), info.counted
        decoded = pre_labels(values, columns, item.mean_rate, counted)
        pairs.append((labels, decoded.to_frames()))
        said.append(values)
    values, labels = np.concatenate(said), np.concatenate([p[0] for p in pairs])
    before = calibration_error(values, labels)
    after = calibration_error(tempered(values, info.temperature), labels)
    single = [evaluate([pair])["accuracy"] for pair in pairs]
    spread = {"low": min(single), "high": max(single)}
    return evaluate(pairs) | spread, before, after


if __name__ == "__main__":
    main()

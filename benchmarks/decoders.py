"""Compare decoders and temperatures on the same probabilities of unseen people.

Four folds by subject of UW-IOM, one seed: frame by frame; a price for every change and
five frames at least, as models of before are decoded; transitions counted in the
training labels, on the probabilities as the network gives them and on calibrated ones.

``python -m benchmarks.decoders PATH_OF_UW_IOM``; a few minutes of one core.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skelseg_core.config import load_preset
from skelseg_core.features.per_video import FeatureWork, features_of
from skelseg_core.labels.decoding import decode, pre_labels, switch_price
from skelseg_core.labels.metrics import evaluate
from skelseg_core.labels.transitions import Transitions, count_transitions
from skelseg_core.learning.calibration import (
    calibration_error,
    fit_temperature,
    tempered,
)
from skelseg_core.learning.data import Sample
from skelseg_core.learning.folds import folds_by_subject, subjects_of
from skelseg_core.poses.poses3d import Camera
from skelseg_core.poses.skeleton import load_skeleton
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.tasks.importing import import_dataset, load_dataset
from skelseg_core.tasks.train import sample_of

NAMES = ("f1@10", "f1@25", "f1@50", "edit", "accuracy")


@dataclass(frozen=True, eq=False)
class Fold:
    """What one model said of each video it had not seen, and what it had counted."""

    labels: Sequence[np.ndarray]
    said: Sequence[np.ndarray]
    rates: Sequence[float]
    counted: Transitions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="Folder of UW-IOM.")
    parser.add_argument("--preset", default="keypoints")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folds = trained(arguments.source, Path(place) / "uw-iom", arguments.preset)
    said = np.concatenate([p for f in folds for p in f.said])
    labels = np.concatenate([y for f in folds for y in f.labels])
    others = [_temperature([g for g in folds if g is not f]) for f in folds]
    calibrated = np.concatenate(
        [tempered(p, t) for f, t in zip(folds, others, strict=True) for p in f.said]
    )
    found = ", ".join(f"{t:.2f}" for t in others)
    print(f"temperatures fitted on the other folds: {found}")
    before = calibration_error(said, labels)
    print(f"ECE {before:.1f} before, {calibration_error(calibrated, labels):.1f} after")
    print("\n| | F1@10 | F1@25 | F1@50 | edit | accuracy |\n|---|---|---|---|---|---|")
    for name, decoder in decoders(dict(zip(map(id, folds), others, strict=True))):
        rows = [[scores(f, decoder)[n] for n in NAMES] for f in folds]
        figures = " | ".join(f"{x:.1f}" for x in np.mean(rows, axis=0))
        print(f"| {name} | {figures} |")


def trained(source: Path, root: Path, name: str) -> list[Fold]:
    from skelseg_core.learning.inference import predict_probabilities
    from skelseg_core.learning.training import train

    run(import_dataset(load_dataset("uw-iom", source), root, Camera(1050, 1920, 1080)))
    folder, preset = ProjectFolder(root), load_preset(name)
    project = folder.load()
    samples: dict[str, Sample] = {}
    for item in project.videos:
        found = run(features_of(FeatureWork(folder, project, item, 1), preset))
        samples[item.id] = sample_of(project, item, found)
    rates = {v.id: v.mean_rate for v in project.videos}
    n, skeleton = len(project.label_map), load_skeleton(project.skeleton)
    folds = []
    for test in folds_by_subject(subjects_of(folder, project), 4):
        rest = [s for v, s in samples.items() if v not in test]
        task = train(rest, preset, n, threads=1, skeleton=skeleton)
        model = run(task).model
        folds.append(
            Fold(
                [samples[v].labels for v in test],
                [predict_probabilities(model, samples[v].features) for v in test],
                [rates[v] for v in test],
                count_transitions(((s.labels, rates[s.name]) for s in rest), n),
            )
        )
    return folds


Decoder = Callable[[Fold, np.ndarray, float], np.ndarray]


def decoders(temperatures: Mapping[int, float]) -> list[tuple[str, Decoder]]:
    def calibrated(fold: Fold, p: np.ndarray, rate: float) -> np.ndarray:
        sure = tempered(p, temperatures[id(fold)])
        return pre_labels(sure, _ids(p), rate, fold.counted).to_frames()

    return [
        ("frame by frame", lambda _, p, rate: p.argmax(axis=1)),
        (
            "a price for every change, five frames at least",
            lambda _, p, rate: pre_labels(p, _ids(p), rate).to_frames(),
        ),
        (
            "the same without a least length",
            lambda _, p, rate: decode(
                p, _ids(p), switch_penalty=switch_price(rate), min_frames=1
            ).to_frames(),
        ),
        (
            "transitions counted in the training labels, no least length",
            lambda f, p, rate: pre_labels(p, _ids(p), rate, f.counted).to_frames(),
        ),
        ("the same on calibrated probabilities", calibrated),
    ]


def scores(fold: Fold, decoder: Decoder) -> dict[str, float]:
    told = zip(fold.labels, fold.said, fold.rates, strict=True)
    return evaluate([(y, decoder(fold, p, rate)) for y, p, rate in told])


def _ids(probabilities: np.ndarray) -> range:
    return range(probabilities.shape[1])


def _temperature(folds: Sequence[Fold]) -> float:
    said = np.concatenate([p for f in folds for p in f.said])
    return fit_temperature(said, np.concatenate([y for f in folds for y in f.labels]))


if __name__ == "__main__":
    main()

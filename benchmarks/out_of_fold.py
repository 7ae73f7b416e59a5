"""People that a model has not seen: UW-IOM in four folds, three seeds each.

`train_folds` trains `keypoints` and keeps in a folder what each model says of the
people it has not seen (40 minutes of one core); `videos_of` reads them, calibrated and
with transitions counted on the other folds only.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.working_lane import WorkingLane
from skelseg_core.config import load_preset, to_dict
from skelseg_core.features.video_features import features_of
from skelseg_core.features.video_work import FeatureWork
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.labels.transitions import count_transitions
from skelseg_core.learning.calibration import fit_temperature, tempered
from skelseg_core.learning.inference import predict_probabilities
from skelseg_core.learning.models.checkpoint import load_model
from skelseg_core.poses.poses3d import Camera
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.review.evidence import Evidence
from skelseg_core.tasks.importing import import_dataset, load_dataset
from skelseg_core.tasks.train import train

FOLDS, SEEDS = 4, 3


@dataclass(frozen=True, eq=False)
class Video:
    """A video that the model has not seen, and the truth."""

    name: str
    evidence: Evidence
    pre_label: Segmentation
    truth: WorkingLane
    seed: int = 0


def train_folds(data: Path, out: Path) -> None:
    root = out / "project"
    if not (root / "project.json").is_file():
        dataset = load_dataset("uw-iom", data)
        run(import_dataset(dataset, root, Camera(1050.0, 1920, 1080)))
    folder = ProjectFolder(root)
    project = folder.load()
    names = sorted(v.id for v in project.tracks)
    preset = load_preset("keypoints")
    for seed in range(SEEDS):
        values = to_dict(preset)
        values["train"] = {**values["train"], "seed": seed}
        for fold in range(FOLDS):
            model, held_out = f"fold{fold}-seed{seed}", names[fold::FOLDS]
            rest = [v for v in names if v not in held_out]
            if not (folder.model_dir(model) / "model.json").is_file():
                run(train(str(root), model, values, rest, threads=1))
            network, info = load_model(folder.model_dir(model))
            for name in held_out:
                item = project.track(name)
                found = run(features_of(FeatureWork(folder, project, item, 1), preset))
                np.savez(
                    out / f"{name}.seed{seed}.npz",
                    probabilities=predict_probabilities(network, found.features),
                    class_ids=np.array(info.class_ids),
                    truth=item.annotation.to_frames(),
                    fold=fold,
                    rate=item.video.mean_rate,
                )


def videos_of(out: Path, seed: int) -> list[Video]:
    paths = sorted(out.glob(f"*.seed{seed}.npz"))
    loaded = {p.name.split(".")[0]: dict(np.load(p)) for p in paths}

    def columns(values: dict[str, np.ndarray]) -> np.ndarray:
        ids = values["class_ids"]
        found = np.searchsorted(np.sort(ids), values["truth"])
        return np.argsort(ids)[found]

    made = []
    for name, values in loaded.items():
        others = [v for v in loaded.values() if v["fold"] != values["fold"]]
        labels = [columns(v) for v in others]
        temperature = fit_temperature(
            np.concatenate([v["probabilities"] for v in others]), np.concatenate(labels)
        )
        rates = [float(v["rate"]) for v in others]
        counted = count_transitions(
            zip(labels, rates, strict=True), len(values["class_ids"])
        )
        evidence = Evidence(
            tempered(values["probabilities"], temperature),
            values["class_ids"].astype(np.int64),
            float(values["rate"]),
            counted,
            temperature,
        )
        truth = WorkingLane.of(Segmentation.from_frames(values["truth"]))
        made.append(Video(name, evidence, evidence.decode(), truth, seed))
    return made

"""Means of a skeleton branch and branches of pictures, at every stage and at the end.

    python -m benchmarks.fusion --out hands --signs FOLDER

trains `heatmap`, `keypoints` and networks on pictures of both hands and of the person
by our recipe, each once for each seed, and scores them and means of them with several
shares, on the projects of `benchmarks.hands`. At every stage: as in the paper the
branches are fused at each stage and go on from what it predicts, with the start that
training gives a fused network (the mean of its branches) and no training after it.
Writes ``trials.csv``. Branches that lie in ``--out`` are not trained again.
"""

from __future__ import annotations

import argparse
import copy
import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from benchmarks import hands
from skelseg_core.config import ModelConfig, Preset, load_preset
from skelseg_core.features.estimated_poses import poses_of
from skelseg_core.features.video_features import features_of
from skelseg_core.features.video_work import FeatureWork
from skelseg_core.labels.decoding import pre_labels
from skelseg_core.labels.metrics import evaluate
from skelseg_core.learning.data import Sample
from skelseg_core.learning.models import SegmentationModel, build_model
from skelseg_core.learning.models.fusion import FusionMSTCNPlusPlus
from skelseg_core.learning.models.ms_tcn import MSTCNPlusPlus
from skelseg_core.learning.training import train
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.tasks.train import sample_of

SKELETONS = ("heatmap", "keypoints")
SHARES = {
    ("hands",): ((1 / 2, 1 / 2), (2 / 3, 1 / 3), (3 / 4, 1 / 4)),
    ("person",): ((1 / 2, 1 / 2), (2 / 3, 1 / 3), (3 / 4, 1 / 4)),
    ("hands", "person"): ((1 / 3,) * 3, (1 / 2, 1 / 4, 1 / 4), (0.6, 0.2, 0.2)),
}
"""Of the skeleton, and of each branch of pictures beside it."""


def preset_of(branch: str) -> Preset:
    """Return the recipe of a branch."""
    if branch in SKELETONS:
        return load_preset(branch)
    preset = load_preset("hands")
    model = replace(preset.model, network="ms-tcn++", modalities=("rgb",))
    seen = "hands" if branch == "hands" else "subject"
    features = replace(preset.features, rgb_crop=seen)  # type: ignore[arg-type]
    return replace(preset, model=model, features=features)


@dataclass(frozen=True)
class Branch:
    """A trained network of one modality, and its features by video."""

    model: SegmentationModel
    features: Mapping[str, np.ndarray]

    def logits(self, video: str) -> np.ndarray:
        """Compute the logits (C, T) of the last stage."""
        (modality,) = self.model.in_dims
        return logits(self.model, {modality: self.features[video]})


def logits(model: SegmentationModel, features: Mapping[str, np.ndarray]) -> np.ndarray:
    """Compute the logits (C, T) of the last stage."""
    with torch.inference_mode():
        found: np.ndarray = model.streamed(features)[-1, 0].numpy()
    return found


def fused(
    branches: Mapping[str, Branch],
    shares: Sequence[float] | np.ndarray,
    config: ModelConfig,
) -> SegmentationModel:
    """Fuse branches at every stage so that each stage predicts their weighted mean.

    ``shares`` are of the branches, (N,), or by stage, (S, N).
    """
    trained = {name: b.model for name, b in branches.items()}
    networks = {name: m.network for name, m in trained.items()}
    inner: dict[str, nn.Module] = {}
    dims, seen, encoders = {}, {}, {}
    for name, model in trained.items():
        ((modality, dims[name]),) = model.in_dims.items()
        seen[name] = dims[name]
        if modality in model.encoders:
            encoder: Any = copy.deepcopy(model.encoders[modality])
            encoders[name], seen[name] = encoder, encoder.out_dim
        elif modality in model.inputs:
            inner[name] = model.inputs[modality]
    first = next(iter(networks.values()))
    assert isinstance(first, MSTCNPlusPlus)
    network = FusionMSTCNPlusPlus(seen, first.shape)
    network.load_branches(networks)
    by_stage = np.broadcast_to(shares, (first.shape.n_distinct, len(branches)))
    with torch.no_grad():
        for index, at_stage in enumerate(by_stage.tolist()):
            columns = np.repeat(at_stage, config.n_features) * len(at_stage)
            weight = network.fusions[index].get_parameter("weight")
            weight.mul_(torch.from_numpy(columns.astype(np.float32))[None, :, None])
            biases = [
                share * networks[name].get_parameter(f"heads.{index}.bias")
                for name, share in zip(networks, at_stage, strict=True)
            ]
            bias = network.heads[index].get_parameter("bias")
            bias.copy_(torch.stack(biases).sum(dim=0))
    model = SegmentationModel(network, dims, tuple(inner), encoders)
    for name, layer in inner.items():
        model.inputs[name].load_state_dict(layer.state_dict())
    return model.eval()


@dataclass(frozen=True)
class People:
    """One person of the training videos: the frames (T,) by video that show him."""

    name: str
    frames: Mapping[str, np.ndarray]

    def removed(self, sample: Sample) -> Sample:
        """Take the labels of the person out of a sample."""
        labels = np.where(self.frames[sample.name], -1, sample.labels)
        return replace(sample, labels=labels)

    def alone(self, sample: Sample) -> Sample:
        """Leave the labels of the person alone."""
        labels = np.where(self.frames[sample.name], sample.labels, -1)
        return replace(sample, labels=labels)


@dataclass(frozen=True)
class Trials:
    """A project, which of its videos are tested, and where branches are kept."""

    folder: ProjectFolder
    tested: tuple[str, ...]
    out: Path

    def samples(self, name: str) -> dict[str, Sample]:
        """Make what a branch sees of each video."""
        project, preset = self.folder.load(), preset_of(name)
        samples: dict[str, Sample] = {}
        for item in project.tracks:
            work = FeatureWork(self.folder, project, item, 1)
            found = run(features_of(work, preset))
            samples[item.id] = sample_of(project, item, found)
        return samples

    def branch(self, name: str, seed: int, without: People | None = None) -> Branch:
        """Train a branch, or load it; without a person, if one is left out."""
        preset = preset_of(name)
        preset = replace(preset, train=replace(preset.train, seed=seed))
        project = self.folder.load()
        samples = self.samples(name)
        features = {v: next(iter(s.features.values())) for v, s in samples.items()}
        left_out = f".without-{without.name}" if without else ""
        file = f"{self.folder.root.name}.{name}.{seed}{left_out}.safetensors"
        path = self.out / file
        skeleton, n_classes = load_skeleton(project.skeleton), len(project.classes)
        if path.is_file():
            (modality,) = preset.model.modalities
            dims: dict[str, int] = {modality: next(iter(features.values())).shape[1]}
            model = build_model(preset.model, dims, n_classes, skeleton)
            model.load_state_dict(load_file(path))
            return Branch(model.eval(), features)
        known = [s for v, s in samples.items() if v not in self.tested]
        if without:
            known = [without.removed(s) for s in known]
        result = run(train(known, preset, n_classes, threads=1, skeleton=skeleton))
        arrays = {k: v.contiguous() for k, v in result.model.state_dict().items()}
        save_file(arrays, path)
        return Branch(result.model, features)

    def scores(self, said: Mapping[str, np.ndarray]) -> dict[str, float]:
        """Score logits (C, T) by video, decoded as pre-labels are."""
        project = self.folder.load()
        pairs = []
        for video, values in said.items():
            (item,) = (v for v in project.tracks if v.id == video)
            truth = project.classes.to_indices(item.annotation.to_frames())
            sure = torch.from_numpy(values).softmax(dim=0).numpy().T
            decoded = pre_labels(sure, range(sure.shape[1]), item.video.mean_rate)
            pairs.append((truth, decoded.to_frames()))
        return evaluate(pairs)

    def rows(self, seed: int) -> list[list[object]]:
        """Score all branches, and all means of them."""
        pictures = ("hands", "person")
        branches = {n: self.branch(n, seed) for n in (*SKELETONS, *pictures)}
        alone = {n: {v: b.logits(v) for v in self.tested} for n, b in branches.items()}
        found = [self._row(seed, n, "", "", said) for n, said in alone.items()]
        config = load_preset("keypoints").model
        for skeleton in SKELETONS:
            for others, each in SHARES.items():
                names = (skeleton, *others)
                for shares in each:
                    chosen = {n: branches[n] for n in names}
                    model = fused(chosen, shares, config)
                    stage, end = {}, {}
                    for video in self.tested:
                        seen = {n: b.features[video] for n, b in chosen.items()}
                        stage[video] = logits(model, seen)
                        parts = zip(shares, names, strict=True)
                        each_said = [s * alone[n][video] for s, n in parts]
                        end[video] = np.sum(each_said, axis=0)
                    told = " ".join(f"{s:.2f}" for s in shares)
                    what = "+".join(names)
                    found.append(self._row(seed, what, told, "every stage", stage))
                    found.append(self._row(seed, what, told, "the end", end))
        return found

    def _row(
        self, seed: int, what: str, shares: str, at: str, said: Mapping[str, np.ndarray]
    ) -> list[object]:
        scores = self.scores(said)
        figures = [f"{scores[m]:.2f}" for m in hands.METRICS]
        print(self.folder.root.name, seed, what, shares, at, *figures, flush=True)
        return [self.folder.root.name, seed, what, shares, at, *figures]


def trials_of(out: Path, source: Path | None) -> list[Trials]:
    """Make the projects of the demo and, from a folder of clips, of signs."""
    out.mkdir(parents=True, exist_ok=True)
    if not (out / "demo").is_dir():
        hands.demo(out / "demo")
    found = [Trials(ProjectFolder(out / "demo"), hands.UNSEEN, out)]
    if source:
        folder = ProjectFolder(out / "signs")
        if not folder.root.is_dir():
            hands.signs(source, folder.root)
        project = folder.load()
        for item in project.tracks:
            run(poses_of(FeatureWork(folder, project, item, 1)))
        found.append(Trials(folder, ("test",), out))
    return found


def main() -> None:
    """Train, score and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("hands"))
    parser.add_argument("--signs", type=Path, help="folder of again.mkv and so on")
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows: list[list[object]] = []
    for trials in trials_of(arguments.out, arguments.signs):
        for seed in range(arguments.seeds):
            rows += trials.rows(seed)
    with (arguments.out / "trials.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            ["project", "seed", "what", "shares", "mean_at", *hands.METRICS]
        )
        writer.writerows(rows)


if __name__ == "__main__":
    main()

"""What coarser features cost: float16, and the precision ``fast``, on tables.

    python -m benchmarks.feature_precision --film one_by_one.mp4
    python -m benchmarks.feature_precision --rows float32 fast --backbone resnet18

makes the features of all clips of the demo, and of the six people of a film
(`benchmarks.film`), trains the fused network on each kind of them for some seeds,
everybody once held out, and prints

* milliseconds of the processor to make a frame (decoding included, poses not), and
  bytes of an hour at 25 frames a second;
* how far the values are from those in float32;
* scores of the held-out videos, mean over the seeds ± their standard deviation, and
  the differences to float32 of the same seed;
* in how many frames the label changes where a model that was trained on float32 is
  given the other features; beside it, how many change with the seed.

Rows: ``float32``, what the network gives; ``float16``, the same rounded, as features
are kept; ``fast``, made with that precision, and rounded. Torchvision's networks get
random weights, as nobody need have theirs: those say what rounding does, not how good
their features are. One thread.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest import mock

import numpy as np
import torch
import torchvision
from safetensors.torch import save_file

from benchmarks.film import write_project
from skelseg_core.config import Preset, load_preset
from skelseg_core.features import per_video
from skelseg_core.features.backbones import BUNDLED
from skelseg_core.features.extraction import half_precision
from skelseg_core.features.per_video import FeatureWork, features_of, poses_of
from skelseg_core.labels.decoding import pre_labels
from skelseg_core.labels.metrics import evaluate
from skelseg_core.learning.data import Sample
from skelseg_core.learning.folds import folds_by_subject, subjects_of
from skelseg_core.learning.inference import predict_probabilities
from skelseg_core.learning.training import train
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.imports.label_files import labels_of_video, load_labels
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.tasks.demo import write_demo

ROWS = ("float32", "float16", "fast")
METRICS = ("f1@10", "f1@25", "f1@50", "edit", "accuracy")
HOUR = 25 * 3600
"""Frames."""
NORMAL = 2.0**-14
"""Smallest value that float16 has with all its digits."""


# -- data ---------------------------------------------------------------------------


def demo(root: Path) -> ProjectFolder:
    """Write the demo with the labels of all its clips."""
    project = write_demo(root)
    folder = ProjectFolder(root)
    ids = {c.name: c.id for c in project.label_map.classes}
    videos = []
    for item in project.videos:
        path = root / "truth" / f"{item.id}.csv"
        truth = labels_of_video(load_labels(path), item, ids, path)
        videos.append(item.with_lane(ANNOTATION, truth))
    folder.save(replace(project, videos=tuple(videos)), project)
    return folder


def film(path: Path, root: Path) -> ProjectFolder:
    """Write the project of the film, with poses."""
    write_project(path, root)
    folder = ProjectFolder(root)
    project = folder.load()
    for item in project.videos:
        run(poses_of(FeatureWork(folder, project, item, 2)))
    return folder


def random_weights(name: str, path: Path) -> str:
    """Write weights as torchvision draws them, brought to a scale that is kept."""
    torch.manual_seed(0)
    network = torchvision.models.get_model(name, weights=None)
    # Without this, every block would double the variance.
    for module in network.modules():
        for last in ("bn3", "bn2"):
            if isinstance(getattr(module, last, None), torch.nn.BatchNorm2d):
                getattr(module, last).weight.data *= 0.5
                break
    save_file(network.state_dict(), path)
    return str(path)


@dataclass
class Made:
    """Features of one row, of all videos, and what they cost.

    Parameters
    ----------
    samples : list of Sample
    ms : dict of float
        Milliseconds of the processor a frame, by modality.
    """

    samples: list[Sample]
    ms: dict[str, float]

    def halved(self) -> Made:
        """Round the features to half precision, as they are kept."""
        samples = [
            replace(s, features={m: half_precision(v) for m, v in s.features.items()})
            for s in self.samples
        ]
        return Made(samples, self.ms)

    def bytes_an_hour(self) -> float:
        """Compute the bytes of an hour of video, over all modalities."""
        size = sum(v.nbytes for s in self.samples for v in s.features.values())
        return size / sum(len(s) for s in self.samples) * HOUR


def made(folder: ProjectFolder, project: Project, preset: Preset) -> Made:
    """Make features as the network gives them, with nothing rounded."""
    samples, seconds = [], dict.fromkeys(preset.model.modalities, 0.0)
    for item in project.videos:
        work = FeatureWork(folder, project, item, 1)
        features: dict[str, np.ndarray] = {}
        for modality in preset.model.modalities:
            one = replace(preset, model=replace(preset.model, modalities=(modality,)))
            start = time.process_time()
            with mock.patch.object(per_video, "half_precision", lambda values: values):
                found = run(features_of(work, one, cached=False))
            seconds[modality] += time.process_time() - start
            features |= found.features
        labels = project.label_map.to_indices(item.annotation.to_frames())
        samples.append(Sample(item.id, features, labels))
    n_frames = sum(len(s) for s in samples)
    return Made(samples, {m: 1000 * s / n_frames for m, s in seconds.items()})


def distance(exact: Made, other: Made) -> str:
    """Say how far values are from the exact ones, and how large those are."""
    texts = []
    for modality in exact.ms:
        a, b = (
            np.concatenate([np.asarray(s.features[modality], np.float32) for s in m])
            for m in (exact.samples, other.samples)
        )
        off = np.abs(a - b)
        normal = np.abs(a) >= NORMAL
        relative = float((off[normal] / np.abs(a[normal])).max(initial=0))
        share = float(np.linalg.norm(a - b) / np.linalg.norm(a))
        texts.append(
            f"{modality}: values to {np.abs(a).max():.3g}, {1 - normal.mean():.1%} "
            f"below 2^-14 (off {off[~normal].max(initial=0):.0e} at most), "
            f"others {relative:.2e} off at most, all by {share:.1e} of their norm"
        )
    return "; ".join(texts)


# -- training -----------------------------------------------------------------------


@dataclass
class Scores:
    """What the models of one seed said of the videos that they had not seen.

    Parameters
    ----------
    labels : dict of ndarray (T,)
        Decoded, by row that was seen and video.
    scores : dict of dict
        By row that was seen.
    """

    labels: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)
    framewise: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)
    scores: dict[str, dict[str, float]] = field(default_factory=dict)


def scored(
    row: str,
    rows: dict[str, Made],
    folds: Sequence[Sequence[str]],
    rates: dict[str, float],
    preset: Preset,
    n_classes: int,
) -> Scores:
    """Train on ``row`` without each fold; show the held-out videos of every row."""
    found = Scores()
    shown: tuple[str, ...] = ROWS if row == "float32" else (row,)
    shown = tuple(r for r in shown if r in rows)
    for test in folds:
        known = [s for s in rows[row].samples if s.name not in test]
        model = run(train(known, preset, n_classes, threads=1)).model
        for seen in shown:
            for sample in rows[seen].samples:
                if sample.name in test:
                    values = predict_probabilities(model, sample.features)
                    decoded = pre_labels(values, range(n_classes), rates[sample.name])
                    said = found.labels.setdefault(seen, {})
                    said[sample.name] = decoded.to_frames()
                    argmax = found.framewise.setdefault(seen, {})
                    argmax[sample.name] = values.argmax(axis=1)
    truth = {s.name: s.labels for s in rows[row].samples}
    for seen, said in found.labels.items():
        found.scores[seen] = evaluate([(truth[v], said[v]) for v in truth])
    return found


def changed(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> int:
    """Count the frames whose label differs."""
    return sum(int((a[v] != b[v]).sum()) for v in a)


def judge(
    name: str,
    folder: ProjectFolder,
    presets: dict[str, Preset],
    arguments: argparse.Namespace,
) -> None:
    """Make the features of a project, train on each kind and print the tables."""
    project = folder.load()
    rows: dict[str, Made] = {"float32": made(folder, project, presets["float32"])}
    if "float16" in arguments.rows:
        rows["float16"] = rows["float32"].halved()
    if "fast" in arguments.rows:
        rows["fast"] = made(folder, project, presets["fast"]).halved()
    n_frames = sum(len(s) for s in rows["float32"].samples)
    print(f"\n## {name}, {len(project.videos)} videos, {n_frames:,} frames\n")
    for row, one in rows.items():
        costs = ", ".join(f"{m} {ms:.2f}" for m, ms in one.ms.items())
        print(f"{row}: ms a frame: {costs}; {one.bytes_an_hour() / 1e9:.2f} GB an hour")
        if row != "float32":
            print(f"  {distance(rows['float32'], one)}", flush=True)
    folds = folds_by_subject(subjects_of(project.videos), arguments.folds)
    rates = {v.id: v.mean_rate for v in project.videos}
    found: dict[str, list[Scores]] = {row: [] for row in rows}
    for seed in range(arguments.seeds):
        for row in rows:
            preset = presets["float32"]
            preset = replace(preset, train=replace(preset.train, seed=seed))
            n_classes = len(project.label_map)
            start = time.process_time()
            scores = scored(row, rows, folds, rates, preset, n_classes)
            found[row].append(scores)
            took = time.process_time() - start
            texts = (f"{m} {scores.scores[row][m]:.1f}" for m in METRICS)
            print(
                f"  seed {seed}, {row}: {', '.join(texts)} ({took:.0f} s)", flush=True
            )
    print(f"\n| trained on | {' | '.join(METRICS)} |\n|---|{'---|' * len(METRICS)}")
    for row in rows:
        print(f"| {row} | {' | '.join(cells(found, row))} |")
    for row in [r for r in rows if r != "float32"]:
        print(f"| {row} - float32 | {' | '.join(cells(found, row, 'float32'))} |")
    exact = found["float32"]
    for row in [r for r in rows if r != "float32"]:
        moved = [
            [changed(getattr(s, kind)["float32"], getattr(s, kind)[row]) for s in exact]
            for kind in ("framewise", "labels")
        ]
        leads = {
            m: np.mean([s.scores[row][m] - s.scores["float32"][m] for s in exact])
            for m in METRICS
        }
        print(
            f"models of float32 given {row}: frames of {n_frames} that change, by "
            f"seed: argmax {moved[0]}, decoded {moved[1]}; scores "
            + ", ".join(f"{m} {lead:+.2f}" for m, lead in leads.items())
        )
    others = [
        changed(a.labels["float32"], b.labels["float32"])
        for n, a in enumerate(exact)
        for b in exact[n + 1 :]
    ]
    print(f"with another seed change, decoded: {others}", flush=True)


def cells(found: dict[str, list[Scores]], row: str, minus: str = "") -> list[str]:
    """Mean over the seeds ± standard deviation, or of differences by seed."""
    texts = []
    for metric in METRICS:
        values = np.array([s.scores[row][metric] for s in found[row]])
        if minus:
            values -= [s.scores[minus][metric] for s in found[minus]]
        spread = values.std(ddof=1) if len(values) > 1 else 0.0
        texts.append(f"{values.mean():{'+' if minus else ''}.1f} ± {spread:.1f}")
    return texts


def main() -> None:
    """Judge the rows on the demo, and on a film where there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--film", type=Path, help="one_by_one.mp4")
    parser.add_argument("--no-demo", action="store_true")
    parser.add_argument("--rows", nargs="*", choices=ROWS, default=list(ROWS[:2]))
    parser.add_argument("--backbone", default=BUNDLED)
    parser.add_argument("--preset", default="tiny")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--folds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        weights = ""
        if arguments.backbone != BUNDLED:
            weights = random_weights(arguments.backbone, root / "w.safetensors")
        preset = load_preset(arguments.preset)
        features = replace(
            preset.features, backbone=arguments.backbone, weights=weights
        )
        presets = {
            "float32": replace(preset, features=replace(features, precision="float32")),
            "fast": replace(preset, features=replace(features, precision="fast")),
        }
        if not arguments.no_demo:
            judge("demo", demo(root / "demo"), presets, arguments)
        if arguments.film:
            judge("film", film(arguments.film, root / "film"), presets, arguments)


if __name__ == "__main__":
    main()

"""Whether pictures help: recipes on clips that no model has seen, alone and fused.

    python -m benchmarks.hands --out hands --signs FOLDER

trains every recipe on the five labelled clips of the demo and scores it on the three
others, two of them of strangers; poses by the bundled estimator, pre-labels as in the
tables. Of a fused recipe its branches are scored, too. With ``--signs`` the same on
clips of signs, FOLDER/again.mkv and so on (``asl`` of Intel's sample-videos, CC BY
4.0): eight of two people to train, in two orders, twelve of three others to test, one
hand or two hands. Beside it the milliseconds of the processor that features of a frame
take, all in one process. Runs that lie in ``--out`` are not made again; ``runs.csv``
there has the scores of each.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from skelseg_core.array_files import load_npz, save_npz
from skelseg_core.config import load_preset
from skelseg_core.estimators.registry import EXACT
from skelseg_core.features.estimated_poses import poses_of
from skelseg_core.features.video_features import features_of
from skelseg_core.features.video_work import FeatureWork
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.decoding import pre_labels
from skelseg_core.labels.metrics import evaluate
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.learning.inference import predict_probabilities
from skelseg_core.learning.training import train
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.progress import run
from skelseg_core.project.demo_project import write_demo
from skelseg_core.project.folder import ProjectFolder, probe_video
from skelseg_core.project.imports.label_files import labels_of_video, load_labels
from skelseg_core.project.project import ANNOTATION, new_project
from skelseg_core.project.project_edits import add_video, set_pose_estimator
from skelseg_core.tasks.train import sample_of
from skelseg_core.video.reader import VideoReader

METRICS = ("f1@10", "f1@50", "edit", "accuracy")
ALL_METRICS = ("f1@10", "f1@25", "f1@50", "edit", "accuracy")
UNSEEN = ("ben-2", "emi-1", "farid-1")
TRAINED = ("again brother help no student yes", "hungry want")
TESTED = ("bird milk please sorry thanks", "book learn school walk", "eat night sister")
TWO_HANDS = "again brother help student book learn school walk night sister want"


def demo(root: Path) -> None:
    """Write the demo with the labels of all its clips."""
    project = write_demo(root)
    ids = {c.name: c.id for c in project.label_map.classes}
    videos = []
    for item in project.tracks:
        path = root / "truth" / f"{item.id}.csv"
        truth = labels_of_video(load_labels(path), item, ids, path)
        videos.append(item.with_lane(ANNOTATION, truth))
    ProjectFolder(root).save(replace(project, tracks=tuple(videos)), project)


def signs(source: Path, root: Path) -> ProjectFolder:
    """Join clips of signs to two videos to train and one to test, in drawn orders."""
    folder = ProjectFolder(root)
    (root / "videos").mkdir(parents=True)
    project = new_project("signs", label_map_from_names(["one hand", "two hands"]))
    sides = {"train-1": TRAINED, "train-2": TRAINED, "test": TESTED}
    for seed, (name, people) in enumerate(sides.items()):
        clips = " ".join(people).split()
        np.random.default_rng(seed).shuffle(clips)
        path = root / "videos" / f"{name}.mp4"
        labels = joined([source / f"{clip}.mkv" for clip in clips], path)
        item = probe_video(path, folder, project)
        said = Segmentation.from_frames(np.array(labels))
        project = add_video(project, item.with_lane(ANNOTATION, said))
    folder.save(project)
    return folder


def joined(clips: Sequence[Path], path: Path) -> list[int]:
    """Write clips as one video; return the label of every frame."""
    labels: list[int] = []
    two_hands = TWO_HANDS.split()
    with av.open(str(path), "w") as container:
        options = {"crf": "12", "preset": "veryfast", "threads": "1"}
        stream = container.add_stream("libx264", rate=Fraction(30), options=options)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        for clip in clips:
            with VideoReader(clip) as reader:
                for _, pixels in reader.frames():
                    picture = av.VideoFrame.from_ndarray(pixels, format="rgb24")
                    container.mux(stream.encode(picture))
                    labels.append(int(clip.stem in two_hands))
        container.mux(stream.encode(None))
    return labels


def estimate(folder: ProjectFolder, exact: bool) -> None:
    """Estimate the poses of a project; those of the demo come with it."""
    project = set_pose_estimator(folder.load(), EXACT if exact else "")
    for item in project.tracks:
        run(poses_of(FeatureWork(folder, project, item, 1), again=exact))


@dataclass(frozen=True)
class Trial:
    """A project, which of its videos are tested, and where runs are kept."""

    folder: ProjectFolder
    tested: tuple[str, ...]
    out: Path

    def probabilities(self, row: str, seed: int) -> dict[str, np.ndarray]:
        """Train a recipe; return (T, C) by ``network/video`` of the tested videos."""
        path = self.out / f"{self.folder.root.name}.{row}.{seed}.npz"
        if path.is_file():
            return load_npz(path)
        preset = load_preset(row)
        preset = replace(preset, train=replace(preset.train, seed=seed))
        project = self.folder.load()
        samples = {}
        for item in project.tracks:
            work = FeatureWork(self.folder, project, item, 1)
            found = run(features_of(work, preset))
            samples[item.id] = sample_of(project, item, found)
        known = [s for name, s in samples.items() if name not in self.tested]
        skeleton = load_skeleton(project.skeleton)
        start = time.process_time()
        n_classes = len(project.classes)
        result = run(train(known, preset, n_classes, threads=1, skeleton=skeleton))
        print(
            f"{path.stem}: trained in {time.process_time() - start:.0f} s of one core"
        )
        networks = {row: result.model}
        networks |= {f"{row}, {m} alone": b for m, b in result.branches.items()}
        said = {
            f"{name}/{video}": predict_probabilities(network, samples[video].features)
            for name, network in networks.items()
            for video in self.tested
        }
        save_npz(path, said)
        return said

    def scores(self, row: str, seed: int) -> dict[str, dict[str, float]]:
        """Score the recipe and its branches on all tested videos together."""
        project = self.folder.load()
        pairs: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
        for key, values in self.probabilities(row, seed).items():
            name, video = key.split("/")
            item = project.track(video)
            truth = project.classes.to_indices(item.annotation.to_frames())
            said = pre_labels(values, range(values.shape[1]), item.video.mean_rate)
            pairs.setdefault(name, []).append((truth, said.to_frames()))
        return {name: evaluate(found) for name, found in pairs.items()}

    def ms_per_frame(self, row: str) -> float:
        """Measure what the features of the shortest tested video take."""
        project = self.folder.load()
        videos = [project.track(v) for v in self.tested]
        item = min(videos, key=lambda v: v.n_frames)
        work = FeatureWork(self.folder, project, item, 1)
        start = time.process_time()
        run(features_of(work, load_preset(row), cached=False))
        return 1000 * (time.process_time() - start) / item.n_frames


def judge(trial: Trial, rows: Sequence[str], seeds: int) -> list[list[object]]:
    """Print the table of one project: mean over the seeds ± standard deviation.

    Return project, seed, network and scores of each run.
    """
    found: dict[str, list[dict[str, float]]] = {}
    runs: list[list[object]] = []
    for seed in range(seeds):
        for row in rows:
            for name, scores in trial.scores(row, seed).items():
                found.setdefault(name, []).append(scores)
                exact = [f"{scores[m]:.2f}" for m in ALL_METRICS]
                runs.append([trial.folder.root.name, seed, name, *exact])
                figures = ", ".join(f"{m} {scores[m]:.1f}" for m in METRICS)
                print(f"seed {seed}, {name}: {figures}", flush=True)
    print(f"\n| {trial.folder.root.name} | {' | '.join(METRICS)} |")
    print(f"|---|{'---|' * len(METRICS)}")
    for name, each in found.items():
        values = np.array([[scores[m] for m in METRICS] for scores in each])
        spread = values.std(axis=0, ddof=1) if len(values) > 1 else 0 * values[0]
        cells = zip(values.mean(axis=0), spread, strict=True)
        print(f"| {name} | {' | '.join(f'{m:.1f} ± {s:.1f}' for m, s in cells)} |")
    print(flush=True)
    return runs


def main() -> None:
    """Train, score and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("hands"))
    parser.add_argument("--signs", type=Path, help="folder of again.mkv and so on")
    parser.add_argument("--rows", nargs="*", default=["hands"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--exact", action="store_true", help="poses by movenet-exact")
    parser.add_argument("--ms", action="store_true", help="measure features as well")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    roots = {"demo": arguments.out / "demo", "signs": arguments.out / "signs"}
    folders = {"demo": ProjectFolder(roots["demo"])}
    if not roots["demo"].is_dir():
        demo(roots["demo"])
    if arguments.signs:
        folders["signs"] = ProjectFolder(roots["signs"])
        if not roots["signs"].is_dir():
            signs(arguments.signs, roots["signs"])
    runs: list[list[object]] = []
    for name, folder in folders.items():
        estimate(folder, arguments.exact)
        tested = UNSEEN if name == "demo" else ("test",)
        trial = Trial(folder, tested, arguments.out)
        runs += judge(trial, arguments.rows, arguments.seeds)
    with (arguments.out / "runs.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["project", "seed", "network", *ALL_METRICS])
        writer.writerows(runs)
    if arguments.ms:
        trial = Trial(folders["demo"], UNSEEN, arguments.out)
        for row in dict.fromkeys(("fusion-paper", *arguments.rows)):
            print(f"{row}: {trial.ms_per_frame(row):.1f} ms of the processor a frame")


if __name__ == "__main__":
    main()

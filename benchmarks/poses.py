"""Poses: what they cost and what a quicker setting loses, old against new in one run.

`cost`: milliseconds of the processor per frame, one thread, decoding included, in
turns, the least of some rounds: a clip of the demo brought to 1280x720 (one person),
and with ``--film`` a film of one's own.
`loss`: distance to the keypoints that the demo was drawn by, and, with ``--film``, to
what the networks in float32 see in every frame of that film. In per cent of the height
of the person, which tells more than pixels where people are large or small.
`train`: the recipe ``keypoints`` trained on the poses of each setting, two of the six
people of the demo left out in turn.

"old" is the estimator as it was: networks in float32, every frame, the whole picture
made smaller for each large person.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from benchmarks.paper.paper_tables import BenchmarkRow
from benchmarks.paper.run import BenchmarkPlan, benchmark
from demo.body import keypoints_3d
from demo.cast import CLIPS, SUBJECTS
from demo.script import perform
from demo.space import project as projected
from skelseg_core.bundled import resource
from skelseg_core.config import load_preset
from skelseg_core.estimators import movenet
from skelseg_core.estimators.movenet import MoveNet
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.poses.sequence import PoseSequence, select_subject, subject_poses
from skelseg_core.progress import run
from skelseg_core.project.demo_project import write_demo
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.imports.label_files import labels_of_video, load_labels
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import set_lane
from skelseg_core.video.reader import VideoReader

FRAMES = 120
"""Frames of a film whose cost is measured."""
FACE = 5
"""Keypoints of COCO-17 that are of the face: drawn faces have none to speak of."""


def old_crop(rgb: np.ndarray, x0: float, y0: float, side: float, n: int) -> np.ndarray:
    """Cut out a square as it was done: of the whole picture, made smaller."""
    height, width = rgb.shape[:2]
    if side > 2 * n:
        factor = n / side
        w, h = max(1, round(width * factor)), max(1, round(height * factor))
        rgb = cv2.resize(rgb, (w, h), interpolation=cv2.INTER_AREA)
        x0, y0, side = x0 * w / width, y0 * h / height, side * factor
    scale = n / side
    matrix = np.array(
        [[scale, 0, (0.5 - x0) * scale - 0.5], [0, scale, (0.5 - y0) * scale - 0.5]]
    )
    return np.asarray(cv2.warpAffine(rgb, matrix, (n, n), flags=cv2.INTER_LINEAR))


@contextmanager
def as_it_was() -> Iterator[None]:
    now, movenet.crop_square = movenet.crop_square, old_crop
    try:
        yield
    finally:
        movenet.crop_square = now


SETTINGS: dict[str, Callable[[], MoveNet]] = {
    "old": lambda: MoveNet(1, exact=True),
    "new": lambda: MoveNet(1, exact=True),
    "every 2": lambda: MoveNet(1, every=2, exact=True),
    "every 3": lambda: MoveNet(1, every=3, exact=True),
    "int8": lambda: MoveNet(1),
    "int8 every 2": lambda: MoveNet(1, every=2),
}


def estimated(
    name: str, path: Path, n: int | None = None
) -> tuple[PoseSequence, float]:
    """Poses of a film by a setting, and milliseconds of the processor per frame."""
    estimator = SETTINGS[name]()
    with VideoReader(path) as reader:
        n = min(n or len(reader), len(reader))
        size = (reader.width, reader.height)
        wanted = np.arange(len(reader)) % estimator.every == 0
        wanted[n - 1] = True
        task = estimator.estimate(reader.frames(0, n, wanted), n, size)
        began_s = time.process_time()
        if name == "old":
            with as_it_was():
                poses = run(task)
        else:
            poses = run(task)
        return poses, 1000 * (time.process_time() - began_s) / n


def of_clip(name: str, clip_id: str) -> PoseSequence:
    """Poses of a clip of the demo by a setting."""
    return estimated(name, resource("demo") / "videos" / f"{clip_id}.mp4")[0]


# -- cost ----------------------------------------------------------------------------


def enlarged(path: Path) -> Path:
    """Write a stretch of a clip of the demo at 1280x720, 25 frames a second."""
    source = resource("demo") / "videos" / "anna-1.mp4"
    with VideoReader(source) as reader, av.open(str(path), "w") as container:
        options = {"crf": "18", "preset": "veryfast", "threads": "1"}
        stream = container.add_stream("libx264", rate=Fraction(25), options=options)
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        for _, pixels in reader.frames(60, 60 + FRAMES):
            large = cv2.resize(pixels, (1280, 720), interpolation=cv2.INTER_CUBIC)
            frame = av.VideoFrame.from_ndarray(large, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def cost(films: list[Path], names: list[str], rounds: int) -> None:
    print("| setting | film | ms a frame | of old |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        for film in [enlarged(Path(place, "demo-720p.mp4")), *films]:
            best = dict.fromkeys(names, float("inf"))
            for _ in range(rounds):
                for name in names:
                    best[name] = min(best[name], estimated(name, film, FRAMES)[1])
            for name, ms in best.items():
                of_old = ms / best.get("old", ms)
                print(f"| {name} | {film.name} | {ms:.1f} | {of_old:.2f} |", flush=True)


# -- loss ----------------------------------------------------------------------------


def truth(clip_id: str) -> np.ndarray:
    """Keypoints (T, 17, 2) px that a clip of the demo was drawn by."""
    play = perform(next(clip for clip in CLIPS if clip.id == clip_id))
    return projected(keypoints_3d(SUBJECTS[play.clip.subject].body, play.pose))


def height_of(keypoints: np.ndarray) -> float:
    """Height in px of the people in keypoints (..., K, 2): the median of the boxes."""
    known = np.isfinite(keypoints).all(axis=(-2, -1))
    y = keypoints[known][..., 1]
    return float(np.median(y.max(axis=-1) - y.min(axis=-1)))


def off_truth(poses: PoseSequence, true: np.ndarray) -> tuple[np.ndarray, float]:
    """Distances px of the keypoints of the subject that are there; share missing."""
    subject = subject_poses(poses, select_subject(poses))
    found = subject.keypoints[:, 0, FACE:]
    away = np.linalg.norm(found - true[:, FACE:], axis=-1)
    return away[np.isfinite(away)], float(np.isnan(away).mean())


def off_other(poses: PoseSequence, other: PoseSequence) -> tuple[np.ndarray, float]:
    """Distances px to other poses of the same people; share that one alone has."""
    apart, alone, n = [], 0, 0
    for ours, theirs in zip(poses.keypoints, other.keypoints, strict=True):
        here = [p for p in ours if np.isfinite(p).any()]
        for person in (p for p in theirs if np.isfinite(p).any()):
            if not here:
                nearest = np.full_like(person, np.nan)
            else:
                sums = [np.nanmean(np.abs(p - person)) for p in here]
                nearest = here.pop(int(np.nanargmin(np.nan_to_num(sums, nan=1e9))))
            away = np.linalg.norm(nearest - person, axis=-1)
            apart.append(away[np.isfinite(away)])
            one = np.isfinite(nearest).all(axis=-1) ^ np.isfinite(person).all(axis=-1)
            alone, n = alone + int(one.sum()), n + len(person)
        for person in here:
            alone, n = alone + int(np.isfinite(person).all(axis=-1).sum()), n + 17
    return np.concatenate(apart), alone / max(1, n)


def loss(films: list[Path], names: list[str], most: int, clips: list[str]) -> None:
    if clips:
        loss_on_demo(names, clips)
    print("\nDistance to `old` on film:\n")
    print("| film | setting | mean, % of height | 95 % within | one alone has, % |")
    print("|---|---|---|---|---|")
    for film in films:
        old, _ = estimated("old", film, most)
        height = height_of(old.keypoints)
        for name in names:
            if name != "old":
                away, alone = off_other(estimated(name, film, most)[0], old)
                px = 100 * away / height
                print(
                    f"| {film.name} | {name} | {px.mean():.2f} "
                    f"| {np.percentile(px, 95):.2f} | {100 * alone:.2f} |",
                    flush=True,
                )


def loss_on_demo(names: list[str], clips: list[str]) -> None:
    true = {clip: truth(clip) for clip in clips}
    height = height_of(np.concatenate(list(true.values())))
    print("Distance to the keypoints that the demo was drawn by (the face left out):\n")
    print("| setting | mean, % of height | median | 95 % within | missing, % |")
    print("|---|---|---|---|---|")
    for name in names:
        away, missing = [], []
        for clip in clips:
            some, share = off_truth(of_clip(name, clip), true[clip])
            away.append(some)
            missing.append(share)
        px = 100 * np.concatenate(away) / height
        print(
            f"| {name} | {px.mean():.2f} | {np.median(px):.2f} "
            f"| {np.percentile(px, 95):.2f} | {100 * np.mean(missing):.2f} |",
            flush=True,
        )


# -- training ------------------------------------------------------------------------


def train(out: Path, names: list[str], seeds: int) -> None:
    """Train on the poses of each setting, two people left out in turn."""
    for name in names:
        root = out / name.replace(" ", "-")
        if not (root / "project.json").is_file():
            write_labelled_demo(root, name)
        row = BenchmarkRow("keypoints", name, "keypoints", load_preset("keypoints"))
        plan = BenchmarkPlan(
            root, root / "out", folds=3, seeds=seeds, rows=(row,), threads=1
        )
        run(benchmark(plan, resume=True))
    print("| setting | F1@10 | F1@50 | edit | accuracy |\n|---|---|---|---|---|")
    first = scores(out, names[0])
    for name in names:
        found = scores(out, name)
        parts = [f"{figure.mean():.1f}" for figure in found.values()]
        print(f"| {name} | {' | '.join(parts)} |")
        if name != names[0]:
            apart = [found[k] - first[k] for k in found]
            parts = [f"{d.mean():+.1f} ± {error_of(d):.1f}" for d in apart]
            print(f"| less {names[0]}, run by run | {' | '.join(parts)} |")


def scores(out: Path, name: str) -> dict[str, np.ndarray]:
    """Read the decoded scores of all runs of a setting, folds by seeds."""
    path = out / name.replace(" ", "-") / "out" / "runs.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["labels"] == "decoded"]
    rows.sort(key=lambda row: (int(row["fold"]), int(row["seed"])))
    n_folds = len({row["fold"] for row in rows})
    return {
        figure: np.array([float(row[figure]) for row in rows]).reshape(n_folds, -1)
        for figure in ("f1@10", "f1@50", "edit", "accuracy")
    }


def error_of(values: np.ndarray) -> float:
    """Compute the standard error over folds of values (folds, seeds)."""
    means = values.mean(axis=1)
    return float(means.std(ddof=1) / len(means) ** 0.5)


def write_labelled_demo(root: Path, setting: str) -> None:
    """Write the demo with all labels, and poses by a setting."""
    project = write_demo(root)
    folder = ProjectFolder(root)
    ids = {c.name: c.id for c in project.label_map.classes}
    before = project
    for item in project.tracks:
        path = root / "truth" / f"{item.id}.csv"
        labels = labels_of_video(load_labels(path), item, ids, path)
        project = set_lane(project, item.id, ANNOTATION, labels)
        poses = of_clip(setting, item.id)
        save_poses(folder.poses_path(item.id), poses, item.video.fingerprint)
    folder.save(project, before)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["cost", "loss", "train"])
    parser.add_argument("--film", type=Path, action="append", default=[])
    parser.add_argument("--settings", nargs="*", default=list(SETTINGS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--frames", type=int, default=10**9, help="Of a film, at most.")
    parser.add_argument("--clips", nargs="*", default=[clip.id for clip in CLIPS])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("poses-trained"))
    given = parser.parse_args()
    if given.what == "cost":
        cost(given.film, given.settings, given.rounds)
    elif given.what == "loss":
        loss(given.film, given.settings, given.frames, given.clips)
    else:
        train(given.out, given.settings, given.seeds)


if __name__ == "__main__":
    main()

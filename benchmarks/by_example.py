"""Measure filling in by example: one repetition labelled, the rest of the video filled.

A video of UW-IOM holds three repetitions of one protocol. The person has labelled the
first and stops where the second begins; nothing is trained, and where the others begin
is not told. Events are the least that bring what was filled in to the truth
(`least_events`), against one key a segment.

``python -m benchmarks.by_example PATH_OF_UW_IOM`` prints the table of
``docs/results/by-example.md``; a minute.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.least_events import LeastEvents
from skelseg_core.config import load_preset
from skelseg_core.features.per_video import FeatureWork, features_of
from skelseg_core.labels.segmentation import UNLABELLED, Segmentation
from skelseg_core.poses.poses3d import Camera
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.review.by_example import fill_by_example
from skelseg_core.tasks.importing import import_dataset, load_dataset

COLLARS = (0, 2, 5)
ENDS = (14, 4, 0)
"""Class ids with which a repetition of the protocol ends, in this order."""
STOPS = {
    "where the second repetition begins": 0,
    "five segments later": 5,
    "five segments before": -5,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="Folder of UW-IOM.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "uw-iom"
        dataset = load_dataset("uw-iom", arguments.source)
        run(import_dataset(dataset, root, Camera(1050.0, 1920, 1080)))
        videos = read(ProjectFolder(root))
    print("| labelled until | segments left | frames right | " + heads() + " | s |")
    print("|---" * (4 + len(COLLARS)) + "|")
    for name, more in STOPS.items():
        print(row(name, more, videos), flush=True)
    print(row("another order: segments shuffled", 0, [shuffled(*v) for v in videos]))


def heads() -> str:
    return " | ".join(f"events, K = {k} (fewer)" for k in COLLARS)


def read(folder: ProjectFolder) -> list[tuple[np.ndarray, np.ndarray]]:
    """Features (T, D) and labels (T,) of every video."""
    project, preset, found = folder.load(), load_preset("keypoints"), []
    for item in project.videos:
        made = run(features_of(FeatureWork(folder, project, item, 1), preset))
        found.append((made.features["keypoints"], item.annotation.to_frames()))
    return found


def repetition(labels: np.ndarray) -> int:
    """Number of segments of the first repetition."""
    ids = Segmentation.from_frames(labels).class_ids.tolist()
    last = ids.index(ENDS[0])
    for class_id in ENDS[1:]:
        last = ids.index(class_id, last)
    return int(last) + 2  # one more segment leads over to the second


def row(name: str, more: int, videos: list[tuple[np.ndarray, np.ndarray]]) -> str:
    events: dict[int, list[int]] = {k: [] for k in COLLARS}
    left, right, took = [], [], []
    for features, labels in videos:
        truth = Segmentation.from_frames(labels)
        until = int(truth.starts[repetition(labels) + more])
        known = np.where(np.arange(len(labels)) < until, labels, UNLABELLED)
        start = time.perf_counter()
        made = fill_by_example(features, Segmentation.from_frames(known), until, 10.0)
        took.append(time.perf_counter() - start)
        got = made.labels.to_frames()[until:]
        true = segments(labels[until:])
        left.append(len(true))
        right.append(100 * float((got == labels[until:]).mean()))
        for k in COLLARS:
            events[k].append(LeastEvents(segments(got), true, k).events)
    cells = [
        f"{np.mean(e):.1f} ({np.mean(left) / np.mean(e):.1f}x)" for e in events.values()
    ]
    return (
        f"| {name} | {np.mean(left):.1f} | {np.mean(right):.1f} % | "
        f"{' | '.join(cells)} | {np.mean(took):.2f} |"
    )


def segments(labels: np.ndarray) -> list[tuple[int, int, int | None]]:
    return [
        (s.start, s.stop, s.class_id) for s in Segmentation.from_frames(labels).segments
    ]


def shuffled(features: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same video with the segments after the first repetition in any order."""
    truth = Segmentation.from_frames(labels)
    first = repetition(labels)
    rest = np.random.default_rng(0).permutation(np.arange(first, len(truth)))
    order = np.concatenate(
        [np.arange(truth.starts[first])]
        + [np.arange(truth.segments[i].start, truth.segments[i].stop) for i in rest]
    )
    return features[order], labels[order]


if __name__ == "__main__":
    main()

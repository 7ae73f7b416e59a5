"""Measure a new data set from its first video on, retrained after each.

A played person labels the sixteen videos of UW-IOM one after the other. Of the first,
one repetition is labelled while it plays and mended, and filled in from there
(`review.by_example`); every other video is pre-labelled by `keypoints` trained on the
videos before it (`learning.self_training` while these are few), and mended. All is set
against labelling every video while it plays.

``python -m benchmarks.retraining PATH_OF_UW_IOM`` prints the rows of
``docs/results/retraining.md``; fifteen trainings, ten minutes of one core an order.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.by_example import repetition
from benchmarks.by_hand import events_left, named_while_playing
from benchmarks.few_labels import RATE, read
from skelseg_core.config import load_preset
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.segmentation import UNLABELLED, Segmentation
from skelseg_core.labels.transitions import count_transitions
from skelseg_core.learning.data import Sample
from skelseg_core.learning.inference import predict_probabilities
from skelseg_core.learning.recipes import MOST_LABELLED
from skelseg_core.learning.self_training import train_with_unlabelled
from skelseg_core.poses.poses3d import Camera
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.review.by_example import fill_by_example
from skelseg_core.review.evidence import Evidence
from skelseg_core.tasks.importing import import_dataset, load_dataset

COLLARS = (2, 5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="Folder of UW-IOM.")
    parser.add_argument("--orders", type=int, nargs="*", default=[0, 1])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "uw-iom"
        dataset = load_dataset("uw-iom", arguments.source)
        run(import_dataset(dataset, root, Camera(1050.0, 1920, 1080)))
        folder = ProjectFolder(root)
        label_map, samples = folder.load().label_map, read(folder)
    for order in arguments.orders:
        places = np.arange(len(samples))
        if order:
            places = np.random.default_rng(order).permutation(places)
        in_turn(order, [samples[i] for i in places], label_map)


def in_turn(order: int, samples: Sequence[Sample], label_map: LabelMap) -> None:
    """Label the videos one after the other; print the events of each and of all."""
    total = {k: 0 for k in COLLARS}
    by_hand = {k: 0 for k in COLLARS}
    for n, sample in enumerate(samples):
        truth = truth_of(sample, label_map)
        played = {k: live(truth, sample.name, label_map, k) for k in COLLARS}
        if n == 0:
            took = {k: first_video(sample, label_map, k) for k in COLLARS}
        else:
            said = trained_on(samples[:n], samples[n:], len(label_map), sample)
            lane = pre_label(said, samples[:n], label_map)
            took = {k: events_left(lane, truth, k) for k in COLLARS}
        for k in COLLARS:
            total[k], by_hand[k] = total[k] + took[k], by_hand[k] + played[k]
        print(order, n + 1, sample.name, took, played, flush=True)
    for k in COLLARS:
        times = by_hand[k] / total[k]
        print(f"order {order}, K = {k}: {total[k]} of {by_hand[k]}: {times:.1f}x")


def trained_on(
    labelled: Sequence[Sample], rest: Sequence[Sample], n_classes: int, sample: Sample
) -> np.ndarray:
    """Train on labelled videos; return the probabilities (T, C) of another."""
    others = [replace(s, labels=np.full(len(s), UNLABELLED)) for s in rest]
    if len(labelled) > MOST_LABELLED:
        others = []
    task = train_with_unlabelled(
        labelled, others, load_preset("keypoints"), n_classes, threads=1
    )
    return predict_probabilities(run(task).model, sample.features)


def pre_label(
    probabilities: np.ndarray, labelled: Sequence[Sample], label_map: LabelMap
) -> Segmentation:
    ids = np.array(label_map.ids, np.int64)
    counted = count_transitions(((s.labels, RATE) for s in labelled), len(ids))
    return Evidence(probabilities, ids, RATE, counted).decode()


def live(truth: Segmentation, video: str, label_map: LabelMap, collar: int) -> int:
    """Count the keys that name the segments while they play, and the mending."""
    lane = named_while_playing(truth, RATE, label_map.ids, video, 0)
    return len(truth) + events_left(lane, truth, collar)


def truth_of(sample: Sample, label_map: LabelMap) -> Segmentation:
    return Segmentation.from_frames(np.array(label_map.ids)[sample.labels])


def first_video(sample: Sample, label_map: LabelMap, collar: int) -> int:
    """Count the events of one repetition by hand and of mending what is filled in."""
    truth = truth_of(sample, label_map)
    until = int(truth.starts[repetition(sample.labels)])
    frames = truth.to_frames()
    begin = Segmentation.from_frames(frames[:until])
    by_hand = live(begin, sample.name, label_map, collar)
    known = np.where(np.arange(len(frames)) < until, frames, UNLABELLED)
    filled = fill_by_example(
        sample.features["keypoints"], Segmentation.from_frames(known), until, RATE
    )
    rest = Segmentation.from_frames(filled.labels.to_frames()[until:])
    true = Segmentation.from_frames(frames[until:])
    return by_hand + 1 + events_left(rest, true, collar)


if __name__ == "__main__":
    main()

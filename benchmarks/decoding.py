"""Decoders on the same probabilities of people not seen: scores, events and seconds.

`python -m benchmarks.decoding OUT --data SRC` trains what `benchmarks.queue` trains and
keeps it in OUT (SRC holds the published layout of UW-IOM; 40 minutes of one core). With
OUT alone it reads what lies there. It prints the tables of `docs/results/decoding.md`.

Events are the fewest that bring the labels to the truth, every boundary to within K
frames (`least_events`). Transitions, durations and temperatures come from other people
than those who are scored.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.by_hand import events_left, named_while_playing
from benchmarks.queue import SEEDS, Video, train_folds, videos_of
from skelseg_core.labels.decoding import pre_labels
from skelseg_core.labels.edits import relabel
from skelseg_core.labels.metrics import evaluate
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.labels.transitions import count_transitions
from skelseg_core.learning.calibration import tempered
from skelseg_core.review.by_example import take_over
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.redecode import redecode, taken_away
from skelseg_core.review.transcript import labels_as_before, labels_in_order

COLLARS = (0, 2, 5)
FIGURES = ("f1@10", "f1@50", "edit", "accuracy")

Decoder = Callable[[Video], tuple[Segmentation, int]]
"""Labels of a video, and the events that were spent on them already."""


def true_labels(video: Video) -> Segmentation:
    return video.truth.segmentation


def alone(video: Video) -> tuple[Segmentation, int]:
    return video.evidence.decode(), 0


def frame_by_frame(video: Video) -> tuple[Segmentation, int]:
    ids = video.evidence.class_ids
    best = video.evidence.probabilities.argmax(axis=1)
    return Segmentation.from_frames(ids[best], "model"), 0


def priced(video: Video) -> tuple[Segmentation, int]:
    return replace(video.evidence, transitions=None).decode(), 0


def by_transitions(video: Video) -> tuple[Segmentation, int]:
    counted = video.evidence.transitions
    assert counted is not None
    counted = replace(counted, durations=None)
    return replace(video.evidence, transitions=counted).decode(), 0


def calibrated(video: Video) -> tuple[Segmentation, int]:
    """Weigh calibrated probabilities, not those of the network."""
    return replace(video.evidence, temperature=1.0).decode(), 0


def named(video: Video) -> tuple[Segmentation, int]:
    """Name each segment while the video plays, without a model."""
    truth, ids = true_labels(video), sorted(video.evidence.class_ids.tolist())
    rate = video.evidence.rate
    lane = named_while_playing(truth, rate, ids, video.name, video.seed)
    return lane, len(truth)


def in_order(video: Video) -> tuple[Segmentation, int]:
    order = [s.class_id for s in true_labels(video).segments]
    nothing = Segmentation.unlabelled(len(video.evidence.probabilities))
    return labels_in_order(nothing, video.evidence, order), 0


def first_third(video: Video) -> Segmentation:
    """Make the labels of somebody who has done the first third of the segments."""
    segments = true_labels(video).segments
    done = segments[: round(len(segments) / 3)]
    n_frames = segments[-1].stop
    return Segmentation(
        (*(s.as_reviewed() for s in done), Segment(done[-1].stop, n_frames))
    )


def rest_alone(video: Video) -> tuple[Segmentation, int]:
    lane = first_third(video)
    return take_over(lane, video.evidence.decode()), 0


def rest_as_before(video: Video) -> tuple[Segmentation, int]:
    lane = first_third(video)
    start = lane.segments[-1].start
    return take_over(lane, labels_as_before(lane, video.evidence, start)), 0


DECODERS: dict[str, Decoder] = {
    "no model: each segment named by a key while the video plays": named,
    "frame by frame": frame_by_frame,
    "a price for every change, five frames at least (nothing counted)": priced,
    "transitions counted": by_transitions,
    "transitions and durations counted: pre-labels": alone,
    "the same on calibrated probabilities": calibrated,
    "the order of the whole video known": in_order,
    "first third labelled, the rest pre-labelled": rest_alone,
    "first third labelled, the rest in its order": rest_as_before,
}


def row(name: str, decoder: Decoder, videos: Sequence[Video]) -> str:
    events: dict[int, list[int]] = {collar: [] for collar in COLLARS}
    pairs = []
    for video in videos:
        lane, spent = decoder(video)
        pairs.append((true_labels(video).to_frames(), lane.to_frames()))
        for collar in COLLARS:
            left = events_left(lane, true_labels(video), collar)
            events[collar].append(spent + left)
    scores = evaluate(pairs)
    cells = [f"{np.mean(events[collar]):.1f}" for collar in COLLARS]
    cells += [f"{scores[figure]:.1f}" for figure in FIGURES]
    return f"| {name} | {' | '.join(cells)} |"


def hour() -> tuple[Evidence, Segmentation]:
    """Make an hour at 30 frames a second, 20 classes and 3,000 segments by dice."""
    dice = np.random.default_rng(0)
    n_frames, n_classes = 108_000, 20
    truth = np.repeat(dice.integers(0, n_classes, 3000), n_frames // 3000)
    logits = dice.normal(size=(n_frames, n_classes))
    logits[np.arange(n_frames), truth] += 2.5
    said = tempered(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), 1.0)
    counted = count_transitions([(truth, 30.0)], n_classes)
    evidence = Evidence(said, np.arange(n_classes), 30.0, counted)
    begun = time.process_time()
    lane = pre_labels(said, range(n_classes), 30.0, counted)
    print(f"\nAn hour: {time.process_time() - begun:.1f} s of one core")
    return evidence, lane


def around_corrections(evidence: Evidence, lane: Segmentation) -> None:
    seconds = []
    for index in range(100, 200):
        segment = lane.segments[index]
        after = relabel(lane, index, ((segment.class_id or 0) + 1) % 20)
        begun = time.process_time()
        redecode(after, evidence, segment.start, taken_away(lane, after))
        seconds.append(time.process_time() - begun)
    low, high = 1000 * np.percentile(seconds, (50, 95))
    print(f"Around a correction in it: {low:.0f} ms (95th: {high:.0f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    arguments = parser.parse_args()
    if arguments.data is not None:
        arguments.out.mkdir(parents=True, exist_ok=True)
        train_folds(arguments.data, arguments.out)
    seeds = range(arguments.seeds)
    videos = [video for seed in seeds for video in videos_of(arguments.out, seed)]
    collars = " | ".join(f"K={collar}" for collar in COLLARS)
    print(f"| | {collars} | F1@10 | F1@50 | edit | accuracy |")
    print("|---|" + "---|" * (len(COLLARS) + len(FIGURES)))
    for name, decoder in DECODERS.items():
        print(row(name, decoder, videos), flush=True)
    around_corrections(*hour())


if __name__ == "__main__":
    main()

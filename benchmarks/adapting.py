"""What corrections of a part of a video spare in the rest of it.

``python -m benchmarks.adapting PATH_OF_UW_IOM OUT`` trains `keypoints` on draws of one
and two labelled people (`benchmarks.few_labels`) and on four folds of twelve, and keeps
in OUT what it says of the people it has not seen; what lies there is not made again.
Ten minutes of one core.

Of each video the first share of the segments is reviewed, then the rest is decoded
alone, as learnt from them (`review.adapting`), and in their order as learnt. Events are
the fewest that bring the rest to the truth, every boundary to within K frames
(`least_events`). It prints the tables of ``docs/results/adapting.md``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.by_hand import events_left
from benchmarks.few_labels import RATE, draw, mean_and_error, plain, samples_of
from skelseg_core.array_files import load_npz, save_npz
from skelseg_core.config import load_preset
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.labels.transitions import count_transitions
from skelseg_core.learning.data import Sample
from skelseg_core.learning.inference import predict_probabilities
from skelseg_core.review.adapting import (
    STRETCH,
    WEAK,
    labels_adapted,
    n_corrected,
    share_left,
)
from skelseg_core.review.by_example import take_over
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.transcript import labels_as_before

SHARES = (0.1, 0.2, 0.33, 0.5)
COLLARS = (2, 5)
PLACES = (10, 20, 30)
FOLDS = 4


@dataclass(frozen=True, eq=False)
class Video:
    """What a model says of somebody it has not seen, and the truth."""

    evidence: Evidence
    truth: Segmentation

    def reviewed(self, n_segments: int) -> tuple[Segmentation, int]:
        """Review the first segments; return the labels, and where the rest begins."""
        done = self.truth.segments[:n_segments]
        stop = done[-1].stop
        lane = Segmentation(
            (*(s.as_reviewed() for s in done), Segment(stop, self.truth.n_frames))
        )
        return take_over(lane, self.evidence.decode(fixed=lane.to_frames())), stop

    def share(self, share: float) -> tuple[Segmentation, int]:
        """Review the first share of the segments, as `reviewed`."""
        # The last one may go on with the model's label: then it is not of the stretch.
        return self.reviewed(max(STRETCH + 1, round(share * len(self.truth))))

    def corrected(self, n_places: int) -> tuple[Segmentation, int] | None:
        """Review until so many places were corrected; None where they never are."""
        predicted = self.evidence.decode()
        for n_segments in range(STRETCH + 1, len(self.truth) - STRETCH):
            lane, stop = self.reviewed(n_segments)
            if n_corrected(lane, predicted) >= n_places:
                return lane, stop
        return None

    def left(self, lane: Segmentation, stop: int) -> list[float]:
        """Count the events that are left, and the share of frames that are right."""
        right = lane.to_frames()[stop:] == self.truth.to_frames()[stop:]
        events = (float(events_left(lane, self.truth, k)) for k in COLLARS)
        return [*events, 100 * float(right.mean())]


Decoder = Callable[[Segmentation, Evidence, int], Segmentation]

DECODERS: dict[str, Decoder] = {
    "pre-labelled": lambda lane, evidence, stop: lane,
    "as learnt": lambda lane, evidence, stop: labels_adapted(lane, evidence),
    "in their order as learnt": labels_as_before,
}


@dataclass(frozen=True)
class Trained:
    """A model to train: people it learns from, and people it is asked about."""

    name: str
    seed: int
    learnt: tuple[int, ...]
    asked: tuple[int, ...]

    def videos(self, samples: Sequence[Sample], out: Path) -> list[Video]:
        """Return what it says; train it where that is not kept."""
        path = out / f"{self.name}.npz"
        known = [samples[i] for i in self.learnt]
        n_classes = 1 + max(int(s.labels.max()) for s in samples)
        if not path.is_file():
            preset = load_preset("keypoints")
            preset = replace(preset, train=replace(preset.train, seed=self.seed))
            model = plain(known, [], preset, n_classes)
            said = {
                samples[i].name: predict_probabilities(model, samples[i].features)
                for i in self.asked
            }
            save_npz(path, said)
            print(path.name, flush=True)
        counted = count_transitions(((s.labels, RATE) for s in known), n_classes)
        ids, said = np.arange(n_classes), load_npz(path)
        return [
            Video(
                Evidence(said[samples[i].name], ids, RATE, counted),
                Segmentation.from_frames(samples[i].labels),
            )
            for i in self.asked
        ]


def trainings(n_people: int) -> dict[str, list[Trained]]:
    """List the draws of one and of two people, and the folds."""
    found: dict[str, list[Trained]] = {}
    for size in (1, 2):
        for number in range(5):
            people = draw(n_people, size, number)
            asked = people.used + people.unseen
            one = Trained(f"{size}.{number}", number, people.labelled, asked)
            found.setdefault(f"{size} labelled", []).append(one)
    for fold in range(FOLDS):
        asked = tuple(range(n_people))[fold::FOLDS]
        learnt = tuple(i for i in range(n_people) if i not in asked)
        one = Trained(f"fold{fold}", 0, learnt, asked)
        found.setdefault(f"{len(learnt)} labelled", []).append(one)
    return found


def left_by(title: str, video: Video, begun: tuple[Segmentation, int]) -> list[float]:
    """Decode the rest of a video, and say what is left (`Video.left`)."""
    lane, stop = begun
    decoded = DECODERS[title](lane, video.evidence, stop)
    return video.left(take_over(lane, decoded), stop)


def share_row(name: str, models: Sequence[list[Video]], share: float) -> str:
    """Write the line of a share: means of the models, and leads over pre-labels."""
    before, *others = (
        np.array(
            [
                np.mean([left_by(title, v, v.share(share)) for v in videos], axis=0)
                for videos in models
            ]
        )
        for title in DECODERS
    )
    cells = [f"{mean:.1f}" for mean in before.mean(axis=0)]
    for after in others:
        for k, lead in enumerate((after - before).T):
            better = int((lead < 0).sum() if k < len(COLLARS) else (lead > 0).sum())
            said = mean_and_error(lead.tolist(), "+.1f")
            cells.append(f"{said} ({better} of {len(lead)})")
    return f"| {name} | {share:.0%} | " + " | ".join(cells) + " |"


def corrected_row(
    name: str, models: Sequence[list[Video]], n_places: int, weak: bool
) -> str:
    """Write the line of so many corrected places: means of the videos.

    With ``weak`` only of those in which fewer frames than `WEAK` were left.
    """
    leads, firsts, lengths = [], [], []
    for video in (v for videos in models for v in videos):
        begun = video.corrected(n_places)
        if begun is None:
            continue
        if not weak or share_left(begun[0], video.evidence.decode()) < WEAK:
            before = left_by("pre-labelled", video, begun)
            after = left_by("as learnt", video, begun)
            firsts.append(before)
            leads.append(np.subtract(after, before))
            lengths.append(begun[0].index_at(begun[1]))
    lead, first = np.array(leads), np.mean(firsts, axis=0)
    worse = [(lead[:, k] > 0).mean() for k in range(len(COLLARS))]
    worse.append((lead[:, -1] < 0).mean())
    cells = [
        f"{a:.1f} {d:+.1f} ({w:.0%})"
        for a, d, w in zip(first, lead.mean(axis=0), worse, strict=True)
    ]
    places = f"{n_places} | {np.mean(lengths):.0f} | {len(lead)}"
    return f"| {name} | {places} | " + " | ".join(cells) + " |"


def main() -> None:
    """Make the runs that are missing and print the table of all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="Folder of UW-IOM.")
    parser.add_argument("out", type=Path, help="Folder of the runs.")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    samples = samples_of(arguments.source)
    models = {
        name: [model.videos(samples, arguments.out) for model in group]
        for name, group in trainings(len(samples)).items()
    }
    figures = [*(f"events, K = {k}" for k in COLLARS), "frames right"]
    head = [f"{title}: {figure}" for title in DECODERS for figure in figures]
    print("\n| trained on | reviewed | " + " | ".join(head) + " |")
    print("|" + "---|" * (2 + len(head)))
    for name, found in models.items():
        for share in SHARES:
            print(share_row(name, found, share), flush=True)
    print("\nBefore, change, and in how many videos it became worse:")
    head = ["trained on", "corrected", "segments reviewed", "videos", *figures]
    print("\n| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for name, found in models.items():
        for n_places in PLACES:
            print(corrected_row(name, found, n_places, weak=False), flush=True)
    print(f"\nThe same where fewer than {WEAK:.0%} of the frames were left:")
    print("\n| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for name, found in models.items():
        print(corrected_row(name, found, PLACES[1], weak=True), flush=True)


if __name__ == "__main__":
    main()

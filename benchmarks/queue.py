"""The queue of the review on UW-IOM, worked by a person who sees all that is shown.

`python -m benchmarks.queue OUT --data SRC` trains `keypoints` on four folds of people
for each of three seeds and keeps in OUT what it says of the people it has not seen
(SRC holds the published layout of UW-IOM; 40 minutes of one core). With OUT alone it
reads what lies there: of each video and seed the probabilities (T, C), the class ids,
the true labels, the fold and the rate.

A look is at a segment and both its ends. What is wrong there is put right, to within
the collar, and reviewed; then the queue is asked again. Temperatures are fitted on
other people only. It prints the table of `docs/results/queue.md`; `--hour` times the
queue of a long video instead.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.least_events import LeastEvents, Mending
from benchmarks.out_of_fold import SEEDS, Video, train_folds, videos_of
from benchmarks.working_lane import WorkingLane
from skelseg_core.errors import EditError
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.labels.transitions import count_transitions
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.place import Place
from skelseg_core.review.queue import Queue

SHARES = (0.1, 0.2, 0.3)
WANTED = (0.8, 0.9)
COLLARS = (5, 2)


# -- the person -----------------------------------------------------------------------


def shows(place: Place, mending: Mending) -> bool:
    """Tell whether a look at a segment and both its ends shows an error."""
    if mending.kind == "boundary":
        return place.start <= mending.start <= place.stop
    return mending.start <= place.stop and mending.stop >= place.start


def mended(lane: WorkingLane, mending: Mending) -> WorkingLane:
    try:
        if mending.kind == "boundary":
            return lane.moved(mending.start, mending.stop)
        if mending.kind == "missing":
            return lane.painted(mending.start, mending.stop, mending.class_id)
        return lane.relabelled(mending.start, mending.class_id)
    except EditError:
        return lane


class Person:
    """Somebody who puts right what a look shows, and reviews it."""

    def __init__(self, video: Video, collar: int) -> None:
        self.lane = WorkingLane.of(video.pre_label)
        self._truth, self._collar = video.truth.shown, collar
        self._planned: tuple[object, list[Mending]] | None = None

    def look(self, place: Place) -> int:
        """Look at a place; the number of errors that were put right."""
        count = 0
        for _ in range(5):
            before = self.lane
            for mending in [m for m in self._plan() if shows(place, m)]:
                after = mended(self.lane, mending)
                count += after is not self.lane
                self.lane = after
            if self.lane is before:
                break
        first = self.lane.shown_at(place.start)
        last = self.lane.shown_at(place.stop - 1)
        self.lane = self.lane.accepted(first[0], last[1])
        return count

    def _plan(self) -> list[Mending]:
        shown = self.lane.shown
        if self._planned is None or self._planned[0] != shown:
            plan = LeastEvents(shown, self._truth, self._collar).plan()
            self._planned = shown, plan
        return self._planned[1]


Next = Callable[[Segmentation], Place | None]
"""Chooses the next place of a lane."""


def worked(video: Video, choose: Next, collar: int) -> list[int]:
    """Work through a video; errors found by each look."""
    person, found = Person(video, collar), []
    while (place := choose(person.lane.segmentation)) is not None:
        found.append(person.look(place))
    return found


# -- the orders -----------------------------------------------------------------------


def by_confidence(lane: Segmentation) -> Place | None:
    left = [s for s in lane.segments if s.accepted]
    least = min(left, key=lambda s: s.confidence or 0.0, default=None)
    return None if least is None else Place(least.start, least.stop)


class AtRandom:
    def __init__(self, seed: int) -> None:
        self._numbers = np.random.default_rng(seed)

    def __call__(self, lane: Segmentation) -> Place | None:
        left = [s for s in lane.segments if s.accepted]
        if not left:
            return None
        one = left[int(self._numbers.integers(len(left)))]
        return Place(one.start, one.stop)


class ByQueue:
    """The first place of the queue."""

    def __init__(self, video: Video) -> None:
        self._queue = Queue(video.evidence, {}, video.pre_label)

    def __call__(self, lane: Segmentation) -> Place | None:
        return next(iter(self._queue.places(lane)), None)


# -- the tables -----------------------------------------------------------------------


def recall_row(name: str, found: Iterable[Sequence[int]]) -> str:
    """Write how many errors were found after so many percent of the looks."""
    curves, total = [], 0
    for one in found:
        at = np.linspace(0, len(one), 101)
        curves.append(np.interp(at, np.arange(len(one) + 1), np.cumsum([0, *one])))
        total += sum(one)
    recall = np.sum(curves, axis=0) / total
    values = [f"{100 * recall[round(100 * s)]:.0f}" for s in SHARES]
    values += [str(int(np.argmax(recall >= w))) for w in WANTED]
    return f"| {name} | " + " | ".join(values) + " |"


def ghosts_row(videos: Sequence[Video], collar: int) -> list[tuple[bool, float]]:
    """Whether the ghost has the class of what is missing, and how far off it is."""
    found = []
    for video in videos:
        lane = WorkingLane.of(video.pre_label)
        places = Queue(video.evidence, {}).places(video.pre_label)
        plan = LeastEvents(lane.shown, video.truth.shown, collar).plan()
        for mending in plan:
            if mending.kind != "missing":
                continue
            ghosts = [p.ghost for p in places if p.ghost and shows(p, mending)]
            alike = [g for g in ghosts if g.class_id == mending.class_id]
            off = [
                max(abs(g.start - mending.start), abs(g.stop - mending.stop))
                for g in alike
            ]
            found.append((bool(ghosts), float(min(off, default=np.inf))))
    return found


Orders = dict[str, list[list[int]]]
"""Errors found by each look, of every video, by the order."""


def played(videos: Sequence[Video], collar: int, seed: int) -> Orders:
    """Play every order on every video."""
    runs: Orders = {}
    for video in videos:
        orders: dict[str, Next] = {
            "random": AtRandom(seed),
            "least confident first": by_confidence,
            "queue": ByQueue(video),
        }
        for name, choose in orders.items():
            runs.setdefault(name, []).append(worked(video, choose, collar))
    return runs


def hour() -> None:
    """Time the queue of an hour (30 frames a second, 20 classes, 2,000 segments)."""
    numbers = np.random.default_rng(0)
    n, n_classes, rate = 2000, 20, 30.0
    steps = numbers.integers(1, n_classes, n)
    labels = np.repeat(np.cumsum(steps) % n_classes, round(3600 * rate / n))
    values = 0.3 * numbers.dirichlet(np.full(n_classes, 0.3), len(labels))
    values[np.arange(len(labels)), labels] += 0.7
    counted = count_transitions([(labels, rate)], n_classes)
    ids = np.arange(n_classes)
    evidence = Evidence(values.astype(np.float32), ids, rate, counted)
    lane = Segmentation.from_frames(labels, "model")
    queue = Queue(evidence, {}, lane)
    since = time.process_time()
    places = queue.places(lane)
    print(f"{len(places):,} places of an hour: {time.process_time() - since:.2f} s")
    times = []
    for _ in range(50):
        index = lane.index_at(places[0].start)
        seen = lane.segments[index].as_reviewed()
        lane = lane.spliced(index, index + 1, [seen])
        since = time.process_time()
        places = queue.places(lane)
        times.append(1000 * (time.process_time() - since))
    print(f"again after a look: {np.median(times):.0f} ms, {max(times):.0f} at most")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, nargs="?")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--hour", action="store_true")
    args = parser.parse_args()
    if args.hour:
        hour()
        return
    if args.data is not None:
        args.out.mkdir(parents=True, exist_ok=True)
        train_folds(args.data, args.out)
    by_seed = [videos_of(args.out, seed) for seed in range(args.seeds)]
    for collar in COLLARS:
        runs: Orders = {}
        for seed, videos in enumerate(by_seed):
            for name, more in played(videos, collar, seed).items():
                runs.setdefault(name, []).extend(more)
        print(f"\nK={collar}\n\n| order | 10 % | 20 % | 30 % | for 80 % | for 90 % |")
        print("|---|---|---|---|---|---|")
        for name, more in runs.items():
            print(recall_row(name, more))
        ghosts = [g for videos in by_seed for g in ghosts_row(videos, collar)]
        off = np.array([o for _, o in ghosts])
        near = ", ".join(f"{(off <= k).mean():.0%} within {k}" for k in (2, 3, 5))
        print(f"\nGhosts of {len(ghosts)} missing segments: {near}", flush=True)


if __name__ == "__main__":
    main()

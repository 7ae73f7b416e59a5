"""Effort: what it takes a simulated person to label a video, by each way of working.

Nobody was watched. The events are counted as the simulated person makes them; seconds
are these events, looks and passes by the prices of `Costs`, which anybody may change.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np

from skelseg_core.labels.bulk_edits import segments_of_taps
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.edits import accept
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.review.assist import AssistSession, Propose, begun
from skelseg_core.review.corrector import Corrector, Effort
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.habits import Habits
from skelseg_core.review.proposals import Proposer
from skelseg_core.review.queue import Queue
from skelseg_core.review.taps import cuts_by
from skelseg_core.review.transcript import labels_in_order
from skelseg_core.review.working_lane import Shown, WorkingLane

SCATTER_S = 0.15
"""Standard deviation of a reaction while the video plays; its mean is taken off."""
WRONG_KEYS = 0.02
"""Share of the keys that name a wrong class while the video plays."""
LAG_S = 0.25
"""Mean reaction of a tap, in seconds after an action begins."""


@dataclass(frozen=True)
class Costs:
    """Prices in seconds of what a person does.

    Parameters
    ----------
    key_s, drag_s : float
        A key, and a drag or click, by the keystroke-level model.
    look_s : float
        A look at one place.
    strip_s : float
        A look at one strip of the wall.
    speed : float
        How many times as fast as it was filmed a video is watched in a pass.
    segment_s : float
        Least time a segment takes to be named while the video plays.
    """

    key_s: float = 0.28
    drag_s: float = 1.1
    look_s: float = 1.2
    strip_s: float = 0.5
    speed: float = 2.0
    segment_s: float = 1.5


@dataclass(frozen=True, eq=False)
class Case:
    """A video whose true labels are known.

    Parameters
    ----------
    video : str
    truth : Segmentation
        Of T frames.
    evidence : Evidence
        Of a model that has not seen these labels.
    label_map : LabelMap
    habits : Habits
        Counted in other videos.
    seed : int
        Of what is left to chance.
    """

    video: str
    truth: Segmentation
    evidence: Evidence
    label_map: LabelMap
    habits: Habits = field(default_factory=Habits)
    seed: int = 0

    @property
    def duration_s(self) -> float:
        """Duration of the video, in seconds."""
        return self.truth.n_frames / self.evidence.rate

    @cached_property
    def target(self) -> tuple[Shown, ...]:
        """The true segments."""
        return WorkingLane.of(self.truth).shown

    @cached_property
    def pre_label(self) -> Segmentation:
        """The labels that the unlabelled video has before anybody looks."""
        return begun(Segmentation.unlabelled(self.truth.n_frames), self.evidence)

    @property
    def dice(self) -> np.random.Generator:
        """Random numbers, the same at every use."""
        return np.random.default_rng([self.seed, zlib.crc32(self.video.encode())])

    def session(
        self, begin: Segmentation | None = None, proposals: bool = False
    ) -> AssistSession:
        """Begin a session on the unlabelled video."""
        names = {c.id: c.name for c in self.label_map.classes}
        nothing = Segmentation.unlabelled(self.truth.n_frames)
        queue = Queue(self.evidence, names, self.pre_label)
        propose: Propose = lambda _: None  # noqa: E731
        if proposals:
            propose = Proposer(self.evidence, self.habits, names, self.pre_label)
        return AssistSession(
            nothing,
            self.evidence,
            self.label_map,
            propose,
            lambda lane: queue.places(lane.segmentation),
            begin or self.pre_label,
        )


@dataclass
class Outcome:
    """Events, looks and passes of one video, labelled in one way.

    Parameters
    ----------
    effort : Effort
        Of what was put right.
    named : int
        Keys that named segments while the video played.
    played_s : float
        Seconds that this took.
    passes : float
        Times the video was watched at `Costs.speed`.
    strips : int
        Strips of the wall that were looked at.
    looks : int
        Places of the queue that were looked at.
    """

    effort: Effort
    named: int = 0
    played_s: float = 0.0
    passes: float = 0.0
    strips: int = 0
    looks: int = 0

    @property
    def events(self) -> int:
        """Keys and drags."""
        return self.named + self.effort.events

    @property
    def curve(self) -> list[int]:
        """Events still left after each event; naming reveals nothing until its end."""
        return [self.effort.curve[0]] * self.named + self.effort.curve

    def seconds(self, duration_s: float, costs: Costs) -> float:
        """Estimate how long it takes, with a video of so many seconds.

        To mend something takes two keys to get there, a look, and the gesture.
        """
        kinds, effort = self.effort.kinds, self.effort
        mendings = sum(kinds.values())
        keys = 2 * mendings + kinds["label"] + kinds["extra"] + kinds["missing"]
        drags = kinds["boundary"] + kinds["missing"]
        looks = mendings + effort.offered + self.looks
        return (
            self.played_s
            + self.passes * duration_s / costs.speed
            + (keys + effort.taken) * costs.key_s
            + drags * costs.drag_s
            + looks * costs.look_s
            + self.strips * costs.strip_s
        )


Policy = Callable[[Case, int, Costs], Outcome]


def live(case: Case, collar: int, costs: Costs) -> Outcome:
    """Name each segment by a key while the video plays, watch it again and mend it."""
    return _named(case, collar, costs, _lane_of_keys(case))


def taps(case: Case, collar: int, costs: Costs) -> Outcome:
    """Tap along while it plays; the model finds the boundaries between the taps."""
    rate, dice, n = case.evidence.rate, case.dice, case.truth.n_frames
    lag, scatter = LAG_S * rate, SCATTER_S * rate
    said: dict[int, int] = {}
    for start, stop, class_id in case.target:
        frame = round(start + max(0.0, dice.normal(lag, scatter)))
        if class_id is not None:
            named = _perhaps_wrong(class_id, case, dice)
            said[min(frame, stop - 1, n - 1)] = named
    cuts = cuts_by(case.evidence)
    lane = Segmentation(tuple(segments_of_taps(said.items(), 0, n, cuts)))
    return _named(case, collar, costs, lane)


def argmax(case: Case, collar: int, costs: Costs) -> Outcome:
    """Mend what the model finds likeliest frame by frame."""
    evidence = case.evidence
    likeliest = evidence.class_ids[evidence.probabilities.argmax(axis=1)]
    begin = Segmentation.from_frames(likeliest, "model")
    return _mended(case.session(begin), case, collar)


def prelabel(case: Case, collar: int, costs: Costs) -> Outcome:
    """Mend the pre-label."""
    return _mended(case.session(), case, collar)


def queue(case: Case, collar: int, costs: Costs) -> Outcome:
    """Go through the queue to its end, and mend what it shows; no pass."""
    corrector = Corrector(case.session(), case.target, collar, proposals=False)
    effort = corrector.by_queue()
    return Outcome(effort, looks=len(effort.looks))


def assist(case: Case, collar: int, costs: Costs) -> Outcome:
    """Mend the pre-label and take proposals over, in one pass."""
    return Outcome(_assisted(case, collar), passes=1)


def order(case: Case, collar: int, costs: Costs) -> Outcome:
    """Mend the pre-label that keeps to the given order of the true segments."""
    nothing = Segmentation.unlabelled(case.truth.n_frames)
    entries = tuple(class_id for _, _, class_id in case.target)
    begin = accept(nothing, labels_in_order(nothing, case.evidence, entries))
    return _mended(case.session(begin), case, collar)


def wall(case: Case, collar: int, costs: Costs) -> Outcome:
    """Take proposals over and mend, the segments seen on the wall instead of a pass."""
    return Outcome(_assisted(case, collar), strips=len(case.target))


POLICIES: dict[str, Policy] = {
    "live": live,
    "taps": taps,
    "argmax": argmax,
    "prelabel": prelabel,
    "queue": queue,
    "order": order,
    "assist": assist,
    "wall": wall,
}
"""Ways to label a video, by name; the first is what others are compared with."""


def _named(case: Case, collar: int, costs: Costs, lane: Segmentation) -> Outcome:
    outcome = _mended(case.session(lane), case, collar)
    outcome.named = len(case.target)
    outcome.played_s = max(case.duration_s, costs.segment_s * len(case.target))
    return outcome


def _mended(session: AssistSession, case: Case, collar: int) -> Outcome:
    corrector = Corrector(session, case.target, collar, proposals=False)
    return Outcome(corrector.by_time(), passes=1)


@lru_cache(maxsize=16)
def _assisted(case: Case, collar: int) -> Effort:
    """Correct with proposals; both the pass and the wall are of this."""
    return Corrector(case.session(proposals=True), case.target, collar).by_time()


def _lane_of_keys(case: Case) -> Segmentation:
    """Simulate the lane of somebody who presses a key where each segment begins."""
    dice, n = case.dice, case.truth.n_frames
    scatter = SCATTER_S * case.evidence.rate
    labels = np.full(n, -1)
    begin = 0
    for start, _, class_id in case.target:
        if start:
            begin = max(begin + 1, round(start + dice.normal(0, scatter)))
        if class_id is not None:
            class_id = _perhaps_wrong(class_id, case, dice)
        labels[min(begin, n - 1) :] = -1 if class_id is None else class_id
    return Segmentation.from_frames(labels)


def _perhaps_wrong(class_id: int, case: Case, dice: np.random.Generator) -> int:
    others = [c for c in case.label_map.ids if c != class_id]
    if others and dice.random() < WRONG_KEYS:
        return int(dice.choice(others))
    return class_id


def share_looked_at(looks: Sequence[int], events: int, found: float) -> float:
    """Compute the share of the queue after which so much of the work was done.

    Parameters
    ----------
    looks : sequence of int
        Events left after each place.
    events : int
        Left before the first one.
    found : float
        Share of the events, 0..1.
    """
    most = (1 - found) * events + 1e-9
    n = next((i for i, left in enumerate(looks, 1) if left <= most), len(looks))
    return n / max(1, len(looks))

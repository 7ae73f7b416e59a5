"""What it saves to mend alike places at once, and to agree on conventions (UW-IOM).

`python -m benchmarks.alike OUT` reads what `python -m benchmarks.queue OUT --data SRC`
left in OUT: what models say of people they have not seen. A simulated person corrects
each video from left to right with as few events as possible, vouches for what is left
behind, and takes an offer of `Proposer` where that saves more than the key. It knows
what people of the other folds labelled, or nothing, as in a new project. Conventions
are those that the audit finds in the labels of the other folds; truth and pre-label are
settled by them alike. It prints the tables of `docs/results/alike.md`.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.out_of_fold import SEEDS, Video, videos_of
from skelseg_core.labels.classes import LabelMap, label_map_from_names
from skelseg_core.labels.conventions import Convention, settle
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import run
from skelseg_core.project.project import ANNOTATION, VideoItem, add_video, new_project
from skelseg_core.review.assist import AssistSession, Propose, Work
from skelseg_core.review.conventions import audit
from skelseg_core.review.corrector import Corrector
from skelseg_core.review.habits import Habits
from skelseg_core.review.least_events import LeastEvents
from skelseg_core.review.proposal import Proposal
from skelseg_core.review.proposals import Proposer
from skelseg_core.review.working_lane import WorkingLane

COLLARS = (5, 2)


class Offers:
    """Offers what the window offers; counts which offers save."""

    def __init__(
        self,
        video: Video,
        others: Sequence[Video],
        collar: int,
        rules: tuple[Convention, ...] = (),
    ) -> None:
        self._video, self._collar = video, collar
        lanes = (
            (settle(v.truth.segmentation, rules, v.evidence.times), v.evidence.rate)
            for v in others
        )
        self._propose = Proposer(video.evidence, Habits.of(lanes), {}, video.pre_label)
        self.counts: Counter[str] = Counter()

    def __call__(self, work: Work) -> Proposal | None:
        lane = reviewed_where(work.lane.segmentation, work.seen)
        found = self._propose(Work.of(lane, work.lane.touched))
        if found is not None:
            now, then = self._left(lane), self._left(found.lane)
            saved = now - then - 1
            self.counts["saves" if saved > 0 else "no use"] += 1
        return found

    def _left(self, lane: Segmentation) -> int:
        truth, collar = self._video.truth.shown, self._collar
        return LeastEvents(WorkingLane.of(lane).shown, truth, collar).events


def reviewed_where(lane: Segmentation, seen: np.ndarray) -> Segmentation:
    """Vouch for the segments that the person has gone past."""
    return Segmentation(
        tuple(
            s.as_reviewed() if seen[s.start : s.stop].all() else s
            for s in lane.segments
        )
    )


def nothing(_: Work) -> None:
    """Offer nothing."""


def events(video: Video, collar: int, propose: Propose) -> int:
    empty = Segmentation.unlabelled(video.pre_label.n_frames)
    names = label_map_of(video)
    session = AssistSession(empty, video.evidence, names, propose, lambda _: [])
    return Corrector(session, video.truth.shown, collar).by_time().events


def label_map_of(video: Video) -> LabelMap:
    return label_map_from_names(str(i) for i in sorted(video.evidence.class_ids))


def rules_of(others: Sequence[Video]) -> tuple[Convention, ...]:
    """Find what the people of other videos label in two ways."""
    project = new_project("others", label_map_of(others[0]))
    for video in others:
        lane, rate = video.truth.segmentation, video.evidence.rate
        item = VideoItem(
            *(video.name, "", "", lane.n_frames, 1, 1, rate), {ANNOTATION: lane}
        )
        project = add_video(project, item)
    return tuple(finding.rule for finding in run(audit(project)))


def settled(video: Video, rules: tuple[Convention, ...]) -> Video:
    """Settle truth and pre-label alike."""
    evidence = replace(video.evidence, conventions=rules)
    truth = settle(video.truth.segmentation, rules, evidence.times)
    return Video(video.name, evidence, evidence.decode(), WorkingLane.of(truth))


def measure(
    out: Path, folds: Callable[[str], object], say: Callable[..., None]
) -> None:
    rows: dict[tuple[str, int], list[int]] = {}
    counts: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    n_rules = []
    for seed in range(SEEDS):
        videos = videos_of(out, seed)
        for video in videos:
            others = [v for v in videos if folds(v.name) != folds(video.name)]
            rules = rules_of(others)
            n_rules.append(len(rules))
            agreed = settled(video, rules)
            for collar in COLLARS:
                offers = Offers(video, others, collar)
                first = Offers(video, (), collar)
                both = Offers(agreed, others, collar, rules)
                for name, of, propose in (
                    ("mended by hand", video, nothing),
                    ("alike places offered, first video", video, first),
                    ("alike places offered", video, offers),
                    ("by convention", agreed, nothing),
                    ("by convention, alike places offered", agreed, both),
                ):
                    price = events(of, collar, propose)
                    rows.setdefault((name, collar), []).append(price)
                counts["others", collar] += offers.counts
                counts["first video", collar] += first.counts
    say("| | " + " | ".join(f"K={c}" for c in COLLARS) + " |")
    say("|---|" + "---|" * len(COLLARS))
    for name in dict.fromkeys(n for n, _ in rows):
        means = " | ".join(f"{np.mean(rows[name, c]):.1f}" for c in COLLARS)
        say(f"| {name} | {means} |")
    for (known, collar), found in counts.items():
        say(f"offers, {known}, K={collar}: {dict(found)}")
    say(f"conventions found in the other folds: {min(n_rules)} to {max(n_rules)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    names = (p.name.split(".")[0] for p in out.glob("*.seed0.npz"))
    fold = {n: int(np.load(out / f"{n}.seed0.npz")["fold"]) for n in names}
    measure(out, fold.__getitem__, print)


if __name__ == "__main__":
    main()

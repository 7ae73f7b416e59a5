"""The session of `benchmarks.assist`: what its verbs do, and its lines."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.assist_lines import AssistLines
from benchmarks.assist_session import AssistSession, begun
from benchmarks.working_lane import WorkingLane
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.labels.transitions import count_transitions
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.review_item import Reason, ReviewItem
from tests.segments import segmentations
from tests.soak import examples

N = 60
CLASSES = label_map_from_names(["walk", "reach", "carry"])


def evidence_of(labels: np.ndarray, sure: float = 0.9) -> Evidence:
    """Evidence that says these labels, each frame as sure as said."""
    probabilities = np.full((len(labels), 3), (1 - sure) / 2)
    probabilities[np.arange(len(labels)), labels] = sure
    counted = count_transitions([(labels, 10.0)], 3)
    return Evidence(probabilities, np.arange(3), 10.0, counted)


LABELS = np.repeat([0, 1, 2, 0, 1], 12)
EVIDENCE = evidence_of(LABELS)


def session_of(
    annotation: Segmentation | None = None, evidence: Evidence = EVIDENCE
) -> AssistSession:
    annotation = annotation or Segmentation.unlabelled(N)

    def order(lane: WorkingLane) -> list[ReviewItem]:
        return [ReviewItem(a, b, (Reason("one"),)) for a, b, _ in lane.shown]

    return AssistSession(begun(annotation, evidence), CLASSES, order)


def test_what_is_saved_says_who_reviews() -> None:
    session = session_of()
    session.accept(0, 12)
    session.move(36, 40)
    session.relabel(50, 2)
    first, second, third, fourth, last = session.annotation.segments
    assert first.reviewed
    assert first.source == "human"
    assert second.start_reviewed
    assert not second.class_reviewed
    # The frames 36..39 went to the third by a person, who did not say its class.
    assert second.source == fourth.source == "model"
    assert third.source == "human"
    assert third.accepted
    assert not third.class_reviewed
    assert third.stop_reviewed
    assert fourth.start_reviewed
    assert not fourth.class_reviewed
    assert last.class_reviewed
    assert last.source == "human"
    assert not last.reviewed


def test_places_end_and_do_not_come_again() -> None:
    session = session_of()
    session.accept(0, 12)
    seen = []
    for _ in range(99):
        session.next()
        if session.item is None:
            break
        seen.append(session.item.start)
        session.relabel(session.item.start, 2)
        session.undo()
    assert seen == [12, 24, 36, 48]


# -- lines -----------------------------------------------------------------------------


def lines_of(session: AssistSession) -> AssistLines:
    return AssistLines(session, lambda: None)


# -- what a command set is changed by later commands alone ----------------------------

frames = st.integers(-1, N + 1)
ids = st.sampled_from([0, 1, 2, None])
COMMANDS = st.one_of(
    st.fixed_dictionaries({"do": st.just("relabel"), "frame": frames, "class": ids}),
    st.fixed_dictionaries({"do": st.just("move"), "frame": frames, "to": frames}),
    st.fixed_dictionaries(
        {"do": st.just("paint"), "start": frames, "stop": frames, "class": ids}
    ),
    st.fixed_dictionaries({"do": st.just("accept"), "start": frames, "stop": frames}),
    st.fixed_dictionaries({"do": st.sampled_from(["take", "undo", "next"])}),
)


class Promised:
    """What commands have set, kept beside the session: frames and boundaries."""

    def __init__(self, lane: Any) -> None:
        self.labels: dict[int, int | None] = {}
        self.cuts: set[int] = set()
        self.before: list[tuple[dict[int, int | None], set[int]]] = []

    def learn(self, command: dict[str, Any], before: Any, after: Any) -> None:
        if command["do"] == "undo":
            self.labels, self.cuts = self.before.pop()
            return
        if command["do"] == "next":
            return
        self.before.append((dict(self.labels), set(self.cuts)))
        was, now = framewise(before), framewise(after)
        start, stop = self._frames(command, before)
        gone = set(starts(before)) - set(starts(after))
        self.cuts -= gone
        self.labels |= {f: now[f] for f in range(start, stop)}
        self.labels |= {f: now[f] for f in range(N) if was[f] != now[f]}
        if command["do"] == "move":
            self.cuts.add(command["to"])
        elif command["do"] != "relabel":
            self.cuts |= set(starts(after)) & set(range(start, stop + 1))

    def _frames(self, command: dict[str, Any], before: Any) -> tuple[int, int]:
        if command["do"] == "relabel":
            return next(s[:2] for s in before if s[0] <= command["frame"] < s[1])
        if command["do"] == "move":
            return tuple(sorted((command["frame"], command["to"])))
        return command["start"], command["stop"]

    def check(self, lane: Any) -> None:
        now = framewise(lane)
        assert {f: now[f] for f in self.labels} == self.labels
        assert self.cuts <= set(starts(lane))


def framewise(lane: Any) -> list[int | None]:
    return [class_id for start, stop, class_id in lane for _ in range(start, stop)]


def starts(lane: Any) -> list[int]:
    return [start for start, _, _ in lane[1:]]


@settings(max_examples=examples(60), deadline=None)
@given(segmentations(N, ids=(None, 0, 1, 2)), st.lists(COMMANDS, max_size=20))
def test_nothing_but_a_later_command_changes_what_a_command_set(
    annotation: Segmentation, commands: list[dict[str, Any]]
) -> None:
    session = session_of(annotation)
    promised = walked(session, commands)
    # So it is after it was saved, whatever the model says then.
    for shift in range(3):
        other = evidence_of((LABELS + shift) % 3)
        again = session_of(session.annotation, evidence=other)
        promised.check(again.lane)


def walked(session: AssistSession, commands: list[dict[str, Any]]) -> Promised:
    """Give a session these commands, and hold it to what it promises."""
    lines = lines_of(session)
    promised, states = Promised(session.lane), [session.lane]
    for command in commands:
        before = session.lane
        lines.do(json.dumps(command).encode())
        after = session.lane
        assert [s[1] for s in after[:-1]] == starts(after)
        assert (after[0][0], after[-1][1]) == (0, N)
        assert all(a < b for a, b, _ in after)
        if lines.error is not None:
            assert after == before
            continue
        promised.learn(command, before, after)
        promised.check(after)
        if command["do"] == "undo":
            states.pop()
            assert after == states[-1]
        elif command["do"] == "next":
            assert after == before
        else:
            states.append(after)
    return promised

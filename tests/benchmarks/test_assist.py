"""The session of `benchmarks.assist`: what its verbs do, and its lines."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.assist_lines import AssistLines
from benchmarks.assist_session import AssistSession, begun
from benchmarks.working_lane import WorkingLane
from skelseg_core.errors import SkelsegError
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.labels.transitions import count_transitions
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.place import Place, Reason
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

    def order(lane: WorkingLane) -> list[Place]:
        return [Place(a, b, (Reason("one"),)) for a, b, _ in lane.shown]

    return AssistSession(begun(annotation, evidence), CLASSES, order)


def test_a_session_begins_with_what_the_model_says() -> None:
    lane = session_of().lane
    assert lane == ((0, 12, 0), (12, 24, 1), (24, 36, 2), (36, 48, 0), (48, 60, 1))


def test_a_session_begins_with_what_a_person_said() -> None:
    said = Segmentation((Segment(0, 20, 2, class_reviewed=True), Segment(20, N)))
    assert session_of(said).lane[0] == (0, 20, 2)


def test_a_label_joins_equal_neighbours() -> None:
    session = session_of()
    session.relabel(30, 1)
    assert session.lane == ((0, 12, 0), (12, 36, 1), (36, 48, 0), (48, 60, 1))
    session.relabel(40, 1)
    assert session.lane == ((0, 12, 0), (12, 60, 1))


def test_what_a_person_divided_stays_two() -> None:
    said = Segmentation(
        (
            Segment(0, 10, 1).as_reviewed(),
            Segment(10, 20, 1).as_reviewed(),
            Segment(20, N, 2).as_reviewed(),
        )
    )
    session = session_of(said)
    session.relabel(5, 1)
    session.paint(10, 15, 1)
    session.move(20, 25)
    assert session.lane == ((0, 10, 1), (10, 25, 1), (25, 60, 2))
    session.relabel(30, 1)
    assert session.lane == ((0, 10, 1), (10, 60, 1))


def test_a_move_past_a_neighbour_changes_nothing() -> None:
    session = session_of()
    before = session.lane
    for old, new in [(12, 0), (12, 24), (24, 12), (24, 40), (13, 14), (0, 3), (60, 59)]:
        with pytest.raises(SkelsegError):
            session.move(old, new)
    assert session.lane == before
    session.move(12, 23)
    assert session.lane[:2] == ((0, 23, 0), (23, 24, 1))


def test_a_boundary_moves_past_what_was_accepted_in_part() -> None:
    session = session_of()
    session.accept(14, 17)
    assert session.lane == session_of().lane
    session.move(12, 20)
    assert session.lane[:2] == ((0, 20, 0), (20, 24, 1))
    session.move(20, 3)
    assert session.lane[:2] == ((0, 3, 0), (3, 24, 1))


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


def test_what_was_accepted_in_part_is_reviewed_for_in_part() -> None:
    session = session_of()
    session.accept(3, 8)
    parts = session.annotation.segments[:3]
    assert [(s.start, s.stop, s.class_reviewed) for s in parts] == [
        (0, 3, False),
        (3, 8, True),
        (8, 12, False),
    ]
    session.accept(0, 12)
    assert session.annotation.segments[0].reviewed
    assert session.annotation.segments[0].stop == 12


def test_who_joins_segments_reviews_the_one_alone_that_was_labelled() -> None:
    session = session_of()
    session.paint(3, 6, 0)
    session.relabel(30, 1)
    assert session.lane == ((0, 12, 0), (12, 36, 1), (36, 48, 0), (48, 60, 1))
    reviewed = np.repeat(
        [s.class_reviewed for s in session.annotation.segments],
        [len(s) for s in session.annotation.segments],
    )
    assert np.flatnonzero(reviewed).tolist() == [*range(3, 6), *range(24, 36)]


def test_who_joins_does_not_make_more_of_how_a_neighbour_was_reviewed() -> None:
    first = Segment(0, 20, 1).as_reviewed(by="rule")
    said = Segmentation((first, Segment(20, N, 2).as_reviewed()))
    session = session_of(said)
    session.relabel(30, 1)
    assert session.lane == ((0, N, 1),)
    assert [s.reviewed_by for s in session.annotation.segments] == ["rule", "look"]


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


@pytest.mark.parametrize(
    "line",
    [
        "",
        "x",
        "[]",
        "3",
        "null",
        "NaN",
        '{"do": null}',
        '{"do": "dance"}',
        '{"do": ["next"]}',
        "{}",
        '{"do": "relabel"}',
        '{"do": "relabel", "frame": 3}',
        '{"do": "relabel", "frame": 3, "class": 9}',
        '{"do": "relabel", "frame": 3, "class": "1"}',
        '{"do": "relabel", "frame": 3, "class": true}',
        '{"do": "relabel", "frame": -1, "class": 1}',
        '{"do": "relabel", "frame": 60, "class": 1}',
        '{"do": "relabel", "frame": 3.0, "class": 1}',
        '{"do": "relabel", "frame": NaN, "class": 1}',
        '{"do": "relabel", "frame": 1e999, "class": 1}',
        '{"do": "relabel", "frame": true, "class": 1}',
        '{"do": "relabel", "frame": {}, "class": 1}',
        '{"do": "relabel", "frame": 9' + "9" * 5000 + ', "class": 1}',
        '{"do": "relabel", "frame": 9' + "9" * 50 + ', "class": 1}',
        '{"do": "relabel", "frame": 1, "class": 9' + "9" * 50 + "}",
        '{"do": "move", "frame": 12}',
        '{"do": "move", "frame": 12, "to": 24}',
        '{"do": "move", "frame": 12, "to": 999}',
        '{"do": "move", "frame": 12, "to": false}',
        '{"do": "move", "frame": 13, "to": 14}',
        '{"do": "paint", "start": 5, "stop": 5, "class": 1}',
        '{"do": "paint", "start": 5, "stop": 61, "class": 1}',
        '{"do": "paint", "start": -1, "stop": 6, "class": 1}',
        '{"do": "paint", "start": 9, "stop": 6, "class": 1}',
        '{"do": "paint", "start": 1, "stop": 6}',
        '{"do": "accept", "start": 1}',
        '{"do": "accept", "start": 1, "stop": null}',
        '{"do": "take"}',
        '{"do": "undo"}',
        "[" * 100_000,
        '{"a":' * 100_000,
        "x" * ((1 << 20) + 1),
    ],
)
def test_a_line_that_cannot_be_done_changes_nothing(line: str) -> None:
    lines = lines_of(session_of())
    before = json.loads(lines.answer())
    lines.do(line.encode())
    after = json.loads(lines.answer())
    error = after.pop("error")
    assert error.endswith(".")
    assert "\n" not in error
    assert len(error) < 300
    assert {**after, "error": None} == before
    lines.do(b'{"do": "next"}')
    assert json.loads(lines.answer())["error"] is None


def test_bytes_that_are_no_text_are_no_command() -> None:
    lines = lines_of(session_of())
    lines.do(b'\xff\xfe{"do": "next"}')
    assert lines.error == "The line is no JSON."


def test_null_takes_a_label_away() -> None:
    lines = lines_of(session_of())
    lines.do(b'{"do": "paint", "start": 2, "stop": 5, "class": null}')
    lane = json.loads(lines.answer())["lane"]
    assert lane[:3] == [[0, 2, 0], [2, 5, None], [5, 12, 0]]


def test_quit_ends_where_nothing_could_be_saved_too() -> None:
    def refused() -> None:
        raise PermissionError(13, "Permission denied", "labels")

    lines = AssistLines(session_of(), refused)
    lines.do(b'{"do": "quit"}')
    assert lines.ended
    assert "Permission denied" in str(json.loads(lines.answer())["error"])


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

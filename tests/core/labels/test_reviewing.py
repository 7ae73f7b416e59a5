"""The law of review: what is agreed with was on the screen, long enough to be seen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.errors import EditError
from skelseg_core.labels.bulk_edits import relabel_all
from skelseg_core.labels.edits import relabel
from skelseg_core.labels.reviewing import LEAST_S, Screen, Sight, agree, agree_all
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.video.times import FrameTimes
from tests.segments import segmentations

RATE = 10.0
"""Half a second is five frames."""
LANE = Segmentation.from_frames([0] * 20 + [1] * 20 + [2] * 20, "model")


def sight(*frames: int, large: bool = True) -> Sight:
    return Sight.of(60, frames, RATE, large)


def said(lane: Segmentation, index: int = 1) -> tuple[bool, bool, bool]:
    segment = lane.segments[index]
    return segment.class_reviewed, segment.start_reviewed, segment.stop_reviewed


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (range(20, 40), (True, False, False)),
        (range(19, 41), (True, True, True)),
        (range(20, 40, 5), (True, False, False)),
        ([19, *range(20, 40, 5)], (True, True, False)),
    ],
)
def test_a_segment_is_reviewed_as_far_as_it_was_seen(
    seen: range, expected: tuple[bool, bool, bool]
) -> None:
    after = agree(LANE, 1, sight(*seen))
    assert said(after) == expected
    assert after.segments[1].source == "model", "who said it stays"
    assert not after.segments[0].class_reviewed
    assert not after.segments[2].class_reviewed


@pytest.mark.parametrize(
    ("seen", "missing"),
    [
        ((), (20, 40)),
        (range(18, 25), (25, 40)),  # what the loupe shows of its start
        (range(20, 40, 6), (21, 26)),
        ([*range(20, 30), *range(37, 41)], (30, 37)),
    ],
)
def test_a_class_is_not_agreed_with_by_a_part_of_its_frames(
    seen: range, missing: tuple[int, int]
) -> None:
    assert sight(*seen).missing(20, 40) == missing
    with pytest.raises(EditError, match="Frames 20 to 39 were not all on the screen"):
        agree(LANE, 1, sight(*seen))
    assert said(agree_all(LANE, {1}, sight(*seen)))[0] is False


def test_small_pictures_tell_the_class_and_no_end() -> None:
    assert said(agree(LANE, 1, sight(*range(60), large=False))) == (True, False, False)
    both = sight(*range(60), large=False) | sight(39, 40)
    assert said(agree(LANE, 1, both)) == (True, False, True)


def test_ends_can_be_agreed_with_after_the_class() -> None:
    named = relabel(LANE, 1, 1)
    assert said(agree(named, 1, sight(19, 20))) == (True, True, False)
    with pytest.raises(EditError, match="unlabelled"):
        agree(Segmentation.unlabelled(60), 0, Sight.whole(60))


@given(segmentations(n_frames=60), st.sets(st.integers(0, 59)), st.booleans())
def test_nothing_becomes_reviewed_that_was_not_seen(
    lane: Segmentation, frames: set[int], large: bool
) -> None:
    seen = Sight.of(60, frames, RATE, large)
    after = agree_all(lane, range(len(lane)), seen)
    assert after.to_frames().tolist() == lane.to_frames().tolist()
    for old, new in zip(lane.segments, after.segments, strict=True):
        if new.class_reviewed and not old.class_reviewed:
            at = [old.start - 1, *(f for f in frames if old.start <= f < old.stop)]
            assert len(at) > 1
            assert max(np.diff([*sorted(at), old.stop])) <= 5
        if new.start_reviewed and not old.start_reviewed and old.start:
            last = len(lane) > 1 and old is lane.segments[-1] and new.class_reviewed
            assert (large and {old.start - 1, old.start} <= frames) or last
    if not frames:
        assert [s.class_reviewed for s in after.segments] == [
            s.class_reviewed for s in lane.segments
        ]


# -- what counts as seen -----------------------------------------------------------


def seen_by(screen: Screen, now_s: float) -> list[int]:
    return np.flatnonzero(screen.sight(now_s).seen).tolist()


@pytest.mark.parametrize(("speed", "seen"), [(1.0, True), (2.0, True), (4.0, False)])
def test_frames_count_that_pass_at_up_to_double_speed(speed: float, seen: bool) -> None:
    screen, now_s = Screen(FrameTimes.even(60, RATE)), 0.0
    for frame in range(60):
        screen.goes_to(frame, now_s)
        now_s += 1 / (RATE * speed)
    assert screen.sight(now_s).covers(0, 59) is seen


@pytest.mark.parametrize(
    ("speed", "judged"), [(2.0, False), (1.0, False), (0.5, False), (0.25, True)]
)
def test_an_end_that_passed_by_was_not_judged(speed: float, judged: bool) -> None:
    rate = 30.0  # no picture of it stands for 0.3 s, at any of these speeds
    screen, now_s = Screen(FrameTimes.even(60, rate)), 0.0
    for frame in range(60):
        screen.goes_to(frame, now_s)
        now_s += 1 / (rate * speed)
    said_now = said(agree(LANE, 1, screen.sight(now_s)))
    assert said_now == (True, judged, judged)


def test_an_end_was_judged_whose_two_pictures_stood() -> None:
    screen = Screen(FrameTimes.even(60, RATE))
    for frame, s in ((20, 0.0), (19, 1.0), (40, 2.0), (39, 3.0), (0, 3.1)):
        screen.goes_to(frame, s)
    sight_now = screen.sight(3.1)
    assert sight_now.shows(20)
    assert not sight_now.shows(40), "frame 39 did not stand"


def test_pictures_tell_an_end_from_when_they_can_be_judged() -> None:
    """The loupe is dimmed while the video plays, and its pictures stay."""
    screen = Screen(FrameTimes.even(60, RATE))
    screen.shows("loupe", range(15, 28), 0.0, False)
    screen.shows("loupe", range(15, 28), 5.0, True)
    assert not screen.sight(5.1).shows(20)
    assert screen.sight(5.5).shows(20)
    screen.shows("loupe", range(15, 28), 6.0, False)
    assert screen.sight(6.0).shows(20), "it stood before it played"


def test_a_video_of_one_segment_has_no_end_to_judge() -> None:
    lane = Segmentation.from_frames([1] * 60, "model")
    assert agree(lane, 0, sight(*range(60), large=False)).segments[0].reviewed
    assert not agree_all(lane, {0}, sight(0, 59)).segments[0].reviewed


def test_the_label_that_it_has_is_agreed_with_as_far_as_it_was_seen() -> None:
    seen = sight(*range(19, 40))
    after = relabel_all(LANE, {0, 1}, 1, seen)
    assert [(s.start, s.stop, s.class_reviewed) for s in after.segments[0].runs] == [
        (0, 20, True),
        (20, 40, True),
    ]
    assert [s.source for s in after.segments[0].runs] == ["human", "model"]
    assert relabel_all(LANE, {1}, 1, sight(20)) == LANE


def test_steps_of_a_held_key_are_no_look() -> None:
    screen, now_s = Screen(FrameTimes.even(60, RATE)), 0.0
    for frame in range(0, 60, 5):
        screen.goes_to(frame, now_s)
        now_s += 0.03
    assert seen_by(screen, now_s) == []
    screen.goes_to(57, now_s)
    assert seen_by(screen, now_s + LEAST_S) == [57]


def test_a_picture_counts_once_it_was_there_for_a_while() -> None:
    screen = Screen(FrameTimes.even(60, RATE))
    screen.shows("loupe", range(10, 16), 0.0, True)
    assert seen_by(screen, LEAST_S / 2) == []
    assert seen_by(screen, LEAST_S) == [*range(10, 16)]
    screen.shows("loupe", range(12, 18), LEAST_S, True)
    # What stayed there was there all the time; what came has only come.
    assert seen_by(screen, LEAST_S) == [*range(10, 16)]
    screen.shows("loupe", (), LEAST_S * 1.5, True)
    assert seen_by(screen, 9.0) == [*range(10, 16)]


def test_what_was_seen_of_frames_counts_for_the_class_that_they_had() -> None:
    screen, now_s = Screen(FrameTimes.even(60, RATE)), 0.0
    for frame in range(60):
        screen.goes_to(frame, now_s)
        now_s += 1 / RATE
    screen.shows("loupe", range(18, 30), now_s, True)
    now_s += 1
    after = relabel(LANE, 1, 2)
    screen.follow(LANE, after, now_s)
    assert seen_by(screen, now_s) == [*range(20), *range(40, 60)]
    assert {20, 29} <= set(seen_by(screen, now_s + 1)), "they are still shown"


def test_half_a_second_is_one_of_the_video_whose_rate_varies() -> None:
    """Ten frames a second, then one a second: there each frame has to be seen."""
    starts = np.concatenate([np.arange(20) / 10, 2 + np.arange(40.0)])
    times, none = FrameTimes.of_table(starts), np.zeros(60, bool)
    seen = none.copy()
    seen[::5] = True
    some = Sight(seen, none, times)
    assert some.covers(0, 20)
    assert some.missing(20, 60) == (21, 25)
    assert Sight(~none, none, times).covers(20, 60)


def test_the_picture_that_stands_is_looked_at_anew_when_its_label_changes() -> None:
    screen = Screen(FrameTimes.even(60, RATE))
    screen.goes_to(25, 0.0)
    screen.goes_to(25, 1.0)
    assert screen.settled(1.0), "the same frame told twice stands since the first"
    screen.follow(LANE, relabel(LANE, 1, 2), 1.0)
    assert not screen.settled(1.1)
    assert seen_by(screen, 1.1) == []
    assert seen_by(screen, 1.0 + LEAST_S) == [25]

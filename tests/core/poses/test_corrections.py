"""Corrections of keypoints: what becomes of poses, and the edits that make them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.errors import EditError, FormatError
from skelseg_core.poses.corrections import (
    CHANGED,
    ESTIMATED,
    PLACED,
    Correction,
    Interpolation,
    PersonSwap,
    PlacedKeypoint,
    Restored,
    SideSwap,
    add_correction,
    apply_corrections,
    corrected_frame,
    placed_frames,
)
from skelseg_core.poses.sequence import (
    PoseSequence,
    pick_of,
    select_subject,
    subject_poses,
)
from skelseg_core.poses.skeleton import Skeleton
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.history.journal import Journal
from skelseg_core.project.json import (
    correction_from_json,
    correction_to_json,
    project_to_json,
)
from skelseg_core.project.parts import changed_parts
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import correct
from tests.journals import replayed

COCO = load_skeleton("coco17")
SMALL = Skeleton("small", ("nose", "left_a", "right_a"), ((0, 1), (0, 2)), ((1, 2),))
T, M, K = 12, 3, 3
WRIST = COCO.keypoints.index("left_wrist")


def estimate(seed: int = 0, missing: float = 0.2) -> PoseSequence:
    rng = np.random.default_rng(seed)
    keypoints = rng.uniform(0, 60, (T, M, K, 2))
    scores = rng.uniform(0.05, 1, (T, M, K)) * (rng.random((T, M, K)) >= missing)
    return PoseSequence(keypoints, scores, "small", (64, 48), "made")


def same(a: PoseSequence, b: PoseSequence) -> bool:
    equal = np.array_equal(a.keypoints, b.keypoints, equal_nan=True)
    return equal and np.array_equal(a.scores, b.scores)


frames = st.integers(0, T - 1)
people = st.integers(0, M - 1)
points = st.builds(
    PlacedKeypoint,
    frames,
    people,
    st.integers(0, K - 1),
    st.floats(0, 60, width=32),
    st.floats(0, 48, width=32),
)
gone = st.builds(PlacedKeypoint, frames, people, st.integers(0, K - 1))
ranges = st.tuples(frames, st.integers(1, T)).map(lambda r: (r[0], min(T, sum(r))))
swaps = st.builds(lambda r, p: SideSwap(*r, p), ranges, people)
people_swaps = st.builds(
    lambda r, p: PersonSwap(*r, *p[:2]), ranges, st.permutations(range(M))
)
restored = st.builds(lambda r: Restored(*r), ranges)
lines = st.builds(
    lambda first, length, p, k: Interpolation(first, min(T - 1, first + length), p, k),
    st.integers(0, T - 3),
    st.integers(2, T),
    people,
    st.integers(0, K - 1),
)
kinds = points | gone | swaps | people_swaps | restored | lines


def built(steps: list[Correction]) -> tuple[Correction, ...]:
    """What a person who tries all of these would have."""
    corrections: tuple[Correction, ...] = ()
    for step in steps:
        try:
            corrections = add_correction(corrections, step, SMALL)
        except EditError:
            continue
    return corrections


histories = st.lists(kinds, max_size=12).map(built)


# -- what becomes of poses ----------------------------------------------------------


@given(
    st.integers(0, 50),
    st.lists(st.tuples(frames, people), max_size=4),
    st.lists(people_swaps, max_size=3),
    ranges,
    people,
)
def test_swapping_the_subject_changes_the_marked_frames_alone(
    seed: int,
    choices: list[tuple[int, int]],
    before: list[Correction],
    span: tuple[int, int],
    other: int,
) -> None:
    poses = estimate(seed, missing=0.0)
    picks = [p for c in choices if (p := pick_of(poses, *c)) is not None]
    start, stop = span

    def seen(corrections: tuple[Correction, ...]) -> PoseSequence:
        shown = apply_corrections(poses, corrections, SMALL)
        return subject_poses(shown, select_subject(poses, picks, shown))

    history = built(before)
    subject = select_subject(poses, picks, apply_corrections(poses, history, SMALL))
    person = int(subject[start])
    if person == other:
        return
    shown, was = apply_corrections(poses, history, SMALL), seen(history)
    now = seen((*history, PersonSwap(start, stop, person, other)))
    for frame in range(T):
        inside = start <= frame < stop
        swapped = {person: other, other: person}.get(int(subject[frame]))
        if inside and swapped is not None:
            expected = shown.keypoints[frame, swapped]
        else:
            expected = was.keypoints[frame, 0]
        assert np.array_equal(now.keypoints[frame, 0], expected, equal_nan=True)


@given(st.integers(0, 50), frames, people)
def test_a_pick_names_an_individual_of_the_estimate(
    seed: int, frame: int, person: int
) -> None:
    poses = estimate(seed, missing=0.0)
    pick = pick_of(poses, frame, person)
    assert pick is not None
    assert select_subject(poses, [pick])[frame] == person


def test_who_is_not_in_the_frame_cannot_be_picked() -> None:
    poses = estimate()
    nobody = replace(poses, scores=poses.scores * 0)
    assert pick_of(nobody, 3, 1) is None


def test_nothing_corrected_is_the_estimate_itself() -> None:
    poses = estimate()
    assert apply_corrections(poses, (), SMALL) is poses


@given(histories, frames)
def test_one_frame_is_as_in_the_whole(
    corrections: tuple[Correction, ...], frame: int
) -> None:
    whole = apply_corrections(estimate(), corrections, SMALL)
    keypoints, scores, marks = corrected_frame(estimate(), corrections, SMALL, frame)
    np.testing.assert_array_equal(keypoints, whole.keypoints[frame])
    np.testing.assert_array_equal(scores, whole.scores[frame])
    untouched = marks == ESTIMATED
    np.testing.assert_array_equal(
        keypoints[untouched], estimate().keypoints[frame][untouched]
    )
    assert (scores[marks == PLACED] == 1).all()


@given(histories)
def test_only_frames_in_reach_change(corrections: tuple[Correction, ...]) -> None:
    before, after = estimate(), apply_corrections(estimate(), corrections, SMALL)
    for frame, person, keypoint in np.ndindex(T, M, K):
        if not any(c.changes(frame, person, keypoint) for c in corrections):
            at = frame, person, keypoint
            np.testing.assert_array_equal(after.keypoints[at], before.keypoints[at])


@given(histories, swaps | people_swaps)
def test_a_swap_twice_is_nothing(
    corrections: tuple[Correction, ...], swap: Correction
) -> None:
    poses = estimate()
    twice = apply_corrections(poses, (*corrections, swap, swap), SMALL)
    assert same(twice, apply_corrections(poses, corrections, SMALL))
    if not corrections or corrections[-1] != swap:
        once = add_correction(corrections, swap, SMALL)
        assert add_correction(once, swap, SMALL) == corrections


@given(histories, points | gone)
def test_a_point_is_where_it_was_put_last(
    corrections: tuple[Correction, ...], point: PlacedKeypoint
) -> None:
    after = apply_corrections(
        estimate(), add_correction(corrections, point, SMALL), SMALL
    )
    at = point.frame, point.person, point.keypoint
    if point.x is None:
        assert np.isnan(after.keypoints[at]).all()
        assert after.scores[at] == 0
    else:
        np.testing.assert_allclose(after.keypoints[at], (point.x, point.y), rtol=1e-6)
        assert after.scores[at] == 1
    # Nothing but its own frame, and lines that end in it.
    ends = [c.span for c in corrections if isinstance(c, Interpolation)]
    reached = {point.frame}.union(
        *(range(*s) for s in ends if point.frame in range(*s))
    )
    before = apply_corrections(estimate(), corrections, SMALL)
    if not any(isinstance(c, SideSwap | PersonSwap) for c in corrections):
        for frame in set(range(T)) - reached:
            np.testing.assert_array_equal(
                after.keypoints[frame], before.keypoints[frame]
            )


@given(histories, restored)
def test_where_corrections_are_removed_the_estimate_counts_and_nothing_else_changes(
    corrections: tuple[Correction, ...], removal: Restored
) -> None:
    poses = estimate()
    try:
        left = add_correction(corrections, removal, SMALL)
    except EditError:
        left = corrections
    before, after = (apply_corrections(poses, c, SMALL) for c in (corrections, left))
    inside = np.zeros(T, bool)
    inside[removal.start : removal.stop] = True
    np.testing.assert_array_equal(after.keypoints[inside], poses.keypoints[inside])
    np.testing.assert_array_equal(after.keypoints[~inside], before.keypoints[~inside])


def test_removing_all_leaves_nothing_behind() -> None:
    history = (PlacedKeypoint(2, 0, 1, 5.0, 5.0), SideSwap(1, 4, 0), Restored(3, 5))
    assert add_correction(history, Restored(0, T), SMALL) == ()


def test_a_line_between_two_points() -> None:
    ends = PlacedKeypoint(2, 1, 2, 10.0, 40.0), PlacedKeypoint(6, 1, 2, 30.0, 20.0)
    line = Interpolation(2, 6, 1, 2)
    after = apply_corrections(estimate(), (*ends, line), SMALL)
    np.testing.assert_allclose(
        after.keypoints[2:7, 1, 2], [[10, 40], [15, 35], [20, 30], [25, 25], [30, 20]]
    )
    assert (after.scores[2:7, 1, 2] == 1).all()
    for frame, mark in ((2, PLACED), (3, CHANGED), (1, ESTIMATED)):
        *_, marks = corrected_frame(estimate(), (*ends, line), SMALL, frame)
        assert marks[1, 2] == mark


def test_a_line_follows_when_its_end_is_moved() -> None:
    history: tuple[Correction, ...] = ()
    for step in (
        PlacedKeypoint(2, 1, 2, 10.0, 40.0),
        PlacedKeypoint(6, 1, 2, 30.0, 20.0),
        Interpolation(2, 6, 1, 2),
        PlacedKeypoint(6, 1, 2, 50.0, 40.0),
    ):
        history = add_correction(history, step, SMALL)
    assert len(history) == 3
    after = apply_corrections(estimate(), history, SMALL)
    np.testing.assert_allclose(after.keypoints[4, 1, 2], [30, 40])


@pytest.mark.parametrize("end", [2, 6])
def test_a_line_to_a_missing_end_is_none(end: int) -> None:
    made = estimate(missing=0.0)
    keypoints, scores = made.keypoints.copy(), made.scores.copy()
    keypoints[end, 0, 1], scores[end, 0, 1] = np.nan, 0
    poses = replace(made, keypoints=keypoints, scores=scores)
    line = (Interpolation(2, 6, 0, 1),)
    assert same(apply_corrections(poses, line, SMALL), poses)
    for frame in range(T):
        points, values, marks = corrected_frame(poses, line, SMALL, frame)
        assert (marks == ESTIMATED).all()
        assert not values[np.isnan(points).any(axis=-1)].any()


def test_a_point_on_a_line_is_where_it_was_put() -> None:
    history: tuple[Correction, ...] = ()
    for step in (
        PlacedKeypoint(2, 1, 2, 10.0, 40.0),
        PlacedKeypoint(4, 1, 2, 1.0, 1.0),
        PlacedKeypoint(6, 1, 2, 30.0, 20.0),
        Interpolation(2, 6, 1, 2),
        PlacedKeypoint(4, 1, 2, 2.0, 2.0),
        PlacedKeypoint(4, 1, 2, 3.0, 3.0),
    ):
        history = add_correction(history, step, SMALL)
    after = apply_corrections(estimate(), history, SMALL)
    np.testing.assert_allclose(after.keypoints[4, 1, 2], [3, 3])
    np.testing.assert_allclose(after.keypoints[3, 1, 2], [15, 35])
    assert history.count(PlacedKeypoint(4, 1, 2, 2.0, 2.0)) == 0


def test_a_swap_of_sides_takes_the_points_along() -> None:
    history = (PlacedKeypoint(3, 0, 1, 10.0, 10.0), SideSwap(0, T, 0))
    after = apply_corrections(estimate(), history, SMALL)
    np.testing.assert_allclose(after.keypoints[3, 0, 2], [10, 10])
    assert placed_frames(history, SMALL, 0, 2) == [3]
    assert placed_frames(history, SMALL, 0, 1) == []
    poses = estimate()
    np.testing.assert_array_equal(after.keypoints[:, 0, 0], poses.keypoints[:, 0, 0])
    np.testing.assert_array_equal(after.keypoints[:, 0, 1], poses.keypoints[:, 0, 2])


def test_poses_with_fewer_people_or_frames_are_refused() -> None:
    poses = estimate()
    alone = replace(poses, keypoints=poses.keypoints[:, :1], scores=poses.scores[:, :1])
    with pytest.raises(FormatError, match="person 2 were corrected"):
        apply_corrections(alone, (PlacedKeypoint(0, 1, 0, 1.0, 1.0),), SMALL)
    short = replace(poses, keypoints=poses.keypoints[:5], scores=poses.scores[:5])
    with pytest.raises(FormatError, match="last frame of the poses, 4"):
        apply_corrections(short, (SideSwap(2, 8, 0),), SMALL)


# -- edits of a project -------------------------------------------------------------

Made = tuple[ProjectFolder, Project]


def test_an_edit_adds_and_the_value_before_is_untouched(made: Made) -> None:
    _, project = made
    after = correct(project, "v1", PlacedKeypoint(3, 0, WRIST, 10.0, 20.0))
    assert project.track("v1").video.corrections == ()
    assert after.track("v1").video.corrections == (
        PlacedKeypoint(3, 0, WRIST, 10.0, 20.0),
    )
    assert after.track("v2") is project.track("v2")
    again = correct(after, "v1", PlacedKeypoint(3, 0, WRIST, 11.0, 20.0))
    assert again.track("v1").video.corrections == (
        PlacedKeypoint(3, 0, WRIST, 11.0, 20.0),
    )
    assert correct(again, "v1", PlacedKeypoint(3, 0, WRIST, 11.0, 20.0)) is again


@pytest.mark.parametrize(
    ("correction", "reason"),
    [
        (PlacedKeypoint(60, 0, 0, 1.0, 1.0), "frames 60 to 60; the video has 60"),
        (PlacedKeypoint(-1, 0, 0, 1.0, 1.0), "frames -1 to -1"),
        (PlacedKeypoint(0, -1, 0, 1.0, 1.0), "nobody to correct"),
        (PlacedKeypoint(0, 0, 17, 1.0, 1.0), "no keypoint 17"),
        (PlacedKeypoint(0, 0, 0, 65.0, 1.0), "outside the picture"),
        (SideSwap(5, 5, 0), "frames 5 to 4"),
        (PersonSwap(50, 61, 0, 1), "frames 50 to 60"),
        (Interpolation(2, 6, 0, WRIST), "left wrist was not corrected in frame 2"),
        (Restored(0, 60), "no corrections in these frames"),
    ],
)
def test_what_makes_no_sense_is_refused(
    made: Made, correction: Correction, reason: str
) -> None:
    with pytest.raises(EditError, match=reason):
        correct(made[1], "v1", correction)


# -- files --------------------------------------------------------------------------


@given(kinds)
def test_one_correction_there_and_back(correction: Correction) -> None:
    assert correction_from_json(correction_to_json(correction)) == correction


HISTORY = (
    PlacedKeypoint(3, 0, WRIST, 10.5, 20.25),
    PlacedKeypoint(9, 0, WRIST, 12.0, 20.0),
    Interpolation(3, 9, 0, WRIST),
    PlacedKeypoint(4, 1, 0),
    SideSwap(0, 20, 0),
    PersonSwap(5, 60, 0, 1),
    Restored(8, 12),
)


def corrected_project(project: Project) -> Project:
    for correction in HISTORY:
        project = correct(project, "v1", correction)
    return project


def test_corrections_are_saved_with_the_project(made: Made) -> None:
    folder, project = made
    project = corrected_project(project)
    folder.save(project)
    again = ProjectFolder(folder.root).load()
    assert again == project
    assert again.track("v1").video.corrections == HISTORY


def test_a_project_without_corrections_does_not_name_them(made: Made) -> None:
    raw = project_to_json(made[1])
    assert all("corrections" not in v for v in raw["videos"])


def test_corrections_come_back_from_the_journal(made: Made, tmp_path: Path) -> None:
    folder, project = made
    journal = Journal(tmp_path / "journal", folder)
    after = corrected_project(project)
    journal.record("Move", changed_parts(project, after))
    journal.close()
    assert replayed(project, journal, folder) == after


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (["circle", 1], "unknown"),
        ("point", "unknown"),
        (["point", 1], "incomplete"),
        (["point", 1, 0, 3, 1.0], "needs x and y"),
        (["point", 1.5, 0, 3], "frame numbers"),
        (["point", True, 0, 3], "frame numbers"),
        (["point", 1, 0, 3, "x", 2], "could not convert"),
        (["point", 1, 0, 3, float("nan"), 2], "must be numbers"),
        (["point", 1, 0, 99], "no keypoint 99"),
        (["point", 600, 0, 3], "the video has 60"),
        (["sides", 0, 61, 0], "the video has 60"),
        (["people", 0, 10, 2, 2], "different people"),
        (["line", 3, 4, 0, 0], "no frame between"),
        (["estimate", 0], "incomplete"),
    ],
)
def test_bad_corrections_in_a_file_are_named(
    made: Made, bad: object, reason: str
) -> None:
    folder, _ = made
    folder.about_path("v1").parent.mkdir()
    raw = {"schema": 1, "video": "v1", "corrections": [bad]}
    folder.about_path("v1").write_text(json.dumps(raw))
    said = ProjectFolder(folder.root).load().video("v1").why_damaged
    assert re.search(f"v1.* damaged .*{reason}.*restore", said, re.S), said

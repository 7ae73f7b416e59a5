"""Merging two versions of a project: what either side added or changed is there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint, review
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.poses.sequence import SubjectPick
from skelseg_core.project.class_edits import (
    add_class,
    delete_class,
    describe_class,
    move_class,
    recolor_class,
    rename_class,
)
from skelseg_core.project.merge import StateMerge, merge_projects
from skelseg_core.project.project import (
    ANNOTATION,
    Project,
    VideoItem,
    add_annotator_lane,
    add_video,
    annotator_lane,
    edit_lane,
    new_project,
    pick_subject,
    remove_lane,
    remove_video,
    set_lane,
    set_notes,
)

N = 100


def video(name: str) -> VideoItem:
    lanes = {ANNOTATION: Segmentation.unlabelled(N)}
    return VideoItem(name, f"{name}.mp4", name, N, 64, 48, 25.0, lanes)


def project(*names: str) -> Project:
    made = new_project("p", label_map_from_names(["walk", "stand", "lift"]))
    for name in names or ("v1", "v2"):
        made = add_video(made, video(name))
    return made


def painted(made: Project, name: str, start: int, stop: int, label: int) -> Project:
    return edit_lane(made, name, lambda a: paint(a, start, stop, label))


def classes_at(made: Project, name: str, *frames: int) -> list[str]:
    lane = made.video(name).annotation
    return [made.label_map.name_of(lane.at(n).class_id) for n in frames]


def test_edits_of_different_videos_and_frames_are_all_there() -> None:
    base = project()
    mine = painted(painted(base, "v1", 0, 20, 0), "v2", 10, 20, 1)
    theirs = painted(base, "v2", 50, 70, 2)
    merged = merge_projects(base, mine, theirs)
    assert not merged.conflicts
    assert classes_at(merged.project, "v1", 5) == ["walk"]
    assert classes_at(merged.project, "v2", 15, 60, 80) == ["stand", "lift", ""]


def test_frames_that_both_labelled_are_a_conflict_with_their_lane() -> None:
    base = project()
    mine, theirs = painted(base, "v1", 0, 20, 0), painted(base, "v1", 10, 30, 1)
    merged = merge_projects(base, mine, theirs)
    (conflict,) = merged.conflicts
    assert (conflict.video_id, conflict.lane) == ("v1", ANNOTATION)
    assert conflict.frames == ((0, 30),)
    assert conflict.theirs == theirs.video("v1").annotation
    assert classes_at(merged.project, "v1", 5, 15, 25) == ["walk", "walk", ""]


def test_labels_of_another_and_a_video_come_beside_my_change_of_a_class() -> None:
    base = project()
    mine = rename_class(base, 0, "go")
    guess = Segmentation.from_frames([1] * N)
    theirs = set_lane(base, "v1", annotator_lane("eva"), guess)
    theirs = add_video(theirs, video("v3"))
    merged = merge_projects(base, mine, theirs).project
    assert merged.label_map.names[0] == "go"
    assert merged.video("v1").annotators == ("eva",)
    assert merged.ids == ("v1", "v2", "v3")


def test_what_one_side_took_away_is_gone_unless_the_other_changed_it() -> None:
    guess = Segmentation.from_frames([1] * N)
    base = set_lane(project(), "v1", annotator_lane("eva"), guess)
    mine = painted(base, "v2", 0, 10, 1)
    theirs = remove_lane(remove_video(base, "v2"), "v1", annotator_lane("eva"))
    merged = merge_projects(base, mine, theirs).project
    assert merged.ids == ("v1", "v2")  # I labelled v2 meanwhile
    assert merged.video("v1").annotators == ()
    assert merge_projects(base, base, theirs).project.ids == ("v1",)
    swapped = merge_projects(base, theirs, mine).project
    assert swapped.ids == ("v1", "v2")


def test_two_new_classes_with_one_id_are_two_and_each_label_keeps_its_own() -> None:
    base = project()
    mine = painted(add_class(base, "run"), "v1", 0, 10, 3)
    theirs = painted(add_class(base, "jump"), "v2", 0, 10, 3)
    merged = merge_projects(base, mine, theirs).project
    assert set(merged.label_map.names) == {"walk", "stand", "lift", "run", "jump"}
    assert merged.label_map.named("jump").id == 3  # type: ignore[union-attr]
    assert classes_at(merged, "v1", 5) == ["run"]
    assert classes_at(merged, "v2", 5) == ["jump"]


def test_the_same_class_added_twice_is_one() -> None:
    base = project()
    mine = painted(add_class(base, "run"), "v1", 0, 10, 3)
    theirs = add_class(add_class(base, "jump"), "run")
    theirs = painted(theirs, "v2", 0, 10, 4)
    merged = merge_projects(base, mine, theirs).project
    assert merged.label_map.names.count("run") == 1
    assert classes_at(merged, "v1", 5) == ["run"]
    assert classes_at(merged, "v2", 5) == ["run"]


def test_parts_of_one_class_are_merged_each_for_itself() -> None:
    base = project()
    mine = recolor_class(base, 0, "#123456")
    theirs = describe_class(rename_class(base, 0, "go"), 0, "with both feet")
    found = merge_projects(base, mine, theirs).project.label_map.classes[0]
    assert (found.name, found.color) == ("go", "#123456")
    assert found.description == "with both feet"


@pytest.mark.parametrize("into", [None, 1])
def test_a_class_that_one_deleted_stays_where_the_other_labelled_with_it(
    into: int | None,
) -> None:
    base = painted(project(), "v1", 0, 10, 2)
    used, deleted = painted(base, "v1", 50, 60, 2), delete_class(base, 2, into)
    became = base.label_map.name_of(into)
    for one, other, who in (
        (used, deleted, "somebody else deleted"),
        (deleted, used, "you deleted"),
    ):
        merged = merge_projects(base, one, other)
        assert not merged.conflicts
        assert classes_at(merged.project, "v1", 5, 55) == [became, "lift"]
        (note,) = merged.notes
        assert who in note
        assert "'lift'" in note


@pytest.mark.parametrize("into", [None, 1])
def test_a_class_that_one_deleted_stays_where_the_other_moved_its_labels(
    into: int | None,
) -> None:
    base = painted(project(), "v1", 0, 10, 2)
    moved = painted(painted(base, "v1", 0, 10, 0), "v1", 50, 60, 2)
    merged = merge_projects(base, moved, delete_class(base, 2, into))
    assert classes_at(merged.project, "v1", 55) == ["lift"]
    assert merged.notes


def test_a_class_that_one_deleted_is_gone_where_the_other_took_it_away_in_part() -> (
    None
):
    base = painted(project(), "v1", 0, 10, 2)
    mine, theirs = painted(base, "v1", 5, 10, 0), delete_class(base, 2, 1)
    merged = merge_projects(base, mine, theirs)
    assert (merged.conflicts, merged.notes) == ((), ())
    assert classes_at(merged.project, "v1", 2, 7) == ["stand", "walk"]
    assert merged.project.label_map.moves == {2: 1}


def test_a_class_that_i_vouched_for_and_they_deleted_for_nothing_stays() -> None:
    guess = Segmentation.from_frames([2] * 10 + [-1] * (N - 10), source="model")
    base = set_lane(project(), "v1", ANNOTATION, guess)
    mine = edit_lane(base, "v1", lambda s: review(s, 0))
    merged = merge_projects(base, mine, delete_class(base, 2, None))
    assert classes_at(merged.project, "v1", 5) == ["lift"]
    assert merged.conflicts
    assert merged.notes
    heir = merge_projects(base, mine, delete_class(base, 2, 1))
    assert classes_at(heir.project, "v1", 5) == ["stand"]
    assert (heir.conflicts, heir.notes) == ((), ())


def test_a_new_class_that_i_took_back_stays_where_they_labelled_with_it() -> None:
    before = project()
    base = add_class(before, "run")
    merged = merge_projects(base, before, painted(base, "v1", 0, 10, 3))
    assert classes_at(merged.project, "v1", 5) == ["run"]
    assert "you deleted" in merged.notes[0]


def test_a_class_that_one_deleted_and_the_other_renamed_stays_and_is_told() -> None:
    base = project()
    merged = merge_projects(
        base, rename_class(base, 2, "hoist"), delete_class(base, 2, 0)
    )
    assert "hoist" in merged.project.label_map.names
    assert "'hoist'" in merged.notes[0]


def test_two_classes_of_one_name_are_told_apart() -> None:
    base = project()
    mine, theirs = rename_class(base, 0, "go"), rename_class(base, 1, "go")
    merged = merge_projects(base, mine, theirs).project
    assert merged.label_map.names == ("go", "go 2", "lift")


def test_order_of_classes_is_that_of_the_side_that_moved_one() -> None:
    base = project()
    moved, other = move_class(base, 2, 0), rename_class(base, 1, "wait")
    for merged in (
        merge_projects(base, moved, other),
        merge_projects(base, other, moved),
    ):
        assert merged.project.label_map.names == ("lift", "walk", "wait")


def test_notes_of_both_and_choices_of_a_subject_are_there() -> None:
    base = set_notes(project(), "v1", "dark")
    mine = pick_subject(set_notes(base, "v1", "dark, and short"), "v1", pick_at(10))
    theirs = pick_subject(set_notes(base, "v1", "dark; two people"), "v1", pick_at(50))
    merged = merge_projects(base, mine, theirs).project.video("v1")
    assert "and short" in merged.notes
    assert "two people" in merged.notes
    assert [p.frame for p in merged.picks] == [10, 50]


def pick_at(frame: int) -> SubjectPick:
    return SubjectPick(frame, 1.0, 2.0)


def test_an_annotators_lane_that_both_added_is_merged() -> None:
    base = project()
    lane = Segmentation.unlabelled(N)
    mine = add_annotator_lane(base, "v1", "kim", paint(lane, 0, 10, 1))
    theirs = add_annotator_lane(base, "v1", "kim", paint(lane, 50, 60, 2))
    merged = merge_projects(base, mine, theirs)
    assert not merged.conflicts
    found = merged.project.video("v1").lanes[annotator_lane("kim")]
    assert (found.at(5).class_id, found.at(55).class_id) == (1, 2)


def test_labels_whose_file_is_gone_there_stay_as_i_have_them() -> None:
    base = painted(project(), "v1", 0, 10, 1)
    gone = replace(
        base.video("v1"),
        lanes={ANNOTATION: Segmentation.unlabelled(N)},
        missing=frozenset({ANNOTATION}),
    )
    theirs = base.with_videos(gone)
    mine = painted(base, "v1", 20, 30, 2)
    merged = merge_projects(base, mine, theirs).project.video("v1")
    assert not merged.missing
    assert merged.annotation == mine.video("v1").annotation


def test_two_files_added_under_one_name_are_two_videos() -> None:
    base = project()
    mine = painted(add_video(base, video("v3")), "v3", 0, 10, 1)
    theirs = add_video(base, replace(video("v3"), fingerprint="another"))
    theirs = painted(theirs, "v3", 0, 10, 2)
    merged = merge_projects(base, mine, theirs).project
    assert merged.ids == ("v1", "v2", "v3", "v3-2")
    assert classes_at(merged, "v3", 5) == ["lift"]
    assert classes_at(merged, "v3-2", 5) == ["stand"]


def test_what_the_merge_leaves_alone_is_the_same_object() -> None:
    base = project("v1", "v2", "v3")
    mine, theirs = painted(base, "v1", 0, 5, 1), painted(base, "v2", 0, 5, 1)
    merged = merge_projects(base, mine, theirs).project
    assert merged.video("v1") is mine.video("v1")
    assert merged.video("v2").annotation is theirs.video("v2").annotation
    assert merged.video("v3") is base.video("v3")


EDITS = st.lists(
    st.one_of(
        st.tuples(
            st.just("paint"),
            st.sampled_from(["v1", "v2"]),
            st.integers(0, 90),
            st.integers(0, 2),
        ),
        st.tuples(st.just("class"), st.sampled_from(["run", "jump", "sit"])),
        st.tuples(
            st.just("rename"), st.integers(0, 2), st.sampled_from(["a", "b", "c"])
        ),
        st.tuples(
            st.just("delete"), st.integers(0, 2), st.sampled_from([None, 0, 1, 2])
        ),
        st.tuples(st.just("video"), st.sampled_from(["v3", "v4"])),
        st.tuples(st.just("away"), st.sampled_from(["v1", "v2"])),
        st.tuples(st.just("note"), st.sampled_from(["v1", "v2"]), st.text(max_size=4)),
    ),
    max_size=6,
)


def edited(made: Project, edits: list[tuple[object, ...]]) -> Project:
    from skelseg_core.errors import SkelsegError

    for what, *values in edits:
        try:
            made = _EDITS[str(what)](made, *values)
        except SkelsegError:
            continue
    return made


_EDITS = {
    "paint": lambda p, v, n, c: (
        painted(p, v, n, n + 10, c) if p.label_map.get(c) else p
    ),
    "class": add_class,
    "rename": rename_class,
    "delete": delete_class,
    "video": lambda p, v: add_video(p, video(v)),
    "away": remove_video,
    "note": set_notes,
}


@settings(deadline=None)
@given(EDITS, EDITS, EDITS)
def test_any_two_versions_merge_into_a_project_whose_labels_have_classes(
    first: list[tuple[object, ...]],
    mine: list[tuple[object, ...]],
    theirs: list[tuple[object, ...]],
) -> None:
    base = edited(painted(project(), "v1", 0, 50, 2), first)
    one, other = edited(base, mine), edited(base, theirs)
    merged = merge_projects(base, one, other).project
    there = {*merged.label_map.ids, None}
    for item in merged.videos:
        for lane in item.lanes.values():
            assert set(lane.class_counts) <= there
    for side in (one, other):
        for item in side.videos:
            if not base.has(item.id):
                assert merged.has(item.id)
        for found in side.label_map.classes:
            if base.label_map.get(found.id) is None and not (
                base.label_map.moves.keys() & {found.id}
            ):
                assert merged.label_map.named(found.name) is not None or any(
                    c.name.startswith(found.name) for c in merged.label_map.classes
                )
    assert merge_projects(base, one, base).project == one
    assert merge_projects(base, base, other).project == other


@settings(deadline=None)
@given(EDITS, EDITS, EDITS)
def test_states_of_a_history_are_merged_as_each_would_be_alone(
    first: list[tuple[object, ...]],
    mine: list[tuple[object, ...]],
    theirs: list[tuple[object, ...]],
) -> None:
    states = [painted(project(), "v1", 0, 50, 2)]
    for edit in [*first, *mine]:
        states.append(edited(states[-1], [edit]))
    base = states[len(first)]
    other = edited(base, theirs)
    merge = StateMerge(base, other)
    for state in states:
        alone = merge_projects(base, state, other, theirs_first=True).project
        assert merge(state) == alone
        assert merge(state) is merge(state)


def test_a_class_that_both_renamed_is_as_mine_and_told() -> None:
    base = project()
    mine, theirs = rename_class(base, 0, "go"), rename_class(base, 0, "run")
    merged = merge_projects(base, mine, theirs)
    assert merged.project.label_map.names[0] == "go"
    assert merged.both_changed == ("the name of class 'go' (theirs: 'run')",)
    alike = merge_projects(base, mine, rename_class(base, 0, "go"))
    assert alike.both_changed == ()


def test_what_both_set_anew_is_as_mine_and_told_with_their_value() -> None:
    base = project()
    one, two = base.video("v1"), replace(base.video("v1"), path="b.mp4")
    mine = replace(base, name="kitchen", skeleton="coco133")
    mine = mine.with_videos(replace(one, path="a.mp4", picks=(pick_at(4),)))
    theirs = replace(base, name="workshop", skeleton="body25")
    other = SubjectPick(4, 9.0, 9.0)
    theirs = theirs.with_videos(replace(two, picks=(other,)))
    merged = merge_projects(base, mine, theirs)
    assert merged.project == mine
    assert merged.both_changed == (
        "the place of video v1 (theirs: 'b.mp4')",
        "the subject of v1",
        "the project's name (theirs: 'workshop')",
        "the skeleton (theirs: 'body25')",
    )
    assert merge_projects(base, mine, base).both_changed == ()

"""No class operation strands or destroys a label."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.errors import EditError
from skelseg_core.labels.classes import (
    KEYS,
    PALETTE,
    ActionClass,
    LabelMap,
    label_map_from_names,
)
from skelseg_core.labels.edits import remap_classes
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.class_edits import (
    add_class,
    add_classes,
    delete_class,
    describe_class,
    free_color,
    free_key,
    group_class,
    groups_of,
    letter_keys,
    move_class,
    recolor_class,
    rename_class,
    set_class_key,
    set_class_keys,
    use_of,
)
from skelseg_core.project.project import ANNOTATION, Project, new_project
from skelseg_core.project.project_edits import set_lane
from skelseg_core.project.track_edits import add_tier
from skelseg_core.project.videos_and_tracks import Track, annotator_lane
from tests.soak import examples

N = 24
LANES = (ANNOTATION, annotator_lane("m"), annotator_lane("ben"))


def keys(label_map: LabelMap) -> list[str]:
    return [c.key for c in label_map.classes]


def item(video_id: str, lanes: dict[str, Segmentation]) -> Track:
    return Track.of_film(video_id, f"{video_id}.mp4", "f", N, 64, 48, 25.0, lanes)


@st.composite
def segmentations(draw: st.DrawFn, ids: tuple[int, ...]) -> Segmentation:
    cuts = sorted(draw(st.sets(st.integers(1, N - 1), max_size=8)))
    segments = []
    for start, stop in zip([0, *cuts], [*cuts, N], strict=True):
        class_id = draw(st.sampled_from([None, *ids]))
        source = draw(st.sampled_from(["human", "model", "import"]))
        sure = draw(st.sampled_from([None, 0.5])) if source == "model" else None
        made = Segment(start, stop, class_id, source, confidence=sure)
        segments.append(made.as_reviewed() if draw(st.booleans()) else made)
    return Segmentation(tuple(segments))


@st.composite
def projects(draw: st.DrawFn) -> Project:
    names = [f"class {n}" for n in range(draw(st.integers(1, 5)))]
    label_map = label_map_from_names(names)
    videos = tuple(
        item(video, {lane: draw(segmentations(label_map.ids)) for lane in LANES})
        for video in ("v1", "v2")
    )
    return Project("u", "p", "coco17", label_map, videos)


Edit = tuple[str, Callable[[Project], Project]]


@st.composite
def edits(draw: st.DrawFn, project: Project) -> Edit:
    ids = project.label_map.ids
    one = draw(st.sampled_from(ids))
    into = draw(st.sampled_from([None, *(i for i in ids if i != one)]))
    word = draw(st.text("xyz_", max_size=3))
    place = draw(st.integers(-1, 7))
    key = draw(st.sampled_from(["", *KEYS]))
    found = [ActionClass(0, "class 1", "1", "", "d", "g"), ActionClass(1, "new", "2")]
    choices: list[Edit] = [
        ("add", lambda p: add_class(p, f"new {p.label_map.next_id}", key)),
        ("rename", lambda p: rename_class(p, one, f"{word}{one}")),
        ("recolour", lambda p: recolor_class(p, one, "#ABCDEF")),
        ("key", lambda p: set_class_key(p, one, key)),
        ("describe", lambda p: describe_class(p, one, word)),
        ("group", lambda p: group_class(p, one, word)),
        ("move", lambda p: move_class(p, one, place)),
        ("import", lambda p: add_classes(p, found)),
    ]
    if len(ids) > 1:
        choices.append(("delete", lambda p: delete_class(p, one, into)))
    return draw(st.sampled_from(choices))


def known(project: Project) -> set[int | None]:
    return {None, *project.label_map.ids}


@settings(max_examples=examples(200))
@given(st.data())
def test_no_class_operation_strands_or_destroys_a_label(data: st.DataObject) -> None:
    project = data.draw(projects())
    used_ids = set(project.label_map.ids)
    for _ in range(data.draw(st.integers(1, 6))):
        name, edit = data.draw(edits(project))
        after = edit(project)
        gone = {f.id: f.into for f in after.label_map.former}
        for old, new in zip(project.tracks, after.tracks, strict=True):
            assert old.lanes.keys() == new.lanes.keys()
            for lane, segments in new.lanes.items():
                assert segments.n_frames == N
                assert {s.class_id for s in segments.segments} <= known(after)
                expected = [
                    gone.get(v, v) if v >= 0 else None
                    for v in old.lanes[lane].to_frames().tolist()
                ]
                said = [None if v < 0 else v for v in segments.to_frames().tolist()]
                assert said == expected, f"{name} changed {lane}"
                assert _who_said(segments) == _who_said(old.lanes[lane], gone)
        # An id never comes back as another class.
        new_ids = set(after.label_map.ids) - set(project.label_map.ids)
        assert not new_ids & used_ids
        used_ids |= new_ids
        keys = [c.key for c in after.label_map.classes if c.key]
        assert len(keys) == len(set(keys))
        assert set(keys) <= set(KEYS)
        project = after


def _who_said(
    lane: Segmentation, gone: dict[int, int | None] | None = None
) -> list[str]:
    """Source of every labelled frame."""
    moved = gone or {}
    return [
        "" if moved.get(s.class_id, s.class_id) is None else s.source
        for s in lane.runs
        for _ in range(len(s))
    ]


def three() -> Project:
    """Classes a, b, c; v1 is a a b c, then unlabelled, by a person and by a model."""
    lane = Segmentation(
        (
            Segment(0, 4, 0).as_reviewed(),
            Segment(4, 8, 0).as_reviewed(),
            Segment(8, 12, 1).as_reviewed(),
            Segment(12, 16, 2).as_reviewed(),
            Segment(16, N),
        )
    )
    guess = Segmentation(
        (
            Segment(0, 6, 0, "model", confidence=0.5),
            Segment(6, 18, 1, "model", confidence=0.8),
            Segment(18, N, 2, "model", confidence=1.0),
        )
    )
    project = new_project("p", label_map_from_names("abc"))
    lanes = {ANNOTATION: lane, annotator_lane("m"): guess}
    return Project(project.uuid, "p", "coco17", project.label_map, (item("v1", lanes),))


def spans(project: Project, lane: str = ANNOTATION) -> list[tuple[int, int | None]]:
    return [(s.start, s.class_id) for s in project.track("v1").lanes[lane].segments]


def test_merging_joins_what_it_made_alike_and_keeps_repetitions() -> None:
    after = delete_class(three(), 1, 0)
    assert after.label_map.names == ("a", "c")
    assert spans(after) == [(0, 0), (4, 0), (12, 2), (16, None)]
    assert spans(after, annotator_lane("m")) == [(0, 0), (18, 2)]
    joined = after.track("v1").lanes[annotator_lane("m")].segments[0]
    assert joined.confidence == pytest.approx(0.7)
    assert joined.source == "model"


def test_a_persons_word_is_told_from_a_models_in_one_action() -> None:
    lane = Segmentation(
        (Segment(0, 8, 0).as_reviewed(), Segment(8, N, 1, "model", confidence=0.9))
    )
    after = remap_classes(lane, {1: 0})
    assert len(after) == 1
    assert [(s.start, s.source) for s in after.runs] == [(0, "human"), (8, "model")]


def test_deleting_to_unlabelled_leaves_one_gap() -> None:
    after = delete_class(three(), 2, None)
    assert spans(after) == [(0, 0), (4, 0), (8, 1), (12, None)]
    assert after.label_map.moves == {2: None}
    assert use_of(three(), 2).annotated == 1
    assert use_of(three(), 2).other == 1


def test_what_led_to_a_class_that_goes_leads_on() -> None:
    twice = delete_class(delete_class(three(), 0, 1), 1, 2)
    assert twice.label_map.moves == {0: 2, 1: 2}
    alone = three()
    alone = delete_class(delete_class(alone, 0, 1), 1, None)
    assert alone.label_map.moves == {0: None, 1: None}
    with pytest.raises(EditError, match="'c' is the only class"):
        delete_class(alone, 2, None)
    with pytest.raises(EditError, match="merged into itself"):
        delete_class(three(), 1, 1)


def test_the_heir_takes_over_the_key_where_it_has_none() -> None:
    project = set_class_key(three(), 1, "")
    assert delete_class(project, 0, 1).label_map.classes[0].key == "1"
    assert delete_class(three(), 0, 1).label_map.classes[0].key == "2"


def test_lanes_of_a_class_that_is_not_there_are_the_same_objects() -> None:
    project = three()
    after = delete_class(add_class(project, "d"), 3, None)
    assert after.track("v1") is project.track("v1")


def test_a_lane_that_comes_late_is_brought_up_to_date() -> None:
    old = three().track("v1").lanes[annotator_lane("m")]
    project = delete_class(delete_class(three(), 1, 0), 2, None)
    late = set_lane(project, "v1", annotator_lane("late"), old)
    assert spans(late, annotator_lane("late")) == [(0, 0), (18, None)]


def test_a_key_in_use_is_swapped() -> None:
    after = set_class_key(three(), 2, "1")
    assert [c.key for c in after.label_map.classes] == ["3", "2", "1"]
    taken = set_class_key(set_class_key(three(), 2, ""), 2, "1")
    assert [c.key for c in taken.label_map.classes] == ["", "2", "1"]
    with pytest.raises(EditError, match="'q' is not a digit"):
        set_class_key(three(), 0, "q")
    with pytest.raises(EditError, match="'12' is not a digit"):
        set_class_key(three(), 0, "12")


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda p: add_class(p, "a"), "A class 'a' already exists"),
        (lambda p: add_class(p, " "), "name is empty"),
        (lambda p: rename_class(p, 0, " b "), "A class 'b' already exists"),
        (lambda p: rename_class(p, 0, "x\ny"), "has a line break"),
        (lambda p: rename_class(p, 9, "x"), "no class with the id 9"),
        (lambda p: recolor_class(p, 0, "red"), "'red' is not a colour"),
        (lambda p: group_class(p, 0, "a\nb"), "group of the class 'a'"),
        (lambda p: describe_class(p, 0, "a\x00b"), "description of the class 'a'"),
    ],
)
def test_what_cannot_be_is_said(edit: Callable[[Project], Project], said: str) -> None:
    with pytest.raises(EditError, match=said):
        edit(three())


def test_what_changes_nothing_is_the_same_object() -> None:
    project = three()
    color = project.label_map.classes[0].color
    for same in (
        rename_class(project, 0, "a "),
        recolor_class(project, 0, color.upper()),
        set_class_key(project, 0, "1"),
        describe_class(project, 0, " "),
        group_class(project, 0, ""),
        move_class(project, 0, 0),
        move_class(project, 2, 9),
        add_classes(project, [ActionClass(5, "a", "9", "#000000")]),
    ):
        assert same is project


def test_new_classes_get_what_nobody_has() -> None:
    label_map = label_map_from_names([f"c{n}" for n in range(len(PALETTE) + 3)])
    project = Project("u", "p", "coco17", label_map)
    assert free_color(LabelMap(label_map.classes[:40])) == PALETTE[40]
    assert free_color(label_map) == PALETTE[3]
    assert free_key(project, "one more") == ""


def test_classes_of_several_tiers_differ_in_key_and_colour() -> None:
    project = Project("u", "p", "coco17", label_map_from_names(["stand", "lift"]))
    for tier in ("Hands", "Voice", "Gaze"):
        project = add_tier(project, tier)
    project = add_class(project, "grasp", tier="Hands")
    # A file may say a key and a colour that another tier has.
    project = add_class(project, "voiced", "1", PALETTE[0], tier="Voice")
    project = add_class(project, "carry")
    made = {c.name: c.key for c in project.label_map.classes}
    assert made == {
        **{"stand": "1", "lift": "2", "carry": "3"},
        **{"Hands": "Shift+1", "grasp": "Shift+2"},
        **{"Voice": "/v", "voiced": "/o", "Gaze": "/g"},
    }
    colours = [c.color for c in project.label_map.classes]
    assert colours == [*PALETTE[:5], PALETTE[5], *PALETTE[6:8]]
    # The key of another tier changes hands, too.
    lift = set_class_key(project, 1, "Shift+1").label_map
    assert [c.name for c in lift.classes if c.key == "2"] == ["Hands"]
    given = set_class_keys(project, {1: "Shift+2"}).label_map
    assert given.keyed("Shift+2") == given.named("lift")
    assert [c.name for c in given.classes if not c.key] == ["grasp"]


def test_the_first_tier_goes_on_where_the_second_took_its_keys() -> None:
    names = [f"c{n}" for n in range(10)]
    project = Project("u", "p", "coco17", label_map_from_names(names))
    project = add_class(add_tier(project, "Hands"), "Eleven")
    assert [c.key for c in project.label_map.classes[-2:]] == ["Shift+1", "Shift+2"]
    for n in range(12, 22):
        project = add_class(project, f"xy {n}")
    assert project.label_map.classes[-1].key == "/y"
    first = recolor_class(set_class_key(project, 4, ""), 4, "#123456")
    after = add_class(first, "last").label_map.classes[-1]
    assert (after.key, after.color) == ("5", PALETTE[4])


def test_colours_are_one_of_a_kind() -> None:
    assert len(set(PALETTE)) == len(PALETTE) == 100


def test_classes_of_a_file_are_added_by_name() -> None:
    found = [
        ActionClass(0, "b", "9", "#111111", "said", "g"),
        ActionClass(1, "d", "1", "#222222", "new", "h"),
        ActionClass(2, "e", "7", ""),
    ]
    after = add_classes(describe_class(three(), 1, "mine"), found).label_map
    assert after.names == ("a", "b", "c", "d", "e")
    b, d, e = after.named("b"), after.named("d"), after.named("e")
    assert b is not None
    assert d is not None
    assert e is not None
    assert (b.key, b.description, b.group) == ("2", "mine", "g")
    assert b.color != "#111111"
    assert (d.id, d.key, d.color, d.description) == (3, "4", "#222222", "new")
    assert (e.key, e.color) == ("7", PALETTE[3])


def test_several_classes_get_keys_at_once() -> None:
    names = ["wash cup", "wipe cup", "wipe", "zu Ende", "ärgern"]
    letters = letter_keys(names, {"/c"})
    assert letters == ["/w", "/i", "/p", "/z", "/ä"]
    project = Project("u", "p", "coco17", label_map_from_names(names))
    given = dict(zip((0, 1, 4), ("Shift+1", "3", "/w"), strict=True))
    after = set_class_keys(project, given).label_map
    # Who had one of them has none, and all others keep theirs.
    assert keys(after) == ["Shift+1", "3", "", "4", "/w"]
    with pytest.raises(EditError, match="'/ww' is not a digit"):
        set_class_keys(project, {0: "/ww"})


def test_shifted_digits_press_the_second_ten() -> None:
    label_map = label_map_from_names([f"c{n}" for n in range(22)])
    assert keys(label_map)[9:12] == ["0", "Shift+1", "Shift+2"]
    assert keys(label_map)[19:] == ["Shift+0", "", ""]
    found = label_map.keyed("Shift+3")
    assert found is not None
    assert found.name == "c12"
    project = set_class_key(Project("u", "p", "coco17", label_map), 12, "4")
    assert project.label_map.keyed("Shift+3") == project.label_map.named("c3")
    assert label_map.keyed("Shift+x") is None


def test_groups_come_in_their_order() -> None:
    project = group_class(group_class(three(), 2, "hands"), 0, " legs ")
    assert groups_of(project.label_map) == ("legs", "hands")

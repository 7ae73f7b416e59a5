"""Which lanes are shown, where, how high: values without a window."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.timeline.lane_set import LARGEST_PX, Lane, LaneSet, ShownLanes, lanes_of
from app.timeline.layout import LANES_TOP, lay_out
from skelseg_core.labels.segmentation import (
    Segmentation,
)
from skelseg_core.project.value import (
    ANNOTATION,
    VideoItem,
    annotator_lane,
    prediction_lane,
)

WHOLE = Segmentation.unlabelled(100)
MODELS = ("fusion", "rgb")
ITEM = VideoItem(
    "one",
    "one.mp4",
    "f",
    100,
    64,
    48,
    25.0,
    {
        ANNOTATION: WHOLE,
        annotator_lane("Anna"): WHOLE,
        **{prediction_lane(m): WHOLE for m in MODELS},
    },
)
SAID = tuple(map(prediction_lane, MODELS))
LANES = lanes_of(
    ITEM,
    ShownLanes(SAID, SAID, ("wrists", "hips"), ("nose", "left_wrist"), True, True),
)
KEYS = [lane.key for lane in LANES]
GROUPS = sorted({lane.group for lane in LANES})

keys = st.sampled_from(KEYS)
groups = st.sampled_from(GROUPS)
edits = st.lists(
    st.one_of(
        st.tuples(st.just("show"), keys, st.booleans()),
        st.tuples(st.just("height"), st.sampled_from(LANES), st.floats(-50, 999)),
        st.tuples(st.just("move"), groups, groups),
        st.tuples(st.just("step"), groups, st.integers(-3, 3)),
    ),
    max_size=12,
)


def edited(steps: list[tuple[str, object, object]]) -> LaneSet:
    value = LaneSet()
    for what, a, b in steps:
        if what == "show":
            value = value.with_shown(str(a), bool(b))
        elif what == "height" and isinstance(a, Lane) and isinstance(b, float):
            value = value.with_height(a, b)
        elif what == "move":
            value = value.moved(LANES, str(a), str(b))
        elif isinstance(b, int):
            value = value.stepped(LANES, str(a), b)
    return value


@given(edits, st.integers(100, 2000))
def test_the_annotation_is_always_on_top_and_groups_stay_whole(
    steps: list[tuple[str, object, object]], height: int
) -> None:
    value = edited(steps)
    shown = value.shown_of(LANES)
    assert shown[0].kind == "annotation"
    assert sorted(value.groups(LANES)) == GROUPS
    seen = [lane.group for lane in shown]
    runs = [g for n, g in enumerate(seen) if n == 0 or seen[n - 1] != g]
    assert len(runs) == len(set(seen))
    rows, needed = lay_out(LANES, value, height)
    assert [r.of for r in rows] == shown
    assert rows[0].top == LANES_TOP
    assert all(a.bottom < b.top for a, b in pairwise(rows))
    assert needed >= rows[-1].bottom
    for row in rows:
        wished = value.heights.get(row.of.key)
        assert 10 <= row.height <= LARGEST_PX
        assert wished is None or row.height == wished


@given(edits)
def test_it_is_remembered(steps: list[tuple[str, object, object]]) -> None:
    value = edited(steps)
    assert LaneSet.of_text(value.text()) == value


def test_text_that_is_no_choice_is_none() -> None:
    for text in ("", "{", "[]", '{"shown": 1}', '{"heights": {"x": 3}}', "null"):
        assert LaneSet.of_text(text) == LaneSet()
    odd = '{"shown": {}, "heights": {"motion:hips": 1e999}, "order": []}'
    assert LaneSet.of_text(odd).heights == {"motion:hips": LARGEST_PX}
    assert LaneSet.of_text(odd.replace("1e999", "NaN")) == LaneSet()


def test_at_first_what_helps_is_shown() -> None:
    keys = [lane.key for lane in LaneSet().shown_of(LANES)]
    assert keys == [
        "annotation",
        "annotator:Anna",
        "prediction:fusion",
        "uncertainty:fusion",
        "prediction:rgb",
        "uncertainty:rgb",
        "boundaries:motion",
        "motion:wrists",
        "subject",
    ]


def test_a_kind_is_chosen_and_a_lane_overrules_it() -> None:
    value = LaneSet().with_shown("prediction:rgb", False)
    assert value.shows("prediction", "fusion")
    assert not value.shows("prediction", "rgb")
    value = value.with_shown("prediction", True)
    assert value.shows("prediction", "rgb")
    value = value.with_shown("motion:nose", True).with_shown("annotation", False)
    assert value.shows("motion", "nose")
    assert value.shows("annotation")


def test_what_belongs_to_a_model_moves_with_it() -> None:
    value = LaneSet().moved(LANES, "prediction:rgb", "annotator:Anna")
    keys = [lane.key for lane in value.shown_of(LANES)]
    assert keys[:4] == [
        "annotation",
        "prediction:rgb",
        "uncertainty:rgb",
        "annotator:Anna",
    ]
    assert value.moved(LANES, ANNOTATION, "subject") is value
    back = value.stepped(LANES, "prediction:rgb", 1)
    again = [lane.key for lane in back.shown_of(LANES)]
    assert again[1:4] == ["annotator:Anna", "prediction:rgb", "uncertainty:rgb"]


def test_a_lane_that_comes_later_stands_where_it_belongs() -> None:
    few = lanes_of(ITEM, ShownLanes())
    value = LaneSet().moved(few, "prediction:rgb", "prediction:fusion")
    groups = value.groups(LANES)
    assert groups.index("prediction:rgb") < groups.index("prediction:fusion")
    assert groups.index("motion:wrists") > groups.index("boundaries:motion")

"""Which lanes are shown, where, how high: values without a window."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.timeline.kinds import LANE_COMMANDS, lane_of
from app.timeline.kinds.annotation import AnnotationLane
from app.timeline.kinds.prediction import PredictionLane
from app.timeline.lane import LARGEST_PX, Lane
from app.timeline.lane_set import LaneSet
from app.timeline.layout import LANES_TOP, lay_out
from app.timeline.segment_lane import SegmentLane
from skelseg_core.project.project import ANNOTATION

LANES = tuple(
    lane_of(key)
    for key in (
        "annotation",
        "annotator:Anna",
        "prediction:hands",
        "prediction:rgb",
        "probability:hands",
        "probability:rgb",
        "uncertainty:hands",
        "uncertainty:rgb",
        "boundaries:motion",
        "motion:wrists",
        "motion:hips",
        "motion:nose",
        "motion:left_wrist",
        "subject",
        "waveform",
        "filmstrip",
    )
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
        else:
            value = value.moved(LANES, str(a), str(b))
    return value


@given(edits, st.integers(100, 2000))
def test_the_annotation_is_always_on_top_and_groups_stay_whole(
    steps: list[tuple[str, object, object]], height: int
) -> None:
    value = edited(steps)
    shown = value.shown_of(LANES)
    assert isinstance(shown[0], AnnotationLane)
    assert sorted(value.groups(LANES)) == GROUPS
    seen = [lane.group for lane in shown]
    runs = [g for n, g in enumerate(seen) if n == 0 or seen[n - 1] != g]
    assert len(runs) == len(set(seen))
    rows, needed = lay_out(LANES, value, height)
    assert [r.lane for r in rows] == shown
    assert rows[0].top == LANES_TOP
    assert all(a.bottom < b.top for a, b in pairwise(rows))
    assert needed >= rows[-1].bottom
    for row in rows:
        wished = value.heights.get(row.lane.key)
        assert 10 <= row.height <= LARGEST_PX
        assert wished is None or row.height == wished


@given(edits)
def test_it_is_remembered(steps: list[tuple[str, object, object]]) -> None:
    value = edited(steps)
    assert LaneSet.of_text(value.text()) == value


def test_text_that_is_no_choice_is_none() -> None:
    for text in ("", "{", "[]", '{"shown": 1}', '{"heights": {"x": "3"}}', "null"):
        assert LaneSet.of_text(text) == LaneSet()
    odd = '{"shown": {}, "heights": {"motion:hips": 1e999}, "order": []}'
    assert LaneSet.of_text(odd) == LaneSet()
    assert LaneSet.of_text(odd.replace("1e999", "NaN")) == LaneSet()


def test_at_first_what_helps_is_shown() -> None:
    keys = [lane.key for lane in LaneSet().shown_of(LANES)]
    assert keys == [
        "annotation",
        "annotator:Anna",
        "prediction:hands",
        "uncertainty:hands",
        "prediction:rgb",
        "uncertainty:rgb",
        "boundaries:motion",
        "motion:wrists",
        "subject",
    ]


def test_a_kind_is_chosen_and_a_lane_overrules_it() -> None:
    hands, rgb = PredictionLane("hands"), PredictionLane("rgb")
    value = LaneSet().with_shown("prediction:rgb", False)
    assert value.shows(hands)
    assert not value.shows(rgb)
    value = value.with_shown("prediction", True)
    assert value.shows(rgb)
    value = value.with_shown("motion:nose", True).with_shown("annotation", False)
    assert value.shows(lane_of("motion:nose"))
    assert value.shows(AnnotationLane())


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


def test_a_lane_that_comes_later_stands_where_it_belongs() -> None:
    few = [lane for lane in LANES if isinstance(lane, SegmentLane)]
    value = LaneSet().moved(few, "prediction:rgb", "prediction:hands")
    groups = value.groups(LANES)
    assert groups.index("prediction:rgb") < groups.index("prediction:hands")
    assert groups.index("motion:wrists") > groups.index("boundaries:motion")


def test_settings_of_an_earlier_version_are_read() -> None:
    value = LaneSet.of_text(
        '{"shown": {"probability": true, "filmstrip": true, "motion:wrists":'
        ' false}, "heights": {"boundaries:motion": 24, "prediction:rgb": 5}, "order":'
        ' ["boundaries:motion", "prediction:rgb"]}'
    )
    keys = [lane.key for lane in value.shown_of(LANES)]
    assert "filmstrip" in keys
    assert "probability:rgb" in keys
    assert "motion:wrists" not in keys
    assert keys.index("boundaries:motion") < keys.index("prediction:rgb")
    heights = {row.lane.key: row.height for row in lay_out(LANES, value, 900)[0]}
    assert heights["boundaries:motion"] == 24
    assert heights["prediction:rgb"] == PredictionLane.least_px


def test_every_kind_is_known_by_its_key() -> None:
    for lane in LANES:
        assert lane_of(lane.key) == lane
        assert lane.height_within(0) == lane.least_px <= lane.usual_px
        assert lane.title
        assert lane.menu_text
    for command in LANE_COMMANDS:
        assert lane_of(command.args[0]).key == command.args[0]

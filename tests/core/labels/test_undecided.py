"""Undecided frames: no model fills them, nothing reads a label there, they are done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.errors import EditError, FormatError
from skelseg_core.labels.bulk_edits import leave_undecided, make_undecided
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.constraints import protected_labels
from skelseg_core.labels.edits import accept, open_ranges, paint, relabel, remap_classes
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.labels.statistics import StatisticsPart, class_statistics
from skelseg_core.project.imports.label_files import load_labels, whole_segmentation
from skelseg_core.project.project_edits import edit_lane
from skelseg_core.video.times import FrameTimes
from tests.labelled import framewise_csv, segment_csv
from tests.projects import make_project
from tests.seen import review
from tests.segments import segmentations
from tests.soak import examples
from tests.tasks import driven

LABELS = label_map_from_names(["walk", "reach", "grasp", "put"])


def spans(value: Segmentation) -> list[tuple[int, int, bool]]:
    return [(s.start, s.stop, s.undecided) for s in value.segments]


@settings(max_examples=examples(200), deadline=None)
@given(segmentations(), segmentations(), st.data())
def test_no_model_changes_what_is_undecided(
    value: Segmentation, said: Segmentation, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, value.n_frames - 1))
    stop = data.draw(st.integers(start + 1, value.n_frames))
    value = make_undecided(value, start, stop)
    labels = np.resize(said.to_frames(), value.n_frames)
    model = Segmentation.from_frames(labels, "model", np.ones(value.n_frames))
    after = accept(value, model)
    before = [s for s in value.segments if s.undecided]
    assert [s for s in after.segments if s.undecided] == before
    assert (protected_labels(value)[start:stop] == -1).all()
    assert not [r for r in open_ranges(value, start, stop) if r[0] < r[1]]
    assert remap_classes(value, {0: None, 1: 2}).n_undecided == value.n_undecided


def test_a_range_that_touches_a_band_joins_it_and_a_label_takes_it_back() -> None:
    value = make_undecided(Segmentation.unlabelled(30), 10, 15)
    value = make_undecided(value, 15, 20)
    assert spans(value) == [(0, 10, False), (10, 20, True), (20, 30, False)]
    band = value.segments[1]
    assert (band.start_reviewed, band.stop_reviewed) == (True, True)
    assert band.protected
    assert not band.unlabelled
    again = make_undecided(value, 12, 14)
    assert again == value
    assert spans(relabel(value, 1, None)) == [(0, 30, False)]
    assert relabel(value, 1, 2).n_undecided == 0
    assert spans(paint(value, 12, 14, 1))[1:4] == [
        *((10, 12, True), (12, 14, False), (14, 20, True))
    ]
    assert paint(value, 10, 20, None).n_undecided == 0
    assert review(value, 1) == value


def test_who_widens_a_band_says_nothing_of_its_other_end() -> None:
    value = make_undecided(Segmentation.from_frames([0] * 10 + [1] * 20), 5, 10)
    left, band, right = value.segments
    left = replace(left, stop_reviewed=False)
    value = Segmentation((left, replace(band, start_reviewed=False), right))
    after = make_undecided(value, 10, 15)
    assert spans(after)[1] == (5, 15, True)
    assert not after.at(5).start_reviewed
    assert not after.at(4).stop_reviewed
    assert after.at(5).stop_reviewed
    assert leave_undecided(value, {2}).at(5).start_reviewed is False


def test_several_segments_become_one_band_where_they_touch() -> None:
    value = Segmentation.from_frames([0, 0, 1, 1, 2, 2, 3, 3])
    assert spans(leave_undecided(value, {1, 2})) == [
        *((0, 2, False), (2, 6, True), (6, 8, False))
    ]
    with pytest.raises(EditError, match="range"):
        make_undecided(value, 5, 5)


def test_a_label_is_never_undecided() -> None:
    assert not Segment(0, 5, 1, undecided=True).undecided


def test_a_video_is_finished_where_the_rest_is_undecided(tmp_path: Path) -> None:
    _, project = make_project(tmp_path / "p")
    item = project.tracks[0]
    n = item.n_frames

    def labelled(value: Segmentation) -> Segmentation:
        return paint(value, 0, n - 10, project.label_map.ids[0])

    half = edit_lane(project, item.id, labelled)
    assert not half.track(item.id).finished
    whole = edit_lane(half, item.id, lambda s: make_undecided(s, n - 10, n))
    assert whole.track(item.id).finished
    assert whole.totals.finished == half.totals.finished + 1
    assert whole.totals.labelled_frames == half.totals.labelled_frames


@settings(max_examples=examples(60), deadline=None)
@given(segmentations(n_frames=60, sources=("human",)))
def test_csv_keeps_what_is_undecided(
    tmp_path_factory: pytest.TempPathFactory, value: Segmentation
) -> None:
    path = tmp_path_factory.mktemp("csv") / "v.csv"
    for write in (framewise_csv, segment_csv):
        path.write_text(write(value, LABELS, FrameTimes.even(60, 10)))
        ids = {name: n for n, name in enumerate(LABELS.names)}
        back = whole_segmentation(load_labels(path), 60, ids)
        assert spans(back) == spans(value)
        assert back.to_frames().tolist() == value.to_frames().tolist()


def test_a_row_that_is_undecided_and_labelled_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text("frame,label,source\n0,walk,undecided\n")
    with pytest.raises(FormatError, match="leave one of the two empty"):
        load_labels(path)


def test_statistics_count_undecided_by_itself() -> None:
    value = make_undecided(Segmentation.from_frames([0, 0, 1, 1, -1, -1]), 1, 3)
    part = StatisticsPart("v", value, FrameTimes.even(6, 10))
    found = driven(class_statistics([part], LABELS))[1]
    counts = [(f.class_id, f.undecided, f.n_frames) for f in found if f.count]
    assert counts == [(0, False, 1), (1, False, 1), (None, False, 2), (None, True, 2)]

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skelseg_core.errors import FormatError
from skelseg_core.formats.descriptors import CandidateFile, LabelFormat
from skelseg_core.formats.labels import LABEL_FORMATS
from skelseg_core.formats.labels.boris import Boris
from skelseg_core.formats.labels.boris_tables import BorisTabular
from skelseg_core.formats.labels.label_studio import LabelStudio
from skelseg_core.formats.labels.one_hot_csv import OneHotCsv
from skelseg_core.project.imports.label_files import label_format
from skelseg_core.video.times import FrameTimes
from tests.labelled import (
    KEPT,
    LABELS,
    NAMES,
    RATES,
    a_file,
    frames_of,
    read_back,
    uneven,
    video_of,
    written,
)
from tests.soak import examples

FORMATS = (Boris(), BorisTabular(), OneHotCsv())


@pytest.mark.parametrize("form", FORMATS, ids=lambda f: f.name)
@settings(
    max_examples=examples(30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_labels_come_back_frame_for_frame(
    form: LabelFormat, data: st.DataObject, tmp_path: Path
) -> None:
    labels = data.draw(
        st.lists(st.integers(-1, len(NAMES) - 1), min_size=2, max_size=40)
    )
    labels[data.draw(st.integers(0, len(labels) - 1))] = 0
    rate = data.draw(st.sampled_from((*RATES, 0)))
    times = FrameTimes.even(len(labels), rate) if rate else uneven(len(labels))
    video = video_of(labels, times=times)
    path = written(form, tmp_path, video)[0]
    assert form.fits(CandidateFile(path))
    first = next(f for f in LABEL_FORMATS if f.fits(CandidateFile(path)))
    assert first.name == form.name
    (track,) = read_back(form, path).tracks
    assert frames_of(track, video) == labels


def test_a_video_of_one_frame(tmp_path: Path) -> None:
    video = video_of([0], times=FrameTimes.of_table(np.zeros(1)))
    with pytest.raises(FormatError, match="is shorter than a millisecond"):
        written(Boris(), tmp_path, video)


def test_a_name_of_two_lines_becomes_one(tmp_path: Path) -> None:
    form = LabelStudio()
    path = tmp_path / "a.json"
    text = a_file(form, tmp_path).read_text(encoding="utf-8")
    path.write_text(text.replace("walk", r" walk \n slowly"), encoding="utf-8")
    (track,) = read_back(form, path).tracks
    assert track.names[:2] == ("walk slowly", "open door, left")


# -- Label Studio --------------------------------------------------------------------


def task(*regions: Any, **rest: Any) -> dict[str, Any]:
    data = {"video": "/data/upload/1/0123abcd-a b.mp4"}
    return {"data": data, "annotations": [{"result": list(regions), **rest}]}


def region(first: int, last: int, *names: str) -> dict[str, Any]:
    value = {"ranges": [{"start": first, "end": last}], "timelinelabels": list(names)}
    return {"type": "timelinelabels", "value": value}


def tasks(folder: Path, *values: Any) -> Path:
    path = folder / "t.json"
    path.write_text(json.dumps(values))
    return path


def test_a_file_of_label_studio_that_skelseg_wrote_is_read() -> None:
    """Its frames count from 1, and a range holds the last."""
    path = KEPT / "label-studio.json"
    assert label_format(path).name == "label-studio"
    (track,) = read_back(LabelStudio(), path).tracks
    assert (track.media, track.rate, track.unit) == ("v 1.mp4", 25, "s")
    assert frames_of(track, video_of(LABELS)) == LABELS
    # What the file says counts.
    assert read_back(LabelStudio(), path, rate=24.0).tracks == (track,)


def test_the_rate_of_label_studio_is_not_that_of_the_video(tmp_path: Path) -> None:
    path = tasks(tmp_path, task(region(25, 48, "walk"), completed_by=7))
    read = read_back(LabelStudio(), path)
    (track,) = read.tracks
    assert (track.unit, track.rate, track.media) == ("frame", None, "a b.mp4")
    assert track.picks == ("7",)
    assert [(i.start, i.stop) for i in track.intervals] == [(24, 48)]
    assert "does not say the frame rate" in read.notes[0]
    (track,) = read_back(LabelStudio(), path, rate=24.0).tracks
    assert (track.unit, track.rate) == ("s", 24)
    assert [(i.start, i.stop) for i in track.intervals] == [(1.0, 2.0)]


def test_annotators_regions_and_predictions_of_label_studio(tmp_path: Path) -> None:
    first = task(region(1, 2, "walk", "talk"), {"type": "choices", "value": {}})
    first["annotations"] += [
        {"result": [], "completed_by": {"email": "bo@x.org"}},
        {"result": [], "was_cancelled": True},
    ]
    first["predictions"] = [{"result": [region(1, 9, "lie")], "model_version": "m"}, 4]
    read = read_back(LabelStudio(), tasks(tmp_path, first))
    assert [t.picks for t in read.tracks] == [(), ("bo@x.org",)]
    assert [i.name for i in read.tracks[0].intervals] == ["walk", "talk"]
    assert read.notes[1].endswith("boxes and choices, were left out: 1.")
    assert read.notes[2].endswith("Skipped annotations were left out: 1.")
    assert read.notes[3].endswith("annotations of people: 1.")
    first["annotations"] = []
    first["predictions"][0]["result"][0]["score"] = 0.5
    (track,) = read_back(LabelStudio(), tasks(tmp_path, first)).tracks
    assert track.picks == ("m",)
    assert (track.intervals[0].source, track.intervals[0].confidence) == ("model", 0.5)


def test_short_form_of_label_studio(tmp_path: Path) -> None:
    value = region(1, 2, "walk")["value"]
    path = tasks(tmp_path, {"id": 1, "video": "/x/a.mp4", "tl": [value]})
    assert LabelStudio().fits(CandidateFile(path))
    (track,) = read_back(LabelStudio(), path).tracks
    assert track.media == "/x/a.mp4"
    assert [(i.start, i.stop, i.name) for i in track.intervals] == [(0, 2, "walk")]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (3, "task 1: '3' is not an object"),
        ({"data": 3}, "task 1, data: '3'"),
        ({"data": {}, "annotations": 3}, "task 1, annotations: '3'"),
        (task(3), "task 1, region 1: '3'"),
        (task({"value": {"timelinelabels": "walk"}}), "task 1, region 1: '\"walk\"'"),
        (task(region("x", 2, "a")), "task 1, region 1: '\"x\"' is not a time"),  # type: ignore[arg-type]
        ({"data": {}, "annotations": []}, "has no TimelineLabels"),
    ],
)
def test_damaged_label_studio(tmp_path: Path, value: Any, said: str) -> None:
    with pytest.raises(FormatError) as error:
        read_back(LabelStudio(), tasks(tmp_path, value))
    assert said in str(error.value)


# -- one-hot -------------------------------------------------------------------------


def test_a_table_of_deepethogram(tmp_path: Path) -> None:
    video = video_of([0, -1, 1], names=("walk", "lie"))
    (path,) = written(OneHotCsv(), tmp_path, video)
    assert path.name == "v 1_labels.csv"
    assert path.read_text() == (",background,walk,lie\n0,0,1,0\n1,-1,-1,-1\n2,0,0,1\n")
    read = read_back(OneHotCsv(), path)
    (track,) = read.tracks
    assert (track.media, track.n_frames, track.unit) == ("v 1", 3, "frame")
    assert read.classes == ("walk", "lie")


def test_background_that_is_a_class_stays_one(tmp_path: Path) -> None:
    video = video_of([0, 1, 1], names=("walk", "background"))
    (path,) = written(OneHotCsv(), tmp_path, video)
    assert path.read_text().splitlines()[0] == ",walk,background"
    (track,) = read_back(OneHotCsv(), path).tracks
    assert frames_of(track, video) == [0, 1, 1]


def test_targets_of_simba_come_behind_features(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text(
        ",nose_x,nose_p,speed,Attack,Sniffing\n"
        "0,1.5,1,0,0,1.0\n1,2.5,1,0,1,1.0\n2,2.5,0.5,0.25,1,0.0\n"
    )
    assert OneHotCsv().fits(CandidateFile(path))
    read = read_back(OneHotCsv(), path)
    assert read.classes == ("Attack", "Sniffing")
    (track,) = read.tracks
    spans = [(i.start, i.stop, i.name) for i in track.intervals]
    assert spans == [(0, 2, "Sniffing"), (1, 3, "Attack")]


@pytest.mark.parametrize(("name", "first"), [("frame", 0), ("Frame_Number", 1)])
def test_a_table_with_a_column_of_frames(tmp_path: Path, name: str, first: int) -> None:
    path = tmp_path / "v.csv"
    rows = ((0, 1), (1, 1), (0, 0))
    lines = [f"{n},{a},{b}" for n, (a, b) in enumerate(rows, first)]
    path.write_text("\n".join([f"{name},walk,sniff", *lines]))
    assert isinstance(label_format(path), OneHotCsv)
    (track,) = read_back(OneHotCsv(), path).tracks
    spans = [(i.start, i.stop, i.name) for i in track.intervals]
    assert (spans, track.n_frames) == ([(0, 2, "sniff"), (1, 2, "walk")], 3)


def test_binary_table_of_boris(tmp_path: Path) -> None:
    path = tmp_path / "o_Bo.tsv"
    path.write_text("time\trest\twalk (fast)\n0.0\t1\t0\n0.5\t0\t0\n1.0\t0\t1\n")
    assert OneHotCsv().fits(CandidateFile(path))
    (track,) = read_back(OneHotCsv(), path).tracks
    assert (track.unit, track.n_frames) == ("s", None)
    spans = [(i.start, i.stop, i.name) for i in track.intervals]
    assert spans == [(0.0, 0.5, "rest"), (1.0, 1.5, "walk (fast)")]


@pytest.mark.parametrize(
    "text",
    [
        ",start,stop,reviewed\n0,0.5,1.5,0\n1,1.5,2.5,1\n",
        ",label\n0,1\n1,0\n",
        ",start,label,flag\n0,1.5,walk,1\n",
        "time,speed,walk\n0.0,0.5,1\n0.5,0.25,0\n",
        "frame,label,walk\n0,1,0\n1,0,1\n",
        "frame,x,walk\n0,0.5,0\n1,0.25,1\n",
        ",walk,lie\n0,1\n1,0\n2,1\n",
    ],
)
def test_other_tables_are_no_one_hot_tables(tmp_path: Path, text: str) -> None:
    path = tmp_path / "v.csv"
    path.write_text(text)
    assert not OneHotCsv().fits(CandidateFile(path))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (",walk\n0,1\n2,1\n", "line 3: the frame is '2' instead of 1"),
        ("time,walk\n0.5,1\n0.5,1\n", "line 3: the time 0.5 is not after"),
        ("time,walk\nnan,1\n", "line 2: time is 'nan'"),
        (",walk\n0,1\n1,1,0\n", "line 3: 3 values for a header of 2"),
        (",walk\n0,1\n1,2\n", "is not a one-hot table"),
        ("frame,walk\n2,1\n", "line 2: the frame is '2' instead of 0"),
        ("frame,walk\n1,1\n1,0\n", "line 3: the frame is '1' instead of 2"),
        (",walk\n", "has a header but no frame"),
        ("", "is not a one-hot table"),
    ],
)
def test_damaged_one_hot_tables(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "v.csv"
    path.write_text(text)
    with pytest.raises(FormatError) as error:
        read_back(OneHotCsv(), path)
    assert said in str(error.value)

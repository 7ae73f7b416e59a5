from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.errors import FormatError
from skelseg_core.formats.descriptors import LabelFormat, ReadOptions, WriteOptions
from skelseg_core.formats.export_manifest import manifest
from skelseg_core.formats.label_file import LabelledVideo
from skelseg_core.formats.label_parts.framewise_and_segment_rows import FRAMEWISE_HEADER
from skelseg_core.formats.labels import LABEL_FORMATS
from skelseg_core.formats.labels.framewise_and_segment_csv import (
    FramewiseCsv,
    SegmentCsv,
)
from skelseg_core.labels.classes import ActionClass, LabelMap
from skelseg_core.labels.segmentation import Segment, Segmentation, Source
from skelseg_core.project.imports.label_files import (
    label_format,
    load_label_file,
    load_labels,
    whole_segmentation,
)
from skelseg_core.video.times import FrameTimes
from tests.labelled import framewise_csv, segment_csv

LABEL_MAP = LabelMap((ActionClass(5, "Schrank öffnen"), ActionClass(2, "walk")))
SAMPLE = Segmentation(
    (
        Segment(0, 2, 5).as_reviewed(),
        Segment(2, 3, 5).as_reviewed(),
        Segment(3, 5, None),
        Segment(5, 6, 2, "model", confidence=0.8125),
    )
)
TIMES = FrameTimes.of_table(np.array([0.0, 0.04, 0.08, 0.12, 0.2, 0.24]))
SAMPLE_VIDEO = LabelledVideo("01", SAMPLE, LABEL_MAP, TIMES)

FRAMEWISE = """\
frame,time_s,class_id,label,segment,source,confidence,reviewed
0,0.000000,5,Schrank öffnen,0,human,,true
1,0.040000,5,Schrank öffnen,0,human,,true
2,0.080000,5,Schrank öffnen,1,human,,true
3,0.120000,,,2,,,false
4,0.200000,,,2,,,false
5,0.240000,2,walk,3,model,0.8125,false
"""

SEGMENTS = """\
segment,start_frame,stop_frame,start_s,stop_s,class_id,label,source,reviewed,confidence
0,0,2,0.000000,0.080000,5,Schrank öffnen,human,true,
1,2,3,0.080000,0.120000,5,Schrank öffnen,human,true,
2,3,5,0.120000,0.240000,,,,false,
3,5,6,0.240000,0.280000,2,walk,model,false,0.8125
"""


def write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def back(path: Path, n_frames: int) -> Segmentation:
    ids = {c.name: c.id for c in LABEL_MAP.classes}
    return whole_segmentation(load_labels(path), n_frames, ids)


def test_the_texts_are_exactly_these() -> None:
    assert FramewiseCsv().write_tracks([SAMPLE_VIDEO]) == FRAMEWISE
    assert SegmentCsv().write_tracks([SAMPLE_VIDEO]) == SEGMENTS


@pytest.mark.parametrize("text", [FRAMEWISE, SEGMENTS])
def test_files_and_back(tmp_path: Path, text: str) -> None:
    assert back(write(tmp_path / "01.csv", text), SAMPLE.n_frames) == SAMPLE


@pytest.mark.parametrize("form", [FramewiseCsv(), SegmentCsv()])
def test_all_videos_in_one_table(tmp_path: Path, form: LabelFormat) -> None:
    videos = [
        replace(SAMPLE_VIDEO, id="a, b", people=('Anna "A"',), annotator="Eva"),
        LabelledVideo(
            "c", Segmentation.unlabelled(4), LABEL_MAP, FrameTimes.even(4, 25)
        ),
        replace(SAMPLE_VIDEO, id="d"),
    ]
    found = form.write_files(videos, WriteOptions(single_table=True))
    ((name, text),) = found.items()
    assert isinstance(text, str)
    path = write(tmp_path / name, text)
    assert label_format(path) == next(f for f in LABEL_FORMATS if f.name == form.name)
    tracks = load_label_file(path).tracks
    ids = {c.name: c.id for c in LABEL_MAP.classes}
    assert [t.media for t in tracks] == ["a, b", "c", "d"]
    assert [t.people for t in tracks] == [('Anna "A"',), (), ()]
    assert not any(i.beside for i in tracks[1].intervals)
    for track, video in zip(tracks, videos, strict=True):
        n_frames = video.segmentation.n_frames
        assert whole_segmentation(track, n_frames, ids) == video.segmentation
    table = pandas.read_csv(path, keep_default_na=False)
    assert list(table.columns[:3]) == ["video", "subject", "annotator"]
    assert set(table.subject[table.video == "a, b"]) == {'Anna "A"'}
    assert set(table.annotator[table.video == "a, b"]) == {"Eva"}
    # One file per video otherwise, as before.
    each = form.write_files(videos, WriteOptions())
    assert list(each) == [f"{v.id}{form.written_suffix}" for v in videos]


@given(st.data())
def test_any_segmentation_comes_back(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, 29), max_size=8)))
    parts = []
    for start, stop in zip([0, *cuts], [*cuts, 30], strict=True):
        class_id = data.draw(st.sampled_from([None, 5, 2]))
        said = ["human", "model", "import"] if class_id else ["human"]
        source = data.draw(st.sampled_from(said))
        confidence = data.draw(st.sampled_from([None, 0.0, 0.25, 1.0]))
        made = Segment(start, stop, class_id, source, confidence=confidence)
        parts.append(made.as_reviewed() if data.draw(st.booleans()) else made)
    value = Segmentation(tuple(parts))
    text = framewise_csv(value, LABEL_MAP, FrameTimes.even(30, 25))
    path = write(tmp_path_factory.mktemp("csv") / "a.csv", text)
    assert back(path, 30) == value
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    names = ["" if i < 0 else LABEL_MAP.name_of(int(i)) for i in value.to_frames()]
    assert [row["label"] for row in rows] == names


@pytest.mark.parametrize("source", ["model", "human", "import"])
def test_a_class_that_a_person_reviews_stays_protected(
    tmp_path: Path, source: Source
) -> None:
    said = Segment(0, 3, 2, source, class_reviewed=True, confidence=0.5)
    value = Segmentation((said, Segment(3, 6, 5, "model", confidence=0.5)))
    assert not value.segments[0].reviewed
    for text in (
        framewise_csv(value, LABEL_MAP, TIMES),
        segment_csv(value, LABEL_MAP, TIMES),
    ):
        found = back(write(tmp_path / "a.csv", text), 6)
        assert [s.protected for s in found.segments] == [True, False]
        assert [s.accepted for s in found.segments] == [False, True]
        assert found.n_reviewed == 0


@pytest.mark.parametrize("reviewed", [False, True])
def test_an_action_of_two_origins_is_one_and_each_frame_keeps_its_own(
    tmp_path: Path, reviewed: bool
) -> None:
    mine = Segment(0, 2, 2, "human", class_reviewed=True)
    guess = Segment(2, 3, 2, "model", class_reviewed=True, confidence=0.75)
    unseen = Segment(3, 5, 2, "model", confidence=0.5)
    action = replace(mine, stop=5, inner=(mine, guess, unseen))
    action = action.as_reviewed() if reviewed else action
    value = Segmentation((action, Segment(5, 6, 5, "import")))
    rows = segment_csv(value, LABEL_MAP, TIMES).splitlines()[1:]
    told = '"human 2, model 3"' if reviewed else '"human 2, agreed 1, model 2"'
    assert [told in row for row in rows] == [True, False]
    for text in (
        framewise_csv(value, LABEL_MAP, TIMES),
        segment_csv(value, LABEL_MAP, TIMES),
    ):
        found = back(write(tmp_path / "a.csv", text), 6)
        assert len(found) == 2
        assert found.accepted.tolist() == value.accepted.tolist()
        said = [[(r.source, r.protected) for r in v.runs] for v in (found, value)]
        assert said[0] == said[1]
    wrong = segment_csv(value, LABEL_MAP, TIMES).replace("human 2,", "human 3,")
    with pytest.raises(FormatError, match="line 2: source is 'human 3"):
        load_labels(write(tmp_path / "a.csv", wrong))


def test_a_video_of_one_frame() -> None:
    one = Segmentation.unlabelled(1)
    assert segment_csv(one, LABEL_MAP, FrameTimes.of_table(np.zeros(1))).endswith(
        "0,0,1,0.000000,0.000000,,,,false,\n"
    )


def test_what_cannot_be_exported_is_refused() -> None:
    with pytest.raises(FormatError, match="6 frames and the video has 5"):
        framewise_csv(SAMPLE, LABEL_MAP, FrameTimes.even(5, 25))
    other = Segmentation((replace(SAMPLE.segments[0], stop=6, class_id=9),))
    with pytest.raises(FormatError, match="class id 9"):
        segment_csv(other, LABEL_MAP, TIMES)


def test_the_least_a_framewise_csv_needs(tmp_path: Path) -> None:
    text = "\ufeffframe,label\r\n0,walk\r\n1,walk\r\n2,\r\n3,walk"
    found = back(write(tmp_path / "a.csv", text), 4)
    assert found.segments == (
        Segment(0, 2, 2, "import"),
        Segment(2, 3),
        Segment(3, 4, 2, "import"),
    )


def test_a_file_that_does_not_say_what_was_reviewed(tmp_path: Path) -> None:
    """As skelseg wrote them once: what a person made, a person has seen."""
    old = "".join(",".join(r.split(",")[:-1]) + "\n" for r in FRAMEWISE.splitlines())
    path = write(tmp_path / "a.csv", old)
    seen = [s.reviewed for s in load_labels(path).intervals]
    assert seen == [True, True, False, False]
    assert back(path, 6) == SAMPLE


def change(line: int, old: str, new: str) -> str:
    lines = FRAMEWISE.splitlines()
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "line 1: not a framewise CSV"),
        ("a,b\n1,2\n", "line 1: not a framewise CSV"),
        (SEGMENTS, "line 1: not a framewise CSV"),
        (",".join(FRAMEWISE_HEADER) + "\n", "no frame"),
        (change(4, "2,", "3,"), "line 4: frame is '3' instead of 2"),
        (change(4, ",1,human", ",7,human"), "line 4: segment is '7'; it must be 0 or"),
        (change(6, ",2,,", ",2.5,,"), "line 6: segment is '2.5'"),
        (change(5, ",2,,", ",1,,"), "line 5: segment 1 has two labels"),
        (change(5, ",2,,", ",2,somebody,"), "line 5: source is 'somebody'"),
        (change(7, "0.8125", "nan"), "line 7: confidence is 'nan'"),
        (change(7, "0.8125", "high"), "line 7: confidence is 'high'"),
        (change(7, ",0.8125", ""), "line 7: 7 values for a header of 8"),
        (change(7, "walk", '"walk'), "line 7: .* damaged"),
    ],
)
def test_bad_lines_are_named(tmp_path: Path, text: str, match: str) -> None:
    with pytest.raises(FormatError, match=match):
        FramewiseCsv().read_file(write(tmp_path / "a.csv", text), ReadOptions())


def test_a_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "none.csv"
    for form in (FramewiseCsv(), SegmentCsv()):
        with pytest.raises(FormatError, match="cannot be read"):
            form.read_file(path, ReadOptions())
    with pytest.raises(FormatError, match="cannot be read"):
        load_labels(path)


def test_manifest() -> None:
    video = {"id": "01", "file": "01.mp4", "fingerprint": "abc", "n_frames": 6}
    found = manifest(LABEL_MAP, [video])
    assert found["videos"] == [video]
    assert [c["name"] for c in found["label_map"]] == ["Schrank öffnen", "walk"]
    assert found["schema"] == 1

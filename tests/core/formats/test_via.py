"""CSV files of VIA 3."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skelseg_core.errors import FormatError
from skelseg_core.formats.descriptors import CandidateFile, ReadOptions
from skelseg_core.formats.label_file import LabelFile, LabelledVideo
from skelseg_core.formats.labels.via import Via
from skelseg_core.labels.classes import ActionClass, LabelMap
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.tasks.import_labels import find_label_files
from skelseg_core.video.times import FrameTimes
from tests.commands import mistake

HEADER = (
    "# CSV_HEADER = metadata_id,file_list,flags,temporal_coordinates,"
    "spatial_coordinates,metadata"
)
SCENE = {"aname": "Scene", "anchor_id": "FILE1_Z2_XY0", "type": 1, "desc": "",
         "options": {"default": "Default"}, "default_option_id": ""}  # fmt: skip
ACTION = {"aname": "Action", "anchor_id": "FILE1_Z2_XY0", "type": 4, "desc": "",
          "options": {"0": "walk", "1": "sit, read"}}  # fmt: skip


def quoted(value: object) -> str:
    """A cell as VIA writes it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return '"' + text.replace('"', '""') + '"'


def row(z: object, av: object, files: object = ("a b.mp4",), xy: object = ()) -> str:
    cells = [quoted(files), "0", quoted(z), quoted(xy), quoted(av)]
    return ",".join(['"1_j5sJvB9h"', *cells])


def document(*rows: str, header: str = HEADER, **attributes: Any) -> str:
    declared = {k.removeprefix("a"): v for k, v in attributes.items()}
    return "\n".join(
        [
            "# Exported using VGG Image Annotator (http://www.robots.ox.ac.uk/~vgg/)",
            '# - metadata of {""1"":""3""} indicates attribute with id',
            '# SHAPE_ID = {"POINT":1,"RECTANGLE":2}',
            f"# ATTRIBUTE = {json.dumps(declared or {'1': ACTION})}",
            header,
            *rows,
        ]
    )


def read(folder: Path, text: str) -> LabelFile:
    path = folder / "a.csv"
    path.write_bytes(text.encode())
    assert Via().fits(CandidateFile(path))
    return Via().read_file(path, ReadOptions())


def test_options_and_texts_are_names_in_tracks_of_their_own(tmp_path: Path) -> None:
    rows = (
        row([5.31493, 6], {"1": "1", "3": "main\ntitle"}),
        row([1.124, 5.31493], {"1": "0", "3": "other", "9": "unknown"}),
    )
    file = read(tmp_path, document(*rows, a1=ACTION, a3=SCENE))
    action, scene = file.tracks
    assert action.picks == ("Action",)
    assert [(i.start, i.stop, i.name, i.place) for i in action.intervals] == [
        (1.124, 5.31493, "walk", "line 7"),
        (5.31493, 6, "sit, read", "line 6"),
    ]
    assert [i.name for i in scene.intervals] == ["other", "main title"]
    assert {t.media for t in file.tracks} == {"a b.mp4"}
    assert file.classes == ("walk", "sit, read")
    assert [i.beside for i in action.intervals] == [("attribute '9'",), ()]
    assert file.notes == ()


def test_every_video_has_a_track_of_its_own(tmp_path: Path) -> None:
    rows = row([0, 1], {"1": "0"}), row([0, 2], {"1": "1"}, ["b.mp4"])
    file = read(tmp_path, document(*rows))
    assert [(t.media, t.picks) for t in file.tracks] == [("a b.mp4", ()), ("b.mp4", ())]


def test_rows_that_are_no_segments_are_counted(tmp_path: Path) -> None:
    rows = (
        row([2.41892], {"1": "0"}, xy=[2, 162.262, 176.2, 639.45, 192.49]),
        row([4.633], {"1": "0"}),
        row([], {"1": "0"}),
        row([0, 1], {"1": "0,1"}),
        row([1, 2], {}),
    )
    file = read(tmp_path, document(*rows))
    assert [i.name for i in file.tracks[0].intervals] == ["walk, sit, read"]
    assert file.notes == (
        "Rows left out, regions or moments: 2.",
        "Rows left out, on the whole video: 1.",
        "Rows left out, without a declared value: 1.",
    )


def test_what_a_spreadsheet_saved_again_is_read(tmp_path: Path) -> None:
    text = document(row([0, 1], {"1": "0"}) + ",,,", header=f'"{HEADER}",,,')
    found = read(tmp_path, text.replace("\n", "\r\n") + "\r\n").tracks[0].intervals
    assert [(i.start, i.stop, i.name) for i in found] == [(0, 1, "walk")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (document(row([1, 0], {"1": "0"})), "line 6: a segment from 1.0 s to 0.0 s"),
        (document(row([-1, 0], {"1": "0"})), "line 6: a segment from -1.0 s to 0.0 s"),
        (document(row([0, "x"], {"1": "0"})), "line 6: '\"x\"' is not a time in"),
        (document(row([0, 1e300], {"1": "0"})), "line 6: '1e+300' is not a time"),
        (document(row([0, 1], ["x"])), "line 6: '[\"x\"]' is not an object"),
        (document(row([0, 1], {"1": "0"}, 3)), "line 6: '3' is not a list"),
        (document(row([0, 1], {"1": "0"}, [3])), "line 6: '3' is not a text"),
        (document('"1","[",0,"[0,1]","[]","{}"'), "line 6: '[' is not JSON"),
        (document(f'"1","[]",0,"{"[" * 100_000}","[]","{{}}"'), "is not JSON"),
        (document('"1","[]"x'), "line 6: ',' expected after '\"'"),
        (document("1,2,3"), "line 6: 3 values for a header of 6"),
        (document("1,2", header="# CSV_HEADER = temporal_coordinates,b"),
         "line 6: the column file_list is missing"),
        (document(a1=3), "line 4, attribute 1: '3' is not an object"),
        (document(a1={**ACTION, "aname": 3}), "line 4, aname: '3' is not a text"),
        (document(row([0, 1], {"7": "0"})), "has no segments of time with a value"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(
    text: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(FormatError) as error:
        read(tmp_path, text)
    assert str(error.value).startswith(str(tmp_path / "a.csv"))
    assert said in str(error.value)


def test_segments_are_written_as_via_exports_them(tmp_path: Path) -> None:
    video = LabelledVideo(
        "anna-1",
        Segmentation((Segment(0, 3, 5), Segment(3, 4), Segment(4, 6, 2))),
        LabelMap((ActionClass(5, 'say "a", <b>'), ActionClass(2, "gehe ö"))),
        FrameTimes.of_table(np.arange(6) * 1001 / 30000),
        media=Path("/data/anna 1.mp4"),
    )
    text = Via().write_video(video)
    assert text.split("\n")[2:] == [
        HEADER,
        '1_0,"[""anna 1.mp4""]",0,"[0.0,0.1]",[],"{""1"":""5""}"',
        '1_1,"[""anna 1.mp4""]",0,"[0.133,0.2]",[],"{""1"":""2""}"',
        "",
    ]
    assert read(tmp_path, text).classes == ('say "a", <b>', "gehe ö")
    assert '"[""anna-1""]"' in Via().write_video(replace(video, media=None))


def test_a_project_of_via_is_not_read_and_says_what_to_export(tmp_path: Path) -> None:
    project = {
        "project": {"pid": "__VIA_PROJECT_ID__", "vid_list": ["1"]},
        "config": {}, "attribute": {"1": ACTION}, "view": {"1": {"fid_list": ["1"]}},
        "file": {"1": {"fname": "a b.mp4"}},
        "metadata": {"1_x": {"vid": "1", "z": [0, 1.5], "xy": [], "av": {"1": "0"}}},
    }  # fmt: skip
    path = tmp_path / "via.json"
    path.write_text(json.dumps(project))
    for kind in ("auto", "via"):
        said = mistake("import", kind, path, "--project", tmp_path / "p")
        assert "via.json is a project of VIA 3" in said
        assert "export the annotations as 'VIA3 (CSV)', and import that file" in said
    # Beside what was exported it does no harm.
    (tmp_path / "a b.via.csv").write_text(document(row([0, 1], {"1": "0"})))
    sources = find_label_files(tmp_path)
    assert [path.name for path, _ in sources.files] == ["a b.via.csv"]
    assert sources.left_out == ("via.json",)
    # Another JSON file is none of VIA's.
    path.write_text('{"metadata": 1}')
    said = mistake("import", "auto", path, "--project", tmp_path / "p")
    assert "project of VIA" not in said


def test_attributes_that_a_second_comment_leaves_out_stay(tmp_path: Path) -> None:
    more = f"# ATTRIBUTE = {json.dumps({'9': SCENE})}"
    rows = (row([0, 1], {"1": "0"}), more, row([1, 2], {"1": "1", "9": "bench"}))
    action, scene = read(tmp_path, document(*rows, a1=ACTION)).tracks
    assert [i.name for i in action.intervals] == ["walk", "sit, read"]
    assert [i.name for i in scene.intervals] == ["bench"]

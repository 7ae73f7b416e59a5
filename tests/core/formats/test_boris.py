from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from skelseg_core.errors import FormatError
from skelseg_core.formats.descriptors import CandidateFile, WriteOptions
from skelseg_core.formats.label_file import Interval, LabelFile, VideoRow
from skelseg_core.formats.labels.boris import Boris
from skelseg_core.formats.labels.boris_tables import BorisAggregated, BorisTabular
from tests.commands import mistake
from tests.labelled import frames_of, read_back, video_of, written

BEHAVIOURS = {
    "0": {"code": "walk", "type": "State event", "color": "#AABBCC"},
    "1": {"code": "rest", "type": "State event with coding map", "color": ""},
    "2": {"code": "call", "type": "Point event"},
}


def observation(*events: list[Any], **rest: Any) -> dict[str, Any]:
    made = {"type": "MEDIA", "file": {"1": ["a.mp4"], "2": []}, "events": list(events)}
    return {**made, "time offset": 0, **rest}


def project(folder: Path, **observations: dict[str, Any]) -> Path:
    path = folder / "p.boris"
    value = {"behaviors_conf": BEHAVIOURS, "observations": observations}
    path.write_text(json.dumps(value))
    return path


def spans(intervals: tuple[Interval, ...]) -> list[tuple[float, float, str]]:
    return [(round(i.start, 6), round(i.stop, 6), i.name) for i in intervals]


def test_a_written_project(tmp_path: Path) -> None:
    video = video_of([0, 0, -1, 1, 1, 1], 30, names=("walk", "lie"), people=("Ann",))
    (path,) = written(Boris(), tmp_path, video)
    assert path.name == "v 1.boris"
    value = json.loads(path.read_text())
    (made,) = value["observations"].values()
    assert made["events"] == [
        [0.0, "Ann", "walk", "", "", 0],
        [0.067, "Ann", "walk", "", "", 2],
        [0.1, "Ann", "lie", "", "", 3],
        [0.2, "Ann", "lie", "", "", 6],
    ]
    assert made["file"]["1"] == ["../v 1.mp4"]
    assert made["media_info"]["fps"]["../v 1.mp4"] == pytest.approx(30)
    assert made["media_info"]["length"]["../v 1.mp4"] == pytest.approx(0.2)
    assert [s["name"] for s in value["subjects_conf"].values()] == ["Ann"]
    codes = [b["code"] for b in value["behaviors_conf"].values()]
    assert codes == ["walk", "lie"]
    read = read_back(Boris(), path)
    assert read.classes == ("walk", "lie")
    assert read.colors["walk"] == "#56b4e9"
    assert read.tracks[0].picks == ("v 1", "Ann")
    assert read.tracks[0].rate == pytest.approx(30)
    assert frames_of(read.tracks[0], video) == [0, 0, -1, 1, 1, 1]


def test_several_videos_are_observations_of_one_project(tmp_path: Path) -> None:
    videos = [video_of([0, 1], id="a"), video_of([1, 1], id="b")]
    (path,) = written(Boris(), tmp_path, *videos)
    read = read_back(Boris(), path)
    assert [t.picks[0] for t in read.tracks] == ["a", "b"]
    assert frames_of(read.tracks[1], videos[1]) == [1, 1]


def test_states_of_subjects_and_points(tmp_path: Path) -> None:
    path = project(
        tmp_path,
        o=observation(
            [1.0, "", "walk", "", ""],
            [1.5, "Bo", "walk", "", "", 37],
            [2.0, "", "walk", "", "why"],
            [2.25, "", "call", "", ""],
            [3.5, "Bo", "walk", "", "", 87],
            [3.6, "Bo", "sing", "", "", 88],
            media_info={"fps": {"a.mp4": 25.0}, "length": {"a.mp4": 10.0}},
        ),
    )
    read = read_back(Boris(), path)
    assert [t.picks for t in read.tracks] == [("o", "No focal subject"), ("o", "Bo")]
    assert [t.people for t in read.tracks] == [(), ("Bo",)]
    assert spans(read.tracks[0].intervals) == [(1.0, 2.0, "walk")]
    assert spans(read.tracks[1].intervals) == [(1.5, 3.5, "walk")]
    assert read.tracks[0].media == "a.mp4"
    assert read.tracks[0].rate == 25
    assert read.colors == {"walk": "#aabbcc"}
    assert read.classes == ("walk", "rest")
    points, unknown = read.notes_of()
    assert points == "Point events have no duration and were left out: call 1."
    assert unknown.endswith("the list of behaviours were left out: sing 1.")


def test_notes_name_ten_behaviours_and_count_the_others(tmp_path: Path) -> None:
    calls = [[1.0, "", f"call {n}", "", ""] for n in range(11)]
    walk = [[t, "", "walk", "", ""] for t in (1.0, 2.0)]
    path = project(tmp_path, o=observation(*walk, *calls))
    (note,) = read_back(Boris(), path).notes_of()
    assert note.endswith("call 8 1, call 9 1 and 1 more.")


def test_a_packed_project_says_that_it_is_to_be_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "p.boris.gz"
    path.write_bytes(gzip.compress(b'{"observations": {}}'))
    for kind in ("auto", "boris"):
        said = mistake("import", kind, path, "--project", tmp_path / "p")
        assert "p.boris.gz is a packed project of BORIS; unpack it" in said


def test_modifiers(tmp_path: Path) -> None:
    path = project(
        tmp_path,
        o=observation(
            [1.0, "", "walk", "fast|None", ""],
            [2.0, "", "walk", "slow|left", ""],
            [3.0, "", "walk", "slow|left", ""],
            [4.0, "", "walk", "fast|None", ""],
        ),
    )
    plain = read_back(Boris(), path).tracks[0].intervals
    assert spans(plain) == [(2.0, 3.0, "walk"), (1.0, 4.0, "walk")]
    joined = read_back(Boris(), path, modifiers=True).tracks[0].intervals
    assert [i.name for i in joined] == ["walk (slow|left)", "walk (fast)"]


def test_two_media_in_one_player(tmp_path: Path) -> None:
    info = {"length": {"a.mp4": 10.0, "b.mp4": 5.0}, "fps": {"b.mp4": 50}}
    path = project(
        tmp_path,
        o=observation(
            [102.0, "", "walk", "", ""],
            [112.5, "", "walk", "", ""],
            [113.0, "", "rest", "", ""],
            [120.0, "", "rest", "", ""],
            file={"1": ["a.mp4", "b.mp4"]},
            media_info=info,
            **{"time offset": 100},
        ),
    )
    first, second = read_back(Boris(), path).tracks
    assert (first.media, second.media) == ("a.mp4", "b.mp4")
    assert spans(first.intervals) == [(2.0, 10.0, "walk")]
    assert spans(second.intervals) == [(0.0, 2.5, "walk"), (3.0, 10.0, "rest")]
    assert (first.rate, second.rate) == (None, 50)


def test_a_state_that_ends_with_its_video_leaves_nothing_in_the_next(
    tmp_path: Path,
) -> None:
    path = project(
        tmp_path,
        o=observation(
            [2.0, "", "walk", "", ""],
            [10.001, "", "walk", "", ""],
            file={"1": ["a.mp4", "b.mp4"]},
            media_info={"length": {"a.mp4": 10.0004, "b.mp4": 5.0}},
        ),
    )
    (track,) = read_back(Boris(), path).tracks
    assert spans(track.intervals) == [(2.0, 10.0004, "walk")]


def test_a_second_player_with_an_offset(tmp_path: Path) -> None:
    path = project(
        tmp_path,
        o=observation(
            [2.0, "", "walk", "", ""],
            [4.0, "", "walk", "", ""],
            file={"1": ["a.mp4"], "2": ["side.mp4"], "3": []},
            media_info={"offset": {"1": 0.0, "2": 1.5}},
        ),
    )
    front, side = read_back(Boris(), path).tracks
    assert front.picks[2:] == ("player 1",)
    assert side.picks[2:] == ("player 2",)
    assert spans(front.intervals) == [(2.0, 4.0, "walk")]
    assert spans(side.intervals) == [(0.5, 2.5, "walk")]


def test_offset_of_the_second_player_before_version_7(tmp_path: Path) -> None:
    value = observation([3.0, "", "walk", "", ""], [4.0, "", "walk", "", ""])
    value |= {"file": {"1": ["a.mp4"], "2": ["b.mp4"]}, "time offset second player": 1}
    assert spans(
        read_back(Boris(), project(tmp_path, o=value)).tracks[1].intervals
    ) == [(2.0, 3.0, "walk")]


def test_times_since_a_video_was_made(tmp_path: Path) -> None:
    value = observation(
        [1700000003.0, "", "walk", "", ""],
        [1700000004.0, "", "walk", "", ""],
        media_creation_date_as_offset=True,
        media_info={"media_creation_time": {"a.mp4": 1700000000}},
    )
    (track,) = read_back(Boris(), project(tmp_path, o=value)).tracks
    assert spans(track.intervals) == [(3.0, 4.0, "walk")]


def test_live_observations_and_images_are_said(tmp_path: Path) -> None:
    live = observation(
        [1.0, "", "walk", "", ""], [2.0, "", "walk", "", ""], type="LIVE"
    )
    images = observation(
        [float("nan"), "", "walk", "", "", 3, "i/3.png"],
        ["NA", "", "walk", "", "", 7, "i/7.png"],
        type="IMAGES",
        directories_list=["i"],
    )
    two = {**images, "directories_list": ["i", "k"]}
    read = read_back(Boris(), project(tmp_path, x=live, y=images, z=two))
    assert read.tracks[0].media == ""
    assert spans(read.tracks[0].intervals) == [(1.0, 2.0, "walk")]
    assert read.tracks[1].unit == "frame"
    assert read.tracks[1].media == "i"
    assert spans(read.tracks[1].intervals) == [(2, 6, "walk")]
    assert len(read.tracks) == 2
    assert "'x' was live" in read.notes_of()[0]
    assert "'z' has 2 folders" in read.notes_of()[1]


def test_what_labels_do_not_hold_is_named(tmp_path: Path) -> None:
    events = [[0, "", "walk", "", ""], [1, "", "walk", "", ""]]
    said = {"weather": "dry", "age": " "}
    one = observation(*events, description="dim", independent_variables=said)
    ours = observation(*events, description="Labelled by Zoe")
    path = project(tmp_path, one=one, ours=ours)
    value = json.loads(path.read_text())
    value["behaviors_conf"]["0"]["description"] = "on four legs"
    path.write_text(json.dumps(value))
    assert read_back(Boris(), path).notes_of() == [
        "Descriptions of behaviours were left out: walk 1.",
        "Descriptions of observations were left out: one 1.",
        "Independent variables were left out: weather 1.",
    ]


def beside(read: LabelFile) -> list[tuple[str, str, str, list[Any]]]:
    return [(t.what, t.unit, t.media, spans(t.intervals)) for t in read.extra]


def test_points_and_comments_of_images_and_tables_are_read(tmp_path: Path) -> None:
    images = observation(
        ["NA", "Bo", "call", "", "loud", 3, "i/3.png"],
        type="IMAGES",
        directories_list=["i"],
    )
    read = read_back(Boris(), project(tmp_path, y=images))
    assert beside(read) == [
        ("points", "frame", "i", [(2, 2, "call")]),
        ("comments", "frame", "i", [(2, 2, "loud")]),
    ]
    table = text_file(tmp_path, TABULAR.replace("75,NA,", "75,NA,loud"))
    assert beside(read_back(BorisTabular(), table)) == [
        ("points", "s", "/x/a.mp4", [(3, 3, "call")]),
        ("comments", "s", "/x/a.mp4", [(3, 3, "loud")]),
    ]
    table = text_file(tmp_path, OLD_AGGREGATED.replace("1.5,,", "1.5,limps,"))
    assert beside(read_back(BorisAggregated(), table)) == [
        ("points", "s", "/x/a.avi", [(1, 1, "call")]),
        ("comments", "s", "/x/a.avi", [(0.5, 1.5, "limps")]),
    ]


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([["soon", "", "walk", "", ""]], "event 1: '\"soon\"' is not a time"),
        ([[1, "", 7, "", ""]], "event 1: '7' is not a text"),
        ([[1, "Bo"]], "event 1: it has 2 values"),
        ([[10**400, "", "walk", "", ""]], "event 1: '1000"),
        ([], "has no state events of videos"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    tmp_path: Path, events: list[list[Any]], said: str
) -> None:
    with pytest.raises(FormatError) as error:
        read_back(Boris(), project(tmp_path, o=observation(*events)))
    assert said in str(error.value)
    assert "p.boris" in str(error.value)


def test_events_that_lack_their_other_end_are_kept_apart(tmp_path: Path) -> None:
    inf = float("inf")
    events = [[1, "", "walk", "", ""], [2, "", "walk", "fast", ""]]
    value = observation(*events, [3, "Bo", "rest", "", ""], [4, "Bo", "rest", "", ""])
    first, second = read_back(Boris(), project(tmp_path, o=value)).tracks
    assert (spans(first.unpaired), first.unpaired[1].place) == (
        [(1, 2, "walk"), (2, inf, "walk")],
        "observation 'o', event 2 (fast)",
    )
    assert (spans(second.intervals), second.unpaired) == ([(3, 4, "rest")], ())
    # The first video ends at 10 s of the observation.
    path = text_file(tmp_path, TABULAR.replace(",STOP,", ",START,"))
    first, second = read_back(BorisTabular(), path).tracks
    assert (first.media, spans(first.unpaired)) == ("/x/a.mp4", [(2, 10, "walk")])
    assert (second.media, spans(second.unpaired)) == ("/x/b.mp4", [(2, inf, "walk")])
    path = text_file(tmp_path, TABULAR.replace(",START,", ",STOP,"))
    first, _ = read_back(BorisTabular(), path).tracks
    assert spans(first.unpaired) == [(2, 2, "walk")]


def test_one_observation_that_cannot_be_read_leaves_the_others(tmp_path: Path) -> None:
    right = observation([1, "", "walk", "", ""], [2, "", "walk", "", ""])
    wrong = {**right, "file": {"1": ["a.mp4", "b.mp4"]}}
    first, second = read_back(Boris(), project(tmp_path, x=wrong, y=right)).tracks
    assert (first.picks, second.fault) == (("x",), "")
    assert "observation 'x': the length of a.mp4 is missing" in first.fault
    assert spans(second.intervals) == [(1, 2, "walk")]


def test_videos_of_unknown_length_are_refused(tmp_path: Path) -> None:
    value = observation([1, "", "walk", "", ""], [2, "", "walk", "", ""])
    value["file"] = {"1": ["a.mp4", "b.mp4"]}
    with pytest.raises(FormatError, match=r"length of a\.mp4 is missing"):
        read_back(Boris(), project(tmp_path, o=value))


@pytest.mark.parametrize("form", [Boris(), BorisTabular()])
def test_a_segment_shorter_than_a_millisecond_is_refused(
    form: Boris | BorisTabular, tmp_path: Path
) -> None:
    with pytest.raises(FormatError, match=r"left' of v 1 from frame 0 to 1"):
        written(form, tmp_path, video_of([1, 0, 1], 2500))


TABULAR = """\
Observation id,Observation date,Description,Observation duration,Observation type,\
Source,Time offset (s),Media duration (s),FPS,weather,Subject,Behavior,\
Behavioral category,Modifier #1,Modifier #2,Behavior type,Time,Media file name,\
Image index,Image file path,Comment
o,2020-01-01,,15.0,Media file(s),player #1:/x/a.mp4;/x/b.mp4|player #2:/x/c.mp4,0,\
10.000;5.000|9.000,25.000;50.000|24.000,dry,Bo,walk,,fast,left,START,2.000,/x/a.mp4,\
50,NA,
o,2020-01-01,,15.0,Media file(s),player #1:/x/a.mp4;/x/b.mp4|player #2:/x/c.mp4,0,\
10.000;5.000|9.000,25.000;50.000|24.000,dry,Bo,call,,,,POINT,3.000,/x/a.mp4,75,NA,
o,2020-01-01,,15.0,Media file(s),player #1:/x/a.mp4;/x/b.mp4|player #2:/x/c.mp4,0,\
10.000;5.000|9.000,25.000;50.000|24.000,dry,Bo,walk,,fast,left,STOP,12.000,/x/b.mp4,\
100,NA,
"""

OLD_TABULAR = """\
Observation id\told
Observation date\t2015-01-01
Media file(s)
Player #1\t/x/a.avi

Time\tMedia file path\tTotal length\tFPS\tSubject\tBehavior\tModifiers\tComment\tStatus
1.000\t/x/a.avi\t20.0\t25\t\twalk\tfast|left\t\tSTART
2.500\t/x/a.avi\t20.0\t25\t\twalk\tfast|left\t\tSTOP
"""

OLD_AGGREGATED = """\
Observation id,Observation date,Media file,Total length,FPS,Subject,Behavior,\
Modifiers,Behavior type,Start,Stop,Comment start,Comment stop
o,2016-01-01,/x/a.avi,20,30,No focal subject,walk,fast,STATE,0.5,1.5,,
o,2016-01-01,/x/a.avi,20,30,No focal subject,call,,POINT,1,1,,
"""


def text_file(folder: Path, text: str, name: str = "e.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_table_of_version_8(tmp_path: Path) -> None:
    path = text_file(tmp_path, TABULAR)
    assert BorisTabular().fits(CandidateFile(path))
    read = read_back(BorisTabular(), path, modifiers=True)
    first, second = read.tracks
    assert (first.media, first.rate) == ("/x/a.mp4", 25)
    assert (second.media, second.rate) == ("/x/b.mp4", 50)
    assert first.picks == ("o", "Bo")
    assert spans(first.intervals) == [(2, 10, "walk (fast|left)")]
    assert spans(second.intervals) == [(0, 2, "walk (fast|left)")]
    assert "call 1" in read.notes_of()[0]


def test_tables_of_older_versions(tmp_path: Path) -> None:
    path = text_file(tmp_path, OLD_TABULAR, "e.tsv")
    assert BorisTabular().fits(CandidateFile(path))
    (track,) = read_back(BorisTabular(), path, modifiers=True).tracks
    assert (track.media, track.rate) == ("/x/a.avi", 25)
    assert spans(track.intervals) == [(1, 2.5, "walk (fast|left)")]
    path = text_file(tmp_path, OLD_AGGREGATED)
    assert BorisAggregated().fits(CandidateFile(path))
    assert not BorisTabular().fits(CandidateFile(path))
    (track,) = read_back(BorisAggregated(), path).tracks
    assert (track.media, track.rate) == ("/x/a.avi", 30)
    assert spans(track.intervals) == [(0.5, 1.5, "walk")]


def test_an_old_table_of_several_videos_counts_them_together(tmp_path: Path) -> None:
    text = OLD_TABULAR.replace("2.500\t/x/a.avi", "2.500\t/x/b.avi")
    first, second = read_back(BorisTabular(), text_file(tmp_path, text)).tracks
    assert (first.media, second.media) == ("/x/a.avi", "/x/b.avi")
    assert first.in_row == second.in_row == VideoRow(("/x/a.avi", "/x/b.avi"), 20.0)
    assert spans(second.intervals) == [(1, 2.5, "walk")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TABULAR.replace(",START,", ",BEGIN,"), "line 2: the behavior type is 'BEGIN'"),
        (TABULAR.replace("12.000", "twelve"), "line 4: time is 'twelve'"),
        (TABULAR.replace("Comment", ""), None),
        (TABULAR.replace("Time,", "Moment,"), "its header must name behavior"),
        (TABULAR.rstrip() + ",,,x\n", "line 4: 24 values for a header of 21"),
    ],
)
def test_damaged_tables(tmp_path: Path, text: str, said: str | None) -> None:
    path = text_file(tmp_path, text)
    if said is None:
        assert read_back(BorisTabular(), path).tracks
        return
    with pytest.raises(FormatError) as error:
        read_back(BorisTabular(), path)
    assert said in str(error.value)


def test_a_table_of_a_video_without_labels_is_empty(tmp_path: Path) -> None:
    (path,) = written(BorisTabular(), tmp_path, video_of([-1, -1]))
    read = read_back(BorisTabular(), path)
    assert [t.intervals for t in read.tracks] == [()]
    assert read.notes_of() == ["It has no state events."]


def test_one_table_for_all_videos(tmp_path: Path) -> None:
    form = BorisTabular()
    videos = [video_of([0, 1], id="a"), video_of([-1, 1, 1], id="b", media=None)]
    (path,) = written(form, tmp_path, *videos, options=WriteOptions(single_table=True))
    first, second = read_back(form, path).tracks
    assert second.media == "b"
    assert frames_of(first, videos[0]) == [0, 1]
    assert frames_of(second, videos[1]) == [-1, 1, 1]


def test_images_in_tables(tmp_path: Path) -> None:
    text = (
        "Observation id,Observation type,Source,Subject,Behavior,Behavior type,"
        "Start (s),Stop (s),Image index start,Image index stop\n"
        "o,From pictures,/x/pics; ,Bo,walk,STATE,NA,NA,2,5\n"
    )
    (track,) = read_back(BorisAggregated(), text_file(tmp_path, text)).tracks
    assert (track.unit, track.media) == ("frame", "/x/pics")
    assert spans(track.intervals) == [(1, 4, "walk")]

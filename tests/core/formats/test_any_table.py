"""Tables of any make: their encodings, separators, columns, units and mistakes."""

from __future__ import annotations

import datetime
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from skelseg_core.errors import FormatError
from skelseg_core.formats.descriptors import CandidateFile, ReadOptions
from skelseg_core.formats.label_file import LabelFile
from skelseg_core.formats.labels.any_table import AnyTable
from skelseg_core.formats.tables import table_file
from skelseg_core.formats.tables.guessed_columns import recognised
from skelseg_core.formats.tables.mapped_table import remember
from skelseg_core.formats.tables.table_mapping import (
    MOST_SAVED,
    TableMapping,
    save_mapping,
    saved_mapping,
)
from skelseg_core.formats.tables.table_presets import PRESETS

FORM = AnyTable()
Times = list[tuple[float, float, str]]


def read(path: Path, mapping: TableMapping | None = None) -> LabelFile:
    return FORM.read_file(path, ReadOptions(table=mapping))


def times(path: Path, mapping: TableMapping | None = None) -> Times:
    """The intervals of a file of one track, in its unit."""
    (track,) = read(path, mapping).tracks
    return [(i.start, i.stop, i.name) for i in track.intervals]


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


GERMAN = "Beginn;Ende;Verhalten\r\n0,5;1,25;Tür öffnen\r\n1,25;12,75;gehen\r\n"
SPOKEN = [(0.5, 1.25, "Tür öffnen"), (1.25, 12.75, "gehen")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_seconds_saved_by_a_german_excel(tmp_path: Path, encoding: str) -> None:
    assert times(write(tmp_path / "a.csv", GERMAN, encoding)) == SPOKEN


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_text_saved_by_excel(tmp_path: Path, encoding: str) -> None:
    text = GERMAN.replace(";", "\t")
    assert times(write(tmp_path / "a.txt", text, encoding)) == SPOKEN
    assert FORM.fits(CandidateFile(tmp_path / "a.txt"))


def test_a_guessed_encoding_is_said(tmp_path: Path) -> None:
    assert "Windows-1252" in read(write(tmp_path / "a.csv", GERMAN, "cp1252")).notes[0]
    assert not read(write(tmp_path / "b.csv", GERMAN)).notes


def test_the_line_by_which_excel_is_told_the_separator(tmp_path: Path) -> None:
    assert times(write(tmp_path / "a.csv", "sep=;\n" + GERMAN)) == SPOKEN
    assert times(write(tmp_path / "b.csv", "sep=;;\n" + GERMAN)) == SPOKEN


@pytest.mark.parametrize(
    ("header", "unit", "track_unit"),
    [
        ("start_s,stop_s,label", "s", "s"),
        ("Start (ms),End (ms),Class", "ms", "s"),
        ("onset,offset,behaviour", None, "s"),
        ("StartFrame,EndFrame,Action", "frame", "frame"),
        ("start_frame,end_frame,action", "frame", "frame"),
        ("Début [s],Fin [s],Étiquette", "s", "s"),
        ("Anfangszeit,Endzeit,Tätigkeit", None, "s"),
        ("Inicio,Fin,Comportamiento", None, "s"),
        ("Begin Time - ss.msec,End Time - ss.msec,Annotation", "s", "s"),
        ("Begin Time - hh:mm:ss.ms,End Time - hh:mm:ss.ms,Annotation", "clock", "s"),
        ("Begin Time - msec,End Time - msec,Annotation", "ms", "s"),
        ("von,bis,Bezeichnung", None, "s"),
        ("t_start,t_end,label", None, "s"),
        ("Start Time,Stop Time,Event", None, "s"),
    ],
)
def test_usual_names(
    tmp_path: Path, header: str, unit: str | None, track_unit: str
) -> None:
    found = recognised(header.split(","))
    assert [found.start, found.stop, found.label] == header.split(",")
    assert found.unit == unit
    cells = {"clock": "0:01:01.500,0:01:02.500", None: "61.5,62.5", "s": "61.5,62.5"}
    row = cells.get(unit, "100,200")
    (track,) = read(write(tmp_path / "a.csv", f"{header}\n{row},walk\n")).tracks
    assert track.unit == track_unit
    wanted = {"ms": (0.1, 0.2), "frame": (100, 200)}.get(str(unit), (61.5, 62.5))
    assert (track.intervals[0].start, track.intervals[0].stop) == wanted


def test_a_start_and_a_stop_of_one_unit_are_taken_together(tmp_path: Path) -> None:
    header = "start_frame,start_s,stop_s,label"
    found = recognised(header.split(","))
    assert (found.start, found.stop) == ("start_s", "stop_s")
    # Whoever names the start alone gets no stop of another unit.
    path = write(tmp_path / "a.csv", f"{header}\n3,0.5,1.5,walk\n")
    with pytest.raises(FormatError, match="the column of the stop"):
        read(path, TableMapping(start="start_frame", unit="s"))


def test_columns_by_name_and_number(tmp_path: Path) -> None:
    text = "who,what,a,b\nx,walk,0.5,1.0\n"
    path = write(tmp_path / "a.csv", text)
    by_name = TableMapping(start="a", stop="B", label="what")
    assert times(path, by_name) == [(0.5, 1, "walk")]
    by_number = TableMapping(start="3", duration="4", label="2", header=True)
    assert times(path, by_number) == [(0.5, 1.5, "walk")]
    path = write(tmp_path / "b.csv", "x,walk,0.5,1.0\ny,sit,1.0,2.5\n")
    by_number = TableMapping(start="3", stop="4", label="2", header=False)
    assert times(path, by_number) == [(0.5, 1, "walk"), (1, 2.5, "sit")]


def test_one_of_two_columns_may_leave_the_unit_out(tmp_path: Path) -> None:
    found = recognised(["Anfang (ms)", "Schluss", "Klasse"])
    assert (found.start, found.stop, found.unit) == ("Anfang (ms)", "Schluss", "ms")
    found = recognised(["Start", "Duration [s]", "Klasse"])
    assert (found.start, found.duration, found.unit) == ("Start", "Duration [s]", "s")


def test_a_header_of_any_words_is_found_above_the_times(tmp_path: Path) -> None:
    text = "Studie;;\neins;zwei;drei\n0,5;1;walk\n1;2;sit\n"
    mapping = TableMapping(start="1", stop="2", label="3", unit="s")
    path = write(tmp_path / "a.csv", text)
    assert times(path, mapping) == [(0.5, 1, "walk"), (1, 2, "sit")]
    with pytest.raises(FormatError, match="'eins', 'zwei', 'drei'"):
        read(path)


def test_what_stands_above_the_header_is_skipped(tmp_path: Path) -> None:
    text = "Study;cats\nDate;1.2.2020\n\nBeginn;Dauer;Verhalten\n1,5;2,0;walk\n"
    assert times(write(tmp_path / "a.csv", text)) == [(1.5, 3.5, "walk")]


def test_a_row_is_one_frame_where_there_is_no_stop(tmp_path: Path) -> None:
    text = "frame,label\n1,walk\n2,walk\n3,sit\n4,\n5,sit\n"
    mapping = TableMapping(unit="frame", first_frame=1)
    wanted = [(0, 2, "walk"), (2, 3, "sit"), (4, 5, "sit")]
    assert times(write(tmp_path / "a.csv", text), mapping) == wanted


def test_frames_from_one_with_the_last_included(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "start frame,end frame,label\n1,4,a\n5,5,b\n")
    mapping = TableMapping(unit="frame", first_frame=1, inclusive=True)
    assert times(path, mapping) == [(0, 4, "a"), (4, 5, "b")]
    assert not read(path, mapping).notes
    with pytest.raises(FormatError, match=r"line 3, column 'end frame'.*inclusive"):
        read(path)


def test_frames_that_look_inclusive_or_counted_from_one_are_said(
    tmp_path: Path,
) -> None:
    text = "start_frame,stop_frame,label\n1,4,a\n5,8,b\n9,12,c\n"
    first, second = read(write(tmp_path / "a.csv", text)).notes
    assert "inclusive" in first
    assert "frame 1" in second


def test_videos_and_subjects_are_tracks(tmp_path: Path) -> None:
    text = "video,animal,start,stop,label\n" + "".join(
        f"{v},{a},0.5,1.5,{v}{a}\n" for v in ("x.mp4", "y.mp4") for a in ("m1", "m2")
    )
    tracks = read(write(tmp_path / "a.csv", text)).tracks
    assert [(t.media, t.picks) for t in tracks] == [
        ("x.mp4", ("m1",)),
        ("x.mp4", ("m2",)),
        ("y.mp4", ("m1",)),
        ("y.mp4", ("m2",)),
    ]
    text = "video,subject,start,stop,label\nx,m1,0.5,1,a\ny,m2,0.5,1,b\n"
    tracks = read(write(tmp_path / "b.csv", text)).tracks
    assert [(t.media, t.picks) for t in tracks] == [("x", ()), ("y", ())]


def test_whole_numbers_without_a_unit_are_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "start,stop,label\n0,10,walk\n10,20,sit\n")
    with pytest.raises(FormatError, match="seconds, milliseconds or frames"):
        read(path)
    assert times(path, TableMapping(unit="ms"))[1] == (0.01, 0.02, "sit")
    # The format is this one nevertheless.
    assert FORM.fits(CandidateFile(path))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("x,2.5,walk", r"line 3, column 'start': 'x' is not a number"),
        (",2.5,walk", r"line 3, column 'start': the time is missing"),
        ("3.5,2.5,walk", r"line 3, column 'stop': '2.5' is before the start"),
        (
            "-1,2.5,walk",
            r"line 3, column 'start': '-1' is before the start of the video",
        ),
        ("1e999,2,walk", r"line 3, column 'start': '1e999' is not a number"),
        ("nan,2,walk", r"line 3, column 'start': 'nan' is not a number"),
        ("0:01,2,walk", r"line 3, column 'start': '0:01' is not a number"),
        ('"1,5",2,walk', r"line 3, column 'start': '1,5' may have a decimal comma"),
        ('"1,5,walk', r"line 3: unexpected end of data; the file is damaged"),
    ],
)
def test_a_mistake_has_its_place(tmp_path: Path, row: str, message: str) -> None:
    path = write(tmp_path / "a.csv", f"start,stop,label\n0.5,1.5,sit\n{row}\n")
    with pytest.raises(FormatError, match=message):
        read(path, TableMapping(unit="s"))


def test_clock_times(tmp_path: Path) -> None:
    text = "start,stop,label\n00:01:02.5,1:03,a\n01:00:00.00,61:30.25,b\n"
    wanted = [(62.5, 63, "a"), (3600, 3690.25, "b")]
    assert times(write(tmp_path / "a.csv", text)) == wanted
    path = write(tmp_path / "b.csv", "start,stop,label\n00:00:01:12,1:03,a\n")
    with pytest.raises(FormatError, match=r"'00:00:01:12' is not HH:MM:SS.ss"):
        read(path, TableMapping(unit="clock"))


def test_thousands_separators_are_not_taken_for_decimal_commas(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'start,stop,label\n"1,250","2,500",walk\n')
    with pytest.raises(FormatError, match="thousands"):
        read(path, TableMapping(unit="s"))
    path = write(tmp_path / "b.csv", "start;stop;label\n1,250;2,500;walk\n")
    assert times(path) == [(1.25, 2.5, "walk")]


def test_unknown_columns_are_listed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "eins,zwei,drei\n0.5,1.5,walk\n")
    assert not FORM.fits(CandidateFile(path))
    with pytest.raises(FormatError, match=r"times is not clear.*'eins', 'zwei', 'drei"):
        read(path)
    with pytest.raises(FormatError, match="no column 'vier'; it has 'eins'"):
        read(path, TableMapping(start="vier"))
    path = write(tmp_path / "b.csv", "start,stop,label,label\n0.5,1.5,walk,x\n")
    with pytest.raises(FormatError, match="several columns have the name 'label'"):
        read(path, TableMapping(label="label"))
    assert times(path, TableMapping(label="4")) == [(0.5, 1.5, "x")]


# -- presets ---------------------------------------------------------------------------

ELAN_ROWS = (
    'hands\t00:00:01.200\t1.2\t00:00:03.040\t3.04\t00:00:01.840\t1.84\tsay "hi"\n'
    "hands\t00:00:03.040\t3.04\t00:00:04.000\t4.0\t00:00:00.960\t0.96\tTür, öffnen\n"
)


def test_tiers_of_elan_are_tracks(tmp_path: Path) -> None:
    rows = ELAN_ROWS + ELAN_ROWS.replace("hands", "feet")
    tracks = read(write(tmp_path / "a.txt", rows)).tracks
    assert [t.picks for t in tracks] == [("hands",), ("feet",)]


def test_epic_kitchens(tmp_path: Path) -> None:
    header = (
        "narration_id,participant_id,video_id,narration_timestamp,start_timestamp,"
        "stop_timestamp,start_frame,stop_frame,narration,verb,verb_class,noun,"
        "noun_class,all_nouns,all_noun_classes"
    )
    row = (
        "P01_01_0,P01,P01_01,00:00:01.089,00:00:00.14,00:00:03.37,8,202,open door,"
        "open,3,door,3,\"['door', 'plate']\",\"[3, 4]\""
    )
    path = write(tmp_path / "EPIC_100_train.csv", f"{header}\n{row}\n")
    (track,) = read(path).tracks
    assert (track.media, track.unit) == ("P01_01", "s")
    assert times(path) == [(0.14, 3.37, "open")]
    frames = TableMapping(
        start="start_frame", stop="stop_frame", unit="frame", first_frame=1
    )
    mapping = frames.filled(PRESETS["epic-kitchens"].mapping)
    assert times(path, mapping) == [(7, 201, "open")]


NOLDUS = (
    "Date_Time_Absolute_dmy_hmsf;Date_dmy;Time_Absolute_hms;Time_Relative_hmsf;"
    "Time_Relative_sf;Duration_sf;Observation;Event_Log;Behavior;Modifier_1;Subject;"
    "Event_Type;Comment\n"
    "01.02.2020 10:00:01,240;01.02.2020;10:00:01;00:00:01,24;1,24;2,5;obs 1;log;walk;;"
    "cat;State start;\n"
    "01.02.2020 10:00:02,000;01.02.2020;10:00:02;00:00:02,00;2;0;obs 1;log;meow;;"
    "cat;Point;\n"
    "01.02.2020 10:00:03,740;01.02.2020;10:00:03;00:00:03,74;3,74;0;obs 1;log;walk;;"
    "cat;State stop;\n"
)


def test_noldus_event_log(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", NOLDUS, "cp1252")
    assert times(path) == [(1.24, 3.74, "walk")]
    assert read(path).tracks[0].media == "obs 1"
    said = "1 row has no duration or is a point event, and is left out."
    assert read(path).notes[-1] == said


def test_states_that_begin_and_end_in_rows(tmp_path: Path) -> None:
    head = '"Number of header lines:";"4"\n"Experiment";"cats"\n\n'
    text = head + (
        "Trial time;Recording time;Subject;Behavior;Event\n"
        "0;1,5;cat;walk;state start\n0;2;cat;meow;point event\n"
        "0;4,25;cat;walk;state stop\n0;4,25;cat;sit;state start\n"
    )
    path = write(tmp_path / "a.csv", text + "0;5;cat;sit;state stop\n")
    assert times(path) == [(1.5, 4.25, "walk"), (4.25, 5, "sit")]
    with pytest.raises(FormatError, match=r"line 8.*'sit' begins and never ends"):
        read(write(tmp_path / "b.csv", text))
    twice = text + "0;5;cat;sit;state start\n"
    with pytest.raises(FormatError, match=r"line 9.*'sit' begins twice"):
        read(write(tmp_path / "c.csv", twice))
    stop = text + "0;5;cat;sit;state stop\n0;6;cat;run;state stop\n"
    with pytest.raises(FormatError, match=r"line 10.*'run' ends, not begun"):
        read(write(tmp_path / "d.csv", stop))


def test_dlc2action(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "animal,action,start,end\nm1,walk,0,12\n")
    mapping = PRESETS["dlc2action"].mapping
    assert times(path, mapping) == [(0, 12, "walk")]
    assert read(path, mapping).tracks[0].unit == "frame"
    # Other tables have these columns in seconds.
    with pytest.raises(FormatError, match="seconds, milliseconds or frames"):
        read(path)


def test_audacity_labels(tmp_path: Path) -> None:
    text = "0.500000\t1.250000\tTür öffnen\n\\\t120.5\t300.1\n1.250000\t12.75\tgehen\n"
    path = write(tmp_path / "labels.txt", text)
    assert times(path, PRESETS["audacity"].mapping) == SPOKEN


SALADS = (
    "23098346 389884397 cut_and_mix_ingredients\n"
    "23098346 25965146 cut_tomato_prep\n25965146 40200000 cut_tomato_core\n"
)


def test_50_salads(tmp_path: Path) -> None:
    path = write(tmp_path / "07-2-activityAnnotation.txt", SALADS)
    assert FORM.fits(CandidateFile(path))
    coarse, fine = read(path).tracks
    assert (coarse.picks, fine.picks) == (("activities",), ("phases",))
    assert {coarse.media, fine.media} == {"rgb-07-2"}
    assert [i.stop for i in fine.intervals] == [25.965146, 40.2]


# -- saved mappings --------------------------------------------------------------------


def test_a_saved_mapping_is_found_for_the_same_header(tmp_path: Path) -> None:
    store, header = tmp_path / "config" / "tables.json", ("eins", "zwei", "Tür")
    assert saved_mapping(store, header) is None
    mapping = TableMapping(
        start="eins", duration="zwei", label="3", unit="frame", first_frame=1,
        inclusive=True, header=True, levels=("_x",),
    )  # fmt: skip
    save_mapping(store, header, mapping)
    assert saved_mapping(store, header) == mapping
    assert saved_mapping(store, ("eins", "zwei")) is None
    for n in range(MOST_SAVED):
        save_mapping(store, (str(n),), TableMapping(start="1"))
    assert saved_mapping(store, header) is None
    assert saved_mapping(store, ("0",)) == TableMapping(start="1")


def test_columns_that_were_chosen_are_taken_again(tmp_path: Path) -> None:
    store = tmp_path / "tables.json"
    first = write(tmp_path / "a.csv", "Studie\neins;zwei;drei\n1;2;walk\n")
    mapping = TableMapping(start="eins", stop="zwei", label="drei", unit="ms")
    assert remember(first, mapping, store)
    again = write(tmp_path / "b.csv", "eins;zwei;drei\n3;4;sit\n")
    found = FORM.read_file(again, ReadOptions(saved_tables=store))
    assert found.tracks[0].intervals[0].start == 0.003
    assert "chose before for tables with this header" in found.notes[0]
    other = write(tmp_path / "c.csv", "eins;drei;zwei\n3;4;sit\n")
    with pytest.raises(FormatError, match="not clear"):
        FORM.read_file(other, ReadOptions(saved_tables=store))
    bare = write(tmp_path / "d.csv", "0,5;1,5;walk\n")
    assert not remember(bare, TableMapping(), store)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"a": 3}', '{"a": {"start": 3}}', '{"a": {"unit": "h"}}', "{"]
)
def test_a_damaged_store_holds_no_mapping(tmp_path: Path, text: str) -> None:
    store = write(tmp_path / "tables.json", text)
    assert saved_mapping(store, ("a",)) is None
    save_mapping(store, ("b",), TableMapping(label="x"))
    assert saved_mapping(store, ("b",)) == TableMapping(label="x")


# -- sheets ----------------------------------------------------------------------------


def sheet(
    path: Path, rows: Sequence[Sequence[object]], title: str = "Tabelle1"
) -> Path:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_a_sheet_of_seconds(tmp_path: Path) -> None:
    rows = [["Studie"], [], ["Beginn", "Ende", "Verhalten"], [0.5, 1.25, "Tür öffnen"]]
    path = sheet(tmp_path / "a.xlsx", [*rows, [1.25, "12,75", "gehen"]])
    with pytest.raises(FormatError, match=r"row 5, column 'Ende': '12,75' may"):
        read(path)
    path = sheet(tmp_path / "b.xlsx", [*rows, [1.25, 12.75, "gehen"]])
    assert times(path) == SPOKEN
    assert FORM.fits(CandidateFile(path))


def test_times_of_day_in_a_sheet(tmp_path: Path) -> None:
    rows = [
        ["start", "stop", "label"],
        [datetime.time(0, 1, 2, 500000), datetime.timedelta(seconds=63), "walk"],
        [datetime.timedelta(hours=25), datetime.timedelta(hours=25, seconds=2), "sit"],
    ]
    path = sheet(tmp_path / "a.xlsx", rows)
    assert times(path) == [(62.5, 63, "walk"), (90000, 90002, "sit")]


def test_formulas_are_their_values(tmp_path: Path) -> None:
    rows = [["start", "stop", "label"], [0.5, "=A2+1", "walk"]]
    path = sheet(tmp_path / "a.xlsx", rows)
    # Nobody has computed it: openpyxl writes the formula alone.
    with pytest.raises(FormatError, match=r"row 2, column 'stop': the time is missing"):
        read(path)
    with zipfile.ZipFile(path) as archive:
        parts = {n: archive.read(n) for n in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    parts[name] = (
        parts[name].replace(b"<v />", b"<v>1.5</v>").replace(b"<v></v>", b"<v>1.5</v>")
    )
    assert b"<v>1.5</v>" in parts[name]
    with zipfile.ZipFile(path, "w") as archive:
        for part, data in parts.items():
            archive.writestr(part, data)
    assert times(path) == [(0.5, 1.5, "walk")]


def test_without_openpyxl_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sheet(tmp_path / "a.xlsx", [["start", "stop", "label"], [0.5, 1.5, "walk"]])
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(FormatError, match=r"install skelseg\[formats\]"):
        read(path)


def bomb(path: Path, part: str, data: bytes) -> Path:
    """A workbook one part of which is replaced by something large."""
    sheet(path, [["start", "stop", "label"], [0.5, 1.5, "walk"]])
    with zipfile.ZipFile(path) as archive:
        parts = {n: archive.read(n) for n in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, old in parts.items():
            archive.writestr(name, data if name == part else old)
    return path


_SHEET = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
)


@pytest.mark.parametrize(
    ("part", "data", "message"),
    [
        ("xl/worksheets/sheet1.xml", b" " * (33 << 20), "would unpack to"),
        ("xl/styles.xml", b" " * (3 << 20), "would unpack to"),
        (
            "xl/worksheets/sheet1.xml",
            _SHEET
            + b'<sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
            + b"</sheetData></worksheet>",
            "more than 400,000 cells",
        ),
        (
            "xl/worksheets/sheet1.xml",
            _SHEET
            + b"<sheetData>"
            + b'<row><c r="XFD1"><v>1</v></c></row>' * 100
            + b"</sheetData></worksheet>",
            "16,384 columns",
        ),
        (
            "xl/worksheets/sheet1.xml",
            b'<!DOCTYPE a [<!ENTITY b "x">]>' + _SHEET + b"&b;</worksheet>",
            "damaged or not an Excel sheet",
        ),
    ],
)
def test_bombs_are_refused(
    tmp_path: Path, part: str, data: bytes, message: str
) -> None:
    with pytest.raises(FormatError, match=message):
        read(bomb(tmp_path / "a.xlsx", part, data))


def test_a_text_table_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.csv", GERMAN)
    monkeypatch.setattr(table_file, "MOST_CELLS", 8)
    with pytest.raises(FormatError, match="more than 8 cells"):
        read(path)
    monkeypatch.setattr(table_file, "MAX_TABLE_BYTES", 40)
    with pytest.raises(FormatError, match="skelseg reads tables up to 40"):
        read(path)
    wide = write(tmp_path / "b.csv", "," * 600 + "\n")
    monkeypatch.undo()
    with pytest.raises(FormatError, match=r"line 1: 601 columns"):
        read(wide)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"a,b\0c\n", b"\xff\xfe", b"\x81\x9d"])
def test_what_is_no_table_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    assert not FORM.fits(CandidateFile(path))
    with pytest.raises(FormatError):
        read(path)


def test_other_signs_in_a_name_are_no_separators(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("0:00:00.5,0:00:01.5,cut; then|stir\n", encoding="utf-8")
    (found,) = AnyTable().read_file(path, ReadOptions()).tracks[0].intervals
    assert (found.start, found.stop, found.name) == (0.5, 1.5, "cut; then|stir")
    path.write_text("0,5;1,25;cut, then stir\n", encoding="utf-8")
    (found,) = (
        AnyTable()
        .read_file(path, ReadOptions(table=TableMapping(unit="s")))
        .tracks[0]
        .intervals
    )
    assert (found.start, found.stop, found.name) == (0.5, 1.25, "cut, then stir")

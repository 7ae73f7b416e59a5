"""Files of ELAN as ELAN and others write them, and what is written for it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from xml.dom import minidom

import numpy as np
import pytest

from skelseg_core.errors import FormatError
from skelseg_core.formats.descriptors import ReadOptions, WriteOptions
from skelseg_core.formats.label_file import LabelFile, LabelledVideo, notes_on
from skelseg_core.formats.labels.eaf import Eaf
from skelseg_core.labels.classes import ActionClass, LabelMap
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.video.times import FrameTimes

CLASSES = LabelMap(
    (ActionClass(5, "Tür & <Tor>", description="auf"), ActionClass(2, "b"))
)


def slots(**times: int | None) -> str:
    return "".join(
        f'<TIME_SLOT TIME_SLOT_ID="{name}"'
        + ("/>" if ms is None else f' TIME_VALUE="{ms}"/>')
        for name, ms in times.items()
    )


def between(name: str, first: str, last: str, value: str = "") -> str:
    return (
        f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="{name}" '
        f'TIME_SLOT_REF1="{first}" TIME_SLOT_REF2="{last}"><ANNOTATION_VALUE>'
        f"{value or name}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>"
    )


def below(name: str, parent: str, previous: str = "") -> str:
    after = f' PREVIOUS_ANNOTATION="{previous}"' if previous else ""
    return (
        f'<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="{name}" ANNOTATION_REF="{parent}"'
        f"{after}><ANNOTATION_VALUE>{name}</ANNOTATION_VALUE></REF_ANNOTATION>"
        "</ANNOTATION>"
    )


def tier(name: str, *annotations: str, parent: str = "", kind: str = "t") -> str:
    above = f' PARENT_REF="{parent}"' if parent else ""
    return (
        f'<TIER TIER_ID="{name}" LINGUISTIC_TYPE_REF="{kind}"{above}>'
        f"{''.join(annotations)}</TIER>"
    )


def document(times: str, *rest: str, header: str = "", units: str = "") -> str:
    said = f' TIME_UNITS="{units}"' if units else ""
    return (
        f'<ANNOTATION_DOCUMENT AUTHOR="" DATE="2026-01-01T00:00:00Z" VERSION="3.0">'
        f"<HEADER{said}>{header}</HEADER><TIME_ORDER>{times}</TIME_ORDER>"
        f"{''.join(rest)}</ANNOTATION_DOCUMENT>"
    )


def read(folder: Path, text: str, encoding: str = "utf-8") -> LabelFile:
    path = folder / "a.eaf"
    path.write_bytes(text.encode(encoding))
    return Eaf().read_file(path, ReadOptions())


def spans(file: LabelFile, title: str = "") -> dict[str, tuple[float, float]]:
    (track,) = [t for t in file.tracks if t.title == title]
    return {i.name: (round(i.start, 6), round(i.stop, 6)) for i in track.intervals}


def test_annotations_without_times_share_those_of_their_chain(tmp_path: Path) -> None:
    """As ELAN writes them: the slots without a time stand where they say nothing."""
    file = read(
        tmp_path,
        document(
            slots(s1=1000, s2=None, s3=None, s4=1000, s5=4000, s6=7000),
            tier("all", between("one", "s1", "s5"), between("two", "s5", "s6")),
            tier(
                "words",
                between("a", "s1", "s2"),
                between("b", "s2", "s3"),
                between("c", "s3", "s5"),
                parent="all",
            ),
        ),
    )
    assert spans(file, "words") == {"a": (1, 2), "b": (2, 3), "c": (3, 4)}
    assert spans(file, "all") == {"one": (1, 4), "two": (4, 7)}
    assert file.notes == (
        "3 annotations have no times: they share their parent's time evenly.",
    )


def test_parts_of_parts_are_worked_out_whatever_the_order_of_tiers(
    tmp_path: Path,
) -> None:
    file = read(
        tmp_path,
        document(
            slots(s1=0, s2=None, s3=None, s9=8000),
            tier(
                "inner", between("x", "s1", "s3"), between("y", "s3", "s2"), parent="w"
            ),
            tier("w", between("a", "s1", "s2"), between("b", "s2", "s9"), parent="top"),
            tier("top", between("t", "s1", "s9")),
        ),
    )
    assert spans(file, "w") == {"a": (0, 4), "b": (4, 8)}
    assert spans(file, "inner") == {"x": (0, 2), "y": (2, 4)}


def test_a_chain_of_thousands_of_tiers_is_read_and_too_long_a_one_is_refused(
    tmp_path: Path,
) -> None:
    """Each tier costs as much as the others, whatever lies around it."""

    def chain(n: int) -> str:
        parts = (tier(f"t{i}", below(f"a{i}", f"a{i - 1}")) for i in range(1, n))
        first = tier("t0", between("a0", "s1", "s2"))
        return document(slots(s1=0, s2=1000), first, *parts)

    made = read(tmp_path, chain(9_000))
    assert len(made.tracks) == 9_000
    assert made.tracks[-1].intervals[0].stop == 1.0
    with pytest.raises(FormatError, match=r"more than 10,000 .* split it"):
        read(tmp_path, chain(20_000))


def test_a_slot_of_no_chain_lies_between_its_neighbours_of_the_file(
    tmp_path: Path,
) -> None:
    file = read(
        tmp_path,
        document(
            slots(s1=0, s2=None, s3=None, s4=3000),
            tier("t", between("a", "s1", "s2"), between("b", "s3", "s4")),
        ),
    )
    assert spans(file) == {"a": (0, 1), "b": (2, 3)}


def test_reference_annotations_get_parts_of_their_parent(tmp_path: Path) -> None:
    file = read(
        tmp_path,
        document(
            slots(s1=0, s2=3000),
            tier("notes", below("n", "w2"), parent="words"),
            # What comes before another decides, not where it stands.
            tier(
                "words",
                below("w3", "t", "w2"),
                below("w1", "t"),
                below("w2", "t", "w1"),
                parent="top",
            ),
            tier("top", between("t", "s1", "s2")),
        ),
    )
    assert spans(file, "words") == {"w1": (0, 1), "w2": (1, 2), "w3": (2, 3)}
    assert spans(file, "notes") == {"n": (1, 2)}


@pytest.mark.parametrize(
    ("units", "second"), [("", 1.0), ("milliseconds", 1.0), ("PAL-frames", 40.0),
                          ("NTSC-frames", 33.366667)]
)  # fmt: skip
def test_units_of_the_header_are_obeyed(
    units: str, second: float, tmp_path: Path
) -> None:
    text = document(
        slots(s1=0, s2=1000), tier("t", between("a", "s1", "s2")), units=units
    )
    assert spans(read(tmp_path, text)) == {"a": (0, second)}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_vocabulary_of_old_and_new_files_names_classes(
    encoding: str, tmp_path: Path
) -> None:
    name = "utf-16" if encoding == "utf-16" else "utf-8"
    file = read(
        tmp_path,
        f'<?xml version="1.0" encoding="{name}"?>'
        + document(
            slots(s1=0, s2=1000),
            tier("t", between("a", "s1", "s2", "\n gehen\t&amp; öffnen ")),
            '<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="t" CONTROLLED_VOCABULARY_REF="v"/>'
            '<CONTROLLED_VOCABULARY CV_ID="v"><CV_ENTRY>gehen</CV_ENTRY>'
            '<CV_ENTRY_ML CVE_ID="c"><CVE_VALUE LANG_REF="und">拿起</CVE_VALUE>'
            "</CV_ENTRY_ML></CONTROLLED_VOCABULARY>"
            '<CONTROLLED_VOCABULARY CV_ID="w"><CV_ENTRY>other</CV_ENTRY>'
            "</CONTROLLED_VOCABULARY>",
        ),
        encoding,
    )
    assert file.classes == ("gehen", "拿起")
    assert spans(file) == {"gehen & öffnen": (0, 1)}


def test_the_video_is_found_among_the_media_with_its_offset(tmp_path: Path) -> None:
    media = (
        '<MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/a/b.wav" MIME_TYPE="audio/x-wav"/>'
        '<MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/a/b%20%C3%B6.mp4" '
        'MIME_TYPE="video/mp4" TIME_ORIGIN="250"/>'
        '<MEDIA_DESCRIPTOR MEDIA_URL="file:///x" RELATIVE_MEDIA_URL="./two 100%20.mpg" '
        'MIME_TYPE="video/mpeg"/><PROPERTY>x</PROPERTY>'
        '<PROPERTY NAME="fps">29.97</PROPERTY>'
    )
    text = document(
        slots(s1=0, s2=1000), tier("t", between("a", "s1", "s2")), header=media
    )
    file = read(tmp_path, text)
    assert file.tracks[0].media == "C:/a/b ö.mp4"
    assert file.tracks[0].rate == 29.97
    assert spans(file) == {"a": (0.25, 1.25)}
    assert file.notes == (
        "The file has several videos; beside C:/a/b ö.mp4: ./two 100%20.mpg.",
    )


def test_tiers_without_annotations_are_no_choice(tmp_path: Path) -> None:
    text = document(
        slots(s1=0, s2=1000), tier("empty"), tier("t", between("a", "s1", "s2"))
    )
    assert [t.picks for t in read(tmp_path, text).tracks] == [()]
    assert [t.intervals for t in read(tmp_path, document("", tier("e"))).tracks] == [()]


BOMB = "".join(f'<!ENTITY b{n + 1} "{f"&b{n};" * 10}">' for n in range(9))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (document(slots(s1=0), tier("t", between("a", "s1", "s2"))),
         "annotation a: the slot 's2' has no time"),
        (document(slots(s1=0, s2=None), tier("t", between("a", "s1", "s2"))),
         "annotation a: the slot 's2' has no time"),
        (document(slots(s1=9, s2=1), tier("t", between("a", "s1", "s2"))),
         "annotation a: it ends before it begins"),
        (document(slots(s1=0, s2=1), tier("t", *[between("a", "s1", "s2")] * 2)),
         "two annotations have the id 'a'"),
        (document("", tier("t", below("a", "b"), below("b", "a"))),
         "annotation a: it refers to 'b', which has no time"),
        (document(slots(s1=0, s2=9), tier("p", between("p", "s1", "s2")),
                  tier("t", below("a", "p", "b"), below("b", "p", "a"))),
         "annotation a: it and the others of its parent have no order"),
        (document('<TIME_SLOT TIME_SLOT_ID="s" TIME_VALUE="-1"/>', tier("t")),
         "TIME_VALUE of <TIME_SLOT> is '-1' and not a number"),
        (document('<TIME_SLOT TIME_SLOT_ID="s" TIME_VALUE="nan"/>', tier("t")),
         "TIME_VALUE of <TIME_SLOT> is 'nan' and not a number"),
        (document("<TIME_SLOT/>", tier("t")), "<TIME_SLOT> lacks TIME_SLOT_ID"),
        (document("", "<TIER LINGUISTIC_TYPE_REF='t'/>"),
         "<TIER LINGUISTIC_TYPE_REF='t'> lacks TIER_ID"),
        (document("", tier("t"), units="days"), "times are in 'days', but skelseg"),
        (document(""), "has no tiers"),
        ("<annotations/>", "it begins with <annotations> instead of <ANNOTATION_DOC"),
        ("<ANNOTATION_DOCUMENT>\n <TIER>", "line 2, column 8: the file is damaged"),
        ("", "line 1, column 1: the file is damaged here or not XML"),
        ("\0", "line 1, column 1: the file is damaged here or not XML"),
        (f'<!DOCTYPE a [<!ENTITY b0 "x">{BOMB}]><a>&b9;</a>', "declares entities"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
         "declares entities"),
        ("<a>" * 100_000, "50 nested ones"),
        ("<a>" + "<b/>" * 500_000, "more than 500,000 elements"),
        ('<?xml version="1.0" encoding="shift_jis"?><a/>', "an encoding that"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(
    text: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(FormatError) as error:
        read(tmp_path, text)
    assert str(error.value).startswith(str(tmp_path / "a.eaf"))
    assert said in str(error.value)


def lanes() -> list[LabelledVideo]:
    times = FrameTimes.of_table(np.arange(40) / 25)
    segments = (
        Segment(0, 10, 5),
        Segment(10, 11, 2),
        Segment(11, 30),
        Segment(30, 40, 2),
    )
    folder = Path("/data/öffnen")
    video = LabelledVideo(
        "anna-1",
        Segmentation(segments),
        CLASSES,
        times,
        media=folder / "videos" / "anna 1.mp4",
        out=folder / "out",
        annotator="Ann",
        people=("s1",),
    )
    model = Segmentation((Segment(0, 40, 5, "model", confidence=0.5),))
    return [
        video,
        replace(video, segmentation=model, lane="prediction:m", annotator=""),
    ]


def test_a_file_has_a_tier_per_lane_with_vocabulary_and_video() -> None:
    files = Eaf().write_files(lanes(), WriteOptions())
    assert list(files) == ["anna-1.eaf"]
    text = str(files["anna-1.eaf"])
    # A reader of its own, that shares nothing with what is judged.
    root = minidom.parseString(text).documentElement
    ms = {
        e.getAttribute("TIME_SLOT_ID"): int(e.getAttribute("TIME_VALUE"))
        for e in root.getElementsByTagName("TIME_SLOT")
    }
    entries = {
        e.getAttribute("CVE_ID"): e.getElementsByTagName("CVE_VALUE")[0]
        for e in root.getElementsByTagName("CV_ENTRY_ML")
    }
    found = {}
    for element in root.getElementsByTagName("TIER"):
        rows = []
        for a in element.getElementsByTagName("ALIGNABLE_ANNOTATION"):
            value = a.getElementsByTagName("ANNOTATION_VALUE")[0].firstChild.data
            assert entries[a.getAttribute("CVE_REF")].firstChild.data == value
            edges = [ms[a.getAttribute(f"TIME_SLOT_REF{n}")] for n in (1, 2)]
            rows.append((*edges, value))
        who = element.getAttribute("PARTICIPANT"), element.getAttribute("ANNOTATOR")
        found[element.getAttribute("TIER_ID")] = (*who, rows)
    assert found == {
        "annotation": (
            *("s1", "Ann"),
            [(0, 400, "Tür & <Tor>"), (400, 440, "b"), (1200, 1600, "b")],
        ),
        "prediction:m": ("s1", "", [(0, 1600, "Tür & <Tor>")]),
    }
    (media,) = root.getElementsByTagName("MEDIA_DESCRIPTOR")
    assert media.getAttribute("MEDIA_URL") == "../videos/anna 1.mp4"
    assert media.getAttribute("RELATIVE_MEDIA_URL") == "../videos/anna 1.mp4"
    assert entries["class5"].getAttribute("DESCRIPTION") == "auf"
    assert '<PROPERTY NAME="fps">25</PROPERTY>' in text
    date = root.getAttribute("DATE")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", date)


def test_both_lanes_are_read_again_by_their_names(tmp_path: Path) -> None:
    text = str(Eaf().write_files(lanes(), WriteOptions())["anna-1.eaf"])
    file = read(tmp_path, text)
    assert [t.picks for t in file.tracks] == [("annotation",), ("prediction:m",)]
    assert {t.media for t in file.tracks} == {"../videos/anna 1.mp4"}
    assert {t.rate for t in file.tracks} == {25}
    assert file.classes == CLASSES.names


def test_a_rate_that_varies_is_not_written_as_one() -> None:
    table = np.array([0, 0.04, 0.08, 0.5, 0.54])
    video = replace(
        lanes()[0],
        segmentation=Segmentation((Segment(0, 5, 5),)),
        times=FrameTimes.of_table(table),
        media=Path("/data/pictures"),
    )
    text = str(Eaf().write_files([video], WriteOptions())["anna-1.eaf"])
    assert "fps" not in text
    assert "MEDIA_DESCRIPTOR" not in text


def test_a_character_that_xml_cannot_carry_is_named() -> None:
    classes = LabelMap((ActionClass(5, "a\uffffb"), ActionClass(2, "b")))
    with pytest.raises(FormatError, match=r"cannot hold the character '.uffff' in"):
        Eaf().write_files([replace(lanes()[0], label_map=classes)], WriteOptions())


@pytest.mark.parametrize("name", ["100 %.mp4", "a%41.mp4", "a%20b.mp4", "ö #1?&.mp4"])
def test_a_video_of_any_name_is_found_again(name: str, tmp_path: Path) -> None:
    video = replace(lanes()[0], media=Path("/data/öffnen/out") / name)
    text = str(Eaf().write_files([video], WriteOptions())["anna-1.eaf"])
    assert read(tmp_path, text).tracks[0].media == f"./{name}"


def test_descriptions_of_classes_are_left_out_by_name(tmp_path: Path) -> None:
    entries = (
        '<CV_ENTRY_ML CVE_ID="a"><CVE_VALUE LANG_REF="und" DESCRIPTION="on two legs">'
        'walk</CVE_VALUE></CV_ENTRY_ML><CV_ENTRY_ML CVE_ID="b">'
        '<CVE_VALUE LANG_REF="und">sit</CVE_VALUE></CV_ENTRY_ML>'
    )
    words = f'<CONTROLLED_VOCABULARY CV_ID="w">{entries}</CONTROLLED_VOCABULARY>'
    labels = tier("all", between("walk", "s1", "s2"))
    file = read(tmp_path, document(slots(s1=0, s2=900), labels, words))
    assert notes_on(file.left_out) == ["Descriptions of classes were left out: walk 1."]

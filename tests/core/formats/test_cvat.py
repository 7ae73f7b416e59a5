"""Annotation files of CVAT for video."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from skelseg_core.errors import FormatError
from skelseg_core.formats.descriptors import CandidateFile, ReadOptions
from skelseg_core.formats.label_file import LabelFile
from skelseg_core.formats.labels.cvat import Cvat
from skelseg_core.project.imports.label_files import label_format
from tests.labelled import KEPT, LABELS, frames_of, read_back, video_of

MUTABLE = (
    "<attributes><attribute><name>action</name><mutable>True</mutable>"
    "<input_type>select</input_type><values>walk\nsit</values></attribute>"
    "<attribute><name>age</name><mutable>False</mutable><input_type>select"
    "</input_type></attribute></attributes>"
)


def task(
    *, size: int = 20, start: int = 0, last: int | None = 19, step: int = 1,
    name: str = "t", number: int = 1, labels: str = "", tag: str = "task",
) -> str:  # fmt: skip
    every = f"step={step}" if step > 1 else ""
    stop = "" if last is None else f"<stop_frame>{last}</stop_frame>"
    return (
        f"<{tag}><id>{number}</id><name>{name}</name><size>{size}</size>"
        f"<start_frame>{start}</start_frame>{stop}<frame_filter>{every}</frame_filter>"
        f"<labels>{labels}</labels><original_size><width>640</width>"
        f"<height>360</height></original_size><source>{name}.mp4</source></{tag}>"
    )


def box(
    frame: object, outside: int = 0, action: str = "", right: str = "640.00"
) -> str:
    value = f'<attribute name="action">{action}</attribute>' if action else ""
    return (
        f'<box frame="{frame}" keyframe="1" outside="{outside}" occluded="0" '
        f'xtl="0.00" ytl="0.00" xbr="{right}" ybr="360.00" z_order="0">{value}</box>'
    )


def track(label: str, *shapes: str, more: str = "") -> str:
    return f'<track id="0" label="{label}" {more}>{"".join(shapes)}</track>'


def document(*parts: str, meta: str = "") -> str:
    return (
        f"<annotations><version>1.1</version><meta>{meta or task()}</meta>"
        f"{''.join(parts)}</annotations>"
    )


def read(folder: Path, text: str) -> LabelFile:
    path = folder / "annotations.xml"
    path.write_text(text, encoding="utf-8")
    return Cvat().read_file(path, ReadOptions())


def spans(file: LabelFile, title: str = "") -> list[tuple[float, float, str]]:
    (found,) = [t for t in file.tracks if t.title == title]
    assert found.unit == "frame"
    return [(i.start, i.stop, i.name) for i in found.intervals]


def test_attributes_that_are_no_track_are_named(tmp_path: Path) -> None:
    file = read(tmp_path, document(track("a", box(0, action="odd"), box(4, 1))))
    assert file.tracks[0].intervals[0].beside == ("attribute 'action'",)


def test_a_label_holds_while_its_track_is_visible(tmp_path: Path) -> None:
    file = read(
        tmp_path,
        document(
            # Between keyframes CVAT interpolates, and may write every frame.
            track("walk", box(2), box(3), box(9), box(12, 1), box(15), box(16, 1)),
            track("sit", box(0), box(2, 1)),
            track("run", box(18)),
        ),
    )
    assert spans(file) == [
        (0, 2, "sit"),
        (2, 12, "walk"),
        (15, 16, "walk"),
        (18, 20, "run"),
    ]
    assert file.tracks[0].media == "t.mp4"
    assert file.tracks[0].rate is None
    assert file.notes == ()


@pytest.mark.parametrize("last", [95, None])
def test_frames_are_those_of_the_video(last: int | None, tmp_path: Path) -> None:
    meta = task(start=10, step=5, size=18, last=last)
    shapes = track("walk", box(15), box(40, 1)), track("run", box(90))
    file = read(tmp_path, document(*shapes, meta=meta))
    assert spans(file) == [(15, 40, "walk"), (90, 96 if last else 100, "run")]


def test_frames_that_are_none_of_the_video_are_those_of_the_task(
    tmp_path: Path,
) -> None:
    meta = task(start=10, step=5, size=18, last=95)
    shapes = track("walk", box(1), box(6, 1)), track("run", box(16))
    file = read(tmp_path, document(*shapes, meta=meta))
    assert spans(file) == [(15, 40, "walk"), (90, 96, "run")]


def test_a_choice_that_changes_is_a_track_of_its_own(tmp_path: Path) -> None:
    meta = task(
        labels=f"<label><name>person</name><color>#FA32b7</color>{MUTABLE}</label>"
    )
    shapes = (box(0, action="walk"), box(4, action="walk"), box(5, action="sit"))
    file = read(tmp_path, document(track("person", *shapes, box(9, 1)), meta=meta))
    assert [t.picks for t in file.tracks] == [("label",), ("action",)]
    assert spans(file, "label") == [(0, 9, "person")]
    assert spans(file, "action") == [(0, 5, "walk"), (5, 9, "sit")]
    assert file.classes == ("person",)
    assert file.colors == {"person": "#fa32b7"}


def test_each_task_of_a_project_is_a_video(tmp_path: Path) -> None:
    tasks = task(name="a", number=4) + task(name="b", number=7, start=3, last=22)
    file = read(
        tmp_path,
        document(
            track("walk", box(0), box(5, 1), more='task_id="4"'),
            track("sit", box(3), more='task_id="7"'),
            meta=f"<project><tasks>{tasks}</tasks></project>",
        ),
    )
    assert [(t.media, t.picks) for t in file.tracks] == [
        ("a.mp4", ("a",)),
        ("b.mp4", ("b",)),
    ]
    assert spans(file, "a") == [(0, 5, "walk")]
    assert spans(file, "b") == [(3, 23, "sit")]


def test_a_file_of_a_job_or_without_meta_is_read(tmp_path: Path) -> None:
    file = read(tmp_path, document(track("a", box(3)), meta=task(tag="job")))
    assert spans(file) == [(3, 20, "a")]
    bare = f"<annotations>{track('a', box(3))}</annotations>"
    assert spans(read(tmp_path, bare)) == [(3, 4, "a")]


def test_a_skeleton_is_seen_while_a_part_of_it_is(tmp_path: Path) -> None:
    def skeleton(frame: int, *outside: int) -> str:
        parts = [f'<points outside="{o}" points="1,1"/>' for o in outside]
        return f'<skeleton frame="{frame}" keyframe="1">{"".join(parts)}</skeleton>'

    shapes = skeleton(1, 0, 1), skeleton(7, 1, 1)
    file = read(tmp_path, document(track("a", *shapes)))
    assert spans(file) == [(1, 7, "a")]
    assert "Tracks of parts of the picture: 1;" in file.notes[0]


def test_what_labels_cannot_hold_is_noted(tmp_path: Path) -> None:
    image = '<image id="0" name="a"><box label="x"/><tag label="y"/></image>'
    text = document(image, track("a", box(0, right="300.00"), box(4, 1)))
    assert read(tmp_path, text).notes == (
        "Shapes of single images, left out: 1.",
        "Tracks of parts of the picture: 1; their labels hold while the part is "
        "seen, but its position is lost.",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (document(), "has no tracks; export it from CVAT as 'CVAT for video 1.1'"),
        (document("<track id='3'><box frame='1'/></track>"),
         "<track id='3'> lacks label"),
        (document(track("a", box("x"))), "frame is 'x' and not a whole number"),
        (document(track("a", box(-1))), "frame is '-1' and not a whole number"),
        (document(track("a", box(1.5))), "frame is '1.5' and not a whole number"),
        (document(track("a", box(41)), meta=task(start=10, step=5)),
         "frame 41 is not in task 't', which begins with frame 10 and uses every 5"),
        (document(track("a", box(1)), meta="<task><size>x</size></task>"),
         "size is 'x' and not a whole number"),
        ("<x/>", "it begins with <x> instead of <annotations>"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(
    text: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(FormatError) as error:
        read(tmp_path, text)
    assert str(error.value).startswith(str(tmp_path / "annotations.xml"))
    assert said in str(error.value)


def test_a_file_that_skelseg_wrote_is_read() -> None:
    path = KEPT / "cvat.xml"
    assert label_format(path).name == "cvat"
    (found,) = read_back(Cvat(), path).tracks
    assert (found.media, found.unit) == ("v 1.mp4", "frame")
    assert frames_of(found, video_of(LABELS)) == LABELS


def test_the_archive_that_cvat_exports_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("annotations.xml", document(track("a", box(3))))
        archive.writestr("images/frame_000000.png", b"")
    assert Cvat().fits(CandidateFile(path))
    assert spans(Cvat().read_file(path, ReadOptions())) == [(3, 20, "a")]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("annotations.xml", b"<a>" + bytes(33 << 20), "has more than 33,554,432 bytes"),
        ("labels.xml", b"<annotations/>", "or has no annotations.xml; export it again"),
    ],
)
def test_an_archive_that_unpacks_to_anything_else_is_refused(
    name: str, content: bytes, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    with pytest.raises(FormatError, match=said):
        Cvat().read_file(path, ReadOptions())
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(FormatError, match="damaged"):
        Cvat().read_file(path, ReadOptions())


def test_its_files_are_recognised_by_their_content(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-16"):
        path = tmp_path / f"{encoding}.xml"
        text = (
            f'<?xml version="1.0" encoding="{encoding}"?>{document(track("a", box(0)))}'
        )
        path.write_bytes(text.encode(encoding))
        assert Cvat().fits(CandidateFile(path))
    (tmp_path / "x.xml").write_text("<project/>")
    assert not Cvat().fits(CandidateFile(tmp_path / "x.xml"))

from __future__ import annotations

from pathlib import Path

import pytest

from skelseg_core.errors import FormatError
from skelseg_core.formats.class_list import load_class_names, mapping_text
from skelseg_core.formats.dataset_text import framewise_text
from skelseg_core.formats.descriptors import LabelFormat, ReadOptions
from skelseg_core.formats.labels.ms_tcn_text import FramewiseText


def names_of(form: LabelFormat, path: Path) -> list[str]:
    (track,) = form.read_file(path, ReadOptions()).tracks
    names = [i.name for i in track.intervals for _ in range(int(i.start), int(i.stop))]
    assert track.n_frames == len(names)
    return names


def write(folder: Path, text: str) -> Path:
    path = folder / "file.txt"
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("walk\nstand\n", ["walk", "stand"]),
        ("\ufeff# classes\r\nwalk\r\n\r\n  pick up \r\n#end", ["walk", "pick up"]),
        ("0 walk\n1 stand\n", ["walk", "stand"]),
        ("2 sit\n0 walk\n1 pick up\n", ["walk", "pick up", "sit"]),
        ("1 walk\n2 stand\n", ["walk", "stand"]),
        ("3 steps\n5 steps\n", ["3 steps", "5 steps"]),
        ("0 walk\nstand\n", ["0 walk", "stand"]),
        ("7\n8\n", ["7", "8"]),
        ("gehen\nöffnen", ["gehen", "öffnen"]),
        ('open door, left\nsay "hm"\n', ["open door, left", 'say "hm"']),
        ("0 1 step\n1 2 steps\n2 3 steps\n", ["1 step", "2 steps", "3 steps"]),
        ("zone 1 2\nzone 2 3\n", ["zone 1 2", "zone 2 3"]),
        ("0 ,\n1 a,b\n", [",", "a,b"]),
    ],
)
def test_class_names(tmp_path: Path, text: str, names: list[str]) -> None:
    assert load_class_names(write(tmp_path, text)) == names


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "names no class"),
        ("\n# only a remark\n\n", "names no class"),
        ("walk\n\nstand\nwalk\n", "line 4: the class 'walk' is already in line 1"),
        ("0 walk\n1 walk\n", "line 2: the class 'walk' is already in line 1"),
        ("0 walk\n1 stand\n1 sit\n", "line 3: the id 1 appears twice"),
        ("23098 38988 cut_tomato\n38988 41000 mix\n", "is a table of labels"),
        ("0.0 4.25 cut\n4.25 9.5 mix\n", "is a table of labels"),
        ("0 10 stand\n", "is a table of labels"),
        ("1-30 SIL\n31-150 take_cup\n", "is a table of labels"),
        ("00:00:01.089 00:00:02.5 open door\n", "is a table of labels"),
        ("start\tstop\tlabel\n0\t10\tstand\n10\t20\twalk\n", "is a table of"),
        ("label,start,stop\nstand,0,10\nwalk,10,20\n", "is a table of labels"),
        ("frame;label\n0;stand\n1;walk\n", "is a table of labels"),
        ("=1+1\n", "line 1: .*formula"),
    ],
)
def test_class_lists_that_are_none(tmp_path: Path, text: str, match: str) -> None:
    with pytest.raises(FormatError, match=match):
        load_class_names(write(tmp_path, text))


def test_a_data_set_is_no_list_of_classes(tmp_path: Path) -> None:
    (tmp_path / "groundTruth").mkdir()
    with pytest.raises(FormatError, match="is a data set, not a list of classes"):
        load_class_names(tmp_path)


def test_class_names_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "classes.txt"
    path.write_bytes("öffnen".encode("latin-1"))
    with pytest.raises(FormatError, match="UTF-8"):
        load_class_names(path)


@pytest.mark.parametrize(
    "text",
    ["a\na\npick up\n", "a\na\npick up", "a\r\na\r\npick up\r\n", "a\ra\rpick up"],
)
def test_framewise_text(tmp_path: Path, text: str) -> None:
    found = names_of(FramewiseText(), write(tmp_path, text))
    assert found == ["a", "a", "pick up"]


@pytest.mark.parametrize(
    ("text", "match"), [("\n\n", "is empty"), ("a\n\na\n", "line 2 is blank")]
)
def test_framewise_text_that_is_none(tmp_path: Path, text: str, match: str) -> None:
    with pytest.raises(FormatError, match=match):
        names_of(FramewiseText(), write(tmp_path, text))


def test_a_blank_first_frame_is_not_dropped(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="line 1 is blank"):
        names_of(FramewiseText(), write(tmp_path, "\na\na\n"))


def test_texts_for_others_end_every_line() -> None:
    assert mapping_text(["b", "a"]) == "0 b\n1 a\n"
    assert framewise_text(["a", "a", "b"]) == "a\na\nb\n"


def test_real_labels(shared: Path) -> None:
    folder = shared / "data" / "tum_kitchen_labels"
    for path in sorted(folder.glob("*.txt")):
        lines = path.read_bytes().split(b"\n")
        n_lines = len(lines) - (lines[-1].strip() == b"")
        names = names_of(FramewiseText(), path)
        assert len(names) == n_lines
        assert all(name.isdigit() for name in names)

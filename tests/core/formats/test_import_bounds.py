"""Label files of strangers: few bytes do not make many labels, or long ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skelseg_core.errors import FormatError
from skelseg_core.formats import json_values, label_file
from skelseg_core.formats.descriptors import CandidateFile, LabelFormat, ReadOptions
from skelseg_core.formats.labels import label_studio
from skelseg_core.formats.labels.any_table import AnyTable
from skelseg_core.formats.labels.boris import Boris
from skelseg_core.formats.labels.boris_tables import BorisTabular
from skelseg_core.formats.labels.cvat import Cvat
from skelseg_core.formats.labels.eaf import Eaf
from skelseg_core.formats.labels.framewise_and_segment_csv import (
    FramewiseCsv,
    SegmentCsv,
)
from skelseg_core.formats.labels.label_studio import LabelStudio
from skelseg_core.formats.labels.ms_tcn_text import FramewiseText
from skelseg_core.formats.labels.one_hot_csv import OneHotCsv
from skelseg_core.formats.labels.via import Via
from tests.labelled import a_file, read_back

FORMS = (
    *(Boris(), BorisTabular(), Cvat(), Eaf(), FramewiseCsv()),
    *(LabelStudio(), OneHotCsv(), SegmentCsv(), Via()),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_file_has_a_most_of_labels(
    form: LabelFormat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_file(form, tmp_path, [0, 1] * 4)
    n = len(read_back(form, path).tracks[0].intervals)
    monkeypatch.setattr(label_file, "MOST_LABELS", n)
    assert len(read_back(form, path).tracks[0].intervals) == n
    monkeypatch.setattr(label_file, "MOST_LABELS", n - 1)
    with pytest.raises(FormatError, match=f"has more than {n - 1} labels; check"):
        read_back(form, path)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (FramewiseText(), "a\nb\na\n"),
        (AnyTable(), "start,stop,label\n0.0,1.5,a\n2,3,a\n4,5,a\n"),
    ],
)
def test_texts_have_a_most_of_labels(
    form: LabelFormat, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text(text)
    monkeypatch.setattr(label_file, "MOST_LABELS", 2)
    with pytest.raises(FormatError, match="has more than 2 labels"):
        read_back(form, tmp_path / "a.txt")


def test_a_region_of_many_names_and_ranges_is_not_multiplied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """100 KB of names and ranges would make 9 million labels."""
    made = []

    def interval(*said: object) -> object:
        made.append(said)
        return said

    monkeypatch.setattr(label_studio, "Interval", interval)
    monkeypatch.setattr(label_file, "MOST_LABELS", 50)
    value = {"timelinelabels": ["a"] * 300, "ranges": [{"start": 1, "end": 2}] * 300}
    task = {"data": {"fps": 25}, "annotations": [{"result": [{"value": value}]}]}
    (tmp_path / "a.json").write_text(json.dumps([task]))
    with pytest.raises(FormatError, match="has more than 50 labels"):
        read_back(LabelStudio(), tmp_path / "a.json")
    assert len(made) == 51


def test_a_file_has_a_most_of_videos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"0,9,walk,v{n}\n" for n in range(4))
    path = tmp_path / "a.segments.csv"
    path.write_text(f"start_frame,stop_frame,label,video\n{rows}")
    monkeypatch.setattr(label_file, "MOST_TRACKS", 3)
    with pytest.raises(FormatError, match="more than 3 videos or people; check that"):
        read_back(SegmentCsv(), path)


@pytest.mark.parametrize("form", [Boris(), LabelStudio()], ids=lambda form: form.name)
def test_json_that_would_fill_the_memory_is_not_read(
    form: LabelFormat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_file(form, tmp_path)
    assert form.fits(CandidateFile(path))
    monkeypatch.setattr(json_values, "MOST_JSON_LISTS", 5)
    assert not form.fits(CandidateFile(path))
    with pytest.raises(FormatError, match="or more than 5 lists, which is the limit"):
        form.read_file(path, ReadOptions())


def test_places_are_short_whatever_a_video_is_called(tmp_path: Path) -> None:
    """Each label says where it stands: a name of 10 MB would be there as often."""
    long = "v" * 100_000
    walk = {"0": {"code": "walk", "type": "State event"}}
    events = [[t, "", "walk", "", ""] for t in (1, 2)]
    media = {"type": "MEDIA", "file": {"1": ["a.mp4"]}, "events": events}
    box = '<box frame="{}" outside="0"/>'
    files = {
        "a.boris": json.dumps({"behaviors_conf": walk, "observations": {long: media}}),
        "a.xml": f'<annotations><track id="{long}" label="a">{box.format(3)}</track>'
        "</annotations>",
    }
    for form in (Boris(), Cvat()):
        path = tmp_path / f"a{form.suffixes[0]}"
        path.write_text(files[path.name])
        (interval,) = read_back(form, path).tracks[0].intervals
        assert "vvv" in interval.place
        assert len(interval.place) < 200


def test_tiers_within_tiers_hold_nothing(tmp_path: Path) -> None:
    """Each of 50 would hold all that lies in the innermost."""

    def annotation(name: str, text: str) -> str:
        return (
            f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="{name}" '
            'TIME_SLOT_REF1="s" TIME_SLOT_REF2="t"><ANNOTATION_VALUE>'
            f"{text}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>"
        )

    inner = f'<TIER TIER_ID="in">{annotation("b", "lost")}</TIER>'
    (tmp_path / "a.eaf").write_text(
        '<ANNOTATION_DOCUMENT><TIME_ORDER><TIME_SLOT TIME_SLOT_ID="s" TIME_VALUE="0"/>'
        '<TIME_SLOT TIME_SLOT_ID="t" TIME_VALUE="9"/></TIME_ORDER>'
        f'<TIER TIER_ID="out">{annotation("a", "walk")}{inner}</TIER>'
        "</ANNOTATION_DOCUMENT>"
    )
    (track,) = read_back(Eaf(), tmp_path / "a.eaf").tracks
    assert [i.name for i in track.intervals] == ["walk"]


def test_a_sentence_is_one_line_whatever_a_file_holds() -> None:
    assert str(FormatError("{} is {}.", "a\r\nb", Path("c\u2028d"))) == "a b is c d."

"""The schema of ELAN, pympi and srt judge what is written, and write.

Runs where they are (`requirements/judges-intervals.txt`), and skips elsewhere. The
schema lies in the folder with references beside the project.
"""

from __future__ import annotations

import copy
import datetime
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skelseg_core.formats.label_file import LabelledVideo, Remark
from skelseg_core.formats.labels.eaf import Eaf
from skelseg_core.formats.labels.subtitles import Srt
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.points import Point
from skelseg_core.video.times import FrameTimes
from tests.labelled import (
    LABELS,
    NAMES,
    RATES,
    frames_of,
    read_back,
    uneven,
    video_of,
    written,
)

WHY = "make judges installs it"
etree = pytest.importorskip("lxml.etree", reason=WHY)
pympi = pytest.importorskip("pympi", reason=WHY)
srt = pytest.importorskip("srt", reason=WHY)

Spans = list[tuple[str, int, int]]
SHIFTED = [*LABELS[:2], 0, *LABELS[3:]]
SCHEMA = Path(__file__).resolve().parents[3] / "shared/reference/EAFv3.0.xsd"


def film(rate: float, labels: list[int] = LABELS) -> LabelledVideo:
    if rate == 0:
        return video_of(labels, times=uneven(len(labels)))
    table = FrameTimes.of_table(np.arange(len(labels)) / rate)
    return video_of(labels, times=table)


def given(video: LabelledVideo) -> Spans:
    return [(name, start, stop) for start, stop, name in video.named()]


def in_frames(video: LabelledVideo, spans: list[tuple[str, float, float]]) -> Spans:
    """Turn times in ms into the nearest boundaries of frames."""
    edges = [video.times.start_s(n) * 1000 for n in range(video.times.n_frames + 1)]

    def frame(ms: float) -> int:
        return min(range(len(edges)), key=lambda n: abs(edges[n] - ms))

    return [(name, frame(start), frame(stop)) for name, start, stop in sorted(spans)]


def pympi_spans(path: Path, video: LabelledVideo) -> Spans:
    found = pympi.Eaf(str(path)).get_annotation_data_for_tier(video.lane)
    return in_frames(video, [(name, start, stop) for start, stop, name in found])


def srt_spans(path: Path, video: LabelledVideo) -> Spans:
    ms = datetime.timedelta(milliseconds=1)
    cues = srt.parse(path.read_text(encoding="utf-8"), ignore_errors=False)
    return in_frames(video, [(c.content, c.start / ms, c.end / ms) for c in cues])


JUDGES = [(Eaf(), pympi_spans), (Srt(), srt_spans)]
each = pytest.mark.parametrize(
    ("form", "judged"), JUDGES, ids=[form.name for form, _ in JUDGES]
)


@each
@pytest.mark.parametrize("rate", [*RATES, 0])
def test_judges_read_what_is_written(
    tmp_path: Path, form: Eaf, judged: type, rate: float
) -> None:
    video = film(rate)
    (path,) = written(form, tmp_path, video)
    assert judged(path, video) == sorted(given(video))


@each
@pytest.mark.parametrize("rate", [10, 120])
def test_judges_notice_one_boundary_one_frame_off(
    tmp_path: Path, form: Eaf, judged: type, rate: float
) -> None:
    (path,) = written(form, tmp_path, film(rate, SHIFTED))
    assert judged(path, film(rate)) != sorted(given(film(rate)))


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    if not SCHEMA.is_file():
        pytest.skip("the schema of ELAN is not beside the project")
    return etree.XMLSchema(etree.parse(str(SCHEMA)))


def rich() -> list[LabelledVideo]:
    """Lanes of a video of whose names, paths and texts each is awkward."""
    names = (*NAMES, "]]>", "👋🏽", "a\u00a0b", "x" * 900)
    video = replace(
        film(30000 / 1001),
        label_map=label_map_from_names(names),
        media=Path('/films/50% & "ö" #1?.mp4'),
        annotator='Ängström & "Co"',
        people=("<1>",),
    )
    classes = tuple(replace(c, description="a\nb & c") for c in video.label_map.classes)
    video = replace(video, label_map=replace(video.label_map, classes=classes))
    return [video, replace(video, lane='prediction:"m" & <n>', annotator="")]


def test_the_schema_holds_for_what_is_written(
    tmp_path: Path, schema: etree.XMLSchema
) -> None:
    plain = replace(rich()[0], media=Path('/films/a & "ö" #1?.mp4'))
    for videos in (rich(), [plain], [video_of([-1, -1], media=None)]):
        (path,) = written(Eaf(), tmp_path, *videos)
        schema.assertValid(etree.parse(str(path)))


def test_the_schema_notices_what_is_wrong(
    tmp_path: Path, schema: etree.XMLSchema
) -> None:
    (path,) = written(Eaf(), tmp_path, *rich())
    tree = etree.parse(str(path))
    for wrong in (
        lambda root: root.find("TIME_ORDER")[0].set("TIME_VALUE", "0.5"),
        lambda root: root.find("TIER")[0][0].set("TIME_SLOT_REF1", "ts999"),
        lambda root: root.find("TIER").set("LINGUISTIC_TYPE_REF", "other"),
        lambda root: root.set("DATE", "2026-01-01T00:00:00+05:1800"),
        lambda root: root.append(root.find("HEADER")),
    ):
        spoiled = copy.deepcopy(tree)
        wrong(spoiled.getroot())
        assert not schema.validate(spoiled)


def test_pympi_and_the_schema_read_two_tiers_of_two_people(
    tmp_path: Path, schema: etree.XMLSchema
) -> None:
    made = []
    for person in ("Ann", "Bo"):
        about = {"video": "v 1", "person": person, "people": (person,)}
        gait = replace(film(25), **about, id=f"v 1@@{person}", tier="Gait")  # type: ignore[arg-type]
        hand = film(25, [0, 0, 1, 2, 2, *[-1] * 12])
        own = {"id": f"v 1@hand@{person}", "tier": "Hand", "inside": "Gait"}
        made += [gait, replace(hand, **about, **own)]  # type: ignore[arg-type]
    touch = film(25, [-1] * 17)
    marks = {
        "points": True,
        "marks": (Point(4, 0), Point(4, 1)),
        "video": "v 1",
        "person": "Bo",
    }
    remarks = {"comments": (Remark(2, 9, "odd", False), Remark(0, 1, "dark", True))}
    own = {"id": "v 1@touch", "tier": "Touch", "people": ("Bo",)}
    points = replace(touch, **marks, **remarks, **own)  # type: ignore[arg-type]
    (path,) = written(Eaf(), tmp_path, *made, points)
    schema.assertValid(etree.parse(str(path)))
    eaf = pympi.Eaf(str(path))
    for name, spans in (
        ("Touch", [(160, 200, NAMES[1])]),
        ("Touch 2", [(160, 200, NAMES[0])]),
        ("comments", [(0, 40, "dark")]),
        ("comments@Touch", [(80, 360, "odd")]),
    ):
        assert [a[:3] for a in eaf.get_annotation_data_for_tier(name)] == spans
    for track in made:
        name = f"{track.tier}@{track.person}"
        found = eaf.get_annotation_data_for_tier(name)
        spans = [(label, start, stop) for start, stop, label, *_ in found]
        assert in_frames(track, spans) == sorted(given(track))
        assert eaf.get_parameters_for_tier(name)["PARTICIPANT"] == track.person
    assert eaf.get_parameters_for_tier("Hand@Ann")["PARENT_REF"] == "Gait@Ann"
    assert eaf.linguistic_types["Hand"]["CONSTRAINTS"] == "Included_In"
    assert set(eaf.get_controlled_vocabulary_names()) == {"Gait", "Hand", "Touch"}


def test_what_pympi_writes_is_read(tmp_path: Path) -> None:
    """As scripts use it: tiers below a tier, times of which are its alone."""
    eaf = pympi.Eaf()
    eaf.add_linguistic_type("words", "Symbolic_Subdivision", timealignable=False)
    eaf.add_linguistic_type("notes", "Symbolic_Association", timealignable=False)
    eaf.add_tier("who", part="s1")
    eaf.add_tier("words", "words", parent="who")
    eaf.add_tier("notes", "notes", parent="who")
    eaf.remove_tier("default")
    for n, name in enumerate(NAMES):
        eaf.add_annotation("who", 1000 * n, 1000 * n + 900, name)
        eaf.add_ref_annotation("notes", "who", 1000 * n + 1, f"note {n}")
    previous = None
    for word in ("a", "b", "c"):
        before = previous or None
        eaf.add_ref_annotation("words", "who", 1, word, before)
        previous = f"a{eaf.maxaid}"
    eaf.add_linked_file("file:///films/v 1.mp4", "./v 1.mp4", "video/mp4")
    path = tmp_path / "a.eaf"
    eaf.to_file(str(path))
    file = read_back(Eaf(), path)
    tracks = {t.title: t for t in file.tracks}
    assert list(tracks) == ["who", "words", "notes"]
    assert {t.media for t in file.tracks} == {"./v 1.mp4"}
    who = [(i.name, i.start, i.stop) for i in tracks["who"].intervals]
    assert who == [(name, n, n + 0.9) for n, name in enumerate(NAMES)]
    notes = [(i.name, i.start, i.stop) for i in tracks["notes"].intervals]
    assert notes == [(f"note {n}", n, n + 0.9) for n in range(len(NAMES))]
    words = [
        (i.name, round(i.start, 6), round(i.stop, 6)) for i in tracks["words"].intervals
    ]
    assert words == [("a", 0, 0.3), ("b", 0.3, 0.6), ("c", 0.6, 0.9)]


@pytest.mark.parametrize("rate", [*RATES, 0])
def test_what_pympi_saves_again_is_read(tmp_path: Path, rate: float) -> None:
    video = film(rate)
    (path,) = written(Eaf(), tmp_path, video)
    again = tmp_path / "again.eaf"
    pympi.Eaf(str(path)).to_file(str(again))
    file = read_back(Eaf(), again)
    assert frames_of(file.tracks[0], video) == LABELS
    assert file.classes == NAMES


def test_what_srt_composes_of_subtitles_is_the_same_file() -> None:
    text = str(Srt().write_video(film(25)))
    assert srt.compose(srt.parse(text), reindex=False).strip() == text.strip()

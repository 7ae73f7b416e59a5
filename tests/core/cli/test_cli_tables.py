"""Tables on the command line: columns, units, presets, statistics."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import add_annotator_lane, add_video, set_lane
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.tasks.export_choices import ExportChoices
from skelseg_core.tasks.exports import preview
from tests.commands import done, mistake
from tests.videos import write_video

N, RATE = 100, 10.0


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project of two recordings without video, of which one is labelled."""
    folder, project = create_project(tmp_path / "p", label_map_from_names(["walk"]))
    for name in ("one", "two"):
        lanes = {ANNOTATION: Segmentation.unlabelled(N)}
        item = Track.of_film(name, "", "f", N, 64, 48, RATE, lanes)
        project = add_video(project, item)
    folder.save(project)
    return folder.root


def table(tmp_path: Path, text: str, name: str = "one.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def columns(*words: str) -> list[str]:
    return [part for word in words for part in ("--table", word)]


def labels(root: Path, video: str = "one") -> list[tuple[int, int, str]]:
    project = ProjectFolder(root).load()
    names = project.label_map
    lane = project.track(video).annotation
    return [
        (s.start, s.stop, names.name_of(s.class_id))
        for s in lane.segments
        if s.class_id is not None
    ]


def test_a_table_with_usual_names_needs_no_options(root: Path, tmp_path: Path) -> None:
    path = table(tmp_path, "Beginn;Ende;Verhalten\n0,5;1,2;walk\n1,2;3;Tür\n")
    said = done("import", "auto", path, "--project", root)
    assert "any table" in said
    assert labels(root) == [(5, 12, "walk"), (12, 30, "Tür")]


def test_columns_by_options(root: Path, tmp_path: Path) -> None:
    path = table(tmp_path, "wer,was,a,b\none,walk,1,4\ntwo,sit,5,8\n", "all.csv")
    said = mistake("import", "csv", path, "--project", root)
    assert "'wer', 'was', 'a', 'b'" in said
    done(
        *("import", "csv", path, "--project", root),
        *columns("start=a", "stop=4", "label=was", "video=wer", "unit=frame"),
        *columns("first_frame=1", "inclusive=true"),
    )
    assert labels(root) == [(0, 4, "walk")]
    assert labels(root, "two") == [(4, 8, "sit")]


def test_a_preset_with_other_columns(root: Path, tmp_path: Path) -> None:
    path = table(tmp_path, "1.0\t2.5\twalk\n2.5\t4.0\tsit\n", "one.txt")
    done("import", "csv", path, "--project", root, "--table", "audacity")
    assert labels(root) == [(10, 25, "walk"), (25, 40, "sit")]


def test_options_that_make_no_sense_are_refused(root: Path, tmp_path: Path) -> None:
    path = table(tmp_path, "start,stop,label\n0.5,1.5,walk\n")
    base = ("import", "csv", path, "--project", root)
    for words, said in (
        (("stop=stop", "duration=label"), "combined"),
        (("inclusive=true", "unit=s"), "Only frames"),
        (("noldos",), "'noldos' is no kind of table; use one of elan, epic-kitchens"),
        (("verb=label",), "'verb' is unknown; known are complete, duration, event"),
        (("first_frame=one",), "'first_frame' must be a whole number"),
    ):
        assert said in mistake(*base, *columns(*words))
    own = table(tmp_path, "start_frame,stop_frame,label\n0,5,walk\n", "two.csv")
    said = mistake("import", "auto", own, "--project", root, "--table", "start=x")
    assert "whose columns are known" in said
    assert labels(root) == []


def labelled(root: Path) -> None:
    folder = ProjectFolder(root)
    project = before = folder.load()
    lane = paint(project.track("one").annotation, 10, 30, 0)
    project = set_lane(project, "one", ANNOTATION, lane)
    other = paint(Segmentation.unlabelled(N), 0, 50, 0)
    project = add_annotator_lane(project, "two", "Ann", other)
    folder.save(project, before)


def test_statistics_of_a_project(root: Path, tmp_path: Path) -> None:
    labelled(root)
    out = tmp_path / "stats.csv"
    assert "Wrote 4 rows" in done("stats", root, "--out", out)
    # Again over its own file, and over nothing else.
    done("stats", root, "--out", out)
    other = table(tmp_path, "precious", "other.csv")
    assert "choose another name" in mistake("stats", root, "--out", other)
    assert other.read_text() == "precious"
    head, first, *_ = out.read_text(encoding="utf-8").splitlines()
    assert head.startswith("video,subject,class,class_id,segments,frames,total_s")
    assert first.startswith("one,,walk,0,1,20,2.000000,0.200000,2.000000")
    found = json.loads(done("stats", root, "--json", "--by", "class"))
    assert [r["class"] for r in found] == ["walk", "unlabelled"]
    assert found[0]["share"] == pytest.approx(0.1)
    found = json.loads(done("stats", root, "--json", "--bin", 5, "--video", "one"))
    assert [r["total_s"] for r in found if r["class"] == "walk"] == [2.0, 0.0]
    said = done("stats", root, "--lane", "annotator:Ann")
    assert said.splitlines()[1].startswith("two,,walk,0,1,50,")
    assert done("stats", root, "--transitions").startswith("video,subject,class,next")


def test_statistics_say_what_is_missing(root: Path) -> None:
    assert "is named in video one" in mistake("stats", root, "--by", "subject")
    assert "'prediction:m'" in mistake("stats", root, "--lane", "prediction:m")
    assert "combined" in mistake("stats", root, "--transitions", "--bin", 3)
    done("people", root, "one", "two", "--set", "Ann")
    found = json.loads(done("stats", root, "--by", "subject", "--json"))
    assert [r["subject"] for r in found] == ["Ann", "Ann"]


def test_people_are_shown_and_said(root: Path, tmp_path: Path) -> None:
    assert done("people", root) == "video,people\none,\ntwo,\n"
    assert done("people", root, "*", "--set", "Ann, P1") == "".join(
        f"{video}: Ann, P1\n" for video in ("one", "two")
    )
    assert json.loads(done("people", root, "two", "--json")) == {"two": ["Ann", "P1"]}
    path = table(tmp_path, "video;people\n", "semicolons.csv")
    assert "must name the columns video and people" in mistake(
        "people", root, "--file", path
    )
    path = table(tmp_path, "people,video\n,one\nBen,two\n", "people.csv")
    said = done("people", root, "--file", path)
    assert said == "one: nobody named\ntwo: Ben\n"
    assert done("people", root, "--file", path) == "Nothing changed.\n"
    assert "read as a formula" in mistake("people", root, "one", "--set", "=1")
    assert "Name the videos with Ann" in mistake("people", root, "--set", "Ann")
    assert done("people", root, "--by-names") == "Nothing changed.\n"
    assert [v.video.people for v in ProjectFolder(root).load().tracks] == [(), ("Ben",)]


def test_an_export_says_what_the_dialog_says(root: Path, tmp_path: Path) -> None:
    folder = ProjectFolder(root)
    assert "2 videos, 200 frames, 200 of them without a label; 0 segments.\n" in done(
        "export", root, "--out", tmp_path / "none"
    )
    before = folder.load()
    walk = before.label_map.ids[0]
    lane = paint(before.track("one").annotation, 0, 40, walk)
    lane = paint(lane, 40, 60, walk, "model")
    folder.save(set_lane(before, "one", ANNOTATION, lane), before)
    out, project = tmp_path / "out", folder.load()
    shown = run(preview(folder, project, out, ExportChoices())).about
    assert "140 of them without a label; " in shown
    assert "1 of them not reviewed" in shown
    assert done("export", root, "--out", out).splitlines()[0] == shown
    told = json.loads(done("export", root, "--out", tmp_path / "j", "--json"))
    assert told["about"] == shown


def test_the_labels_of_a_film_that_is_missing_go_out(tmp_path: Path) -> None:
    """A co-author gets the folder without the films."""
    root, films = tmp_path / "p", tmp_path / "films"
    create_project(root, label_map_from_names(["walk"]))
    films.mkdir()
    write_video(films / "a.mp4", 30, rate=25)
    write_video(films / "b.mp4", 40, rate=25)
    done("add", root, films / "a.mp4", films / "b.mp4")
    folder = ProjectFolder(root)
    before = folder.load()
    walk = before.label_map.ids[0]
    lane = paint(before.track("b").annotation, 5, 20, walk)
    folder.save(set_lane(before, "b", ANNOTATION, lane), before)
    assert "mean rate" not in done("export", root, "--out", tmp_path / "there")
    (films / "b.mp4").unlink()
    said = done("export", root, "--out", tmp_path / "gone", "--skip-missing")
    assert "Times by the mean rate, because the video is missing: b.\n" in said
    for name in ("a.csv", "b.csv", "b.segments.csv"):
        there, gone = (tmp_path / f / name for f in ("there", "gone"))
        assert there.read_bytes() == gone.read_bytes(), name
    assert "the video is missing: b" in (tmp_path / "gone/data-card.md").read_text()
    shown = run(preview(folder, folder.load(), tmp_path / "new", ExportChoices()))
    assert not shown.error

"""Export of several tiers and people: which files, and what is in them."""

from __future__ import annotations

import csv
import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from skelseg_core.formats.descriptors import ReadOptions
from skelseg_core.formats.export_manifest import MANIFEST
from skelseg_core.labels.bulk_edits import make_undecided
from skelseg_core.labels.classes import ActionClass
from skelseg_core.labels.comments import Comment
from skelseg_core.labels.points import Point
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import run as finish
from skelseg_core.project.class_edits import add_class
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.imports.import_choices import ImportChoices
from skelseg_core.project.imports.label_import import plan_import
from skelseg_core.project.point_and_comment_edits import add_comments, edit_points
from skelseg_core.project.poses_only_video import blank_video
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import edit_lane
from skelseg_core.project.track_edits import add_person, add_tier, name_person, set_tier
from skelseg_core.project.tracks import TrackKey
from skelseg_core.tasks.export_choices import ExportChoices
from skelseg_core.tasks.export_result import Exported
from skelseg_core.tasks.exports import export, preview
from skelseg_core.tasks.import_labels import find_label_files, read_label_files
from tests.projects import N, make_project, painted

Made = tuple[ProjectFolder, Project]


def two_by_two(project: Project) -> Project:
    """Action and Left hand of Anna and Ben in v1; both tiers have a class "b"."""
    project = add_tier(project, "Left hand")
    project = add_class(project, "b", tier="Left_hand")
    project = add_person(name_person(project, "v1", "anna"), "v1", "ben")
    left, b = project.classes_of(TrackKey("Left_hand")).ids
    project = painted(project, 0, 20, 0)
    project = painted(project, 20, 50, 1)
    project = painted(project, 5, 15, left, "v1@Left_hand")
    project = painted(project, 15, 30, b, "v1@Left_hand")
    project = painted(project, 10, 60, 2, "v1@@ben")
    return painted(project, 12, 50, left, "v1@Left_hand@ben")


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    for module in ("tasks.labelled_videos", "project.imports.label_import"):
        monkeypatch.setattr(
            f"skelseg_core.{module}.open_recording",
            lambda folder, item, roots: blank_video(item),
        )
    folder, project = make_project(tmp_path / "p")
    return folder, two_by_two(project)


def exported(made: Made, out: Path, kind: str, **choices: object) -> Exported:
    chosen = ExportChoices(kind, **choices)  # type: ignore[arg-type]
    return finish(export(*made, out, chosen))


def test_csv_has_the_columns_of_tracks_and_a_file_per_video(
    made: Made, tmp_path: Path
) -> None:
    done = exported(made, tmp_path, "csv")
    assert "2 videos with 6 tracks" in done.about
    names = {p.name for p in done.files}
    assert {"v1.csv", "v1.segments.csv", "v2.csv", "v2.segments.csv"} < names
    with (tmp_path / "v1.segments.csv").open() as file:
        rows = list(csv.DictReader(file))
    said = [(r["tier"], r["person"], r["start_frame"], r["label"]) for r in rows]
    assert ("Left hand", "anna", "15", "b") in said
    assert ("Action", "anna", "20", "b") in said
    assert ("Left hand", "ben", "12", "Left hand") in said
    value = json.loads((tmp_path / MANIFEST).read_text())
    assert {(v["tier"], v["person"]) for v in value["videos"]} == {
        *((t, p) for t in ("Action", "Left hand") for p in ("anna", "ben", ""))
    }
    one = exported(made, tmp_path / "one", "segment-csv", single_table=True)
    with one.files[0].open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:5] == ["video", "tier", "person", "subject", "annotator"]
    assert {r["subject"] for r in rows if r["video"] == "v1"} == {"anna", "ben"}


def test_an_absent_person_is_said(made: Made, tmp_path: Path) -> None:
    folder, project = made
    gone = edit_lane(
        project, "v1", lambda s: make_undecided(s, 50, 60, absent=True), ANNOTATION
    )
    exported((folder, gone), tmp_path, "segment-csv")
    assert ",absent," in (tmp_path / "v1.segments.csv").read_text()


def test_elan_has_a_tier_per_track_and_those_of_one_tier_inside_others(
    made: Made, tmp_path: Path
) -> None:
    folder, project = made
    project = set_tier(project, "Left_hand", inside="")
    exported((folder, project), tmp_path, "eaf", videos=("v1",))
    root = ET.parse(tmp_path / "v1.eaf").getroot()
    tiers = [
        (t.get("TIER_ID"), t.get("PARTICIPANT"), t.get("LINGUISTIC_TYPE_REF"))
        for t in root.iter("TIER")
    ]
    assert tiers == [
        ("Action@anna", "anna", "Action"),
        ("Left hand@anna", "anna", "Left hand"),
        ("Action@ben", "ben", "Action"),
        ("Left hand@ben", "ben", "Left hand"),
    ]
    values = {
        cv.get("CV_ID"): [v.text for v in cv.iter("CVE_VALUE")]
        for cv in root.iter("CONTROLLED_VOCABULARY")
    }
    assert values == {"Action": ["a", "b", "c"], "Left hand": ["Left hand", "b"]}
    # Anna's left hand crosses a boundary of her actions.
    assert not list(root.iter("CONSTRAINT"))
    project = painted(project, 15, 20, 0)
    project = painted(project, 15, 30, 0)
    exported((folder, project), tmp_path, "eaf", videos=("v1",))
    root = ET.parse(tmp_path / "v1.eaf").getroot()
    assert [t.get("PARENT_REF") for t in root.iter("TIER")] == [
        *(None, "Action@anna", None, "Action@ben")
    ]
    (rule,) = root.iter("CONSTRAINT")
    assert rule.get("STEREOTYPE") == "Included_In"


def test_boris_has_people_as_subjects_and_tiers_as_categories(
    made: Made, tmp_path: Path
) -> None:
    exported(made, tmp_path, "boris", videos=("v1",))
    value = json.loads((tmp_path / "v1.boris").read_text())
    codes = {b["code"]: b["category"] for b in value["behaviors_conf"].values()}
    assert codes == {
        "a": "Action",
        "b (Action)": "Action",
        "c": "Action",
        "Left hand": "Left hand",
        "b (Left hand)": "Left hand",
    }
    assert value["behavioral_categories"] == ["Action", "Left hand"]
    keys = [b["key"] for b in value["behaviors_conf"].values()]
    assert keys == ["1", "2", "3", "a", "b"]
    assert [s["name"] for s in value["subjects_conf"].values()] == ["anna", "ben"]
    ((name, observation),) = value["observations"].items()
    events = observation["events"]
    assert name == "v1"
    assert [e[0] for e in events] == sorted(e[0] for e in events)
    assert [0.48, "ben", "Left hand", "", "", 12] in events
    exported(made, tmp_path / "t", "boris-tabular", videos=("v1",))
    with (tmp_path / "t/v1.tabular.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {r["Observation id"] for r in rows} == {"v1"}
    assert {(r["Subject"], r["Behavioral category"]) for r in rows} == {
        *((p, t) for t in ("Action", "Left hand") for p in ("anna", "ben"))
    }


def test_one_hot_has_the_tiers_of_a_person_side_by_side(
    made: Made, tmp_path: Path
) -> None:
    done = exported(made, tmp_path, "one-hot-csv", videos=("v1",))
    names = [p.name for p in done.files]
    assert names[:2] == ["v1_labels.csv", "v1@@ben_labels.csv"]
    with (tmp_path / "v1_labels.csv").open() as file:
        rows = list(csv.reader(file))
    assert rows[0] == [
        *("", "background", "a", "b (Action)", "c", "Left hand", "b (Left hand)")
    ]
    assert rows[1] == ["0", "0", "1", "0", "0", "-1", "-1"]
    assert rows[18] == ["17", "0", "1", "0", "0", "0", "1"]
    assert rows[60] == ["59", *["-1"] * 6]


def test_other_formats_hold_one_tier_and_say_so(made: Made, tmp_path: Path) -> None:
    done = exported(made, tmp_path, "via", videos=("v1*",))
    assert "VGG" in done.notes[-1] or "VIA" in done.notes[-1]
    assert "can hold one tier, Action; not written: Left hand." in done.notes[-1]
    left = exported(made, tmp_path / "l", "via", tier="left hand")
    assert not any("can hold one tier" in note for note in left.notes)
    assert {p.name for p in left.files} > {
        *("v1@Left_hand.via.csv", "v1@Left_hand@ben.via.csv", "v2@Left_hand.via.csv")
    }
    choices = ExportChoices("ms-tcn", unlabelled="background", features=False)
    seen = finish(preview(*made, tmp_path / "m", choices))
    assert "MS-TCN can hold one tier, Action; not written: Left hand." in seen.notes


def test_a_look_shows_all_tracks_of_the_first_video(made: Made, tmp_path: Path) -> None:
    seen = finish(preview(*made, tmp_path / "o", ExportChoices("segment-csv")))
    assert [name for name, _ in seen.files] == ["v1.segments.csv"]
    assert "Left hand,ben" in seen.files[0][1]


def test_a_tier_alone_is_written_as_what_it_is(made: Made, tmp_path: Path) -> None:
    exported(made, tmp_path, "segment-csv", tier="Left hand", videos=("v2",))
    text = (tmp_path / "v2.segments.csv").read_text()
    assert text.splitlines()[1].startswith("Left hand,,0,0,60")


def test_the_classes_of_all_tiers_are_on_the_card(made: Made, tmp_path: Path) -> None:
    folder, project = made
    left = project.classes_of(TrackKey("Left_hand")).ids[0]
    (own,) = [c for c in project.all_classes.classes if c.id == left]
    assert isinstance(own, ActionClass)
    described = replace(own, description="it moves")
    classes = tuple(
        described if c.id == left else c for c in project.all_classes.classes
    )
    project = replace(project, label_map=replace(project.all_classes, classes=classes))
    exported((folder, project), tmp_path, "boris")
    assert "Left hand: it moves" in (tmp_path / "data-card.md").read_text()


def test_marks_and_comments_go_out_where_they_can_and_are_named_else(
    made: Made, tmp_path: Path
) -> None:
    folder, project = made
    project = add_tier(project, "Contact", kind="points")
    touch = project.classes_of(TrackKey("Contact")).ids[0]
    project = edit_points(project, "v2@Contact", lambda _: [Point(7, touch)])
    project = add_comments(project, "v2", [Comment(3, 5, None, "dark", "Zoe", "")])
    points = (folder, project)
    said = "cannot store points; not written: Contact."
    done = exported(points, tmp_path / "via", "via")
    assert f"VIA 3 CSV {said}" in done.notes
    assert "1 comment: VIA 3 CSV cannot store them." in done.notes
    assert "Contact" not in (tmp_path / "via/v2.via.csv").read_text()
    done = exported(points, tmp_path / "csv", "segment-csv")
    said = "1 comment: segment CSV cannot store who wrote them, and when."
    assert done.notes == (said,)
    with (tmp_path / "csv/v2.segments.csv").open() as file:
        rows = [(r["kind"], r["tier"], r["label"]) for r in csv.DictReader(file)]
    assert [row for row in rows if row[0] != "segment"] == [
        ("comment", "", "dark"),
        ("point", "Contact", "Contact"),
    ]
    done = exported(points, tmp_path / "eaf", "eaf")
    assert "1 comment: ELAN cannot store who wrote them, and when." in done.notes
    assert done.about.endswith("; 1 point.")
    text = (tmp_path / "eaf/v2.eaf").read_text()
    assert "dark" in text
    assert 'TIER_ID="Contact"' in text
    alone = finish(preview(*points, tmp_path, ExportChoices("eaf", tier="Contact")))
    assert alone.about == "2 videos, 1 point."
    chosen = finish(preview(*points, tmp_path, ExportChoices("via", tier="Left hand")))
    assert not any("Contact" in note for note in chosen.notes)
    seen = finish(preview(*points, tmp_path, ExportChoices("via", tier="Contact")))
    assert "cannot store points, which Contact has" in seen.error


def test_labels_of_a_model_come_back_as_such_from_files_of_several_tracks(
    made: Made, tmp_path: Path
) -> None:
    folder, project = made
    by_model = {
        v.id: v.with_lane(
            ANNOTATION,
            Segmentation(
                tuple(
                    replace(s, source="model") if s.class_id is not None else s
                    for s in Segmentation.from_frames(v.annotation.to_frames()).segments
                )
            ),
        )
        for v in project.tracks_of("v1")
        if v.person == "ben"
    }
    project = project.with_tracks(*by_model.values())
    exported((folder, project), tmp_path, "boris", videos=("v1",))
    files = finish(read_label_files(find_label_files(tmp_path), ReadOptions()))
    empty = project.with_tracks(
        *(v.with_lane(ANNOTATION, Segmentation.unlabelled(N)) for v in project.tracks)
    )
    chosen = ImportChoices(tracks="keep")
    after = finish(plan_import(folder, empty, files, chosen)).apply(empty)
    sources = {
        v.id: {s.source for s in v.annotation.segments if s.class_id is not None}
        for v in after.tracks_of("v1")
    }
    assert sources == {
        "v1": {"import"},
        "v1@Left_hand": {"import"},
        "v1@@ben": {"model"},
        "v1@Left_hand@ben": {"model"},
    }

"""Import of several tiers and people: what each track of a file becomes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from skelseg_core.errors import ConfigError, EditError, FormatError
from skelseg_core.formats.descriptors import LabelFormat, WriteOptions
from skelseg_core.formats.label_file import Interval, LabelFile, LabelTrack
from skelseg_core.formats.labels.boris import Boris
from skelseg_core.formats.labels.boris_tables import BorisTabular
from skelseg_core.formats.labels.eaf import Eaf
from skelseg_core.formats.labels.framewise_and_segment_csv import (
    FramewiseCsv,
    SegmentCsv,
)
from skelseg_core.formats.labels.one_hot_csv import OneHotCsv
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.comments import Comment
from skelseg_core.labels.edits import paint
from skelseg_core.labels.points import Point
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import run
from skelseg_core.project.class_edits import add_class
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.imports.assigned_labels import (
    MOST_NEW_TIERS,
    NewTier,
    TrackEdits,
)
from skelseg_core.project.imports.import_choices import ImportChoices
from skelseg_core.project.imports.label_files import load_label_file
from skelseg_core.project.imports.label_import import plan_import
from skelseg_core.project.imports.label_plan import ImportPlan
from skelseg_core.project.imports.named_labels import says_tracks
from skelseg_core.project.point_and_comment_edits import add_comments, edit_points
from skelseg_core.project.poses_only_video import blank_video
from skelseg_core.project.project import ANNOTATION, Project, new_project
from skelseg_core.project.track_edits import add_person, add_tier, name_person
from skelseg_core.project.tracks import TrackKey
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.tasks.import_labels import project_for
from skelseg_core.tasks.labelled_videos import LabelledVideos
from tests.projects import painted

N = 40
TRACKED = (*(Eaf(), Boris(), BorisTabular()), *(SegmentCsv(), FramewiseCsv()))
Said = Mapping[tuple[str, str, str], list[str]]


def item(video_id: str) -> Track:
    """A recording without video, of 10 frames a second."""
    lanes = {ANNOTATION: Segmentation.unlabelled(N)}
    return Track.of_film(video_id, "", f"poses-{video_id}", N, 64, 48, 10.0, lanes)


@pytest.fixture
def project() -> Project:
    made = new_project("p", label_map_from_names(["walk", "reach"]))
    return replace(made, tracks=(item("one"), item("two")))


@pytest.fixture(autouse=True)
def no_videos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "skelseg_core.tasks.labelled_videos.open_recording",
        lambda folder, item, roots: blank_video(item),
    )


def two_by_two(project: Project) -> Project:
    """Action and Left hand of Anna and Ben in "one"; both tiers have "reach"."""
    project = add_tier(project, "Left hand")
    project = add_tier(project, "Room", of="scene")
    project = add_class(project, "reach", tier="Left_hand")
    project = add_person(name_person(project, "one", "anna"), "one", "ben")
    hand, reach = project.classes_of(TrackKey("Left_hand")).ids
    (room,) = project.classes_of(TrackKey("Room")).ids
    for start, stop, label, track in (
        *((0, 20, 0, "one"), (20, 35, 1, "one"), (35, 38, 1, "one")),
        *((5, 15, hand, "one@Left_hand"), (15, 30, reach, "one@Left_hand")),
        *((10, 40, 1, "one@@ben"), (12, 30, hand, "one@Left_hand@ben")),
        *((3, 9, room, "one@Room"), (0, 40, 0, "two"), (1, 2, hand, "two@Left_hand")),
    ):
        project = painted(project, start, stop, label, track)
    return project


def said(project: Project) -> Said:
    """Names by frame, for each track with labels: its video, tier and person."""
    return {
        (v.video_id, project.tier(v.tier).name, v.person): [
            project.name_of(None if n < 0 else int(n)) for n in v.annotation.to_frames()
        ]
        for v in project.tracks
        if v.annotation.n_labelled
    }


def written(
    form: LabelFormat, project: Project, folder: Path, *videos: str
) -> list[LabelFile]:
    """Write the tracks of videos, and read what was written."""
    folder.mkdir(exist_ok=True)
    made = LabelledVideos(ProjectFolder(folder / "p"), project, ANNOTATION, folder)
    chosen = [v for v in project.tracks if v.video_id in videos or not videos]
    tracks = [replace(made.of(v)[0], media=None) for v in chosen]
    paths = []
    for name, data in form.write_files(tracks, WriteOptions()).items():
        paths.append(folder / name)
        paths[-1].write_bytes(data.encode() if isinstance(data, str) else data)
    return [load_label_file(path) for path in paths]


def plan(
    tmp_path: Path,
    project: Project,
    *files: LabelFile,
    new: bool = False,
    **choices: object,
) -> ImportPlan:
    chosen = ImportChoices(**{"tracks": "keep", **choices})  # type: ignore[arg-type]
    folder = ProjectFolder(tmp_path / "project")
    return run(plan_import(folder, project, files, chosen, new=new))


def track(*rows: tuple[float, float, str], **said: object) -> LabelTrack:
    intervals = tuple(Interval(*r, f"line {n}") for n, r in enumerate(rows, start=2))
    return LabelTrack(intervals, "frame", **said)  # type: ignore[arg-type]


def file(tmp_path: Path, *tracks: LabelTrack, name: str = "one.csv") -> LabelFile:
    return LabelFile(tmp_path / name, tracks)


# -- there and back -----------------------------------------------------------------


@pytest.mark.parametrize("form", TRACKED, ids=lambda f: f.name)
def test_two_tiers_of_two_people_come_back_into_a_new_project(
    tmp_path: Path, project: Project, form: LabelFormat
) -> None:
    before = two_by_two(project)
    files = written(form, before, tmp_path / "out", "one")
    assert says_tracks(files)
    fresh = replace(project_for(tmp_path / "q", files), tracks=(item("one"),))
    found = plan(tmp_path, fresh, *files, new=True)
    assert not found.problems
    after = found.apply(fresh)
    assert said(after) == {k: v for k, v in said(before).items() if k[0] == "one"}
    assert after.video("one").people == ("anna", "ben")
    assert after.tier("Room").of == "scene"
    names = [set(after.classes_of(t).names) for t in after.tiers]
    assert names[0] >= {"walk", "reach"}
    assert names[1] == {"Left hand", "reach"}


@pytest.mark.parametrize("form", TRACKED, ids=lambda f: f.name)
def test_they_come_back_into_the_project_that_they_are_of(
    tmp_path: Path, project: Project, form: LabelFormat
) -> None:
    before = two_by_two(project)
    files = written(form, before, tmp_path / "out")
    empty = before.with_tracks(
        *(v.with_lane(ANNOTATION, Segmentation.unlabelled(N)) for v in before.tracks)
    )
    found = plan(tmp_path, empty, *files)
    assert not found.problems
    assert not found.classes
    after = found.apply(empty)
    assert said(after) == said(before)
    assert after.track_ids == before.track_ids
    again = plan(tmp_path, after, *files)
    assert {p.kind for p in again.problems} == {"existing"}


def test_an_undecided_and_an_absent_stretch_come_back(
    tmp_path: Path, project: Project
) -> None:
    from skelseg_core.labels.bulk_edits import make_undecided
    from skelseg_core.project.project_edits import edit_lane

    before = edit_lane(
        project,
        "one",
        lambda s: make_undecided(
            make_undecided(paint(s, 0, 9, 1), 10, 20), 20, 30, absent=True
        ),
    )
    for form in (SegmentCsv(), FramewiseCsv()):
        files = written(form, before, tmp_path / form.name, "one")
        after = plan(tmp_path, project, *files, tracks="refuse").apply(project)
        own = [
            (s.start, s.undecided, s.absent)
            for s in after.tracks[0].annotation.segments
        ]
        assert own[-3:] == [(10, True, False), (20, True, True), (30, False, False)]


# -- proposals ----------------------------------------------------------------------


def test_a_file_of_one_track_is_imported_as_ever(
    tmp_path: Path, project: Project
) -> None:
    one = file(tmp_path, track((0, 5, "walk"), people=("Ann",), tier="gait"))
    assert not says_tracks([one])
    usual = plan(tmp_path, project, one, tracks="refuse").apply(project)
    kept = plan(tmp_path, project, one).apply(project)
    assert kept == usual
    assert len(kept.tiers) == 1
    assert kept.track("one").video.people == ("Ann",)


def test_classes_that_overlap_are_of_the_fewest_tiers(
    tmp_path: Path, project: Project
) -> None:
    rows = [(0, 10, "walk"), (10, 20, "stand"), (5, 15, "look"), (12, 18, "talk")]
    one = file(tmp_path, track(*rows))
    found = plan(tmp_path, project, one)
    after = found.apply(project)
    assert [t.name for t in after.tiers] == ["Action", "look", "talk"]
    assert "New tiers: look, talk." in found.lines()
    spans = {
        project_.tier(v.tier).name: v.annotation.n_labelled
        for project_ in [after]
        for v in after.tracks_of("one")
    }
    assert spans == {"Action": 20, "look": 10, "talk": 6}


def test_a_table_of_ones_becomes_tiers(tmp_path: Path, project: Project) -> None:
    rows = ["frame,walk,look"] + [f"{n},{int(n < 20)},{int(n > 9)}" for n in range(N)]
    path = tmp_path / "one_labels.csv"
    path.write_text("\n".join(rows))
    assert OneHotCsv().name == "one-hot-csv"
    after = plan(tmp_path, project, load_label_file(path)).apply(project)
    counts = {
        t: v.annotation.n_labelled for v in after.tracks_of("one") for t in [v.tier]
    }
    assert counts == {"": 20, "look": 30}


def test_a_person_says_what_each_track_becomes(
    tmp_path: Path, project: Project
) -> None:
    tracks = [
        track((0, 5, "walk"), picks=("L",), tier="L"),
        track((2, 7, "hold"), picks=("R",), tier="R"),
        track((2, 7, "note"), picks=("N",), tier="N"),
    ]
    both = file(tmp_path, *tracks)
    found = plan(tmp_path, project, both)
    # The classes of L are those of the first tier.
    assert [(p.source.tier, p.target) for p in found.proposed] == [
        *(("L", TrackKey("Action")), ("R", TrackKey("R")), ("N", TrackKey("N")))
    ]
    assert [t.name for t in found.apply(project).tiers] == ["Action", "R", "N"]
    targets = (
        (TrackKey("L"), TrackKey("Action", "ann")),
        (TrackKey("R"), TrackKey("Action", "ben")),
        (TrackKey("N"), None),
    )
    after = plan(tmp_path, project, both, targets=targets).apply(project)
    assert list(said(after)) == [("one", "Action", "ann"), ("one", "Action", "ben")]
    assert len(after.tiers) == 1
    assert len(after.tracks_of("two")) == 1


def test_the_first_tier_of_an_empty_project_takes_the_name_of_one_like_it(
    tmp_path: Path, project: Project
) -> None:
    both = file(
        tmp_path,
        track((0, 5, "walk"), (5, 9, "hop"), picks=("gait",), tier="gait"),
        track((2, 7, "look"), picks=("gaze",), tier="gaze"),
    )
    found = plan(tmp_path, project, both)
    assert "The first tier is called gait." in found.lines()
    after = found.apply(project)
    assert [t.name for t in after.tiers] == ["gait", "gaze"]
    labelled = painted(project, 0, 5, 1, "two")
    after = plan(tmp_path, labelled, both).apply(labelled)
    assert [t.name for t in after.tiers] == ["Action", "gait", "gaze"]
    assert after.classes_of(TrackKey("gait")).names == ("walk", "hop")


def test_labels_that_are_there_keep_their_track(
    tmp_path: Path, project: Project
) -> None:
    """Nobody said whose they are, so no person of the file gets them."""
    project = painted(project, 0, 9, 1, "one")
    both = file(
        tmp_path,
        *(track((0, 5, "walk"), picks=(p,), people=(p,)) for p in ("ann", "ben")),
    )
    after = plan(tmp_path, project, both).apply(project)
    assert {k[2] for k in said(after)} == {"", "ann", "ben"}
    assert said(after)["one", "Action", ""][:9] == ["reach"] * 9


def test_all_tracks_become_one_where_a_person_says_so(
    tmp_path: Path, project: Project
) -> None:
    both = file(
        tmp_path,
        track((0, 5, "walk"), picks=("L",), tier="L"),
        track((5, 9, "reach"), picks=("R",), tier="R"),
    )
    assert {
        p.kind for p in plan(tmp_path, project, both, tracks="refuse").problems
    } == {"tracks"}
    after = plan(tmp_path, project, both, tracks="one").apply(project)
    assert said(after)["one", "Action", ""][:9] == ["walk"] * 5 + ["reach"] * 4
    with pytest.raises(ConfigError, match="tracks is 'many'"):
        ImportChoices(tracks="many")  # type: ignore[arg-type]


def test_names_of_tiers_in_elan_hold_what_and_who(tmp_path: Path) -> None:
    def tier(name: str, person: str = "") -> str:
        who = f' PARTICIPANT="{person}"' if person else ""
        return (
            f'<TIER TIER_ID="{name}" LINGUISTIC_TYPE_REF="gait"{who}><ANNOTATION>'
            f'<ALIGNABLE_ANNOTATION ANNOTATION_ID="{name}" TIME_SLOT_REF1="t1" '
            'TIME_SLOT_REF2="t2"><ANNOTATION_VALUE>walk</ANNOTATION_VALUE>'
            "</ALIGNABLE_ANNOTATION></ANNOTATION></TIER>"
        )

    path = tmp_path / "one.eaf"
    tiers = (
        *(tier("hand@Ann"), tier("Ben_hand", "Ben"), tier("Cy", "Cy")),
        *(tier("left hand"), tier("annotation")),
    )
    path.write_text(
        '<ANNOTATION_DOCUMENT><HEADER/><TIME_ORDER><TIME_SLOT TIME_SLOT_ID="t1" '
        'TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="t2" TIME_VALUE="900"/></TIME_ORDER>'
        + "".join(tiers)
        + "</ANNOTATION_DOCUMENT>"
    )
    found = [(t.tier, t.people) for t in load_label_file(path).tracks]
    assert found == [
        *(("hand", ("Ann",)), ("hand", ("Ben",)), ("gait", ("Cy",))),
        *(("left hand", ()), ("", ())),
    ]


def test_subjects_and_categories_of_boris_are_people_and_tiers(
    tmp_path: Path, project: Project
) -> None:
    events = [
        *([0, "Ann", "walk", "", ""], [2, "Ann", "walk", "", ""]),
        *([1, "Ann", "look", "far", "odd"], [3, "Ann", "look", "far", ""]),
        *([1, "", "walk", "", ""], [2, "", "walk", "", ""]),
    ]
    made = {"type": "MEDIA", "file": {"1": ["one.mp4"]}, "events": events}
    behaviours = {
        "0": {"code": "walk", "type": "State event", "category": "Gait"},
        "1": {"code": "look", "type": "State event", "category": "Gaze"},
    }
    value = {"behaviors_conf": behaviours, "observations": {"o": made}}
    path = tmp_path / "one.boris"
    path.write_text(json.dumps(value))
    found = plan(tmp_path, project, load_label_file(path))
    assert found.notes == ("Not imported, with the number of labels: modifiers 1.",)
    after = found.apply(project)
    assert set(said(after)) == {
        *(("one", "Action", ""), ("one", "Gaze", ""), ("one", "Gait (scene)", ""))
    }
    assert after.video("one").people == ("Ann",)


def two_observations(path: Path) -> LabelFile:
    """Observations of one film as in BORIS's test.boris: 18 events are of nobody."""
    subjects = {
        **{"first": {"subject1": [3, 7, 9, 16, 18, 24], "subject2": [38, 39]}},
        "second": {
            "": [0, 2, 3, 5, 6, 8, 10, 12, 13, 15, 35, 37],
            **{"subject1": [25, 26, 27, 29], "subject2": [28, 29, 33, 34]},
        },
    }
    points = {"": [9, 16, 17, 30, 31, 32], "subject2": [31, 32]}
    value = {
        "behaviors_conf": {
            "0": {"code": "s", "type": "State event"},
            "1": {"code": "p", "type": "Point event"},
        },
        "observations": {
            name: {
                "type": "MEDIA",
                "file": {"1": ["one.mp4"]},
                "events": [
                    [at / 10, who, code, "", ""]
                    for code, own in (("s", states), ("p", points))
                    for who, times in own.items()
                    for at in times
                    if code == "s" or name == "second"
                ],
            }
            for name, states in subjects.items()
        },
    }
    path.write_text(json.dumps(value))
    return load_label_file(path)


def test_events_of_nobody_stay_those_of_nobody(
    tmp_path: Path, project: Project
) -> None:
    one = two_observations(tmp_path / "test.boris")
    fresh = replace(project_for(tmp_path / "q", [one]), tracks=(item("one"),))
    first = plan(tmp_path, fresh, one, new=True, picks=("first",)).apply(fresh)
    found = plan(tmp_path, first, one, picks=("second",), existing="fill")
    assert not found.problems
    after = found.apply(first)
    assert {t.name: t.of for t in after.tiers} == {
        **{"Action": "person", "Scene": "scene"},
        **{"Points": "person", "Points (scene)": "scene"},
    }
    written(Boris(), after, tmp_path / "out", "one")
    (path,) = (tmp_path / "out").glob("*.boris")
    (made,) = json.loads(path.read_text())["observations"].values()
    counts = Counter(event[1] for event in made["events"])
    assert counts == {"": 18, "subject1": 10, "subject2": 8}


def test_observations_and_subjects_are_never_poured_into_one_lane(
    tmp_path: Path, project: Project
) -> None:
    one = two_observations(tmp_path / "test.boris")
    (problem,) = plan(tmp_path, project, one, existing="fill").problems
    assert "labels one several times: 'first', 'second'; choose one" in problem.text
    first = {"picks": ("first",), "tracks": "refuse"}
    (problem,) = plan(tmp_path, project, one, **first).problems
    assert problem.kind == "tracks"
    assert "'first, subject1', 'first, subject2'; choose one" in problem.text
    into_one = plan(tmp_path, project, one, picks=("first",), tracks="one")
    assert not into_one.problems
    before = plan(tmp_path, project, one, picks=("first",)).apply(project)
    after = plan(tmp_path, before, one, picks=("second",), annotator="eva")
    lanes = after.apply(before).track("one").lanes
    assert (lanes[ANNOTATION], "annotator:eva" in lanes) == (
        before.track("one").annotation,
        True,
    )


def test_notes_are_of_what_was_picked(tmp_path: Path, project: Project) -> None:
    path = tmp_path / "test.boris"
    two_observations(path)
    value = json.loads(path.read_text())
    events = value["observations"]["first"]["events"]
    live = {"type": "LIVE", "events": events}
    value["observations"] |= {"live": live, "mine": {**live, "type": "MEDIA"}}
    value["observations"]["mine"]["file"] = {"1": ["one.mp4"]}
    value["observations"]["mine"]["events"] = [*events, [1.0, "subject2", "p", "", ""]]
    path.write_text(json.dumps(value))
    one = load_label_file(path)
    points = "Point events have no duration and were left out: p {}."
    said = {
        picks: plan(tmp_path, project, one, picks=picks, tracks="one").notes
        for picks in (("first",), ("mine", "subject1"), ("mine",), ("live",))
    }
    assert said.pop(("live",))[0].startswith("Observation 'live' was live")
    assert [*said.values()] == [(), (), (points.format(1),)]
    assert points.format(9) in plan(tmp_path, project, one, tracks="one").notes


def test_one_subject_is_not_put_into_the_track_of_another(
    tmp_path: Path, project: Project
) -> None:
    project = name_person(project, "one", "anna")
    for who, refused in (("Ben", True), ("Anna", False)):
        one = file(tmp_path, track((0, 5, "walk"), people=(who,)))
        found = plan(tmp_path, project, one, tracks="refuse")
        assert [p.kind for p in found.problems] == ["tracks"] * refused


def test_labels_of_nobody_are_never_those_of_the_first_person(
    tmp_path: Path, project: Project
) -> None:
    project = name_person(project, "one", "anna")
    nobody = track((0, 5, "walk"), picks=("N",))
    remark = track((1, 2, "odd"), picks=("C",), tier="Gone", what="comments")
    alone = plan(tmp_path, project, file(tmp_path, nobody)).apply(project)
    assert list(said(alone)) == [("one", "Action", "anna")]
    for who, media in (("anna", ""), ("ben", ""), ("ben", "two")):
        other = track((0, 9, "reach"), picks=("P",), people=(who,), media=media)
        names = {"media": "one"} if media else {}
        parts = [replace(t, **names) for t in (nobody, remark)]
        found = plan(tmp_path, project, file(tmp_path, other, *parts))
        after = found.apply(project)
        assert said(after)["one", "Scene", ""][:6] == ["walk"] * 5 + [""]
        assert "walk" not in said(after).get(("one", "Action", "anna"), ())
        assert [c.track for c in after.video("one").comments] == [None]


def test_what_cannot_be_one_track_is_said(tmp_path: Path, project: Project) -> None:
    both = file(
        tmp_path,
        track((0, 5, "walk"), picks=("L",), tier="L"),
        track((2, 7, "reach"), picks=("R",), tier="R"),
    )
    targets = ((TrackKey("L"), TrackKey("Action")), (TrackKey("R"), TrackKey("Action")))
    (problem,) = plan(tmp_path, project, both, targets=targets).problems
    assert problem.kind == "overlap"
    bad = ((TrackKey("L"), TrackKey("x" * 200)),)
    (problem,) = plan(tmp_path, project, both, targets=bad).problems
    assert "cannot name a tier" in problem.text


def test_two_files_of_one_track_are_refused(tmp_path: Path, project: Project) -> None:
    names = ("one.csv", "one.segments.csv")
    files = [file(tmp_path, track((0, 5, "walk")), name=name) for name in names]
    (problem,) = plan(tmp_path, project, *files).problems
    assert "one.csv, one.segments.csv all label one; import one" in problem.text


# -- points and comments ------------------------------------------------------------


def with_points(project: Project) -> Project:
    """Contacts of Anna and Ben, two of them in one frame, and comments."""
    project = add_tier(two_by_two(project), "Contact", kind="points")
    project = add_class(project, "off", tier="Contact")
    touch, off = project.classes_of(TrackKey("Contact")).ids
    project = edit_points(
        project,
        "one@Contact@anna",
        lambda _: [Point(0, touch), Point(7, touch), Point(7, off), Point(39, off)],
    )
    project = edit_points(project, "one@Contact@ben", lambda _: [Point(3, touch)])
    comments = [
        Comment(2, 3, None, "dark", "", ""),
        Comment(2, 3, "one@Left_hand@ben", "odd, or not?", "", ""),
        Comment(8, 9, "one", "why", "", ""),
    ]
    return add_comments(project, "one", comments)


def beside(project: Project) -> tuple[object, object]:
    """Points by tier, person, frame and class; comments by tier, person and frames."""
    items = {v.id: v for v in project.tracks_of("one")}
    names = {i: (project.tier(v.tier).name, v.person) for i, v in items.items()}
    marks = {
        (*names[i], m.frame, project.name_of(m.class_id))
        for i, v in items.items()
        for m in v.marks
    }
    comments = {
        (names.get(c.track or ""), c.start, c.stop, c.text)
        for c in project.video("one").comments
    }
    return marks, comments


@pytest.mark.parametrize("form", [Eaf(), Boris()], ids=lambda f: f.name)
def test_points_and_comments_come_back_too(
    tmp_path: Path, project: Project, form: LabelFormat
) -> None:
    before = with_points(project)
    files = written(form, before, tmp_path / "out", "one")
    fresh = replace(project_for(tmp_path / "q", files), tracks=(item("one"),))
    found = plan(tmp_path, fresh, *files, new=True)
    assert not found.problems
    after = found.apply(fresh)
    assert beside(after) == beside(before)
    assert said(after) == {k: v for k, v in said(before).items() if k[0] == "one"}
    assert {t.name: t.kind for t in after.tiers}["Contact"] == "points"
    assert {"5 points to add.", "3 comments to add."} <= set(found.lines())
    without = plan(tmp_path, fresh, *files, new=True, tracks="one", overlap="last")
    assert any("left out: " in note for note in without.notes)


def test_comments_of_boris_are_on_the_frames_of_their_state(
    tmp_path: Path, project: Project
) -> None:
    events = [
        *([0, "", "walk", "", "limps"], [2, "", "walk", "", ""]),
        [1, "", "call", "", "loud"],
    ]
    made = {"type": "MEDIA", "file": {"1": ["one.mp4"]}, "events": events}
    behaviours = {
        "0": {"code": "walk", "type": "State event"},
        "1": {"code": "call", "type": "Point event"},
    }
    value = {"behaviors_conf": behaviours, "observations": {"o": made}}
    path = tmp_path / "one.boris"
    path.write_text(json.dumps(value))
    one = load_label_file(path)
    usual = plan(tmp_path, project, one, tracks="refuse")
    assert "Point events have no duration and were left out: call 1." in usual.notes
    assert "Not imported, with the number of labels: comment 1." in usual.notes
    found = plan(tmp_path, project, one)
    assert not found.notes
    after = found.apply(project)
    assert said(after) == said(usual.apply(project))
    assert beside(after) == (
        {("Points", "", 10, "call")},
        {(None, 0, 20, "limps"), (None, 10, 11, "loud")},
    )


def test_free_text_becomes_comments_or_classes_as_a_person_says(
    tmp_path: Path, project: Project
) -> None:
    texts = [(n / 2, n / 2 + 0.5, f"sentence {n % 51}") for n in range(60)]
    text = track(*texts, (30, 31, " "), picks=("T",), tier="T", people=("Ann",))
    hand = track((0, 5, "walk"), picks=("H",), tier="H", people=("Ann",))
    one = file(tmp_path, text, hand)
    for tracks, picks in (("keep", ()), ("refuse", ("T",))):
        how = {"tracks": tracks, "picks": picks, "overlap": "last"}
        (problem,) = plan(tmp_path, project, one, **how).problems
        assert problem.kind == "text"
        assert "one.csv (T) has free text, 52 different labels of 61" in problem.text
        found = plan(tmp_path, project, one, text="comments", **how)
        assert (found.problems, found.classes) == ((), ())
        after = found.apply(project)
        assert len(after.video("one").comments) == 60
        assert {c.track for c in after.video("one").comments} == {None}
        assert list(said(after)) == [("one", "Action", "")] * (tracks == "keep")
    classes = plan(tmp_path, project, one, text="classes")
    assert len(classes.classes) > 20
    into_one = plan(tmp_path, project, one, text="comments", tracks="one")
    assert into_one.apply(project).label_map == project.label_map
    few = file(tmp_path, track(*texts[:50]))
    for other in (replace(one, classes=text.names), few):
        kinds = {p.kind for p in plan(tmp_path, project, other).problems}
        assert kinds == {"overlap"}


def test_the_hands_and_the_trunk_of_tum_kitchen_are_one_import(
    project: Project, tmp_path: Path
) -> None:
    path = tmp_path / "one" / "labels.csv"
    path.parent.mkdir()
    rows = [
        f"{n},{1200 + 40 * n},{'Reaching' if n < 9 else ''},Reaching,StandingStill"
        for n in range(N)
    ]
    header = "instance,time,lefthand,righthand,trunk"
    path.write_text("\n".join([header, *rows]) + "\n")
    after = plan(tmp_path, project, load_label_file(path)).apply(project)
    assert said(after) == {
        ("one", "Left hand", ""): ["Reaching"] * 9 + [""] * (N - 9),
        ("one", "Right hand", ""): ["Reaching"] * N,
        ("one", "Trunk", ""): ["StandingStill"] * N,
    }
    path.write_text("\n".join([header, *rows[:3], "7,8"]) + "\n")
    with pytest.raises(FormatError, match=r"labels\.csv, line 5: it has 2 cells"):
        load_label_file(path)


def test_a_rate_that_differs_is_said_once_of_a_video(
    tmp_path: Path, project: Project
) -> None:
    """It was said of every track of the video: four times for two people, two tiers."""
    tracks = [
        track((0, 9, name), rate=12.0, people=(person,), tier=tier)
        for person in ("anna", "ben")
        for tier, name in (("Action", "walk"), ("Left hand", "hold"))
    ]
    found = plan(tmp_path, project, file(tmp_path, *tracks))
    assert len(found.videos) == 4
    lines = "\n".join(found.lines())
    assert lines.count("The file says 12 frames per second") == 1
    assert "one: ben, Left hand: 1 segment of one.csv" in lines
    assert "@" not in lines


def test_more_tiers_than_anybody_labels_are_refused_at_once(project: Project) -> None:
    tiers = tuple(NewTier(f"T{n}") for n in range(MOST_NEW_TIERS + 1))
    with pytest.raises(EditError, match="Pick the tiers that you need"):
        TrackEdits(tiers).apply(project)
    made = TrackEdits(tiers[:3]).apply(project)
    assert [tier.name for tier in made.tiers[1:]] == ["T0", "T1", "T2"]

"""Two people who are called the same, and people who are not seen: repaired."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint
from skelseg_core.poses.sequence import SubjectPick
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import add_video, edit_lane, set_people
from skelseg_core.project.repairs import repaired
from skelseg_core.project.track_edits import add_person, add_tier, name_person
from skelseg_core.project.tracks import VideoId
from tests.projects import item

V1 = VideoId("v1")


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    """A project of a video in which anna is seen, with a figure that is hers."""
    folder, before = create_project(tmp_path / "p", label_map_from_names(["walk"]))
    first = add_video(before, item("v1", 90))
    first = name_person(set_people(first, {V1: ["anna"]}), first.track_ids[0], "anna")
    first = with_body(first, "anna", 1)
    folder.save(first, before)
    return ProjectFolder(folder.root)


def with_body(project: Project, person: str, frame: int) -> Project:
    picks = [SubjectPick(frame, 10.0, 20.0)]
    return project.with_video(project.video(V1).with_body(person, picks))


def painted(project: Project, track_id: str, start: int, stop: int) -> Project:
    walk = project.label_map.ids[0]
    return edit_lane(project, track_id, lambda a: paint(a, start, stop, walk))


def frame_of(project: Project, track_id: str) -> list[int]:
    """List the frames by which the figure of a track's person is chosen."""
    return [pick.frame for pick in project.track(track_id).picks]


def edited(folder: ProjectFolder, change: Callable[[dict[str, Any]], object]) -> None:
    raw = json.loads(folder.project_file.read_text())
    change(raw)
    folder.project_file.write_text(json.dumps(raw))


def test_a_person_renamed_to_one_who_was_added_elsewhere_stays_another(
    folder: ProjectFolder,
) -> None:
    """Both keep their labels and the figure that each had, and it is said."""
    mine, theirs = ProjectFolder(folder.root), ProjectFolder(folder.root)
    here, there = mine.load(), theirs.load()
    renamed = painted(name_person(there, "v1", "ben"), "v1", 0, 10)
    theirs.save(renamed, there)
    added = painted(add_person(here, V1, "ben"), "v1@@ben", 20, 40)
    saved = mine.save(with_body(added, "ben", 2), here)
    assert any("'ben 2'" in note for note in saved.notes)
    now = ProjectFolder(folder.root).load()
    assert {v.id: (v.person, v.annotation.n_labelled) for v in now.tracks} == {
        "v1": ("ben 2", 10),
        "v1@@ben": ("ben", 20),
    }
    assert {"ben", "ben 2"} <= set(now.video(V1).people)
    assert (frame_of(now, "v1"), frame_of(now, "v1@@ben")) == ([1], [2])
    # Whoever renamed sees the same.
    back = theirs.save(painted(renamed, "v1", 50, 55), renamed).project
    assert back.track("v1").person == "ben 2"
    assert frame_of(back, "v1") == [1]


def test_two_people_renamed_to_the_same_by_two_stay_two(folder: ProjectFolder) -> None:
    before = folder.load()
    folder.save(add_person(before, V1, "ben"), before)
    mine, theirs = ProjectFolder(folder.root), ProjectFolder(folder.root)
    here, there = mine.load(), theirs.load()
    theirs.save(name_person(there, "v1", "carl"), there)
    saved = mine.save(name_person(here, "v1@@ben", "carl"), here)
    assert any("'carl 2'" in note for note in saved.notes)
    now = ProjectFolder(folder.root).load()
    assert [(v.id, v.person) for v in now.tracks] == [
        ("v1", "carl 2"),
        ("v1@@ben", "carl"),
    ]


def test_a_second_track_of_a_tier_and_person_gets_a_name_of_its_own(
    folder: ProjectFolder,
) -> None:
    """Also where several tiers of theirs are twice: these are of one person yet."""
    before = folder.load()
    folder.save(add_person(add_tier(before, "Left hand"), V1, "ben"), before)

    def twice(raw: dict[str, Any]) -> None:
        for track in raw["videos"][0]["tracks"]:
            track["person"] = "anna"

    edited(folder, twice)
    folder = ProjectFolder(folder.root)
    project = folder.load()
    assert [(v.tier, v.person) for v in project.tracks] == [
        ("", "anna"),
        ("Left_hand", "anna"),
        ("", "anna 2"),
        ("Left_hand", "anna 2"),
    ]
    assert project.video(V1).people == ("anna", "ben", "anna 2")
    assert not project.track("v1@@ben").picks
    (note,) = (note for note in folder.notes if "'anna 2'" in note)
    assert note.startswith("Two people of v1 were called anna")
    assert repaired(project) is project


def test_whoever_has_a_track_is_seen_in_the_video(folder: ProjectFolder) -> None:
    edited(folder, lambda raw: raw["videos"][0]["tracks"][0].update(person="zoe"))
    assert ProjectFolder(folder.root).load().video(V1).people == ("anna", "zoe")

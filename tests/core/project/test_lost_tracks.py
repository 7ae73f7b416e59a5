"""Labels of tracks that ``project.json`` lacks are found, and brought back."""

from __future__ import annotations

from pathlib import Path

import pytest

from skelseg_core.doctor.checkup import examine_project
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.lost_tracks import find_lost_tracks, with_lost_tracks
from skelseg_core.project.project_edits import add_video, edit_lane, set_people
from skelseg_core.project.track_edits import add_person, add_tier
from tests.projects import item

TRACK = "v1@Left_hand@ben_b"


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    """A project whose project.json went back to before its second tier and person."""
    folder, before = create_project(tmp_path / "p", label_map_from_names(["walk"]))
    first = add_video(add_video(before, item("v1", 90)), item("v2", 90))
    first = set_people(first, {"v1": ["anna"], "v2": ["ben b"]})
    saved = folder.save(first, before).project
    former = folder.project_file.read_bytes()
    project = add_person(add_tier(saved, "Left hand"), "v1", "ben b")
    hand = project.classes_of(TRACK).ids[0]
    project = edit_lane(project, TRACK, lambda a: paint(a, 3, 30, hand))
    folder.save(project, saved)
    folder.project_file.write_bytes(former)
    return ProjectFolder(folder.root)


def test_only_labels_of_a_video_that_is_there_are_lost(folder: ProjectFolder) -> None:
    labels = folder.labels_path(TRACK)
    labels.with_name("gone@Left_hand.json").write_bytes(labels.read_bytes())
    labels.with_name("v1@Right_hand.json").write_text("{}")
    (lost,) = find_lost_tracks(folder, folder.load())
    assert (lost.path, lost.track_id, lost.n_labelled) == (labels, TRACK, 27)


def test_a_lost_track_comes_back_with_tier_person_and_labels(
    folder: ProjectFolder,
) -> None:
    project = folder.load()
    assert not project.has(TRACK)
    made = with_lost_tracks(folder, project, find_lost_tracks(folder, project))
    saved = folder.save(made, project)
    assert not saved.notes
    again = ProjectFolder(folder.root).load()
    assert again == saved.project
    back = again.track(TRACK)
    assert back.annotation.n_labelled == 27
    assert back.person == "ben b"
    assert again.video("v1").people == ("anna", "ben b")
    assert again.tier(back.tier).name == "Left hand"
    (used,) = {*back.annotation.class_counts} - {None}
    assert used in again.classes_of(TRACK).ids
    assert not find_lost_tracks(folder, again)


def test_the_checkup_names_it_and_moves_nothing(folder: ProjectFolder) -> None:
    (found,) = [f for f in run(examine_project(folder.root)) if f.check == "lost track"]
    assert f"labels/{TRACK}.json has 27 labelled frames" in found.text
    assert found.fix is None

"""Labels of tracks that ``project.json`` lacks are found, and brought back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from skelseg_core.doctor.checkup import examine_project
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint
from skelseg_core.labels.points import Point
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.lost_tracks import find_lost_tracks, with_lost_tracks
from skelseg_core.project.project_edits import add_video, edit_lane, set_people
from skelseg_core.project.track_edits import add_person, add_tier
from tests.projects import item

TRACK = "v1@Left_hand@ben_b"
SIGNALS = "v1@Signals"


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


def test_lost_points_come_back_with_a_tier_of_points(tmp_path: Path) -> None:
    folder, empty = create_project(tmp_path / "q", label_map_from_names(["walk"]))
    before = folder.save(add_video(empty, item("v1", 90)), empty).project
    former = folder.project_file.read_bytes()
    project = add_tier(before, "Signals", of="scene", kind="points")
    signal = project.classes_of(SIGNALS).ids[0]
    track = project.track(SIGNALS)
    marked = replace(track, marks=(Point(7, signal), Point(9, signal)))
    folder.save(project.with_tracks(marked), before)
    folder.project_file.write_bytes(former)
    folder = ProjectFolder(folder.root)
    project = folder.load()
    lost = {v.track_id: v for v in find_lost_tracks(folder, project)}
    assert lost[SIGNALS].n_labelled == 2
    made = with_lost_tracks(folder, project, lost.values())
    folder.save(made, project)
    back = ProjectFolder(folder.root).load()
    assert back.tier("Signals").kind == "points"
    assert [mark.frame for mark in back.track(SIGNALS).marks] == [7, 9]
    assert set(back.classes_of(SIGNALS).ids) == {signal}

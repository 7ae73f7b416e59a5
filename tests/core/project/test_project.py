from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.errors import EditError, ProjectError
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project, new_project
from skelseg_core.project.project_edits import (
    accept_prediction,
    add_video,
    remove_video,
    set_notes,
)
from tests.projects import N, changed, item, painted


def test_edits_are_refused_where_they_make_no_sense(
    made: tuple[ProjectFolder, Project],
) -> None:
    _, project = made
    with pytest.raises(EditError, match="already"):
        add_video(project, item("v1"))
    with pytest.raises(ProjectError, match="no video"):
        remove_video(project, "nobody")


def test_accepting_keeps_what_a_person_said(
    made: tuple[ProjectFolder, Project],
) -> None:
    _, project = made
    project = painted(project, 10, 20, 1)
    predicted = Segmentation.from_frames(np.full(N, 2), "model")
    after = accept_prediction(project, "v1", predicted)
    after = after.track("v1").annotation.to_frames()
    np.testing.assert_array_equal(after[10:20], 1)
    np.testing.assert_array_equal(np.delete(after, range(10, 20)), 2)


def test_a_video_is_found_by_its_id_in_every_value(
    made: tuple[ProjectFolder, Project],
) -> None:
    _, project = made
    assert [project.find(v.id) for v in project.tracks] == list(project.tracks)
    assert project.has("v1")
    assert project.find("nobody") is None
    after = remove_video(set_notes(project, "v2", "twice"), "v1")
    assert after.find("v1") is None
    assert not after.has("v1")
    assert after.track("v2").video.notes == "twice"
    assert project.track("v2").video.notes == ""
    assert after != project
    assert replace(project) == project


@given(st.text())
def test_notes_are_kept_line_by_line(text: str) -> None:
    project = add_video(new_project("p", label_map_from_names("ab")), item("v1"))
    after = set_notes(project, "v1", text)
    kept = after.track("v1").video.notes
    wanted = [line.split() for line in text.splitlines()]
    found = [line.split() for line in kept.splitlines()]
    assert [w for w in found if w] == [w for w in wanted if w]
    assert kept == kept.strip()
    assert set_notes(after, "v1", kept) is after
    assert set_notes(after, "v1", " \n ").track("v1").video.notes == ""
    assert changed(after.track("v1"), notes="") == project.track("v1")


def test_notes_of_half_a_character_can_be_saved(
    made: tuple[ProjectFolder, Project],
) -> None:
    folder, project = made
    folder.save(set_notes(project, "v2", "a\ud83d b"), project)
    assert ProjectFolder(folder.root).load().track("v2").video.notes == "a? b"


def test_a_film_that_moved_leaves_the_others_of_its_video() -> None:
    video = item("v1").video
    both = replace(video, films=(*video.films, replace(video.films[0], path="b.mp4")))
    moved = both.with_film(path="c.mp4")
    assert [film.path for film in moved.films] == ["c.mp4", "b.mp4"]

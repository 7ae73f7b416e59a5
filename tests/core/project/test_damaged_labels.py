"""A damaged label file is one whose labels are not known; it is never overwritten."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skelseg_core.errors import EditError, FormatError, ProjectError
from skelseg_core.labels.edits import paint
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import run
from skelseg_core.project.changes_by_others import read_outside
from skelseg_core.project.copies.conflict_files import find_conflicts
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.history.journal import Journal
from skelseg_core.project.parts import changed_parts
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import (
    add_annotator_lane,
    check_labels,
    edit_lane,
    give_up_labels,
)
from skelseg_core.project.videos_and_tracks import annotator_lane
from tests.journals import replayed
from tests.projects import N, make_project, painted

ANNA = annotator_lane("anna")
WHOLE = Segmentation.unlabelled(N)


DAMAGES: dict[str, Callable[[str], str]] = {
    "cut": lambda text: text[: len(text) // 2],
    "empty": lambda text: "",
    "power cut": lambda text: "\0" * len(text),
    "git": lambda text: text.replace(
        "{", "<<<<<<< HEAD\n{\n=======\n{\n>>>>>>> theirs\n", 1
    ),
    "another length": lambda text: text.replace(f'"stop": {N}', f'"stop": {N + 1}'),
    "marks": lambda text: text.replace('"annotator"', '"marks": 7, "annotator"', 1),
    "another thing": lambda text: "[]",
}


@pytest.fixture(params=DAMAGES)
def damaged(request: pytest.FixtureRequest, tmp_path: Path) -> ProjectFolder:
    """v1 and v2 are labelled, v1 by anna, too; both label files of v1 are damaged."""
    folder, before = make_project(tmp_path / "p")
    project = painted(painted(before, 5, 20, 0), 5, 20, 1, "v2")
    project = signed(project)
    project = add_annotator_lane(project, "v1", "anna", paint(WHOLE, 0, 5, 1))
    folder.save(project, before)
    for path in (folder.labels_path("v1"), folder.annotator_path("v1", "anna")):
        text, made = path.read_text(), DAMAGES[request.param]
        damage = made(text)
        if request.param == "marks" and damage == text:
            continue  # only one's own label file has marks
        assert damage != text
        path.write_text(damage)
    return ProjectFolder(folder.root)


def signed(project: Project) -> Project:
    return project.with_tracks(project.track("v1").with_said(annotator="eva"))


def own(folder: ProjectFolder) -> bytes:
    return folder.labels_path("v1").read_bytes()


def beside(folder: ProjectFolder) -> list[bytes]:
    found = folder.labels_path("v1").parent.glob("v1.conflict-*.json")
    return [path.read_bytes() for path in found]


def test_it_is_said_with_its_file_and_the_rest_opens(damaged: ProjectFolder) -> None:
    was, project = own(damaged), damaged.load()
    item = project.track("v1")
    assert ANNOTATION in item.missing
    said = item.why_missing(ANNOTATION)
    assert said.startswith("The label file of v1 is damaged (")
    assert "v1.json" in said
    with pytest.raises(EditError, match="v1 is damaged"):
        painted(project, 0, 5, 1)
    with pytest.raises(ProjectError, match="restore v1 from a backup"):
        check_labels(project.tracks)
    # The rest is edited and saved, also whole, and the damaged file stays.
    edited = painted(project, 30, 40, 2, "v2")
    assert not damaged.save(edited, project).notes
    damaged.save(edited)
    assert own(damaged) == was
    assert not beside(damaged)
    again = ProjectFolder(damaged.root).load()
    assert again.track("v2") == edited.track("v2")
    assert again.track("v1").damaged == item.damaged


def test_labels_given_up_are_kept_beside(damaged: ProjectFolder) -> None:
    was, project = own(damaged), damaged.load()
    given_up = give_up_labels(project, "v1")
    assert not given_up.track("v1").missing
    (note,) = damaged.save(given_up, project).notes
    (kept,) = beside(damaged)
    assert kept == was
    assert "v1.conflict-" in note
    again = ProjectFolder(damaged.root).load()
    assert not again.track("v1").missing
    # Nobody can read it, so that it does not become a lane.
    assert not [c for c in find_conflicts(damaged, again) if c.labels.n_labelled == 0]


def test_labels_of_an_annotator_are_kept_beside(damaged: ProjectFolder) -> None:
    project, path = damaged.load(), damaged.annotator_path("v1", "anna")
    if ANNA not in project.track("v1").missing:
        return
    was, lane = path.read_bytes(), paint(WHOLE, 7, 9, 1)
    assert "The label file of anna of v1" in project.track("v1").why_missing(ANNA)
    merged = add_annotator_lane(project, "v1", "anna", lane)
    damaged.save(merged, project)
    (kept,) = path.parent.glob("v1.conflict-*.json")
    assert kept.read_bytes() == was
    assert ProjectFolder(damaged.root).load().track("v1").lanes[ANNA] == lane


def test_a_journal_brings_labels_back_and_the_file_is_kept_beside(
    tmp_path: Path,
) -> None:
    folder, project = make_project(tmp_path / "p")
    journal = Journal(tmp_path / "journal.jsonl", folder)
    journal.record("Paint", changed_parts(project, painted(project, 3, 9, 2)))
    journal.close()
    folder.labels_path("v1").write_text("{")
    folder = ProjectFolder(folder.root)
    now = folder.load()
    found = replayed(now, journal, folder)
    assert set(found.track("v1").annotation.to_frames()[3:9]) == {2}
    folder.save(found, now)
    assert beside(folder) == [b"{"]


def seen(folder: ProjectFolder, known: Project) -> Project:
    """The project as another window sees it after a look."""
    path = folder.labels_path("v1")
    change = read_outside(folder, known, [path])
    assert not change.unreadable
    change.note_as_seen(folder)
    return change.theirs


def test_a_whole_file_that_is_put_back_is_taken_in(damaged: ProjectFolder) -> None:
    project = damaged.load()
    assert seen(damaged, project) is project
    assert run(damaged.find_missing(project)) == {}
    other = ProjectFolder(damaged.root)
    theirs = other.load()
    mended = edit_lane(give_up_labels(theirs, "v1"), "v1", lambda s: paint(s, 1, 4, 2))
    other.save(mended, theirs)
    now = seen(damaged, project)
    assert ANNOTATION not in now.track("v1").missing
    assert now.track("v1").annotation == mended.track("v1").annotation
    # The whole file is known: no copy of it is made.
    before = beside(damaged)
    damaged.save(painted(now, 30, 40, 0), now)
    assert beside(damaged) == before


def test_damage_while_it_is_open_is_kept_beside(tmp_path: Path) -> None:
    folder, before = make_project(tmp_path / "p")
    project = painted(before, 5, 20, 0)
    folder.save(project, before)
    folder.labels_path("v1").write_text("{")
    change = read_outside(folder, project, [folder.labels_path("v1")])
    assert change.theirs is project
    assert list(change.unreadable) == [folder.labels_path("v1")]
    edited = painted(project, 30, 40, 1)
    folder.save(edited, project)
    assert beside(folder) == [b"{"]
    assert ProjectFolder(folder.root).load().track("v1") == edited.track("v1")


def test_a_file_that_is_damaged_where_none_was_is_said(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    folder.labels_path("v1").unlink()
    folder.labels_path("v2").rename(tmp_path / "v2.json")
    folder = ProjectFolder(folder.root)
    project = folder.load()
    folder.labels_path("v1").write_text("{")
    with pytest.raises(FormatError, match=r"v1\.json, line 1"):
        run(folder.find_missing(project))
    (tmp_path / "v2.json").rename(folder.labels_path("v2"))
    found = run(folder.find_missing(project))
    assert found.keys() == {"v2"}
    assert folder.with_found(project, found).track("v1").missing


def test_marks_that_do_not_fit_leave_the_file_missing(tmp_path: Path) -> None:
    folder, before = make_project(tmp_path / "p")
    folder.save(signed(before), before)
    path = folder.labels_path("v1")
    text = DAMAGES["marks"](path.read_text())
    path.unlink()
    folder = ProjectFolder(folder.root)
    project = folder.load()
    path.write_text(text)
    with pytest.raises(FormatError, match=r"v1\.json is damaged"):
        run(folder.find_missing(project))
    folder.save(give_up_labels(project, "v1"), project)
    assert beside(folder) == [text.encode()]

"""A label file that is gone is no unlabelled video, and nothing is made of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from skelseg_core.cli.main import cli
from skelseg_core.errors import EditError, ProjectError
from skelseg_core.files import atomic_write
from skelseg_core.labels.edits import paint
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import run as finish
from skelseg_core.project.class_edits import delete_class
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.history.journal import Journal
from skelseg_core.project.imports.project_labels import project_labels
from skelseg_core.project.parts import changed_parts
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import (
    add_annotator_lane,
    edit_lane,
    give_up_labels,
    labels_found,
    set_lane,
)
from skelseg_core.project.videos_and_tracks import annotator_lane
from skelseg_core.tasks.predict import predict
from skelseg_core.tasks.train import train, with_labels
from tests.journals import replayed
from tests.projects import N, make_project, painted


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    """v1 is labelled and its label file gone."""
    folder, project = make_project(tmp_path / "p")
    folder.save(painted(project, 5, 20, 0), project)
    folder.labels_path("v1").rename(tmp_path / "v1.json")
    return ProjectFolder(folder.root)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments])


def refusal(edit: object, *arguments: object) -> str:
    with pytest.raises(EditError) as caught:
        edit(*arguments)  # type: ignore[operator]
    return str(caught.value)


def test_it_cannot_be_edited(folder: ProjectFolder) -> None:
    project = folder.load()
    assert project.track("v1").missing == {ANNOTATION}
    assert not project.track("v2").missing
    whole = Segmentation.unlabelled(N)
    for said in (
        refusal(edit_lane, project, "v1", lambda s: paint(s, 0, 5, 1)),
        refusal(set_lane, project, "v1", ANNOTATION, whole),
    ):
        assert said.startswith("The label file of v1 is missing; put it back")
    assert "All label files of v2 exist" in refusal(give_up_labels, project, "v2")
    # What is said of the classes does not touch it.
    merged = delete_class(project, 0, 1)
    folder.save(merged, project)
    assert not folder.labels_path("v1").exists()
    again = ProjectFolder(folder.root).load()
    assert again.track("v1").missing


def test_saving_all_does_not_make_it(folder: ProjectFolder) -> None:
    folder.save(folder.load())
    assert not folder.labels_path("v1").exists()


def test_it_comes_back_in_the_classes_of_now(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    project = folder.load()
    merged = delete_class(project, 0, 1)
    folder.save(merged, project)
    assert finish(folder.find_missing(merged)) == {}
    (tmp_path / "v1.json").rename(folder.labels_path("v1"))
    found = finish(folder.find_missing(merged))
    after = labels_found(merged, found).track("v1")
    assert not after.missing
    assert set(after.annotation.to_frames()[5:20]) == {1}


def test_of_another_length(folder: ProjectFolder) -> None:
    lane = Segmentation.unlabelled(N + 1)
    project = folder.load()
    with pytest.raises(ProjectError, match="covers 61 frames, the video has 60"):
        labels_found(project, {"v1": {ANNOTATION: lane}})


def test_a_link_to_content_that_is_elsewhere(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    """As git-annex and DataLad have it: nothing is written under their names."""
    store = tmp_path / "objects"
    store.mkdir()
    path = folder.labels_path("v1")
    path.symlink_to(store / "SHA256-1")
    project = folder.load()
    assert project.track("v1").missing
    given_up = give_up_labels(project, "v1")
    folder.save(given_up, project)
    assert not list(store.iterdir())
    assert path.is_file()
    assert not path.is_symlink()
    again = ProjectFolder(folder.root).load().track("v1")
    assert not again.missing
    assert again.annotation.n_labelled == 0


def test_a_link_that_is_good_keeps_pointing(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "there")
    atomic_write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there").read_text() == "new"


def test_a_content_that_is_dropped_while_it_is_open(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    project = folder.load()
    path = folder.labels_path("v1")
    path.unlink()
    path.symlink_to(tmp_path / "nowhere")
    notes = folder.save(painted(project, 0, 5, 1), project).notes
    assert not (tmp_path / "nowhere").exists()
    assert not notes  # it was about to be written anyway
    folder.labels_path("v2").unlink()
    assert "v2.json" in folder.save(project, project).notes[0]
    assert not ProjectFolder(folder.root).load().track("v2").missing


def test_another_annotator(tmp_path: Path) -> None:
    folder, before = make_project(tmp_path / "p")
    lane = Segmentation.unlabelled(N)
    project = add_annotator_lane(before, "v1", "anna", paint(lane, 0, 5, 1))
    folder.save(project, before)
    folder.annotator_path("v1", "anna").unlink()
    folder = ProjectFolder(folder.root)
    project = folder.load()
    assert project.track("v1").missing == {annotator_lane("anna")}
    painted(project, 0, 5, 1)  # one's own labels are there
    # Her labels can be brought in once more, and they can be given up.
    again = add_annotator_lane(project, "v1", "anna", lane)
    assert not again.track("v1").missing
    without = give_up_labels(project, "v1").track("v1")
    assert not without.annotators
    assert not without.missing


def test_recovered_edits_bring_it_back(tmp_path: Path) -> None:
    """A video was added and labelled, and the session cut off before it was saved."""
    other, project = make_project(tmp_path / "q")
    journal = Journal(tmp_path / "journal.jsonl", other)
    journal.record("Paint", changed_parts(project, painted(project, 3, 9, 2)))
    journal.close()
    other.labels_path("v1").unlink()
    other = ProjectFolder(other.root)
    found = replayed(other.load(), journal, other).track("v1")
    assert not found.missing
    assert set(found.annotation.to_frames()[3:9]) == {2}


def test_nothing_of_it_is_recorded(folder: ProjectFolder, tmp_path: Path) -> None:
    project = folder.load()
    given_up = give_up_labels(project, "v1")
    journal = Journal(tmp_path / "journal.jsonl", folder)
    journal.record("Undo", changed_parts(given_up, project))
    journal.close()
    assert replayed(folder.load(), journal, folder).track("v1").missing


def test_commands_say_it_and_make_nothing_of_it(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    root, out = folder.root, tmp_path / "out"
    result = run("export", root, "--out", out)
    assert result.exit_code == 2
    assert "The label files of v1 are missing; put them back" in result.output
    assert "--skip-missing" in result.output
    assert not out.exists()
    said = "The label file of v1 is missing; put it back"
    with pytest.raises(ProjectError, match=said):
        finish(train(str(root), "m", "keypoints"))
    with pytest.raises(ProjectError, match=said):
        finish(predict(str(root), "v1", "m"))
    _, project = make_project(tmp_path / "q")
    with pytest.raises(ProjectError, match=said):
        project_labels(root, project)


def test_a_training_leaves_it_out_and_says_so(folder: ProjectFolder) -> None:
    project = folder.load()
    labelled = painted(painted(project, 0, 20, 0, "v2"), 20, 60, 1, "v2")
    known, lost = with_labels(labelled, ())
    assert [v.id for v in known] == ["v2"]
    assert lost == ["v1"]
    with pytest.raises(ProjectError, match="label file of v1 is missing"):
        with_labels(labelled, ["v1", "v2"])

"""What belongs to one video lies in that video's file, and nowhere else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from skelseg_core.errors import EditError
from skelseg_core.labels.edits import paint
from skelseg_core.poses.corrections import PlacedKeypoint
from skelseg_core.poses.sequence import SubjectPick
from skelseg_core.progress import run
from skelseg_core.project.changes_by_others import changed_paths, read_outside, take_in
from skelseg_core.project.claimed_edits import videos_to_claim
from skelseg_core.project.copies.backups import Backups
from skelseg_core.project.copies.conflict_files import find_conflicts
from skelseg_core.project.copies.restoring import restored, restored_video
from skelseg_core.project.copies.save_copy import save_copy
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.json import labels_text
from skelseg_core.project.lane_index import UnreadLane
from skelseg_core.project.parts import changed_parts, with_parts
from skelseg_core.project.project import (
    ANNOTATION,
    Project,
    correct,
    give_up_labels,
    pick_subject,
    set_blind,
    set_done,
    set_notes,
)
from tests.projects import make_project, painted

TODAY = Path(__file__).parent.parent / "golden" / "today"
WORK = {"annotator", "subject", "corrections", "notes", "done", "decisions", "people"}
Made = tuple[ProjectFolder, Project]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return make_project(tmp_path / "p")


@pytest.fixture
def old(tmp_path: Path) -> Made:
    """A project whose label files say labels alone, and project.json the rest."""
    folder = ProjectFolder(Path(shutil.copytree(TODAY, tmp_path / "old")))
    return folder, folder.load()


def header(folder: ProjectFolder, video: str) -> dict[str, Any]:
    raw = json.loads(folder.labels_path(video).read_text())
    assert isinstance(raw, dict)
    return {name: value for name, value in raw.items() if name in WORK}


def entry(folder: ProjectFolder, video: str) -> dict[str, Any]:
    entries = json.loads(folder.project_file.read_text())["videos"]
    (found,) = (dict(e) for e in entries if e["id"] == video)
    return found


def full(project: Project) -> Project:
    item = replace(
        project.track("v1"),
        picks=(SubjectPick(3, 1.5, 2.0),),
        corrections=(PlacedKeypoint(7, 0, 5, 11.0, 12.5),),
        notes="größer\nals",
        annotator="Jürgen",
        done=True,
        people=("ben", "P01"),
    )
    return project.with_tracks(item)


def files(root: Path) -> dict[str, bytes]:
    return {
        p.relative_to(root).as_posix(): p.read_bytes()
        for p in root.rglob("*.json")
        if ".claims" not in p.parts
    }


def test_a_new_project_says_nothing_of_it_in_its_project_file(made: Made) -> None:
    folder, project = made
    folder.save(full(project), project)
    assert not WORK & entry(folder, "v1").keys()
    assert header(folder, "v2") == {"annotator": "", "subject": []}
    said = header(folder, "v1")
    assert said["notes"] == "größer\nals"
    assert (said["annotator"], said["done"]) == ("Jürgen", True)
    assert "größer" in folder.labels_path("v1").read_text().splitlines()[0]
    for _ in range(2):  # the second one has an index
        assert ProjectFolder(folder.root).load() == full(project)


def test_an_edit_of_notes_writes_the_file_of_that_video_alone(made: Made) -> None:
    folder, project = made
    before = files(folder.root)
    folder.save(set_notes(project, "v1", "x"), project)
    after = files(folder.root)
    assert {n for n in after if before.get(n) != after[n]} == {"labels/v1.json"}


def test_files_of_other_annotators_say_nothing_of_it(old: Made) -> None:
    folder, project = old
    lane = project.track("b").lanes["annotator:anna"]
    edited = project.track("b").with_lane("annotator:anna", paint(lane, 3, 20, 0))
    folder.save(project.with_tracks(edited), project)
    raw = json.loads(folder.annotator_path("b", "anna").read_text())
    assert not WORK & raw.keys()


# -- projects whose label files do not say it yet -------------------------------------


# -- others -------------------------------------------------------------------------


def test_notes_against_notes_of_one_video_lose_none(made: Made) -> None:
    folder, project = made
    other = ProjectFolder(folder.root)
    theirs = other.load()
    other.save(set_notes(theirs, "v1", "theirs"), theirs)
    folder.save(set_notes(project, "v1", "mine"), project)
    now = ProjectFolder(folder.root)
    found = now.load()
    assert found.track("v1").notes == "mine"
    (conflict,) = find_conflicts(now, found)
    assert conflict.is_shown
    assert "theirs" in conflict.path.read_text()


def test_a_checkout_of_one_label_file_brings_its_notes(made: Made) -> None:
    folder, project = made
    path = folder.labels_path("v1")
    earlier = full(project)
    folder.save(earlier, project)
    text = path.read_bytes()
    later = painted(set_notes(earlier, "v1", "later"), 3, 9, 1)
    folder.save(later, earlier)
    path.write_bytes(text)
    change = read_outside(folder, later, changed_paths(folder)[0])
    assert change.theirs == earlier
    taken = take_in(folder, set_notes(later, "v2", "x"), later, change.theirs)
    assert taken.parts == {"work/v1", "lane/v1/annotation"}
    assert taken.project == set_notes(earlier, "v2", "x")
    assert change.note_as_seen(folder, taken.project, taken.mine) == ()
    assert folder.save(taken.project, change.theirs).notes == ()
    assert ProjectFolder(folder.root).load() == taken.project


def test_notes_that_both_edited_stay_mine_and_theirs_lie_beside(made: Made) -> None:
    folder, project = made
    other = ProjectFolder(folder.root)
    theirs = other.load()
    other.save(set_notes(theirs, "v1", "theirs"), theirs)
    mine = set_notes(project, "v1", "mine")
    change = read_outside(folder, project, changed_paths(folder)[0])
    taken = take_in(folder, mine, project, change.theirs)
    assert taken.mine == ("work/v1",)
    assert change.note_as_seen(folder, taken.project, taken.mine) == ()
    (note,) = folder.save(taken.project, change.theirs).notes
    (kept,) = folder.root.rglob("*.conflict-*")
    assert kept.name in note
    assert json.loads(kept.read_text())["notes"] == "theirs"
    assert header(folder, "v1")["notes"] == "mine"


def test_what_is_edited_of_a_video_that_others_hold_is_kept_beside(made: Made) -> None:
    folder, project = made
    folder.may_write = lambda video_id: video_id != "v1"
    before = files(folder.root)
    saved = folder.save(set_notes(project, "v1", "mine"), project)
    assert saved.project == project
    (kept,) = folder.taken["v1"]
    assert json.loads(kept.read_text())["notes"] == "mine"
    assert files(folder.root) == before | {f"labels/{kept.name}": kept.read_bytes()}


def test_all_that_is_said_of_a_video_needs_the_hold_on_it(made: Made) -> None:
    _, project = made
    signed = project.with_tracks(replace(project.track("v1"), annotator="anna"))
    for after in (set_notes(project, "v1", "x"), set_done(project, "v1"), signed):
        assert videos_to_claim(project, after) == ("v1",)


# -- files that are gone, damaged or not looked at -------------------------------------


def test_notes_and_marks_are_there_without_reading_label_files(made: Made) -> None:
    folder, project = made
    after = full(project)
    folder.save(after, project)
    ProjectFolder(folder.root).load()
    again = ProjectFolder(folder.root)
    found = again.load()
    assert (found.track("v1").notes, found.track("v1").done) == ("größer\nals", True)
    lanes = [v.annotation for v in found.tracks]
    assert all(isinstance(v, UnreadLane) and not v.is_read for v in lanes)


def gone(made: Made) -> tuple[ProjectFolder, Project, bytes]:
    """A project of which the label file of v1 is gone since it was full."""
    folder, project = made
    folder.save(full(project), project)
    path = folder.labels_path("v1")
    text = path.read_bytes()
    path.unlink()
    again = ProjectFolder(folder.root)
    return again, again.load(), text


def test_nothing_is_said_of_a_video_whose_label_file_is_gone(made: Made) -> None:
    _, known, _ = gone(made)
    edits: list[Callable[[Project], Project]] = [
        lambda p: set_notes(p, "v1", "x"),
        lambda p: set_done(p, "v1"),
        lambda p: pick_subject(p, "v1", SubjectPick(1, 2.0, 3.0)),
        lambda p: correct(p, "v1", PlacedKeypoint(1, 0, 0, 2.0, 3.0)),
    ]
    for edit in edits:
        with pytest.raises(EditError, match=r"label file of v1 is missing"):
            edit(known)
    given_up = give_up_labels(known, "v1")
    for edit in edits:
        assert edit(given_up) != given_up


def test_notes_stay_beside_where_finding_their_file_is_undone(made: Made) -> None:
    again, known, text = gone(made)
    path = again.labels_path("v1")
    path.write_bytes(text)
    found = again.with_found(known, run(again.find_missing(known)))
    again.save(found, known)
    undone = taken_back(again, known, found)
    assert undone == known
    assert len(again.save(undone, found).notes) == 1
    (kept,) = path.parent.glob("v1*")
    assert (kept.name != path.name, kept.read_bytes()) == (True, text)
    again.save(found, undone)
    assert path.read_bytes() == text


def test_undo_for_a_video_takes_no_label_file_in_that_is_there_again(
    made: Made,
) -> None:
    again, known, text = gone(made)
    moved = known.with_tracks(replace(known.track("v1"), path="x.mp4"))
    again.save(moved, known)
    again.labels_path("v1").write_bytes(text)
    undone = taken_back(again, known, moved)
    assert undone == known
    again.save(undone, moved)
    assert again.labels_path("v1").read_bytes() == text


def taken_back(folder: ProjectFolder, before: Project, after: Project) -> Project:
    """What undo makes of ``after``."""
    values = {part: c.old for part, c in changed_parts(before, after).items()}
    return with_parts(after, values, folder)


def test_a_label_file_that_is_there_again_brings_its_notes(made: Made) -> None:
    folder, project = made
    after = full(project)
    folder.save(after, project)
    path = folder.labels_path("v1")
    text = path.read_bytes()
    path.unlink()
    again = ProjectFolder(folder.root)
    known = again.load()
    assert known.track("v1").notes == ""
    path.write_bytes(text)
    found = again.with_found(known, run(again.find_missing(known)))
    assert found == after
    assert videos_to_claim(known, found) == ()


def test_a_label_file_taken_away_is_written_again_with_its_notes(made: Made) -> None:
    folder, project = made
    after = full(project)
    folder.save(after, project)
    path = folder.labels_path("v1")
    text = path.read_bytes()
    path.unlink()
    assert len(folder.write_lost(after)) == 1
    assert path.read_bytes() == text


def write_bare(folder: ProjectFolder, project: Project) -> None:
    """Another program writes the labels of v1, and nothing else."""
    text = labels_text("v1", project.track("v1").annotation)
    folder.labels_path("v1").write_text(text)


@pytest.mark.parametrize("labels", [False, True])
def test_notes_are_written_again_into_a_file_that_others_wrote_without(
    made: Made, labels: bool
) -> None:
    folder, project = made
    after = full(project)
    folder.save(after, project)
    theirs = painted(after, 3, 9, 1) if labels else after
    write_bare(folder, theirs)
    change = read_outside(folder, after, *changed_paths(folder))
    assert (change.theirs, change.unsaid) == (theirs, {"v1"})
    taken = take_in(folder, after, after, change.theirs)
    change.note_as_seen(folder, taken.project, taken.mine)
    folder.may_write = lambda _: False
    assert folder.write_lost(taken.project) == []
    folder.may_write = lambda _: True
    (note,) = folder.write_lost(taken.project)
    assert "v1.json" in note
    assert folder.write_lost(taken.project) == []
    assert ProjectFolder(folder.root).load() == theirs
    assert not [*folder.root.rglob("*.conflict-*")]


def test_a_label_file_copied_from_another_video_brings_its_labels_alone(
    made: Made,
) -> None:
    folder, project = made
    after = set_notes(painted(full(project), 3, 9, 1), "v2", "own")
    folder.save(after, project)
    shutil.copy(folder.labels_path("v1"), folder.labels_path("v2"))
    item = ProjectFolder(folder.root).load().track("v2")
    assert item.annotation == after.track("v1").annotation
    assert (item.notes, item.corrections, item.picks) == ("", (), ())
    change = read_outside(folder, after, *changed_paths(folder))
    assert change.theirs.track("v2").annotation == after.track("v1").annotation
    assert (change.theirs.track("v2").notes, change.unsaid) == ("own", {"v2"})
    change.note_as_seen(folder)
    folder.write_lost(change.theirs)
    assert ProjectFolder(folder.root).load() == change.theirs


def test_it_is_said_once_that_others_wrote_a_file_without_notes(made: Made) -> None:
    folder, project = made
    after = full(project)
    folder.save(after, project)
    ProjectFolder(folder.root).load()
    write_bare(folder, after)
    for n in (1, 0):
        again = ProjectFolder(folder.root)
        assert again.load().track("v1").notes == ""
        assert len(again.notes) == n


def test_damage_in_a_header_names_the_label_file(made: Made) -> None:
    folder, project = made
    folder.save(full(project), project)
    path = folder.labels_path("v1")
    path.write_text(path.read_text().replace('["point", 7', '["point", 700'))
    found = ProjectFolder(folder.root).load().track("v1")
    assert found.missing == {ANNOTATION}
    assert "labels/v1.json (" in found.why_missing(ANNOTATION)
    change = read_outside(folder, full(project), [path])
    assert change.theirs == full(project)
    assert list(change.unreadable) == [path]


# -- copies -------------------------------------------------------------------------


def test_a_backup_brings_notes_back(made: Made) -> None:
    folder, project = made
    after = full(project)
    folder.save(after, project)
    backups = Backups(folder, project.uuid)
    backup = backups.make("test")
    assert backup is not None
    later = set_notes(after, "v1", "later")
    folder.save(later, after)
    then = run(backups.then(backup))
    assert then == after
    assert restored_video(later, then, "v1").track("v1").notes == "größer\nals"


def test_notes_stay_where_a_backup_has_no_label_file(made: Made) -> None:
    folder, project = made
    folder.labels_path("v1").unlink()
    backup = Backups(folder, project.uuid).make("test")
    assert backup is not None
    then = run(Backups(folder, project.uuid).then(backup))
    assert then.track("v1").missing == {ANNOTATION}
    assert restored(full(project), then) == full(project)


def test_a_copy_of_a_project_says_it_in_label_files(old: Made, tmp_path: Path) -> None:
    folder, project = old
    run(save_copy(folder, project, tmp_path / "new"))
    copy = ProjectFolder(tmp_path / "new")
    there = copy.load()
    assert header(copy, "b")["notes"] == "dark"
    assert not WORK & entry(copy, "b").keys()
    blind = set_blind(there, True)
    copy.save(blind, there)
    assert not WORK & entry(copy, "b").keys()
    assert ProjectFolder(copy.root).load() == blind

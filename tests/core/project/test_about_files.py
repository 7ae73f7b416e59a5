"""What people say of a video is in a file of its own, and nowhere else."""

from __future__ import annotations

import errno
import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from skelseg_core.errors import EditError, ProjectError
from skelseg_core.labels.comments import Comment
from skelseg_core.poses.corrections import PlacedKeypoint
from skelseg_core.poses.sequence import SubjectPick
from skelseg_core.progress import run
from skelseg_core.project.changes_by_others import changed_paths, read_outside, take_in
from skelseg_core.project.claimed_edits import videos_to_claim
from skelseg_core.project.copies.backups import Backup, Backups
from skelseg_core.project.copies.conflict_files import find_conflicts, with_lanes_of
from skelseg_core.project.copies.restoring import restored, restored_video
from skelseg_core.project.copies.save_copy import save_copy
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.json import SAID, WORK, labels_text
from skelseg_core.project.lane_index import LaneIndex, UnreadLane
from skelseg_core.project.parts import changed_parts, with_parts
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import (
    add_annotator_lane,
    add_video,
    correct,
    give_up_labels,
    pick_subject,
    remove_video,
    set_done,
    set_notes,
    set_people,
)
from skelseg_core.project.tracks import video_hold
from skelseg_core.text_files import read_json
from tests.projects import changed, item, make_project, painted

HOLD = video_hold("v1")
SETTLED = 2_000_000_000
Made = tuple[ProjectFolder, Project]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return make_project(tmp_path / "p")


def about(folder: ProjectFolder, video: str = "v1") -> dict[str, Any]:
    raw = json.loads(folder.about_path(video).read_text())
    assert isinstance(raw, dict)
    return raw


def full(project: Project) -> Project:
    made = changed(
        project.track("v1"),
        picks=(SubjectPick(3, 1.5, 2.0),),
        corrections=(PlacedKeypoint(7, 0, 5, 11.0, 12.5),),
        notes="größer\nals",
        comments=(Comment(5, 6, None, "who?", "Eva", "2026-01-01T00:00:00+00:00"),),
        people=("ben", "P01"),
        annotator="Jürgen",
        done=True,
    )
    return project.with_tracks(made)


def files(root: Path) -> dict[str, bytes]:
    return {
        p.relative_to(root).as_posix(): p.read_bytes()
        for p in root.rglob("*.json")
        if ".claims" not in p.parts
    }


def save_other(root: Path, edit: Callable[[Project], Project]) -> None:
    """Save an edit from another window or the command line."""
    other = ProjectFolder(root)
    before = other.load()
    other.save(edit(before), before)


def conflicts(root: Path) -> list[Path]:
    return sorted(root.rglob("*.conflict-*"))


def test_each_file_says_what_is_its_own(made: Made) -> None:
    folder, project = made
    folder.save(full(project), project)
    entries = json.loads(folder.project_file.read_text())["videos"]
    labels = json.loads(folder.labels_path("v1").read_text())
    assert not {*SAID, *WORK} & {*entries[0], *entries[0]["tracks"][0]}
    assert {*SAID, *WORK} & labels.keys() == {"annotator", "done"}
    assert about(folder).keys() == {"schema", "video", *SAID}
    assert "größer" in folder.about_path("v1").read_text()
    for _ in range(2):  # the second one has an index
        assert ProjectFolder(folder.root).load() == full(project)


def test_there_is_no_file_until_something_is_said(made: Made) -> None:
    folder, project = made
    folder.save(painted(project, 3, 9, 1))
    assert not folder.about_path("v1").parent.exists()


def test_an_edit_of_notes_writes_the_file_of_that_video_alone(made: Made) -> None:
    folder, project = made
    before = files(folder.root)
    folder.save(set_notes(project, "v1", "x"), project)
    after = files(folder.root)
    assert {n for n in after if before.get(n) != after[n]} == {"about/v1.json"}


@pytest.mark.parametrize("whole", [False, True])
def test_notes_that_are_emptied_do_not_come_back(made: Made, whole: bool) -> None:
    folder, project = made
    noted = set_notes(project, "v1", "x")
    folder.save(noted, project)
    folder.save(project, None if whole else noted, noted)
    assert ProjectFolder(folder.root).load() == project


def test_it_is_there_without_reading_label_files(made: Made) -> None:
    folder, project = made
    folder.save(full(project), project)
    ProjectFolder(folder.root).load()
    found = ProjectFolder(folder.root).load()
    assert found.video("v1").is_same_said(full(project).video("v1"))
    lanes = [v.annotation for v in found.tracks]
    assert all(isinstance(v, UnreadLane) and not v.is_read for v in lanes)


def test_a_new_video_does_not_get_the_notes_of_a_removed_one(made: Made) -> None:
    folder, project = made
    noted = set_notes(project, "v1", "x")
    folder.save(noted, project)
    folder.save(remove_video(noted, "v1"), noted)
    folder = ProjectFolder(folder.root)
    known = folder.load()
    folder.save(add_video(known, item("v1")), known)
    assert ProjectFolder(folder.root).load().video("v1").notes == ""
    (kept,) = (folder.root / "about").glob("*.conflict-*")
    assert json.loads(kept.read_text())["notes"] == "x"


# -- others -------------------------------------------------------------------------


def test_notes_against_notes_of_one_video_lose_none(made: Made) -> None:
    folder, project = made
    save_other(folder.root, lambda p: set_notes(p, "v1", "theirs"))
    (note,) = folder.save(set_notes(project, "v1", "mine"), project).notes
    assert ProjectFolder(folder.root).load().video("v1").notes == "mine"
    (kept,) = conflicts(folder.root)
    assert kept.name in note
    assert json.loads(kept.read_text())["notes"] == "theirs"


def test_notes_against_labels_of_one_video_are_both_there(made: Made) -> None:
    folder, project = made
    save_other(folder.root, lambda p: painted(p, 3, 9, 1))
    assert folder.save(set_notes(project, "v1", "mine"), project).notes == ()
    found = ProjectFolder(folder.root).load()
    assert found.video("v1").notes == "mine"
    assert found.track("v1").annotation.n_labelled == 6


def test_a_checkout_of_one_file_brings_its_notes(made: Made) -> None:
    folder, project = made
    path = folder.about_path("v1")
    earlier = full(project)
    folder.save(earlier, project)
    text = path.read_bytes()
    later = painted(set_notes(earlier, "v1", "later"), 3, 9, 1)
    folder.save(later, earlier)
    path.write_bytes(text)
    change = read_outside(folder, later, changed_paths(folder)[0])
    assert change.theirs == painted(earlier, 3, 9, 1)
    taken = take_in(folder, set_notes(later, "v2", "x"), later, change.theirs)
    assert taken.parts == {"about/v1"}
    assert taken.project == set_notes(change.theirs, "v2", "x")
    assert change.note_as_seen(folder, taken.project, taken.mine) == ()
    assert folder.save(taken.project, change.theirs).notes == ()
    assert ProjectFolder(folder.root).load() == taken.project
    assert changed_paths(folder) == ([], [])


def test_notes_that_both_edited_stay_mine_and_theirs_lie_beside(made: Made) -> None:
    folder, project = made
    save_other(folder.root, lambda p: set_notes(p, "v1", "theirs"))
    mine = set_notes(project, "v1", "mine")
    change = read_outside(folder, project, changed_paths(folder)[0])
    taken = take_in(folder, mine, project, change.theirs)
    assert taken.mine == ("about/v1",)
    assert change.note_as_seen(folder, taken.project, taken.mine) == ()
    (note,) = folder.save(taken.project, change.theirs).notes
    (kept,) = conflicts(folder.root)
    assert kept.name in note
    assert json.loads(kept.read_text())["notes"] == "theirs"
    assert about(folder)["notes"] == "mine"


def test_what_is_written_while_it_is_read_is_not_taken_for_seen(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, project = made
    folder.save(set_notes(project, "v1", "first"), project)
    path = folder.about_path("v1")

    def read_and_saved_by_another(at: Path, **known: Any) -> object:
        value = read_json(at, **known)
        if at == path:
            path.write_text(path.read_text().replace("first", "theirs"))
        return value

    reading = "skelseg_core.project.folder_reading.read_json"
    monkeypatch.setattr(reading, read_and_saved_by_another)
    again = ProjectFolder(folder.root)
    known = again.load()
    monkeypatch.undo()
    assert known.video("v1").notes == "first"
    change = read_outside(again, known, changed_paths(again)[0])
    assert change.theirs.video("v1").notes == "theirs"
    again.save(set_notes(known, "v1", "mine"), known)
    (kept,) = conflicts(folder.root)
    assert json.loads(kept.read_text())["notes"] == "theirs"


def test_notes_that_were_kept_beside_are_found(made: Made) -> None:
    folder, project = made
    save_other(folder.root, lambda p: set_notes(p, "v1", "theirs"))
    folder.save(set_notes(project, "v1", "mine"), project)
    (kept,) = conflicts(folder.root)
    (folder.root / "about/gone.conflict-1.json").write_bytes(kept.read_bytes())
    (folder.root / "about/v1.conflict-2.json").write_text("{")
    (found,) = find_conflicts(folder, project)
    assert (found.path, found.video_id, found.hold) == (kept, "v1", HOLD)
    assert found.labels is None
    assert with_lanes_of(project, [found]) == project


def test_a_removed_video_needs_the_hold_of_what_is_said_of_it(made: Made) -> None:
    _, project = made
    after = remove_video(project, "v1")
    assert videos_to_claim(project, after) == ("v1", HOLD)


def test_a_video_of_which_somebody_else_wrote_notes_is_not_removed(made: Made) -> None:
    folder, project = made
    save_other(folder.root, lambda p: set_notes(p, "v1", "theirs"))
    (note,) = folder.save(remove_video(project, "v1"), project).notes
    assert "'v1' cannot be removed" in note
    assert ProjectFolder(folder.root).load().video("v1").notes == "theirs"
    folder, project = ProjectFolder(folder.root), ProjectFolder(folder.root).load()
    folder.load()
    folder.may_write = lambda held: held != HOLD
    (note,) = folder.save(remove_video(project, "v1"), project).notes
    assert "'v1' cannot be removed" in note
    folder.may_write = lambda _: True
    assert folder.save(remove_video(project, "v1"), project).notes == ()
    assert not ProjectFolder(folder.root).load().has_video("v1")


def test_a_video_that_i_noted_stays_though_somebody_took_it_out(made: Made) -> None:
    folder, project = made
    save_other(folder.root, lambda p: remove_video(p, "v1"))
    mine = set_notes(project, "v1", "mine")
    folder.save(mine, project)
    assert ProjectFolder(folder.root).load().video("v1").notes == "mine"


# -- holds --------------------------------------------------------------------------


@pytest.mark.parametrize("new", [False, True])
def test_what_is_edited_of_a_video_that_others_hold_is_kept_beside(
    made: Made, new: bool
) -> None:
    folder, project = made
    folder.may_write = lambda held: held != HOLD
    known = remove_video(project, "v1") if new else project
    folder.save(known, project if new else None, project)
    before = files(folder.root)
    saved = folder.save(set_notes(project, "v1", "mine"), known)
    assert saved.project.video("v1").notes == ""
    (kept,) = folder.taken[HOLD]
    assert json.loads(kept.read_text())["notes"] == "mine"
    assert not folder.about_path("v1").exists()
    assert files(folder.root).keys() == before.keys() | {f"about/{kept.name}"}


def test_labels_are_written_while_others_hold_the_notes(made: Made) -> None:
    folder, project = made
    folder.may_write = lambda held: held != HOLD
    folder.save(painted(project, 3, 9, 1), project)
    found = ProjectFolder(folder.root).load()
    assert found.track("v1").annotation.n_labelled == 6


def test_a_hold_that_is_taken_in_the_midst_of_a_save_loses_no_notes(made: Made) -> None:
    folder, project = made
    asked: list[str] = []

    def may_write(held: str) -> bool:
        asked.append(held)
        return asked.count(HOLD) < 2 or held != HOLD

    folder.may_write = may_write
    mine = set_notes(project, "v1", "mine")
    with pytest.raises(ProjectError, match="began to edit the notes of v1"):
        folder.save(mine, project)
    saved = folder.save(mine, project)
    assert saved.project == project
    (kept,) = folder.taken[HOLD]
    assert json.loads(kept.read_text())["notes"] == "mine"


def test_what_is_said_of_a_video_needs_its_hold_and_labels_need_that_of_the_track(
    made: Made,
) -> None:
    _, project = made
    signed = project.with_tracks(replace(project.track("v1"), annotator="anna"))
    for after in (set_done(project, "v1"), signed, painted(project, 3, 9, 1)):
        assert videos_to_claim(project, after) == ("v1",)
    for edit in SAYINGS:
        assert videos_to_claim(project, edit(project)) == (HOLD,)


SAYINGS: list[Callable[[Project], Project]] = [
    lambda p: set_notes(p, "v1", "x"),
    lambda p: set_people(p, {"v1": ["ben"]}),
    lambda p: pick_subject(p, "v1", SubjectPick(1, 2.0, 3.0)),
    lambda p: correct(p, "v1", PlacedKeypoint(1, 0, 0, 2.0, 3.0)),
]

# -- label files that are gone ---------------------------------------------------------


def gone(made: Made) -> tuple[ProjectFolder, Project, bytes]:
    """A project of which the label file of v1 is gone since it was full."""
    folder, project = made
    folder.save(full(project), project)
    path = folder.labels_path("v1")
    text = path.read_bytes()
    path.unlink()
    again = ProjectFolder(folder.root)
    return again, again.load(), text


def test_notes_need_no_label_file_and_what_is_said_of_labels_does(made: Made) -> None:
    again, known, _ = gone(made)
    assert known.video("v1").is_same_said(full(known).video("v1"))
    with pytest.raises(EditError, match=r"label file of v1 is missing"):
        set_done(known, "v1")
    again.save(set_notes(known, "v1", "later"), known)
    assert ProjectFolder(again.root).load().video("v1").notes == "later"
    assert give_up_labels(known, "v1").video("v1") is known.video("v1")


def test_what_is_said_of_labels_stays_beside_where_finding_their_file_is_undone(
    made: Made,
) -> None:
    again, known, text = gone(made)
    path = again.labels_path("v1")
    path.write_bytes(text)
    found = again.with_found(known, run(again.find_missing(known)))
    assert found == full(found)
    assert videos_to_claim(known, found) == ()
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
    moved = known.with_tracks(changed(known.track("v1"), path="x.mp4"))
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


def test_a_label_file_of_another_program_costs_no_notes(made: Made) -> None:
    folder, project = made
    after = full(project)
    folder.save(after, project)
    lane = painted(after, 3, 9, 1).track("v1").annotation
    folder.labels_path("v1").write_text(labels_text(lane))
    found = ProjectFolder(folder.root).load()
    assert found.track("v1").annotation == lane
    assert found.video("v1") == after.video("v1")


# -- the index ----------------------------------------------------------------------


def reads(folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Load a project; which of its files were read, but for project.json."""
    found: list[str] = []

    def noted(path: Path, **known: Any) -> object:
        found.append(path.relative_to(folder.root).as_posix())
        return read_json(path, **known)

    with monkeypatch.context() as patched:
        patched.setattr("skelseg_core.project.folder_reading.read_json", noted)
        ProjectFolder(folder.root).load()
    return [name for name in found if name != "project.json"]


def indexed(made: Made) -> ProjectFolder:
    """All is said of v1, and the index knows it."""
    folder, project = made
    folder.save(full(project), project)
    ProjectFolder(folder.root).load()
    return folder


def test_a_file_that_the_index_knows_is_not_read(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = indexed(made)
    for _ in range(3):  # nor is its row dropped
        assert reads(folder, monkeypatch) == []
    before = ProjectFolder(folder.root)
    known = before.load()
    after = set_notes(known, "v1", "later")
    assert before.save(after, known).notes == ()
    assert reads(folder, monkeypatch) == ["about/v1.json"]
    assert reads(folder, monkeypatch) == []
    assert ProjectFolder(folder.root).load() == after


def replaced(path: Path, text: str) -> None:
    """Put another file of the same size and time of change in place."""
    state = path.stat()
    path.write_text(text)
    assert path.stat().st_size == state.st_size
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


CHANGES: dict[str, tuple[Callable[[Path], object], str | None]] = {
    "same size and time": (
        lambda p: replaced(p, p.read_text().replace(r"\nals", r"\nALS")),
        "größer\nALS",
    ),
    "clock went back": (
        lambda p: (p.write_text('{"schema": 1, "notes": "x"}'), os.utime(p, (1, 1))),
        "x",
    ),
    "removed": (lambda p: p.unlink(), ""),
    "damaged": (lambda p: replaced(p, "{" * p.stat().st_size), None),
    "newer": (
        lambda p: replaced(p, p.read_text().replace('"schema": 1', '"schema": 2')),
        None,
    ),
    "a folder": (lambda p: (p.unlink(), p.mkdir()), None),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_is_not_as_the_index_knows_it_is_seen_as_it_is(
    made: Made, change: str
) -> None:
    folder = indexed(made)
    path = folder.about_path("v1")
    data = path.read_bytes()
    act, notes = CHANGES[change]
    act(path)
    for _ in range(2):
        video = ProjectFolder(folder.root).load().video("v1")
        assert (video.notes, bool(video.damage)) == (notes or "", notes is None)
    path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)
    path.write_bytes(data)
    video = ProjectFolder(folder.root).load().video("v1")
    assert (video.notes, video.damage) == ("größer\nals", "")


def test_a_file_that_may_change_in_the_same_tick_of_the_disk_is_not_indexed(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    def coarse(path: Path) -> tuple[int, int, int] | None:
        """The times of a disk that counts in steps of two seconds."""
        if not path.exists():
            return None
        tick = time.time_ns() // SETTLED * SETTLED
        return path.stat().st_size, tick, tick

    folder, project = made
    folder.save(painted(full(project), 3, 9, 1), project)
    monkeypatch.setattr("skelseg_core.project.lane_index.SETTLED_NS", SETTLED)
    monkeypatch.setattr("skelseg_core.project.folder_reading.stamp_of", coarse)
    ProjectFolder(folder.root).load()
    path = folder.about_path("v1")
    path.write_text(path.read_text().replace(r"\nals", r"\nALS"))
    assert LaneIndex(folder.root).read() == {}
    assert ProjectFolder(folder.root).load().video("v1").notes == "größer\nALS"


@pytest.mark.parametrize("work", ["", "[]", "{", '{"corrections": [[7]]}', "1"])
def test_a_row_that_makes_no_sense_is_read_again(made: Made, work: str) -> None:
    folder = indexed(made)
    index, key = LaneIndex(folder.root), str(folder.about_path("v1"))
    index.write({key: replace(index.read()[key], work=work)}, [])
    assert index.read()[key].work == work
    found = ProjectFolder(folder.root).load().video("v1")
    assert (found.notes, found.damage) == ("größer\nals", "")
    assert json.loads(index.read()[key].work)["notes"] == "größer\nals"


def test_an_index_of_another_project_says_nothing(made: Made, tmp_path: Path) -> None:
    other = indexed(make_project(tmp_path / "other"))
    folder, project = made
    noted = set_notes(project, "v1", "mine")
    folder.save(noted, project)
    ProjectFolder(folder.root).load()
    shutil.copy(LaneIndex(other.root).path, LaneIndex(folder.root).path)
    assert ProjectFolder(folder.root).load() == noted


def test_an_annotator_of_that_name_and_a_video_of_that_name_are_told_apart(
    made: Made,
) -> None:
    folder, project = made
    for name in ("about", "labels"):
        project = add_annotator_lane(
            project, "v1", name, painted(project, 3, 9, 1).track("v1").annotation
        )
    after = set_notes(set_done(project, "v1"), "v1", "x")
    folder.save(after)
    for _ in range(3):
        assert ProjectFolder(folder.root).load() == after


# -- files of videos that are gone or damaged -----------------------------------------


def test_a_file_taken_away_is_written_again_from_an_open_project(made: Made) -> None:
    folder, project = made
    after = full(project)
    folder.save(after, project)
    path = folder.about_path("v1")
    text = path.read_bytes()
    path.unlink()
    assert changed_paths(folder) == ([], [path])
    (note,) = folder.save(painted(after, 3, 9, 1), after).notes
    assert note.startswith("Missing files of notes (v1.json) were written again")
    assert path.read_bytes() == text
    assert folder.write_lost(after) == []


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut": lambda p: p.write_bytes(p.read_bytes()[:40]),
    "empty": lambda p: p.write_bytes(b""),
    "power cut": lambda p: p.write_bytes(b"\0" * 40),
    "git": lambda p: p.write_text(f"<<<<<<< HEAD\n{p.read_text()}"),
    "another thing": lambda p: p.write_text("[]"),
    "corrections": lambda p: p.write_text(p.read_text().replace("   7,", "   700,")),
    "newer": lambda p: p.write_text(
        p.read_text().replace('"schema": 1', '"schema": 9')
    ),
}


@pytest.fixture(params=DAMAGES)
def damaged(request: pytest.FixtureRequest, made: Made) -> ProjectFolder:
    """All is said of v1, and the file that says so is damaged."""
    folder, project = made
    folder.save(painted(full(project), 3, 9, 1), project)
    path = folder.about_path("v1")
    text = path.read_bytes()
    DAMAGES[request.param](path)
    assert path.read_bytes() != text
    return ProjectFolder(folder.root)


def test_a_damaged_file_is_named_and_costs_its_notes_alone(
    damaged: ProjectFolder,
) -> None:
    was, project = files(damaged.root), damaged.load()
    video = project.video("v1")
    (note,) = damaged.notes
    assert "notes of v1 are damaged" in note
    assert "v1.json" in note
    assert video.is_blank
    assert project.track("v1").annotation.n_labelled == 6
    assert not project.track("v1").missing
    for edit in SAYINGS:
        with pytest.raises(EditError, match="notes of v1 are damaged"):
            edit(project)
    edited = set_notes(painted(project, 30, 40, 2), "v2", "x")
    damaged.save(edited, project)
    damaged.save(edited)
    assert files(damaged.root)["about/v1.json"] == was["about/v1.json"]
    assert conflicts(damaged.root) == []
    again = ProjectFolder(damaged.root).load()
    assert again == edited
    assert again.video("v1").damage == video.damage


def test_a_damaged_file_is_given_up_and_kept_beside(damaged: ProjectFolder) -> None:
    data, project = damaged.about_path("v1").read_bytes(), damaged.load()
    after = give_up_labels(project, "v1")
    assert after != project
    assert after.track("v1").annotation == project.track("v1").annotation
    assert list(changed_parts(project, after)) == ["about/v1"]
    assert videos_to_claim(project, after) == (HOLD,)
    damage = project.video("v1").damage
    assert taken_back(damaged, project, after).video("v1").damage == damage
    assert len(damaged.save(after, project).notes) == 1
    assert [p.read_bytes() for p in conflicts(damaged.root)] == [data]
    found = ProjectFolder(damaged.root).load()
    assert found == after
    assert taken_back(damaged, project, after) == after
    assert set_notes(found, "v1", "new").video("v1").notes == "new"
    with pytest.raises(EditError, match="nothing to do"):
        give_up_labels(found, "v1")


def test_a_whole_file_that_is_put_back_is_taken_in(damaged: ProjectFolder) -> None:
    project, path = damaged.load(), damaged.about_path("v1")
    change = read_outside(damaged, project, [path])
    assert change.theirs is project
    assert not change.unreadable
    path.write_text(json.dumps({"schema": 1, "video": "v1", "notes": "whole"}))
    change = read_outside(damaged, project, changed_paths(damaged)[0])
    for shown in (project, painted(project, 30, 40, 2)):
        taken = take_in(damaged, shown, project, change.theirs)
        video = taken.project.video("v1")
        assert (video.notes, video.damage) == ("whole", "")
        assert set_notes(taken.project, "v1", "x").video("v1").notes == "x"
    change.note_as_seen(damaged)
    noted = set_notes(change.theirs, "v1", "later")
    assert damaged.save(noted, change.theirs).notes == ()
    assert conflicts(damaged.root) == []


def test_damage_while_it_is_open_is_kept_beside(made: Made) -> None:
    folder, project = made
    after = full(project)
    folder.save(after, project)
    path = folder.about_path("v1")
    path.write_text("{")
    change = read_outside(folder, after, [path])
    assert change.theirs is after
    assert list(change.unreadable) == [path]
    later = set_notes(after, "v1", "later")
    folder.save(later, after)
    assert [p.read_text() for p in conflicts(folder.root)] == ["{"]
    assert ProjectFolder(folder.root).load() == later


def test_files_out_of_reach_are_not_taken_for_gone(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, project = made
    folder.save(full(project), project)
    path, real = folder.about_path("v1"), os.stat
    why = [PermissionError(errno.EACCES, "Permission denied", "about")]

    def refused(at: Any, *args: Any, **named: Any) -> os.stat_result:
        if str(at) == str(path):
            raise why[0]
        return real(at, *args, **named)

    monkeypatch.setattr(os, "stat", refused)
    video = folder.said_of(project.video("v1"), project.skeleton)
    assert "Permission denied" in video.damage
    why[0] = OSError(errno.EIO, "Input/output error", "about")  # type: ignore[call-overload]
    with pytest.raises((OSError, ProjectError), match="Input/output error"):
        folder.said_of(project.video("v1"), project.skeleton)


# -- copies -------------------------------------------------------------------------


def backup_of(folder: ProjectFolder, project: Project) -> tuple[Backup, Project]:
    backups = Backups(folder, project.uuid)
    backup = backups.make("test")
    assert backup is not None
    return backup, run(backups.then(backup))


def test_a_backup_brings_notes_back(made: Made) -> None:
    folder, project = made
    after = full(project)
    folder.save(after, project)
    _, then = backup_of(folder, project)
    assert then == after
    later = set_notes(set_notes(after, "v1", "later"), "v2", "later")
    folder.save(later, after)
    one = restored_video(later, then, "v1")
    assert [v.notes for v in one.videos] == ["größer\nals", "later"]
    folder.save(one, later)
    whole = restored(one, then)
    assert whole == after
    folder.save(whole, one)
    assert ProjectFolder(folder.root).load() == after


@pytest.mark.parametrize("noted", [full, lambda p: p])
@pytest.mark.parametrize(
    "restore", [lambda now, then: restored_video(now, then, "v1"), restored]
)
def test_a_backup_brings_a_whole_file_in_place_of_a_damaged_one(
    made: Made,
    noted: Callable[[Project], Project],
    restore: Callable[[Project, Project], Project],
) -> None:
    folder, project = made
    folder.save(noted(project), project)
    _, then = backup_of(folder, project)
    folder.about_path("v1").parent.mkdir(exist_ok=True)
    folder.about_path("v1").write_text("{")
    folder = ProjectFolder(folder.root)
    now = folder.load()
    folder.save(restore(now, then), now)
    found = ProjectFolder(folder.root).load()
    assert found == noted(project)
    assert not found.video("v1").damage
    assert [p.read_text() for p in conflicts(folder.root)] == ["{"]


def test_notes_stay_where_they_are_damaged_in_a_backup(made: Made) -> None:
    folder, project = made
    after = full(project)
    folder.save(after, project)
    folder.about_path("v1").write_text("{")
    _, then = backup_of(folder, project)
    assert then.video("v1").damage
    later = painted(after, 3, 9, 1)
    for now in (restored(later, then), restored_video(later, then, "v1")):
        assert now == after
        assert not now.video("v1").damage


def test_what_is_said_of_labels_stays_where_a_backup_has_no_label_file(
    made: Made,
) -> None:
    folder, project = made
    folder.save(set_notes(project, "v1", "then"), project)
    folder.labels_path("v1").unlink()
    _, then = backup_of(folder, project)
    assert then.track("v1").missing == {ANNOTATION}
    now = restored(full(project), then)
    assert now.track("v1").annotator == "Jürgen"
    assert now.video("v1").notes == "then"


def test_a_copy_of_a_project_says_it_too(made: Made, tmp_path: Path) -> None:
    folder, project = made
    run(save_copy(folder, full(project), tmp_path / "new"))
    copy = ProjectFolder(tmp_path / "new")
    there = copy.load()
    assert there.video("v1").is_same_said(full(project).video("v1"))
    assert not copy.about_path("v2").exists()

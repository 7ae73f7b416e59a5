"""Lanes are read when looked at; the index that allows it is never needed."""

from __future__ import annotations

import contextlib
import errno
import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skelseg_core.errors import EditError, ProjectError
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import accept, paint
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import run as finish
from skelseg_core.project.class_edits import delete_class, use_of
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.history.journal import Journal
from skelseg_core.project.history.recovery import recover
from skelseg_core.project.lane_index import LaneIndex, UnreadLane
from skelseg_core.project.parts import changed_parts
from skelseg_core.project.project import ANNOTATION, Project, new_project
from skelseg_core.project.project_edits import (
    add_annotator_lane,
    add_video,
    edit_lane,
    give_up_labels,
    remove_video,
    set_lane,
    set_notes,
)
from skelseg_core.project.totals import Totals
from skelseg_core.project.videos_and_tracks import annotator_lane
from skelseg_core.text_files import read_json
from tests.projects import N, item, make_project, painted
from tests.seen import review
from tests.soak import examples

OTHER = paint(Segmentation.unlabelled(N), 0, 30, 2)


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    """v1 is labelled, also by Anna; everything is in the index."""
    folder, project = make_project(tmp_path / "p")
    after = add_annotator_lane(painted(project, 5, 20, 0), "v1", "Anna", OTHER)
    folder.save(after, project)
    ProjectFolder(folder.root).load()
    return ProjectFolder(folder.root)


def unread(project: Project) -> set[tuple[str, str]]:
    return {
        (v.id, name)
        for v in project.tracks
        for name, lane in v.lanes.items()
        if isinstance(lane, UnreadLane) and not lane.is_read
    }


def everything() -> set[tuple[str, str]]:
    names = (ANNOTATION, annotator_lane("Anna"))
    return {*(("v1", name) for name in names), ("v2", ANNOTATION)}


def test_totals_and_lists_need_no_lane(folder: ProjectFolder) -> None:
    project = folder.load()
    whole = [v.finished or v.reviewed for v in project.tracks]
    assert use_of(project, 2).other == 1
    assert project.totals.labelled_frames == 15
    assert unread(project) == everything()
    read = [v.annotation.segments for v in project.tracks]
    assert unread(project) == everything() - {
        (v.id, ANNOTATION) for v in project.tracks
    }
    fresh = tuple(Segmentation(segments) for segments in read)
    again = [
        lane.n_labelled == lane.n_frames or lane.n_reviewed == lane.n_labelled
        for lane in fresh
    ]
    assert whole == again


def test_what_is_known_is_what_the_lane_says(folder: ProjectFolder) -> None:
    for video in folder.load().tracks:
        for lane in video.lanes.values():
            assert isinstance(lane, UnreadLane)
            known = (lane.n_frames, lane.n_labelled, lane.n_reviewed)
            counts = lane.class_counts, lane.class_frames
            read = Segmentation(lane.segments)
            assert known == (read.n_frames, read.n_labelled, read.n_reviewed)
            assert counts == (read.class_counts, read.class_frames)
            assert lane == read
            assert read == lane
            assert hash(lane) == hash(read)
            assert pickle.loads(pickle.dumps(lane)) == read


def test_an_edit_reads_its_lane_alone(folder: ProjectFolder) -> None:
    project = folder.load()
    after = painted(project, 30, 40, 1)
    assert unread(project) == everything() - {("v1", ANNOTATION)}
    assert after.totals == Totals.of(after.tracks)
    folder.save(after, project)
    assert unread(project) == everything() - {("v1", ANNOTATION)}
    assert ProjectFolder(folder.root).load() == after


@pytest.mark.parametrize("spoil", ["gone", "damaged", "empty", "locked", "foreign"])
def test_the_index_is_never_needed(folder: ProjectFolder, spoil: str) -> None:
    before, path = folder.load(), LaneIndex(folder.root).path
    if spoil == "gone":
        path.unlink()
    elif spoil == "locked":
        path.unlink()
        path.mkdir()
    else:
        data = {"damaged": b"nothing of the kind" * 99, "empty": b""}
        head = path.read_bytes()[:100]
        path.write_bytes(data.get(spoil, head + b"\0" * 4000))
    found = ProjectFolder(folder.root)
    assert found.load() == before
    assert found.notes == []
    assert ProjectFolder(folder.root).load() == before


def test_the_index_is_made_again(folder: ProjectFolder) -> None:
    LaneIndex(folder.root).path.write_bytes(b"nothing of the kind" * 99)
    ProjectFolder(folder.root).load()
    ProjectFolder(folder.root).load()
    assert unread(folder.load()) == everything()


def test_a_file_that_was_changed_is_read_at_the_opening(folder: ProjectFolder) -> None:
    path = folder.labels_path("v2")
    path.write_text(path.read_text().replace('"class": null', '"class": 1'))
    os.utime(path, ns=(1, 1))
    assert folder.load().track("v2").missing  # nobody said it
    path.write_text(path.read_text().replace('"source": null', '"source": "human"'))
    project = folder.load()
    assert ("v2", ANNOTATION) not in unread(project)
    assert project.track("v2").annotation.n_labelled == N


@pytest.mark.parametrize("gone", [False, True])
def test_a_file_that_is_changed_after_the_opening_is_known_as_it_was(
    folder: ProjectFolder, gone: bool
) -> None:
    project, path = folder.load(), folder.labels_path("v1")
    theirs = path.read_text().replace('"class": null', '"class": 1, "was": 0', 1)
    theirs = theirs.replace('"source": null', '"source": "human"', 1)
    path.unlink() if gone else path.write_text(theirs)
    after = painted(project, 0, 3, 1)
    assert after.track("v1").annotation.class_counts == {None: 2, 0: 1, 1: 1}
    folder.save(after, project)
    kept = [p.read_text() for p in path.parent.glob("v1.conflict-*")]
    assert kept == ([] if gone else [theirs])
    assert ProjectFolder(folder.root).load() == after


def test_a_file_that_is_changed_and_that_no_index_knows_is_not_taken_for_the_old_one(
    folder: ProjectFolder,
) -> None:
    project, path = folder.load(), folder.labels_path("v1")
    LaneIndex(folder.root).path.unlink()
    text = path.read_text()
    path.write_text(text.replace('"class": 0', '"class": 1'))
    with pytest.raises(ProjectError, match="changed or removed"):
        painted(project, 0, 3, 1)
    path.unlink()
    with pytest.raises(ProjectError, match="changed or removed"):
        painted(project, 0, 3, 1)
    path.write_text(text)
    assert painted(project, 0, 3, 1).track("v1").annotation.n_labelled == 18


def test_undo_comes_back_to_what_was_never_read(folder: ProjectFolder) -> None:
    before = folder.load()
    after = set_lane(before, "v1", ANNOTATION, OTHER)
    folder.save(after, before)
    assert before.track("v1").annotation.n_labelled == 15
    assert len(before.track("v1").annotation.segments) == 3
    folder.save(before, after)
    assert ProjectFolder(folder.root).load() == before


def test_what_nobody_read_is_not_written_and_what_others_wrote_is_kept(
    folder: ProjectFolder,
) -> None:
    project, path = folder.load(), folder.labels_path("v2")
    other = path.read_text().replace('"class": null', '"class": 1')
    path.write_text(other)
    folder.save(project)
    assert path.read_text() == other
    folder.save(set_lane(project, "v2", ANNOTATION, OTHER), project)
    assert [p.read_text() for p in path.parent.glob("v2.conflict-*")] == [other]


def test_a_file_taken_away_that_nobody_read_is_written_again(
    folder: ProjectFolder,
) -> None:
    project, path = folder.load(), folder.labels_path("v1")
    text = path.read_text()
    path.unlink()
    notes = folder.save(set_notes(project, "v2", "x"), project).notes
    assert notes[0].startswith("Missing label files (v1.json)")
    assert path.read_text() == text


def test_notes_are_saved_without_reading_other_videos(folder: ProjectFolder) -> None:
    project = folder.load()
    after = set_notes(project, "v2", "look at the end")
    folder.save(after, project)
    assert unread(after) == everything()
    assert ProjectFolder(folder.root).load() == after


def test_a_killed_session_is_recovered_onto_unread_lanes(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    project = folder.load()
    journal = Journal(tmp_path / "j" / "1.jsonl", folder)
    after = set_notes(painted(project, 30, 40, 1), "v2", "x")
    journal.record("both", changed_parts(project, after))
    journal.close()
    again = ProjectFolder(folder.root)
    found = recover(again, again.load(), Journal(tmp_path / "j" / "2.jsonl", again))
    assert found.notes == ()
    assert unread(found.project) == everything() - {("v1", ANNOTATION)}
    assert found.project == after
    assert list(folder.labels_path("v1").parent.glob("*conflict*")) == []
    assert ProjectFolder(folder.root).load() == after


def test_merged_classes_are_merged_in_lanes_nobody_read(folder: ProjectFolder) -> None:
    project = folder.load()
    after = delete_class(project, 2, 1)
    folder.save(after, project)
    found = ProjectFolder(folder.root).load()
    assert found == after
    assert found.track("v1").lanes[annotator_lane("Anna")].class_counts[1] == 1


def test_labels_that_are_there_again_are_found(folder: ProjectFolder) -> None:
    path = folder.labels_path("v1")
    text = path.read_text()
    path.unlink()
    project = folder.load()
    path.write_text(text)
    found = finish(folder.find_missing(project))
    assert found["v1"][ANNOTATION].n_labelled == 15


def test_an_edit_of_one_video_keeps_the_totals_of_all() -> None:
    project = new_project("n", label_map_from_names("abc"))
    for n in range(5):
        project = add_video(project, item(f"v{n}"))
    assert project.totals.finished == 0
    for n in range(5):
        project = edit_lane(project, f"v{n}", lambda s: paint(s, 0, N, 1))
        assert project.totals == Totals.of(project.tracks)
    assert project.totals.finished == 5


@settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2), st.integers(0, N - 1))))
def test_totals_are_those_of_a_recount_after_any_edits(
    folder: ProjectFolder, steps: list[tuple[int, int, int]]
) -> None:
    project = folder.load()
    seen = [project]
    for kind, label, at in steps:
        with contextlib.suppress(EditError, ProjectError):
            project = _edited(project, seen, kind, label, at)
        recount = Totals.of(
            [
                replace(
                    v, lanes={k: Segmentation(s.segments) for k, s in v.lanes.items()}
                )
                for v in project.tracks
            ]
        )
        assert project.totals == recount
        seen.append(project)


def _edited(
    project: Project, seen: list[Project], kind: int, label: int, at: int
) -> Project:
    video = project.tracks[at % len(project.tracks)].id if project.tracks else ""
    edits: list[Callable[[], Project]] = [
        lambda: edit_lane(project, video, lambda s: paint(s, 0, at, label)),
        lambda: edit_lane(project, video, lambda s: accept(s, OTHER)),
        lambda: edit_lane(project, video, lambda s: paint(s, 0, N, label)),
        lambda: edit_lane(project, video, lambda s: review(s, 0)),
        lambda: set_lane(project, video, ANNOTATION, OTHER),
        lambda: delete_class(project, label, None if at % 2 else (label + 1) % 3),
        lambda: remove_video(project, video),
        lambda: add_video(project, item(f"n{at}")),
        lambda: seen[at % len(seen)],
        lambda: give_up_labels(lost(project, video), video),
    ]
    return edits[kind]()


def lost(project: Project, video: str) -> Project:
    """The project with the label file of a video gone."""
    found = project.track(video)
    nothing = Segmentation.unlabelled(found.n_frames)
    gone = replace(
        found.with_lane(ANNOTATION, nothing), missing=frozenset([ANNOTATION])
    )
    after = project.with_tracks(gone)
    assert after.totals == Totals.of(after.tracks)
    return after


def test_one_video_is_read_alone(folder: ProjectFolder) -> None:
    folder.labels_path("v2").write_text("damaged")
    project = folder.load_only(["v1"])
    assert project.track_ids == ("v1",)
    assert project.track("v1").annotation.n_labelled == 15
    assert folder.track_ids() == ["v1", "v2"]
    with pytest.raises(ValueError, match="a part of a project"):
        folder.save(project)
    assert folder.load_only(["v1", "v9"]).track("v2").missing


def test_a_file_put_back_with_its_old_time_is_read(folder: ProjectFolder) -> None:
    path = folder.labels_path("v1")
    state = path.stat()
    path.write_text(path.read_text().replace('"class": 0', '"class": 1'))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert folder.load().track("v1").annotation.class_counts[1] == 1


def test_a_disk_that_does_not_tell_of_changes_keeps_nobody_from_the_labels(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def size_alone(path: Path) -> tuple[int, int, int] | None:
        return (path.stat().st_size, 0, 0) if path.exists() else None

    monkeypatch.setattr("skelseg_core.project.folder_reading.stamp_of", size_alone)
    folder.load()  # the index has such stamps now
    path = folder.labels_path("v1")
    path.write_text(path.read_text().replace('"class": 0', '"class": 1'))
    with pytest.raises(ProjectError, match="open it again"):
        _ = folder.load().track("v1").annotation.segments
    again = ProjectFolder(folder.root).load().track("v1").annotation
    assert again.segments[1].class_id == 1


def test_labels_out_of_reach_are_not_taken_for_gone(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = [OSError(errno.EIO, "Input/output error", "labels")]

    def refused(*_: object, **__: object) -> os.stat_result:
        raise why[0]

    raw = folder.project_file.read_bytes()
    monkeypatch.setattr(os, "stat", refused)
    with pytest.raises(OSError, match="Input/output error"):
        folder.lanes_of({"id": "v1"}, N)
    why[0] = PermissionError(errno.EACCES, "Permission denied", "labels")
    read = folder.lanes_of({"id": "v1"}, N)
    monkeypatch.undo()
    assert "Permission denied" in read.damaged[ANNOTATION]
    assert folder.project_file.read_bytes() == raw


def test_what_was_read_of_a_label_file_is_what_it_is_known_by(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program writes it between two looks at it."""
    path, read_bytes = folder.labels_path("v1"), Path.read_bytes
    before = path.read_bytes()

    def read_and_written_by_another(path: Path) -> bytes:
        data = read_bytes(path)
        path.write_bytes(data.replace(b'"class": 0', b'"class": 1'))
        return data

    monkeypatch.setattr(Path, "read_bytes", read_and_written_by_another)
    lanes = folder.lanes_of({"id": "v1"}, N).lanes
    monkeypatch.undo()
    assert path.read_bytes() != before
    assert lanes[ANNOTATION].at(5).class_id == 0
    assert folder.files.is_ours(path, before)


def test_what_is_written_while_a_project_is_read_is_kept(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = folder.project_file.read_text()
    theirs: list[str] = []

    def read_and_saved_by_another(path: Path) -> object:
        value = read_json(path)
        theirs.append(before.replace('"name": "p"', f'"name": "q{len(theirs)}"'))
        path.write_text(theirs[-1])
        return value

    monkeypatch.setattr(
        "skelseg_core.project.folder_reading.read_json", read_and_saved_by_another
    )
    project = folder.load()
    monkeypatch.undo()
    assert folder.save(set_notes(project, "v2", "x"), project).notes == ()
    found = ProjectFolder(folder.root).load()
    assert (found.name, found.track("v2").video.notes) == ("q0", "x")


def test_a_read_that_fails_once_does_not_spoil_the_next_opening(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a disk of the network fails now and then."""
    path = folder.labels_path("v1")
    path.write_bytes(path.read_bytes() + b"\n")  # not as the index knows it
    real, reads = Path.read_bytes, []

    def once(self: Path) -> bytes:
        if self == path:
            reads.append(self)
            if len(reads) == 1:
                raise OSError(errno.EIO, "Input/output error")
        return real(self)

    monkeypatch.setattr(Path, "read_bytes", once)
    folder.load()
    assert len(reads) > 1
    again = ProjectFolder(folder.root).load()
    assert len(again.track("v1").annotation.segments) == 3

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from skelseg_core.errors import ProjectError
from skelseg_core.labels.edits import paint
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.history import journal as journal_module
from skelseg_core.project.history import session_journals
from skelseg_core.project.history.journal import LATE_SEGMENTS, Journal
from skelseg_core.project.history.journal_file import may_run
from skelseg_core.project.history.recorded_session import is_closed, read_session
from skelseg_core.project.history.recovered_edits import RecoveredEdits
from skelseg_core.project.history.recovery import recover
from skelseg_core.project.history.session_journals import (
    begin_journal,
    folder_name,
    journals_folder,
    prune,
    session_files,
)
from skelseg_core.project.parts import changed_parts
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import edit_lane, set_notes
from skelseg_core.project.videos_and_tracks import Track
from tests.projects import changed, item, make_project, painted


def opened(root: Path) -> tuple[RecoveredEdits, Journal]:
    folder = ProjectFolder(root)
    project = folder.load()
    journal = begin_journal(project.uuid, folder)
    return recover(folder, project, journal), journal


@pytest.fixture
def root(tmp_path: Path) -> Path:
    make_project(tmp_path / "p")
    return tmp_path / "p"


@pytest.mark.parametrize(
    "uuid",
    ["../../etc", "a/b", "a\0b", "", ".", "x" * 65, "…", "\udce9", "a\n", "C:\\x"],
    ids=ascii,
)
def test_a_uuid_that_is_no_name_names_no_other_folder(uuid: str) -> None:
    folder = journals_folder(uuid)
    assert folder.parent == journals_folder("abc").parent
    assert folder.name == folder_name(uuid)
    assert len(folder.name) <= 64
    assert folder.name.isalnum()
    assert folder_name(uuid) != folder_name(uuid + "x")


def test_a_project_of_a_hostile_uuid_keeps_its_edits(root: Path) -> None:
    path = root / "project.json"
    raw = json.loads(path.read_text())
    path.write_text(json.dumps({**raw, "uuid": "../../../" + "é" * 5000}))
    found, journal = opened(root)
    journal.record("one", changed_parts(found.project, painted(found.project, 0, 9, 1)))
    journal.close()
    again, after = opened(root)
    after.close()
    assert again.project == painted(found.project, 0, 9, 1)


def test_two_windows_leave_each_others_journals_alone(root: Path) -> None:
    found, one = opened(root)
    mine = painted(found.project, 0, 9, 1)
    one.record("one", changed_parts(found.project, mine))
    beside, two = opened(root)
    assert beside.project == found.project
    yours = edit_lane(beside.project, "v2", lambda s: paint(s, 0, 9, 2))
    two.record("two", changed_parts(beside.project, yours))
    assert [e["text"] for e in one.entries()] == ["one"]
    assert [e["text"] for e in two.entries()] == ["two"]
    one.close()
    two.close()
    both, three = opened(root)
    three.close()
    assert both.project == edit_lane(mine, "v2", lambda s: paint(s, 0, 9, 2))
    assert both.n_edits == 2
    assert both.videos == ("v1", "v2")


HELD = """
import sys
from pathlib import Path
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.parts import changed_parts
from skelseg_core.project.history.session_journals import begin_journal
from tests.projects import painted
folder = ProjectFolder(Path(sys.argv[1]))
project = folder.load()
journal = begin_journal(project.uuid, folder)
journal.record("theirs", changed_parts(project, painted(project, 20, 30, 1)))
print("written", flush=True)
sys.stdin.read()
"""


def test_a_lock_ends_with_its_process(root: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HELD, str(root)],
        cwd=Path(__file__).resolve().parents[3],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        found, journal = opened(root)
        journal.close()
        assert found.n_edits == 0
        process.kill()
        process.wait()
    found, journal = opened(root)
    journal.close()
    assert found.n_edits == 1
    assert found.project.track("v1").annotation.at(25).class_id == 1


def no_locks(*_: object) -> None:
    raise OSError(errno.ENOLCK, "No locks available")


BARE = """
import errno, fcntl
def no_locks(*_):
    raise OSError(errno.ENOLCK, "No locks available")
fcntl.flock = no_locks
"""


@pytest.mark.skipif(sys.platform == "win32", reason="its locks are others")
def test_a_home_without_locks_takes_edits_and_gives_them_back(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NFS without a lock server: the file says which process it is of."""
    monkeypatch.setattr("fcntl.flock", no_locks)
    with subprocess.Popen(
        [sys.executable, "-c", BARE + HELD, str(root)],
        cwd=Path(__file__).resolve().parents[3],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        found, journal = opened(root)
        journal.close()
        assert found.n_edits == 0
        process.kill()
        process.wait()
    (path,) = session_files(journal.path.parent)
    elsewhere = ["another computer", "1", "x"]
    assert not may_run(read_session(path).header["process"])
    assert may_run(elsewhere)
    found, journal = opened(root)
    assert found.n_edits == 1
    journal.close()


def killed(root: Path) -> Project:
    found, journal = opened(root)
    after = painted(found.project, 0, 9, 1)
    journal.record("one", changed_parts(found.project, after))
    journal.close()
    return after


def test_a_renamed_folder_finds_its_edits(root: Path) -> None:
    after = killed(root)
    there = root.rename(root.with_name("renamed"))
    found, journal = opened(there)
    journal.close()
    assert found.project == after
    assert (found.n_edits, found.videos, found.notes) == (1, ("v1",), ())


def test_edits_of_a_folder_that_is_still_there_are_not_brought_into_a_copy(
    root: Path,
) -> None:
    after = killed(root)
    copy = root.with_name("copy")
    shutil.copytree(root, copy)
    found, journal = opened(copy)
    journal.close()
    assert found.n_edits == 0
    assert f"edits (1) were made in {root.resolve()}" in found.notes[0]
    found, journal = opened(root)
    journal.close()
    assert found.project == after


@pytest.mark.parametrize("mount_point_stays", [True, False])
def test_edits_of_a_disk_that_is_away_are_not_taken_by_a_copy(
    root: Path, mount_point_stays: bool
) -> None:
    """To the program a disk that was pulled out looks like a renamed folder."""
    disk = root.with_name("disk")
    disk.mkdir()
    there = root.rename(disk / "kitchen")
    after = killed(there)
    copy = root.with_name("copy")
    shutil.copytree(there, copy)
    away = root.with_name("drawer")
    if mount_point_stays:
        away.mkdir()
        there.rename(away / "kitchen")
    else:
        disk.rename(away)
    found, journal = opened(copy)
    journal.close()
    assert found.n_edits == 0
    assert f"edits (1) were made in {there}" in found.notes[0]
    # The disk is back.
    if mount_point_stays:
        (away / "kitchen").rename(there)
    else:
        away.rename(disk)
    back, journal = opened(there)
    journal.close()
    assert back.project == after


def test_the_disk_of_another_folder_that_hangs_keeps_nobody_waiting(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(root)
    copy = root.with_name("copy")
    shutil.copytree(root, copy)
    answers, real = threading.Event(), os.stat
    old = os.fspath(root)

    def stat(path: object, *rest: Any, **more: Any) -> os.stat_result:
        if os.fspath(path).startswith(old + os.sep):  # type: ignore[call-overload]
            answers.wait(60)
        return real(path, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(session_journals, "PATIENCE_S", 0.2)
    monkeypatch.setattr(os, "stat", stat)
    try:
        found, journal = opened(copy)
        journal.close()
    finally:
        answers.set()
    assert f"edits (1) were made in {root}" in found.notes[0]


def test_another_way_to_the_same_folder_is_no_copy(root: Path) -> None:
    after = killed(root)
    link = root.with_name("link")
    link.symlink_to(root)
    found, journal = opened(link)
    journal.close()
    assert found.project == after


def test_sessions_are_replayed_in_their_order(root: Path) -> None:
    found, one = opened(root)
    first = painted(found.project, 0, 20, 1)
    one.record("one", changed_parts(found.project, first))
    # Its disk is full, so what the next session brings back is not saved either.
    one.close()
    folder = ProjectFolder(root)
    project = folder.load()
    two = begin_journal(project.uuid, folder)
    second = painted(first, 10, 30, 2)
    two.record("two", changed_parts(first, second))
    two.close()
    again, three = opened(root)
    three.close()
    assert again.project == second
    assert again.notes == ()


def test_an_edit_brought_back_and_saved_later_is_not_brought_back_again(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(root)
    with monkeypatch.context() as patch:

        def full(*_: object, **__: object) -> list[str]:
            raise ProjectError("the disk is full")

        patch.setattr(ProjectFolder, "save", full)
        found, journal = opened(root)
    assert (found.n_edits, found.notes) == (1, ("the disk is full",))
    folder = ProjectFolder(root)
    there = folder.load()
    later = painted(found.project, 0, 9, 2)
    journal.record("later", changed_parts(found.project, later))
    mark = journal.begin_save()
    folder.save(later, there)
    journal.end_save(mark)
    journal.close()
    again, last = opened(root)
    last.close()
    assert again.project == later
    assert again.n_edits == 0


def many(n_videos: int) -> tuple[Track, ...]:
    return tuple(changed(item(), id=f"v{n}", path=f"v{n}.mp4") for n in range(n_videos))


def test_what_a_note_writes_does_not_grow_with_the_project(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    project = replace(project, tracks=many(2000))
    journal = Journal(tmp_path / "j" / "1.jsonl", folder)
    journal.record(
        "Notes", changed_parts(project, set_notes(project, "v7", "from the side"))
    )
    journal.close()
    assert journal.path.stat().st_size < 2000


def large(n_segments: int) -> Segmentation:
    return Segmentation(
        tuple(Segment(n, n + 1, n % 3, "model") for n in range(n_segments))
    )


def large_project(tmp_path: Path) -> tuple[ProjectFolder, Project]:
    folder, project = make_project(tmp_path / "p")
    lane = large(2 * LATE_SEGMENTS)
    video = changed(
        project.track("v1"), n_frames=lane.n_frames, lanes={ANNOTATION: lane}
    )
    project = project.with_tracks(video)
    folder.save(project)
    folder = ProjectFolder(folder.root)
    return folder, folder.load()


def test_the_first_edit_of_a_large_lane_writes_little_and_its_rest_comes_after(
    tmp_path: Path,
) -> None:
    folder, project = large_project(tmp_path)
    journal = Journal(tmp_path / "j" / "1.jsonl", folder)
    after = painted(project, 100, 104, 2)
    record = journal.prepared("Paint", changed_parts(project, after), at_once=False)
    assert len(record.body) < 2000
    assert len(journal.prepared("Paint", changed_parts(project, after)).body) > 50_000
    journal.append(record)
    journal.begin_save()
    assert set(journal.read().base) == {"lane/v1/annotation"}
    assert len(journal.read().base["lane/v1/annotation"]) == 2 * LATE_SEGMENTS
    journal.close()


class NoThreads:
    """Threads that are never given their turn."""

    def __init__(self, *_: object, **__: object) -> None: ...

    def submit(self, *_: object) -> None: ...

    def shutdown(self, wait: bool) -> None: ...


@pytest.mark.parametrize("foreign", [False, True])
def test_a_kill_before_the_rest_of_a_large_lane_is_written_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, foreign: bool
) -> None:
    folder, project = large_project(tmp_path)
    monkeypatch.setattr(journal_module, "ThreadPoolExecutor", NoThreads)
    journal = Journal(tmp_path / "j" / "1.jsonl", folder)
    after = there = painted(painted(project, 100, 104, 2), 103, 120, 1)
    journal.record("Paint", changed_parts(project, after))
    journal.close()
    if foreign:
        there = painted(project, 110, 115, 0)
        folder.save(there, project)
    theirs = (folder.root / "labels/v1.json").read_bytes()
    again = ProjectFolder(folder.root)
    found = recover(again, again.load(), Journal(tmp_path / "j" / "2.jsonl", again))
    lane = found.project.track("v1").annotation
    shown = there if foreign else after
    assert (lane.to_frames() == shown.track("v1").annotation.to_frames()).all()
    assert (folder.root / "labels/v1.json").read_bytes() == theirs or not foreign
    # What the edit was made of is nowhere: it is said to be lost, the journal is kept.
    unreadable = [*(tmp_path / "j").glob("*.unreadable.jsonl")]
    assert len(unreadable) == len(found.notes) == int(foreign)


def test_records_are_brought_to_the_disk_once_in_a_while_and_at_the_end(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    first = threading.Event()

    def sync(handle: int) -> None:
        synced.append(os.fstat(handle).st_size)
        first.set()

    monkeypatch.setattr(os, "fdatasync", sync, raising=False)
    monkeypatch.setattr(journal_module, "SYNC_S", 1000.0)
    found, journal = opened(root)
    journal.record(
        "first", changed_parts(found.project, painted(found.project, 0, 5, 1))
    )
    assert first.wait(20)
    project = painted(found.project, 0, 5, 1)
    for n in range(60):
        after = painted(project, n % 50, n % 50 + 5, n % 3)
        journal.record(f"{n}", changed_parts(project, after))
        project = after
    assert len(synced) == 1, "not at each edit"
    journal.close()
    assert synced[1:] == [journal.path.stat().st_size]


def test_old_sessions_are_removed_and_unsaved_ones_never(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = ProjectFolder(root)
    project = folder.load()
    place = journals_folder(project.uuid)
    for n in range(4):
        journal = begin_journal(project.uuid, folder)
        after = painted(project, 0, 5 + n, 1)
        journal.record(f"{n}", changed_parts(project, after))
        if n:
            journal.end_save(journal.begin_save())
        journal.close()
        time.sleep(0.002)
    unsaved, *rest = session_files(place)
    assert [is_closed(p) for p in (unsaved, *rest)] == [False, True, True, True]
    size = rest[-1].stat().st_size
    monkeypatch.setattr(session_journals, "KEPT_BYTES", int(size * 1.5))
    prune(place)
    assert session_files(place) == [unsaved, rest[-1]]
    assert not rest[0].with_suffix(".lock").exists()
    prune(place, time.time() + session_journals.KEPT_S + 60)
    assert session_files(place) == [unsaved]

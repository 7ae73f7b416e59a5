"""Journals of earlier skelsegs (versions 1 to 4), which lie beside the new folders."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from skelseg_core.errors import ProjectError
from skelseg_core.files import atomic_write
from skelseg_core.labels.edits import paint
from skelseg_core.project import seen_files
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.journal import Journal
from skelseg_core.project.json import (
    labels_text,
    project_to_json,
    same_but_for_labels,
    segment_to_json,
)
from skelseg_core.project.project import Project, changed_videos, edit_lane, set_notes
from skelseg_core.project.recovered_edits import RecoveredEdits
from skelseg_core.project.recovery import recover
from tests.projects import N, make_project


@pytest.fixture
def root(tmp_path: Path) -> Path:
    make_project(tmp_path / "p")
    return tmp_path / "p"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """The journal of an earlier skelseg for a folder that had another name."""
    return tmp_path / "journals" / "uuid-0123abcd.jsonl"


def line_of(entry: object) -> bytes:
    body = json.dumps(entry).encode()
    return b"%08x %s\n" % (zlib.crc32(body), body)


def put(journal: Path, *entries: object) -> None:
    journal.parent.mkdir(parents=True, exist_ok=True)
    journal.write_bytes(b"".join(map(line_of, entries)))


class Session:
    """A session of an earlier skelseg that is killed."""

    def __init__(self, root: Path, journal: Path, version: int = 3) -> None:
        self.folder = ProjectFolder(root)
        self.project = self.on_disk = self.folder.load()
        self.journal, self.version = journal, version
        journal.parent.mkdir(parents=True, exist_ok=True)

    def edit(self, text: str, edit: Callable[[Project], Project]) -> None:
        before, after = self.project, edit(self.project)
        entry: dict[str, Any] = {"text": text}
        base = []
        if not same_but_for_labels(before, after):
            entry["project"] = project_to_json(after)
            base.append(self.folder.project_file)
        lanes = {v.id: v.annotation for v in changed_videos(before, after)}
        for video in list(lanes):
            if before.video(video).annotation is lanes[video]:
                del lanes[video]
                continue
            base.append(self.folder.labels_path(video))
        if lanes:
            said = {
                video: {"all": [segment_to_json(s) for s in lane.segments]}
                for video, lane in lanes.items()
            }
            entry["lanes"] = said
        if self.version > 1:
            entry["v"] = self.version
            key, digest = self.folder.key_of, self.folder.files.digest
            entry["base"] = {key(path): digest(path) for path in base}
        with self.journal.open("ab") as file:
            file.write(line_of(entry))
        self.project = after

    def write(self, files: int) -> None:
        """Write so many files of a save, and no more."""
        left = files

        def write_or_fail(path: Path, data: bytes) -> None:
            nonlocal left
            if left == 0:
                raise ProjectError("the disk is full")
            left -= 1
            atomic_write(path, data, sync=False)

        with (
            patch.object(seen_files, "atomic_write", write_or_fail),
            pytest.raises(ProjectError),
        ):
            self.folder.save(self.project, self.on_disk)


def reopened(root: Path, journal: Path) -> RecoveredEdits:
    """The project as this skelseg finds it; the files say the same."""
    folder = ProjectFolder(root)
    there = Journal(journal.parent / "uuid" / "1.jsonl", folder)
    found = recover(folder, folder.load(), there)
    there.close()
    assert ProjectFolder(root).load() == found.project == found.on_disk
    return found


def copies(root: Path) -> list[Path]:
    return sorted(root.rglob("*.conflict-*"))


def saved_by_another(root: Path, edit: Callable[[Project], Project]) -> None:
    folder = ProjectFolder(root)
    project = folder.load()
    folder.save(edit(project), project)


def paint_v(video: str, start: int, stop: int, label: int) -> Any:
    return lambda p: edit_lane(p, video, lambda s: paint(s, start, stop, label))


def test_it_is_replayed_wherever_the_project_lies_now(
    root: Path, journal: Path
) -> None:
    session = Session(root, journal)
    session.edit("mine", paint_v("v1", 0, 10, 0))
    session.edit("notes", lambda p: set_notes(p, "v1", "from the side"))
    root.rename(root.with_name("renamed"))
    found = reopened(root.with_name("renamed"), journal)
    assert found.project == session.project
    assert (found.n_edits, found.notes) == (2, ())
    assert not journal.exists()


def test_labels_of_a_colleague_stay_beside_those_that_come_back(
    root: Path, journal: Path
) -> None:
    session = Session(root, journal)
    session.edit("mine", paint_v("v1", 0, 10, 0))
    saved_by_another(root, paint_v("v1", 30, 40, 1))
    theirs = (root / "labels/v1.json").read_bytes()
    found = reopened(root, journal)
    assert found.project == session.project
    (copy,) = copies(root)
    assert copy.read_bytes() == theirs
    assert f"labels/{copy.name}" in found.notes[0]
    assert "(v1)" in found.notes[0]


def test_where_nothing_can_be_written_at_first_theirs_are_kept_at_a_later_save(
    root: Path, journal: Path
) -> None:
    session = Session(root, journal)
    session.edit("mine", paint_v("v1", 0, 10, 0))
    saved_by_another(root, paint_v("v1", 30, 40, 1))
    theirs = (root / "labels/v1.json").read_bytes()
    folder = ProjectFolder(root)
    there = Journal(journal.parent / "uuid" / "1.jsonl", folder)

    def fail(*_: object) -> None:
        raise ProjectError("the disk is full")

    with patch.object(seen_files, "atomic_write", fail):
        found = recover(folder, folder.load(), there)
    assert found.project == session.project
    assert (root / "labels/v1.json").read_bytes() == theirs
    assert journal.exists()
    later = paint_v("v2", 0, 10, 2)(found.project)
    there.record("later", found.project, later)
    mark = there.begin_save()
    (note,) = folder.save(later, None, found.on_disk)
    there.end_save(mark)
    (copy,) = copies(root)
    assert copy.read_bytes() == theirs
    assert copy.name in note
    there.close()
    # It is not made once more, over what was labelled since.
    assert not journal.exists()
    assert reopened(root, journal).project == later


def test_labels_of_a_video_that_somebody_labels_by_now_are_kept_beside(
    root: Path, journal: Path
) -> None:
    session = Session(root, journal)
    session.edit("mine", paint_v("v1", 0, 10, 0))
    before = (root / "labels/v1.json").read_bytes()
    folder = ProjectFolder(root)
    folder.may_write = lambda video_id: video_id != "v1"
    there = folder.load()
    found = recover(folder, there, Journal(journal.parent / "uuid/1.jsonl", folder))
    assert (root / "labels/v1.json").read_bytes() == before
    assert found.project == found.on_disk == there
    (kept,) = folder.taken["v1"]
    mine = session.project.video("v1").annotation
    assert kept.read_text() == labels_text("v1", mine)


def touch(path: Path, seconds_after: float, other: Path) -> None:
    at = other.stat().st_mtime + seconds_after
    os.utime(path, (at, at))


def test_an_old_journal_is_replayed_over_older_files(root: Path, journal: Path) -> None:
    session = Session(root, journal, version=1)
    session.edit("mine", paint_v("v1", 0, 10, 0))
    session.edit("notes", lambda p: set_notes(p, "v1", "from the side"))
    for path in root.rglob("*.json"):
        touch(path, -60, journal)
    found = reopened(root, journal)
    assert found.project == session.project
    assert found.notes == ()


def test_an_old_journal_is_kept_beside_newer_files(root: Path, journal: Path) -> None:
    session = Session(root, journal, version=1)
    session.edit("mine", paint_v("v1", 0, 10, 0))
    session.edit("two", paint_v("v2", 0, 10, 0))
    session.edit("notes", lambda p: set_notes(p, "v1", "from the side"))
    saved_by_another(root, paint_v("v1", 30, 40, 1))
    saved_by_another(root, lambda p: set_notes(p, "v2", "by another"))
    touch(root / "labels/v1.json", 60, journal)
    touch(root / "project.json", 60, journal)
    touch(root / "labels/v2.json", -60, journal)
    theirs = ProjectFolder(root).load()
    found = reopened(root, journal)
    # What they touched is theirs, what they left alone is ours.
    lane = session.project.video("v2").annotation
    assert found.project == edit_lane(theirs, "v2", lambda _: lane)
    kept = {p.name.partition(".")[0]: p.read_text() for p in copies(root)}
    assert kept["v1"] == labels_text("v1", session.project.video("v1").annotation)
    assert "from the side" in kept["project"]
    assert all(copy.name in found.notes[0] for copy in copies(root))


def test_an_old_journal_knows_what_its_own_save_wrote(
    root: Path, journal: Path
) -> None:
    session = Session(root, journal, version=1)
    session.edit("mine", paint_v("v1", 0, 10, 0))
    session.edit("notes", lambda p: set_notes(p, "v1", "from the side"))
    session.write(1)
    for path in root.rglob("*.json"):
        touch(path, 1, journal)
    (root / "project.json").touch()
    touch(root / "project.json", -1, journal)
    found = reopened(root, journal)
    assert found.project == session.project
    assert copies(root) == []


# -- journal that cannot be replayed -----------------------------------------------


ONE = {"start": 0, "stop": N, "class": 1, "source": "human", "reviewed": True}


@pytest.mark.parametrize(
    "entry",
    [
        {"v": 99, "text": "newer"},
        {"v": 2, "text": "x", "lanes": 3},
        {"v": 2, "text": "x", "lanes": {"v1": {"all": [{**ONE, "stop": 3}]}}},
        {"v": 2, "text": "x", "lanes": {"v1": {"at": 0}}},
        {"v": 2, "text": "x", "lanes": {"v1": None}},
        {"v": 2, "text": "x", "project": {"videos": 7}},
        {"v": 2, "text": "x", "project": []},
        {"v": 2, "text": "x", "base": [1]},
        {"v": "two", "text": "x"},
        {"saved": "all"},
        {"saved": None},
    ],
    ids=str,
)
def test_a_journal_that_cannot_be_replayed_is_kept_and_the_project_opens(
    root: Path, journal: Path, entry: object
) -> None:
    project = ProjectFolder(root).load()
    for n in range(2):  # one does not take the place of the other
        good = {"v": 2, "text": f"{n}", "lanes": {"v1": {"all": [ONE]}}, "base": {}}
        put(journal, good, entry)
        written = journal.read_bytes()
        found = reopened(root, journal)
        assert found.project == project
        assert found.n_edits == 0
        kept = [
            p for p in journal.parent.glob("uuid-*.jsonl") if p.read_bytes() == written
        ]
        assert len(kept) == 1
        assert str(kept[0]) in found.notes[0]
        assert not journal.exists()
    assert len(list(journal.parent.glob("*.unreadable*"))) == 2

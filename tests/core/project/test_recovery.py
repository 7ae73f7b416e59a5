from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.errors import ProjectError
from skelseg_core.files import atomic_write
from skelseg_core.labels.edits import move_boundary, paint
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project import folder as project_folder
from skelseg_core.project import recovery
from skelseg_core.project.class_edits import add_class
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.journal import Journal
from skelseg_core.project.json import labels_text
from skelseg_core.project.project import (
    ANNOTATION,
    Project,
    add_annotator_lane,
    add_video,
    annotator_lane,
    edit_lane,
    remove_video,
    set_notes,
)
from skelseg_core.project.recovery import RecoveredEdits, recover
from tests.projects import N, item, make_project, painted


class Session:
    """What a window does with its files, without a window; it is killed, not closed."""

    def __init__(self, root: Path, journal: Path) -> None:
        self.folder = ProjectFolder(root)
        self.project = self.on_disk = self.folder.load()
        self.journal = Journal(journal, self.folder)
        self.mark, self.snapshot = 0, self.project

    def edit(self, text: str, edit: Callable[[Project], Project]) -> None:
        after = edit(self.project)
        if after is not self.project:
            self.journal.record(text, self.project, after)
            self.project = after

    def begin(self) -> None:
        self.mark, self.snapshot = self.journal.begin_save(), self.project

    def write(self, files: int = 10**6) -> bool:
        """Write so many files of the save; whether that were all."""
        left = files

        def write_or_fail(path: Path, data: bytes) -> None:
            nonlocal left
            if left == 0:
                raise ProjectError("the disk is full")
            left -= 1
            atomic_write(path, data, sync=False)

        try:
            with patch.object(project_folder, "atomic_write", write_or_fail):
                self.folder.save(self.snapshot, self.on_disk)
        except ProjectError:
            return False
        return True

    def end(self) -> None:
        self.on_disk = self.snapshot
        self.journal.end_save(self.mark)

    def save(self) -> None:
        self.begin()
        self.write()
        self.end()

    def kill(self) -> None:
        self.journal.close()


def reopened(root: Path, journal: Path) -> RecoveredEdits:
    """The project as the next session finds it; the files say the same."""
    folder = ProjectFolder(root)
    there = Journal(journal, folder)
    found = recover(folder, folder.load(), there)
    there.close()
    assert ProjectFolder(root).load() == found.project == found.on_disk
    return found


def copies(root: Path) -> list[Path]:
    return sorted(root.rglob("*.conflict-*"))


def saved_by_another(root: Path, edit: Callable[[Project], Project]) -> None:
    """Another computer opens the project, edits it, and closes it."""
    folder = ProjectFolder(root)
    project = folder.load()
    folder.save(edit(project), project)


def paint_v(video: str, start: int, stop: int, label: int) -> Any:
    return lambda p: edit_lane(p, video, lambda s: paint(s, start, stop, label))


def killed_session(root: Path, journal: Path) -> Session:
    """A session that was killed after one label, before anything was saved."""
    session = Session(root, journal)
    session.edit("mine", paint_v("v1", 0, 10, 0))
    session.kill()
    return session


@pytest.fixture
def root(tmp_path: Path) -> Path:
    make_project(tmp_path / "p")
    return tmp_path / "p"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "j.jsonl"


steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("paint"), st.sampled_from(["v1", "v2"]), st.integers(0, 50),
            st.integers(0, 2),
        ),
        st.tuples(st.just("notes"), st.sampled_from(["v1", "v2"]), st.integers(0, 3)),
        st.tuples(st.just("other"), st.integers(0, 50), st.integers(0, 2)),
        st.tuples(st.sampled_from(["add", "remove", "class", "undo"])),
        st.tuples(st.sampled_from(["begin", "end", "save"])),
        st.tuples(st.just("write"), st.integers(0, 3)),
    ),
    max_size=14,
)  # fmt: skip


class Player:
    """Does random steps in a session, in an order that a window could do them in."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.saving = self.written = False
        self.values = [session.project]

    def play(self, step: tuple[Any, ...]) -> None:
        session, kind = self.session, step[0]
        if kind == "begin" and not self.saving:
            session.begin()
            self.saving, self.written = True, False
        elif kind == "write" and self.saving and not self.written:
            self.written = session.write(step[1] or 10**6)
            self.saving = self.written  # one that failed is over
        elif kind == "end" and self.written:
            session.end()
            self.saving = self.written = False
        elif kind == "save" and not self.saving:
            session.save()
        elif kind == "undo" and len(self.values) > 1:
            self.values.pop()
            session.edit("undo", lambda _: self.values[-1])
        elif (edit := self._edit(step)) is not None:
            session.edit(str(step), edit)
            self.values.append(session.project)

    def _edit(self, step: tuple[Any, ...]) -> Callable[[Project], Project] | None:
        project, kind = self.session.project, step[0]
        if kind == "paint":
            return paint_v(step[1], step[2], step[2] + 10, step[3])
        if kind == "notes":
            return lambda p: set_notes(p, step[1], f"note {step[2]}")
        if kind == "other":
            lane = paint(Segmentation.unlabelled(N), step[1], step[1] + 10, step[2])
            return lambda p: add_annotator_lane(p, "v1", "eve", lane)
        if kind == "add" and not project.has("v3"):
            return lambda p: paint_v("v3", 0, 9, 1)(add_video(p, item("v3")))
        if kind == "remove" and project.has("v3"):
            return lambda p: remove_video(p, "v3")
        if kind == "class" and len(project.label_map) < 5:
            return lambda p: add_class(p, f"class {len(p.label_map)}")
        return None


@settings(max_examples=120, deadline=None)
@given(steps=steps)
def test_without_others_a_kill_at_any_point_costs_nothing_and_is_no_conflict(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[Any, ...]]
) -> None:
    made = tmp_path_factory.mktemp("recovery")
    make_project(made / "p")
    player = Player(Session(made / "p", made / "j"))
    for step in steps:
        player.play(step)
    player.session.kill()
    found = reopened(made / "p", made / "j")
    assert found.project == player.session.project
    assert found.notes == ()
    assert copies(made / "p") == []


@settings(max_examples=120, deadline=None)
@given(
    steps=steps,
    name=st.sampled_from(["project.json", "labels/v1.json", "labels/v2.json"]),
)
def test_what_others_wrote_meanwhile_is_still_there_after_recovery(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[Any, ...]], name: str
) -> None:
    made = tmp_path_factory.mktemp("recovery")
    make_project(made / "p")
    player = Player(Session(made / "p", made / "j"))
    for step in steps:
        player.play(step)
    player.session.kill()
    path = made / "p" / name
    if name == "project.json":
        saved_by_another(made / "p", lambda p: set_notes(p, "v2", "by another"))
    else:
        lane = paint(Segmentation.unlabelled(N), 3, 44, 2, source="import")
        path.write_text(labels_text(path.stem, lane))
    theirs = path.read_bytes()
    found = reopened(made / "p", made / "j")
    kept = [p for p in (made / "p").rglob("*.json") if p.read_bytes() == theirs]
    assert kept
    for copy in copies(made / "p"):
        assert any(copy.name in note for note in found.notes)
    # Nothing of the session is lost either.
    if path not in kept:
        assert found.project == player.session.project


# -- scenes -------------------------------------------------------------------------


def test_labels_of_a_colleague_stay_beside_those_that_come_back(
    root: Path, journal: Path
) -> None:
    session = killed_session(root, journal)
    saved_by_another(root, paint_v("v1", 30, 40, 1))
    theirs = (root / "labels/v1.json").read_bytes()
    found = reopened(root, journal)
    assert found.project == session.project
    (copy,) = copies(root)
    assert copy.read_bytes() == theirs
    assert len(found.notes) == 1
    assert f"labels/{copy.name}" in found.notes[0]
    assert "(v1)" in found.notes[0]
    again = reopened(root, journal)
    assert (again.n_edits, again.notes) == (0, ())


def test_a_video_that_a_colleague_added_is_named_and_its_files_stay(
    root: Path, journal: Path
) -> None:
    session = Session(root, journal)
    session.edit("notes", lambda p: set_notes(p, "v1", "from the side"))
    session.kill()
    saved_by_another(
        root,
        lambda p: add_class(paint_v("v3", 0, 9, 1)(add_video(p, item("v3"))), "dance"),
    )
    theirs = (root / "project.json").read_bytes()
    labels = (root / "labels/v3.json").read_bytes()
    found = reopened(root, journal)
    assert found.project == session.project
    (copy,) = copies(root)
    assert copy.read_bytes() == theirs
    assert (root / "labels/v3.json").read_bytes() == labels
    assert copy.name in found.notes[0]
    assert "the videos v3 and the classes dance" in found.notes[0]


def test_labels_of_a_video_that_a_colleague_took_out_are_kept(
    root: Path, journal: Path
) -> None:
    session = killed_session(root, journal)
    saved_by_another(root, lambda p: remove_video(p, "v1"))
    found = reopened(root, journal)
    assert not found.project.has("v1")
    (copy,) = copies(root)
    mine = session.project.video("v1").annotation
    assert copy.read_text() == labels_text("v1", mine)
    assert copy.name in found.notes[0]


def test_a_file_that_was_checked_out_again_is_kept(root: Path, journal: Path) -> None:
    path = root / "labels/v1.json"
    committed = path.read_bytes()
    session = Session(root, journal)
    session.edit("one", paint_v("v1", 0, 10, 0))
    session.save()
    session.edit("two", paint_v("v1", 20, 30, 1))
    session.kill()
    path.write_bytes(committed)
    found = reopened(root, journal)
    assert found.project == session.project
    (copy,) = copies(root)
    assert copy.read_bytes() == committed


def test_a_file_checked_out_after_edits_during_a_save_is_kept(
    root: Path, journal: Path
) -> None:
    path = root / "labels/v1.json"
    committed = path.read_bytes()
    session = Session(root, journal)
    session.edit("one", paint_v("v1", 0, 10, 0))
    session.begin()
    # It names the committed file as its base, and that is replaced at once.
    session.edit("two", paint_v("v1", 20, 30, 1))
    session.write()
    session.end()
    session.kill()
    path.write_bytes(committed)
    found = reopened(root, journal)
    assert found.project == session.project
    assert [c.read_bytes() for c in copies(root)] == [committed]


def test_both_made_the_same_labels(root: Path, journal: Path) -> None:
    session = killed_session(root, journal)
    saved_by_another(root, paint_v("v1", 0, 10, 0))
    found = reopened(root, journal)
    assert found.project == session.project
    assert found.notes == ()


def test_few_lanes_are_made_to_find_whose_labels_lie_there(
    root: Path, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(root, journal)
    session.edit("mine", paint_v("v1", 0, 10, 0))
    for frame in range(11, 51):
        moved = partial(move_boundary, index=0, frame=frame)
        session.edit("nudge", lambda p, e=moved: edit_lane(p, "v1", e))
    session.kill()
    saved_by_another(root, paint_v("v1", 5, 9, 1))
    made: list[int] = []
    lane_of = recovery.lane_of

    def counted(segments: Iterable[Segment]) -> tuple[Segment, ...]:
        made.append(1)
        return lane_of(segments)

    monkeypatch.setattr(recovery, "lane_of", counted)
    found = reopened(root, journal)
    assert found.project == session.project
    assert len(copies(root)) == 1
    assert len(made) < 5


def test_labels_of_other_annotators_are_kept_too(root: Path, journal: Path) -> None:
    lane = paint(Segmentation.unlabelled(N), 0, 9, 1)
    saved_by_another(root, lambda p: add_annotator_lane(p, "v1", "eve", lane))
    session = Session(root, journal)
    mine = paint(lane, 20, 30, 2)
    session.edit("eve", lambda p: add_annotator_lane(p, "v1", "eve", mine))
    session.kill()
    theirs = labels_text("v1", paint(lane, 40, 50, 0))
    (root / "annotators/eve/v1.json").write_text(theirs)
    found = reopened(root, journal)
    assert found.project.video("v1").lanes[annotator_lane("eve")] == mine
    assert [c.read_text() for c in copies(root)] == [theirs]


def test_a_recovery_that_is_cut_off_keeps_no_second_copy(
    root: Path, journal: Path
) -> None:
    session = killed_session(root, journal)
    saved_by_another(root, paint_v("v1", 30, 40, 1))
    folder = ProjectFolder(root)
    there = Journal(journal, folder)
    written = []

    def one(path: Path, data: bytes) -> None:
        if written:
            raise KeyboardInterrupt  # stands for the kill
        written.append(path)
        atomic_write(path, data)

    with (
        patch.object(project_folder, "atomic_write", one),
        pytest.raises(KeyboardInterrupt),
    ):
        recover(folder, folder.load(), there)
    there.close()
    assert copies(root) == written
    assert reopened(root, journal).project == session.project
    assert copies(root) == written


def test_where_nothing_can_be_written_the_edits_are_shown_and_stay_in_the_journal(
    root: Path, journal: Path
) -> None:
    session = killed_session(root, journal)
    saved_by_another(root, paint_v("v1", 30, 40, 1))
    theirs = (root / "labels/v1.json").read_bytes()

    def full(path: Path, data: bytes) -> None:
        raise ProjectError("the disk is full")

    folder = ProjectFolder(root)
    there = Journal(journal, folder)
    with patch.object(project_folder, "atomic_write", full):
        found = recover(folder, folder.load(), there)
    assert found.project == session.project
    assert found.on_disk != found.project
    assert found.notes == ("the disk is full",)
    after = painted(found.project, 50, 55, 2)
    there.record("more", found.project, after)
    there.close()
    again = reopened(root, journal)
    assert again.project == after
    assert [c.read_bytes() for c in copies(root)] == [theirs]


# -- journals of the kind before ----------------------------------------------------


def make_old(journal: Path) -> None:
    """Write the records as an earlier skelseg did: nothing is said of their base."""
    lines = []
    for line in journal.read_bytes().splitlines():
        entry = json.loads(line[9:])
        for name in ("v", "base"):
            entry.pop(name, None)
        body = json.dumps(entry, separators=(",", ":")).encode()
        lines.append(b"%08x %s\n" % (zlib.crc32(body), body))
    journal.write_bytes(b"".join(lines))


def touch(path: Path, seconds_after: float, other: Path) -> None:
    at = other.stat().st_mtime + seconds_after
    os.utime(path, (at, at))


def test_an_old_journal_is_replayed_over_older_files(root: Path, journal: Path) -> None:
    session = Session(root, journal)
    session.edit("mine", paint_v("v1", 0, 10, 0))
    session.edit("notes", lambda p: set_notes(p, "v1", "from the side"))
    session.kill()
    make_old(journal)
    for path in root.rglob("*.json"):
        touch(path, -60, journal)
    found = reopened(root, journal)
    assert found.project == session.project
    assert found.notes == ()


def test_an_old_journal_is_kept_beside_newer_files(root: Path, journal: Path) -> None:
    session = Session(root, journal)
    session.edit("mine", paint_v("v1", 0, 10, 0))
    session.edit("two", paint_v("v2", 0, 10, 0))
    session.edit("notes", lambda p: set_notes(p, "v1", "from the side"))
    session.kill()
    make_old(journal)
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
    session = Session(root, journal)
    session.edit("mine", paint_v("v1", 0, 10, 0))
    session.edit("notes", lambda p: set_notes(p, "v1", "from the side"))
    session.begin()
    session.write(1)
    session.kill()
    make_old(journal)
    for path in root.rglob("*.json"):
        touch(path, 1, journal)
    (root / "project.json").touch()
    touch(root / "project.json", -1, journal)
    found = reopened(root, journal)
    assert found.project == session.project
    assert copies(root) == []


# -- journals that cannot be replayed -----------------------------------------------


def put(journal: Path, *entries: object) -> None:
    lines = []
    for entry in entries:
        body = json.dumps(entry).encode()
        lines.append(b"%08x %s\n" % (zlib.crc32(body), body))
    journal.write_bytes(b"".join(lines))


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
        kept = [p for p in journal.parent.glob("j.*") if p.read_bytes() == written]
        assert len(kept) == 1
        assert str(kept[0]) in found.notes[0]
        assert not journal.exists()
    assert len(list(journal.parent.glob("j.unreadable*"))) == 2


def test_a_path_that_is_no_utf8_in_a_journal_does_not_lock_the_project(
    root: Path, journal: Path
) -> None:
    project = ProjectFolder(root).load()
    session = Session(root, journal)
    bad = item("caf_")
    object.__setattr__(bad, "path", "caf\udce9.mp4")
    session.edit("add", lambda p: add_video(p, bad))
    session.kill()
    found = reopened(root, journal)
    assert found.project == project
    assert "could not be brought back" in found.notes[0]


@pytest.mark.parametrize("damage", ["torn", "a zero", "garbage"])
def test_a_first_record_that_cannot_be_read_does_not_swallow_the_next_ones(
    root: Path, journal: Path, damage: str
) -> None:
    killed_session(root, journal)
    data = journal.read_bytes()
    journal.write_bytes(
        {"torn": data[:-20], "a zero": b"\0" + data, "garbage": b"\xff\n"}[damage]
    )
    folder = ProjectFolder(root)
    there = Journal(journal, folder)
    found = recover(folder, folder.load(), there)
    # Of a torn one nobody was told that it was made.
    assert bool(found.notes) == (damage != "torn")
    assert "unreadable" in "".join(found.notes) or damage == "torn"
    assert list(journal.parent.glob("j.unreadable*"))
    after = painted(found.project, 20, 30, 2)
    there.record("next", found.project, after)
    there.close()
    assert reopened(root, journal).project == after


def test_what_comes_after_a_damaged_record_is_said_to_be_lost(
    root: Path, journal: Path
) -> None:
    session = Session(root, journal)
    for n in range(4):
        session.edit(f"{n}", paint_v("v1", n, n + 5, n % 3))
    session.kill()
    lines = journal.read_bytes().splitlines(keepends=True)
    lines[2] = b"0" + lines[2][1:-8] + b"\n"
    journal.write_bytes(b"".join(lines))
    found = reopened(root, journal)
    assert found.n_edits == 2
    assert "damaged after these edits" in found.notes[0]


# -- what a save keeps --------------------------------------------------------------


def test_two_versions_of_others_within_a_second_are_both_kept(root: Path) -> None:
    folder = ProjectFolder(root)
    project = folder.load()
    path, theirs = folder.labels_path("v1"), []
    for n in range(3):
        theirs.append(labels_text("v1", paint(Segmentation.unlabelled(N), n, 50, 1)))
        path.write_text(theirs[-1])
        after = painted(project, n, n + 3, 2)
        (note,) = folder.save(after, project)
        assert "v1.json was changed by another program" in note
        project = after
    assert sorted(c.read_text() for c in copies(root)) == sorted(theirs)


def test_many_changed_files_are_one_sentence(root: Path) -> None:
    folder = ProjectFolder(root)
    project = folder.load()
    after = project
    for video in ("v1", "v2"):
        text = labels_text(video, paint(Segmentation.unlabelled(N), 0, 50, 1))
        folder.labels_path(video).write_text(text)
        after = paint_v(video, 5, 9, 2)(after)
    (note,) = folder.save(after, project)
    assert note.startswith("2 files were changed by another program")
    assert all(copy.name in note for copy in copies(root))


def test_the_journal_keeps_edits_that_are_made_while_a_save_runs(
    root: Path, journal: Path
) -> None:
    session = Session(root, journal)
    session.edit("before", paint_v("v1", 0, 10, 0))
    session.begin()
    session.edit("meanwhile", paint_v("v1", 5, 20, 1))
    session.edit("and", paint_v("v2", 5, 20, 1))
    session.write()
    session.end()
    texts = [e["text"] for e in session.journal.entries()]
    assert texts == ["meanwhile", "and"]
    session.kill()
    assert Journal(journal, session.folder).entries()
    found = reopened(root, journal)
    assert found.project == session.project
    assert found.n_edits == 2
    assert found.project.video("v1").lanes[ANNOTATION].at(6).class_id == 1

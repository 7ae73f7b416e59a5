from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skelseg_core.errors import ProjectError
from skelseg_core.files import atomic_write
from skelseg_core.labels.edits import paint
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project import seen_files
from skelseg_core.project.class_edits import add_class, delete_class, rename_class
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.history.journal import Journal
from skelseg_core.project.history.recorded_session import VERSION
from skelseg_core.project.history.recovery import RecoveredEdits, recover
from skelseg_core.project.json import labels_text, lane_text, said_of_file
from skelseg_core.project.parts import changed_parts
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import (
    add_annotator_lane,
    add_video,
    edit_lane,
    give_up_labels,
    remove_video,
    set_done,
    set_notes,
)
from skelseg_core.project.tracks import video_hold
from tests.projects import N, item, make_project, painted
from tests.soak import examples

_numbers = count()


def next_journal(journals: Path, folder: ProjectFolder) -> Journal:
    return Journal(journals / f"{next(_numbers):06d}.jsonl", folder)


class Session:
    """What a window does with its files, without a window; it is killed, not closed."""

    def __init__(self, root: Path, journals: Path) -> None:
        self.folder = ProjectFolder(root)
        self.project = self.on_disk = self.folder.load()
        self.journal = next_journal(journals, self.folder)
        self.mark, self.snapshot = 0, self.project

    def edit(self, text: str, edit: Callable[[Project], Project]) -> None:
        after = edit(self.project)
        if after is not self.project:
            self.journal.record(text, changed_parts(self.project, after))
            self.project = after

    def begin(self) -> None:
        self.mark, self.snapshot = self.journal.begin_save(), self.project

    def write(self, files: int = 10**6) -> bool:
        """Write so many files of the save; whether that were all."""
        left = files

        def write_or_fail(path: Path, data: bytes, **rest: Any) -> None:
            nonlocal left
            if left == 0:
                raise ProjectError("the disk is full")
            left -= 1
            atomic_write(path, data, sync=False, **rest)

        try:
            with patch.object(seen_files, "atomic_write", write_or_fail):
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


def reopened(root: Path, journals: Path) -> RecoveredEdits:
    """The project as the next session finds it; the files say the same."""
    folder = ProjectFolder(root)
    there = next_journal(journals, folder)
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


def paint_v(video: str, start: int, stop: int, label: int | None) -> Any:
    return lambda p: edit_lane(p, video, lambda s: paint(s, start, stop, label))


def killed_session(root: Path, journals: Path) -> Session:
    """A session that was killed after one label, before anything was saved."""
    session = Session(root, journals)
    session.edit("mine", paint_v("v1", 0, 10, 0))
    session.kill()
    return session


@pytest.fixture
def root(tmp_path: Path) -> Path:
    make_project(tmp_path / "p")
    return tmp_path / "p"


@pytest.fixture
def journals(tmp_path: Path) -> Path:
    return tmp_path / "state" / "uuid"


steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("paint"), st.sampled_from(["v1", "v2"]), st.integers(0, 50),
            st.integers(0, 2),
        ),
        st.tuples(st.just("notes"), st.sampled_from(["v1", "v2"]), st.integers(0, 3)),
        st.tuples(st.just("other"), st.integers(0, 50), st.integers(0, 2)),
        st.tuples(st.sampled_from(["add", "remove", "class", "merge", "undo"])),
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
        if kind == "merge" and len(project.label_map) > 3:
            return lambda p: delete_class(p, p.label_map.ids[-1], 0)
        return None


@settings(max_examples=examples(120), deadline=None)
@given(steps=steps)
@example(steps=[("add",), ("begin",), ("write", 1)])
@example(steps=[("other", 0, 0), ("begin",), ("write", 1)])
@example(steps=[("other", 0, 0), ("begin",), ("other", 9, 1), ("write", 1)])
@example(
    steps=[("class",), ("save",), ("merge",), ("class",), ("begin",), ("write", 1)]
)
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


@settings(max_examples=examples(120), deadline=None)
@given(
    steps=steps,
    name=st.sampled_from(["project.json", "labels/v1.json", "labels/v2.json"]),
)
@example(
    steps=[("paint", "v2", 44, 0), ("begin",), ("write", 0)], name="labels/v2.json"
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
        there_now = ProjectFolder(made / "p").load().track(path.stem)
        path.write_text(lane_text(there_now.with_lane(ANNOTATION, lane), ANNOTATION))
    theirs = ProjectFolder(made / "p").load()
    found = reopened(made / "p", made / "j")
    there = [p.read_text() for p in copies(made / "p")]
    assert bool(there) == bool(found.notes)
    mine = player.session.project
    if name == "project.json":
        said = [found.project.track("v2").video.notes, *there]
        assert any("by another" in text for text in said)
        return
    # Theirs stays, and what the session made is beside, if it had not been saved.
    now, ours = (p.track(path.stem).annotation for p in (found.project, mine))
    was = player.session.on_disk.track(path.stem).annotation
    if now == theirs.track(path.stem).annotation:
        assert ours == was or lane_text(mine.track(path.stem), ANNOTATION) in there
    else:
        assert now == ours


# -- scenes -------------------------------------------------------------------------


def test_labels_of_a_video_that_a_colleague_changed_are_kept_beside_theirs(
    root: Path, journals: Path
) -> None:
    session = killed_session(root, journals)
    saved_by_another(root, paint_v("v1", 30, 40, 1))
    found = reopened(root, journals)
    lane = found.project.track("v1").annotation
    assert (lane.at(5).class_id, lane.at(35).class_id) == (None, 1)
    (copy,) = copies(root)
    mine = session.project.track("v1")
    assert copy.read_text() == lane_text(mine, ANNOTATION)
    (note,) = found.notes
    assert copy.name in note
    again = reopened(root, journals)
    assert (again.n_edits, again.notes) == (0, ())


@pytest.mark.parametrize("removed", [False, True])
def test_notes_of_a_video_that_a_colleague_changed_are_kept_beside_theirs(
    root: Path, journals: Path, removed: bool
) -> None:
    session = Session(root, journals)
    session.edit("note", lambda p: set_notes(p, "v1", "mine, größer"))
    session.kill()
    saved_by_another(root, lambda p: set_notes(p, "v1", "theirs"))
    if removed:
        saved_by_another(root, lambda p: remove_video(p, "v1"))
    found = reopened(root, journals)
    there = found.project.find("v1")
    assert (
        there is None
        if removed
        else there is not None and there.video.notes == "theirs"
    )
    (copy,) = copies(root)
    assert copy.parent.name == "about"
    raw = json.loads(copy.read_text())
    assert said_of_file(raw, "copy") == {"notes": "mine, größer"}
    assert copy.name in found.notes[0]


def test_what_a_colleague_changed_elsewhere_is_there_beside_mine(
    root: Path, journals: Path
) -> None:
    session = Session(root, journals)
    session.edit("class", lambda p: add_class(p, "mine"))
    session.edit("label", paint_v("v1", 0, 10, 3))
    session.kill()
    saved_by_another(
        root,
        lambda p: paint_v("v2", 5, 9, 1)(
            add_video(rename_class(p, 0, "go"), item("v3"))
        ),
    )
    found = reopened(root, journals)
    assert found.notes == ()
    assert found.project.label_map.names == ("go", "b", "c", "mine")
    assert found.project.has("v3")
    assert found.project.track("v2").annotation.at(6).class_id == 1
    assert found.project.track("v1").annotation.at(6).class_id == 3


def test_a_class_that_a_colleague_deleted_is_here_again_with_labels_that_come_back(
    root: Path, journals: Path
) -> None:
    session = Session(root, journals)
    session.edit("label", paint_v("v1", 0, 10, 2))
    session.kill()
    saved_by_another(root, lambda p: delete_class(p, 2, 0))
    found = reopened(root, journals)
    assert found.project.track("v1").annotation.at(5).class_id == 2
    assert found.project.label_map.name_of(2) == "c"
    assert found.notes == ("The class 'c' is back, because labels use it.",)


@pytest.mark.parametrize("n_files", [1, 2, 3])
def test_a_class_that_was_merged_away_stays_away_after_a_kill(
    root: Path, journals: Path, n_files: int
) -> None:
    """A save writes project.json with the old and the new classes first."""
    saved_by_another(root, lambda p: paint_v("v1", 0, 10, 2)(p))
    session = Session(root, journals)
    session.edit("merge", lambda p: delete_class(p, 2, 0))
    session.edit("add", lambda p: add_class(p, "c"))
    session.edit("add", lambda p: add_class(p, "hold the blue cup"))
    session.begin()
    session.write(n_files)
    session.kill()
    found = reopened(root, journals)
    assert found.notes == ()
    assert found.project == session.project


def test_a_video_that_was_labelled_and_that_a_colleague_took_out_is_kept_beside(
    root: Path, journals: Path
) -> None:
    session = killed_session(root, journals)
    saved_by_another(root, lambda p: remove_video(p, "v1"))
    found = reopened(root, journals)
    assert not found.project.has("v1")
    (copy,) = copies(root)
    mine = session.project.track("v1").annotation
    assert copy.read_text() == labels_text(mine)
    assert copy.name in found.notes[0]


def test_both_made_the_same_labels(root: Path, journals: Path) -> None:
    session = killed_session(root, journals)
    saved_by_another(root, paint_v("v1", 0, 10, 0))
    found = reopened(root, journals)
    assert found.project == session.project
    assert found.notes == ()


def test_where_nothing_can_be_written_the_edits_are_shown_and_stay_in_the_journal(
    root: Path, journals: Path
) -> None:
    killed_session(root, journals)

    def full(path: Path, data: bytes, **_: Any) -> None:
        raise ProjectError("the disk is full")

    folder = ProjectFolder(root)
    there = next_journal(journals, folder)
    with patch.object(seen_files, "atomic_write", full):
        found = recover(folder, folder.load(), there)
    assert found.project.track("v1").annotation.at(7).class_id == 0
    assert found.on_disk != found.project
    assert found.notes == ("the disk is full",)
    after = painted(found.project, 50, 55, 2)
    there.record("more", changed_parts(found.project, after))
    there.close()
    again = reopened(root, journals)
    assert again.project == after
    assert copies(root) == []


# -- journals that cannot be replayed -----------------------------------------------


def put(path: Path, *entries: object) -> None:
    lines = []
    for entry in entries:
        body = json.dumps(entry).encode()
        lines.append(b"%08x %s\n" % (zlib.crc32(body), body))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(lines))


ONE = {"start": 0, "stop": N, "class": 1, "source": "human", "reviewed": True}
NONE = {"start": 0, "stop": N, "class": None, "source": None, "reviewed": False}
LANE = "lane/v1/annotation"


def record(n: int, change: object, part: str = LANE, **more: object) -> dict[str, Any]:
    return {"v": VERSION, "n": n, "text": f"{n}", "parts": {part: change}, **more}


GOOD = record(1, {"was": [NONE], "put": [ONE]}, **{"from": {LANE: [NONE]}})


@pytest.mark.parametrize(
    "entry",
    [
        record(2, {"was": [ONE], "put": [NONE]}, v=99),
        record(2, 3),
        record(2, None),
        record(2, {"was": [ONE], "put": [{**ONE, "stop": 3}]}),
        record(2, {"at": 0}),
        record(2, {"was": [ONE], "put": 7}),
        record(2, {"was": None, "put": 7}, part="video/v3"),
        record(2, {"pieces": [{"was": [ONE], "put": 7}]}),
        record(2, {"pieces": 7}),
        record(2, {"pieces": [{"was": [ONE]}]}),
        {"v": VERSION, "n": 2, "text": "x"},
        {"v": VERSION, "n": 2, "text": "x", "parts": [1]},
        {"v": VERSION, "n": "two", "text": "x", "parts": {}},
        {"v": "two", "n": 2, "text": "x", "parts": {}},
        {"saved": "all"},
        {"saved": None},
        {"base": 3},
    ],
    ids=str,
)
def test_a_journal_that_cannot_be_replayed_is_kept_and_the_project_opens(
    root: Path, journals: Path, entry: object
) -> None:
    project = ProjectFolder(root).load()
    for n in range(2):  # one does not take the place of the other
        path = journals / f"{n}.jsonl"
        put(path, GOOD, entry)
        written = path.read_bytes()
        found = reopened(root, journals)
        assert found.project == project
        assert found.n_edits == 0
        kept = [p for p in journals.iterdir() if p.read_bytes() == written]
        assert len(kept) == n + 1
        assert any(str(k) in found.notes[0] for k in kept)
        assert not path.exists()
    assert len(list(journals.glob("*.unreadable*"))) == 2


def test_a_path_that_is_no_utf8_in_a_journal_does_not_lock_the_project(
    root: Path, journals: Path
) -> None:
    project = ProjectFolder(root).load()
    session = Session(root, journals)
    bad = item("caf_")
    object.__setattr__(bad, "path", "caf\udce9.mp4")
    session.edit("add", lambda p: add_video(p, bad))
    session.kill()
    found = reopened(root, journals)
    assert found.project == project
    assert "could not be restored" in found.notes[0]


@pytest.mark.parametrize("damage", ["torn", "a zero", "garbage"])
def test_a_first_record_that_cannot_be_read_does_not_swallow_the_next_ones(
    root: Path, journals: Path, damage: str
) -> None:
    path = killed_session(root, journals).journal.path
    head, line = path.read_bytes().splitlines(keepends=True)
    bad = {"torn": line[:-20], "a zero": b"\0" + line, "garbage": b"\xff\n"}[damage]
    path.write_bytes(head + bad)
    folder = ProjectFolder(root)
    there = next_journal(journals, folder)
    found = recover(folder, folder.load(), there)
    # Of a torn one nobody was told that it was made.
    assert bool(found.notes) == (damage != "torn")
    assert "unreadable" in "".join(found.notes) or damage == "torn"
    assert bool(list(journals.glob("*.unreadable*"))) == (damage != "torn")
    after = painted(found.project, 20, 30, 2)
    there.record("next", changed_parts(found.project, after))
    there.close()
    assert reopened(root, journals).project == after


def damaged(path: Path, number: int) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    lines[number] = b"0" + lines[number][1:-8] + b"\n"
    path.write_bytes(b"".join(lines))


def test_what_builds_on_a_damaged_record_is_said_to_be_lost(
    root: Path, journals: Path
) -> None:
    session = Session(root, journals)
    for n in range(4):
        session.edit(f"{n}", paint_v("v1", n, n + 5, n % 3))
    session.kill()
    damaged(session.journal.path, 3)
    found = reopened(root, journals)
    assert found.n_edits == 2
    assert "interrupted session (2) are damaged" in found.notes[0]
    (kept,) = journals.glob("*.unreadable*")
    assert str(kept) in found.notes[0]


def test_a_damaged_record_is_skipped_where_later_ones_do_not_build_on_it(
    root: Path, journals: Path
) -> None:
    session = Session(root, journals)
    session.edit("first", paint_v("v1", 0, 5, 0))
    session.edit("damaged", lambda p: set_notes(p, "v2", "x"))
    session.edit("other video", paint_v("v2", 10, 20, 1))
    session.edit("other place", paint_v("v1", 40, 50, 1))
    session.kill()
    damaged(session.journal.path, 2)
    found = reopened(root, journals)
    assert found.n_edits == 3
    assert found.project == set_notes(session.project, "v2", "")
    assert "interrupted session (1) are damaged" in found.notes[0]


# -- what a save keeps --------------------------------------------------------------


def test_two_versions_of_others_within_a_second_are_both_kept(root: Path) -> None:
    folder = ProjectFolder(root)
    project = folder.load()
    path, theirs = folder.labels_path("v1"), []
    for n in range(3):
        theirs.append(labels_text(paint(Segmentation.unlabelled(N), n, 50, 1)))
        path.write_text(theirs[-1])
        after = painted(project, n, n + 3, 2)
        (note,) = folder.save(after, project).notes
        assert "Another program changed v1.json" in note
        project = after
    assert sorted(c.read_text() for c in copies(root)) == sorted(theirs)


def test_many_changed_files_are_one_sentence(root: Path) -> None:
    folder = ProjectFolder(root)
    project = folder.load()
    after = project
    for video in ("v1", "v2"):
        text = labels_text(paint(Segmentation.unlabelled(N), 0, 50, 1))
        folder.labels_path(video).write_text(text)
        after = paint_v(video, 5, 9, 2)(after)
    (note,) = folder.save(after, project).notes
    assert note.startswith("Another program changed 2 files")
    assert all(copy.name in note for copy in copies(root))


def test_the_journal_keeps_edits_that_are_made_while_a_save_runs(
    root: Path, journals: Path
) -> None:
    session = Session(root, journals)
    session.edit("before", paint_v("v1", 0, 10, 0))
    session.begin()
    session.edit("meanwhile", paint_v("v1", 5, 20, 1))
    session.edit("and", paint_v("v2", 5, 20, 1))
    session.write()
    session.end()
    texts = [e["text"] for e in session.journal.entries()]
    assert texts == ["meanwhile", "and"]
    session.kill()
    assert session.journal.entries()
    found = reopened(root, journals)
    assert found.project == session.project
    assert found.n_edits == 2
    assert found.project.track("v1").lanes[ANNOTATION].at(6).class_id == 1


def test_what_others_save_while_it_is_recovered_is_kept(
    root: Path, journals: Path
) -> None:
    session = killed_session(root, journals)
    folder = ProjectFolder(root)
    there = folder.load()
    saved_by_another(root, paint_v("v1", 30, 40, 1))
    theirs = (root / "labels/v1.json").read_bytes()
    journal = next_journal(journals, folder)
    found = recover(folder, there, journal)
    journal.close()
    assert found.project == session.project == ProjectFolder(root).load()
    assert [p.read_bytes() for p in copies(root)] == [theirs]


def test_labels_of_a_video_that_somebody_labels_by_now_are_kept_beside(
    root: Path, journals: Path
) -> None:
    killed_session(root, journals)
    before = (root / "labels" / "v1.json").read_bytes()
    folder = ProjectFolder(root)
    folder.may_write = lambda video_id: video_id != "v1"
    journal = next_journal(journals, folder)
    found = recover(folder, folder.load(), journal)
    journal.close()
    assert (root / "labels" / "v1.json").read_bytes() == before
    (kept,) = folder.taken["v1"]
    there = folder.load()
    lane = there.track("v1").annotation
    mine = paint_v("v1", 0, 10, 0)(there).track("v1")
    assert kept.read_text() == lane_text(mine, ANNOTATION)
    assert found.project.track("v1").annotation == lane


def test_a_video_that_is_claimed_in_the_midst_of_it_is_not_told_to_be_saved(
    root: Path, journals: Path
) -> None:
    killed_session(root, journals)
    before = (root / "labels" / "v1.json").read_bytes()
    folder = ProjectFolder(root)
    asked = count()
    folder.may_write = lambda _: next(asked) < 1
    journal = next_journal(journals, folder)
    found = recover(folder, folder.load(), journal)
    assert (root / "labels" / "v1.json").read_bytes() == before
    assert found.project != found.on_disk
    assert any("label v1" in note for note in found.notes)
    journal.close()
    # Nothing is lost: the next session brings it back.
    assert reopened(root, journals).n_edits == 1


def test_of_two_sessions_that_were_cut_off_both_versions_are_kept(
    root: Path, journals: Path
) -> None:
    one, other = Session(root, journals), Session(root, journals)
    one.edit("one", paint_v("v1", 0, 10, 0))
    other.edit("other", paint_v("v1", 5, 15, 1))
    one.kill()
    other.kill()
    found = reopened(root, journals)
    assert found.project == one.project
    (kept,) = copies(root)
    assert kept.read_text() == lane_text(other.project.track("v1"), ANNOTATION)
    assert kept.name in " ".join(found.notes)


def test_labels_of_a_class_whose_id_another_got_are_kept_beside(
    root: Path, journals: Path
) -> None:
    """project.json went back, and somebody added a class, before it is opened again."""
    session = Session(root, journals)
    session.edit("class", lambda p: add_class(p, "mine"))
    session.edit("label", paint_v("v1", 0, 10, 3))
    session.edit("notes", lambda p: set_notes(p, "v2", "x"))
    session.kill()
    saved_by_another(root, lambda p: add_class(p, "theirs"))
    found = reopened(root, journals)
    assert found.project.label_map.name_of(3) == "theirs"
    assert found.project.track("v1").annotation.at(5).class_id is None
    assert found.project.track("v2").video.notes == "x"
    assert {p.name.partition(".")[0] for p in copies(root)} == {"project", "v1"}
    assert any("kept as" in note for note in found.notes)


def test_what_was_said_of_a_new_video_is_known_again_in_any_order(
    root: Path, journals: Path
) -> None:
    """The save was cut off before project.json had the video."""
    session = Session(root, journals)
    session.edit("add", lambda p: add_video(p, item("v3")))
    session.edit("done", lambda p: set_done(p, "v3"))
    session.edit("notes", lambda p: set_notes(p, "v3", "x"))
    session.begin()
    assert not session.write(1)
    session.edit("label", paint_v("v3", 0, 10, 0))
    session.kill()
    found = reopened(root, journals)
    assert found.project == session.project
    assert copies(root) == []


def test_what_was_said_of_a_track_whose_label_file_is_gone_stays_in_the_journal(
    root: Path, journals: Path
) -> None:
    session = Session(root, journals)
    session.edit("sign", lambda p: signed(p, "mine"))
    session.edit("label", paint_v("v2", 0, 10, 0))
    session.kill()
    session.folder.labels_path("v1").unlink()
    found = reopened(root, journals)
    assert found.project.track("v1").annotator == ""
    assert found.project.track("v2") == session.project.track("v2")
    assert found.n_edits == 1
    assert found.notes[0].startswith("The label file of v1 is gone")
    (kept,) = journals.glob("*.unreadable.jsonl")
    assert str(kept) in found.notes[1]
    assert b"mine" in kept.read_bytes()


def test_labels_whose_file_is_gone_come_back_and_it_is_said_what_does_not(
    root: Path, journals: Path
) -> None:
    session = Session(root, journals)
    session.edit("sign", lambda p: signed(p, "mine"))
    session.save()
    session.edit("label", paint_v("v1", 0, 10, 0))
    session.kill()
    session.folder.labels_path("v1").unlink()
    found = reopened(root, journals)
    item = found.project.track("v1")
    assert item.annotation == session.project.track("v1").annotation
    (note,) = found.notes
    assert note.endswith("without its marks, decisions and the like.")


def signed(project: Project, name: str) -> Project:
    return project.with_tracks(project.track("v1").with_said(annotator=name))


def test_notes_come_back_whatever_became_of_the_label_file(
    root: Path, journals: Path
) -> None:
    session = Session(root, journals)
    session.edit("note", lambda p: set_notes(p, "v1", "mine"))
    session.kill()
    session.folder.labels_path("v1").unlink()
    found = reopened(root, journals)
    assert found.notes == ()
    assert found.project.track("v1").missing
    assert ProjectFolder(root).load().video("v1").notes == "mine"


def test_the_first_notes_of_a_video_come_back_where_their_file_is_cut_off(
    root: Path, journals: Path
) -> None:
    session = Session(root, journals)
    session.edit("note", lambda p: set_notes(p, "v1", "mine"))
    session.kill()
    path = session.folder.about_path("v1")
    path.parent.mkdir()
    path.write_bytes(b"\0" * 40)
    found = reopened(root, journals)
    assert (found.n_edits, found.project.video("v1").notes) == (1, "mine")
    assert ProjectFolder(root).load().video("v1").notes == "mine"
    assert [p.read_bytes() for p in copies(root)] == [b"\0" * 40]


def test_damaged_notes_that_were_given_up_stay_given_up(
    root: Path, journals: Path
) -> None:
    path = ProjectFolder(root).about_path("v1")
    path.parent.mkdir()
    path.write_text("{")
    session = Session(root, journals)
    session.edit("give up", lambda p: give_up_labels(p, "v1"))
    session.kill()
    found = reopened(root, journals)
    assert found.n_edits == 1
    assert not found.project.video("v1").damage
    assert not ProjectFolder(root).load().video("v1").damage
    assert [p.read_text() for p in copies(root)] == ["{"]


def test_later_notes_are_kept_beside_where_their_file_is_damaged(
    root: Path, journals: Path
) -> None:
    session = Session(root, journals)
    session.edit("note", lambda p: set_notes(p, "v1", "first"))
    session.save()
    session.edit("note", lambda p: set_notes(p, "v1", "later"))
    session.kill()
    session.folder.about_path("v1").write_text("{")
    found = reopened(root, journals)
    assert session.folder.about_path("v1").read_text() == "{"
    (kept,) = copies(root)
    assert json.loads(kept.read_text())["notes"] == "later"
    assert kept.name in found.notes[0]


def test_notes_of_a_video_that_somebody_edits_by_now_are_kept_beside(
    root: Path, journals: Path
) -> None:
    session = Session(root, journals)
    session.edit("note", lambda p: set_notes(p, "v1", "mine"))
    session.kill()
    folder = ProjectFolder(root)
    folder.may_write = lambda held: held != video_hold("v1")
    journal = next_journal(journals, folder)
    found = recover(folder, folder.load(), journal)
    journal.close()
    assert not folder.about_path("v1").exists()
    (kept,) = folder.taken[video_hold("v1")]
    assert json.loads(kept.read_text())["notes"] == "mine"
    assert found.project.video("v1").notes == ""

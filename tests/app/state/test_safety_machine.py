"""Random edits, saves, crashes and second writers, held against a plain model.

The model is which labels of a video each side has. A video that one side alone changed
is as that side has it. Of one that both changed, one version is in the project, and the
other is kept beside, and shown as a lane of its own. A class id never means another
class than it did. ``make soak`` tries more; ``SKELSEG_MACHINE_RUNS`` and
``SKELSEG_MACHINE_STEPS`` say how much.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from pytestqt.qtbot import QtBot

from app.kit.notices import Notices
from app.kit.threads import wait_until
from app.services.folder_watch import FolderWatch
from app.state.document import Document, open_document
from skelseg_core.errors import SkelsegError
from skelseg_core.labels import edits
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import run
from skelseg_core.project.class_edits import (
    add_class,
    delete_class,
    ids_added,
    rename_class,
    with_next_id,
)
from skelseg_core.project.copies.backups import Backups
from skelseg_core.project.copies.restoring import restored
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.json import labels_from_json
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import edit_lane
from tests.app.windows import kill
from tests.projects import N, make_project
from tests.soak import times

RUNS = times("SKELSEG_MACHINE_RUNS", 30, 600)
STEPS = times("SKELSEG_MACHINE_STEPS", 20, 40)
VIDEOS = ("v1", "v2")
WAIT_S = 60.0
videos = st.sampled_from(VIDEOS)
numbers = st.integers(0, 10_000)


class SafetyMachine(RuleBasedStateMachine):
    """A window, and whatever else happens to its project."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp())
        self.patch = pytest.MonkeyPatch()
        self.patch.setenv("XDG_STATE_HOME", str(self.home / "state"))
        self.patch.setattr("app.state.saving_thread.AUTOSAVE_MS", 10**8)
        self.patch.setattr("app.services.folder_watch.SETTLE_MS", 10**8)
        self.patch.setattr("app.services.folder_watch.LOOK_MS", 10**8)
        self.root = self.home / "project"
        make_project(self.root)
        # Every name that a class had, by its id.
        self.names: dict[int, set[str]] = {}
        self.n_names = 0
        self.problems: list[str] = []
        self.told: list[str] = []
        self.document = self._open()
        # As the history has it, until somebody else comes in.
        self.states, self.at = [self.document.project], 0
        self.is_foreign = False
        # What the files held when they were read or written last.
        self.known = self._on_disk()
        self.older: list[tuple[str, bytes]] = []

    def teardown(self) -> None:
        self._save()
        self.watch.close()
        self.document.close()
        # Whoever opens it next finds the same.
        there = ProjectFolder(self.root).load()
        assert there == self.document.project
        self.patch.undo()
        shutil.rmtree(self.home)

    # -- the window -------------------------------------------------------------------

    def _open(self) -> Document:
        document = open_document(ProjectFolder(self.root))
        read: list[bool] = []
        document.stepped.connect(lambda: read.append(True))
        document.problem.connect(self.problems.append)
        document.noted.connect(self.told.append)
        self.told += document.notes
        wait_until(lambda: bool(read), WAIT_S)
        assert read
        self.watch = FolderWatch(document, tuple, Notices(document))
        return document

    def _check(self, project: Project) -> None:
        """Every label is of a class, and no class is another one than it was."""
        ids = {c.id for c in project.label_map.classes}
        for item in project.tracks:
            assert set(item.annotation.class_counts) - {None} <= ids
        for c in project.label_map.classes:
            names = self.names.setdefault(c.id, {c.name})
            assert c.name.partition(" (")[0] in names, (c, names)

    def _apply(self, edit: Callable[[Project], Project]) -> None:
        """Make an edit; the model says whether it is one."""
        before = self.document.project
        try:
            expected = edit(before)
        except SkelsegError:
            expected = before
        done = self.document.apply("Edit", edit)
        assert done == (expected is not before and expected != before)
        now = self.document.project
        if done:
            for video in VIDEOS:
                assert _lane(now, video) == _lane(expected, video)
            self.states[self.at + 1 :] = [now]
            self.at += 1
        self._check(now)

    def _lane(self, video: str, edit: Callable[[Segmentation], Segmentation]) -> None:
        self._apply(lambda p: edit_lane(p, video, edit))

    def _class(self, project: Project, n: int) -> int:
        return project.label_map.ids[n % len(project.label_map)]

    def _new_name(self) -> str:
        self.n_names += 1
        return f"class {self.n_names}"

    @rule(video=videos, start=numbers, n=st.integers(1, 25), c=numbers)
    def paint(self, video: str, start: int, n: int, c: int) -> None:
        start %= N
        stop = min(start + n, N)
        class_id = self._class(self.document.project, c) if c % 5 else None
        expected = _lane(self.document.project, video).to_frames()
        expected[start:stop] = -1 if class_id is None else class_id
        self._lane(video, lambda s: edits.paint(s, start, stop, class_id))
        assert (_lane(self.document.project, video).to_frames() == expected).all()

    @rule(video=videos, index=numbers, frame=numbers)
    def move_boundary(self, video: str, index: int, frame: int) -> None:
        self._lane(
            video,
            lambda s: edits.move_boundary(s, index % max(1, len(s) - 1), frame % N),
        )

    @rule(video=videos, frame=numbers)
    def split(self, video: str, frame: int) -> None:
        self._lane(video, lambda s: edits.split(s, frame % N))

    @rule(video=videos, index=numbers)
    def merge(self, video: str, index: int) -> None:
        self._lane(video, lambda s: edits.merge(s, index % len(s)))

    @rule(video=videos, index=numbers, c=numbers)
    def relabel(self, video: str, index: int, c: int) -> None:
        class_id = self._class(self.document.project, c)
        self._lane(video, lambda s: edits.relabel(s, index % len(s), class_id))

    @rule()
    def add_class(self) -> None:
        name = self._new_name()
        self._apply(lambda p: add_class(p, name))

    def _rename(self, project: Project, n: int) -> Project:
        name, class_id = self._new_name(), self._class(project, n)
        old = project.label_map.name_of(class_id)
        self.names.setdefault(class_id, {old}).add(name)
        return rename_class(project, class_id, name)

    @rule(n=numbers)
    def rename_class(self, n: int) -> None:
        after = self._rename(self.document.project, n)
        self._apply(lambda _: after)

    def _delete(self, project: Project, n: int, into: int) -> Project:
        gone = self._class(project, n)
        heir = None if into % 3 == 0 else self._class(project, into)
        if heir == gone or len(project.label_map) == 1:
            return project
        return delete_class(project, gone, heir)

    @rule(n=numbers, into=numbers)
    def delete_class(self, n: int, into: int) -> None:
        after = self._delete(self.document.project, n, into)
        self._apply(lambda _: after)

    @precondition(lambda self: self.at > 0)
    @rule()
    def undo(self) -> None:
        self.document.undo()
        self.at -= 1
        self._check_state()

    @precondition(lambda self: self.at < len(self.states) - 1)
    @rule()
    def redo(self) -> None:
        self.document.redo()
        self.at += 1
        self._check_state()

    def _check_state(self) -> None:
        self._check(self.document.project)
        if not self.is_foreign:
            assert self.document.project == self.states[self.at]

    # -- files ------------------------------------------------------------------------

    def _on_disk(self) -> Project:
        project = ProjectFolder(self.root).load()
        known = {c.id for c in project.label_map.classes}
        for item in project.tracks:
            assert set(item.annotation.class_counts) - {None} <= known
            assert not item.missing
        return project

    def _meet(self, crashed: bool = False) -> Callable[[], None]:
        """Expect what somebody else wrote to come in; returns the check of it."""
        known, mine, theirs = self.known, self.document.project, self._on_disk()
        self.is_foreign |= theirs != known
        had = {v: [_lane(state, v) for state in self.states] for v in VIDEOS}
        # With classes that were deleted, which an undo may bring back.
        files = {v: _lane_of(ProjectFolder(self.root).labels_path(v)) for v in VIDEOS}

        def check() -> None:
            now = self.document.project
            self._check(now)
            assert self._on_disk() == now
            moves = now.label_map.moves
            beside = _beside(self.root)
            for v in VIDEOS:
                was, my, their, shown = (
                    _lane(p, v) for p in (known, mine, theirs, now)
                )
                after = [edits.remap_classes(lane, moves) for lane in (my, their)]
                if their in (was, my):
                    assert shown in (after[0], files[v])
                elif my == was:
                    assert shown == after[1]
                elif crashed:
                    # Not where a value that the session had is there, by whomever.
                    assert shown in after
                    assert shown == after[0] or my in beside
                    assert shown == after[1] or their in had[v]
                else:
                    assert shown == after[0]
                    assert their in beside
            self.known = now

        return check

    def _save(self) -> None:
        check = self._meet()
        for _ in range(3):
            self.document.save_now()
            # A save looks at those files alone that it writes.
            self._look()
            if not self.document.unsaved:
                break
        assert not self.document.unsaved
        check()
        self._begin_history()

    def _look(self) -> None:
        looked: list[bool] = []
        self.watch.looked.connect(lambda: looked.append(True))
        self.watch.look()
        wait_until(lambda: bool(looked), WAIT_S)
        assert looked

    @rule()
    def save(self) -> None:
        for v in VIDEOS:
            path = ProjectFolder(self.root).person_path(v, ANNOTATION)
            if path.exists():
                self.older.append((v, path.read_bytes()))
        self._save()

    def _reopened(self, check: Callable[[], None]) -> None:
        self.document = self._open()
        stack = self.document.undo_stack
        if not self.is_foreign:
            assert (stack.count(), stack.index()) == (len(self.states) - 1, self.at)
        check()
        self._begin_history()

    def _begin_history(self) -> None:
        """Follow the history from here on, where somebody else came in."""
        if self.is_foreign:
            index, count = (
                self.document.undo_stack.index(),
                self.document.undo_stack.count(),
            )
            self.states, self.at = [self.document.project] * (count + 1), index

    @rule()
    def reload(self) -> None:
        check = self._meet()
        self.watch.close()
        self.document.close()
        self._reopened(check)

    @rule()
    def crash(self) -> None:
        self.watch.close()
        kill(self.document)
        self._reopened(self._meet(crashed=True))

    @rule(crashed=st.booleans())
    def rename_folder(self, crashed: bool) -> None:
        check = self._meet(crashed)
        self.watch.close()
        if crashed:
            kill(self.document)
        else:
            self.document.close()
        self.n_names += 1
        self.root = self.root.rename(self.home / f"project {self.n_names}")
        self._reopened(check)

    # -- backups ----------------------------------------------------------------------

    @rule()
    def back_up(self) -> None:
        self._backups().make("by hand")

    @precondition(lambda self: bool(self._backups().all()))
    @rule(n=numbers)
    def restore(self, n: int) -> None:
        # Classes of others that a backup has are here first.
        self._save()
        listed = self._backups().all()
        then = run(self._backups().then(listed[n % len(listed)]))
        self._apply(lambda p: restored(p, then))
        for v in VIDEOS:
            assert _lane(self.document.project, v) == _lane(then, v)

    def _backups(self) -> Backups:
        return Backups(self.document.folder, self.document.project.uuid)

    # -- somebody else ----------------------------------------------------------------

    def _foreign(self, edit: Callable[[Project], Project]) -> None:
        folder = ProjectFolder(self.root)
        there = folder.load()
        try:
            after = edit(there)
        except SkelsegError:
            return
        added = ids_added(there, after)
        if added:
            after = edit(with_next_id(there, folder.reserve_ids(added)))
        self._check(after)
        with pytest.MonkeyPatch.context() as other:
            other.setenv("XDG_STATE_HOME", str(self.home / "other state"))
            folder.save(after, there)

    @rule(video=videos, start=numbers, n=st.integers(1, 25), c=numbers)
    def foreign_paint(self, video: str, start: int, n: int, c: int) -> None:
        start %= N
        self._foreign(
            lambda p: edit_lane(
                p,
                video,
                lambda s: edits.paint(s, start, min(N, start + n), self._class(p, c)),
            )
        )

    @rule(kind=st.sampled_from(["add", "rename", "delete"]), n=numbers, into=numbers)
    def foreign_classes(self, kind: str, n: int, into: int) -> None:
        def edit(project: Project) -> Project:
            if kind == "rename":
                return self._rename(project, n)
            if kind == "delete":
                return self._delete(project, n, into)
            return add_class(project, self._new_name())

        self._foreign(edit)

    @precondition(lambda self: bool(self.older))
    @rule(n=numbers)
    def checkout(self, n: int) -> None:
        """An older label file lies there again, as far as its classes are there."""
        video, data = self.older[n % len(self.older)]
        folder = ProjectFolder(self.root)
        now = folder.load().label_map
        if {*labels_from_json(json.loads(data), "").class_counts} - {None, *now.ids}:
            return
        folder.person_path(video, ANNOTATION).write_bytes(data)


def _lane(project: Project, video: str) -> Segmentation:
    return project.track(video).annotation


def _beside(root: Path) -> list[Segmentation | None]:
    """What is kept beside, or was set aside; files are moved by a thread."""
    while True:
        try:
            return [_lane_of(p) for p in root.rglob("*.conflict-*")]
        except FileNotFoundError:
            continue


def _lane_of(path: Path) -> Segmentation | None:
    raw = json.loads(path.read_bytes())
    return labels_from_json(raw, "") if "segments" in raw else None


def test_nothing_is_lost_whatever_happens(qtbot: QtBot) -> None:
    machine: Any = SafetyMachine.TestCase
    machine.settings = settings(
        max_examples=RUNS,
        stateful_step_count=STEPS,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        # What it finds is short enough; to make it shorter takes minutes.
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
    )
    machine().runTest()

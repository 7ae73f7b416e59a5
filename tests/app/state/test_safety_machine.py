"""Random edits, saves, crashes and second writers, held against a plain model.

The model is an array of class names per video and the names of the classes. Where the
window and somebody else changed the same frames, either may be in the project, and the
other's file is kept. ``make soak`` tries more; ``SKELSEG_MACHINE_RUNS`` and
``SKELSEG_MACHINE_STEPS`` say how much.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
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
from skelseg_core.project.backups import Backups
from skelseg_core.project.class_edits import add_class, delete_class, rename_class
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.json import labels_from_json
from skelseg_core.project.project import ANNOTATION, Project, edit_lane
from skelseg_core.project.restoring import restored
from tests.app.windows import kill
from tests.projects import N, make_project
from tests.soak import times

RUNS = times("SKELSEG_MACHINE_RUNS", 30, 600)
STEPS = times("SKELSEG_MACHINE_STEPS", 20, 40)
VIDEOS = ("v1", "v2")
WAIT_S = 60.0
videos = st.sampled_from(VIDEOS)
numbers = st.integers(0, 10_000)
Value = str | None


@dataclass(frozen=True)
class State:
    """What may be at each frame, and what each class that ever was may be called."""

    frames: Mapping[str, tuple[frozenset[Value], ...]]
    names: Mapping[str, frozenset[Value]]
    # What else is said of each frame; none where it is not known.
    segments: Mapping[str, tuple[object, ...]]

    def admits(self, other: State) -> str:
        """What of a state that is known is not allowed by this one, or nothing."""
        for video in VIDEOS:
            pairs = zip(self.frames[video], other.frames[video], strict=True)
            for n, (may, now) in enumerate(pairs):
                if not now <= may:
                    return f"{video}, frame {n}: {set(now)}, not {set(may)}"
        for item in self.names.keys() | other.names.keys():
            may, now = (s.names.get(item, frozenset({None})) for s in (self, other))
            if not now <= may:
                return f"class {item}: {set(now)}, not {set(may)}"
        return ""


@dataclass
class Classes:
    """Every name that a class ever had, and where deleted classes went."""

    first: dict[str, str] = field(default_factory=dict)
    into: dict[str, set[Value]] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)

    def seen(self, project: Project) -> State:
        """The state of a project, in the first names of its classes."""
        names = {c.id: self.first[c.name] for c in project.label_map.classes}
        lanes = {v: project.video(v).annotation for v in VIDEOS}
        return State(
            {
                v: tuple(
                    frozenset({names[c] if c >= 0 else None})
                    for c in lane.to_frames().tolist()
                )
                for v, lane in lanes.items()
            },
            {names[c.id]: frozenset({c.name}) for c in project.label_map.classes},
            {
                v: tuple(s for s in lane.segments for _ in range(s.start, s.stop))
                for v, lane in lanes.items()
            },
        )

    def went(self, values: frozenset[Value]) -> frozenset[Value]:
        """The values and what deleted ones of them became."""
        found = set(values)
        while True:
            more = {t for v in found if v is not None for t in self.into.get(v, ())}
            if more <= found:
                return frozenset(found)
            found |= more

    def merged(
        self, known: State, mine: State, theirs: State, joined: Collection[str] = ()
    ) -> State:
        """What may come of two who changed the same state.

        What somebody labelled is as it was labelled; what was left alone is what its
        class became. A conflict grows over neighbours that do not fit without it: mine
        may be all of such a video. That theirs is kept then is looked at in the files.
        """
        frames = {}
        for v in VIDEOS:
            rows = zip(known.frames[v], mine.frames[v], theirs.frames[v], strict=True)
            also = v in joined or mine.segments[v] != known.segments[v]
            frames[v] = tuple(self._frame(*row, also) for row in rows)
        names = {}
        nothing = frozenset[Value]({None})
        for item in known.names.keys() | mine.names.keys() | theirs.names.keys():
            three = [s.names.get(item, nothing) for s in (known, mine, theirs)]
            # A class that one took away stays where the other uses it.
            names[item] = _pick(*three) | three[1] | three[2] | self._last(item)
        return State(frames, names, dict.fromkeys(VIDEOS, ()))

    def _frame(
        self,
        known: frozenset[Value],
        mine: frozenset[Value],
        theirs: frozenset[Value],
        joined: bool,
    ) -> frozenset[Value]:
        found = _pick(known, mine, theirs) | (mine if joined else frozenset())
        return found - known | (self.went(known) if found & known else frozenset())

    def _last(self, item: str) -> frozenset[Value]:
        """The last name of a class that was deleted, which it has again if it stays."""
        return frozenset(n for n in (self.gone.get(item),) if n)


def _pick(
    known: frozenset[Value], mine: frozenset[Value], theirs: frozenset[Value]
) -> frozenset[Value]:
    (was,), (now,) = known, theirs
    may: set[Value] = set()
    for value in mine:
        if value == was:
            may.add(now)
        elif now == was:
            may.add(value)
        else:
            may |= {value, now}
    return frozenset(may)


class SafetyMachine(RuleBasedStateMachine):
    """A window, and whatever else happens to its project."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp())
        self.patch = pytest.MonkeyPatch()
        self.patch.setenv("XDG_STATE_HOME", str(self.home / "state"))
        self.patch.setattr("app.state.saver.AUTOSAVE_MS", 10**8)
        self.patch.setattr("app.services.folder_watch.SETTLE_MS", 10**8)
        self.patch.setattr("app.services.folder_watch.LOOK_MS", 10**8)
        self.root = self.home / "project"
        _, project = make_project(self.root)
        self.classes = Classes({c.name: c.name for c in project.label_map.classes})
        self.n_names = 0
        self.problems: list[str] = []
        self.told: list[str] = []
        self.document = self._open()
        now = self.classes.seen(self.document.project)
        self.states, self.at = [now], 0
        self.known = now
        self.is_foreign = False
        self.older: list[tuple[str, bytes]] = []

    def teardown(self) -> None:
        self._save()
        self.watch.close()
        self.document.close()
        # Whoever opens it next finds the same.
        there = ProjectFolder(self.root).load()
        assert not self.states[self.at].admits(self.classes.seen(there))
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
        self.watch = FolderWatch(document, Notices(document))
        return document

    def _check(self) -> None:
        """The window shows what the model allows; from now on it is that."""
        project = self.document.project
        known = {c.id for c in project.label_map.classes}
        for item in project.videos:
            assert set(item.annotation.class_counts) - {None} <= known
        now = self.classes.seen(project)
        wrong = self.states[self.at].admits(now)
        assert not wrong, f"{wrong}; classes went {self.classes.into}"
        self.states[self.at] = now

    def _apply(self, edit: Callable[[Project], Project]) -> None:
        """Make an edit; the model says what a project that is edited is."""
        before = self.document.project
        try:
            expected = edit(before)
        except SkelsegError:
            expected = before
        self.problems.clear()
        done = self.document.apply("Edit", edit)
        assert done == (expected is not before and expected != before)
        if done:
            del self.states[self.at + 1 :]
            self.states.append(self.classes.seen(expected))
            self.at += 1
        self._check()

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
        before = self.states[self.at].frames[video]
        self._lane(video, lambda s: edits.paint(s, start, stop, class_id))
        name = None if class_id is None else _name(self.document.project, class_id)
        value = frozenset({None if name is None else self.classes.first[name]})
        after = (*before[:start], *[value] * (stop - start), *before[stop:])
        assert self.states[self.at].frames[video] == after

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
        self.classes.first[name] = name
        self._apply(lambda p: add_class(p, name))

    def _rename(self, project: Project, n: int) -> Project:
        name, class_id = self._new_name(), self._class(project, n)
        old = _name(project, class_id)
        self.classes.first[name] = self.classes.first[old]
        return rename_class(project, class_id, name)

    @rule(n=numbers)
    def rename_class(self, n: int) -> None:
        after = self._rename(self.document.project, n)
        self._apply(lambda _: after)

    def _delete(self, project: Project, n: int, into: int) -> Project:
        first = self.classes.first
        gone = self._class(project, n)
        heir = None if into % 3 == 0 else self._class(project, into)
        if heir == gone or len(project.label_map) == 1:
            return project
        name = None if heir is None else first[_name(project, heir)]
        was = first[_name(project, gone)]
        self.classes.into.setdefault(was, set()).add(name)
        self.classes.gone[was] = _name(project, gone)
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
        self._check()

    @precondition(lambda self: self.at < len(self.states) - 1)
    @rule()
    def redo(self) -> None:
        self.document.redo()
        self.at += 1
        self._check()

    # -- files ------------------------------------------------------------------------

    def _on_disk(self) -> Project:
        project = ProjectFolder(self.root).load()
        known = {c.id for c in project.label_map.classes}
        for item in project.videos:
            assert set(item.annotation.class_counts) - {None} <= known
            assert not item.missing
        return project

    def _meet(self) -> Callable[[], None]:
        """Expect what somebody else wrote to be merged; returns the check of it."""
        disk = self._on_disk()
        theirs, mine, known = self.classes.seen(disk), self.states[self.at], self.known
        if theirs != known:
            self.is_foreign = True
            # What is beside for its conflict need not be in earlier states.
            both = {
                v
                for v in VIDEOS
                if known.segments[v] not in (mine.segments[v], theirs.segments[v])
            }
            self.states = [
                self.classes.merged(known, s, theirs, () if s is mine else both)
                for s in self.states
            ]
        self.told.clear()

        def check() -> None:
            self._check()
            now = self.states[self.at]
            on_disk = self._on_disk()
            there, moves = self.classes.seen(on_disk), on_disk.label_map.moves
            assert not now.admits(there), f"the files: {now.admits(there)}"
            # The same bytes are not kept twice.
            kept = set(self.root.rglob("*.conflict-*"))
            for v in VIDEOS:
                rows = zip(
                    *(s.frames[v] for s in (known, mine, theirs, now)), strict=True
                )
                if any(
                    m != t and n != t and not t <= self.classes.went(k)
                    for k, m, t, n in rows
                ):
                    lane = disk.video(v).annotation
                    # Their bytes, or what the merge had of them, in today's classes.
                    either = [
                        x.to_frames().tolist()
                        for x in (lane, edits.remap_classes(lane, moves))
                    ]
                    found = [_lane_of(p) for p in kept if v in p.name]
                    assert any(x in found for x in either), kept
            for item, name in now.names.items():
                if (
                    item in known.names
                    and not {item} <= mine.names.keys() & theirs.names.keys()
                ):
                    (stays,) = name
                    assert any(f"'{stays}'" in note for note in self.told), self.told
            self.known = there

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
        if not self.is_foreign:
            stack = self.document.undo_stack
            assert (stack.count(), stack.index()) == (len(self.states) - 1, self.at)
        else:
            self.states, self.at = [self.states[self.at]], 0
        check()

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
        self._reopened(self._meet())

    @rule(crashed=st.booleans())
    def rename_folder(self, crashed: bool) -> None:
        check = self._meet()
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
        document = self.document
        run(
            Backups(document.folder, document.project.uuid).make(document.project, "by")
        )

    @precondition(lambda self: bool(self._backups().all()))
    @rule(n=numbers)
    def restore(self, n: int) -> None:
        listed, now = self._backups().all(), self.document.project
        then = run(self._backups().then(listed[n % len(listed)], now))
        state = self.classes.seen(then)
        self._apply(lambda p: restored(p, then))
        assert not state.admits(self.states[self.at])

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
            name = self._new_name()
            self.classes.first[name] = name
            return add_class(project, name)

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


def _name(project: Project, class_id: int) -> str:
    found = project.label_map.get(class_id)
    assert found is not None
    return found.name


def _lane_of(path: Path) -> list[int]:
    return labels_from_json(json.loads(path.read_bytes()), "").to_frames().tolist()


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

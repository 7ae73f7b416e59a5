"""What an edit changed is told once, and every view shows then what is stored."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.state.change import Change
from app.window.project_window import ProjectWindow
from skelseg_core.files import atomic_write
from skelseg_core.labels.comments import Comment
from skelseg_core.labels.edits import move_boundary, paint
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.class_edits import (
    add_class,
    delete_class,
    recolor_class,
    rename_class,
)
from skelseg_core.project.demo_project import write_demo
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.part_changes import TIERS, PartChange
from skelseg_core.project.point_and_comment_edits import add_comments
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import (
    add_annotator_lane,
    edit_lane,
    remove_video,
    set_blind,
    set_done,
    set_locked,
    set_notes,
)
from skelseg_core.project.track_edits import add_tier
from tests.app.windows import opened, trigger
from tests.settled import settle

WAIT_MS = 30_000
FEW = 850
"""Calls of Python functions after one key; they were 2,800 where each view compared two
projects."""


def test_one_class_key_makes_few_calls(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "demo"
    write_demo(root)
    n_calls = 0

    def count(_frame: FrameType, event: str, _: object) -> None:
        nonlocal n_calls
        n_calls += event == "call"

    def made(*parts: Any) -> Change:
        nonlocal n_calls
        n_calls = 0
        sys.setprofile(count)
        return Change(*parts)

    monkeypatch.setattr("app.state.document.Change", made)
    with opened(qtbot, ProjectFolder(root), size=(1366, 740)) as window:
        view, document = window.docks.timeline, window.document
        counts = []
        for key in (Qt.Key.Key_2, Qt.Key.Key_1, Qt.Key.Key_3):
            before = document.project
            view.setFocus()
            QTest.keyPress(view, key)
            sys.setprofile(None)
            QTest.keyRelease(view, key)
            assert document.project is not before
            counts.append(n_calls)
        # The first one fills what is kept, and enables Undo.
        assert 100 < max(counts[1:]) <= FEW, counts


def everywhere(window: ProjectWindow) -> dict[str, QImage | list[str]]:
    """What the views show, and which commands can be called and are ticked."""
    docks, table = window.docks, window.commands
    views = {
        "timeline": docks.timeline,
        "comments": docks.comments,
        "statistics": docks.statistics,
        "videos": docks.videos,
        "classes": docks.classes,
        "loupe": docks.loupe,
        "wall": docks.wall,
        "picture": docks.video,
        "transport": docks.transport,
        "blind": docks.blind,
    }
    seen: dict[str, QImage | list[str]] = {
        name: view.grab().toImage() for name, view in views.items()
    }
    for action in map(table.__getitem__, (command.id for command in table.all)):
        seen[action.objectName()] = [str(action.isEnabled()), str(action.isChecked())]
    # A message comes after the step; its menu asks again.
    del seen["messages-all"]
    # Its width is that which the words of the save leave.
    seen["next step"] = [docks.next_step.accessibleName()]
    seen["title"] = [docks.docks["Classes"].windowTitle()]
    return seen


def tell_all(window: ProjectWindow) -> None:
    """Tell the views that all changed, though nothing did."""
    document, project = window.document, window.document.project
    copies = tuple(replace(track, annotator="?") for track in project.tracks)
    every = {name: PartChange(None, None) for name in (TIERS, "blind")}
    document.changed.emit(Change(replace(project, tracks=copies), project, every))
    document.stepped.emit()
    window.commands.refresh()
    settle()


def check_views(window: ProjectWindow, act: str) -> None:
    """Check that views show what they show once they are told that all changed."""
    settle()
    everywhere(window)  # which lays out what was hidden
    settle()
    before, project = everywhere(window), window.document.project
    tell_all(window)
    after = everywhere(window)
    assert [name for name in before if before[name] != after[name]] == [], act
    assert window.docks.loupe.is_drawn, act
    # What was counted along is what there is.
    assert replace(project).totals == project.totals, act
    shown = window.services.current_video.item
    if shown is not None:
        lane = project.track(shown.id).annotation
        strips = window.services.review.review_wall.shown
        assert all(s is None or s.segment.stop <= lane.n_frames for s in strips)


def elsewhere(window: ProjectWindow, edit: Callable[[Project], Project]) -> None:
    """Make an edit as another program does, and wait until it is shown."""
    document = window.document
    document.save_now()
    folder = ProjectFolder(document.folder.root)
    before = folder.load()
    theirs = edit(before)
    folder.save(theirs, before)
    window.services.folder_watch.look()
    settle()
    assert document.project == theirs


def painted(track: str, start: int, class_id: int) -> Callable[[Project], Project]:
    return lambda p: edit_lane(p, track, lambda s: paint(s, start, start + 9, class_id))


def label_live(window: ProjectWindow, qtbot: QtBot) -> None:
    keys = window.services.review.class_keys
    window.player.toggle()
    qtbot.waitUntil(lambda: window.session.frame > 2, timeout=WAIT_MS)
    keys.press("1")
    keys.release("1")
    qtbot.waitUntil(lambda: window.session.frame > 20, timeout=WAIT_MS)
    window.player.pause()
    live = window.services.labelling.live_labelling
    qtbot.waitUntil(lambda: not live.running, timeout=WAIT_MS)


def test_every_view_shows_what_is_stored_after_every_change(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    window, document = project_window, project_window.document
    tracks = window.services.labelling.track_editor
    assert tracks.add_tier("Left hand", "person")
    assert tracks.name_person("anna")
    assert tracks.add_person("ben")
    window.session.set_video("one")
    for name in ("statistics", "comments"):
        window.docks.show_more(name)
    mine, hand, *_, bens = (t.id for t in document.project.tracks_of("one"))
    of_hand = document.project.classes_of(hand).ids[0]
    said = Comment(3, 9, None, "Which hand?", "anna", "2026-01-02T03:04:05Z")
    labels = document.folder.labels_path(hand)
    kept = b""

    def edit(made: Callable[[Project], Project], merge: str = "") -> None:
        assert document.apply("Edit", made, merge)

    def nudge(frame: int) -> None:
        edit(
            lambda p: edit_lane(p, mine, lambda s: move_boundary(s, 0, frame)), "nudge"
        )

    def lose() -> None:
        nonlocal kept
        document.save_now()
        kept = labels.read_bytes()
        labels.unlink()
        window.services.folder_watch.look()

    def find() -> None:
        atomic_write(labels, kept)
        window.services.folder_watch.look()

    def select() -> None:
        window.session.set_boundary(0)  # which the loupe follows

    acts: dict[str, Callable[[], object]] = {
        "an edit": lambda: edit(painted(mine, 0, 1)),
        "of another track": lambda: edit(painted(hand, 20, of_hand)),
        "of another person": lambda: edit(painted(bens, 40, of_hand)),
        "of another video": lambda: edit(painted("two", 10, 2)),
        "undo of another video": document.undo,
        "undo of another track": document.undo,
        "redo of another track": document.redo,
        "a boundary": select,
        "a nudge": lambda: nudge(12),
        "a merged nudge": lambda: nudge(14),
        "undo of both": document.undo,
        "redo of both": document.redo,
        "labelled live": lambda: label_live(window, qtbot),
        "undo of live labels": document.undo,
        "a name": lambda: edit(lambda p: rename_class(p, 1, "grasp")),
        "a colour": lambda: edit(lambda p: recolor_class(p, 1, "#123456")),
        "a class": lambda: edit(lambda p: add_class(p, "new")),
        "a class of a tier": lambda: edit(
            lambda p: add_class(p, "x", tier="Left_hand")
        ),
        "undo of a class": document.undo,
        "a class that goes": lambda: edit(lambda p: delete_class(p, 2, None)),
        "a comment": lambda: edit(lambda p: add_comments(p, mine, [said])),
        "notes": lambda: edit(lambda p: set_notes(p, "one", "dark")),
        "done": lambda: edit(lambda p: set_done(p, mine)),
        "not done": document.undo,
        "a lock": lambda: edit(lambda p: set_locked(p, mine, "anna")),
        "no lock": document.undo,
        "a lane": lambda: edit(lambda p: add_annotator_lane(p, mine, "carl", lane())),
        "blind": lambda: edit(lambda p: set_blind(p, True)),
        "edited blind": lambda: edit(painted(mine, 60, 1)),
        "not blind": lambda: edit(lambda p: set_blind(p, False)),
        "a tier": lambda: edit(lambda p: add_tier(p, "Right hand", "person")),
        "no tier": document.undo,
        "from outside": lambda: elsewhere(window, painted("two", 30, 1)),
        "a track from outside": lambda: elsewhere(window, painted(bens, 5, of_hand)),
        "the shown one from outside": lambda: elsewhere(window, painted(mine, 70, 3)),
        "classes from outside": lambda: elsewhere(
            window, lambda p: rename_class(p, 1, "hold")
        ),
        "notes from outside": lambda: elsewhere(
            window, lambda p: set_notes(p, "one", "")
        ),
        "a tier from outside": lambda: elsewhere(
            window, lambda p: add_tier(p, "Feet", "person")
        ),
        "a lost file": lose,
        "a file that is back": find,
        "a signature": lambda: window.services.labelling.annotator_name.set_name("eve"),
        "first labels signed": lambda: edit(painted("two", 50, 1)),
        "a video that goes": lambda: edit(lambda p: remove_video(p, "two")),
        "a video that is back": document.undo,
        "all undone": lambda: document.go_to(0),
        "all made again": lambda: document.go_to(document.undo_stack.count()),
        "the wall": lambda: trigger(window, "wall"),
        "an edit under the wall": lambda: edit(painted(mine, 33, 1)),
        "undo under the wall": document.undo,
        "from outside under the wall": lambda: elsewhere(window, painted(mine, 45, 3)),
    }

    def lane() -> Segmentation:
        return document.project.track(mine).annotation

    for _ in range(2):
        tell_all(window)
        everywhere(window)
    for name, act in acts.items():
        act()
        check_views(window, name)

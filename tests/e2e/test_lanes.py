"""Lanes in the real window: read in threads, chosen by keys, brought by others."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QInputDialog
from pytestqt.qtbot import QtBot

from app.window.project_window import Desk
from skelseg_core.project.folder import ProjectFolder
from tests.e2e.conftest import Opener


def keys(desk: Desk) -> list[str]:
    return [lane.key for lane in desk.panels.timeline.lanes.seen]


def action(desk: Desk, name: str) -> QAction:
    found = desk.window.findChild(QAction, name)
    assert found is not None
    return found


def press(desk: Desk, text: str) -> None:
    """A key with modifiers, as a person presses it over the timeline."""
    held = Qt.KeyboardModifier.AltModifier
    if "Shift" in text:
        held |= Qt.KeyboardModifier.ShiftModifier
    key = Qt.Key.Key_PageDown if text.endswith("Down") else Qt.Key.Key_PageUp
    QTest.keyClick(desk.panels.timeline, key, held)


def answer(monkeypatch: pytest.MonkeyPatch, path: Path, name: str) -> None:
    monkeypatch.setattr(
        QFileDialog, "getOpenFileName", lambda *_, **__: (str(path), "")
    )
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: (name, True))


def test_speeds_come_by_themselves_and_follow_the_video(
    qtbot: QtBot, opener: Opener, demo_root: Path
) -> None:
    desk = opener(demo_root)
    qtbot.waitUntil(lambda: "motion:wrists" in keys(desk), timeout=20_000)
    timeline = desk.panels.timeline
    first = timeline.snap_candidates().tolist()
    assert first
    assert action(desk, "lane-motion-hips").isEnabled()
    action(desk, "lane-motion-hips").trigger()
    assert "motion:hips" in keys(desk)
    desk.session.set_video(desk.document.project.videos[0].id)
    assert "motion:hips" not in keys(desk), "speeds of another video are shown"
    qtbot.waitUntil(lambda: "motion:hips" in keys(desk), timeout=20_000)
    assert timeline.snap_candidates().tolist() != first


def test_lanes_are_chosen_and_moved_by_keys(
    qtbot: QtBot, opener: Opener, demo_root: Path
) -> None:
    desk = opener(demo_root)
    qtbot.waitUntil(lambda: "motion:wrists" in keys(desk), timeout=20_000)
    assert keys(desk) == ["annotation", "boundaries:motion", "motion:wrists"]
    assert not action(desk, "lane-up").isEnabled()
    desk.window.activateWindow()
    qtbot.waitUntil(desk.window.isActiveWindow, timeout=20_000)
    for _ in range(3):
        press(desk, "Down")
    assert desk.panels.timeline.lanes.chosen == "motion:wrists"
    press(desk, "Shift+Up")
    assert keys(desk) == ["annotation", "motion:wrists", "boundaries:motion"]
    opener.close(desk.window)
    again = opener(demo_root)
    qtbot.waitUntil(lambda: "motion:wrists" in keys(again), timeout=20_000)
    assert keys(again) == ["annotation", "motion:wrists", "boundaries:motion"]
    action(again, "lanes-reset").trigger()
    assert keys(again) == ["annotation", "boundaries:motion", "motion:wrists"]


def test_labels_of_somebody_else_are_brought_and_stay(
    qtbot: QtBot, opener: Opener, demo_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = opener(demo_root)
    video = desk.session.video_id
    answer(monkeypatch, demo_root / "truth" / f"{video}.csv", "Bea K")
    action(desk, "import-annotator").trigger()
    qtbot.waitUntil(lambda: "annotator:Bea_K" in keys(desk), timeout=20_000)
    mine = desk.document.project.video(video).annotation
    theirs = desk.document.project.video(video).lanes["annotator:Bea_K"]
    assert all(s.class_id is None for s in mine.segments)
    assert set(theirs.boundaries) <= set(
        desk.panels.timeline.snap_candidates().tolist()
    )
    desk.document.undo_stack.undo()
    assert "annotator:Bea_K" not in keys(desk)
    desk.document.undo_stack.redo()
    opener.close(desk.window)
    assert ProjectFolder(demo_root).load().video(video).annotators == ("Bea_K",)
    again = opener(demo_root)
    again.panels.timeline.lanes.choose("annotator:Bea_K")
    again.actions_table.refresh()
    action(again, "remove-annotator").trigger()
    assert "annotator:Bea_K" not in keys(again)


def test_labels_of_another_video_are_refused_in_a_sentence(
    qtbot: QtBot, opener: Opener, demo_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = opener(demo_root)
    other = desk.document.project.videos[0].id
    answer(monkeypatch, demo_root / "truth" / f"{other}.csv", "Bea")
    said: list[str] = []
    desk.operations.problem.connect(said.append)
    action(desk, "import-annotator").trigger()
    qtbot.waitUntil(lambda: bool(said), timeout=20_000)
    assert "give the labels of this very video" in said[0]
    assert desk.document.undo_stack.count() == 0

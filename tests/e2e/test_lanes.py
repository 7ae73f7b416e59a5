"""Lanes in the real window: read in threads, chosen by keys, brought by others."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QInputDialog
from pytestqt.qtbot import QtBot

from app.window.project_window import ProjectWindow
from skelseg_core.project.folder import ProjectFolder
from tests.app.window.test_import_of_labels import asked
from tests.app.windows import action
from tests.e2e.conftest import Opener

VERY = "use the labels of this video"


def keys(project_window: ProjectWindow) -> list[str]:
    return [lane.key for lane in project_window.docks.timeline.lanes.seen]


def press(project_window: ProjectWindow, text: str) -> None:
    """A key with modifiers, as a person presses it over the timeline."""
    held = Qt.KeyboardModifier.AltModifier
    if "Shift" in text:
        held |= Qt.KeyboardModifier.ShiftModifier
    key = Qt.Key.Key_PageDown if text.endswith("Down") else Qt.Key.Key_PageUp
    QTest.keyClick(project_window.docks.timeline, key, held)


def answer(monkeypatch: pytest.MonkeyPatch, path: Path, name: str) -> None:
    monkeypatch.setattr(
        QFileDialog, "getOpenFileName", lambda *_, **__: (str(path), "")
    )
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: (name, True))


def test_speeds_come_by_themselves_and_follow_the_video(
    qtbot: QtBot, opener: Opener, demo_root: Path
) -> None:
    project_window = opener(demo_root)
    qtbot.waitUntil(lambda: "motion:wrists" in keys(project_window), timeout=20_000)
    timeline = project_window.docks.timeline
    first = timeline.snap_candidates().tolist()
    assert first
    assert action(project_window, "lane-motion-hips").isEnabled()
    action(project_window, "lane-motion-hips").trigger()
    assert "motion:hips" in keys(project_window)
    project_window.session.set_video(project_window.document.project.tracks[0].id)
    assert "motion:hips" not in keys(project_window), (
        "speeds of another video are shown"
    )
    qtbot.waitUntil(lambda: "motion:hips" in keys(project_window), timeout=20_000)
    assert timeline.snap_candidates().tolist() != first


def test_labels_of_somebody_else_are_brought_and_stay(
    qtbot: QtBot, opener: Opener, demo_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_window = opener(demo_root)
    video = project_window.session.track_id
    answer(monkeypatch, demo_root / "truth" / f"{video}.csv", "Bea K")
    action(project_window, "import-annotator").trigger()
    asked(qtbot, project_window).ok.click()
    qtbot.waitUntil(lambda: "annotator:Bea_K" in keys(project_window), timeout=20_000)
    mine = project_window.document.project.track(video).annotation
    theirs = project_window.document.project.track(video).lanes["annotator:Bea_K"]
    assert all(s.class_id is None for s in mine.segments)
    assert set(theirs.boundaries) <= set(
        project_window.docks.timeline.snap_candidates().tolist()
    )
    project_window.document.undo_stack.undo()
    assert "annotator:Bea_K" not in keys(project_window)
    project_window.document.undo_stack.redo()
    opener.close(project_window.window)
    assert ProjectFolder(demo_root).load().track(video).annotators == ("Bea_K",)
    again = opener(demo_root)
    again.docks.timeline.lanes.choose("annotator:Bea_K")
    again.commands.refresh()
    action(again, "remove-annotator").trigger()
    assert "annotator:Bea_K" not in keys(again)


def test_labels_of_another_video_are_refused_in_a_sentence(
    qtbot: QtBot, opener: Opener, demo_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_window = opener(demo_root)
    other = project_window.document.project.tracks[0].id
    answer(monkeypatch, demo_root / "truth" / f"{other}.csv", "Bea")
    action(project_window, "import-annotator").trigger()
    dialog = asked(qtbot, project_window)
    dialog.video.setCurrentIndex(dialog.video.findData(project_window.session.track_id))
    dialog.video.activated.emit(dialog.video.currentIndex())
    qtbot.waitUntil(lambda: VERY in dialog.problem.text(), timeout=20_000)
    assert not dialog.ok.isEnabled()
    dialog.reject()
    assert project_window.document.undo_stack.count() == 0

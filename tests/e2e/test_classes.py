"""The classes in the real window: keys, menu, files, and after a restart."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from app.window.project_window import ProjectWindow
from skelseg_core.project.class_edits import add_class
from tests.e2e.conftest import Opener
from tests.e2e.test_loop import annotation, seek, trigger

NOTHING = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def label_at(project_window: ProjectWindow, frame: int) -> str:
    label_map = project_window.document.project.label_map
    return label_map.name_of(annotation(project_window).at(frame).class_id)


def press(key: Qt.Key, held: Qt.KeyboardModifier = NOTHING) -> None:
    focused = QApplication.focusWidget()
    assert focused is not None
    QTest.keyClick(focused, key, held)


def test_labelling_by_name_and_with_shift_from_the_timeline(
    qtbot: QtBot, opener: Opener, demo_root: Path
) -> None:
    project_window = opener(demo_root)
    view, timeline = project_window.docks.classes, project_window.docks.timeline
    qtbot.waitUntil(timeline.hasFocus)
    seek(qtbot, project_window, 5)

    press(Qt.Key.Key_Slash)
    assert view.filter.hasFocus()
    before = project_window.document.project
    QTest.keyClicks(view.filter, "s")
    assert project_window.document.project is before, (
        "S splits, but not while somebody types"
    )
    press(Qt.Key.Key_Backspace)
    QTest.keyClicks(view.filter, "plate")
    press(Qt.Key.Key_Return)
    assert label_at(project_window, 5) == "carry plate"
    assert timeline.hasFocus()

    press(Qt.Key.Key_2, SHIFT)
    assert label_at(project_window, 5) == "place", "the twelfth class"
    press(Qt.Key.Key_2)
    assert label_at(project_window, 5) == "walk"

    project_window.docks.toggle()
    assert not view.isVisible()
    press(Qt.Key.Key_Slash)
    assert view.isVisible()
    press(Qt.Key.Key_Escape)
    assert timeline.hasFocus()


def test_what_became_of_the_classes_is_there_after_a_restart(
    qtbot: QtBot, opener: Opener, demo_root: Path
) -> None:
    project_window = opener(demo_root)
    label_map = project_window.document.project.label_map
    ids = {c.name: c.id for c in label_map.classes}
    before = {
        v.id: v.annotation.to_frames() for v in project_window.document.project.tracks
    }
    project_window.services.labelling.class_editor.delete(
        ids["open cabinet"], ids["close cabinet"]
    )
    project_window.services.labelling.class_editor.delete(ids["reach"], None)
    project_window.services.labelling.class_editor.describe(ids["walk"], "On the feet")
    project_window.document.apply("Add", lambda p: add_class(p, "sit"))
    after = project_window.document.project
    opener.close(project_window.window)

    again = opener(demo_root)
    project = again.document.project
    assert project == after
    moves = {ids["open cabinet"]: ids["close cabinet"], ids["reach"]: -1}
    for item in project.tracks:
        expected = [moves.get(int(v), int(v)) for v in before[item.id]]
        assert item.annotation.to_frames().tolist() == expected
    assert max(project.label_map.ids) > max(ids.values())


def test_the_menu_works_on_the_class_that_is_chosen(
    qtbot: QtBot,
    opener: Opener,
    demo_root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project_window = opener(demo_root)
    actions = project_window.commands
    actions.refresh()
    assert not actions["class-rename"].isEnabled()
    project_window.docks.classes.list.step(0)
    actions.refresh()
    trigger(project_window, "class-rename")
    editor = QApplication.focusWidget()
    assert editor is not None
    QTest.keyClicks(editor, "ing")
    press(Qt.Key.Key_Return)
    names = project_window.document.project.label_map.names
    qtbot.waitUntil(lambda: "ing" in project_window.document.project.label_map.names)
    assert names[0] == "stand"

    path = tmp_path / "mine.yaml"
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_, **__: (str(path), "")
    )
    with qtbot.waitSignal(project_window.services.notices.said, timeout=10_000):
        trigger(project_window, "class-export")
    assert "- name: ing\n" in path.read_text(encoding="utf-8")
    path.write_text("- sit down\n- ing\n", encoding="utf-8")
    monkeypatch.setattr(
        QFileDialog, "getOpenFileName", lambda *_, **__: (str(path), "")
    )
    with qtbot.waitSignal(project_window.services.notices.said, timeout=10_000):
        trigger(project_window, "class-import")
    assert project_window.document.project.label_map.names[-1] == "sit down"

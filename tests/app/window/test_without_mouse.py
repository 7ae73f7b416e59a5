"""Work by keys alone, and what a screen reader is told of it."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QAccessibleEvent,
    QAccessibleInterface,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import delete, isValid

from app.application import Application
from app.services.models.pose_service import PoseService
from app.views.picture.loupe import LoupeView
from app.window.project_window import ProjectWindow
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.tasks.registry import TASKS
from tests.app.windows import mixed, opened, trigger
from tests.in_process import in_this_process

_Key, _Text, _Role = Qt.Key, QAccessible.Text, QAccessible.Role
_Held = Qt.KeyboardModifier
CONTROL, SHIFT, ALT = _Held.ControlModifier, _Held.ShiftModifier, _Held.AltModifier


class Ear(QAccessible):
    """A screen reader that is on, and keeps what it is told."""

    told: list[QAccessibleEvent] = []

    @staticmethod
    def isActive() -> bool:
        return True

    @staticmethod
    def updateAccessibility(event: QAccessibleEvent) -> None:
        Ear.told.append(event)

    @staticmethod
    def of() -> set[str]:
        """The kinds of what it was told about."""
        return {type(event.object()).__name__ for event in Ear.told}

    @staticmethod
    def said() -> list[str]:
        """What was announced since it was asked last."""
        QApplication.processEvents()
        told, Ear.told = Ear.told, []
        return [
            e.message() for e in told if isinstance(e, QAccessibleAnnouncementEvent)
        ]


@pytest.fixture
def ear(monkeypatch: pytest.MonkeyPatch) -> type[Ear]:
    Ear.told = []
    for module in ("app.kit.announcer", "app.window.accessible"):
        monkeypatch.setattr(f"{module}.QAccessible", Ear)
    return Ear


def answer(widget: QWidget) -> QAccessibleInterface:
    return QAccessible.queryAccessibleInterface(widget)


def value(widget: QWidget) -> str:
    found = answer(widget)
    if sys.platform != "win32":  # there it would be read twice
        assert found.text(_Text.Value) == found.text(_Text.Description)
    return found.text(_Text.Value)


def segments(timeline: QWidget) -> list[str]:
    found = answer(timeline)
    parts = [found.child(n) for n in range(found.childCount())]
    return [p.text(_Text.Name) for p in parts if p.role() == _Role.ListItem]


def press(
    key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    widget = QApplication.focusWidget()
    assert widget is not None
    QTest.keyClick(widget, key, held)


def test_from_the_start_page_to_an_export_by_keys_alone(
    qtbot: QtBot,
    program: Application,
    project_folder: ProjectFolder,
    monkeypatch: pytest.MonkeyPatch,
    ear: type[Ear],
) -> None:
    monkeypatch.setattr(PoseService, "by_itself", False)
    monkeypatch.setattr("app.services.foundation.Worker", in_this_process(TASKS))
    program.settings.add_recent(project_folder.root)
    program.welcome()
    window = program.window
    assert window is not None
    assert window.start_window is not None
    start = window.start_window.start
    qtbot.waitUntil(lambda: start.model.rowCount() > 0, timeout=20_000)
    qtbot.waitUntil(window.isActiveWindow, timeout=20_000)
    for _ in range(9):
        if not start.list.hasFocus():
            press(_Key.Key_Tab)
    press(_Key.Key_Return)

    def filled() -> ProjectWindow | None:
        now = program.window.project_window if program.window is not None else None
        return now if now is not None and now.player.picture is not None else None

    qtbot.waitUntil(lambda: filled() is not None, timeout=20_000)
    project_window = filled()
    assert project_window is not None
    timeline, session = project_window.docks.timeline, project_window.session
    qtbot.waitUntil(timeline.hasFocus, timeout=20_000)
    assert value(timeline) == "frame 0 of 89, 0:00.000, unlabelled"
    press(_Key.Key_I)
    for n in range(1, 4):
        press(_Key.Key_Right)
        qtbot.waitUntil(lambda n=n: session.frame == n, timeout=20_000)
    press(_Key.Key_O)
    assert ear.said() == []
    press(_Key.Key_1)
    assert ear.said() == ["Paint walk"]
    press(_Key.Key_Z, CONTROL)
    assert ear.said() == ["Undone: Paint walk (one, frame 0)"]
    press(_Key.Key_Z, CONTROL | SHIFT)
    assert ear.said() == ["Redone: Paint walk (one, frame 4)"]
    press(_Key.Key_Left, ALT)
    assert ear.said() == ["Move boundary"]
    press(_Key.Key_Home)
    qtbot.waitUntil(lambda: session.frame == 0, timeout=20_000)
    # At rest it is told that the values are others, which is no announcement.
    qtbot.waitUntil(lambda: {"TimelineView", "Part"} <= ear.of(), timeout=20_000)
    assert value(timeline).endswith("walk, by a person, reviewed")
    ear.told = []
    press(_Key.Key_Space)
    qtbot.waitUntil(lambda: session.frame > 5, timeout=20_000)
    assert ear.told == []
    press(_Key.Key_Space)
    press(_Key.Key_Home)
    qtbot.waitUntil(lambda: session.frame == 0, timeout=20_000)
    press(_Key.Key_Left, ALT)
    assert ear.said() == ["No boundary is selected. Go to one or click one."]
    press(_Key.Key_E, CONTROL)
    ok = project_window.docks.export.ok
    qtbot.waitUntil(ok.isEnabled, timeout=20_000)
    press(_Key.Key_Return)
    out = project_folder.root / "exports"
    qtbot.waitUntil(lambda: (out / "data-card.md").exists(), timeout=20_000)
    qtbot.waitUntil(lambda: not project_window.jobs.running, timeout=20_000)
    assert ear.said() == [f"Exported 6 files to {out}."]
    with (out / "one.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["label"] for row in rows] == 3 * ["walk"] + 87 * [""]


CANVASES = (_Role.Canvas, _Role.Graphic)
IN_TREE = (*CANVASES, _Role.Pane, _Role.Client, _Role.List, _Role.ListItem)
TREE = """
Pane Videos
  List Videos
ToolBar Top row
  Client Pages
Pane Timeline
  Canvas Timeline: frame 50 of 89, 0:01.667, unlabelled
    Client Titles of the lanes
    ListItem reach, 0:00.667 to 0:01.500, by a model, confidence 0.81, \
to review: class, end
    ListItem unlabelled, 0:01.500 to 0:02.000
    ListItem open drawer, 0:02.000 to 0:02.333, by a model, confidence 0.25, \
reviewed
Pane Loupe
  Graphic Loupe: frame 50 of 89, 0:01.667, unlabelled
Graphic Video: frame 50 of 89, 0:01.667, unlabelled
Pane Classes
  List Classes
"""


def tree(found: QAccessibleInterface, depth: int = 0) -> Iterator[str]:
    """The panes and canvases, as a screen reader finds them."""
    role, name = found.role(), found.text(_Text.Name)
    kept = name if role in IN_TREE else ""
    if kept or role == _Role.ToolBar:
        said = found.text(_Text.Value) if role in CANVASES else ""
        words = f"{role.name} {name}" + (f": {said}" if said else "")
        yield "  " * depth + words.rstrip()
        depth += 1
    for n in range(found.childCount()):
        child = found.child(n)
        if not child.state().invisible and role != _Role.List:
            yield from tree(child, depth)


def test_the_tree_of_the_window_and_its_values(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    window = project_window
    assert window.document.edit_lane("Label", "one", lambda _: mixed())
    window.player.seek(50)
    qtbot.waitUntil(lambda: "50 of" in value(window.docks.loupe), timeout=20_000)
    assert list(tree(answer(window.window))) == TREE.strip().split("\n")
    docks = window.docks
    window.session.set_boundary(3)
    assert value(docks.loupe).startswith("frame 70 of 89, 0:02.333, walk, ")
    assert window.services.labelling.track_editor.add_tier(
        "Contact", "person", "points"
    )
    assert value(docks.video) == "frame 50 of 89, 0:01.667, Contact"
    QTest.keyClick(docks.timeline, _Key.Key_1, Qt.KeyboardModifier.ShiftModifier)
    said = "frame 50 of 89, 0:01.667, Contact, frame 50, by a person, Contact"
    assert value(docks.timeline) == said
    assert segments(docks.timeline) == []


def test_what_is_asked_of_widgets_that_go(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    with opened(qtbot, project_folder) as window:
        timeline, video = window.docks.timeline, window.docks.video
        found, kept = answer(timeline), answer(video)
        part = found.child(found.childCount() - 1)
        ids = [QAccessible.uniqueId(one) for one in (found, part, kept)]
        lone = LoupeView(window.document, window.session, window.player)
        assert value(lone) == "", "a canvas without words"
    delete(window.session)  # objects of one window die in any order
    assert part.isValid()
    assert segments(timeline) == ["unlabelled, 0:00.000 to 0:03.000"]
    assert value(timeline) == value(video) == "frame 0 of 89, 0:00.000, unlabelled"
    delete(video)
    delete(timeline)
    delete(lone)
    assert [QAccessible.accessibleInterface(id_) for id_ in ids] == [None, None, None]
    assert [isValid(one) for one in (found, part, kept)] == [False, False, False]


def test_a_key_goes_from_pane_to_pane(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    docks, frame = project_window.docks, project_window.docks.panes.frame
    panes = [
        *(docks.classes.list, docks.page_bar.buttons["label"], docks.videos.list),
        *(docks.video, docks.loupe, docks.timeline),
    ]
    assert docks.timeline.hasFocus()
    for target in panes:
        press(_Key.Key_F6)
        assert target.hasFocus()
        around = frame.parentWidget()
        assert around is not None
        assert around is target or around.isAncestorOf(target)
        assert frame.isVisible()
        assert frame.size() == around.size()
    for target in panes[-2::-1]:
        press(_Key.Key_F6, SHIFT)
        assert target.hasFocus()
    docks.videos.search.setFocus()
    assert not frame.isVisible(), "the keyboard went another way"
    docks.show_export()
    QApplication.processEvents()
    press(_Key.Key_F6)
    assert docks.page_bar.buttons["export"].hasFocus()
    press(_Key.Key_F6)
    assert docks.export.form.hasFocus(), "its first control"
    trigger(project_window, "page-label")
    docks.page_bar.buttons["export"].setFocus(Qt.FocusReason.TabFocusReason)
    docks.timeline.setFocus(Qt.FocusReason.TabFocusReason)
    assert frame.parentWidget() is docks.timeline, "Tab led there"
    assert frame.isVisible()
    QTest.mousePress(docks.timeline, Qt.MouseButton.LeftButton)
    assert not frame.isVisible()

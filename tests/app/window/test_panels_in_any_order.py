"""Panels come, go and float in any order, and none is moved amid Qt's own work.

Qt tells of a panel that comes or goes while it lays the window out. A panel moved then
leaves it with a layout that is gone, and the program dies, perhaps much later.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QTabBar

from app.window.project_window import ProjectWindow
from tests.app.windows import action, trigger
from tests.settled import settle
from tests.soak import times

EVENTS = times("SKELSEG_PANELS", 250, 5_000)
SEED = times("SKELSEG_PANELS_SEED", 4, 4)
COMMANDS = (
    *("page-label", "room", "train", "models", "export", "page-reset", "docks"),
    *("dock-statistics", "dock-jobs", "dock-comments", "loupe"),
)
SIZES = ((700, 500), (900, 740), (1366, 740), (1900, 1000))
WORK = {
    QMainWindow: (
        *("addDockWidget", "removeDockWidget", "resizeDocks"),
        *("tabifyDockWidget", "splitDockWidget"),
    ),
    QDockWidget: ("setFloating", "setVisible", "show", "hide", "close", "raise_"),
}
"""The calls in which Qt lays panels out."""


@pytest.fixture(autouse=True)
def nested(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calls that lay panels out and came amid another."""
    found: list[str] = []
    under_way: list[tuple[object, str]] = []

    def watched(name: str, old: Callable[..., Any], *args: Any, **named: Any) -> Any:
        # Qt itself hides what it is to close.
        if under_way and under_way[-1][0] is not args[0]:
            found.append(f"{name} amid {under_way[-1][1]}")
        under_way.append((args[0], name))
        try:
            return old(*args, **named)
        finally:
            under_way.pop()

    def watching(name: str, old: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **named: watched(name, old, *args, **named)

    for owner, names in WORK.items():
        for name in names:
            monkeypatch.setattr(owner, name, watching(name, getattr(owner, name)))
    return found


def test_panels_come_and_go_in_any_order(
    project_window: ProjectWindow, nested: list[str]
) -> None:
    window, dice = project_window.window, random.Random(SEED)
    docks = list(project_window.docks.docks.values())
    for _ in range(EVENTS):
        roll = dice.random()
        if roll < 0.6:
            action(project_window, dice.choice(COMMANDS)).trigger()
        elif roll < 0.75:
            dock = dice.choice(docks)
            dice.choice(
                (
                    partial(dock.setFloating, True),
                    partial(dock.setFloating, False),
                    dock.close,
                    dock.show,
                    dock.raise_,
                )
            )()
        elif roll < 0.9:
            _choose_a_tab(window, dice)
        else:
            window.resize(*dice.choice(SIZES))
        if dice.random() < 0.5:
            QApplication.processEvents()
        assert not nested


def _choose_a_tab(window: QMainWindow, dice: random.Random) -> None:
    """Click one of the tabs of panels that lie above one another."""
    bars = [
        bar
        for bar in window.findChildren(QTabBar)
        if bar.isVisible() and bar.count() > 1 and bar.parent() is window
    ]
    if bars:
        bar = dice.choice(bars)
        at = bar.tabRect(dice.randrange(bar.count())).center()
        QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=at)


def test_the_room_is_left_after_its_panel_was_closed(
    project_window: ProjectWindow, nested: list[str]
) -> None:
    room, pages = project_window.services.review.review_room, project_window.docks.pages
    trigger(project_window, "room")
    settle()
    assert room.on
    project_window.docks.docks["Review"].close()
    settle()
    assert not room.on
    assert pages.page == "label"
    assert not nested

"""Actions: one table that makes the menus, their keys and the shortcut sheet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

SEPARATOR = "-"


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Entry:
    """One line of the table: where it stands, what it says, its keys, what it does.

    ``menu`` is ``"&View"``, or ``"&View > &Lanes"`` for a menu in a menu that is there.
    """

    id: str
    menu: str
    text: str
    keys: tuple[str, ...]
    run: Callable[[], object]
    enabled: Callable[[], bool] = _always
    checked: Callable[[], bool] | None = None


def separator(menu: str) -> Entry:
    """A line between two groups of a menu."""
    return Entry(SEPARATOR, menu, "", (), lambda: None)


class Actions:
    """The table as QActions in the menus of a window; `refresh` enables them."""

    def __init__(self, window: QMainWindow, entries: list[Entry]) -> None:
        self._entries = entries
        self._typing = False
        self._actions: dict[str, QAction] = {}
        menus: dict[str, QMenu] = {}
        for entry in entries:
            if entry.menu not in menus:
                outer, _, title = entry.menu.rpartition(" > ")
                bar = menus[outer] if outer else window.menuBar()
                menus[entry.menu] = bar.addMenu(title)
                menus[entry.menu].aboutToShow.connect(self.refresh)
            menu = menus[entry.menu]
            if entry.id == SEPARATOR:
                menu.addSeparator()
                continue
            menu.addAction(self._make(window, entry))
        self.menus = menus
        self.refresh()

    def _make(self, window: QMainWindow, entry: Entry) -> QAction:
        action = QAction(entry.text, window)
        action.setObjectName(entry.id)
        action.setShortcuts([QKeySequence(k) for k in entry.keys])
        action.setCheckable(entry.checked is not None)
        action.triggered.connect(lambda: entry.run())
        self._actions[entry.id] = action
        return action

    def __getitem__(self, action_id: str) -> QAction:
        return self._actions[action_id]

    def set_typing(self, typing: bool) -> None:
        """Leave bare keys to a text field while it has the focus."""
        if typing != self._typing:
            self._typing = typing
            self.refresh()

    def refresh(self) -> None:
        """Enable and tick what the state says."""
        for entry in self._entries:
            if entry.id == SEPARATOR:
                continue
            action = self._actions[entry.id]
            bare = any(_types(key) for key in entry.keys)
            action.setEnabled(entry.enabled() and not (self._typing and bare))
            if entry.checked is not None:
                action.setChecked(entry.checked())

    def sheet(self) -> list[tuple[str, str, str]]:
        """Menu, text and keys of everything that has a key, for the shortcut sheet."""
        return [
            (e.menu.replace("&", ""), e.text.rstrip("…"), " or ".join(e.keys))
            for e in self._entries
            if e.keys
        ]


def _types(key: str) -> bool:
    """Whether a key means something in a text field: not with Ctrl, and not F1."""
    return "+" not in key.rstrip("+") and not (key[0] == "F" and key[1:].isdigit())

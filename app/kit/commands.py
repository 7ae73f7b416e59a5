"""Actions: one table that makes the menus, their keys and all that is made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QWidget

from app.kit.icons import icon
from app.kit.keymap import Keymap, Keys, shown_all

SEPARATOR = "-"
INSIDE = " > "


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Entry:
    """One line of the table: where it stands, what it says, its keys, what it does.

    A menu inside another is written ``"&Window > &Layout"``. ``tip`` says more than the
    text, where that is needed. What ``repeats`` is done again while its key is held.
    """

    id: str
    menu: str
    text: str
    keys: tuple[str, ...]
    run: Callable[[], object]
    enabled: Callable[[], bool] = _always
    checked: Callable[[], bool] | None = None
    icon: str = ""
    tip: str = ""
    repeats: bool = True


def separator(menu: str) -> Entry:
    """A line between two groups of a menu."""
    return Entry(SEPARATOR, menu, "", (), lambda: None)


def translated(text: str) -> str:
    """A text of the table in the language of the user."""
    return QCoreApplication.translate("Actions", text) if text else ""


def plain(text: str) -> str:
    """A text of the table without the mark of its access key."""
    return translated(text).replace("&", "")


class Actions(QObject):
    """The table as QActions in the menus of a window; `refresh` enables them.

    What a command says is said within ``about``, with its id: what it said the last
    time is over then.
    """

    keys_changed = Signal()

    def __init__(
        self,
        window: QMainWindow,
        entries: list[Entry],
        changes: dict[str, Keys] | None = None,
        about: Callable[[str], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        super().__init__(window)
        self._about = about
        # The table without its separators.
        self.entries = [e for e in entries if e.id != SEPARATOR]
        self._actions: dict[str, QAction] = {}
        self._enabled: dict[str, bool] = {}
        self._explained: list[tuple[QWidget, str]] = []
        self.menus: dict[str, QMenu] = {}
        defaults = {e.id: e.keys for e in entries if e.id != SEPARATOR}
        self._keymap = Keymap.of(defaults, changes or {})
        for entry in entries:
            menu = self._menu(window, entry.menu)
            if entry.id == SEPARATOR:
                menu.addSeparator()
                continue
            menu.addAction(self._make(window, entry))
        self._show_keys()
        self.refresh()

    def _menu(self, window: QMainWindow, path: str) -> QMenu:
        if path not in self.menus:
            above, _, text = path.rpartition(INSIDE)
            bar = self._menu(window, above) if above else window.menuBar()
            self.menus[path] = bar.addMenu(translated(text))
            self.menus[path].aboutToShow.connect(self.refresh)
        return self.menus[path]

    def _make(self, window: QMainWindow, entry: Entry) -> QAction:
        action = QAction(translated(entry.text), window)
        action.setObjectName(entry.id)
        action.setCheckable(entry.checked is not None)
        action.setAutoRepeat(entry.repeats)
        if entry.icon:
            action.setIcon(icon(entry.icon))
        action.triggered.connect(lambda: self._run(entry))
        self._actions[entry.id] = action
        return action

    def _run(self, entry: Entry) -> None:
        with self._about(entry.id):
            entry.run()

    def __getitem__(self, action_id: str) -> QAction:
        return self._actions[action_id]

    # -- keys -----------------------------------------------------------------------

    @property
    def keymap(self) -> Keymap:
        """Which keys belong to which command."""
        return self._keymap

    def set_keymap(self, keymap: Keymap) -> None:
        """Give the commands other keys; all that shows them follows."""
        self._keymap = keymap
        self._show_keys()
        self.keys_changed.emit()

    def keys(self, action_id: str) -> str:
        """The keys of a command as they are shown."""
        return shown_all(self._keymap.keys(action_id))

    def explain(self, widget: QWidget, action_id: str) -> None:
        """Keep the tooltip of a widget what the table says of a command."""
        self._explained.append((widget, action_id))
        widget.setToolTip(self._actions[action_id].toolTip())

    def _show_keys(self) -> None:
        for entry in self.entries:
            action, keys = self._actions[entry.id], self._keymap.keys(entry.id)
            action.setShortcuts([QKeySequence(k) for k in keys])
            said = plain(entry.text).rstrip("…")
            head = f"{said} ({shown_all(keys)})" if keys else said
            tip = translated(entry.tip)
            action.setToolTip(f"{head}\n{tip}" if tip else head)
        for widget, action_id in self._explained:
            widget.setToolTip(self._actions[action_id].toolTip())

    # -- what is shown --------------------------------------------------------------

    def refresh(self) -> None:
        """Enable and tick what the state says."""
        for entry in self.entries:
            action = self._actions[entry.id]
            enabled = entry.enabled()
            # Most stay as they are, and to say it to Qt costs more than to know it.
            if enabled != self._enabled.get(entry.id):
                self._enabled[entry.id] = enabled
                action.setEnabled(enabled)
            if entry.checked is not None:
                action.setChecked(entry.checked())

    def mute(self, action_id: str) -> None:
        """Disable a command until the next `refresh`, whatever the state says."""
        self._enabled[action_id] = False
        self._actions[action_id].setEnabled(False)

    def menu(self, ids: Iterable[str], parent: QWidget) -> QMenu:
        """A menu of commands of the table, for a right click; ``"-"`` is a line."""
        self.refresh()
        menu = QMenu(parent)
        for action_id in ids:
            if action_id == SEPARATOR:
                menu.addSeparator()
            else:
                menu.addAction(self._actions[action_id])
        return menu

    def sheet(self) -> list[tuple[str, str, str]]:
        """Menu, text and keys of everything that has a key, for the shortcut sheet."""
        return sheet_of(self.entries, self._keymap)

    def told(self, action_id: str) -> tuple[str, str, str]:
        """Menu, text and keys of one command."""
        return told_of(next(e for e in self.entries if e.id == action_id), self._keymap)


def told_of(entry: Entry, keymap: Keymap) -> tuple[str, str, str]:
    """Menu, text and keys of an entry."""
    return (
        plain(entry.menu.partition(INSIDE)[0]),
        plain(entry.text).rstrip("…"),
        shown_all(keymap.keys(entry.id)),
    )


def sheet_of(entries: Iterable[Entry], keymap: Keymap) -> list[tuple[str, str, str]]:
    """Menu, text and keys of those entries that have a key."""
    return [told_of(e, keymap) for e in entries if keymap.keys(e.id)]

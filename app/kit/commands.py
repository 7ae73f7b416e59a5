"""Declare commands beside the methods that they run, and show them in menus."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QWidget

from app.kit.icons import icon
from app.kit.keymap import Keymap, Keys, shown, shown_all
from app.kit.labels import plain_tip
from app.kit.language import tr

SEPARATOR = "-"
"""A line between two groups of a menu."""
INSIDE = " > "
"""Stands between the name of a menu and that of a menu inside it."""
_DECLARED = "declared_commands"
"""Attribute of a method that holds the commands declared for it."""

Verb = TypeVar("Verb", bound=Callable[..., object])


@dataclass(frozen=True)
class Command:
    """Describe what a menu or a key calls: its words, keys, icon and conditions.

    ``args`` are the arguments of the verb. ``enabled`` and ``checked`` are called with
    the owner of the verb and the same arguments; ``checked`` makes the command one that
    has a tick. ``tip`` says more than the text, where that is needed. A command that
    edits names what it ``acts_on``, which the help page "changes" describes, and what
    a person ``reviews`` by it, if anything. It does not run again and again while
    its key is held, or it would go on with what nobody has looked at; unless ``held``.
    """

    id: str
    text: str
    keys: Keys = ()
    args: tuple[Any, ...] = ()
    enabled: Callable[..., object] | None = None
    checked: Callable[..., object] | None = None
    icon: str = ""
    tip: str = ""
    acts_on: str = ""
    reviews: str = ""
    held: bool = False
    # What `CommandTable` adds: the menu, whether it has a row there, the path to the
    # owner, the name of the verb.
    menu: str = ""
    has_row: bool = True
    owner: str = ""
    verb: str = ""

    @property
    def name(self) -> str:
        """Return the text in the language of the user, without access key and dots."""
        return plain(self.text).rstrip("…")

    @property
    def top_menu(self) -> str:
        """Return the menu of the bar that holds it, in the language of the user."""
        return plain(self.menu.partition(INSIDE)[0])

    @property
    def repeats(self) -> bool:
        """Return whether it runs again and again while its key is held."""
        return self.held or not self.acts_on


def command(
    id_: str,
    text: str,
    *keys: str,
    args: tuple[Any, ...] = (),
    enabled: Callable[..., object] | None = None,
    checked: Callable[..., object] | None = None,
    icon: str = "",
    tip: str = "",
    acts_on: str = "",
    reviews: str = "",
    held: bool = False,
) -> Callable[[Verb], Verb]:
    """Declare the command that runs the decorated method; see `Command`."""
    made = Command(id_, text, keys, args, icon=icon, tip=tip)
    return declare([made], enabled, checked, acts_on, reviews, held)


def declare(
    commands: Iterable[Command],
    enabled: Callable[..., object] | None = None,
    checked: Callable[..., object] | None = None,
    acts_on: str = "",
    reviews: str = "",
    held: bool = False,
) -> Callable[[Verb], Verb]:
    """Declare several commands that run the decorated method with other arguments."""
    whole = tuple(
        replace(
            found,
            enabled=enabled,
            checked=checked,
            acts_on=acts_on,
            reviews=reviews,
            held=held,
        )
        for found in commands
    )

    def decorate(verb: Verb) -> Verb:
        below = getattr(verb, _DECLARED, ())
        setattr(verb, _DECLARED, (*whole, *below))
        return verb

    return decorate


def plain(text: str) -> str:
    """Translate a text and leave out the mark of its access key."""
    return tr(text).replace("&", "")


class CommandTable:
    """List the commands that classes declare, in the order of menus; without a window.

    Parameters
    ----------
    menus : mapping
        Ids of commands and separators by menu. ``"Class.method"`` stands for all
        commands of a method that have no line of their own.
    owners : mapping
        The classes, by the path of attributes that leads to the object.
    without_row : mapping
        Ids of the commands that have a key or are found in the palette, but have no
        row in a menu; by the menu that they would stand in.
    """

    def __init__(
        self,
        menus: Mapping[str, Sequence[str]],
        owners: Mapping[str, type],
        without_row: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.declared, more = dict(_declared(owners)), without_row or {}
        singles = {i for m in (menus, more) for lines in m.values() for i in lines}
        self._of_verb: dict[str, list[str]] = {}
        for verb, found in self.declared.values():
            if found.id not in singles:
                self._of_verb.setdefault(verb, []).append(found.id)
        self.menus = {m: self._rows(m, menus[m]) for m in menus}
        self.without_row = [
            replace(c, has_row=False) for m in more for c in self._rows(m, more[m]) if c
        ]
        listed = [c for rows in self.menus.values() for c in rows if c]
        self.commands = (*listed, *self.without_row)

    def _rows(self, menu: str, lines: Sequence[str]) -> list[Command | None]:
        ids = [i for line in lines for i in self._of_verb.get(line, [line])]
        return [
            None if i == SEPARATOR else replace(self.declared[i][1], menu=menu)
            for i in ids
        ]


def _declared(owners: Mapping[str, type]) -> Iterable[tuple[str, tuple[str, Command]]]:
    """Yield every declared command with its id and its verb as ``"Class.method"``."""
    for path, owner in owners.items():
        for base in owner.__mro__:
            for name, value in vars(base).items():
                for found in getattr(value, _DECLARED, ()):
                    whole = replace(found, owner=path, verb=name)
                    yield found.id, (f"{owner.__name__}.{name}", whole)


class KeyTexts:
    """Look up names and keys of commands for texts; needs no window."""

    def __init__(self, commands: Sequence[Command], keymap: Keymap) -> None:
        self._commands, self._keymap = {c.id: c for c in commands}, keymap

    def key(self, command_id: str) -> str:
        """Return the first key of a command as it is shown, or the empty text."""
        return next(map(shown, self._keymap.keys(command_id)), "")

    def keys(self, command_id: str) -> str:
        """Return all keys of a command as they are shown."""
        return shown_all(self._keymap.keys(command_id))

    def row(self, command_id: str) -> tuple[str, str, str]:
        """Return menu, name and keys of a command."""
        found = self._commands[command_id]
        return found.top_menu, found.name, self.keys(command_id)

    def acting_on(self, what: str) -> list[tuple[str, str, str]]:
        """Return keys, name and what is reviewed, of each command that edits it."""
        found = [c for c in self._commands.values() if c.acts_on == what]
        return [(self.keys(c.id) or _place(c), c.name, tr(c.reviews)) for c in found]

    def rows(self, besides: Collection[str] = ()) -> list[tuple[str, str, str]]:
        """Return menu, name and keys of every command with a key but ``besides``."""
        asked = (i for i in self._commands if i not in besides)
        return [self.row(i) for i in asked if self._keymap.keys(i)]


def _place(found: Command) -> str:
    """Say where a command without a key is found."""
    menu = tr("menu {}").format(found.top_menu)
    return menu if found.has_row else tr("palette")


def default_keys(commands: Iterable[Command]) -> dict[str, Keys]:
    """Return the keys that commands come with, by id."""
    return {c.id: c.keys for c in commands}


class Commands(QObject):
    """Make the QActions of a command table and put them in the menus of a window.

    They do something from `bind` on, unless ``stops`` says why they do not; `refresh`
    enables them. What a command says is
    said within ``about``, with its id: what it said the last time is over then.
    """

    keys_changed = Signal()
    ran = Signal(str)
    """The id of a command that did what it does."""

    def __init__(
        self,
        window: QMainWindow,
        table: CommandTable,
        changes: Mapping[str, Keys] | None = None,
        about: Callable[[str], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        super().__init__(window)
        self._about = about
        self.all = table.commands
        self._by_id = {c.id: c for c in self.all}
        self._owners: dict[str, object] = {}
        self._actions: dict[str, QAction] = {}
        self._enabled: dict[str, bool] = {}
        self.stops: Callable[[Command], bool] = lambda _: False
        self._explained: list[tuple[QWidget, str]] = []
        self._reserved: dict[str, Callable[[], bool]] = {}
        self.menus: dict[str, QMenu] = {}
        self._keymap = Keymap.of(default_keys(self.all), changes or {})
        for path, lines in table.menus.items():
            menu = self._menu(window, path)
            for line in lines:
                if line is None:
                    menu.addSeparator()
                else:
                    menu.addAction(self._make(window, line))
        for found in table.without_row:
            self._make(window, found)
        # Their keys hold because the window has them, with its menu bar hidden, too.
        window.addActions([*self._actions.values()])
        self._show_keys()

    def _menu(self, window: QMainWindow, path: str) -> QMenu:
        above, _, text = path.rpartition(INSIDE)
        menu = (self.menus[above] if above else window.menuBar()).addMenu(tr(text))
        self.menus[path] = menu
        menu.aboutToShow.connect(self.refresh)
        return menu

    def _make(self, window: QMainWindow, made: Command) -> QAction:
        action = QAction(tr(made.text), window)
        action.setObjectName(made.id)
        action.setCheckable(made.checked is not None)
        action.setAutoRepeat(made.repeats)
        if made.icon:
            action.setIcon(icon(made.icon))
        action.triggered.connect(lambda: self.run(made.id))
        self._actions[made.id] = action
        return action

    def bind(self, root: object) -> None:
        """Let the commands run the verbs of ``root`` and of what belongs to it."""
        self._owners = {
            path: attrgetter(path)(root) if path else root
            for path in {c.owner for c in self.all}
        }
        self.refresh()

    def run(self, command_id: str) -> None:
        """Run the verb of a command."""
        found = self._by_id[command_id]
        with self._about(command_id):
            if self.stops(found):
                return
            getattr(self._owners[found.owner], found.verb)(*found.args)
        self.ran.emit(command_id)

    def __getitem__(self, command_id: str) -> QAction:
        return self._actions[command_id]

    # -- keys -----------------------------------------------------------------------

    @property
    def keymap(self) -> Keymap:
        """Return which keys belong to which command."""
        return self._keymap

    def set_keymap(self, keymap: Keymap) -> None:
        """Give the commands other keys; menus and tooltips follow."""
        self._keymap = keymap
        self._show_keys()
        self.keys_changed.emit()

    @property
    def key_texts(self) -> KeyTexts:
        """Return names and keys of the commands as they are now."""
        return KeyTexts(self.all, self._keymap)

    def keys(self, command_id: str) -> str:
        """Return the keys of a command as they are shown."""
        return shown_all(self._keymap.keys(command_id))

    def explain(self, widget: QWidget, command_id: str) -> None:
        """Keep the tooltip of a widget equal to that of a command."""
        self._explained.append((widget, command_id))
        widget.setToolTip(self._actions[command_id].toolTip())

    def _show_keys(self) -> None:
        for found in self.all:
            action, keys = self._actions[found.id], self._keymap.keys(found.id)
            action.setShortcuts([QKeySequence(k) for k in keys])
            head = f"{found.name} ({shown_all(keys)})" if keys else found.name
            tip = tr(found.tip)
            action.setToolTip(plain_tip(f"{head}\n{tip}" if tip else head))
        for widget, command_id in self._explained:
            widget.setToolTip(self._actions[command_id].toolTip())

    def reserve(self, ids: Iterable[str], while_: Callable[[], bool]) -> None:
        """Keep the keys of commands from all others while something holds.

        The others are disabled then, so that a key has one meaning.
        """
        self._reserved |= dict.fromkeys(ids, while_)

    @property
    def reserved(self) -> dict[str, str]:
        """Return the keys that are reserved now, with the command of each."""
        holds = {while_: while_() for while_ in set(self._reserved.values())}
        ids = [i for i, while_ in self._reserved.items() if holds[while_]]
        return {key: i for i in ids for key in self._keymap.keys(i)}

    @property
    def run_once(self) -> frozenset[str]:
        """Return the keys of enabled commands that do not run again while held."""
        once = [c.id for c in self.all if not c.repeats]
        enabled = (i for i in once if self._actions[i].isEnabled())
        return frozenset(key for i in enabled for key in self._keymap.keys(i))

    # -- what is shown --------------------------------------------------------------

    def refresh(self) -> None:
        """Enable and tick every command as the state of its owner says."""
        self.enable()
        self.tick()

    def tick(self) -> None:
        """Tick every command as the state of its owner says."""
        for found in self.all if self._owners else ():
            if found.checked is not None:
                checked = bool(found.checked(self._owners[found.owner], *found.args))
                self._actions[found.id].setChecked(checked)

    def enable(self) -> None:
        """Enable every command as the state of its owner says."""
        taken = self.reserved if self._owners else {}
        # Many commands ask the same.
        answers: dict[object, bool] = {}
        for found in self.all if self._owners else ():
            action, owner = self._actions[found.id], self._owners[found.owner]
            asked = found.enabled, found.owner, found.args
            if found.enabled is not None and asked not in answers:
                answers[asked] = bool(found.enabled(owner, *found.args))
            enabled = answers.get(asked, True)
            if enabled and taken and found.id not in self._reserved:
                enabled = taken.keys().isdisjoint(self._keymap.keys(found.id))
            # Qt is told of changes alone: `setEnabled` costs more than the comparison.
            if enabled != self._enabled.get(found.id):
                self._enabled[found.id] = enabled
                action.setEnabled(enabled)

    def menu(self, ids: Iterable[str], parent: QWidget) -> QMenu:
        """Make a menu of commands for a right click; ``"-"`` is a line."""
        self.refresh()
        menu = QMenu(parent)
        for command_id in ids:
            if command_id == SEPARATOR:
                menu.addSeparator()
            else:
                menu.addAction(self._actions[command_id])
        return menu

"""Map commands to their keys, with changes of a person, and conflicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from PySide6.QtGui import QKeySequence

from skelseg_core.labels.classes import KEYS

Keys = tuple[str, ...]
CLASS_KEYS: Keys = (*KEYS, *(f"Shift+{k}" for k in KEYS))
"""The keys that label; no command may have one of them."""
ARROWS = {"Left": "←", "Right": "→", "Up": "↑", "Down": "↓"}
"""Signs for keys with long names, where there is little room."""
A_CLASS = "class"
"""What `Keymap.owners` says of a class key."""
# Qt writes Shift and a digit as the sign that an American keyboard types.
_SHIFTED = dict(zip("!@#$%^&*()", "1234567890", strict=True))


@cache
def portable(key: str) -> str:
    """Write a key as it is stored and compared: ``"ctrl+k"`` becomes ``"Ctrl+K"``."""
    text = QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)
    head, symbol = text[:-1], text[-1:]
    if symbol in _SHIFTED:
        return f"{head.replace('Shift+', '')}Shift+{_SHIFTED[symbol]}"
    return text


def shown(key: str) -> str:
    """Write a key as people of this system do."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)


def shown_all(keys: Keys) -> str:
    """Write several keys as people of this system do."""
    return ", ".join(shown(k) for k in keys)


def with_arrow(text: str) -> str:
    """Write an arrow in place of its name at the end of a shown key."""
    head, plus, last = text.rpartition("+")
    arrows = {shown(name): arrow for name, arrow in ARROWS.items()}
    return f"{head}{plus}{arrows.get(last, last)}"


@dataclass(frozen=True)
class Keymap:
    """Hold the keys of every command: its own, and those that somebody gave it.

    A key that somebody gave to one command is taken from those that came with it. Two
    commands that come with the same key may go on sharing it: one of them is always
    disabled.
    """

    defaults: Mapping[str, Keys] = field(default_factory=dict)
    changes: Mapping[str, Keys] = field(default_factory=dict)

    @classmethod
    def of(cls, defaults: Mapping[str, Keys], changes: Mapping[str, Keys]) -> Keymap:
        """Make a keymap of stored changes, without keys that no command may have."""
        made = cls(defaults)
        for action, keys in changes.items():
            if action in defaults:
                good = (k for k in map(portable, keys) if k and k not in CLASS_KEYS)
                made = made.with_keys(action, tuple(good))
        return made

    def keys(self, action: str) -> Keys:
        """Return the keys of a command."""
        if action in self.changes:
            return tuple(map(portable, self.changes[action]))
        came = map(portable, self.defaults.get(action, ()))
        return tuple(key for key in came if not self._given(key, action))

    def _given(self, key: str, besides: str) -> bool:
        return any(
            key in map(portable, keys)
            for action, keys in self.changes.items()
            if action != besides
            and action in self.defaults
            and not self.may_share(action, besides)
        )

    def may_share(self, one: str, other: str) -> bool:
        """Tell whether two commands come with the same key."""
        a, b = (set(map(portable, self.defaults.get(i, ()))) for i in (one, other))
        return bool(a & b)

    def owners(self, key: str, besides: str = "") -> Keys:
        """List who else has a key: ids of commands, or `A_CLASS`."""
        wanted = portable(key)
        if wanted in CLASS_KEYS:
            return (A_CLASS,)
        return tuple(
            action
            for action in self.defaults
            if action != besides
            and wanted in self.keys(action)
            and not self.may_share(action, besides)
        )

    def conflicts(self) -> list[tuple[str, str, str]]:
        """List every command with a key that another has, and that other owner."""
        return [
            (action, key, owner)
            for action in self.defaults
            for key in self.keys(action)
            for owner in self.owners(key, action)
        ]

    def with_keys(self, action: str, keys: Keys) -> Keymap:
        """Give these keys to a command; whoever was given one before loses it."""
        keys = tuple(dict.fromkeys(map(portable, keys)))
        changes: dict[str, Keys] = {}
        for other, theirs in self.changes.items():
            taken = keys if not self.may_share(action, other) else ()
            changes[other] = tuple(k for k in theirs if portable(k) not in taken)
        changes[action] = keys
        return replace(self, changes=changes).tidy()

    def reset(self, action: str) -> Keymap:
        """Give a command the keys that it came with."""
        came = self.defaults.get(action, ())
        return self.with_keys(action, came)

    def tidy(self) -> Keymap:
        """Drop the changes that change nothing."""
        kept = {
            action: keys
            for action, keys in self.changes.items()
            if keys
            != replace(self, changes=_without(self.changes, action)).keys(action)
        }
        return replace(self, changes=kept)


def _without(changes: Mapping[str, Keys], action: str) -> dict[str, Keys]:
    return {a: k for a, k in changes.items() if a != action}

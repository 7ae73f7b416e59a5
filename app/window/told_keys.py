"""ToldKeys: what keys the commands have, where no window has the commands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from app.kit.commands import Entry, sheet_of, told_of
from app.kit.keymap import Keymap, Keys, shown
from app.views.start.help_pages import help_folder
from skelseg_core.files import read_json

COMMANDS = "commands.json"


class ToldKeys:
    """For the help of the start page: the table comes with the program, as a file.

    ``changes`` are the keys that somebody gave to commands.
    """

    def __init__(self, changes: Mapping[str, Keys]) -> None:
        rows = read_json(help_folder() / COMMANDS)
        self._entries = [
            Entry(i, menu, text, tuple(keys), lambda: None)
            for i, menu, text, keys in rows
        ]
        self._keymap = Keymap.of({e.id: e.keys for e in self._entries}, changes)

    def key_of(self, action: str) -> str:
        """The key of a command; the empty text where it has none."""
        return next(map(shown, self._keymap.keys(action)), "")

    def sheet(self) -> list[tuple[str, str, str]]:
        """Menu, text and keys of everything that has a key."""
        return sheet_of(self._entries, self._keymap)

    def told(self, action: str) -> tuple[str, str, str]:
        """Menu, text and keys of one command."""
        return told_of(next(e for e in self._entries if e.id == action), self._keymap)


def commands_text(entries: Iterable[Entry]) -> str:
    """What the file says of these entries, a line for each."""
    rows = (
        json.dumps([e.id, e.menu, e.text, e.keys], ensure_ascii=False) for e in entries
    )
    return "[\n" + ",\n".join(rows) + "\n]\n"

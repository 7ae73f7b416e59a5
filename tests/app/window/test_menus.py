"""Every command is declared once, and stands in a menu."""

from __future__ import annotations

import re
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from app.kit.commands import (
    INSIDE,
    SEPARATOR,
    Command,
    Commands,
    CommandTable,
    KeyTexts,
    declare,
    plain,
)
from app.kit.commands import command as declared_command
from app.kit.keymap import Keymap
from app.window import menus
from app.window.command_owners import OWNERS, project_table
from app.window.project_window import ProjectWindow
from skelseg_core.project.folder import ProjectFolder
from tests.app.windows import opened
from tools.site import sources


def test_every_command_that_is_declared_is_listed_once() -> None:
    table = project_table()
    assert sorted(c.id for c in table.commands) == sorted(table.declared)


@pytest.mark.parametrize("name", [n for n in vars(menus) if n.endswith("_MENU")])
def test_context_menus_name_commands(name: str) -> None:
    lines = getattr(menus, name)
    if not isinstance(lines, str):
        assert set(lines) <= {*project_table().declared, SEPARATOR}


def test_the_window_has_the_owners_of_all_commands(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    with opened(qtbot, project_folder) as project_window:
        for path, owner in OWNERS.items():
            assert type(attrgetter(path)(project_window)) is owner, path


class Counter:
    def __init__(self) -> None:
        self.n, self.most = 0, 3

    def _below(self, by: int) -> bool:
        return self.n + by <= self.most

    @declared_command("add-two", "Add &two…", "2", args=(2,), enabled=_below)
    @declare(
        [Command("one", "One", ("1", "I"), (1,)), Command("three", "Three", args=(3,))],
        enabled=_below,
        checked=lambda self, by: self.n == by,
    )
    def add(self, by: int) -> None:
        self.n += by

    @declared_command("none", "None", "0", acts_on="number", reviews="That it is 0")
    @declared_command("less", "Less", acts_on="number", held=True)
    def change(self) -> None:
        self.n = 0


def test_a_command_is_what_is_declared_at_its_method(qtbot: QtBot) -> None:
    window, root = QMainWindow(), SimpleNamespace(counter=Counter())
    qtbot.addWidget(window)
    order = {"&Number": ("three", SEPARATOR, "Counter.add", "Counter.change")}
    table = CommandTable(order, {"counter": Counter})
    assert [c and c.id for c in table.menus["&Number"]] == [
        *("three", None, "add-two", "one", "none", "less")
    ]
    commands = Commands(window, table, {"three": ("T",)})
    assert commands.keys("one") == "1, I"
    assert commands.key_texts.row("add-two") == ("Number", "Add two", "2")
    named = [row[1] for row in commands.key_texts.rows()]
    assert named == ["Three", "Add two", "One", "None"]
    assert commands.key_texts.acting_on("number") == [
        ("0", "None", "That it is 0"),
        ("menu Number", "Less", ""),
    ]
    assert not commands["none"].autoRepeat(), "an edit, which a held key repeats not"
    assert commands["less"].autoRepeat()
    assert commands["three"].autoRepeat()
    commands.bind(root)
    commands["one"].trigger()
    commands.refresh()
    assert (root.counter.n, commands["one"].isChecked()) == (1, True)
    assert commands["add-two"].isEnabled()
    assert not commands["three"].isEnabled()


def test_a_line_that_no_class_declares_is_refused() -> None:
    with pytest.raises(KeyError, match="add-four"):
        CommandTable({"&Number": ("add-four",)}, {"counter": Counter})


def test_the_menus_are_short_and_the_rest_is_found_without_them(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    commands, table = project_window.commands, project_table()
    rows = [
        action
        for menu in commands.menus.values()
        for action in menu.actions()
        if not action.isSeparator()
    ]
    assert len(rows) <= 95
    assert max(m.sizeHint().height() for m in commands.menus.values()) <= 768 / 2
    found = {row.id for row in project_window.command_ui.palette_rows()}
    assert {c.id for c in table.without_row} <= found
    project_window.window.activateWindow()
    frame = project_window.player.target
    assert "last" in {c.id for c in table.without_row}
    QTest.keyClick(project_window.docks.timeline, Qt.Key.Key_End)
    assert project_window.player.target > frame


def test_where_a_command_without_key_is_found() -> None:
    table = CommandTable(
        {"&Number": ("less",)}, {"": Counter}, {"&Number": ("Counter.add", "none")}
    )
    assert [c.id for c in table.commands if not c.has_row] == [
        *("add-two", "one", "three", "none")
    ]
    texts = KeyTexts(table.commands, Keymap.of({}, {}))
    assert [where for where, *_ in texts.acting_on("number")] == [
        *("menu Number", "palette")
    ]


PLACE = re.compile(
    r"(File|Edit|View|Playback|Segment|Classes|Pose|Model|Review|Window|Help) > "
    r"\**([A-Z][^*.,;:()\n]*)"
)


def told_places() -> Iterator[tuple[str, str, str]]:
    """Yield file, menu and what follows it, of all that tells where a command is."""
    root = Path(__file__).parents[3]
    pages = (p for p in sources().values() if "results" not in p.parts)
    for path in (
        *(p for p in pages if p.name != "CHANGELOG.md"),
        *(*root.glob("app/**/*.py"), *root.glob("skelseg_core/**/*.py")),
    ):
        text = re.sub(r'"\s*\n\s*"', "", path.read_text(encoding="utf-8"))
        for menu, rest in PLACE.findall(text):
            yield path.name, menu, rest


def test_what_is_said_to_stand_in_a_menu_stands_there() -> None:
    listed = [c for c in project_table().commands if c.has_row]
    rows = {(c.top_menu, c.name.partition(":")[0]) for c in listed}
    rows |= {tuple(plain(path).split(INSIDE)) for path in menus.MENUS if INSIDE in path}
    rows.add(("File", "Recent"))
    wrong = [
        place
        for place in told_places()
        if not any(m == place[1] and place[2].startswith(name) for m, name in rows)
    ]
    assert wrong == []

"""What there is to do while no project is open."""

from __future__ import annotations

from collections.abc import Callable

from app.kit.commands import Entry, separator
from app.kit.settings import Settings
from app.window.menus.view import scheme_entries


def start_entries(
    new: Callable[[], object],
    choose: Callable[[], object],
    demo: Callable[[], object],
    help_: Callable[[], object],
    report: Callable[[], object],
    quit_: Callable[[], object],
    settings: Settings,
) -> list[Entry]:
    """The menus of the start page."""
    menu = "&File"
    return [
        Entry("new", menu, "New project…", ("Ctrl+N",), new),
        Entry("open", menu, "Open project…", ("Ctrl+O",), choose),
        Entry("demo", menu, "Open the demo", (), demo),
        separator(menu),
        Entry("quit", menu, "Quit", ("Ctrl+Q",), quit_),
        *scheme_entries(settings),
        Entry("help", "&Help", "Help", ("F1",), help_),
        Entry("report", "&Help", "Report a problem…", (), report),
    ]

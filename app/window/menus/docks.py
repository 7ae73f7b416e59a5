"""The tables beside the timeline: showing them, and taking them along as text."""

from __future__ import annotations

from functools import partial

from app.kit.commands import Entry
from app.window.docks import Docks


def dock_entries(docks: Docks) -> list[Entry]:
    """Each dock is shown with the keyboard in it, or hidden."""
    menu, edit = "&Window", "&Edit"

    def entry(name: str, text: str, key: str) -> Entry:
        return Entry(
            f"dock-{name}",
            menu,
            text,
            (key,) if key else (),
            partial(docks.toggle_more, name),
            checked=partial(docks.is_shown, name),
        )

    return [
        Entry(
            "copy-segments",
            edit,
            "Copy the segments as text",
            (),
            docks.segments.table.copy,
            partial(docks.is_shown, "segments"),
        ),
        Entry(
            "copy-statistics",
            edit,
            "Copy the statistics as text",
            (),
            docks.statistics.table.copy,
            partial(docks.is_shown, "statistics"),
        ),
        entry("segments", "Segments", "F3"),
        entry("statistics", "Class statistics", "F4"),
        entry("jobs", "Jobs", "Ctrl+J"),
        entry("curves", "Training curve", ""),
        entry("history", "History", "Ctrl+H"),
    ]

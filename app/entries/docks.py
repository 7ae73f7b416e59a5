"""Docks that are opened when they are needed."""

from __future__ import annotations

from app.actions import Entry
from app.panels import Panels


def dock_entries(panels: Panels) -> list[Entry]:
    """What runs, and what was done."""

    def entry(name: str, text: str, key: str) -> Entry:
        return Entry(
            f"dock-{name}",
            "&View",
            text,
            (key,),
            lambda: panels.set_shown(name, not panels.is_shown(name)),
            checked=lambda: panels.is_shown(name),
        )

    return [
        entry("jobs", "Jobs", "Ctrl+J"),
        entry("history", "History", "Ctrl+H"),
    ]

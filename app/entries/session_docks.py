"""The docks of the session: what runs, and what was done."""

from __future__ import annotations

from app.actions import Entry
from app.panels import Panels


def session_entries(panels: Panels) -> list[Entry]:
    """The docks are opened when they are needed."""

    def entry(name: str, text: str, key: str) -> Entry:
        return Entry(
            f"dock-{name}",
            "&Window",
            text,
            (key,),
            lambda: panels.set_shown(name, not panels.is_shown(name)),
            checked=lambda: panels.is_shown(name),
        )

    return [
        entry("jobs", "Jobs", "Ctrl+J"),
        entry("history", "History", "Ctrl+H"),
    ]

"""The tables beside the timeline: showing them, and taking them along as text."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QDockWidget

from app.actions import Entry
from app.panels import Panels


def dock_entries(panels: Panels) -> list[Entry]:
    """Each dock is shown with the keyboard in it, or hidden."""
    menu, edit = "&Window", "&Edit"

    def shown(dock: QDockWidget) -> Callable[[], bool]:
        return lambda: not dock.isHidden()

    rows = (
        ("segments", "Segments", "F3", panels.segments_dock),
        ("statistics", "Class statistics", "F4", panels.statistics_dock),
    )
    return [
        Entry(
            "copy-segments",
            edit,
            "Copy the segments as text",
            (),
            panels.segments.table.copy,
            shown(panels.segments_dock),
        ),
        Entry(
            "copy-statistics",
            edit,
            "Copy the statistics as text",
            (),
            panels.statistics.table.copy,
            shown(panels.statistics_dock),
        ),
        *(
            Entry(
                f"dock-{name}",
                menu,
                text,
                (key,),
                partial(panels.toggle_table, dock),
                checked=shown(dock),
            )
            for name, text, key, dock in rows
        ),
    ]

"""Pictures beside one another: around a boundary, and along the timeline."""

from __future__ import annotations

from collections.abc import Callable

from app.actions import Entry, separator
from app.timeline.view import TimelineView
from app.views.loupe import LoupeView


def strip_entries(
    timeline: TimelineView,
    loupe: LoupeView,
    has_loupe: Callable[[], bool],
    show_loupe: Callable[[bool], object],
) -> list[Entry]:
    """The loupe, what it looks at, the filmstrip and the waveform."""
    menu = "&View"
    return [
        separator(menu),
        Entry(
            "loupe",
            menu,
            "Loupe: frames around the boundary",
            ("Q",),
            lambda: show_loupe(not has_loupe()),
            checked=has_loupe,
        ),
        Entry(
            "loupe-hands",
            menu,
            "Loupe on the hands",
            ("Shift+Q",),
            lambda: loupe.set_hands(not loupe.hands),
            has_loupe,
            lambda: loupe.hands,
        ),
        Entry(
            "filmstrip",
            menu,
            "Filmstrip",
            ("Shift+F",),
            lambda: timeline.set_filmstrip(not timeline.has_filmstrip),
            checked=lambda: timeline.has_filmstrip,
        ),
        Entry(
            "waveform",
            menu,
            "Waveform of the sound",
            ("Shift+W",),
            lambda: timeline.set_waveform(not timeline.has_waveform),
            lambda: timeline.has_sound,
            lambda: timeline.has_waveform,
        ),
    ]

"""Pictures beside one another: around a boundary, and along the timeline."""

from __future__ import annotations

from app.kit.commands import Entry
from app.window.docks import Docks
from app.window.menus.lanes import MENU as LANE_MENU
from app.window.menus.view import PICTURE_MENU


def strip_entries(docks: Docks) -> list[Entry]:
    """The loupe, what it looks at, the filmstrip, the waveform, a second picture."""
    timeline, loupe = docks.timeline, docks.loupe
    menu, lanes = "&View > Lou&pe", timeline.lanes
    return [
        Entry(
            "loupe",
            menu,
            "Loupe: frames around the boundary",
            ("Q",),
            lambda: docks.set_loupe(not docks.has_loupe),
            checked=lambda: docks.has_loupe,
        ),
        Entry(
            "loupe-hands",
            menu,
            "Loupe on the hands",
            ("Shift+Q",),
            lambda: loupe.set_crop("subject" if loupe.crop == "hands" else "hands"),
            lambda: docks.has_loupe,
            lambda: loupe.crop == "hands",
        ),
        Entry(
            "loupe-picture",
            menu,
            "Loupe on the whole picture",
            (),
            lambda: loupe.set_crop("subject" if loupe.crop == "picture" else "picture"),
            lambda: docks.has_loupe,
            lambda: loupe.crop == "picture",
        ),
        Entry(
            "filmstrip",
            LANE_MENU,
            "Filmstrip",
            ("Shift+F",),
            lambda: lanes.toggle("filmstrip"),
            checked=lambda: lanes.shows("filmstrip"),
        ),
        Entry(
            "second",
            PICTURE_MENU,
            "Second view",
            ("Shift+V",),
            lambda: docks.set_second(not docks.has_second),
            checked=lambda: docks.has_second,
        ),
        Entry(
            "waveform",
            LANE_MENU,
            "Waveform of the sound",
            ("Shift+W",),
            lambda: lanes.toggle("waveform"),
            lambda: timeline.feeds.waveform.there,
            lambda: lanes.shows("waveform"),
        ),
    ]

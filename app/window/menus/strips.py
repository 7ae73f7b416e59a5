"""Pictures beside one another: around a boundary, and of a second view."""

from __future__ import annotations

from app.kit.commands import Entry
from app.window.docks import Docks
from app.window.menus.view import PICTURE_MENU


def strip_entries(docks: Docks) -> list[Entry]:
    """The loupe, what it looks at, and a second picture."""
    menu, loupe = "&View > Lou&pe", docks.loupe
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
            "second",
            PICTURE_MENU,
            "Second view",
            ("Shift+V",),
            lambda: docks.set_second(not docks.has_second),
            checked=lambda: docks.has_second,
        ),
    ]

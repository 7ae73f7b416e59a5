"""The window itself: docks, toolbar, layouts, and the ways to find a command."""

from __future__ import annotations

from functools import partial

from app.kit.commands import Entry, separator
from app.kit.layouts import LAYOUTS
from app.window.command_ui import LAYOUT_MENU, CommandUi
from app.window.docks import Docks


def window_entries(docks: Docks, command_ui: CommandUi) -> list[Entry]:
    """What is shown of the window."""
    menu = "&Window"
    layouts = command_ui.layouts

    def dock(name: str) -> Entry:
        shown = docks.docks[name]
        return Entry(
            f"dock-{name.lower()}",
            menu,
            name,
            (),
            lambda: shown.setVisible(shown.isHidden()),
            checked=lambda: not shown.isHidden(),
        )

    return [
        *(dock(name) for name in ("Videos", "Classes", "Model", "Timeline")),
        separator(menu),
        Entry("docks", menu, "Hide all panels", ("F12",), docks.toggle),
        Entry(
            "toolbar",
            menu,
            "Toolbar",
            (),
            command_ui.toggle_toolbar,
            checked=lambda: command_ui.has_toolbar,
        ),
        Entry(
            "message",
            menu,
            "Close the message",
            ("Shift+Escape",),
            docks.messages.close_message,
        ),
        Entry(
            "messages-all",
            menu,
            "Close all messages",
            (),
            docks.messages.notices.close_all,
            lambda: docks.messages.number > 1,
        ),
        separator(menu),
        *(
            Entry(
                f"layout-{layout_id}",
                LAYOUT_MENU,
                layout.name,
                (),
                partial(layouts.choose, layout_id),
            )
            for layout_id, layout in LAYOUTS.items()
        ),
        separator(LAYOUT_MENU),
        Entry(
            "layout-reset",
            LAYOUT_MENU,
            "Reset this layout",
            (),
            layouts.reset,
            tip="Put everything back where the layout wants it",
        ),
        Entry(
            "layout-save", LAYOUT_MENU, "Save this layout…", (), command_ui.save_layout
        ),
        Entry(
            "layout-delete",
            LAYOUT_MENU,
            "Delete a layout…",
            (),
            command_ui.delete_layout,
            lambda: bool(layouts.own),
        ),
        separator(LAYOUT_MENU),
    ]


def help_entries(command_ui: CommandUi) -> list[Entry]:
    """Finding a command and its keys."""
    menu = "&Help"
    return [
        Entry(
            "palette",
            menu,
            "Find a command…",
            ("Ctrl+K", "Ctrl+Shift+P"),
            command_ui.toggle_palette,
            icon="magnify",
        ),
        Entry("keys", menu, "Keys", ("?",), command_ui.show_sheet),
        Entry(
            "shortcuts",
            menu,
            "Shortcuts…",
            (),
            command_ui.change_keys,
            tip="Give commands other keys",
        ),
    ]

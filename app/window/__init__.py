"""The window: its docks, menus and commands, the start page, and closing."""

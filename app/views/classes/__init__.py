"""The class dock: list, colours, context menu."""

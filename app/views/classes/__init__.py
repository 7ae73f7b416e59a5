"""The classes: list, colours, menu."""

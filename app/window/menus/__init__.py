"""The lines of the table of actions, menu by menu."""

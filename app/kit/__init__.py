"""Helpers for any program with Qt: colours, icons, settings, keys, commands."""

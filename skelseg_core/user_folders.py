"""Folders of the user: caches, state, settings and data of skelseg.

They are looked up at every call, because the environment may change (as in tests).
"""

from __future__ import annotations

from pathlib import Path

from platformdirs import (
    user_cache_path,
    user_config_path,
    user_data_path,
    user_state_path,
)

_NAME = "skelseg"


def cache_folder() -> Path:
    """Return the folder of what can be made again: indexes, features, thumbnails."""
    return user_cache_path(_NAME, appauthor=False)


def state_folder() -> Path:
    """Return the folder of journals and logs, on this computer alone.

    On Windows the path repeats the name of the program.
    """
    return user_state_path(_NAME)


def config_folder() -> Path:
    """Return the folder of the settings."""
    return user_config_path(_NAME)


def data_folder() -> Path:
    """Return the folder of the demo project."""
    return user_data_path(_NAME)


def demo_folder() -> Path:
    """Return the folder of the user's own copy of the demo."""
    return data_folder() / "demo"

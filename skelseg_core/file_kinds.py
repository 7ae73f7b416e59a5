"""File types of videos: their suffixes, for dialogs, drops and searches by name.

Suffixes of poses and labels come with the formats (`formats.poses`, `formats.labels`).
"""

from __future__ import annotations

VIDEO_SUFFIXES = (
    *(".mp4", ".avi", ".mkv", ".mov", ".m4v", ".webm", ".mpg", ".mpeg"),
    *(".ts", ".mts", ".m2ts", ".wmv", ".flv", ".gif", ".ogv", ".3gp"),
)
"""Suffixes of video files in lower case; of files of one name the first one wins."""


def patterns(suffixes: tuple[str, ...]) -> str:
    """Write suffixes as a file dialog wants them: ``"*.mp4 *.avi"``."""
    return " ".join(f"*{suffix}" for suffix in suffixes)

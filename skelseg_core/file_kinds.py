"""Kinds of files: the endings of videos and poses, and the names of formats.

The one list of each, for dialogs, for what is dropped, for the command line and for
whoever looks for a file by its name. It imports nothing, to be known at every start.
"""

from __future__ import annotations

VIDEO_SUFFIXES = (
    *(".mp4", ".avi", ".mkv", ".mov", ".m4v", ".webm", ".mpg", ".mpeg"),
    *(".ts", ".mts", ".m2ts", ".wmv", ".flv", ".gif", ".ogv", ".3gp"),
)
"""Endings of video files, in lower case; where several fit, the first comes first."""

POSE_SUFFIXES = (*(".json", ".csv", ".npz", ".h5", ".hdf5", ".slp", ".pkl", ".pickle"),)
"""Endings of files that may hold poses, in lower case."""

WRITTEN_POSE_FORMATS = (
    *("openpose", "coco", "alphapose", "dlc", "mediapipe", "pyskl", "csv"),
)
"""Formats of poses that are read and written."""

POSE_FORMATS = (*WRITTEN_POSE_FORMATS, "sleap")
"""Formats of poses that are read."""


def patterns(suffixes: tuple[str, ...]) -> str:
    """Suffixes as a file dialog has them: ``"*.mp4 *.avi"``."""
    return " ".join(f"*{suffix}" for suffix in suffixes)

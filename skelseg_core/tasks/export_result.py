"""Result of an export, of labels or poses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from skelseg_core.project.tracks import TrackId


@dataclass(frozen=True)
class Exported:
    """Result of an export.

    Parameters
    ----------
    files : tuple of Path
        What was written, the manifest and the data card too.
    videos, skipped : tuple of str
        Ids of videos that were exported, and of those left out for lack of the lane or
        of poses.
    replaced : tuple of Path
        Files of others that were replaced.
    notes : tuple of str
        Whole sentences on what the format could not hold of these labels, and what
        was left out.
    about : str
        A sentence: how much there is, how much of it is labelled and reviewed.
    untimed : tuple of str
        Of the notes that on videos that are missing, whose times are by the mean rate.
    """

    files: tuple[Path, ...]
    videos: tuple[TrackId, ...]
    skipped: tuple[TrackId, ...] = ()
    replaced: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    about: str = ""
    untimed: tuple[str, ...] = ()

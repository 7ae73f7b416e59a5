"""Find the predictions that lie in the folder of a project, without reading them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from skelseg_core.project.lane_index import Stamp

FOLDER = "predictions"
Found = Mapping[str, Mapping[str, Stamp]]
"""Size and times of the file of each prediction, by video and model."""


def found_predictions(root: Path) -> dict[str, dict[str, Stamp]]:
    """List the predictions of all videos of the project in ``root``: one walk."""
    try:
        with os.scandir(root / FOLDER) as entries:
            names = [entry.name for entry in entries]
    except OSError:
        return {}
    return found_of(root, names)


def found_of(root: Path, video_ids: Iterable[str]) -> dict[str, dict[str, Stamp]]:
    """List the predictions of some videos; those without any are left out."""
    at = os.fspath(root / FOLDER)
    listed = ((name, _models_in(os.path.join(at, name))) for name in video_ids)
    return {name: models for name, models in listed if models}


def models_of(root: Path, video_id: str) -> tuple[str, ...]:
    """Name the models whose prediction of a video is there, the newest last."""
    return tuple(found_of(root, [video_id]).get(video_id, ()))


def _models_in(folder: str) -> dict[str, Stamp]:
    """List the predictions of one video, the newest last."""
    found: dict[str, Stamp] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name, suffix = os.path.splitext(entry.name)
                if suffix == ".npz" and not name.startswith("."):
                    at = entry.stat()
                    found[name] = at.st_size, at.st_mtime_ns, at.st_ctime_ns
    except OSError:  # none, or being replaced: the next look finds it
        pass
    return dict(sorted(found.items(), key=lambda one: (one[1][1], one[0])))

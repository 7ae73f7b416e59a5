"""SLEAP's analysis files (``.analysis.h5``), by h5py (extra ``formats``).

- Frames are those of the video, from 0. A file ends with the last frame that has
  instances; one exported without the frames before the first of them says so nowhere
  and would be read too early.
- Nodes are found by name (``skeleton``).
- A missing node is NaN. Point scores above 1 are cut to 1; instances that a person
  placed have no scores (NaN) and get 1.
- A track is one person.

Source: sleap.ai, "Export data for analysis"; sleap-io, "analysis_h5".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from skelseg_core.errors import FormatError
from skelseg_core.formats.descriptors import CandidateFile, PoseFormat
from skelseg_core.formats.pose_parts.detections import (
    MAX_BYTES,
    Detection,
    TargetFrames,
    gather,
)
from skelseg_core.formats.pose_parts.sleap_points import (
    checked_points,
    not_installed,
    plain_text,
)
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeletons import keypoint_order

_TRACKS = ("track", "xy", "node", "frame")
_SCORES = ("track", "node", "frame")


class SleapAnalysis(PoseFormat):
    """Analysis file of SLEAP, which is only read."""

    name = "sleap-analysis"
    title = "SLEAP analysis"
    about = "The .h5 of one video that SLEAP exports for analysis; frames as there."
    suffixes = (".h5", ".hdf5")

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise a file by the name of one of its arrays."""
        return b"track_occupancy" in file.head

    def read(self, path: Path, target: TargetFrames) -> PoseSequence:
        """Read an analysis file."""
        found = list(_analysis(path, target))
        layouts = {len(target.wanted): target.skeleton}
        return gather(path, found, target, layouts, "sleap")


def _analysis(path: Path, target: TargetFrames) -> Iterator[Detection]:
    tracks, scores, names = _arrays(path)
    n_people, _, n_nodes, n_frames = tracks.shape
    if n_nodes != len(names) or scores.shape != (n_people, n_nodes, n_frames):
        raise FormatError(
            "{}: 'tracks' has the shape {} and 'point_scores' {}, which does not fit "
            "{} nodes; export it again.",
            path,
            tracks.shape,
            scores.shape,
            len(names),
        )
    order = keypoint_order(names, target.wanted, path)
    values = np.concatenate([tracks, scores[:, None]], axis=1)[:, :, order]
    there = ~np.isnan(values[:, :2]).any(axis=1).all(axis=1)
    for person, frame in np.argwhere(there).tolist():
        points = checked_points(values[person, ..., frame].T, f"{path}, frame {frame}")
        yield Detection(frame, points, str(person))


def _arrays(path: Path) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Read places (M, 2, K, T), scores (M, K, T) and names of nodes."""
    try:
        import h5py
    except ImportError as error:
        raise not_installed(path, "h5py", "formats") from error
    try:
        with h5py.File(path, "r") as file:
            tracks = _read(path, file["tracks"], _TRACKS)
            scores = np.ones((tracks.shape[0], *tracks.shape[2:]))
            if "point_scores" in file:
                scores = _read(path, file["point_scores"], _SCORES)
            return tracks, scores, [plain_text(name) for name in file["node_names"][()]]
    except FormatError:
        raise
    except Exception as error:  # whatever h5py says of a damaged file
        raise FormatError(
            "{} is damaged or not an analysis file of SLEAP ({}); export it again.",
            path,
            error,
        ) from error


def _read(path: Path, dataset: Any, order: tuple[str, ...]) -> np.ndarray:
    """Read the numbers of a data set with its axes in this order."""
    if dataset.size * 8 > MAX_BYTES:
        raise FormatError("{} would need too much memory; it was refused.", path)
    values = np.asarray(dataset[()], np.float64)
    dims = dataset.attrs.get("dims")
    if dims is not None:
        names = json.loads(plain_text(dims))
        values = np.transpose(values, [names.index(name) for name in order])
    if values.ndim != len(order) or ("xy" in order and values.shape[1] != 2):
        raise ValueError(f"axes {values.shape} instead of {', '.join(order)}")
    return values

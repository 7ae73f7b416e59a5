"""SLEAP's projects (``.slp``) and analysis files (``.analysis.h5``).

- ``.slp`` is read through the package sleap-io, which opens no video here; analysis
  files through h5py. Both are the optional extra ``formats``.
- Frames are those of the video, from 0; one without instances has nobody. A file of
  several videos is refused.
  An analysis file ends with the last frame that has instances; one exported without
  the frames before the first of them says so nowhere and would be read too early.
- Nodes are found by name (``skeleton``).
- A missing node is NaN. Point scores above 1 are cut to 1; instances that a person
  placed have no scores (NaN), get 1, and replace the predictions they were made from.
- A track is one person. Where an instance has none, people are linked here.

Source: sleap.ai, "Export data for analysis"; sleap-io, "model" and "analysis_h5".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from skelseg_core.errors import FormatError
from skelseg_core.formats.descriptors import CandidateFile, PoseFormat
from skelseg_core.formats.detections import MAX_BYTES, Detection, TargetFrames, gather
from skelseg_core.formats.pose_text import MAX_COORDINATE
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeleton import keypoint_order

_TRACKS = ("track", "xy", "node", "frame")
_SCORES = ("track", "node", "frame")


class Sleap(PoseFormat):
    """Projects and analysis files of SLEAP, which are only read."""

    name = "sleap"
    title = "SLEAP"
    about = "A project (.slp) or analysis file (.h5) of one video; frames are its own."
    suffixes = (".slp", ".h5", ".hdf5")

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise an analysis file by the name of one of its arrays."""
        return file.suffix == ".slp" or b"track_occupancy" in file.head

    def read(self, path: Path, target: TargetFrames) -> PoseSequence:
        """Read a project or an analysis file."""
        if path.suffix.lower() == ".slp":
            found = list(_instances(path, _labels(path), target))
        else:
            found = list(_analysis(path, target))
        layouts = {len(target.wanted): target.skeleton}
        return gather(path, found, target, layouts, "sleap")


def _labels(path: Path) -> Any:
    try:
        from sleap_io import load_slp
    except ImportError as error:
        raise _not_installed(path, "sleap-io") from error
    try:
        return load_slp(str(path), open_videos=False)
    except Exception as error:  # whatever a foreign reader says of a damaged file
        raise FormatError(
            "{} cannot be read by sleap-io ({}); save it by SLEAP again.", path, error
        ) from error


def _instances(path: Path, labels: Any, target: TargetFrames) -> Iterator[Detection]:
    frames = list(labels.labeled_frames)
    if len({id(frame.video) for frame in frames}) > 1:
        raise FormatError(
            "{} holds several videos; save a project of one video only.", path
        )
    wanted = target.wanted
    orders: dict[tuple[str, ...], list[int]] = {}
    for labelled in frames:
        replaced = {id(getattr(i, "from_predicted", None)) for i in labelled.instances}
        for instance in labelled.instances:
            if id(instance) in replaced:
                continue
            names = tuple(instance.skeleton.node_names)
            if names not in orders:
                orders[names] = keypoint_order(names, wanted, path)
            order = orders[names]
            frame = int(labelled.frame_idx)
            person = None if instance.track is None else str(id(instance.track))
            points = _checked(_values(instance)[order], f"{path}, frame {frame}")
            yield Detection(frame, points, person)


def _values(instance: Any) -> np.ndarray:
    """Convert the nodes of an instance to (K, 3)."""
    if type(instance).__name__ == "PredictedInstance":
        return np.asarray(instance.numpy(scores=True), np.float64)
    places = np.asarray(instance.numpy(), np.float64)
    return np.column_stack([places[:, :2], np.ones(len(places))])


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
        points = _checked(values[person, ..., frame].T, f"{path}, frame {frame}")
        yield Detection(frame, points, str(person))


def _arrays(path: Path) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Read places (M, 2, K, T), scores (M, K, T) and names of nodes."""
    try:
        import h5py
    except ImportError as error:
        raise _not_installed(path, "h5py") from error
    try:
        with h5py.File(path, "r") as file:
            tracks = _read(path, file["tracks"], _TRACKS)
            scores = np.ones((tracks.shape[0], *tracks.shape[2:]))
            if "point_scores" in file:
                scores = _read(path, file["point_scores"], _SCORES)
            return tracks, scores, [_text(name) for name in file["node_names"][()]]
    except (OSError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise FormatError(
            "{} is damaged or no analysis file of SLEAP ({}); export it again.",
            path,
            error,
        ) from error


def _read(path: Path, dataset: Any, order: tuple[str, ...]) -> np.ndarray:
    """Read the numbers of a data set with its axes in this order."""
    if dataset.size * 8 > MAX_BYTES:
        raise FormatError("{} would take too much memory; it was refused.", path)
    values = np.asarray(dataset[()], np.float64)
    dims = dataset.attrs.get("dims")
    if dims is not None:
        names = json.loads(_text(dims))
        values = np.transpose(values, [names.index(name) for name in order])
    if values.ndim != len(order) or ("xy" in order and values.shape[1] != 2):
        raise ValueError(f"axes {values.shape} where {', '.join(order)} should be")
    return values


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _checked(points: np.ndarray, where: str) -> np.ndarray:
    """Return points (K, 3) with NaN where missing; infinite ones are an error."""
    wild = (np.abs(points) >= MAX_COORDINATE).any(axis=1)
    if wild.any():
        raise FormatError(
            "{}, keypoint {}: x, y, score are no place in a picture; export the file "
            "again.",
            where,
            int(wild.argmax()),
        )
    points[:, 2] = np.nan_to_num(points[:, 2], nan=1)
    gone = np.isnan(points[:, :2]).any(axis=1) | ~(points[:, 2] > 0)
    return np.where(gone[:, None], np.nan, points)


def _not_installed(path: Path, package: str) -> FormatError:
    return FormatError(
        "{} can only be read with the package {}; install 'skelseg[formats]', or "
        "export CSV instead.",
        path,
        package,
    )

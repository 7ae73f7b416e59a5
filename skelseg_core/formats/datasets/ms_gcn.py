"""The layout of MS-GCN: keypoint coordinates, framewise labels, a mapping, splits.

``features7/NAME_input.npy`` (C, T, V, M): C coordinates of V keypoints of M persons;
``groundTruth_/NAME_output.csv`` one number per line; ``mapping.txt`` with ``id number``
lines such as ``1 1.000000000000000000e+00``; ``splits_loso_validation/*.bundle`` with
one ``NAME_output.csv`` per line. Folders called ``features``, ``groundTruth`` and
``splits`` are read too.

Traps: class names are numbers written at length (here ``0``, ``1``); the keypoints
have no names, so no camera can show them as a known skeleton, and their unit is the
data set's own. The one split of the published example tests on what it trains on.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from skelseg_core.array_files import load_npy
from skelseg_core.errors import FormatError
from skelseg_core.file_names import portable_name
from skelseg_core.formats.dataset import Dataset, Recording
from skelseg_core.formats.dataset_arrays import cut_note, finite
from skelseg_core.formats.dataset_text import (
    folder_of,
    ids_of,
    label_map_of,
    line_notes,
    load_floats,
    load_mapping,
    load_names,
    load_splits,
)
from skelseg_core.formats.descriptors import DatasetLayout
from skelseg_core.labels.classes import LabelMap
from skelseg_core.poses.poses3d import Poses3D

_NO_NAMES = (
    "The keypoints have no names; they are kept in 3D and as features, but not "
    "projected to 2D."
)
_INPUT, _OUTPUT = "_input.npy", "_output.csv"
_TRUTHS = ("groundTruth_", "groundTruth")


class MsGcn(DatasetLayout):
    """The layout of MS-GCN."""

    name = "ms-gcn"
    title = "MS-GCN"
    about = "Keypoints and one class number per frame; both are cut to the shorter."

    def sniff(self, folder: Path) -> bool:
        """Recognise the layout by its mapping and the names of its label files."""
        truths = [folder / name for name in _TRUTHS]
        labelled = any(any(truth.glob(f"*{_OUTPUT}")) for truth in truths)
        return labelled and (folder / "mapping.txt").is_file()

    def read(self, src: Path) -> Dataset:
        """Read the folders named above and ``mapping.txt``."""
        mapping = src / "mapping.txt"
        label_map, numeric = _short_names(mapping)
        inputs = folder_of(src, "features7", "features")
        outputs = sorted(folder_of(src, *_TRUTHS).glob(f"*{_OUTPUT}"))
        notes = line_notes([mapping, *outputs])
        recordings = []
        for path in outputs:
            name = path.name.removesuffix(_OUTPUT)
            labels = (
                _numbered(path, label_map) if numeric else load_names(path, label_map)
            )
            recording, said = _load(name, inputs / f"{name}{_INPUT}", path, labels)
            recordings.append(recording)
            notes += said
        if any(r.poses3d for r in recordings):
            notes.append(_NO_NAMES)
        folders = [src / "splits_loso_validation", src / "splits"]
        folder = next((f for f in folders if f.is_dir()), folders[0])
        splits, said = load_splits(folder, {r.id for r in recordings}, _OUTPUT)
        return Dataset(
            src.resolve().name,
            label_map,
            tuple(recordings),
            notes=(*notes, *said),
            splits=splits,
        )


def _load(
    name: str, path: Path, text: Path, labels: np.ndarray
) -> tuple[Recording, list[str]]:
    points = _coordinates(path)
    n_frames, _, n_channels = points.shape
    notes = cut_note(path.name, n_frames, text.name, len(labels))
    n = min(n_frames, len(labels))
    poses = Poses3D(points[:n], "", "MS-GCN input") if n_channels == 3 else None
    features = partial(_flat, path)
    return Recording(portable_name(name), labels[:n], poses, features=features), notes


def _coordinates(path: Path) -> np.ndarray:
    """Load the coordinates of the first person, float32 (T, V, C)."""
    array = load_npy(path)
    if array.ndim != 4 or 0 in array.shape or array.dtype.kind not in "fiu":
        raise FormatError(
            "{} holds {} of the shape {}; it must hold numbers of the shape "
            "(channels, frames, keypoints, persons).",
            path,
            array.dtype,
            array.shape,
        )
    return finite(path, array[..., 0].transpose(1, 2, 0))


def _flat(path: Path) -> np.ndarray:
    points = _coordinates(path)
    return points.reshape(len(points), -1)


def _short_names(path: Path) -> tuple[LabelMap, bool]:
    """Read the classes; tell whether their names are numbers, which are shortened."""
    label_map = load_mapping(path)
    try:
        names = [f"{float(name):g}" for name in label_map.names]
    except ValueError:
        return label_map, False
    return label_map_of(zip(label_map.ids, names, strict=True), path), True


def _numbered(path: Path, label_map: LabelMap) -> np.ndarray:
    """Read the class ids of a file with one number per line, int64 (T,)."""
    return ids_of([f"{value:g}" for value in load_floats(path)], label_map, path)

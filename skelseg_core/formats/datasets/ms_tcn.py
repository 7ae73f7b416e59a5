"""The layout of MS-TCN: features, framewise labels, a mapping, splits.

``features/VIDEO.npy`` (D, T); ``groundTruth/VIDEO.txt`` one class name per line;
``mapping.txt`` with ``id name`` lines; ``splits/{train,test}.NAME.bundle`` with one
``VIDEO.txt`` per line. What skelseg exports may have ``ignore/VIDEO.txt`` beside: 1 in
each line whose frame has no label, else 0.

Traps: the published loader loses the last line of a file without final line break,
reads the carriage return of Windows lines as part of a name, cuts names at the first
dot, and cuts features and labels to the shorter without a word. Features are (D, T);
a file the other way round would be cut to D frames.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from skelseg_core.errors import FormatError
from skelseg_core.file_names import portable_name
from skelseg_core.formats.dataset import Dataset, Recording
from skelseg_core.formats.dataset_arrays import cut_note, load_features
from skelseg_core.formats.dataset_text import (
    folder_of,
    line_notes,
    lines_of,
    load_mapping,
    load_names,
    load_splits,
)
from skelseg_core.formats.descriptors import DatasetLayout
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.segmentation import UNLABELLED
from skelseg_core.said import counted, listed

_LAYOUT = "DT"


class MsTcn(DatasetLayout):
    """The layout of MS-TCN."""

    name = "ms-tcn"
    title = "MS-TCN"
    about = "Features and one class name per frame; both are cut to the shorter length."

    def sniff(self, folder: Path) -> bool:
        """Recognise the layout by its mapping and the names of its label files."""
        labelled = any((folder / "groundTruth").glob("*.txt"))
        return labelled and (folder / "mapping.txt").is_file()

    def read(self, src: Path) -> Dataset:
        """Read ``groundTruth``, ``mapping.txt``, ``features`` and ``splits``."""
        label_map = load_mapping(src / "mapping.txt")
        features = {p.stem: p for p in sorted((src / "features").glob("*.npy"))}
        texts = sorted(folder_of(src, "groundTruth").glob("*.txt"))
        notes = line_notes([src / "mapping.txt", *texts])
        notes += _lone_notes(set(features), {t.stem for t in texts})
        recordings: list[Recording] = []
        widths: dict[int, Path] = {}
        for text in texts:
            path = features.get(text.stem)
            recording, n_dims, said = _load(text, path, label_map)
            recordings.append(recording)
            notes += said
            if path is not None:
                widths.setdefault(n_dims, path)
        _check_widths(widths)
        splits, said = load_splits(src / "splits", {r.id for r in recordings}, ".txt")
        return Dataset(
            src.resolve().name,
            label_map,
            tuple(recordings),
            notes=(*notes, *said),
            splits=splits,
        )


def _lone_notes(features: set[str], labels: set[str]) -> list[str]:
    notes = []
    if bare := sorted(features - labels):
        notes.append(
            f"{counted(len(bare), 'feature file')} without labels, left out: "
            f"{listed(bare)}."
        )
    if bare := sorted(labels - features):
        notes.append(f"{counted(len(bare), 'video')} without features: {listed(bare)}.")
    return notes


def _load(
    text: Path, features: Path | None, label_map: LabelMap
) -> tuple[Recording, int, list[str]]:
    """Read a recording, its number of features, and notes on what is odd about it."""
    labels = load_names(text, label_map)
    labels[_ignored(text, len(labels))] = UNLABELLED
    name = portable_name(text.stem)
    if features is None:
        return Recording(name, labels), 0, []
    n_frames, n_dims = load_features(features, _LAYOUT).shape
    if n_dims == len(labels) != n_frames:
        raise FormatError(
            "{} has the shape {} and {} {} lines: time comes first, but MS-TCN needs "
            "(features, frames); transpose the features.",
            features,
            (n_dims, n_frames),
            text.name,
            len(labels),
        )
    notes = cut_note(
        f"features/{features.name}", n_frames, f"groundTruth/{text.name}", len(labels)
    )
    recording = Recording(
        name, labels[:n_frames], features=partial(load_features, features, _LAYOUT)
    )
    return recording, n_dims, notes


def _ignored(text: Path, n_frames: int) -> np.ndarray:
    """Read which frames of a label file have no label, bool (T,); none without a list.

    Raises
    ------
    FormatError
        Where the list is not 0 or 1 for each of the frames.
    """
    path = text.parent.parent / "ignore" / text.name
    if not path.is_file():
        return np.zeros(n_frames, bool)
    lines = lines_of(path)
    odd = next((n for n, line in enumerate(lines) if line not in ("0", "1")), None)
    if odd is not None:
        raise FormatError(
            "{}, line {}: '{}' is neither 0 nor 1.", path, odd + 1, lines[odd]
        )
    if len(lines) != n_frames:
        raise FormatError(
            "{} has {:,} lines and {} {:,}; they must have the same frames.",
            path,
            len(lines),
            text,
            n_frames,
        )
    return np.array([line == "1" for line in lines])


def _check_widths(widths: dict[int, Path]) -> None:
    if len(widths) > 1:
        (a, first), (b, second) = list(widths.items())[:2]
        raise FormatError(
            "{} has {} features a frame and {} {}; extract all of them with the same "
            "network.",
            first,
            a,
            second.name,
            b,
        )

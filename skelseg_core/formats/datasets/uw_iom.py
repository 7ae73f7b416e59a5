"""UW-IOM as the MTL-ERA repository publishes it: 3D poses, labels, REBA scores.

``Poses/NN_pose3d.npy`` (T, 15, 3) in metres, x depth, y lateral, z up, some float32
and some float64; ``Labels/ClassNumber/NN.npy`` (T,) class numbers;
``RebaScoreFrameWise/NN.txt`` one number per line; ``config_UW_data.yml``. NN is the
subject: each is recorded once.

Traps: the class numbers count in the order of ``classes`` in the configuration, not in
that of ``Labels/uniquelabelnames.npy``, which is alphabetical. ``classes`` is a tuple
of Python, which YAML reads as text. Where labels and poses differ in number, the *last*
ones belong together: labelling began late. The videos run at 8 to 12 frames per second.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from skelseg_core.array_files import load_npy
from skelseg_core.errors import FormatError
from skelseg_core.formats.dataset import Dataset, Recording, check_once, fit
from skelseg_core.formats.dataset_arrays import load_pose_file, missing_note
from skelseg_core.formats.dataset_text import folder_of, label_map_of, load_floats
from skelseg_core.formats.descriptors import DatasetLayout
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.segmentation import UNLABELLED
from skelseg_core.text_files import read_text

RATE = 10.0
SKELETON = "lcrnet15"
N_KEYPOINTS = 15
_CONFIG = "config_UW_data.yml"
_CLASSES = re.compile(r"^classes\s*:\s*(\(.*?\)|\[.*?\])", re.DOTALL | re.MULTILINE)
_END = "in UW-IOM they end with the same frame"


class UwIom(DatasetLayout):
    """UW-IOM as the MTL-ERA repository publishes it."""

    name = "uw-iom"
    title = "UW-IOM"
    about = "3D poses, class numbers and REBA scores; all end with the same frame."

    def sniff(self, folder: Path) -> bool:
        """Recognise the data set by its configuration file."""
        return (folder / _CONFIG).is_file()

    def read(self, src: Path) -> Dataset:
        """Read ``Poses``, ``Labels`` and ``config_UW_data.yml``."""
        label_map = _load_classes(src)
        poses = _numbered(folder_of(src, "Poses"), r"(\d+)_pose3d\.npy")
        labels = _numbered(folder_of(src, "Labels/ClassNumber"), r"(\d+)\.npy")
        risks = _numbered(src / "RebaScoreFrameWise", r"(\d+)\.txt")
        notes = [
            f"Subject {n:02d} has labels but no poses and was left out."
            for n in sorted(set(labels) - set(poses))
        ]
        recordings = []
        for number, path in sorted(poses.items()):
            recording, said = _load(number, path, labels.get(number), risks.get(number))
            recordings.append(recording)
            notes += said
        return Dataset(
            "UW-IOM", label_map, tuple(recordings), SKELETON, RATE, tuple(notes)
        )


def _load(
    number: int, path: Path, labels: Path | None, risk: Path | None
) -> tuple[Recording, list[str]]:
    name = f"{number:02d}"
    poses = load_pose_file(path, SKELETON, N_KEYPOINTS, "LCR-Net")
    notes = missing_note(f"Subject {name}", poses)
    scores = None
    if risk is not None:
        scores, said = _aligned(risk, load_floats, poses.n_frames, np.nan)
        notes += said
    if labels is None:
        ids = np.full(poses.n_frames, UNLABELLED)
        notes.append(f"Subject {name} has poses but no labels; it stays unlabelled.")
    else:
        ids, said = _aligned(labels, _load_ids, poses.n_frames, UNLABELLED)
        notes += said
    return Recording(name, ids, poses, scores, subject=name), notes


def _aligned(
    path: Path, load: Callable[[Path], np.ndarray], n_frames: int, fill: float
) -> tuple[np.ndarray, list[str]]:
    """Fit framewise values to the poses, with a sentence where that was needed."""
    values = load(path)
    if len(values) > n_frames:
        raise FormatError(
            "{} has {:,} values for {:,} frames of poses; {}, but there are more "
            "values than frames, so one of the two files belongs to another "
            "recording.",
            path,
            len(values),
            n_frames,
            _END,
        )
    if len(values) == n_frames:
        return values, []
    return fit(values, n_frames, fill, "end"), [
        f"{path.parent.name}/{path.name} has {len(values):,} values for {n_frames:,} "
        f"frames of poses; {_END}, so the first {n_frames - len(values):,} stay empty."
    ]


def _load_ids(path: Path) -> np.ndarray:
    values = load_npy(path)
    if values.ndim != 1 or values.dtype.kind not in "fiu":
        raise FormatError(
            "{} holds {} of the shape {}; it must hold one class number per frame.",
            path,
            values.dtype,
            values.shape,
        )
    good = np.isfinite(values) & (values >= 0) & (values == np.floor(values))
    wrong = np.flatnonzero(~good)
    if len(wrong):
        raise FormatError(
            "{}, frame {}: {} is not a class number; correct it or restore the file "
            "from a copy.",
            path,
            wrong[0],
            values[wrong[0]],
        )
    return values.astype(np.int64)


def _numbered(folder: Path, pattern: str) -> dict[int, Path]:
    """List files by the subject's number, which is written with and without zeros."""
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    found = [(m, p) for p in paths if (m := re.fullmatch(pattern, p.name))]
    check_once((str(int(m[1])) for m, _ in found), f"subject in {folder.name}")
    return {int(m[1]): p for m, p in found}


def _load_classes(src: Path) -> LabelMap:
    path = src / _CONFIG
    if not path.is_file():
        raise FormatError(
            "{} is missing; it has the class names in the order of their numbers "
            "(uniquelabelnames.npy has another order), copy it from MTL-ERA's "
            "config_files.",
            path,
        )
    found = _CLASSES.search(read_text(path))
    try:
        names = ast.literal_eval(found[1]) if found else ()
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        names = ()
    if not names or not all(isinstance(n, str) for n in names):
        raise FormatError(
            "{} has no readable 'classes: (...)' with the class names; restore it "
            "from a copy.",
            path,
        )
    return label_map_of(enumerate(names), path)

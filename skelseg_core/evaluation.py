"""Evaluation: score a folder of predicted labels against a folder of true ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from skelseg_core.errors import FormatError
from skelseg_core.io.labels_csv import is_segment_csv, load_framewise_csv
from skelseg_core.io.labels_text import (
    is_result_text,
    load_framewise_text,
    load_result_text,
)
from skelseg_core.metrics import convention as convention_named
from skelseg_core.metrics import evaluate
from skelseg_core.segmentation import UNLABELLED

_NOT_LABELS = {"classes", "license", "mapping", "readme", "source"}


def evaluate_folders(
    truth: Path,
    pred: Path,
    convention: str = "half-open",
    background: Sequence[str] = (),
    per_video: bool = False,
) -> dict[str, Any]:
    """Score the files in ``pred`` against the files of the same name in ``truth``.

    A file holds one video: framewise CSV, MS-TCN text (one name per line) or MS-TCN
    result file, told apart by content. Segment CSVs, ``manifest.json``, class lists
    and the like are skipped; predictions without a truth are not looked at. Videos
    whose truth is all unlabelled are left out.

    Parameters
    ----------
    truth, pred : Path
        Folders.
    convention : str
        A key of ``metrics.CONVENTIONS``.
    background : sequence of str
        Names of classes left out of edit and F1.
    per_video : bool
        Also the scores of each video.

    Returns
    -------
    dict
        ``accuracy``, ``edit``, ``f1@10``, ``f1@25``, ``f1@50`` in percent;
        ``n_videos``, ``n_frames`` (frames with a true label) and ``convention``; with
        ``per_video`` also ``per_video``: the same figures by name of the video.

    Raises
    ------
    FormatError
        Where a folder holds no labels, a prediction is missing or has another number
        of frames, or a file is damaged.
    ConfigError
        Where there is no such convention.
    """
    convention_named(convention)
    true_files, pred_files = _label_files(truth), _label_files(pred)
    if not true_files:
        raise FormatError(
            f"{truth} holds no label files; give the folder with one .txt or .csv "
            "file per video."
        )
    names: dict[str, int] = {"": UNLABELLED}
    pairs = {}
    for stem, path in true_files.items():
        true = _as_ids(_load(path), names)
        if (true != UNLABELLED).any():
            found = _as_ids(_prediction(stem, path, len(true), pred, pred_files), names)
            pairs[stem] = (true, found)
    if not pairs:
        raise FormatError(f"No video in {truth} has a labelled frame; label some.")
    ids = [names[name] for name in background if name in names]
    result: dict[str, Any] = {
        **evaluate(pairs.values(), ids, convention),
        "n_videos": len(pairs),
        "n_frames": sum(_n_labelled(true) for true, _ in pairs.values()),
        "convention": convention,
    }
    if per_video:
        result["per_video"] = {
            stem: {
                **evaluate([pair], ids, convention),
                "n_frames": _n_labelled(pair[0]),
            }
            for stem, pair in pairs.items()
        }
    return result


def _n_labelled(labels: np.ndarray) -> int:
    return int((labels != UNLABELLED).sum())


def _prediction(
    stem: str, true_path: Path, n_frames: int, pred: Path, files: dict[str, Path]
) -> Sequence[str]:
    if stem not in files:
        raise FormatError(
            f"{pred} holds no prediction for {true_path.name}; predict this video or "
            "take its truth away."
        )
    found = _load(files[stem])
    if len(found) != n_frames:
        raise FormatError(
            f"{files[stem]} has {len(found)} frames and its truth {true_path} has "
            f"{n_frames}; both must hold the labels of the same video."
        )
    return found


def _as_ids(labels: Iterable[str], names: dict[str, int]) -> np.ndarray:
    """Framewise names to integers; new names are added to ``names``."""
    # The empty name, unlabelled, has taken one place.
    return np.array([names.setdefault(x, len(names) - 1) for x in labels], np.int64)


def _label_files(folder: Path) -> dict[str, Path]:
    """Label files of a folder by name of the video."""
    try:
        paths = sorted(p for p in folder.iterdir() if p.is_file())
    except OSError as error:
        raise FormatError(
            f"{folder} is no folder that can be read ({error.strerror}); give the "
            "folder with one label file per video."
        ) from error
    files: dict[str, Path] = {}
    for path in paths:
        stem = _video_name(path)
        if stem is None:
            continue
        if stem in files:
            raise FormatError(
                f"{files[stem]} and {path.name} both hold labels of {stem}; take one "
                "away."
            )
        files[stem] = path
    return files


def _video_name(path: Path) -> str | None:
    """Name of the video whose labels the file holds; None where it holds none."""
    suffix = path.suffix.lower()
    if path.name.startswith(".") or path.stem.lower() in _NOT_LABELS:
        return None
    if suffix == ".csv":
        return None if is_segment_csv(path) else path.stem
    if suffix == ".txt":
        return path.stem
    # MS-TCN writes results without a suffix, so a dot belongs to the video's name.
    return path.name if suffix == "" or is_result_text(path) else None


def _load(path: Path) -> Sequence[str]:
    if is_result_text(path):
        return load_result_text(path)
    if path.suffix.lower() == ".csv":
        return load_framewise_csv(path).labels
    return load_framewise_text(path)

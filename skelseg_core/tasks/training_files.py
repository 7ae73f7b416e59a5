"""Splits and features beside exported labels, for who trains networks elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from skelseg_core.array_files import save_npy
from skelseg_core.config import Preset, load_preset
from skelseg_core.errors import FormatError, ProjectError
from skelseg_core.features.video_features import features_of
from skelseg_core.features.video_work import FeatureWork, cpu_threads
from skelseg_core.formats.dataset_arrays import load_features
from skelseg_core.formats.labels.ms_tcn_folder import word_of
from skelseg_core.learning.folds import (
    folds_by_subject,
    named_folds,
    subjects_of,
    unnamed_note,
)
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.said import counted, listed
from skelseg_core.tasks.export_choices import DEFAULT_PRESET, N_FOLDS

Splits = tuple[tuple[str, str], ...]
"""Names of splits, and the side of each that a video is on: ``train`` or ``test``."""


def splits_of(
    folder: ProjectFolder, items: Sequence[Track], folds: int | None
) -> tuple[dict[str, Splits], str]:
    """Find or make splits of videos, by id, and a note; none where ``folds`` is 0.

    The data set's own are taken, without the other videos, where no number of folds is
    asked for and a video remains on both sides of each. Else no subject is on both
    sides of a split.

    Raises
    ------
    ProjectError, ModelError, FormatError
        Where there are too few subjects, or the file of the splits is damaged.
    """
    if folds == 0:
        return {}, ""
    named = {} if folds else named_folds(folder)
    own: dict[str, tuple[tuple[str, str], ...]] = {
        item.id: tuple(
            (name, side)
            for name, sides in named.items()
            for side in ("train", "test")
            if item.video_id in sides[side]
        )
        for item in items
    }
    there = {split for splits in own.values() for split in splits}
    if named and len(there) == 2 * len(named):
        return own, ""
    subjects = subjects_of(items)
    n_subjects = len(set(subjects.values()))
    if n_subjects < 2:
        people = sorted({person for item in items for person in item.video.people})
        if len(people) > 1:
            raise ProjectError(
                "A split needs videos without a subject in common, and {} are seen "
                "together; export videos of others, or leave splits out (--folds 0).",
                listed(people),
            )
        raise ProjectError(
            "A split needs two subjects or more, and only one is seen here; export "
            "videos of more, name people with 'skelseg people', or leave splits out "
            "(--folds 0)."
        )
    n_folds = min(N_FOLDS, n_subjects) if folds is None else folds
    tests = folds_by_subject(subjects, n_folds)
    made = {
        video: tuple(
            (f"split{number}", "test" if video in test else "train")
            for number, test in enumerate(tests, start=1)
        )
        for video in subjects
    }
    return made, unnamed_note(items)


def write_features(
    new: Path,
    folder: ProjectFolder,
    project: Project,
    items: Sequence[Track],
    preset: str,
) -> Task[tuple[list[str], list[str]]]:
    """Write ``features/VIDEO.npy`` (D, T) float32: those of the data set, or made.

    Returns
    -------
    names, notes : list of str
        Names of the files, and sentences on what made them and who has none.

    Raises
    ------
    ProjectError, FormatError, ModelError, ConfigError
        Where features or poses are missing, or not of the video.
    """
    made_by = preset or DEFAULT_PRESET
    loaded = load_preset(made_by)
    stored, bare = (set[str](), set[str]()) if preset else _found(folder, items)
    names, n_dims = [], 0
    for n, item in enumerate(items):
        yield Progress("export", n, len(items))
        if item.id in bare:
            continue
        if item.id in stored:
            values = load_features(_stored_path(folder, item), "TD")
        else:
            work = FeatureWork(folder, project, item, cpu_threads())
            values = yield from _made(work, loaded)
        _check(values, item, n_dims)
        n_dims = values.shape[1]
        names.append(f"features/{word_of(item.id)}.npy")
        save_npy(new / names[-1], np.ascontiguousarray(values.T, np.float32))
    notes = []
    if names:
        source = "of the data set" if stored else f"by {made_by}"
        of = counted(len({i.video_id for i in items}), "video")
        notes.append(f"{of}, {n_dims:,} features a frame {source}.")
    if bare:
        without = list(dict.fromkeys(i.video.title for i in items if i.id in bare))
        notes.append(
            f"{counted(len(without), 'video')} without features, poses and pictures, "
            f"so only the labels were written: {listed(without)}."
        )
    return names, notes


def _stored_path(folder: ProjectFolder, item: Track) -> Path:
    return folder.root / "features" / f"{item.id}.npy"


def _found(
    folder: ProjectFolder, items: Sequence[Track]
) -> tuple[set[TrackId], set[TrackId]]:
    """Find videos whose features came with the data set, and those that have none."""
    stored = {i.id for i in items if _stored_path(folder, i).is_file()}
    others = [i for i in items if i.id not in stored]
    bare = {
        i.id
        for i in others
        if not i.video.has_file and not folder.poses_path(i.video_id).is_file()
    }
    could = list(dict.fromkeys(i.video.title for i in others if i.id not in bare))
    if stored and could:
        raise ProjectError(
            "The data set had no features of {}, but of others; use --preset NAME to "
            "make those of all videos, or choose videos with --video.",
            listed(could),
        )
    return stored, bare


def _made(work: FeatureWork, preset: Preset) -> Task[np.ndarray]:
    """Make the features of all modalities of a preset side by side, (T, D)."""
    found = yield from features_of(work, preset)
    parts = [found.features[m] for m in preset.model.modalities]
    return np.concatenate(parts, axis=1, dtype=np.float32)


def _check(values: np.ndarray, item: Track, n_dims: int) -> None:
    """Refuse features of another length, and features that are not finite."""
    if len(values) != item.n_frames:
        raise FormatError(
            "The features of {} have {:,} frames, the video {:,}; import the data set "
            "again, or use --preset NAME.",
            item.video.title,
            len(values),
            item.n_frames,
        )
    if n_dims and values.shape[1] != n_dims:
        raise FormatError(
            "Video {} has {:,} features a frame and those before {:,}; use --preset "
            "NAME to make all of them the same.",
            item.video.title,
            values.shape[1],
            n_dims,
        )
    good = np.isfinite(values).all(axis=1)
    if not good.all():
        raise FormatError(
            "Video {}, frame {}: a feature is not a finite number; import or "
            "estimate its poses again.",
            item.video.title,
            int(np.argmin(good)),
        )

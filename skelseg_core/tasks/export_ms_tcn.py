"""Export in the layout of MS-TCN, which the code of most networks reads.

``features/VIDEO.npy`` (D, T) float32; ``groundTruth/VIDEO.txt`` one class name per
line; ``mapping.txt`` with ``id name`` lines; ``splits/{train,test}.splitK.bundle`` with
one ``VIDEO.txt`` per line.

Published readers silently misread the following, which is mended or refused here:

- They drop a last line that has no line break; every line gets one.
- They part a line of the mapping, and their own results, at blanks, and cut the name
  of a video at its first dot. Such names are refused, or written with ``_``.
- They take as many classes as the mapping has lines, so ids count from 0, in the order
  of the project, whatever its own ids are.
- They cut features and labels to the shorter; both have a value per frame.
- Text has no word for unlabelled; such frames are refused, or written as a class.

`formats.datasets.ms_tcn` reads the layout.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from skelseg_core.config import Preset, load_preset
from skelseg_core.errors import EditError, FormatError, ProjectError
from skelseg_core.features.per_video import FeatureWork, cpu_threads, features_of
from skelseg_core.files import atomic_write, save_npy
from skelseg_core.formats.class_list import mapping_text
from skelseg_core.formats.dataset import counted, listed
from skelseg_core.formats.dataset_arrays import load_features
from skelseg_core.formats.export_folder import MANIFEST_SCHEMA, export_folder
from skelseg_core.formats.labels.ms_tcn_text import framewise_text
from skelseg_core.labels.classes import check_class_name
from skelseg_core.learning.folds import folds_by_subject, folds_of, subjects_of
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.predicted_lanes import unsaid_in_text
from skelseg_core.project.project import Project, VideoItem
from skelseg_core.tasks.export import skipped_text, videos_with_lane

DEFAULT_PRESET = "heatmap"
N_FOLDS = 4
"""Splits that are made where the data set has none and there are subjects enough."""


@dataclass(frozen=True)
class MsTcnChoices:
    """Options of an export in the layout of MS-TCN.

    Parameters
    ----------
    lane : str
        ``"annotation"`` or ``"prediction:<model>"``.
    videos : sequence of str
        Only these; all by default.
    preset : str
        Name or file of the preset that the features are made by; several modalities
        are joined, in its order. Empty for the features that the project was imported
        with, or `DEFAULT_PRESET` where it was imported without. Videos that have
        neither features nor poses nor pictures then go out without features.
    folds : int, optional
        Splits by subject; by default those that the data set came with, else
        `N_FOLDS` where there are as many subjects.
    unlabelled : str
        Class that unlabelled frames are written as; empty to refuse them.
    skip_missing : bool
        Leave out videos that lack the lane.
    rename : bool
        Write ``_`` for blanks in the names of classes and dots in those of videos.
    """

    lane: str = "annotation"
    videos: Sequence[str] = ()
    preset: str = ""
    folds: int | None = None
    unlabelled: str = ""
    rename: bool = False
    skip_missing: bool = False


def export_ms_tcn(
    folder: ProjectFolder, project: Project, out: Path, choices: MsTcnChoices
) -> Task[list[str]]:
    """Write features, labels, classes and splits to ``out``.

    Everything that is cheap is checked before features are made. All files appear, or
    none (`export_folder`).

    Parameters
    ----------
    folder, project : ProjectFolder, Project
        What is exported; ``project`` may be newer than the files.
    out : Path
        Folder; made where it is missing.
    choices : MsTcnChoices

    Returns
    -------
    list of str
        One sentence about all, and one per thing that was renamed, left out or assumed.

    Raises
    ------
    ProjectError, FormatError, ModelError, ConfigError
        Where a name or a frame has no place in the layout, a lane, features or a
        second subject are missing, or files in ``out`` are not skelseg's to replace;
        says which.
    """
    items, skipped = videos_with_lane(
        project, choices.lane, choices.videos, choices.skip_missing
    )
    notes = [skipped_text(skipped, choices.lane)] if skipped else []
    files = _one_word([i.id for i in items], "video", choices.rename, notes)
    texts = _labels(project, items, choices, files, notes)
    notes += unsaid_in_text(folder, project, items, choices.lane)
    texts.update(_splits(folder, project, items, choices.folds, files, notes))
    preset = load_preset(choices.preset or DEFAULT_PRESET)
    stored, bare = _without_making(folder, items, choices.preset, notes)
    names = ("mapping.txt", "groundTruth/", "splits/", "features/")
    about = {"schema": MANIFEST_SCHEMA, "layout": "ms-tcn", "lane": choices.lane}
    n_dims = 0
    with export_folder(out, names, about) as made:
        for n, item in enumerate(items):
            yield Progress("export", n, len(items))
            if item.id in bare:
                continue
            if item.id in stored:
                values = load_features(_stored_path(folder, item), "TD")
            else:
                work = FeatureWork(folder, project, item, cpu_threads())
                values = yield from _made(work, preset)
            _check(values, item, n_dims)
            n_dims = values.shape[1]
            array = np.ascontiguousarray(values.T, np.float32)
            save_npy(made / "features" / f"{files[item.id]}.npy", array)
        for name, text in texts.items():
            atomic_write(made / name, text)
    yield Progress("export", len(items), len(items))
    source = "of the data set" if stored else f"by {choices.preset or DEFAULT_PRESET}"
    features = f", {n_dims:,} features a frame {source}" if n_dims else ""
    return [f"{counted(len(items), 'video')}{features}.", *notes]


# -- names --------------------------------------------------------------------------

_WHY = {
    "class": "a blank, at which readers of this layout part names",
    "video": "a dot, at which readers of this layout cut names",
}


def _one_word(
    names: Iterable[str], what: str, rename: bool, notes: list[str]
) -> dict[str, str]:
    """Join the words of each name; add a note where a name changes.

    Raises
    ------
    ProjectError
        Where a name needs another and none may be given, or two become one.
    """
    written: dict[str, str] = {}
    owner: dict[str, str] = {}
    for name in names:
        word = "_".join(name.split() if what == "class" else name.split("."))
        if word != name and not rename:
            raise ProjectError(
                "The name of the {} '{}' holds {}; say --rename to write '{}' and the "
                "like.",
                what,
                name,
                _WHY[what],
                word,
            )
        if word in owner:
            raise ProjectError(
                "'{}' and '{}' are two, and both would be written as the {} '{}'; "
                "give one of them another name.",
                owner[word],
                name,
                what,
                word,
            )
        written[name] = word
        owner[word] = name
    changed = [f"'{n}' as '{w}'" for n, w in written.items() if n != w]
    if changed:
        notes.append(f"Renamed {counted(len(changed), what)}: {listed(changed)}.")
    return written


# -- texts --------------------------------------------------------------------------


def _labels(
    project: Project,
    items: Sequence[VideoItem],
    choices: MsTcnChoices,
    files: Mapping[str, str],
    notes: list[str],
) -> dict[str, str]:
    """Write the texts of the mapping and of every video's labels, by path."""
    labels = {i.id: _indices(project, i, choices) for i in items}
    names = list(project.label_map.names)
    n_open = sum(int((values < 0).sum()) for values in labels.values())
    if n_open:
        _check_name(choices.unlabelled)
        if choices.unlabelled not in names:
            names.append(choices.unlabelled)
        for values in labels.values():
            values[values < 0] = names.index(choices.unlabelled)
    words = list(_one_word(names, "class", choices.rename, notes).values())
    if n_open:
        word = words[names.index(choices.unlabelled)]
        notes.append(f"{counted(n_open, 'unlabelled frame')} written as '{word}'.")
    texts = {
        f"groundTruth/{files[video]}.txt": framewise_text([words[i] for i in values])
        for video, values in labels.items()
    }
    return {"mapping.txt": mapping_text(words), **texts}


def _indices(project: Project, item: VideoItem, choices: MsTcnChoices) -> np.ndarray:
    """Find the class index of every frame (T,); -1 only where that is allowed."""
    lane = item.lanes[choices.lane]
    indices = project.label_map.to_indices(lane.to_frames())
    unlabelled = np.flatnonzero(indices < 0)
    if len(unlabelled) and not choices.unlabelled:
        raise ProjectError(
            "Video {}, frame {}: {:,} frames are unlabelled, for which this layout "
            "has no word; label them, choose others by --video, or say --unlabelled "
            "NAME to write them as that class.",
            item.id,
            unlabelled[0],
            len(unlabelled),
        )
    return indices


def _check_name(name: str) -> None:
    try:
        check_class_name(name)
    except EditError as error:
        raise ProjectError("--unlabelled: {}", error) from error


def _splits(
    folder: ProjectFolder,
    project: Project,
    items: Sequence[VideoItem],
    folds: int | None,
    files: Mapping[str, str],
    notes: list[str],
) -> dict[str, str]:
    """Write the bundles, by path; no subject is on both sides of a split."""
    published = {} if folds else _published(folder, [i.id for i in items], files)
    if published:
        return published
    subjects = subjects_of(folder, replace(project, videos=tuple(items)))
    n_subjects = len(set(subjects.values()))
    if n_subjects < 2:
        raise ProjectError(
            "A split trains on one subject and tests on another, and only one is seen "
            "here; export videos of more, or correct subjects.json."
        )
    n_folds = min(N_FOLDS, n_subjects) if folds is None else folds
    tests = folds_by_subject(subjects, n_folds)
    if not (folder.root / "subjects.json").is_file():
        notes.append(
            "There is no subjects.json to say who is seen in a video, so each counts "
            "as a subject of its own."
        )
    texts = {}
    for number, test in enumerate(tests, start=1):
        train = [v for v in subjects if v not in test]
        for side, videos in (("train", train), ("test", test)):
            text = _bundle_text([files[v] for v in videos])
            texts[f"splits/{side}.split{number}.bundle"] = text
    return texts


def _published(
    folder: ProjectFolder, videos: Sequence[str], files: Mapping[str, str]
) -> dict[str, str]:
    """Write the bundles of the data set's own splits, by path; empty without.

    For a part of the data set's videos the other videos are left out of the splits, if
    a video remains on both sides of each.
    """
    path = folder.root / "folds.json"
    if not path.is_file():
        return {}
    texts = {}
    for name, sides in folds_of(path).items():
        for side, listed_there in sides.items():
            chosen = [files[v] for v in listed_there if v in videos]
            if not chosen:
                return {}
            texts[f"splits/{side}.{name}.bundle"] = _bundle_text(chosen)
    return texts


def _bundle_text(videos: Sequence[str]) -> str:
    """Format a ``.bundle``: ``VIDEO.txt`` per line.

    Published readers cut the name at its first dot: names must hold none.
    """
    return framewise_text([f"{video}.txt" for video in videos])


# -- features -----------------------------------------------------------------------


def _stored_path(folder: ProjectFolder, item: VideoItem) -> Path:
    return folder.root / "features" / f"{item.id}.npy"


def _without_making(
    folder: ProjectFolder, items: Sequence[VideoItem], preset: str, notes: list[str]
) -> tuple[set[str], set[str]]:
    """Find videos whose features came with the data set, and those that have none."""
    if preset:
        return set(), set()
    stored = {i.id for i in items if _stored_path(folder, i).is_file()}
    others = [i for i in items if i.id not in stored]
    bare = {
        i.id
        for i in others
        if not i.has_video and not folder.poses_path(i.id).is_file()
    }
    could = [i.id for i in others if i.id not in bare]
    if stored and could:
        raise ProjectError(
            "The data set had no features of {}, but of others; say --preset NAME to "
            "make those of all alike, or choose by --video.",
            listed(could),
        )
    if bare:
        names = [i.id for i in items if i.id in bare]
        notes.append(
            f"{counted(len(bare), 'video')} without features, poses and pictures, of "
            f"which the labels alone were written: {listed(names)}."
        )
    return stored, bare


def _made(work: FeatureWork, preset: Preset) -> Task[np.ndarray]:
    """Make the features of all modalities of a preset side by side, (T, D)."""
    found = yield from features_of(work, preset)
    return np.concatenate([found.features[m] for m in preset.model.modalities], axis=1)


def _check(values: np.ndarray, item: VideoItem, n_dims: int) -> None:
    """Refuse features of another length, and features that are not finite."""
    if len(values) != item.n_frames:
        raise FormatError(
            "The features of {} have {:,} frames, the video {:,}; import the data set "
            "again, or say --preset NAME.",
            item.id,
            len(values),
            item.n_frames,
        )
    if n_dims and values.shape[1] != n_dims:
        raise FormatError(
            "Video {} has {:,} features a frame and those before {:,}; say --preset "
            "NAME to make all of them alike.",
            item.id,
            values.shape[1],
            n_dims,
        )
    good = np.isfinite(values).all(axis=1)
    if not good.all():
        raise FormatError(
            "Video {}, frame {}: a feature is no finite number; import or estimate "
            "its poses again.",
            item.id,
            int(np.argmin(good)),
        )

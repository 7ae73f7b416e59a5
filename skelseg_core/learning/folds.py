"""Folds for cross-validation by subject, and parts held out to measure a training.

For the program's own figure of a model it also says what is held out in turn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from skelseg_core.errors import FormatError, ModelError
from skelseg_core.file_names import safe_name
from skelseg_core.labels.people import groups_of_people
from skelseg_core.learning.recipes import n_folds_of
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.said import counted
from skelseg_core.text_files import read_json
from skelseg_core.typed_values import typed

FOLDS = "folds.json"
"""File of a project with the splits of its data set."""

_Sides = dict[str, list[str]]


def subjects_of(items: Iterable[Track]) -> dict[str, str]:
    """Tell whom figures keep apart: the people of each video.

    Videos that share a person, be it through others, have the same ones. A video of
    nobody who is named counts as another person. All tracks of a video are together:
    its people are seen at the same time in one place.
    """
    items = list(items)
    groups = groups_of_people({v.video_id: v.video.people for v in items})
    return {v.id: groups[v.video_id] for v in items}


def unnamed_note(items: Collection[Track]) -> str:
    """Say in a sentence of how many videos nobody is named; empty where of none."""
    unnamed = {v.video_id for v in items if not v.video.people}
    if not unnamed:
        return ""
    n_videos = len({v.video_id for v in items})
    which = f"{len(unnamed):,} of {n_videos:,} videos"
    if len(unnamed) == n_videos:
        which = "any of the videos"
    return (
        f"Nobody is named in {which}, so each counts as another person; name them "
        "with 'skelseg people'."
    )


def named_folds(folder: ProjectFolder) -> dict[str, _Sides]:
    """Read a data set's own splits, as `folds_of`; empty where there are none."""
    path = folder.root / FOLDS
    return folds_of(path) if path.is_file() else {}


def folds_of(path: Path) -> dict[str, _Sides]:
    """Read the videos of ``train`` and ``test`` of a data set's own splits.

    Raises
    ------
    FormatError
        Where the file does not name both for every split, or a split has a name that
        no file can have.
    """
    advice = '; it must say {"split": {"train": ["video"], "test": ["video"]}}.'
    named = typed(dict[str, _Sides], read_json(path), path, advice=advice)
    for name, sides in named.items():
        if safe_name(name) != name or set(sides) != {"train", "test"}:
            raise FormatError("{}: '{}' is no split{}", path, name, advice)
    return named


def folds_by_subject(
    subjects: Mapping[str, str], n_folds: int
) -> tuple[tuple[str, ...], ...]:
    """Choose the test videos of each fold: every ``n_folds``-th subject by name.

    Raises
    ------
    ModelError
        Where there are fewer subjects than folds, or fewer than two of either.
    """
    names = sorted(set(subjects.values()))
    if len(names) < 2:
        raise ModelError(
            "Only one subject has labels ({}), so nobody is left to test on; label "
            "videos of others.",
            ", ".join(names),
        )
    if not 2 <= n_folds <= len(names):
        raise ModelError(
            "{} folds cannot be made of {} subjects; choose --folds between 2 and {}.",
            n_folds,
            len(names),
            len(names),
        )
    return tuple(
        tuple(sorted(v for v, s in subjects.items() if s in names[fold::n_folds]))
        for fold in range(n_folds)
    )


# -- what is held out to measure a model ---------------------------------------------

LEAST_FRAMES = 200
"""Labelled frames below which nothing is measured: a score would mean little."""

LEAST_TRAINED = 1 / 3
"""Share of the labelled frames that must be left to train on."""

_CLASSES = 2
"""Classes that must be left to train on."""


@dataclass(frozen=True)
class HoldOutPlan:
    """Plan of the labels that are held out in turn to measure a training.

    Parameters
    ----------
    how : {"videos", "one fold", "not measured"}
        Every labelled video once; a third of the people, because a training takes long;
        or nothing.
    parts : tuple of tuple of str
        Ids of the videos that each training does not see.
    why : str
        Why nothing is held out, as a sentence.
    """

    how: Literal["videos", "one fold", "not measured"]
    parts: tuple[tuple[str, ...], ...] = ()
    why: str = ""


def plan_held_out(
    labels: Mapping[str, np.ndarray],
    subjects: Mapping[str, str],
    long: bool = False,
    files: Mapping[str, str] | None = None,
) -> HoldOutPlan:
    """Decide what is held out, so that no model is scored on what it has seen.

    Parameters
    ----------
    labels : Mapping[str, ndarray of int (T,)]
        Framewise labels of a person by video; -1 where there are none. A video without
        any is left out with those of its subject, and never by itself.
    subjects : Mapping[str, str]
        Who is seen in each video: videos of one subject stay together, where there are
        two subjects or more.
    long : bool
        One part is enough, because such a training takes long on any computer.
    files : Mapping[str, str], optional
        The first video that shows what each one shows: twins count as one video.

    Returns
    -------
    HoldOutPlan
    """
    n_frames = _held(labels, labels)
    if n_frames < LEAST_FRAMES:
        why = (
            f"People labelled only {counted(n_frames, 'frame')}; a figure needs "
            f"{LEAST_FRAMES:,}."
        )
        return HoldOutPlan("not measured", why=why)
    first: dict[str, str] = {}
    copy_of = {v: first.setdefault((files or {}).get(v) or v, v) for v in labels}
    if len({copy_of[v] for v in labels if _held([v], labels)}) == 1:
        why = (
            "One labelled video cannot show how good a model is on others; label "
            "another video."
        )
        return HoldOutPlan("not measured", why=why)
    parts = _whole_videos(labels, subjects, copy_of, long)
    if parts:
        return (
            HoldOutPlan("one fold", parts[:1]) if long else HoldOutPlan("videos", parts)
        )
    why = (
        f"No video can be left out of training so that {_CLASSES} classes and a third "
        "of the labels remain; label another video."
    )
    return HoldOutPlan("not measured", why=why)


def _held(videos: Iterable[str], labels: Mapping[str, np.ndarray]) -> int:
    return sum(int((labels[v] >= 0).sum()) for v in videos)


def _whole_videos(
    labels: Mapping[str, np.ndarray],
    subjects: Mapping[str, str],
    copy_of: Mapping[str, str],
    long: bool,
) -> tuple[tuple[str, ...], ...]:
    """Put each video into one part; none where too little is left to train on."""
    groups: dict[str, list[str]] = {}
    for video in labels:
        one = copy_of[video]
        groups.setdefault(subjects.get(one, one), []).append(video)
    groups = {g: videos for g, videos in groups.items() if _held(videos, labels)}
    if len(groups) == 1:
        groups = {}
        for video in labels:
            groups.setdefault(copy_of[video], []).append(video)
    sizes = {g: held for g, v in groups.items() if (held := _held(v, labels))}
    folds: list[list[str]] = [[] for _ in range(n_folds_of(len(sizes), long))]
    filled = [0] * len(folds)
    for group in sorted(sizes, key=lambda g: (-sizes[g], g)):
        place = filled.index(min(filled))
        folds[place] += groups[group]
        filled[place] += sizes[group]
    parts = tuple(tuple(sorted(videos)) for videos in folds)
    total = sum(filled)
    for part in parts:
        rest = [values for v, values in labels.items() if v not in part]
        if total - _held(part, labels) < LEAST_TRAINED * total:
            return ()
        if _n_classes(np.concatenate(rest)) < _CLASSES:
            return ()
    return parts


def _n_classes(values: np.ndarray) -> int:
    return len(np.unique(values[values >= 0]))

"""Train a model on the labels of a project."""

from __future__ import annotations

import contextlib
import time
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skelseg_core.choices import choice, takes, tier, videos
from skelseg_core.config import Preset, from_dict, load_preset
from skelseg_core.errors import ConfigError, ProjectError, SkelsegError
from skelseg_core.features.video_features import (
    VideoFeatures,
    features_of,
    kept_features,
    making_cost,
    settings_keys,
)
from skelseg_core.features.video_work import FeatureWork, cpu_threads
from skelseg_core.labels.agreed_prelabels import learnt_labels
from skelseg_core.labels.transitions import count_transitions
from skelseg_core.learning.likeness import Learnt, posture_and_motion
from skelseg_core.learning.model_info import ModelInfo
from skelseg_core.learning.recipes import (
    MOST_LABELLED,
    MOST_UNLABELLED,
    PROPOSED,
    about_s,
)
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.poses.subject_input import is_derived
from skelseg_core.progress import Parts, Progress, Task
from skelseg_core.project.bodies import check_body, is_body_known, people_without_body
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import check_labels
from skelseg_core.project.tracks import check_segments
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.tasks.model_folders import check_model_name
from skelseg_core.tasks.model_tiers import to_learn
from skelseg_core.tasks.predict import learning_threads
from skelseg_core.torch_tools.needed import check_torch

if TYPE_CHECKING:
    from skelseg_core.learning.data import Sample

MIN_LABELLED_CLASSES = 2
UNTIMED_S = 1e-4
"""Seconds per frame and epoch, about, of recipes that were never timed."""


@dataclass(frozen=True)
class TrainChoices:
    """Choices of a training; ``preset`` may be the values of a recipe, too."""

    preset: str | Mapping[str, Any] = choice(
        PROPOSED, "Name or file; 'skelseg presets' lists the names."
    )
    videos: Sequence[str] = videos()
    tier: str = tier()
    unlabelled: bool = choice(
        True,
        "Even with few labels, do not train on videos without any.",
        "--labelled-only",
        title="With few labels, train on videos without any too.",
    )
    allow_download: bool = choice(
        False, "Allow the download of pretrained weights.", "--download"
    )


@takes(TrainChoices)
def train(
    root: str, name: str, choices: TrainChoices, threads: int = 0, resume: bool = True
) -> Task[dict[str, Any]]:
    """Train a model on what is labelled and put it into ``models/``.

    The model is not scored here; `measure` does that.

    Parameters
    ----------
    root, name : str
        Project folder; name of the new model.
    choices : TrainChoices
    threads : int
        Processor threads; 0 means all.
    resume : bool
        Go on with a training of that name that was interrupted, if the labels and
        settings are the same; otherwise what it left is removed.
    """
    check_torch("Training")
    from skelseg_core.learning.models import check_preset
    from skelseg_core.learning.self_training import train_with_unlabelled
    from skelseg_core.learning.training_state import remove_state

    preset = choices.preset
    recipe = (
        load_preset(preset)
        if isinstance(preset, str)
        else from_dict(Preset, preset, "preset")
    )
    try:
        check_preset(recipe)
    except ConfigError as error:
        where = preset if isinstance(preset, str) else "preset"
        raise ConfigError("{}: {}", where, error) from error
    folder = ProjectFolder(Path(root))
    project = to_learn(folder.load(), choices.tier)
    check_segments(project.tiers[0])
    # Composed: a Mac may type an accent as a character of its own.
    name = unicodedata.normalize("NFC", name)
    check_model_name(name, folder)
    wanted, lost = with_labels(project, choices.videos)
    items, bodiless = _training_items(project, wanted)
    keys = settings_keys(recipe)  # notices a wrong backbone before the long steps
    state = state_dir(folder, name)
    if not resume:
        remove_state(state)
    works = [FeatureWork(folder, project, i, cpu_threads(threads)) for i in items]
    n_frames = sum(int((i.annotation.to_frames() >= 0).sum()) for i in items)
    n_unreviewed = unreviewed_frames(items)
    n_left_out = unreviewed_frames(wanted) - n_unreviewed
    about = training_s(recipe, n_frames, items)
    others = (
        unlabelled_items(folder, project, recipe, items) if choices.unlabelled else []
    )
    about += training_s(recipe, sum(v.n_frames for v in others), others)
    without = unlabelled_samples(folder, project, recipe, others)
    found, parts = yield from all_features(works, recipe, choices.allow_download, about)
    samples = [sample_of(project, i, f) for i, f in zip(items, found, strict=True)]
    learnt = Learnt.of([posture_and_motion(f.subject) for f in found])
    unlike = [
        s.name
        for s in without
        if s.subject is not None
        and learnt.times_too_far(posture_and_motion(s.subject)) > 1
    ]
    guessed = [s for s in without if s.name not in unlike]
    start = time.monotonic()
    training = train_with_unlabelled(
        samples,
        guessed,
        recipe,
        len(project.classes),
        resume_from=state,
        threads=learning_threads(threads),
        skeleton=load_skeleton(project.skeleton),
    )
    result = yield from parts.part(training)
    # Epochs before an interruption are taken to have lasted as long.
    epochs, before = len(result.history), result.epochs_before
    train_s = (time.monotonic() - start) * epochs / max(1, epochs - before)
    counted = count_transitions(
        (
            (project.classes.to_indices(i.annotation.to_frames()), i.video.mean_rate)
            for i in items
        ),
        len(project.classes),
    )
    record = {"train_s": round(train_s, 1)}
    if n_unreviewed:
        record["unreviewed_frames"] = n_unreviewed
    info = ModelInfo(
        name=name,
        preset=recipe,
        in_dims={m: s.shape[1] for m, s in samples[0].features.items()},
        classes=project.classes.classes,
        skeleton=project.skeleton,
        feature_keys=keys,
        metrics={**result.metrics, **record},
        videos=tuple(i.id for i in items),
        n_videos=len({i.video_id for i in items}),
        fingerprints=tuple(i.video.fingerprint for i in items if i.video.fingerprint),
        transitions=counted.to_json(),
        unlabelled=tuple(s.name for s in guessed),
        trained_frames={
            i.id: _labelled_runs(i)
            for i in items
            if i.annotation.n_labelled < i.n_frames
        },
        people=tuple(dict.fromkeys(p for i in items for p in i.video.people)),
        tier=project.tiers[0].id,
    )
    from skelseg_core.learning.models.checkpoint import save_model

    learnt.save(folder.model_dir(name))
    save_model(folder.model_dir(name), result.model, info)
    return {
        "model": name,
        "videos": [i.id for i in items],
        "n_videos": info.n_videos,
        "epochs": epochs,
        "epochs_before": before,
        "unlabelled": [s.name for s in guessed],
        "unlike": unlike,
        "unreviewed_frames": n_unreviewed,
        "left_out_frames": n_left_out,
        "without_body": bodiless,
        "without_labels": lost,
    }


def all_features(
    works: Sequence[FeatureWork], recipe: Preset, allow_download: bool, then_s: float
) -> Task[tuple[list[VideoFeatures], Parts]]:
    """Make the features of several videos, after finding out which are kept.

    The last of the returned parts is the work that follows, about ``then_s`` seconds.
    """
    found: dict[str, VideoFeatures] = {}
    for work in works:
        yield Progress("looking for the inputs", whole=0.0)
        if (kept := kept_features(work, recipe)) is not None:
            found[work.item.id] = kept
    missing = [w for w in works if w.item.id not in found]
    parts = Parts([*(making_cost(w, recipe) for w in missing), then_s])
    for work in missing:
        making = features_of(work, recipe, allow_download)
        found[work.item.id] = yield from parts.part(making)
    return [found[w.item.id] for w in works], parts


def training_s(recipe: Preset, n_frames: int, items: Sequence[Track]) -> float:
    """Estimate the seconds of a training, also by a recipe that nobody has timed."""
    passes = recipe.train.epochs_for(len(items))
    return about_s(recipe, n_frames, len(items)) or passes * n_frames * UNTIMED_S


def _labelled_runs(item: Track) -> list[tuple[int, int]]:
    """List the runs [start, stop) of frames that have a label."""
    labelled = item.annotation.to_frames() >= 0
    cuts = np.flatnonzero(np.diff(labelled, prepend=False, append=False))
    return [(int(a), int(b)) for a, b in cuts.reshape(-1, 2)]


def state_dir(folder: ProjectFolder, name: str) -> Path:
    """Return the folder in which a training keeps its state until it is done."""
    return folder.root / ".training" / name


def unreviewed_frames(items: Sequence[Track]) -> int:
    """Count the frames of copied labels that nobody reviewed."""
    return sum(int(v.annotation.accepted.sum()) for v in items)


def with_labels(
    project: Project, videos: Sequence[str]
) -> tuple[list[Track], list[str]]:
    """List the tracks whose labels are known, and ids of others that are left out.

    Raises
    ------
    ProjectError
        Where a named one is not known, or nothing is labelled without those left out.
    """
    wanted = project.chosen(project.matching(videos))
    known = [v for v in wanted if ANNOTATION not in v.missing]
    if videos or not any(v.annotation.n_labelled for v in known):
        check_labels(wanted)
    return known, [v.id for v in wanted if ANNOTATION in v.missing]


def _training_items(
    project: Project, wanted: Sequence[Track]
) -> tuple[list[Track], list[str]]:
    """List the tracks to train on, and labelled people whose figure is not known."""
    labelled = [v for v in wanted if v.annotation.n_labelled]
    bodiless = people_without_body(project, labelled)
    wanted = [v for v in wanted if is_body_known(project, v)]
    if bodiless and not any(v.annotation.n_labelled for v in wanted):
        check_body(project, labelled[0])
    items = with_learnt_labels(wanted)
    found = {c for v in items for c in v.annotation.class_counts if c is not None}
    if len(found) >= MIN_LABELLED_CLASSES:
        return items, bodiless
    unseen = unreviewed_frames(wanted)
    if unseen:
        raise ProjectError(
            "Training needs labels of at least {} classes and there are {}: {:,} "
            "frames labelled by a model are not reviewed, and models do not train on "
            "those where nobody changed or reviewed anything; review some of them "
            "first.",
            MIN_LABELLED_CLASSES,
            len(found),
            unseen,
        )
    raise ProjectError(
        "Training needs labels of at least {} classes and there are {}; label a part "
        "of a video first.",
        MIN_LABELLED_CLASSES,
        len(found),
    )


def with_learnt_labels(items: Sequence[Track]) -> list[Track]:
    """List the tracks that have labels to learn from, with these labels alone."""
    said = [v.with_lane(ANNOTATION, learnt_labels(v.annotation)) for v in items]
    return [v for v in said if v.annotation.n_labelled]


def unlabelled_items(
    folder: ProjectFolder, project: Project, recipe: Preset, items: Sequence[Track]
) -> list[Track]:
    """List videos without labels from which a training on ``items`` learns as well.

    None where there are more than a few labels, or where pictures would have to be
    read for it.
    """
    if len(items) > MOST_LABELLED or not all(
        is_derived(m, recipe) for m in recipe.model.modalities
    ):
        return []
    known = {v.id for v in items}
    found = (
        v
        for v in project.tracks
        if not v.missing
        and v.id not in known
        and is_body_known(project, v)
        and not (v.annotation.n_labelled and learnt_labels(v.annotation).n_labelled)
        and folder.poses_path(v.video_id).is_file()
    )
    return list(islice(found, MOST_UNLABELLED))


def unlabelled_samples(
    folder: ProjectFolder, project: Project, recipe: Preset, items: Sequence[Track]
) -> list[Sample]:
    """Make samples of videos whose labels are not looked at; unreadable ones not."""
    samples = []
    for item in items:
        with contextlib.suppress(SkelsegError):
            found = kept_features(FeatureWork(folder, project, item, 1), recipe)
            if found is not None:
                samples.append(sample_of(project, item, found))
    return samples


def sample_of(project: Project, item: Track, found: VideoFeatures) -> Sample:
    """Join features and labels of one video, ready to be trained on."""
    from skelseg_core.learning.data import Sample

    labels = project.classes.to_indices(item.annotation.to_frames())
    return Sample(item.id, found.features, labels, found.subject, risk=found.risk)

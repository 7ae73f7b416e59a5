"""The long tasks of a project, from its folder to files in it.

Their arguments and results are plain values, so that the command line, a test and the
window's worker process all run the very same functions. Each is a generator of progress
and leaves either the old files or the new ones.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skelseg_core.config import Preset, from_dict, load_preset, to_dict
from skelseg_core.errors import FormatError, ModelError, ProjectError
from skelseg_core.estimators import load_estimator
from skelseg_core.features.per_video import (
    FeatureWork,
    VideoFeatures,
    cpu_threads,
    features_of,
    kept_features,
    making_cost,
    poses_of,
    settings_keys,
    work_on,
)
from skelseg_core.files import check_writable, portable_name, same_name
from skelseg_core.labels.decoding import pre_labels
from skelseg_core.labels.edits import (
    remap_classes,
)
from skelseg_core.labels.prediction import Prediction, merged_channels, save_prediction
from skelseg_core.labels.segmentation import (
    UNLABELLED,
    Segmentation,
)
from skelseg_core.labels.transitions import Transitions, count_transitions
from skelseg_core.learning.calibration import tempered
from skelseg_core.learning.folds import HoldOutPlan, plan_held_out, subjects_of
from skelseg_core.learning.model_info import ModelInfo, load_info, save_info
from skelseg_core.learning.recipes import LONG_S, PROPOSED, about_s, measuring_s
from skelseg_core.poses.skeleton import load_skeleton
from skelseg_core.progress import Parts, Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.json import label_map_to_json
from skelseg_core.project.value import Project, VideoItem, check_labels

if TYPE_CHECKING:
    from skelseg_core.learning.cross_fit import CrossFit
    from skelseg_core.learning.data import Sample

MIN_LABELLED_CLASSES = 2
MAX_NAME_BYTES = 100
UNTIMED_S = 1e-4
"""Seconds of a frame in one epoch where a recipe says nothing, about."""


def learning_threads(threads: int = 0) -> int:
    """``threads``, or where 0 all but one.

    Small networks gain nothing from the last core, and waiting for a thread that the
    window pushed off it costs many times what the step does.
    """
    return threads if threads > 0 else max(1, cpu_threads() - 1)


# -- poses --------------------------------------------------------------------------


def estimate_poses(
    root: str,
    video_id: str,
    threads: int = 0,
    again: bool = False,
    estimator: str = "movenet",
    weights: str = "",
    allow_download: bool = False,
) -> Task[dict[str, Any]]:
    """Estimate the poses of one video into the project, unless they are there.

    Parameters
    ----------
    root, video_id : str
        Project folder and video.
    threads : int
        Processor threads; 0 means all.
    again : bool
        Replace poses that are there.
    estimator, weights : str
        One of `estimators.ESTIMATORS`, and the path of its weights file, if any.
    allow_download : bool
        Whether published weights of the estimator may be downloaded.
    """
    work = work_on(root, video_id, threads)
    place = work.folder.poses_path(video_id)
    if again or not place.is_file():
        check_writable(place)
    load = functools.partial(
        load_estimator, estimator, work.threads, weights, allow_download
    )
    kept = not again and work.folder.poses_path(video_id).is_file()
    poses = yield from poses_of(work, again, load)
    found = int(np.isfinite(poses.keypoints[..., 0]).any(axis=(1, 2)).sum())
    return {
        "video": video_id,
        "n_frames": poses.n_frames,
        "with_person": found,
        "estimator": poses.estimator,
        "kept": kept,
    }


def import_poses(root: str, video_id: str, file: str) -> Task[dict[str, Any]]:
    """Read the poses of one video from a file of another tool, in place of any."""
    from skelseg_core.project.pose_import import import_notes, import_pose_file

    folder = ProjectFolder(Path(root))
    project = folder.load()
    yield Progress(f"reading {Path(file).name}")
    poses = import_pose_file(folder, project, video_id, Path(file), again=True)
    found = int((poses.scores > 0).any(axis=(1, 2)).sum())
    return {
        "video": video_id,
        "n_frames": poses.n_frames,
        "with_person": found,
        "notes": import_notes(Path(file), poses),
    }


# -- pre-labels ---------------------------------------------------------------------


def predict(
    root: str, video_id: str, model: str, threads: int = 0, free: bool = False
) -> Task[dict[str, Any]]:
    """Pre-label one video by a model of the project, into ``predictions/``.

    Segments that a person made or reviewed are kept by the decoding and guide it; the
    prediction says which frames they are. ``free`` leaves them aside: all is the
    model's own, and can be scored.
    """
    work = work_on(root, video_id, threads)
    if not free:
        check_labels([work.item])
    folder, info = usable_model(work.folder, work.project, model)
    preset = info.recipe
    check_writable(work.folder.prediction_path(video_id, model))
    yield Progress(f"model {model}")
    from skelseg_core.learning.inference import predict_probabilities, use_threads
    from skelseg_core.learning.models.checkpoint import load_model

    # Before the long steps: a damaged model is no reason to wait for them.
    network, info = load_model(folder)
    parts = Parts([making_cost(work, preset), work.item.n_frames / 1000])
    found = yield from parts.part(features_of(work, preset))
    yield Progress(f"labels of {video_id}", 0, 1, whole=parts.share)
    use_threads(learning_threads(threads))
    probabilities = predict_probabilities(network, found.features)
    yield Progress(f"labels of {video_id}", 1, 1, whole=1.0)
    label_map = work.project.label_map
    said = np.array(info.class_ids, np.int64)
    probabilities, ids = merged_channels(
        tempered(probabilities, info.temperature), said, label_map
    )
    held = _known(fixed_labels(work.item.annotation), ids)
    if free:
        held = np.full_like(held, UNLABELLED)
    segmentation = pre_labels(
        probabilities,
        ids.tolist(),
        work.item.mean_rate,
        _transitions_of(info, ids, label_map.moves),
        info.temperature,
        held,
    )
    # What a model says is a class that a person deleted is no label.
    segmentation = remap_classes(segmentation, label_map.moves)
    path = work.folder.prediction_path(video_id, model)
    trained_on = info.trained_on(video_id, work.item.fingerprint)
    save_prediction(
        path,
        Prediction(
            probabilities, ids, segmentation, info.key, held != UNLABELLED, trained_on
        ),
    )
    return {
        "video": video_id,
        "model": model,
        "n_segments": len(segmentation),
        "n_fixed": int((held != UNLABELLED).sum()),
    }


def usable_model(
    folder: ProjectFolder, project: Project, model: str
) -> tuple[Path, ModelInfo]:
    """Folder of a model that can pre-label videos of the project, and what it is.

    Raises
    ------
    ModelError, FormatError
        Where there is none of this name, or it was trained for other classes,
        keypoints or features.
    """
    path = find_model(folder, model)
    info = load_info(path)
    check_fit(info, project)
    if dict(info.feature_keys) != settings_keys(info.recipe):
        raise ModelError(
            f"Model {model} was trained on features that this skelseg makes in another "
            "way; train it again."
        )
    return path, info


def find_model(folder: ProjectFolder, model: str) -> Path:
    """Folder of a model of the project; raises ModelError naming those there are."""
    path = folder.model_dir(model)
    if model not in folder.model_names() or path.name != model:
        names = ", ".join(folder.model_names())
        what = f"choose one of: {names}" if names else "train one first"
        raise ModelError(f"There is no model '{model}' in the project; {what}.")
    return path


def check_fit(info: ModelInfo, project: Project) -> None:
    """Refuse a model that was trained for other classes or another skeleton."""
    if info.skeleton != project.skeleton:
        raise ModelError(
            f"Model {info.name} was trained on {info.skeleton} keypoints, the project "
            f"uses {project.skeleton}; train a model in this project."
        )
    for class_id, name in zip(info.class_ids, info.class_names, strict=True):
        if class_id in project.label_map.moves:
            continue
        found = project.label_map.get(class_id)
        if found is None or (found.name != name and project.label_map.named(name)):
            raise ModelError(
                f"Model {info.name} knows a class '{name}' that the project does not "
                "have in that place; train a model with the project's classes."
            )


def fixed_labels(annotation: Segmentation) -> np.ndarray:
    """Framewise class ids (T,) that no model may change; -1 elsewhere."""
    values = annotation.to_frames()
    free = [s for s in annotation.segments if not s.protected]
    for segment in free:
        values[segment.start : segment.stop] = UNLABELLED
    return values


def persons_labels(project: Project, item: VideoItem) -> np.ndarray:
    """Channel indices (T,) that people said or vouch for; -1 elsewhere.

    Not what they fix of a prediction: where a model went on with a person's segment,
    `fixed_labels` has it, and nobody can be judged by it.
    """
    return project.label_map.to_indices(item.annotation.vouched.to_frames())


def _transitions_of(
    info: ModelInfo, ids: np.ndarray, moves: Mapping[int, int | None]
) -> Transitions | None:
    """The changes a model counted, in the channels of today."""
    counted = info.counted
    if counted is None:
        return None
    kept = ids.tolist()
    now = [i if (into := moves.get(i)) is None else into for i in info.class_ids]
    return counted.merged([kept.index(i) for i in now])


def _known(fixed: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Classes that the model does not know cannot constrain it."""
    return np.where(np.isin(fixed, ids), fixed, UNLABELLED)


# -- training -----------------------------------------------------------------------


def train(
    root: str,
    name: str,
    preset: str | Mapping[str, Any] = PROPOSED,
    videos: Sequence[str] = (),
    threads: int = 0,
    allow_download: bool = False,
    resume: bool = True,
) -> Task[dict[str, Any]]:
    """Train a model on what is labelled and put it into ``models/``.

    What it is worth is not known by then: `measure` says so.

    Parameters
    ----------
    root, name : str
        Project folder; name of the new model.
    preset : str or mapping
        Name of a bundled preset, path of a YAML file, or its values.
    videos : sequence of str
        Videos to train on; all that have labels by default.
    threads : int
        Processor threads; 0 means all.
    allow_download : bool
        Whether pretrained torchvision weights may be downloaded.
    resume : bool
        Go on with a training of that name that was interrupted, if the labels and
        settings are the same; otherwise what it left is removed.
    """
    from skelseg_core.learning.models import check_preset
    from skelseg_core.learning.training import train as train_network
    from skelseg_core.learning.training_state import remove_state

    recipe = (
        load_preset(preset)
        if isinstance(preset, str)
        else from_dict(Preset, preset, "preset")
    )
    check_preset(recipe)
    folder = ProjectFolder(Path(root))
    project = folder.load()
    # As it is written elsewhere: a Mac may take an accent apart.
    name = unicodedata.normalize("NFC", name)
    check_model_name(name, folder)
    items = _training_items(project, videos)
    keys = settings_keys(recipe)  # notices a wrong backbone before the long steps
    state = _state_dir(folder, name)
    if not resume:
        remove_state(state)
    works = [FeatureWork(folder, project, i, cpu_threads(threads)) for i in items]
    n_frames = sum(int((i.annotation.to_frames() >= 0).sum()) for i in items)
    about = _training_s(recipe, n_frames, items)
    found, parts = yield from _all_features(works, recipe, allow_download, about)
    samples = [sample_of(project, i, f) for i, f in zip(items, found, strict=True)]
    start = time.monotonic()
    training = train_network(
        samples,
        recipe,
        len(project.label_map),
        resume_from=state,
        threads=learning_threads(threads),
        skeleton=load_skeleton(project.skeleton),
    )
    result = yield from parts.part(training)
    # What was done before an interruption took as long an epoch.
    epochs, before = len(result.history), result.epochs_before
    train_s = (time.monotonic() - start) * epochs / max(1, epochs - before)
    counted = count_transitions(
        ((persons_labels(project, i), i.mean_rate) for i in items),
        len(project.label_map),
    )
    info = ModelInfo.new(
        name=name,
        preset=to_dict(recipe),
        in_dims={m: s.shape[1] for m, s in samples[0].features.items()},
        classes=label_map_to_json(project.label_map),
        skeleton=project.skeleton,
        feature_keys=keys,
        metrics={**result.metrics, "train_s": round(train_s, 1)},
        videos=[i.id for i in items],
        fingerprints=[i.fingerprint for i in items if i.fingerprint],
        transitions=counted.to_json(),
    )
    from skelseg_core.learning.models.checkpoint import save_model

    save_model(folder.model_dir(name), result.model, info)
    return {
        "model": name,
        "videos": [i.id for i in items],
        "epochs": epochs,
        "epochs_before": before,
    }


def measure(
    root: str, name: str, threads: int = 0, allow_download: bool = False
) -> Task[dict[str, Any]]:
    """Find out what a model is worth on frames that it has not seen.

    Its recipe is trained again without a part of the labels, and that part is scored:
    each labelled video once, in at most `recipes.MOST_FOLDS` trainings; some of them,
    where a training takes longer than `recipes.LONG_S`; a part of the only one. The
    figures, the temperature of the probabilities and the labels in doubt are written
    beside the model, which stays as it is. Labels that a model made and nobody reviewed
    neither train nor score here.

    Parameters
    ----------
    root, name : str
        Project folder and model.
    threads : int
        Processor threads; 0 means all.
    allow_download : bool
        Whether pretrained torchvision weights may be downloaded.

    Returns
    -------
    dict
        ``model`` and ``held_out``, as of `model_info.ModelInfo`.
    """
    from skelseg_core.learning.cross_fit import cross_fit

    folder = ProjectFolder(Path(root))
    project = folder.load()
    path = find_model(folder, name)
    info = load_info(path)
    check_fit(info, project)
    step = f"accuracy of {name}"
    yield Progress(step)
    items = [v for v in project.videos if v.id in info.videos]
    labels = {v.id: persons_labels(project, v) for v in items}
    n_frames = sum(int((values >= 0).sum()) for values in labels.values())
    # A model of before does not say how long it was trained.
    usual = about_s(info.recipe, n_frames, len(items))
    plan = held_out_plan(folder, project, labels, info.metrics.get("train_s", usual))
    if not plan.parts:
        held_out: dict[str, Any] = {"how": plan.how, "why": plan.why}
        save_info(path, dataclasses.replace(info, held_out=held_out))
        return {"model": name, "held_out": held_out}
    recipe = info.recipe
    judged = [v for v in items if (labels[v.id] >= 0).any()]
    works = [FeatureWork(folder, project, v, cpu_threads(threads)) for v in judged]
    fit_s = measuring_s(_training_s(recipe, n_frames, items), len(items))
    found, parts = yield from _all_features(works, recipe, allow_download, fit_s)
    samples = [
        dataclasses.replace(sample_of(project, v, f), labels=labels[v.id])
        for v, f in zip(judged, found, strict=True)
    ]
    fitting = cross_fit(
        samples,
        {v.id: v.mean_rate for v in items},
        plan,
        recipe,
        len(project.label_map),
        step,
        folder=_state_dir(folder, name) / "measured",
        threads=learning_threads(threads),
        skeleton=load_skeleton(project.skeleton),
    )
    fit = yield from parts.part(fitting)
    counted = count_transitions(
        ((labels[v.id], v.mean_rate) for v in items), len(project.label_map)
    )
    measured = _with_figures(info, fit, project.label_map.ids, counted)
    save_info(path, measured)
    with contextlib.suppress(OSError):
        _state_dir(folder, name).rmdir()
    return {
        "model": name,
        "held_out": dict(measured.held_out),
        "n_doubtful": len(measured.doubtful),
    }


def _all_features(
    works: Sequence[FeatureWork], recipe: Preset, allow_download: bool, then_s: float
) -> Task[tuple[list[VideoFeatures], Parts]]:
    """Features of several videos; first it is found out which of them must be made.

    What follows takes about ``then_s`` seconds, and is the last of the parts.
    """
    found: dict[str, VideoFeatures] = {}
    for work in works:
        yield Progress("looking what is there", whole=0.0)
        if (kept := kept_features(work, recipe)) is not None:
            found[work.item.id] = kept
    missing = [w for w in works if w.item.id not in found]
    parts = Parts([*(making_cost(w, recipe) for w in missing), then_s])
    for work in missing:
        making = features_of(work, recipe, allow_download)
        found[work.item.id] = yield from parts.part(making)
    return [found[w.item.id] for w in works], parts


def _training_s(recipe: Preset, n_frames: int, items: Sequence[VideoItem]) -> float:
    """Seconds that a training takes, about, also by a recipe that nobody has timed."""
    passes = recipe.train.epochs_for(len(items))
    return about_s(recipe, n_frames, len(items)) or passes * n_frames * UNTIMED_S


def _with_figures(
    info: ModelInfo, fit: CrossFit, ids: tuple[int, ...], counted: Transitions
) -> ModelInfo:
    """A description with what was measured; ``ids`` are those of the columns."""
    doubtful = [
        dataclasses.replace(d, label=ids[d.label], suggested=ids[d.suggested]).to_json()
        for d in fit.doubts
    ]
    transitions = info.transitions
    if not transitions and ids == info.class_ids:
        # A model of before counted none, and what was scored was decoded by them.
        transitions = counted.to_json()
    return dataclasses.replace(
        info,
        held_out=dict(fit.held_out),
        temperature=fit.temperature,
        transitions=transitions,
        doubtful=tuple(doubtful),
    )


def held_out_plan(
    folder: ProjectFolder,
    project: Project,
    labels: Mapping[str, np.ndarray],
    train_s: float,
) -> HoldOutPlan:
    """What `measure` holds out of these labels (T,) by video."""
    try:
        subjects = subjects_of(folder, project)
    except FormatError as error:
        # To guess could put one person on both sides, and flatter.
        return HoldOutPlan("not measured", why=str(error))
    files = {v.id: v.fingerprint for v in project.videos}
    return plan_held_out(labels, subjects, train_s > LONG_S, files)


def _state_dir(folder: ProjectFolder, name: str) -> Path:
    """Where a training that is in work keeps its state."""
    return folder.root / ".training" / name


def _training_items(project: Project, videos: Sequence[str]) -> list[VideoItem]:
    wanted = [project.video(v) for v in videos] or list(project.videos)
    check_labels(wanted)
    items = [v for v in wanted if (v.annotation.to_frames() >= 0).any()]
    found = {
        s.class_id
        for item in items
        for s in item.annotation.segments
        if s.class_id is not None
    }
    if len(found) < MIN_LABELLED_CLASSES:
        raise ProjectError(
            f"Training needs labels of at least {MIN_LABELLED_CLASSES} classes and "
            f"there are {len(found)}; label a part of a video first."
        )
    return items


def sample_of(project: Project, item: VideoItem, found: VideoFeatures) -> Sample:
    """Features and labels of one video, ready to be trained on."""
    from skelseg_core.learning.data import Sample

    labels = project.label_map.to_indices(item.annotation.to_frames())
    return Sample(item.id, found.features, labels, found.body, risk=found.risk)


def check_model_name(name: str, folder: ProjectFolder) -> None:
    """Refuse names that no folder can have or that are taken."""
    if not name:
        raise ModelError("The model name is empty; give the model a name.")
    if portable_name(name) != name or len(name.encode()) > MAX_NAME_BYTES:
        raise ModelError(
            f"The model name '{name}' cannot name a folder everywhere; take up to "
            f"{MAX_NAME_BYTES} bytes of letters, digits, '-' and '_', and no name of a "
            "device of Windows, such as con or aux."
        )
    twin = same_name(name, folder.model_names())
    if twin is not None:
        raise ModelError(f"There is a model '{twin}' already; choose another name.")


TASKS: dict[str, Callable[..., Task[Any]]] = {
    "estimate_poses": estimate_poses,
    "import_poses": import_poses,
    "predict": predict,
    "train": train,
    "measure": measure,
}
"""What the worker may be asked for, by name."""

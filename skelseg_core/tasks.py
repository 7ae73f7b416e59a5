"""The long tasks of a project, from its folder to files in it.

Their arguments and results are plain values, so that the command line, a test and the
window's worker process all run the very same functions. Each is a generator of progress
and leaves either the old files or the new ones.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skelseg_core.config import Modality, Preset, from_dict, load_preset, to_dict
from skelseg_core.decoding import decode
from skelseg_core.errors import FormatError, ModelError, ProjectError, VideoError
from skelseg_core.features import (
    FeatureCache,
    feature_key,
    feature_settings_key,
    heatmap_features,
    rgb_features,
)
from skelseg_core.io.poses_npz import load_poses, save_poses
from skelseg_core.model_info import ModelInfo, load_info
from skelseg_core.poses import (
    PoseSequence,
    follow_boxes,
    select_subject,
    subject_poses,
)
from skelseg_core.prediction import Prediction, save_prediction
from skelseg_core.progress import Progress, Task
from skelseg_core.project import Project, VideoItem
from skelseg_core.project_folder import ProjectFolder, check_same_video
from skelseg_core.project_json import label_map_to_json
from skelseg_core.segmentation import UNLABELLED, Segmentation
from skelseg_core.skeleton import load_skeleton

if TYPE_CHECKING:
    from skelseg_core.backbones import Backbone
    from skelseg_core.data import Sample
    from skelseg_core.video import VideoReader

MIN_LABELLED_CLASSES = 2
MAX_NAME_BYTES = 100


def cpu_threads(threads: int = 0) -> int:
    """``threads``, or where 0 as many as this process may use."""
    if threads > 0:
        return threads
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def learning_threads(threads: int = 0) -> int:
    """``threads``, or where 0 all but one.

    Small networks gain nothing from the last core, and waiting for a thread that the
    window pushed off it costs many times what the step does.
    """
    return threads if threads > 0 else max(1, cpu_threads() - 1)


@dataclass(frozen=True)
class _Work:
    """What the steps for one video share."""

    folder: ProjectFolder
    project: Project
    item: VideoItem
    threads: int

    def open_video(self) -> VideoReader:
        from skelseg_core.video import VideoReader

        reader = VideoReader(self.video_path)
        try:
            check_same_video(self.item, self.video_path, reader.fingerprint)
        except VideoError:
            reader.close()
            raise
        return reader

    @property
    def video_path(self) -> Path:
        return self.folder.video_path(self.item, self.project.media_roots)

    def check_video(self) -> Task[None]:
        """Notice a replaced video though everything made of it is still kept.

        One that is missing does no harm before its frames are needed.
        """
        from skelseg_core.video import open_index

        if self.video_path.is_file():
            index = yield from open_index(self.video_path)
            check_same_video(self.item, self.video_path, index.fingerprint)


def _work(root: str, video_id: str, threads: int) -> _Work:
    folder = ProjectFolder(Path(root))
    project = folder.load()
    return _Work(folder, project, project.video(video_id), cpu_threads(threads))


# -- poses --------------------------------------------------------------------------


def estimate_poses(
    root: str, video_id: str, threads: int = 0, again: bool = False
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
    """
    work = _work(root, video_id, threads)
    poses = yield from _poses(work, again)
    found = int(np.isfinite(poses.keypoints[..., 0]).any(axis=(1, 2)).sum())
    return {"video": video_id, "n_frames": poses.n_frames, "with_person": found}


def _poses(work: _Work, again: bool = False) -> Task[PoseSequence]:
    yield from work.check_video()
    path = work.folder.poses_path(work.item.id)
    if path.is_file() and not again:
        poses = load_poses(path, skeleton=work.project.skeleton)
        if poses.n_frames != work.item.n_frames:
            raise FormatError(
                f"{path} holds {poses.n_frames} frames, the video {work.item.id} "
                f"{work.item.n_frames}; delete the file to estimate again."
            )
        return poses
    from skelseg_core.estimators.movenet import MoveNet

    yield Progress(f"poses of {work.item.id}", 0, work.item.n_frames)
    estimator = MoveNet(threads=work.threads)
    if estimator.skeleton != work.project.skeleton:
        raise ProjectError(
            f"The bundled estimator finds {estimator.skeleton} keypoints, the project "
            f"uses {work.project.skeleton}; import poses of that skeleton instead."
        )
    with work.open_video() as reader:
        size = (reader.width, reader.height)
        task = estimator.estimate(reader.frames(), len(reader), size)
        poses = yield from _renamed(task, f"poses of {work.item.id}")
    save_poses(path, poses, work.item.fingerprint)
    return poses


def _renamed(task: Task[PoseSequence], step: str) -> Task[PoseSequence]:
    while True:
        try:
            progress = next(task)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        yield replace(progress, step=step)


# -- features -----------------------------------------------------------------------


def _features(
    work: _Work, preset: Preset, allow_download: bool = False
) -> Task[dict[str, np.ndarray]]:
    """Features of every modality of a preset, from the cache where they are there."""
    from skelseg_core.heatmaps import subject_heatmaps

    poses = yield from _poses(work)
    subject = select_subject(poses, work.item.picks)
    cache = FeatureCache()
    backbone: Backbone | None = None
    found: dict[str, np.ndarray] = {}
    for modality in preset.model.modalities:
        key = _content_key(work, preset, modality, poses, subject)
        values = cache.get(key)
        if values is None or len(values) != work.item.n_frames:
            if backbone is None:
                backbone = _backbone(preset, work.threads, allow_download)
            if modality == "heatmap":
                yield Progress(f"heatmaps of {work.item.id}")
                skeleton = load_skeleton(work.project.skeleton)
                stack = subject_heatmaps(poses, subject, skeleton, preset.heatmap)
                values = yield from heatmap_features(
                    stack.frames, backbone, work.item.id
                )
            else:
                boxes = None
                if preset.features.rgb_crop == "subject":
                    boxes = follow_boxes(subject_poses(poses, subject))
                with work.open_video() as reader:
                    values = yield from rgb_features(
                        reader.frames(), len(reader), backbone, work.item.id, boxes
                    )
            cache.put(key, values)
        found[modality] = values
    return found


def _backbone(preset: Preset, threads: int, allow_download: bool) -> Backbone:
    from skelseg_core.backbones import load_backbone

    return load_backbone(preset.features, threads, allow_download)


def _content_key(
    work: _Work,
    preset: Preset,
    modality: Modality,
    poses: PoseSequence,
    subject: np.ndarray,
) -> str:
    settings = feature_settings_key(modality, preset.heatmap, preset.features)
    return feature_key(
        modality,
        settings,
        work.item.fingerprint,
        poses.keypoints,
        poses.scores,
        subject,
    )


def _settings_keys(preset: Preset) -> dict[str, str]:
    return {
        m: feature_settings_key(m, preset.heatmap, preset.features)
        for m in preset.model.modalities
    }


# -- pre-labels ---------------------------------------------------------------------


def predict(
    root: str, video_id: str, model: str, threads: int = 0
) -> Task[dict[str, Any]]:
    """Pre-label one video by a model of the project, into ``predictions/``.

    Segments that a person made or reviewed are kept by the decoding.
    """
    work = _work(root, video_id, threads)
    folder = find_model(work.folder, model)
    info = load_info(folder)
    check_fit(info, work.project)
    preset = info.recipe
    if dict(info.feature_keys) != _settings_keys(preset):
        raise ModelError(
            f"Model {model} was trained on features that this skelseg makes in another "
            "way; train it again."
        )
    yield Progress(f"model {model}")
    from skelseg_core.inference import predict_probabilities, use_threads
    from skelseg_core.models.checkpoint import load_model

    # Before the long steps: a damaged model is no reason to wait for them.
    network, info = load_model(folder)
    features = yield from _features(work, preset)
    yield Progress(f"labels of {video_id}", 0, 1)
    use_threads(learning_threads(threads))
    probabilities = predict_probabilities(network, features)
    yield Progress(f"labels of {video_id}", 1, 1)
    ids = np.array(info.class_ids, np.int64)
    fixed = fixed_labels(work.item.annotation)
    segmentation = decode(probabilities, ids.tolist(), fixed=_known(fixed, ids))
    path = work.folder.prediction_path(video_id, model)
    save_prediction(path, Prediction(probabilities, ids, segmentation, info.key))
    return {"video": video_id, "model": model, "n_segments": len(segmentation)}


def find_model(folder: ProjectFolder, model: str) -> Path:
    """Folder of a model of the project; raises ModelError naming those there are."""
    path = folder.model_dir(model)
    if path.name != model or not (path / "model.json").is_file():
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
        found = project.label_map.get(class_id)
        if found is None or (found.name != name and project.label_map.named(name)):
            raise ModelError(
                f"Model {info.name} knows a class '{name}' that the project does not "
                "have in that place; train a model with the project's classes."
            )


def fixed_labels(annotation: Segmentation) -> np.ndarray:
    """Framewise class ids (T,) that a person made or reviewed; -1 elsewhere."""
    values = annotation.to_frames()
    free = [s for s in annotation.segments if not s.protected]
    for segment in free:
        values[segment.start : segment.stop] = UNLABELLED
    return values


def _known(fixed: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Classes that the model does not know cannot constrain it."""
    return np.where(np.isin(fixed, ids), fixed, UNLABELLED)


# -- training -----------------------------------------------------------------------


def train(
    root: str,
    name: str,
    preset: str | Mapping[str, Any] = "fusion",
    videos: Sequence[str] = (),
    threads: int = 0,
    allow_download: bool = False,
) -> Task[dict[str, Any]]:
    """Train a model on what is labelled and put it into ``models/``.

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
    """
    from skelseg_core.training import train as train_network

    recipe = (
        load_preset(preset)
        if isinstance(preset, str)
        else from_dict(Preset, preset, "preset")
    )
    folder = ProjectFolder(Path(root))
    project = folder.load()
    check_model_name(name, folder)
    items = _training_items(project, videos)
    keys = _settings_keys(recipe)  # notices a wrong backbone before the long steps
    samples = []
    for item in items:
        work = _Work(folder, project, item, cpu_threads(threads))
        features = yield from _features(work, recipe, allow_download)
        samples.append(_sample(project, item, features))
    result = yield from train_network(
        samples,
        recipe,
        len(project.label_map),
        resume_from=folder.root / ".training" / name,
        threads=learning_threads(threads),
    )
    info = ModelInfo.new(
        name=name,
        preset=to_dict(recipe),
        in_dims={m: s.shape[1] for m, s in samples[0].features.items()},
        classes=label_map_to_json(project.label_map),
        skeleton=project.skeleton,
        feature_keys=keys,
        metrics=result.metrics,
        videos=[i.id for i in items],
    )
    from skelseg_core.models.checkpoint import save_model

    save_model(folder.model_dir(name), result.model, info)
    return {"model": name, "metrics": result.metrics, "videos": [i.id for i in items]}


def _training_items(project: Project, videos: Sequence[str]) -> list[VideoItem]:
    wanted = [project.video(v) for v in videos] or list(project.videos)
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


def _sample(
    project: Project, item: VideoItem, features: Mapping[str, np.ndarray]
) -> Sample:
    from skelseg_core.data import Sample

    labels = project.label_map.to_indices(item.annotation.to_frames())
    return Sample(item.id, dict(features), labels)


def check_model_name(name: str, folder: ProjectFolder) -> None:
    """Refuse names that no folder can have or that are taken."""
    if not name:
        raise ModelError("The model name is empty; give the model a name.")
    if folder.model_dir(name).name != name or len(name.encode()) > MAX_NAME_BYTES:
        raise ModelError(
            f"The model name '{name}' cannot name a folder; take up to "
            f"{MAX_NAME_BYTES} letters, digits, '-' and '_'."
        )
    if (folder.model_dir(name) / "model.json").exists():
        raise ModelError(f"There is a model '{name}' already; choose another name.")


TASKS: dict[str, Callable[..., Task[Any]]] = {
    "estimate_poses": estimate_poses,
    "predict": predict,
    "train": train,
}
"""What the worker may be asked for, by name."""

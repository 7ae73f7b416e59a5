"""Prediction: pre-label a video by a model of the project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from skelseg_core.errors import ModelError
from skelseg_core.features.per_video import (
    cpu_threads,
    features_of,
    making_cost,
    settings_keys,
    work_on,
)
from skelseg_core.files import check_there, check_writable
from skelseg_core.labels.constraints import protected_labels
from skelseg_core.labels.prediction import Prediction, merged_channels, save_prediction
from skelseg_core.labels.segmentation import UNLABELLED
from skelseg_core.learning.calibration import tempered
from skelseg_core.learning.model_info import ModelInfo, load_info
from skelseg_core.poses.skeleton import skeleton_title
from skelseg_core.progress import Parts, Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project, check_labels
from skelseg_core.review.evidence import Evidence, transitions_of


def predict(
    root: str, video_id: str, model: str, threads: int = 0, free: bool = False
) -> Task[dict[str, Any]]:
    """Pre-label one video by a model of the project, into ``predictions/``.

    Segments that a person made or reviewed are kept by the decoding and guide it; the
    prediction notes which frames these are. With ``free`` they are left aside: every
    label is then the model's own, and can be scored.
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

    # Loaded before the long steps, so that a damaged model is refused at once.
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
    held = _known(protected_labels(work.item.annotation), ids)
    if free:
        held = np.full_like(held, UNLABELLED)
    evidence = Evidence(
        probabilities,
        ids,
        work.item.mean_rate,
        transitions_of(info, ids, label_map.moves),
        info.temperature,
        work.project.conventions,
        label_map.moves,
    )
    segmentation = evidence.decode(held)
    check_there(work.folder.root)
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
    """Find a model that can pre-label videos of the project: folder and description.

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
            "Model {} was trained on features that this skelseg makes in another way; "
            "train it again.",
            model,
        )
    return path, info


def find_model(folder: ProjectFolder, model: str) -> Path:
    """Find the folder of a model, or raise ModelError naming those there are."""
    path = folder.model_dir(model)
    if model not in folder.model_names() or path.name != model:
        names = ", ".join(folder.model_names())
        what = f"choose one of: {names}" if names else "train one first"
        raise ModelError("There is no model '{}' in the project; {}.", model, what)
    return path


def check_fit(info: ModelInfo, project: Project) -> None:
    """Refuse a model that was trained for other classes or another skeleton."""
    if info.skeleton != project.skeleton:
        raise ModelError(
            "Model {} was trained on {} keypoints, the project uses {}; train a model "
            "in this project.",
            info.name,
            skeleton_title(info.skeleton),
            skeleton_title(project.skeleton),
        )
    for class_id, name in zip(info.class_ids, info.class_names, strict=True):
        if class_id in project.label_map.moves:
            continue
        found = project.label_map.get(class_id)
        if found is None or (found.name != name and project.label_map.named(name)):
            raise ModelError(
                "Model {} knows a class '{}' that the project does not have in that "
                "place; train a model with the project's classes.",
                info.name,
                name,
            )


def _known(fixed: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Leave out classes that the model does not know: they cannot constrain it."""
    return np.where(np.isin(fixed, ids), fixed, UNLABELLED)


def learning_threads(threads: int = 0) -> int:
    """Return ``threads``, or where 0 the number of all cores but one.

    Small networks gain nothing from the last core, and waiting for a thread that the
    window pushed off it costs many times what the step does.
    """
    return threads if threads > 0 else max(1, cpu_threads() - 1)

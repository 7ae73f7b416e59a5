"""Prediction: pre-label a video by a model of the project."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from skelseg_core.array_files import content_key, npz_checksum, npz_text
from skelseg_core.config import Preset
from skelseg_core.errors import ModelError, SkelsegError
from skelseg_core.features.video_features import features_of, making_cost, settings_keys
from skelseg_core.features.video_work import FeatureWork, cpu_threads, work_on
from skelseg_core.files import check_there, check_writable
from skelseg_core.labels.constraints import Constraints, ended_at, protected_labels
from skelseg_core.labels.prediction import (
    Prediction,
    load_prediction,
    merged_channels,
    save_prediction,
    with_sources,
)
from skelseg_core.labels.segmentation import UNLABELLED
from skelseg_core.learning.calibration import tempered
from skelseg_core.learning.likeness import less_sure, load_learnt, posture_and_motion
from skelseg_core.learning.model_info import ModelInfo, load_info
from skelseg_core.learning.numpy_network import open_network
from skelseg_core.predictions import returned
from skelseg_core.progress import Parts, Progress, Task
from skelseg_core.project.bodies import check_body
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.json import correction_to_json
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import check_labels
from skelseg_core.project.tracks import TrackId
from skelseg_core.review.evidence import Evidence, transitions_of
from skelseg_core.said import Said
from skelseg_core.tasks.model_folders import find_model
from skelseg_core.tasks.model_tiers import check_fit, for_track
from skelseg_core.tasks.twin_videos import is_twin_of_any
from skelseg_core.torch_tools.needed import check_torch

PREDICTION_RECIPE = 1
"""Version of the pre-labelling; raising it makes all of them anew."""


NEAR_S = 0.5
"""Seconds by which an end of a segment is off that belongs to one around it."""


def predict(
    root: str, video_id: TrackId, model: str, threads: int = 0, free: bool = False
) -> Task[dict[str, Any]]:
    """Pre-label one video by a model of the project, into ``predictions/``.

    Segments that a person made or reviewed are kept by the decoding and guide it; the
    prediction notes which frames these are. In a tier that lies inside another one, a
    segment that ends `NEAR_S` from where a person ended one there ends at that frame.
    With ``free`` all this is left aside: every label is then the model's own, and can
    be scored.
    """
    work = work_on(root, video_id, threads)
    check_body(work.project, work.item)
    if not free:
        check_labels([work.item])
    folder, info = usable_model(work.folder, work.project, model)
    preset = info.preset
    check_writable(work.folder.prediction_path(video_id, model))
    tier = check_fit(info, work.project)
    info = for_track(info, work.project, work.item)
    yield Progress(Said("model {}", model))
    kept = _kept(work, info, model, free)
    if kept is not None:
        return _said(work, model, kept)
    # Loaded before the long steps, so that a damaged model is refused at once.
    probabilities_of = _network(folder, info, learning_threads(threads))
    learnt = load_learnt(folder)
    parts = Parts([making_cost(work, preset), work.item.n_frames / 1000])
    # As the model learnt it: a track of the other side of the body is mirrored.
    seen = replace(work, project=work.project.of_tier(tier))
    found = yield from parts.part(features_of(seen, preset))
    yield Progress(Said("labels of {}", work.item.called), 0, 1, whole=parts.share)
    probabilities = probabilities_of(found.features)
    yield Progress(Said("labels of {}", work.item.called), 1, 1, whole=1.0)
    label_map = work.project.classes_of(work.item)
    said = np.array(info.class_ids, np.int64)
    probabilities = tempered(probabilities, info.temperature)
    trained_on = info.trained_on(video_id, work.item.video.fingerprint)
    trained_on = trained_on or is_twin_of_any(work.folder, work.item, info.videos)
    unlike = None
    if learnt is not None:
        rows = posture_and_motion(found.subject)
        unlike = not trained_on and learnt.times_too_far(rows) > 1
    if unlike:
        probabilities = less_sure(probabilities)
    probabilities, ids = merged_channels(probabilities, said, label_map)
    held = _known(protected_labels(work.item.annotation), ids)
    if free:
        held = np.full_like(held, UNLABELLED)
    evidence = Evidence(
        probabilities,
        ids,
        work.item.video.mean_rate,
        transitions_of(info, ids, label_map.moves),
        info.temperature,
        label_map.moves,
    )
    segmentation = evidence.decode(held)
    if not free:
        near = round(NEAR_S * work.item.video.mean_rate)
        segmentation = ended_at(segmentation, _ends_around(work), near, held)
    check_there(work.folder.root)
    path = work.folder.prediction_path(video_id, model)
    key = prediction_key(work, info, free)
    fixed = held != UNLABELLED
    prediction = Prediction(
        probabilities,
        ids,
        segmentation,
        info.key,
        fixed,
        trained_on,
        key,
        model,
        tuple(map(label_map.name_of, ids.tolist())),
        work.item.video.fingerprint,
        npz_checksum(work.folder.poses_path(work.item.video_id)),
        unlike,
    )
    if not (trained_on and _learnt_elsewhere(work, info)):
        returned.keep(work.folder, work.item, model, with_sources(segmentation, fixed))
    save_prediction(path, prediction)
    return _said(work, model, prediction)


def _learnt_elsewhere(work: FeatureWork, info: ModelInfo) -> bool:
    """Tell whether a model learnt labels of the video that are not in the project.

    Where it says the same, that is no sign of it.
    """
    whole = [(0, work.item.n_frames)]
    there = work.item.annotation.to_frames() != UNLABELLED
    runs = info.trained_frames.get(work.item.id, whole)
    return not all(there[start:stop].all() for start, stop in runs)


def _network(
    folder: Path, info: ModelInfo, threads: int
) -> Callable[[Mapping[str, np.ndarray]], np.ndarray]:
    """Open the network of a model: in NumPy, or else in PyTorch."""
    network = open_network(folder, info)
    if network is not None:
        return network.probabilities
    check_torch(f"Pre-labelling by model {info.name}")
    from skelseg_core.learning.inference import predict_probabilities, use_threads
    from skelseg_core.learning.models.checkpoint import load_model

    model, _ = load_model(folder)
    use_threads(threads)
    return functools.partial(predict_probabilities, model)


def _said(work: FeatureWork, model: str, prediction: Prediction) -> dict[str, Any]:
    found = prediction.segmentation
    alone = len(found) == 1 and len(prediction.class_ids) > 1
    alone &= not prediction.fixed.all()
    names = work.project.classes_of(work.item)
    return {
        "video": work.item.id,
        "model": model,
        "n_segments": len(found),
        "n_fixed": int(prediction.fixed.sum()),
        "unlike": bool(prediction.unlike),
        # The one class of a whole video: often a film of something else.
        "all_one": names.name_of(found.at(0).class_id) if alone else "",
    }


def input_key(work: FeatureWork, preset: Preset) -> str:
    """Return the key of what a network of this preset is given of a video.

    Poses are told by the checksums in their file: none of them is read.

    Raises
    ------
    FormatError
        Where there are no poses yet, or their file is damaged.
    """
    item, solid = work.item, ""
    if "keypoints3d" in preset.model.modalities:
        solid = npz_checksum(work.folder.poses3d_path(item.video_id))
    return content_key(
        solid,
        item.video.fingerprint,
        work.project.skeleton,
        settings_keys(preset),
        npz_checksum(work.folder.poses_path(item.video_id)),
        [correction_to_json(c) for c in item.video.corrections],
        [[p.frame, p.x, p.y] for p in item.picks],
        # Nobody takes over the figure of another person.
        *(
            [name, [[p.frame, p.x, p.y] for p in picks]]
            for name, picks in sorted(item.video.bodies.items())
            if name != item.person
        ),
    )


def prediction_key(work: FeatureWork, info: ModelInfo, free: bool = False) -> str:
    """Return the key of all that a pre-labelling follows from.

    Raises
    ------
    FormatError
        As `input_key`.
    """
    runs = work.item.annotation.runs
    held = [(s.start, s.stop, s.class_id) for s in runs if s.protected]
    around = () if free else _ends_around(work)
    return content_key(
        PREDICTION_RECIPE,
        work.item.video.mean_rate,
        input_key(work, info.preset),
        info.key,
        info.temperature,
        dict(info.transitions),
        list(info.class_ids),
        [[*move] for move in sorted(work.project.moves.items())],
        [] if free else held,
        *([sorted(around)] if around else ()),
    )


def _ends_around(work: FeatureWork) -> frozenset[int]:
    """List where a person ended segments of the track that this one lies inside."""
    outer = work.project.track_around(work.item)
    if outer is None or outer.missing:
        return frozenset()
    return Constraints.of_person(outer.annotation).pinned


def is_predicted(
    work: FeatureWork, info: ModelInfo, model: str, free: bool = False
) -> bool:
    """Tell whether the pre-labelling that would be made is there already.

    Raises
    ------
    FormatError, ProjectError, ModelError
        Where there are no poses or no labels yet, or a file is damaged; where the
        model is of another tier.
    """
    if not free:
        check_labels([work.item])
    info = for_track(info, work.project, work.item)
    path = work.folder.prediction_path(work.item.id, model)
    if not path.is_file():
        return False
    return npz_text(path, "key") == prediction_key(work, info, free)


def _kept(
    work: FeatureWork, info: ModelInfo, model: str, free: bool
) -> Prediction | None:
    """Return the pre-labelling that would be made, where it is there already."""
    try:
        if not is_predicted(work, info, model, free):
            return None
        return load_prediction(work.folder.prediction_path(work.item.id, model))
    except SkelsegError:
        return None


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
    if dict(info.feature_keys) != settings_keys(info.preset):
        raise ModelError(
            "Model {} was trained on features that this skelseg makes differently; "
            "train it again.",
            model,
        )
    return path, info


def _known(fixed: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Leave out classes that the model does not know: they cannot constrain it."""
    return np.where(np.isin(fixed, ids), fixed, UNLABELLED)


def learning_threads(threads: int = 0) -> int:
    """Return ``threads``, or where 0 the number of all cores but one.

    Small networks gain nothing from the last core, and waiting for a thread that the
    window pushed off it costs many times what the step does.
    """
    return threads if threads > 0 else max(1, cpu_threads() - 1)

"""Learnt from: what a model saw of a video, where that is not all of its labels."""

from __future__ import annotations

from typing import Any

from skelseg_core.errors import SkelsegError
from skelseg_core.learning.model_info import load_info
from skelseg_core.predictions.fitting import fitting_prediction
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project, VideoItem, model_of_lane


def learnt_from(
    folder: ProjectFolder, project: Project, item: VideoItem, lane: str
) -> dict[str, Any]:
    """Tell what the model of a lane learnt from a video; a manifest keeps it.

    Returns
    -------
    dict
        ``trained_frames``, the runs [start, stop) that were labelled when it was
        trained, where that was a part of the video; ``learnt_unlabelled``, True where
        it learnt from the video without its labels. Empty where neither is so, the
        lane is a person's, or the model is another by now.
    """
    model = model_of_lane(lane)
    if not model:
        return {}
    try:
        found = fitting_prediction(folder, project, item, model)
        info = load_info(folder.model_dir(model))
    except SkelsegError:
        return {}
    if info.key != found.model_key:
        return {}
    told: dict[str, Any] = {}
    if item.id in info.trained_frames:
        told["trained_frames"] = [list(run) for run in info.trained_frames[item.id]]
    others = {v.fingerprint for v in project.videos if v.id in info.unlabelled} - {""}
    if item.id in info.unlabelled or item.fingerprint in others:
        told["learnt_unlabelled"] = True
    return told

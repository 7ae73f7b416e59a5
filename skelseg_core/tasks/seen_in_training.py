"""Seen in training: what a model saw of a video, where that is not all its labels."""

from __future__ import annotations

from typing import Any

from skelseg_core.errors import SkelsegError
from skelseg_core.learning.model_info import load_info
from skelseg_core.predictions.fitting import fitting_prediction
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.project.videos_and_tracks import Track, model_of_lane


def seen_in_training(
    folder: ProjectFolder, project: Project, item: Track, lane: str
) -> dict[str, Any]:
    """Tell what the model of a lane learnt from a video; a manifest keeps it.

    Returns
    -------
    dict
        ``trained_frames``, the runs [start, stop) that were labelled in any track when
        it was trained, where that was a part of the video; ``learnt_unlabelled``, True
        where it learnt from the video without its labels; ``known_people``, the people
        of the video who are in others that it was trained on; ``n_unnamed``, the number
        of those in which nobody is named. Empty where none of it is so, the lane is a
        person's, or the model is another by now.
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
    there = project.tracks_of(item.video_id)
    tracks = [v.id for v in there if v.id in info.videos]
    if tracks and all(i in info.trained_frames for i in tracks):
        runs = sorted(tuple(r) for i in tracks for r in info.trained_frames[i])
        told["trained_frames"] = [list(run) for run in dict.fromkeys(runs)]
    others = {
        v.video.fingerprint for v in project.tracks if v.id in info.unlabelled
    } - {""}
    if item.id in info.unlabelled or item.video.fingerprint in others:
        told["learnt_unlabelled"] = True
    taught = [v for v in project.tracks if v.id in info.videos]
    # Who was in a video may have been said after the training.
    people = {p.casefold() for p in info.people}
    people.update(p.casefold() for v in taught for p in v.video.people)
    if known := [p for p in item.video.people if p.casefold() in people]:
        told["known_people"] = known
    if n_unnamed := len({v.video_id for v in taught if not v.video.people}):
        told["n_unnamed"] = n_unnamed
    return told

"""Stages of the work on a video, and the keys by which it is known what is done.

Each leaves a file that carries the key of all that it follows from: the video, the
settings, the weights, what was made before, what a person said. A stage whose output
has its key is done.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from skelseg_core.array_files import npz_text
from skelseg_core.errors import ModelError, SkelsegError
from skelseg_core.features.estimated_poses import estimate_of, pose_key
from skelseg_core.features.video_work import FeatureWork, work_on
from skelseg_core.learning.model_info import ModelInfo
from skelseg_core.progress import Task
from skelseg_core.project.tracks import TrackId
from skelseg_core.tasks.predict import is_predicted, predict, usable_model

STAGES = ("poses", "predict")
"""In the order of the work."""


def run_stage(
    root: str,
    stage: str,
    video_id: TrackId,
    model: str = "",
    proxy_bytes: int = 0,
    threads: int = 1,
) -> Task[dict[str, Any]]:
    """Do one stage of the work on a video, unless it is done.

    Parameters
    ----------
    root, video_id : str
        Project folder and video.
    stage : str
        One of `STAGES`.
    model : str
        For ``predict``.
    proxy_bytes : int
        Room in bytes for all proxies; one is written while poses are estimated.
    threads : int
        Processor threads.
    """
    work = replace(work_on(root, video_id, threads), proxy_bytes=proxy_bytes)
    if is_done(work, stage, _info(work, stage, model), model):
        return {"kept": True}
    if stage == "poses":
        again = work.folder.poses_path(work.item.video_id).is_file()
        yield from estimate_of(work, again)
    else:
        yield from predict(root, video_id, model, threads)
    return {"kept": False}


def _info(work: FeatureWork, stage: str, model: str) -> ModelInfo | None:
    if stage != "predict":
        return None
    _, info = usable_model(work.folder, work.project, model)
    return info


def is_done(work: FeatureWork, stage: str, info: ModelInfo | None, model: str) -> bool:
    """Tell whether the output of a stage is there, and follows from what there is."""
    if stage == "poses":
        return _has_poses(work)
    if info is None:
        raise ModelError("Choose with --model a model of the project.")
    try:
        return is_predicted(work, info, model)
    except SkelsegError:
        # No poses yet, or what is there is damaged: making it says so.
        return False


def _has_poses(work: FeatureWork) -> bool:
    """Tell whether there are poses that no stage may replace or need not."""
    path = work.folder.poses_path(work.item.video_id)
    if not path.is_file():
        return False
    if work.item.picks or work.item.video.corrections or not work.item.video.has_file:
        return True
    # Those without a key are imported. The exact networks were once the only ones, and
    # may be chosen: what they found stays.
    keys = [pose_key(work.project, work.item, exact) for exact in (False, True)]
    return npz_text(path, "key") in ("", *keys)

"""Stages of the work on a video, and the keys by which it is known what is done.

Each leaves a file that carries the key of all that it follows from: the video, the
settings, the weights, what was made before, what a person said. A stage whose output
has its key is done.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from skelseg_core.array_files import content_key, npz_text
from skelseg_core.errors import ModelError, SkelsegError
from skelseg_core.features.extraction import FeatureCache
from skelseg_core.features.per_video import (
    FeatureWork,
    estimate_of,
    features_of,
    pose_key,
    work_on,
)
from skelseg_core.files import atomic_write
from skelseg_core.learning.model_info import ModelInfo
from skelseg_core.poses.subject_input import is_derived
from skelseg_core.progress import Progress, Task
from skelseg_core.said import Said
from skelseg_core.tasks.predict import input_key, is_predicted, predict, usable_model
from skelseg_core.text_files import read_json

STAGES = ("fingerprint", "poses", "features", "predict")
"""In the order of the work."""
OF_A_MODEL = frozenset({"features", "predict"})
"""Stages that are made for a model."""
_MEANS = frozenset({"fingerprint", "features"})
"""Stages that are no end: once what is made by them is there, they are not needed."""


def run_stage(
    root: str,
    stage: str,
    video_id: str,
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
        For `OF_A_MODEL`.
    proxy_bytes : int
        Room in bytes for all proxies; one is written while poses are estimated.
    threads : int
        Processor threads.
    """
    work = replace(work_on(root, video_id, threads), proxy_bytes=proxy_bytes)
    if is_done(work, stage, _info(work, stage, model), model):
        return {"kept": True}
    if stage == "fingerprint":
        yield Progress(Said("frames of {}", video_id))
        yield from work.check_video()
        # One that is missing is refused here, too.
        work.open_video().close()
    elif stage == "poses":
        again = work.folder.poses_path(video_id).is_file()
        yield from estimate_of(work, again)
    elif stage == "features":
        yield from _make_features(work, model)
    else:
        yield from predict(root, video_id, model, threads)
    return {"kept": False}


def _info(work: FeatureWork, stage: str, model: str) -> ModelInfo | None:
    if stage not in OF_A_MODEL:
        return None
    _, info = usable_model(work.folder, work.project, model)
    return info


def open_stages(
    work: FeatureWork, stages: tuple[str, ...], info: ModelInfo | None, model: str
) -> list[str]:
    """List the stages of a video that have to be run, in the order of the work.

    Parameters
    ----------
    work : FeatureWork
    stages : tuple of str
        Those that were asked for.
    info, model : ModelInfo, str
        For `OF_A_MODEL`.
    """
    found: list[str] = []
    for stage in reversed([s for s in STAGES if s in stages]):
        last = not any(STAGES.index(s) > STAGES.index(stage) for s in stages)
        if stage in _MEANS and not last and not found:
            continue
        if not is_done(work, stage, info, model):
            found.insert(0, stage)
    return found


def is_done(work: FeatureWork, stage: str, info: ModelInfo | None, model: str) -> bool:
    """Tell whether the output of a stage is there, and follows from what there is."""
    if stage == "poses":
        return _has_poses(work)
    if stage == "fingerprint":
        return _is_known(work)
    if info is None:
        raise ModelError("Choose with --model a model of the project.")
    try:
        if stage == "features":
            return _has_features(work, info)
        return is_predicted(work, info, model)
    except SkelsegError:
        # No poses yet, or what is there is damaged: making it says so.
        return False


def _is_known(work: FeatureWork) -> bool:
    """Tell whether the table of frames of the video is kept."""
    from skelseg_core.video.index import load_index

    if not work.item.has_video:
        return True
    with contextlib.suppress(OSError):
        index = load_index(work.video_path)
        return index is not None and index.fingerprint == work.item.fingerprint
    return False


def _has_poses(work: FeatureWork) -> bool:
    """Tell whether there are poses that no stage may replace or need not."""
    path = work.folder.poses_path(work.item.id)
    if not path.is_file():
        return False
    if work.item.picks or work.item.corrections or not work.item.has_video:
        return True
    # Those without a key are imported.
    return npz_text(path, "key") in ("", pose_key(work.project, work.item))


def _made_path(work: FeatureWork, info: ModelInfo) -> Path:
    """Return the file that says which features were made for a network."""
    key = content_key("features", input_key(work, info.recipe))
    return FeatureCache().folder / f"made-{key}.json"


def _has_features(work: FeatureWork, info: ModelInfo) -> bool:
    preset = info.recipe
    if all(is_derived(m, preset) for m in preset.model.modalities):
        return True  # made of keypoints at once, and not kept
    said = read_json(_made_path(work, info))
    keys = said.get("keys", ()) if isinstance(said, Mapping) else ()
    cache = FeatureCache()
    return bool(keys) and all(cache.path(str(key)).is_file() for key in keys)


def _make_features(work: FeatureWork, model: str) -> Task[None]:
    _, info = usable_model(work.folder, work.project, model)
    yield Progress(Said("features of {}", work.item.id))
    made = yield from features_of(work, info.recipe)
    if made.cache_keys:
        text = json.dumps({"keys": made.cache_keys})
        atomic_write(_made_path(work, info), text.encode())

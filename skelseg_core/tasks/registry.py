"""All long tasks of a project by name.

Their arguments and results are plain values, so that the command line, a test and the
window's worker process all run the very same functions. Each is a generator of progress
and leaves either the old files or the new ones.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from skelseg_core.progress import Task
from skelseg_core.tasks.by_example import fill, fill_others
from skelseg_core.tasks.measure_model import measure
from skelseg_core.tasks.pictures.picture_choices import WRITTEN
from skelseg_core.tasks.poses import estimate_poses, import_poses
from skelseg_core.tasks.predict import predict
from skelseg_core.tasks.runs.stages import run_stage
from skelseg_core.tasks.train import train
from skelseg_core.video import proxy_writing


def write_proxy(path: str, max_bytes: int) -> Task[dict[str, Any]]:
    """Write the small copy of a video, unless it is there or does not pay.

    Parameters
    ----------
    path : str
        Video file or images.
    max_bytes : int
        Room for all small copies; those used longest ago make room.
    """
    there = yield from proxy_writing.write_proxy(Path(path), max_bytes)
    return {"path": path, "there": there}


TASKS: dict[str, Callable[..., Task[Any]]] = {
    "estimate_poses": estimate_poses,
    "import_poses": import_poses,
    "predict": predict,
    "fill": fill,
    "fill_others": fill_others,
    "train": train,
    "measure": measure,
    "write_proxy": write_proxy,
    "run_stage": run_stage,
    **{task.name: task.load() for task in WRITTEN},
}
"""Tasks that the worker may be asked for, by name."""

"""2D pose estimators: one protocol, `base.PoseEstimator`, and one loading function."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from skelseg_core.errors import ModelError

if TYPE_CHECKING:
    from skelseg_core.estimators.base import PoseEstimator

ESTIMATORS = ("movenet", "keypoint-rcnn", "yolo")
"""The bundled one, torchvision's, and ultralytics' (an extra).

Each is a module of this folder, with a function ``load`` of the arguments of
`load_estimator` but the name.
"""

FOUND_SKELETON = "coco17"
"""Name of the skeleton that every estimator finds: people, no animals."""


_MADE_HERE = ", skelseg "
"""Part of the name of every estimator, as it is kept with the poses."""


def is_estimate(estimator: str) -> bool:
    """Tell whether poses were estimated here, by the name that is kept with them."""
    return _MADE_HERE in estimator


def load_estimator(
    name: str, threads: int = 1, weights: str = "", allow_download: bool = False
) -> PoseEstimator:
    """Load an estimator by its name, ready to run.

    Parameters
    ----------
    name : str
        One of `ESTIMATORS`.
    threads : int
        Threads of the processor.
    weights : str
        Path of a weights file; needed by yolo, optional for keypoint-rcnn.
    allow_download : bool
        Whether published weights may be downloaded; only where the user asked.

    Raises
    ------
    ModelError
        For an unknown name, or weights that are missing or of another network.
    """
    if name not in ESTIMATORS:
        raise ModelError(
            "There is no estimator '{}'; choose one of {}.", name, ", ".join(ESTIMATORS)
        )
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    estimator: PoseEstimator = module.load(threads, weights, allow_download)
    return estimator

"""2D pose estimators behind one protocol, `base.PoseEstimator`, and one door."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from skelseg_core.errors import ModelError

if TYPE_CHECKING:
    from skelseg_core.estimators.base import PoseEstimator

ESTIMATORS = ("movenet", "keypoint-rcnn", "yolo")
"""The bundled one, torchvision's, and ultralytics' (an extra)."""


def load_estimator(
    name: str, threads: int = 1, weights: str = "", allow_download: bool = False
) -> PoseEstimator:
    """The estimator of this name, ready to run.

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
    if name == "movenet":
        if weights:
            raise ModelError(
                "The estimator movenet brings its own weights; leave --weights out."
            )
        from skelseg_core.estimators.movenet import MoveNet

        return MoveNet(threads=threads)
    if name == "keypoint-rcnn":
        from skelseg_core.estimators.keypoint_rcnn import KeypointRCNN

        return KeypointRCNN(threads, Path(weights) if weights else None, allow_download)
    if name == "yolo":
        if not weights:
            raise ModelError(
                "The estimator yolo needs a weights file, and skelseg downloads none; "
                "get one (yolo11n-pose.pt) from its makers and name it by --weights."
            )
        from skelseg_core.estimators.yolo import YoloPose

        return YoloPose(Path(weights), threads)
    raise ModelError(
        f"There is no estimator '{name}'; choose one of {', '.join(ESTIMATORS)}."
    )

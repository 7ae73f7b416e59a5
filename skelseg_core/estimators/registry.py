"""Pose estimators by name: ours, and those that installed packages add.

Descriptors alone: an estimator is imported when it is loaded.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from skelseg_core import plugins
from skelseg_core.errors import ModelError
from skelseg_core.said import Said
from skelseg_core.torch_tools.needed import has_torch, install_line
from skelseg_core.torch_tools.weights import stored_weights

if TYPE_CHECKING:
    from skelseg_core.estimators.base import PictureEstimator, PoseEstimator

    Load = Callable[[int, str, bool], PoseEstimator | PictureEstimator]

BUNDLED = "movenet"
"""Name of the estimator that is used where none is named."""
EXACT = "movenet-exact"
"""Name of the same with its networks in float32, as they were published."""
RCNN_FILE = "keypointrcnn_resnet50_fpn_coco-fc266e95.pth"
"""File of the published weights of Keypoint R-CNN."""
YOLO_PYTHON = "SKELSEG_YOLO_PYTHON"
"""Environment variable: the Python of an environment that has ultralytics."""


def _nothing() -> str:
    return ""


def _never() -> bool:
    return False


@dataclass(frozen=True)
class EstimatorKind:
    """Descriptor of a pose estimator.

    Parameters
    ----------
    name : str
        Name on the command line: ``"keypoint-rcnn"``.
    title : str
        Name in the window: ``"Keypoint R-CNN"``.
    about : str
        A sentence or two: what it is good for, and how fast it is.
    load : callable
        Makes the estimator, given the threads of the processor, the path of a weights
        file (empty for none) and whether published weights may be downloaded. Of a
        package it makes a `base.PictureEstimator`.
    needs : callable
        Returns the line for a terminal that installs what it lacks on this computer;
        empty where nothing is lacking.
    weights : str
        A sentence on the weights file that it has to be given; empty where it needs
        none.
    download : str
        What it may download where the user asks for it, as the object of a sentence:
        ``"its weights (226 MB, from download.pytorch.org)"``. A weights file does
        instead. Empty where it downloads nothing.
    is_fetched : callable
        Returns whether what it may download is on this computer.
    """

    name: str
    title: str
    about: str
    load: Load
    needs: Callable[[], str] = _nothing
    weights: str = ""
    download: str = ""
    is_fetched: Callable[[], bool] = _never

    @property
    def lacks_weights(self) -> bool:
        """Tell whether a weights file or a download is needed before it can run."""
        return bool(self.weights or (self.download and not self.is_fetched()))


def _ours(name: str, **options: bool) -> Load:
    def load(threads: int, weights: str, allow_download: bool) -> PoseEstimator:
        module = import_module(f"skelseg_core.estimators.{name}")
        made: PoseEstimator = module.load(threads, weights, allow_download, **options)
        return made

    return load


def _torch_line() -> str:
    return "" if has_torch() else install_line()


def _has_rcnn() -> bool:
    return stored_weights(RCNN_FILE).is_file()


def _yolo_line() -> str:
    there = os.environ.get(YOLO_PYTHON) or find_spec("ultralytics") is not None
    return "" if there else install_line(what='"skelseg[yolo]"')


KINDS = (
    EstimatorKind(
        BUNDLED,
        "MoveNet",
        "Comes with skelseg and needs nothing else; one core does some 70 frames a "
        "second of one person. Up to six people.",
        _ours("movenet"),
    ),
    EstimatorKind(
        EXACT,
        "MoveNet, exact",
        "The same networks as they were published, not rounded to eight bits: twice "
        "the time, for keypoints that differ by half a per cent of a person's height.",
        _ours("movenet", exact=True),
    ),
    EstimatorKind(
        "keypoint-rcnn",
        "Keypoint R-CNN",
        "A network of the family that the paper took its skeletons from, for a "
        "graphics card: one core takes six seconds for a frame. Up to ten people.",
        _ours("keypoint_rcnn"),
        needs=_torch_line,
        download="its weights (226 MB, from download.pytorch.org)",
        is_fetched=_has_rcnn,
    ),
    EstimatorKind(
        "yolo",
        "YOLO (ultralytics)",
        "For weights of your own choice, best on a graphics card: of its smallest "
        "network one core does some 7 frames a second. Up to ten people. Its licence "
        "is AGPL-3.0.",
        _ours("yolo"),
        needs=_yolo_line,
        weights="A weights file such as yolo11n-pose.pt, from its makers.",
    ),
)
"""Ours: the bundled one first."""


def estimator_names() -> tuple[str, ...]:
    """List the names of all estimators; nothing of a package is imported for it."""
    ours = tuple(kind.name for kind in KINDS)
    return (*ours, *(n for n in plugins.names(plugins.ESTIMATORS) if n not in ours))


def estimator_kinds() -> tuple[tuple[EstimatorKind, ...], tuple[str, ...]]:
    """List all estimators, and sentences on those of packages that cannot be used."""
    ours = tuple(kind.name for kind in KINDS)
    found, refused = plugins.added(plugins.ESTIMATORS, EstimatorKind, ours)
    return (*KINDS, *found), refused


def load_estimator(
    name: str, threads: int = 1, weights: str = "", allow_download: bool = False
) -> PoseEstimator:
    """Load an estimator by its name, ready to run.

    Parameters
    ----------
    name : str
        One of `estimator_names`.
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
    PluginError
        For an estimator of a package that fails.
    """
    if name not in estimator_names():
        raise ModelError(
            "There is no estimator '{}'; choose one of {}.",
            name,
            ", ".join(estimator_names()),
        )
    for kind in KINDS:
        if kind.name == name:
            return kind.load(threads, weights, allow_download)  # type: ignore[return-value]
    from skelseg_core.estimators.picture_by_picture import PictureByPicture

    kind = plugins.load(plugins.ESTIMATORS, name, EstimatorKind)
    package = plugins.package_of(plugins.ESTIMATORS, name)
    whose = Said("The estimator {} of the package {}", name, package)

    def made() -> PictureByPicture:
        found_by: Any = kind.load(threads, weights, allow_download)
        return PictureByPicture(found_by, whose, package, weights)

    return plugins.watched(made, whose, PictureByPicture)()

"""The core of skelseg: everything that can be done without a window.

Folders, each of which imports those above it only (held by import-linter):

torch_tools           the processor and the published weights, for all uses of torch
labels, video         segmentations and their scores; frames by number
poses                 skeletons, keypoints over time, heatmaps of them
estimators, formats   networks that find keypoints; one file per format of others
project               the immutable value, its folder, journal and files
features, learning    one vector per frame; networks, training, prediction
tasks                 long tasks that a person starts, one generator each
cli                   the command line
library               what this module offers: the verbs of scripts and notebooks, the
                      parts of the method, and what packages that add to it need:

    import skelseg_core
    project = skelseg_core.open_project("kitchen")
    project.videos["anna-1"].to_pandas()

What ``skelseg_core.__all__`` names is public and stays; the rest may change.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skelseg_core.library.exchange import (
        add_comment,
        add_points,
        export_labels,
        import_labels,
        plot,
        render,
        write_labels,
    )
    from skelseg_core.library.for_packages import (
        CandidateFile,
        Comment,
        EstimatorKind,
        FormatError,
        Interval,
        LabelFile,
        LabelFormat,
        LabelledVideo,
        LabelTrack,
        PictureEstimator,
        PoseFormat,
        PoseSequence,
        ReadOptions,
        TargetFrames,
    )
    from skelseg_core.library.methods import (
        decode,
        draw_heatmaps,
        edit_score,
        f1_score,
        frame_accuracy,
        load_skeleton,
        score_labels,
    )
    from skelseg_core.library.models import evaluate, predict, train
    from skelseg_core.library.networks import (
        Dropout,
        Network,
        NetworkKind,
        NetworkPlan,
        build_model,
        predict_probabilities,
        segmentation_loss,
    )
    from skelseg_core.library.opened_project import (
        LabelledPoint,
        LabelledSegment,
        OpenProject,
        OpenTrack,
        OpenVideo,
        open_project,
    )
    from skelseg_core.library.projects import (
        add_videos,
        create_project,
        estimate_poses,
        import_poses,
        statistics,
        write_poses,
    )

__all__ = [
    "CandidateFile",
    "Comment",
    "Dropout",
    "EstimatorKind",
    "FormatError",
    "Interval",
    "LabelFile",
    "LabelFormat",
    "LabelTrack",
    "LabelledPoint",
    "LabelledSegment",
    "LabelledVideo",
    "Network",
    "NetworkKind",
    "NetworkPlan",
    "OpenProject",
    "OpenTrack",
    "OpenVideo",
    "PictureEstimator",
    "PoseFormat",
    "PoseSequence",
    "ReadOptions",
    "TargetFrames",
    "__version__",
    "add_comment",
    "add_points",
    "add_videos",
    "build_model",
    "create_project",
    "decode",
    "draw_heatmaps",
    "edit_score",
    "estimate_poses",
    "evaluate",
    "export_labels",
    "f1_score",
    "frame_accuracy",
    "import_labels",
    "import_poses",
    "load_skeleton",
    "open_project",
    "plot",
    "predict",
    "predict_probabilities",
    "render",
    "score_labels",
    "segmentation_loss",
    "statistics",
    "train",
    "write_labels",
    "write_poses",
]

__version__ = "0.1.0"

# ONNX Runtime sends telemetry from its import on, unless this is set before. Python
# runs this file before any other module of the package.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
# OpenCV reads this limit when it is loaded. It then refuses a picture by its header: a
# file of 100 KB can unpack to gigabytes.
MOST_PIXELS = 1 << 26
"""Pixels of a picture or a frame of a video, at most: twice those of 8K."""
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(MOST_PIXELS))
# It puts a folder before those in this list, for processes started from here. An empty
# list would then hold an empty name, the current folder: the libraries of a stranger.
if not os.environ.get("LD_LIBRARY_PATH"):
    os.environ["LD_LIBRARY_PATH"] = os.path.dirname(os.path.abspath(__file__))


_PLACES = {
    "exchange": (
        *("add_comment", "add_points", "export_labels", "import_labels", "plot"),
        *("render", "write_labels"),
    ),
    "for_packages": (
        *("CandidateFile", "Comment", "EstimatorKind", "FormatError", "Interval"),
        *(
            "LabelFile",
            "LabelFormat",
            "LabelledVideo",
            "LabelTrack",
            "PictureEstimator",
        ),
        *("PoseFormat", "PoseSequence", "ReadOptions", "TargetFrames"),
    ),
    "methods": (
        *("decode", "draw_heatmaps", "edit_score", "f1_score", "frame_accuracy"),
        *("load_skeleton", "score_labels"),
    ),
    "models": ("evaluate", "predict", "train"),
    "networks": (
        *("Dropout", "Network", "NetworkKind", "NetworkPlan", "build_model"),
        *("predict_probabilities", "segmentation_loss"),
    ),
    "opened_project": (
        *(
            "Comment",
            "LabelledPoint",
            "LabelledSegment",
            "OpenProject",
            "OpenTrack",
            "OpenVideo",
        ),
        "open_project",
    ),
    "projects": (
        *("add_videos", "create_project", "estimate_poses", "import_poses"),
        *("statistics", "write_poses"),
    ),
}
"""Modules of the library, and what each offers."""


def __getattr__(name: str) -> Any:
    """Load what is public when it is first asked for: the window starts without it."""
    for module, names in _PLACES.items():
        if name in names:
            return getattr(import_module(f"skelseg_core.library.{module}"), name)
    raise AttributeError(f"module 'skelseg_core' has no attribute '{name}'")

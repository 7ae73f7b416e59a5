"""The library for notebooks and scripts: opened projects, and verbs on folders.

`skelseg_core` itself offers these names. They take paths and names, return numpy
arrays, tables of pandas and plain values, and stay as they are; other modules of the
package may change.
"""

from skelseg_core.library.exchange import export_labels, import_labels
from skelseg_core.library.models import evaluate, predict, train
from skelseg_core.library.opened_project import (
    LabelledSegment,
    OpenProject,
    OpenVideo,
    open_project,
)
from skelseg_core.library.pictures import render

__all__ = [
    "LabelledSegment",
    "OpenProject",
    "OpenVideo",
    "evaluate",
    "export_labels",
    "import_labels",
    "open_project",
    "predict",
    "render",
    "train",
]

"""Lanes of a video in the colours of their classes, and the words for a lane."""

from __future__ import annotations

import numpy as np

from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.videos_and_tracks import annotator_of_lane, model_of_lane
from skelseg_core.video.burned_text import HATCHED, UNDECIDED, WELL, BurnedLane, rgb_of

UNLABELLED_WORD = "unlabelled"
UNDECIDED_WORD = "undecided"
SAID_BY_MODEL = "by a model"


def lane_title(lane: str) -> str:
    """Write the name of a lane for a picture: ``Annotation``, or whose it is."""
    if lane == ANNOTATION:
        return "Annotation"
    model = model_of_lane(lane)
    return f"Pre-labels of {model}" if model else f"Labels of {annotator_of_lane(lane)}"


def burned_lane(
    lane: str, segmentation: Segmentation, label_map: LabelMap
) -> BurnedLane:
    """Prepare a lane to be burned into pictures.

    What a model said and nobody looked at is fainter, hatched and called so.
    """
    n = len(label_map)
    shown = label_map.to_indices(segmentation.to_frames())
    shown = np.where(segmentation.accepted & (shown >= 0), shown + n + 2, shown)
    shown = np.where(shown < 0, n, shown)
    for segment in segmentation.segments:
        if segment.undecided:
            shown[segment.start : segment.stop] = n + 1
    colors = [rgb_of(c.color) for c in label_map.classes]
    faint = [[(a + b) // 2 for a, b in zip(c, WELL, strict=True)] for c in colors]
    return BurnedLane(
        lane_title(lane),
        (
            *label_map.names,
            UNLABELLED_WORD,
            UNDECIDED_WORD,
            *(f"{name} ({SAID_BY_MODEL})" for name in label_map.names),
        ),
        np.array([*colors, WELL, UNDECIDED, *faint], np.uint8),
        shown,
        np.array([*(np.arange(n) // 7 % HATCHED), 0, 0, *[HATCHED] * n]),
    )

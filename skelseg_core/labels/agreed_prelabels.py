"""Prelabelled: which labels began as what a model said and a person agreed with.

They are a person's word, and no stranger's truth: people agree with what is plausible,
so a model is judged too well by them.
"""

from __future__ import annotations

import numpy as np

from skelseg_core.labels.segmentation import Segmentation


def began_as_prelabels(lane: Segmentation) -> np.ndarray:
    """Find the frames that a person agreed with, bool (T,), of whatever model.

    What a person corrected is not among them. A figure of the rest of such a video
    would be one of the model's errors alone: who scores takes the video as a whole.
    """
    return lane.frames_where(lambda run: run.source == "model" and run.class_reviewed)

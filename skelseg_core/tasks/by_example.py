"""By example: label the rest of a video like what a person labelled in it."""

from __future__ import annotations

from typing import Any

from skelseg_core.config import load_preset
from skelseg_core.features.video_features import features_of, making_cost
from skelseg_core.features.video_work import work_on
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import Parts, Progress, Task
from skelseg_core.project.project_edits import check_labels
from skelseg_core.project.tracks import TrackId, check_segments
from skelseg_core.review.by_example import fill_by_example
from skelseg_core.said import Said

PRESET = "keypoints"
"""The preset whose features are compared: they need nothing but keypoints."""
_SHARE = 2.0
"""How long comparing takes, beside making the features."""


def fill(
    root: str, video_id: TrackId, start: int = 0, threads: int = 0
) -> Task[dict[str, Any]]:
    """Carry what a person labelled in a video to its open frames; nothing is written.

    Parameters
    ----------
    root, video_id : str
        Project folder and video.
    start : int
        First frame that may be labelled.
    threads : int
        Processor threads; 0 means all.

    Returns
    -------
    dict
        ``video``; ``labels``, a list of (start, stop, class id or None) over the whole
        video; ``repeats`` and ``n_frames`` as in `ByExample`.
    """
    work = work_on(root, video_id, threads)
    check_segments(work.project.tier(work.item.tier))
    check_labels([work.item])
    preset = load_preset(PRESET)
    parts = Parts([making_cost(work, preset), _SHARE])
    found = yield from parts.part(features_of(work, preset))
    step = Said("labels of {}", work.item.called)
    yield Progress(step, 0, 1, whole=parts.share)
    filled = fill_by_example(
        found.features[PRESET], work.item.annotation, start, work.item.video.mean_rate
    )
    yield Progress(step, 1, 1, whole=1.0)
    return {
        "video": video_id,
        "labels": [[s.start, s.stop, s.class_id] for s in filled.labels.segments],
        "repeats": filled.repeats,
        "n_frames": filled.n_frames,
    }


def labels_of(result: dict[str, Any]) -> Segmentation:
    """Build the segmentation that `fill` found from its plain values."""
    from skelseg_core.labels.segmentation import Segment

    return Segmentation(
        tuple(Segment(a, b, class_id, "model") for a, b, class_id in result["labels"])
    )

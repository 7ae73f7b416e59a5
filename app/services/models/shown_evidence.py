"""Collect what the shown prediction says about the current video."""

from __future__ import annotations

from app.services.models.model_service import ModelService
from app.state.current_video import CurrentVideo
from skelseg_core.review.evidence import Evidence
from skelseg_core.tasks.model_tiers import for_track


def shown_evidence(current: CurrentVideo, models: ModelService) -> Evidence | None:
    """Return the evidence of the shown prediction; None where it is not read.

    What the model counted in its labels is known where it is the chosen model.
    """
    item, prediction = current.item, current.shown_prediction
    if item is None or prediction is None:
        return None
    label_map = current.classes
    info = models.info
    if info is None or info.name != current.shown_model:
        ids, rate = prediction.class_ids, item.video.mean_rate
        return Evidence(prediction.probabilities, ids, rate)
    info = for_track(info, current.document.project, item)
    return Evidence.of(prediction, info, label_map, item.video.mean_rate)

"""Predicted lanes: which of their frames are a model's, and which a person's.

What is stored of a prediction says around which frames it was decoded. Who exports or
scores its lane asks here, so that a person's labels never pass for a model's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from skelseg_core.errors import FormatError, ProjectError
from skelseg_core.labels.prediction import (
    Prediction,
    in_classes,
    load_prediction,
    with_sources,
)
from skelseg_core.labels.segmentation import Segment, Segmentation, weaker
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import (
    Project,
    VideoItem,
    model_of_lane,
    prediction_lane,
)


def stored_prediction(
    folder: ProjectFolder, project: Project, item: VideoItem, model: str
) -> Prediction:
    """Load the prediction that a lane shows, in the classes of today.

    Raises
    ------
    FormatError
        Where the file is missing or damaged, or holds another prediction than the lane.
    """
    path = folder.prediction_path(item.id, model)
    found = in_classes(load_prediction(path), project.label_map)
    if found.segmentation != item.lanes.get(prediction_lane(model)):
        raise FormatError(
            "{} holds another prediction than the lane of {} shows; pre-label {} with "
            "{} again.",
            path,
            model,
            item.id,
            model,
        )
    return found


def exported_lane(
    folder: ProjectFolder, project: Project, item: VideoItem, lane: str
) -> tuple[Segmentation, dict[str, object]]:
    """Prepare a lane for export, and what a manifest says of it.

    The fixed frames of a prediction are segments of a person's. A person vouches for
    their class where the annotation has it and says so, and for a whole segment where
    the annotation has the same one and it is reviewed.

    Raises
    ------
    FormatError
        As `stored_prediction`.
    """
    segmentation, model = item.lanes[lane], model_of_lane(lane)
    if not model:
        return segmentation, {"lane": lane}
    found = stored_prediction(folder, project, item, model)
    about: dict[str, object] = {
        "lane": lane,
        "model_key": found.model_key,
        "trained_on": found.trained_on,
    }
    made = with_sources(segmentation, found.fixed)
    return _as_annotated(made, item.annotation), about


def _as_annotated(lane: Segmentation, annotation: Segmentation) -> Segmentation:
    """Vouch for the fixed segments of a lane as far as the annotation does."""
    parts: list[Segment] = []
    for segment in lane.segments:
        fixed = segment.source == "human"
        parts += _annotated(segment, annotation) if fixed else [segment]
    return Segmentation(tuple(parts))


def _annotated(fixed: Segment, annotation: Segmentation) -> list[Segment]:
    """Cut a fixed segment where the annotation says anything else of its class."""
    parts: list[Segment] = []
    first, last = annotation.index_at(fixed.start), annotation.index_at(fixed.stop - 1)
    for said in annotation.segments[first : last + 1]:
        same = said.class_id == fixed.class_id
        part = replace(
            fixed.part(max(fixed.start, said.start), min(fixed.stop, said.stop)),
            class_vouched=same and said.class_vouched,
            vouched_by=said.vouched_by,
            # A person's segment that a model went on with is the model's in part.
            confidence=said.confidence if same and said.accepted else None,
        )
        if (
            same
            and said.reviewed
            and (said.start, said.stop) == (fixed.start, fixed.stop)
        ):
            part = part.as_reviewed(said.vouched_by)
        before = parts[-1] if parts else part
        if parts and (before.class_vouched, before.confidence) == (
            part.class_vouched,
            part.confidence,
        ):
            by = weaker(before.vouched_by, part.vouched_by)
            parts[-1] = replace(before.with_ends_of(before, part), vouched_by=by)
        else:
            parts.append(part)
    return parts


def unsaid_in_text(
    folder: ProjectFolder, project: Project, items: Sequence[VideoItem], lane: str
) -> list[str]:
    """Write a sentence per thing that text without sources cannot say of a lane."""
    fixed = accepted = 0
    trained, unknown = [], []
    for item in items:
        if not model_of_lane(lane):
            accepted += int(item.lanes[lane].accepted.sum())
            continue
        try:
            segmentation, about = exported_lane(folder, project, item, lane)
        except (ProjectError, FormatError):
            unknown.append(item.id)
            continue
        fixed += segmentation.n_protected
        trained += [item.id] if about["trained_on"] else []
    notes = []
    if unknown:
        notes.append(
            f"It is not known which frames of {', '.join(unknown)} hold what a person "
            "labelled, not what the model says; do not score it, predict with --free "
            "for that."
        )
    if fixed:
        notes.append(
            f"{fixed:,} of these frames hold what a person labelled, not what the "
            "model says, and the files cannot tell them apart; do not score it, "
            "predict with --free for that."
        )
    if trained:
        notes.append(
            f"The model was trained on {', '.join(trained)}, which the files cannot "
            "say; do not score it there."
        )
    if accepted:
        notes.append(
            f"{accepted:,} of these frames are accepted pre-labels that nobody "
            "reviewed, and the files cannot tell them apart; no model should be scored "
            "on them."
        )
    return notes

"""Predicted lanes: which of their frames are a model's, and which a person's.

What is stored of a prediction says around which frames it was decoded. Who exports or
scores its lane asks here, so that a person's labels never pass for a model's.
"""

from __future__ import annotations

from collections.abc import Sequence

from skelseg_core.errors import FormatError, ProjectError
from skelseg_core.prediction import (
    Prediction,
    in_classes,
    load_prediction,
    with_sources,
)
from skelseg_core.project import Project, VideoItem, model_of_lane, prediction_lane
from skelseg_core.project_folder import ProjectFolder
from skelseg_core.segmentation import Segmentation


def stored_prediction(
    folder: ProjectFolder, project: Project, item: VideoItem, model: str
) -> Prediction:
    """What is stored of the prediction that a lane shows, in the classes of today.

    Raises
    ------
    FormatError
        Where the file is missing or damaged, or holds another prediction than the lane.
    """
    path = folder.prediction_path(item.id, model)
    found = in_classes(load_prediction(path), project.label_map)
    if found.segmentation != item.lanes.get(prediction_lane(model)):
        raise FormatError(
            f"{path} holds another prediction than the lane of {model} shows; "
            f"pre-label {item.id} with {model} again."
        )
    return found


def exported_lane(
    folder: ProjectFolder, project: Project, item: VideoItem, lane: str
) -> tuple[Segmentation, dict[str, object]]:
    """A lane as files for others have it, and what a manifest says of it.

    The fixed frames of a prediction are segments of a person's, reviewed where the
    annotation has the same segment and it is.

    Raises
    ------
    ProjectError, FormatError
        Where it is not known which frames of a prediction a person fixed.
    """
    segmentation, model = item.lanes[lane], model_of_lane(lane)
    if not model:
        return segmentation, {"lane": lane}
    found = stored_prediction(folder, project, item, model)
    if found.fixed is None:
        raise ProjectError(
            f"The prediction of {model} for {item.id} is of an older skelseg, which "
            "did not note what a person had fixed in it; pre-label "
            f"{item.id} with {model} again."
        )
    about: dict[str, object] = {
        "lane": lane,
        "model_key": found.model_key,
        "trained_on": found.trained_on,
    }
    made = with_sources(segmentation, found.fixed)
    return _as_reviewed(made, item.annotation), about


def _as_reviewed(lane: Segmentation, annotation: Segmentation) -> Segmentation:
    """A lane whose fixed segments are reviewed where the annotation has them so."""
    reviewed = {
        (s.start, s.stop, s.class_id) for s in annotation.segments if s.reviewed
    }
    return Segmentation(
        tuple(
            s.as_reviewed()
            if s.source == "human" and (s.start, s.stop, s.class_id) in reviewed
            else s
            for s in lane.segments
        )
    )


def unsaid_in_text(
    folder: ProjectFolder, project: Project, items: Sequence[VideoItem], lane: str
) -> list[str]:
    """One sentence per thing that text without sources cannot say of a lane."""
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
            "model says, and text cannot tell them apart; do not score it, predict "
            "with --free for that."
        )
    if trained:
        notes.append(
            f"The model was trained on {', '.join(trained)}, which text cannot say; do "
            "not score it there."
        )
    if accepted:
        notes.append(
            f"{accepted:,} of these frames are accepted pre-labels that nobody "
            "reviewed, and text cannot tell them apart; no model should be scored on "
            "them."
        )
    return notes

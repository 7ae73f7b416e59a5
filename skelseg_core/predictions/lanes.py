"""Predicted lanes: what tasks read of them, and which frames are a person's.

A project holds no lane of a model. A task that reads one adds it to a value of its own,
which is never saved. What is stored of a prediction says around which frames it was
decoded. Who exports or scores its lane asks here, so that a person's labels never pass
for a model's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from skelseg_core.errors import FormatError, ProjectError
from skelseg_core.labels.prediction import with_sources
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.predictions.fitting import fitting_prediction
from skelseg_core.predictions.found import models_of
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.project.videos_and_tracks import Track, model_of_lane, prediction_lane
from skelseg_core.said import Said, counted, listed


def with_predicted(
    folder: ProjectFolder,
    project: Project,
    lanes: Iterable[str],
    videos: Iterable[str] = (),
) -> Project:
    """Add the lanes of models that are named to a project, to look at and not to save.

    A video of which there is no such prediction goes without; ``folder.notes`` says why
    of those that are there.

    Parameters
    ----------
    folder, project : ProjectFolder, Project
    lanes : iterable of str
        Names of lanes; those of people are there already.
    videos : iterable of str
        Ids of the videos to add them to; all by default.
    """
    models = [model for model in dict.fromkeys(map(model_of_lane, lanes)) if model]
    if not models:
        return project
    items = project.chosen(videos)
    found = (_with_models(folder, project, item, models) for item in items)
    return project.with_tracks(*found)


def _with_models(
    folder: ProjectFolder, project: Project, item: Track, models: Sequence[str]
) -> Track:
    lanes = dict(item.lanes)
    for model in set(models).intersection(models_of(folder.root, item.id)):
        try:
            found = fitting_prediction(folder, project, item, model)
            lanes[prediction_lane(model)] = found.segmentation
        except FormatError as error:
            folder.notes.append(str(error))
    return replace(item, lanes=lanes)


def lane_of(
    folder: ProjectFolder, project: Project, item: Track, lane: str
) -> Segmentation:
    """Return a lane of a video, of a person or of a model.

    Raises
    ------
    ProjectError, FormatError
        Where there is none of this name, or it cannot be used.
    """
    model = model_of_lane(lane)
    if model in models_of(folder.root, item.id) and lane not in item.lanes:
        return fitting_prediction(folder, project, item, model).segmentation
    if lane in item.lanes and lane not in item.missing:
        return item.lanes[lane]
    raise no_lane(folder, project, [item], lane)


def lane_names(
    folder: ProjectFolder, project: Project, items: Iterable[Track]
) -> list[str]:
    """Name the lanes of videos that can be used, also those of models, each once."""
    names: dict[str, None] = {}
    for item in items:
        refused = refused_models(folder, project, item)
        models = [m for m in models_of(folder.root, item.id) if m not in refused]
        people = (lane for lane in item.lanes if lane not in item.missing)
        names |= dict.fromkeys((*people, *map(prediction_lane, models)))
    return list(names)


def refused_models(
    folder: ProjectFolder, project: Project, item: Track
) -> dict[str, str]:
    """Say by model why its prediction of a video, which is there, cannot be used."""
    why: dict[str, str] = {}
    for model in models_of(folder.root, item.id):
        try:
            fitting_prediction(folder, project, item, model)
        except FormatError as error:
            why[model] = str(error)
    return why


def no_lane(
    folder: ProjectFolder, project: Project, items: Sequence[Track], lane: str
) -> ProjectError:
    """Say why no video has a lane: it cannot be used, or there are only others."""
    model = model_of_lane(lane)
    why = [item.why_missing(lane) for item in items if lane in item.missing]
    refused = (refused_models(folder, project, item) for item in items if model)
    why += [each[model] for each in refused if model in each]
    if why:
        more = Said("So it is with {} more.", counted(len(why) - 1, "video"))
        return ProjectError("{} {}", why[0], more) if why[1:] else ProjectError(why[0])
    which = (
        Said("Video {} has no", project.titled(items[0].id))
        if len(items) == 1
        else "No video has a"
    )
    there = listed(lane_names(folder, project, items)) or "none"
    return ProjectError(
        "{} lane '{}', only {}; choose one of these, or pre-label first.",
        which,
        lane,
        there,
    )


def exported_lane(
    folder: ProjectFolder, project: Project, item: Track, lane: str
) -> tuple[Segmentation, dict[str, object]]:
    """Prepare a lane for export, and what a manifest says of it.

    Of the fixed frames of a prediction it is told who said their labels, as
    `with_sources` does.

    Raises
    ------
    FormatError
        As `fitting_prediction`.
    """
    model = model_of_lane(lane)
    if not model:
        return item.lanes[lane], {"lane": lane}
    found = fitting_prediction(folder, project, item, model)
    about: dict[str, object] = {
        "lane": lane,
        "model_key": found.model_key,
        "trained_on": found.trained_on,
        **({"unlike": True} if found.unlike else {}),
    }
    return with_sources(found.segmentation, found.fixed, item.annotation), about


def unsaid_in_text(
    folder: ProjectFolder, project: Project, items: Sequence[Track], lane: str
) -> list[str]:
    """Write a sentence per thing that text without sources cannot say of a lane."""
    fixed = accepted = 0
    trained = []
    for item in items:
        if not model_of_lane(lane):
            accepted += int(item.lanes[lane].accepted.sum())
            continue
        segmentation, about = exported_lane(folder, project, item, lane)
        fixed += segmentation.n_protected
        trained += [project.titled(item.id)] if about["trained_on"] else []
    notes = []
    if fixed:
        notes.append(
            "A person's labels, not the model's, are those of "
            f"{counted(fixed, 'frame')}, and the files cannot tell them apart; do not "
            "score it, predict with --free for that."
        )
    if trained:
        notes.append(
            f"The model was trained on {', '.join(trained)}, which the files cannot "
            "say; do not score it there."
        )
    if accepted:
        notes.append(
            "Copied pre-labels that nobody reviewed are those of "
            f"{counted(accepted, 'frame')}, and the files cannot tell them apart; do "
            "not score a model on them."
        )
    return notes

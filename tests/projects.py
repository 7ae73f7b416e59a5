"""Small projects without real videos, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint
from skelseg_core.labels.prediction import Prediction, save_prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.imports.import_choices import ImportChoices
from skelseg_core.project.imports.label_import import plan_import
from skelseg_core.project.imports.label_plan import ImportPlan
from skelseg_core.project.imports.project_labels import project_labels
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import add_video, edit_lane, set_people
from skelseg_core.project.videos_and_tracks import OF_VIDEO, Track

N = 60


def item(video_id: str = "v1", n_frames: int = N) -> Track:
    """An unlabelled video."""
    lanes = {ANNOTATION: Segmentation.unlabelled(n_frames)}
    return Track.of_film(
        video_id, f"{video_id}.mp4", "f", n_frames, 64, 48, 25.0, lanes
    )


def make_project(root: Path) -> tuple[ProjectFolder, Project]:
    """A saved project of two unlabelled videos, v1 and v2, with classes a, b and c."""
    folder, project = create_project(root, label_map_from_names("abc"))
    project = add_video(add_video(project, item("v1")), item("v2"))
    folder.save(project)
    return folder, project


def name_people(root: Path, people: Mapping[str, str]) -> None:
    """Say in a saved project who is in its videos; commas part people."""
    folder = ProjectFolder(root)
    before = folder.load()
    named = {video: text.split(",") for video, text in people.items()}
    folder.save(set_people(before, named), before)


def painted(
    project: Project, start: int, stop: int, label: int, video: str = "v1"
) -> Project:
    """The project with some frames of a video labelled."""
    return edit_lane(project, video, lambda s: paint(s, start, stop, label))


def annotator_plan(path: Path, project: Project, name: str = "Anna") -> ImportPlan:
    """What the labels of another annotator's project become in ours."""
    file = project_labels(path, project)
    choices = ImportChoices(annotator=name, existing="replace")
    return run(plan_import(ProjectFolder(path), project, [file], choices))


def put_prediction(
    folder: ProjectFolder, video_id: str, model: str, lane: Segmentation, **said: object
) -> Prediction:
    """Write what a model says of a video, as a run does: its file, and nothing else."""
    ids = np.array(sorted({*lane.class_counts} - {None}) or [0])
    frames = lane.to_frames()
    shares = np.full((lane.n_frames, len(ids)), 0.1, np.float32)
    known = frames >= 0
    shares[known, np.searchsorted(ids, frames[known])] = 0.9
    nobody = np.zeros(lane.n_frames, bool)
    told = {"fixed": nobody, "trained_on": False, "model": model, **said}
    made = replace(Prediction(shares, ids, lane), **told)  # type: ignore[arg-type]
    save_prediction(folder.prediction_path(video_id, model), made)
    return made


def changed(track: Track, **values: Any) -> Track:
    """Replace values of a track, or of its video, or of the film of that."""
    film = {k: values.pop(k) for k in [*values] if k in vars(track.video.films[0])}
    video = track.video.with_film(**film)
    video = replace(video, id=values.get("id", video.id))
    if "picks" in values:
        video = video.with_body(track.person, values.pop("picks"))
    said = {k: values.pop(k) for k in [*values] if k in OF_VIDEO}
    return replace(track, video=replace(video, **said), **values)

"""What a project teaches: of pre-labels that were held out, and were looked at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skelseg_core.labels.edits import accept, paint
from skelseg_core.labels.prediction import Prediction, save_prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import (
    ANNOTATION,
    Project,
    add_video,
    prediction_lane,
    set_lane,
)
from skelseg_core.review.lessons import learn_of_project
from skelseg_core.review.queue_model import QueueModel
from tests.projects import N, item, make_project

N_VIDEOS = 8
WIDE = N // 6


def reviewed(lane: Segmentation) -> Segmentation:
    return Segmentation(tuple(s.as_reviewed() for s in lane.segments))


@pytest.fixture
def kitchen(tmp_path: Path) -> tuple[ProjectFolder, Project]:
    """Eight more videos are said to be 0 1 0 1 ..., and 2 was missing after each 0."""
    folder, project = make_project(tmp_path / "kitchen")
    labels = np.repeat([0, 1] * 3, WIDE)
    for n in range(N_VIDEOS):
        lane = Segmentation.from_frames(labels, "model")
        truth = accept(Segmentation.unlabelled(N), lane)
        for start in range(WIDE, N, 2 * WIDE):
            truth = paint(truth, start - 1, start + 1, 2)
        video = item(f"w{n}").with_lane(ANNOTATION, reviewed(truth))
        project = add_video(project, video)
        project = set_lane(project, video.id, prediction_lane("m"), lane)
        predicted(folder, video.id, lane, trained_on=False)
    return folder, project


def predicted(
    folder: ProjectFolder, video: str, lane: Segmentation, trained_on: bool | None
) -> None:
    values = np.full((N, 3), 0.1, np.float32)
    values[np.arange(N), lane.to_frames()] = 0.8
    fixed = np.zeros(N, bool)
    found = Prediction(values, np.arange(3), lane, "k", fixed, trained_on)
    save_prediction(folder.prediction_path(video, "m"), found)


def raised(model: QueueModel | None) -> float:
    """By how much a segment is likelier to be missing between 0 and 1 than 1 and 0."""
    if model is None:
        return 0.0
    return model.pairs.get((0, 1), 0.0) - model.pairs.get((1, 0), 0.0)


def test_it_is_learnt_where_segments_were_missing(kitchen):
    model = run(learn_of_project(*kitchen, "m", "v1"))
    assert raised(model) > 0.5


def test_the_video_itself_and_what_nobody_looked_at_teach_nothing(kitchen):
    folder, project = kitchen
    for n in range(1, N_VIDEOS):
        lane = project.video(f"w{n}").lanes[prediction_lane("m")]
        unseen = accept(Segmentation.unlabelled(N), lane)
        project = set_lane(project, f"w{n}", ANNOTATION, unseen)
    assert raised(run(learn_of_project(folder, project, "m", "w0"))) == 0
    assert raised(run(learn_of_project(folder, project, "m", "v1"))) > 0


@pytest.mark.parametrize("trained_on", [True, None])
def test_labels_that_the_model_was_trained_on_teach_nothing(kitchen, trained_on):
    folder, project = kitchen
    for n in range(N_VIDEOS):
        lane = project.video(f"w{n}").lanes[prediction_lane("m")]
        predicted(folder, f"w{n}", lane, trained_on)
    assert raised(run(learn_of_project(folder, project, "m", "v1"))) == 0


def test_where_a_model_was_trained_on_all_the_one_before_it_teaches(kitchen):
    folder, project = kitchen
    for n in range(N_VIDEOS):
        lane = project.video(f"w{n}").lanes[prediction_lane("m")]
        folder.prediction_path(f"w{n}", "new").write_bytes(b"not of these labels")
        project = set_lane(project, f"w{n}", prediction_lane("new"), lane)
    assert raised(run(learn_of_project(folder, project, "new", "v1"))) > 0.5


def test_a_prediction_that_is_damaged_or_gone_is_left_out(kitchen):
    folder, project = kitchen
    folder.prediction_path("w0", "m").write_bytes(b"no prediction")
    folder.prediction_path("w1", "m").unlink()
    assert raised(run(learn_of_project(folder, project, "m", "v1"))) > 0.5

"""What is known of the current video is only ever of that video."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from app.state.current_video import VIDEO, CurrentVideo
from app.state.document import open_document
from app.state.session import Session
from skelseg_core.labels.prediction import Prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project_edits import remove_video, set_blind, set_done
from skelseg_core.project.videos_and_tracks import prediction_lane
from tests.app.conftest import N_FRAMES

LANE = prediction_lane("m")


@pytest.fixture
def current(qapp: object, project_folder: ProjectFolder) -> Iterator[CurrentVideo]:
    document = open_document(project_folder)
    made = CurrentVideo(document, Session())
    made.session.set_video("one")
    yield made
    document.close()


def said() -> Prediction:
    frames = np.zeros(N_FRAMES, np.int64)
    sure = np.ones((N_FRAMES, 1), np.float32)
    return Prediction(sure, np.array([0]), Segmentation.from_frames(frames, "model"))


def test_what_is_read_late_of_another_video_is_not_taken(current: CurrentVideo) -> None:
    told: list[str] = []
    found = said()
    current.set_prediction("one", "m", found)
    assert current.predictions == {LANE: found}
    current.changed.connect(told.append)
    current.session.set_video("two")
    assert told == [VIDEO]
    assert not current.predictions
    current.set_prediction("one", "m", found)
    current.set_poses("one", None)
    assert told == [VIDEO]
    assert not current.predictions


def test_the_shown_model_is_the_chosen_one_where_it_said_something(
    current: CurrentVideo,
) -> None:
    assert current.shown_model == ""
    for model in ("m", "n"):
        current.set_prediction("one", model, said())
    current.session.set_model("m")
    assert current.shown_model == "m"
    current.session.set_model("another")
    assert current.shown_model == "n"
    current.set_unfit("one", "n", "The prediction of n is of other poses.")
    assert current.shown_model == "m"
    assert current.lane(prediction_lane("n")) is None
    current.document.apply("Blind", lambda p: set_blind(p, True))
    assert (current.models, current.shown_model) == ((), "")
    assert current.lane(LANE) is None
    current.document.apply("Done", lambda p: set_done(p, "one"))
    assert current.lane(LANE) == said().segmentation


def test_a_video_that_is_taken_out_gives_way_to_the_first(
    current: CurrentVideo,
) -> None:
    current.session.set_video("two")
    current.document.apply("Remove", lambda p: remove_video(p, "two"))
    assert current.session.track_id == "one"
    current.document.apply("Remove", lambda p: remove_video(p, "one"))
    assert current.session.track_id == ""
    assert current.item is None

"""Lanes of differences: what is compared, what is said of it, and going from one on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.timeline import differences
from app.timeline.kinds.difference import DifferenceLane
from app.timeline.lane import TipPoint
from app.window.project_window import ProjectWindow
from skelseg_core.labels.edits import relabel
from skelseg_core.labels.prediction import Prediction
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import add_annotator_lane
from skelseg_core.project.videos_and_tracks import prediction_lane
from tests.app.windows import trigger
from tests.settled import settle

OWN = Segmentation(
    (
        Segment(0, 20, 0).as_reviewed(),
        Segment(20, 45, 1).as_reviewed(),
        Segment(45, 60, 2).as_reviewed(),
        Segment(60, 90),
    )
)
SAID = Segmentation(
    (
        Segment(0, 25, 0, "model"),
        Segment(25, 45, 1, "model"),
        Segment(45, 60, 3, "model"),
        Segment(60, 90, 0, "model"),
    )
)
HANDS = prediction_lane("hands")


def labelled(project_window: ProjectWindow, said: Segmentation = SAID) -> None:
    """Label the current video, with a prediction and an annotator beside it."""
    document, video_id = project_window.document, project_window.session.track_id
    document.edit_lane("own", video_id, lambda _: OWN)
    predicted(project_window, np.zeros(said.n_frames, bool), said=said)
    document.apply("Anna", lambda p: add_annotator_lane(p, video_id, "Anna", SAID))


def predicted(
    project_window: ProjectWindow,
    fixed: np.ndarray,
    trained_on: bool = False,
    said: Segmentation = SAID,
) -> None:
    """Let the prediction of the lane be known, with what it was decoded around."""
    current = project_window.services.current_video
    shares = np.full((said.n_frames, 4), 0.25, np.float32)
    found = Prediction(shares, np.arange(4), said, "", fixed, trained_on)
    current.set_prediction(project_window.session.track_id, "hands", found)


def lane(first: str = ANNOTATION, second: str = HANDS) -> DifferenceLane:
    return DifferenceLane(f"{first}|{second}")


def test_every_pair_of_lanes_can_be_compared(project_window: ProjectWindow) -> None:
    labelled(project_window)
    data = project_window.docks.timeline.data
    pairs = [found.pair for found in DifferenceLane.of(data)]
    anna = "annotator:Anna"
    assert pairs == [(ANNOTATION, anna), (ANNOTATION, HANDS), (anna, HANDS)]


def test_a_score_is_of_frames_that_a_person_said_and_the_model_was_not_given(
    project_window: ProjectWindow,
) -> None:
    labelled(project_window)
    data = project_window.docks.timeline.data
    found = lane().compared(data)
    assert found is not None
    assert found.figures is not None
    assert found.figures.n_frames == 60
    assert lane().subtitle(data).startswith("66.7 · 66.7 · 66.7")
    # What it had to keep is no merit of its own, and no difference either.
    fixed = np.arange(90) < 45
    predicted(project_window, fixed)
    assert lane().subtitle(data) == "0.0"
    said = lane().header_tip(data)[2]
    assert said.startswith("Accuracy 0.0 on 15 frames whose labels the model did not")
    predicted(project_window, np.zeros(90, bool), trained_on=True)
    assert lane().subtitle(data) == "2 differences"
    assert "hands was trained on this video" in lane().header_tip(data)[2]


def test_pre_labels_that_nobody_looked_at_earn_no_score(
    project_window: ProjectWindow,
) -> None:
    labelled(project_window)
    video_id = project_window.session.track_id
    accepted = Segmentation(tuple(replace(s, confidence=0.9) for s in SAID.segments))
    project_window.document.edit_lane("accepted", video_id, lambda _: accepted)
    predicted(project_window, np.zeros(90, bool))
    found = lane().compared(project_window.docks.timeline.data)
    assert found is not None
    assert found.figures is None
    assert "no frame was labelled only" in found.why_not
    # What is mended among them is what the model had wrong: it said accuracy 0.0.
    project_window.document.edit_lane("4", video_id, lambda s: relabel(s, 1, 3))
    found = lane().compared(project_window.docks.timeline.data)
    assert found is not None
    assert found.figures is None


def test_a_tip_says_the_kind_in_words(project_window: ProjectWindow) -> None:
    labelled(project_window)
    data = project_window.docks.timeline.data
    at = lane().tip
    moved = "reach begins 5 frames later in hands: 25, not 20"
    assert at(TipPoint(22, 0.5, 1.0), data) == moved
    wrong = "open drawer in the annotation, carry in hands: 45 to 59"
    assert at(TipPoint(50, 0.5, 1.0), data) == wrong
    assert at(TipPoint(80, 0.5, 1.0), data) == ""


def test_keys_go_from_difference_to_difference_and_select_the_boundary(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    timeline, session = project_window.docks.timeline, project_window.session
    qtbot.keyClick(timeline, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    said = [notice.text for notice in project_window.services.notices.all]
    assert any("no lane to compare" in text for text in said)
    labelled(project_window)
    assert not timeline.shows_differences
    qtbot.keyClick(timeline, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert timeline.shows_differences
    assert (project_window.player.target, session.boundary) == (20, 0)
    trigger(project_window, "difference-next")
    assert (project_window.player.target, session.boundary) == (45, 1)
    trigger(project_window, "difference-next")
    assert project_window.player.target == 45
    trigger(project_window, "difference-previous")
    assert (project_window.player.target, session.boundary) == (20, 0)


def test_large_lanes_are_compared_in_a_thread_and_late_answers_dropped(
    qtbot: QtBot, project_window: ProjectWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    labelled(project_window)
    monkeypatch.setattr(differences, "LARGE", 0)
    data = project_window.docks.timeline.data
    grown = qtbot.waitSignal(data.grown)
    with grown:
        assert lane().compared(data) is None
        assert lane().subtitle(data) == "comparing…"
    found = lane().compared(data)
    assert found is not None
    assert len(found.differences) == 2
    reader = data.reader(differences.DifferenceReader)
    other = lane(ANNOTATION, "annotator:Anna")
    assert other.compared(data) is None
    reader.forget()
    settle()
    assert other.compared(data) is None

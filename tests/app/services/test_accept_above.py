"""Accept above a confidence, in the window: what is said beforehand, what is done."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.views.dialogs.accept_above import AcceptAboveDialog, ask_above
from app.window.project_window import ProjectWindow
from skelseg_core.labels.prediction import Prediction, save_prediction
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.project import prediction_lane, set_lane
from tests.app.windows import action, trigger

SURE = (0.99, 0.97, 0.6, 0.98, 0.97, 0.99, 0.5, 0.96, 0.99)
SAID = Segmentation(
    tuple(
        Segment(10 * i, 10 * i + 10, i % 4, "model", confidence=sure)
        for i, sure in enumerate(SURE)
    )
)


def predicted(project_window: ProjectWindow, trained_on: bool = False) -> None:
    """Give both videos a prediction; in the other one three pre-labels were seen."""
    document = project_window.document
    lane = prediction_lane("fusion")
    for video_id in document.project.ids:
        document.apply("said", lambda p, v=video_id: set_lane(p, v, lane, SAID))
        shares = np.full((90, 4), 0.25, np.float32)
        found = Prediction(
            shares, np.arange(4), SAID, "key", np.zeros(90, bool), trained_on
        )
        save_prediction(document.folder.prediction_path(video_id, "fusion"), found)
    seen = list(SAID.segments)
    seen[0], seen[1] = seen[0].as_reviewed(), seen[1].as_reviewed()
    seen[3] = replace(seen[3].as_persons(), class_id=0)
    document.edit_lane(
        "seen", document.project.ids[1], lambda _: Segmentation(tuple(seen))
    )


@pytest.fixture
def dialog(qtbot: QtBot, project_window: ProjectWindow) -> AcceptAboveDialog:
    predicted(project_window)
    made = ask_above(project_window.window, project_window.services.accept_above)
    qtbot.waitUntil(lambda: project_window.services.accept_above.is_known)
    return made


def test_it_is_not_offered_without_a_prediction(project_window: ProjectWindow) -> None:
    assert not action(project_window, "accept-above").isEnabled()
    predicted(project_window)
    assert action(project_window, "accept-above").isEnabled()


def test_it_says_how_many_and_how_right_such_were(dialog: AcceptAboveDialog) -> None:
    assert dialog.count.text() == (
        "6 segments, 60 frames; a sample of 1 stays in the review."
    )
    assert "not measured yet" in dialog.held_out.text()
    assert dialog.looked_at.text() == (
        "In this project, of those that you looked at: 66.7 % of 3 segments had the "
        "right class, 66.7 % also both ends within 0.2 s."
    )
    dialog.number.setValue(0.99)
    assert dialog.slider.value() == 99
    assert dialog.count.text().startswith("2 segments, 20 frames")
    assert "100 % of 1 segment had" in dialog.looked_at.text()
    dialog.slider.setValue(100)
    assert dialog.count.text().startswith("0 segments")
    assert not dialog.ok.isEnabled()
    assert "none was so sure" in dialog.looked_at.text()
    dialog.reject()


def test_a_video_that_the_model_was_trained_on_measures_nothing(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    predicted(project_window, trained_on=True)
    service = project_window.services.accept_above
    dialog = ask_above(project_window.window, service)
    qtbot.waitUntil(lambda: service.is_known)
    assert "nothing measured yet" in dialog.looked_at.text()
    dialog.reject()


def test_accepting_is_one_step_of_undo(
    project_window: ProjectWindow, dialog: AcceptAboveDialog
) -> None:
    document, video_id = project_window.document, project_window.session.video_id
    before = document.project
    dialog.ok.click()
    annotation = document.project.video(video_id).annotation
    taken = [s for s in annotation.segments if s.vouched_by == "confidence"]
    assert len(taken) == 6
    assert annotation.vouched.n_labelled == 0
    said = [notice.text for notice in project_window.services.notices.all]
    assert any("6 segments are accepted unseen; 1 more" in text for text in said)
    trigger(project_window, "undo")
    assert document.project == before


def test_a_look_at_what_was_accepted_unseen_counts(
    project_window: ProjectWindow, dialog: AcceptAboveDialog
) -> None:
    document, session = project_window.document, project_window.session
    dialog.ok.click()
    annotation = document.project.video(session.video_id).annotation
    pairs = zip(annotation.segments, annotation.segments[1:], strict=False)
    unseen = next(a for a, b in pairs if a.vouched_by == b.vouched_by == "confidence")
    session.set_chosen([(unseen.start, unseen.stop)])
    project_window.services.segment_editor.review()
    seen = document.project.video(session.video_id).annotation.at(unseen.start)
    assert seen.vouched_by == "look"
    assert not seen.unseen
    # A second look is no edit.
    session.set_chosen([(seen.start, seen.stop)])
    before = document.project
    project_window.services.segment_editor.review()
    assert document.project is before

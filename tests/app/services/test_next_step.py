"""One next step, from the state of the project; no promise that is not there."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.services.review.next_step import Stage, Step, next_step
from app.window.project_window import ProjectWindow
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.labels.edits import paint
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project_edits import set_lane
from skelseg_core.project.track_edits import add_tier
from tests.app.windows import mixed, opened, trigger


@pytest.mark.parametrize(
    ("stage", "step"),
    [
        (Stage(videos=False), Step("Add a video: {}", "add")),
        (Stage(classes=False), Step("Add a class: {}", "class-add")),
        (Stage(), Step("Label one repetition, then {}", "fill-example")),
        (Stage(model=True), Step("Pre-label this video: {}", "prelabel")),
        (
            Stage(labelled=0.4, segments=5),
            Step("Fill in the rest by example: {}", "fill-example"),
        ),
        (Stage(predicted=True, model=True), Step("Review the pre-label: {}", "room")),
        (
            Stage(labelled=0.97, predicted=True, model=True),
            Step("Export the labels: {}", "export"),
        ),
        (Stage(labelled=1, to_review=13), Step("13 to review: {}", "room")),
        (Stage(to_review=13, reviewing=True), Step("13 to review", "room")),
        # Short videos are filled in like those that have labels.
        (
            Stage(clips=True, others=True),
            Step("Fill in the videos without labels: {}", "fill-example"),
        ),
        (
            Stage(labelled=1, clips=True, others=True),
            Step("Fill in the videos without labels: {}", "fill-example"),
        ),
        (
            Stage(clips=True, others=True, segments=1, labelled=0.3),
            Step("Label one repetition, then {}", "fill-example"),
        ),
        (Stage(clips=True, model=True), Step("Pre-label this video: {}", "prelabel")),
        (
            Stage(labelled=1, filled=True, clips=True, waiting=True),
            Step("Review what was filled in: {}", "fill-review"),
        ),
        # What was labelled live last has an open end: it can wait.
        (
            Stage(labelled=0.5, segments=12, to_review=1, own=1),
            Step("Fill in the rest by example: {}", "fill-example"),
        ),
        (
            Stage(labelled=0.5, segments=12, to_review=2, own=1),
            Step("2 to review: {}", "room"),
        ),
        (
            Stage(labelled=0.5, to_review=1, own=1, reviewing=True),
            Step("1 to review", "room"),
        ),
        (
            Stage(labelled=1, to_review=1, own=1, tracks=True),
            Step("1 to review: {}", "room"),
        ),
        (
            Stage(labelled=1, tracks=True, waiting=True, others=True),
            Step("Label the next track: {}", "track-next"),
        ),
        (
            Stage(labelled=1, waiting=True, others=True, model=True),
            Step("Review the next video", "video-to-review"),
        ),
        (Stage(labelled=1), Step("Export the labels: {}", "export")),
        (Stage(labelled=1, others=True), Step("Train a model: {}", "train")),
        (
            Stage(labelled=1, others=True, model=True),
            Step("Open the next video: {}", "video-unfinished"),
        ),
    ],
)
def test_every_stage_has_one_step(stage: Stage, step: Step) -> None:
    assert next_step(stage) == step


def test_the_status_line_says_it_with_the_key_and_a_click_does_it(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    line, document = project_window.docks.next_step, project_window.document
    assert line.accessibleName() == "Next: Label one repetition, then Ctrl+L"
    line.click()
    assert "Nothing is labelled yet" in project_window.docks.messages.text.text()
    document.apply("labels", lambda p: set_lane(p, "one", "annotation", mixed()))
    assert line.accessibleName() == "Next: 2 to review: Ctrl+R"
    line.click()
    assert project_window.services.review.review_room.on
    assert line.accessibleName() == "Next: 2 to review"
    # Both pages on which it matters offer the same: before a training, an export.
    docks, room = project_window.docks, project_window.services.review.review_room
    said = Segmentation((Segment(0, 90, 1, "model"),))
    document.edit_lane("Copy", "one", lambda _: said)
    trigger(project_window, "train")
    assert not room.on
    docks.model.training.unreviewed.linkActivated.emit("")
    assert room.on
    trigger(project_window, "export")
    qtbot.waitUntil(docks.export.review.isVisible, timeout=20_000)
    assert not room.on
    docks.export.review.click()
    assert room.on
    document.edit_lane("Own", "one", lambda lane: paint(lane, 0, 90, 1))
    trigger(project_window, "export")
    qtbot.waitUntil(lambda: not docks.export.review.isVisible(), timeout=20_000)
    # At done, the next video is reviewed before anything is exported or trained.
    document.edit_lane("Copy", "two", lambda _: said)
    for back in range(2):
        project_window.session.set_video("one")
        trigger(project_window, "page-label")
        assert line.accessibleName() == "Next: Review the next video"
        (docks.export.review_asked.emit if back else line.click)()
        assert project_window.session.track_id == "two"
        assert room.on
    for _ in range(4):
        trigger(project_window, "undo")
    project_window.session.set_video("one")
    assert line.accessibleName() == "Next: Label one repetition, then Ctrl+L"
    line.use(project_window.commands.__getitem__, lambda _: "")
    name = project_window.commands["fill-example"].text()
    assert line.accessibleName() == f"Next: Label one repetition, then {name}"


def test_half_a_video_that_was_labelled_live_is_filled_in_before_its_last_end_is_seen(
    project_window: ProjectWindow,
) -> None:
    line, document = project_window.docks.next_step, project_window.document
    for start, class_id in ((0, 0), (20, 1), (40, 0)):
        document.edit_lane(
            "Label while playing",
            "one",
            lambda lane, at=start, to=class_id: paint(
                lane, at, at + 20, to, sets_start=at > 0, sets_stop=at < 40
            ),
        )
    assert not document.project.track("one").annotation.at(40).stop_reviewed
    assert line.accessibleName() == "Next: Fill in the rest by example: Ctrl+L"
    trigger(project_window, "room")
    assert line.accessibleName() == "Next: 1 to review"


def test_of_several_tracks_the_next_one_follows(project_window: ProjectWindow) -> None:
    line, document = project_window.docks.next_step, project_window.document
    document.apply("Tier", lambda p: add_tier(p, "Hands"))
    document.apply("Tier", lambda p: add_tier(p, "Contact", kind="points"))
    document.edit_lane("All", "one", lambda lane: paint(lane, 0, 90, 1))
    assert line.accessibleName() == "Next: Label the next track: T"
    trigger(project_window, "track-next")
    assert line.accessibleName().startswith("Next: Label one repetition")
    # A tier of points is never finished, and never asks for another video first.
    trigger(project_window, "track-next")
    assert line.accessibleName() == "Next: Label the next track: T"
    hands = document.project.track("one@Hands")
    own = document.project.classes_of(hands).ids[0]
    document.edit_lane("All", hands.id, lambda lane: paint(lane, 0, 90, own))
    assert line.accessibleName() == "Next: Open the next video: Ctrl+PgDown"


COCO = np.float32(
    [
        *[(160, 40), (155, 36), (165, 36), (150, 40), (170, 40), (130, 70)],
        *[(190, 70), (120, 110), (200, 110), (115, 145), (205, 145), (145, 150)],
        *[(175, 150), (145, 190), (175, 190), (145, 230), (175, 230)],
    ]
)
"""Keypoints of coco17, facing the camera."""


def test_what_was_filled_in_together_is_reviewed_on_one_wall(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    project = project_folder.load()
    for track in project.tracks:
        points = np.repeat(COCO[None, None], track.n_frames, axis=0)
        points[45:, 0, 9:11, 1] -= 90
        scores = np.ones(points.shape[:-1], np.float32)
        poses = PoseSequence(points, scores, "coco17", (320, 240), "by hand")
        path = project_folder.poses_path(track.id)
        save_poses(path, poses, track.video.fingerprint)
    with opened(qtbot, project_folder) as window:
        docks, document = window.docks, window.document
        for start, class_id in ((0, 0), (45, 1)):
            document.edit_lane(
                "Paint",
                "one",
                lambda lane, at=start, to=class_id: paint(lane, at, at + 45, to),
            )
        assert (
            docks.next_step.accessibleName()
            == "Next: Fill in the videos without labels: Ctrl+L"
        )
        before = document.project
        docks.next_step.click()
        qtbot.waitUntil(lambda: document.project is not before, timeout=60_000)
        assert (
            docks.next_step.accessibleName()
            == "Next: Review what was filled in: Ctrl+Shift+L"
        )
        assert docks.messages.help.isEnabled()
        docks.next_step.click()
        assert docks.wall.isVisible()
        wall = window.services.review.review_wall
        assert {strip.track for strip in wall.strips} == {"two"}
        docks.wall.leave()
        trigger(window, "undo")
        assert (
            docks.next_step.accessibleName()
            == "Next: Fill in the videos without labels: Ctrl+L"
        )

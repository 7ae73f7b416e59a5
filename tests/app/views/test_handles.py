"""Handles of keypoints: where they are, which one is meant, how they look."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter

from app.services.labelling.keypoint_editor import frames_around, nearest_person
from app.views.picture.frame_overlay import FrameOverlay
from app.views.picture.handles import Handles, handles_of, paint_handles
from app.views.picture.overlays import PoseOverlay
from app.views.picture.placement import Placement
from app.views.picture.subjects_paint import COLOURS
from skelseg_core.poses.corrections import (
    CHANGED,
    PLACED,
    Correction,
    PlacedKeypoint,
    SideSwap,
)
from skelseg_core.poses.sequence import PoseSequence, nearest_subject
from skelseg_core.poses.skeleton import Skeleton

BONES = Skeleton("s", ("left_a", "right_a", "mid"), ((0, 2), (1, 2)), ((0, 1),))
T, SIZE = 40, (200, 100)


def moving(missing: tuple[tuple[slice, int], ...] = ()) -> PoseSequence:
    """One person going right by a px a frame, some keypoints missing in some frames."""
    keypoints = np.zeros((T, 1, 3, 2))
    keypoints[:, 0] = [[10, 10], [10, 50], [40, 30]]
    keypoints[..., 0] += np.arange(T)[:, None, None]
    scores = np.ones((T, 1, 3))
    for frames, k in missing:
        scores[frames, 0, k] = 0
    return PoseSequence(keypoints, scores, "s", SIZE)


def handles(poses: PoseSequence, frame: int) -> Handles:
    now = FrameOverlay(poses.keypoints[frame], poses.scores[frame], 0)
    return handles_of(now, np.zeros((1, 3), np.uint8), 0, frame, poses)


@pytest.mark.parametrize(
    ("missing", "seen_in"),
    [
        (slice(18, 25), 17),  # before rather than after
        (slice(0, 22), 22),  # never before
        (slice(20, 21), 19),
    ],
)
def test_a_ghost_is_where_the_keypoint_was_seen_last(
    missing: slice, seen_in: int
) -> None:
    found = handles(moving(((missing, 1),)), 20)
    assert found.ghost.tolist() == [False, True, False]
    assert found.points[1].tolist() == [10 + seen_in, 50]
    assert found.points[0].tolist() == [30, 10]


def test_a_keypoint_that_is_never_seen_waits_beside_the_person() -> None:
    points = handles(moving(((slice(0, T), 0), (slice(0, T), 1))), 20).points
    assert np.isfinite(points).all()
    assert (points[:2, 0] > points[2, 0]).all()
    assert points[0].tolist() != points[1].tolist()


def test_nobody_at_all_is_put_into_the_picture() -> None:
    nobody = moving(tuple((slice(0, T), k) for k in range(3)))
    found = handles(nobody, 20)
    assert found.ghost.all()
    assert ((found.points >= 0) & (found.points <= SIZE)).all()
    assert len({tuple(p) for p in found.points.tolist()}) == 3


def test_a_doubtful_keypoint_is_a_ghost_where_it_is() -> None:
    poses = moving()
    scores = poses.scores.copy()
    scores[20, 0, 1] = 0.05
    found = handles(PoseSequence(poses.keypoints, scores, "s", SIZE), 20)
    assert found.ghost.tolist() == [False, True, False]
    assert found.points[1].tolist() == [30, 50]


def placed(points: list[list[float]], ghost: list[bool]) -> Handles:
    marks = np.zeros(len(points), np.uint8)
    return Handles(0, 0, np.array(points, float), np.array(ghost), marks)


def test_the_nearest_handle_is_meant_and_a_ghost_gives_way() -> None:
    found = placed([[10, 10], [14, 10], [50, 50]], [True, False, False])
    assert found.at(10, 10, 5) == 1
    assert found.at(9, 10, 4) == 0
    assert found.at(30, 30, 5) is None


def test_of_handles_on_one_another_the_chosen_is_meant() -> None:
    found = placed([[10, 10], [10.5, 10], [17, 10]], [False] * 3)
    assert found.at(10, 10, 10) == 0
    assert found.at(10, 10, 10, preferred=1) == 1
    assert found.at(10, 10, 10, preferred=2) == 0


def test_whom_a_correction_is_of() -> None:
    subject = np.array([-1, -1, 1, 1, -1, 0, -1])
    assert [nearest_subject(subject, n) for n in range(7)] == [1, 1, 1, 1, 1, 0, 0]
    assert nearest_subject(np.full(3, -1), 1) == -1


@pytest.mark.parametrize(
    ("frame", "ends"),
    [
        (5, None),
        (10, (10, 20)),
        (15, (10, 20)),
        (20, (10, 20)),
        (21, (20, 30)),
        (30, (20, 30)),
        (31, None),
    ],
)
def test_between_which_frames(frame: int, ends: tuple[int, int] | None) -> None:
    assert frames_around([10, 20, 30], frame) == ends
    assert frames_around([], frame) is None


def test_who_else_is_meant() -> None:
    keypoints = np.zeros((4, 4, 2, 2))
    keypoints[:, 1], keypoints[:, 2], keypoints[:, 3] = 50, 20, 90
    scores = np.ones((4, 4, 2))
    scores[:2, 2] = 0
    scores[2:, 1] = 0
    poses = PoseSequence(keypoints, scores, "s", SIZE)
    assert nearest_person(poses, 0, 0, (0, 1)) == 1
    assert nearest_person(poses, 0, 3, (3, 4)) == 2
    assert nearest_person(poses, 0, 0, (0, 4)) == 1
    alone = PoseSequence(keypoints[:, :1], scores[:, :1], "s", SIZE)
    assert nearest_person(alone, 0, 0, (0, 4)) == -1


def source(corrections: tuple[Correction, ...] = ()) -> PoseOverlay:
    poses = moving()
    made = PoseOverlay(poses, np.zeros(T, int), BONES)
    if corrections:
        made.follow(corrections)
    return made


def test_an_overlay_follows_corrections_at_once() -> None:
    made = source()
    before = made.at(3)
    assert before is not None
    made.follow((PlacedKeypoint(3, 0, 2, 60.0, 60.0), SideSwap(4, 6, 0)))
    after, swapped = made.at(3), made.at(5)
    assert after is not None
    assert swapped is not None
    assert after.keypoints[0, 2].tolist() == [60, 60]
    assert swapped.keypoints[0, 0].tolist() == [15, 50]
    marks = made.handles_at(3).marks, made.handles_at(5).marks
    assert marks[0].tolist() == [0, 0, PLACED]
    assert marks[1].tolist() == [CHANGED, CHANGED, 0]
    made.follow(())
    again = made.at(3)
    assert again is not None
    np.testing.assert_array_equal(again.keypoints, before.keypoints)


def test_outside_of_the_video_there_are_no_handles() -> None:
    assert source().handles_at(T) is None
    assert source().handles_at(-1) is None


def painted(found: Handles, **pointed: int) -> QImage:
    image = QImage(*SIZE, QImage.Format.Format_RGB32)
    image.fill(QColor(90, 90, 90))
    place = Placement(1.0, 0.0, 0.0, *SIZE)
    painter = QPainter(image)
    chosen, hovered = pointed.get("chosen"), pointed.get("hovered")
    paint_handles(painter, found, BONES, place, chosen, hovered, pointed.get("held"))
    painter.end()
    return image


def colour(image: QImage, x: float, y: float) -> tuple[int, int, int]:
    pixel = image.pixelColor(QPointF(x, y).toPoint())
    return pixel.red(), pixel.green(), pixel.blue()


@pytest.mark.usefixtures("qapp")
def test_what_is_there_is_filled_a_ghost_is_hollow_and_a_correction_has_a_ring() -> (
    None
):
    points = [[30.0, 30.0], [80.0, 30.0], [130.0, 30.0]]
    found = placed(points, [False, True, False])
    image = painted(found)
    left, grey = QColor(COLOURS["left"]), (90, 90, 90)
    assert colour(image, 30, 30) == (left.red(), left.green(), left.blue())
    assert colour(image, 80, 30) == grey
    assert colour(image, 138.5, 30) == grey
    found.marks[2] = PLACED
    assert min(colour(painted(found), 138, 30)) > 150
    # Under the handle that is held the picture is to be seen.
    assert colour(painted(found, chosen=0, held=0), 34, 30) == grey


@pytest.mark.usefixtures("qapp")
def test_the_handle_under_the_pointer_is_named() -> None:
    found = placed([[30.0, 60.0], [80.0, 60.0], [130.0, 60.0]], [False] * 3)
    plain, named = painted(found), painted(found, hovered=1)
    tag = [(x, 45) for x in range(96, 120)]
    assert any(colour(named, *at) != colour(plain, *at) for at in tag)

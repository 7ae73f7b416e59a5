"""Keypoints are corrected by mouse and keys in the real window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.views.picture.handles import Handles
from app.window.project_window import ProjectWindow
from skelseg_core.formats.poses_npz import load_poses, save_poses
from skelseg_core.poses.corrections import (
    PLACED,
    Correction,
    Interpolation,
    PersonSwap,
    PlacedKeypoint,
    SideSwap,
)
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.project.folder import ProjectFolder
from tests.app.windows import action, move_pointer, trigger
from tests.e2e.conftest import Opener
from tests.e2e.test_loop import annotation
from tests.poses_only import make_poses_project, waving

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE = Qt.KeyboardModifier.NoModifier
LCR = load_skeleton("lcrnet15")
WRIST = LCR.keypoints.index("left_wrist")
OTHER = LCR.keypoints.index("right_wrist")


def seek(qtbot: QtBot, project_window: ProjectWindow, frame: int) -> None:
    project_window.player.seek(frame)
    qtbot.waitUntil(
        lambda: (
            project_window.session.frame == frame
            and project_window.player.picture.frame == frame
        ),
        timeout=20_000,
    )


def corrections(project_window: ProjectWindow) -> tuple[Correction, ...]:
    return project_window.document.project.track(
        project_window.session.track_id
    ).video.corrections


def handles(project_window: ProjectWindow) -> Handles:
    found = project_window.docks.video.tool.handles
    assert found is not None
    return found


def handle(project_window: ProjectWindow, keypoint: int) -> QPoint:
    """Where the handle of a keypoint is on the widget."""
    return on_view(project_window, *handles(project_window).points[keypoint])


def on_view(project_window: ProjectWindow, x: float, y: float) -> QPoint:
    place = project_window.docks.video.placement
    assert place is not None
    return QPointF(*place.to_widget(np.array([x, y]))).toPoint()


def grip(
    project_window: ProjectWindow, keypoint: int, to: tuple[float, float]
) -> QPoint:
    """Press on a handle and move it there, without letting go."""
    view, begin, end = (
        project_window.docks.video,
        handle(project_window, keypoint),
        on_view(project_window, *to),
    )
    move_pointer(view, begin)
    QTest.mousePress(view, LEFT, NONE, begin)
    for share in (0.3, 0.7, 1.0):
        move_pointer(view, begin + (end - begin) * share)
    move_pointer(view, end)
    return end


def drag(project_window: ProjectWindow, keypoint: int, to: tuple[float, float]) -> None:
    QTest.mouseRelease(
        project_window.docks.video, LEFT, NONE, grip(project_window, keypoint, to)
    )


def shown_at(project_window: ProjectWindow, keypoint: int) -> np.ndarray:
    """Where the picture draws a keypoint of the subject in this frame."""
    overlay = project_window.docks.video.people()
    assert overlay is not None
    return np.asarray(overlay.keypoints[max(0, overlay.subject), keypoint])


def reach(project_window: ProjectWindow) -> float:
    """A pixel of the screen in px of the picture, with some to spare."""
    place = project_window.docks.video.placement
    assert place is not None
    return 1.5 / place.scale + 0.01


@pytest.fixture
def project_window(qtbot: QtBot, opener: Opener, tmp_path: Path) -> ProjectWindow:
    """A recording of poses alone, two people, in frame 20, ready to be corrected."""
    folder = make_poses_project(tmp_path / "p")
    one = waving()
    keypoints = np.concatenate([one.keypoints, one.keypoints * 0.5 + (180, 20)], axis=1)
    scores = np.concatenate([one.scores, one.scores * 0.9], axis=1)
    two = PoseSequence(keypoints, scores, "lcrnet15", one.size, "made by hand")
    save_poses(folder.poses_path("new"), two, "poses-new")
    made = opener(folder.root)
    qtbot.waitUntil(
        lambda: made.services.labelling.keypoint_editor.can_correct, timeout=20_000
    )
    seek(qtbot, made, 20)
    QTest.keyClick(made.window, "c")
    assert made.session.correcting
    return made


def test_a_drag_moves_a_keypoint_and_is_one_step(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    before = project_window.document.project
    drag(project_window, WRIST, (100.0, 180.0))
    (point,) = corrections(project_window)
    assert (point.frame, point.person, point.keypoint) == (20, 0, WRIST)
    assert (point.x, point.y) == pytest.approx((100, 180), abs=reach(project_window))
    # The picture shows it at once, before anything is read or computed.
    np.testing.assert_allclose(
        shown_at(project_window, WRIST), (point.x, point.y), atol=0.01
    )
    assert handles(project_window).marks[WRIST] == PLACED
    assert project_window.session.keypoint == WRIST
    assert project_window.document.undo_stack.count() == 1
    trigger(project_window, "undo")
    assert project_window.document.project == before
    assert shown_at(project_window, WRIST) == pytest.approx(
        waving().keypoints[20, 0, WRIST], abs=0.1
    )
    trigger(project_window, "redo")
    assert corrections(project_window) == (point,)
    qtbot.waitUntil(lambda: not project_window.jobs.running, timeout=20_000)
    np.testing.assert_allclose(
        shown_at(project_window, WRIST), (point.x, point.y), atol=0.01
    )


def test_escape_lets_go_and_other_keys_wait(project_window: ProjectWindow) -> None:
    end = grip(project_window, WRIST, (100.0, 180.0))
    view = project_window.docks.video
    QTest.keyClick(view, "1")
    QTest.keyClick(view, "c")
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.tool.dragging
    assert project_window.session.correcting
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert not view.tool.dragging
    QTest.mouseRelease(view, LEFT, NONE, end)
    assert corrections(project_window) == ()
    assert project_window.document.undo_stack.count() == 0
    assert project_window.session.frame == 20
    assert shown_at(project_window, WRIST) == pytest.approx(
        waving().keypoints[20, 0, WRIST], abs=0.1
    )


def test_a_click_beside_the_handles_is_no_choice_of_the_subject(
    project_window: ProjectWindow,
) -> None:
    amid = on_view(project_window, 160.0, 145.0)
    before = project_window.document.project
    QTest.mouseClick(project_window.docks.video, LEFT, NONE, amid)
    assert project_window.document.project is before
    clicked: list[int] = []
    project_window.docks.video.person_clicked.connect(clicked.append)
    QTest.keyClick(project_window.window, "c")
    QTest.mouseClick(project_window.docks.video, LEFT, NONE, amid)
    assert clicked == [0], "as without the mode"
    assert project_window.document.project is before, (
        "who is the subject already is not chosen"
    )


@pytest.mark.parametrize("by", ["key over it", "key when chosen"])
def test_a_keypoint_is_not_to_be_seen_and_comes_back_by_its_ghost(
    project_window: ProjectWindow, qtbot: QtBot, by: str
) -> None:
    view, at = project_window.docks.video, handle(project_window, WRIST)
    move_pointer(view, QPoint(2, 2))
    if by == "key over it":
        move_pointer(view, at)
        assert view.pointed_keypoint == WRIST
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Delete)
    else:
        QTest.mouseClick(view, LEFT, NONE, at)
        move_pointer(view, QPoint(2, 2))
        assert view.mode_text() == "left wrist chosen: Del missing, Shift+I line"
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Delete)
    assert corrections(project_window) == (PlacedKeypoint(20, 0, WRIST),)
    assert np.isnan(shown_at(project_window, WRIST)).all()
    assert handles(project_window).ghost[WRIST]
    qtbot.waitUntil(lambda: not project_window.jobs.running, timeout=20_000)
    # Where it was the frame before.
    np.testing.assert_allclose(
        handles(project_window).points[WRIST],
        waving().keypoints[19, 0, WRIST],
        atol=0.1,
    )
    drag(project_window, WRIST, (110.0, 150.0))
    (point,) = corrections(project_window)
    assert (point.x, point.y) == pytest.approx((110, 150), abs=reach(project_window))
    assert not handles(project_window).ghost[WRIST]


def test_a_drag_pauses_and_is_of_the_frame_that_is_seen(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    project_window.player.set_rate(0.5)
    project_window.player.play()
    qtbot.waitUntil(lambda: project_window.session.frame > 21, timeout=20_000)
    drag(project_window, WRIST, (100.0, 180.0))
    assert not project_window.player.playing
    (point,) = corrections(project_window)
    assert (
        point.frame
        == project_window.session.frame
        == project_window.player.picture.frame
    )


def test_delete_takes_the_keypoint_away_wherever_the_pointer_is(
    project_window: ProjectWindow,
) -> None:
    view, timeline = project_window.docks.video, project_window.docks.timeline
    QTest.keyClick(project_window.window, "s")
    move_pointer(view, handle(project_window, WRIST))
    QTest.mouseClick(view, LEFT, NONE, handle(project_window, WRIST))
    move_pointer(timeline, QPoint(300, 60))
    assert view.mode_text() == "left wrist chosen: Del missing, Shift+I line"
    before = annotation(project_window)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Delete)
    assert len(corrections(project_window)) == 1
    assert annotation(project_window) == before
    assert not action(project_window, "absorb").isEnabled()


def test_swaps_of_the_marked_frames_twice_are_nothing(
    project_window: ProjectWindow,
) -> None:
    left = shown_at(project_window, WRIST)
    for key in ("S", "E"):
        project_window.session.set_range(10, 30)
        QTest.keyClick(project_window.window, key, Qt.KeyboardModifier.ShiftModifier)
        assert project_window.session.range_in is None, (
            "a range that was used is at its end"
        )
    assert corrections(project_window) == (
        SideSwap(10, 30, 0),
        PersonSwap(10, 30, 0, 1),
    )
    trigger(project_window, "undo")
    np.testing.assert_array_equal(shown_at(project_window, OTHER), left)
    project_window.session.set_range(10, 30)
    trigger(project_window, "swap-sides")
    assert corrections(project_window) == ()
    np.testing.assert_array_equal(shown_at(project_window, WRIST), left)


def test_corrections_are_removed_where_they_are(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    assert not action(project_window, "restore").isEnabled()
    drag(project_window, WRIST, (100.0, 180.0))
    seek(qtbot, project_window, 25)
    drag(project_window, OTHER, (200.0, 180.0))
    (first, _) = corrections(project_window)
    trigger(project_window, "restore")
    assert corrections(project_window) == (first,)
    project_window.session.set_range(0, 80)
    trigger(project_window, "restore")
    assert corrections(project_window) == ()


# -- the whole way ------------------------------------------------------------------

COCO = load_skeleton("coco17")
HAND = COCO.keypoints.index("right_wrist")
FIRST, LAST = 163, 182


def made_wrong(folder: ProjectFolder, video: str) -> np.ndarray:
    """Put a wrist amid the trunk for twenty frames; where it belongs, (T, 2) px."""
    path = folder.poses_path(video)
    poses = load_poses(path)
    keypoints = poses.keypoints.copy()
    right = keypoints[:, 0, HAND].copy()
    trunk = [k for k, n in enumerate(COCO.keypoints) if n.endswith(("hip", "der"))]
    twenty = slice(FIRST, LAST + 1)
    keypoints[twenty, 0, HAND] = keypoints[twenty, 0, trunk].mean(axis=1)
    item = folder.load().track(video)
    wrong = PoseSequence(
        keypoints, poses.scores, poses.skeleton, poses.size, poses.estimator
    )
    save_poses(path, wrong, item.video.fingerprint)
    return right


def test_a_wrong_wrist_over_twenty_frames(
    qtbot: QtBot, opener: Opener, demo_root: Path
) -> None:
    folder = ProjectFolder(demo_root)
    right = made_wrong(folder, "ben-2")
    project_window = opener(demo_root)
    video = project_window.session.track_id
    assert video == "ben-2"
    qtbot.waitUntil(
        lambda: project_window.services.labelling.keypoint_editor.can_correct,
        timeout=20_000,
    )
    # Two drags and an interpolation.
    QTest.keyClick(project_window.window, "c")
    for frame in (FIRST, LAST):
        seek(qtbot, project_window, frame)
        drag(project_window, HAND, tuple(right[frame]))
    QTest.keyClick(project_window.window, "I", Qt.KeyboardModifier.ShiftModifier)
    done = corrections(project_window)
    assert [type(c) for c in done] == [PlacedKeypoint, PlacedKeypoint, Interpolation]

    for _ in range(3):
        trigger(project_window, "undo")
    assert corrections(project_window) == ()
    for _ in range(3):
        trigger(project_window, "redo")
    assert corrections(project_window) == done
    middle = (FIRST + LAST) // 2
    seek(qtbot, project_window, middle)
    line = right[FIRST] + (right[LAST] - right[FIRST]) * (middle - FIRST) / 19
    assert shown_at(project_window, HAND) == pytest.approx(
        line, abs=2 * reach(project_window)
    )

    with qtbot.waitSignal(project_window.document.saved, timeout=20_000):
        trigger(project_window, "save")
    opener.close(project_window.window)
    estimate = folder.poses_path(video).read_bytes()

    again = opener(demo_root)
    again.session.set_video(video)
    qtbot.waitUntil(
        lambda: again.services.labelling.keypoint_editor.can_correct, timeout=20_000
    )
    assert corrections(again) == done
    assert folder.poses_path(video).read_bytes() == estimate, "as it was estimated"

"""Keypoints are corrected by mouse and keys in the real window."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.services.jobs import Job
from app.views.picture.handles import Handles
from app.window.project_window import Desk
from skelseg_core.formats.poses_npz import load_poses, save_poses
from skelseg_core.poses.corrections import (
    CHANGED,
    PLACED,
    Correction,
    Interpolation,
    PersonSwap,
    Point,
    SideSwap,
)
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeleton import load_skeleton
from skelseg_core.project.folder import ProjectFolder
from tests.e2e.conftest import Opener
from tests.e2e.test_loop import annotation
from tests.poses_only import STANDING, make_poses_project, waving

LONG = 180_000
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE = Qt.KeyboardModifier.NoModifier
LCR = load_skeleton("lcrnet15")
WRIST = LCR.keypoints.index("left_wrist")
OTHER = LCR.keypoints.index("right_wrist")


def trigger(desk: Desk, action: str) -> None:
    found = desk.window.findChild(QAction, action)
    assert found is not None
    assert found.isEnabled(), f"{action} is not enabled"
    found.trigger()


def enabled(desk: Desk, action: str) -> bool:
    found = desk.window.findChild(QAction, action)
    assert found is not None
    return found.isEnabled()


def seek(qtbot: QtBot, desk: Desk, frame: int) -> None:
    desk.player.seek(frame)
    qtbot.waitUntil(
        lambda: desk.session.frame == frame and desk.player.picture.frame == frame,
        timeout=20_000,
    )


def corrections(desk: Desk) -> tuple[Correction, ...]:
    return desk.document.project.video(desk.session.video_id).corrections


def handles(desk: Desk) -> Handles:
    found = desk.panels.video._tool.handles
    assert found is not None
    return found


def handle(desk: Desk, keypoint: int) -> QPoint:
    """Where the handle of a keypoint is on the widget."""
    return on_view(desk, *handles(desk).points[keypoint])


def on_view(desk: Desk, x: float, y: float) -> QPoint:
    place = desk.panels.video.placement
    assert place is not None
    return QPointF(*place.to_widget(np.array([x, y]))).toPoint()


def grip(desk: Desk, keypoint: int, to: tuple[float, float]) -> QPoint:
    """Press on a handle and move it there, without letting go."""
    view, begin, end = desk.panels.video, handle(desk, keypoint), on_view(desk, *to)
    QTest.mouseMove(view, begin)
    QTest.mousePress(view, LEFT, NONE, begin)
    for share in (0.3, 0.7, 1.0):
        QTest.mouseMove(view, begin + (end - begin) * share)
    QTest.mouseMove(view, end)
    return end


def drag(desk: Desk, keypoint: int, to: tuple[float, float]) -> None:
    QTest.mouseRelease(desk.panels.video, LEFT, NONE, grip(desk, keypoint, to))


def shown_at(desk: Desk, keypoint: int) -> np.ndarray:
    """Where the picture draws a keypoint of the subject in this frame."""
    overlay = desk.panels.video._people()
    assert overlay is not None
    return np.asarray(overlay.keypoints[max(0, overlay.subject), keypoint])


def reach(desk: Desk) -> float:
    """A pixel of the screen in px of the picture, with some to spare."""
    place = desk.panels.video.placement
    assert place is not None
    return 1.5 / place.scale + 0.01


@pytest.fixture
def desk(qtbot: QtBot, opener: Opener, tmp_path: Path) -> Desk:
    """A recording of poses alone, two people, in frame 20, ready to be corrected."""
    folder = make_poses_project(tmp_path / "p")
    one = waving()
    keypoints = np.concatenate([one.keypoints, one.keypoints * 0.5 + (180, 20)], axis=1)
    scores = np.concatenate([one.scores, one.scores * 0.9], axis=1)
    two = PoseSequence(keypoints, scores, "lcrnet15", one.size, "made by hand")
    save_poses(folder.poses_path("new"), two, "poses-new")
    made = opener(folder.root)
    qtbot.waitUntil(lambda: made.correcting.can_correct, timeout=20_000)
    seek(qtbot, made, 20)
    QTest.keyClick(made.window, "c")
    assert made.session.correcting
    return made


def test_a_drag_moves_a_keypoint_and_is_one_step(desk: Desk, qtbot: QtBot) -> None:
    before = desk.document.project
    drag(desk, WRIST, (100.0, 180.0))
    (point,) = corrections(desk)
    assert (point.frame, point.person, point.keypoint) == (20, 0, WRIST)
    assert (point.x, point.y) == pytest.approx((100, 180), abs=reach(desk))
    # The picture shows it at once, before anything is read or computed.
    np.testing.assert_allclose(shown_at(desk, WRIST), (point.x, point.y), atol=0.01)
    assert handles(desk).marks[WRIST] == PLACED
    assert desk.session.keypoint == WRIST
    assert desk.document.undo_stack.count() == 1
    trigger(desk, "undo")
    assert desk.document.project == before
    assert shown_at(desk, WRIST) == pytest.approx(
        waving().keypoints[20, 0, WRIST], abs=0.1
    )
    trigger(desk, "redo")
    assert corrections(desk) == (point,)
    qtbot.waitUntil(lambda: not desk.jobs.running, timeout=20_000)
    np.testing.assert_allclose(shown_at(desk, WRIST), (point.x, point.y), atol=0.01)


def test_while_it_is_dragged_the_skeleton_follows(desk: Desk) -> None:
    end = grip(desk, WRIST, (100.0, 180.0))
    view = desk.panels.video
    draft = view.draft(view._people())
    assert draft is not None
    to = draft.keypoints[0, WRIST]
    assert tuple(to) == pytest.approx((100, 180), abs=reach(desk))
    assert corrections(desk) == ()
    QTest.mouseRelease(view, LEFT, NONE, end)
    assert view.draft(view._people()) is None


def test_escape_lets_go_and_other_keys_wait(desk: Desk) -> None:
    end = grip(desk, WRIST, (100.0, 180.0))
    view = desk.panels.video
    QTest.keyClick(view, "1")
    QTest.keyClick(view, "c")
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view._tool.dragging
    assert desk.session.correcting
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert not view._tool.dragging
    QTest.mouseRelease(view, LEFT, NONE, end)
    assert corrections(desk) == ()
    assert desk.document.undo_stack.count() == 0
    assert desk.session.frame == 20
    assert shown_at(desk, WRIST) == pytest.approx(
        waving().keypoints[20, 0, WRIST], abs=0.1
    )


def test_a_click_only_chooses(desk: Desk) -> None:
    QTest.mouseClick(desk.panels.video, LEFT, NONE, handle(desk, OTHER))
    assert desk.session.keypoint == OTHER
    assert corrections(desk) == ()


def test_a_click_beside_the_handles_is_no_choice_of_the_subject(desk: Desk) -> None:
    amid = on_view(desk, 160.0, 145.0)
    before = desk.document.project
    QTest.mouseClick(desk.panels.video, LEFT, NONE, amid)
    assert desk.document.project is before
    clicked: list[int] = []
    desk.panels.video.person_clicked.connect(clicked.append)
    QTest.keyClick(desk.window, "c")
    QTest.mouseClick(desk.panels.video, LEFT, NONE, amid)
    assert clicked == [0], "as without the mode"
    assert desk.document.project is before, "who is the subject already is not chosen"


def test_without_the_mode_a_drag_on_a_keypoint_changes_nothing(desk: Desk) -> None:
    at = handle(desk, WRIST)
    QTest.keyClick(desk.window, "c")
    view = desk.panels.video
    QTest.mousePress(view, LEFT, NONE, at)
    QTest.mouseMove(view, at + QPoint(40, 10))
    QTest.mouseRelease(view, LEFT, NONE, at + QPoint(40, 10))
    QTest.mouseClick(view, RIGHT, NONE, at)
    assert corrections(desk) == ()
    assert not enabled(desk, "keypoint-gone")
    assert enabled(desk, "absorb"), "the key deletes segments again"


@pytest.mark.parametrize("by", ["key over it", "key when chosen"])
def test_a_keypoint_is_not_to_be_seen_and_comes_back_by_its_ghost(
    desk: Desk, qtbot: QtBot, by: str
) -> None:
    view, at = desk.panels.video, handle(desk, WRIST)
    QTest.mouseMove(view, QPoint(2, 2))
    if by == "key over it":
        QTest.mouseMove(view, at)
        assert view.pointed_keypoint == WRIST
        QTest.keyClick(desk.window, Qt.Key.Key_Delete)
    else:
        QTest.mouseClick(view, LEFT, NONE, at)
        QTest.mouseMove(view, QPoint(2, 2))
        assert view._mode() == "left wrist chosen: Del missing, Shift+I line"
        QTest.keyClick(desk.window, Qt.Key.Key_Delete)
    assert corrections(desk) == (Point(20, 0, WRIST),)
    assert np.isnan(shown_at(desk, WRIST)).all()
    assert handles(desk).ghost[WRIST]
    qtbot.waitUntil(lambda: not desk.jobs.running, timeout=20_000)
    # Where it was the frame before.
    np.testing.assert_allclose(
        handles(desk).points[WRIST], waving().keypoints[19, 0, WRIST], atol=0.1
    )
    drag(desk, WRIST, (110.0, 150.0))
    (point,) = corrections(desk)
    assert (point.x, point.y) == pytest.approx((110, 150), abs=reach(desk))
    assert not handles(desk).ghost[WRIST]


def test_a_frame_where_nobody_was_found_is_filled(desk: Desk, qtbot: QtBot) -> None:
    seek(qtbot, desk, 5)
    assert handles(desk).ghost.all()
    drag(desk, WRIST, (110.0, 150.0))
    qtbot.waitUntil(lambda: not desk.jobs.running, timeout=20_000)
    overlay = desk.panels.video._people()
    assert overlay is not None
    assert overlay.subject == 0
    assert overlay.seen[0].nonzero()[0].tolist() == [WRIST]


def test_a_drag_pauses_and_is_of_the_frame_that_is_seen(
    desk: Desk, qtbot: QtBot
) -> None:
    desk.player.set_rate(0.5)
    desk.player.play()
    qtbot.waitUntil(lambda: desk.session.frame > 21, timeout=20_000)
    drag(desk, WRIST, (100.0, 180.0))
    assert not desk.player.playing
    (point,) = corrections(desk)
    assert point.frame == desk.session.frame == desk.player.picture.frame


def test_delete_is_the_timelines_with_the_pointer_on_it(desk: Desk) -> None:
    view, timeline = desk.panels.video, desk.panels.timeline
    QTest.keyClick(desk.window, "s")
    QTest.mouseMove(view, handle(desk, WRIST))
    QTest.mouseClick(view, LEFT, NONE, handle(desk, WRIST))
    QTest.mouseMove(timeline, QPoint(300, 60))
    assert view._mode() == "left wrist chosen: Shift+I line"
    before = len(annotation(desk))
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Delete)
    assert corrections(desk) == ()
    assert len(annotation(desk)) == before - 1
    QApplication.processEvents()
    trigger(desk, "undo")
    keypad = Qt.KeyboardModifier.KeypadModifier
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Delete, keypad)
    assert len(annotation(desk)) == before - 1, "the key of the number pad, too"
    QApplication.processEvents()
    assert all(enabled(desk, i) for i in ("keypoint-gone", "absorb")), "in the menus"


def test_a_right_click_edits_nothing(desk: Desk, qtbot: QtBot) -> None:
    view, before = desk.panels.video, desk.document.project
    at = handle(desk, WRIST)
    QTest.mouseMove(view, at)
    QTest.mouseClick(view, RIGHT, NONE, at)
    by_mouse = QContextMenuEvent.Reason.Mouse
    asked = QContextMenuEvent(by_mouse, at, view.mapToGlobal(at))
    QApplication.sendEvent(view, asked)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert desk.document.project is before
    assert menu.actions()[0].text() == "left wrist", "what the rows are about"
    menu.close()


def test_swaps_of_the_marked_frames_twice_are_nothing(desk: Desk) -> None:
    left = shown_at(desk, WRIST)
    for key in ("S", "E"):
        desk.session.set_range(10, 30)
        QTest.keyClick(desk.window, key, Qt.KeyboardModifier.ShiftModifier)
        assert desk.session.range_in is None, "a range that was used is at its end"
    assert corrections(desk) == (SideSwap(10, 30, 0), PersonSwap(10, 30, 0, 1))
    trigger(desk, "undo")
    np.testing.assert_array_equal(shown_at(desk, OTHER), left)
    desk.session.set_range(10, 30)
    trigger(desk, "swap-sides")
    assert corrections(desk) == ()
    np.testing.assert_array_equal(shown_at(desk, WRIST), left)


def test_without_marks_a_swap_is_of_this_frame(desk: Desk) -> None:
    trigger(desk, "swap-sides")
    assert corrections(desk) == (SideSwap(20, 21, 0),)


def test_corrections_are_removed_where_they_are(desk: Desk, qtbot: QtBot) -> None:
    assert not enabled(desk, "restore")
    drag(desk, WRIST, (100.0, 180.0))
    seek(qtbot, desk, 25)
    drag(desk, OTHER, (200.0, 180.0))
    (first, _) = corrections(desk)
    trigger(desk, "restore")
    assert corrections(desk) == (first,)
    desk.session.set_range(0, 80)
    trigger(desk, "restore")
    assert corrections(desk) == ()


def test_what_cannot_be_interpolated_is_said(
    desk: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    desk.operations.problem.connect(told.append)
    assert not enabled(desk, "keypoint-line"), "no keypoint is chosen"
    drag(desk, WRIST, (100.0, 180.0))
    trigger(desk, "keypoint-line")
    assert "not corrected both before and after this frame" in told[-1]
    seek(qtbot, desk, 21)
    drag(desk, WRIST, (104.0, 180.0))
    trigger(desk, "keypoint-line")
    assert "no frame between 20 and 21" in told[-1]
    assert len(corrections(desk)) == 2


def test_a_line_between_the_nearest_corrected_frames(desk: Desk, qtbot: QtBot) -> None:
    for frame, to in ((10, (100.0, 100.0)), (20, (140.0, 180.0)), (30, (100.0, 180.0))):
        seek(qtbot, desk, frame)
        drag(desk, WRIST, to)
    seek(qtbot, desk, 15)
    QTest.keyClick(desk.window, "I", Qt.KeyboardModifier.ShiftModifier)
    assert corrections(desk)[-1] == Interpolation(10, 20, 0, WRIST)
    assert handles(desk).marks[WRIST] == CHANGED
    assert shown_at(desk, WRIST) == pytest.approx((120, 140), abs=2 * reach(desk))
    # At the last of them it is the one before it that is meant.
    seek(qtbot, desk, 30)
    trigger(desk, "keypoint-line")
    assert corrections(desk)[-1] == Interpolation(20, 30, 0, WRIST)


def test_another_video_has_its_own_corrections(desk: Desk, qtbot: QtBot) -> None:
    drag(desk, WRIST, (100.0, 180.0))
    desk.session.set_video("old")
    qtbot.waitUntil(lambda: desk.player.picture is not None, timeout=20_000)
    qtbot.waitUntil(lambda: desk.correcting.can_correct, timeout=20_000)
    assert desk.session.keypoint is None
    seek(qtbot, desk, 20)
    np.testing.assert_allclose(
        shown_at(desk, WRIST), waving().keypoints[20, 0, WRIST], atol=0.1
    )
    assert STANDING.shape == (15, 2)


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
    item = folder.load().video(video)
    wrong = PoseSequence(
        keypoints, poses.scores, poses.skeleton, poses.size, poses.estimator
    )
    save_poses(path, wrong, item.fingerprint)
    return right


def prelabel(qtbot: QtBot, desk: Desk) -> list[str]:
    """Pre-label, and what was said while it ran."""
    steps: list[str] = []
    jobs: list[Job] = []

    def listen(job: Job) -> None:
        if job.title.startswith("Pre-label"):
            jobs.append(job)
            job.progressed.connect(lambda p, _: steps.append(p.step))

    desk.jobs.started.connect(listen)
    trigger(desk, "prelabel")
    qtbot.waitUntil(lambda: bool(jobs), timeout=LONG)
    qtbot.waitUntil(lambda: not jobs[0].running, timeout=LONG)
    desk.jobs.started.disconnect(listen)
    return steps


def made_anew(steps: list[str], video: str) -> dict[str, int]:
    """How many frames' features were made, by what is seen."""
    found = {}
    for step in steps:
        told = re.match(
            rf"(heatmap|picture)\S*.* of {video}: (\d+) of \d+ frames", step
        )
        if told:
            found[told[1]] = int(told[2])
    return found


def test_a_wrong_wrist_over_twenty_frames(
    qtbot: QtBot, opener: Opener, demo_root: Path
) -> None:
    folder = ProjectFolder(demo_root)
    right = made_wrong(folder, "ben-2")
    desk = opener(demo_root)
    video = desk.session.video_id
    assert video == "ben-2"
    qtbot.waitUntil(lambda: desk.correcting.can_correct, timeout=20_000)
    assert made_anew(prelabel(qtbot, desk), video) == {}, "the first time all are made"

    # Two drags and an interpolation.
    QTest.keyClick(desk.window, "c")
    for frame in (FIRST, LAST):
        seek(qtbot, desk, frame)
        drag(desk, HAND, tuple(right[frame]))
    QTest.keyClick(desk.window, "I", Qt.KeyboardModifier.ShiftModifier)
    done = corrections(desk)
    assert [type(c) for c in done] == [Point, Point, Interpolation]

    for _ in range(3):
        trigger(desk, "undo")
    assert corrections(desk) == ()
    for _ in range(3):
        trigger(desk, "redo")
    assert corrections(desk) == done
    middle = (FIRST + LAST) // 2
    seek(qtbot, desk, middle)
    line = right[FIRST] + (right[LAST] - right[FIRST]) * (middle - FIRST) / 19
    assert shown_at(desk, HAND) == pytest.approx(line, abs=2 * reach(desk))

    with qtbot.waitSignal(desk.document.saved, timeout=20_000):
        trigger(desk, "save")
    opener.close(desk.window)
    estimate = folder.poses_path(video).read_bytes()

    again = opener(demo_root)
    again.session.set_video(video)
    qtbot.waitUntil(lambda: again.correcting.can_correct, timeout=20_000)
    assert corrections(again) == done
    counts = made_anew(prelabel(qtbot, again), video)
    assert counts["heatmap"] == LAST - FIRST + 1
    # The square around the subject is smoothed over three frames to either side.
    assert counts["picture"] <= LAST - FIRST + 7
    assert folder.poses_path(video).read_bytes() == estimate, "as it was estimated"

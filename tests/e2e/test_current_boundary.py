"""One boundary that a person is at, for all keys and the mouse, in the real window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QShortcut
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.playback.decoder import Decoder
from app.timeline.layout import HEADER_PX
from app.window.project_window import ProjectWindow
from skelseg_core.labels.segmentation import Segmentation
from tests.acts import COMMANDS
from tests.app.predicted import show_prediction
from tests.app.windows import move_pointer
from tests.e2e.conftest import Opener
from tests.poses_only import make_poses_project

Key = Qt.Key
NONE, ALT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.AltModifier
WALK, REACH, CARRY = "walk", "reach", "carry"


class Reviewer:
    """A window on a recording of 80 frames, 8 per second, pre-labelled in four."""

    def __init__(self, project_window: ProjectWindow, qtbot: QtBot) -> None:
        self.project_window, self.qtbot = project_window, qtbot
        ids = [c.id for c in project_window.document.project.label_map.classes]
        self.walk, self.reach, self.carry = ids[:3]
        self.begin()

    def begin(self) -> None:
        """The four segments as the model said them, and the playhead at the start."""
        project_window = self.project_window
        walk, reach, carry = self.walk, self.reach, self.carry
        labels = [walk] * 20 + [reach] * 20 + [walk] * 10 + [carry] * 30
        value = Segmentation.from_frames(labels, "model")
        project_window.document.edit_lane("Begin", "old", lambda _: value)
        project_window.document.undo_stack.clear()
        project_window.player.pause()
        project_window.player.seek(0)
        self.arrive()

    @property
    def annotation(self) -> Segmentation:
        return self.project_window.document.project.track("old").annotation

    @property
    def cuts(self) -> list[int]:
        return [int(c) for c in self.annotation.boundaries]

    @property
    def names(self) -> list[str]:
        name_of = self.project_window.document.project.label_map.name_of
        return [name_of(s.class_id) for s in self.annotation.segments]

    @property
    def at(self) -> int | None:
        """The boundary one is at: keys, picture and loupe agree on it; None without."""
        frame, cut = (
            self.project_window.services.labelling.segment_editor.boundary.frame,
            self.project_window.docks.loupe.cut(),
        )
        assert cut is not None
        assert (cut.frame if cut.is_boundary else None) == frame
        if not self.project_window.player.playing:
            assert frame in (None, self.project_window.player.target)
        return frame

    @property
    def said(self) -> str:
        return self.project_window.docks.messages.text.text()

    def key(self, key: Qt.Key | str, keys: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(self.project_window.docks.timeline, key, keys)

    def arrive(self) -> None:
        player = self.project_window.player
        self.qtbot.waitUntil(lambda: self.project_window.session.frame == player.target)

    def click_in_loupe(self, frame: int, keys: Qt.KeyboardModifier = NONE) -> None:
        loupe = self.project_window.docks.loupe
        cell = loupe.cells()[frame - loupe.shown().start]
        button = Qt.MouseButton.LeftButton
        QTest.mouseClick(loupe, button, keys, cell.center().toPoint())


@pytest.fixture
def reviewer(qtbot: QtBot, opener: Opener, tmp_path: Path) -> Reviewer:
    project_window = opener(make_poses_project(tmp_path / "p").root)
    project_window.session.set_video("old")
    qtbot.waitUntil(lambda: project_window.player.info is not None, timeout=20_000)
    qtbot.waitUntil(lambda: project_window.player.picture is not None, timeout=20_000)
    project_window.window.activateWindow()
    project_window.docks.timeline.setFocus()
    qtbot.waitUntil(lambda: not project_window.jobs.running, timeout=20_000)
    return Reviewer(project_window, qtbot)


def test_return_goes_on_what_corrects_follows_and_undo_goes_back(
    reviewer: Reviewer,
) -> None:
    table = reviewer.project_window.commands
    held = {act.id for act in COMMANDS if table[act.id].autoRepeat()}
    moves = {"nudge-left", "nudge-right", "move-left", "move-right"}
    assert held == {"undo", "redo"} | moves, "a held key edits nothing unseen"
    assert {"boundary-next", "next"} <= {e.id for e in table.all if e.repeats}
    keys = reviewer.project_window.window.findChildren(QShortcut)
    assert {"1", "0"} <= {k.key().toString() for k in keys}
    assert not any(k.autoRepeat() for k in keys), "nor does that of a class"
    named = {e.id for e in table.all}
    assert {"unlabel", "copy-lane", "swap-sides", "split", "remove"} <= named - held
    assert reviewer.at is None
    reviewer.key(Key.Key_Down)
    assert reviewer.at == 20
    reviewer.key(Key.Key_Right, ALT)
    assert (reviewer.at, reviewer.cuts) == (21, [21, 40, 50])
    reviewer.key(Key.Key_Return)
    assert reviewer.at == 40, "the next one is the one that is meant now"
    assert reviewer.annotation.segments[1].reviewed
    reviewer.key(Key.Key_Left, ALT)
    assert (reviewer.at, reviewer.cuts) == (39, [21, 39, 50])
    reviewer.arrive()
    reviewer.click_in_loupe(42)
    assert (reviewer.at, reviewer.cuts) == (42, [21, 42, 50])
    reviewer.key(Key.Key_Return)
    assert reviewer.at == 50
    reviewer.key(Key.Key_BracketRight)
    assert (reviewer.at, reviewer.cuts) == (51, [21, 42, 51])
    reviewer.key(Key.Key_Return)
    assert reviewer.at is None, "after the last segment there is no boundary"
    assert reviewer.project_window.player.target == 79
    assert "last segment" in reviewer.said
    reviewer.key(Key.Key_Up)
    assert reviewer.at == 51
    reviewer.key(Key.Key_Up)
    assert reviewer.at == 42

    # Undo and redo go to where they act, and name it.
    reviewer.begin()
    project_window, ctrl = reviewer.project_window, Qt.KeyboardModifier.ControlModifier
    shift = Qt.KeyboardModifier.ShiftModifier
    reviewer.key(Key.Key_Down)
    reviewer.key(Key.Key_Return)
    reviewer.key(Key.Key_Right, ALT)
    reviewer.key(Key.Key_M)
    assert reviewer.cuts == [20, 50]
    reviewer.key(Key.Key_End)
    reviewer.key(Key.Key_Z, ctrl)
    assert (reviewer.at, reviewer.cuts) == (41, [20, 41, 50]), "it is there again"
    assert reviewer.said == "Undone: Remove boundary (old, frame 41)"
    project_window.session.set_video("new")
    reviewer.key(Key.Key_Z, ctrl)
    assert project_window.session.track_id == "old"
    assert (reviewer.at, reviewer.cuts) == (40, [20, 40, 50])
    reviewer.key(Key.Key_Z, ctrl)
    assert reviewer.at == 20, "where Return was pressed"
    reviewer.key(Key.Key_End)
    reviewer.key(Key.Key_Z, ctrl | shift)
    reviewer.key(Key.Key_Z, ctrl | shift)
    assert reviewer.at == 41
    assert reviewer.said == "Redone: Move boundary (old, frame 41)"
    timeline = project_window.docks.timeline
    timeline.set_view(timeline.view.zoomed(20, 0).centred(70))
    assert not timeline.view.holds(40)
    reviewer.key(Key.Key_Z, ctrl)
    assert timeline.view.holds(40)

    # One click corrects, reviews and goes on.
    reviewer.qtbot.waitUntil(
        lambda: project_window.player.info is not None, timeout=20_000
    )
    reviewer.begin()
    reviewer.key(Key.Key_Down)
    assert reviewer.at == 20
    reviewer.arrive()
    reviewer.click_in_loupe(22, shift)
    assert (reviewer.at, reviewer.cuts) == (40, [22, 40, 50])
    assert reviewer.annotation.segments[1].reviewed
    reviewer.key(Key.Key_Z, ctrl)
    assert not reviewer.annotation.segments[1].reviewed
    reviewer.key(Key.Key_Z, ctrl)
    assert reviewer.cuts == [20, 40, 50]


def test_keys_mean_where_one_went_also_while_its_picture_is_on_its_way(
    reviewer: Reviewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_window, player = reviewer.project_window, reviewer.project_window.player
    with monkeypatch.context() as slow:
        slow.setattr(Decoder, "ask", lambda *_: None)
        reviewer.key(Key.Key_Down)
        reviewer.key(Key.Key_Down)
        assert (player.target, project_window.session.frame) == (40, 0)
        reviewer.key(Key.Key_1)
        assert reviewer.names == [WALK, REACH, WALK, CARRY]
        reviewer.key(Key.Key_Right)
        reviewer.key(Key.Key_S)
        assert reviewer.cuts == [20, 40, 41, 50]
        reviewer.key(Key.Key_M)
        assert reviewer.cuts == [20, 40, 41]
        reviewer.key(Key.Key_Return)
        assert reviewer.annotation.segments[3].reviewed
        reviewer.key(Key.Key_Home)
        reviewer.key(Key.Key_Delete)
        assert reviewer.cuts == [40, 41]
        assert project_window.session.frame == 0


def test_escape_or_going_elsewhere_drops_it_and_playing_around_it_does_not(
    reviewer: Reviewer,
) -> None:
    project_window, player = reviewer.project_window, reviewer.project_window.player

    def end() -> None:
        reviewer.qtbot.waitUntil(lambda: not player.playing, timeout=20_000)
        reviewer.arrive()

    for key in (Key.Key_Escape, Key.Key_Right, Key.Key_End):
        project_window.player.seek(0)
        reviewer.key(Key.Key_Down)
        assert reviewer.at == 20
        reviewer.key(key)
        assert reviewer.at is None
        assert project_window.player.target in project_window.docks.loupe.shown()
        reviewer.key(Key.Key_Left, ALT)
        assert reviewer.cuts == [20, 40, 50]
        assert "No boundary is selected" in reviewer.said
        reviewer.project_window.docks.messages.close_message()
    player.seek(22)
    reviewer.key(Key.Key_D)
    assert reviewer.at == 20, "what is played around is what one is at"
    end()
    assert reviewer.at == 20
    reviewer.key(Key.Key_R)
    reviewer.qtbot.waitUntil(lambda: project_window.session.frame > 22, timeout=20_000)
    reviewer.key(Key.Key_Space)
    assert project_window.services.labelling.segment_editor.boundary.frame == 20
    here = project_window.session.frame
    reviewer.key(Key.Key_BracketLeft)
    assert reviewer.at == reviewer.cuts[0] == here, "it comes to the playhead"
    # Beyond what lies beside it playing leaves it behind.
    reviewer.key(Key.Key_Down)
    reviewer.key(Key.Key_Up)
    player.set_rate(16)
    reviewer.key(Key.Key_Space)
    reviewer.qtbot.waitUntil(lambda: project_window.session.frame > 40, timeout=20_000)
    assert project_window.session.boundary is None

    # What is played around it may reach beyond what lies beside it.
    reviewer.begin()
    player.seek(23)
    reviewer.arrive()
    reviewer.key(Key.Key_S)
    reviewer.key(Key.Key_Up)
    player.set_rate(4)

    def stop(frame: int) -> None:
        if frame > 24:
            player.pause()

    project_window.session.frame_changed.connect(stop)
    reviewer.key(Key.Key_D)
    reviewer.qtbot.waitUntil(lambda: not player.playing, timeout=20_000)
    project_window.session.frame_changed.disconnect(stop)
    assert project_window.session.frame > 24
    reviewer.key(Key.Key_BracketLeft)
    assert reviewer.cuts == [20, 23, 40, 50]
    assert "cannot move past its neighbours" in reviewer.said
    reviewer.key(Key.Key_D)
    end()
    assert reviewer.at == 20


def test_m_and_delete_take_it_away_and_the_mouse_comes_to_it(
    reviewer: Reviewer,
) -> None:
    reviewer.key(Key.Key_Down)
    reviewer.key(Key.Key_Down)
    assert reviewer.at == 40
    reviewer.key(Key.Key_M)
    assert (reviewer.at, reviewer.cuts) == (None, [20, 50])
    assert reviewer.names == [WALK, REACH, CARRY]
    assert "“reach” gets the frames of “walk” and has 20 to 49" in reviewer.said
    reviewer.key(Key.Key_Up)
    reviewer.key(Key.Key_Down)
    assert reviewer.at == 50
    reviewer.key(Key.Key_Delete)
    assert reviewer.cuts == [20]
    # Without one M and Delete mean the segment under the playhead, as before.
    reviewer.project_window.player.seek(5)
    reviewer.arrive()
    reviewer.key(Key.Key_M)
    assert reviewer.names == [WALK]

    # The mouse comes to a boundary, too.
    reviewer.begin()
    project_window, timeline = (
        reviewer.project_window,
        reviewer.project_window.docks.timeline,
    )
    row = timeline.rows[0]
    x = HEADER_PX + round(timeline.view.x_of(40))
    place = QPoint(x, row.top + row.height // 2)
    QTest.mouseClick(timeline, Qt.MouseButton.LeftButton, NONE, place)
    assert reviewer.at == 40
    QTest.mousePress(timeline, Qt.MouseButton.LeftButton, NONE, place)
    move_pointer(timeline, place + QPoint(40, 0))
    assert project_window.session.boundary == 1, "what is dragged is what one is at"
    QTest.mouseRelease(timeline, Qt.MouseButton.LeftButton, NONE, place + QPoint(40, 0))
    assert reviewer.at == reviewer.cuts[1] > 40
    empty = QPoint(round(x + timeline.view.x_of(60) - timeline.view.x_of(40)), 0)
    QTest.mouseClick(
        timeline, Qt.MouseButton.LeftButton, NONE, QPoint(empty.x(), place.y())
    )
    assert reviewer.at is None
    # A label for a whole video is said, and is no review.
    reviewer.begin()
    project_window = reviewer.project_window
    project_window.session.set_video("new")
    reviewer.key(Key.Key_1)
    assert "the whole video is “walk” now (80 frames)" in reviewer.said
    listed = project_window.docks.videos.summary
    assert listed.text().startswith("0 of 2 done")
    reviewer.key(Key.Key_Return)
    assert listed.text().startswith("1 of 2 done")

    # A boundary that was moved back is where the next predicted segment begins.
    labels = [reviewer.walk] * 30 + [reviewer.reach] * 20 + [reviewer.carry] * 30
    predicted = Segmentation.from_frames(labels, "model")
    show_prediction(project_window, "new", predicted)
    empty = Segmentation.unlabelled(80)
    project_window.document.edit_lane("Begin", "new", lambda _: empty)
    project_window.player.seek(0)
    reviewer.arrive()
    reviewer.key(Key.Key_Return)
    assert reviewer.at == 30
    reviewer.key(Key.Key_Left, ALT)
    reviewer.key(Key.Key_Return)
    assert reviewer.at == 50
    said = project_window.document.project.track("new").annotation
    assert [(s.start, s.class_id) for s in said.segments] == [
        (0, reviewer.walk),
        (29, reviewer.reach),
        (50, None),
    ]
    assert all(s.reviewed for s in said.segments[:2])


def test_a_gesture_reviews_for_what_it_says(reviewer: Reviewer) -> None:
    project_window = reviewer.project_window
    ctrl = Qt.KeyboardModifier.ControlModifier

    def reviewed() -> list[bool]:
        return [s.reviewed for s in reviewer.annotation.segments]

    def cuts() -> list[int]:
        segments = reviewer.annotation.segments
        return [s.start for s in segments[1:] if s.start_reviewed]

    # A nudge says where that boundary is, and nothing of the segments beside it.
    reviewer.key(Key.Key_Down)
    reviewer.key(Key.Key_Right, ALT)
    assert (cuts(), reviewed()) == ([21], [False] * 4)
    assert [s.source for s in reviewer.annotation.segments] == ["model"] * 4
    assert reviewer.annotation.n_protected == 0
    # A click in the loupe on the frame where it is says that it is right.
    reviewer.key(Key.Key_Down)
    reviewer.arrive()
    reviewer.click_in_loupe(40)
    assert cuts() == [21, 40]
    assert project_window.document.undo_stack.undoText() == "Confirm boundary"
    assert reviewed() == [False] * 4
    # A digit says the class; with both ends that is a review.
    project_window.player.seek(30)
    reviewer.arrive()
    reviewer.key(Key.Key_2)
    assert reviewed() == [False, True, False, False]
    assert cuts() == [21, 40]
    reviewer.key(Key.Key_Z, ctrl)
    assert reviewed() == [False] * 4
    assert "to review" in segment_tip_of(reviewer, 30)
    # Return says all of it, of the segment that begins there.
    while reviewer.at != 21:
        reviewer.key(Key.Key_Up)
    reviewer.key(Key.Key_Return)
    assert reviewed() == [False, True, False, False]
    # The new boundary of a split, and the ends of what is painted.
    reviewer.begin()
    project_window.player.seek(10)
    reviewer.arrive()
    reviewer.key(Key.Key_S)
    assert (cuts(), reviewed()) == ([10], [False] * 5)
    project_window.session.set_range(60, 70)
    reviewer.key(Key.Key_1)
    assert cuts() == [10, 60, 70]
    assert [s.reviewed for s in reviewer.annotation.segments][-2:] == [True, False]


def segment_tip_of(reviewer: Reviewer, frame: int) -> str:
    timeline = reviewer.project_window.docks.timeline
    row = timeline.rows[0]
    x = HEADER_PX + round(timeline.view.x_of(frame + 1))
    return timeline.tip_at(QPoint(x, round(row.top + row.height / 2)))

"""Marks of single frames in the real window, by keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.services.labelling.class_keys import REPEAT_MS
from app.timeline.kinds.track import ActivePointLane, TrackPointLane
from app.timeline.layout import HEADER_PX
from app.views.tables.videos_model import TRACKS
from app.window.project_window import ProjectWindow
from skelseg_core.labels.edits import split
from tests.app.windows import action, trigger

TRACK = "one@Contact"
_Key, _Alt = Qt.Key, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def points(project_window: ProjectWindow, qtbot: QtBot) -> ProjectWindow:
    """A tier of points with the classes Contact and slip, keys 1 and 2, is active."""
    window = project_window
    qtbot.waitUntil(lambda: window.player.picture is not None, timeout=30_000)
    assert window.services.labelling.track_editor.add_tier(
        "Contact", "person", "points"
    )
    assert window.session.track_id == TRACK
    editor = window.services.labelling.class_editor
    assert editor.add("slip") is not None
    for key, class_id in zip("12", editor.label_map.ids, strict=True):
        editor.set_key(class_id, key)
    return window


def press(window: ProjectWindow, qtbot: QtBot, key: Qt.Key, **held: object) -> None:
    qtbot.keyClick(window.docks.timeline, key, **held)
    qtbot.wait(2 * REPEAT_MS)  # sooner, it would be a key that stays down


def go(window: ProjectWindow, qtbot: QtBot, frame: int) -> None:
    window.player.seek(frame)
    qtbot.waitUntil(lambda: window.session.frame == frame, timeout=20_000)


def marks(window: ProjectWindow) -> list[tuple[int, str]]:
    project = window.document.project
    found = project.track(TRACK).marks
    return [(m.frame, project.name_of(m.class_id)) for m in found]


def test_class_keys_set_marks_and_take_them_away(
    points: ProjectWindow, qtbot: QtBot
) -> None:
    window = points
    go(window, qtbot, 20)
    press(window, qtbot, _Key.Key_1)
    go(window, qtbot, 30)
    press(window, qtbot, _Key.Key_2)
    assert marks(window) == [(20, "Contact"), (30, "slip")]
    go(window, qtbot, 22)
    press(window, qtbot, _Key.Key_2)
    press(window, qtbot, _Key.Key_1)
    assert marks(window) == [(22, "slip"), (30, "slip")]
    trigger(window, "undo")
    assert marks(window) == [(20, "Contact"), (22, "slip"), (30, "slip")]
    assert not window.document.project.track("one").marks


def test_keys_go_to_points_and_move_the_nearest(
    points: ProjectWindow, qtbot: QtBot
) -> None:
    window = points
    for frame in (20, 40):
        go(window, qtbot, frame)
        press(window, qtbot, _Key.Key_1)
    go(window, qtbot, 0)
    press(window, qtbot, _Key.Key_Down)
    assert window.player.target == 20
    press(window, qtbot, _Key.Key_Down)
    assert window.player.target == 40
    press(window, qtbot, _Key.Key_Up)
    assert window.player.target == 20
    go(window, qtbot, 23)
    for _ in range(3):
        press(window, qtbot, _Key.Key_Left, modifier=_Alt)
    assert marks(window) == [(17, "Contact"), (40, "Contact")]
    assert window.player.target == 17
    trigger(window, "undo")
    assert marks(window) == [(20, "Contact"), (40, "Contact")]
    for key, left in ((_Key.Key_U, 40), (_Key.Key_Backspace, 20)):
        go(window, qtbot, 60 - left)
        press(window, qtbot, key)
        assert [frame for frame, _ in marks(window)] == [left]
        trigger(window, "undo")
    go(window, qtbot, 30)
    before = window.document.project
    press(window, qtbot, _Key.Key_U)
    assert window.document.project is before


def test_a_key_while_it_plays_marks_the_frame_that_was_reacted_to(
    points: ProjectWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = points
    live = window.services.labelling.live_labelling
    trigger(window, "play")
    qtbot.waitUntil(lambda: window.session.frame > 5, timeout=20_000)
    lagged = []
    marks_of = window.services.labelling.segment_editor.points

    def reacted() -> int:
        lagged.append(live.frame_reacted_to())
        return lagged[-1]

    monkeypatch.setattr(marks_of, "reacted", reacted)
    press(window, qtbot, _Key.Key_1)
    window.player.pause()
    assert marks(window) == [(lagged[0], "Contact")]
    assert not live.running


@pytest.mark.parametrize(
    "name", ["split", "merge", "room", "wall", "prelabel", "train", "fill-example"]
)
def test_what_needs_segments_says_why_it_does_nothing(
    points: ProjectWindow, qtbot: QtBot, name: str
) -> None:
    window, said = points, list[str]()
    before = window.document.project
    window.services.notices.said.connect(said.append)
    window.services.notices.warned.connect(said.append)
    window.commands.run(name)
    assert "has points, not segments" in " ".join(said)
    assert window.document.project is before
    assert not window.services.review.review_room.on


def test_a_track_of_points_gets_no_segments_and_says_why(
    points: ProjectWindow, qtbot: QtBot
) -> None:
    window, said = points, list[str]()
    window.services.notices.warned.connect(said.append)
    window.document.edit_lane("", TRACK, lambda lane: split(lane, 5))
    assert "has points" in " ".join(said)
    assert len(window.document.project.track(TRACK).annotation) == 1


def test_the_menu_of_a_frame_marks_it_and_undo_goes_there(
    points: ProjectWindow, qtbot: QtBot
) -> None:
    window, editor = points, points.services.labelling.segment_editor
    own = window.services.current_video.classes.ids[1]
    editor.label(own, 50)
    assert marks(window) == [(50, "slip")]
    window.session.set_video("one")
    trigger(window, "undo")
    assert (window.session.track_id, window.player.target) == (TRACK, 50)
    assert not marks(window)
    trigger(window, "redo")
    editor.label(None, 51)
    assert not marks(window)


def test_a_locked_track_keeps_its_marks(points: ProjectWindow, qtbot: QtBot) -> None:
    window = points
    press(window, qtbot, _Key.Key_1)
    trigger(window, "lock")
    before = window.document.project
    press(window, qtbot, _Key.Key_2)
    assert window.document.project is before


def test_lanes_show_marks_as_diamonds_in_the_colour_of_the_class(
    points: ProjectWindow, qtbot: QtBot
) -> None:
    window, timeline = points, points.docks.timeline
    go(window, qtbot, 20)
    press(window, qtbot, _Key.Key_1)
    go(window, qtbot, 0)
    seen = timeline.lanes.seen
    assert [type(lane) for lane in seen[:2]] == [type(seen[0]), ActivePointLane]
    assert seen[1].subtitle(timeline.data) == "1 point"
    colour = window.services.current_video.classes.classes[0].color
    assert painted(window, 20) == colour
    assert painted(window, 30) != colour
    window.session.set_video("one")
    assert isinstance(timeline.lanes.seen[1], TrackPointLane)
    assert painted(window, 20) == colour


def painted(window: ProjectWindow, frame: int) -> str:
    """The colour in the middle of a frame of the second lane."""
    timeline = window.docks.timeline
    row = timeline.rows[1]
    image: QImage = timeline.grab().toImage()
    x, y = timeline.view.x_of(frame + 0.5), row.top + row.height / 2
    ratio = image.devicePixelRatio()
    return image.pixelColor(round((HEADER_PX + x) * ratio), round(y * ratio)).name()


def test_the_other_lanes_have_no_marks_of_one_track_alone(
    project_window: ProjectWindow,
) -> None:
    kinds = {type(lane) for lane in project_window.docks.timeline.lanes.seen}
    assert not kinds & {ActivePointLane, TrackPointLane}


def test_a_track_of_points_is_not_to_be_finished(
    points: ProjectWindow, qtbot: QtBot
) -> None:
    window = points
    window.session.set_video("one")
    window.services.labelling.segment_editor.label(0, 0)
    window.session.set_video("two")
    window.services.labelling.segment_editor.label(0, 0)
    assert window.document.project.totals.unfinished == 0
    assert window.services.current_video.unfinished() is None
    assert not action(window, "video-unfinished").isEnabled()
    model = window.docks.videos.model
    assert [v.id for v in model.index(0).data(TRACKS)] == ["one"]

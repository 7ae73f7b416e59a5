"""Several tiers and people in one video, in the real window."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollBar
from pytestqt.qtbot import QtBot

from app.kit.label_style import PEOPLE, style_of
from app.timeline.headers import Headers
from app.timeline.kinds.annotation import AnnotationLane
from app.timeline.kinds.track import PersonLane, TrackLane
from app.timeline.layout import HEADER_PX, LANES_TOP, LaneRow
from app.views.classes.class_list import ROW_PX
from app.views.classes.class_model import HEADING, KEY
from app.window.project_window import ProjectWindow
from skelseg_core.labels.edits import paint, relabel, split
from skelseg_core.labels.reviewing import Sight
from skelseg_core.project.class_edits import set_class_key
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import edit_lane
from skelseg_core.project.tracks import TierKind
from tests.app.windows import move_pointer, opened, trigger

_Held = Qt.KeyboardModifier


def labelled(project: Project) -> dict[str, int]:
    """Number of labelled frames by track of the first video."""
    return {v.id: v.annotation.n_labelled for v in project.tracks_of("one")}


def shown(window: ProjectWindow) -> list[str]:
    return [lane.title for lane in window.docks.timeline.lanes.seen]


def open_one(window: ProjectWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.player.picture is not None, timeout=30_000)
    assert window.session.track_id == "one"


@pytest.fixture
def tracked(project_window: ProjectWindow, qtbot: QtBot) -> ProjectWindow:
    """Anna and Ben, each with the first tier and a left hand; Anna's first is open."""
    window = project_window
    open_one(window, qtbot)
    tracks = window.services.labelling.track_editor
    assert tracks.add_tier("Left hand", "person")
    assert tracks.name_person("anna")
    assert tracks.add_person("ben")
    window.session.set_video("one")
    return window


IDS = ("one", "one@Left_hand", "one@@ben", "one@Left_hand@ben")


def test_with_one_track_nothing_of_it_is_seen(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    window = project_window
    open_one(window, qtbot)
    kinds = {type(lane) for lane in window.docks.timeline.lanes.seen}
    assert not kinds & {TrackLane, PersonLane}
    assert window.docks.docks["Classes"].windowTitle() == "Classes"
    assert not window.services.labelling.track_editor.several


def test_lanes_stand_in_their_order_under_the_people(tracked: ProjectWindow) -> None:
    assert shown(tracked)[:6] == [
        *("anna", "Action", "Left hand"),
        *("ben", "Action", "Left hand"),
    ]
    lanes = tracked.docks.timeline.lanes
    assert isinstance(lanes.seen[1], AnnotationLane)
    tracked.session.set_video("one@Left_hand@ben")
    assert isinstance(lanes.seen[5], AnnotationLane)
    assert tracked.docks.docks["Classes"].windowTitle() == "ben · Left hand"
    lanes.fold("person:anna")
    assert shown(tracked)[:4] == ["anna", "ben", "Action", "Left hand"]
    lanes.fold("person:anna")
    assert shown(tracked)[1] == "Action"


def test_a_key_labels_the_track_that_is_active_and_no_other(
    tracked: ProjectWindow, qtbot: QtBot
) -> None:
    window = tracked
    for track in IDS:
        window.session.set_video(track)
        before = labelled(window.document.project)
        classes = window.services.current_video.classes
        window.session.set_range(0, 5)
        window.services.labelling.segment_editor.apply_class(classes.ids[0])
        after = labelled(window.document.project)
        assert {k for k in after if after[k] != before[k]} == {track}
    assert labelled(window.document.project) == dict.fromkeys(IDS, 5)


def bars(window: ProjectWindow) -> list[str]:
    """Names of the lanes that have the bar of the one that keys act on."""
    timeline = window.docks.timeline
    headers = timeline.findChild(Headers)
    timeline.resize(timeline.width(), 900)
    image, accent = headers.grab().toImage(), style_of(headers).accent
    return [
        row.lane.name or row.lane.kind
        for row in timeline.rows
        if image.pixelColor(1, row.top - LANES_TOP + row.height // 2) == accent
    ]


def test_one_bar_marks_the_lane_that_keys_act_on(
    tracked: ProjectWindow, qtbot: QtBot
) -> None:
    headers = tracked.docks.timeline.findChild(Headers)
    row = next(r for r in tracked.docks.timeline.rows if r.lane.name == "one@@ben")
    at = QPoint(40, row.top - LANES_TOP + row.height // 2)
    qtbot.mouseClick(headers, Qt.MouseButton.LeftButton, pos=at)
    assert tracked.session.track_id == "one@@ben"
    assert bars(tracked) == ["annotation"]
    trigger(tracked, "track-next")
    assert bars(tracked) == ["annotation"]


def test_the_name_of_a_person_stays_over_the_lanes(
    tracked: ProjectWindow, qtbot: QtBot
) -> None:
    timeline, headers = (
        tracked.docks.timeline,
        tracked.docks.timeline.findChild(Headers),
    )
    tracked.session.set_video("one@@ben")
    timeline.resize(timeline.width(), 110)
    rows, scroll = timeline.rows, timeline.findChild(QScrollBar)
    assert headers.tip_at(9).startswith("<b>anna</b>")
    for lane, person in ((rows[2], "anna"), (rows[5], "ben")):
        scroll.setValue(lane.top - LANES_TOP)
        assert headers.tip_at(9).startswith(f"<b>{person}</b>")
        # With the colour that the person has in the picture, and no other has.
        image = headers.grab().toImage()
        found = {image.pixelColor(x, 9).name() for x in range(headers.width())}
        assert found & set(PEOPLE) == {PEOPLE[("anna", "ben").index(person)]}


def test_keys_go_from_track_to_track_and_keep_the_frame(
    tracked: ProjectWindow, qtbot: QtBot
) -> None:
    window, before = tracked, tracked.document.project
    window.player.seek(7)
    qtbot.waitUntil(lambda: window.session.frame == 7)
    met = []
    for _ in IDS:
        trigger(window, "track-next")
        met.append(window.session.track_id)
    assert met == [*IDS[1:], IDS[0]]
    trigger(window, "track-previous")
    assert window.session.track_id == IDS[3]
    trigger(window, "person-1")
    assert window.session.track_id == "one@Left_hand"
    trigger(window, "person-2")
    assert window.session.track_id == "one@Left_hand@ben"
    assert window.session.frame == 7
    assert window.player.picture is not None
    assert window.document.project is before


def test_a_click_on_a_lane_makes_it_active_and_edits_nothing(
    tracked: ProjectWindow, qtbot: QtBot
) -> None:
    window, before = tracked, tracked.document.project
    timeline = window.docks.timeline
    row = next(r for r in timeline.rows if r.lane.name == "one@@ben")
    at = QPoint(HEADER_PX + 200, row.top + row.height // 2)
    qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=at)
    assert window.session.track_id == "one@@ben"
    assert window.document.project is before


def test_undo_goes_to_the_track_of_the_edit(tracked: ProjectWindow) -> None:
    window = tracked
    window.session.set_video("one@@ben")
    window.session.set_range(0, 5)
    window.services.labelling.segment_editor.apply_class(0)
    window.session.set_video("one@Left_hand")
    trigger(window, "undo")
    assert labelled(window.document.project) == dict.fromkeys(IDS, 0)
    assert window.session.track_id == "one@@ben"


@pytest.mark.parametrize("kind", ["segments", "points"])
def test_adding_a_tier_keeps_who_is_labelled(
    tracked: ProjectWindow, kind: TierKind
) -> None:
    tracked.session.set_video("one@Left_hand@ben")
    assert tracked.services.labelling.track_editor.add_tier("Contact", "person", kind)
    assert tracked.session.track_id == "one@Contact@ben"


def test_adding_a_person_keeps_what_is_labelled(tracked: ProjectWindow) -> None:
    tracked.session.set_video("one@Left_hand")
    assert tracked.services.labelling.track_editor.add_person("chris")
    assert tracked.session.track_id == "one@Left_hand@chris"


def test_undo_says_whose_labels_it_takes_back_and_no_id(tracked: ProjectWindow) -> None:
    window = tracked
    window.session.set_video("one@Left_hand@ben")
    window.session.set_range(2, 5)
    window.services.labelling.segment_editor.apply_class(
        window.services.current_video.classes.ids[0]
    )
    window.session.set_video("one")
    trigger(window, "undo")
    assert window.session.track_id == "one@Left_hand@ben"
    said = window.docks.messages.text.text()
    assert said.endswith("Paint Left hand · ben, Left hand (one, frame 2)")


def test_lanes_show_what_others_or_undo_made_of_a_track_that_is_not_active(
    tracked: ProjectWindow, qtbot: QtBot
) -> None:
    window, timeline = tracked, tracked.docks.timeline
    empty = timeline.grab().toImage()
    edited = window.document.edit_lane("Paint", "one@@ben", lambda s: paint(s, 5, 9, 1))
    assert edited
    assert timeline.grab().toImage() != empty
    known = window.document.project
    theirs = edit_lane(known, "one@@ben", lambda s: relabel(s, 1, None))
    window.document.taking_in.take_in(known, theirs)
    qtbot.waitUntil(lambda: not window.document.taking_in.busy)
    assert labelled(window.document.project)["one@@ben"] == 0
    assert timeline.grab().toImage() == empty


def test_undo_of_what_all_tiers_of_a_person_have_goes_to_that_person(
    tracked: ProjectWindow,
) -> None:
    window = tracked
    window.session.set_video("one@@ben")
    window.session.set_range(3, 9)
    trigger(window, "absent")
    window.session.set_video("one")
    trigger(window, "undo")
    assert window.session.track_id == "one@@ben"
    said = window.docks.messages.text.text()
    assert said.endswith("· ben, Action, Left hand (one, frame 3)")


def test_the_list_has_a_row_per_video(tracked: ProjectWindow) -> None:
    window = tracked
    assert window.docks.videos.model.rowCount() == 2
    window.session.set_video("one@Left_hand@ben")
    assert window.docks.videos.list.currentIndex().row() == 0
    trigger(window, "video-next")
    # Ben is not in the other video: the same tier of whoever is.
    assert window.session.track_id == "two@Left_hand"


def test_the_list_has_the_classes_of_every_tier_with_their_keys(
    tracked: ProjectWindow, qtbot: QtBot
) -> None:
    window = tracked
    window.session.set_video("one@Left_hand")
    assert window.services.labelling.class_editor.add("grasp") is not None
    project = window.document.project
    assert project.classes_of("one@Left_hand").names == ("Left hand", "grasp")
    assert "grasp" not in project.classes_of("one").names
    view, first = window.docks.classes.list, project.classes
    model = view.model()

    def listed() -> list[tuple[str, str | None]]:
        rows = (model.index(n, 0) for n in range(model.rowCount()))
        return [(row.data(), row.data(KEY)) for row in rows]

    both = [
        *(("Action", None), *((c.name, c.key) for c in first.classes)),
        *(("Left hand", None), ("Left hand", "Shift+1"), ("grasp", "Shift+2")),
    ]
    assert listed() == both
    heading = len(first) + 1
    assert [model.index(n, 0).data(HEADING) for n in (0, heading)] == [False, True]
    window.session.set_video("one")
    assert listed() == both
    assert [model.index(n, 0).data(HEADING) for n in (0, heading)] == [True, False]
    # What one labels is in sight, however many classes are above it.
    view.setFixedHeight(3 * ROW_PX)
    for track, row in (("one@Left_hand", heading), ("one", 0)):
        window.session.set_video(track)
        assert view.indexAt(QPoint(20, 5)).row() == row
    # Also once the panel is laid out, after the track is chosen: at the opening.
    panel = window.docks.classes
    window.session.set_video("one@Left_hand")
    view.scrollToTop()
    panel.resize(panel.width(), panel.height() - 1)
    assert view.indexAt(QPoint(20, 5)).row() == heading
    window.session.set_video("one")
    # Keys go past a heading, a drag ends at it, and a search has none.
    view.setCurrentIndex(model.index(len(first), 0))
    view.step(1)
    assert view.currentIndex().data() == "Left hand"
    assert view.class_at(view.currentIndex().row()) is not None
    view.shift(-1)
    assert listed() == both
    view.step(1)
    view.shift(-1)
    assert [name for name, _ in listed()[heading:]] == [
        "Left hand",
        "grasp",
        "Left hand",
    ]
    window.docks.classes.filter.setText("grasp")
    assert listed() == [("grasp", "Shift+2")]
    # What is chosen there is renamed and labels, whatever tier is active.
    window.docks.classes.list.chosen.emit(window.docks.classes.list.current)
    assert labelled(window.document.project)["one@Left_hand"]
    assert window.session.track_id == "one"


def test_a_tier_is_added_renamed_and_removed(
    project_window: ProjectWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = project_window
    open_one(window, qtbot)
    answers = iter([("Phase", True), ("Part", True)])

    def ask(*_: object, **__: object) -> tuple[str, bool]:
        return next(answers)

    monkeypatch.setattr("app.views.dialogs.dialogs.QInputDialog.getText", ask)
    trigger(window, "tier-add-scene")
    assert window.session.track_id == "one@Phase"
    trigger(window, "tier-rename")
    assert [t.name for t in window.document.project.tiers] == ["Action", "Part"]
    trigger(window, "tier-remove")
    assert window.session.track_id == "one"
    assert len(window.document.project.tiers) == 1
    trigger(window, "undo")
    assert window.document.project.has("one@Phase")


def test_tracks_are_there_again(tracked: ProjectWindow, qtbot: QtBot) -> None:
    window = tracked
    window.session.set_video("one@@ben")
    window.session.set_range(0, 5)
    window.services.labelling.segment_editor.apply_class(1)
    document = window.document
    qtbot.waitUntil(lambda: not document.unsaved, timeout=30_000)
    with opened(qtbot, document.folder) as again:
        assert labelled(again.document.project) == labelled(document.project)


def test_a_key_says_that_a_person_is_absent(tracked: ProjectWindow) -> None:
    window = tracked
    window.session.set_video("one@@ben")
    window.session.set_range(3, 9)
    trigger(window, "absent")
    absent = {
        v.id: [(s.start, s.stop) for s in v.annotation.segments if s.absent]
        for v in window.document.project.tracks_of("one")
    }
    ben, anna = {"one@@ben", "one@Left_hand@ben"}, {"one", "one@Left_hand"}
    assert absent == {key: [(3, 9)] for key in ben} | {key: [] for key in anna}
    trigger(window, "undo")
    lanes = (v.annotation for v in window.document.project.tracks_of("one"))
    assert not any(lane.n_undecided for lane in lanes)


def test_absent_takes_nothing_that_was_not_marked_or_on_the_screen(
    tracked: ProjectWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, said = tracked, tracked.docks.messages.text
    window.session.set_video("one@@ben")
    before, n = window.document.project, window.document.project.track("one").n_frames
    tracks = window.services.labelling.track_editor
    monkeypatch.setattr(tracks, "sight", lambda: Sight.of(n, [0], 10.0))
    trigger(window, "absent")
    assert window.document.project is before
    assert said.text().startswith("Mark a range first.")
    monkeypatch.setattr(tracks, "sight", lambda: Sight.whole(n))
    trigger(window, "absent")
    assert window.document.project.track("one@Left_hand@ben").annotation.at(0).absent
    assert said.text().startswith(
        "Nothing was marked, so the whole segment is absent now: "
        f"{n} frames from frame 0 on (ben, Action, Left hand)."
    )


def test_absent_is_where_one_went_though_its_picture_is_loading(
    tracked: ProjectWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, player = tracked, tracked.player
    n = window.document.project.track("one").n_frames
    qtbot.waitUntil(lambda: player.target == window.session.frame == 0, timeout=20_000)
    tracks = window.services.labelling.track_editor
    monkeypatch.setattr(tracks, "sight", lambda: Sight.whole(n))
    assert window.document.edit_lane("Cut", "one", lambda s: split(s, 40))
    player.seek(60)
    assert window.session.frame < 40, "as before the picture comes"
    trigger(window, "absent")
    lane = window.document.project.track("one").annotation
    assert [(s.start, s.stop) for s in lane.segments if s.absent] == [(40, n)]


def test_absent_asks_first_where_what_is_marked_is_out_of_sight(
    tracked: ProjectWindow,
) -> None:
    window, timeline = tracked, tracked.docks.timeline
    window.session.set_video("one@@ben")
    before = window.document.project
    window.session.set_range(3, 9)
    timeline.set_view(timeline.view.zoomed(100, timeline.view.width))
    assert not timeline.sees(3, 9)
    trigger(window, "absent")
    assert window.document.project is before
    trigger(window, "absent")
    assert window.document.project.track("one@@ben").annotation.at(3).absent


def test_no_key_changes_what_is_locked(tracked: ProjectWindow, qtbot: QtBot) -> None:
    window = tracked
    window.session.set_video("one@@ben")
    trigger(window, "lock")
    before = labelled(window.document.project)
    window.session.set_range(0, 5)
    window.services.labelling.segment_editor.apply_class(0)
    assert labelled(window.document.project) == before
    assert "locked" in window.docks.messages.text.text()
    # Another track of the video is free.
    window.session.set_video("one")
    window.session.set_range(0, 5)
    window.services.labelling.segment_editor.apply_class(0)
    assert labelled(window.document.project) == {**before, "one": 5}
    qtbot.waitUntil(lambda: not window.document.unsaved, timeout=30_000)
    there = ProjectFolder(window.document.folder.root).load()
    assert there.track("one@@ben").locked
    window.session.set_video("one@@ben")
    trigger(window, "lock")
    window.session.set_range(0, 5)
    window.services.labelling.segment_editor.apply_class(0)
    assert labelled(window.document.project)["one@@ben"] == 5


def test_two_hands_are_labelled_in_one_pass(
    tracked: ProjectWindow, qtbot: QtBot
) -> None:
    window, keys = tracked, tracked.services.review.class_keys
    project = window.document.project
    left = project.classes_of("one@Left_hand").ids[0]
    assert window.document.apply("Key", lambda p: set_class_key(p, left, "9"))
    window.player.toggle()
    qtbot.waitUntil(lambda: window.session.frame > 2, timeout=20_000)
    for key in ("1", "9"):
        keys.press(key)
        keys.release(key)
    assert window.session.track_id == "one"
    qtbot.waitUntil(lambda: window.session.frame > 20, timeout=20_000)
    window.player.pause()
    qtbot.waitUntil(lambda: not window.services.labelling.live_labelling.running)
    lanes = {
        v.id: v.annotation.to_frames() for v in window.document.project.tracks_of("one")
    }
    assert (lanes["one"][12:18] == project.classes.ids[0]).all()
    assert (lanes["one@Left_hand"][12:18] == left).all()
    assert not (lanes["one@@ben"] >= 0).any()


def test_a_key_of_another_tier_labels_that_one_and_stays_here(
    tracked: ProjectWindow,
) -> None:
    window = tracked
    left = window.document.project.classes_of("one@Left_hand").ids[0]
    assert window.document.apply("Key", lambda p: set_class_key(p, left, "9"))
    window.session.set_video("one@@ben")
    window.session.set_range(2, 8)
    window.services.review.class_keys.press("9")
    assert window.session.track_id == "one@@ben"
    assert window.session.range_in is None
    counts = labelled(window.document.project)
    assert counts == {**dict.fromkeys(IDS, 0), "one@Left_hand@ben": 6}
    assert "ben · Left hand: “Left hand” in 2 to 7" in window.docks.messages.text.text()


@pytest.mark.parametrize("held", [_Held.NoModifier, _Held.ShiftModifier])
def test_a_drag_with_the_key_of_another_tier_paints_that_tier(
    tracked: ProjectWindow, held: Qt.KeyboardModifier
) -> None:
    window, timeline = tracked, tracked.docks.timeline
    tracks, keys = window.services.labelling.track_editor, window.services.review
    assert tracks.add_tier("Contact", "person", "points")
    window.session.set_video("one@@ben")
    timeline.resize(timeline.width(), 900)
    rows = {r.lane.name or r.lane.kind: r for r in timeline.rows}
    own, other = rows["annotation"], rows["one@Left_hand@ben"]

    def at(frame: int, row: LaneRow = own) -> QPoint:
        x = HEADER_PX + timeline.view.x_of(frame)
        return QPoint(round(x), row.top + row.height // 2)

    before = timeline.grab().toImage()
    keys.class_keys.press("Shift+1")
    QTest.mousePress(timeline, Qt.MouseButton.LeftButton, held, at(10))
    for frame in (12, 30):
        move_pointer(timeline, at(frame), held)
    assert not any(labelled(window.document.project).values()), "meant for the drag"
    image, ratio = timeline.grab().toImage(), timeline.devicePixelRatio()
    seen = {
        row.lane.name: image.pixelColor(at(20, row) * ratio).name()
        for row in (own, other)
    }
    left = window.document.project.classes_of("one@Left_hand").classes[0]
    assert seen[other.lane.name] == left.color
    assert seen[own.lane.name] == before.pixelColor(at(20) * ratio).name()
    QTest.mouseRelease(timeline, Qt.MouseButton.LeftButton, held, at(30))
    keys.class_keys.release_all()
    counts = {k: n for k, n in labelled(window.document.project).items() if n}
    assert counts == {"one@Left_hand@ben": 20}
    assert window.session.track_id == "one@@ben"
    assert window.session.range_in is None
    # A mark is not dragged, whatever is active.
    keys.class_keys.press("/c")
    assert keys.class_keys.held is None


def test_the_pill_names_all_that_grows(tracked: ProjectWindow, qtbot: QtBot) -> None:
    window, keys = tracked, tracked.services.review.class_keys
    text = lambda: window.docks.badge.text  # noqa: E731
    window.player.toggle()
    qtbot.waitUntil(lambda: window.session.frame > 2, timeout=20_000)
    keys.press("2")
    one = r"● \S+  0:0\d\.\d \(E ends\)"
    assert re.fullmatch(one, text())
    keys.press("Shift+1")
    both = one + r" ● Left hand  0:0\d\.\d"
    assert re.fullmatch(both, text())
    trigger(window, "person-2")
    # None is of who is labelled: the key ends both.
    assert re.fullmatch(
        r"● anna: \S+  0:0\d\.\d ● anna: Left hand  0:0\d\.\d \(E ends\)", text()
    )
    assert window.docks.badge.isVisible()
    window.docks.badge.grab()
    trigger(window, "live-end")
    assert not text()
    assert not window.docks.badge.isVisible()
    window.player.pause()


def test_keys_of_the_scene_and_of_the_only_person_work_in_both(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    window, keys = project_window, project_window.services.review.class_keys
    open_one(window, qtbot)
    assert window.services.labelling.track_editor.add_tier("Phase", "scene")
    for active in ("one", "one@Phase"):
        window.session.set_video(active)
        for key, track in (("1", "one"), ("Shift+1", "one@Phase")):
            before = labelled(window.document.project)
            window.session.set_range(0, before[track] + 5)
            keys.press(key)
            after = labelled(window.document.project)
            assert {k for k in after if after[k] != before[k]} == {track}
            assert window.session.track_id == active
    # Nobody knows whose key that is where there are two people.
    window.session.set_video("one")
    assert window.services.labelling.track_editor.name_person("anna")
    assert window.services.labelling.track_editor.add_person("ben")
    window.session.set_video("one@Phase")
    before = labelled(window.document.project)
    keys.press("1")
    assert labelled(window.document.project) == before
    assert "No class has the key 1" in window.docks.messages.text.text()


def test_both_hands_of_one_pass_are_two_steps_of_undo(
    tracked: ProjectWindow, qtbot: QtBot
) -> None:
    window, keys = tracked, tracked.services.review.class_keys
    left = window.document.project.classes_of("one@Left_hand").ids[0]
    assert window.document.apply("Key", lambda p: set_class_key(p, left, "9"))
    before, n = window.document.project, window.document.step
    window.player.toggle()
    qtbot.waitUntil(lambda: window.session.frame > 2, timeout=20_000)
    for key in ("1", "9"):
        keys.press(key)
        keys.release(key)
    qtbot.waitUntil(lambda: window.session.frame > 60, timeout=20_000)
    window.player.pause()
    qtbot.waitUntil(lambda: not window.services.labelling.live_labelling.running)
    assert window.document.step == n + 2
    after = window.document.project
    action = after.track("one").annotation
    assert action.n_labelled == after.track("one@Left_hand").annotation.n_labelled > 30
    trigger(window, "undo")
    # What else grew meanwhile stays, whole.
    assert window.document.project.track("one").annotation == action
    said = window.docks.messages.text.text()
    assert "Label Left hand while playing · anna, Left hand (one, frame" in said
    trigger(window, "undo")
    assert window.document.project == before
    for _ in range(2):
        trigger(window, "redo")
    assert window.document.project == after


def test_undoing_one_hand_while_it_plays_leaves_the_other_to_grow(
    tracked: ProjectWindow, qtbot: QtBot
) -> None:
    window, keys = tracked, tracked.services.review.class_keys
    live = window.services.labelling.live_labelling
    left = window.document.project.classes_of("one@Left_hand").ids[0]
    assert window.document.apply("Key", lambda p: set_class_key(p, left, "9"))
    n = window.document.step
    window.player.toggle()
    qtbot.waitUntil(lambda: window.session.frame > 2, timeout=20_000)
    for key in ("1", "9"):
        keys.press(key)
        keys.release(key)
    grown = window.session.frame + 10
    qtbot.waitUntil(lambda: window.session.frame > grown, timeout=20_000)
    trigger(window, "undo")
    assert live.running
    grown = window.session.frame + 10
    qtbot.waitUntil(lambda: window.session.frame > grown, timeout=20_000)
    window.player.pause()
    qtbot.waitUntil(lambda: not live.running)
    assert window.document.step == n + 1
    project = window.document.project
    assert project.track("one@Left_hand").annotation.n_labelled == 0
    assert project.track("one").annotation.at(grown - 5).class_id is not None


def test_a_key_of_another_tier_labels_the_segment_or_sets_the_point_there(
    tracked: ProjectWindow,
) -> None:
    window, tracks = tracked, tracked.services.labelling.track_editor
    assert tracks.add_tier("Contact", "person", "points")
    project = window.document.project
    keys = {"one@Left_hand": "8", "one@Contact@anna": "9"}
    for track, key in keys.items():
        class_id = project.classes_of(track).ids[0]
        assert window.document.apply(
            "Key", lambda p, i=class_id, k=key: set_class_key(p, i, k)
        )
    window.session.set_video("one")
    assert window.document.edit_lane("Cut", "one@Left_hand", lambda s: split(s, 10))
    for key in keys.values():
        window.services.review.class_keys.press(key)
        assert window.session.track_id == "one"
    counts = {**dict.fromkeys(IDS, 0), "one@Left_hand": 10, "one@Contact@anna": 0}
    assert labelled(window.document.project) == counts | {"one@Contact@ben": 0}
    assert len(window.document.project.track("one@Contact@anna").marks) == 1


def test_undo_of_a_tier_stays_at_the_video(
    project_window: ProjectWindow, qtbot: QtBot
) -> None:
    window = project_window
    open_one(window, qtbot)
    window.session.set_video("two")
    assert window.services.labelling.track_editor.add_tier("Posture", "person")
    assert window.session.track_id == "two@Posture"
    trigger(window, "undo")
    assert window.session.track_id == "two"

"""The review goes from place to place, and reviews what was on the screen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from app.services.labelling.on_screen import OnScreen
from app.services.review.item_finder import ItemFinder
from app.services.review.review_room import ReviewRoom, told
from app.services.services import Services
from app.views.review.room import ReviewRoomView
from app.views.review.strip_pictures import StripPictures
from skelseg_core.labels.edits import move_boundary, paint, relabel
from skelseg_core.labels.prediction import Prediction, save_prediction
from skelseg_core.labels.reviewing import Sight
from skelseg_core.labels.segmentation import Segment, Segmentation, Source
from skelseg_core.project.class_edits import delete_class
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.history.earlier_steps import EarlierStep, EarlierSteps
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import set_lane
from skelseg_core.project.track_edits import add_tier
from skelseg_core.review.review_item import Reason, ReviewItem
from tests.app.conftest import N_FRAMES
from tests.app.made_services import close_services, make_services
from tests.app.predicted import gone

LONG = 20_000
CUTS, SAID = (0, 20, 40, 50, 70, N_FRAMES), (0, 1, 0, 2, 3)
"""What the model says: walk, reach, walk, open drawer, carry."""


def predict(folder: ProjectFolder, video: str, sure: float = 0.8) -> None:
    """Write a prediction of a model called m, which is in doubt around frame 40."""
    frames = np.repeat(SAID, np.diff(CUTS))
    rows = np.full((N_FRAMES, 4), (1 - sure) / 3, np.float32)
    rows[np.arange(N_FRAMES), frames] = sure
    rows[36:44] = (0.3, 0.3, 0.35, 0.05)
    value = Segmentation.from_frames(frames, "model", rows.max(axis=1))
    fixed = np.zeros(N_FRAMES, bool)
    ids = np.arange(4)
    made = Prediction(rows, ids, value, fixed=fixed, trained_on=False)
    save_prediction(folder.prediction_path(video, "m"), made)


class Reviewer:
    """A person in the review of the first of two predicted videos."""

    def __init__(self, services: Services, qtbot: QtBot) -> None:
        self.services, self.qtbot = services, qtbot
        self.room, self.player = services.review.review_room, services.player
        self.edits = services.review.item_editor
        self.session, self.document = services.session, services.document
        self.said: list[str] = []
        self.seen: set[int] = set()
        services.notices.said.connect(self.said.append)
        services.notices.warned.connect(self.said.append)

    def wait(self, there: object) -> None:
        self.qtbot.waitUntil(there, timeout=LONG)  # type: ignore[arg-type]

    def open(self, video: str) -> None:
        self.session.set_video(video)
        self.wait(lambda: self.player.picture is not None)
        self.wait(lambda: self.services.current_video.shown_prediction is not None)

    def enter(self) -> None:
        self.room.set_in_sight(True)
        self.room.enter()
        self.wait(lambda: self.room.state == "at")
        self.arrive()

    def arrive(self) -> None:
        """Wait until the picture of the place is on the screen."""
        player = self.player
        self.wait(lambda: self.session.frame == player.target)
        self.settle()

    def settle(self) -> None:
        self.wait(lambda: not self.services.jobs.running)

    def saw(self, frames: Iterable[int]) -> None:
        """See some frames of the video."""
        self.seen |= set(frames)
        self.room.on_screen.changed.emit()

    def look_all_over(self) -> None:
        """See every frame of the video."""
        self.saw(range(N_FRAMES))

    @property
    def lane(self) -> Segmentation:
        return self.document.project.track(self.session.track_id).annotation

    @property
    def place(self) -> ReviewItem:
        assert self.room.place is not None
        return self.room.place

    @property
    def segment(self) -> Segment:
        assert self.room.segment is not None
        return self.room.segment

    @property
    def steps(self) -> int:
        return self.document.undo_stack.index()

    def go_to(self, start: int) -> None:
        """Go on to the place that begins at a frame."""
        while self.place.start != start:
            self.room.go(1)
            assert self.room.state == "at", "there is no such place"
        self.arrive()


def simple_items(_: object, lane: Segmentation) -> tuple[ReviewItem, ...]:
    """A place for each segment of the model, the shortest first."""
    open_ = [s for s in lane.segments if s.class_id is not None and not s.reviewed]
    why = (Reason("{} frames", (1,)),)
    found = [ReviewItem(s.start, s.stop, why, 0.1, s.start or None) for s in open_]
    return tuple(sorted(found, key=lambda p: (p.stop - p.start, p.start)))


@pytest.fixture(autouse=True)
def simple_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the queue holds is tested elsewhere."""
    monkeypatch.setattr("skelseg_core.review.queue.Queue.items", simple_items)


@pytest.fixture
def reviewer(
    qtbot: QtBot, project_folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Reviewer]:
    for video in ("one", "two"):
        predict(project_folder, video)
    services = make_services(project_folder)
    made = Reviewer(services, qtbot)
    monkeypatch.setattr(
        OnScreen, "sight", property(lambda _: Sight.of(N_FRAMES, made.seen, 25.0))
    )
    made.open("one")
    yield made
    close_services(services)


def room_view(reviewer: Reviewer) -> ReviewRoomView:
    """The panel of the room; its pictures are let go of with the services."""
    services = reviewer.services
    pictures = StripPictures(services.current_video, services.player)
    return ReviewRoomView(reviewer.room, services.review.settling, pictures)


def reviewed(lane: Segmentation) -> int:
    return sum(
        s.class_reviewed + s.start_reviewed + s.stop_reviewed for s in lane.segments
    )


def test_entering_takes_the_prediction_over_and_reviews_nothing(
    reviewer: Reviewer,
) -> None:
    room = reviewer.room
    assert room.state == "ready"
    reviewer.enter()
    assert reviewer.steps == 1
    assert [s.class_id for s in reviewer.lane.segments] == list(SAID)
    assert reviewed(reviewer.lane) == 0
    assert any("is copied" in text for text in reviewer.said)
    walk = room.walk
    assert walk is not None
    assert (walk.number, walk.total) == (1, 5)
    assert reviewer.place.start == 40
    assert reviewer.place.reasons
    assert not any("unlike" in text for text in reviewer.said)
    edge = reviewer.services.labelling.segment_editor.boundary
    assert edge.frame == reviewer.player.target == reviewer.place.boundary
    room.leave()
    assert reviewer.session.place is None
    number = walk.number
    room.enter()
    assert (reviewer.steps, room.walk) == (1, walk)
    assert walk.number == number, "back at the same place"


def test_entering_says_that_a_video_is_unlike_what_was_learnt_from(
    reviewer: Reviewer,
) -> None:
    current = reviewer.services.current_video
    assert current.shown_prediction is not None
    doubted = replace(current.shown_prediction, unlike=True)
    assert reviewer.room.what_to_doubt() == ""
    current.set_prediction("one", "m", doubted)
    view = room_view(reviewer)
    reviewer.qtbot.addWidget(view)
    assert "unlike the training videos" in view.message.text.text()
    reviewer.enter()
    said = next(text for text in reviewer.said if "is copied" in text)
    assert said.endswith("This video is unlike the training videos.")


def test_right_reviews_what_was_on_the_screen_alone(reviewer: Reviewer) -> None:
    reviewer.enter()
    reviewer.go_to(50)
    assert reviewer.room.seen == (False, False, False)
    reviewer.saw([49, 50, 51])
    assert reviewer.room.seen == (False, True, False)
    before = reviewer.document.project
    reviewer.edits.say_right()
    assert reviewer.document.project is before, "most of it was not seen"
    assert "Frames 50 to 69 were not all on the screen" in reviewer.said[-1]
    reviewer.saw(range(60, 70, 10))
    reviewer.edits.say_right()
    one = reviewer.lane.at(50)
    assert (one.class_reviewed, one.start_reviewed, one.stop_reviewed) == (
        True,
        True,
        False,
    )
    assert one.source == "model"
    assert reviewer.place.start != 50, "and it goes on"
    assert reviewed(reviewer.lane) == 3, "the class, and the boundary from both sides"


def test_nothing_is_agreed_with_whose_pictures_are_not_drawn(
    reviewer: Reviewer,
) -> None:
    """Return was pressed at the text of one place and the loupe of another."""
    reviewer.enter()
    reviewer.look_all_over()
    strip = room_view(reviewer)
    reviewer.qtbot.addWidget(strip)
    lane, drawn = reviewer.lane, False
    reviewer.room.is_drawn = lambda: drawn
    reviewer.room.go(1)
    reviewer.room.go(-1)
    reviewer.arrive()
    strip.refresh()
    assert not strip.count.isEnabled()
    reviewer.edits.say_right()
    assert reviewer.lane is lane
    assert reviewer.room.walk is not None
    assert reviewer.room.walk.number == 1
    drawn = True
    strip.refresh()
    assert strip.count.isEnabled()
    reviewer.edits.say_right()
    assert reviewer.room.walk.number == 2


def test_next_and_back_say_nothing_of_a_place(reviewer: Reviewer) -> None:
    reviewer.enter()
    first = reviewer.place
    reviewer.room.go(1)
    reviewer.room.go(-1)
    reviewer.room.go(-1)
    assert reviewer.place == first
    assert reviewed(reviewer.lane) == 0
    reviewer.room.set_order(True)
    while reviewer.room.state == "at":
        reviewer.room.go(1)
    starts = [look.item.start for look in reviewer.room.walk.looks[2:]]  # type: ignore[union-attr]
    assert len(starts) == 3
    assert starts == sorted(starts)


def test_right_away_from_the_place_brings_it_back(reviewer: Reviewer) -> None:
    reviewer.enter()
    reviewer.go_to(40)
    before = reviewer.document.project
    reviewer.player.seek(85)
    reviewer.arrive()
    for act in (reviewer.edits.say_right, reviewer.edits.merge_away):
        act()
        assert reviewer.document.project is before
        assert 39 <= reviewer.player.target <= 50
        assert "Back at the item" in reviewer.said[-1]
        reviewer.player.seek(85)
    assert not reviewer.edits.label(3), "a class key means what is under the playhead"


def test_what_is_labelled_in_two_ways_is_left_out_everywhere_in_one_step(
    reviewer: Reviewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skelseg_core.review.two_ways.SHORT", 1.0)
    # As at frame 40: walk between reach and open drawer, three times so, three not.
    lengths = [5, 10, 5, *[5, 2, 5] * 2, *[5, 5] * 3, 2]
    ids = [*[1, 0, 2] * 3, *[1, 2] * 3, 3]
    edges = np.cumsum([0, *lengths]).tolist()
    segments = (
        Segment(a, b, i).as_reviewed()
        for (a, b), i in zip(pairwise(edges), ids, strict=True)
    )
    lane = Segmentation((*segments, Segment(edges[-1], N_FRAMES)))
    reviewer.document.apply("Set", lambda p: set_lane(p, "two", ANNOTATION, lane))
    reviewer.enter()
    room, before = reviewer.room, reviewer.document.project
    while reviewer.place.start != 40:
        assert not reviewer.edits.in_two_ways()
        room.go(1)
    reviewer.arrive()
    said = "labelled in two ways, 3 times so, 3 times left out: which?"
    assert reviewer.place.reasons[0] == Reason(
        "labelled in two ways, {:,} times so, {:,} times left out: which?", (3, 3)
    )
    assert str(reviewer.place.reasons[0]) == said
    assert reviewer.edits.in_two_ways()
    reviewer.edits.leave_out()
    reviewer.wait(lambda: reviewer.steps == 3)
    assert [s.class_id for s in reviewer.lane.segments] == [0, 1, 2, 3]
    other = reviewer.document.project.track("two").annotation
    assert [s.class_id for s in other.segments] == [*[1, 2] * 6, 3, None]
    assert reviewer.said[-1] == "4 segments left out in all videos."
    reviewer.document.undo_stack.undo()
    assert reviewer.document.project == before


def test_a_class_key_labels_the_place_also_at_its_end(reviewer: Reviewer) -> None:
    reviewer.enter()
    reviewer.go_to(40)
    keys = reviewer.services.review.class_keys
    reviewer.player.seek(reviewer.place.stop)
    keys.begin(3)
    assert reviewer.lane.at(45).class_id == 3
    assert reviewer.lane.at(50).class_id == 2
    assert reviewer.segment == reviewer.lane.at(45)
    assert reviewer.steps == 2
    reviewer.session.set_range(60, 65)
    keys.begin(0)
    assert reviewer.lane.at(62).class_id == 0, "marks come first"
    reviewer.room.set_in_sight(False)
    reviewer.player.seek(80)
    keys.begin(1)
    assert reviewer.lane.at(80).class_id == 1, "outside it means the playhead"


def test_a_class_key_of_another_tier_is_not_about_the_place(reviewer: Reviewer) -> None:
    track = f"{reviewer.session.track_id}@Hands"
    assert reviewer.document.apply("Add", lambda p: add_tier(p, "Hands"))
    reviewer.enter()
    before = reviewer.lane
    free = reviewer.document.project.classes_of(track).ids[0]
    reviewer.services.review.class_keys.begin(free)
    assert reviewer.lane is before
    assert reviewer.document.project.track(track).annotation.at(0).class_id == free


def test_a_class_key_while_the_place_plays_labels_nothing_else(
    reviewer: Reviewer,
) -> None:
    reviewer.enter()
    reviewer.go_to(40)
    reviewer.room.play_again()
    reviewer.wait(lambda: reviewer.session.frame > 40)
    assert reviewer.player.plan.loop
    reviewer.services.review.class_keys.begin(3)
    assert not reviewer.player.playing
    assert reviewer.lane.at(45).class_id == 3
    assert reviewer.session.growing is None
    reviewer.room.play_again()
    reviewer.room.play_again()
    assert not reviewer.player.playing
    assert reviewer.player.target == (reviewer.place.boundary or 40)


def test_keys_of_a_place_mean_it_though_another_place_is_played(
    reviewer: Reviewer,
) -> None:
    reviewer.enter()
    reviewer.go_to(40)
    before = reviewer.document.project
    for act in (reviewer.edits.merge_away, reviewer.edits.leave_undecided):
        reviewer.services.review.review_playback.around_frame(70)
        reviewer.wait(lambda: reviewer.session.frame > 52)
        assert reviewer.player.playing
        act()
        assert reviewer.document.project is before
        assert "Back at the item" in reviewer.said[-1]
        reviewer.arrive()


def test_what_is_selected_elsewhere_is_not_left_undecided(reviewer: Reviewer) -> None:
    reviewer.enter()
    reviewer.go_to(40)
    before, place = reviewer.lane, reviewer.place
    other = before.segments[0]
    assert other.stop <= place.start
    reviewer.session.set_chosen([(other.start, other.stop)])
    reviewer.edits.leave_undecided()
    assert reviewer.lane.at(place.start).undecided
    assert reviewer.lane.at(place.stop - 1).undecided
    assert not reviewer.lane.at(other.start).undecided
    changed = reviewer.lane.to_frames() != before.to_frames()
    assert set(changed.nonzero()[0]) == set(range(place.start, place.stop))


def test_the_second_boundary_and_back(reviewer: Reviewer) -> None:
    reviewer.enter()
    reviewer.go_to(40)
    assert reviewer.place.boundary == 40
    evidence = reviewer.room.evidence
    assert evidence is not None
    rows = evidence.probabilities.copy()
    rows[26:30] = (0.6, 0.3, 0.05, 0.05)
    rows[30:40] = (0.2, 0.7, 0.05, 0.05)
    reviewer.room.evidence = replace(evidence, probabilities=rows)
    reviewer.edits.take_second()
    assert reviewer.place.start == 26
    assert not reviewer.lane.at(26).start_reviewed, "that is said by Return"
    assert reviewer.services.labelling.segment_editor.boundary.frame == 26
    assert reviewer.player.target == 26


def test_merging_away_and_undo_stay_at_the_place(reviewer: Reviewer) -> None:
    reviewer.enter()
    reviewer.go_to(40)
    before = reviewer.lane
    reviewer.edits.merge_away()
    assert len(reviewer.lane) == len(before) - 1
    assert reviewer.lane.at(45).class_id in (1, 2)
    assert "“walk” is merged" in reviewer.said[-1]
    assert reviewer.segment.start <= 40 < 50 <= reviewer.segment.stop
    reviewer.settle()
    reviewer.room.go(1)
    other = reviewer.place
    reviewer.document.undo()
    assert reviewer.lane == before
    assert reviewer.place.start == 40, "undo shows the place where the edit was made"
    assert reviewer.session.place is not None
    assert reviewer.session.place.start == 40
    reviewer.document.redo()
    assert len(reviewer.lane) == len(before) - 1
    reviewer.settle()
    reviewer.room.go(1)
    assert reviewer.place == other


def test_steps_that_are_read_late_move_nothing_of_the_review(
    reviewer: Reviewer,
) -> None:
    reviewer.enter()
    reviewer.go_to(40)
    before = reviewer.lane
    reviewer.edits.merge_away()
    reviewer.settle()
    reviewer.room.go(1)
    change = {"was": None, "put": None}
    step = EarlierStep("s:1", "Earlier", 0.0, (("former_classes", change),))
    reviewer.document.history.put_below(EarlierSteps((step, step, step)))
    reviewer.document.undo()
    assert reviewer.lane == before
    assert reviewer.place.start == 40, "undo shows the place where the edit was made"
    reviewer.document.undo()
    assert reviewer.lane.n_labelled == 0
    assert reviewer.room.place is None, "what was to be reviewed is gone"


def test_a_ghost_is_inserted_and_becomes_the_place(
    reviewer: Reviewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ghost = Segment(38, 43, 2, "model")
    monkeypatch.setattr(
        "skelseg_core.review.queue.Queue.items",
        lambda _, lane: (
            ReviewItem(40, 50, (), 0.9, 40, ghost if len(lane) == 5 else None),
            ReviewItem(70, 90, (), 0.1, 70),
        ),
    )
    reviewer.enter()
    assert reviewer.session.place is not None
    assert reviewer.session.place.ghost == ghost
    reviewer.look_all_over()
    reviewer.edits.insert()
    new = reviewer.lane.at(40)
    assert (new.start, new.stop, new.class_id, new.reviewed) == (38, 43, 2, True)
    assert reviewer.place == ReviewItem(38, 43, boundary=38)
    assert reviewer.session.place.ghost is None
    reviewer.settle()
    reviewer.edits.insert()
    assert "Nothing seems to be missing" in reviewer.said[-1]
    reviewer.document.undo()
    assert reviewer.place.ghost == ghost, "it may be missing again"


def test_nothing_moves_under_the_hand_when_places_are_found_anew(
    reviewer: Reviewer,
) -> None:
    reviewer.enter()
    reviewer.go_to(40)
    reviewer.services.labelling.segment_editor.nudge(2)
    reviewer.arrive()
    moved = reviewer.place
    edge = reviewer.services.labelling.segment_editor.boundary
    assert moved.boundary == edge.frame
    assert (moved.start, moved.stop) in ((42, 50), (40, 52))
    frame, number = reviewer.session.frame, reviewer.room.walk.number  # type: ignore[union-attr]
    predict(reviewer.document.folder, "one", 0.6)
    current = reviewer.services.current_video
    before = current.shown_prediction
    current.found.look_at("one")
    reviewer.wait(lambda: current.shown_prediction is not before)
    reviewer.settle()
    walk = reviewer.room.walk
    assert walk is not None
    assert (reviewer.session.frame, walk.number) == (frame, number)
    assert (reviewer.place.start, reviewer.place.stop) == (moved.start, moved.stop)


def test_places_of_another_video_are_dropped(
    reviewer: Reviewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviewer.room.set_in_sight(True)
    found: list[object] = []
    reviewer.room.enter()
    finders = reviewer.services.findChildren(ItemFinder)
    for finder in finders:
        finder.found.connect(found.append)
    assert any(finder.searching for finder in finders)
    reviewer.session.set_video("two")
    found.clear()  # what came while its labels were read was of the video before
    reviewer.settle()
    assert found == []
    assert reviewer.room.state == "ready"
    assert reviewer.document.project.track("two").annotation.n_labelled == 0
    assert reviewer.room.in_room(), "Return begins with this one"
    reviewer.edits.say_right()
    reviewer.wait(lambda: reviewer.room.state == "at")
    assert reviewer.document.project.track("two").annotation.n_labelled == N_FRAMES


@pytest.mark.parametrize("what", ["copy", "prediction", "class"])
def test_what_is_taken_away_under_the_review_leaves_it_in_order(
    reviewer: Reviewer, what: str
) -> None:
    reviewer.enter()
    if what == "copy":
        reviewer.document.undo()
        assert reviewer.room.state == "ready"
    elif what == "prediction":
        gone(reviewer.qtbot, reviewer.services, "one", "m")
        assert reviewer.room.state == "at", "what was taken over is still to review"
    else:
        reviewer.document.apply("Delete", lambda p: delete_class(p, 0, into=1))
        assert reviewer.room.state == "at"
        assert reviewer.segment.class_id != 0
    reviewer.settle()
    assert reviewer.session.place == (
        None if what == "copy" else reviewer.session.place
    )
    assert not [t for t in reviewer.said if "went wrong" in t]


def test_after_the_last_place_it_says_what_was_done_and_goes_to_the_next_video(
    reviewer: Reviewer,
) -> None:
    reviewer.enter()
    room = reviewer.room
    while room.state == "at":
        reviewer.look_all_over()
        reviewer.edits.say_right()
        reviewer.arrive()
    assert room.state == "ended"
    assert room.walk is not None
    assert told(room.walk) == "5 items looked at: 5 right."
    assert all(s.reviewed for s in reviewer.lane.segments)
    assert reviewer.document.project.track("one").finished
    item = room.next_video
    assert item is not None
    assert item.id == "two"
    reviewer.edits.say_right()
    reviewer.wait(lambda: room.state == "at")
    assert reviewer.session.track_id == "two"
    assert [a.stop for a, _ in pairwise(reviewer.lane.segments)] == list(CUTS[1:-1])


def test_edits_elsewhere_are_no_mending_of_what_is_looked_at_later(
    reviewer: Reviewer,
) -> None:
    reviewer.enter()
    reviewer.go_to(50)
    reviewer.document.edit_lane("Label", "one", lambda s: relabel(s, 0, 3))
    reviewer.room.go(1)
    reviewer.document.edit_lane("Move", "one", lambda s: move_boundary(s, 0, 18))
    reviewer.room.go(1)
    walk = reviewer.room.walk
    assert walk is not None
    mended, right, left = walk.counts()
    assert (mended, right) == (2, 0)
    assert left == len(walk.looks) - 2


@pytest.mark.parametrize("source", ["model", "import"])
def test_the_room_opens_for_whatever_nobody_reviewed(
    reviewer: Reviewer, source: Source
) -> None:
    """By example, imported or copied: no prediction says what is doubtful."""
    room: ReviewRoom = reviewer.room
    gone(reviewer.qtbot, reviewer.services, "one", "m")
    frames = np.repeat(SAID, np.diff(CUTS))
    lane = Segmentation.from_frames(frames, source)
    reviewer.document.apply("Fill", lambda p: set_lane(p, "one", ANNOTATION, lane))
    reviewer.enter()
    assert room.walk is not None
    assert room.walk.total == len(SAID)
    assert reviewer.place.start == 0, "in order of time where nothing is odd"
    reviewer.look_all_over()
    reviewer.edits.say_right()
    assert reviewer.place.start == CUTS[1]
    assert reviewer.lane.segments[0].reviewed
    assert reviewer.session.boundary == 1, "the end that nobody reviewed"
    reviewer.edits.take_second()
    reviewer.edits.merge_away()
    assert reviewer.lane.at(CUTS[1]).class_id == 0
    assert room.next_video is not None


def test_a_hole_that_was_made_is_not_filled_by_entering(reviewer: Reviewer) -> None:
    reviewer.enter()
    reviewer.room.leave()
    editor = reviewer.services.labelling.segment_editor
    editor.edit("Unlabel", lambda s: paint(s, 45, 60, None))
    reviewer.room.walk = None  # as after a restart
    reviewer.enter()
    assert reviewer.lane.at(50).class_id is None
    assert reviewer.steps == 2


def test_a_stretch_without_a_label_is_gone_to_last_and_needs_a_class(
    reviewer: Reviewer,
) -> None:
    reviewer.enter()
    editor = reviewer.services.labelling.segment_editor
    editor.edit("Unlabel", lambda s: paint(s, 60, 62, None))
    walk = reviewer.room.walk
    assert walk is not None
    reviewer.qtbot.waitUntil(lambda: walk.waiting[-1].start == 60)
    while (reviewer.place.start, reviewer.place.stop) != (60, 62):
        reviewer.room.go(1)
    before = reviewer.lane
    reviewer.edits.say_right()
    assert reviewer.lane == before, "there is nothing to agree with"
    reviewer.edits.label(1)
    assert reviewer.lane.at(60).class_id == 1


def test_a_room_with_nothing_to_review_says_what_to_do(reviewer: Reviewer) -> None:
    gone(reviewer.qtbot, reviewer.services, "one", "m")
    strip = room_view(reviewer)
    strip.use(lambda _: QAction(enabled=False), lambda id_: f"key of {id_}")
    reviewer.qtbot.addWidget(strip)
    reviewer.room.enter()
    assert "Label one repetition" in strip.message.text.text()
    assert "key of fill-example" in strip.message.text.text()


def test_a_room_without_anything_to_review_edits_nothing(reviewer: Reviewer) -> None:
    room: ReviewRoom = reviewer.room
    gone(reviewer.qtbot, reviewer.services, "one", "m")
    before = reviewer.document.project
    room.set_in_sight(True)
    room.enter()
    reviewer.edits.say_right()
    reviewer.edits.merge_away()
    reviewer.edits.insert()
    room.go(1)
    assert room.state == "nothing"
    assert reviewer.document.project is before


def test_a_ghost_goes_with_its_class(reviewer: Reviewer) -> None:
    reviewer.enter()
    reviewer.services.labelling.class_editor.add("rest")
    ids = reviewer.document.project.label_map.ids
    unused = next(i for i in ids if i not in reviewer.lane.class_ids)
    look = reviewer.room.look
    assert look is not None
    ghost = Segment(look.item.start, look.item.start + 1, unused, "model")
    look.item = look.came = replace(look.item, ghost=ghost)
    reviewer.document.apply("Delete", lambda p: delete_class(p, unused, into=None))
    assert reviewer.place.ghost is None
    assert reviewer.session.place is not None
    assert reviewer.session.place.ghost is None
    before = reviewer.lane
    reviewer.services.review.item_editor.insert()
    assert reviewer.lane is before


def test_a_search_that_failed_can_be_begun_again(
    reviewer: Reviewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("odd")

    with monkeypatch.context() as broken:
        broken.setattr("skelseg_core.review.queue.Queue.items", fail)
        reviewer.room.set_in_sight(True)
        reviewer.room.enter()
        reviewer.settle()
        assert reviewer.room.state == "ready", "nobody searches any more"
    reviewer.edits.say_right()
    reviewer.wait(lambda: reviewer.room.state == "at")


def test_the_queue_is_listed_and_a_row_leads_to_its_item(reviewer: Reviewer) -> None:
    room, view = reviewer.room, room_view(reviewer)
    reviewer.qtbot.addWidget(view)
    reviewer.enter()
    rows = view.list.rows
    assert [row.item.start for row in rows] == [40, 0, 20, 50, 70]
    assert [row.state for row in rows] == ["at", "", "", "", ""]
    room.go(1)
    room.go_to(rows[3])
    reviewer.arrive()
    assert reviewer.place.start == 50
    assert [row.item.start for row in view.list.rows] == [40, 0, 20, 50, 70], "in place"
    states = [row.state for row in view.list.rows]
    assert states == ["skipped", "skipped", "", "at", ""]
    reviewer.look_all_over()
    reviewer.edits.say_right()
    reviewer.arrive()
    assert view.list.rows[3].state == "right"
    room.go_to(view.list.rows[0])
    assert reviewer.place.start == 40, "what was skipped is reached again"
    # A boundary that moves takes no row to another place.
    reviewer.edits.label(3)
    boundary = reviewer.services.labelling.segment_editor.boundary
    assert boundary.index is not None
    reviewer.document.edit_lane(
        "move", reviewer.session.track_id, lambda s: move_boundary(s, 1, 38)
    )
    assert [row.item.start for row in view.list.rows] == [38, 0, 20, 50, 70]


def test_items_of_all_videos_are_listed_and_lead_there(reviewer: Reviewer) -> None:
    lane = Segmentation((Segment(0, 30, 0, "model"), Segment(30, N_FRAMES, 1, "model")))
    reviewer.document.edit_lane("two", "two", lambda _: lane)
    room, view = reviewer.room, room_view(reviewer)
    reviewer.qtbot.addWidget(view)
    reviewer.enter()
    assert {row.track.id for row in view.list.rows} == {"one"}
    view.videos.activated.emit(1)
    others = [row for row in view.list.rows if row.track.id == "two"]
    assert [(r.item.start, r.item.stop) for r in others] == [(0, 30), (30, N_FRAMES)]
    room.go_to(others[1])
    reviewer.wait(lambda: room.state == "at")
    assert reviewer.session.track_id == "two"
    assert reviewer.place.start == 30


def test_keys_that_do_nothing_at_an_item_are_not_shown(reviewer: Reviewer) -> None:
    view = room_view(reviewer)
    reviewer.qtbot.addWidget(view)
    view.use(lambda _: QAction(), lambda id_: f"key of {id_}")
    reviewer.enter()
    shown = {row.command for row in view.keys.rows}
    assert "room-right" in shown
    assert reviewer.place.ghost is None
    assert "room-insert" not in shown

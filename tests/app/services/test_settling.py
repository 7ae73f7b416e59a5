"""Two people's disagreements are settled by keys, and each answer is one step."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.services.review.review_room import ReviewRoom
from app.services.review.settling import Settling
from app.services.services import Services
from app.views.review.room import ReviewRoomView
from app.views.review.strip_pictures import StripPictures
from skelseg_core.labels.edits import paint
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project_edits import (
    add_annotator_lane,
    edit_lane,
    set_blind,
    set_done,
    set_lane,
)
from skelseg_core.project.videos_and_tracks import Track, annotator_lane
from skelseg_core.review.settling import GOLD, Dispute
from tests.app.conftest import N_FRAMES
from tests.app.made_services import close_services, make_services
from tests.app.predicted import predicting

BOTH = Dispute(annotator_lane("anna"), annotator_lane("ben"))


def lane(*runs: tuple[int | None, int]) -> Segmentation:
    at, segments = 0, []
    for class_id, n in runs:
        segments.append(Segment(at, at + n, class_id, "human"))
        at += n
    segments.append(Segment(at, N_FRAMES, 0, "human"))
    return Segmentation(tuple(segments))


ANNA = lane((1, 20), (2, 20), (3, 20))
BEN = lane((1, 24), (2, 16), (1, 20))


class Judge:
    """A person who settles what anna and ben disagree about."""

    def __init__(self, services: Services, qtbot: QtBot) -> None:
        self.services, self.qtbot = services, qtbot
        self.settling: Settling = services.review.settling
        self.room, self.document = services.review.review_room, services.document
        self.said: list[str] = []
        services.notices.said.connect(self.said.append)
        services.notices.warned.connect(self.said.append)

    def begin(self, dispute: Dispute = BOTH) -> None:
        self.room.set_in_sight(True)
        self.settling.begin(dispute)

    @property
    def item(self) -> Track:
        return self.document.project.track("one")

    @property
    def frames(self) -> tuple[int, int]:
        block = self.settling.block
        assert block is not None
        return block.start, block.stop

    @property
    def choices(self) -> list[str]:
        return [d.choice for d in self.item.decisions]


@pytest.fixture
def judge(
    qtbot: QtBot, project_folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Judge]:
    # Keys wait for the pictures of a place, which is tested in the window.
    monkeypatch.setattr(ReviewRoom, "ready", True)
    before = project_folder.load()
    project = add_annotator_lane(before, "one", "anna", ANNA)
    project = add_annotator_lane(project, "one", "ben", BEN)
    project_folder.save(project, before)
    services = make_services(project_folder)
    made = Judge(services, qtbot)
    services.session.set_video("one")
    qtbot.waitUntil(lambda: services.player.picture is not None, timeout=20_000)
    yield made
    close_services(services)


def test_the_longest_disagreement_comes_first(judge: Judge) -> None:
    judge.begin()
    assert judge.room.state == "at"
    assert judge.frames == (40, 60)
    assert judge.item.annotation == ANNA
    judge.room.go(1)
    assert judge.frames == (20, 24)
    assert judge.item.decisions == ()


def test_they_come_by_length_by_pair_of_classes_or_in_order_of_time(
    judge: Judge, qtbot: QtBot
) -> None:
    # 1 against 2 twice, 31 frames in all; 3 against 1 for 20 frames between them.
    anna = lane((1, 15), (0, 10), (3, 20), (0, 10), (1, 16))
    ben = lane((2, 15), (0, 10), (1, 20), (0, 10), (2, 16))
    for name, said in (("anna", anna), ("ben", ben)):
        where = annotator_lane(name)
        judge.document.apply("x", lambda p, s=said, w=where: set_lane(p, "one", w, s))
    pictures = StripPictures(judge.services.current_video, judge.services.player)
    view = ReviewRoomView(judge.room, judge.settling, pictures)
    qtbot.addWidget(view)
    assert view.order.count() == 2

    def waiting() -> list[int]:
        walk = judge.room.walk
        return [place.start for place in walk.waiting] if walk is not None else []

    judge.begin()
    assert (judge.frames[0], waiting()) == (25, [55, 0])
    found = {}
    for n, text in enumerate(
        [view.order.itemText(n) for n in range(view.order.count())]
    ):
        view.order.setCurrentIndex(n)
        view.order.activated.emit(n)
        assert judge.settling.on
        assert view.order.currentIndex() == n
        judge.room.leave()
        assert view.order.count() == 2
        judge.begin()
        found[text] = [judge.frames[0], *waiting()]
    assert found == {
        "Longest first": [25, 55, 0],
        "By time": [0, 25, 55],
        "By pair of classes": [0, 55, 25],
    }


def test_each_key_is_an_answer_and_goes_on(judge: Judge) -> None:
    judge.begin()
    judge.settling.take("second")
    assert judge.item.annotation.to_frames()[45] == 1
    assert judge.frames == (20, 24)
    judge.settling.take_middle()
    assert judge.item.annotation.boundaries.tolist()[:1] == [22]
    assert judge.choices == ["second", "middle"]
    assert judge.room.state == "ended"
    assert {d.who for d in judge.item.decisions} == {
        judge.services.labelling.annotator_name.name
    }


def test_an_answer_is_one_step_of_undo_and_leads_back(judge: Judge) -> None:
    judge.begin()
    judge.settling.take("second")
    judge.document.undo()
    assert judge.item.decisions == ()
    assert judge.item.annotation == ANNA
    assert judge.frames == (40, 60)
    judge.document.redo()
    assert judge.choices == ["second"]


def test_taking_what_stands_there_is_an_answer_too(judge: Judge) -> None:
    judge.begin()
    judge.settling.take("first")
    assert judge.choices == ["first"]
    judge.services.review.item_editor.say_right()
    assert judge.choices == ["first", "first"]


def test_any_edit_in_the_block_is_an_answer_and_one_step(judge: Judge) -> None:
    judge.begin()
    steps = judge.document.step
    assert judge.services.review.item_editor.label(0)
    assert judge.document.step == steps + 1
    assert judge.choices == ["edit"]
    assert (judge.item.annotation.to_frames()[40:60] == 0).all()
    # Frames beside the block are none of it.
    judge.document.edit_lane("Beside", "one", lambda s: paint(s, 0, 10, 3))
    assert judge.choices == ["edit"]
    judge.document.undo()
    judge.document.undo()
    assert judge.choices == []


def test_own_labels_are_kept_beside_what_becomes_of_them(judge: Judge) -> None:
    own = lane((2, 60))
    judge.document.edit_lane("Own", "one", lambda _: own)
    judge.begin(Dispute("annotation", BOTH.second))
    kept = annotator_lane(judge.services.labelling.annotator_name.name)
    assert judge.item.lanes[kept] == own
    assert judge.settling.dispute == Dispute(kept, BOTH.second)
    judge.settling.take("second")
    assert judge.item.lanes[kept] == own


def test_the_result_is_kept_as_gold_by_return_after_the_last(judge: Judge) -> None:
    judge.begin()
    judge.settling.take("second")
    judge.settling.take("second")
    assert judge.room.state == "ended"
    judge.services.review.item_editor.say_right()
    gold = judge.item.lanes[annotator_lane(GOLD)]
    assert (gold.to_frames() == BEN.to_frames()).all()
    assert not judge.room.on
    assert judge.services.review.settling.figures() == pytest.approx(
        (100 - 100 * 24 / N_FRAMES, 100 - 100 * 24 / N_FRAMES, 100)
    )


def test_settling_goes_on_where_it_was_left(judge: Judge) -> None:
    judge.begin()
    judge.settling.take("second")
    judge.room.leave()
    assert not judge.settling.on
    judge.settling.begin_usual()
    assert judge.frames == (20, 24)
    assert judge.settling.dispute == BOTH


def test_undo_of_the_begin_ends_it(judge: Judge) -> None:
    own = lane((2, 60))
    judge.document.edit_lane("Own", "one", lambda _: own)
    judge.begin(Dispute("annotation", BOTH.second))
    judge.document.undo()
    assert not judge.settling.on
    assert judge.item.annotation == own


def test_a_blind_project_has_nothing_to_settle_until_it_is_done(judge: Judge) -> None:
    judge.document.apply("Blind", lambda p: set_blind(p, True))
    assert judge.services.current_video.item is not None
    assert judge.services.current_video.item.annotators == ()
    judge.begin()
    assert not judge.settling.on
    assert "has no labels by two people" in judge.said[-1]
    judge.document.apply("Done", lambda p: set_done(p, "one"))
    judge.begin()
    assert judge.settling.on


def test_a_pre_label_of_a_blind_video_is_said_to_be_hidden(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge.document.apply("Blind", lambda p: set_blind(p, True))
    services, current = judge.services, judge.services.current_video
    monkeypatch.setattr(services.jobs.worker, "task", predicting(services, ANNA))
    services.session.set_model("m")
    services.models.model_service.prelabel()
    judge.qtbot.waitUntil(lambda: current.found.models("one") == ("m",))
    assert "you see the result once the video is done" in judge.said[-1]
    assert current.models == ()
    assert current.shown_model == ""


def test_who_labels_first_signs_the_video(judge: Judge) -> None:
    edit_own = lambda: judge.document.apply(  # noqa: E731
        "Own", lambda p: edit_lane(p, "one", lambda _: lane((2, 60)))
    )
    edit_own()
    assert judge.item.annotator == ""
    judge.document.undo()
    judge.services.labelling.annotator_name.set_name("Cara Müller")
    edit_own()
    name = judge.services.labelling.annotator_name.name
    assert judge.item.annotator == name
    assert judge.document.claims.person == name
    judge.document.undo()
    assert judge.item.annotator == ""

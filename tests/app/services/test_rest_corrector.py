from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.services.labelling.rest_corrector import EVERY
from app.services.services import Services
from skelseg_core.errors import EditError
from skelseg_core.labels.edits import accept, paint
from skelseg_core.labels.prediction import Prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import run
from skelseg_core.project.class_edits import add_class, class_deletion
from skelseg_core.project.project_edits import add_video
from skelseg_core.review.adapting import WEAK, n_corrected, share_left
from tests.app.made_services import close_services, make_services
from tests.app.predicted import shown
from tests.poses_only import item, make_poses_project

LENGTH = 8
TRUTH = np.repeat([0, 1, 0, 2] * 48, LENGTH)
"""The model takes every 2 for 1, with little doubt."""
SEGMENTS = [(n * LENGTH, int(c)) for n, c in enumerate(TRUTH[::LENGTH])]


@pytest.fixture
def services(qtbot: QtBot, tmp_path: Path) -> Iterator[Services]:
    made = make_services(make_poses_project(tmp_path / "p"))
    document = made.document
    ids = np.array(document.project.label_map.ids[:3])
    document.apply("Add", lambda p: add_video(p, item("long", TRUTH * 0 - 1)))
    made.session.set_video("long")
    values = np.full((len(TRUTH), 3), 0.02)
    values[TRUTH == 0, 0] = 0.96
    values[TRUTH == 1, 1] = 0.96
    values[TRUTH == 2] = [0.02, 0.52, 0.46]
    lane = Segmentation.from_frames(ids[values.argmax(axis=1)], "model")
    shown(qtbot, made, "long", "m", Prediction(values.astype(np.float32), ids, lane))
    document.edit_lane("Accept", "long", lambda v: accept(v, lane, 0, len(TRUTH)))
    yield made
    close_services(made)


def correct(services: Services, first: int, last: int) -> None:
    """Make segments what they truly are, one after the other."""
    ids = services.document.project.label_map.ids
    for start, column in SEGMENTS[first:last]:
        stop = start + LENGTH
        services.document.edit_lane(
            "Paint", "long", lambda v, a=start, b=stop, c=ids[column]: paint(v, a, b, c)
        )


def idle(qtbot: QtBot, services: Services) -> None:
    qtbot.waitUntil(lambda: not services.jobs.running, timeout=20_000)


def columns(services: Services) -> list[int]:
    project = services.document.project
    lane = project.track("long").annotation
    return project.label_map.to_indices(lane.to_frames()).tolist()


def test_after_twenty_corrections_the_rest_is_offered_and_is_one_step(
    qtbot: QtBot, services: Services
) -> None:
    correct(services, 0, 4 * EVERY - 1)
    idle(qtbot, services)
    assert services.labelling.rest_corrector.found is None
    correct(services, 4 * EVERY - 1, 4 * EVERY)
    qtbot.waitUntil(lambda: services.labelling.rest_corrector.can_take, timeout=20_000)
    notice = services.notices.all[-1]
    assert notice.helps == ("adapt-take",)
    assert "28 more labels would change, for example “reach” to “carry”" in notice.text
    assert "In one video of nine it made the rest worse" in notice.text
    before = columns(services)
    assert before[4 * EVERY * LENGTH :].count(2) == 0
    services.labelling.rest_corrector.take()
    assert columns(services) == TRUTH.tolist()
    assert notice not in services.notices.all
    services.document.undo()
    assert columns(services) == before
    idle(qtbot, services)
    assert not services.labelling.rest_corrector.can_take, "it was offered already"


def test_of_a_model_that_is_right_in_nine_places_of_ten_nothing_is_offered(
    qtbot: QtBot, services: Services
) -> None:
    """On people kept apart frames became worse there in six of twelve."""
    before, document = services.current_video.shown_prediction, services.document
    assert before is not None
    ids = document.project.label_map.ids
    errors = np.arange(len(TRUTH)) // LENGTH % 8 == 7
    strong = np.where(errors, ids[1], np.array(ids)[TRUTH])
    lane = Segmentation.from_frames(strong, "model")
    shown(qtbot, services, "long", "m", replace(before, segmentation=lane))
    now = services.current_video.shown_prediction
    assert now is not None
    assert now.segmentation == lane
    document.edit_lane("Accept", "long", lambda v: accept(v, lane, 0, len(TRUTH)))
    correct(services, 0, 8 * EVERY)
    idle(qtbot, services)
    made = document.project.track("long").annotation
    assert n_corrected(made, lane) >= EVERY
    assert share_left(made, lane) > WEAK
    assert services.labelling.rest_corrector.found is None


def test_what_is_dismissed_comes_again_after_as_many_more(
    qtbot: QtBot, services: Services
) -> None:
    correct(services, 0, 4 * EVERY)
    qtbot.waitUntil(lambda: services.labelling.rest_corrector.can_take, timeout=20_000)
    first = services.labelling.rest_corrector.found
    services.notices.close(services.notices.all[-1])
    correct(services, 4 * EVERY, 8 * EVERY - 1)
    idle(qtbot, services)
    assert services.labelling.rest_corrector.found is first
    correct(services, 8 * EVERY - 1, 8 * EVERY)
    idle(qtbot, services)
    assert services.labelling.rest_corrector.found is not first


def test_what_was_taken_is_what_the_next_corrections_are_counted_against(
    qtbot: QtBot, services: Services
) -> None:
    correct(services, 0, 4 * EVERY)
    qtbot.waitUntil(lambda: services.labelling.rest_corrector.can_take, timeout=20_000)
    services.labelling.rest_corrector.take()
    correct(services, 4 * EVERY, len(SEGMENTS) - 1)
    idle(qtbot, services)
    assert services.labelling.rest_corrector.found is None


def test_a_rest_that_was_labelled_in_another_way_is_left_alone(
    qtbot: QtBot, services: Services
) -> None:
    ids = services.document.project.label_map.ids
    half = len(TRUTH) // 2
    other = Segmentation.from_frames(np.full(len(TRUTH), ids[0]), "model")
    services.document.edit_lane(
        "Other", "long", lambda v: accept(v, other, half, len(TRUTH))
    )
    correct(services, 0, 4 * EVERY)
    idle(qtbot, services)
    assert services.labelling.rest_corrector.found is None


def test_a_refusal_says_nothing_was_done_and_what_was_removed_stays_removed(
    qtbot: QtBot, services: Services
) -> None:
    correct(services, 0, 4 * EVERY)
    qtbot.waitUntil(lambda: services.labelling.rest_corrector.can_take, timeout=20_000)
    document, last = services.document, len(TRUTH) - LENGTH
    document.edit_lane("Erase", "long", lambda v: paint(v, last, len(TRUTH), None))
    before, guard = columns(services), document.guard

    def refuse(*_: object) -> None:
        raise EditError("It is locked.")

    document.guard = refuse
    services.labelling.rest_corrector.take()
    assert columns(services) == before
    assert services.notices.all[-1].text == "It is locked."
    assert services.labelling.rest_corrector.can_take
    document.guard = guard
    services.labelling.rest_corrector.take()
    assert columns(services) == [*TRUTH[:last], *[-1] * LENGTH]


def test_nothing_is_said_where_nothing_can_be_learnt(
    qtbot: QtBot, services: Services
) -> None:
    document = services.document
    document.apply("Class", lambda p: add_class(p, "new"))
    ids = document.project.label_map.ids
    lane = Segmentation.from_frames(np.repeat([ids[0], ids[-1]] * (2 * EVERY), LENGTH))
    done = [s.as_reviewed() for s in lane.segments]
    document.edit_lane(
        "Paint", "long", lambda v: Segmentation((*done, *v.segments[len(done) :]))
    )
    idle(qtbot, services)
    assert not services.notices.all
    assert services.labelling.rest_corrector.found is None


def test_a_class_that_was_merged_meanwhile_is_named_as_it_is_now(
    qtbot: QtBot, services: Services
) -> None:
    correct(services, 0, 4 * EVERY)
    walk, _, carry = services.document.project.label_map.ids
    services.document.apply("Merge", lambda p: run(class_deletion(p, carry, walk)))
    qtbot.waitUntil(lambda: services.labelling.rest_corrector.can_take, timeout=20_000)
    assert "for example “reach” to “walk”" in services.notices.all[-1].text


def test_a_project_that_is_blind_by_now_offers_nothing(
    qtbot: QtBot, services: Services
) -> None:
    correct(services, 0, 4 * EVERY)
    qtbot.waitUntil(lambda: services.labelling.rest_corrector.can_take, timeout=20_000)
    services.document.apply("Blind", lambda p: replace(p, blind=True))
    assert not services.labelling.rest_corrector.can_take


def test_another_video_drops_the_offer_until_one_comes_back(
    qtbot: QtBot, services: Services
) -> None:
    correct(services, 0, 4 * EVERY)
    qtbot.waitUntil(lambda: services.labelling.rest_corrector.can_take, timeout=20_000)
    services.session.set_video("old")
    assert services.labelling.rest_corrector.found is None
    assert "adapt-take" not in [h for n in services.notices.all for h in n.helps]
    services.session.set_video("long")
    qtbot.waitUntil(lambda: services.current_video.shown_prediction is not None)
    correct(services, 4 * EVERY, 4 * EVERY + 4)
    qtbot.waitUntil(lambda: services.labelling.rest_corrector.can_take, timeout=20_000)

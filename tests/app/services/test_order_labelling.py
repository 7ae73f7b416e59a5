from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.services.services import Services
from skelseg_core.labels.edits import paint
from skelseg_core.labels.prediction import Prediction
from skelseg_core.labels.segmentation import Segmentation
from tests.app.made_services import close_services, make_services
from tests.app.predicted import shown
from tests.poses_only import make_poses_project

TRUTH = np.repeat([0, 1, 0, 2, 0, 1, 0, 2], 10)
"""Twice the same; the model takes 2 for 1."""


@pytest.fixture
def services(qtbot: QtBot, tmp_path: Path) -> Iterator[Services]:
    made = make_services(make_poses_project(tmp_path / "p"))
    made.session.set_video("old")
    nothing = Segmentation.unlabelled(len(TRUTH))
    made.document.edit_lane("Clear", "old", lambda _: nothing)
    yield made
    close_services(made)


def predict(qtbot: QtBot, services: Services) -> None:
    """A prediction in which class 1 is a little likelier than class 2."""
    document = services.document
    ids = np.array(document.project.label_map.ids[:3])
    values = np.full((len(TRUTH), 3), 0.1)
    values[TRUTH == 0, 0] = 0.8
    values[TRUTH > 0] = [0.1, 0.5, 0.4]
    lane = Segmentation.from_frames(ids[values.argmax(axis=1)], "model")
    found = Prediction(values.astype(np.float32), ids, lane)
    shown(qtbot, services, "old", "m", found)


def label(services: Services, video: str, stop: int) -> None:
    ids = services.document.project.label_map.ids
    truth = Segmentation.from_frames(TRUTH[:stop])
    for s in truth.segments:
        class_id = ids[s.class_id or 0]
        services.document.edit_lane(
            "Paint", video, lambda v, s=s, c=class_id: paint(v, s.start, s.stop, c)
        )


def wait_for_offer(qtbot: QtBot, services: Services) -> str:
    qtbot.waitUntil(lambda: services.order_labelling.can_take, timeout=20_000)
    notice = services.notices.all[-1]
    assert notice.helps == ("order-take",)
    return notice.text


def columns(services: Services) -> list[int]:
    project = services.document.project
    return project.label_map.to_indices(
        project.video("old").annotation.to_frames()
    ).tolist()


def test_without_a_prediction_it_says_what_to_do_first(services: Services) -> None:
    label(services, "old", 40)
    said: list[str] = []
    services.notices.warned.connect(said.append)
    services.order_labelling.label_as_before()
    assert not services.order_labelling.ready()
    assert all("pre-label this video first" in text.lower() for text in said)
    assert len(said) == 2
    assert columns(services)[40:] == [-1] * 40


def test_the_order_of_a_file_is_one_step_and_a_persons_frames_stay(
    qtbot: QtBot, services: Services, tmp_path: Path
) -> None:
    predict(qtbot, services)
    label(services, "old", 15)
    document, before = services.document, services.document.project
    names = document.project.label_map.names
    order = tmp_path / "order.txt"
    order.write_text("# what comes\n" + "\n".join(names[c] for c in TRUTH[::10]))
    services.order_labelling.label_by_file(order)
    wait_for_offer(qtbot, services)
    document.edit_lane("Paint", "old", lambda v: paint(v, 79, 80, 0))
    services.order_labelling.take()
    assert not services.order_labelling.can_take
    assert columns(services)[15:79] == TRUTH[15:79].tolist()
    annotation = document.project.video("old").annotation
    persons = annotation.frames_where(lambda run: run.class_reviewed)
    assert np.flatnonzero(persons).tolist() == [*range(15), 79]
    document.undo()
    document.undo()
    assert document.project.video("old").annotation == before.video("old").annotation


def test_a_file_with_a_name_that_is_no_class_is_refused(
    qtbot: QtBot, services: Services, tmp_path: Path
) -> None:
    predict(qtbot, services)
    order = tmp_path / "order.txt"
    order.write_text("dance\n")
    said: list[str] = []
    services.notices.warned.connect(said.append)
    services.order_labelling.label_by_file(order)
    qtbot.waitUntil(lambda: bool(said), timeout=20_000)
    assert "Line 1 of order.txt is “dance”" in said[-1]


def test_the_order_of_another_video(qtbot: QtBot, services: Services) -> None:
    predict(qtbot, services)
    assert services.order_labelling.others() == []
    assert not services.order_labelling.has_others
    label(services, "new", min(80, services.document.project.video("new").n_frames))
    assert services.order_labelling.others() == ["new"]
    assert services.order_labelling.has_others
    services.order_labelling.label_by_video("new")
    wait_for_offer(qtbot, services)
    services.order_labelling.take()
    assert columns(services) == TRUTH.tolist()


def test_the_rest_repeats_what_is_labelled(qtbot: QtBot, services: Services) -> None:
    predict(qtbot, services)
    label(services, "old", 40)
    services.player.seek(40)
    services.order_labelling.label_as_before()
    said = wait_for_offer(qtbot, services)
    assert "1 place would change" in said
    # The prediction takes the last ten frames for another class.
    assert "agrees in 75 % of the frames" in said
    assert columns(services)[40:] == [-1] * 40
    services.order_labelling.take()
    assert columns(services) == TRUTH.tolist()


def test_an_answer_for_another_video_is_dropped(
    qtbot: QtBot, services: Services
) -> None:
    predict(qtbot, services)
    label(services, "old", 40)
    services.player.seek(40)
    services.order_labelling.label_as_before()
    services.session.set_video("new")
    qtbot.waitUntil(lambda: not services.jobs.running, timeout=20_000)
    assert services.order_labelling.found is None
    assert not services.order_labelling.can_take

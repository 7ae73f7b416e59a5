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
from tests.settled import settle

TRUTH = np.repeat([0, 1, 0], [30, 20, 30])


@pytest.fixture
def services(qtbot: QtBot, tmp_path: Path) -> Iterator[Services]:
    """The model takes class 2 for class 1, which is nearly as likely."""
    made = make_services(make_poses_project(tmp_path / "p"))
    made.session.set_video("old")
    document = made.document
    ids = np.array(document.project.label_map.ids[:3])
    values = np.full((len(TRUTH), 3), 0.04)
    values[TRUTH == 0, 0] = 0.92
    values[TRUTH == 1, 1:] = 0.47, 0.49
    lane = Segmentation.from_frames(ids[values.argmax(axis=1)], "model")
    found = Prediction(values.astype(np.float32), ids, lane)
    shown(qtbot, made, "old", "m", found)
    document.edit_lane("Accept", "old", lambda _: lane)
    made.player.seek(32)
    yield made
    close_services(made)


def labels(services: Services) -> list[int]:
    project = services.document.project
    frames = project.track("old").annotation.to_frames()
    return project.label_map.to_indices(frames).tolist()


def test_the_model_follows_a_correction_in_one_step(
    qtbot: QtBot, services: Services
) -> None:
    document, one = services.document, services.document.project.label_map.ids[1]
    document.edit_lane("Label", "old", lambda s: paint(s, 30, 34, one, sets_stop=False))
    corrected = document.project.track("old").annotation
    said: list[str] = []
    services.notices.said.connect(said.append)
    services.labelling.redecoder.redecode()
    qtbot.waitUntil(lambda: bool(said), timeout=20_000)
    assert labels(services) == TRUTH.tolist()
    assert "16 frames" in said[-1]
    annotation = document.project.track("old").annotation
    assert (
        annotation.segments[1].source == "human" or not annotation.segments[2].protected
    )
    document.undo()
    assert document.project.track("old").annotation == corrected


def test_where_nothing_is_to_say_it_says_so_and_changes_nothing(
    qtbot: QtBot, services: Services
) -> None:
    before = services.document.project
    said: list[str] = []
    services.notices.said.connect(said.append)
    services.labelling.redecoder.redecode()
    settle()
    assert said == ["The model found nothing to change here."]
    assert services.document.project is before


def test_an_answer_after_another_edit_is_dropped(
    qtbot: QtBot, services: Services
) -> None:
    document, ids = services.document, services.document.project.label_map.ids
    document.edit_lane("Paint", "old", lambda s: paint(s, 30, 34, ids[1]))
    services.labelling.redecoder.redecode()
    document.edit_lane("Paint", "old", lambda s: paint(s, 60, 64, ids[2]))
    edited = document.project
    qtbot.waitUntil(lambda: not services.jobs.running, timeout=20_000)
    assert document.project is edited

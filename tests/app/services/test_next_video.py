"""The command that goes to the video worth labelling next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.services.services import Services
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.prediction import Prediction, save_prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.project_edits import add_video
from tests.app.made_services import close_services, make_services
from tests.poses_only import CLASSES, N_FRAMES, item

SURE = {"b": 0.9, "c": 0.5}


@pytest.fixture
def services(qtbot: QtBot, tmp_path: Path) -> Iterator[Services]:
    """Recordings a, b and c; the last two are pre-labelled as ``SURE``."""
    folder, project = create_project(
        tmp_path / "p", label_map_from_names(CLASSES), "lcrnet15"
    )
    before, ids = project, project.label_map.ids
    lane = Segmentation.from_frames(np.full(N_FRAMES, ids[0]), "model")
    for name in ("a", "b", "c"):
        project = add_video(project, item(name, np.full(N_FRAMES, -1)))
        if name in SURE:
            said = np.full((N_FRAMES, 3), (1 - SURE[name]) / 2, np.float32)
            said[:, 0] = SURE[name]
            path = folder.prediction_path(name, "m")
            save_prediction(path, Prediction(said, np.array(ids), lane))
    folder.save(project, before)
    made = make_services(ProjectFolder(folder.root))
    made.session.set_video("a")
    yield made
    close_services(made)


def test_it_goes_there_and_says_why(qtbot: QtBot, services: Services) -> None:
    said: list[str] = []
    services.notices.said.connect(said.append)
    assert services.review.next_video.has_any
    services.review.next_video.go()
    qtbot.waitUntil(lambda: bool(said), timeout=10_000)
    assert services.session.track_id == "c"
    assert said[0].startswith("Label c next. The model is 50 % unsure")


def test_an_answer_that_comes_late_is_dropped(qtbot: QtBot, services: Services) -> None:
    services.review.next_video.go()
    services.session.set_video("b")
    qtbot.waitUntil(lambda: not services.jobs.running, timeout=10_000)
    assert services.session.track_id == "b"

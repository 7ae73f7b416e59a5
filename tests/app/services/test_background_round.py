"""One whole round in the background, by the real tasks on a small project of poses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.services.services import Services
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.learning.model_info import is_as_good, load_info
from skelseg_core.predictions.found import models_of
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import add_video, set_lane
from skelseg_core.tasks.registry import TASKS
from tests.app.made_services import close_services, make_services
from tests.in_process import in_this_process
from tests.poses_only import CLASSES, item, waving

N = 160
SMALL = {
    "model": {
        "modalities": ["keypoints"],
        "n_features": 8,
        "n_prediction_layers": 3,
        "n_refinement_layers": 2,
        "n_refinement_stages": 0,
        "standardise": False,
    },
    "train": {"epochs": 3, "fusion_epochs": 1, "min_steps": 0},
}


def said(ids: tuple[int, ...], shift: int) -> Segmentation:
    labels = np.repeat([ids[0], ids[1], ids[0], ids[2]], N // 4)
    made = Segmentation.from_frames(np.roll(labels, shift))
    return Segmentation(tuple(s.as_reviewed() for s in made.segments))


@pytest.fixture
def services(qtbot: QtBot, tmp_path: Path) -> Iterator[Services]:
    """Four recordings; the first is labelled."""
    folder, project = create_project(
        tmp_path / "p", label_map_from_names(CLASSES), "lcrnet15"
    )
    before = project
    for number, name in enumerate(("a", "b", "c", "d")):
        project = add_video(project, item(name, np.full(N, -1)))
        poses = waving(N, 6 + 2 * number)
        save_poses(folder.poses_path(name), poses, f"poses-{name}")
    project = set_lane(project, "a", ANNOTATION, said(project.label_map.ids, 0))
    folder.save(project, before)
    made = make_services(ProjectFolder(folder.root))
    made.jobs.worker = in_this_process(TASKS)()
    yield made
    close_services(made)


def test_models_follow_the_labels(
    qtbot: QtBot, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.models.background_training.PROPOSED", SMALL)
    document, made = services.document, services.models.background_training
    folder, ids = document.folder, document.project.label_map.ids
    made.toggle()

    def finish(video_id: str, shift: int) -> None:
        lane = said(ids, shift)
        document.apply("Label", lambda p: set_lane(p, video_id, ANNOTATION, lane))
        qtbot.waitUntil(lambda: not made.busy and not document.unsaved, timeout=240_000)

    finish("b", 7)
    first = load_info(folder.model_dir("auto-1"))
    assert (first.videos, first.unlabelled) == (("a", "b"), ("c", "d"))
    assert first.measured
    assert services.session.model == "auto-1"
    models = {v: models_of(folder.root, v) for v in document.project.track_ids}
    assert models == {"a": (), "b": (), "c": ("auto-1",), "d": ("auto-1",)}
    # Pre-labels are corrected: the next model is compared by that, unseen.
    finish("c", 14)
    second = load_info(folder.model_dir("auto-2"))
    assert second.videos == ("a", "b", "c")
    against = second.held_out["against"]
    assert (against["model"], against["n_videos"]) == ("auto-1", 1)
    services.models.model_service.measure("auto-2")
    qtbot.waitUntil(
        lambda: services.models.model_service.measuring("auto-2") is None,
        timeout=240_000,
    )
    assert load_info(folder.model_dir("auto-2")).held_out["against"] == against
    good = is_as_good(second.held_out, first.held_out)
    assert services.session.model == ("auto-2" if good else "auto-1")
    assert ("auto-2" in models_of(folder.root, "d")) == good
    assert "auto-1" in models_of(folder.root, "d")

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.services.services import Services
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.labels.edits import paint
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.project.class_edits import delete_class
from skelseg_core.project.folder import ProjectFolder
from tests.app.made_services import close_services, make_services
from tests.poses_only import STANDING, make_poses_project

HALF = 40


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    """Recording ``old`` with raised hands in frames 20-39 and 60-79, labelled to 39."""
    made = make_poses_project(tmp_path / "p")
    keypoints = np.repeat(STANDING[None, None], 2 * HALF, axis=0)
    up = np.arange(2 * HALF) % HALF >= HALF // 2
    keypoints[up, 0, 6:8, 1] -= 60
    scores = np.ones(keypoints.shape[:-1], np.float32)
    poses = PoseSequence(keypoints, scores, "lcrnet15", (320, 240), "made by hand")
    save_poses(made.poses_path("old"), poses, "poses-old")
    before = made.load()
    ids = before.label_map.ids
    item = before.track("old")
    labels = paint(item.annotation, HALF, 2 * HALF, None)
    labels = paint(paint(labels, 0, HALF // 2, ids[0]), HALF // 2, HALF, ids[1])
    made.save(before.with_tracks(item.with_lane("annotation", labels)), before)
    return ProjectFolder(made.root)


@pytest.fixture
def services(qtbot: QtBot, folder: ProjectFolder) -> Iterator[Services]:
    made = make_services(folder)
    made.session.set_video("old")
    yield made
    close_services(made)


def test_the_rest_is_labelled_like_the_first_repetition_in_one_step(
    qtbot: QtBot, services: Services
) -> None:
    document, said = services.document, []
    services.notices.said.connect(said.append)
    services.player.seek(HALF)
    before = document.project
    services.labelling.example_filler.show_keys(lambda _: "Ctrl+R")
    services.labelling.example_filler.fill()
    services.labelling.example_filler.fill()
    assert said == ["old is already being filled in."]
    qtbot.waitUntil(lambda: document.project is not before, timeout=60_000)
    annotation = document.project.track("old").annotation
    first, second = document.project.label_map.ids[:2]
    assert annotation.class_ids.tolist() == [first, second, first, second]
    assert abs(int(annotation.boundaries[2]) - (HALF + HALF // 2)) <= 2
    assert [s.source for s in annotation.segments] == ["human"] * 2 + ["model"] * 2
    assert not any(s.reviewed for s in annotation.segments[2:])
    assert "in the order of your labels" in said[-1]
    assert said[-1].endswith("2 to review: Ctrl+R")
    document.undo()
    assert document.project == before


def test_what_changes_meanwhile_is_kept(qtbot: QtBot, services: Services) -> None:
    document = services.document
    first, second, third = document.project.label_map.ids
    services.player.seek(HALF)
    services.labelling.example_filler.fill()
    document.edit_lane("Paint", "old", lambda s: paint(s, 70, 80, third))
    document.apply("Delete class", lambda p: delete_class(p, second, None))
    qtbot.waitUntil(lambda: not services.jobs.running, timeout=60_000)
    frames = document.project.track("old").annotation.to_frames()
    assert (frames[70:] == third).all()
    assert (frames[45:55] == first).all()
    assert second not in frames


def test_without_labels_there_is_nothing_to_fill_in_like(services: Services) -> None:
    services.session.set_video("new")
    assert not services.labelling.example_filler.has_labels

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.kit.notices import Notice
from app.services.services import Services
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.labels.edits import paint
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.project.class_edits import delete_class
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.holds.claims import Claims
from skelseg_core.project.project_edits import add_video
from tests.app.made_services import close_services, make_services
from tests.poses_only import STANDING, item, make_poses_project

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


@pytest.fixture
def clips(tmp_path: Path) -> ProjectFolder:
    """Recording ``old`` is labelled, five others of the same work are not."""
    made = make_poses_project(tmp_path / "p")
    before = made.load()
    first, second = before.label_map.ids[:2]
    after = before
    for name in ("held", "locked", "fast", "strange"):
        after = add_video(after, item(name, np.full(2 * HALF, -1)))
    old = after.track("old")
    half = paint(old.annotation, 0, HALF, first)
    after = after.with_tracks(
        old.with_lane("annotation", paint(half, HALF, 2 * HALF, second)),
        replace(after.track("locked"), locked="Anna, 2026-12-03"),
    )
    made.save(after, before)
    for name in ("new", "old", "held", "locked", "fast", "strange"):
        up_from = HALF // 2 if name == "fast" else HALF
        points = np.repeat(STANDING[None, None], 2 * HALF, axis=0)
        points[up_from:, 0, 6:8, 1] -= 60
        if name == "strange":
            points[..., 1] = 240 - points[..., 1]  # upside down
        scores = np.ones(points.shape[:-1], np.float32)
        poses = PoseSequence(points, scores, "lcrnet15", (320, 240), "made by hand")
        save_poses(made.poses_path(name), poses, f"poses-{name}")
    return ProjectFolder(made.root)


@pytest.fixture
def several(qtbot: QtBot, clips: ProjectFolder) -> Iterator[Services]:
    made = make_services(clips)
    yield made
    close_services(made)


def test_videos_without_labels_are_filled_like_the_labelled_ones_in_one_step(
    qtbot: QtBot, clips: ProjectFolder, several: Services
) -> None:
    document, shown = several.document, list[Notice]()
    several.notices.changed.connect(shown.append)
    other = Claims(clips.root, "Anna")
    other.take("held")
    several.files.video_claims.look()
    qtbot.waitUntil(lambda: "held" in several.files.video_claims.others)
    several.session.set_video("new")
    filler, before = several.labelling.example_filler, document.project
    filler.show_keys(lambda _: "Ctrl+R")
    filler.fill()
    qtbot.waitUntil(lambda: document.project is not before, timeout=60_000)
    first, second = document.project.label_map.ids[:2]
    for name, cut in (("new", HALF), ("fast", HALF // 2)):
        lane = document.project.track(name).annotation
        assert lane.class_ids.tolist() == [first, second]
        assert abs(int(lane.boundaries[0]) - cut) <= 2
        assert all(s.source == "model" and not s.reviewed for s in lane.segments)
    for name in ("old", "held", "locked", "strange"):
        assert document.project.track(name) is before.track(name)
    told = shown[-1].text
    assert "Filled in 2 videos like your labels in 1 other." in told
    assert told.endswith("4 to review: Ctrl+R")
    assert "held (somebody else labels it)" in told
    assert "locked (locked)" in told
    assert "strange (nothing in it is similar to your labels)" in told
    assert not filler.to_review, "without pictures there is nothing on a wall"
    document.undo()
    assert document.project == before
    other.close()


def test_a_labelled_video_is_an_example_for_the_others(
    qtbot: QtBot, several: Services
) -> None:
    document, before = several.document, several.document.project
    several.session.set_video("old")
    several.labelling.example_filler.fill()
    qtbot.waitUntil(lambda: document.project is not before, timeout=60_000)
    filled = [v.id for v in document.project.tracks if v.annotation.n_labelled]
    assert sorted(filled) == ["fast", "held", "new", "old"]


def test_what_is_labelled_or_cancelled_meanwhile_stays(
    qtbot: QtBot, several: Services
) -> None:
    document, before = several.document, several.document.project
    first = before.label_map.ids[0]
    several.session.set_video("new")
    several.labelling.example_filler.fill()
    (job,) = several.jobs.running
    job.cancel()
    qtbot.waitUntil(lambda: not several.jobs.running, timeout=60_000)
    assert document.project is before
    several.labelling.example_filler.fill()
    document.edit_lane("Paint", "new", lambda s: paint(s, 0, 5, first))
    qtbot.waitUntil(lambda: not several.jobs.running, timeout=60_000)
    assert document.project.track("new").annotation.n_labelled == 5
    assert document.project.track("fast").annotation.n_labelled == 2 * HALF


def test_a_key_that_has_nothing_to_fill_in_says_why(services: Services) -> None:
    refused, document = list[str](), services.document
    services.notices.warned.connect(refused.append)
    services.session.set_video("new")
    for name in ("old", "new"):
        document.edit_lane("Clear", name, lambda s: paint(s, 0, s.n_frames, None))
    services.labelling.example_filler.fill()
    assert "Nothing is labelled yet" in refused[-1]
    first = document.project.label_map.ids[0]
    for name in ("old", "new"):
        document.edit_lane("All", name, lambda s: paint(s, 0, s.n_frames, first))
    services.labelling.example_filler.fill()
    assert "every other video has labels" in refused[-1]

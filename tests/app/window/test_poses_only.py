"""Recordings without video: player, thumbnails, verbs and what the stage says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from app.playback.player import Player
from app.services.models.file_readers import FIGURE, read_thumbs
from app.services.services import Services
from app.state.session import Session
from app.views.jobs.model_panel import ModelView
from app.views.picture.overlays import PoseOverlay
from app.views.picture.video import NOBODY, POSES_HIDDEN, POSES_ONLY, VideoView
from skelseg_core.config import load_preset
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder, probe_video
from skelseg_core.project.poses_only_video import STAGE
from skelseg_core.project.project_edits import add_video
from tests.app.made_services import close_services, make_services
from tests.poses_only import N_FRAMES, RATE, SIZE, item, make_poses_project, waving
from tests.projects import changed
from tests.settled import settle
from tests.videos import write_video


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    return make_poses_project(tmp_path / "poses only")


@pytest.fixture
def services(qtbot: QtBot, folder: ProjectFolder) -> Iterator[Services]:
    made = make_services(folder)
    made.models.pose_service.by_itself = True
    yield made
    close_services(made)


# -- player -------------------------------------------------------------------------


@pytest.fixture
def rig(qtbot: QtBot) -> Iterator[SimpleNamespace]:
    session = Session()
    player = Player(session)
    view = VideoView(session, player)
    view.resize(640, 480)
    qtbot.addWidget(view)
    player.open(item("new", np.zeros(N_FRAMES, int)))
    qtbot.waitUntil(lambda: player.picture is not None, timeout=20_000)
    yield SimpleNamespace(session=session, player=player, view=view)
    player.close()


def seek(rig: SimpleNamespace, qtbot: QtBot, frame: int) -> None:
    rig.player.seek(frame)
    qtbot.waitUntil(lambda: rig.session.frame == frame, timeout=20_000)


def test_the_player_steps_seeks_and_plays_to_the_end(
    rig: SimpleNamespace, qtbot: QtBot
) -> None:
    player, info = rig.player, rig.player.info
    assert (info.n_frames, info.has_pictures) == (N_FRAMES, False)
    np.testing.assert_array_equal(info.times.starts_s, np.arange(N_FRAMES) / RATE)
    player.step(3)
    qtbot.waitUntil(lambda: rig.session.frame == 3, timeout=20_000)
    seek(rig, qtbot, N_FRAMES - 5)
    player.set_rate(16.0)
    player.play()
    qtbot.waitUntil(
        lambda: not player.playing and rig.session.frame == N_FRAMES - 1, timeout=20_000
    )
    assert player.picture.image.size().toTuple() == SIZE


def test_what_the_project_says_wrong_is_said_in_the_window(
    rig: SimpleNamespace, qtbot: QtBot
) -> None:
    wrong = changed(item("new", np.zeros(N_FRAMES, int)), mean_rate=0.0)
    with qtbot.waitSignal(rig.player.failed, timeout=20_000) as failed:
        rig.player.open(wrong)
    assert failed.args[0].startswith("The project says that new")
    assert rig.player.info is None


# -- stage --------------------------------------------------------------------------


def overlay() -> PoseOverlay:
    subject = np.zeros(N_FRAMES, int)
    skeleton = load_skeleton("lcrnet15")
    return PoseOverlay(waving(), subject, skeleton)


def test_the_skeleton_stands_on_the_stage(rig: SimpleNamespace) -> None:
    def at(x: float, y: float) -> QColor:
        place = rig.view.placement.to_widget(np.array([x, y]))
        return rig.view.grab().toImage().pixelColor(*np.rint(place).astype(int))

    blue, green, red = STAGE
    assert at(160, 95).getRgb()[:3] == (red, green, blue)
    rig.view.set_overlay_source(overlay())
    assert at(160, 95).lightness() > 200  # the spine
    corner = rig.view.grab().toImage().pixelColor(2, 2)
    assert corner.getRgb()[:3] == (red, green, blue)  # all of it is stage


def test_people_fill_the_stage_and_never_leave_it(rig: SimpleNamespace) -> None:
    whole = rig.view.placement.scale
    rig.view.set_overlay_source(overlay())
    place = rig.view.placement
    assert place.scale > 1.1 * whole
    points = place.to_widget(waving().keypoints.reshape(-1, 2))
    assert np.nanmin(points) >= 0
    assert (np.nanmax(points, axis=0) <= (640, 480)).all()
    there = np.array([160.0, 95.0])
    assert place.to_picture(*place.to_widget(there)) == pytest.approx(there)


def test_a_stage_without_anybody_is_shown_whole(rig: SimpleNamespace) -> None:
    nobody = replace(waving(), keypoints=np.full_like(waving().keypoints, np.nan))
    skeleton, subject = load_skeleton("lcrnet15"), np.full(N_FRAMES, -1)
    source = PoseOverlay(nobody, subject, skeleton)
    assert source.extent is None
    rig.view.set_overlay_source(source)
    assert rig.view.placement.scale == 2.0
    assert written(rig)


def test_the_stage_says_why_there_is_no_more_to_see(
    rig: SimpleNamespace, qtbot: QtBot
) -> None:
    rig.view.set_overlay_source(overlay())
    assert rig.view.caption() == POSES_ONLY
    rig.session.set_overlays(skeleton=False)
    assert rig.view.caption() == POSES_HIDDEN
    rig.session.set_overlays(skeleton=True)
    seek(rig, qtbot, 5)
    assert rig.view.caption() == NOBODY


def written(rig: SimpleNamespace) -> bool:
    """Whether anything stands in the corner of the stage where the caption is."""
    corner = rig.view.grab().toImage().copy(12, 450, 120, 24)
    return len({corner.pixel(x, y) for x in range(120) for y in range(24)}) > 1


def test_the_caption_makes_way_for_a_heatmap(rig: SimpleNamespace) -> None:
    rig.view.set_overlay_source(overlay())
    assert written(rig)
    rig.session.set_overlays(heatmap=True)
    assert not written(rig)


def test_a_video_has_no_caption(
    rig: SimpleNamespace, qtbot: QtBot, tmp_path: Path
) -> None:
    rig.player.open(write_video(tmp_path / "v.mp4", 12))
    qtbot.waitUntil(lambda: rig.player.info is not None, timeout=20_000)
    assert rig.player.info.has_pictures
    assert rig.view.has_pictures


# -- verbs --------------------------------------------------------------------------


def test_every_recording_has_a_small_figure(folder: ProjectFolder) -> None:
    shown: dict[str, QImage] = {}
    run(read_thumbs(folder, folder.load(), shown.__setitem__))
    assert set(shown) == {"new", "old"}
    image = shown["new"]
    lit = [
        (x, y)
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y) == QColor(FIGURE)
    ]
    tall = max(y for _, y in lit) - min(y for _, y in lit)
    assert tall > 0.7 * image.height()


def test_a_recording_whose_poses_are_gone_has_no_picture(folder: ProjectFolder) -> None:
    folder.poses_path("new").unlink()
    shown: dict[str, QImage] = {}
    run(read_thumbs(folder, folder.load(), shown.__setitem__))
    assert set(shown) == {"old"}


def test_poses_come_and_nothing_is_estimated_or_said(
    qtbot: QtBot, services: Services
) -> None:
    told: list[str] = []
    services.notices.warned.connect(told.append)
    services.session.set_video("new")
    current = services.current_video
    settle()
    assert current.poses is not None
    assert current.poses.poses.n_frames == N_FRAMES
    assert services.player.info is not None
    assert told == []


def test_poses_that_are_gone_are_told_once_and_not_estimated(
    qtbot: QtBot, services: Services, folder: ProjectFolder
) -> None:
    told: list[str] = []
    services.notices.warned.connect(told.append)
    folder.poses_path("new").unlink()
    services.session.set_video("new")
    services.models.pose_service.load()
    settle()
    assert not services.jobs.running
    assert told == ["new has no video to estimate poses from. Import its poses."]


def test_recipes_that_need_pictures_are_not_offered(
    qtbot: QtBot, services: Services
) -> None:
    view = ModelView(
        services.models.model_library, services.review.next_video, lambda place: place
    )
    qtbot.addWidget(view)
    view.show_training()
    form = view.training
    offered = [r.name for r in services.models.model_service.recipes()]
    listed = [form.preset.itemText(i) for i in range(form.preset.count())]
    assert [n for n in listed if n not in offered] == ["From the paper", "Ours"]
    assert set(offered) < set(listed)
    assert {"heatmap-paper", "heatmap", "keypoints-heatmap"} < set(offered)
    assert all("rgb" not in load_preset(n).model.modalities for n in offered)
    assert form.preset.currentText() == "keypoints"


def test_with_a_video_everything_is_offered(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    services = make_services(project_folder)
    view = ModelView(
        services.models.model_library, services.review.next_video, lambda place: place
    )
    qtbot.addWidget(view)
    view.show_training()
    assert view.training.preset.currentText() == "keypoints"
    view.training.preset.setCurrentText("hands")
    view.show_training()
    assert view.training.preset.currentText() == "hands"  # what was chosen stays
    close_services(services)


def test_a_video_among_recordings_without(
    services: Services, folder: ProjectFolder, tmp_path: Path
) -> None:
    document = services.document
    seen = probe_video(write_video(tmp_path / "v.mp4", 12), folder, document.project)
    shown: dict[str, QImage] = {}
    run(read_thumbs(folder, add_video(document.project, seen), shown.__setitem__))
    assert set(shown) == {"new", "old", "v"}

"""The second view: another video or lane, always at the same time as the first."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from PySide6.QtWidgets import QHBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.views.picture.second_view import SecondView
from skelseg_core.labels.edits import (
    paint,
)
from skelseg_core.labels.segmentation import (
    Segmentation,
)
from skelseg_core.project.folder import ProjectFolder, probe_video
from skelseg_core.project.value import add_video, prediction_lane, set_lane
from tests.app.conftest import N_FRAMES
from tests.app.made_services import close_services, make_services
from tests.videos import read_code, write_video

LONG = 40
RATE = 30.0


@pytest.fixture
def project_window(
    qtbot: QtBot, project_folder: ProjectFolder
) -> Iterator[SimpleNamespace]:
    folder, project = project_folder, project_folder.load()
    path = write_video(folder.root.parent / "camera.mp4", LONG)
    folder.save(add_video(project, probe_video(path, folder, project)), project)
    services = make_services(folder)
    session, player = services.session, services.player
    second, window = SecondView(services), QWidget()
    QHBoxLayout(window).addWidget(second)
    qtbot.addWidget(window)
    window.show()
    session.set_video("one")
    qtbot.waitUntil(lambda: player.picture is not None, timeout=20_000)
    yield SimpleNamespace(
        document=services.document, session=session, player=player, second=second
    )
    second.close_video()
    close_services(services)


def in_step(project_window: SimpleNamespace, qtbot: QtBot, frame: int) -> None:
    player = project_window.second.player
    qtbot.waitUntil(
        lambda: player.picture is not None and player.picture.frame == frame,
        timeout=20_000,
    )
    assert read_code(player.picture.pixels) == frame


def go(project_window: SimpleNamespace, qtbot: QtBot, frame: int) -> None:
    project_window.player.seek(frame)
    qtbot.waitUntil(lambda: project_window.session.frame == frame, timeout=20_000)


def choose(project_window: SimpleNamespace, video_id: str) -> None:
    box = project_window.second.videos
    box.setCurrentIndex(box.findData(video_id))
    box.activated.emit(box.currentIndex())


def test_it_opens_where_the_first_is_and_follows(
    project_window: SimpleNamespace, qtbot: QtBot
) -> None:
    go(project_window, qtbot, 20)
    assert project_window.second.player.info is None  # closed it holds nothing
    project_window.second.show()
    in_step(project_window, qtbot, 20)
    go(project_window, qtbot, 70)
    in_step(project_window, qtbot, 70)
    project_window.second.hide()
    assert project_window.second.player.info is None
    go(project_window, qtbot, 5)
    project_window.second.show()
    in_step(project_window, qtbot, 5)


def test_another_camera_may_have_been_started_earlier_and_end_before(
    project_window: SimpleNamespace, qtbot: QtBot
) -> None:
    project_window.second.show()
    go(project_window, qtbot, 10)
    choose(project_window, "camera")
    in_step(project_window, qtbot, 10)
    project_window.second.ahead.setValue(20 / RATE)
    in_step(project_window, qtbot, 30)
    go(project_window, qtbot, 60)
    in_step(project_window, qtbot, LONG - 1)
    project_window.second.ahead.setValue(-2.0)
    go(project_window, qtbot, 59)
    in_step(project_window, qtbot, 0)
    project_window.session.set_video("two")  # the first changes, the second stays
    qtbot.waitUntil(lambda: project_window.player.picture is not None, timeout=20_000)
    assert project_window.second.session.video_id == "camera"


def test_while_it_plays_the_second_is_never_at_another_time(
    project_window: SimpleNamespace, qtbot: QtBot
) -> None:
    project_window.second.show()
    in_step(project_window, qtbot, 0)
    wrong: list[int] = []

    def look(picture: object) -> None:
        if read_code(picture.pixels) != picture.frame:
            wrong.append(picture.frame)

    project_window.second.player.picture_changed.connect(look)
    project_window.player.set_rate(2.0)
    project_window.player.play()
    qtbot.waitUntil(lambda: project_window.session.frame > 30, timeout=20_000)
    project_window.player.pause()
    qtbot.waitUntil(
        lambda: project_window.session.frame == project_window.player.target,
        timeout=20_000,
    )
    in_step(project_window, qtbot, project_window.session.frame)
    assert not wrong


def test_lanes_of_the_video_are_offered_and_said(
    project_window: SimpleNamespace, qtbot: QtBot
) -> None:
    document, second = (
        project_window.document,
        project_window.second,
    )
    value = paint(Segmentation.unlabelled(N_FRAMES), 0, 30, 1)
    lane = prediction_lane("m")
    document.apply("Pre-label", lambda p: set_lane(p, "one", lane, value))
    project_window.session.set_overlays(trail=True)
    second.show()
    in_step(project_window, qtbot, 0)
    assert [second.lanes.itemText(n) for n in range(second.lanes.count())] == [
        "Annotation",
        "Model m",
    ]
    assert second.lanes.currentData() == lane
    name = document.project.label_map.name_of(1)
    assert second.video.label_source(10).name == name
    assert second.video.label_source(40).name == ""
    second.lanes.setCurrentIndex(0)
    second.lanes.activated.emit(0)
    assert second.video.label_source(10).name == ""
    document.edit_lane("Paint", "one", lambda s: paint(s, 5, 20, 1))
    assert second.video.label_source(10).name == name
    assert second.lanes.currentIndex() == 0  # a choice outlives an edit
    overlays = second.session.overlays
    assert (overlays.trail, overlays.labels) == (True, True)
    assert not project_window.session.overlays.labels

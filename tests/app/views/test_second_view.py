"""The second view: another video or lane, always at the same time as the first."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from PySide6.QtWidgets import QHBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.views.picture.second_view import SecondView
from skelseg_core.labels.edits import paint
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder import ProjectFolder, probe_video
from skelseg_core.project.project import add_video, prediction_lane
from tests.app.conftest import N_FRAMES
from tests.app.made_services import close_services, make_services
from tests.app.predicted import found
from tests.projects import put_prediction
from tests.videos import read_code, write_video

LONG = 40
RATE = 30.0


@pytest.fixture
def bench(qtbot: QtBot, project_folder: ProjectFolder) -> Iterator[SimpleNamespace]:
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
        services=services,
        document=services.document,
        session=session,
        player=player,
        second=second,
    )
    second.close_video()
    close_services(services)


def in_step(bench: SimpleNamespace, qtbot: QtBot, frame: int) -> None:
    player = bench.second.player
    qtbot.waitUntil(
        lambda: player.picture is not None and player.picture.frame == frame,
        timeout=20_000,
    )
    assert read_code(player.picture.pixels) == frame


def go(bench: SimpleNamespace, qtbot: QtBot, frame: int) -> None:
    bench.player.seek(frame)
    qtbot.waitUntil(lambda: bench.session.frame == frame, timeout=20_000)


def choose(bench: SimpleNamespace, video_id: str) -> None:
    box = bench.second.videos
    box.setCurrentIndex(box.findData(video_id))
    box.activated.emit(box.currentIndex())


def test_it_opens_where_the_first_is_and_follows(
    bench: SimpleNamespace, qtbot: QtBot
) -> None:
    go(bench, qtbot, 20)
    assert bench.second.player.info is None  # closed it holds nothing
    bench.second.show()
    in_step(bench, qtbot, 20)
    go(bench, qtbot, 70)
    in_step(bench, qtbot, 70)
    bench.second.hide()
    assert bench.second.player.info is None
    go(bench, qtbot, 5)
    bench.second.show()
    in_step(bench, qtbot, 5)


def test_another_camera_may_have_been_started_earlier_and_end_before(
    bench: SimpleNamespace, qtbot: QtBot
) -> None:
    bench.second.show()
    go(bench, qtbot, 10)
    choose(bench, "camera")
    in_step(bench, qtbot, 10)
    bench.second.ahead.setValue(20 / RATE)
    in_step(bench, qtbot, 30)
    go(bench, qtbot, 60)
    in_step(bench, qtbot, LONG - 1)
    bench.second.ahead.setValue(-2.0)
    go(bench, qtbot, 59)
    in_step(bench, qtbot, 0)
    bench.session.set_video("two")  # the first changes, the second stays
    qtbot.waitUntil(lambda: bench.player.picture is not None, timeout=20_000)
    assert bench.second.session.video_id == "camera"


def test_while_it_plays_the_second_is_never_at_another_time(
    bench: SimpleNamespace, qtbot: QtBot
) -> None:
    bench.second.show()
    in_step(bench, qtbot, 0)
    wrong: list[int] = []

    def look(picture: object) -> None:
        if read_code(picture.pixels) != picture.frame:
            wrong.append(picture.frame)

    bench.second.player.picture_changed.connect(look)
    bench.player.set_rate(2.0)
    bench.player.play()
    qtbot.waitUntil(lambda: bench.session.frame > 30, timeout=20_000)
    bench.player.pause()
    qtbot.waitUntil(lambda: bench.session.frame == bench.player.target, timeout=20_000)
    in_step(bench, qtbot, bench.session.frame)
    assert not wrong


def test_lanes_of_the_video_are_offered_and_said(
    bench: SimpleNamespace, qtbot: QtBot
) -> None:
    document, second = bench.document, bench.second
    value = paint(Segmentation.unlabelled(N_FRAMES), 0, 30, 1)
    lane = prediction_lane("m")
    put_prediction(document.folder, "one", "m", value)
    found(qtbot, bench.services.current_video, "one", "m")
    qtbot.waitUntil(lambda: bench.services.current_video.lane(lane) is not None)
    bench.session.set_overlays(heatmap=True)
    second.show()
    in_step(bench, qtbot, 0)
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
    assert (overlays.heatmap, overlays.labels) == (True, True)
    assert not bench.session.overlays.labels


def test_what_a_model_says_of_another_video_is_read_for_it(
    bench: SimpleNamespace, qtbot: QtBot
) -> None:
    value = paint(Segmentation.unlabelled(LONG), 0, 30, 1)
    put_prediction(bench.document.folder, "camera", "m", value)
    found(qtbot, bench.services.current_video, "camera", "m")
    second = bench.second
    second.show()
    choose(bench, "camera")
    name = bench.document.project.label_map.name_of(1)
    assert second.lanes.currentText() == "Model m"
    qtbot.waitUntil(lambda: second.video.label_source is not None, timeout=20_000)
    assert second.video.label_source(10).name == name
    put_prediction(bench.document.folder, "camera", "m", paint(value, 0, 20, 2))
    bench.services.current_video.found.look_at("camera")
    other = bench.document.project.label_map.name_of(2)
    source = lambda: second.video.label_source  # noqa: E731
    qtbot.waitUntil(lambda: source() is not None and source()(10).name == other)

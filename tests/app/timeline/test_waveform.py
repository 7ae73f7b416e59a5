"""The waveform under the lanes: where the clicks are, the envelope is high."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.kit.label_style import style_of
from app.playback.player import Player
from app.state.current_video import CurrentVideo
from app.state.document import open_document
from app.state.session import Session
from app.timeline.geometry import TimeWindow
from app.timeline.kinds.waveform import WaveformReader
from app.timeline.lane_place import LanePlace
from app.timeline.view import TimelineView
from skelseg_core.project.folder import ProjectFolder, probe_video
from skelseg_core.project.project_edits import add_video
from tests.core.video.test_audio import CLICKS_S, clicks
from tests.videos import write_video

N, WIDTH, HEIGHT = 120, 600, 41


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Four seconds at 30 frames a second with four clicks."""
    return write_video(tmp_path / "a.mkv", N, sound=clicks(), sound_codec="pcm_s16le")


@pytest.fixture
def row(qtbot: QtBot, video: Path) -> Iterator[WaveformReader]:
    made = WaveformReader()
    made.open(video, np.arange(N + 1) / 30)
    yield made
    made.close()


def painted(row: WaveformReader, view: TimeWindow) -> np.ndarray:
    """How many pixels of each column are not of the ground."""
    QApplication.processEvents()
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    style = style_of(QWidget())
    row.paint(LanePlace(painter, view, 0, HEIGHT, style))
    painter.end()
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(HEIGHT, WIDTH)
    return np.asarray((pixels != style.shades[0]).sum(axis=0))


@pytest.mark.parametrize(("zoom", "at"), [(1, 0.0), (4, 0.25), (8, 0.5)])
def test_the_clicks_stand_where_they_are_heard(
    qtbot: QtBot, row: WaveformReader, zoom: float, at: float
) -> None:
    view = TimeWindow.fitted(N, WIDTH).zoomed(zoom, at * WIDTH)
    with qtbot.waitSignal(row.changed, timeout=20_000):
        painted(row, view)
    qtbot.waitUntil(lambda: painted(row, view).max() > 20, timeout=20_000)
    high = painted(row, view)
    wanted = [view.x_of(s * 30) for s in CLICKS_S]
    wanted = [x for x in wanted if 4 < x < WIDTH - 4]
    assert wanted
    for x in wanted:
        assert high[round(x) : round(x) + 3].max() > 20
        assert high[round(x) - 4 : round(x) - 2].max() <= 10
    loud = np.flatnonzero(high > 20)
    assert (np.diff(loud) > 8).sum() == len(wanted) - 1


def test_it_is_shown_only_where_there_is_sound(
    qtbot: QtBot, project_folder: ProjectFolder, video: Path
) -> None:
    project = project_folder.load()
    item = probe_video(video, project_folder, project)
    project_folder.save(add_video(project, item), project)
    document = open_document(project_folder)
    session = Session()
    player = Player(session)
    timeline = TimelineView(CurrentVideo(document, session), player)
    qtbot.addWidget(timeline)
    timeline.resize(800, 300)
    timeline.show()

    sound = timeline.data.reader(WaveformReader)

    def kinds() -> list[str]:
        return [row.lane.kind for row in timeline.rows]

    for video_id in ("one", "a"):
        session.set_video(video_id)
        player.open(project_folder.video_path(document.project.track(video_id).video))
        qtbot.waitUntil(lambda: player.picture is not None, timeout=20_000)
        assert sound.there == (video_id == "a")
        timeline.lanes.set_shown("waveform", True)
        assert ("waveform" in kinds()) == (video_id == "a")
    assert timeline.lanes.shows("waveform")
    qtbot.waitUntil(lambda: sound.found is not None, timeout=20_000)
    assert sound.text == ""
    assert "peak" in vars(sound.found)
    timeline.lanes.set_shown("waveform", False)
    assert "waveform" not in kinds()
    player.close()
    timeline.close_video()
    document.close()


def test_a_sound_that_cannot_be_read_is_said(qtbot: QtBot, tmp_path: Path) -> None:
    row = WaveformReader()
    row.open(tmp_path / "gone.mp4", np.arange(3) / 30)
    with qtbot.waitSignal(row.changed, timeout=20_000):
        painted(row, TimeWindow.fitted(2, WIDTH))
    assert row.text == "cannot be read"
    row.close()

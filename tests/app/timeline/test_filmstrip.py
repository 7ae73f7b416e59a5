"""The filmstrip: its slots, and that each shows one of its own frames."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.kit.label_style import style_of
from app.timeline.geometry import TimeWindow
from app.timeline.kinds.filmstrip import Filmstrip
from app.timeline.lane_place import LanePlace
from tests.settled import settle
from tests.videos import read_code, write_video

N, HEIGHT, WIDTH = 200, 96, 900
ASPECT = 160 / 96


@given(
    st.integers(1, 100_000),
    st.integers(50, 4000),
    st.floats(1, 5000),
    st.floats(0, 1),
    st.floats(0.4, 3),
)
def test_slots_tile_what_is_seen_and_stay_where_they_are(
    n_frames: int, width: int, zoom: float, at: float, aspect: float
) -> None:
    strip = Filmstrip()
    strip.open(None, aspect)
    view = TimeWindow.fitted(n_frames, width).zoomed(zoom, at * width)
    slots = strip.slots(view, 40)
    assert slots.step & (slots.step - 1) == 0
    assert slots.start % slots.step == 0
    assert slots.start <= view.first
    assert slots.start + slots.step > view.first or slots.start == 0
    assert slots[-1] + slots.step >= min(view.last, n_frames)
    shown_px = slots.step / view.frames_per_px
    assert shown_px >= 40 * aspect * (1 - 1e-9)
    assert slots.step == 1 or shown_px < 2 * 40 * aspect * (1 + 1e-9)


@pytest.fixture
def strip(qtbot: QtBot, tmp_path: Path) -> Iterator[Filmstrip]:
    made = Filmstrip()
    made.open(write_video(tmp_path / "a.mp4", N), ASPECT)
    yield made
    made.close()


def painted(strip: Filmstrip, view: TimeWindow) -> np.ndarray:
    """The strip as pixels (H, W, 3)."""
    QApplication.processEvents()
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB888)
    painter = QPainter(image)
    style = style_of(QWidget())
    strip.paint(LanePlace(painter, view, 0, HEIGHT, style))
    painter.end()
    rows = np.frombuffer(image.constBits(), np.uint8)
    rows = rows.reshape(HEIGHT, image.bytesPerLine())[:, : 3 * WIDTH]
    return rows.reshape(HEIGHT, WIDTH, 3).copy()


def codes(strip: Filmstrip, view: TimeWindow) -> list[int]:
    """The numbers in the first picture of every slot that is wholly seen."""
    pixels = painted(strip, view)
    lefts = [round(view.x_of(frame)) for frame in strip.slots(view, HEIGHT)]
    return [read_code(pixels[:, x : x + 160]) for x in lefts if 0 <= x <= WIDTH - 160]


def test_every_slot_shows_a_frame_of_its_own(qtbot: QtBot, strip: Filmstrip) -> None:
    whole = TimeWindow.fitted(N, WIDTH)
    for view in (whole, whole.zoomed(6, 300.0), whole.zoomed(500, 450.0)):
        slots = [
            frame
            for frame in strip.slots(view, HEIGHT)
            if 0 <= round(view.x_of(frame)) <= WIDTH - 160
        ]
        assert slots
        qtbot.waitUntil(lambda v=view: -1 not in codes(strip, v))
        step = strip.slots(view, HEIGHT).step
        for frame, code in zip(slots, codes(strip, view), strict=True):
            assert frame <= code < frame + step
            assert step > 1 or code == frame


def test_pictures_that_are_there_are_not_asked_for_again(
    qtbot: QtBot, strip: Filmstrip
) -> None:
    came: list[object] = []
    strip.changed.connect(lambda *_: came.append(1))
    view = TimeWindow.fitted(N, WIDTH).zoomed(4, 0.0)
    n = len(strip.slots(view, HEIGHT))
    qtbot.waitUntil(lambda: -1 not in codes(strip, view) and len(came) == n)
    moved = view.panned(40).panned(-40)
    assert -1 not in codes(strip, moved)
    settle()
    assert len(came) == n

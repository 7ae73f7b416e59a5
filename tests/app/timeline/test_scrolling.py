"""A timeline that is panned shows what one that is painted anew would show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage, QRegion
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.timeline.kinds.waveform import WaveformReader
from app.timeline.lane_set import LaneSet
from app.timeline.layout import HEADER_PX
from skelseg_core.labels.edits import paint
from skelseg_core.labels.prediction import Prediction
from skelseg_core.poses.kinematics import Kinematics
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import set_lane
from skelseg_core.video.audio import BLOCK_RATE, Waveform
from tests.app.timeline.test_lanes import Bench
from tests.app.timeline.test_tools import ANNOTATED, N_FRAMES, PREDICTED, make_document

PANS = st.tuples(st.just("pan"), st.integers(-1100, 1100) | st.integers(-40, 40))
PARTS = st.tuples(st.just("pan"), st.floats(-30, 30))
OTHERS = st.tuples(
    st.sampled_from(["zoom", "label", "predict", "move", "font", "down", "lane"]),
    st.integers(0, 40),
)


def noisy(seed: int) -> Prediction:
    """A model that is sure of something else in each frame."""
    shares = np.random.default_rng(seed).dirichlet([0.3] * 3, N_FRAMES)
    return Prediction(shares.astype(np.float32), np.arange(3), PREDICTED)


def trembling(seed: int) -> Kinematics:
    """Wrists of another speed in each frame, some of them unseen."""
    rng = np.random.default_rng(seed)
    speeds = rng.gamma(2, 200, (N_FRAMES, 2)).astype(np.float32)
    speeds[rng.random(speeds.shape) < 0.1] = np.nan
    names = ("left_wrist", "right_wrist")
    return Kinematics(names, speeds, np.array([250]), np.array([0.8], np.float32))


class Panned(Bench):
    """A timeline with noise in each lane, that is painted at any ratio of pixels."""

    def __init__(self, folder: Path, qtbot: QtBot) -> None:
        super().__init__(make_document(folder), qtbot)
        reader, rng = self.widget.data.reader(WaveformReader), np.random.default_rng(0)
        reader.open(Path("one.mp4"), np.arange(N_FRAMES + 1) / 25)
        loud = rng.integers(0, 20_000, N_FRAMES // 25 * BLOCK_RATE).astype(np.int16)
        reader.found = Waveform(-loud, loud)
        reader.found.prepare()
        self.ratio = 1.0

    def begin(self, ratio: float) -> None:
        """Bring everything back to where each example begins."""
        self.ratio, widget = ratio, self.widget
        widget.devicePixelRatioF = lambda: ratio  # type: ignore[method-assign]
        widget.lanes.show_as(LaneSet(dict.fromkeys(("probability", "waveform"), True)))
        widget.setFont(type(widget.font())())
        self.set_labels(0, 1)
        self.current.set_prediction("one", "hands", noisy(0))
        self.current.set_motion(None, trembling(0))
        widget.set_view(widget.view.fit().zoomed(4, 500))

    def set_labels(self, start: int, stop: int) -> None:
        lane = paint(ANNOTATED, start, stop, 2)
        self.document.apply("Label", lambda p: set_lane(p, "one", ANNOTATION, lane))

    def step(self, what: str, n: float) -> None:
        widget, view = self.widget, self.widget.view
        if what == "pan":
            widget.set_view(view.panned(n))
        elif what == "zoom":
            widget.set_view(view.zoomed(1.2 if n % 2 else 0.8, 300))
        elif what == "label":
            self.set_labels(int(n) * 20, int(n) * 20 + 13)
        elif what == "predict":
            self.current.set_prediction("one", "hands", noisy(int(n)))
        elif what == "move":
            self.current.set_motion(None, trembling(int(n)))
        elif what == "font":
            font = widget.font()
            font.setPixelSize(8 + int(n) % 8)
            widget.setFont(font)
        elif what == "down":
            widget.resize(widget.width(), 160 + 5 * int(n))
        else:
            widget.lanes.set_shown("probability", n % 2 == 0)

    def painted(self) -> np.ndarray:
        """Return the pixels of the timeline, (H, W, 4)."""
        size = self.widget.size() * self.ratio
        image = QImage(size, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(self.ratio)
        self.widget.render(
            image, QPoint(), QRegion(), QWidget.RenderFlag.DrawWindowBackground
        )
        shape = image.height(), image.bytesPerLine() // 4, 4
        return np.array(image.constBits()).reshape(shape)[:, : image.width()]


@pytest.fixture
def panned(tmp_path: Path, qtbot: QtBot) -> Iterator[Panned]:
    made = Panned(tmp_path / "kitchen", qtbot)
    yield made
    made.document.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([1.0, 1.5, 2.0]),
    st.lists(PANS | PANS | PARTS | OTHERS, min_size=1, max_size=12),
)
def test_a_pan_shows_what_painting_anew_shows(
    panned: Panned, ratio: float, steps: list[tuple[str, float]]
) -> None:
    panned.begin(ratio)
    panned.painted()
    for step in steps:
        panned.step(*step)
        kept = panned.painted()
        panned.widget.paint_anew()
        anew = panned.painted()
        # The outermost column of a curve has one neighbour alone when painted anew.
        edge = round(HEADER_PX * ratio), round((panned.widget.width() - 12) * ratio)
        for x in edge:
            kept[:, x - 3 : x + 3] = anew[:, x - 3 : x + 3]
        far = np.abs(kept.astype(int) - anew).max(axis=2)
        assert far.max() <= 2, (step, np.argwhere(far > 2)[:5])
        assert (far > 0).mean() < 1e-4

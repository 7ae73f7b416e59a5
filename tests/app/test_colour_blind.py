"""Twenty classes on the timeline, as people see them who see fewer colours.

Colour never tells alone: two neighbours are parted by a line, and differ by colour, by
texture or by what is written on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.kit import theme
from app.kit.settings import Scheme
from app.state.current_video import CurrentVideo
from app.state.document import open_document
from app.state.session import Session
from app.timeline.layout import HEADER_PX, RIGHT_PX
from app.timeline.view import TimelineView
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.project_edits import add_video
from skelseg_core.project.videos_and_tracks import Track
from tests.app.timeline.test_tools import FakePlayer

N_CLASSES = 20
# Machado, Oliveira and Fernandes 2009, severity 1.0, of linear RGB.
SEEN_BY = {
    "everybody": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def linear(rgb: np.ndarray) -> np.ndarray:
    share = rgb / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def lightness(rgb: np.ndarray) -> np.ndarray:
    """CIE L* of linear RGB (..., 3)."""
    y = np.clip(rgb @ np.array([0.2126, 0.7152, 0.0722]), 0, 1)
    return np.where(y > 0.008856, 116 * np.cbrt(y) - 16, 903.3 * y)


def chroma(rgb: np.ndarray) -> np.ndarray:
    """Two axes of colour, as a* and b*, of linear RGB (..., 3)."""
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    x, y, z = np.moveaxis(
        np.cbrt(np.clip(rgb @ to_xyz.T / [0.9505, 1, 1.089], 0, None)), -1, 0
    )
    return np.stack([500 * (x - y), 200 * (y - z)], -1)


@pytest.fixture(params=["dark", "light", "contrast-dark", "contrast-light"])
def timeline(
    request: pytest.FixtureRequest, qtbot: QtBot, qapp: QApplication, tmp_path: Path
) -> Iterator[tuple[TimelineView, np.ndarray]]:
    """Every class beside every other, and the labels."""
    scheme: Scheme = request.param
    theme.apply(qapp, scheme)
    label_map = label_map_from_names(f"action {n}" for n in range(N_CLASSES))
    order = np.array([n for pair in permutations(label_map.ids, 2) for n in pair])
    folder, project = create_project(tmp_path / "p", label_map)
    lane = Segmentation.from_frames(order)
    n = lane.n_frames
    item = Track.of_film("one", "one.mp4", "f", n, 64, 48, 25.0, {"annotation": lane})
    folder.save(add_video(project, item), project)
    document, session = open_document(ProjectFolder(folder.root)), Session()
    widget = TimelineView(CurrentVideo(document, session), FakePlayer(session))
    qtbot.addWidget(widget)
    session.set_video("one")
    yield widget, order
    document.close()
    theme.apply(qapp, "dark")


def picture(widget: TimelineView, px: int) -> np.ndarray:
    """The annotation (H, W, 3) at so many pixels a frame, without its title."""
    item = widget.item()
    assert item is not None
    widget.resize(HEADER_PX + RIGHT_PX + item.n_frames * px, 120)
    widget.show()
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    row = widget.rows[0]
    data = np.frombuffer(image.constBits(), np.uint8)
    rows = data.reshape(image.height(), image.bytesPerLine())[:, : 3 * image.width()]
    pixels = rows.reshape(image.height(), image.width(), 3)
    lane = pixels[row.top + 4 : row.bottom - 4, HEADER_PX:-RIGHT_PX]
    return lane.astype(np.float64)


@pytest.mark.parametrize("px", [12, 30])
def test_neighbours_can_be_told_apart(
    timeline: tuple[TimelineView, np.ndarray], px: int
) -> None:
    widget, order = timeline
    painted = linear(picture(widget, px))
    for eyes, sees in SEEN_BY.items():
        assert not alike(np.clip(painted @ sees.T, 0, 1), order, px), eyes


def alike(seen: np.ndarray, order: np.ndarray, px: int) -> list[tuple[int, int, float]]:
    """Neighbours that nothing tells apart in linear RGB, and how far their colours are.

    All of them are parted by a line.
    """
    light, colour = lightness(seen), chroma(seen)
    alike = []
    for n in range(1, len(order)):
        if order[n - 1] == order[n]:
            continue
        left, right = (slice(k * px + 2, (k + 1) * px - 2) for k in (n - 1, n))
        # The gap, or the outline of a colour beside which the gap is lost.
        line = light[:, n * px - 2 : n * px + 1].mean(axis=0)
        parted = max(np.abs(line - light[:, s].mean()).max() for s in (left, right))
        assert parted > 5, f"no line between {order[n - 1]} and {order[n]}"
        # By colour, or by what is painted over it: texture, badge or name.
        far = np.hypot(
            light[:, left].mean() - light[:, right].mean(),
            np.linalg.norm(
                colour[:, left].mean((0, 1)) - colour[:, right].mean((0, 1))
            ),
        )
        pattern = np.percentile(np.abs(light[:, left] - light[:, right]), 98)
        if far < 6 and pattern < 10:
            alike.append((int(order[n - 1]), int(order[n]), round(float(far), 1)))
    return alike

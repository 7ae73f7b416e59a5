"""A mouse in the window: drawn by the edges and sides of its skeleton file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from skelseg_core.poses.skeleton import SIDE_COLORS
from skelseg_core.project.project_edits import add_video
from tests.app.made_services import close_services, make_services
from tests.app.windows import opened
from tests.mouse import PARTS, make_mouse_project
from tests.projects import changed


def pixels(widget: QWidget) -> np.ndarray:
    """Take what a widget shows, (H, W, 3)."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8)
    rows = rows.reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), -1, 3).copy()


def near(shown: np.ndarray, colour: str) -> int:
    """Count the pixels (H, W, 3) that have nearly this colour."""
    wanted = np.array(QColor(colour).getRgb()[:3])
    return int((np.abs(shown.astype(int) - wanted).max(axis=2) < 12).sum())


def test_sides_have_their_colours(qtbot: QtBot, tmp_path: Path) -> None:
    folder = make_mouse_project(tmp_path / "made", 1)
    with opened(qtbot, folder) as project_window:
        video = project_window.docks.video
        qtbot.waitUntil(lambda: video.overlay_source is not None, timeout=20_000)
        assert video.overlay_source.skeleton.keypoints == PARTS
        sides = [SIDE_COLORS[side] for side in ("left", "right", "centre")]
        qtbot.waitUntil(lambda: min(near(pixels(video), s) for s in sides) > 5)
        project_window.session.set_overlays(skeleton=False)
        # Words over the picture are about as white as the middle of the body.
        qtbot.waitUntil(lambda: max(near(pixels(video), s) for s in sides[:2]) == 0)


def test_poses_of_a_mouse_are_asked_for_and_not_looked_for(
    qtbot: QtBot, tmp_path: Path
) -> None:
    folder = make_mouse_project(tmp_path / "made", 1)
    before = folder.load()
    item = changed(before.track("new"), id="film", path="film.mp4", fingerprint="f")
    folder.save(add_video(before, item), before)
    services = make_services(folder)
    told: list[str] = []
    services.notices.warned.connect(told.append)
    services.models.pose_service.by_itself = True
    services.models.pose_service.estimate_new("film")
    assert told == []
    services.models.pose_service.estimate("film")
    assert told == [
        "film has no poses yet. Import them: skelseg finds only people, but this "
        "project uses the skeleton mouse."
    ]
    assert not [j for j in services.jobs.running if j.kind == "poses"]
    close_services(services)

"""A project of recordings without video, in the real window."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.kit.notices import Notices
from app.services.files.exporter import start_export
from app.window.project_window import ProjectWindow
from skelseg_core.progress import run
from skelseg_core.tasks.train import train
from tests.app.windows import action
from tests.e2e.conftest import Opener
from tests.poses_only import N_FRAMES, RATE, SMALL, make_poses_project


def seek(qtbot: QtBot, project_window: ProjectWindow, frame: int) -> None:
    project_window.player.seek(frame)
    qtbot.waitUntil(lambda: project_window.session.frame == frame, timeout=20_000)


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Everything that the window warns of."""
    told: list[str] = []
    warn = Notices.warn

    def listening(notices: Notices, text: str, *more: Any, **named: Any) -> None:
        told.append(text)
        warn(notices, text, *more, **named)

    monkeypatch.setattr(Notices, "warn", listening)
    return told


def test_step_play_label_and_export(
    qtbot: QtBot, opener: Opener, tmp_path: Path, warnings: list[str]
) -> None:
    project_window = opener(make_poses_project(tmp_path / "p").root)
    assert project_window.session.track_id == "new"
    qtbot.waitUntil(
        lambda: project_window.docks.video.overlay_source is not None, timeout=20_000
    )
    assert project_window.docks.timeline.item().n_frames == N_FRAMES
    assert not action(project_window, "poses").isEnabled()

    QTest.keyClick(project_window.window, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: project_window.session.frame == 1, timeout=20_000)
    assert project_window.docks.transport.time.text() == "0:00.125"
    project_window.player.set_rate(16.0)
    action(project_window, "play").trigger()
    qtbot.waitUntil(
        lambda: (
            project_window.session.frame == N_FRAMES - 1
            and not project_window.player.playing
        ),
        timeout=20_000,
    )

    seek(qtbot, project_window, 10)
    QTest.keyClick(project_window.window, "i")
    seek(qtbot, project_window, 29)
    QTest.keyClick(project_window.window, "o")
    QTest.keyClick(project_window.window, "2")
    labels = project_window.document.project.track("new").annotation
    second = project_window.document.project.label_map.classes[1]
    assert [(s.start, s.stop) for s in labels.segments] == [(0, 10), (10, 30), (30, 80)]
    assert project_window.docks.transport.banner.label.name == second.name

    out = tmp_path / "out"
    job = start_export(project_window.services.tasks, out)
    qtbot.waitUntil(lambda: not job.running, timeout=60_000)
    assert job.state == "done"
    with (out / "new.segments.csv").open(encoding="utf-8", newline="") as stream:
        rows = [r for r in csv.DictReader(stream) if r["label"]]
    assert [(r["label"], r["start_s"], r["stop_s"]) for r in rows] == [
        (second.name, f"{10 / RATE:.6f}", f"{30 / RATE:.6f}")
    ]
    assert warnings == []


def test_another_recording_and_the_next_start(
    qtbot: QtBot, opener: Opener, tmp_path: Path, warnings: list[str]
) -> None:
    root = make_poses_project(tmp_path / "p").root
    project_window = opener(root)
    qtbot.waitUntil(lambda: project_window.player.picture is not None, timeout=20_000)
    seek(qtbot, project_window, 40)
    project_window.session.set_video("old")
    qtbot.waitUntil(
        lambda: (
            project_window.player.info is not None and project_window.session.frame == 0
        ),
        timeout=20_000,
    )
    assert project_window.player.info.fingerprint == "poses-old"
    opener.close(project_window.window)
    again = opener(root)
    assert again.session.track_id == "old", "where one was"
    assert warnings == []


def test_prelabel_by_a_model_on_skeletons(
    qtbot: QtBot, opener: Opener, tmp_path: Path, warnings: list[str]
) -> None:
    root = make_poses_project(tmp_path / "p").root
    run(train(str(root), "m", SMALL, ["old"], threads=1))
    project_window = opener(root)
    action(project_window, "prelabel").trigger()
    qtbot.waitUntil(
        lambda: project_window.services.current_video.shown_prediction is not None,
        timeout=180_000,
    )
    qtbot.waitUntil(lambda: not project_window.jobs.running, timeout=20_000)
    action(project_window, "copy-prediction").trigger()
    labels = project_window.document.project.track("new").annotation.to_frames()
    assert (labels >= 0).all()
    assert warnings == []

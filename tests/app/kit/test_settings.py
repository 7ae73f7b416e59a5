"""Whatever stands in the file of settings, the window opens and works."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from app.kit.settings import Settings
from app.playback.player import STEPS
from skelseg_core.project.folder import ProjectFolder
from tests.app.windows import opened

NAMES = (
    "scheme",
    "recent",
    "tour_seen",
    "video/cache_mb",
    "video/muted",
    "labels/reaction_lag_ms",
    "video/step_frames",
    "timeline/lanes",
    "layout/geometry",
    "panels/closed",
    "panels/shares",
    "keys",
    "recent_commands",
)
VALUES: tuple[object, ...] = (
    "9" * 40,
    ["a", "b"],
    json.dumps({"split": ["no key", "S", 7], "?": ["S"], "merge": "M", "quit": None}),
    json.dumps([1, None, {"kind": "prediction"}]),
    b"\x00\xff\x01",
)


@pytest.mark.parametrize("value", VALUES, ids=lambda v: repr(v)[:12])
def test_broken_settings_open_the_window(
    qtbot: QtBot, project_folder: ProjectFolder, tmp_path: Path, value: object
) -> None:
    file = tmp_path / "settings.ini"
    broken = QSettings(str(file), QSettings.Format.IniFormat)
    for name in NAMES:
        broken.setValue(name, value)
    broken.sync()
    with opened(qtbot, project_folder, Settings(file)) as project_window:
        assert project_window.command_ui.palette_rows()
        assert (
            project_window.services.labelling.segment_editor.apply_class(0) is not False
        )
        project_window.command_ui.toggle_palette()
        project_window.command_ui.toggle_palette()
        project_window.docks.pages.reset()
        assert project_window.settings.scheme == "system"
        assert 0 <= project_window.settings.reaction_lag_ms <= 2000
        assert project_window.player.step_frames in STEPS
        assert project_window.document.project.track("one").annotation.n_labelled


def test_the_step_of_the_arrows_is_remembered(
    qtbot: QtBot, project_folder: ProjectFolder, tmp_path: Path
) -> None:
    file = tmp_path / "settings.ini"
    for before, after in ((1, 5), (5, 5)):
        with opened(qtbot, project_folder, Settings(file)) as project_window:
            assert project_window.player.step_frames == before
            project_window.commands[f"step-{after}"].trigger()


def test_settings_are_written_in_a_thread_and_none_is_lost(tmp_path: Path) -> None:
    file = tmp_path / "settings.ini"
    one, other = Settings(file), Settings(file)
    for lag in range(100, 140):
        one.reaction_lag_ms = lag
    other.muted = True
    one.lanes = "[]"
    found = Settings(file)
    assert found.reaction_lag_ms == 139
    assert found.muted
    assert found.lanes == "[]"


def test_no_two_threads_have_the_file_open_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two at once can wait for one another for ever."""
    alive: list[int] = []
    most: list[int] = []

    class Watched(QSettings):
        def __init__(self, *arguments: object) -> None:
            alive.append(1)
            most.append(len(alive))
            super().__init__(*arguments)  # type: ignore[call-overload]

        def __del__(self) -> None:
            time.sleep(0.005)  # lets others go on, as a slow disk does
            alive.pop()

    monkeypatch.setattr("app.kit.settings.QSettings", Watched)
    windows = [Settings(tmp_path / "settings.ini") for _ in range(4)]
    for n in range(20):
        for place, window in enumerate(windows):
            window.set_chosen_model(f"p{place}", f"m{n}")
    again = Settings(tmp_path / "settings.ini")
    assert again.chosen_model("p3") == "m19"
    assert set(most) == {1}

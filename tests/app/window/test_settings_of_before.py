"""Settings that an earlier version wrote are read: keys, lanes, docks, layouts.

`tests/app/golden/settings_of_d80c0c3.ini` was written by that version, at the end of a
session in which each of these was changed.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.kit.settings import Settings
from app.timeline.lane_set import LaneSet
from skelseg_core.project.folder import ProjectFolder
from tests.app.windows import opened

GOLDEN = Path(__file__).parents[1] / "golden" / "settings_of_d80c0c3.ini"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return Path(shutil.copy(GOLDEN, tmp_path / "settings.ini"))


def test_each_value_is_read(settings: Path) -> None:
    read = Settings(settings)
    assert (read.scheme, read.muted, read.reaction_lag_ms) == (
        "contrast-light",
        True,
        350,
    )
    assert (read.tour_seen, read.toolbar) == (True, False)
    assert read.recent == [Path("/somewhere/kitchen")]
    assert read.keys == {"split": ("Ctrl+K",), "review": ("R", "Return")}
    assert read.recent_commands == ["statistics", "split"]
    assert list(read.own_layouts) == ["Mine"]
    lanes = LaneSet.of_text(read.lanes)
    assert dict(lanes.shown) == {
        "boundaries:motion": False,
        "filmstrip": True,
        "motion:hips": True,
        "prediction:fusion": False,
    }
    assert dict(lanes.heights) == {"filmstrip": 72}


def test_a_window_opens_with_them(
    qtbot: QtBot, project_folder: ProjectFolder, settings: Path
) -> None:
    with opened(qtbot, project_folder, Settings(settings)) as project_window:
        commands, docks = project_window.commands, project_window.docks
        assert commands["split"].shortcut().toString() == "Ctrl+K"
        assert commands.keys("review") == "R, Return"
        assert docks.more_docks["statistics"].isVisible()
        assert not commands["toolbar"].isChecked()
        assert commands["mute"].isChecked()
        lanes = docks.timeline.lanes
        qtbot.waitUntil(lambda: "filmstrip" in [lane.key for lane in lanes.lanes])
        assert project_window.command_ui.layouts.own == ["Mine"]

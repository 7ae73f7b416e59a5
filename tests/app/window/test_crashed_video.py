"""A video with which the program crashed is decoded apart, and said to be."""

from __future__ import annotations

import os

import pytest
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from skelseg_core.project.folder import ProjectFolder
from skelseg_core.video import isolated_reader
from tests.app.playback.test_isolated_decoding import mark_as_crashed
from tests.app.windows import opened

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no signals there")


def test_a_crash_of_the_decoder_costs_one_frame_and_is_said_once(
    qtbot: QtBot, project_folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolated_reader, "MODULE", "tests.crashing_reader")
    monkeypatch.setenv("SKELSEG_TEST_CRASH", "at 7")
    project = project_folder.load()
    path = project_folder.video_path(project.videos[1])
    crashed = mark_as_crashed(path)
    with opened(qtbot, project_folder) as project_window:
        services = project_window.services
        player, session = services.player, services.session

        def said(words: str) -> list[str]:
            return [n.text for n in services.notices.all if words in n.text]

        session.set_video(project.videos[1].id)
        qtbot.waitUntil(
            lambda: player.info is not None and player.info.is_isolated, timeout=60_000
        )
        (notice,) = [n for n in services.notices.all if "crashed while" in n.text]
        assert notice.text.startswith(f"The program crashed while {path.name} was open")
        (here,) = notice.helps
        assert isinstance(here, QAction)
        assert here.text() == "Read it in the window again"
        for n in (6, 7, 8, 7, 8):
            player.seek(n)
            qtbot.waitUntil(lambda n=n: session.frame == n, timeout=60_000)
        (lost,) = said("could not be decoded")
        assert lost.startswith(f"Frame 7 of {path.name} could not be decoded")
        here.trigger()
        qtbot.waitUntil(
            lambda: player.info is not None and not player.info.is_isolated,
            timeout=60_000,
        )
        qtbot.waitUntil(lambda: player.picture is not None, timeout=60_000)
        assert not crashed.exists()
        assert not said("The program crashed while")

"""After a death of the program its video is opened again, but not after a second one.

What ends the program as soon as it is opened would end it at every start.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.kit.settings import Settings
from app.services.files import video_files
from app.window.project_window import ProjectWindow
from skelseg_core.files import atomic_write
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.holds.open_video import OpenVideo
from skelseg_core.project.project_edits import remove_video
from skelseg_core.user_folders import state_folder
from tests.app.windows import opened

TWICE = "The program ended unexpectedly twice while {} was open. Choose a video in "


def die(uuid: str, video_id: str, more: str = "") -> Path:
    """Leave the note of a process that died while this video was open."""
    OpenVideo(uuid).say(video_id)
    (note,) = (state_folder() / "open_videos").glob("*/*")
    # As of a process that began at another time.
    atomic_write(note, f"long ago\n{video_id}{more}")
    return note


def said(project_window: ProjectWindow) -> list[str]:
    texts = [n.text for n in project_window.services.notices.all]
    return [text for text in texts if "The program ended" in text]


def list_is_shown(project_window: ProjectWindow) -> bool:
    return not project_window.docks.docks["Videos"].isHidden()


@pytest.fixture
def one_video(project_folder: ProjectFolder) -> ProjectFolder:
    """A project of one video, whose list is not shown."""
    before = project_folder.load()
    one = remove_video(before, before.track_ids[1])
    assert len(one.video_ids) == 1
    project_folder.save(one, before)
    return project_folder


def test_the_first_death_opens_the_video_again(
    qtbot: QtBot, one_video: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_files, "PROOF_MS", 1)
    project = one_video.load()
    note = die(project.uuid, project.track_ids[0])
    with opened(qtbot, one_video) as project_window:
        assert project_window.session.track_id == project.track_ids[0]
        assert not said(project_window)
        assert not list_is_shown(project_window)
        # It is shown: a death after that is a first one again.
        qtbot.waitUntil(lambda: note.read_text().endswith(f"\n{project.track_ids[0]}"))
    assert not note.exists()


def test_it_is_the_video_that_was_open(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    """Where one was is noted when a window closes, and a dead one did not."""
    project = project_folder.load()
    settings = Settings()
    settings.set_place(project.uuid, project.track_ids[0], 3)
    note = die(project.uuid, project.track_ids[1])
    with opened(qtbot, project_folder, settings) as project_window:
        assert project_window.session.track_id == project.track_ids[1]
        assert note.read_text().endswith(f"\n{project.track_ids[1]}\nagain")


def test_where_one_is_is_known_to_a_start_after_a_kill(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    project, settings = project_folder.load(), Settings()
    with opened(qtbot, project_folder, settings) as project_window:
        project_window.session.set_video(project.track_ids[1])
        qtbot.waitUntil(lambda: project_window.player.picture is not None)
        project_window.player.seek(40)
        place = (project.track_ids[1], 40)
        qtbot.waitUntil(lambda: settings.place(project.uuid) == place, timeout=20_000)
        settings.finish()
        # As another process reads them, from the file.
        assert Settings().place(project.uuid) == place
    die(project.uuid, project.track_ids[1])
    with opened(qtbot, project_folder, Settings()) as project_window:
        session = project_window.session
        assert session.track_id == project.track_ids[1]
        qtbot.waitUntil(lambda: session.frame == 40, timeout=20_000)


def test_a_log_out_before_the_first_picture_keeps_the_place(
    qtbot: QtBot, project_folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, settings = project_folder.load(), Settings()
    with opened(qtbot, project_folder, settings) as project_window:
        shown = project_window.session.track_id
        place = (shown, project_window.session.frame + 7)
        settings.set_place(project.uuid, *place)
        with monkeypatch.context() as changed:
            changed.setattr(project_window.player, "picture", None)
            project_window.keep_place()
        assert settings.place(project.uuid) == place
        project_window.keep_place()
        assert settings.place(project.uuid) == (shown, project_window.session.frame)


def test_the_second_death_shows_the_list(
    qtbot: QtBot, one_video: ProjectFolder
) -> None:
    project = one_video.load()
    first = project.track_ids[0]
    note = die(project.uuid, first, "\nagain")
    settings = Settings()
    settings.closed = ("Videos",)
    with opened(qtbot, one_video, settings, has_picture=False) as project_window:
        player, videos = project_window.player, project_window.docks.videos
        (text,) = said(project_window)
        assert text.startswith(TWICE.format(first))
        assert project_window.session.track_id == ""
        assert player.path is None
        assert not note.exists()
        qtbot.waitUntil(lambda: list_is_shown(project_window), timeout=20_000)
        # What the sentence advises.
        place = videos.list.visualRect(videos.list.model().index(0, 0)).center()
        button = Qt.MouseButton.LeftButton
        QTest.mouseClick(videos.list.viewport(), button, pos=place)
        qtbot.waitUntil(lambda: player.picture is not None, timeout=60_000)
        assert project_window.session.track_id == first
        qtbot.waitUntil(lambda: not said(project_window), timeout=20_000)
        # Should it end the program once more, the list is shown once more.
        assert note.read_text().endswith(f"\n{first}\nagain")
        assert list_is_shown(project_window)
    assert not note.exists()
    with opened(qtbot, one_video) as project_window:
        assert project_window.session.track_id == first
        assert not list_is_shown(project_window)

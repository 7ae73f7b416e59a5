"""A video on another computer in the window: its host is asked once it is allowed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QInputDialog
from pytestqt.qtbot import QtBot

from app.window.project_window import ProjectWindow
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.project import add_video
from skelseg_core.video.remote import remote_file
from skelseg_core.video.remote.permission import allow, allowed_places
from tests.app.windows import opened, trigger
from tests.media_server import MediaServer, serving
from tests.videos import read_code, write_video


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MediaServer]:
    (tmp_path / "far").mkdir()
    write_video(tmp_path / "far" / "clip.mp4", 40)
    with serving(tmp_path / "far", monkeypatch) as made:
        yield made


def strangers(server: MediaServer, root: Path, name: str = "clip.mp4") -> ProjectFolder:
    """A project whose video is named by its address, and nobody allowed anything."""
    folder, empty = create_project(root, label_map_from_names("abc"))
    item = probe_video(server.folder / name, folder, empty)
    item = replace(item, path=server.address(name))
    folder.save(add_video(empty, item), empty)
    return folder


def help_of(window: ProjectWindow) -> QAction:
    """The one command that is offered against the one warning there is."""
    (notice,) = (n for n in window.services.notices.all if n.warning)
    (found,) = notice.helps
    assert isinstance(found, QAction)
    return found


def test_a_strangers_video_is_fetched_once_its_host_is_allowed(
    qtbot: QtBot, tmp_path: Path, server: MediaServer
) -> None:
    folder = strangers(server, tmp_path / "project")
    before = {p.name for p in folder.root.rglob("*")}
    with opened(qtbot, folder, has_picture=False) as window:
        window.services.pose_service.by_itself = True
        player, notices = window.player, window.services.notices
        qtbot.waitUntil(lambda: bool(player.not_allowed), timeout=20_000)
        qtbot.waitUntil(lambda: not window.services.jobs.running, timeout=20_000)
        assert server.requests == []
        help_ = help_of(window)
        place = server.address("")[:-1]
        assert help_.text() == f"Allow {place}"
        help_.trigger()
        qtbot.waitUntil(lambda: player.picture is not None, timeout=20_000)
        assert read_code(player.picture.pixels) == 0
        assert allowed_places(window.document.project.uuid) == (place,)
        assert not any(n.warning for n in notices.all)
    # The permission is this computer's, and not the project's.
    assert {p.name for p in folder.root.rglob("*")} == before


def test_a_lost_connection_is_a_warning_until_the_next_picture(
    qtbot: QtBot, tmp_path: Path, server: MediaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_file, "BLOCK_BYTES", 16384)
    monkeypatch.setattr(remote_file, "KEPT_BLOCKS", 2)
    write_video(server.folder / "long.mp4", 400, options={"g": "12", "crf": "1"})
    folder = strangers(server, tmp_path / "project", "long.mp4")
    allow(folder.load().uuid, server.address("").rstrip("/"))
    with opened(qtbot, folder) as window:
        player, notices = window.player, window.services.notices
        server.n_cut = 1_000_000
        player.seek(350)
        qtbot.waitUntil(lambda: player.lost, timeout=20_000)
        (warning,) = (n.text for n in notices.all if n.warning)
        assert "connection to https://127.0.0.1:" in warning
        assert player.picture.frame != 350
        server.n_cut = 0
        player.seek(351)
        qtbot.waitUntil(lambda: player.picture.frame == 351, timeout=20_000)
        assert read_code(player.picture.pixels) == 351
        assert not any(n.warning for n in notices.all)


def test_a_video_that_cannot_be_reached_is_tried_again(
    qtbot: QtBot, tmp_path: Path, server: MediaServer
) -> None:
    folder = strangers(server, tmp_path / "project")
    allow(folder.load().uuid, server.address("").rstrip("/"))
    server.n_cut = 1_000_000
    with opened(qtbot, folder, has_picture=False) as window:
        notices = window.services.notices
        qtbot.waitUntil(lambda: any(n.warning for n in notices.all), timeout=20_000)
        server.n_cut = 0
        help_of(window).trigger()
        qtbot.waitUntil(lambda: window.player.picture is not None, timeout=20_000)
        assert not any(n.warning for n in notices.all)


def test_only_the_video_that_is_looked_at_is_fetched(
    qtbot: QtBot, tmp_path: Path, server: MediaServer
) -> None:
    folder = strangers(server, tmp_path / "project")
    project = folder.load()
    allow(project.uuid, server.address("").rstrip("/"))
    write_video(server.folder / "other.mp4", 40)
    other = replace(project.videos[0], id="other", path=server.address("other.mp4"))
    folder.save(add_video(project, other), project)
    with opened(qtbot, folder) as window:
        jobs = window.services.jobs
        qtbot.waitUntil(lambda: not jobs.running, timeout=20_000)
        assert server.names == {"clip.mp4"}
        window.session.set_video("other")
        qtbot.waitUntil(lambda: window.player.picture is not None, timeout=20_000)
        assert server.names == {"clip.mp4", "other.mp4"}


def test_a_video_is_added_by_its_address(
    qtbot: QtBot, tmp_path: Path, server: MediaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = create_project(tmp_path / "project", label_map_from_names("abc"))
    answers = iter(["https://no host/x", server.address("clip.mp4")])
    ask = staticmethod(lambda *_: (next(answers), True))
    monkeypatch.setattr(QInputDialog, "getText", ask)
    with opened(qtbot, folder, has_picture=False) as window:
        said: list[str] = []
        monkeypatch.setattr(window.dialogs, "show_message", said.append)
        trigger(window, "add-address")
        assert "is not an address of a video" in said[0]
        trigger(window, "add-address")
        qtbot.waitUntil(lambda: window.player.picture is not None, timeout=20_000)
        (item,) = window.document.project.videos
        assert item.path == server.address("clip.mp4")

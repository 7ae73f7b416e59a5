"""A video during which the program died is not opened by itself at the next start."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from skelseg_core.files import atomic_write
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.holds.open_video import OpenVideo
from skelseg_core.user_folders import state_folder
from tests.app.windows import opened


def test_no_video_is_opened_after_a_death_until_one_is_chosen(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    project = project_folder.load()
    first = project.ids[0]
    OpenVideo(project.uuid).say(first)
    (note,) = (state_folder() / "open_videos").glob("*/*")
    # As of a process that began at another time.
    atomic_write(note, f"long ago\n{first}")
    with opened(qtbot, project_folder, has_picture=False) as project_window:
        services = project_window.services
        player, session = services.player, services.session

        def said() -> list[str]:
            texts = [n.text for n in services.notices.all]
            return [text for text in texts if "The program ended" in text]

        assert said() == [
            f"The program ended unexpectedly while {first} was open. Choose a video "
            "in the list."
        ]
        assert session.video_id == ""
        assert player.path is None
        assert not note.exists()
        session.set_video(first)
        qtbot.waitUntil(lambda: player.picture is not None, timeout=60_000)
        qtbot.waitUntil(lambda: not said(), timeout=20_000)
        assert note.read_text().endswith(f"\n{first}")
    assert not note.exists()
    with opened(qtbot, project_folder) as project_window:
        assert project_window.session.video_id == first

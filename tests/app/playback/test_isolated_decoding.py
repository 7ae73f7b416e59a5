"""A video with which the program crashed plays on over the frame that crashes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.playback.player import FramePicture, Player
from app.playback.thumbnails import ThumbnailReader, ThumbnailSpec
from app.state.session import Session
from skelseg_core.files import atomic_write
from skelseg_core.user_folders import state_folder
from skelseg_core.video import isolated_reader
from skelseg_core.video.crash_marks import VERSION
from skelseg_core.video.index import cache_name
from tests.videos import read_code, write_video

N = 40
pytestmark = pytest.mark.skipif(os.name == "nt", reason="no signals there")


def mark_as_crashed(path: Path) -> Path:
    """Leave behind what a crash with this video leaves."""
    key = cache_name(path, VERSION).removesuffix(".npz")
    crashed = state_folder() / "decoding" / "crashed" / key
    atomic_write(crashed, "")
    return crashed


@pytest.fixture
def video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = write_video(tmp_path / "film.mp4", N, options={"g": "10", "bf": "0"})
    mark_as_crashed(path)
    monkeypatch.setattr(isolated_reader, "MODULE", "tests.crashing_reader")
    monkeypatch.setenv("SKELSEG_TEST_CRASH", "at 7 23")
    return path


@pytest.fixture
def player(qtbot: QtBot, video: Path) -> Iterator[Player]:
    player = Player(Session(), patience_s=60.0)
    player.open(video)
    qtbot.waitUntil(lambda: player.picture is not None, timeout=60_000)
    yield player
    player.close()


def code(picture: FramePicture | None) -> int:
    assert picture is not None
    return read_code(picture.pixels[..., 2::-1])


def test_the_frame_is_shown_as_lost_and_those_after_it_as_they_are(
    qtbot: QtBot, player: Player
) -> None:
    said: list[str] = []
    player.failed.connect(said.append)
    assert player.info is not None
    assert player.info.is_isolated
    for n in (6, 7, 8, 7, 9):
        player.seek(n)
        qtbot.waitUntil(
            lambda n=n: player.picture.frame == n,  # type: ignore[misc]
            timeout=60_000,
        )
        # What is shown in the place of a frame carries no number of another.
        assert code(player.picture) == (-1 if n == 7 else n)
    assert player.picture is not None
    assert len({*said}) == 2
    assert said[0].startswith("Frame 7 of film.mp4 could not be decoded")
    assert "SIGSEGV" in said[0]


def test_playing_goes_on_over_frames_that_crash(qtbot: QtBot, player: Player) -> None:
    said: list[str] = []
    shown: dict[int, int] = {}
    player.failed.connect(said.append)
    player.picture_changed.connect(lambda p: shown.update({p.frame: code(p)}))
    player.set_rate(0.25)
    player.play()
    qtbot.waitUntil(lambda: not player.playing, timeout=120_000)
    assert player.target == N - 1
    assert all(shown[n] == (-1 if n in (7, 23) else n) for n in shown)
    assert said, "it is said"
    assert {s.split(" could")[0] for s in said} <= {
        "Frame 7 of film.mp4",
        "Frame 23 of film.mp4",
    }


def test_small_pictures_are_made_by_another_process_too(
    qtbot: QtBot, video: Path
) -> None:
    reader = ThumbnailReader()
    reader.open(video)
    spec = ThumbnailSpec(None, 80, 48)
    with qtbot.waitSignal(reader.ready, timeout=60_000):
        reader.want([7, 12], spec)
    assert reader.image(7) is None
    image = reader.image(12)
    assert image is not None
    assert (image.width(), image.height()) == (80, 48)
    reader.close()


def test_a_video_is_marked_as_long_as_it_is_open(
    qtbot: QtBot, tmp_path: Path, own_user_folders: Path
) -> None:
    def marks() -> list[Path]:
        return list((state_folder() / "decoding" / "now").glob("*"))

    player = Player(Session())
    player.open(write_video(tmp_path / "plain.mp4", 5))
    qtbot.waitUntil(lambda: player.picture is not None, timeout=60_000)
    assert code(player.picture) == 0
    assert player.info is not None
    assert not player.info.is_isolated
    assert len(marks()) == 1
    player.close()
    assert marks() == []

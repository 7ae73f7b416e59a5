"""A decoder that hangs, and a file that changes or vanishes under the player."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.playback.playback_plan import loop
from app.playback.player import LONGEST_MS, Player
from app.state.session import Session
from skelseg_core.project.poses_only_video import BlankVideo
from skelseg_core.video.times import FrameTimes
from tests.videos import read_code, write_video

N = 40


class Hanging(BlankVideo):
    """A reader that does not come back from frame 7 until it is let go."""

    width, height, mean_rate, damage = 4, 2, 25.0, None
    fingerprint, has_pictures = "made", True
    gate = threading.Event()

    def __init__(self, path: Path, tick: object) -> None:
        self.times = FrameTimes.even(20, 250)

    def __len__(self) -> int:
        return 20

    def bgra(self, n: int) -> np.ndarray:
        if n == 7:
            self.gate.wait(30)
        return np.full((2, 4, 4), n, np.uint8)


@pytest.fixture
def hanging() -> Iterator[type[Hanging]]:
    Hanging.gate.clear()
    yield Hanging
    Hanging.gate.set()


def test_a_decoder_that_hangs_holds_up_no_other_video(
    qtbot: QtBot, tmp_path: Path, hanging: type[Hanging]
) -> None:
    session = Session()
    player = Player(session, open_reader=hanging)
    player.open(tmp_path / "slow.mp4")
    qtbot.waitUntil(lambda: player.picture is not None, timeout=20_000)
    player.seek(7)
    player.open(tmp_path / "other.mp4")
    qtbot.waitUntil(lambda: player.picture is not None, timeout=20_000)
    player.seek(3)
    qtbot.waitUntil(lambda: session.frame == 3, timeout=20_000)
    hanging.gate.set()
    player.close()


def test_a_loop_of_a_frame_that_lasts_no_time_leaves_the_processor_alone(
    qtbot: QtBot, tmp_path: Path
) -> None:
    player, shown = Player(Session()), []
    player.open(write_video(tmp_path / "one.mp4", 1))
    qtbot.waitUntil(lambda: player.picture is not None, timeout=20_000)
    assert player.info.times.duration_s == 0
    player.picture_changed.connect(shown.append)
    player.follow(loop(0, 1), 0)
    qtbot.waitUntil(lambda: len(shown) > 1, timeout=20_000)
    shown.clear()
    began = time.monotonic()
    qtbot.wait(500)
    took_ms = 1000 * (time.monotonic() - began)
    assert player.playing
    assert len(shown) <= took_ms / LONGEST_MS + 2
    player.close()


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return write_video(tmp_path / "film.mp4", N, options={"g": "10"})


@pytest.fixture
def player(qtbot: QtBot, film: Path) -> Iterator[Player]:
    made = Player(Session(), cache_bytes=1)
    made.open(film)
    qtbot.waitUntil(lambda: made.picture is not None, timeout=20_000)
    yield made
    made.close()


def test_a_file_that_is_replaced_says_so_and_is_opened_anew(
    qtbot: QtBot, player: Player, film: Path
) -> None:
    other = write_video(film.parent / "other.mp4", N + 5, options={"g": "5"})
    other.replace(film)
    with qtbot.waitSignal(player.failed, timeout=20_000) as failed:
        player.seek(20)
    assert "film.mp4 was changed while it was open" in failed.args[0]
    for frame in (21, N + 4):
        player.seek(frame)
        qtbot.waitUntil(lambda n=frame: player.picture.frame == n, timeout=20_000)
        assert read_code(player.picture.pixels) == frame
    assert player.info.n_frames == N + 5


def test_a_file_that_vanishes_says_so_and_comes_back(
    qtbot: QtBot, player: Player, film: Path
) -> None:
    kept = shutil.move(film, film.parent / "kept.mp4")
    with qtbot.waitSignal(player.failed, timeout=20_000) as failed:
        player.seek(20)
    assert "film.mp4 was moved or deleted while it was open" in failed.args[0]
    shutil.move(kept, film)
    player.seek(30)
    qtbot.waitUntil(
        lambda: player.picture is not None and player.picture.frame == 30,
        timeout=20_000,
    )
    assert read_code(player.picture.pixels) == 30


def test_backwards_every_frame_is_shown_once_and_it_ends_at_the_first(
    qtbot: QtBot, film: Path
) -> None:
    session, shown = Session(), []
    player = Player(session)
    player.open(film)
    qtbot.waitUntil(lambda: player.picture is not None, timeout=20_000)
    player.seek(30)
    qtbot.waitUntil(lambda: session.frame == 30, timeout=20_000)
    player.picture_changed.connect(
        lambda p: shown.append((p.frame, read_code(p.pixels)))
    )
    player.shuttle(-1)
    assert player.speed == -1.0
    qtbot.waitUntil(lambda: not player.playing, timeout=20_000)
    assert session.frame == 0
    frames = [n for n, _ in shown]
    assert all(n == code for n, code in shown)
    assert frames == sorted(set(frames), reverse=True)
    assert player.speed == 1.0  # a pause ends the way back
    player.close()


def test_the_shuttle_doubles_turns_and_keeps_its_speed(
    qtbot: QtBot, player: Player
) -> None:
    player.set_rate(0.5)
    speeds = []
    for direction in (1, 1, 1, -1, -1, 1):
        player.shuttle(direction)
        speeds.append(player.speed)
    assert speeds == [0.5, 1.0, 2.0, -2.0, -4.0, 4.0]
    for _ in range(8):
        player.shuttle(1)
    assert player.speed == 16.0
    # One rule for a speed that was chosen and one that was reached by keys.
    player.stop()
    assert not player.playing
    assert player.speed == 16.0
    player.play()
    assert player.speed == 16.0
    player.stop()
    player.stop()
    assert player.speed == 1.0

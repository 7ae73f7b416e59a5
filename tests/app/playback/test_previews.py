"""Frames far from a keyframe: the small picture at once, then that of the video."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.playback.player import FramePicture, Player
from app.playback.thumbnails import ThumbnailReader, ThumbnailSpec
from app.state.session import Session
from skelseg_core.progress import run
from skelseg_core.video.proxy_writing import remove_proxies, write_proxy
from skelseg_core.video.reader import VideoReader
from tests.settled import settle
from tests.videos import read_code, write_video

N = 120
SIZE = (1280, 720)
ONE_GROUP = {"g": str(N), "preset": "ultrafast", "sc_threshold": "0"}
CROP = (320.0, 180.0, 960.0, 540.0)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video with one keyframe."""
    path = tmp_path_factory.mktemp("v") / "film.mp4"
    return write_video(path, N, size=SIZE, options=ONE_GROUP)


@pytest.fixture
def with_proxy(film: Path) -> Path:
    assert run(write_proxy(film))
    return film


@pytest.fixture
def player(qtbot: QtBot, with_proxy: Path) -> Iterator[Player]:
    made = Player(Session(), cache_bytes=1)
    made.open(with_proxy)
    qtbot.waitUntil(lambda: made.picture is not None, timeout=20_000)
    yield made
    made.close()


class Seen:
    """Check every picture that is shown: it is that of its frame."""

    def __init__(self, player: Player) -> None:
        self.pictures: list[tuple[int, bool]] = []
        player.picture_changed.connect(self.look)

    def look(self, picture: FramePicture) -> None:
        assert read_code(picture.pixels[..., 2::-1]) == picture.frame
        assert picture.size == SIZE
        assert (picture.image.width() < SIZE[0]) == picture.is_preview
        self.pictures.append((picture.frame, picture.is_preview))


def stands_at(player: Player, frame: int) -> bool:
    """Whether the picture of the video itself is shown."""
    picture = player.picture
    return picture is not None and (picture.frame, picture.is_preview) == (frame, False)


def test_the_small_picture_comes_first_and_that_of_the_video_stays(
    qtbot: QtBot, player: Player, with_proxy: Path
) -> None:
    seen = Seen(player)
    player.seek(100)
    qtbot.waitUntil(lambda: stands_at(player, 100), timeout=20_000)
    assert seen.pictures == [(100, True), (100, False)]
    assert player.picture is not None
    with VideoReader(with_proxy) as reader:
        np.testing.assert_array_equal(player.picture.pixels, reader.bgra(100))
    # The next one is decoded at once: nothing flickers.
    player.step(1)
    qtbot.waitUntil(lambda: stands_at(player, 101), timeout=20_000)
    assert seen.pictures[2:] == [(101, False)]


def test_whoever_drags_sees_the_frames_under_the_pointer(
    qtbot: QtBot, player: Player
) -> None:
    seen, rng = Seen(player), random.Random(0)
    for n in rng.choices(range(20, N), k=40):
        player.seek(n, keyframe_ok=True)
        qtbot.wait(rng.choice([0, 1, 5, 30]))
    qtbot.waitUntil(lambda: stands_at(player, n), timeout=20_000)
    assert sum(is_preview for _, is_preview in seen.pictures) > 5
    assert all(frame for frame, _ in seen.pictures), "the keyframe is not needed"


@pytest.mark.parametrize("wait_ms", [0, 1, 20, 60])
def test_playing_and_standing_at_once_ends_with_the_picture_of_the_video(
    qtbot: QtBot, player: Player, wait_ms: int
) -> None:
    Seen(player)
    player.seek(100)
    qtbot.wait(wait_ms)
    player.play()
    player.pause()
    qtbot.waitUntil(lambda: stands_at(player, player.target), timeout=20_000)


def test_without_a_proxy_nothing_small_is_shown(
    qtbot: QtBot, player: Player, with_proxy: Path
) -> None:
    run(remove_proxies())
    seen = Seen(player)
    player.seek(100)
    qtbot.waitUntil(lambda: stands_at(player, 100), timeout=20_000)
    assert seen.pictures == [(100, False)]


# -- small pictures -----------------------------------------------------------------


def rgb(image: QImage) -> np.ndarray:
    bits = image.convertToFormat(QImage.Format.Format_RGB32)
    rows = np.array(bits.constBits(), np.uint8).reshape(bits.height(), -1, 4)
    return rows[:, : bits.width(), 2::-1].astype(int)


def pictures(
    qtbot: QtBot, path: Path, spec: ThumbnailSpec, frames: list[int], per_frame: int
) -> tuple[dict[int, np.ndarray], list[int]]:
    """Small pictures as they are at last, and the frames in the order they came."""
    made, came = ThumbnailReader(), list[int]()
    made.ready.connect(came.append)
    made.open(path)
    made.want(frames, spec)
    qtbot.waitUntil(lambda: len(came) == per_frame * len(frames), timeout=20_000)
    settle()
    found = {}
    for n in frames:
        image = made.image(n)
        assert image is not None
        found[n] = rgb(image)
    made.close()
    return found, came


@pytest.mark.parametrize("box", [None, CROP])
def test_exact_ones_are_made_again_of_the_video(
    qtbot: QtBot, film: Path, box: tuple[float, ...] | None
) -> None:
    frames = [100, 101, 99, 3]
    spec = ThumbnailSpec(box, 320, 180, exact=True)  # type: ignore[arg-type]
    alone, came = pictures(qtbot, film, spec, frames, 1)
    assert came == frames
    assert run(write_proxy(film))
    both, came = pictures(qtbot, film, spec, frames, 2)
    assert came == frames + frames, "first all of them small"
    for n in frames:
        np.testing.assert_array_equal(both[n], alone[n])


@pytest.mark.parametrize("box", [None, CROP])
def test_others_are_made_of_the_proxy_alone(
    qtbot: QtBot, film: Path, box: tuple[float, ...] | None
) -> None:
    frames = [100, 101, 99, 3]
    spec = ThumbnailSpec(box, 160, 90, span=4)  # type: ignore[arg-type]
    exact = ThumbnailSpec(box, 160, 90)  # type: ignore[arg-type]
    alone, _ = pictures(qtbot, film, exact, frames, 1)
    assert run(write_proxy(film))
    small, came = pictures(qtbot, film, spec, frames, 1)
    assert came == frames
    for n in frames:
        assert small[n].shape == alone[n].shape
        assert np.abs(small[n] - alone[n]).mean() < 10
        assert box is not None or read_code(small[n]) == n


def test_whoever_looks_elsewhere_does_not_wait_for_what_was_there(
    qtbot: QtBot, with_proxy: Path
) -> None:
    spec = ThumbnailSpec(None, 160, 90, exact=True)
    begun, gate = threading.Event(), threading.Event()

    class Slow(VideoReader):
        """A reader that takes as long over a frame as the test says."""

        def approach(self, n: int) -> Iterator[None]:
            for step in super().approach(n):
                begun.set()
                assert gate.wait(20)
                yield step

    made, came = ThumbnailReader(open_=lambda path, tick: Slow(path)), list[int]()
    made.ready.connect(came.append)
    made.open(with_proxy)
    made.want([100], spec)
    qtbot.waitUntil(lambda: begun.is_set() and came == [100], timeout=20_000)
    made.want([50, 51], spec)
    gate.set()
    qtbot.waitUntil(lambda: len(came) == 5, timeout=20_000)
    assert came == [100, 50, 51, 50, 51], "100 was not made again"
    # Looked at again, it is there at once, and is made again then.
    made.want([100], spec)
    assert made.image(100) is not None
    qtbot.waitUntil(lambda: len(came) == 6, timeout=20_000)
    made.close()

"""What the decode thread hands to a player that asks late."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.playback.decoder import RING, Decoder, DecoderSignals, PlayRange, Request
from app.playback.player import FramePicture
from skelseg_core.project.poses_only_video import BlankVideo
from skelseg_core.video.times import FrameTimes


class Plain(BlankVideo):
    """A reader of 20 small pictures that notes which were read."""

    width, height, mean_rate, damage = 4, 2, 25.0, None
    fingerprint, has_pictures = "made", True

    read: list[int]

    def __init__(self, path: Path, tick: object) -> None:
        Plain.read = []
        self.times = FrameTimes.even(20, 25)

    def __len__(self) -> int:
        return 20

    def bgra(self, n: int) -> np.ndarray:
        self.read.append(n)
        return np.full((2, 4, 4), n, np.uint8)


@pytest.fixture
def decoder(qtbot: QtBot) -> Iterator[Decoder]:
    decoder = Decoder(Path("made.mp4"), Plain, DecoderSignals(), Request(0, frame=0))
    decoder.start()
    qtbot.waitUntil(lambda: decoder.thread.resting, timeout=20_000)
    yield decoder
    decoder.stop()
    decoder.thread.join(20)
    assert not decoder.thread.is_alive()


def taken(decoder: Decoder, number: int, due: int | None) -> int | None:
    picture: FramePicture | None = decoder.take(number, due)
    return None if picture is None else picture.frame


@pytest.mark.parametrize(("start", "step", "last"), [(0, 1, 19), (19, -1, 0)])
def test_who_asks_late_gets_the_picture_that_is_due(
    decoder: Decoder, qtbot: QtBot, start: int, step: int, last: int
) -> None:
    """Those before it are dropped, so that playback does not fall behind."""
    decoder.ask(Request(1, ranges=(PlayRange(1, start, last, step),)))
    shown_first = 1
    qtbot.waitUntil(
        lambda: decoder.thread.resting and len(Plain.read) == shown_first + RING,
        timeout=20_000,
    )
    assert taken(decoder, 1, None) == start
    assert taken(decoder, 1, start + 5 * step) == start + 5 * step
    assert taken(decoder, 1, start + 5 * step) is None
    assert taken(decoder, 1, start + 6 * step) == start + 6 * step


def test_pictures_of_what_was_played_before_are_not_handed_out(
    decoder: Decoder, qtbot: QtBot
) -> None:
    decoder.ask(Request(1, ranges=(PlayRange(1, 0, 19, 1),)))
    for number, start in ((2, 7), (3, 3), (4, 11)):
        decoder.ask(Request(number, ranges=(PlayRange(number, start, 19, 1),)))
        assert taken(decoder, number - 1, None) is None
    found: list[int | None] = []

    def first() -> bool:
        found.append(taken(decoder, 4, None))
        return found[-1] is not None

    qtbot.waitUntil(first, timeout=20_000)
    assert found[-1] == 11

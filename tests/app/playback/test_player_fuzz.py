"""Whatever is done to the player, the picture is the one of the frame it says.

``make soak`` is the long run; SKELSEG_FUZZ in the environment says how long.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.playback import playback_plan
from app.playback.player import FramePicture, Player
from app.state.session import Session
from tests.core.video.test_reader import CASES, NO_X265, Case, Films
from tests.soak import times
from tests.videos import read_code

OPERATIONS = times("SKELSEG_FUZZ", 200, 10_000)
PER_FILM = 25
FILMS: list[Case] = [c for c in CASES if not (NO_X265 and "hevc" in c[0])]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Films:
    return Films(tmp_path_factory.mktemp("films"))


class Hand:
    """Does to a player what people do, by dice, and looks at every picture."""

    def __init__(self, player: Player, session: Session, qtbot: QtBot) -> None:
        self.player, self.session, self.qtbot = player, session, qtbot
        self.dice = random.Random(7)
        self.codes = range(0)
        self.log: list[str] = []
        self.wrong: list[str] = []
        self.failures: list[str] = []
        self.pictures = 0
        player.picture_changed.connect(self.look)
        player.failed.connect(self.failures.append)

    def look(self, picture: FramePicture) -> None:
        self.pictures += 1
        code = read_code(picture.pixels)
        if not (picture.frame == self.session.frame and picture is self.player.picture):
            self.wrong.append(f"frame {picture.frame}, session {self.session.frame}")
        if code != self.codes[picture.frame]:
            self.wrong.append(f"frame {picture.frame} shows {code}")

    def open(self, path: Path, codes: range) -> None:
        self.codes = codes
        self.player.open(path)
        if self.dice.random() < 0.5:
            self.wait_open()

    def wait_open(self) -> None:
        self.qtbot.waitUntil(lambda: self.player.info is not None, timeout=30_000)

    def act(self) -> None:
        name = self.dice.choice([n for n in dir(self) if n.startswith("do_")])
        self.log.append(name)
        getattr(self, name)()
        if self.dice.random() < 0.5:
            self.qtbot.wait(self.dice.choice([0, 1, 5, 20, 60, 150]))

    def frame(self) -> int:
        return self.dice.randrange(-3, len(self.codes) + 3)

    def do_seek(self) -> None:
        self.player.seek(self.frame())

    def do_scrub(self) -> None:
        at = self.frame()
        for _ in range(self.dice.randint(1, 12)):
            at += self.dice.randint(-9, 9)
            self.player.seek(at, keyframe_ok=True)
            self.qtbot.wait(self.dice.choice([0, 0, 1, 4]))

    def do_step(self) -> None:
        size = self.dice.choice([-10, -1, -1, -1, 1, 1, 10])
        for _ in range(self.dice.randint(1, 10)):
            self.player.step(size)
            self.qtbot.wait(self.dice.choice([0, 0, 3]))

    def do_play(self) -> None:
        self.player.play()

    def do_toggle(self) -> None:
        self.player.toggle()

    def do_back(self) -> None:
        for _ in range(self.dice.randint(1, 4)):
            self.player.shuttle(-1)

    def do_on(self) -> None:
        for _ in range(self.dice.randint(1, 4)):
            self.player.shuttle(1)

    def do_speed(self) -> None:
        self.player.set_rate(self.dice.choice([0.1, 0.5, 1, 2, 4, 16]))

    def do_loop(self) -> None:
        start = self.dice.randrange(len(self.codes))
        stop = self.dice.randrange(start, len(self.codes)) + 1
        self.player.follow(playback_plan.loop(start, stop), start)

    def do_plan(self) -> None:
        info = self.player.info
        if info is None or len(self.codes) < 2:
            return
        plan = self.dice.choice([playback_plan.around(info.times, 1), None])
        self.player.follow(plan, plan and plan.start)

    def do_reopen(self) -> None:
        path = self.player.path
        if path is not None:
            if self.dice.random() < 0.5:
                self.player.close()
            self.open(path, self.codes)

    def settle(self) -> None:
        player = self.player
        self.wait_open()
        player.pause()
        self.qtbot.waitUntil(
            lambda: (
                player.picture is not None and player.picture.frame == player.target
            ),
            timeout=30_000,
        )
        assert self.session.frame == player.target
        assert read_code(player.picture.pixels) == self.codes[player.target]


@pytest.fixture
def hand(qtbot: QtBot) -> Iterator[Hand]:
    session = Session()
    player = Player(session, cache_bytes=24 * 160 * 96 * 3 // 2)
    yield Hand(player, session, qtbot)
    player.close()


def test_the_picture_is_always_that_of_its_frame(hand: Hand, films: Films) -> None:
    order = FILMS.copy()
    for turn in range(-(-OPERATIONS // PER_FILM)):
        if turn % len(order) == 0:
            hand.dice.shuffle(order)
        name, make, codes = order[turn % len(order)]
        hand.log = [name]
        hand.open(make(films), codes)
        for _ in range(PER_FILM):
            hand.act()
            if hand.dice.random() < 0.3:
                hand.settle()
        hand.settle()
        assert not hand.wrong, f"{hand.wrong[:5]} after {hand.log}"
        assert not hand.failures, f"{hand.failures[:5]} after {hand.log}"
    assert hand.pictures > OPERATIONS // 2

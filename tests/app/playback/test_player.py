from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.playback.player import FramePicture, Player, VideoInfo
from app.state.session import Session
from skelseg_core.errors import VideoError
from skelseg_core.progress import Progress
from skelseg_core.project.poses_only_video import BlankVideo
from skelseg_core.video.times import FrameTimes
from tests.settled import settle
from tests.videos import read_code, write_video

N = 60


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 frames with B-frames, at a rate that varies from 15 to 60 a second."""
    rng = np.random.default_rng(3)
    pts = np.concatenate([[0], rng.choice([16, 33, 66], N - 1).cumsum()])
    return write_video(
        tmp_path_factory.mktemp("v") / "vfr.mkv",
        N,
        options={"g": "20", "bf": "2"},
        pts=pts.tolist(),
        time_base=Fraction(1, 1000),
    )


class Seen:
    """Checks every picture when it is shown; remembers their numbers."""

    def __init__(self, player: Player, session: Session) -> None:
        self.frames: list[int] = []
        self.session = session
        player.picture_changed.connect(self.look)

    def look(self, picture: FramePicture) -> None:
        assert picture.frame == self.session.frame
        assert read_code(picture.pixels) == picture.frame
        self.frames.append(picture.frame)


class Rig(SimpleNamespace):
    session: Session
    player: Player
    seen: Seen

    def rest(self, qtbot: QtBot, frame: int) -> None:
        qtbot.waitUntil(
            lambda: (
                self.player.picture is not None
                and self.player.picture.frame == frame == self.player.target
            ),
            timeout=20_000,
        )
        assert self.session.frame == frame


def decode_threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name.startswith("decode")]


class Kept(BlankVideo):
    """A reader that says in which thread it was let go of."""

    width, height, mean_rate, damage = 64, 48, 25.0, None
    fingerprint, has_pictures = "made", True

    def __init__(self, gone: list[str]) -> None:
        self._gone = gone
        self.times = FrameTimes.even(20, 25)

    def __len__(self) -> int:
        return 20

    def __del__(self) -> None:
        self._gone.append(threading.current_thread().name)

    def bgra(self, n: int) -> np.ndarray:
        return np.zeros((48, 64, 4), np.uint8)


@pytest.fixture
def rig(qtbot: QtBot) -> Iterator[Rig]:
    session = Session()
    player = Player(session)
    yield Rig(session=session, player=player, seen=Seen(player, session))
    player.close()
    assert not decode_threads()


def test_opens_to_the_first_frame(rig: Rig, qtbot: QtBot, video: Path) -> None:
    with qtbot.waitSignal(rig.player.opened, timeout=20_000) as opened:
        rig.player.open(video)
        assert rig.player.opening
    info: VideoInfo = opened.args[0]
    assert (info.n_frames, info.width, info.height) == (N, 160, 96)
    assert (np.diff(info.times.starts_s) > 0).all()
    assert info.damage is None
    assert not rig.player.opening
    rig.rest(qtbot, 0)
    image = rig.player.picture.image
    assert (image.width(), image.height()) == (160, 96)


def test_any_burst_ends_at_the_frame_asked_for_last(
    rig: Rig, qtbot: QtBot, video: Path
) -> None:
    rig.player.open(video)
    rig.rest(qtbot, 0)
    dice = random.Random(5)
    for _ in range(25):
        for _ in range(dice.randint(1, 8)):
            do = dice.choice(["seek", "seek", "step", "back", "play", "toggle", "rate"])
            if do == "seek":
                rig.player.seek(dice.randrange(-5, N + 5))
            elif do in ("step", "back"):
                rig.player.step(dice.randint(1, 12) * (1 if do == "step" else -1))
            elif do == "rate":
                rig.player.set_rate(dice.choice([0.25, 1, 4]))
            else:
                getattr(rig.player, do)()
            if dice.random() < 0.4:
                qtbot.wait(dice.randint(0, 15))
        rig.player.pause()
        rig.rest(qtbot, rig.player.target)
    assert len(rig.seen.frames) > 25


def test_steps_stop_at_both_ends(rig: Rig, qtbot: QtBot, video: Path) -> None:
    rig.player.open(video)
    rig.rest(qtbot, 0)
    rig.player.step(-1)
    rig.rest(qtbot, 0)
    rig.player.seek(N - 1)
    rig.player.step(1)
    rig.rest(qtbot, N - 1)
    for frame in range(N - 2, N - 25, -1):
        rig.player.step(-1)
        rig.rest(qtbot, frame)


def test_the_arrows_go_by_the_step_that_is_chosen(
    rig: Rig, qtbot: QtBot, video: Path
) -> None:
    rig.player.open(video)
    rig.rest(qtbot, 0)
    rig.player.choose_step(5)
    rig.player.go_on(1)
    rig.rest(qtbot, 5)
    rig.player.step(-1)
    rig.rest(qtbot, 4)


def test_a_seek_before_the_video_is_open_counts(
    rig: Rig, qtbot: QtBot, video: Path
) -> None:
    rig.player.open(video)
    rig.player.seek(41)
    rig.rest(qtbot, 41)
    rig.player.open(video)
    rig.player.seek(10_000)
    rig.rest(qtbot, N - 1)


def test_playing_runs_to_the_last_frame_and_pauses(
    rig: Rig, qtbot: QtBot, video: Path
) -> None:
    rig.player.open(video)
    rig.rest(qtbot, 0)
    rig.player.set_rate(4)
    rig.player.play()
    assert rig.player.playing
    qtbot.waitUntil(lambda: not rig.player.playing, timeout=20_000)
    rig.rest(qtbot, N - 1)
    frames = rig.seen.frames
    assert frames == sorted(set(frames))
    assert frames[-1] == N - 1
    rig.player.play()  # from the start again
    qtbot.waitUntil(lambda: rig.session.frame < N - 1, timeout=20_000)
    rig.player.pause()


def test_the_clock_decides_which_frame_is_shown(qtbot: QtBot, video: Path) -> None:
    session, now, looks = Session(), [100.0], list[float]()

    def clock() -> float:
        looks.append(now[0])
        return now[0]

    player = Player(session, clock=clock)
    player.open(video)
    qtbot.waitUntil(lambda: player.picture is not None, timeout=20_000)
    times = player.info.times.starts_s
    player.set_rate(2)
    player.play()
    qtbot.waitUntil(lambda: session.frame == 1, timeout=20_000)
    n = len(looks)
    qtbot.waitUntil(lambda: len(looks) > n + 5, timeout=20_000)
    assert session.frame == 1  # no time has passed
    for frame in (2, 3, 20, 21, 45):
        now[0] = 100.0 + (times[frame] - times[1]) / 2 + 1e-6
        qtbot.waitUntil(lambda f=frame: session.frame == f, timeout=20_000)
    player.set_rate(0.5)  # changes the pace and not the place
    at = now[0]
    now[0] = at + (times[50] - times[45]) / 0.5 + 1e-3
    qtbot.waitUntil(lambda: session.frame == 50, timeout=20_000)
    player.close()


def test_a_seek_while_playing_plays_on_from_there(
    rig: Rig, qtbot: QtBot, video: Path
) -> None:
    rig.player.open(video)
    rig.rest(qtbot, 0)
    rig.player.play()
    rig.player.seek(40)
    qtbot.waitUntil(lambda: rig.session.frame > 42, timeout=20_000)
    assert rig.player.playing
    assert 40 in rig.seen.frames
    rig.player.pause()
    rig.rest(qtbot, rig.player.target)


def test_opening_and_closing_often_leaves_no_thread(
    rig: Rig, qtbot: QtBot, video: Path
) -> None:
    for n in range(12):
        rig.player.open(video)
        if n % 3 == 0:
            qtbot.wait(10)
        if n % 4 == 0:
            rig.player.close()
            assert not decode_threads()
    rig.player.open(video)
    rig.rest(qtbot, 0)
    rig.player.play()
    rig.player.close()
    assert not decode_threads()
    assert rig.player.info is None
    assert rig.player.picture is None
    assert not rig.player.playing
    for act in (rig.player.play, rig.player.toggle, rig.player.pause):
        act()
    rig.player.step(1)
    rig.player.seek(3)
    assert not decode_threads()


def test_what_is_no_video_is_said(rig: Rig, qtbot: QtBot, tmp_path: Path) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("not a video")
    for path in (text, tmp_path / "gone.mp4"):
        with qtbot.waitSignal(rig.player.failed, timeout=20_000) as failed:
            rig.player.open(path)
        assert path.name in failed.args[0]
        assert rig.player.info is None
        assert not rig.player.opening


def test_another_video_replaces_one_that_failed(
    rig: Rig, qtbot: QtBot, video: Path, tmp_path: Path
) -> None:
    rig.player.open(tmp_path / "gone.mp4")
    rig.player.open(video)
    with qtbot.assertNotEmitted(rig.player.failed):
        rig.rest(qtbot, 0)
        settle()


class Torn(BlankVideo):
    """A reader whose frames 5..9 cannot be decoded; 12 breaks as nobody foresaw."""

    width, height, mean_rate, damage = 4, 2, 25.0, None
    fingerprint, has_pictures = "made", True

    def __init__(self, path: Path, tick: object) -> None:
        self.times = FrameTimes.even(20, 250)

    def __len__(self) -> int:
        return 20

    def bgra(self, n: int) -> np.ndarray:
        if 5 <= n < 10:
            raise VideoError(f"Frame {n} is damaged.")
        if n == 12:
            raise RuntimeError("boom")
        return np.full((2, 4, 4), n, np.uint8)


class Gated(Torn):
    """A reader that decodes frame 12 only once it is told to."""

    begun, go_on = threading.Event(), threading.Event()

    def bgra(self, n: int) -> np.ndarray:
        if n == 12:
            self.begun.set()
            assert self.go_on.wait(20)
        return np.full((2, 4, 4), n, np.uint8)


def test_a_held_key_never_queues_up(qtbot: QtBot, tmp_path: Path) -> None:
    decoded: list[int] = []

    class Noted(Gated):
        def bgra(self, n: int) -> np.ndarray:
            decoded.append(n)
            return super().bgra(n)

    Gated.begun.clear()
    Gated.go_on.clear()
    session, shown = Session(), list[int]()
    player = Player(session, open_reader=Noted)
    player.picture_changed.connect(lambda p: shown.append(p.frame))
    player.open(tmp_path / "slow.mp4")
    qtbot.waitUntil(lambda: shown == [0], timeout=20_000)
    player.seek(11)
    qtbot.waitUntil(lambda: shown == [0, 11], timeout=20_000)
    player.step(1)
    assert Gated.begun.wait(20)
    for _ in range(7):  # while that frame is being decoded
        player.step(1)
    assert player.target == 19
    Gated.go_on.set()
    qtbot.waitUntil(lambda: shown[-1] == 19, timeout=20_000)
    player.close()
    # The first step was on its way; all but the last are replaced.
    assert decoded == shown == [0, 11, 12, 19]
    assert session.frame == 19


def test_a_picture_asked_for_before_playing_is_not_shown_while_it_plays(
    qtbot: QtBot, tmp_path: Path
) -> None:
    session, shown = Session(), []
    Gated.begun.clear()
    Gated.go_on.clear()
    player = Player(session, open_reader=Gated, clock=lambda: 100.0)
    player.picture_changed.connect(lambda p: shown.append(p.frame))
    player.open(tmp_path / "slow.mp4")
    qtbot.waitUntil(lambda: shown == [0], timeout=20_000)
    player.seek(12)
    assert Gated.begun.wait(20)
    # While that picture is on its way, somebody goes elsewhere and plays.
    player.seek(3)
    player.play()
    Gated.go_on.set()
    qtbot.waitUntil(lambda: session.frame == 3, timeout=20_000)
    player.close()
    assert shown == [0, 3]


def test_a_damaged_frame_costs_the_frame_and_a_sentence(
    qtbot: QtBot, tmp_path: Path
) -> None:
    session, said, shown = Session(), [], []
    player = Player(session, open_reader=Torn)
    player.failed.connect(said.append)
    player.picture_changed.connect(lambda p: shown.append(p.frame))
    player.open(tmp_path / "torn.mp4")
    qtbot.waitUntil(lambda: shown == [0], timeout=20_000)
    player.seek(5)
    qtbot.waitUntil(lambda: said == ["Frame 5 is damaged."], timeout=20_000)
    assert session.frame == 0  # the picture that is still there
    player.seek(12)
    qtbot.waitUntil(lambda: len(said) == 2, timeout=20_000)
    assert "Frame 12 of torn.mp4" in said[1]
    player.seek(1)
    qtbot.waitUntil(lambda: session.frame == 1, timeout=20_000)
    del shown[:], said[:]
    player.play()
    qtbot.waitUntil(lambda: not player.playing, timeout=20_000)
    assert shown[-1] == session.frame == 19
    assert not {5, 6, 7, 8, 9, 12} & set(shown)
    assert len(said) <= 1
    player.close()


def test_a_file_seen_first_says_so_and_can_be_left(
    qtbot: QtBot, tmp_path: Path
) -> None:
    def endless(path: Path, tick: Callable[[Progress], None]) -> Torn:
        for n in itertools.count():
            tick(Progress("reading long.mp4", n % 100, 100))
            time.sleep(0.005)
        raise AssertionError

    player = Player(Session(), open_reader=endless)
    player.open(tmp_path / "long.mp4")
    qtbot.waitUntil(lambda: player.reading is not None, timeout=20_000)
    assert player.opening
    player.close()
    assert not decode_threads()
    assert player.reading is None


def test_from_the_end_it_plays_from_the_start_and_says_that_it_jumped(
    rig: Rig, qtbot: QtBot, video: Path
) -> None:
    rig.player.open(video)
    qtbot.waitUntil(lambda: rig.player.picture is not None, timeout=10_000)
    rig.player.seek(N - 1)
    rig.rest(qtbot, N - 1)
    with qtbot.waitSignal(rig.player.jumped):
        rig.player.play()
    rig.player.pause()
    rig.player.seek(3)
    rig.rest(qtbot, 3)
    jumps: list[None] = []
    rig.player.jumped.connect(lambda: jumps.append(None))
    rig.player.play()
    rig.player.pause()
    assert jumps == []


def test_a_reader_is_let_go_of_in_its_own_thread(qtbot: QtBot) -> None:
    gone: list[str] = []
    player = Player(Session(), open_reader=lambda *_: Kept(gone))
    player.open(Path("one.mp4"))
    qtbot.waitUntil(lambda: player.picture is not None, timeout=20_000)
    player.open(Path("two.mp4"))
    qtbot.waitUntil(lambda: player.picture is not None, timeout=20_000)
    qtbot.waitUntil(lambda: bool(gone), timeout=20_000)
    assert gone == ["decode one.mp4"]
    player.close()
    assert gone == ["decode one.mp4", "decode two.mp4"]

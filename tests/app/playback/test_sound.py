"""Sound in step with the pictures, through a device that is made up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from app.kit.settings import Settings
from app.playback.player import Player
from app.playback.sound import DRIFT_S, RATE, Fill, Sound, SoundBuffer, open_output
from app.state.session import Session
from tests.videos import write_video

N, SPAN_S = 150, 5.0
CHUNK = 480


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five seconds whose sound tells the time: its sample at t is t / 10."""
    times = np.arange(int(SPAN_S * 16_000)) / 16_000
    return write_video(
        tmp_path_factory.mktemp("v") / "ramp.mkv",
        N,
        sound=times / 10,
        sound_codec="pcm_s16le",
    )


class Device:
    """Asks for samples when the test says so."""

    def __init__(self, fill: Fill) -> None:
        self.fill, self.calls = fill, ["open"]

    def start(self) -> None:
        self.calls.append("start")

    def stop(self) -> None:
        self.calls.append("stop")

    def close(self) -> None:
        self.calls.append("close")

    def hear(self, ahead_s: float = 0.0) -> float | None:
        """The second of the video in the middle of the next samples; None: silence."""
        out = np.full(CHUNK, 9, np.float32)
        self.fill(out, ahead_s)
        return float(out[CHUNK // 2]) * 10 if out.any() else None


class Rig(SimpleNamespace):
    player: Player
    sound: Sound
    settings: Settings
    devices: list[Device]
    now: list[float]

    def open(self, qtbot: QtBot, path: Path) -> None:
        self.player.open(path)
        qtbot.waitUntil(lambda: self.player.picture is not None, timeout=20_000)

    def play_to(self, qtbot: QtBot, frame: int) -> None:
        """Let the clock go on until a frame is shown."""

        def there() -> bool:
            shown = self.player.picture is not None and self.player.picture.frame
            if shown < frame:
                self.now[0] += 0.004
            return bool(shown >= frame)

        qtbot.waitUntil(there, timeout=30_000)

    def hear(self, qtbot: QtBot, ahead_s: float = 0.0) -> float:
        """What is heard now, once that and what follows was read."""
        heard: list[float | None] = [None]

        def something() -> bool:
            if self.devices and self.devices[-1].hear(ahead_s + 0.2) is not None:
                heard[0] = self.devices[-1].hear(ahead_s)
            return heard[0] is not None

        qtbot.waitUntil(something, timeout=20_000)
        assert heard[0] is not None
        return heard[0]


@pytest.fixture
def rig(qtbot: QtBot, tmp_path: Path) -> Iterator[Rig]:
    now, devices = [100.0], []

    def device(fill: Fill) -> Device:
        devices.append(Device(fill))
        return devices[-1]

    player = Player(Session(), clock=lambda: now[0])
    settings = Settings(tmp_path / "settings.ini")
    sound = Sound(player, settings, output=device, clock=lambda: now[0])
    yield Rig(player=player, sound=sound, settings=settings, devices=devices, now=now)
    player.close()
    sound.close()
    assert all(d.calls[-1] == "close" for d in devices)


MIDDLE_S = CHUNK / 2 / RATE
NEAR_S = DRIFT_S + 0.001
"""As far as sound may stray; a coded second is read to a millisecond."""


def test_what_is_heard_is_what_is_seen(qtbot: QtBot, rig: Rig, video: Path) -> None:
    rig.open(qtbot, video)
    assert not rig.devices  # nothing is opened before it plays
    rig.player.seek(30)
    rig.player.play()
    rig.play_to(qtbot, 36)
    moment = rig.player.moment_s
    assert moment is not None
    assert rig.hear(qtbot) == pytest.approx(moment + MIDDLE_S, abs=NEAR_S)
    # Samples that will be heard later are those of a later moment.
    rig.sound.stream.rest()
    rig.player.state_changed.emit()
    later = rig.hear(qtbot, ahead_s=0.2)
    assert later == pytest.approx(moment + 0.2 + MIDDLE_S, abs=0.002)
    rig.player.pause()
    assert rig.devices[-1].hear() is None


def test_it_jumps_only_where_it_has_strayed(
    qtbot: QtBot, rig: Rig, video: Path
) -> None:
    rig.open(qtbot, video)
    rig.player.seek(30)
    rig.player.play()
    rig.play_to(qtbot, 32)
    first = rig.hear(qtbot)
    stream, device = rig.sound.stream, rig.devices[-1]
    jumps = stream.jumps
    # A device a little too fast or too slow is left alone...
    for n in range(1, 4):
        assert device.hear() == pytest.approx(first + n * CHUNK / RATE, abs=1e-3)
    assert stream.jumps == jumps
    # ... until it is 40 ms away.
    for _ in range(4):
        device.hear()
    moment = stream.due_s()
    heard = device.hear()
    assert stream.jumps > jumps
    assert heard is not None
    assert abs(heard - moment - MIDDLE_S) <= NEAR_S


@pytest.mark.parametrize("rate", [0.5, 1.0, 2.0])
def test_at_another_speed_it_keeps_step(
    qtbot: QtBot, rig: Rig, video: Path, rate: float
) -> None:
    rig.open(qtbot, video)
    rig.player.set_rate(rate)
    rig.player.seek(30)
    rig.player.play()
    rig.play_to(qtbot, 34)
    first = rig.hear(qtbot)
    assert first == pytest.approx(rig.player.moment_s + MIDDLE_S * rate, abs=NEAR_S)
    second = rig.devices[-1].hear()
    assert second - first == pytest.approx(rate * CHUNK / RATE, abs=1e-3)


def test_a_seek_far_away_is_heard_there(qtbot: QtBot, rig: Rig, video: Path) -> None:
    rig.open(qtbot, video)
    rig.player.seek(20)
    rig.player.play()
    rig.play_to(qtbot, 22)
    rig.hear(qtbot)
    for frame in (120, 10):
        rig.player.seek(frame)
        qtbot.waitUntil(
            lambda f=frame: (
                rig.player.moment_s is not None
                and rig.player.picture.frame in (f, f + 1)
            ),
            timeout=20_000,
        )
        heard = rig.hear(qtbot)
        assert heard == pytest.approx(rig.player.moment_s + MIDDLE_S, abs=NEAR_S)


@pytest.mark.parametrize("why", ["back", "fast", "slow", "muted"])
def test_it_is_silent(qtbot: QtBot, rig: Rig, video: Path, why: str) -> None:
    rig.open(qtbot, video)
    rig.player.seek(60)
    rig.player.play()
    rig.play_to(qtbot, 62)
    rig.hear(qtbot)
    if why == "back":
        rig.player.shuttle(-1)
        qtbot.waitUntil(lambda: rig.player.moment_s is not None, timeout=20_000)
    elif why == "muted":
        rig.sound.toggle_muted()
        assert rig.settings.muted
    else:
        rig.player.set_rate(4 if why == "fast" else 0.25)
    assert rig.devices[-1].hear() is None
    if why == "muted":
        rig.sound.toggle_muted()
    else:
        rig.player.pause()
        rig.player.set_rate(1)
        rig.player.play()
        rig.play_to(qtbot, rig.player.target + 2)
    rig.hear(qtbot)


@pytest.mark.parametrize("device", ["none", "broken", "starts not"])
def test_without_a_device_the_pictures_go_on(
    qtbot: QtBot, video: Path, tmp_path: Path, device: str
) -> None:
    def output(fill: Fill) -> Device | None:
        if device == "broken":
            raise RuntimeError("no such device")
        made = Device(fill)
        made.start = lambda: 1 / 0  # type: ignore[method-assign]
        return None if device == "none" else made

    player, said = Player(Session()), []
    player.failed.connect(said.append)
    sound = Sound(player, Settings(tmp_path / "s.ini"), output=output)
    player.open(video)
    qtbot.waitUntil(lambda: player.picture is not None, timeout=20_000)
    player.play()
    qtbot.waitUntil(lambda: player.target > 5, timeout=20_000)
    player.close()
    sound.close()
    assert said == []


def test_a_library_that_is_missing_is_no_device(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import sys

    for module in (None, SimpleNamespace(OutputStream=lambda **_: 1 / 0)):
        monkeypatch.setitem(sys.modules, "sounddevice", module)
        assert open_output(lambda out, ahead: None) is None


def test_the_library_is_given_what_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    made: dict[str, object] = {}
    library = SimpleNamespace(OutputStream=lambda **kw: made.update(kw) or "stream")
    monkeypatch.setitem(sys.modules, "sounddevice", library)
    asked: list[float] = []

    def fill(out: np.ndarray, ahead: float) -> None:
        asked.append(ahead)
        out[:] = 0.5

    assert open_output(fill) == "stream"
    out = np.zeros((8, 1), np.float32)
    times = SimpleNamespace(outputBufferDacTime=2.25, currentTime=2.0)
    made["callback"](out, 8, times, None)  # type: ignore[operator]
    assert asked == [0.25]
    assert (out == 0.5).all()
    assert (made["samplerate"], made["channels"]) == (RATE, 1)


@given(st.data())
def test_a_tape_plays_what_was_put_on_it(data: st.DataObject) -> None:
    buffer, whole = SoundBuffer(), np.arange(4000, dtype=np.float32)
    at = first = data.draw(st.integers(0, 100))
    buffer.clear(at)
    for _ in range(data.draw(st.integers(1, 8))):
        start = at + data.draw(st.integers(-5, 20))
        stop = at + data.draw(st.integers(20, 200))
        whole[at:start] = 0
        start = max(start, first)
        keep = data.draw(st.integers(0, 300))
        buffer.append(start, whole[start:stop], stop - keep)
        at = stop
        assert buffer.end == stop
    step = data.draw(st.sampled_from([0.5, 1.0, 2.0]))
    begin = data.draw(st.integers(0, 1500))
    places = begin + np.arange(50) * step
    inside = (places >= buffer.first) & (places <= buffer.end - 1)
    wanted = np.where(inside, np.interp(places, np.arange(4000), whole), 0)
    np.testing.assert_allclose(buffer.read(begin, step, 50), wanted, atol=1e-3)

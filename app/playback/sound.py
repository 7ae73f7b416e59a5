"""Play the sound of a video in step with its pictures.

The device asks for samples, and is given those of the moment that is due by the clock
of the player when they will be heard; where they have strayed from it by more than
`DRIFT_S`, they jump there. Backwards, slower or faster than `SLOWEST` to `FASTEST`, and
where there is no device, nothing is heard. Another speed is another pitch, as of a
tape: a contact stays as sharp as it was.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from PySide6.QtCore import QObject

from app.kit.commands import command
from app.kit.settings import Settings
from app.kit.threads import Thread, wait_for_thread
from app.playback.player import Player, VideoInfo

if TYPE_CHECKING:
    from skelseg_core.video.audio import Block, SoundReader

RATE = 48_000
"""Samples per second that the device is given."""
SLOWEST, FASTEST = 0.5, 2.0
"""Speeds of playing between which sound is heard."""
DRIFT_S = 0.04
"""Seconds that sound may stray from the picture before it jumps."""
AHEAD_S = 1.0
"""Seconds of sound decoded in advance."""
BEHIND_S = 1.0
"""Seconds of sound kept after they were heard, for loops."""
LOOK_S = 0.05
"""Seconds between two looks at what is due."""
IDLE_S = 5.0
"""Seconds of silence after which the device is stopped."""
FADE = 96
"""Samples over which a jump fades in, so that it does not click."""

Fill = Callable[[np.ndarray, float], None]
"""Fills samples (n,) float32 that will be heard in so many seconds."""


class SoundDevice(Protocol):
    """Ask for samples while started, as a sound device does."""

    def start(self) -> object:
        """Begin to ask for samples."""

    def stop(self) -> object:
        """Stop asking for samples."""

    def close(self) -> object:
        """Close the device."""


OpenOutput = Callable[[Fill], SoundDevice | None]


def open_output(fill: Fill) -> SoundDevice | None:
    """Open the sound device of the system; None where it or its library is missing."""
    try:
        import sounddevice

        def give(out: np.ndarray, n: int, times: object, status: object) -> None:
            ahead = times.outputBufferDacTime - times.currentTime  # type: ignore[attr-defined]
            fill(out[:, 0], max(0.0, ahead))

        made: SoundDevice = sounddevice.OutputStream(
            samplerate=RATE, channels=1, dtype="float32", latency="low", callback=give
        )
    except Exception:
        return None
    return made


class SoundBuffer:
    """Hold samples in the time of the video, without a gap; silence around them."""

    def __init__(self) -> None:
        self.first = 0
        self._samples = np.empty(0, np.float32)

    @property
    def end(self) -> int:
        """Return the number of the sample after the last."""
        return self.first + len(self._samples)

    def clear(self, first: int) -> None:
        """Drop all samples, and begin at this one."""
        self.first, self._samples = first, np.empty(0, np.float32)

    def append(self, at: int, samples: np.ndarray, keep_from: int) -> None:
        """Add samples that lie behind the end; let go of those before ``keep_from``."""
        gap = np.zeros(max(0, at - self.end), np.float32)
        late = max(0, self.end - at)
        kept = self._samples[max(0, keep_from - self.first) :]
        self.first = self.end - len(kept)
        self._samples = np.concatenate([kept, gap, samples[late:]])

    def read(self, start: float, step: float, n: int) -> np.ndarray:
        """Return ``n`` samples from ``start`` on, ``step`` apart, float32 (n,)."""
        places = start - self.first + np.arange(n) * step
        if not len(self._samples):
            return np.zeros(n, np.float32)
        grid = np.arange(len(self._samples))
        low = max(0, int(places[0]) - 1)
        high = max(low, int(places[-1]) + 2)
        near, heard = grid[low:high], self._samples[low:high]
        if not len(near):
            return np.zeros(n, np.float32)
        made = np.interp(places, near, heard, left=0.0, right=0.0)
        return np.asarray(made, np.float32)


class SoundStream:
    """Give the device the samples that are due; may be called in any thread."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._anchor: tuple[float, float, float] | None = None
        self._at: float | None = None
        self._buffer = SoundBuffer()
        self.jumps = 0

    def follow(self, moment_s: float, speed: float) -> None:
        """Follow a clock that is at a moment of the video now, at a speed."""
        with self._lock:
            self._anchor = (self._now(), moment_s, speed)

    def rest(self) -> None:
        """Give silence until the next `follow`."""
        with self._lock:
            self._anchor = self._at = None

    def due_s(self, ahead_s: float = 0.0) -> float | None:
        """Return the second of the video due ``ahead_s`` from now; None in silence."""
        anchor = self._anchor
        if anchor is None:
            return None
        at, moment, speed = anchor
        return moment + (self._now() + ahead_s - at) * speed

    def fill(self, out: np.ndarray, ahead_s: float) -> None:
        """Write the samples (n,) float32 that will be heard in ``ahead_s``."""
        with self._lock:
            due, anchor = self.due_s(ahead_s), self._anchor
            if due is None or anchor is None:
                out[:] = 0
                return
            jumps = self._at is None or abs(due - self._at) > DRIFT_S
            start = due if jumps or self._at is None else self._at
            speed = anchor[2]
            out[:] = self._buffer.read(start * RATE, speed, len(out))
            if jumps:
                self.jumps += 1
                soft = min(FADE, len(out))
                out[:soft] *= np.linspace(0, 1, soft, dtype=np.float32)
            self._at = start + len(out) * speed / RATE

    # -- called by the thread that reads ---------------------------------------------

    def missing(self, first: int, end: int) -> bool:
        """Tell whether the buffer cannot go on to what is due, ``first`` to ``end``."""
        with self._lock:
            return not self._buffer.first <= first <= max(self._buffer.end, end)

    def begin(self, first: int) -> None:
        """Begin the buffer anew at a sample."""
        with self._lock:
            self._buffer.clear(first)

    def append(self, at: int, samples: np.ndarray, keep_from: int) -> None:
        """Add samples to the buffer."""
        with self._lock:
            self._buffer.append(at, samples, keep_from)


class _Thread(Thread):
    """Read sound ahead of need; open file and device when first woken."""

    def __init__(self, path: Path, stream: SoundStream, open_: OpenOutput) -> None:
        super().__init__(name=f"sound {path.name}")
        self._path, self._stream, self._open = path, stream, open_
        self._condition = threading.Condition()
        self._stopping = self._woken = False
        self._device: SoundDevice | None = None
        self._sounds = False

    def wake(self) -> None:
        """Make the thread look at what is due; start it the first time."""
        if self.ident is None:
            self.start()
        with self._condition:
            self._woken, self.resting = True, False
            self._condition.notify()

    def stop(self) -> None:
        """Tell the thread to end."""
        with self._condition:
            self._stopping = True
            self._condition.notify()

    def run(self) -> None:
        # Where the sound fails, the pictures go on, and nothing is said.
        try:
            self._device = self._open(self._stream.fill)
            if self._device is not None:
                self._serve(self._device)
        except Exception:
            return
        finally:
            if self._device is not None:
                self._device.close()

    def _serve(self, device: SoundDevice) -> None:
        from skelseg_core.progress import run
        from skelseg_core.video.audio import SoundReader
        from skelseg_core.video.reader import open_index

        with SoundReader(self._path, run(open_index(self._path))) as reader:
            ahead = _Ahead(reader, self._stream)
            while not self._stopping:
                due = self._stream.due_s()
                if due is None:
                    self._rest(device)
                    continue
                busy = ahead.read(due)
                if not self._sounds:
                    device.start()
                    self._sounds = True
                if not busy:
                    self._wait(LOOK_S)

    def _rest(self, device: SoundDevice) -> None:
        woken = self._wait(IDLE_S if self._sounds else None)
        if not woken and self._sounds and self._stream.due_s() is None:
            device.stop()
            self._sounds = False

    def _wait(self, seconds: float | None) -> bool:
        """Wait so many seconds at most; tell whether `wake` was called."""
        with self._condition:
            if not (self._woken or self._stopping):
                self.resting = True
                self._condition.wait(seconds)
                self.resting = False
            woken, self._woken = self._woken, False
            return woken


class _Ahead:
    """Keep the buffer of a stream filled from a reader."""

    def __init__(self, reader: SoundReader, stream: SoundStream) -> None:
        self._reader, self._stream = reader, stream
        self._blocks: Iterator[Block] = iter(())
        self._pending: Block | None = None
        self._end: int | None = None

    def read(self, due_s: float) -> bool:
        """Read one block; False where the buffer holds enough."""
        due = round(due_s * RATE)
        if self._end is None or self._stream.missing(due, self._end + RATE):
            self._blocks = self._reader.blocks(due / RATE)
            self._stream.begin(due)
            self._pending, self._end = next(self._blocks, None), due
        if self._pending is None or self._end - due > AHEAD_S * RATE:
            return False
        at, samples = self._pending
        if at - due > AHEAD_S * RATE:
            return False  # a pause in the track
        self._stream.append(at, samples, due - round(BEHIND_S * RATE))
        self._end = at + len(samples)
        self._pending = next(self._blocks, None)
        return True


class Sound(QObject):
    """Play the sound of what a player plays; ``muted`` is kept in the settings."""

    def __init__(
        self,
        player: Player,
        settings: Settings,
        parent: QObject | None = None,
        *,
        output: OpenOutput = open_output,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._player, self._settings = player, settings
        self._output, self._now = output, clock
        self._path: Path | None = None
        self._stream: SoundStream | None = None
        self._thread: _Thread | None = None
        self._ending: list[_Thread] = []
        self._muted = settings.muted
        player.opened.connect(self._on_opened)
        player.state_changed.connect(self._follow_player)
        player.picture_changed.connect(self._follow_player)

    @property
    def there(self) -> bool:
        """Tell whether the open video has sound."""
        return self._player.info is not None and self._player.info.has_sound

    @property
    def stream(self) -> SoundStream | None:
        """Return the stream of the open video; None while the video has no sound."""
        return self._stream

    @property
    def muted(self) -> bool:
        """Tell whether nothing is to be heard."""
        return self._muted

    @command(
        "mute",
        "Mute",
        "Ctrl+M",
        enabled=lambda self: self.there,
        checked=lambda self: self.muted,
    )
    def toggle_muted(self) -> None:
        """Switch the sound on or off."""
        self._muted = self._settings.muted = not self._muted
        self._follow_player()

    def close(self) -> None:
        """Close file and device; returns when every thread has ended, or hangs."""
        self._drop()
        ending, self._ending = self._ending, []
        for thread in ending:
            wait_for_thread(thread)

    def _on_opened(self, info: VideoInfo) -> None:
        if self._player.path != self._path or not info.has_sound:
            self._drop()
        if info.has_sound and self._player.path is not None and self._stream is None:
            self._path = self._player.path
            self._stream = SoundStream(self._now)
            self._thread = _Thread(self._path, self._stream, self._output)
        self._follow_player()

    def _drop(self) -> None:
        if self._stream is not None:
            self._stream.rest()
        if self._thread is not None:
            self._thread.stop()
            threads = [*self._ending, self._thread]
            self._ending = [t for t in threads if t.is_alive()]
        self._path = self._stream = self._thread = None

    def _follow_player(self, *_: object) -> None:
        player, stream, thread = self._player, self._stream, self._thread
        if stream is None or thread is None:
            return
        if player.info is None:
            self._drop()
            return
        moment, speed = player.moment_s, player.speed
        heard = player.playing and not self._muted and SLOWEST <= speed <= FASTEST
        if moment is None or not heard:
            stream.rest()
            return
        rested = stream.due_s() is None
        stream.follow(moment, speed)
        if rested:
            thread.wake()

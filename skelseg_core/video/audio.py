"""Audio: the sound of a video on the time axis of its pictures, and its envelope.

Time 0 is when frame 0 is shown, whatever offsets the file has. Gaps and undecodable
parts of the sound track are silent.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np

from skelseg_core.array_files import load_npz, save_npz
from skelseg_core.errors import FormatError, ProjectError, VideoError
from skelseg_core.progress import Progress, Task
from skelseg_core.said import Said
from skelseg_core.user_folders import cache_folder
from skelseg_core.video.container import open_container
from skelseg_core.video.index import cache_name
from skelseg_core.video.media_path import media_path
from skelseg_core.video.reader import open_index

if TYPE_CHECKING:
    from av.audio.stream import AudioStream

    from skelseg_core.video.reader import VideoIndex

RATE = 48_000
"""Samples per second, after resampling."""
BLOCK_RATE = 250
"""Values of the envelope per second."""
VERSION = 1
"""Version of cached envelopes; others are rebuilt."""
MAX_CACHE_BYTES = 1 << 30
"""Largest cached envelope that is loaded."""
MAX_FAILURES = 64
"""Errors after which reading of the track stops."""
_SAMPLES = RATE // BLOCK_RATE
"""Samples in one value of the envelope."""
_LEVEL = 8
"""Factor by which each level of the envelope is coarser than the one before."""
_JITTER = RATE // 50
"""Samples by which a timestamp may be off without making a gap."""
_LEAD_S = 0.25
"""Seconds decoded before the wanted sample, so that it is exact."""
_TICK_S = 0.1
"""Seconds between two reports of progress."""

Block = tuple[int, np.ndarray]
"""Number of the first sample, counted from time 0, and samples (n,) float32, -1..1."""


class SoundReader(AbstractContextManager["SoundReader"]):
    """Reads the sound track of a video as mono samples; a context manager.

    Parameters
    ----------
    path : Path
        Video file, or one stream of it.
    index : VideoIndex
        Its table of frames, with the time of frame 0.

    Raises
    ------
    VideoError
        If there is no decodable sound track.
    """

    def __init__(self, path: Path, index: VideoIndex) -> None:
        self.path = media_path(path).file
        self._origin_s = float(index.times[0] * index.time_base)
        if not index.has_sound:
            raise VideoError("{} has no sound that skelseg can decode.", self.path)
        self._container = open_container(self.path)
        tracks = self._container.streams.audio
        self._track: AudioStream = next(t for t in tracks if t.codec_context)

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def blocks(self, start_s: float | None = None) -> Iterator[Block]:
        """Read samples from ``start_s`` (or the beginning of the track) on, in order.

        Missing samples leave a gap between two blocks.
        """
        end: int | None = None
        if start_s is not None:
            end = round(start_s * RATE)
            self._seek(start_s - _LEAD_S)
        for at, samples in self._resampled():
            late = 0 if end is None else max(0, end - at)
            if late < len(samples):
                yield at + late, samples[late:]
                end = at + len(samples)

    def _seek(self, seconds: float) -> None:
        base = float(self._track.time_base or 1 / RATE)
        wanted = int((seconds + self._origin_s) / base)
        with contextlib.suppress(av.FFmpegError, OverflowError):
            self._container.seek(wanted, stream=self._track)

    def _resampled(self) -> Iterator[Block]:
        resampler, at = _resampler(), None
        for frame in self._frames():
            said = None
            if frame.pts is not None and frame.time_base is not None:
                seconds = float(frame.pts * frame.time_base) - self._origin_s
                said = round(seconds * RATE)
            if at is None or (said is not None and _is_elsewhere(said - at)):
                # The resampler holds back less than a millisecond.
                resampler, at = _resampler(), said or 0
            frame.pts = None
            for made in _made(resampler, frame):
                yield at, made
                at += len(made)
        for made in _made(resampler, None):
            yield at or 0, made

    def _frames(self) -> Iterator[av.AudioFrame]:
        failures = 0
        while failures < MAX_FAILURES:
            try:
                for packet in self._container.demux(self._track):
                    decoded: list[av.AudioFrame] = []
                    with contextlib.suppress(av.FFmpegError):
                        decoded = packet.decode()
                    yield from decoded
                return
            except (av.FFmpegError, IndexError):
                failures += 1


def _is_elsewhere(ahead: int) -> bool:
    """Tell whether a timestamp is elsewhere; a jump far back is only a clock reset."""
    return ahead > _JITTER or -RATE < ahead < -_JITTER


def _resampler() -> av.AudioResampler:
    # Mixed to mono in `_made`, because FFmpeg's mix amplifies what both channels share.
    return av.AudioResampler(format="fltp", rate=RATE)


def _made(
    resampler: av.AudioResampler, frame: av.AudioFrame | None
) -> Iterator[np.ndarray]:
    try:
        frames = resampler.resample(frame)
    except (av.FFmpegError, ValueError):
        return
    for made in frames:
        samples = np.nan_to_num(made.to_ndarray()).mean(axis=0, dtype=np.float32)
        if len(samples):
            yield np.clip(samples, -1, 1)


@dataclass(frozen=True, eq=False)
class Waveform:
    """Envelope of a sound: minimum and maximum sample of every 1 / `BLOCK_RATE` s.

    Parameters
    ----------
    low, high : ndarray of int16, (n,)
        In 1 / 32767, at most 0 and at least 0; the first begins with frame 0.
    """

    low: np.ndarray
    high: np.ndarray

    @cached_property
    def peak(self) -> float:
        """The loudest sample, 0..1."""
        if not len(self.low):
            return 0.0
        return float(max(-int(self.low.min()), int(self.high.max()))) / 32767

    @cached_property
    def _levels(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """The envelope padded with silence, and ever coarser copies of it."""
        levels = [(np.append(self.low, 0), np.append(self.high, 0))]
        while len(levels[-1][0]) > 4096:
            low, high = levels[-1]
            steps = np.arange(0, len(low), _LEVEL)
            least, most = (
                np.minimum.reduceat(low, steps),
                np.maximum.reduceat(high, steps),
            )
            levels.append((np.append(least, 0), np.append(most, 0)))
        return levels

    def prepare(self) -> None:
        """Compute the data of `peak` and `columns` now: a second for a day of sound."""
        _ = self.peak, self._levels

    def columns(self, edges_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Find minimum and maximum sample, -1..1, float32 (W,), between ``edges_s``.

        ``edges_s`` are W + 1 >= 2 rising times; both values are 0 where there is no
        sound.
        """
        width = len(edges_s) - 1
        edges = edges_s * BLOCK_RATE
        wide = float(edges[-1] - edges[0]) / max(1, width)
        level = 0
        while level + 1 < len(self._levels) and wide >= 4 * _LEVEL ** (level + 1):
            level += 1
        low, high = self._levels[level]
        at = np.floor(edges / _LEVEL**level + 1e-6).astype(np.int64)
        starts = np.clip(at[:-1], 0, len(low) - 1)
        stop = int(np.clip(at[-1], starts[-1] + 1, len(low)))
        least = np.minimum.reduceat(low[:stop], starts) * np.float32(1 / 32767)
        most = np.maximum.reduceat(high[:stop], starts) * np.float32(1 / 32767)
        return np.where(at[1:] < 0, 0, least), np.where(at[1:] < 0, 0, most)


def read_waveform(path: Path, cache_dir: Path | None = None) -> Task[Waveform]:
    """Read the envelope of a video's sound, from the cache if possible.

    Raises
    ------
    VideoError
        If there is no decodable sound track.
    """
    index = yield from open_index(path)
    try:
        folder = cache_dir or cache_folder() / "sound"
        file = folder / cache_name(path, VERSION)
        kept = load_npz(file, max_bytes=MAX_CACHE_BYTES)
        low, high = kept["low"], kept["high"]
        if low.shape == high.shape and low.dtype == high.dtype == np.int16:
            return Waveform(low, high)
    except (FormatError, OSError, KeyError):
        pass
    made = yield from _waveform(path, index)
    with contextlib.suppress(ProjectError, OSError):
        save_npz(file, {"low": made.low, "high": made.high})
    return made


def _waveform(path: Path, index: VideoIndex) -> Task[Waveform]:
    total = max(1, int(np.ceil(index.frame_times.duration_s * BLOCK_RATE)))
    low, high = np.zeros(total, np.int16), np.zeros(total, np.int16)
    tick = time.monotonic()
    with SoundReader(path, index) as reader:
        for at, samples in reader.blocks():
            if at >= total * _SAMPLES:
                break
            _gather(low, high, at, samples)
            if time.monotonic() - tick > _TICK_S:
                tick = time.monotonic()
                yield Progress(
                    Said("sound of {}", reader.path.name), max(0, at // _SAMPLES), total
                )
    return Waveform(low, high)


def _gather(low: np.ndarray, high: np.ndarray, at: int, samples: np.ndarray) -> None:
    """Widen the envelope by samples from number ``at`` on."""
    if at < 0:
        at, samples = 0, samples[-at:]
    samples = samples[: max(0, len(low) * _SAMPLES - at)]
    if not len(samples):
        return
    before = at % _SAMPLES
    after = -(before + len(samples)) % _SAMPLES
    rows = np.pad(np.rint(samples * 32767), (before, after)).reshape(-1, _SAMPLES)
    place = slice(at // _SAMPLES, at // _SAMPLES + len(rows))
    low[place] = np.minimum(low[place], np.minimum(rows.min(axis=1), 0))
    high[place] = np.maximum(high[place], np.maximum(rows.max(axis=1), 0))

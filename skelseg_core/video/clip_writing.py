"""Write frames of a video into an MP4 file, with their own times and the sound.

Each frame keeps its distance to the first, in the video's own time base, so a variable
rate stays variable. The sound of the same time is copied packet by packet if MP4 can
hold it, otherwise encoded anew.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import av
import av.container
import numpy as np

from skelseg_core.errors import VideoError
from skelseg_core.progress import Progress, Task
from skelseg_core.said import Said
from skelseg_core.video.audio import RATE, SoundReader
from skelseg_core.video.container import open_container
from skelseg_core.video.media_path import media_path
from skelseg_core.video.times import FrameTimes

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.video.stream import VideoStream

    from skelseg_core.video.reader import VideoReader

Packets = Iterator[tuple[float, Any]]
"""Second of each packet after the first frame, and the packet."""
AddSound = Callable[[av.container.OutputContainer], Packets]
"""Add a sound track to an open output file; return its packets."""

COPIED = ("aac", "mp3", "ac3", "eac3", "alac", "opus", "flac")
"""Codecs of sound that is copied unchanged."""
TICK_S = 0.1
"""Seconds between two progress reports; a cancel takes effect at one."""
_UNIT = Fraction(1, 90_000)
"""Seconds per unit of time if the frames have no time base."""
_ENCODERS = {
    "libx264": {"preset": "veryfast", "crf": "18", "bf": "0", "x264-params": "log=-1"},
    "mpeg4": {"q": "2", "bf": "0"},
}
"""Encoders by preference; without reordered frames, so that times stay exact."""
_BT601, _LIMITED = 5, 1


def write_clip(
    path: Path,
    pictures: Iterator[np.ndarray],
    starts: list[int],
    unit: Fraction,
    add_sound: AddSound | None = None,
    step: str = "writing frames",
) -> Task[None]:
    """Write pictures into an MP4 file.

    Parameters
    ----------
    path : Path
        File to write; replaced if it exists.
    pictures : iterator of ndarray (H, W, 3)
        RGB, one per start except the last.
    starts : list of int
        Time of each picture, and end of the last, strictly rising (`clip_times`).
    unit : Fraction
        Seconds per unit of ``starts``.
    add_sound : callable, optional
        See `sound_of`.

    Raises
    ------
    VideoError
        If FFmpeg cannot write it.
    """
    try:
        yield from _written(path, pictures, starts, unit, add_sound, step)
    except av.FFmpegError as error:
        raise VideoError(
            "The frames could not be written ({}); free some space, or choose "
            "another folder.",
            error.strerror or error,
        ) from error


def _written(
    path: Path,
    pictures: Iterator[np.ndarray],
    starts: list[int],
    unit: Fraction,
    add_sound: AddSound | None,
    step: str,
) -> Task[None]:
    total = len(starts) - 1
    yield Progress(step, 0, total)
    with av.open(str(path), mode="w", format="mp4") as output:
        made = _Encoder(output, starts, unit)
        sound = _InStep(output)
        tick = time.monotonic()
        for done, picture in enumerate(pictures):
            made.add(picture)
            if done == 0 and add_sound is not None:
                sound.take(add_sound(output))
            made.mux()
            # In step with the pictures, or all the sound would wait in memory.
            sound.mux_until(float((starts[done + 1] - starts[0]) * unit))
            if time.monotonic() - tick > TICK_S:
                tick = time.monotonic()
                yield Progress(step, done + 1, total)
        made.finish()
        sound.mux_until(float("inf"))
    yield Progress(step, total, total)


class _Encoder:
    def __init__(
        self, output: av.container.OutputContainer, starts: list[int], unit: Fraction
    ) -> None:
        self._output, self._starts, self._unit = output, starts, unit
        self._stream: VideoStream | None = None
        self._given = self._muxed = 0
        self._packets: list[Any] = []

    def add(self, picture: np.ndarray) -> None:
        even = _even(picture)
        if self._stream is None:
            self._stream = self._opened(even)
        frame = av.VideoFrame.from_ndarray(even, format="rgb24")
        frame.pts = self._starts[self._given] - self._starts[0]
        frame.time_base = self._unit
        self._given += 1
        self._packets += self._stream.encode(frame)

    def mux(self) -> None:
        """Write the encoded packets; each picture lasts until the next one."""
        for packet in self._packets:
            n = self._muxed
            packet.duration = self._starts[n + 1] - self._starts[n]
            self._output.mux(packet)
            self._muxed += 1
        self._packets = []

    def finish(self) -> None:
        """Flush the encoder."""
        if self._stream is None:
            raise VideoError("There are no frames to write.")
        self._packets += self._stream.encode(None)
        self.mux()

    def _opened(self, picture: np.ndarray) -> VideoStream:
        height, width = picture.shape[:2]
        n_threads = min(4, os.cpu_count() or 1)
        stream = add_video(self._output, _ENCODERS, (width, height), n_threads)
        stream.codec_context.time_base = stream.time_base = self._unit
        return stream


class _InStep:
    """Write packets of a sound track up to a time, never far ahead."""

    def __init__(self, output: av.container.OutputContainer) -> None:
        self._output = output
        self._packets: Packets = iter(())
        self._next: tuple[float, Any] | None = None

    def take(self, packets: Packets) -> None:
        self._packets = packets
        self._next = next(packets, None)

    def mux_until(self, seconds: float) -> None:
        while self._next is not None and self._next[0] <= seconds:
            self._output.mux(self._next[1])
            self._next = next(self._packets, None)


def _even(picture: np.ndarray) -> np.ndarray:
    """Repeat the last row and column of odd sides: encoders need even sides."""
    height, width = picture.shape[:2]
    if height % 2 or width % 2:
        picture = np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), "edge")
    return np.ascontiguousarray(picture)


def add_video(
    output: av.container.OutputContainer,
    encoders: Mapping[str, Mapping[str, str]],
    size: tuple[int, int],
    n_threads: int,
    rate: int | None = None,
) -> VideoStream:
    """Add a video track (width, height) to a file.

    ``encoders`` are options by encoder name; the first available one is used.
    """
    name = next(n for n in encoders if _can_encode(n))
    added = output.add_stream(name, rate=rate, options=dict(encoders[name]))
    stream = cast("VideoStream", added)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.thread_count = n_threads
    context.colorspace, context.color_range = _BT601, _LIMITED
    return stream


def _can_encode(name: str) -> bool:
    """Tell whether this FFmpeg has the encoder."""
    try:
        return bool(av.Codec(name, "w").is_encoder)
    except ValueError:
        return False


# -- times --------------------------------------------------------------------------


def clip_times(
    reader: VideoReader | None, times: FrameTimes, start: int, stop: int
) -> tuple[list[int], Fraction]:
    """Return when frames ``[start, stop)`` are shown and the last ends, in units.

    Parameters
    ----------
    reader : VideoReader or None
        Reader whose times are used unchanged; None without a video.
    times : FrameTimes
        Times of the whole video.

    Returns
    -------
    starts : list of int
        One more than frames. If two frames have the same time, which no file can hold,
        the second is one unit later.
    unit : Fraction
        Seconds per unit.
    """
    if reader is None:
        unit = _UNIT
        seconds = times.edges_s(np.arange(start, stop + 1))
        found = np.rint(seconds / float(unit)).astype(np.int64)
    else:
        unit, table = reader.index.time_base, reader.index.times
        usual = max(1, round(times.usual_s / float(unit)))
        end = int(table[stop]) if stop < len(table) else int(table[-1]) + usual
        found = np.append(table[start:stop], end)
    steps = np.arange(len(found))
    # Strictly rising: the running maximum above a slope of 1.
    strict = np.maximum.accumulate(found - steps) + steps
    return strict.tolist(), unit


# -- sound --------------------------------------------------------------------------


@contextlib.contextmanager
def sound_of(
    reader: VideoReader, start_s: float, stop_s: float
) -> Iterator[tuple[AddSound | None, str]]:
    """Open the sound of a video between two times, to be written with pictures.

    Yields
    ------
    add_sound : callable or None
        For `write_clip`; None without sound.
    note : str
        One sentence on how the sound is written, or "".
    """
    if not reader.has_sound:
        yield None, ""
        return
    with open_container(media_path(reader.path).file) as source:
        track = next(t for t in source.streams.audio if t.codec_context)
        if track.codec_context.name in COPIED:
            origin = reader.index.times[0] * reader.index.time_base
            first = Fraction(start_s).limit_denominator(10**9) + origin
            last = Fraction(stop_s).limit_denominator(10**9) + origin
            yield lambda out: _copied(source, track, out, first, last), ""
            return
        kind = track.codec_context.name
    with SoundReader(reader.path, reader.index) as samples:
        note = Said(
            "The sound ({}) was encoded again as AAC, in one channel, "
            "because an MP4 file cannot hold the original.",
            kind,
        )
        yield lambda out: _encoded(samples, out, start_s, stop_s), note


def _copied(
    source: av.container.InputContainer,
    track: AudioStream,
    output: av.container.OutputContainer,
    first: Fraction,
    last: Fraction,
) -> Packets:
    """Copy packets between two times of the file's clock."""
    added = output.add_stream_from_template(track)
    return _moved(source, track, added, first, last)


def _moved(
    source: av.container.InputContainer,
    track: AudioStream,
    added: AudioStream,
    first: Fraction,
    last: Fraction,
) -> Packets:
    base = Fraction(track.time_base or Fraction(1, RATE))
    before = None
    with contextlib.suppress(av.FFmpegError, OverflowError):
        source.seek(int(first / base), stream=track)
    with contextlib.suppress(av.FFmpegError):  # damaged: keep the packets read so far
        for packet in source.demux(track):
            if packet.pts is None or not packet.size:
                continue
            at = packet.pts * base
            if at >= last:
                return
            # The sound at the first frame began slightly earlier: an edit list in the
            # file tells players where to start.
            over = at + (packet.duration or 0) * base <= first and at < first
            if over or (before is not None and packet.pts <= before):
                continue
            before = packet.pts
            packet.pts = packet.dts = round((at - first) / base)
            packet.time_base, packet.stream = base, added
            yield float(at - first), packet


def _encoded(
    samples: SoundReader,
    output: av.container.OutputContainer,
    start_s: float,
    stop_s: float,
) -> Packets:
    """Encode samples as AAC."""
    track = output.add_stream("aac", rate=RATE, layout="mono")
    return _encoded_into(track, samples, start_s, stop_s)


def _encoded_into(
    track: AudioStream, samples: SoundReader, start_s: float, stop_s: float
) -> Packets:
    first, last = round(start_s * RATE), round(stop_s * RATE)
    at = first
    for begins, block in samples.blocks(start_s):
        if begins >= last:
            break
        block = block[max(0, at - begins) : last - begins]
        # Fill gaps with silence, so that later sound stays in its place.
        block = np.concatenate([np.zeros(max(0, begins - at), np.float32), block])
        if not len(block):
            continue
        frame = av.AudioFrame.from_ndarray(block[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = RATE, at - first
        frame.time_base = Fraction(1, RATE)
        at += len(block)
        for packet in track.encode(frame):
            yield (at - first) / RATE, packet
    for packet in track.encode(None):
        yield (at - first) / RATE, packet

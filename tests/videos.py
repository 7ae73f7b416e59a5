"""Small videos, plain and awkward, whose frames carry their own number.

`write_video` burns the frame number into every picture as a bar code, `read_code` reads
it back from the decoded picture. The rest bends a file the way the world bends them.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

BITS = 10
GLOBAL_HEADER = 0x40
"""Flag of a container that wants the headers of a stream apart from its packets."""
DARK, BRIGHT = 40, 215


@functools.lru_cache(maxsize=256)
def picture(number: int, size: tuple[int, int] = (160, 96)) -> np.ndarray:
    """Upright RGB picture (H, W, 3) that carries ``number`` (0..1023).

    The upper third holds the number as bright and dark bars, the middle third its
    complement (so that a spoiled picture is told from a number), the lower third
    moves to give the encoder something to do.
    """
    width, height = size
    bits = (number >> np.arange(BITS - 1, -1, -1)) & 1
    columns = bits[np.arange(width) * BITS // width].astype(bool)
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    image = ((x * 3 + y * 5 + number * 7) % 160 + 48).astype(np.uint8)
    third = height // 3
    image[:third] = np.where(columns, BRIGHT, DARK)
    image[third : 2 * third] = np.where(columns, DARK, BRIGHT)
    tint = np.array([1.0, 0.9, 0.8])
    drawn = (image[..., None] * tint).astype(np.uint8)
    drawn.setflags(write=False)  # it is kept
    return drawn


def read_code(rgb: np.ndarray) -> int:
    """Number burned into an upright picture (H, W, 3 or 4), or -1 where none is."""
    height, width = rgb.shape[:2]
    third = height // 3
    centres = ((np.arange(BITS) + 0.5) * width / BITS).astype(int)
    columns = (centres[:, None] + np.arange(-2, 3)).ravel()
    upper = _bars(rgb[third // 4 : third - third // 4, columns, :3])
    lower = _bars(rgb[third + third // 4 : 2 * third - third // 4, columns, :3])
    if np.abs(upper - lower).min() < 60:
        return -1
    return int(((upper > lower) << np.arange(BITS - 1, -1, -1)).sum())


def _bars(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(pixels.reshape(len(pixels), BITS, -1).mean(axis=(0, 2)))


def _itself(n: int) -> int:
    return n


_WRITTEN: dict[str, bytes] = {}
"""Videos that were written before, by suffix and arguments: most tests want the same
few, and encoding them took a third of the time of opening a window on them."""


def write_video(
    path: Path,
    n_frames: int,
    codec: str = "libx264",
    *,
    size: tuple[int, int] = (160, 96),
    rate: Fraction | int = 30,
    options: Mapping[str, str] | None = None,
    pix_fmt: str = "yuv420p",
    pts: Iterable[int] | None = None,
    time_base: Fraction | None = None,
    rotation: int = 0,
    audio_s: float = 0.0,
    sound: np.ndarray | None = None,
    sound_codec: str = "aac",
    sound_start_s: float = 0.0,
    container_options: Mapping[str, str] | None = None,
    shows: Callable[[int], int] = _itself,
) -> Path:
    """Write a video of ``picture(shows(n))``; the suffix is the format.

    Parameters
    ----------
    path : Path
        File to write.
    n_frames : int
        Number of frames, at most 1024.
    codec : str
        Encoder of FFmpeg.
    size : tuple of int
        Width and height in px as seen upright.
    rate : Fraction or int
        Nominal frames per second.
    options, container_options : Mapping of str, optional
        Options of the encoder and of the container.
    pix_fmt : str
        Pixel format that is stored.
    pts : iterable of int, optional
        Timestamps in ``time_base``, one per frame; default 0, 1, 2... in 1/rate.
    time_base : Fraction, optional
        Unit of ``pts`` in seconds.
    rotation : int
        Degrees (0, 90, 180, 270) a player has to turn the picture counterclockwise.
    audio_s : float
        Seconds of silence to add; 0 adds no sound track.
    sound : ndarray, (n,) or (n, channels), optional
        Sound to add, -1..1, 16,000 samples a second.
    sound_codec : str
        Encoder of the sound.
    sound_start_s : float
        Time of its first sample, on the clock of ``pts``.
    shows : callable
        Number that a frame carries, from the frame's own.
    """
    pts = None if pts is None else [int(n) for n in pts]
    plain = {k: v for k, v in locals().items() if k not in ("path", "shows")}
    key = f"{path.suffix} {plain}"
    if sound is not None or shows is not _itself:
        return _encode_video(path, shows=shows, **plain)
    if key not in _WRITTEN:
        _WRITTEN[key] = _encode_video(path, shows=shows, **plain).read_bytes()
    path.write_bytes(_WRITTEN[key])
    return path


def _encode_video(
    path: Path,
    n_frames: int,
    codec: str,
    *,
    size: tuple[int, int],
    rate: Fraction | int,
    options: Mapping[str, str] | None,
    pix_fmt: str,
    pts: Iterable[int] | None,
    time_base: Fraction | None,
    rotation: int,
    audio_s: float,
    sound: np.ndarray | None,
    sound_codec: str,
    sound_start_s: float,
    container_options: Mapping[str, str] | None,
    shows: Callable[[int], int],
) -> Path:
    times = list(range(n_frames)) if pts is None else list(pts)
    with av.open(str(path), "w", options=dict(container_options or {})) as output:
        stream = output.add_stream(codec, rate=rate, options=dict(options or {}))
        stored = size if rotation % 180 == 0 else size[::-1]
        stream.width, stream.height = stored
        stream.pix_fmt = pix_fmt
        stream.codec_context.thread_count = 1
        stream.codec_context.time_base = time_base or 1 / Fraction(rate)
        if rotation:
            stream.set_display_rotation(rotation)
        if audio_s:
            sound = np.zeros(int(16000 * audio_s))
        track = None
        if sound is not None:
            layout = "mono" if sound.ndim == 1 else "stereo"
            track = output.add_stream(sound_codec, rate=16000, layout=layout)
            parts = _chunks(sound, track.codec_context, sound_start_s)
        for number in range(n_frames):
            stored_image = np.rot90(picture(shows(number), size), -rotation // 90)
            frame = av.VideoFrame.from_ndarray(
                np.ascontiguousarray(stored_image), format="rgb24"
            )
            frame.pts, frame.time_base = times[number], time_base or 1 / Fraction(rate)
            output.mux(stream.encode(frame))
            while track is not None:
                chunk = next(parts, None)
                if chunk is None:
                    output.mux(track.encode(None))
                    track = None
                    break
                output.mux(track.encode(chunk))
                if chunk.pts / 16000 > float(frame.pts * frame.time_base):
                    break
        while track is not None:
            chunk = next(parts, None)
            output.mux(track.encode(chunk))
            track = track if chunk is not None else None
        output.mux(stream.encode(None))
    return path


def _chunks(
    sound: np.ndarray, codec: av.AudioCodecContext, start_s: float
) -> Iterator[av.AudioFrame]:
    """Sound in frames of 1,024 samples."""
    table = np.atleast_2d(sound.T).astype(np.float32)
    layout = "mono" if len(table) == 1 else "stereo"
    to_codec = av.AudioResampler(format=codec.format, layout=layout, rate=16000)
    for start in range(0, table.shape[1], 1024):
        part = np.ascontiguousarray(table[:, start : start + 1024])
        chunk = av.AudioFrame.from_ndarray(part, "fltp", layout)
        chunk.sample_rate, chunk.pts = 16000, start + round(start_s * 16000)
        chunk.time_base = Fraction(1, 16000)
        yield from to_codec.resample(chunk)


def remux(
    source: Path,
    target: Path,
    *,
    skip: int = 0,
    shift: int = 0,
    keyframes: bool = True,
    options: Mapping[str, str] | None = None,
) -> Path:
    """Copy the coded pictures of ``source`` into another file without coding anew.

    Parameters
    ----------
    skip : int
        Packets left out at the start, in file order.
    shift : int
        Added to all timestamps, in the time base of ``source``; with the option
        ``use_editlist`` of .mp4, pictures before 0 are kept but not shown.
    keyframes : bool
        Whether keyframes stay marked as such.
    """
    with (
        av.open(str(source)) as reader,
        av.open(str(target), "w", options=dict(options or {})) as writer,
    ):
        stream = writer.add_stream_from_template(reader.streams.video[0])
        for number, packet in enumerate(reader.demux(video=0)):
            if number < skip or not packet.size:
                continue
            packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
            packet.is_keyframe = packet.is_keyframe and keyframes
            packet.stream = stream
            writer.mux(packet)
    return target


_kept_picture = functools.lru_cache(2000)(picture)


class Coded:
    """Coded pictures in memory, to be put into any container.

    Frame ``n`` of ``n_frames`` shows ``picture(shows(n))``; the rest is as for
    `write_video`. A container gets them with headers in the packets or apart, whichever
    it asks for; each way they are encoded once.
    """

    def __init__(
        self,
        n_frames: int,
        codec: str,
        options: Mapping[str, str],
        *,
        size: tuple[int, int] = (96, 64),
        pix_fmt: str = "yuv420p",
        shows: Callable[[int], int] = lambda n: n,
    ) -> None:
        self.n_frames, self.codec, self.options = n_frames, codec, dict(options)
        self.size, self.pix_fmt, self.shows = size, pix_fmt, shows
        self._made: dict[bool, tuple[Any, Any, list[av.Packet]]] = {}

    def _encode(self, headers_apart: bool) -> tuple[Any, Any, list[av.Packet]]:
        output = av.open(io.BytesIO(), "w", format="null")
        stream = output.add_stream(self.codec, rate=30, options=self.options)
        stream.width, stream.height = self.size
        stream.pix_fmt = self.pix_fmt
        context = stream.codec_context
        context.thread_count, context.time_base = 1, Fraction(1, 30)
        if headers_apart:
            context.flags |= av.codec.context.Flags.global_header
        output.start_encoding()
        packets = []
        for n in [*range(self.n_frames), None]:
            frame = None
            if n is not None:
                image = _kept_picture(self.shows(n), self.size)
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                frame.pts, frame.time_base = n, Fraction(1, 30)
            packets += stream.encode(frame)
        return output, stream, packets

    def write(self, path: Path, skip: int = 0) -> Path:
        """Write the file, the suffix is the format; leave out ``skip`` packets."""
        with av.open(str(path), "w") as writer:
            apart = bool(writer.format.flags & GLOBAL_HEADER)
            if apart not in self._made:
                self._made[apart] = self._encode(apart)
            _, template, packets = self._made[apart]
            stream = writer.add_stream_from_template(template)
            for packet in packets[skip:]:
                copy = av.Packet(bytes(packet))
                copy.pts, copy.dts = packet.pts, packet.dts
                copy.time_base, copy.stream = Fraction(1, 30), stream
                copy.is_keyframe = packet.is_keyframe
                writer.mux(copy)
        return path


def cut_short(source: Path, target: Path, share: float = 0.6) -> Path:
    """Copy the first ``share`` of the bytes."""
    data = source.read_bytes()
    target.write_bytes(data[: int(len(data) * share)])
    return target


def spoil(source: Path, target: Path, frames: range) -> Path:
    """Copy a file, the coded pictures ``frames`` (in file order) with broken bytes."""
    data = bytearray(source.read_bytes())
    with av.open(str(source)) as reader:
        packets = [p for p in reader.demux(video=0) if p.size]
        for number in frames:
            start, size = packets[number].pos or 0, packets[number].size
            for place in range(start + size // 4, start + size, 5):
                data[place] ^= 0x5A
    target.write_bytes(bytes(data))
    return target


def false_closed_groups(source: Path, target: Path) -> Path:
    """Copy MPEG-1 or MPEG-2 video, every group of pictures marked as closed.

    A file that was cut or joined by other programs may say so of open groups: then a
    decoder shows the pictures before a keyframe although what they refer to is missing.
    """
    data = bytearray(source.read_bytes())
    at = data.find(b"\0\0\1\xb8")
    while at >= 0:
        data[at + 7] |= 0x40
        at = data.find(b"\0\0\1\xb8", at + 1)
    target.write_bytes(bytes(data))
    return target


def write_images(
    folder: Path,
    numbers: Iterable[int],
    name: str = "img_%05d.png",
    size: tuple[int, int] = (160, 96),
) -> Path:
    """Write ``picture(n)`` for the n-th of these numbers; the folder of the images."""
    folder.mkdir(parents=True, exist_ok=True)
    for n, number in enumerate(numbers):
        write_image(folder / (name % number), picture(n, size))
    return folder


def write_image(path: Path, image: np.ndarray) -> Path:
    """Write an image (H, W), RGB or RGBA, of 8 or 16 bits; the suffix is the format."""
    if image.ndim == 3:
        image = image[..., [2, 1, 0, 3][: image.shape[2]]]
    coded, data = cv2.imencode(path.suffix, np.ascontiguousarray(image))
    assert coded
    path.write_bytes(data.tobytes())
    return path


def write_streams(
    path: Path, starts: Iterable[int], n_frames: int = 30, cover: bool = False
) -> Path:
    """Write a file with a video stream for each number in ``starts``, of one time.

    Frame ``n`` of a stream shows ``picture(start + n)``; a negative start makes a
    stream whose packets are noise, and None one of a single picture.

    Parameters
    ----------
    cover : bool
        Whether the first stream is marked as the cover of the file.
    """
    with av.open(str(path), "w") as output:
        streams = []
        for start in starts:
            codec = "mjpeg" if start is None else "mpeg4"
            stream = output.add_stream(codec, rate=30)
            stream.width, stream.height = 160, 96
            stream.pix_fmt = "yuvj420p" if start is None else "yuv420p"
            stream.codec_context.thread_count = 1
            streams.append((start, stream))
        if cover:
            streams[0][1].disposition = av.stream.Disposition.attached_pic
        noise = np.random.default_rng(0)
        for n in range(n_frames):
            for start, stream in streams:
                if start is None and n:
                    continue
                image = picture((start or 0) + n if (start or 0) >= 0 else n)
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                frame.pts, frame.time_base = n, Fraction(1, 30)
                for packet in stream.encode(frame):
                    if start is not None and start < 0:
                        bad = av.Packet(noise.bytes(200))
                        bad.stream, bad.pts, bad.dts = stream, packet.pts, packet.dts
                        bad.time_base = packet.time_base
                        packet = bad
                    output.mux(packet)
        for start, stream in streams:
            if start is None or start >= 0:
                output.mux(stream.encode(None))
    return path

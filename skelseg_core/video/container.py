"""Container: the packets of a video file in file order, and its decoded pictures.

Frame numbers are unknown here: `index` finds them, `reader` uses them. Only single
files in the formats below are opened, so that a playlist or an image pattern cannot
pull in other files or the network.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import av
import av.container
import av.stream

from skelseg_core import MOST_PIXELS
from skelseg_core.absent_content import absent_content
from skelseg_core.errors import MissingVideo, VideoError
from skelseg_core.said import Said
from skelseg_core.video.media_path import media_path

if TYPE_CHECKING:
    from av.video.stream import VideoStream

    Packet = av.Packet[VideoStream]

FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,asf,flv,gif,apng,"
    "ogg,mxf,h264,hevc,vvc,obu,av1,ivf,mjpeg,m4v,dv,nut,wtv,rm,yuv4mpegpipe,vc1,gxf"
)
MAX_FAILURES = 64
"""Consecutive errors after which reading of a file stops."""
MAX_THREADS = 8
"""Most threads that decode one video."""
_STILL = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".heic", ".avif"}

Number = Callable[["Packet | None", int], int]
"""Frame number of a packet, by the packet (None at the end) and its ordinal."""

Find = Callable[["Packet"], "tuple[int, int] | None"]
"""Row and ordinal of a packet that is a known keyframe, otherwise None."""


class VideoFile:
    """An open container and one of its video streams.

    Parameters
    ----------
    path : Path
        A video file; ``clip.mkv#2`` is the second video stream of ``clip.mkv``.
    video : int
        Number of the video stream, from 1; 0 takes the one in the path, or the first
        decodable one. Covers and thumbnails do not count.
    threads : bool
        Decode with several threads: faster after a longer start. Around damage some
        good frames are lost; which ones depends on the machine.

    Attributes
    ----------
    refused : list of int
        Ordinals of packets refused by the decoder.

    Raises
    ------
    VideoError
        If the file is missing, not a video, or has no such video stream.
    """

    def __init__(self, path: Path, video: int = 0, *, threads: bool = False) -> None:
        media = media_path(path)
        self.path = media.file
        self.threads = threads
        self.failures = 0
        self.refused: list[int] = []
        self._open(video or media.stream or 0)

    def _open(self, video: int) -> None:
        self._container = open_container(self.path)
        try:
            self.video, self.stream = _video_stream(self._container, self.path, video)
            _check_pixels(self.path, self.stream)
        except VideoError:
            self._container.close()
            raise
        self._start()

    def _start(self) -> None:
        # Each thread delays by one frame, so more threads make every seek slower.
        count = min(MAX_THREADS, os.cpu_count() or 1) if self.threads else 1
        self.stream.thread_type = "AUTO"
        self.stream.codec_context.thread_count = count
        self._spoiled = False
        self._ordinal = -1
        self._waiting: Packet | None = None
        self._source = self._packets()

    @property
    def format(self) -> str:
        """Name of the container format."""
        return str(self._container.format.name)

    @property
    def size_bytes(self) -> int:
        """Size of the file."""
        return self.path.stat().st_size

    @property
    def duration_s(self) -> float | None:
        """Duration according to the header, if any."""
        duration = self._container.duration
        return None if duration is None else duration / av.time_base

    @property
    def n_streams(self) -> int:
        """Number of tracks of any kind."""
        return len(self._container.streams)

    @property
    def n_videos(self) -> int:
        """Number of video streams without covers and thumbnails."""
        return len(_videos(self._container))

    @property
    def decodable(self) -> tuple[int, ...]:
        """Numbers, from 1, of the decodable video streams."""
        streams = enumerate(_videos(self._container), start=1)
        return tuple(n for n, s in streams if s.codec_context is not None)

    @property
    def has_sound(self) -> bool:
        """Whether there is a decodable sound track."""
        tracks = self._container.streams.audio
        return any(track.codec_context is not None for track in tracks)

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        self._container.close()

    def restart(self) -> None:
        """Go back to the first byte, as if just opened."""
        self._container.close()
        self._open(self.video)

    def seek(self, position: int, find: Find, *, by_byte: bool = False) -> int | None:
        """Go to a keyframe near ``position`` (stream time base, or bytes).

        Returns
        -------
        int or None
            Row of the keyframe reached, None if it is unknown. `decode` continues from
            there and counts packets from there.
        """
        if self._spoiled or not self.threads:
            # Decoders keep damage across a seek, which would spoil good pictures.
            self.restart()
        self._waiting = None
        try:
            self._container.seek(
                position, stream=self.stream, unsupported_byte_offset=by_byte
            )
        except (av.FFmpegError, OverflowError):
            return None
        self._source = self._packets()
        for packet in self._source:
            found = find(packet)
            if found is not None:
                row, self._ordinal = found
                self._waiting = packet
                return row
        return None

    def packets(self) -> Iterator[Packet]:
        """Read packets of the video stream from here on, in file order."""
        if self._waiting is not None:
            packet, self._waiting = self._waiting, None
            yield packet
        yield from self._source

    def _packets(self) -> Iterator[Packet]:
        # Reading on after an error finds the packets behind a damaged place.
        failures = 0
        while failures < MAX_FAILURES:
            try:
                for packet in self._container.demux(self.stream):
                    if packet.size:
                        failures = 0
                        self._ordinal += 1
                        yield packet
                return
            except av.FFmpegError:
                failures += 1
                self.failures += 1
            except IndexError:
                # PyAV fails once on a track that begins later; a retry works.
                failures += 1

    def decode(self, number: Number) -> Iterator[tuple[int, av.VideoFrame]]:
        """Decode pictures with their numbers from here on, in display order.

        Skips undecodable packets.
        """
        for packet in self.packets():
            packet.pts = number(packet, self._ordinal)
            yield from self._pictures(packet)
        number(None, self._ordinal + 1)
        yield from self._pictures(None)

    def _pictures(self, packet: Packet | None) -> Iterator[tuple[int, av.VideoFrame]]:
        decoded: list[av.VideoFrame] = []
        try:
            decoded = self.stream.codec_context.decode(packet)
        except av.FFmpegError:
            self._spoiled = True
            self.refused.append(self._ordinal)
        for frame in decoded:
            self._spoiled |= frame.is_corrupt
            if frame.pts is not None:
                yield frame.pts, frame


def open_container(path: Path) -> av.container.InputContainer:
    """Open a file in one of the formats; raises VideoError with the reason."""
    _check(path)
    limits = {"protocol_whitelist": "file", "format_whitelist": FORMATS}
    try:
        return av.open(os.path.abspath(path), "r", container_options=limits)
    except (av.FFmpegError, OSError, UnicodeError) as error:
        raise VideoError(_why(path, error)) from error


def _check_pixels(path: Path, stream: VideoStream) -> None:
    width, height = stream.codec_context.width, stream.codec_context.height
    if width * height > MOST_PIXELS:
        raise VideoError(
            "{} declares pictures of {:,} x {:,} px, more than any video; its header "
            "is damaged, copy it again.",
            path,
            width,
            height,
        )


def _check(path: Path) -> None:
    try:
        size = path.stat().st_size
    except (OSError, ValueError) as error:
        if absent := absent_content(path):
            raise MissingVideo("{}", absent) from error
        raise MissingVideo(
            "{} is missing or cannot be reached; put it back, or connect its drive.",
            path,
        ) from error
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "is a device or a pipe"
        raise VideoError("{} {}; choose a video file.", path, what)
    if size == 0:
        raise VideoError("{} is empty (0 bytes); copy the video again.", path)
    if absent := absent_content(path):
        raise MissingVideo("{}", absent)


def _why(path: Path, error: Exception) -> str:
    if isinstance(error, PermissionError):
        return Said("{} cannot be read; check its permissions.", path)
    if path.suffix.lower() in _STILL:
        return Said("{} is a still image; choose a video file.", path)
    if _begins_like_mp4(path):
        return Said(
            "{} has no readable table of frames: the recording was not "
            "finished or the copy is incomplete; copy it again or repair "
            "it.",
            path,
        )
    return Said("{} is not a readable video; choose another file.", path)


def _begins_like_mp4(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(12)[4:8] in (b"ftyp", b"moov", b"mdat", b"wide")
    except OSError:
        return False


def _videos(container: av.container.InputContainer) -> list[VideoStream]:
    still = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails
    return [s for s in container.streams.video if not s.disposition & still]


def _video_stream(
    container: av.container.InputContainer, path: Path, video: int
) -> tuple[int, VideoStream]:
    streams = _videos(container)
    if not streams:
        raise VideoError("{} has no video track; choose a file with pictures.", path)
    if video > len(streams):
        raise VideoError(
            "{} has {} video stream{} and no #{}; give another number.",
            path,
            len(streams),
            "s" * (len(streams) > 1),
            video,
        )
    wanted = [video] if video else range(1, len(streams) + 1)
    for number in wanted:
        if streams[number - 1].codec_context is not None:
            return number, streams[number - 1]
    raise VideoError(
        "{} has a coding that skelseg cannot decode; convert it to H.264 in an .mp4 "
        "file.",
        path,
    )

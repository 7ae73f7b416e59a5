"""Proxy: a small copy of a video, any frame of which decodes in a few milliseconds.

It has at most 360 lines and a keyframe every ten frames, and its frame n is frame n of
the video: one packet each, in the same order. It is in the user's cache folder under a
key of every coded picture of the video, so a changed video has no proxy until a new one
is written (`proxy_writing`). Networks never see it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from skelseg_core.array_files import content_key, load_npz
from skelseg_core.errors import FormatError, VideoError
from skelseg_core.user_folders import cache_folder
from skelseg_core.video.container import open_container
from skelseg_core.video.index import VideoIndex, packet_digest

if TYPE_CHECKING:
    from skelseg_core.video.container import Packet

VERSION = 1
"""Version of cached proxies; others are rebuilt."""
FRAMES, TABLE = "frames.mp4", "table.npz"
"""Files in the folder of a proxy: its pictures, and its table."""
LINES = 360
"""Longest shorter side of the pictures in px."""
GROUP = 10
"""Frames from one keyframe to the next."""
RATE = 25
"""Nominal frames per second in the file; frame n is at n / RATE."""
KEPT_FRAMES = 32
"""Number of decoded frames kept: those of a loupe."""
LONG_LOOK_PX = 3 * GROUP * LINES * 640
"""Pixels per random access from which on a proxy pays."""
INTRA_FRAMES = 4
"""Frames of a group that take as long to decode as one keyframe or image."""


def proxies_folder() -> Path:
    """Return the folder of all proxies."""
    return cache_folder() / "proxies"


def proxy_folder(index: VideoIndex) -> Path:
    """Return the folder of a video's proxy, whether it exists or not."""
    return proxies_folder() / content_key(VERSION, index.picture_key)


def proxy_size(width: int, height: int) -> tuple[int, int]:
    """Compute the size of proxy pictures in px: even, and never enlarged."""
    scale = min(1.0, LINES / min(width, height))
    across, down = (max(2, round(side * scale / 2) * 2) for side in (width, height))
    return min(across, width // 2 * 2), min(down, height // 2 * 2)


def pays(index: VideoIndex) -> bool:
    """Tell whether random access to a video is slow enough for a proxy."""
    if min(index.width, index.height) < 2:
        return False
    edges = np.concatenate([[0], index.key_frames, [index.n_frames]])
    longest = max(INTRA_FRAMES, int(np.diff(edges).max()))
    return index.width * index.height * longest > LONG_LOOK_PX


@dataclass(frozen=True, eq=False)
class ProxyTable:
    """Origin of a proxy, and the content of each of its packets.

    Parameters
    ----------
    picture_key : str
        Picture key of the video's `VideoIndex`.
    fingerprint : str
        Fingerprint of the video.
    path : str
        Path of the video when the proxy was written.
    digests : ndarray of int64, (n_frames,)
        Size and CRC-32 of each packet.
    """

    picture_key: str
    fingerprint: str
    path: str
    digests: np.ndarray

    @classmethod
    def load(cls, folder: Path) -> ProxyTable:
        """Load the table of the proxy in ``folder``."""
        kept = load_npz(folder / TABLE)
        try:
            return cls(
                str(kept["picture_key"]),
                str(kept["fingerprint"]),
                str(kept["path"]),
                np.asarray(kept["digests"], np.int64),
            )
        except (KeyError, ValueError) as error:
            raise FormatError(
                "{} is not a table of a small copy.", folder / TABLE
            ) from error

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the stored values."""
        names = ("picture_key", "fingerprint", "path", "digests")
        return {name: np.asarray(getattr(self, name)) for name in names}


class ProxyFile:
    """Decode pictures of a proxy by number; each packet is verified first.

    Raises
    ------
    VideoError
        If a packet is not the written one, here and at every read.
    """

    def __init__(self, folder: Path, digests: np.ndarray) -> None:
        self._digests = digests
        self._name = folder / FRAMES
        self._container = open_container(self._name)
        self._stream = self._container.streams.video[0]
        self._stream.codec_context.thread_count = 1
        if self._stream.frames != len(digests):
            self.close()
            raise self._damage()
        self._unit = 1 / (RATE * Fraction(self._stream.time_base or 1))
        self._at = -1
        self._coming: Iterator[tuple[int, av.VideoFrame]] = iter(())
        self._kept: OrderedDict[int, av.VideoFrame] = OrderedDict()

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def __getitem__(self, n: int) -> av.VideoFrame:
        if n not in self._kept:
            self._decode(n)
        self._kept.move_to_end(n)
        return self._kept[n]

    def _decode(self, n: int) -> None:
        start = n - n % GROUP
        if not start - 1 <= self._at < n or self._at < 0:
            self._container.seek(int(start * self._unit), stream=self._stream)
            self._coming, self._at = self._decoded(start), start - 1
        for number, frame in self._coming:
            if number != self._at + 1 or frame.is_corrupt:
                break
            self._at = number
            self._kept[number] = frame
            while len(self._kept) > KEPT_FRAMES:
                self._kept.popitem(last=False)
            if number == n:
                return
        raise self._damage()

    def _decoded(self, start: int) -> Iterator[tuple[int, av.VideoFrame]]:
        for ordinal, packet in enumerate(self._container.demux(self._stream), start):
            if packet.size and not self._is_right(packet, ordinal):
                raise self._damage()
            for frame in self._stream.codec_context.decode(packet):
                yield int((frame.pts or 0) / self._unit), frame

    def _is_right(self, packet: Packet, ordinal: int) -> bool:
        """Tell whether a packet is that of frame ``ordinal``, as written."""
        return (
            ordinal < len(self._digests)
            and packet.pts == ordinal * self._unit
            and packet_digest(packet) == self._digests[ordinal]
        )

    def _damage(self) -> VideoError:
        return VideoError("{} is damaged; it is made again.", self._name)


class ProxyReader:
    """Pictures of a video's proxy, as long as there is one.

    It may be written or removed at any time; a damaged one is removed. A reader belongs
    to one thread.

    Parameters
    ----------
    index : VideoIndex
        Table of frames of the video.
    """

    def __init__(self, index: VideoIndex) -> None:
        self._index = index
        self._folder: Path | None = None
        self._file: ProxyFile | None = None
        self._reformatter = VideoReformatter()

    def close(self) -> None:
        """Close the file of the proxy."""
        if self._file is not None:
            self._file.close()
        self._file = None

    def bgra(self, n: int) -> np.ndarray | None:
        """Read frame ``n`` small, uint8 (H, W, 4); None without a proxy.

        Raises
        ------
        IndexError
            If the video has no such frame.
        """
        if not 0 <= n < self._index.n_frames:
            raise IndexError(f"frame {n} is not in 0..{self._index.n_frames - 1}")
        try:
            file = self._opened()
            return None if file is None else self._pixels(file[n])
        except (FormatError, VideoError, av.FFmpegError, OSError):
            self.close()
            if self._folder is not None:
                remove_proxy(self._folder)
            return None

    def _pixels(self, frame: av.VideoFrame) -> np.ndarray:
        small = self._reformatter.reformat(frame, format="bgra")
        return np.ascontiguousarray(small.to_ndarray())

    def _opened(self) -> ProxyFile | None:
        self._folder = self._folder or proxy_folder(self._index)
        if not self._folder.is_dir():
            self.close()
        elif self._file is None:
            table = ProxyTable.load(self._folder)
            if table.picture_key != self._index.picture_key:
                raise FormatError("{} belongs to another video.", self._folder)
            if len(table.digests) != self._index.n_frames:
                raise FormatError("{} belongs to another video.", self._folder)
            self._file = ProxyFile(self._folder, table.digests)
            # Recently used proxies stay longest.
            os.utime(self._folder / TABLE)
        return self._file


def remove_proxy(folder: Path) -> None:
    """Remove a proxy entirely or not at all; Windows keeps one in use."""
    with contextlib.suppress(OSError):
        aside = tempfile.mkdtemp(prefix=".", suffix=".tmp", dir=folder.parent)
        try:
            os.rename(folder, Path(aside) / folder.name)
        finally:
            shutil.rmtree(aside, ignore_errors=True)

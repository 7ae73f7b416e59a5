"""The table of frames of a video file: which frames exist, and when each is shown.

Frame n is the n-th picture in display order. `scan` builds the table from the file;
this module caches it between sessions.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from skelseg_core.array_files import content_key, load_npz, save_npz
from skelseg_core.errors import FormatError, ProjectError
from skelseg_core.user_folders import cache_folder
from skelseg_core.video.media_path import media_path
from skelseg_core.video.times import FrameTimes

if TYPE_CHECKING:
    from skelseg_core.video.container import Packet, VideoFile

VERSION = 4
"""Version of cached tables; others are rebuilt."""
MAX_CACHE_BYTES = 1 << 30
"""Largest cached table that is loaded."""
NO_TIME = int(np.iinfo(np.int64).min)
"""Time of a packet without a timestamp."""
_TABLES = ("times", "frame_numbers", "digests", "keys", "key_frames", "key_seek")
_NUMBERS = (
    "size_bytes",
    "width",
    "height",
    "rotation",
    "by_byte",
    "video",
    "n_videos",
    "has_sound",
)


class UnprovenPacket(Exception):
    """Raised if packets after a seek differ from those of a straight read."""


def packet_digest(packet: Packet) -> int:
    """Compute a key of the content of ``packet``: its size and CRC-32."""
    return packet.size << 32 | zlib.crc32(packet)


def packet_time(packet: Packet) -> int:
    """Return the timestamp to seek by: pts, else dts, else ``NO_TIME``."""
    time = packet.dts if packet.pts is None else packet.pts
    return NO_TIME if time is None else time


def _none() -> np.ndarray:
    return np.empty(0, np.int64)


@dataclass(frozen=True, eq=False)
class VideoIndex:
    """Table of the frames of one file.

    A packet is identified by its position in a straight read, never by its timestamp or
    byte position: after a seek a demuxer may take the rest of a frame for a separate
    frame (MPEG program streams) and shift the times of later ones. So a landing counts
    only if the content of its packet matches a keyframe in this table, and only as long
    as every later packet matches the table too.

    Parameters
    ----------
    times : ndarray of int64, (n_frames,)
        Time of display in units of ``time_base``, never decreasing.
    frame_numbers : ndarray of int64, (n_packets,)
        Number of the frame in each packet, in file order; -1 for none.
    digests : ndarray of int64, (n_packets,)
        Size and CRC-32 of each packet.
    keys : ndarray of int64, (n_keyframes,)
        Ordinals of the keyframe packets, in display order.
    key_frames : ndarray of int64, (n_keyframes,)
        Number of the first frame shown with or after each keyframe, never decreasing.
    key_seek : ndarray of int64, (n_keyframes,)
        Position to seek to for each keyframe.
    time_base : Fraction
        Seconds per unit of ``times``.
    width, height : int
        Size in px as seen upright.
    rotation : int
        Degrees (0, 90, 180, 270) to turn the stored picture counterclockwise.
    size_bytes : int
        Size of the file.
    rate : float
        Nominal frames per second, only used for a file with one frame.
    by_byte : bool
        Whether ``key_seek`` are byte positions.
    damage : str
        One sentence on lost frames, or "".
    video, n_videos : int
        Number of this video stream, from 1, and how many the file has; covers and
        thumbnails do not count.
    has_sound : bool
        Whether there is a decodable sound track.
    """

    times: np.ndarray
    time_base: Fraction
    size_bytes: int
    rate: float
    frame_numbers: np.ndarray = field(default_factory=_none)
    digests: np.ndarray = field(default_factory=_none)
    keys: np.ndarray = field(default_factory=_none)
    key_frames: np.ndarray = field(default_factory=_none)
    key_seek: np.ndarray = field(default_factory=_none)
    width: int = 0
    height: int = 0
    rotation: int = 0
    by_byte: bool = False
    damage: str = ""
    video: int = 1
    n_videos: int = 1
    has_sound: bool = False

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return len(self.times)

    @cached_property
    def frame_times(self) -> FrameTimes:
        """Times of the frames, in seconds from frame 0 on."""
        seconds = (self.times - self.times[0]) * float(self.time_base)
        return FrameTimes.of_table(seconds)

    @property
    def fingerprint(self) -> str:
        """Key of size in bytes, frame count and timestamps (to the microsecond)."""
        table = np.round(self.frame_times.starts_s * 1e6).astype("<i8")
        return content_key(self.size_bytes, self.n_frames, table)

    @property
    def picture_key(self) -> str:
        """Key of the content of every packet and of the display size."""
        shown = (self.width, self.height, self.rotation)
        return content_key(self.fingerprint, shown, self.digests)

    def named(self, n: int) -> str:
        """Name frame ``n`` in a message."""
        return f"frame {n}"

    def number(self, packet: Packet | None, ordinal: int) -> int:
        """Return the frame number of a packet of a straight read, -1 for none."""
        known = packet is not None and ordinal < len(self.frame_numbers)
        return int(self.frame_numbers[ordinal]) if known else -1

    def proven_number(self, packet: Packet | None, ordinal: int) -> int:
        """Return the frame number of a packet that follows a landing, -1 at the end.

        Raises
        ------
        UnprovenPacket
            If a straight read has another packet here.
        """
        is_end = ordinal >= len(self.digests)
        if packet is None and is_end:
            return -1
        if packet is None or is_end or packet_digest(packet) != self.digests[ordinal]:
            raise UnprovenPacket
        return int(self.frame_numbers[ordinal])

    def land(self, file: VideoFile, row: int) -> int | None:
        """Seek to keyframe ``row``; return the row of the one reached, if proven."""
        return file.seek(
            int(self.key_seek[row]),
            lambda packet: self._key_row(packet, row),
            by_byte=self.by_byte,
        )

    def _key_row(self, packet: Packet, sought: int) -> tuple[int, int] | None:
        """Find row and ordinal of the keyframe with this content, or None.

        Among equal ones (a still film) it takes the nearest position. A wrong choice
        shows no wrong picture: the packets up to the frame are the same, and
        `proven_number` notices where they differ.
        """
        same = np.flatnonzero(self._key_digests == packet_digest(packet))
        if not len(same):
            return None
        at = packet.pos if self.by_byte else packet_time(packet)
        away = np.abs(same - sought)
        if at is not None and at != NO_TIME:
            away = np.lexsort((away, np.abs(self.key_seek[same] - at)))
            row = int(same[away[0]])
        else:
            row = int(same[away.argmin()])
        return row, int(self.keys[row])

    @cached_property
    def _key_digests(self) -> np.ndarray:
        return np.asarray(self.digests[self.keys])

    def keyframe_row(self, n: int) -> int:
        """Find the row of the last keyframe at or before frame ``n``, -1 for none."""
        return int(np.searchsorted(self.key_frames, n, side="right")) - 1


def load_index(path: Path, cache_dir: Path | None = None) -> VideoIndex | None:
    """Load the cached table of ``path``, or None if none fits the current file."""
    try:
        kept = load_npz(_cache_file(path, cache_dir), max_bytes=MAX_CACHE_BYTES)
        return _unpacked(kept, media_path(path).file.stat().st_size)
    except (FormatError, OSError, KeyError, ValueError, TypeError, ZeroDivisionError):
        return None


def save_index(path: Path, index: VideoIndex, cache_dir: Path | None = None) -> None:
    """Cache ``index``; does nothing if the cache cannot be written."""
    arrays = {name: getattr(index, name) for name in _TABLES}
    numbers = [int(getattr(index, name)) for name in _NUMBERS]
    base = index.time_base
    arrays["numbers"] = np.array([*numbers, base.numerator, base.denominator])
    arrays["rate"] = np.array(index.rate)
    arrays["damage"] = np.array(index.damage)
    with contextlib.suppress(ProjectError, OSError):
        save_npz(_cache_file(path, cache_dir), arrays)


def _cache_file(path: Path, cache_dir: Path | None) -> Path:
    return (cache_dir or cache_folder() / "index") / cache_name(path, VERSION)


def cache_name(path: Path, version: int) -> str:
    """Name the cache file of a video's current content."""
    media = media_path(path)
    state, place = media.file.stat(), os.path.abspath(media.path)
    return content_key(version, place, state.st_size, state.st_mtime_ns) + ".npz"


def _unpacked(kept: dict[str, np.ndarray], size_bytes: int) -> VideoIndex | None:
    *numbers, numerator, denominator = (int(value) for value in kept["numbers"])
    size, width, height, rotation, by_byte, video, n_videos, sound = numbers
    index = VideoIndex(
        **{name: kept[name] for name in _TABLES},
        time_base=Fraction(numerator, denominator),
        size_bytes=size,
        rate=float(kept["rate"]),
        width=width,
        height=height,
        rotation=rotation,
        by_byte=bool(by_byte),
        damage=str(kept["damage"]),
        video=video,
        n_videos=n_videos,
        has_sound=bool(sound),
    )
    return index if size_bytes == size and _is_sound(index) else None


def _is_sound(index: VideoIndex) -> bool:
    tables = [getattr(index, name) for name in _TABLES]
    n_keys, n_packets = len(index.keys), len(index.frame_numbers)
    found = index.frame_numbers[index.frame_numbers >= 0]
    return (
        all(table.dtype == np.int64 and table.ndim == 1 for table in tables)
        and len(index.times) > 0
        and len(index.digests) == n_packets
        and len(index.key_frames) == len(index.key_seek) == n_keys
        and bool((np.diff(index.times) >= 0).all())
        and bool((np.diff(index.key_frames) >= 0).all())
        and bool((index.keys >= 0).all() and (index.keys < n_packets).all())
        and np.array_equal(np.sort(found), np.arange(index.n_frames))
        and index.width > 0 < index.height
        and 1 <= index.video <= index.n_videos
        and index.rate > 0 < index.time_base
    )

"""The table of frames of a video file: which frames there are, and when each is shown.

Frame n is the n-th picture in display order. `video_scan` makes the table from the
file, this module keeps it between sessions.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from skelseg_core.errors import FormatError, ProjectError
from skelseg_core.files import content_key, load_npz, save_npz
from skelseg_core.media_path import media_path
from skelseg_core.user_folders import cache_folder

if TYPE_CHECKING:
    from skelseg_core.video_file import Packet, VideoFile

VERSION = 2
MAX_CACHE_BYTES = 1 << 30
_TABLES = ("pts", "times", "key_pts", "key_seek", "labels", "anchors")
_NUMBERS = (
    "size_bytes",
    "width",
    "height",
    "rotation",
    "counted",
    "by_byte",
    "video",
    "n_videos",
    "has_sound",
)


def _no_labels() -> np.ndarray:
    return np.empty((0, 2), np.int64)


def _no_anchors() -> np.ndarray:
    return np.empty((0, 3), np.int64)


@dataclass(frozen=True, eq=False)
class VideoIndex:
    """Table of the frames of one file.

    Parameters
    ----------
    pts : ndarray of int64, (n_frames,)
        Identity of each frame in display order, strictly increasing: its timestamp as
        stored, or its rank where timestamps are missing, doubled or start anew.
    times : ndarray of int64, (n_frames,)
        Time of display in units of ``time_base``, never decreasing.
    key_pts, key_seek : ndarray of int64, (n_keyframes,)
        Identity of each keyframe, increasing, and the position to seek to for it.
    labels : ndarray of int64, (n_packets, 2)
        Only where identities are ranks: byte position (ordinal in the file where
        ``counted``) of a packet and its rank, sorted by the first.
    anchors : ndarray of int64, (n_keyframes, 3)
        Only where packets are counted: ordinal, pts and dts of each keyframe.
    time_base : Fraction
        Seconds per unit of ``times``.
    width, height : int
        Size in px as seen upright.
    rotation : int
        Degrees (0, 90, 180, 270) the stored picture is to be turned counterclockwise.
    size_bytes : int
        Size of the file.
    rate : float
        Nominal frames per second, only used for a file with one frame.
    counted : bool
        Whether packets are known by their ordinal, counted from a keyframe.
    by_byte : bool
        Whether ``key_seek`` are byte positions.
    damage : str
        One sentence on what is lost, or "".
    video, n_videos : int
        Which of how many video streams of the file this is, from 1; covers and
        thumbnails do not count.
    has_sound : bool
        Whether there is a sound track that can be decoded.
    """

    pts: np.ndarray
    times: np.ndarray
    key_pts: np.ndarray
    key_seek: np.ndarray
    time_base: Fraction
    size_bytes: int
    rate: float
    labels: np.ndarray = field(default_factory=_no_labels)
    anchors: np.ndarray = field(default_factory=_no_anchors)
    width: int = 0
    height: int = 0
    rotation: int = 0
    counted: bool = False
    by_byte: bool = False
    damage: str = ""
    video: int = 1
    n_videos: int = 1
    has_sound: bool = False

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return len(self.pts)

    @cached_property
    def timestamps_s(self) -> np.ndarray:
        """Time of display of each frame in seconds, float64 (n_frames,), from 0."""
        seconds = (self.times - self.times[0]) * float(self.time_base)
        seconds.flags.writeable = False
        return np.asarray(seconds)

    @property
    def fingerprint(self) -> str:
        """Key of size in bytes, frame count and timestamps (to the microsecond)."""
        table = np.round(self.timestamps_s * 1e6).astype("<i8")
        return content_key(self.size_bytes, self.n_frames, table)

    def named(self, n: int) -> str:
        """Frame ``n`` in words."""
        return f"frame {n}"

    def stamp(self, packet: Packet, ordinal: int) -> int | None:
        """Identity of ``packet``, None where it is no frame of this table."""
        if not len(self.labels):
            return packet.pts
        key = ordinal if self.counted else packet.pos or 0
        row = int(np.searchsorted(self.labels[:, 0], key))
        if row == len(self.labels) or self.labels[row, 0] != key:
            return None
        return int(self.labels[row, 1])

    def land(self, file: VideoFile, row: int) -> int | None:
        """Seek to keyframe ``row``; identity of the keyframe reached, if any was."""
        return file.seek(
            int(self.key_seek[row]),
            self.stamp,
            by_byte=self.by_byte,
            anchor=self._ordinal if self.counted else None,
        )

    def _ordinal(self, packet: Packet) -> int | None:
        same = (self.anchors[:, 1] == packet.pts) & (self.anchors[:, 2] == packet.dts)
        rows = np.flatnonzero(same)
        return int(self.anchors[rows[0], 0]) if len(rows) == 1 else None

    def number(self, pts: int) -> int:
        """Number of the frame with identity ``pts``, -1 where there is none."""
        row = int(np.searchsorted(self.pts, pts))
        return row if row < len(self.pts) and self.pts[row] == pts else -1

    def keyframe_row(self, pts: int) -> int:
        """Row of the last keyframe at or before ``pts``, -1 where there is none."""
        return int(np.searchsorted(self.key_pts, pts, side="right")) - 1


def load_index(path: Path, cache_dir: Path | None = None) -> VideoIndex | None:
    """Table kept for ``path``, None where none fits the file as it is now."""
    try:
        kept = load_npz(_cache_file(path, cache_dir), max_bytes=MAX_CACHE_BYTES)
        return _unpacked(kept, media_path(path).file.stat().st_size)
    except (FormatError, OSError, KeyError, ValueError, TypeError, ZeroDivisionError):
        return None


def save_index(path: Path, index: VideoIndex, cache_dir: Path | None = None) -> None:
    """Keep ``index`` for the next time; a folder that cannot be written is no harm."""
    arrays = {name: getattr(index, name) for name in _TABLES}
    numbers = [int(getattr(index, name)) for name in _NUMBERS]
    base = index.time_base
    arrays["numbers"] = np.array([*numbers, base.numerator, base.denominator])
    arrays["rate"] = np.array(index.rate)
    arrays["damage"] = np.array(index.damage)
    with contextlib.suppress(ProjectError, OSError):
        save_npz(_cache_file(path, cache_dir), arrays)


def _cache_file(path: Path, cache_dir: Path | None) -> Path:
    folder = cache_dir or cache_folder() / "index"
    media = media_path(path)
    state, place = media.file.stat(), os.path.abspath(media.path)
    return folder / (
        content_key(VERSION, place, state.st_size, state.st_mtime_ns) + ".npz"
    )


def _unpacked(kept: dict[str, np.ndarray], size_bytes: int) -> VideoIndex | None:
    *numbers, numerator, denominator = (int(value) for value in kept["numbers"])
    size, width, height, rotation, counted, by_byte, video, n_videos, sound = numbers
    index = VideoIndex(
        **{name: kept[name] for name in _TABLES},
        time_base=Fraction(numerator, denominator),
        size_bytes=size,
        rate=float(kept["rate"]),
        width=width,
        height=height,
        rotation=rotation,
        counted=bool(counted),
        by_byte=bool(by_byte),
        damage=str(kept["damage"]),
        video=video,
        n_videos=n_videos,
        has_sound=bool(sound),
    )
    return index if size == size_bytes and _is_sound(index) else None


def _is_sound(index: VideoIndex) -> bool:
    tables = [getattr(index, name) for name in _TABLES]
    return (
        all(table.dtype == np.int64 for table in tables)
        and all(table.ndim == 1 for table in tables[:4])
        and index.labels.shape[1:] == (2,)
        and index.anchors.shape[1:] == (3,)
        and len(index.pts) == len(index.times) > 0
        and len(index.key_pts) == len(index.key_seek)
        and bool((np.diff(index.pts) > 0).all() and (np.diff(index.times) >= 0).all())
        and bool((np.diff(index.key_pts) >= 0).all())
        and index.width > 0 < index.height
        and 1 <= index.video <= index.n_videos
        and index.rate > 0 < index.time_base
    )

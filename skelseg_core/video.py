"""Videos by frame number: every frame is found by decoding, never by arithmetic.

The only place where seconds become frame numbers and back. A frame that is shown, a
frame that is labelled and a frame that a network sees are the same frame, whatever the
file is like (variable rate, reordered or open groups of pictures, offsets, edit lists,
rotation, damage).
"""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import av
import numpy as np

from skelseg_core.progress import Task, run
from skelseg_core.video_cursor import Cursor
from skelseg_core.video_index import VideoIndex, load_index, save_index
from skelseg_core.video_scan import build_index

__all__ = ["VideoIndex", "VideoReader", "build_index", "open_index"]

_UNSPECIFIED = 2
_ALIKE = ("yuv420p", "yuvj420p")


def open_index(path: str | Path, cache_dir: Path | None = None) -> Task[VideoIndex]:
    """Table of frames of ``path``, from the cache where it is known.

    Opening a `VideoReader` does the same at once; a window runs this first, as a job,
    so that a long file does not hold it up.

    Raises
    ------
    VideoError
        Where the file is no video or none of its frames can be decoded.
    """
    path = Path(path)
    index = load_index(path, cache_dir)
    if index is None:
        index = yield from build_index(path)
        save_index(path, index, cache_dir)
    return index


class VideoReader:
    """Frames of one video by number, upright, from frame 0 on.

    A reader belongs to the thread that uses it: open one reader per thread. It is a
    context manager.

    Parameters
    ----------
    path : str or Path
        Video file.
    cache_dir : Path, optional
        Folder for tables of frames; default is the user's cache folder.
    cache_bytes : int
        Decoded frames are kept up to this many bytes, the last used ones.

    Raises
    ------
    VideoError
        Where the file cannot be read as a video.
    """

    def __init__(
        self,
        path: str | Path,
        cache_dir: Path | None = None,
        *,
        cache_bytes: int = 256 << 20,
    ) -> None:
        self.path = Path(path)
        self.index = run(open_index(self.path, cache_dir))
        self._cache = _FrameCache(cache_bytes)
        self._cursor: Cursor | None = None
        self._closed = False
        self._spoiled: int | None = None

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and drop all kept frames; closing twice is harmless."""
        self._closed = True
        self._cache.clear()
        if self._cursor is not None:
            self._cursor.close()
            self._cursor = None

    def __len__(self) -> int:
        return self.index.n_frames

    @property
    def n_frames(self) -> int:
        """Number of frames that can be read."""
        return self.index.n_frames

    @property
    def width(self) -> int:
        """Width in px as seen upright."""
        return self.index.width

    @property
    def height(self) -> int:
        """Height in px as seen upright."""
        return self.index.height

    @property
    def timestamps_s(self) -> np.ndarray:
        """Time of display of each frame in seconds, float64 (n_frames,), from 0."""
        return self.index.timestamps_s

    @property
    def mean_rate(self) -> float:
        """Mean frames per second; the nominal rate for a single frame."""
        span = float(self.timestamps_s[-1])
        return (len(self) - 1) / span if span > 0 else self.index.rate

    @property
    def fingerprint(self) -> str:
        """Key of file size, frame count and timestamps."""
        return self.index.fingerprint

    @property
    def damage(self) -> str | None:
        """One sentence on what is damaged, as far as it is known; None for nothing."""
        if self.index.damage or self._spoiled is None:
            return self.index.damage or None
        return (
            f"{self.path.name} is damaged: frame {self._spoiled} cannot be decoded and "
            "shows the picture before it; copy the file again if you can."
        )

    def frame_at(self, seconds: float) -> int:
        """Number of the frame shown at ``seconds`` (the first or last one outside)."""
        n = int(np.searchsorted(self.timestamps_s, seconds, side="right")) - 1
        return min(max(n, 0), len(self) - 1)

    def keyframe_at(self, n: int) -> int:
        """Number of the last frame at or before ``n`` that is quick to decode."""
        pts = int(self.index.pts[self._checked(n)])
        row = self.index.keyframe_row(pts)
        return (
            max(0, self.index.number(int(self.index.key_pts[row]))) if row >= 0 else 0
        )

    def has(self, n: int) -> bool:
        """Whether frame ``n`` is at hand without decoding."""
        return n in self._cache

    def __getitem__(self, n: int) -> np.ndarray:
        return _pixels(self._frame(n), self.index, "rgb24")

    def bgra(self, n: int) -> np.ndarray:
        """Frame ``n`` upright as uint8 (H, W, 4): blue, green, red, 255; contiguous."""
        return _pixels(self._frame(n), self.index, "bgra")

    def frames(
        self, start: int = 0, stop: int | None = None
    ) -> Iterator[tuple[int, np.ndarray]]:
        """Numbers and pictures (H, W, 3) uint8 RGB of ``start`` up to ``stop``.

        Decodes straight on with a decoder of its own: the quickest way through a
        video, and harmless to frames read by number in between.
        """
        stop = len(self) if stop is None else min(stop, len(self))
        if start >= stop:
            return
        self._checked(start)
        cursor = Cursor(self.path, self.index)
        try:
            for n in range(start, stop):
                held, frame = cursor.read(n)
                self._note(n, held)
                yield n, _pixels(frame, self.index, "rgb24")
        finally:
            cursor.close()

    def _checked(self, n: int) -> int:
        if self._closed:
            raise ValueError("the video reader is closed")
        n = operator.index(n)
        if not 0 <= n < len(self):
            raise IndexError(f"frame {n} is not in 0..{len(self) - 1}")
        return n

    def _frame(self, n: int) -> av.VideoFrame:
        n = self._checked(n)
        kept = self._cache.get(n)
        if kept is not None:
            return kept
        if self._cursor is None:
            self._cursor = Cursor(self.path, self.index, self._cache.put)
        held, frame = self._cursor.read(n)
        self._note(n, held)
        self._cache.put(n, frame)
        return frame

    def _note(self, n: int, held: int) -> None:
        if held != n and self._spoiled is None:
            self._spoiled = n


class _FrameCache:
    """Decoded frames by number, the least used dropped first; yuv is 2.7x less."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._frames: OrderedDict[int, tuple[av.VideoFrame, int]] = OrderedDict()

    def __contains__(self, n: int) -> bool:
        return n in self._frames

    def get(self, n: int) -> av.VideoFrame | None:
        if n not in self._frames:
            return None
        self._frames.move_to_end(n)
        return self._frames[n][0]

    def put(self, n: int, frame: av.VideoFrame) -> None:
        if n in self._frames:
            self._bytes -= self._frames.pop(n)[1]
        size = sum(plane.buffer_size for plane in frame.planes)
        self._frames[n] = (frame, size)
        self._bytes += size
        while self._bytes > self._max_bytes and len(self._frames) > 1:
            self._bytes -= self._frames.popitem(last=False)[1][1]

    def clear(self) -> None:
        self._frames.clear()
        self._bytes = 0


def _pixels(frame: av.VideoFrame, index: VideoIndex, layout: str) -> np.ndarray:
    if layout == "rgb24" and frame.format.name not in _ALIKE:
        # Other formats are rounded otherwise on their way to rgb24 than to bgra.
        return np.ascontiguousarray(_pixels(frame, index, "bgra")[..., 2::-1])
    turned = index.rotation % 180 != 0
    width, height = (index.width, index.height)[:: -1 if turned else 1]
    matrix = None
    if frame.colorspace == _UNSPECIFIED and (width >= 1280 or height > 576):
        # Untagged pictures of this size are BT.709, as players show them.
        matrix = "ITU709"
    pixels = frame.to_ndarray(
        format=layout, width=width, height=height, src_colorspace=matrix
    )
    if layout == "bgra" and "a" in frame.format.name:
        pixels[..., 3] = 255
    return np.ascontiguousarray(np.rot90(pixels, index.rotation // 90))

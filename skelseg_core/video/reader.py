"""Reader: the frames of a video by number, found by decoding, never by arithmetic.

A displayed, a labelled and a network's frame are the same frame, whatever the file
(variable rate, reordered or open groups of pictures, offsets, edit lists, rotation,
damage).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from skelseg_core.progress import Task, run
from skelseg_core.said import Said
from skelseg_core.video.colour import upright_pixels
from skelseg_core.video.frame_cache import FrameCache
from skelseg_core.video.frame_decoder import Cursor
from skelseg_core.video.image_files import is_images
from skelseg_core.video.image_sequence import ImageCursor, ImageIndex, build_image_index
from skelseg_core.video.index import VideoIndex, load_index, save_index
from skelseg_core.video.media_path import media_path
from skelseg_core.video.proxy import INTRA_FRAMES, ProxyReader, pays
from skelseg_core.video.scan import build_index
from skelseg_core.video.times import FrameTimes

__all__ = ["VideoIndex", "VideoReader", "build_index", "open_index"]

LOOKAHEAD = 64
"""Most frames decoded in advance in the direction of travel."""
NEAR_PX = 10_000_000
"""Pixels decoded in some 20 ms: about five pictures of 1920x1080."""


def open_index(path: str | Path, cache_dir: Path | None = None) -> Task[VideoIndex]:
    """Read the table of frames of ``path``, from the cache if possible.

    Opening a `VideoReader` does the same at once; a window runs this first as a job, so
    that a long file does not block it.

    Raises
    ------
    VideoError
        If the file is not a video or has no decodable frame.
    """
    path = Path(path)
    if is_images(media_path(path).file):
        return (yield from build_image_index(path))
    index = load_index(path, cache_dir)
    if index is None:
        index = yield from build_index(path)
        save_index(path, index, cache_dir)
    return index


class VideoReader(AbstractContextManager["VideoReader"]):
    """Frames of one video by number, upright, from frame 0 on.

    A context manager. A reader belongs to one thread: open one per thread.

    Parameters
    ----------
    path : str or Path
        Video file, one stream of it (``clip.mkv#2``), or images (see `media_path`).
    cache_dir : Path, optional
        Folder for tables of frames; default is the user's cache folder.
    cache_bytes : int
        Limit for decoded frames kept around the current one, mostly in the direction of
        travel.

    Raises
    ------
    VideoError
        If the file cannot be read as a video.
    """

    def __init__(
        self,
        path: str | Path,
        cache_dir: Path | None = None,
        *,
        cache_bytes: int = 256 << 20,
    ) -> None:
        self.path = Path(path)
        self._cache_dir = cache_dir
        self.index = run(open_index(self.path, cache_dir))
        self._cache = FrameCache(cache_bytes)
        self._reformatter = VideoReformatter()
        self._proxy = ProxyReader(self.index)
        self.cursor: Cursor | ImageCursor | None = None
        self._closed = False
        self._spoiled: int | None = None

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and drop all kept frames; closing twice is harmless."""
        self._closed = True
        self._cache.clear()
        self._reformatter = VideoReformatter()
        self._proxy.close()
        self._drop_cursor()

    def __len__(self) -> int:
        return self.index.n_frames

    @property
    def n_frames(self) -> int:
        """Number of readable frames."""
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
    def times(self) -> FrameTimes:
        """Times of the frames."""
        return self.index.frame_times

    @property
    def mean_rate(self) -> float:
        """Mean frames per second; the nominal rate for a single frame."""
        span = self.times.start_s(len(self) - 1)
        return (len(self) - 1) / span if span > 0 else self.index.rate

    @property
    def fingerprint(self) -> str:
        """Key of file size, frame count and timestamps."""
        return self.index.fingerprint

    @property
    def has_pictures(self) -> bool:
        """Whether there are pictures, not only poses."""
        return True

    @property
    def is_slow(self) -> bool:
        """Whether random access takes long without a proxy."""
        return pays(self.index)

    @property
    def has_sound(self) -> bool:
        """Whether there is a decodable sound track."""
        return self.index.has_sound

    @property
    def damage(self) -> str | None:
        """Sentence on damage found so far, or None."""
        if self.index.damage or self._spoiled is None:
            return self.index.damage or None
        return Said(
            "{} is damaged: {} cannot be decoded and shows the picture "
            "before it; copy the file again if you can.",
            media_path(self.path).file.name,
            self.index.named(self._spoiled),
        )

    def keyframe_at(self, n: int) -> int:
        """Return the last frame at or before ``n`` that is quick to decode."""
        row = self.index.keyframe_row(self._checked(n))
        return int(self.index.key_frames[row]) if row >= 0 else 0

    def has(self, n: int) -> bool:
        """Tell whether frame ``n`` is already decoded."""
        return n in self._cache

    def nearest(self, n: int) -> int:
        """Return the quickest frame to show near ``n``: decoded or a keyframe."""
        key, kept = self.keyframe_at(n), self._cache.nearest(n)
        return kept if kept is not None and abs(kept - n) <= n - key else key

    def is_near(self, n: int) -> bool:
        """Tell whether frame ``n`` is decoded, or will be without a noticeable wait."""
        n = self._checked(n)
        if n in self._cache:
            return True
        steps = INTRA_FRAMES
        if isinstance(self.cursor, Cursor):
            steps = self.cursor.steps_to(n)
        elif not isinstance(self.index, ImageIndex):
            steps = n - self.keyframe_at(n) + 1
        return steps * self.width * self.height <= NEAR_PX

    def preview(self, n: int) -> np.ndarray | None:
        """Read frame ``n`` like `bgra`, small and at once, from the video's proxy.

        None without a proxy. Only for display: networks get `frames`.
        """
        return self._proxy.bgra(self._checked(n))

    def approach(self, n: int) -> Iterator[None]:
        """Decode towards frame ``n``, one frame per step, until it is decoded.

        The caller may stop after any step; decoded frames are kept, and the next read
        continues from there if that is the shortest way.
        """
        self._cache.look_at(self._checked(n))
        return self._walk(n)

    def prefetch(self, n: int) -> Iterator[None]:
        """Decode towards a frame as `approach` does, before it is requested."""
        return self._walk(self._checked(n))

    def ahead(self) -> int | None:
        """Return the next frame worth decoding in the direction of travel, if any."""
        reach = min(LOOKAHEAD, self._cache.room * 3 // 8)
        missing = self._cache.missing(reach)
        return missing if missing is not None and 0 <= missing < len(self) else None

    def __getitem__(self, n: int) -> np.ndarray:
        return self._pixels(self._frame(n), "rgb24")

    def bgra(self, n: int) -> np.ndarray:
        """Read frame ``n`` upright, uint8 (H, W, 4): blue, green, red, 255."""
        return self._pixels(self._frame(n), "bgra")

    def frames(
        self, start: int = 0, stop: int | None = None, wanted: np.ndarray | None = None
    ) -> Generator[tuple[int, np.ndarray], None, None]:
        """Read numbers and pictures (H, W, 3) uint8 RGB of ``start`` up to ``stop``.

        With ``wanted``, bool (n_frames,), only those marked True. Decodes straight
        through with a separate decoder: the quickest way through a video, independent
        of other reads. Damage found in a whole pass is stored with the table of frames.
        """
        stop = len(self) if stop is None else min(stop, len(self))
        if start >= stop:
            return
        self._checked(start)
        cursor = self._new_cursor()
        spoiled: list[int] = []
        try:
            for n in range(start, stop):
                held, frame = cursor.read(n)
                self._note(n, held)
                if held != n or frame.is_corrupt:
                    spoiled.append(n)
                if wanted is None or wanted[n]:
                    yield n, self._pixels(frame, "rgb24")
            if spoiled and stop - start == len(self):
                self._keep_damage(spoiled)
        finally:
            cursor.close()

    def _keep_damage(self, spoiled: list[int]) -> None:
        if self.index.damage or isinstance(self.index, ImageIndex):
            return
        n, at_s = spoiled[0], self.times.start_s(spoiled[0])
        damage = Said(
            "{} is damaged: {:,} of {:,} frames cannot be decoded well "
            "and are spoiled or show the picture before, the first is "
            "frame {} ({:.1f} s); copy the file again if you can.",
            media_path(self.path).file.name,
            len(spoiled),
            len(self),
            n,
            at_s,
        )
        self.index = replace(self.index, damage=damage)
        save_index(self.path, self.index, self._cache_dir)

    def _pixels(self, frame: av.VideoFrame, layout: str) -> np.ndarray:
        return upright_pixels(frame, self.index, layout, self._reformatter)

    def _checked(self, n: int) -> int:
        if self._closed:
            raise ValueError("the video reader is closed")
        n = operator.index(n)
        if not 0 <= n < len(self):
            raise IndexError(f"frame {n} is not in 0..{len(self) - 1}")
        return n

    def _frame(self, n: int) -> av.VideoFrame:
        n = self._checked(n)
        self._cache.look_at(n)
        for _ in self._walk(n):
            pass
        frame = self._cache.get(n)
        if frame is None:
            raise AssertionError(f"frame {n} was decoded and is not kept")
        return frame

    def _walk(self, n: int) -> Iterator[None]:
        if n in self._cache:
            return
        try:
            if self.cursor is None:
                self.cursor = self._new_cursor(self._cache.put)
            held, frame = yield from self.cursor.reading(n)
        except Exception:
            # The cursor's position is unknown: the next read reopens the file.
            self._drop_cursor()
            raise
        self._note(n, held)
        self._cache.put(n, frame)

    def _new_cursor(
        self, keep: Callable[[int, av.VideoFrame], None] | None = None
    ) -> Cursor | ImageCursor:
        if isinstance(self.index, ImageIndex):
            return ImageCursor(self.index, keep)
        return Cursor(self.path, self.index, keep)

    def _drop_cursor(self) -> None:
        if self.cursor is not None:
            self.cursor.close()
            self.cursor = None

    def _note(self, n: int, held: int) -> None:
        if held != n and self._spoiled is None:
            self._spoiled = n

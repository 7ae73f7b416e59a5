"""Cursor: a decoder that moves from one frame of a video to another."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path

import av

from skelseg_core.errors import VideoError
from skelseg_core.progress import run
from skelseg_core.video.container import Number, VideoFile
from skelseg_core.video.index import UnprovenPacket, VideoIndex

NEAR_FRAMES = 12
"""Distance in frames up to which decoding on is cheaper than seeking."""

Found = tuple[int, av.VideoFrame]
"""A frame with its number."""


class Cursor:
    """Decoder of one video that moves between frames the shortest way."""

    def __init__(
        self,
        path: Path,
        index: VideoIndex,
        keep: Callable[[int, av.VideoFrame], None] | None = None,
    ) -> None:
        self._index = index
        self._keep = keep or (lambda n, frame: None)
        self._file = VideoFile(path, index.video, threads=not index.damage)
        self.go_to_start()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def read(self, n: int) -> Found:
        """Decode frame ``n``, or if that fails, the last decodable one before it."""
        return run(self.reading(n))

    def reading(self, n: int) -> Generator[None, None, Found]:
        """Decode frame ``n`` as `read` does, one decoded frame per step.

        The caller may stop after any step; the cursor continues from the frame reached.
        """
        row = self._index.keyframe_row(n)
        if not self._is_ahead(n, row):
            self._seek(n, row)
        found = yield from self._finding(n)
        if found[0] != n and self._file.threads:
            # Damage: several threads may have lost more than the damaged frames.
            self._file.threads = False
            self._file.restart()
            self._seek(n, row)
            found = yield from self._finding(n)
        return found

    def steps_to(self, n: int) -> int:
        """Count the frames to decode until frame ``n`` is reached."""
        row = self._index.keyframe_row(n)
        if self._is_ahead(n, row):
            return n - (self._last[0] if self._last is not None else -1)
        return n + 1 - (int(self._index.key_frames[row]) if row >= 0 else 0)

    def _finding(self, n: int) -> Generator[None, None, Found]:
        back = 1
        while True:
            yield from self._walking(n)
            if self._last is not None:
                return self._last
            if self._row < 0:
                raise VideoError(
                    "{}: frame {} cannot be decoded; the file is damaged or was "
                    "changed since it was opened.",
                    self._file.path,
                    n,
                )
            # Frames after the keyframe are unproven, undecodable, or begin behind n: go
            # back in doubling steps, so that the start is soon reached.
            self._seek(n, self._row - back)
            back *= 2

    def _is_ahead(self, n: int, row: int) -> bool:
        at = self._last[0] if self._last is not None else -1
        if n < at or (self._last is None and self._row >= 0):
            return False
        if n - at <= NEAR_FRAMES:
            return True
        return at >= 0 and row <= self._index.keyframe_row(at)

    def go_to_start(self) -> None:
        """Seek to the start of the file, from which every frame can be reached."""
        self._row, self._floor = -1, 0
        self._land(self._index.number)

    def _land(self, number: Number) -> None:
        self._last: Found | None = None
        self._next: Found | None = None
        self._pictures = self._file.decode(number)

    def _seek(self, n: int, row: int) -> None:
        """Seek to keyframe ``row``, or an earlier one, proven and not behind n."""
        index, back = self._index, 1
        while row >= 0:
            landed = index.land(self._file, row)
            if landed is not None and index.key_frames[landed] <= n:
                self._row = min(row, landed)
                # Pictures shown before the keyframe may lack their references.
                self._floor = int(index.key_frames[landed])
                self._land(index.proven_number)
                return
            row -= back
            back *= 2
        self._file.restart()
        self.go_to_start()

    def _walking(self, n: int) -> Generator[None, None, None]:
        at = self._last[0] if self._last is not None else -1
        while at < n:
            self._next = self._next or self._decoded(at)
            if self._next is None or self._next[0] > n:
                return
            self._last, self._next = self._next, None
            at = self._last[0]
            self._keep(*self._last)
            yield

    def _decoded(self, at: int) -> Found | None:
        try:
            for number, frame in self._pictures:
                if number > at and number >= self._floor:
                    return number, frame
        except UnprovenPacket:
            self._last = None
        return None

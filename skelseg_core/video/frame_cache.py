"""Frame cache: decoded frames around the current one, up to a size limit.

Frames are kept as decoded: yuv is 2.7 times smaller than the displayed format.
"""

from __future__ import annotations

from bisect import bisect_left, insort

import av

LEAN = 4
"""Factor by which kept frames may be farther away in the direction of travel."""


class FrameCache:
    """Cache of decoded frames that drops those farthest from the current one first."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes, self._bytes = max_bytes, 0
        self._frames: dict[int, tuple[av.VideoFrame, int]] = {}
        self._numbers: list[int] = []
        self._focus, self._direction = 0, 1

    def __contains__(self, n: int) -> bool:
        return n in self._frames

    @property
    def room(self) -> int:
        """Number of frames of the current size that fit."""
        return self._max_bytes * len(self._frames) // max(1, self._bytes)

    def look_at(self, n: int) -> None:
        """Set the current frame; the previous one gives the direction of travel."""
        if n != self._focus:
            self._direction = 1 if n > self._focus else -1
        self._focus = n

    def get(self, n: int) -> av.VideoFrame | None:
        """Return a frame, or None if it is not kept."""
        kept = self._frames.get(n)
        return None if kept is None else kept[0]

    def nearest(self, n: int) -> int | None:
        """Return the number of the kept frame nearest to ``n``, or None."""
        at = bisect_left(self._numbers, n)
        around = self._numbers[max(0, at - 1) : at + 1]
        return min(around, key=lambda k: abs(k - n)) if around else None

    def missing(self, reach: int) -> int | None:
        """Find the first missing frame within ``reach`` in the direction of travel."""
        stop = self._focus + self._direction * reach
        ahead = range(self._focus, stop, self._direction)
        return next((n for n in ahead if n not in self._frames), None)

    def put(self, n: int, frame: av.VideoFrame) -> None:
        """Keep a frame, and drop others if there is no room."""
        if n in self._frames:
            self._bytes -= self._frames[n][1]
        else:
            insort(self._numbers, n)
        size = sum(plane.buffer_size for plane in frame.planes)
        self._frames[n] = (frame, size)
        self._bytes += size
        while self._bytes > self._max_bytes and len(self._frames) > 1:
            first, last = self._numbers[0], self._numbers[-1]
            end = 0 if self._distance(first) > self._distance(last) else -1
            self._bytes -= self._frames.pop(self._numbers.pop(end))[1]

    def _distance(self, n: int) -> float:
        away = (n - self._focus) * self._direction
        return away / LEAN if away > 0 else -away

    def clear(self) -> None:
        """Drop every frame."""
        self._frames.clear()
        self._numbers.clear()
        self._bytes = 0

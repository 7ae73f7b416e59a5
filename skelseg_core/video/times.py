"""Frame times: the one place where frames become seconds, and seconds frames.

Time 0 is when frame 0 is shown. A frame is shown until the next one; the last one lasts
the median duration of the others, a single frame 0 s.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

TOLERANCE_S = 1e-6
"""Seconds by which a time may precede the start of a frame and still count as its
start: file times are rounded to the microsecond, and sums of times round too.
"""


@dataclass(frozen=True, eq=False)
class FrameTimes:
    """Times of the frames of one video, from its table of times or its mean rate.

    Make one with `of_table`, or with `even` while the table is unread.

    Parameters
    ----------
    n_frames : int
    rate : float
        Frames per second, if there is no table.
    table_s : ndarray of float64, shape (n_frames,), optional
        Start of each frame in seconds, never falling.
    """

    n_frames: int
    rate: float = 1.0
    table_s: np.ndarray | None = None

    @classmethod
    def of_table(cls, table_s: np.ndarray) -> FrameTimes:
        """Take times (n_frames,) in seconds from a video's own timestamps."""
        table = np.array(table_s, np.float64)
        table.flags.writeable = False
        return cls(len(table), table_s=table)

    @classmethod
    def even(cls, n_frames: int, rate: float) -> FrameTimes:
        """Make times of ``n_frames`` frames at a steady ``rate``; 0 counts as 1."""
        return cls(n_frames, rate if rate > 0 else 1.0)

    @cached_property
    def starts_s(self) -> np.ndarray:
        """Start of each frame in seconds, float64 (n_frames,), read-only."""
        if self.table_s is not None:
            return self.table_s
        starts = np.arange(self.n_frames) / self.rate
        starts.flags.writeable = False
        return starts

    @cached_property
    def usual_s(self) -> float:
        """Usual duration of a frame, and that of the last; 0 for a single frame."""
        if self.n_frames < 2:
            return 0.0
        if self.table_s is None:
            return 1 / self.rate
        # Like np.median, which would first import numpy's masked arrays.
        lasting = np.sort(np.diff(self.table_s))
        middle = lasting[(len(lasting) - 1) // 2] + lasting[len(lasting) // 2]
        return float(middle / 2)

    @cached_property
    def duration_s(self) -> float:
        """End of the last frame in seconds."""
        if self.table_s is None:
            return (self.n_frames - 1) / self.rate + self.usual_s
        return float(self.table_s[-1]) + self.usual_s

    @cached_property
    def steady_rate(self) -> float | None:
        """Frames per second if the rate never varies, otherwise None.

        No frame may begin a quarter of a frame from its place at this rate.
        """
        if self.table_s is None:
            return self.rate
        span_s = float(self.table_s[-1] - self.table_s[0]) if self.n_frames else 0.0
        if span_s <= 0:
            return None
        rate = (self.n_frames - 1) / span_s
        off = (self.table_s - self.table_s[0]) * rate - np.arange(self.n_frames)
        return rate if np.abs(off).max() < 0.25 else None

    def edges_s(self, frames: np.ndarray) -> np.ndarray:
        """Return the starts of ``frames`` in seconds; ``n_frames`` means the end."""
        if self.table_s is None:
            starts = frames / self.rate
        else:
            starts = self.table_s[np.minimum(frames, self.n_frames - 1)]
        return np.where(frames < self.n_frames, starts, self.duration_s)

    def start_s(self, frame: int) -> float:
        """Return the start of a frame; for ``n_frames``, the end of the last."""
        return float(self.edges_s(np.asarray(frame)))

    def stop_s(self, frame: int) -> float:
        """Return the end of a frame."""
        return self.start_s(frame + 1)

    def frame_at(self, seconds: float, *, before: bool = False) -> int:
        """Find the frame shown at a time (the first or last one outside).

        Between two frames it returns the later; with ``before`` the earlier, as for
        going backwards.
        """
        if before:
            found = np.searchsorted(self.starts_s, seconds - TOLERANCE_S, "left")
        else:
            found = np.searchsorted(self.starts_s, seconds + TOLERANCE_S, "right")
        return min(max(int(found) - 1, 0), self.n_frames - 1)

    def frames_between(self, first_s: float, last_s: float) -> tuple[int, int]:
        """Find the frames ``[start, stop)`` that begin between two times."""
        start = np.searchsorted(self.starts_s, first_s - TOLERANCE_S, "left")
        stop = np.searchsorted(self.starts_s, last_s + TOLERANCE_S, "right")
        return int(start), int(stop)

    def nearest_edges(self, seconds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Find the frame boundaries nearest to given times.

        Halfway between two it takes the later one; among frames with the same time, the
        first.

        Parameters
        ----------
        seconds : ndarray of float, shape (N,)

        Returns
        -------
        frames : ndarray of int64, shape (N,)
            The frame that begins there, 0..``n_frames``; ``n_frames`` is the end.
        off_s : ndarray of float64, shape (N,)
            Seconds from the boundaries to the times; negative before.
        """
        edges = self.edges_s(np.arange(self.n_frames + 1))
        moments = np.asarray(seconds, np.float64)
        later = np.clip(np.searchsorted(edges, moments, "left"), 1, self.n_frames)
        to_later, to_earlier = edges[later] - moments, moments - edges[later - 1]
        frames = np.where(to_later <= to_earlier + TOLERANCE_S, later, later - 1)
        return frames.astype(np.int64), moments - edges[frames]

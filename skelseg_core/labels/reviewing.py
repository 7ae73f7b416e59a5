"""Decide what a person reviewed: only frames shown long enough to be seen.

A person's own acts (a class key, painting, dragging or clicking an end) are reviewed by
definition; `edits` and `bulk_edits` do that. Confirming the labels of others happens
only here:

- A class is reviewed if its segment was seen from start to end: consecutive seen frames
  are at most half a second apart.
- An end is reviewed if the frames on both sides of it were shown large and still.
- A frame was seen if it stood for a while, or passed by at up to double speed. It also
  stood if it passed by at a quarter of the speed or slower.

Seen frames count for the labels they had at the time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import numpy as np

from skelseg_core.errors import EditError
from skelseg_core.labels.segmentation import ReviewedBy, Segment, Segmentation
from skelseg_core.video.times import FrameTimes

MOST_APART_S = 0.5
"""Most seconds of video between two consecutive seen frames."""
LEAST_S = 0.3
"""Fewest seconds that a picture has to be shown."""
FASTEST, SLOW = 2.0, 0.25
"""Highest playback speeds at which frames count as seen, and as still."""
JITTER = 1.3
"""Factor by which frames may follow faster, because clocks are uneven."""


@dataclass(frozen=True, eq=False)
class Sight:
    """Seen frames of a video.

    Parameters
    ----------
    seen, large : ndarray of bool, shape (T,)
        Frames shown; frames shown still and large enough to judge an end.
    times : FrameTimes
        Of the video.
    """

    seen: np.ndarray
    large: np.ndarray
    times: FrameTimes

    @classmethod
    def of(
        cls, n_frames: int, seen: Iterable[int], rate: float, large: bool = True
    ) -> Sight:
        """Make the sight of a list of frames at an even frame rate."""
        found = np.zeros(n_frames, bool)
        found[list(seen)] = True
        sized = found if large else np.zeros(n_frames, bool)
        return cls(found, sized, FrameTimes.even(n_frames, rate))

    @classmethod
    def whole(cls, n_frames: int) -> Sight:
        """Return the sight of a video that was seen completely."""
        return cls.of(n_frames, range(n_frames), 1.0)

    def __or__(self, other: Sight) -> Sight:
        return replace(
            self, seen=self.seen | other.seen, large=self.large | other.large
        )

    def covers(self, start: int, stop: int) -> bool:
        """Tell whether the frames ``[start, stop)`` were seen from start to end."""
        return self.missing(start, stop) is None

    def missing(self, start: int, stop: int) -> tuple[int, int] | None:
        """Find the first part of ``[start, stop)`` that was not seen, or None."""
        seen = np.flatnonzero(self.seen[start:stop]) + start
        if not len(seen):
            return start, stop
        # From the start to the first one's end, from each to the next, to the end.
        left, right = np.concatenate([[start], seen]), np.concatenate([seen, [stop]])
        ends = np.concatenate([[seen[0] + 1], right[1:]])
        apart_s = self.times.edges_s(ends) - self.times.edges_s(left)
        hidden = ends - left > 1
        gaps = np.flatnonzero((apart_s > MOST_APART_S) & hidden)
        if not len(gaps):
            return None
        first = int(gaps[0])
        return int(left[first]) + (first > 0), int(right[first])

    def shows(self, boundary: int) -> bool:
        """Tell whether both frames at a boundary were shown still and large."""
        return bool(self.large[max(boundary - 1, 0) : boundary + 1].all())


def agree(
    segmentation: Segmentation, index: int, sight: Sight, by: ReviewedBy = "look"
) -> Segmentation:
    """Confirm segment ``index`` as far as it was seen.

    ``by`` is the way; a class reviewed in a stronger way stays so. Undecided segments
    stay: a person set them.

    Raises
    ------
    EditError
        If it is unlabelled, or its class is not reviewed and part of it was not shown.
    """
    segment = segmentation.segments[index]
    if segment.unlabelled:
        raise EditError("An unlabelled segment cannot be reviewed; press a class key.")
    agreed = agreed_with(segment, sight, by)
    if segment.class_id is not None and not agreed.class_reviewed:
        raise EditError(
            "Frames {:,} to {:,} were not all on the screen yet; play them first.",
            segment.start,
            segment.stop - 1,
        )
    return segmentation.spliced(index, index + 1, [agreed])


def agree_all(
    segmentation: Segmentation,
    indices: Collection[int],
    sight: Sight,
    by: ReviewedBy = "look",
) -> Segmentation:
    """Confirm segments as far as they were seen; refuses nothing."""
    chosen = frozenset(indices)
    return Segmentation(
        tuple(
            agreed_with(segment, sight, by) if i in chosen else segment
            for i, segment in enumerate(segmentation.segments)
        )
    )


def agree_with_boundaries(
    segmentation: Segmentation, frames: Collection[int], sight: Sight
) -> Segmentation:
    """Confirm the boundaries at these frames that were shown still and large."""
    seen = {frame for frame in frames if sight.shows(frame)}
    return Segmentation(
        tuple(
            replace(s, start_reviewed=True) if s.start in seen else s
            for s in segmentation.segments
        )
    )


def agreed_with(segment: Segment, sight: Sight, by: ReviewedBy = "look") -> Segment:
    """Confirm a segment: its class, and each end that was seen."""
    if segment.class_id is None:
        return segment
    seen = segment.class_reviewed or sight.covers(segment.start, segment.stop)
    if seen and len(segment) == len(sight.seen):
        return segment.as_reviewed(by)  # it ends with the video
    return replace(
        segment.agreed(by) if seen else segment,
        start_reviewed=segment.start_reviewed or sight.shows(segment.start),
        stop_reviewed=segment.stop_reviewed or sight.shows(segment.stop),
    )


class Screen:
    """Record which frames of a video are shown, and for long enough.

    All times are seconds of one monotonic clock.
    """

    def __init__(self, times: FrameTimes) -> None:
        self._seen, self._large = np.zeros((2, times.n_frames), bool)
        self.times = times
        self._picture: tuple[int, float] | None = None
        # Frames of smaller pictures by location: since when, and whether large.
        self._pictures: dict[str, dict[int, tuple[float, bool]]] = {}

    def goes_to(self, frame: int, now_s: float) -> None:
        """Note that the picture shows another frame from now on."""
        if not 0 <= frame < len(self._seen):
            self._picture = None
        if self._picture is not None and self._picture[0] == frame:
            return
        if self._picture is not None:
            was, since_s = self._picture
            passed_s = abs(self.times.start_s(frame) - self.times.start_s(was))
            lasted_s = now_s - since_s
            most_s = JITTER * lasted_s
            stood = lasted_s >= LEAST_S or passed_s <= SLOW * most_s
            if stood or passed_s <= FASTEST * most_s:
                self._note(was, stood)
        self._picture = (frame, now_s) if 0 <= frame < len(self._seen) else None

    def shows(
        self, where: str, frames: Iterable[int], now_s: float, large: bool
    ) -> None:
        """Note which frames have a picture in one place, such as the loupe, now.

        A change of ``large`` restarts the time.
        """
        before = self._pictures.get(where, {})
        now = {f: (now_s, large) for f in frames}
        for frame, (since_s, was_large) in before.items():
            if frame in now and was_large == large:
                now[frame] = since_s, was_large
            elif now_s - since_s >= LEAST_S:
                self._note(frame, was_large)
        self._pictures[where] = now

    def settled(self, now_s: float) -> bool:
        """Tell whether the picture has been shown long enough."""
        return self._picture is not None and now_s - self._picture[1] >= LEAST_S

    def sight(self, now_s: float) -> Sight:
        """Return the frames seen so far."""
        made = Sight(self._seen.copy(), self._large.copy(), self.times)
        there = [(f, *s) for on in self._pictures.values() for f, s in on.items()]
        if self._picture is not None:
            there.append((*self._picture, True))
        for frame, since_s, large in there:
            if now_s - since_s >= LEAST_S and frame < len(made.seen):
                made.seen[frame] = True
                made.large[frame] |= large
        return made

    def follow(self, before: Segmentation, after: Segmentation, now_s: float) -> None:
        """Forget frames whose class changed in an edit."""
        other = before.to_frames() != after.to_frames()
        self._seen &= ~other
        self._large &= ~other
        if self._picture is not None and other[self._picture[0]]:
            self._picture = self._picture[0], now_s
        for there in self._pictures.values():
            for frame, (_, large) in there.items():
                if other[frame]:
                    there[frame] = now_s, large

    def _note(self, frame: int, large: bool) -> None:
        if frame < len(self._seen):
            self._seen[frame] = True
            self._large[frame] |= large

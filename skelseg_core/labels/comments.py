"""Comments: people's remarks on frames of a video, independent of label edits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from skelseg_core.errors import EditError
from skelseg_core.typed_values import Whole

MOST_CHARACTERS = 5000
"""Longest text of a comment."""


@dataclass(frozen=True, order=True)
class Comment:
    """A remark on frames of a video.

    Parameters
    ----------
    start, stop : int
        Its frames; ``stop`` is not included.
    track : str or None
        Id of its track; None for the whole video.
    text : str
    author, time : str
        Name of the person, and time in ISO 8601.
    done : bool
        Whether it is resolved.
    """

    start: Whole
    stop: Whole
    track: str | None
    text: str
    author: str
    time: str
    done: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.stop:
            raise EditError("A comment needs at least one frame.")
        if not self.text.strip():
            raise EditError("A comment needs a text.")
        if len(self.text) > MOST_CHARACTERS:
            raise EditError(
                "A comment has at most {:,} characters; write a shorter one.",
                MOST_CHARACTERS,
            )


def sorted_comments(comments: Iterable[Comment], n_frames: int) -> tuple[Comment, ...]:
    """Sort comments and drop duplicates.

    Raises
    ------
    EditError
        If one is outside the video.
    """
    found = sorted({*comments}, key=lambda c: (c.start, c.stop, c.time, c.text))
    for comment in found:
        if comment.stop > n_frames:
            raise EditError(
                "Frame {:,} is outside of the video, which has {:,} frames.",
                comment.stop - 1,
                n_frames,
            )
    return tuple(found)

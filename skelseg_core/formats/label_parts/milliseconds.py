"""Segments in whole milliseconds, for formats that count no finer.

Halves are rounded up. A segment that would become empty is refused: nothing of it would
be left in the file.
"""

from __future__ import annotations

import math

import numpy as np

from skelseg_core.errors import FormatError
from skelseg_core.formats.label_file import LabelledVideo


def whole_ms(seconds: float) -> int:
    """Round a time to milliseconds, halves up."""
    # Binary fractions lie a little beside the half that they stand for.
    return math.floor(round(seconds * 1000, 6) + 0.5)


def span_ms(video: LabelledVideo, start: int, stop: int) -> tuple[int, int]:
    """Return the times of frames ``[start, stop)`` in ms."""
    first, last = video.times.edges_s(np.array([start, stop])).tolist()
    return whole_ms(first), whole_ms(last)


def in_milliseconds(video: LabelledVideo) -> list[tuple[int, int, str]]:
    """List the labelled segments as times ``[start, stop)`` in ms and a class name.

    Raises
    ------
    FormatError
        Where a segment is shorter than a millisecond, or as in `LabelledVideo.named`.
    """
    made = []
    for start, stop, name in video.named():
        first, last = span_ms(video, start, stop)
        if first >= last:
            raise FormatError(
                "The segment '{}' of {} from frame {} to {} is shorter than a "
                "millisecond, which the format cannot store; choose segment-csv.",
                name,
                video.id,
                start,
                stop,
            )
        made.append((first, last, name))
    return made

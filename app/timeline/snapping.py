"""Find the boundary that a press grabs, and the frame that a drag snaps to."""

from __future__ import annotations

import numpy as np

from app.timeline.geometry import TimeWindow

GRAB_PX = 5.0
"""Distance in px to either side within which a press grabs a boundary."""

SNAP_PX = 8.0
"""Distance in px within which a dragged boundary snaps."""


def hit_boundary(boundaries: np.ndarray, view: TimeWindow, x: float) -> int | None:
    """Return the index of the boundary within `GRAB_PX` of ``x``, or None."""
    return _nearest(boundaries, view.position(x), GRAB_PX * view.frames_per_px)


def snap(
    frame: float, candidates: np.ndarray, view: TimeWindow, px: float = SNAP_PX
) -> int | None:
    """Return the nearest candidate (sorted, (N,)) within ``px``, or None."""
    index = _nearest(candidates, frame, px * view.frames_per_px)
    return None if index is None else int(candidates[index])


def _nearest(values: np.ndarray, position: float, reach: float) -> int | None:
    at = int(np.searchsorted(values, position))
    near = [i for i in (at - 1, at) if 0 <= i < len(values)]
    if not near:
        return None
    best = min(near, key=lambda i: abs(float(values[i]) - position))
    return best if abs(float(values[best]) - position) <= reach else None

"""Twins: boundaries at which a person put a segment in, as others may lack one."""

from __future__ import annotations

import numpy as np

from skelseg_core.labels.segmentation import Segmentation

Pair = tuple[int, int]
"""Ids of the classes before and after a boundary."""


def mended_twins(
    pre_label: Segmentation, lane: Segmentation, fixed: np.ndarray | None = None
) -> dict[Pair, int]:
    """Find where a person put a segment in, by the classes on both sides.

    Parameters
    ----------
    pre_label, lane : Segmentation
        What was accepted, and what became of it; of the same T frames.
    fixed : ndarray of bool, shape (T,), optional
        Frames that the pre-label took from a person: they tell nothing of the model.

    Returns
    -------
    dict of (int, int) to int
        Frame of the last such boundary of the pre-label.
    """
    start, stop = pre_label.starts, np.append(pre_label.starts[1:], lane.n_frames)
    now = np.searchsorted(lane.starts, (start + stop) // 2, side="right") - 1
    left, right = now[:-1], now[1:]
    # Somebody vouches for each boundary between the centres of the neighbours.
    agreed = np.cumsum([False, *(s.start_vouched for s in lane.segments[1:])])
    seen = agreed[right] - agreed[left] == right - left
    free = np.ones(len(start), bool)
    if fixed is not None:
        free = np.add.reduceat(fixed.astype(np.int64), start) == 0
    looked_at = seen & free[:-1] & free[1:] & (right - left > 1)
    said, classes = pre_label.class_ids, lane.class_ids
    found: dict[Pair, int] = {}
    for b in np.flatnonzero(looked_at).tolist():
        between = classes[left[b] : right[b] + 1]
        if not ((between[:-1] == said[b]) & (between[1:] == said[b + 1])).any():
            found[int(said[b]), int(said[b + 1])] = int(start[b + 1])
    return found

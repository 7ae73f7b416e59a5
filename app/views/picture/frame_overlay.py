"""People of one frame of a video, in its pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np


@dataclass(frozen=True, eq=False)
class FrameOverlay:
    """People of one frame: keypoints (M, K, 2) px, scores (M, K), the subject.

    ``names`` are name and colour of those who are labelled, by index.
    """

    keypoints: np.ndarray
    scores: np.ndarray
    subject: int = -1
    min_score: float = 0.2
    names: Mapping[int, tuple[str, str]] = field(default_factory=dict)

    @cached_property
    def seen(self) -> np.ndarray:
        """Boolean (M, K): the keypoint was found with a sufficient score."""
        return seen_keypoints(self.keypoints, self.scores, self.min_score)


def person_at(overlay: FrameOverlay, x: float, y: float, reach_px: float) -> int:
    """Return the person whose box, widened by ``reach_px``, holds a point, or -1.

    Of several people, the one whose box has the nearest middle.
    """
    best, nearest = -1, np.inf
    for person, shown in enumerate(overlay.seen):
        points = overlay.keypoints[person][shown]
        if not len(points):
            continue
        low, high = points.min(axis=0) - reach_px, points.max(axis=0) + reach_px
        if (low <= (x, y)).all() and (high >= (x, y)).all():
            distance = float(np.hypot(*((low + high) / 2 - (x, y))))
            if distance < nearest:
                best, nearest = person, distance
    return best


def seen_keypoints(
    keypoints: np.ndarray, scores: np.ndarray, min_score: float
) -> np.ndarray:
    found = np.isfinite(keypoints).all(axis=-1)
    with np.errstate(invalid="ignore"):
        return np.asarray(found & (scores >= min_score))

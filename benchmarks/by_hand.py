"""A played person who names each segment by a key while the video plays."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from benchmarks.least_events import LeastEvents
from benchmarks.working_lane import WorkingLane
from skelseg_core.labels.segmentation import Segmentation

SCATTER_S = 0.15
"""Standard deviation of a reaction; its mean is taken off."""
WRONG_KEYS = 0.02
"""Share of the keys that name a wrong class."""


def named_while_playing(
    truth: Segmentation, rate: float, class_ids: Sequence[int], video: str, seed: int
) -> Segmentation:
    """The lane of somebody who presses a key where each segment begins."""
    dice = np.random.default_rng([seed, zlib.crc32(video.encode())])
    labels = np.full(truth.n_frames, -1)
    begin = 0
    for start, _, class_id in WorkingLane.of(truth).shown:
        if start:
            begin = max(begin + 1, round(start + dice.normal(0, SCATTER_S * rate)))
        if class_id is not None:
            others = [c for c in class_ids if c != class_id]
            if others and dice.random() < WRONG_KEYS:
                class_id = int(dice.choice(others))
        labels[min(begin, truth.n_frames - 1) :] = -1 if class_id is None else class_id
    return Segmentation.from_frames(labels)


def events_left(lane: Segmentation, truth: Segmentation, collar: int) -> int:
    """Fewest events that bring a lane to the truth."""
    shown, true = WorkingLane.of(lane).shown, WorkingLane.of(truth).shown
    return LeastEvents(shown, true, collar).events

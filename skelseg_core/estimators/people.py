"""Collecting people frame by frame, for estimators that see each frame on its own."""

from __future__ import annotations

import numpy as np

from skelseg_core.linking import Linker
from skelseg_core.poses import PoseSequence

MAX_PEOPLE = 10
MIN_SCORE = 0.2  # of a keypoint; what scores less is missing
MIN_KEYPOINTS = 5  # fewer are no person


class People:
    """The people of one video, linked over time as they come in.

    Parameters
    ----------
    n_frames, n_keypoints : int
        Frames of the video, keypoints of the skeleton.
    """

    def __init__(self, n_frames: int, n_keypoints: int) -> None:
        shape = (n_frames, MAX_PEOPLE, n_keypoints)
        self._keypoints = np.full((*shape, 2), np.nan, np.float32)
        self._scores = np.zeros(shape, np.float32)
        self._linker = Linker(MAX_PEOPLE)

    def add(self, frame: int, found: np.ndarray) -> None:
        """Add everybody who was found in a frame, in ascending order of frames.

        Parameters
        ----------
        frame : int
        found : ndarray, shape (N, K, 3)
            x and y in px and score 0..1, the surest person first. Beyond
            `MAX_PEOPLE` nobody is kept.
        """
        sure = np.isfinite(found).all(axis=-1) & (found[..., 2] >= MIN_SCORE)
        people = np.flatnonzero(sure.sum(axis=-1) >= MIN_KEYPOINTS)[:MAX_PEOPLE]
        sure, found = sure[people], found[people]
        keypoints = np.where(sure[..., None], found[..., :2], np.nan)
        slots = self._linker.assign(keypoints)
        for n, slot in enumerate(slots):
            if slot >= 0:
                self._keypoints[frame, slot] = keypoints[n]
                self._scores[frame, slot] = np.where(sure[n], found[n, :, 2], 0)

    def sequence(
        self, skeleton: str, size: tuple[int, int], estimator: str
    ) -> PoseSequence:
        """All of them without unused indices, as exact as pose files keep it."""
        used = np.asarray((self._scores > 0).any(axis=(0, 2)))
        used[0] = True
        return PoseSequence(
            np.round(self._keypoints[:, used] * 64) / 64,
            np.round(np.clip(self._scores[:, used], 0, 1) * 1024) / 1024,
            skeleton,
            size,
            estimator,
        )

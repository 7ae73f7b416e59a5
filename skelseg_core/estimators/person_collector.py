"""Collecting estimated people frame by frame; resuming from pose blocks on disk."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from skelseg_core.estimators.pose_blocks import PoseBlocks
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.tracking import Linker

MAX_PEOPLE = 10
"""People kept in a frame, at most."""
MIN_SCORE = 0.2  # of a keypoint; what scores less is missing
MIN_KEYPOINTS = 5  # fewer are no person


class PersonCollector:
    """People of one video, linked over time frame by frame.

    Parameters
    ----------
    n_frames, n_keypoints : int
        Frames of the video, keypoints of the skeleton.
    max_people : int
        Most people kept in a frame.
    """

    def __init__(
        self, n_frames: int, n_keypoints: int, max_people: int = MAX_PEOPLE
    ) -> None:
        shape = (n_frames, max_people, n_keypoints)
        self._keypoints = np.full((*shape, 2), np.nan, np.float32)
        self._scores = np.zeros(shape, np.float32)
        self._linker = Linker(max_people)
        self._max_people = max_people
        self._blocks: PoseBlocks | None = None

    def begin(
        self, blocks: PoseBlocks | None, *estimator: object
    ) -> Mapping[str, np.ndarray]:
        """Take over the people in blocks on disk, and write new blocks beside them.

        Parameters
        ----------
        blocks : PoseBlocks, optional
            None keeps nothing on disk.
        *estimator
            As in `PoseBlocks.begin`.

        Returns
        -------
        Mapping[str, ndarray]
            The state that was given to `end_frame` at the end of the last block; empty
            where there is none.
        """
        self._blocks, state, done = blocks, {}, 0
        for arrays in blocks.begin(*estimator) if blocks is not None else ():
            stop = done + len(arrays["keypoints"])
            self._keypoints[done:stop] = arrays["keypoints"]
            self._scores[done:stop] = arrays["scores"]
            state, done = dict(arrays), stop
        if state:
            self._linker.restore(state)
        return state

    def add(self, frame: int, found: np.ndarray) -> None:
        """Add everybody who was found in a frame, in ascending order of frames.

        Parameters
        ----------
        frame : int
        found : ndarray, shape (N, K, 3)
            x and y in px and score 0..1, the surest person first. Beyond
            ``max_people`` nobody is kept.
        """
        sure = np.isfinite(found).all(axis=-1) & (found[..., 2] >= MIN_SCORE)
        people = np.flatnonzero(sure.sum(axis=-1) >= MIN_KEYPOINTS)[: self._max_people]
        sure, found = sure[people], found[people]
        keypoints = np.where(sure[..., None], found[..., :2], np.nan)
        self.put(frame, keypoints, np.where(sure, found[..., 2], 0))
        self.end_frame()

    def put(self, frame: int, keypoints: np.ndarray, scores: np.ndarray) -> None:
        """Store people (N, K, 2) and their scores (N, K) at their linked indices."""
        for n, slot in enumerate(self._linker.assign(keypoints)):
            if slot >= 0:
                self._keypoints[frame, slot] = keypoints[n]
                self._scores[frame, slot] = scores[n]

    def fill(self, first: int, last: int) -> None:
        """Draw people on straight lines between two frames.

        Of a keypoint that one of them lacks, the nearer one decides, the first of two
        that are equally near: no more keypoints are missing than where all frames are
        looked at.
        """
        seen = (self._scores[[first, last]] > 0).all(axis=0)
        for values, parts in ((self._keypoints, 64), (self._scores, 1024)):
            # As in a block: so it is the same line where the first is read from one.
            start, end = _as_kept(values[[first, last]], parts)
            both = seen.reshape(seen.shape + (1,) * (values.ndim - seen.ndim - 1))
            for frame in range(first + 1, last):
                share = np.float32((frame - first) / (last - first))
                near = start if share <= 0.5 else end
                between = start + share * (end - start)
                values[frame] = np.where(both, between, near)

    def end_frame(
        self, state: Mapping[str, np.ndarray] | None = None, n_frames: int = 1
    ) -> None:
        """End a frame, or several, with the state that an estimator resumes from."""
        if self._blocks is not None:
            self._blocks.add(
                lambda block: {
                    "keypoints": _as_kept(self._keypoints[block], 64),
                    "scores": _as_kept(np.clip(self._scores[block], 0, 1), 1024),
                    **self._linker.state(),
                    **(state or {}),
                },
                n_frames,
            )

    def sequence(
        self, skeleton: str, size: tuple[int, int], estimator: str
    ) -> PoseSequence:
        """Return all people without unused indices, as exact as in pose files."""
        used = np.asarray((self._scores > 0).any(axis=(0, 2)))
        used[0] = True
        return PoseSequence(
            _as_kept(self._keypoints[:, used], 64),
            _as_kept(np.clip(self._scores[:, used], 0, 1), 1024),
            skeleton,
            size,
            estimator,
        )


def _as_kept(values: np.ndarray, parts: int) -> np.ndarray:
    """Round values to a part of a whole, as pose files keep them."""
    return np.asarray(np.round(values * parts) / parts)

"""Protocol of the 2D pose estimators."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np

from skelseg_core.estimators.pose_blocks import PoseBlocks
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.progress import Task


class PoseEstimator(Protocol):
    """Estimator of people and their keypoints in the frames of a video."""

    @property
    def name(self) -> str:
        """Name and version, as kept with the poses."""

    @property
    def skeleton(self) -> str:
        """Name of the skeleton that it finds."""

    def estimate(
        self,
        frames: Iterable[tuple[int, np.ndarray]],
        n_frames: int,
        size: tuple[int, int],
        blocks: PoseBlocks | None = None,
    ) -> Task[PoseSequence]:
        """Estimate the poses of one video.

        Parameters
        ----------
        frames : iterable of (int, ndarray)
            Frame number and upright RGB picture, uint8 (H, W, 3), in ascending order.
            With ``blocks`` every frame from ``blocks.n_done`` on; the first is asked
            for once that is known.
        n_frames : int
            Number of frames of the video; those not in ``frames`` hold nobody.
        size : tuple of int
            Width and height of the picture in px.
        blocks : PoseBlocks, optional
            Store for poses on the way. Poses in it are not estimated again; the result
            is the same.

        Returns
        -------
        Task of PoseSequence
            One index of axis M is one person for as long as the person is seen.
        """

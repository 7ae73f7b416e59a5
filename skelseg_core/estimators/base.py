"""Protocols of the 2D pose estimators: of ours, and of those that packages add."""

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


class PictureEstimator(Protocol):
    """Estimator of a package: it finds everybody in one picture.

    skelseg gives it the pictures of a video, links people over time, keeps what is
    done where the work is interrupted, and writes the poses.
    """

    @property
    def name(self) -> str:
        """Name and version, as kept with the poses; another one estimates anew."""

    @property
    def skeleton(self) -> str:
        """Name of the skeleton that it finds: ``"coco17"``."""

    def find(self, rgb: np.ndarray) -> np.ndarray:
        """Find everybody in a picture.

        Parameters
        ----------
        rgb : ndarray of uint8, shape (H, W, 3)
            Upright picture.

        Returns
        -------
        ndarray of float, shape (N, K, 3)
            x and y in px of the picture, and score 0..1, of K keypoints of N people,
            the surest person first. Keypoints that score less than 0.2 are missing.
        """

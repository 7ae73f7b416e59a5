"""An estimator of a package, which sees one picture at a time, on a whole video."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from skelseg_core.errors import PluginError
from skelseg_core.estimators.base import PictureEstimator
from skelseg_core.estimators.person_collector import PersonCollector
from skelseg_core.estimators.pose_blocks import PoseBlocks
from skelseg_core.plugins import watched
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.progress import Progress, Task
from skelseg_core.torch_tools.weights import file_hash


class PictureByPicture:
    """Estimator of the poses of a video by what a package finds in single pictures.

    Parameters
    ----------
    found_by : PictureEstimator
    whose : str
        Begins the sentences of its errors.
    package : str
        Name and version.
    weights : str
        Path of its weights file; empty for none.
    """

    def __init__(
        self, found_by: PictureEstimator, whose: str, package: str, weights: str = ""
    ) -> None:
        self._whose = whose
        self._find = watched(found_by.find, whose, np.ndarray)
        self._made_of = [file_hash(Path(weights))] if weights else []
        self.skeleton = found_by.skeleton
        self.name = f"{found_by.name}, {package}, skelseg 1"
        self._n_keypoints = len(load_skeleton(self.skeleton))

    def estimate(
        self,
        frames: Iterable[tuple[int, np.ndarray]],
        n_frames: int,
        size: tuple[int, int],
        blocks: PoseBlocks | None = None,
    ) -> Task[PoseSequence]:
        """Estimate the poses of one video; see `base.PoseEstimator.estimate`."""
        people = PersonCollector(n_frames, self._n_keypoints)
        people.begin(blocks, self.name, *self._made_of)
        for n, rgb in frames:
            people.add(n, self._found(rgb))
            yield Progress("estimating poses", n + 1, n_frames)
        return people.sequence(self.skeleton, size, self.name)

    def _found(self, rgb: np.ndarray) -> np.ndarray:
        found = self._find(rgb)
        shape = (self._n_keypoints, 3)
        if found.shape[1:] != shape or found.dtype.kind not in "fiu":
            raise PluginError(
                "{} returned {} of the shape {} instead of numbers of the shape "
                "(people, {}, {}); its makers can correct it.",
                self._whose,
                found.dtype,
                found.shape,
                *shape,
            )
        return found

"""Pose blocks: poses that are being estimated, kept on disk so that none is lost.

A block is a file with the poses of some frames and the state from which the estimator
goes on. Its name holds the key of the video file, the estimator with its version, and
the frames, so that no other block is ever taken, and two processes that estimate the
same video may use each other's. Poses resumed from blocks equal those of one run, to
the last bit.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from skelseg_core import __version__
from skelseg_core.array_files import content_key, load_npz, save_npz
from skelseg_core.errors import FormatError, ProjectError
from skelseg_core.files import check_there
from skelseg_core.poses.sequence import PoseSequence

BLOCK_S = 20.0
"""Seconds of work in a block: so much is lost at most when the program ends."""
RECIPE = 1
"""Version of the content of blocks; raising it makes all blocks unfit."""

Arrays = Mapping[str, np.ndarray]
_log = logging.getLogger(__name__)


class PoseBlocks:
    """Pose blocks of one video, in a folder of their own.

    Parameters
    ----------
    folder : Path
        Made with the first block.
    video : str
        Fingerprint of the video file.
    n_frames : int
        Of the video.
    size : tuple of int
        Width and height of its picture in px.
    """

    def __init__(
        self, folder: Path, video: str, n_frames: int, size: tuple[int, int]
    ) -> None:
        self.folder = folder
        self.first = self.n_done = 0
        self._written = 0
        self._video = [RECIPE, __version__, video, n_frames, *size]
        self._key = ""
        self._since = 0.0

    def begin(self, *estimator: object) -> Iterator[Arrays]:
        """Read the blocks that are there, the first frames first.

        Afterwards `n_done` frames are done, and `first` is the one to go on with.

        Parameters
        ----------
        *estimator
            Everything besides the pictures that poses depend on: name, version,
            weights, settings of the estimator.
        """
        self._key = content_key(self._video, estimator)
        self.first = self.n_done = self._written = 0
        while (found := self._next()) is not None:
            self.n_done, arrays = found
            yield arrays
        self.first = self._written = self.n_done
        self._since = time.monotonic()

    def _next(self) -> tuple[int, Arrays] | None:
        """Find the largest good block after the last one, and its end."""
        names = f"{self._key}-{self.n_done:09d}-*.npz"
        for path in sorted(self.folder.glob(names), reverse=True):
            with suppress(FormatError, ValueError):
                return int(path.stem.rpartition("-")[2]), load_npz(path)
        return None

    def add(self, arrays: Callable[[slice], Arrays], n_frames: int = 1) -> None:
        """Count more frames; write a block where it is time for one.

        Parameters
        ----------
        arrays : callable
            Returns the arrays for a block of these frames.
        n_frames : int
            How many are done since the last call.
        """
        self.n_done += n_frames
        if time.monotonic() - self._since < BLOCK_S:
            return
        self._since = time.monotonic()
        name = f"{self._key}-{self._written:09d}-{self.n_done:09d}.npz"
        try:
            check_there(self.folder.parents[1])
            save_npz(self.folder / name, arrays(slice(self._written, self.n_done)))
        except ProjectError as error:
            # Go on: only time is lost, and the finished poses may still be written.
            _log.warning("Poses are not kept on the way: %s", error)
        else:
            self._written = self.n_done

    def remove(self) -> None:
        """Remove all blocks of the video, of whatever estimator."""
        remove_blocks(self.folder)


def remove_blocks(folder: Path) -> None:
    """Remove the blocks in a folder, and those folders that are empty then."""
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()


def newest_blocks(folder: Path) -> list[Path]:
    """List the blocks of the estimate that was written to last, first frames first."""
    ends: dict[int, tuple[int, Path]] = {}
    with suppress(OSError, ValueError):
        newest = max(folder.glob("*.npz"), key=lambda path: path.stat().st_mtime_ns)
        key = newest.stem.rsplit("-", 2)[0]
        for path in sorted(folder.glob(f"{key}-*.npz")):
            first, end = map(int, path.stem.rsplit("-", 2)[1:])
            ends[first] = end, path
    found, done = [], 0
    while done in ends and ends[done][0] > done:
        done, path = ends[done]
        found.append(path)
    return found


def poses_so_far(
    blocks: Iterable[Path], n_frames: int, size: tuple[int, int], skeleton: str
) -> PoseSequence:
    """Read the poses in blocks, to look at; nobody is in the other frames.

    Raises
    ------
    FormatError
        Where a block is damaged, or is gone.
    """
    read, n_people = [], 1
    for arrays in map(load_npz, blocks):
        keypoints, scores = arrays["keypoints"], arrays["scores"]
        used = np.flatnonzero((scores > 0).any(axis=(0, 2)))
        n = int(used[-1]) + 1 if len(used) else 0
        # A block has room for people who are not there.
        read.append((keypoints[:, :n].copy(), scores[:, :n].copy()))
        n_people = max(n_people, n)
    n_keypoints = read[0][1].shape[-1]
    keypoints = np.full((n_frames, n_people, n_keypoints, 2), np.nan, np.float32)
    scores = np.zeros(keypoints.shape[:-1], np.float32)
    done = 0
    for found, sure in read:
        stop, n = done + len(found), found.shape[1]
        keypoints[done:stop, :n], scores[done:stop, :n] = found, sure
        done = stop
    return PoseSequence(keypoints, scores, skeleton, size, "")

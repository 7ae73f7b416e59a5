"""Poses that are being estimated, on disk block by block: nothing is lost by leaving.

A block is a file with the poses of some frames, what the estimator has to know of them
to go on, and in its name what it follows from: the video file, the estimator and its
version, the frames. So a block of anything else is never taken, and where two processes
estimate the same video each may take those of the other. Poses that went on from blocks
are those of one run, to the last bit.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from skelseg_core import __version__
from skelseg_core.errors import FormatError, ProjectError
from skelseg_core.files import content_key, load_npz, save_npz

BLOCK_S = 20.0
"""So many seconds of work are in a block; what is lost by leaving is less."""
RECIPE = 1
"""A new number makes all blocks unfit: for changes of what is in them."""

Arrays = Mapping[str, np.ndarray]
_log = logging.getLogger(__name__)


class PoseBlocks:
    """The blocks of one video, in a folder of their own.

    Parameters
    ----------
    folder : Path
        Where they lie; made at the first block.
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
        """Give what is in the blocks that are there, the first frames first.

        Afterwards `n_done` frames are done, and `first` is the one to go on with.

        Parameters
        ----------
        *estimator
            All that its poses follow from besides the pictures: name, version, weights,
            settings.
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

    def add(self, arrays: Callable[[slice], Arrays]) -> None:
        """Count one more frame; write a block where it is time for one.

        Parameters
        ----------
        arrays : callable
            Gives what goes into the block of these frames.
        """
        self.n_done += 1
        if time.monotonic() - self._since < BLOCK_S:
            return
        self._since = time.monotonic()
        name = f"{self._key}-{self._written:09d}-{self.n_done:09d}.npz"
        try:
            save_npz(self.folder / name, arrays(slice(self._written, self.n_done)))
        except ProjectError as error:
            # The poses themselves may still find room; nothing but time is at stake.
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

"""Feature rows by frame: after poses change in a few frames only those are made again.

Features are kept for a whole video, under a key of all that they depend on. Beside them
lies a hash for every frame, of what the features of that frame depend on and no more:

* of a heatmap the keypoints in px of the grid, with the scores that they are drawn
  with. Where the box around them changes, every frame does;
* of the square around the subject its place in the frame, in whole px.

Features of another state of the same video are found by these hashes, and the rows
that agree are taken over. They may differ from rows made anew in the last bit: networks
add in another order where a batch has another size.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skelseg_core.array_files import content_key, load_npy, save_npy
from skelseg_core.errors import FormatError, ProjectError
from skelseg_core.features.extraction import FeatureCache

HASH_BYTES = 16
"""Length of the hash of a frame."""
MAX_STATES = 8
"""States of one video and recipe that are kept; those of a long video are large."""


def frame_hashes(*parts: np.ndarray) -> np.ndarray:
    """Hash arrays (T, ...) frame by frame; equal only where all arrays are.

    Returns
    -------
    ndarray of uint8, shape (T, HASH_BYTES)
    """
    rows = [np.ascontiguousarray(p).reshape(len(p), -1).view(np.uint8) for p in parts]
    joined = np.concatenate(rows, axis=1)
    hashes = [hashlib.blake2b(r, digest_size=HASH_BYTES).digest() for r in joined]
    return np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, HASH_BYTES)


@dataclass(frozen=True)
class FeatureRows:
    """Frame hashes of features in a cache, to reuse rows of unchanged frames.

    Parameters
    ----------
    cache : FeatureCache
    base : str
        Key of everything that all frames depend on: settings and the video's pixels.
    """

    cache: FeatureCache
    base: str

    def find(self, hashes: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:
        """Find the features of the state that agrees in most frames, and in which.

        Returns
        -------
        features : ndarray (T, D), or None
            In half precision, right where ``known``; None where no state is there.
        known : ndarray of bool, shape (T,)
        """
        best, known = "", np.zeros(len(hashes), bool)
        for key, theirs in self._states(hashes.shape):
            agree = np.asarray((theirs == hashes).all(axis=1))
            if agree.sum() > known.sum() and self.cache.path(key).is_file():
                best, known = key, agree
        features = self.cache.get(best) if best else None
        if features is None or len(features) != len(hashes):
            return None, np.zeros(len(hashes), bool)
        return features, known

    def keep(self, key: str, hashes: Callable[[], np.ndarray]) -> None:
        """Store which frames the features under ``key`` are of, unless stored."""
        path = self.cache.path(self._name(key))
        with contextlib.suppress(ProjectError, OSError):
            if path.is_file():
                os.utime(path)
                return
            save_npy(path, hashes())
        for old in self._files()[MAX_STATES:]:
            with contextlib.suppress(OSError):
                self.cache.path(self._key(old)).unlink(missing_ok=True)
                old.unlink()

    def _name(self, key: str) -> str:
        return f"{self._prefix}{key}"

    @property
    def _prefix(self) -> str:
        return f"rows-{content_key(self.base)}-"

    def _key(self, path: Path) -> str:
        return path.stem.removeprefix(self._prefix)

    def _files(self) -> list[Path]:
        """List the files of hashes, the newest first."""
        found = []
        for path in self.cache.folder.glob(f"{self._prefix}*.npy"):
            # Another process may have removed the file meanwhile.
            with contextlib.suppress(OSError):
                found.append((path.stat().st_mtime_ns, path))
        return [path for _, path in sorted(found, reverse=True)]

    def _states(self, shape: tuple[int, ...]) -> Iterator[tuple[str, np.ndarray]]:
        for path in self._files():
            with contextlib.suppress(FormatError):
                hashes = load_npy(path)
                if hashes.shape == shape and hashes.dtype == np.uint8:
                    yield self._key(path), hashes

"""Short segments: given away to their neighbours, where no lengths are counted."""

from __future__ import annotations

import numpy as np


def _runs(path: np.ndarray) -> list[tuple[int, int]]:
    cuts = (np.flatnonzero(np.diff(path)) + 1).tolist()
    return list(zip([0, *cuts], [*cuts, len(path)], strict=True))


def absorb_short(
    path: np.ndarray, logs: np.ndarray, bound: np.ndarray, min_frames: int
) -> np.ndarray:
    """Give runs shorter than ``min_frames`` to their neighbours, shortest first.

    Parameters
    ----------
    path : ndarray of int, shape (T,)
        Column of each frame.
    logs : ndarray of float, shape (T, C)
        Log probabilities of the columns.
    bound : ndarray of bool, shape (T,)
        Frames whose run stays, whatever its length.
    min_frames : int
    """
    path = path.copy()
    for length in range(1, min_frames):
        while True:
            short = [
                (a, b)
                for a, b in _runs(path)
                if b - a <= length and b - a < len(path) and not bound[a:b].any()
            ]
            if not short:
                break
            for a, b in short:
                # The run before may just have grown this one; it waits its turn.
                if a == 0 or path[a - 1] != path[a]:
                    _give_away(path, logs, a, b)
    return path


def _give_away(path: np.ndarray, logs: np.ndarray, a: int, b: int) -> None:
    """Share the frames a..b between the classes before and after, as fits best."""
    if a == 0:
        path[a:b] = path[b]
        return
    left = path[a - 1]
    if b == len(path):
        path[a:b] = left
        return
    right = path[b]
    gain = np.cumsum(logs[a:b, left] - logs[a:b, right])
    cut = a + int(np.argmax(np.concatenate([[0.0], gain])))
    path[a:cut] = left
    path[cut:b] = right

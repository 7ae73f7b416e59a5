"""Corrections: which of a person's mendings another model would have spared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skelseg_core.labels.segmentation import UNLABELLED


@dataclass(frozen=True)
class Corrections:
    """Segments that one model had wrong, and what another makes of all of them.

    A segment counts as right where most of its frames are.

    Parameters
    ----------
    made : int
        Segments that the earlier model had wrong: a person corrected them.
    fixed : int
        Of these, the segments that the other model has right.
    broken : int
        Segments that the earlier model had right and the other has wrong.
    """

    made: int = 0
    fixed: int = 0
    broken: int = 0

    def __add__(self, other: Corrections) -> Corrections:
        return Corrections(
            self.made + other.made, self.fixed + other.fixed, self.broken + other.broken
        )


def compare_corrections(
    truth: np.ndarray, before: np.ndarray, now: np.ndarray
) -> Corrections:
    """Count what a person corrected of one model, and what another has right of it.

    Parameters
    ----------
    truth, before, now : ndarray of int, shape (T,)
        Framewise labels of the person and of the two models; -1 in ``truth`` is
        unlabelled, and is left out.
    """
    cuts = np.flatnonzero(np.diff(truth)) + 1
    starts = np.concatenate([[0], cuts])
    lengths = np.diff(np.append(starts, len(truth)))
    known = truth[starts] != UNLABELLED
    was = np.add.reduceat(before == truth, starts) * 2 > lengths
    is_ = np.add.reduceat(now == truth, starts) * 2 > lengths
    return Corrections(
        int((known & ~was).sum()),
        int((known & ~was & is_).sum()),
        int((known & was & ~is_).sum()),
    )

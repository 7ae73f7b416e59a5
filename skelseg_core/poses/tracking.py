"""Tracking: link people over frames, so that one index of axis M is one person.

Estimators feed `Linker` frame by frame; `link_individuals` repairs poses from files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from skelseg_core.poses.sequence import LOST_AFTER, PoseSequence, boxes

REACH = 0.4
"""Farthest motion of a person between two frames, in body sizes."""


class Linker:
    """Give the people in a new frame their previous indices.

    Fed frame by frame. Greedy by the mean distance of common keypoints, relative to
    body size, nearest pair first; a person out of sight for more than `LOST_AFTER`
    frames frees the index.

    Parameters
    ----------
    n_individuals : int
        Number of indices M.
    """

    def __init__(self, n_individuals: int) -> None:
        self._last: list[np.ndarray | None] = [None] * n_individuals
        self._unseen = [0] * n_individuals

    def assign(self, keypoints: np.ndarray) -> list[int]:
        """Assign an index to each of N people (N, K, 2); -1 if none is free."""
        slots = [-1] * len(keypoints)
        pairs = [
            (self._distance(slot, seen), slot, n)
            for slot in range(len(self._last))
            for n, seen in enumerate(keypoints)
        ]
        taken: set[int] = set()
        for distance, slot, n in sorted(pairs):
            limit = REACH * (1 + 0.1 * self._unseen[slot])
            if distance <= limit and slots[n] < 0 and slot not in taken:
                slots[n] = slot
                taken.add(slot)
        for n, slot in enumerate(slots):
            if slot < 0:
                slots[n] = self._free(taken)
                taken.add(slots[n])
        self._remember(keypoints, slots)
        return slots

    def state(self) -> dict[str, np.ndarray]:
        """Return arrays from which `restore` continues."""
        known = [n for n, last in enumerate(self._last) if last is not None]
        last = [last for last in self._last if last is not None]
        return {
            "known": np.array(known, np.int64),
            "last": np.stack(last) if last else np.zeros((0, 0, 2), np.float32),
            "unseen": np.array(self._unseen, np.int64),
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Continue from a `state` of the same number of indices."""
        self._last = [None] * len(self._last)
        for slot, last in zip(state["known"].tolist(), state["last"], strict=True):
            self._last[slot] = last
        self._unseen = state["unseen"].tolist()

    def _free(self, taken: set[int]) -> int:
        for slot, last in enumerate(self._last):
            if last is None and slot not in taken:
                return slot
        return -1

    def _remember(self, keypoints: np.ndarray, slots: list[int]) -> None:
        for slot in range(len(self._last)):
            if slot in slots:
                self._last[slot] = keypoints[slots.index(slot)]
                self._unseen[slot] = 0
            else:
                self._unseen[slot] += 1
                if self._unseen[slot] > LOST_AFTER:
                    self._last[slot] = None

    def _distance(self, slot: int, seen: np.ndarray) -> float:
        last = self._last[slot]
        return np.inf if last is None else pose_distance(last, seen)


def pose_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Compute the distance of two people (K, 2) in body sizes; inf for nobody.

    The mean distance of common keypoints; with fewer than three, that of the box
    centres.
    """
    two = boxes(np.stack([a, b]))
    if not np.isfinite(two).all():
        return float("inf")
    scale = max(float((two[:, 2:] - two[:, :2]).max()), 1.0)
    common = np.isfinite(a).all(axis=-1) & np.isfinite(b).all(axis=-1)
    if common.sum() >= 3:
        step = a[common] - b[common]
    else:
        middles = (two[:, :2] + two[:, 2:]) / 2
        step = middles[:1] - middles[1:]
    return float(np.hypot(step[:, 0], step[:, 1]).mean()) / scale


def link_individuals(poses: PoseSequence) -> PoseSequence:
    """Reorder axis M so that one index is one person while that person is seen.

    For poses from tools that number people anew in every frame.
    """
    linker = Linker(poses.n_individuals)
    keypoints = np.full_like(poses.keypoints, np.nan)
    scores = np.zeros_like(poses.scores)
    for frame in range(poses.n_frames):
        there = np.flatnonzero((poses.scores[frame] > 0).any(axis=-1))
        for n, slot in zip(
            there, linker.assign(poses.keypoints[frame, there]), strict=True
        ):
            if slot >= 0:
                keypoints[frame, slot] = poses.keypoints[frame, n]
                scores[frame, slot] = poses.scores[frame, n]
    return replace(poses, keypoints=keypoints, scores=scores)

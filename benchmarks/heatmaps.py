"""Heatmaps of skelseg against a plain loop over frames, keypoints and limbs.

The plain loop draws every Gaussian into its box with numpy, as PYSKL does, and sums the
maps of a frame. Both draw the same frames in turns; prints frames per second of each
(median), their ratio, the largest difference where neither is cut off, and how much
memory ours takes besides its result. Both run in one thread; time is that of the
processor, so that other programs disturb little.
"""

from __future__ import annotations

import argparse
import statistics
import time
import tracemalloc

import numpy as np

from skelseg_core.poses.heatmaps import draw_heatmaps
from skelseg_core.poses.skeletons import load_skeleton

SIZE, SIGMA = 56, 0.6
EDGES = load_skeleton("coco17").edges
# Somebody who stands upright, in px of the grid.
BODY_X = [28, 29, 27, 31, 25, 34, 22, 38, 18, 39, 17, 32, 24, 33, 23, 33, 23]
BODY_Y = [6, 5, 5, 6, 6, 13, 13, 22, 22, 31, 31, 30, 30, 41, 41, 52, 52]


def people(n_frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints (T, 1, 17, 2) and scores (T, 1, 17) of somebody who moves."""
    rng = np.random.default_rng(0)
    spread = np.where(np.arange(17) < 5, 0.4, 3.0)[:, None]
    points = (
        np.stack([BODY_X, BODY_Y], axis=1)
        + rng.normal(0, 1, (n_frames, 1, 17, 2)) * spread
    )
    return points.astype(np.float32), rng.uniform(0.3, 1, points.shape[:3]).astype("f4")


# -- the plain loop -----------------------------------------------------------------


def box(low: float, high: float) -> np.ndarray:
    """Pixels from ``int(low - 3 sigma)`` to ``int(high + 3 sigma)`` on the grid."""
    first, last = int(low - 3 * SIGMA), int(high + 3 * SIGMA)
    return np.arange(max(first, 0), min(last + 1, SIZE), dtype=np.float32)


def put(target: np.ndarray, x: np.ndarray, y: np.ndarray, values: np.ndarray) -> None:
    if x.size and y.size:
        part = target[int(y[0]) : int(y[-1]) + 1, int(x[0]) : int(x[-1]) + 1]
        np.maximum(part, values, out=part)


def joint(target: np.ndarray, at: np.ndarray, score: float) -> None:
    x, y = box(at[0], at[0]), box(at[1], at[1])
    squared = (x - at[0]) ** 2 + (y[:, None] - at[1]) ** 2
    put(target, x, y, np.exp(-squared / (2 * SIGMA**2)) * score)


def limb(
    target: np.ndarray, a: np.ndarray, b: np.ndarray, score_a: float, score_b: float
) -> None:
    step = b - a
    if step @ step < 1:
        return joint(target, a, score_a)
    x = box(min(a[0], b[0]), max(a[0], b[0]))
    y = box(min(a[1], b[1]), max(a[1], b[1]))
    rows = y[:, None]
    share = ((x - a[0]) * step[0] + (rows - a[1]) * step[1]) / (step @ step)
    share = np.clip(share, 0, 1)
    squared = (x - a[0] - share * step[0]) ** 2 + (rows - a[1] - share * step[1]) ** 2
    values = np.exp(-squared / (2 * SIGMA**2)) * min(score_a, score_b)
    return put(target, x, y, values)


def plain(points: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """The maps of one frame, (17 + 17, 56, 56)."""
    maps = np.zeros((len(points) + len(EDGES), SIZE, SIZE), np.float32)
    for k in range(len(points)):
        joint(maps[k], points[k], scores[k])
    for target, (i, j) in zip(maps[len(points) :], EDGES, strict=True):
        limb(target, points[i], points[j], scores[i], scores[j])
    return maps


def cut(points: np.ndarray) -> np.ndarray:
    """Pixels (56, 56) that lie beyond 3 sigma of some limb but in its box."""
    found = np.zeros((SIZE, SIZE), bool)
    maps = plain(points, np.ones(len(points)))[len(points) :]
    for values in maps:
        found |= (values > 0) & (values < np.exp(-4.5) + 1e-4)
    return found


def largest_difference(points: np.ndarray, scores: np.ndarray) -> float:
    drawn = draw_heatmaps(points, scores, EDGES)
    worst = 0.0
    for ours, at, score in zip(drawn, points[:, 0], scores[:, 0], strict=True):
        off = np.abs(ours - plain(at.astype("f8"), score.astype("f8")).sum(axis=0))
        worst = max(worst, float(off[~cut(at)].max()))
    return worst


# -- both ---------------------------------------------------------------------------


def seconds_plain(points: np.ndarray, scores: np.ndarray) -> float:
    begin = time.thread_time()
    for at, score in zip(points[:, 0], scores[:, 0], strict=True):
        plain(at, score).sum(axis=0)
    return time.thread_time() - begin


def seconds_ours(points: np.ndarray, scores: np.ndarray) -> float:
    begin = time.thread_time()
    draw_heatmaps(points, scores, EDGES)
    return time.thread_time() - begin


def extra_memory(points: np.ndarray, scores: np.ndarray) -> float:
    """MB at the peak besides the result."""
    tracemalloc.start()
    drawn = draw_heatmaps(points, scores, EDGES)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return (peak - drawn.nbytes) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=5400)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    points, scores = people(options.frames)
    some = slice(0, min(600, options.frames))  # the plain loop needs no more
    seconds_ours(points, scores)  # the first use of memory is slow on some machines
    theirs, ours = [], []
    for _ in range(options.rounds):
        theirs.append(seconds_plain(points[some], scores[some]) / some.stop)
        ours.append(seconds_ours(points, scores) / options.frames)
    slow, fast = statistics.median(theirs), statistics.median(ours)
    frame = statistics.median(
        seconds_ours(points[t : t + 1], scores[t : t + 1]) for t in range(200)
    )
    print(f"{options.frames} frames, COCO-17, joint + limb, {SIZE}x{SIZE}")
    print(f"plain loop {1 / slow:,.0f} frames/s; skelseg {1 / fast:,.0f} frames/s")
    print(f"ratio {slow / fast:.1f}; all in {fast * options.frames:.2f} s")
    print(f"one frame alone {1000 * frame:.2f} ms")
    print(f"largest difference {largest_difference(points[:200], scores[:200]):.1e}")
    print(f"memory besides the result {extra_memory(points, scores):.1f} MB")


if __name__ == "__main__":
    main()

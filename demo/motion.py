"""How bodies move: minimum-jerk paths, two-link inverse kinematics, planted steps.

World: x to the right, y up, z away from the viewer; one unit is one pixel of the
picture at z = 0. Time is in seconds, arrays have time first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np


def min_jerk(s: np.ndarray) -> np.ndarray:
    """Minimum-jerk progress: 0 before s = 0, 1 after s = 1, at rest at both ends."""
    s = np.clip(s, 0.0, 1.0)
    progress: np.ndarray = s * s * s * (10.0 + s * (6.0 * s - 15.0))
    return progress


def bump(s: np.ndarray) -> np.ndarray:
    """0 outside of 0..1, smoothly up to 1 at s = 0.5 and back."""
    s = np.clip(s, 0.0, 1.0)
    value: np.ndarray = 16.0 * s * s * (1.0 - s) * (1.0 - s)
    return value


def smooth(values: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian smoothing along time (axis 0), sigma in samples, ends held."""
    reach = max(1, int(np.ceil(3 * sigma)))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    padding = [(reach, reach)] + [(0, 0)] * (values.ndim - 1)
    padded = np.pad(values, padding, mode="edge")
    windows = [padded[i : i + len(values)] for i in range(2 * reach + 1)]
    total: np.ndarray = sum(
        (k * w for k, w in zip(kernel, windows, strict=True)),
        start=np.zeros_like(values, dtype=float),
    )
    return total


@dataclass
class Track:
    """A value over time that moves from key to key on minimum-jerk paths."""

    start: float
    keys: list[tuple[float, float, float]] = field(default_factory=list)

    def to(self, t0: float, t1: float, value: float) -> None:
        """Move to ``value`` between ``t0`` and ``t1``."""
        self.keys.append((t0, t1, value))

    @property
    def last(self) -> float:
        """Value after the last key."""
        return self.keys[-1][2] if self.keys else self.start

    def sample(self, times: np.ndarray) -> np.ndarray:
        """Values at ``times``, shape (T,)."""
        value = np.full(len(times), self.start)
        for t0, t1, goal in self.keys:
            value += (goal - value) * min_jerk((times - t0) / (t1 - t0))
        return value


def two_link(
    root: np.ndarray, target: np.ndarray, l1: float, l2: float, pole: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Middle joint and end of a two-link limb that reaches for ``target``.

    Parameters
    ----------
    root, target, pole : ndarray, shape (T, 3)
        Where the limb begins, where it should end, and which way the middle bends.
    l1, l2 : float
        Lengths of the links; they hold exactly, a target out of reach is missed.

    Returns
    -------
    middle, end : ndarray, shape (T, 3)
    """
    line = target - root
    distance = np.linalg.norm(line, axis=-1, keepdims=True)
    axis = line / np.maximum(distance, 1e-9)
    reach = np.clip(distance, abs(l1 - l2) + 1e-6, (l1 + l2) * 0.9995)
    along = (l1 * l1 - l2 * l2 + reach * reach) / (2 * reach)
    height = np.sqrt(np.maximum(l1 * l1 - along * along, 0.0))
    side = pole - axis * np.sum(pole * axis, axis=-1, keepdims=True)
    side /= np.maximum(np.linalg.norm(side, axis=-1, keepdims=True), 1e-9)
    return root + axis * along + side * height, root + axis * reach


@dataclass(frozen=True)
class FootMove:
    """One foot (0 left, 1 right) swings to (x, z) between t0 and t1, toes to yaw."""

    foot: int
    t0: float
    t1: float
    x: float
    z: float
    yaw: float


@dataclass(frozen=True)
class Feet:
    """Ankles on the ground: positions (T, 2, 3) above foot sole, lifts, toes."""

    position: np.ndarray
    yaw: np.ndarray
    pitch: np.ndarray


def heading(yaw: np.ndarray | float) -> np.ndarray:
    """Unit vector forward: yaw 0 looks right, pi / 2 at the viewer, pi left."""
    yaw = np.asarray(yaw, float)
    return np.stack([np.cos(yaw), np.zeros_like(yaw), -np.sin(yaw)], axis=-1)


def leftward(yaw: np.ndarray | float) -> np.ndarray:
    """Unit vector to the left-hand side of somebody who looks along ``yaw``."""
    yaw = np.asarray(yaw, float)
    return np.stack([np.sin(yaw), np.zeros_like(yaw), np.cos(yaw)], axis=-1)


def plan_walk(
    start: float, stop: float, t0: float, step: float, step_s: float
) -> tuple[list[tuple[float, float]], list[tuple[float, float, float]]]:
    """Body knots (t, x) and foot swings (t0, t1, x) from ``start`` to ``stop``.

    The body is always midway between the two feet, so that it gathers speed in the
    first step and loses it in the last.
    """
    n = max(1, round(abs(stop - start) / step))
    stride = (stop - start) / n
    swings = [
        (t0 + j * step_s, t0 + (j + 1) * step_s, start + stride * min(j + 1, n))
        for j in range(n + 1)
    ]
    knots = [(t0, start)]
    for j, (_, t1, _) in enumerate(swings):
        knots.append((t1, stop if j == n else start + stride * (j + 0.5)))
    return knots, swings


def sample_body(knots: Sequence[tuple[float, float]], times: np.ndarray) -> np.ndarray:
    """Body x at ``times`` from (t, x) knots, corners rounded over about 0.1 s."""
    fine = np.arange(times[0] - 1.0, times[-1] + 1.0, 0.01)
    t, x = np.array(knots).T
    path: np.ndarray = np.interp(times, fine, smooth(np.interp(fine, t, x), 9.0))
    return path


def sample_feet(
    start: np.ndarray, yaw: float, moves: Sequence[FootMove], times: np.ndarray
) -> Feet:
    """Feet over time: planted but while they swing; heels rise before a swing.

    Parameters
    ----------
    start : ndarray, shape (2, 3)
        Left and right foot on the ground at the beginning.
    """
    n = len(times)
    position = np.repeat(start[None].astype(float), n, axis=0)
    toes = np.full((n, 2), yaw)
    pitch = np.zeros((n, 2))
    for move in moves:
        span = move.t1 - move.t0
        s = (times - move.t0) / span
        rate = min_jerk(s)
        here = position[:, move.foot]
        travel = abs(move.x - here[np.searchsorted(times, move.t0) - 1, 0])
        size = min(1.0, 0.25 + travel / 90.0)
        here[:, 0] += (move.x - here[:, 0]) * rate
        here[:, 2] += (move.z - here[:, 2]) * rate
        here[:, 1] += 9.0 * size * bump(s)
        toes[:, move.foot] += (move.yaw - toes[:, move.foot]) * rate
        heel = bump((s + 0.45) / 1.15)
        pitch[:, move.foot] += size * (0.62 * heel - 0.3 * bump((s - 0.55) / 0.75))
    return Feet(position, toes, pitch)

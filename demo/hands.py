"""Where hands are: at rest, on the hips, holding, on a handle that moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from demo.body import UP, Body

Point = tuple[float, float, float]
RIM = 17.0
"""From the middle of a plate to where a hand holds it."""


@dataclass
class Frame:
    """What hand targets refer to, sampled over time."""

    body: Body
    pelvis: np.ndarray
    neck: np.ndarray
    forward: np.ndarray
    left: np.ndarray
    swing: np.ndarray
    door: np.ndarray
    drawer: np.ndarray
    breath: np.ndarray


def resolve(target: str | Point, hand: int, frame: Frame) -> np.ndarray:
    """Where the palm of a hand (0 left, 1 right) belongs for a target, (T, 3)."""
    if isinstance(target, tuple):
        return np.broadcast_to(np.array(target), frame.pelvis.shape)
    if target in ("door", "cabinet"):
        return frame.door
    if target == "drawer":
        return frame.drawer
    makers: dict[str, Callable[[int, Frame], np.ndarray]] = {
        "rest": _rest,
        "hips": _hips,
        "hold1": _hold_one,
        "hold2": _hold_two,
    }
    return makers[target](hand, frame)


def _rest(hand: int, frame: Frame) -> np.ndarray:
    """The arm hangs and swings against the leg of its side."""
    side = 1.0 if hand == 0 else -1.0
    reach = 0.955 * frame.body.reach
    angle = 0.1 + 0.008 * np.clip(frame.swing[:, 1 - hand], -60, 60)
    out = side * (frame.body.shoulder + 4.0) * frame.left
    ahead = (reach * np.sin(angle) + 2.0)[:, None] * frame.forward
    palm: np.ndarray = frame.neck + out + ahead - (reach * np.cos(angle))[:, None] * UP
    return palm


def _hips(hand: int, frame: Frame) -> np.ndarray:
    side = 1.0 if hand == 0 else -1.0
    out = side * (frame.body.shoulder + 3.0) * frame.left
    palm: np.ndarray = frame.pelvis + out + 11.0 * UP + 6.0 * frame.forward
    return palm


def _hold_one(hand: int, frame: Frame) -> np.ndarray:
    side = 1.0 if hand == 0 else -1.0
    out = side * 0.55 * frame.body.shoulder * frame.left
    up = (0.56 * frame.body.spine + 0.8 * frame.breath)[:, None] * UP
    palm: np.ndarray = frame.pelvis + out + up + 0.2 * frame.body.height * frame.forward
    return palm


def _hold_two(hand: int, frame: Frame) -> np.ndarray:
    side = 1.0 if hand == 0 else -1.0
    out = side * RIM * frame.left
    up = (0.5 * frame.body.spine + 0.8 * frame.breath)[:, None] * UP
    palm: np.ndarray = frame.pelvis + out + up + 0.2 * frame.body.height * frame.forward
    return palm

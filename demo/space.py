"""Where things stand in the kitchen, and how the picture shows the world.

World: x to the right, y up, z away from the viewer, in pixels; the floor is y = 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

WIDTH, HEIGHT, FPS = 640, 360, 15
SLANT_X, SLANT_Y, FLOOR_Y = 0.45, 0.36, 352.0
LANE_Z = 85.0
"""Depth at which the person walks: behind the table, before the counter."""

WALL_X, ROOM_Z = -12.0, 200.0
COUNTER_X, COUNTER_Y, COUNTER_Z = 70.0, 105.0, (40.0, 190.0)
DRAWER_Z, DRAWER_Y, DRAWER_TRAVEL = (50.0, 118.0), (79.0, 99.0), 40.0
CABINET_X, CABINET_Y, CABINET_Z = 50.0, (150.0, 226.0), (50.0, 118.0)
DOOR_ANGLE = 1.15
HANDLE_R = 59.0


def project(points: np.ndarray) -> np.ndarray:
    """Pixels (..., 2) of world points (..., 3): a slanted parallel view."""
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    return np.stack([x + SLANT_X * z, FLOOR_Y - y - SLANT_Y * z], axis=-1)


def drawer_handle(opened: np.ndarray) -> np.ndarray:
    """World position (T, 3) of the drawer's handle, ``opened`` from 0 to 1."""
    x = COUNTER_X + 4.0 + DRAWER_TRAVEL * opened
    return np.stack([x, np.full_like(x, 91.0), np.full_like(x, 84.0)], axis=-1)


def door_handle(opened: np.ndarray) -> np.ndarray:
    """World position (T, 3) of the cabinet door's handle, ``opened`` from 0 to 1."""
    angle = DOOR_ANGLE * opened
    x = CABINET_X + 2.0 + HANDLE_R * np.sin(angle)
    z = CABINET_Z[1] - HANDLE_R * np.cos(angle)
    return np.stack([x, np.full_like(x, CABINET_Y[0] + 16.0), z], axis=-1)


@dataclass(frozen=True)
class Table:
    """The table: its left edge, length, height and depth; how far the cloth hangs."""

    x: float
    length: float = 238.0
    y: float = 92.0
    z: tuple[float, float] = (0.0, 60.0)
    cloth: float = 0.0

    def slot(self, kind: str, setting: int) -> tuple[float, float, float]:
        """Where a thing of this kind belongs in the n-th place setting."""
        dx, z = {"plate": (0.0, 28.0), "cutlery": (-28.0, 19.0), "cup": (23.0, 46.0)}[
            kind
        ]
        return self.x + 42.0 + 76.0 * setting + dx, self.y, z

"""Skeleton: names of keypoints, edges between them, and flip pairs.

The name of a bundled skeleton is a word (``"coco17"``). The name of a user's skeleton
is its whole JSON: poses, models and projects that keep the name keep the skeleton, no
file can be lost, and different skeletons have different names.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from skelseg_core.errors import ConfigError

SIDE_COLORS = {"left": "#35c2ff", "right": "#ff9d3c", "centre": "#f2f2f2"}
"""Colour of keypoints by the side of the body."""


@dataclass(frozen=True)
class Skeleton:
    """A named set of keypoints and the edges that join them.

    Parameters
    ----------
    name : str
        As in project files: ``"coco17"``, or a user's skeleton as JSON.
    keypoints : tuple of str
        Keypoint names in the order of the arrays (axis K).
    edges : tuple of (int, int)
        Pairs of keypoint indices, drawn and used for limb heatmaps.
    flip_pairs : tuple of (int, int)
        Left and right keypoints that swap when the picture is mirrored.
    centre : tuple of int
        Keypoints around the centre of the body; the hips if empty.
    scale : tuple of (tuple of int), of two or none
        Two groups of keypoints; the distance of their middles is the body length. From
        hips to shoulders if empty.
    """

    name: str
    keypoints: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    flip_pairs: tuple[tuple[int, int], ...]
    centre: tuple[int, ...] = ()
    scale: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        n = len(self.keypoints)
        for a, b in (*self.edges, *self.flip_pairs):
            if not (0 <= a < n and 0 <= b < n):
                raise ConfigError(
                    "Skeleton {}: the pair ({}, {}) names no keypoint; there are {}, "
                    "counted from 0.",
                    self.title,
                    a,
                    b,
                    n,
                )

    def __len__(self) -> int:
        return len(self.keypoints)

    @property
    def title(self) -> str:
        """Name of the skeleton for people to read."""
        return skeleton_title(self.name)

    def side(self, keypoint: int) -> str:
        """Return ``"left"``, ``"right"`` or ``"centre"``, by flip pair or by name."""
        for pair in self.flip_pairs:
            if keypoint in pair:
                return ("left", "right")[pair.index(keypoint)]
        name = self.keypoints[keypoint]
        for side in ("left", "right"):
            if name.startswith(side):
                return side
        return "centre"


def skeleton_title(name: str) -> str:
    """Shorten the name of a skeleton for people to read."""
    if not name.startswith("{"):
        return name
    try:
        return str(json.loads(name)["name"])[:60]
    except (ValueError, KeyError, TypeError, RecursionError):
        return "an unreadable skeleton"


def plain_name(name: str) -> str:
    """Reduce the name of a keypoint to lower-case letters and digits."""
    return "".join(c for c in name.lower() if c.isalnum())

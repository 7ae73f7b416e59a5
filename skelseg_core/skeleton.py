"""Skeleton: the names of the keypoints, the edges between them, the flip pairs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from skelseg_core.errors import ConfigError
from skelseg_core.files import read_yaml, resource


@dataclass(frozen=True)
class Skeleton:
    """A named set of keypoints and the edges that join them.

    Parameters
    ----------
    name : str
        Short name, as in project files: ``"coco17"``.
    keypoints : tuple of str
        Keypoint names in the order of the arrays (axis K).
    edges : tuple of (int, int)
        Pairs of keypoint indices that are drawn and make the limb heatmap.
    flip_pairs : tuple of (int, int)
        Left and right keypoint that change places when the picture is mirrored.
    """

    name: str
    keypoints: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    flip_pairs: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        """Refuse pairs that name no keypoint."""
        n = len(self.keypoints)
        for a, b in (*self.edges, *self.flip_pairs):
            if not (0 <= a < n and 0 <= b < n):
                raise ConfigError(
                    f"Skeleton {self.name}: the pair ({a}, {b}) names no keypoint; "
                    f"there are {n}, counted from 0."
                )

    def __len__(self) -> int:
        return len(self.keypoints)

    def side(self, keypoint: int) -> str:
        """``"left"``, ``"right"`` or ``"centre"``, by the keypoint's name."""
        name = self.keypoints[keypoint]
        for side in ("left", "right"):
            if name.startswith(side):
                return side
        return "centre"


def skeleton_names() -> tuple[str, ...]:
    """Names of the skeletons that come with skelseg."""
    return tuple(sorted(p.stem for p in resource("skeletons").glob("*.yaml")))


def load_skeleton(name: str) -> Skeleton:
    """Load the bundled skeleton called ``name``.

    Raises
    ------
    ConfigError
        Where there is none of that name.
    """
    if name not in skeleton_names():
        known = ", ".join(skeleton_names())
        raise ConfigError(
            f"There is no skeleton named '{name}'; choose one of {known}."
        )
    return _read(resource("skeletons") / f"{name}.yaml")


def _read(path: Path) -> Skeleton:
    raw = read_yaml(path)
    names = tuple(str(n) for n in raw["keypoints"])
    index = {n: i for i, n in enumerate(names)}

    def pairs(key: str) -> tuple[tuple[int, int], ...]:
        return tuple((index[a], index[b]) for a, b in raw[key])

    return Skeleton(path.stem, names, pairs("edges"), pairs("flip_pairs"))

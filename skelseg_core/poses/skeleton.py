"""Skeleton: the names of the keypoints, the edges between them, the flip pairs.

The name of a skeleton that comes with skelseg is a word (``"coco17"``). That of a
skeleton of the user's own is all that it says, as JSON: poses, models and projects that
keep the name keep the skeleton, no file of it can be lost, and two skeletons that
differ in anything have different names.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from skelseg_core.errors import ConfigError, FormatError, OtherKeypoints
from skelseg_core.files import read_yaml, resource

SIDE_COLORS = {"left": "#35c2ff", "right": "#ff9d3c", "centre": "#f2f2f2"}
"""Colour of keypoints by the side of the body, wherever they are drawn."""


@dataclass(frozen=True)
class Skeleton:
    """A named set of keypoints and the edges that join them.

    Parameters
    ----------
    name : str
        As in project files: ``"coco17"``, or the JSON of a skeleton of one's own.
    keypoints : tuple of str
        Keypoint names in the order of the arrays (axis K).
    edges : tuple of (int, int)
        Pairs of keypoint indices that are drawn and make the limb heatmap.
    flip_pairs : tuple of (int, int)
        Left and right keypoint that change places when the picture is mirrored.
    centre : tuple of int
        Keypoints whose middle is the centre of the body; the hips where empty.
    scale : tuple of (tuple of int), of two or none
        Two groups of keypoints; the distance of their middles is the length of the
        body. From the hips to the shoulders where empty.
    """

    name: str
    keypoints: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    flip_pairs: tuple[tuple[int, int], ...]
    centre: tuple[int, ...] = ()
    scale: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        """Refuse pairs that name no keypoint."""
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


def skeleton_names() -> tuple[str, ...]:
    """List the names of the skeletons that come with skelseg."""
    return tuple(sorted(p.stem for p in resource("skeletons").glob("*.yaml")))


@cache
def load_skeleton(name: str) -> Skeleton:
    """Load the skeleton called ``name``: a bundled one, or one whose name is its JSON.

    Raises
    ------
    ConfigError
        Where there is none of that name, or the JSON describes none.
    """
    if name.startswith("{"):
        # That module builds a Skeleton, so it imports this one.
        from skelseg_core.poses.own_skeleton import skeleton_of_json

        return skeleton_of_json(name)
    if name not in skeleton_names():
        known = ", ".join(skeleton_names())
        raise ConfigError(
            "There is no skeleton named '{}'; choose one of {}.", name, known
        )
    return _read(resource("skeletons") / f"{name}.yaml")


def skeleton_title(name: str) -> str:
    """Shorten the name of a skeleton to what people call it."""
    if not name.startswith("{"):
        return name
    try:
        return str(json.loads(name)["name"])[:60]
    except (ValueError, KeyError, TypeError, RecursionError):
        return "an unreadable skeleton"


def keypoint_order(
    names: Sequence[str], wanted: Skeleton, where: object, called: str = ""
) -> list[int]:
    """Find each keypoint of ``wanted`` among ``names``.

    Case, separators and the way a side is written make no difference: ``left_hip`` is
    found as ``LHip``, ``Left Hip``, ``hip-left`` and ``hip_L``.

    Parameters
    ----------
    names : sequence of str
        Keypoints as a file names them.
    wanted : Skeleton
    where : object
        Begins the sentence of the error: the file.
    called : str
        Name of the layout of the file, if it has one.

    Returns
    -------
    list of int
        One index into ``names`` per keypoint of ``wanted``.

    Raises
    ------
    OtherKeypoints
        Where some are missing; names both skeletons and all that is missing.
    """
    found: dict[str, int] = {}
    for index, name in enumerate(names):
        found.setdefault(plain_name(name), index)
    order = []
    missing = []
    for name in wanted.keypoints:
        places = [found[s] for s in _spellings(name) if s in found]
        order += places[:1]
        if not places:
            missing.append(name)
    if missing:
        layout = skeleton_title(called) or ", ".join(_short(names))
        error = OtherKeypoints(
            "{} holds {} keypoints a person ({}), the project uses {} with {}: {} {} "
            "not in the file; choose another file, or a project with another skeleton.",
            where,
            len(names),
            layout,
            wanted.title,
            len(wanted),
            ", ".join(missing),
            "is" if len(missing) == 1 else "are",
        )
        error.names = tuple(names)
        raise error
    return order


def layout_of(
    n_keypoints: int, wanted: Skeleton, layouts: dict[int, str], where: object
) -> Skeleton:
    """Find the skeleton of a file that says only how many keypoints it has.

    Parameters
    ----------
    n_keypoints : int
        Keypoints a person in the file.
    wanted : Skeleton
        Of the project.
    layouts : dict of int to str
        Skeleton by number of keypoints, as tools write this format. Where a skeleton
        has fewer keypoints than the number, it is the beginning of the layout (26
        keypoints of Halpe begin with the 17 of COCO). ``0`` as a key means that any
        other number stands for ``wanted`` if it has that many.

    Raises
    ------
    FormatError
        Where the number is none of these; names both skeletons and numbers.
    """
    if n_keypoints in layouts:
        return load_skeleton(layouts[n_keypoints])
    if 0 in layouts and n_keypoints == len(wanted):
        return wanted
    alike = [n for n in skeleton_names() if len(load_skeleton(n)) == n_keypoints]
    raise FormatError(
        "{} holds {} keypoints a person ({}), the project uses {} with {}; choose "
        "another file, or a project with another skeleton.",
        where,
        n_keypoints,
        " or ".join(alike) or "no skeleton known here",
        wanted.name,
        len(wanted),
    )


def plain_name(name: str) -> str:
    """Reduce the name of a keypoint to its letters and digits, in small letters."""
    return "".join(c for c in name.lower() if c.isalnum())


def _spellings(name: str) -> list[str]:
    for side in ("left", "right"):
        if name.startswith(f"{side}_"):
            rest = plain_name(name[len(side) :])
            return [side + rest, rest + side, side[0] + rest, rest + side[0]]
    return [plain_name(name)]


def _short(names: Sequence[str], n: int = 8) -> list[str]:
    return [*names[:n], *(["..."] if len(names) > n else [])]


def _read(path: Path) -> Skeleton:
    raw = read_yaml(path)
    names = tuple(str(n) for n in raw["keypoints"])
    index = {n: i for i, n in enumerate(names)}

    def pairs(key: str) -> tuple[tuple[int, int], ...]:
        return tuple((index[a], index[b]) for a, b in raw[key])

    return Skeleton(path.stem, names, pairs("edges"), pairs("flip_pairs"))

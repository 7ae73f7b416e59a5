"""Skeletons by name: bundled ones, and the one that fits a file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from skelseg_core.bundled import resource
from skelseg_core.errors import ConfigError, FormatError, OtherKeypoints
from skelseg_core.poses.own_skeleton import skeleton_of_json
from skelseg_core.poses.skeleton import Skeleton, plain_name, skeleton_title


def skeleton_names() -> tuple[str, ...]:
    """List the names of the bundled skeletons."""
    return tuple(sorted(p.stem for p in resource("skeletons").glob("*.yaml")))


@cache
def load_skeleton(name: str) -> Skeleton:
    """Load the skeleton called ``name``: a bundled one, or one whose name is its JSON.

    Raises
    ------
    ConfigError
        If there is none of that name, or the JSON is not a skeleton.
    """
    if name.startswith("{"):
        return skeleton_of_json(name)
    if name not in skeleton_names():
        known = ", ".join(skeleton_names())
        raise ConfigError(
            "There is no skeleton named '{}'; choose one of {}.", name, known
        )
    return _read(resource("skeletons") / f"{name}.yaml")


def keypoint_order(
    names: Sequence[str], wanted: Skeleton, where: object, called: str = ""
) -> list[int]:
    """Find each keypoint of ``wanted`` among ``names``.

    Case, separators and the spelling of sides are ignored: ``left_hip`` is
    found as ``LHip``, ``Left Hip``, ``hip-left`` and ``hip_L``.

    Parameters
    ----------
    names : sequence of str
        Names of the keypoints in the file.
    wanted : Skeleton
    where : object
        Begins the error message: the file.
    called : str
        Name of the file's layout, if any.

    Returns
    -------
    list of int
        One index into ``names`` per keypoint of ``wanted``.

    Raises
    ------
    OtherKeypoints
        If some are missing; names both skeletons and the missing keypoints.
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
            "{} has {} keypoints a person ({}), the project uses {} with {}: {} {} "
            "not in the file; choose another file, or a project with another "
            "skeleton.",
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
    """Find the skeleton of a file that only has a number of keypoints.

    Parameters
    ----------
    n_keypoints : int
        Keypoints per person in the file.
    wanted : Skeleton
        Skeleton of the project.
    layouts : dict of int to str
        Skeleton by number of keypoints, as tools write this format. A skeleton with
        fewer keypoints is the beginning of the layout (26 keypoints of Halpe begin with
        the 17 of COCO). Key ``0`` lets any other number mean ``wanted`` if it has that
        many.

    Raises
    ------
    FormatError
        If the number is unknown; names both skeletons and numbers.
    """
    if n_keypoints in layouts:
        return load_skeleton(layouts[n_keypoints])
    if 0 in layouts and n_keypoints == len(wanted):
        return wanted
    alike = [n for n in skeleton_names() if len(load_skeleton(n)) == n_keypoints]
    raise FormatError(
        "{} has {} keypoints a person ({}), the project uses {} with {}; choose "
        "another file, or a project with another skeleton.",
        where,
        n_keypoints,
        " or ".join(alike) or "an unknown skeleton",
        wanted.name,
        len(wanted),
    )


def _spellings(name: str) -> list[str]:
    for side in ("left", "right"):
        if name.startswith(f"{side}_"):
            rest = plain_name(name[len(side) :])
            return [side + rest, rest + side, side[0] + rest, rest + side[0]]
    return [plain_name(name)]


def _short(names: Sequence[str], n: int = 8) -> list[str]:
    return [*names[:n], *(["..."] if len(names) > n else [])]


def _read(path: Path) -> Skeleton:
    from skelseg_core.yaml_files import read_yaml

    raw = read_yaml(path)
    names = tuple(str(n) for n in raw["keypoints"])
    index = {n: i for i, n in enumerate(names)}

    def pairs(key: str) -> tuple[tuple[int, int], ...]:
        return tuple((index[a], index[b]) for a, b in raw[key])

    return Skeleton(path.stem, names, pairs("edges"), pairs("flip_pairs"))

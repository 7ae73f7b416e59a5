"""Skeleton files: YAML in which a user describes an animal's keypoints.

::

    name: mouse              # default: the file's name
    keypoints: [snout, leftear, rightear, tailbase]
    edges:                   # drawn, and part of the heatmap
      - [snout, leftear]
      - [snout, rightear]
    flip_pairs:              # left first
      - [leftear, rightear]
    centre: [tailbase]       # around the centre of the body
    scale: [[leftear, rightear], [tailbase]]   # body length between these

Values are read as text: ``no`` and ``1`` are names here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import yaml

from skelseg_core.poses.own_skeleton import MOST_LETTERS, build_skeleton
from skelseg_core.poses.skeleton import Skeleton
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.yaml_files import read_yaml_texts

SUFFIXES = (".yaml", ".yml")
"""Suffixes that distinguish a skeleton file from the name of a skeleton."""


def find_skeleton(name: str) -> Skeleton:
    """Find a skeleton by its name, or read it from a file.

    Raises
    ------
    FormatError, ConfigError
        As for `read_skeleton`, or if there is no skeleton of that name.
    """
    path = Path(name)
    if path.suffix.lower() in SUFFIXES:
        return read_skeleton(path)
    return load_skeleton(name)


def read_skeleton(path: Path) -> Skeleton:
    """Read and check a skeleton file.

    Raises
    ------
    FormatError
        If it is not YAML.
    ConfigError
        If it does not describe a skeleton; names the file and line.
    """
    said, where = read_yaml_texts(path)
    given = said if isinstance(said, dict) else {}
    return build_skeleton({"name": path.stem[:MOST_LETTERS], **given}, where)


def skeleton_text(skeleton: Skeleton) -> str:
    """Write a skeleton as the text of a skeleton file."""
    names = skeleton.keypoints

    def named(groups: Iterable[Sequence[int]]) -> list[list[str]]:
        return [[names[k] for k in group] for group in groups]

    values = {
        "name": skeleton.title,
        "keypoints": list(names),
        "edges": named(skeleton.edges),
        "flip_pairs": named(skeleton.flip_pairs),
        "centre": [names[k] for k in skeleton.centre],
        "scale": named(skeleton.scale),
    }
    text: str = yaml.safe_dump(
        values, sort_keys=False, allow_unicode=True, default_flow_style=None, width=88
    )
    return text

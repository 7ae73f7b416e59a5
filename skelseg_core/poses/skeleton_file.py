"""Skeleton files: a YAML file in which a user describes the keypoints of an animal.

::

    name: mouse              # the file's name where it is left out
    keypoints: [snout, leftear, rightear, tailbase]
    edges:                   # drawn, and part of the heatmap
      - [snout, leftear]
      - [snout, rightear]
    flip_pairs:              # left first
      - [leftear, rightear]
    centre: [tailbase]       # the body is in their middle
    scale: [[leftear, rightear], [tailbase]]   # its length lies between these

Values are taken as they are written: ``no`` and ``1`` are names here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from skelseg_core.errors import ConfigError
from skelseg_core.poses.own_skeleton import MOST_LETTERS, build_skeleton
from skelseg_core.poses.skeleton import Skeleton
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.text_files import read_yaml_node

SUFFIXES = (".yaml", ".yml")
"""Suffixes by which a skeleton file is told from the name of a skeleton."""

_DEPTH = 3
"""Lists within each other that a skeleton has; more are refused."""


def find_skeleton(name: str) -> Skeleton:
    """Find a skeleton by its name, or read the file that ``name`` is the path of.

    Raises
    ------
    FormatError, ConfigError
        As for `read_skeleton`; where there is no skeleton of that name.
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
        Where it is no YAML.
    ConfigError
        Where it describes no skeleton; names the file and the line.
    """
    root = read_yaml_node(path)
    if not isinstance(root, yaml.MappingNode):
        raise ConfigError(
            "{} describes no skeleton; it needs a line 'keypoints: [...]'.", path
        )
    values: dict[str, Any] = {"name": path.stem[:MOST_LETTERS]}
    nodes: dict[str, yaml.Node] = {}
    for key, node in root.value:
        name = str(key.value)
        if name in nodes:
            raise ConfigError(
                "{}, line {}: '{}' appears twice.",
                path,
                key.start_mark.line + 1,
                name[:MOST_LETTERS],
            )
        nodes[name], values[name] = node, _plain(path, node)

    def where(key: str, number: int) -> str:
        found = nodes.get(key)
        if isinstance(found, yaml.SequenceNode) and number < len(found.value):
            found = found.value[number]
        return f"{path}, line {found.start_mark.line + 1}" if found else str(path)

    return build_skeleton(values, where)


def skeleton_text(skeleton: Skeleton) -> str:
    """Write a skeleton as a skeleton file that `read_skeleton` reads."""
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


def _plain(path: Path, node: yaml.Node, depth: int = _DEPTH) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    if isinstance(node, yaml.SequenceNode) and depth > 0:
        return [_plain(path, n, depth - 1) for n in node.value]
    raise ConfigError(
        "{}, line {}: a name or a list of names is expected.",
        path,
        node.start_mark.line + 1,
    )

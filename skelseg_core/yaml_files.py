"""YAML files: careful reading, and the lines that values are on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import yaml

from skelseg_core.errors import FormatError
from skelseg_core.text_files import read_text

T = TypeVar("T")


class _Plain:
    """Refuse aliases (a few bytes of them fill the memory) and names given twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):  # type: ignore[attr-defined]
            raise yaml.YAMLError("aliases are not allowed")
        return super().compose_node(parent, index)  # type: ignore[misc]

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node: yaml.MappingNode = super().compose_mapping_node(anchor)  # type: ignore[misc]
        found: set[str] = set()
        for key, _ in node.value:
            if str(key.value) in found:
                text = f"'{key.value}' appears twice"
                raise yaml.MarkedYAMLError(problem=text, problem_mark=key.start_mark)
            found.add(str(key.value))
        return node


class _PlainLoader(_Plain, yaml.SafeLoader):
    """A safe loader."""


class _TextLoader(_Plain, yaml.BaseLoader):
    """A safe loader that takes values as they are written: ``no`` is a name."""


def read_yaml(path: Path) -> dict[str, Any]:
    """Read the mapping of a YAML file.

    Raises
    ------
    FormatError
        Where it is no YAML, holds aliases, or is no mapping.
    """
    text = read_text(path)
    value = _from_yaml(path, lambda: _PlainLoader(text).get_single_data())
    if not isinstance(value, dict):
        raise FormatError("{}: expected 'name: value' lines.", path)
    return value


def read_yaml_texts(path: Path) -> tuple[Any, Callable[[Sequence[str]], str]]:
    """Read a YAML file whose values are texts, mappings and lists; None if empty.

    Values are taken as they are written: ``no`` and ``1`` are texts. With them comes
    what `place_in_yaml` is for this file.

    Raises
    ------
    FormatError
        Where it is no YAML or holds aliases.
    """
    text = read_text(path)
    node = _from_yaml(path, lambda: _TextLoader(text).get_single_node())
    value = _from_yaml(path, lambda: _TextLoader(text).get_single_data())
    return value, partial(_place, path, node)


def place_in_yaml(path: Path, names: Sequence[str]) -> str:
    """Write path and line of a value, by the names and numbers leading to it."""
    text = read_text(path)
    node = _from_yaml(path, lambda: _PlainLoader(text).get_single_node())
    return _place(path, node, names)


def _place(path: Path, node: yaml.Node | None, names: Sequence[str]) -> str:
    line = 0
    for name in names:
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()
        inner = next((pair for pair in pairs if pair[0].value == name), None)
        if isinstance(node, yaml.SequenceNode) and int(name) < len(node.value):
            inner = (node.value[int(name)],) * 2
        if inner is None:
            break
        line, node = inner[0].start_mark.line + 1, inner[1]
    return f"{path}, line {line}" if line else str(path)


def _from_yaml(path: Path, read: Callable[[], T]) -> T:
    try:
        return read()
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        why = getattr(error, "problem", None) or error
        raise FormatError(
            "{}{}: this is not a readable YAML file ({}).", path, where, why
        ) from error

"""Classes as YAML: names, keys, colours, groups and descriptions, for a person to edit.

A list under ``classes``, or the list alone. An item is a name, or a mapping with
``name`` and any of ``key``, ``color``, ``group`` and ``description``. All values are
read as text: a class may be called ``yes`` or ``12``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import yaml

from skelseg_core.errors import EditError, FormatError
from skelseg_core.labels.classes import (
    ActionClass,
    check_class_name,
    check_class_text,
    is_class_key,
)
from skelseg_core.text_files import read_yaml_node

_FIELDS = ("name", "key", "color", "group", "description")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def load_classes_yaml(path: Path) -> tuple[ActionClass, ...]:
    """Read classes from a YAML file.

    Returns
    -------
    tuple of ActionClass
        Numbered from 0; key and colour are empty where the file does not say them.

    Raises
    ------
    FormatError
        Where the file is no such list, or something in it cannot be used; with the
        line.
    """
    found: list[ActionClass] = []
    lines: dict[tuple[str, str], int] = {}
    for n, node in enumerate(_items(path)):
        where = f"{path}, line {node.start_mark.line + 1}"
        values = _values(node, where)
        try:
            check_class_name(values["name"])
            check_class_text(values["name"], "group", values["group"])
            check_class_text(values["name"], "description", values["description"])
        except EditError as error:
            raise FormatError("{}: {}", where, error) from error
        _check_key_and_color(values, where)
        for what in ("name", "key"):
            said = (what, values[what])
            if values[what] and said in lines:
                raise FormatError(
                    "{}: the {} '{}' is already in line {}; give each class its own.",
                    where,
                    what,
                    values[what],
                    lines[said],
                )
            lines[said] = node.start_mark.line + 1
        found.append(ActionClass(n, **values))
    if not found:
        raise FormatError("{} names no class; write '- name: walk' lines.", path)
    return tuple(found)


def _items(path: Path) -> list[yaml.Node]:
    root = read_yaml_node(path)
    if isinstance(root, yaml.MappingNode):
        for key, value in root.value:
            if key.value == "classes":
                root = value
                break
    if root is None:
        return []
    if not isinstance(root, yaml.SequenceNode):
        raise FormatError(
            "{}, line {}: expected a list of classes; write 'classes:' and below it "
            "'- name: walk' lines.",
            path,
            root.start_mark.line + 1,
        )
    return list(root.value)


def _values(node: yaml.Node, where: str) -> dict[str, str]:
    values = dict.fromkeys(_FIELDS, "")
    if isinstance(node, yaml.ScalarNode):
        return values | {"name": str(node.value)}
    if not isinstance(node, yaml.MappingNode):
        raise FormatError("{}: expected a class name or 'name: walk'.", where)
    for key, value in node.value:
        if key.value not in _FIELDS or not isinstance(value, yaml.ScalarNode):
            raise FormatError(
                "{}: '{}' is unknown; a class has {}.", where, key.value, _listed()
            )
        values[key.value] = str(value.value)
    return values


def _listed() -> str:
    return f"{', '.join(_FIELDS[:-1])} and {_FIELDS[-1]}"


def _check_key_and_color(values: dict[str, str], where: str) -> None:
    if values["key"] and not is_class_key(values["key"]):
        raise FormatError(
            "{}: the key '{}' is not a digit; write one of 0 to 9, alone or after "
            "Shift+, or / and a letter.",
            where,
            values["key"],
        )
    if values["color"] and not _COLOR.fullmatch(values["color"]):
        raise FormatError(
            "{}: '{}' is not a colour; write it as \"#rrggbb\".", where, values["color"]
        )
    values["color"] = values["color"].lower()


def classes_yaml(classes: Iterable[ActionClass]) -> str:
    """Format classes as YAML; what a class does not have is left out."""
    items = [
        {name: getattr(c, name) for name in _FIELDS if getattr(c, name)}
        for c in classes
    ]
    return yaml.safe_dump(
        {"classes": items}, sort_keys=False, allow_unicode=True, width=88
    )

"""Classes as YAML: names, keys, colours, groups and descriptions, for a person to edit.

A list under ``classes``, or the list alone. An item is a name, or a mapping with
``name`` and any of ``key``, ``color``, ``group`` and ``description``. All values are
read as text: a class may be called ``yes`` or ``12``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from skelseg_core.errors import EditError, FormatError
from skelseg_core.labels.classes import (
    ActionClass,
    check_class_name,
    check_class_text,
    is_class_key,
)
from skelseg_core.typed_values import typed

_FIELDS = ("name", "key", "color", "group", "description")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_ADVICE = "; write '- name: walk' lines."


@dataclass(frozen=True)
class _Described:
    """Class as a file describes it."""

    name: str
    key: str = ""
    color: str = ""
    group: str = ""
    description: str = ""


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
    from skelseg_core.yaml_files import read_yaml_texts

    root, place = read_yaml_texts(path)
    items = root.get("classes", root) if isinstance(root, dict) else root or []
    within = ["classes"] if isinstance(root, dict) else []
    if not isinstance(items, list):
        raise FormatError("{}: expected a list of classes{}", place(within), _ADVICE)
    found: list[ActionClass] = []
    places: dict[tuple[str, str], str] = {}
    for n, item in enumerate(items):
        where = place([*within, str(n)])
        values = {"name": item} if isinstance(item, str) else item
        said = typed(_Described, values, where, advice=_ADVICE, known_only=True)
        try:
            check_class_name(said.name)
            check_class_text(said.name, "group", said.group)
            check_class_text(said.name, "description", said.description)
        except EditError as error:
            raise FormatError("{}: {}", where, error) from error
        _check_key_and_color(said, where)
        for what, text in (("name", said.name), ("key", said.key)):
            if text and (what, text) in places:
                raise FormatError(
                    "{}: the {} '{}' is already in {}; give each class its own.",
                    where,
                    what,
                    text,
                    places[what, text],
                )
            places[what, text] = where
        made = ActionClass(n, **asdict(said))
        found.append(replace(made, color=said.color.lower()))
    if not found:
        raise FormatError("{} names no class{}", path, _ADVICE)
    return tuple(found)


def _check_key_and_color(said: _Described, where: str) -> None:
    if said.key and not is_class_key(said.key):
        raise FormatError(
            "{}: the key '{}' is not a digit; write one of 0 to 9, alone or after "
            "Shift+, or / and a letter.",
            where,
            said.key,
        )
    if said.color and not _COLOR.fullmatch(said.color):
        raise FormatError(
            "{}: '{}' is not a colour; write it as \"#rrggbb\".", where, said.color
        )


def classes_yaml(classes: Iterable[ActionClass]) -> str:
    """Format classes as YAML; what a class does not have is left out."""
    items = [
        {name: getattr(c, name) for name in _FIELDS if getattr(c, name)}
        for c in classes
    ]
    import yaml

    return yaml.safe_dump(
        {"classes": items}, sort_keys=False, allow_unicode=True, width=88
    )

"""Class lists as files: plain text, YAML, and the ``mapping.txt`` of MS-TCN.

The name of a file tells its format: ``*.yaml`` and ``*.yml`` are YAML, a
``mapping.txt`` has an id before each name, any other text one name per line.
"""

from __future__ import annotations

from pathlib import Path

from skelseg_core.errors import FormatError
from skelseg_core.files import atomic_write
from skelseg_core.formats.class_list import (
    class_names_of,
    is_table,
    load_class_names,
    mapping_text,
)
from skelseg_core.formats.classes_yaml import classes_yaml, load_classes_yaml
from skelseg_core.formats.descriptors import CandidateFile
from skelseg_core.labels.classes import ActionClass, LabelMap

YAML_SUFFIXES = (".yaml", ".yml")
CLASS_SUFFIXES = (*YAML_SUFFIXES, ".txt")
MAPPING_NAME = "mapping.txt"


def is_class_list(path: Path) -> bool:
    """Tell whether a file lists classes: YAML, or text in which no line repeats.

    Raises
    ------
    FormatError
        Where the file cannot be read.
    """
    file = CandidateFile(path)
    if file.suffix in YAML_SUFFIXES:
        return bool(load_classes_yaml(path))
    lines = file.lines if file.suffix in CLASS_SUFFIXES else []
    if not lines or is_table(lines):
        return False
    return len(lines) == len(set(lines))


def load_classes(path: Path) -> tuple[ActionClass, ...]:
    """Read classes from a text, YAML or ``mapping.txt`` file.

    Returns
    -------
    tuple of ActionClass
        Numbered from 0; key and colour are empty where the file does not say them.

    Raises
    ------
    FormatError
        Where the file cannot be read as what it is called; with the line.
    """
    if path.suffix.lower() in YAML_SUFFIXES:
        return load_classes_yaml(path)
    return tuple(
        ActionClass(n, name, color="") for n, name in enumerate(load_class_names(path))
    )


def save_classes(path: Path, label_map: LabelMap) -> None:
    """Write the classes in their order.

    Raises
    ------
    FormatError
        Where a name would not be read back from such a file.
    ProjectError
        Where the file cannot be written.
    """
    atomic_write(path, _text(path, label_map))


def _text(path: Path, label_map: LabelMap) -> str:
    names = label_map.names
    if path.suffix.lower() in YAML_SUFFIXES:
        return classes_yaml(label_map.classes)
    if path.name.lower() == MAPPING_NAME:
        parted = [n for n in names if len(n.split()) > 1]
        if parted:
            raise FormatError(
                "The class name '{}' has a blank, and readers of {} split lines at "
                "blanks; rename it, or write YAML.",
                parted[0],
                MAPPING_NAME,
            )
        return mapping_text(names)
    text = "".join(f"{name}\n" for name in names)
    if not all(name.isprintable() for name in names) or _read_back(text) != names:
        raise FormatError(
            "These class names cannot be read back from plain text (one begins with "
            "#, or all with a number); write YAML."
        )
    return text


def _read_back(text: str) -> tuple[str, ...]:
    try:
        return tuple(class_names_of(text, Path("classes.txt")))
    except FormatError:
        return ()

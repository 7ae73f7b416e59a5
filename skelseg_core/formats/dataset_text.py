"""Text files of published data sets: labels, mappings, splits.

Lines end with LF or CRLF, and the last one may lack its end: the published loaders
lose the last frame or video then, here it is read as meant. Errors name file and line.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from sys import intern
from typing import TypeVar

import numpy as np

from skelseg_core.errors import EditError, FormatError
from skelseg_core.file_names import portable_name
from skelseg_core.formats.dataset import Split
from skelseg_core.labels.classes import LabelMap, check_class_name, label_map_from_pairs
from skelseg_core.said import counted, listed
from skelseg_core.text_files import read_text

N = TypeVar("N", int, float)
_MOST_DIGITS = 9
"""Digits of the id of a class, at most."""
_BUNDLE = re.compile(r"(train|test)(?:ing)?\.?(.*)\.bundle")


def folder_of(src: Path, *names: str) -> Path:
    """Find the first folder of some names in ``src``.

    Raises
    ------
    FormatError
        Where there is none.
    """
    for name in names:
        if (src / name).is_dir():
            return src / name
    raise FormatError(
        "{} has no folder {}; use the folder of the data set.", src, " or ".join(names)
    )


def lines_of(path: Path) -> list[str]:
    """Read lines without their ends, and without blank ones at the end.

    Raises
    ------
    FormatError
        Where the file cannot be read, is empty, or a line between others is blank.
    """
    text = read_text(path).rstrip()
    if not text:
        raise FormatError("{} is empty; remove it or restore it from a copy.", path)
    # Millions of lines repeat a few words.
    lines = [intern(line.strip()) for line in io.StringIO(text, newline=None)]
    if "" in lines:
        raise FormatError(
            "{}, line {} is blank; each must hold a value.", path, lines.index("") + 1
        )
    return lines


def line_notes(paths: Sequence[Path]) -> list[str]:
    """Describe the files whose lines the published loaders misread."""
    texts = {path.name: read_text(path) for path in paths}
    notes = []
    open_ended = [n for n, text in texts.items() if not text.endswith("\n")]
    if open_ended:
        notes.append(
            f"{counted(len(open_ended), 'text file')} without the final line break "
            f"({listed(open_ended)}); the published loader drops their last line, "
            "skelseg keeps it."
        )
    windows = [n for n, text in texts.items() if "\r\n" in text]
    if windows:
        notes.append(
            f"{counted(len(windows), 'text file')} with Windows line ends "
            f"({listed(windows)}); read like LF."
        )
    return notes


def load_integers(path: Path) -> np.ndarray:
    """Read one integer per line, int64 (T,); raise FormatError with the line."""
    return np.array(_numbers(path, _integer, "whole number"), np.int64)


def _integer(text: str) -> int:
    number = int(text)
    if not -(1 << 63) <= number < 1 << 63:
        raise ValueError("not a whole number of 64 bits")
    return number


def load_floats(path: Path) -> np.ndarray:
    """Read one finite number per line, float64 (T,); raise FormatError if not."""
    values = np.array(_numbers(path, float, "number"), np.float64)
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        raise FormatError(
            "{}, line {}: {} is not a finite number; correct it or restore the file "
            "from a copy.",
            path,
            wrong[0] + 1,
            values[wrong[0]],
        )
    return values


def _numbers(path: Path, kind: Callable[[str], N], word: str) -> list[N]:
    values = []
    for n, line in enumerate(lines_of(path), start=1):
        try:
            values.append(kind(line))
        except ValueError as error:
            raise FormatError(
                "{}, line {}: '{}' is not a {}; every line must hold that of one "
                "frame.",
                path,
                n,
                line[:40],
                word,
            ) from error
    return values


def label_map_of(pairs: Iterable[tuple[int, str]], where: Path) -> LabelMap:
    """Make classes of (id, name), with keys and colours.

    Raises
    ------
    FormatError
        Where a name cannot be used, or an id or a name is there twice.
    """
    try:
        return label_map_from_pairs(pairs)
    except EditError as error:
        raise FormatError("{}: {}", where, error) from error


def load_mapping(path: Path) -> LabelMap:
    """Read the classes of a ``mapping.txt``: one ``id name`` per line.

    Raises
    ------
    FormatError
        Where a line is none, a name holds blanks (result files part their names by
        blanks) or cannot be used, or an id or a name is there twice.
    """
    pairs: list[tuple[int, str]] = []
    for n, line in enumerate(lines_of(path), start=1):
        number, _, name = line.partition(" ")
        name = name.strip()
        if not number.isdecimal() or len(number) > _MOST_DIGITS or not name:
            raise FormatError(
                "{}, line {}: '{}' is not 'id name'; write it so.", path, n, line[:40]
            )
        if len(name.split()) > 1:
            raise FormatError(
                "{}, line {}: the class name '{}' has a blank, and result files "
                "separate names by blanks; write _ for it here and in the labels.",
                path,
                n,
                name,
            )
        try:
            check_class_name(name)
        except EditError as error:
            raise FormatError("{}, line {}: {}", path, n, error) from error
        pairs.append((int(number), name))
    return label_map_of(sorted(pairs), path)


def load_names(path: Path, label_map: LabelMap) -> np.ndarray:
    """Read class ids of a file with one class name per line, int64 (T,).

    Raises
    ------
    FormatError
        Where a line names no class; says which.
    """
    return ids_of(lines_of(path), label_map, path)


def ids_of(names: Sequence[str], label_map: LabelMap, path: Path) -> np.ndarray:
    """Find the ids of classes by the names in the lines of a file, int64 (T,).

    Raises
    ------
    FormatError
        Where a line names no class; says which.
    """
    table = {c.name: c.id for c in label_map.classes}
    for n, name in enumerate(names, start=1):
        if name not in table:
            raise FormatError(
                "{}, line {}: '{}' is not a class of mapping.txt; add it there or "
                "correct the line.",
                path,
                n,
                name[:60],
            )
    return np.array([table[name] for name in names], np.int64)


def load_splits(
    folder: Path, known: Collection[str], suffix: str
) -> tuple[tuple[Split, ...], list[str]]:
    """Read the splits of ``train.NAME.bundle`` and ``test.NAME.bundle``.

    A split that trains on exactly what it tests is a placeholder (MS-GCN's example has
    one) and is left out.

    Parameters
    ----------
    folder : Path
        May be missing.
    known : collection of str
        Ids of the recordings.
    suffix : str
        What follows the id in a line: ``".txt"``.

    Raises
    ------
    FormatError
        Where a line names no recording, or one is there twice; says which line.
    """
    paths = sorted(folder.glob("*.bundle"))
    halves: dict[str, dict[str, tuple[str, ...]]] = {}
    notes = line_notes(paths)
    for path in paths:
        match = _BUNDLE.fullmatch(path.name)
        if match is None:
            notes.append(f"{path.name} is neither train nor test and was left out.")
            continue
        side = _load_bundle(path, known, suffix)
        halves.setdefault(match[2] or "split", {})[match[1]] = side
    splits = []
    for name, half in halves.items():
        if len(half) < 2:
            notes.append(f"{name} has only a {min(half)} bundle and was left out.")
        elif set(half["train"]) == set(half["test"]):
            notes.append(
                f"{name} tests on all its training recordings "
                f"({listed(half['test'])}), so it was left out."
            )
        else:
            splits.append(Split(name, half["train"], half["test"]))
    used = {v for s in splits for v in (*s.train, *s.test)}
    rest = sorted(set(known) - used)
    if splits and rest:
        notes.append(f"{counted(len(rest), 'recording')} in no split: {listed(rest)}.")
    return tuple(splits), notes


def _load_bundle(path: Path, known: Collection[str], suffix: str) -> tuple[str, ...]:
    found: list[str] = []
    for n, line in enumerate(lines_of(path), start=1):
        name = portable_name(line.removesuffix(suffix))
        if name not in known:
            raise FormatError(
                "{}, line {}: there is no recording '{}'; add its files or remove "
                "the line.",
                path,
                n,
                line[:60],
            )
        if name in found:
            raise FormatError(
                "{}, line {}: '{}' appears twice; remove one line.", path, n, line[:60]
            )
        found.append(name)
    return tuple(found)


def framewise_text(names: Sequence[str]) -> str:
    """Format framewise labels: one name per line, each with its line break.

    Published readers drop a last line without one.
    """
    return "".join(f"{name}\n" for name in names)

"""Names of files: that every system can have, that disks take for one, that fit."""

from __future__ import annotations

import fnmatch
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

MAX_NAME_BYTES = 200
"""Longest file name that skelseg gives: file systems take 255 bytes, and suffixes such
as ``.conflict-…json`` or ``.segments.csv`` have to fit as well."""
_DEVICES = {"CON", "PRN", "AUX", "NUL"} | {
    f"{port}{n}" for port in ("COM", "LPT") for n in "0123456789¹²³"
}


def printable(text: object) -> str:
    """Make a text or path printable: ``?`` stands for what UTF-8 cannot hold."""
    return str(text).encode("utf-8", "replace").decode("utf-8")


def short_name(name: str, max_bytes: int = MAX_NAME_BYTES) -> str:
    """Cut ``name`` between two characters where it has more than ``max_bytes``."""
    return name.encode("utf-8", "replace")[:max_bytes].decode("utf-8", "ignore")


def free_path(path: Path) -> Path:
    """Find a path that does not exist: ``path``, or with ``-2``, ``-3`` and so on."""
    candidate, n = path, 2
    while candidate.exists():
        candidate, n = path.with_name(f"{path.stem}-{n}{path.suffix}"), n + 1
    return candidate


_PLAIN = re.compile(r"[A-Za-z0-9-]([\w.-]*[A-Za-z0-9-])?", re.ASCII)


def safe_name(text: str) -> str:
    """Turn ``text`` into a name inside one folder; never empty, never hidden.

    Letters, digits and accents of every script stay, and ``-``, ``_`` and ``.`` inside;
    all else becomes ``_``. This function must not change: it recognises stored names.
    `portable_name` makes new ones.
    """
    if _PLAIN.fullmatch(text):
        return text  # as most names are
    kept = "".join(c if _in_name(c) else "_" for c in text.strip())
    return kept.strip("._") or "unnamed"


def portable_name(text: str) -> str:
    """Turn ``text`` into the name of a new file that every system can have.

    The rules of `safe_name` hold. Accents are composed (NFC), so that a name typed on a
    Mac equals one typed elsewhere; a name that Windows reserves for a device (``aux``,
    ``con.old``) gets a ``_``.
    """
    name = safe_name(unicodedata.normalize("NFC", text))
    stem, dot, rest = name.partition(".")
    return f"{stem}_{dot}{rest}" if stem.upper() in _DEVICES else name


def same_name(name: str, others: Iterable[str]) -> str | None:
    """Find the one of ``others`` that a disk may take for ``name``, or None.

    Disks of Windows and macOS tell neither capitals apart nor how accents are composed.
    """
    wanted = _folded(name)
    found = [other for other in others if _folded(other) == wanted]
    return name if name in found else next(iter(found), None)


def matching_names(patterns: Sequence[str], names: Sequence[str]) -> list[str]:
    """Find the names that patterns such as ``anna-*`` mean, each once.

    A name of its own comes before what it may mean as a pattern. A pattern that nothing
    matches is kept as it is, for the caller to refuse by name.
    """
    found: list[str] = []
    for pattern in patterns:
        name = same_name(pattern, names)
        wanted = _folded(pattern)
        alike = [n for n in names if fnmatch.fnmatchcase(_folded(n), wanted)]
        found += [name] if name is not None else alike or [pattern]
    return list(dict.fromkeys(found))


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _in_name(character: str) -> bool:
    accent = unicodedata.category(character) in ("Mn", "Mc")
    return character.isalnum() or accent or character in "-_."

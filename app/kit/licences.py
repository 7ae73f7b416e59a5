"""Parts that skelseg is made of: installed packages, their licences, and the texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from importlib import metadata
from textwrap import shorten

from skelseg_core.bundled import resource

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_TEXT = re.compile(r"(licen[cs]e|copying|notice|thirdparty)[^/]*$", re.IGNORECASE)
_MOST_SHOWN = 32
_MOST_CHARS = 60
"""A licence of more characters is a text, not a name."""


def parts_and_licences() -> list[tuple[str, Callable[[], str]]]:
    """List what skelseg is made of: name, version and licence, and the licence text."""
    folder = resource("licenses")
    ours = [folder / "NOTICE.md", *sorted(folder.glob("*.txt"))]
    return [
        *((path.stem, partial(path.read_text, "utf-8")) for path in ours),
        *((_title(found), partial(_text, found)) for found in _packages()),
    ]


def _packages() -> list[metadata.Distribution]:
    """Find our package, and those that it asks for and that are installed, by name."""
    found: dict[str, metadata.Distribution] = {}
    wanted = ["skelseg"]
    while wanted:
        name = wanted.pop()
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # of an extra, or of another system
        if found.setdefault(package.name.lower(), package) is not package:
            continue
        for line in package.requires or ():
            asked = _NAME.match(line)
            # What an extra of another package asks for is none of ours.
            if asked and (name == "skelseg" or "extra ==" not in line):
                wanted.append(asked[0])
    ours = found.pop("skelseg", None)
    return [*([ours] if ours else []), *(found[name] for name in sorted(found))]


def _title(package: metadata.Distribution) -> str:
    licence = shorten(_licence(package), _MOST_SHOWN, placeholder="…")
    return f"{package.name} {package.version}\n{licence}"


def _licence(package: metadata.Distribution) -> str:
    """Name the licence of a package, as it says it; empty where it does not."""
    if expression := _said(package, "License-Expression"):
        return expression
    name = _said(package, "License").strip()
    if name and len(name) <= _MOST_CHARS:
        return name
    kinds = package.metadata.get_all("Classifier") or []
    return ", ".join(k.split(" :: ")[-1] for k in kinds if k.startswith("License ::"))


def _said(package: metadata.Distribution, field: str) -> str:
    return str((package.metadata.get_all(field) or [""])[0])


def _text(package: metadata.Distribution) -> str:
    head = f"{_said(package, 'Summary')}\n{_licence(package)}"
    return "\n\n".join([head, *_texts(package)])


def _texts(package: metadata.Distribution) -> Iterator[str]:
    """Read the licence texts in a package."""
    for file in package.files or ():
        is_text = _TEXT.search(str(file)) and file.suffix != ".py"
        if is_text and "resources" not in file.parts:  # ours stand by themselves
            try:
                text = file.read_text(encoding="utf-8")
            except (OSError, ValueError):
                continue
            yield f"-- {file}\n\n{text}"

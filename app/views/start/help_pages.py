"""Load the help pages, and fill in keys and formats."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.kit.search import meanings
from skelseg_core.bundled import resource
from skelseg_core.text_files import read_text

PAGES = (
    "first-project",
    "playing",
    "labelling",
    "while-playing",
    "boundaries",
    "by-example",
    "classes",
    "tracks",
    "models",
    "method",
    "reviewing",
    "review-room",
    "wall",
    "order",
    "differences",
    "agreement",
    "keypoints",
    "animals",
    "files",
    "window",
    "keys",
    "changes",
    "safety",
    "together",
)
"""Pages in the order of the contents; each is ``resources/help/<name>.md``."""
_ACTS = re.compile(r"\{acts:([a-z ]+)\}")
_KEY = re.compile(r"\{key:([a-z0-9-]+)\}")
_FORMATS = re.compile(r"\{(formats|format-table):(poses|labels|datasets)\}")
_MARKS = re.compile(r"!\[[^\]]*\]\([^)]*\)|[`*#\[\]|]|\([a-z-]+\.md\)")


@dataclass(frozen=True)
class HelpPage:
    """One page of the help: its name, its title, and its text in Markdown."""

    name: str
    title: str
    text: str

    @property
    def words(self) -> str:
        """The text without Markdown, for the search."""
        return " ".join(_MARKS.sub("", self.text).split())


def help_folder() -> Path:
    """Return the folder of the pages and their pictures."""
    return resource("help")


def load_page(name: str) -> HelpPage:
    """Load a page; its first line is its title."""
    text = _FORMATS.sub(_formats_text, read_text(help_folder() / f"{name}.md"))
    return HelpPage(name, text.partition("\n")[0].removeprefix("# ").strip(), text)


def _formats_text(match: re.Match[str]) -> str:
    """Name the formats of a kind, or describe them in a table."""
    # Imported when a page needs it, because it imports numpy.
    from skelseg_core.formats.datasets import DATASET_LAYOUTS
    from skelseg_core.formats.descriptors import (
        Descriptor,
        FileFormat,
        FormatList,
        LabelFormat,
    )
    from skelseg_core.formats.labels import LABEL_FORMATS
    from skelseg_core.formats.poses import POSE_FORMATS

    kinds: dict[str, Sequence[Descriptor]] = {
        "poses": POSE_FORMATS,
        "labels": LABEL_FORMATS,
        "datasets": DATASET_LAYOUTS,
    }
    formats = kinds[match[2]]
    unread = [f for f in formats if isinstance(f, LabelFormat) and not f.is_read]
    if match[1] == "formats":
        return ", ".join(form.title for form in formats if form not in unread)
    rows = []
    for form in formats:
        text = f"{form.about} Only written." if form in unread else form.about
        if isinstance(form, FileFormat) and form.written_suffix is None:
            text += " Only read."
        elif isinstance(form, FileFormat) and form.cannot_hold:
            text += f" Cannot hold: {form.cannot_hold}"
        rows.append(f"| {form.title} | {text} |")
    if isinstance(formats, FormatList):
        rows += [f"| – | {said} |" for said in formats.refused]
    return "\n".join(["| format | what it is |", "|---|---|", *rows])


def with_keys(text: str, key_of: Callable[[str], str]) -> str:
    """Replace ``{key:ACTION}`` in a text by the key of the command ACTION."""
    return _KEY.sub(lambda m: f"`{key_of(m[1]) or '–'}`", text)


def with_acts(
    text: str, rows_of: Callable[[str], Sequence[tuple[str, str, str]]]
) -> str:
    """Put the table of the commands that edit a thing where ``{acts:THING}`` stands.

    ``rows_of`` returns their keys, names and what is reviewed by them. Rows of
    what is done by the mouse may follow in the text.
    """

    def table(match: re.Match[str]) -> str:
        rows = [(k, text, said or "Nothing") for k, text, said in rows_of(match[1])]
        return "\n".join(
            [
                "| key or gesture | does | marks as reviewed |",
                "|---|---|---|",
                *map(_row, rows),
            ]
        )

    return _ACTS.sub(table, text)


def _row(cells: Sequence[str]) -> str:
    # A bar would end the cell of the table.
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def rows_by_menu(rows: Sequence[tuple[str, str, str]]) -> str:
    """Return Markdown of all keys, menu by menu; ``rows`` are menu, text and keys."""
    parts: list[str] = []
    for menu in dict.fromkeys(row[0] for row in rows):
        parts += [f"\n## {menu}\n", "| key | does |", "|---|---|"]
        parts += [_row((keys, text)) for group, text, keys in rows if group == menu]
    return "\n".join(parts)


def find(pages: Sequence[HelpPage], wanted: str) -> list[tuple[HelpPage, str]]:
    """Find the pages that contain all words or their synonyms; return excerpts."""
    words = wanted.lower().split()
    exact = [{word} for word in words]
    return _find(pages, exact) or _find(pages, [{w, *meanings(w)} for w in words])


def _find(
    pages: Sequence[HelpPage], wanted: Sequence[set[str]]
) -> list[tuple[HelpPage, str]]:
    found = []
    for page in pages:
        text = page.words
        low = text.lower()
        if wanted and all(any(word in low for word in same) for same in wanted):
            at = min(low.index(word) for word in wanted[0] if word in low)
            start = max(0, text.rfind(" ", 0, max(0, at - 24)) + 1)
            found.append((page, text[start : at + 60].strip()))

    def in_title(hit: tuple[HelpPage, str]) -> bool:
        title = hit[0].title.lower()
        return all(any(word in title for word in same) for same in wanted)

    return sorted(found, key=in_title, reverse=True)

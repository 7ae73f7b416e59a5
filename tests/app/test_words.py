"""What people read uses the words of docs/words.md, and none that it lists as not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from app.views.start.help_pages import PAGES, help_folder, load_page
from app.window.command_owners import project_table
from app.window.menus import WORK
from skelseg_core.bundled import resource
from skelseg_core.cli.main import cli
from tests.acts import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
TERMS = ROOT / "docs" / "words.md"
FORMATS = "skelseg_core/formats"
NO_WORDS = re.compile(
    r"\{[^}]*\}|```.*?```|`[^`]*`|\]\([^)]*\)|--\w+|'skelseg .*?'", re.DOTALL
)
"""Places, keys, commands of the terminal and links."""
EXCEPT: dict[tuple[str, str], str] = {
    ("coming-from.md", "category"): "a word of BORIS",
    ("coming-from.md", "ethogram"): "a word of BORIS",
    ("demo.md", "layer"): "of a network",
    ("method.md", "layer"): "of a network",
    ("method.md", "layers"): "of a network",
    ("nwb.md", "ethogram"): "a word of NWB",
    ("scale.md", "batch"): "a batch system",
    ("presets.md", "presets"): "in a comment",
    ("skelseg_core/project/proposed_people.py", "film"): "in names of files",
    ("skelseg_core/project/proposed_people.py", "proxy"): "in names of files",
    (f"{FORMATS}/label_parts/boris_events.py", "behaviour"): "a column of BORIS",
    (f"{FORMATS}/label_parts/boris_rows.py", "category"): "a column of BORIS",
    (f"{FORMATS}/labels/boris.py", "behaviour"): "a column of BORIS",
    (f"{FORMATS}/labels/boris_tables.py", "behaviour"): "a column of BORIS",
    (f"{FORMATS}/labels/boris_tables.py", "category"): "a column of BORIS",
    (f"{FORMATS}/poses/dlc.py", "likelihood"): "a column of DeepLabCut",
    (f"{FORMATS}/poses/plain_csv.py", "likelihood"): "a column of others",
}
"""Files in which a word is allowed, and why."""


def avoided() -> list[str]:
    """Return the words that the table lists as not used."""
    rows = [line.strip("| ").split("|") for line in TERMS.read_text().splitlines()]
    cells = [row[2] for row in rows[2:] if len(row) == 3]
    return [word.strip() for cell in cells[1:] for word in cell.split(",") if word]


def said_in(tree: ast.Module) -> Iterator[str]:
    """Texts of a module, without docstrings, ids and names."""
    notes = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in notes:
            text = node.value
            if isinstance(text, str) and (" " in text or text[:1].isupper()):
                yield text


def texts() -> Iterator[tuple[str, str]]:
    """Texts that people read, each with its file."""
    code = [*(ROOT / "app").rglob("*.py"), *(ROOT / "skelseg_core").rglob("*.py")]
    for path in sorted(code):
        for text in said_in(ast.parse(path.read_text(encoding="utf-8"))):
            yield path.relative_to(ROOT).as_posix(), text
    for name, command in cli.commands.items():
        yield f"skelseg {name} --help", command.help or ""
    source = resource("translations") / "skelseg_en.ts"
    for element in ElementTree.parse(source).iter():
        yield source.name, element.text or ""
    pages = [p for p in sorted((ROOT / "docs").glob("*.md")) if p != TERMS]
    for path in [*sorted(help_folder().glob("*.md")), *pages, ROOT / "README.md"]:
        yield path.name, path.read_text(encoding="utf-8")


def test_no_text_uses_a_word_to_avoid() -> None:
    words = avoided()
    assert len(words) > 20
    wanted = re.compile(rf"\b({'|'.join(map(re.escape, words))})\b", re.IGNORECASE)
    found = {
        f"{file}: {match[0]!r} in {text[max(0, match.start() - 60) :][:99]!r}"
        for file, raw in texts()
        for text in [NO_WORDS.sub(" ", raw)]
        for match in wanted.finditer(text)
        if (file, match[0].lower()) not in EXCEPT
    }
    assert not found, "\n".join(sorted(found))


def test_the_key_sheet_the_menus_and_the_steps_say_the_same_of_return() -> None:
    commands = ("review", "room-right")
    titles = {text for text, ids in WORK if ids == ("review",)}
    titles |= {c.name for c in project_table().commands if c.id in commands}
    titles |= {act.steps[0] for act in COMMANDS if act.id in commands}
    assert titles == {"Mark as reviewed, next"}


def sentences(text: str) -> Iterator[str]:
    """Sentences of a page, without tables, examples, pictures and headings."""
    text = re.sub(r"```.*?```|!\[.*?\)", "", text, flags=re.DOTALL)
    for line in re.sub(r"\{[^}]*\}|`[^`]*`", "Key", text).splitlines():
        if not line.startswith(("#", "|")):
            yield from re.split(r"[.:;?!](?=\W*\s)", line)


def test_sentences_of_the_help_are_short() -> None:
    long = {
        sentence
        for name in PAGES
        for sentence in sentences(load_page(name).text)
        if len(re.findall(r"[\w'’-]+", sentence)) > 20
    }
    assert not long, "\n".join(sorted(long))

"""Make or update the file of a translation, check it, and compile it for the program.

    python -m tools.translation skelseg_de.ts

Every text of the window and every sentence of the core that it shows stands in the
file, with the places in the code where it is. What the file has translated already
stays. A translation with other places for values than the English text is refused with
its line, and then nothing is written.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from inspect import cleandoc
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import PySide6

from app.kit.commands import INSIDE
from app.kit.language import CONTEXT, places
from app.window.command_owners import project_table
from app.window.menus import NEEDS, NOT_NOW, WORK
from skelseg_core.bundled import resource
from skelseg_core.formats.labels import LABEL_FORMATS
from skelseg_core.formats.poses import POSE_FORMATS
from skelseg_core.learning.recipes import recipes
from skelseg_core.said import counted
from skelseg_core.tasks.pictures.picture_choices import WRITTEN

ROOT = Path(__file__).resolve().parents[1]
SAY = {
    **dict.fromkeys(("tr", "plain", "plural", "as_sentence"), 0),
    **dict.fromkeys(("Said", "Progress", "Reason"), 0),
    "choice": 1,
}
"""Calls that are given a text, and its place among their arguments."""
NAMED = {"title", "tip", "words"}
"""Names of arguments that are texts."""
OPEN, CLOSE = "\u27e6", "\u27e7"
"""Brackets around every text of the pseudo-language."""
_WORD = re.compile(r"[^\W\d_]{2,}")
_VANISHED = '<translation type="vanished">'
ERROR = "SkelsegError"
NOT_SHOWN = {"cli", "benchmark"}
"""Folders of the core whose texts the window never shows."""
_WORDS = re.compile(r"^(?![a-z_.]\S*[._-]\S+$)[\s\S]*[^\W\d_]")
"""Texts but names such as ``class-add`` and ``n_frames``."""
_READ = (
    ast.Call | ast.ClassDef | ast.Assign | ast.AnnAssign | ast.For | ast.comprehension
)
ENGLISH = resource("translations") / "skelseg_en.ts"


@dataclass
class Text:
    """An English text, where it is said, and what the file says for it."""

    source: str
    is_plural: bool = False
    where: list[tuple[str, int]] = field(default_factory=list)
    translation: str = ""


# -- the texts of the program ----------------------------------------------------------


def texts() -> dict[str, Text]:
    """List every text that a translation may hold, by its English."""
    found: dict[str, Text] = {}
    nodes = {
        path: [n for n in ast.walk(_parsed(path)) if isinstance(n, _READ)]
        for package in ("app", "skelseg_core")
        for path in sorted((ROOT / package).rglob("*.py"))
        if not NOT_SHOWN & set(path.relative_to(ROOT).parts)
    }
    errors = _errors(n for of_file in nodes.values() for n in of_file)
    for path, of_file in nodes.items():
        for source, line, is_plural in _said_in(of_file, errors):
            text = found.setdefault(source, Text(source))
            text.is_plural |= is_plural
            text.where.append((path.relative_to(ROOT).as_posix(), line))
    for source in _declared():
        found.setdefault(source, Text(source))
    return found


def _declared() -> Iterator[str]:
    """List the texts of commands, menus and recipes."""
    for command in project_table().commands:
        yield from filter(None, (command.text, command.tip, command.reviews))
        yield from command.menu.split(INSIDE)
    for task in WRITTEN:
        yield cleandoc(task.about).partition("\n\n")[2].replace("\n", " ")
    yield from (words for words, _ in WORK)
    yield from (*NEEDS.values(), NOT_NOW)
    yield from (form.title for form in (*LABEL_FORMATS, *POSE_FORMATS))
    for recipe in recipes():
        yield from (recipe.group, recipe.sees, recipe.better)


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _errors(nodes: Iterable[ast.AST]) -> set[str]:
    """Name the classes of errors that people can cause."""
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    bases = {node.name: {_name(base) for base in node.bases} for node in classes}
    found, size = {ERROR}, 0
    while size < len(found):
        size = len(found)
        found |= {name for name, of in bases.items() if of & found}
    return found


def _said_in(
    nodes: Sequence[ast.AST], errors: set[str]
) -> Iterator[tuple[str, int, bool]]:
    """Find texts with their lines, and whether they are about a number of things."""
    names = _names(nodes)
    for node in nodes:
        if not isinstance(node, ast.Call):
            continue
        call = _name(node.func)
        at = 0 if call in errors else SAY.get(call)
        args = node.args[at : at + 1] if at is not None else []
        args = args + [k.value for k in node.keywords if k.arg in NAMED]
        if call == "counted" and isinstance(node.args[-1], ast.Constant):
            for n in (1, 2):
                yield counted(n, str(node.args[-1].value)).id, node.lineno, False
        for arg in args:
            for constant in _constants(arg, names, set()):
                yield str(constant.value), constant.lineno, call == "plural"


def _names(nodes: Iterable[ast.AST]) -> dict[str, list[ast.expr]]:
    """List what each name of a module is given."""
    found: dict[str, list[ast.expr]] = {}
    for node in nodes:
        targets: list[ast.expr] = getattr(node, "targets", [])
        value = getattr(node, "value", getattr(node, "iter", None))
        if isinstance(node, ast.AnnAssign | ast.For | ast.comprehension):
            targets = [node.target]
        for target in targets if value is not None else ():
            for name in getattr(target, "elts", [target]):
                found.setdefault(_name(name), []).append(value)
    return found


def _constants(
    node: ast.AST, names: dict[str, list[ast.expr]], seen: set[str]
) -> Iterator[ast.Constant]:
    """Find the texts that an expression may be, also by way of names."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str) and _WORDS.search(node.value):
            yield node
        return
    inside: Iterable[ast.AST] = _inside(node)
    if isinstance(node, ast.Name | ast.Attribute):
        inside = [] if _name(node) in seen else names.get(_name(node), [])
        seen.add(_name(node))
    for part in inside:
        yield from _constants(part, names, seen)


def _inside(node: ast.AST) -> Iterable[ast.AST]:
    """List the parts of an expression that may be what it is."""
    if isinstance(node, ast.Dict):
        return node.values
    if isinstance(node, ast.Call):
        # A method of a text or a table; an object that is made of texts.
        made = node.args if _name(node.func)[:1].isupper() else []
        return [
            *made,
            *([node.func.value] if isinstance(node.func, ast.Attribute) else []),
        ]
    if isinstance(node, ast.IfExp):
        return node.body, node.orelse
    if isinstance(node, ast.Subscript | ast.Starred):
        return [node.value]
    other = isinstance(node, ast.Compare | ast.JoinedStr | ast.Lambda)
    return () if other else ast.iter_child_nodes(node)


# -- the file of a translation ---------------------------------------------------------


def read(path: Path) -> Iterator[tuple[int, str, list[str], str]]:
    """Read line, English, forms and the whole message of each text of a file."""
    found = path.read_text(encoding="utf-8")
    for match in re.finditer(r"<message.*?</message>", found, re.DOTALL):
        message = ElementTree.fromstring(match[0])
        translation = message.find("translation")
        if translation is None:
            continue
        forms = [f.text or "" for f in translation.iter("numerusform")]
        line = found.count("\n", 0, match.start() + match[0].find("<translation")) + 1
        source = message.findtext("source") or ""
        yield line, source, forms or [translation.text or ""], match[0]


def wrong(path: Path) -> list[str]:
    """List the translations that have other places for values, with their lines."""
    english = {source: forms for _, source, forms, _ in read(ENGLISH)}
    return [
        f"{path}:{line}: {form!r} has other places for values than {source!r}"
        for line, source, forms, _ in read(path)
        for form in filter(None, forms)
        if not _fits(form, [source, *english.get(source, ())], len(forms))
    ]


def _fits(form: str, english: Sequence[str], n_forms: int) -> bool:
    """Tell whether a form has the places of a text; one of several needs no number."""
    found = places(form)
    wanted = [places(text) or [] for text in english]
    if n_forms > 1:
        wanted += [[p for p in one if p[0] != "n"] for one in wanted]
    return found in wanted


def written(path: Path) -> str:
    """Write the file with all texts, and what it says for them now."""
    found = read(path) if path.is_file() else ()
    known = {source: (forms, whole) for _, source, forms, whole in found}
    messages = [
        _message(text, known.pop(text.source, ((), ""))[0]) for text in texts().values()
    ]
    gone = (whole for forms, whole in known.values() if any(forms))
    messages += [re.sub("<translation[^>]*>", _VANISHED, whole) for whole in gone]
    return _file(path, messages)


def _file(path: Path, messages: Iterable[str]) -> str:
    language = path.stem.partition("_")[2]
    head = [
        '<?xml version="1.0" encoding="utf-8"?>',
        "<!DOCTYPE TS>",
        f'<TS version="2.1" language="{language}" sourcelanguage="en">',
        f"<context>\n    <name>{CONTEXT}</name>",
    ]
    return "\n".join([*head, *messages, "</context>\n</TS>\n"])


def _message(text: Text, forms: Sequence[str]) -> str:
    said = "".join(f"<numerusform>{escape(f)}</numerusform>" for f in forms or [""])
    state = "" if any(forms) else ' type="unfinished"'
    numerus = ' numerus="yes"' if text.is_plural else ""
    if not text.is_plural:
        said = escape(forms[0]) if forms else ""
    return "\n".join(
        [
            f"    <message{numerus}>",
            *(f'        <location filename="{f}" line="{n}"/>' for f, n in text.where),
            f"        <source>{escape(text.source)}</source>",
            f"        <translation{state}>{said}</translation>",
            "    </message>",
        ]
    )


def compile_file(path: Path) -> Path:
    """Make the file that the program reads, beside the one that people edit."""
    tool, out = Path(PySide6.__file__).parent / "lrelease", path.with_suffix(".qm")
    subprocess.run([tool, "-silent", path, "-qm", out], check=True)
    return out


def pseudo(text: str) -> str:
    """Lengthen the words of a text by two fifths, and put it into brackets."""
    parts = re.split(r"(\{[^{}]*\}|<[^>]*>|&\w+;)", text)
    parts[::2] = [_WORD.sub(_longer, part) for part in parts[::2]]
    return f"{OPEN}{''.join(parts)}{CLOSE}"


def _longer(word: re.Match[str]) -> str:
    return word[0] + word[0][-1] * (len(word[0]) * 2 // 5)


def write_pseudo(path: Path) -> Path:
    """Write and compile a translation that a person can still read, and tell apart."""
    path.write_text(
        _file(path, (_message(t, [pseudo(t.source)] * 2) for t in texts().values())),
        encoding="utf-8",
    )
    return compile_file(path)


def main() -> int:
    """Check, update and compile the files that are named."""
    if sys.argv[1:2] == ["--pseudo"]:
        print(write_pseudo(Path(sys.argv[2])))
        return 0
    for path in map(Path, sys.argv[1:]):
        faults = wrong(path) if path.is_file() else []
        if faults:
            print("\n".join(faults))
            return 1
        path.write_text(written(path), encoding="utf-8")
        print(compile_file(path))
    return 0


def _name(node: ast.AST) -> str:
    return str(getattr(node, "id", getattr(node, "attr", "")))


if __name__ == "__main__":
    sys.exit(main())

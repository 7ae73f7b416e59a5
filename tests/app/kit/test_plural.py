"""Sentences with a number read as English has them, and their list is complete."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import PySide6
import pytest
from PySide6.QtCore import QCoreApplication, QTranslator
from pytestqt.qtbot import QtBot

from app.kit.plural import CONTEXT, plural
from skelseg_core.bundled import resource

ROOT = Path(__file__).resolve().parents[3]
SOURCE = resource("translations") / "skelseg_en.ts"
ENDING = re.compile(r"\(e?s\)")


def texts_of_the_program() -> set[str]:
    """Texts of the code that have a number and a noun in both forms."""
    nodes = (
        node
        for file in (ROOT / "app").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    )
    texts = (n.value for n in nodes if isinstance(n, ast.Constant))
    return {
        text
        for text in texts
        if isinstance(text, str) and ENDING.search(text) and "plural(" not in text
    }


def test_every_text_has_both_forms() -> None:
    listed = {m.findtext("source") for m in ElementTree.parse(SOURCE).iter("message")}
    assert texts_of_the_program() == listed
    places = {name: name for name in re.findall(r"{(\w+)}", " ".join(map(str, listed)))}
    del places["n"]
    for text in sorted(map(str, listed)):
        one, many = plural(text, 1, **places), plural(text, 2, **places)
        assert one != many
        assert not ENDING.search(one + many)


def test_a_number_keeps_its_separators() -> None:
    numbers = (0, 1, 2, 1204)
    said = [plural("{n} segment(s)", n) for n in numbers]
    assert said == ["0 segments", "1 segment", "2 segments", "1,204 segments"]


def test_the_forms_are_those_of_their_source(tmp_path: Path) -> None:
    tool = Path(PySide6.__file__).parent / "lrelease"
    if not tool.is_file():
        pytest.skip("PySide6 brings no lrelease here")
    made = tmp_path / "made.qm"
    subprocess.run([tool, "-silent", SOURCE, "-qm", made], check=True)
    assert made.read_bytes() == SOURCE.with_suffix(".qm").read_bytes()


class Polish(QTranslator):
    """A language with three forms."""

    def isEmpty(self) -> bool:
        return False

    def translate(
        self, context: str, text: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        if context != CONTEXT:
            return text
        few = n % 10 in (2, 3, 4) and n % 100 not in (12, 13, 14)
        return "{n} segment" if n == 1 else "{n} segmenty" if few else "{n} segmentów"


def test_a_translation_has_the_forms_of_its_own_language(qtbot: QtBot) -> None:
    translator = Polish()
    QCoreApplication.installTranslator(translator)
    try:
        said = [plural("{n} segment(s)", n) for n in (1, 3, 5, 1022)]
    finally:
        QCoreApplication.removeTranslator(translator)
    assert said == ["1 segment", "3 segmenty", "5 segmentów", "1,022 segmenty"]

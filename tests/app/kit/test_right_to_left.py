"""Names that are written from right to left leave the words around them in order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QFont, QTextLayout
from pytestqt.qtbot import QtBot

from app.kit.labels import Label, isolated, plain_tip

NAMES = ("يمشي", "يمشي إلى اليمين", "הולך", "خطوة 3", "walk")
SENTENCES = ("{} 648 to 699", "{}, 648", "Label {} in 3 frames", "648 {} 699 {}")


def places(text: str, parts: list[str]) -> list[float]:
    """Return where parts of a text begin in the line that is shown."""
    layout = QTextLayout(text, QFont())
    layout.beginLayout()
    line = layout.createLine()
    layout.endLayout()
    # PySide gives the position and the place in pixels.
    return [line.cursorToX(text.index(part))[0] for part in parts]  # type: ignore[index]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sentence", SENTENCES)
def test_figures_and_words_stay_in_their_order(
    qtbot: QtBot, name: str, sentence: str
) -> None:
    label = Label(sentence.format(name, name))
    qtbot.addWidget(label)
    parts = [p for p in ("Label", "648", "in", "to", "699") if p in sentence]
    parts.sort(key=sentence.index)
    for text in (label.text(), plain_tip(sentence.format(name, name))):
        found = places(text, parts)
        assert found == sorted(found), text


@given(st.text("ab 3,-يمشه\n"))
def test_only_words_from_right_to_left_are_isolated(text: str) -> None:
    shown = isolated(text)
    assert shown.replace("\u2068", "").replace("\u2069", "") == text
    for piece in shown.split("\u2068")[1:]:
        inside = piece.split("\u2069")[0]
        assert inside
        assert not set("ab3,\n") & set(inside)

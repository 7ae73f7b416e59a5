"""Lines of text as pictures: letters that can be drawn, and those that cannot."""

from __future__ import annotations

import numpy as np
import pytest

from skelseg_core.video.lettering import (
    drawable,
    families,
    line_of_text,
    missing_letters,
)

NOBODYS = "\U0010fffd"
"""A letter that no font has."""


def test_letters_of_europe_need_no_other_font() -> None:
    text = "Grüße, Šířka żółć Ελλάδα Привет"
    assert missing_letters([text]) == ""
    assert families([text]) == ["DejaVu Sans"]
    assert drawable(text) == text
    # Accents that were typed apart are composed.
    assert drawable("Gru\u0308n") == "Grün"


def test_a_letter_that_no_font_has_is_named_and_no_box() -> None:
    assert missing_letters([f"a{NOBODYS}b", "c\n\u200b"]) == NOBODYS
    assert drawable(f"a{NOBODYS}b") == "a?b"
    shown = line_of_text(f"a{NOBODYS}b", 20)
    assert (shown == line_of_text("a?b", 20)).all()


def test_scripts_of_fonts_that_are_there_are_drawn() -> None:
    text = "盗む"
    if missing_letters([text]):
        pytest.skip("no font of this computer has these letters")
    assert len(families([text])) > 1
    first, second = (line_of_text(letter, 24) for letter in text)
    assert first.any()
    assert second.any()
    assert first.shape != second.shape or (first != second).any()


def test_lines_stand_on_one_base_line_and_are_not_cut() -> None:
    lines = [line_of_text(text, 30) for text in ("nnn", "Ännn", "ngn")]
    assert {line.shape[0] for line in lines} == {39}
    # The last row of an n is the same row of the picture in each.
    low = [int(np.flatnonzero(line[:, :12].any(axis=1))[-1]) for line in lines]
    assert low[0] == low[2] == low[1]
    for line in lines:
        assert not line[[0, -1]].any()
    assert line_of_text("", 30).shape == (39, 0)

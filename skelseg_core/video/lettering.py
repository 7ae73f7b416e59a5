"""Letters of any script as grey pictures, drawn with the fonts of this computer.

Matplotlib's own font has Latin, Greek and Cyrillic letters; others come from the
computer's fonts. A letter that no font has becomes a question mark, and
`missing_letters` lists it: a row of boxes would be useless.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from skelseg_core.user_folders import cache_folder

if TYPE_CHECKING:
    from matplotlib.ft2font import FT2Font

MAIN = "DejaVu Sans"
"""Font family that comes with matplotlib."""
SQUARE = 1.3
"""Height of a line of text, as a multiple of the size of the letters."""
_BOXES = ("lastresort", "last resort")
"""Fonts that draw a box for every letter, by a part of their name."""
_STAND_IN = "?"


def missing_letters(texts: Iterable[str]) -> str:
    """Find the letters of texts that no font of this computer can draw."""
    letters = sorted({c for text in texts for c in _composed(text)})
    return "".join(c for c in letters if not _is_blank(c) and _font_of(c) is None)


def missing_text(letters: str) -> list[str]:
    """Write a sentence about letters without a font; empty if there are none."""
    if not letters:
        return []
    return [
        f"No font of this computer has {' '.join(letters)}, so each is shown as a "
        "question mark. Install a font with these letters, such as Noto."
    ]


def families(texts: Iterable[str]) -> list[str]:
    """List the font families that together cover the letters of texts."""
    letters = sorted({c for text in texts for c in _composed(text)})
    found = (_font_of(c) for c in letters if not _is_blank(c))
    return list(dict.fromkeys([MAIN, *(_family(f) for f in found if f)]))


def drawable(text: str) -> str:
    """Replace each letter that cannot be drawn by a question mark."""
    shown = "".join(" " if _is_blank(c) else c for c in _composed(text))
    return "".join(c if c == " " or _font_of(c) else _STAND_IN for c in shown)


@lru_cache(maxsize=512)
def line_of_text(text: str, size_px: int) -> np.ndarray:
    """Draw one line of text.

    Parameters
    ----------
    text : str
    size_px : int
        Font size in px.

    Returns
    -------
    ndarray of uint8, shape (H, W)
        Opacity of the letters; H is always `SQUARE` times the size, so that lines side
        by side share a baseline.
    """
    shown = drawable(text).strip()
    height = round(size_px * SQUARE)
    if not shown:
        return np.zeros((height, 0), np.uint8)
    font = _loaded(tuple(_files(shown)))
    font.set_size(size_px, 72)
    font.set_text(shown, 0.0)
    font.draw_glyphs_to_bitmap(antialiased=True)
    drawn = np.array(font.get_image(), np.uint8)
    line = np.zeros((height, drawn.shape[1]), np.uint8)
    # The baseline is at the same height for all letters.
    top = round(size_px * 1.02) - (drawn.shape[0] - round(font.get_descent() / 64))
    first, last = max(0, top), min(height, top + drawn.shape[0])
    line[first:last] = drawn[first - top : last - top]
    return line


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _is_blank(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter) in ("Cc", "Cf", "Cs")


def _files(text: str) -> list[str]:
    found = (_font_of(c) for c in text if c != " ")
    return list(dict.fromkeys([_main(), *(f for f in found if f)]))


def keep_fonts_in_cache() -> None:
    """Make matplotlib keep its font list among our caches; call before import."""
    if "matplotlib" not in sys.modules:
        os.environ.setdefault("MPLCONFIGDIR", str(cache_folder() / "matplotlib"))


@cache
def _main() -> str:
    keep_fonts_in_cache()
    from matplotlib import font_manager

    return str(font_manager.findfont(MAIN))


@lru_cache(maxsize=16)
def _loaded(files: tuple[str, ...]) -> FT2Font:
    from matplotlib import font_manager

    # A separate copy for each file, because the size is set for each line.
    return font_manager.get_font(list(files))


@cache
def _letters_of(file: str) -> frozenset[int]:
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset(FT2Font(file).get_charmap())
    except (OSError, RuntimeError, UnicodeError):
        return frozenset()  # an unreadable font draws nothing


@cache
def _others() -> tuple[tuple[str, str], ...]:
    from matplotlib import font_manager

    fonts = {
        (entry.fname, entry.name)
        for entry in font_manager.fontManager.ttflist
        if entry.style == "normal"
        and not any(box in entry.fname.lower() for box in _BOXES)
        and not any(box in entry.name.lower() for box in _BOXES)
    }
    # Sans serif first, like the rest of the text.
    return tuple(sorted(fonts, key=lambda f: ("sans" not in f[1].lower(), f[1], f[0])))


@cache
def _font_of(letter: str) -> str | None:
    """Find the font for a letter, preferably the main one."""
    if ord(letter) in _letters_of(_main()):
        return _main()
    return next((f for f, _ in _others() if ord(letter) in _letters_of(f)), None)


def _family(file: str) -> str:
    return next((name for path, name in _others() if path == file), MAIN)

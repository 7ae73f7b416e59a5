"""Word sentences with a number in the plural form that the number needs."""

from __future__ import annotations

import logging
from functools import cache

from PySide6.QtCore import QCoreApplication, QTranslator

from app.kit.language import tr
from skelseg_core.bundled import resource

_log = logging.getLogger(__name__)
CONTEXT = "Plurals"
"""Context of these texts in a translation; skelseg_en.ts lists all of them."""


def plural(text: str, n: int, **places: object) -> str:
    """Word a sentence about ``n`` things, as in ``plural("{n} segment(s)", 3)``.

    Parameters
    ----------
    text : str
        The sentence, with ``{n}`` where the number stands and other named places.
    n : int
        The number that decides between the forms; written with separators.
    **places : object
        What stands in the other places.
    """
    form = QCoreApplication.translate(CONTEXT, text, "", n)
    try:
        if form != text:  # Else no translation is installed, or it lacks this text.
            return form.format(n=f"{n:,}", **places)
    except (LookupError, ValueError):
        _log.warning("the translation of %r has other places: %r", text, form)
    form = _english().translate(CONTEXT, text, "", n) or text
    return form.format(n=f"{n:,}", **places)


def frames_named(start: int, stop: int) -> str:
    """Name the frames of a half-open range by the first and last: ``578 to 583``."""
    if stop - start == 1:
        return f"{start:,}"
    text = tr("{} to {}")
    return text.format(f"{start:,}", f"{stop - 1:,}")


@cache
def _english() -> QTranslator:
    """Load the English forms, which are not in the code."""
    translator = QTranslator()
    translator.load(str(resource("translations") / "skelseg_en.qm"))
    return translator

"""Texts that people read, with what is needed to say them in another language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from numbers import Integral, Real
from pathlib import PurePath
from typing import Any

MOST_CHARACTERS = 1000
"""Longest value that is shown in a sentence; of a longer one the middle is left out."""
_LINE_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class Said(str):
    """A sentence with its values, as in ``Said("poses of {}", "07")``.

    It is the English text; `str` of it, and of a `SkelsegError`, is still a `Said`.

    Parameters
    ----------
    text : str
        The sentence, with ``{}`` in the places of the values.
    *values : object
        What stands in these places.

    Attributes
    ----------
    id : str
        The sentence without its values, by which a translation is looked up.
    values : tuple of object
    """

    id: str
    values: tuple[object, ...]

    def __new__(cls, text: str, *values: object) -> Said:
        """Write the values into the sentence."""
        made = super().__new__(cls, _with_values(text, values))
        made.id, made.values = text, values
        return made

    def __str__(self) -> str:
        return self

    def by(self, translate: Callable[[str], str]) -> str:
        """Say the text, and values that are texts, in the words of ``translate``."""
        # Errors and reasons are texts, too.
        texts = [(value, str(value)) for value in self.values]
        said = [t.by(translate) if isinstance(t, Said) else v for v, t in texts]
        return _with_values(translate(self.id), said)


def counted(n: int, word: str) -> Said:
    """Write a number with its noun: ``"1 class"``, ``"2 classes"``."""
    plural = f"{word}es" if word.endswith("s") else f"{word}s"
    return Said(f"{{:,}} {word if n == 1 else plural}", n)


def in_column(n: int, word: str, width: int) -> str:
    """Write a number with its noun for rows that stand below one another."""
    return f"{n:>{width},} {counted(n, word).split()[1]:<{len(word) + 1}}"


def listed(names: Sequence[str]) -> str:
    """Join names for a sentence: ``"a, b, c, d, e and 7 more"``."""
    shown, more = ", ".join(names[:5]), len(names) - 5
    return f"{shown} and {more:,} more" if more > 0 else shown


def together(*texts: object, between: str = " ") -> Said:
    """Write texts one after the other."""
    return Said(between.join(["{}"] * len(texts)), *texts)


def to_json(value: Any) -> Any:
    """Convert the texts in plain values to what `from_json` makes the same texts of."""
    if isinstance(value, Said) and value.values:
        return {"said": value.id, "values": [_plain(v) for v in value.values]}
    if isinstance(value, dict):
        return {name: to_json(v) for name, v in value.items()}
    return [to_json(v) for v in value] if isinstance(value, list | tuple) else value


def _plain(value: object) -> Any:
    if isinstance(value, Real):  # of numpy, too
        return int(value) if isinstance(value, Integral) else float(value)
    # A path is none any more where it arrives.
    return to_json(str(_shown(value) if isinstance(value, PurePath) else value))


def from_json(found: dict[str, Any]) -> Any:
    """Make the text of an object that is one; the ``object_hook`` of `json.loads`."""
    if found.keys() == {"said", "values"}:
        return Said(found["said"], *found["values"])
    return found


def _with_values(text: str, values: Iterable[object]) -> str:
    shown = [_shown(value) for value in values]
    return text.format(*shown) if shown else text


def _shown(value: object) -> object:
    """Bound what a sentence shows of a value; drop line breaks and what is no UTF-8."""
    if not isinstance(value, str | PurePath):
        return value  # it may be formatted as a number
    text = str(value)
    if len(text) > MOST_CHARACTERS:
        text = f"{text[: MOST_CHARACTERS // 2]}…{text[-MOST_CHARACTERS // 2 :]}"
    text = _LINE_BREAKS.sub(" ", text)
    # An array of another program may hold what is no character at all.
    return text.encode("utf-8", "replace").decode("utf-8", "replace")

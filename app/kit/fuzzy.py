"""Compare typed letters with names, for the palette and the list of classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

PATH = 0.7
"""Weight of a match that needs the path, beside one in the text alone."""
COINCIDENCE = 0.45
"""Share of the best score below which a match is left out."""
_BREAKS = " :/-_.,…("
"""Characters after which a word begins."""


def fit(query: str, text: str) -> float:
    """Return how well a query fits a text, from 0 (not at all) to 1 (equal).

    Every word of the query has to be found: as the beginning of a word, inside one, or
    as letters in their order, such as ``gtf`` in ``Go to frame``.
    """
    wanted, name = query.lower().split(), _name(text)
    if not wanted:
        return 1.0
    if " ".join(wanted) == name.text:
        return 1.0
    total = 0.0
    for word in wanted:
        found = _fit_word(word, name)
        if not found:
            return 0.0
        total += found
    return total / len(wanted)


@dataclass(frozen=True)
class _Name:
    """Keep a name in lower case, where its words begin, and with which letters."""

    text: str
    starts: tuple[int, ...]
    initials: str


@lru_cache(maxsize=4096)
def _name(text: str) -> _Name:
    text = text.lower().strip()
    starts = tuple(i + 1 for i, c in enumerate(text[:-1]) if c in _BREAKS)
    return _Name(text, starts, text[:1] + "".join(text[i] for i in starts))


def _fit_word(word: str, name: _Name) -> float:
    if word in name.text:
        if name.text.startswith(word):
            return 0.95
        begins = any(name.text.startswith(word, i) for i in name.starts)
        return 0.85 if begins else 0.6
    if word in name.initials:
        return 0.5
    return _fit_letters(word, name.text)


def _fit_letters(word: str, text: str) -> float:
    """Score letters found in their order; the farther apart, the worse."""
    best, begin = 0.0, text.find(word[0])
    while begin >= 0:
        at = begin
        for letter in word[1:]:
            at = text.find(letter, at + 1)
            if at < 0:
                return best
        best = max(best, 0.4 * len(word) / (at - begin + 1))
        begin = text.find(word[0], begin + 1)
    return best if best >= 0.1 else 0.0


def rank(
    query: str, names: Sequence[tuple[str, str]], recent: Sequence[int] = ()
) -> list[int]:
    """List the names that fit a query, the best first.

    Parameters
    ----------
    query : str
        An empty one fits all.
    names : sequence of (path, text)
        What stands in the path counts less than what stands in the text.
    recent : sequence of int
        Indices into ``names`` of what was used last, the last first; they go before
        what fits as well.

    Returns
    -------
    list of int
        Indices into ``names``.
    """
    last = {index: place for place, index in enumerate(recent)}
    if not query.split():
        return sorted(range(len(names)), key=lambda i: (last.get(i, len(last)), i))
    fits = []
    for path, text in names:
        alone = fit(query, text)
        both = PATH * fit(query, f"{path} {text}") if alone < PATH else 0.0
        fits.append(max(alone, both))
    # Where another name holds the word whole, scattered letters match by chance.
    least = COINCIDENCE * max(fits, default=0.0)
    found = [i for i, value in enumerate(fits) if value > 0 and value >= least]
    return sorted(found, key=lambda i: (-fits[i], last.get(i, len(last)), i))

"""Fuzzy: how well what somebody typed fits a name."""

from __future__ import annotations

from collections.abc import Sequence

PATH = 0.7
COINCIDENCE = 0.45
_BREAKS = " :/-_.,…("


def fit(query: str, text: str) -> float:
    """How well a query fits a text: 0 for not at all, 1 for being it.

    Every word of the query has to be found: as the beginning of a word, inside one, or
    as letters in their order, such as ``gtf`` in ``Go to frame``.
    """
    wanted, text = query.lower().split(), text.lower().strip()
    if not wanted:
        return 1.0
    if " ".join(wanted) == text:
        return 1.0
    found = [_fit_word(word, text) for word in wanted]
    return sum(found) / len(found) if all(found) else 0.0


def _fit_word(word: str, text: str) -> float:
    if text.startswith(word):
        return 0.95
    starts = [i + 1 for i, c in enumerate(text) if c in _BREAKS]
    if any(text.startswith(word, i) for i in starts):
        return 0.85
    if word in text:
        return 0.6
    initials = "".join(text[i] for i in (0, *starts) if i < len(text))
    if word in initials:
        return 0.5
    return _fit_letters(word, text)


def _fit_letters(word: str, text: str) -> float:
    """Letters in their order; the farther apart they are, the worse."""
    best = 0.0
    for begin in (i for i, c in enumerate(text) if c == word[0]):
        at = begin
        for letter in word[1:]:
            at = text.find(letter, at + 1)
            if at < 0:
                return best
        best = max(best, 0.4 * len(word) / (at - begin + 1))
    return best if best >= 0.1 else 0.0


def rank(
    query: str, names: Sequence[tuple[str, str]], recent: Sequence[int] = ()
) -> list[int]:
    """Which names fit a query, the best first.

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
    fits = [
        max(fit(query, text), PATH * fit(query, f"{path} {text}"))
        for path, text in names
    ]
    # Beside a word that is there, letters from all over a name are a coincidence.
    least = COINCIDENCE * max(fits, default=0.0)
    found = [i for i, value in enumerate(fits) if value > 0 and value >= least]
    return sorted(found, key=lambda i: (-fits[i], last.get(i, len(last)), i))

"""Find names by typed words, for the palette and the help."""

from __future__ import annotations

from collections.abc import Sequence

SYNONYMS = (
    {"accuracy", "evaluate", "measure", "score"},
    {"agreement", "kappa", "reliability"},
    {"annotate", "code", "label"},
    {"annotator", "coder", "person", "rater", "user"},
    {"behavior", "behaviour", "category", "class"},
    {"bout", "event", "interval", "segment"},
    {"clip", "film", "movie", "recording", "video"},
    {"colors", "colours", "theme"},
    {"delete", "erase", "remove"},
    {"hotkey", "keyboard", "keys", "shortcut"},
    {"infer", "inference", "predict", "prelabel"},
    {"joint", "keypoint", "landmark", "pose", "skeleton"},
    {"model", "network", "weights"},
    {"revert", "undo"},
    {"tier", "track"},
)
"""Words that people use for one thing; each may be typed for the others."""
ALIKE = 80
"""Least similarity, of 100, of a typed word and the beginning of a name."""


def meanings(word: str) -> list[str]:
    """List the synonyms of a word in lower case; its first four letters will do."""
    begin = word.removesuffix("s")
    found = [same for same in SYNONYMS if any(w.startswith(begin) for w in same)]
    return sorted(set().union(*found)) if len(begin) >= 4 else []


def rank(
    query: str, names: Sequence[tuple[str, str]], recent: Sequence[int] = ()
) -> list[int]:
    """List the names that fit a query, the best first.

    Parameters
    ----------
    query : str
        An empty one fits all. Of others each word, one that is nearly the same, or a
        synonym has to be found.
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
    words = [(word, meanings(word)) for word in _plain(query).split()]
    typed = " ".join(word for word, _ in words)
    last = {index: place for place, index in enumerate(recent)}
    texts = [(_plain(path), _plain(text)) for path, text in names]
    # Mistyped words are looked for where nothing has them as they are.
    for fit in (_fit, _nearly):
        found = {}
        for i, (path, text) in enumerate(texts):
            fits = [max(fit(*word, text), 0.6 * fit(*word, path)) for word in words]
            if all(fits):
                best = text == typed, text.startswith(typed), sum(fits)
                found[i] = (*(-n for n in best), last.get(i, len(last)), i)
        if found:
            break
    return sorted(found, key=found.__getitem__)


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("-", "").split())


def _fit(word: str, synonyms: Sequence[str], text: str) -> float:
    """Return how well a word fits a text, from 0 (not at all) to 1."""
    if word in text:
        return 1.0 if f" {word}" in f" {text}" else 0.8
    return 0.7 * any(f" {same}" in f" {text}" for same in synonyms)


def _nearly(word: str, synonyms: Sequence[str], text: str) -> float:
    # Imported at the first typing error, so that no start waits for it.
    from rapidfuzz.fuzz import ratio

    near = any(ratio(word, w[: len(word)]) >= ALIKE for w in text.split())
    return _fit(word, synonyms, text) or 0.5 * near

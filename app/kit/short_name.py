"""Names of classes cut to their place, so that two that differ look different."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from PySide6.QtGui import QFontMetricsF

# A number, a sign of a script without spaces, or a word.
_SIGN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff]")
_WORDS = re.compile(rf"\d+|{_SIGN.pattern}|[^\W\d_\u2e80-\u9fff\uf900-\ufaff]+")
_GAP = "\u2026"
_LONGEST = 12
"""Most letters of a word in a place where not all of its words fit."""


@dataclass(frozen=True)
class ShortName:
    """A name, and the words in it that tell it from the other names.

    Parameters
    ----------
    name : str
    words : tuple of (int, int)
        Where its words begin and end.
    telling : tuple of (int, int)
        Indices of the words that no other name has all of, and how many letters each
        needs to differ from other words.
    """

    name: str
    words: tuple[tuple[int, int], ...]
    telling: tuple[tuple[int, int], ...]

    def cut(self, fits: Callable[[str], bool], sought: Sequence[str] = ()) -> str:
        """Cut the name so that it fits; words that tell it, and are sought, stay.

        Parameters
        ----------
        fits : callable
            Tells whether a text has room.
        sought : sequence of str
            In lower case; the words of the name with one of them are to be seen.
        """
        if fits(self.name):
            return self.name
        kept = {n for n, _ in self.telling} | self._with(sought)
        others = [n for n in range(len(self.words)) if n not in kept]

        def text(n: int) -> str:
            return self._joined(kept | set(others[:n]))

        most = bisect_right(range(len(others)), 0, key=lambda n: not fits(text(n))) - 1
        return text(most) if most >= 0 else self._abbreviated(fits, sorted(kept))

    def _with(self, parts: Sequence[str]) -> set[int]:
        shown = [self.name[a:b].casefold() for a, b in self.words]
        return {n for n, word in enumerate(shown) if any(p in word for p in parts)}

    def _joined(self, chosen: set[int]) -> str:
        """Join words by what stands between them, or by dots for what is left out."""
        text, before = "", -1
        for n in sorted(chosen):
            begin, end = self.words[n]
            since = self.words[before][1] if before >= 0 else 0
            text += self.name[since:begin] if n == before + 1 else _GAP
            text, before = text + self.name[begin:end], n
        return text if before == len(self.words) - 1 else text + _GAP

    def _abbreviated(self, fits: Callable[[str], bool], kept: list[int]) -> str:
        """Write the beginnings of the words that tell the name, as long as fits."""
        least = dict(self.telling)
        texts = [self.name[slice(*self.words[n])] for n in kept]
        needs = [least.get(n, 0) for n in kept]
        joint = "" if all(_SIGN.match(text) for text in texts) else " "
        for needed in (needs, [0] * len(kept)):
            for longest in range(_LONGEST, 0, -1):
                pairs = zip(texts, needed, strict=True)
                cut = joint.join(text[: max(longest, n)] for text, n in pairs)
                if fits(cut):
                    return cut
        return texts[0][:1] + _GAP


def within(metrics: QFontMetricsF, room: float) -> Callable[[str], bool]:
    """Return whether texts have room in a line."""
    return lambda text: metrics.horizontalAdvance(text) <= room


def short_name(name: str, names: tuple[str, ...]) -> ShortName:
    """Return one of the names with what tells it from the others."""
    return short_names(names)[names.index(name)]


@lru_cache(maxsize=8)
def short_names(names: tuple[str, ...]) -> tuple[ShortName, ...]:
    """Find for each name the fewest words that none of the others has all of."""
    places = [[m.span() for m in _WORDS.finditer(n)] or [(0, len(n))] for n in names]
    texts = [
        [name[a:b] for a, b in spans] for name, spans in zip(names, places, strict=True)
    ]
    with_word: dict[str, int] = {}
    for at, words in enumerate(texts):
        for word in words:
            with_word[word] = with_word.get(word, 0) | 1 << at
    needs = _needs(sorted(with_word))
    found = []
    for at, (name, words) in enumerate(zip(names, texts, strict=True)):
        left, chosen = (1 << len(names)) - 1 & ~(1 << at), set[int]()
        while True:
            # What the most of the names that are left do not have; the first of those.
            best = min(
                range(len(words)),
                key=lambda n: (left & with_word[words[n]]).bit_count(),
            )
            if chosen and not left & ~with_word[words[best]]:
                break
            chosen.add(best)
            left &= with_word[words[best]]
        if left:  # another name has all of its words
            chosen = set(range(len(words)))
        telling = tuple((n, needs[words[n]]) for n in sorted(chosen))
        found.append(ShortName(name, tuple(places[at]), telling))
    return tuple(found)


def _needs(words: Sequence[str]) -> dict[str, int]:
    """Count, for each of the sorted words, the letters that tell it from the others."""
    alike = [_alike(a, b) for a, b in pairwise(words)]
    return {
        word: min(len(word), 1 + max(before, after))
        for word, before, after in zip(words, [0, *alike], [*alike, 0], strict=True)
    }


def _alike(a: str, b: str) -> int:
    pairs = zip(a, b, strict=False)
    return next((n for n, (x, y) in enumerate(pairs) if x != y), min(len(a), len(b)))

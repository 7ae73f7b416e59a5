"""Sides of the body in the names of keypoints: ``ear_left``, ``LEar``, ``r_paw``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from skelseg_core.poses.skeleton import plain_name

_OTHER = {"left": "right", "right": "left"}
_WORDS = {"left": "left", "right": "right", "l": "left", "r": "right"}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def split_side(name: str) -> list[tuple[str, str]]:
    """List the ways to split a name into a side and the rest, most certain first.

    ``"leftear"`` is ``("left", "ear")``; empty if no side can be in it.
    """
    words = [w.lower() for w in re.split(r"[\W_]+", _CAMEL.sub(" ", name)) if w]
    found = [
        (_WORDS[word], "".join([*words[:n], *words[n + 1 :]]))
        for n, word in enumerate(words)
        if word in _WORDS
    ]
    plain = plain_name(name)
    # A letter at the end counts only if another name ends with the other one.
    for mark, side in _WORDS.items():
        if plain.startswith(mark):
            found.append((side, plain[len(mark) :]))
        if plain.endswith(mark):
            found.append((side, plain[: -len(mark)]))
    return list(dict.fromkeys((side, rest) for side, rest in found if rest))


def guess_flip_pairs(names: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Find pairs of keypoints that are left and right of the same part."""
    readings = [split_side(name) for name in names]
    pairs: list[tuple[int, int]] = []
    taken: set[int] = set()
    for a, ways in enumerate(readings):
        for side, rest in ways:
            other = (_OTHER[side], rest)
            free = (b for b in range(a + 1, len(names)) if b not in taken)
            b = next((b for b in free if other in readings[b]), None)
            if b is not None and a not in taken:
                pairs.append((a, b) if side == "left" else (b, a))
                taken |= {a, b}
    return tuple(sorted(pairs))

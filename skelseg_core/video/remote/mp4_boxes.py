"""Boxes of an .mp4: where its pictures and sound lie, so that all else can be read.

The table of an .mp4 is in one box and its pictures in another, hundreds of times as
large. Who knows where the second lies can read the table and skip it.
"""

from __future__ import annotations

from collections.abc import Callable

MOST_BOXES = 64
"""Boxes looked at; a file in more of them is a stream in fragments."""


def picture_ranges(
    read: Callable[[int, int], bytes], size_bytes: int
) -> list[tuple[int, int]]:
    """Find the parts ``[start, stop)`` of a file that are pictures and sound.

    Parameters
    ----------
    read : callable
        Reads bytes from one position up to another.
    size_bytes : int

    Returns
    -------
    list of tuple of int
        Empty where it is no .mp4, or one in fragments.
    """
    found: list[tuple[int, int]] = []
    kinds: set[bytes] = set()
    at = 0
    for _ in range(MOST_BOXES):
        if at + 16 > size_bytes:
            break
        head = read(at, at + 16)
        length, kind, begins = int.from_bytes(head[:4], "big"), head[4:8], at + 8
        if length == 1:
            length, begins = int.from_bytes(head[8:], "big"), at + 16
        stop = size_bytes if length == 0 else min(at + length, size_bytes)
        if stop < begins:
            return []
        kinds.add(kind)
        if kind == b"mdat":
            found.append((begins, stop))
        at = stop
    whole = at + 16 > size_bytes and b"moov" in kinds and b"moof" not in kinds
    return found if whole else []

"""People: who is seen in videos, by ids that a user chose.

An id is a short text, the same in all videos and files of a person. A model's figures
keep people apart by it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache

from skelseg_core.errors import EditError
from skelseg_core.labels.classes import begins_formula, breaks_lines

MOST_CHARACTERS = 100
"""Longest id of a person."""
MOST_PEOPLE = 100
"""People of one video, at most."""
_BETWEEN = ", "
"""Separators between several people in one text."""


def people_of_text(text: str) -> tuple[str, ...]:
    """Read people from a text separated by commas or semicolons.

    Raises
    ------
    EditError
        If one cannot be an id.
    """
    return checked_people(text.replace(";", ",").split(","))


def people_text(people: Iterable[str]) -> str:
    """Write people as one text, which `people_of_text` reads."""
    return _BETWEEN.join(people)


def checked_people(people: Iterable[str]) -> tuple[str, ...]:
    """Strip ids, and drop duplicates and empty ones.

    Raises
    ------
    EditError
        If one cannot be an id, or there are too many.
    """
    return _checked(tuple(people))


@lru_cache(MOST_PEOPLE)
def _checked(people: tuple[str, ...]) -> tuple[str, ...]:
    # Composed, because macOS may enter an accent as a separate character.
    found = (unicodedata.normalize("NFC", p).strip() for p in people)
    made = tuple(dict.fromkeys(p for p in found if p))
    if len(made) > MOST_PEOPLE:
        raise EditError(
            "{:,} people in one video are too many; name at most {}.",
            len(made),
            MOST_PEOPLE,
        )
    for person in made:
        _check(person)
    return made


def _check(person: str) -> None:
    if len(person) > MOST_CHARACTERS or any(
        c in ",;" or breaks_lines(c) for c in person
    ):
        raise EditError(
            "{!r:.60} cannot be a person's name: use at most {} characters, without "
            "commas, semicolons and line breaks.",
            person,
            MOST_CHARACTERS,
        )
    if begins_formula(person):
        raise EditError(
            "The person '{}' starts with '{}', which spreadsheets read as a formula; "
            "choose another name.",
            person,
            person[0],
        )


def groups_of_people(people: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Group videos: videos that share people belong to one group.

    Parameters
    ----------
    people : Mapping[str, Sequence[str]]
        People in each video. A video without named people is its own group.

    Returns
    -------
    dict
        Group by video, named after its people.
    """
    # Two windows, or a merge, may spell one person's id differently.
    spelled: dict[str, str] = {}
    people = {
        video: [spelled.setdefault(p.casefold(), p) for p in named]
        for video, named in people.items()
    }
    group_of: dict[str, set[str]] = {}
    for named in people.values():
        joined = set(named).union(*(group_of.get(p, ()) for p in named))
        group_of.update(dict.fromkeys(joined, joined))
    return {
        video: people_text(sorted(group_of[named[0]]))
        if named
        else _own_group(video, group_of)
        for video, named in people.items()
    }


def _own_group(video: str, names: Collection[str]) -> str:
    # A video may have the name of a person in other videos.
    return f"video {video}" if video in names else video

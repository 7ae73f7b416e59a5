"""People: who is seen in videos, by ids that a user chose.

An id is a short text that stays the same in all videos of a person, and in whose files
it stands. Figures of a model keep people apart by it.
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
"""Parts people where several are written in one text."""


def people_of_text(text: str) -> tuple[str, ...]:
    """Read people from a text in which commas or semicolons part them.

    Raises
    ------
    EditError
        Where one of them cannot be an id.
    """
    return checked_people(text.replace(";", ",").split(","))


def people_text(people: Iterable[str]) -> str:
    """Write people as one text, which `people_of_text` reads."""
    return _BETWEEN.join(people)


def checked_people(people: Iterable[str]) -> tuple[str, ...]:
    """Return ids without outer blanks, each once, without the empty ones.

    Raises
    ------
    EditError
        Where one cannot be an id, or there are too many.
    """
    return _checked(tuple(people))


@lru_cache(MOST_PEOPLE)
def _checked(people: tuple[str, ...]) -> tuple[str, ...]:
    # Composed: a Mac may type an accent as a character of its own.
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
    """Find the group that each video belongs to: videos that share people are of one.

    Parameters
    ----------
    people : Mapping[str, Sequence[str]]
        Who is in each video. One of nobody who is named is a group of its own.

    Returns
    -------
    dict
        Name of the group by video: its people.
    """
    # Two windows, or a merge, may spell one person in two ways.
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
    # A video may be called like a person who is in others.
    return f"video {video}" if video in names else video

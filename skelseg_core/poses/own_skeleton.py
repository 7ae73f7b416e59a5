"""Own skeletons: check what a user says of keypoints, and write it as a name.

Everything about the skeleton is in its name, as JSON: poses, models and projects that
keep the name keep the skeleton.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from skelseg_core.errors import ConfigError
from skelseg_core.poses.skeleton import Skeleton, plain_name

MOST_KEYPOINTS = 200
"""Keypoints of a skeleton beyond which a file of one is refused."""

MOST_EDGES = 1000
"""Edges, and flip pairs, beyond which a file of a skeleton is refused."""

MOST_LETTERS = 60
"""Letters of the name of a skeleton or a keypoint beyond which it is refused."""

_KEYS = ("name", "keypoints", "edges", "flip_pairs", "centre", "scale")


Where = Callable[[str, int], str]
"""Says where an entry of a skeleton stands, by its key and its number from 0."""


def build_skeleton(values: Mapping[str, Any], where: Where) -> Skeleton:
    """Build a skeleton of one's own from plain values.

    Parameters
    ----------
    values : mapping
        ``name``, ``keypoints``, and by the names of keypoints ``edges``,
        ``flip_pairs`` (left, right), ``centre`` and ``scale``. The last two may be left
        out where keypoints are called hip and shoulder.
    where : callable
        Begins the sentence of an error.

    Raises
    ------
    ConfigError
        Where something is missing, named twice, unknown or too much.
    """
    for key in values:
        if key not in _KEYS:
            raise ConfigError(
                "{}: '{}' is not part of a skeleton; it has {}.",
                where(key, 0),
                str(key)[:MOST_LETTERS],
                ", ".join(_KEYS),
            )
    title = values.get("name", "")
    if not isinstance(title, str) or not 0 < len(title) <= MOST_LETTERS:
        raise ConfigError(
            "{}: the skeleton needs a name of at most {} letters.",
            where("name", 0),
            MOST_LETTERS,
        )
    names = _keypoints(values.get("keypoints"), where)
    index = {name: i for i, name in enumerate(names)}
    edges = _pairs(values, "edges", index, where)
    flips = _pairs(values, "flip_pairs", index, where)
    centre = _group(values.get("centre", []), "centre", 0, index, where)
    scale = tuple(
        _group(group, "scale", i, index, where)
        for i, group in enumerate(_list(values, "scale", where))
    )
    _check_body(names, flips, centre, scale, where)
    return Skeleton(
        _json(title, names, (edges, flips, (centre, *scale))),
        names,
        edges,
        flips,
        centre,
        scale,
    )


def skeleton_of_json(text: str) -> Skeleton:
    """Build the skeleton whose name is this text.

    Raises
    ------
    ConfigError
        Where it describes none, or is not written as `build_skeleton` names it.
    """
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            "The skeleton {} cannot be read; restore the file from a copy.", text[:60]
        ) from error
    if not isinstance(values, dict):
        raise ConfigError("The skeleton {} is damaged.", text[:60])
    found = build_skeleton(values, lambda _key, _n: "The skeleton")
    if found.name != text:
        raise ConfigError(
            "The skeleton {} was changed by hand; make the project again from a file.",
            found.title,
        )
    return found


def _list(values: Mapping[str, Any], key: str, where: Where) -> list[Any]:
    found = values.get(key, [])
    if not isinstance(found, list) or len(found) > MOST_EDGES:
        raise ConfigError(
            "{}: '{}' is not a list of at most {}.", where(key, 0), key, MOST_EDGES
        )
    return found


def _keypoints(found: Any, where: Where) -> tuple[str, ...]:
    if not isinstance(found, list) or not 2 <= len(found) <= MOST_KEYPOINTS:
        raise ConfigError(
            "{}: 'keypoints' must list 2 to {} names.",
            where("keypoints", 0),
            MOST_KEYPOINTS,
        )
    seen: dict[str, str] = {}
    for i, name in enumerate(found):
        place = where("keypoints", i)
        if (
            not isinstance(name, str)
            or len(name) > MOST_LETTERS
            or not plain_name(name)
        ):
            raise ConfigError(
                "{}: the keypoint '{}' needs a name of 1 to {} letters or digits.",
                place,
                str(name)[:MOST_LETTERS],
                MOST_LETTERS,
            )
        # Files name keypoints with other case and separators: these would be mixed up.
        if plain_name(name) in seen:
            raise ConfigError(
                "{}: the keypoint {} appears twice, or differs from {} only in case "
                "or separators; give it another name.",
                place,
                name,
                seen[plain_name(name)],
            )
        seen[plain_name(name)] = name
    return tuple(found)


def _group(
    found: Any, key: str, number: int, index: Mapping[str, int], where: Where
) -> tuple[int, ...]:
    """Convert a list of names of keypoints to indices."""
    place = where(key, number)
    if not isinstance(found, list):
        raise ConfigError("{}: '{}' needs keypoints in [ ].", place, key)
    for name in found:
        if not isinstance(name, str) or name not in index:
            raise ConfigError(
                "{}: '{}' names {}, which is not a keypoint.",
                place,
                key,
                str(name)[:MOST_LETTERS],
            )
    return tuple(dict.fromkeys(index[name] for name in found))


def _pairs(
    values: Mapping[str, Any], key: str, index: Mapping[str, int], where: Where
) -> tuple[tuple[int, int], ...]:
    pairs = []
    for i, found in enumerate(_list(values, key, where)):
        pair = _group(found, key, i, index, where)
        if len(pair) != 2:
            raise ConfigError(
                "{}: '{}' needs pairs of two different keypoints.", where(key, i), key
            )
        pairs.append((pair[0], pair[1]))
    return tuple(pairs)


def _check_body(
    names: Sequence[str],
    flips: Sequence[tuple[int, int]],
    centre: Sequence[int],
    scale: Sequence[Sequence[int]],
    where: Where,
) -> None:
    """Refuse sides that contradict each other, and bodies that cannot be measured."""
    paired: set[int] = set()
    for i, pair in enumerate(flips):
        if paired & set(pair):
            raise ConfigError(
                "{}: 'flip_pairs' names a keypoint twice; each has only one opposite.",
                where("flip_pairs", i),
            )
        paired |= set(pair)
    named = all(any(n.endswith(p) for n in names) for p in ("hip", "shoulder"))
    if not centre and not named:
        raise ConfigError(
            "{}: 'centre' must name the keypoints in whose middle the body is, such as "
            "centre: [{}].",
            where("centre", 0),
            names[-1],
        )
    if scale and (len(scale) != 2 or not all(scale) or set(scale[0]) == set(scale[1])):
        raise ConfigError(
            "{}: 'scale' needs two different groups of keypoints, whose distance is "
            "the length of the body.",
            where("scale", 0),
        )
    if not scale and not named:
        raise ConfigError(
            "{}: 'scale' must name two groups of keypoints whose distance is the "
            "length of the body, such as scale: [[{}], [{}]].",
            where("scale", 0),
            names[0],
            names[-1],
        )


def _json(
    title: str, names: Sequence[str], parts: Sequence[Sequence[Sequence[int]]]
) -> str:
    """Write a skeleton always in the same way: equal skeletons have equal names."""
    edges, flips, body = (
        [[names[i] for i in group] for group in part] for part in parts
    )
    values = {
        "name": title,
        "keypoints": list(names),
        "edges": edges,
        "flip_pairs": flips,
        "centre": body[0],
        "scale": body[1:],
    }
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))

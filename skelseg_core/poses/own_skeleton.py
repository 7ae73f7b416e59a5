"""Own skeletons: validate a user's keypoints, and encode them as a name.

The name holds the whole skeleton as JSON, so poses, models and projects that keep the
name keep the skeleton.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from msgspec import Meta

from skelseg_core.errors import ConfigError
from skelseg_core.poses.skeleton import Skeleton, plain_name
from skelseg_core.typed_values import Where, typed

MOST_KEYPOINTS = 200
"""Most keypoints in a skeleton file."""

MOST_EDGES = 1000
"""Most edges, and flip pairs, in a skeleton file."""

MOST_LETTERS = 60
"""Longest name of a skeleton or keypoint."""

_Name = Annotated[str, Meta(min_length=1, max_length=MOST_LETTERS)]
_Names = Annotated[tuple[_Name, ...], Meta(min_length=2, max_length=MOST_KEYPOINTS)]
_Groups = Annotated[tuple[tuple[str, ...], ...], Meta(max_length=MOST_EDGES)]


@dataclass(frozen=True)
class _Described:
    """Skeleton described by the names of keypoints."""

    name: _Name
    keypoints: _Names
    edges: _Groups = ()
    flip_pairs: _Groups = ()
    centre: tuple[str, ...] = ()
    scale: _Groups = ()


def build_skeleton(values: Mapping[str, Any], where: Where) -> Skeleton:
    """Build a user's skeleton from plain values.

    Parameters
    ----------
    values : mapping
        ``name``, ``keypoints``, and by the names of keypoints ``edges``, ``flip_pairs``
        (left, right), ``centre`` and ``scale``. The last two are optional if keypoints
        are called hip and shoulder.
    where : callable
        Begins the sentence of an error.

    Raises
    ------
    ConfigError
        If something is missing, repeated, unknown or too much.
    """
    said = typed(_Described, values, where, ConfigError, ".", known_only=True)
    _check_names(said.keypoints, where)
    index = {name: i for i, name in enumerate(said.keypoints)}
    edges = _pairs(said.edges, "edges", index, where)
    flips = _pairs(said.flip_pairs, "flip_pairs", index, where)
    centre = _group(said.centre, "centre", "0", index, where)
    scale = tuple(
        _group(group, "scale", str(i), index, where)
        for i, group in enumerate(said.scale)
    )
    _check_body(said.keypoints, flips, centre, scale, where)
    return Skeleton(
        _json(said.name, said.keypoints, (edges, flips, (centre, *scale))),
        said.keypoints,
        edges,
        flips,
        centre,
        scale,
    )


def skeleton_of_json(text: str) -> Skeleton:
    """Build the skeleton from the JSON in its name.

    Raises
    ------
    ConfigError
        If it is not a skeleton, or differs from the name that `build_skeleton` gives
        it.
    """
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            "The skeleton {} cannot be read; restore the file from a copy.", text[:60]
        ) from error
    found = build_skeleton(values, lambda _names: "The skeleton")
    if found.name != text:
        raise ConfigError(
            "The skeleton {} was changed by hand; make the project again from a file.",
            found.title,
        )
    return found


def _check_names(names: Sequence[str], where: Where) -> None:
    """Refuse names that become equal in files with other spellings."""
    seen: dict[str, str] = {}
    for i, name in enumerate(names):
        plain = plain_name(name)
        if not plain or plain in seen:
            raise ConfigError(
                "{}: the keypoint {} appears twice, or differs from {} only in case "
                "or separators; give it another name.",
                where(("keypoints", str(i))),
                name,
                seen.get(plain, "nothing"),
            )
        seen[plain] = name


def _group(
    found: Sequence[str], key: str, number: str, index: Mapping[str, int], where: Where
) -> tuple[int, ...]:
    for name in found:
        if name not in index:
            raise ConfigError(
                "{}: '{}' names {}, which is not a keypoint.",
                where((key, number)),
                key,
                name,
            )
    return tuple(dict.fromkeys(index[name] for name in found))


def _pairs(
    groups: Sequence[Sequence[str]], key: str, index: Mapping[str, int], where: Where
) -> tuple[tuple[int, int], ...]:
    pairs = []
    for i, found in enumerate(groups):
        pair = _group(found, key, str(i), index, where)
        if len(pair) != 2:
            raise ConfigError(
                "{}: '{}' needs pairs of two different keypoints.",
                where((key, str(i))),
                key,
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
    """Refuse contradictory sides, and bodies that cannot be measured."""
    paired: set[int] = set()
    for i, pair in enumerate(flips):
        if paired & set(pair):
            raise ConfigError(
                "{}: 'flip_pairs' names a keypoint twice; each has only one opposite.",
                where(("flip_pairs", str(i))),
            )
        paired |= set(pair)
    named = all(any(n.endswith(p) for n in names) for p in ("hip", "shoulder"))
    if not centre and not named:
        raise ConfigError(
            "{}: 'centre' must name the keypoints in whose middle the body is, such as "
            "centre: [{}].",
            where(("centre",)),
            names[-1],
        )
    if scale and (len(scale) != 2 or not all(scale) or set(scale[0]) == set(scale[1])):
        raise ConfigError(
            "{}: 'scale' needs two different groups of keypoints, whose distance is "
            "the length of the body.",
            where(("scale",)),
        )
    if not scale and not named:
        raise ConfigError(
            "{}: 'scale' must name two groups of keypoints whose distance is the "
            "length of the body, such as scale: [[{}], [{}]].",
            where(("scale",)),
            names[0],
            names[-1],
        )


def _json(
    title: str, names: Sequence[str], parts: Sequence[Sequence[Sequence[int]]]
) -> str:
    """Write a skeleton canonically: equal skeletons have equal names."""
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

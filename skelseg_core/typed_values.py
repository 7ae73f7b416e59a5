"""Typed values: what JSON and YAML hold, as the types that are declared for it."""

from __future__ import annotations

import dataclasses
import functools
import re
import typing
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, inspect

from skelseg_core.errors import FormatError, SkelsegError

T = TypeVar("T")
_hints: Any = functools.cache(typing.get_type_hints)

Whole = Annotated[int, Meta(ge=-1_000_000_000, le=1_000_000_000)]
"""A whole number that a file of a project may hold."""
Where = Callable[[Sequence[str]], str]
"""Says where a value stands, as a file and a line, by the names that lead to it."""

_WORDS = {
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
    inspect.BoolType: "true or false",
    inspect.StrType: "a text",
    inspect.NoneType: "nothing",
    inspect.ListType: "a list",
    inspect.TupleType: "a list",
    inspect.VarTupleType: "a list",
}
_BOUNDS = {
    "ge": "of at least",
    "gt": "above",
    "le": "of at most",
    "lt": "below",
    "min_length": "of at least",
    "max_length": "of at most",
}
_PATH = re.compile(r"`\$(.*)`$")


def typed(
    kind: type[T],
    value: object,
    where: object,
    error: type[SkelsegError] = FormatError,
    advice: str = "; the file is damaged, restore it from a copy.",
    strict: bool = True,
    known_only: bool = False,
) -> T:
    """Convert plain values to a declared type; fields that it lacks are ignored.

    Parameters
    ----------
    kind : type
        Such as a frozen dataclass; bounds are said by ``Annotated[int, Meta(ge=0)]``.
    value : object
        As JSON or YAML was read.
    where : object
        Begins the sentence of an error, such as the path of the file; or a `Where`.
    error : type of SkelsegError
    advice : str
        Ends the sentence.
    strict : bool
        Whether a text that says a number is refused where a number is wanted.
    known_only : bool
        Whether names that a dataclass lacks are refused.

    Raises
    ------
    SkelsegError
        Of the type ``error``, where something is missing or not as declared.
    """
    for names, known in _unknown(kind, value) if known_only else ():
        text = "{}: '{}' is unknown; known are {}."
        name, others = ".".join(names), ", ".join(sorted(known))
        raise error(text, _place(where, names), name, others)
    try:
        return msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as fault:
        path, text = _in_words(fault, kind)
        raise error("{}: {}{}", _place(where, path), text, advice) from fault


def declared(kind: type[T], value: object) -> T:
    """Convert plain values as `typed` does, for a caller that says where they stand.

    Raises
    ------
    ValueError
        Where something is missing or not as declared.
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as fault:
        raise ValueError(_in_words(fault, kind)[1]) from fault


def _in_words(fault: msgspec.ValidationError, kind: Any) -> tuple[list[str], str]:
    """Say what is wrong with values, and by which names it is found."""
    text, _, at = str(fault).partition(" - at ")
    found = _PATH.search(at)
    # "[...]" stands for a value of a mapping.
    at = found[1].replace("...", "*") if found else ""
    path = re.findall(r"[^.\[\]]+", at)
    if missing := re.match(r"Object missing required field `(.*)`", text):
        text = "is missing"
    elif text.startswith(("Expected ", "Invalid ", "Integer ", "Number ")):
        text = f"must be {_wanted(_declared(inspect.type_info(kind), path))}"
    name = ".".join([*path, *(missing.groups() if missing else ())])
    it = f"'{name}' " if name else "it " if text.startswith("must") else ""
    return path, it + text


def _place(where: object, path: Sequence[str]) -> object:
    return where(path) if callable(where) else where


def _unknown(
    kind: Any, values: object, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Collection[str]]]:
    """Find the names that a dataclass lacks, each with those that it has."""
    if dataclasses.is_dataclass(kind) and isinstance(values, Mapping):
        hints = _hints(kind)
        for name, inner in values.items():
            if name in hints:
                yield from _unknown(hints[name], inner, (*path, name))
            else:
                yield (*path, str(name)[:60]), hints


def _declared(kind: inspect.Type, path: Sequence[str]) -> inspect.Type:
    """Find what is declared for the value that a path leads to."""
    found: Any = kind
    for name in path:
        fields = {f.encode_name: f.type for f in getattr(found, "fields", ())}
        items = getattr(found, "item_types", None)
        inner = items[int(name)] if items else getattr(found, "item_type", None)
        found = fields.get(name) or inner or getattr(found, "value_type", found)
    return found  # type: ignore[no-any-return]


def _wanted(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.UnionType):
        return " or ".join(map(_wanted, kind.types))
    if isinstance(kind, inspect.LiteralType):
        return f"one of {', '.join(map(str, kind.values))}"
    values = [(text, getattr(kind, name, None)) for name, text in _BOUNDS.items()]
    bounds = [f"{text} {n}" for text, n in values if n is not None]
    word = _WORDS.get(type(kind), "lines 'name: value'")
    return " ".join([word, " and ".join(bounds)]).rstrip()

"""Typed values: what JSON and YAML hold, as the types that are declared for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from skelseg_core.errors import FormatError, SkelsegError

T = TypeVar("T")

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

    Raises
    ------
    SkelsegError
        Of the type ``error``, where something is missing or not as declared.
    """
    try:
        return msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as fault:
        text, _, at = str(fault).partition(" - at ")
        found = _PATH.search(at)
        path = re.findall(r"[^.\[\]]+|(?<=\[)\.\.\.", found[1]) if found else []
        if missing := re.match(r"Object missing required field `(.*)`", text):
            wrong = "is missing"
        elif text.startswith(("Expected ", "Invalid ", "Integer ", "Number ")):
            wrong = f"must be {_wanted(_declared(inspect.type_info(kind), path))}"
        else:
            wrong = text
        place = where(path) if callable(where) else where
        name = ".".join([*path, *(missing.groups() if missing else ())])
        name = name.replace("...", "*")
        said = f"'{name}' {wrong}" if name else wrong
        raise error("{}: {}{}", place, said, advice) from fault


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

"""What other installed packages add to skelseg: estimators, formats and networks.

A package names an object by an entry point of one of the groups below; the object is a
descriptor, as ours are. The names are read from what pip wrote down about the package;
its code is imported when it is used or listed with its title, and not before.

A package is code that a person installed, and runs as this program does. One that
cannot be imported, or fails, is named in a sentence; the program goes on without it.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from functools import cache, wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from skelseg_core.errors import PluginError, SkelsegError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ESTIMATORS = "skelseg.estimators"
FORMATS = "skelseg.formats"
NETWORKS = "skelseg.networks"

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

_log = logging.getLogger(__name__)


@cache
def offered() -> dict[tuple[str, str], EntryPoint]:
    """Find the entry points of all installed packages, by group and name.

    Packages in the current folder are none: it may be a stranger's.
    """
    # It imports much that the start of a program does without.
    from importlib.metadata import distributions

    here = os.path.realpath(os.curdir)
    places = [p for p in sys.path if p and os.path.realpath(p) != here]
    found: dict[tuple[str, str], EntryPoint] = {}
    for package in distributions(path=places):
        for entry in package.entry_points:
            if entry.group in (ESTIMATORS, FORMATS, NETWORKS):
                found.setdefault((entry.group, entry.name), entry)
    return found


def names(group: str) -> tuple[str, ...]:
    """List the names in a group; nothing of a package is imported."""
    return tuple(sorted(name for of, name in offered() if of == group))


def package_of(group: str, name: str) -> str:
    """Return the name and version of the package that adds ``name``; "" for ours."""
    entry = offered().get((group, name))
    package = entry.dist if entry is not None else None
    return f"{package.name} {package.version}" if package is not None else ""


@cache
def _imported(group: str, name: str) -> object:
    found: object = offered()[group, name].load()
    return found


def load(group: str, name: str, kind: type[T]) -> T:
    """Import the object of one of `names`.

    Raises
    ------
    PluginError
        Where it cannot be imported, or is no ``kind`` of this name.
    """
    package = package_of(group, name)
    try:
        found = _imported(group, name)
    except Exception as error:
        _log.info("%s of %s", name, package, exc_info=True)
        raise PluginError(
            "{} of the package {} cannot be imported ({}); install what it needs, or "
            "uninstall it.",
            name,
            package,
            _in_a_line(error),
        ) from error
    if not isinstance(found, kind) or getattr(found, "name", None) != name:
        raise PluginError(
            "{} of the package {} is no {} of this name; its makers can correct it.",
            name,
            package,
            kind.__name__,
        )
    return found


def added(
    group: str, kind: type[T], ours: tuple[str, ...], base: type | None = None
) -> tuple[tuple[T, ...], tuple[str, ...]]:
    """Import all of a group, for a list; log those that are left out.

    Parameters
    ----------
    group : str
    kind : type
        Of the objects that are returned.
    ours : tuple of str
        Names of our own; another of the same name is left out.
    base : type, optional
        Of all objects of the group, where these are of several kinds.

    Returns
    -------
    found : tuple of T
    refused : tuple of str
        A sentence on each that is left out.
    """
    found, refused = list[T](), list[str]()
    for name in names(group):
        try:
            one: object = load(group, name, base or kind)
            if not isinstance(one, kind):
                continue
            if name in ours:
                raise PluginError(
                    "{} of the package {} is left out: skelseg has its own of this "
                    "name.",
                    name,
                    package_of(group, name),
                )
            found.append(one)
        except PluginError as error:
            refused.append(str(error))
            _log.info("%s", error)
    return tuple(found), tuple(refused)


def watched(call: Callable[P, R], whose: str, *kinds: type) -> Callable[P, R]:
    """Let a function of a package name the package where it fails.

    Parameters
    ----------
    call : callable
    whose : str
        Begins the sentence of the error.
    *kinds : type
        Of what it may return.
    """

    @wraps(call)
    def watching(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            result = call(*args, **kwargs)
        except SkelsegError:
            raise
        except Exception as error:
            _log.info("%s", whose, exc_info=True)
            raise PluginError(
                "{} failed ({}); the log has the details for its makers.",
                whose,
                _in_a_line(error),
            ) from error
        if not isinstance(result, kinds):
            raise PluginError(
                "{} returned {} instead of {}; its makers can correct it.",
                whose,
                type(result).__name__,
                " or ".join(kind.__name__ for kind in kinds),
            )
        return result

    return watching


def _in_a_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}".removesuffix(": ").rstrip(".")

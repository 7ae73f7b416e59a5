"""Choices of tasks, declared once: what can be chosen, its default, and a sentence.

The choices of a task are a frozen dataclass whose fields are made by `choice`. The
options of its command, the rows of its dialog and the keyword arguments of the library
are made of them.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Sequence
from dataclasses import Field, dataclass, field, fields
from importlib import import_module
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from skelseg_core.progress import Task

T = TypeVar("T")

Of = Literal["", "frames", "lane", "model", "tier", "video"]
"""Things of a project that a choice may name; texts and numbers name none."""
ANNOTATION = "annotation"
"""Lane of a project's own labels."""
_KEY = "choice"


@dataclass(frozen=True)
class Choice:
    """Declaration of a field of a dataclass of choices.

    Parameters
    ----------
    text : str
        A sentence on it: the help of the option.
    option : str, optional
        Name of the option, where it is not that of the field; None where it has none.
    metavar : str, optional
        Stands for the value in the help.
    of : str
        The things of the project that it names.
    names : callable, optional
        Looks the names up that can be chosen.
    least, most : int, optional
        Bounds of a whole number.
    without : str
        Field that excludes it.
    title : str
        Words beside it in a dialog; a dialog has no row of a field without.
    words : tuple of str
        Words of its values in a dialog; of False and True where it is a bool.
    """

    text: str
    option: str | None = ""
    metavar: str | None = None
    of: Of = ""
    names: Callable[[], Sequence[str]] | None = None
    least: int | None = None
    most: int | None = None
    without: str = ""
    title: str = ""
    words: tuple[str, ...] = ()


def choice(default: Any, text: str, option: str | None = "", **more: Any) -> Any:
    """Declare a field of a dataclass of choices; ``more`` is that of `Choice`."""
    return field(default=default, metadata={_KEY: Choice(text, option, **more)})


ONLY_VIDEOS = (
    "Only these videos: a name or a pattern such as 'anna-*', or a track as 'skelseg "
    "info' names it, such as 'anna-1: ben' or 'anna-1: ben, Action'; may be repeated."
)
"""Help of the option that names videos."""


def videos() -> Any:
    """Declare the videos that a task is about; all where none is named."""
    return choice(
        (), ONLY_VIDEOS, "--video", metavar="PATTERN", of="video", title="Videos"
    )


def tier() -> Any:
    """Declare the tier that a task is about; the first one where none is named."""
    return choice("", "Name of a tier; by default the first.", of="tier")


def lane(text: str = "annotation, prediction:MODEL or annotator:NAME.") -> Any:
    """Declare the lane that a task is about."""
    return choice(ANNOTATION, text, of="lane", title="Labels")


def lanes() -> Any:
    """Declare the lanes that a task shows."""
    text = "annotation (the default), prediction:MODEL or annotator:NAME."
    own = (ANNOTATION,)
    return choice(own, text, metavar="LANE...", of="lane", title="Lanes")


@dataclass(frozen=True)
class WrittenTask:
    """A task that writes a file, as the terminal and the window offer it.

    The task is the function of its name in the module of its name in
    `skelseg_core.tasks.pictures`. It takes the folder of the project, the id of the
    video if it is of one, what to write, and its choices as keywords; it returns plain
    values, of which ``said`` is a sentence on what was written, and ``notes`` are more.

    Parameters
    ----------
    name : str
    choices : type
        A dataclass of declared choices.
    about : str
        Help of the command; a dialog shows what follows its first line.
    title, tip : str
        Words of the window for the command.
    out : str
        Name that is proposed, with ``{}`` for the id of the video.
    endings : tuple of str
        Endings of the file.
    of_video : bool
        Whether it is of one video.
    """

    name: str
    choices: type
    about: str
    title: str
    tip: str
    out: str
    endings: tuple[str, ...]
    of_video: bool = False

    def load(self) -> Callable[..., Task[dict[str, Any]]]:
        """Import the task."""
        module = import_module(f"skelseg_core.tasks.pictures.{self.name}")
        found: Callable[..., Task[dict[str, Any]]] = getattr(module, self.name)
        return found


@dataclass(frozen=True)
class Declared:
    """A field of choices with what its annotation says.

    Parameters
    ----------
    name : str
    default : object
        `dataclasses.MISSING` where there is none.
    kind : type
        Type of a value, or of each of several.
    values : tuple of str
        All that can be chosen; empty where that is not known.
    several : bool
        Whether it is a sequence.
    choice : Choice
    """

    name: str
    default: Any
    kind: type
    values: tuple[str, ...]
    several: bool
    choice: Choice

    @property
    def option(self) -> str:
        """Name of its option."""
        return self.choice.option or f"--{self.name.replace('_', '-')}"

    @property
    def is_no(self) -> bool:
        """True if the option says no, as ``--no-skeleton`` does."""
        return self.default is True or self.option.startswith("--no-")

    @property
    def about(self) -> str:
        """Sentence on the value, where the help says what the option does."""
        return self.choice.title if self.is_no else self.choice.text


def given(choices: Any) -> dict[str, Declared]:
    """Find the fields of choices that differ from their default, by name."""
    kind: type = type(choices)
    of = {d.name: d for d in declared(kind)}
    return {n: d for n, d in of.items() if getattr(choices, n) != d.default}


def misplaced(choices: Any) -> str:
    """Say which of some choices exclude one another; "" where none does."""
    chosen = given(choices)
    for one in chosen.values():
        if one.choice.without in chosen:
            other = chosen[one.choice.without]
            return f"{other.option} and {one.option} cannot be combined; choose one"
    return ""


@functools.cache
def declared(choices: type) -> tuple[Declared, ...]:
    """List the declared fields of a dataclass of choices, in their order."""
    hints = get_type_hints(choices)
    return tuple(
        _declared(f, hints[f.name]) for f in fields(choices) if _KEY in f.metadata
    )


def _declared(of: Field[Any], hint: Any) -> Declared:
    if get_origin(hint) in (Union, types.UnionType):
        hint = get_args(hint)[0]
    several = get_origin(hint) not in (None, Literal)
    hint = get_args(hint)[0] if several else hint
    values = get_args(hint)
    kind = str if values else hint
    return Declared(of.name, of.default, kind, values, several, of.metadata[_KEY])


def takes(choices: type) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Let a function take the fields of its parameter ``choices`` in its place.

    Its signature and its docstring name them. They have defaults, all of them.
    """

    def decorate(run: Callable[..., T]) -> Callable[..., T]:
        own, parameters = inspect.signature(run), []
        for parameter in own.parameters.values():
            if parameter.name == "choices":
                parameters += [
                    inspect.Parameter(d.name, parameter.kind, default=d.default)
                    for d in declared(choices)
                ]
            else:
                parameters.append(parameter)
        signature = own.replace(parameters=parameters)
        names = {d.name for d in declared(choices)}

        @functools.wraps(run)
        def wrapped(*args: Any, **kwargs: Any) -> T:
            bound = signature.bind(*args, **kwargs).arguments
            chosen = choices(**{n: v for n, v in bound.items() if n in names})
            return run(
                **{n: v for n, v in bound.items() if n not in names}, choices=chosen
            )

        wrapped.__signature__ = signature  # type: ignore[attr-defined]
        lines = [f"{d.name} : {d.about}" for d in declared(choices)]
        about = inspect.cleandoc(run.__doc__ or "")
        wrapped.__doc__ = "\n".join([about, "", "Choices", "-------", *lines])
        return wrapped

    return decorate

"""Commands whose options are the declared choices of a task."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING
from functools import cached_property
from importlib import import_module
from typing import Any

import click

from skelseg_core.choices import Declared, declared, misplaced


class ChoicesCommand(click.Command):
    """A command that takes the choices of a task as options, as ``choices``.

    They are looked up only when the command is used: importing a task takes longer
    than to say which commands there are.

    Parameters
    ----------
    choices : type or str
        Their dataclass, or where it is: ``"tasks.statistics.StatisticsChoices"``.
    table : str, optional
        Where another dataclass is, which the command takes as ``table``.
    """

    def __init__(
        self, *args: Any, choices: type | str, table: str = "", **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self._choices, self._table = choices, table

    @cached_property
    def _types(self) -> dict[str, type]:
        """Classes by the name of the parameter, as which the command takes one."""
        found = {"choices": _class_at(self._choices)}
        if self._table:
            found["table"] = _class_at(self._table)
        return found

    @property
    def _declared(self) -> Iterator[tuple[str, str, Declared]]:
        """Yield the parameter, the name of the value, and the choice with an option."""
        for of, kind in self._types.items():
            for one in declared(kind):
                if one.choice.option is not None:
                    name = one.name if of == "choices" else f"{of}_{one.name}"
                    yield of, name, one

    @cached_property
    def _made(self) -> list[click.Parameter]:
        made: list[click.Parameter] = []
        for _, name, one in self._declared:
            made.append(_option(name, one))
            if one.several and one.choice.of == "lane":
                # What follows the first, as in: --lanes annotation prediction:first
                more = click.Argument(["more"], metavar="[LANE]...", nargs=-1)
                made.append(more)
        return made

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return what has to be said, then the choices, then the other options."""
        own = super().get_params(ctx)
        rest = [p for p in own if isinstance(p, click.Option) and not p.required]
        return [*(p for p in own if p not in rest), *self._made, *rest]

    def invoke(self, ctx: click.Context) -> Any:
        """Make the choices of the options, and run the command."""
        chosen: dict[str, dict[str, Any]] = {of: {} for of in self._types}
        for of, name, one in self._declared:
            value = ctx.params.pop(name)
            if one.several and one.choice.of == "lane":
                value = (*value, *ctx.params.pop("more")) or one.default
            chosen[of][one.name] = value
        for of, kind in self._types.items():
            choices = ctx.params[of] = kind(**chosen[of])
            if wrong := misplaced(choices):
                raise click.UsageError(wrong)
        return super().invoke(ctx)


def _class_at(place: type | str) -> type:
    if isinstance(place, type):
        return place
    module, _, name = place.rpartition(".")
    found: type = getattr(import_module(f"skelseg_core.{module}"), name)
    return found


def _option(name: str, one: Declared) -> click.Option:
    more: dict[str, Any] = {"help": one.choice.text, "metavar": one.choice.metavar}
    names = one.values or (one.choice.names() if one.choice.names else ())
    if one.kind is bool:
        more |= {"is_flag": True, "flag_value": not one.is_no}
    elif names:
        more["type"] = click.Choice(names)
    elif one.choice.least is not None or one.choice.most is not None:
        more["type"] = click.IntRange(one.choice.least, one.choice.most)
    else:
        more["type"] = one.kind
    if one.default is MISSING:
        more["required"] = True
    elif one.several:
        more["multiple"] = True
    else:
        more["default"] = one.default
        more["show_default"] = one.kind is not bool and one.default not in (None, "")
    return click.Option([one.option, name], **more)

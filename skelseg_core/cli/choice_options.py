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
    """

    def __init__(self, *args: Any, choices: type | str, **more: Any) -> None:
        super().__init__(*args, **more)
        self._choices = choices

    @cached_property
    def _type(self) -> type:
        return _class_at(self._choices)

    @property
    def _declared(self) -> Iterator[Declared]:
        """Yield the choices that have an option."""
        return (one for one in declared(self._type) if one.choice.option is not None)

    def _made(self, ctx: click.Context) -> list[click.Parameter]:
        """Make the options, anew for each call: what can be chosen may have changed."""
        key = f"{__name__}.{self.name}"
        if (kept := ctx.meta.get(key)) is not None:
            return list(kept)
        made: list[click.Parameter] = []
        ctx.meta[key] = made
        for one in self._declared:
            made.append(_option(one))
            if one.several and one.choice.of == "lane":
                # What follows the first, as in: --lanes annotation prediction:first
                more = click.Argument(["more"], metavar="[LANE]...", nargs=-1)
                made.append(more)
        return made

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return what has to be said, then the choices, then the other options."""
        own = super().get_params(ctx)
        rest = [p for p in own if isinstance(p, click.Option) and not p.required]
        return [*(p for p in own if p not in rest), *self._made(ctx), *rest]

    def invoke(self, ctx: click.Context) -> Any:
        """Make the choices of the options, and run the command."""
        chosen: dict[str, Any] = {}
        for one in self._declared:
            value = ctx.params.pop(one.name)
            if one.several and one.choice.of == "lane":
                value = (*value, *ctx.params.pop("more")) or one.default
            chosen[one.name] = value
        choices = ctx.params["choices"] = self._type(**chosen)
        if wrong := misplaced(choices):
            raise click.UsageError(wrong)
        return super().invoke(ctx)


def _class_at(place: type | str) -> type:
    if isinstance(place, type):
        return place
    module, _, name = place.rpartition(".")
    found: type = getattr(import_module(f"skelseg_core.{module}"), name)
    return found


def _option(one: Declared) -> click.Option:
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
    return click.Option([one.option, one.name], **more)

"""Commands whose options are the declared choices of a task."""

from __future__ import annotations

from dataclasses import MISSING
from functools import cached_property
from importlib import import_module
from typing import Any

import click

from skelseg_core.choices import Declared, declared, misplaced
from skelseg_core.cli.completion import complete_lanes, complete_models, complete_videos

_COMPLETED = {
    "lane": complete_lanes,
    "model": complete_models,
    "video": complete_videos,
}


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
        if isinstance(self._choices, type):
            return self._choices
        module, _, name = self._choices.rpartition(".")
        found: type = getattr(import_module(f"skelseg_core.{module}"), name)
        return found

    @cached_property
    def _made(self) -> list[click.Parameter]:
        made: list[click.Parameter] = []
        for one in declared(self._type):
            made.append(_option(one))
            if one.several and one.choice.of == "lane":
                # What follows the first, as in: --lanes annotation prediction:first
                more = click.Argument(["more"], metavar="[LANE]...", nargs=-1)
                made.append(more)
        return made

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return arguments, then options of the choices, then those of the command."""
        own = super().get_params(ctx)
        n = sum(isinstance(p, click.Argument) for p in own)
        return [*own[:n], *self._made, *own[n:]]

    def invoke(self, ctx: click.Context) -> Any:
        """Make the choices of the options, and run the command."""
        taken, given = declared(self._type), ctx.params
        for one in taken:
            if one.several and one.choice.of == "lane":
                lanes = (*given[one.name], *given.pop("more"))
                given[one.name] = lanes or one.default
        choices = self._type(**{d.name: given.pop(d.name) for d in taken})
        if wrong := misplaced(choices):
            raise click.UsageError(wrong)
        given["choices"] = choices
        return super().invoke(ctx)


def _option(one: Declared) -> click.Option:
    more: dict[str, Any] = {"help": one.choice.text, "metavar": one.choice.metavar}
    names = one.values or (one.choice.names() if one.choice.names else ())
    if one.kind is bool:
        more |= {"is_flag": True, "flag_value": not one.default}
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
    if one.choice.of in _COMPLETED:
        more["shell_complete"] = _COMPLETED[one.choice.of]
    return click.Option([one.option, one.name], **more)

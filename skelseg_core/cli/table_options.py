"""Options of ``skelseg import`` that say what the columns of a table are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click

from skelseg_core.cli.terminal import Mistake, NameOf
from skelseg_core.errors import ConfigError

if TYPE_CHECKING:
    from skelseg_core.formats.table_mapping import TableMapping

_Command = TypeVar("_Command", bound=Callable[..., Any])

_COLUMN = "a name, or a number from 1"
_NAMES = ("start", "stop", "duration", "label", "video_column")
TABLE_OPTIONS = (
    *_NAMES,
    *("unit", "first_frame", "inclusive", "no_header", "table", "remember"),
)
"""Parameters that `table_options` gives a command."""


def _presets() -> list[str]:
    from skelseg_core.formats.table_presets import PRESETS

    return list(PRESETS)


def _units() -> list[str]:
    from skelseg_core.formats.table_mapping import TableUnit

    return list(get_args(TableUnit))


_OPTIONS = (
    click.option(
        "--table",
        type=NameOf(_presets),
        help="Tables: what wrote it; its columns are known.",
    ),
    click.option("--start", default="", help=f"Tables: column of starts ({_COLUMN})."),
    click.option("--stop", default="", help="Tables: column of stops."),
    click.option("--duration", default="", help="Tables: column of durations."),
    click.option("--label", default="", help="Tables: column of class names."),
    click.option(
        "--video-column", default="", help="Tables: column of the video of a row."
    ),
    click.option(
        "--unit",
        type=NameOf(_units),
        help="Tables: unit of the times; clock is HH:MM:SS.ss.",
    ),
    click.option(
        "--first-frame",
        type=click.IntRange(0, 1_000_000_000),
        help="Tables: number of the first frame of a video [0].",
    ),
    click.option(
        "--inclusive", is_flag=True, help="Tables: the stop is the last frame."
    ),
    click.option("--no-header", is_flag=True, help="Tables: no row names the columns."),
    click.option(
        "--remember",
        is_flag=True,
        help="Tables: take these columns for every table with this header.",
    ),
)


def table_options(command: _Command) -> _Command:
    """Give a command the options of tables, as parameters named in `TABLE_OPTIONS`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def table_mapping(given: dict[str, Any]) -> TableMapping | None:
    """Make a mapping of the given options; None where there is none of them.

    Parameters
    ----------
    given : dict
        Parameters of a command with `table_options`.

    Raises
    ------
    Mistake
        Where options contradict one another.
    """
    from skelseg_core.formats.table_mapping import TableMapping
    from skelseg_core.formats.table_presets import PRESETS

    if not any(given[name] not in (None, False, "") for name in TABLE_OPTIONS[:-1]):
        return None
    if given["stop"] and given["duration"]:
        raise Mistake("--stop and --duration exclude one another; choose one.")
    columns = {("video" if n == "video_column" else n): given[n] for n in _NAMES}
    try:
        mapping = TableMapping(
            **columns,
            unit=given["unit"],
            first_frame=given["first_frame"] or 0,
            inclusive=given["inclusive"],
            header=False if given["no_header"] else None,
        )
    except ConfigError as error:
        raise Mistake(str(error)) from error
    preset = given["table"]
    return mapping.filled(PRESETS[preset].mapping) if preset else mapping


def remember_tables(paths: Sequence[Path], mapping: TableMapping | None) -> list[str]:
    """Save a mapping for the headers of tables that were read; say of which.

    Raises
    ------
    Mistake
        Where there is nothing to remember.
    """
    from skelseg_core.formats.mapped_table import remember
    from skelseg_core.formats.table_mapping import saved_tables

    if mapping is None:
        raise Mistake("--remember belongs to options that say what the columns are.")
    kept = [p.name for p in paths if remember(p, mapping, saved_tables())]
    if not kept:
        raise Mistake("Only a table whose columns have names can be remembered.")
    return kept

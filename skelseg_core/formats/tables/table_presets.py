"""Mappings for the tables of other tools and data sets, by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from skelseg_core.errors import ConfigError
from skelseg_core.formats.tables.table_mapping import TableMapping
from skelseg_core.typed_values import typed


@dataclass(frozen=True)
class TablePreset:
    """Mapping for a kind of table.

    Parameters
    ----------
    title : str
        Name in the window.
    about : str
        Sentence on what such a table is.
    mapping : TableMapping
    known_by : tuple of str
        Columns that no other table has together; empty where it has no header.
    """

    title: str
    about: str
    mapping: TableMapping
    known_by: tuple[str, ...] = ()


PRESETS: dict[str, TablePreset] = {
    "elan": TablePreset(
        "ELAN, tab-delimited text",
        "One row per annotation; begin and end in several units, with or without the "
        "names of the columns.",
        TableMapping(),
    ),
    "epic-kitchens": TablePreset(
        "EPIC-KITCHENS-100",
        "15 columns, clock times; the verb is the class. Frames count from 1.",
        TableMapping(
            start="start_timestamp",
            stop="stop_timestamp",
            label="verb",
            video="video_id",
            unit="clock",
        ),
        ("narration_id", "video_id", "start_timestamp", "stop_timestamp", "verb"),
    ),
    "noldus": TablePreset(
        "Noldus The Observer XT, event log",
        "One row where a state begins and one where it ends, in seconds; point events "
        "are left out.",
        TableMapping(
            start="Time_Relative_sf",
            duration="Duration_sf",
            label="Behavior",
            video="Observation",
            subject="Subject",
            event="Event_Type",
            unit="s",
        ),
        ("Observation", "Time_Relative_sf", "Duration_sf", "Behavior", "Event_Type"),
    ),
    "ethovision": TablePreset(
        "Noldus EthoVision XT, manual scoring",
        "One row where a state begins and one where it ends, in seconds, after a "
        "header on the trial.",
        TableMapping(start="Recording time", label="Behavior", event="Event", unit="s"),
        ("Recording time", "Behavior", "Event"),
    ),
    "dlc2action": TablePreset(
        "DLC2Action",
        "Columns animal, action, start and end, in frames from 0; end is the frame "
        "after the last.",
        TableMapping(
            start="start", stop="end", label="action", subject="animal", unit="frame"
        ),
        # Not known by its columns: other tables have the same ones in seconds.
    ),
    "audacity": TablePreset(
        "Audacity labels",
        "Start and stop in seconds and the label, separated by tabs, without a header.",
        TableMapping(start="1", stop="2", label="3", unit="s", header=False),
    ),
    "50salads": TablePreset(
        "50 Salads, activity annotations",
        "Start and stop in microseconds and the label, separated by blanks; choose "
        "phases or the three main activities with --pick.",
        TableMapping(
            start="1",
            stop="2",
            label="3",
            unit="us",
            header=False,
            levels=("_prep", "_core", "_post"),
        ),
    ),
}
"""Presets by their names on the command line."""


def mapping_in(words: Sequence[str]) -> TableMapping | None:
    """Read a mapping of the words ``noldus``, a preset, or ``label=Verb``, a field.

    Raises
    ------
    ConfigError
        Where a word is neither, or a field cannot have this value.
    """
    presets = [word for word in words if "=" not in word]
    if unknown := next((name for name in presets if name not in PRESETS), None):
        raise ConfigError(
            "'{}' is no kind of table; use one of {}, or FIELD=VALUE such as "
            "label=Verb.",
            unknown,
            ", ".join(PRESETS),
        )
    values = dict(word.split("=", 1) for word in words if "=" in word)
    if {"stop", "duration"} <= {*values}:
        raise ConfigError("stop and duration cannot be combined; choose one.")
    if not words:
        return None
    mapping = typed(
        TableMapping, values, "--table", ConfigError, ".", strict=False, known_only=True
    )
    for name in presets:
        mapping = mapping.filled(PRESETS[name].mapping)
    return mapping

"""The report of a benchmark: from finished runs to tables and figures.

`records` says what a benchmark hands over, `tables` aggregates it, `text` writes CSV
and Markdown, `plots` and `strips` draw.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.paper.report.pictures import draw
from benchmarks.paper.report.records import Bars, ReportAbout, RunRecord, TableSpec
from benchmarks.paper.report.tables import aggregate, changes, check_single
from benchmarks.paper.report.text import markdown_report, runs_csv, table_csv
from skelseg_core.file_names import safe_name
from skelseg_core.files import atomic_write

__all__ = ["save_report"]


def save_report(
    out: Path,
    about: ReportAbout,
    specs: Sequence[TableSpec],
    runs: Sequence[RunRecord],
    bars: Sequence[Bars],
) -> tuple[Path, ...]:
    """Write the report of a benchmark; nothing is written before all of it is made.

    ``runs.csv`` holds every run, also those of tables and rows that no spec names.
    Where a table has levels of a disturbance (see `RunRecord`), the differences to
    the undisturbed become a table of their own, ``<table>_change.csv``.

    Parameters
    ----------
    out : Path
        Folder; made where it is missing. Files of an earlier report are replaced.
    about : ReportAbout
    specs : sequence of TableSpec
        Tables in their order.
    runs : sequence of RunRecord
        May be incomplete: rows that lack runs are marked.
    bars : sequence of Bars
        Videos for the qualitative figure.

    Returns
    -------
    tuple of Path
        ``report.md`` first, then the CSV files and the pictures.

    Raises
    ------
    FormatError
        Where a run is there twice.
    ProjectError
        Where ``out`` cannot be written.
    """
    check_single(runs)
    about = replace(about, colors=tuple(_sound(color) for color in about.colors))
    files: dict[str, bytes | str] = {"runs.csv": runs_csv(runs, specs)}
    tables = []
    for spec in specs:
        table = aggregate(spec, runs, about.n_runs)
        name = safe_name(spec.table)
        tables.append(table)
        files[f"{name}.csv"] = table_csv(table)
        change = changes(spec, runs, about.n_runs)
        if change is not None:
            tables.append(change)
            files[f"{name}_change.csv"] = table_csv(change)
    pictures = draw(about, tables, bars)
    report = markdown_report(about, tables, {p.name: p.caption for p in pictures})
    files = {"report.md": report, **files, **{p.name: p.png for p in pictures}}
    for file, content in files.items():
        atomic_write(out / file, content)
    return tuple(out / file for file in files)


def _sound(color: str) -> str:
    # Colours come from a project file, which people edit.
    return color if re.fullmatch(r"#[0-9a-fA-F]{6}", color) else "#888888"

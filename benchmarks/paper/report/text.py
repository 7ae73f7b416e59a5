"""Tables as text for others: CSV, and the report in Markdown."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.paper.report.records import METRICS, ReportAbout, RunRecord, TableSpec
from benchmarks.paper.report.tables import (
    KINDS,
    ReportRow,
    ReportTable,
    Stat,
    ends,
    footnotes,
    levels,
    percent,
)

_META = ("table", "row", "title", "fold", "seed", "labels")
_COSTS = ("n_parameters", "train_s", "run_s")


def runs_csv(runs: Iterable[RunRecord], specs: Iterable[TableSpec]) -> str:
    """Write the text of ``runs.csv``: two lines per run, its argmax and decoded.

    Figures stand as they were measured; an empty cell is a missing one.
    """
    titles = {(s.table, t.row): t.title for s in specs for t in s.rows}
    lines: list[Sequence[str]] = []
    for run in runs:
        title = titles.get((run.table, run.row), "")
        for kind, labels in KINDS.items():
            scores = getattr(run, kind)
            lines.append(
                (
                    *(guarded(text) for text in (run.table, run.row, title)),
                    str(run.fold),
                    str(run.seed),
                    labels,
                    *(_figure(scores.get(m, math.nan)) for m in METRICS),
                    _figure(run.n_parameters or math.nan),
                    _figure(run.train_s or math.nan),
                    _figure(run.run_s or math.nan),
                    guarded(" ".join(run.videos)),
                )
            )
    return csv_text([(*_META, *METRICS, *_COSTS, "videos"), *lines])


def runs_of_csv(text: str) -> list[RunRecord]:
    """Read the runs of a ``runs.csv``."""

    def number(cell: str) -> float:
        return float(cell) if cell else math.nan

    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for line in csv.DictReader(io.StringIO(text)):
        key = tuple(line[name] for name in ("table", "row", "fold", "seed"))
        run = found.setdefault(key, dict(line))
        kind = next(k for k, labels in KINDS.items() if labels == line["labels"])
        run[kind] = {m: number(line[m]) for m in METRICS if line[m]}
    return [
        RunRecord(
            run["table"],
            run["row"],
            int(run["fold"]),
            int(run["seed"]),
            run["scores"],
            run["decoded"],
            int(number(run["n_parameters"] or "0")),
            number(run["train_s"]),
            number(run["run_s"]),
            tuple(run["videos"].split()),
        )
        for run in found.values()
    ]


def table_csv(table: ReportTable) -> str:
    """Write the text of ``<table>.csv``: as printed, a line per row and kind of labels.

    Behind each mean stand its standard error over the folds (``_error``), its spread
    over all runs (``_std``) and over the means of the seeds (``_std_seeds``), and the
    number of runs that have it (``_n``).
    """
    parts = ("", "_error", "_std", "_std_seeds", "_n")
    header = (
        "row", "title", "inputs", "labels", "n_runs", "n_runs_expected",
        *(f"{metric}{part}" for metric in METRICS for part in parts), *_COSTS,
    )  # fmt: skip
    lines = [
        (
            *(guarded(t) for t in (row.title.row, row.title.title, row.title.inputs)),
            KINDS[kind],
            str(row.n),
            str(table.expected),
            *(cell for m in METRICS for cell in _cells(row.scores[kind][m])),
            *(_figure(getattr(row, cost).mean) for cost in _COSTS),
        )
        for row in table.rows
        for kind in table.kinds
    ]
    return csv_text([header, *lines])


def _cells(stat: Stat) -> list[str]:
    figures = (stat.mean, stat.error, stat.std, stat.std_seeds)
    texts = ["" if f is None else f"{round(f, 1) + 0.0:.1f}" for f in figures]
    return [*texts, str(stat.n)]


def _figure(value: float | None) -> str:
    return "" if value is None or not math.isfinite(value) else f"{value:.9g}"


def guarded(text: str) -> str:
    """Put ``'`` before a ``text`` that a spreadsheet would read as a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def csv_text(lines: Iterable[Sequence[str]]) -> str:
    """Write the text of a CSV file with LF."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(lines)
    return buffer.getvalue()


# -- Markdown -----------------------------------------------------------------------


def about_lines(about: ReportAbout) -> list[tuple[str, str]]:
    """List names and values for the head of a report."""
    folds, seeds = len(about.folds), about.seeds
    return [
        ("Project", about.project),
        ("Videos", f"{about.n_videos:,} ({about.n_frames:,} frames)"),
        ("Classes", str(len(about.classes))),
        ("Runs per row", f"{about.n_runs} (folds: {folds}, seeds: {seeds})"),
        ("Time", _duration(about.wall_s)),
        ("Machine", about.machine),
        ("skelseg", about.version),
        ("Command", about.command),
    ]


def _duration(wall_s: float) -> str:
    if not math.isfinite(wall_s):
        return "–"
    minutes = round(wall_s / 60)
    if minutes < 1:
        return f"{wall_s:.0f} s"
    return (
        f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
    )


def headings(table: ReportTable) -> list[str]:
    """List the headings of the columns of a printed table."""
    first = "Setting" if levels(table.spec) else "Model"
    return [first, "Input", "Labels", *METRICS.values(), *ends(table)]


def markdown_table(table: ReportTable) -> str:
    """Write a Markdown table: a line per row and kind of labels, best figures bold."""
    head = headings(table)
    lines = [head, ["---"] * 3 + ["---:"] * (len(head) - 3)]
    columns = list(ends(table).values())
    for y, row in enumerate(table.rows):
        title = f"{escaped(row.title.title)}{table.mark(row)}"
        once = [column[y] for column in columns]
        for n, kind in enumerate(table.kinds):
            lines.append(
                [
                    *([title, escaped(row.title.inputs)] if n == 0 else ["", ""]),
                    KINDS[kind],
                    *(_markdown_cell(table, row, kind, m) for m in METRICS),
                    *(once if n == 0 else [""] * len(once)),
                ]
            )
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _markdown_cell(table: ReportTable, row: ReportRow, kind: str, metric: str) -> str:
    stat = row.scores[kind][metric]
    text = percent(stat.mean, table.signed)
    if stat.error is not None:
        text += f" ± {percent(stat.error)}"
    text = f"**{text}**" if table.is_best(row, kind, metric) else text
    return text + table.mark(row, stat)


def markdown_report(
    about: ReportAbout, tables: Sequence[ReportTable], pictures: Mapping[str, str]
) -> str:
    """Write the text of ``report.md``.

    Parameters
    ----------
    about : ReportAbout
    tables : sequence of ReportTable
    pictures : mapping of str to str
        File name of a picture beside the report -> what it shows.
    """
    parts = [f"# Benchmark of {escaped(about.project)}\n"]
    parts.append("".join(f"- {k}: {escaped(v)}\n" for k, v in about_lines(about)))
    for table in tables:
        parts.append(f"## {escaped(table.spec.title)}\n")
        parts.append(f"{escaped(table.spec.caption)}\n")
        parts.append(markdown_table(table))
        parts += [f"{escaped(note)}\n" for note in footnotes(table)]
    if pictures:
        parts.append("## Figures\n")
        parts += [f"![{escaped(t)}]({name})\n" for name, t in pictures.items()]
    parts.append("## Folds\n")
    parts.append(
        "".join(
            f"- Fold {n}: {escaped(', '.join(videos))}\n"
            for n, videos in enumerate(about.folds)
        )
    )
    if about.notes:
        parts.append("## Notes\n")
        parts.append("".join(f"- {escaped(note)}\n" for note in about.notes))
    return "\n".join(parts)


_MARKUP = re.compile(r"([\\`*_\[\]<>|#&~$])")


def escaped(text: str) -> str:
    """Escape ``text`` on one line, so that Markdown shows it as it is."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))

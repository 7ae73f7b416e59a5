"""Tables of a report: means and spreads over runs, the best row, figures as text.

A mean is over all runs of a row, unweighted. What is printed behind it is its standard
error over the folds, whose test subjects are others: seeds of one fold are no further
observations. A `Stat` also has the sample standard deviation (n - 1) of all runs and of
the means of the seeds (how much chance matters).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.paper.report.records import METRICS, RowTitle, RunRecord, TableSpec
from skelseg_core.errors import FormatError

MISSING = "–"
MARK = "†"
KINDS: Mapping[str, str] = {"scores": "argmax", "decoded": "decoded"}
"""Name in print of each field of a run that holds scores."""

Cell = tuple[int, int]
"""Fold and seed."""


@dataclass(frozen=True)
class Stat:
    """A figure over ``n`` runs; None where there is none (no error of one fold)."""

    n: int = 0
    mean: float | None = None
    error: float | None = None
    std: float | None = None
    std_seeds: float | None = None


@dataclass(frozen=True)
class ReportRow:
    """A row of a table: its title, its number of runs, its figures.

    Parameters
    ----------
    title : RowTitle
    n, folds : int
        Runs, and folds that they are of.
    scores : mapping
        ``scores[kind][metric]``, kinds as in `KINDS`, metrics as in `METRICS`.
    n_parameters, train_s, run_s : Stat
    """

    title: RowTitle
    n: int
    folds: int
    scores: Mapping[str, Mapping[str, Stat]]
    n_parameters: Stat
    train_s: Stat
    run_s: Stat


@dataclass(frozen=True)
class ReportTable:
    """A table as it is printed.

    Parameters
    ----------
    spec : TableSpec
    rows : tuple of ReportRow
        In the order of the spec.
    expected : int
        Runs of a complete row.
    kinds : tuple of str
        Which of `KINDS` any run has.
    best : frozenset of (row, kind, metric)
        The highest of each kind and metric, as rounded, among complete rows.
    signed : bool
        The figures are differences.
    """

    spec: TableSpec
    rows: tuple[ReportRow, ...]
    expected: int
    kinds: tuple[str, ...]
    best: frozenset[tuple[str, str, str]] = frozenset()
    signed: bool = False

    @property
    def is_complete(self) -> bool:
        """True where no row and no figure lacks a run."""
        return not any(self.mark(row) for row in self.rows) and not any(
            self.mark(row, stat)
            for row in self.rows
            for kind in self.kinds
            for stat in row.scores[kind].values()
        )

    def mark(self, row: ReportRow, stat: Stat | None = None) -> str:
        """Return the mark behind a row or figure that is computed from too few runs."""
        if stat is None:
            return MARK if row.n < self.expected else ""
        return MARK if 0 < stat.n < row.n else ""

    def is_best(self, row: ReportRow, kind: str, metric: str) -> bool:
        """Tell whether a figure is printed bold."""
        return (row.title.row, kind, metric) in self.best


def aggregate(spec: TableSpec, runs: Iterable[RunRecord], expected: int) -> ReportTable:
    """Aggregate the runs into the table of a spec.

    Parameters
    ----------
    spec : TableSpec
    runs : iterable of RunRecord
        Those of other tables and rows are not looked at.
    expected : int
        Runs of a complete row.

    Raises
    ------
    FormatError
        Where two runs are of the same table, row, fold and seed.
    """
    mine = [run for run in runs if run.table == spec.table]
    check_single(mine)
    rows = tuple(_row(t, [run for run in mine if run.row == t.row]) for t in spec.rows)
    kinds = tuple(
        kind
        for kind in KINDS
        if any(stat.n for row in rows for stat in row.scores[kind].values())
    )
    table = ReportTable(spec, rows, expected, kinds or ("scores",))
    # Levels of a disturbance do not compete.
    return table if levels(spec) else replace(table, best=_best(table))


def changes(
    spec: TableSpec, runs: Iterable[RunRecord], expected: int
) -> ReportTable | None:
    """Compute the table of differences to the undisturbed runs of equal fold and seed.

    Parameters
    ----------
    spec, runs, expected
        As for `aggregate`.

    Returns
    -------
    ReportTable or None
        None where the spec has no disturbance.
    """
    base_of = {
        row: next(iter(rows.values()))
        for rows in levels(spec).values()
        for row in list(rows.values())[1:]
    }
    mine = {(r.row, r.fold, r.seed): r for r in runs if r.table == spec.table}
    differences, titles = [], []
    for title in spec.rows:
        base = base_of.get(title.row)
        if base is None:
            continue
        titles.append(title)
        for (row, fold, seed), run in mine.items():
            without = mine.get((base, fold, seed))
            if row == title.row and without is not None:
                differences.append(_minus(run, without))
    if not titles:
        return None
    part = replace(
        spec,
        title=f"{spec.title}: change",
        caption="Points lost (−) or won (+) against the run of the same fold and seed "
        "with nothing disturbed.",
        rows=tuple(titles),
    )
    return replace(aggregate(part, differences, expected), signed=True)


def check_single(runs: Iterable[RunRecord]) -> None:
    """Refuse two runs of one table, row, fold and seed: they would count double."""
    counts = Counter((r.table, r.row, r.fold, r.seed) for r in runs)
    for (table, row, fold, seed), count in counts.items():
        if count > 1:
            raise FormatError(
                "Table {} has {} runs of '{}' with fold {} and seed {}; delete all "
                "but one.",
                table,
                count,
                row,
                fold,
                seed,
            )


def levels(spec: TableSpec) -> dict[str, dict[str, str]]:
    """Group rows by disturbance: model -> level -> row, the undisturbed first."""
    found: dict[str, dict[str, str]] = {}
    for title in spec.rows:
        if title.level:
            found.setdefault(title.model, {})[title.level] = title.row
    return found


def _minus(run: RunRecord, base: RunRecord) -> RunRecord:
    return replace(
        run,
        scores={k: v - base.scores.get(k, math.nan) for k, v in run.scores.items()},
        decoded={k: v - base.decoded.get(k, math.nan) for k, v in run.decoded.items()},
    )


def _row(title: RowTitle, runs: Sequence[RunRecord]) -> ReportRow:
    cells = [(run.fold, run.seed) for run in runs]
    scores = {
        kind: {
            metric: stat_of(
                cells, [getattr(run, kind).get(metric, math.nan) for run in runs]
            )
            for metric in METRICS
        }
        for kind in KINDS
    }
    return ReportRow(
        title,
        len(runs),
        len({run.fold for run in runs}),
        scores,
        stat_of(cells, [float(run.n_parameters) or math.nan for run in runs]),
        stat_of(cells, [run.train_s or math.nan for run in runs]),
        stat_of(cells, [run.run_s or math.nan for run in runs]),
    )


def stat_of(cells: Sequence[Cell], values: Sequence[float]) -> Stat:
    """Compute mean, error and spreads of the values that are numbers.

    The spread of seeds needs a value of every fold with every seed; otherwise a fold
    with fewer seeds would be counted as a spread of seeds.

    Parameters
    ----------
    cells : sequence of (fold, seed)
        No two alike.
    values : sequence of float
        One per cell; NaN is missing.
    """
    known = {c: v for c, v in zip(cells, values, strict=True) if math.isfinite(v)}
    if not known:
        return Stat()
    folds, seeds = sorted({f for f, _ in known}), sorted({s for _, s in known})
    flat = np.array(list(known.values()))
    of_folds = [np.mean([v for c, v in known.items() if c[0] == f]) for f in folds]
    spread = _spread(np.array(of_folds))
    error = None if spread is None else spread / math.sqrt(len(folds))
    stat = Stat(len(known), float(flat.mean()), error, _spread(flat))
    if len(known) != len(folds) * len(seeds):
        return stat
    grid = np.array([[known[f, s] for s in seeds] for f in folds])
    return replace(stat, std_seeds=_spread(grid.mean(axis=0)))


def _spread(values: np.ndarray) -> float | None:
    return float(values.std(ddof=1)) if len(values) > 1 else None


def _best(table: ReportTable) -> frozenset[tuple[str, str, str]]:
    best = set()
    for kind in table.kinds:
        for metric in METRICS:
            means = {
                row.title.row: round(stat.mean, 1)
                for row in table.rows
                if (stat := row.scores[kind][metric]).mean is not None
                and stat.n >= table.expected
            }
            # A single figure is not marked as the best.
            if len(means) > 1:
                top = max(means.values())
                best |= {(r, kind, metric) for r, mean in means.items() if mean == top}
    return frozenset(best)


# -- words --------------------------------------------------------------------------


def percent(value: float | None, signed: bool = False) -> str:
    """Format a percentage, or a difference of two, with one decimal."""
    if value is None:
        return MISSING
    rounded = round(value, 1) + 0.0
    text = f"{rounded:+.1f}" if signed and rounded else f"{rounded:.1f}"
    return text.replace("-", "−")


def thousands(stat: Stat) -> str:
    """Format a number of parameters in thousands."""
    if stat.mean is None:
        return MISSING
    value = stat.mean / 1000
    return f"{value:.1f}" if value < 10 else f"{value:,.0f}"


def seconds(stat: Stat) -> str:
    """Format a duration in seconds with three digits."""
    if stat.mean is None:
        return MISSING
    return f"{stat.mean:.{2 if stat.mean < 10 else 1 if stat.mean < 100 else 0}f}"


def ends(table: ReportTable) -> dict[str, list[str]]:
    """Format the columns behind the scores: heading -> a text per row.

    Parameters and run time stand there where any row has them, runs always.
    """
    columns = {
        "Params (k)": [thousands(row.n_parameters) for row in table.rows],
        "s / video": [seconds(row.run_s) for row in table.rows],
    }
    known = {k: v for k, v in columns.items() if set(v) != {MISSING}}
    return {**known, "Runs": [_run_count(row, table.expected) for row in table.rows]}


def _run_count(row: ReportRow, expected: int) -> str:
    text = str(row.n) if row.n >= expected else f"{row.n} of {expected}"
    plural = "" if row.folds == 1 else "s"
    return f"{text} ({row.folds} fold{plural})" if row.n else text


def footnotes(table: ReportTable) -> list[str]:
    """Write the sentences below a table, without markup."""
    notes = []
    if any(row.folds > 1 for row in table.rows):
        notes.append("± is the standard error over the folds, whose subjects differ.")
    if table.best:
        notes.append(
            "Bold: best of its column, for argmax and decoded labels each"
            + ("." if table.is_complete else ", among complete rows.")
        )
    if not table.is_complete:
        notes.append(
            f"{MARK} Over fewer than {table.expected} runs; does not compare with "
            "complete rows."
        )
    notes += [f"{r.title.title}: {r.title.note}" for r in table.rows if r.title.note]
    return notes

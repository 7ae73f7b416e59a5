"""Figures of the tables of a report as PNG: scores as bars, disturbances as points.

Colours are of the Okabe-Ito set, and lightness and markers say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from benchmarks.paper.report.figure_text import plain
from benchmarks.paper.report.records import METRICS
from benchmarks.paper.report.tables import (
    KINDS,
    ReportRow,
    ReportTable,
    Stat,
    levels,
    percent,
)
from skelseg_core.tasks.pictures.label_figure import (
    DIM,
    FAINT,
    INK,
    columns_that_fit,
    file_of,
    label_figure,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = ("f1@10", "edit", "accuracy")
"""Scores that have a panel in a figure."""

_KIND_COLORS = {"scores": "#9ecae8", "decoded": "#0072b2"}
_LINES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", INK, DIM)
_MARKERS = "osD^vPX*"

# -- scores -------------------------------------------------------------------------


def scores_png(table: ReportTable) -> bytes:
    """Draw bars of F1@10, edit score and frame accuracy, one panel each, with errors.

    Parameters
    ----------
    table : ReportTable
        Rows without a figure have no bar.

    Returns
    -------
    bytes
        PNG, `WIDTH_IN` x `DPI` px wide.
    """
    height = 1.1 + len(table.rows) * (0.22 + 0.2 * len(table.kinds))
    titles = [plain(r.title.title, 26) + table.mark(r) for r in table.rows]
    with label_figure(height, titles) as figure:
        panels = figure.subplots(1, len(SHOWN), sharey=True, squeeze=False)[0]
        for axes, metric in zip(panels, SHOWN, strict=True):
            _bar_panel(axes, table, metric)
        panels[0].set_yticks(range(len(titles)), titles)
        panels[0].set_ylim(len(titles) - 0.45, -0.55)
        _kinds_legend(figure, table.kinds)
        return file_of(figure, ".png")


def _bar_panel(axes: Axes, table: ReportTable, metric: str) -> None:
    thickness = 0.74 / len(table.kinds)
    for k, kind in enumerate(table.kinds):
        for y, row in enumerate(table.rows):
            middle = y + (k - (len(table.kinds) - 1) / 2) * thickness
            _bar(axes, row.scores[kind][metric], middle, thickness * 0.92, kind)
    axes.set_title(METRICS[metric], loc="left")
    # Room for the figure behind a bar of 100 %.
    axes.set_xlim(0, 119)
    axes.set_xticks(range(0, 101, 25))
    axes.set_xlabel("percent", x=50 / 119)
    axes.tick_params(axis="y", length=0)
    axes.spines["bottom"].set_bounds(0, 100)
    axes.set_axisbelow(True)
    axes.grid(axis="x", color=FAINT, linewidth=0.8)


def _bar(axes: Axes, stat: Stat, middle: float, thickness: float, kind: str) -> None:
    mean, error = stat.mean or 0.0, stat.error or 0.0
    if mean:
        axes.barh(middle, mean, thickness, color=_KIND_COLORS[kind])
    if error:
        axes.errorbar(
            mean, middle, xerr=error, ecolor=INK, elinewidth=0.9, capsize=2, fmt="none"
        )
    axes.text(
        mean + error + 1.5, middle, percent(stat.mean), va="center", fontsize=7.5,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
    )  # fmt: skip


def _kinds_legend(figure: Figure, kinds: Sequence[str]) -> None:
    from matplotlib.patches import Patch

    figure.legend(
        handles=[Patch(color=_KIND_COLORS[k], label=KINDS[k]) for k in kinds],
        loc="outside upper right",
        ncols=len(kinds),
    )


# -- disturbances -------------------------------------------------------------------


def levels_png(table: ReportTable) -> bytes:
    """Draw points of F1@10, edit score and frame accuracy under every disturbance.

    One colour and marker per model, after decoding where that was measured.

    Parameters
    ----------
    table : ReportTable
        With rows that `levels` finds.

    Returns
    -------
    bytes
        PNG, `WIDTH_IN` x `DPI` px wide.
    """
    found = levels(table.spec)
    names = list(dict.fromkeys(level for rows in found.values() for level in rows))
    kind = table.kinds[-1]
    stats = {row.title.row: row.scores[kind] for row in table.rows}
    with label_figure(1.2 + 0.28 * len(names), [*names, *found]) as figure:
        panels = figure.subplots(1, len(SHOWN), sharey=True, squeeze=False)[0]
        for axes, metric in zip(panels, SHOWN, strict=True):
            for n, (model, rows) in enumerate(found.items()):
                # Shifted a little, so that equal figures do not cover each other.
                aside = (n - (len(found) - 1) / 2) * 0.5 / len(found)
                means = {
                    names.index(level) + aside: stats[row][metric].mean
                    for level, row in rows.items()
                }
                known = {y: x for y, x in means.items() if x is not None}
                axes.plot(
                    list(known.values()),
                    list(known),
                    linestyle="none",
                    **_look(n, model),
                )
            axes.set_xlim(_wide_enough(*axes.get_xlim()))
            axes.set_title(METRICS[metric], loc="left")
            axes.set_xlabel("percent")
            axes.set_axisbelow(True)
            axes.grid(color=FAINT, linewidth=0.8)
            axes.tick_params(axis="y", length=0)
        panels[0].set_yticks(range(len(names)), [plain(name, 30) for name in names])
        panels[0].set_ylim(len(names) - 0.45, -0.55)
        _models_legend(figure, panels[0])
        return file_of(figure, ".png")


def shares_png(table: ReportTable, change: ReportTable) -> bytes:
    """Draw the error, 100 less the score, over the share of disturbed frames.

    One line per model, after decoding where that was measured. It begins at the mean of
    all undisturbed runs; what is added, and its standard error, are of runs in pairs.

    Parameters
    ----------
    table, change : ReportTable
        With rows that have a share, and as `changes` made it of the same.

    Returns
    -------
    bytes
        PNG, `WIDTH_IN` x `DPI` px wide.
    """
    models = list(levels(table.spec))
    with label_figure(4.2, models) as figure:
        panels = figure.subplots(1, len(SHOWN), squeeze=False)[0]
        for axes, metric in zip(panels, SHOWN, strict=True):
            for n, model in enumerate(models):
                points = _errors(table, change, model, metric)
                if points:
                    axes.errorbar(*zip(*points, strict=True), **_look(n, model))
            axes.set_title(f"100 − {METRICS[metric]}", loc="left")
            axes.set_xlabel("percent of the frames lack a limb")
            axes.set_ylim(0, 1.08 * axes.get_ylim()[1])
            axes.grid(color=FAINT, linewidth=0.8)
        _models_legend(figure, panels[0])
        return file_of(figure, ".png")


def _errors(
    table: ReportTable, change: ReportTable, model: str, metric: str
) -> list[tuple[float, float, float]]:
    """List share in percent, error, and standard error of what is added to it."""

    def found(rows: Sequence[ReportRow]) -> list[tuple[float, float, float]]:
        return [
            (100 * row.title.share, stat.mean, stat.error or 0.0)
            for row in rows
            if row.title.model == model and row.title.share is not None
            and (stat := row.scores[table.kinds[-1]][metric]).mean is not None
        ]  # fmt: skip

    whole = [100 - mean for share, mean, _ in found(table.rows) if share == 0]
    added = [
        (share, whole[0] - mean, error) for share, mean, error in found(change.rows)
    ]
    return [(0.0, whole[0], 0.0), *added] if whole else []


def _look(n: int, model: str) -> dict[str, Any]:
    return {
        "color": _LINES[n % len(_LINES)],
        "marker": _MARKERS[n % len(_MARKERS)],
        "markersize": 5.5,
        "label": plain(model),
    }


def _models_legend(figure: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    columns = columns_that_fit(figure, [f"{label}    " for label in labels])
    figure.legend(handles, labels, loc="outside upper center", ncols=columns)


def _wide_enough(low: float, high: float) -> tuple[float, float]:
    """Widen the limits so that a fall of a tenth of a point looks small."""
    middle, half = (low + high) / 2, max((high - low) / 2, 5.0)
    return max(middle - half, 0.0), min(middle + half, 101.0)

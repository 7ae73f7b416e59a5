"""Figures of the tables of a report as PNG: scores as bars, robustness as curves.

Colours are of the Okabe-Ito set, and lightness, markers and dashes say the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from skelseg_core.report.canvas import (
    GRID,
    INK,
    columns_that_fit,
    drawing,
    plain,
    png_of,
)
from skelseg_core.report.records import METRICS
from skelseg_core.report.tables import KINDS, Stat, Table, levels, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = ("f1@10", "edit", "accuracy")
"""Scores that have a panel in a figure."""

_KIND_COLORS = {"scores": "#9ecae8", "decoded": "#0072b2"}
_LINES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_MARKERS = "osD^vP"

# -- scores -------------------------------------------------------------------------


def scores_png(table: Table) -> bytes:
    """Bars of F1@10, edit score and frame accuracy, one panel each, with spreads.

    Parameters
    ----------
    table : Table
        Rows without a figure have no bar.

    Returns
    -------
    bytes
        PNG, `WIDTH_IN` x `DPI` px wide.
    """
    height = 1.1 + len(table.rows) * (0.22 + 0.2 * len(table.kinds))
    with drawing(height) as figure:
        panels = figure.subplots(1, len(SHOWN), sharey=True, squeeze=False)[0]
        for axes, metric in zip(panels, SHOWN, strict=True):
            _bar_panel(axes, table, metric)
        titles = [plain(r.title.title, 26) + table.mark(r) for r in table.rows]
        panels[0].set_yticks(range(len(titles)), titles)
        panels[0].set_ylim(len(titles) - 0.45, -0.55)
        _kinds_legend(figure, table.kinds)
        return png_of(figure)


def _bar_panel(axes: Axes, table: Table, metric: str) -> None:
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
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_bounds(0, 100)
    axes.set_axisbelow(True)
    axes.grid(axis="x", color=GRID, linewidth=0.8)


def _bar(axes: Axes, stat: Stat, middle: float, thickness: float, kind: str) -> None:
    mean, std = stat.mean or 0.0, stat.std or 0.0
    if mean:
        axes.barh(middle, mean, thickness, color=_KIND_COLORS[kind])
    if std:
        axes.errorbar(
            mean, middle, xerr=std, ecolor=INK, elinewidth=0.9, capsize=2, fmt="none"
        )
    axes.text(
        mean + std + 1.5, middle, percent(stat.mean), va="center", fontsize=7.5,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
    )  # fmt: skip


def _kinds_legend(figure: Figure, kinds: Sequence[str]) -> None:
    from matplotlib.patches import Patch

    figure.legend(
        handles=[Patch(color=_KIND_COLORS[k], label=KINDS[k]) for k in kinds],
        loc="outside upper right",
        ncols=len(kinds),
    )


# -- robustness ---------------------------------------------------------------------


def robustness_png(table: Table) -> bytes:
    """Curves of F1@10, edit score and frame accuracy over the share p of a disturbance.

    One line per model, after decoding where that was measured, with spreads.

    Parameters
    ----------
    table : Table
        With rows that `levels` finds.

    Returns
    -------
    bytes
        PNG, `WIDTH_IN` x `DPI` px wide.
    """
    found = levels(table.spec)
    shares = sorted({p for rows in found.values() for p in rows})
    curves = [(model, kind) for model in found for kind in table.kinds]
    with drawing(3.6) as figure:
        panels = figure.subplots(1, len(SHOWN), sharey=True, squeeze=False)[0]
        for axes, metric in zip(panels, SHOWN, strict=True):
            for n, (model, kind) in enumerate(curves):
                # A little aside, so that spreads do not cover each other.
                aside = (n - (len(curves) - 1) / 2) * 0.012 * (shares[-1] - shares[0])
                points = _points(table, found[model], kind, metric)
                color = list(found).index(model)
                label = f"{_curve_name(table, found[model], model)}{KINDS[kind]}"
                _curve(axes, points, aside, color, kind == "decoded", label)
            _finish_curves(axes, metric, shares)
        panels[0].set_ylabel("percent")
        # Shared: only now has every panel its curves.
        panels[0].set_ylim(_wide_enough(*panels[0].get_ylim()))
        handles, labels = panels[0].get_legend_handles_labels()
        columns = columns_that_fit(figure, [f"{label}    " for label in labels])
        figure.legend(handles, labels, loc="outside upper center", ncols=columns)
        return png_of(figure)


Points = list[tuple[float, float, float]]
"""Share p, mean, spread (0 where there is none)."""


def _points(table: Table, rows: Mapping[float, str], kind: str, metric: str) -> Points:
    stats = {row.title.row: row.scores[kind][metric] for row in table.rows}
    return [
        (p, stat.mean, stat.std or 0.0)
        for p, row in sorted(rows.items())
        if (stat := stats[row]).mean is not None
    ]


def _wide_enough(low: float, high: float) -> tuple[float, float]:
    """Limits in which a fall of a tenth of a point does not look like a cliff."""
    middle, half = (low + high) / 2, max((high - low) / 2, 5.0)
    return max(middle - half, 0.0), min(middle + half, 101.0)


def _curve_name(table: Table, rows: Mapping[float, str], model: str) -> str:
    """What the rows of a model are called without their p, and a comma."""
    if not model:
        return ""
    title = next(t.title for t in table.spec.rows if t.row in rows.values())
    name = re.sub(r"[\s,;:(]*\bp\s*=\s*[\d.]+\s*%\)?", "", title).strip() or model
    return f"{plain(name)}, "


def _curve(
    axes: Axes, points: Points, aside: float, n: int, is_solid: bool, label: str
) -> None:
    color = _LINES[n % len(_LINES)]
    axes.errorbar(
        [p + aside for p, _, _ in points],
        [mean for _, mean, _ in points],
        yerr=[std for _, _, std in points],
        color=color,
        linestyle="-" if is_solid else "--",
        linewidth=1.6,
        elinewidth=0.8,
        capsize=2,
        marker=_MARKERS[n % len(_MARKERS)],
        markersize=5,
        markerfacecolor=color if is_solid else "white",
        label=label,
    )


def _finish_curves(axes: Axes, metric: str, shares: Sequence[float]) -> None:
    axes.set_title(METRICS[metric], loc="left")
    axes.set_xlabel("p (percent)")
    axes.set_xticks(shares, [f"{p:g}" for p in shares])
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)

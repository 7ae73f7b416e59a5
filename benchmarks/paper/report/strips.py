"""The qualitative figure: labels of one video as coloured strips, as PNG.

The colours of the classes are the user's and may be hard to tell apart; numbers in the
segments and in the legend say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.paper.report.figure_text import plain
from benchmarks.paper.report.records import Bars
from benchmarks.paper.report.tables import percent
from skelseg_core.labels.metrics import frame_accuracy, runs
from skelseg_core.labels.segmentation import UNLABELLED
from skelseg_core.tasks.pictures.label_figure import (
    DIM,
    INK,
    columns_that_fit,
    file_of,
    ink_on,
    label_figure,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_UNLABELLED, _HATCH = "#e6e8ea", "#b5bac0"


def strips_png(bars: Bars, classes: Sequence[str], colors: Sequence[str]) -> bytes:
    """Draw the labels of one video as coloured strips: the truth, then each model.

    Segments bear the number of their class where it fits. A black line under a strip
    marks the frames that differ from the truth; what share agrees stands at the right.

    Parameters
    ----------
    bars : Bars
        Of T frames.
    classes, colors : sequence of str
        Names and ``#rrggbb``, by class index.

    Returns
    -------
    bytes
        PNG, `WIDTH_IN` x `DPI` px wide.

    Raises
    ------
    ValueError
        Where a strip has another length than the truth, or a class has no name.
    """
    strips = {"Truth": bars.truth, **bars.rows}
    _check_strips(bars, len(classes), len(colors))
    found = {int(c) for labels in strips.values() for c in np.unique(labels)}
    # Unlabelled comes last.
    used = sorted(found, key=lambda c: (c < 0, c))
    with label_figure(1.0, [*classes, *strips, bars.video]) as figure:
        names = [
            f"{c + 1}  {plain(classes[c])}" if c >= 0 else "unlabelled" for c in used
        ]
        columns = columns_that_fit(figure, [*names, "differs from the truth"])
        legend_lines = -(-(len(used) + 1) // columns)
        figure.set_figheight(0.95 + 0.42 * len(strips) + 0.19 * legend_lines)
        axes = figure.subplots()
        for y, labels in enumerate(strips.values()):
            _strip(axes, y, labels, colors)
            if y:
                _differences(axes, y, bars.truth, labels)
        _finish_strips(axes, bars, list(strips))
        _class_legend(figure, used, names, colors, columns)
        return file_of(figure, ".png")


def _check_strips(bars: Bars, n_classes: int, n_colors: int) -> None:
    for title, labels in {"truth": bars.truth, **bars.rows}.items():
        if labels.shape != bars.truth.shape or labels.ndim != 1 or not len(labels):
            raise ValueError(f"{bars.video}: '{title}' has shape {labels.shape}")
        if labels.min() < UNLABELLED or labels.max() >= min(n_classes, n_colors):
            raise ValueError(f"{bars.video}: '{title}' has a class without a name")


def _strip(axes: Axes, y: int, labels: np.ndarray, colors: Sequence[str]) -> None:
    n_frames = len(labels)
    axes.broken_barh(
        [(0, n_frames)], (y - 0.36, 0.66), facecolor=_UNLABELLED, hatch="////",
        edgecolor=_HATCH, linewidth=0,
    )  # fmt: skip
    found = runs(labels)
    widths = found.stops - found.starts
    axes.broken_barh(
        list(zip(found.starts.tolist(), widths.tolist(), strict=True)),
        (y - 0.36, 0.66),
        facecolors=[colors[c] for c in found.labels],
        edgecolor="white",
        linewidth=0.4,
    )
    for c, start, width in zip(found.labels, found.starts, widths, strict=True):
        # About the width of a digit of 6 points in a strip of seven inches.
        if width / n_frames * 7.0 > 0.06 * len(str(c + 1)) + 0.02:
            axes.text(
                start + width / 2, y - 0.03, str(c + 1), fontsize=6, ha="center",
                va="center_baseline", color=ink_on(colors[c]),
            )  # fmt: skip


def _differences(axes: Axes, y: int, truth: np.ndarray, labels: np.ndarray) -> None:
    wrong = runs(np.where((truth != labels) & (truth != UNLABELLED), 1, UNLABELLED))
    axes.broken_barh(
        list(zip(wrong.starts, wrong.stops - wrong.starts, strict=True)),
        (y + 0.33, 0.09),
        facecolor="black",
        linewidth=0,
    )


def _finish_strips(axes: Axes, bars: Bars, titles: Sequence[str]) -> None:
    n_frames = len(bars.truth)
    axes.set_yticks(range(len(titles)), [plain(t, 26) for t in titles])
    axes.get_yticklabels()[0].set_fontweight("bold")
    axes.set_ylim(len(titles) - 0.5, -0.5)
    axes.set_xlim(0, n_frames)
    axes.set_xlabel("frame")
    axes.set_title(plain(f"Video {bars.video}", 90), loc="left")
    axes.tick_params(axis="y", length=0)
    if (bars.truth == UNLABELLED).all():
        return
    shares = [frame_accuracy(bars.truth, labels) for labels in bars.rows.values()]
    for y, text in enumerate(["accuracy", *(f"{percent(x)} %" for x in shares)]):
        axes.annotate(
            text, (1, y), (6, 0), xycoords=("axes fraction", "data"), fontsize=8,
            textcoords="offset points", va="center", annotation_clip=False,
            color=INK if y else DIM,
        )  # fmt: skip


def _class_legend(
    figure: Figure,
    used: Sequence[int],
    names: Sequence[str],
    colors: Sequence[str],
    columns: int,
) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Patch | Line2D] = [
        Patch(facecolor=colors[c], label=name)
        if c >= 0
        else Patch(facecolor=_UNLABELLED, edgecolor=_HATCH, hatch="////", label=name)
        for c, name in zip(used, names, strict=True)
    ]
    handles.append(
        Line2D([], [], color="black", linewidth=2.5, label="differs from the truth")
    )
    figure.legend(
        handles=handles, loc="outside lower left", ncols=columns, fontsize=8,
        handlelength=1.2, handleheight=0.9, columnspacing=1.4, labelspacing=0.35,
    )  # fmt: skip

"""Transition diagram: classes on a circle, and arrows to what follows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from skelseg_core.labels.classes import LabelMap
from skelseg_core.tasks.label_figure import (
    DIM,
    WIDTH_IN,
    file_of,
    hatch_of,
    ink_on,
    label_figure,
    words,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MIN_SHARE = 0.1
"""Share of all changes away from a class from which an arrow is drawn."""
WORDS_SHARE = 0.25
"""Share from which an arrow says it in percent."""
_HALF = (1.75, 1.25)
"""Half the width and height of a panel, where the circle has radius 1."""
_LEAST_R, _MOST_R = 0.055, 0.15
"""Radii of the discs of classes, where the circle has radius 1."""


def transition_diagram(
    counts: Sequence[tuple[str, np.ndarray, np.ndarray]],
    label_map: LabelMap,
    suffix: str,
) -> bytes:
    """Draw which class follows which, in a panel for each lane.

    Parameters
    ----------
    counts : sequence of (str, ndarray (C, C), ndarray (C,))
        Title, changes from class to class, and labelled seconds of each class.
    label_map : LabelMap
    suffix : str
        ``".svg"``, ``".pdf"`` or ``".png"``.
    """
    n_columns = min(2, len(counts))
    n_rows = -(-len(counts) // n_columns)
    texts = [*label_map.names, *(title for title, _, _ in counts)]
    high_in = WIDTH_IN / n_columns * _HALF[1] / _HALF[0] + 0.3
    with label_figure(n_rows * high_in + 0.35, texts) as figure:
        panels = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
        for axes in panels:
            axes.set_axis_off()
        for axes, (title, changes, seconds) in zip(panels, counts, strict=False):
            _draw_panel(axes, changes, seconds, label_map, suffix)
            axes.set_title(words(title, suffix), loc="left")
        figure.supxlabel(
            "An arrow is as wide as the share of all changes away from a class that "
            f"lead there; those under {_percent(MIN_SHARE)} are left out. A disc is as "
            "large as the time of its class.",
            size=8,
            color=DIM,
        )
        return file_of(figure, suffix)


def _draw_panel(
    axes: Axes,
    changes: np.ndarray,
    seconds: np.ndarray,
    label_map: LabelMap,
    suffix: str,
) -> None:
    from matplotlib.patches import Circle

    away = changes * (1 - np.eye(len(changes)))
    used = np.flatnonzero((seconds > 0) | (away.sum(axis=0) + away.sum(axis=1) > 0))
    angles = np.pi / 2 - 2 * np.pi * np.arange(len(used)) / max(1, len(used))
    if not away.any():
        axes.text(0, 0, "No class follows another.", ha="center", color=DIM, zorder=6)
    at = {int(k): (np.cos(a), np.sin(a)) for k, a in zip(used, angles, strict=True)}
    radii = _radii(seconds, len(used))
    _draw_arrows(axes, away, at, radii, label_map)
    for k, (x, y) in at.items():
        item = label_map.classes[k]
        ink = ink_on(item.color)
        disc = Circle(
            (x, y),
            radii[k],
            facecolor=item.color,
            edgecolor=(*((0, 0, 0) if ink == "#000000" else (1, 1, 1)), 0.45),
            hatch=hatch_of(k),
            linewidth=0,
            zorder=3,
        )
        axes.add_patch(disc)
        out = 1 + radii[k] + 0.05
        side = "center" if abs(x) < 0.15 else ("left" if x > 0 else "right")
        axes.text(
            out * x,
            out * y,
            words(item.name, suffix),
            ha=side,
            va="center",
            size=9,
            zorder=4,
        )
    axes.set_aspect("equal")
    axes.set_xlim(-_HALF[0], _HALF[0])
    axes.set_ylim(-_HALF[1], _HALF[1])


def _radii(seconds: np.ndarray, n: int) -> np.ndarray:
    """Return radii whose discs have areas in proportion to time, within limits."""
    most = min(_MOST_R, 2.2 / max(n, 1))
    share = np.sqrt(seconds / max(float(seconds.max(initial=0.0)), 1e-9))
    return np.maximum(most * share, min(_LEAST_R, most))


def _draw_arrows(
    axes: Axes,
    away: np.ndarray,
    at: dict[int, tuple[float, float]],
    radii: np.ndarray,
    label_map: LabelMap,
) -> None:
    from matplotlib.patches import FancyArrowPatch

    # Where two panels share the width, arrows are thinner.
    scale = axes.get_position().width ** 0.7
    shares = away / np.maximum(away.sum(axis=1, keepdims=True), 1)
    for i, j in np.argwhere(shares >= MIN_SHARE).tolist():
        share = float(shares[i, j])
        start, stop = _ends(at[i], at[j], radii[i], radii[j])
        arrow = FancyArrowPatch(
            start,
            stop,
            connectionstyle="arc3,rad=0.18",
            arrowstyle=f"-|>,head_length={2.5 + 3 * share},"
            f"head_width={1.5 + 2 * share}",
            linewidth=scale * (0.6 + 4 * share),
            color=label_map.classes[i].color,
            alpha=0.35 + 0.6 * share,
            shrinkA=0,
            shrinkB=0,
            mutation_scale=2.2 * scale,
            zorder=2,
        )
        axes.add_patch(arrow)
        if share >= WORDS_SHARE:
            _say(axes, start, stop, _percent(share))


def _ends(
    a: tuple[float, float], b: tuple[float, float], r_a: float, r_b: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return where an arrow leaves one disc and meets another."""
    first, last = np.array(a), np.array(b)
    way = last - first
    ahead = way / max(float(np.hypot(*way)), 1e-9)
    # As the arrow is bent, it leaves a little beside the straight line.
    beside = np.array([ahead[1], -ahead[0]]) * 0.18
    start = first + (ahead + beside) * (r_a + 0.01)
    stop = last - (ahead - beside) * (r_b + 0.015)
    return (float(start[0]), float(start[1])), (float(stop[0]), float(stop[1]))


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _say(
    axes: Axes, start: tuple[float, float], stop: tuple[float, float], text: str
) -> None:
    """Write a share beside an arrow, nearer to where it begins."""
    a, b = np.array(start), np.array(stop)
    way = b - a
    bent = np.array([way[1], -way[0]]) * 0.18
    t = 0.36
    at = a * (1 - t) ** 2 + b * t**2 + 2 * t * (1 - t) * ((a + b) / 2 + bent)
    axes.text(
        float(at[0]),
        float(at[1]),
        text,
        size=7,
        ha="center",
        va="center",
        zorder=5,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.8},
    )

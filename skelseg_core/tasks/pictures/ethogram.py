"""Ethogram: the labels of lanes over time, a row each, in the colours of classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from skelseg_core.errors import ConfigError
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.tasks.pictures.burned_lanes import SAID_BY_MODEL
from skelseg_core.tasks.pictures.label_figure import (
    FAINT,
    INK,
    MAX_HEIGHT_IN,
    NOTHING,
    UNDECIDED,
    columns_that_fit,
    file_of,
    hatch_of,
    ink_on,
    label_figure,
    lighter,
    words,
)
from skelseg_core.video.lettering import drawable
from skelseg_core.video.times import FrameTimes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW_IN, GAP_IN, FRAME_IN, LEGEND_IN = 0.27, 0.16, 0.55, 0.24
"""Heights of a row, between two videos, of the axis, and of a row of the legend."""
BAR = 0.78
"""Height of a bar, as a share of its row."""
MODEL_SHARE = 0.55
"""Share of white in the colour of what a model said and nobody looked at."""
MODEL_HATCH = "////"
CUT_SHARE = 0.002
"""Share of the whole time that a segment takes for its ends to be drawn as lines."""
WORDS = {"model": SAID_BY_MODEL, "undecided": "undecided", "nothing": "unlabelled"}


@dataclass(frozen=True)
class EthogramRow:
    """A row of an ethogram.

    Parameters
    ----------
    video, lane : str
        What stands beside it.
    segmentation : Segmentation
    times : FrameTimes
    """

    video: str
    lane: str
    segmentation: Segmentation
    times: FrameTimes


def ethogram(rows: Sequence[EthogramRow], label_map: LabelMap, suffix: str) -> bytes:
    """Draw lanes over time.

    Parameters
    ----------
    rows : sequence of EthogramRow
        From above; those of one video follow one another.
    label_map : LabelMap
    suffix : str
        ``".svg"``, ``".pdf"`` or ``".png"``.

    Raises
    ------
    ConfigError
        Where there are too many rows.
    """
    texts = [*label_map.names, *(t for r in rows for t in (r.video, r.lane))]
    entries = _entries(rows, label_map)
    with label_figure(1.0, texts) as figure:
        columns = columns_that_fit(figure, [drawable(name) for name, _ in entries])
        height = _height_in(rows, -(-len(entries) // columns))
        if height > MAX_HEIGHT_IN:
            raise ConfigError(
                "A picture with {:,} rows is too high; choose fewer videos (--video) "
                "or lanes.",
                len(rows),
            )
        figure.set_figheight(height)
        axes = figure.subplots()
        places = _places(rows)
        whole_s = max(row.times.duration_s for row in rows)
        for row, y in zip(rows, places, strict=True):
            _draw_row(axes, row, y, label_map, whole_s)
        _name_rows(axes, rows, places, suffix)
        _draw_axis(axes, whole_s, places, 0.9 if _n_lanes(rows) > 1 else 0.65)
        _draw_legend(figure, entries, columns, suffix)
        return file_of(figure, suffix)


def _height_in(rows: Sequence[EthogramRow], legend_rows: int) -> float:
    n_videos = len({row.video for row in rows})
    return (
        FRAME_IN
        + ROW_IN * len(rows)
        + GAP_IN * (n_videos - 1 if _n_lanes(rows) > 1 else 0)
        + LEGEND_IN * (legend_rows + 0.5)
    )


def _n_lanes(rows: Sequence[EthogramRow]) -> int:
    return len({row.lane for row in rows})


def _places(rows: Sequence[EthogramRow]) -> list[float]:
    """Return the middle of each row in rows from above."""
    gap = GAP_IN / ROW_IN if _n_lanes(rows) > 1 else 0.0
    at, before, places = 0.5, rows[0].video, []
    for row in rows:
        at += gap if row.video != before else 0.0
        places.append(at)
        at, before = at + 1.0, row.video
    return places


# -- one row ------------------------------------------------------------------------


def _look(segment: Segment, label_map: LabelMap) -> tuple[str, str, str]:
    """Return the colour of a segment, its texture, and the colour of that."""
    found = label_map.get(segment.class_id)
    if found is None:
        undecided = (UNDECIDED, MODEL_HATCH, "#8b9198")
        return undecided if segment.undecided else (NOTHING, "", NOTHING)
    if segment.accepted:
        return lighter(found.color, MODEL_SHARE), MODEL_HATCH, found.color
    index = label_map.ids.index(found.id)
    ink = ink_on(found.color)
    weak = lighter(found.color, 0.5) if ink == "#ffffff" else _darker(found.color)
    return found.color, hatch_of(index), weak


def _darker(color: str) -> str:
    parts = bytes.fromhex(color.lstrip("#"))
    return "#" + "".join(f"{round(c * 0.55):02x}" for c in parts)


def _draw_row(
    axes: Axes, row: EthogramRow, y: float, label_map: LabelMap, whole_s: float
) -> None:
    spans: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    cuts = []
    for segment in row.segmentation.segments:
        start_s = row.times.start_s(segment.start)
        if row.times.start_s(segment.stop) - start_s > CUT_SHARE * whole_s and start_s:
            cuts.append(start_s)
        for run in segment.runs:
            at_s = row.times.start_s(run.start)
            long_s = row.times.start_s(run.stop) - at_s
            spans.setdefault(_look(run, label_map), []).append((at_s, long_s))
    low = y - BAR / 2
    for (color, hatch, ink), parts in spans.items():
        thin = low + BAR * 0.4, BAR * 0.2
        place = thin if color == NOTHING else (low, BAR)
        texture: dict[str, Any] = {"hatch": hatch, "edgecolor": ink} if hatch else {}
        axes.broken_barh(parts, place, facecolor=color, linewidth=0, **texture)
    axes.vlines(cuts, low, low + BAR, colors="white", linewidth=0.7)


# -- around the rows ----------------------------------------------------------------


def _name_rows(
    axes: Axes, rows: Sequence[EthogramRow], places: list[float], suffix: str
) -> None:
    several = _n_lanes(rows) > 1
    axes.set_yticks(
        places, [words(row.lane if several else row.video, suffix) for row in rows]
    )
    axes.tick_params(axis="y", length=0)
    if not several:
        return
    from matplotlib.transforms import blended_transform_factory

    # The name of a video stands above its rows, which are named by their lanes.
    where = blended_transform_factory(axes.transAxes, axes.transData)
    first = {row.video: y for row, y in reversed(list(zip(rows, places, strict=True)))}
    for video, y in first.items():
        axes.text(
            0.0,
            y - 0.5,
            words(video, suffix),
            transform=where,
            weight="bold",
            size=8,
            va="bottom",
        )


def _draw_axis(axes: Axes, whole_s: float, places: list[float], above: float) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set_xlim(0, whole_s or 1.0)
    axes.set_ylim(places[-1] + 0.55, places[0] - above)
    steps = [1, 1.5, 2, 3, 5, 6, 10] if whole_s >= 60 else [1, 2, 2.5, 5, 10]
    axes.xaxis.set_major_locator(_clock_locator(whole_s, MaxNLocator(9, steps=steps)))
    if whole_s >= 60:
        axes.xaxis.set_major_formatter(FuncFormatter(lambda s, _: _clock(s)))
        axes.set_xlabel("time (h:mm:ss)" if whole_s >= 3600 else "time (m:ss)")
    else:
        axes.set_xlabel("time (s)")
    axes.grid(axis="x", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)


def _clock_locator(whole_s: float, other: Any) -> Any:
    """Put ticks at whole parts of a minute or hour where there are minutes."""
    from matplotlib.ticker import MultipleLocator

    if whole_s < 60:
        return other
    usual = (10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 86400)
    step = next((s for s in usual if whole_s / s <= 9), usual[-1])
    return MultipleLocator(step)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
    return f"{minutes}:{rest:02d}"


def _entries(
    rows: Sequence[EthogramRow], label_map: LabelMap
) -> list[tuple[str, tuple[str, str, str]]]:
    """List what the legend explains: text and look, the classes in their order."""
    segments = [s for row in rows for s in row.segmentation.segments]
    used = {s.class_id for s in segments}
    found = [
        (c.name, _look(Segment(0, 1, c.id), label_map))
        for c in label_map.classes
        if c.id in used
    ]
    if any(s.accepted for s in segments):
        found.append(
            (WORDS["model"], (lighter("#777777", 0.6), MODEL_HATCH, "#777777"))
        )
    for segment in (
        next((s for s in segments if s.undecided), None),
        next((s for s in segments if s.unlabelled), None),
    ):
        if segment is not None:
            word = "undecided" if segment.undecided else "nothing"
            found.append((WORDS[word], _look(segment, label_map)))
    return found


def _draw_legend(
    figure: Figure,
    entries: Sequence[tuple[str, tuple[str, str, str]]],
    columns: int,
    suffix: str,
) -> None:
    from matplotlib.patches import Patch

    patches = [
        Patch(
            facecolor=color,
            edgecolor=ink if hatch else color,
            hatch=hatch,
            linewidth=0,
            label=name,
        )
        for name, (color, hatch, ink) in entries
    ]
    # One that begins with a line is left out of a legend otherwise.
    names = [words(name, suffix) for name, _ in entries]
    figure.legend(
        patches,
        names,
        loc="outside lower center",
        ncols=columns,
        fontsize=8,
        labelcolor=INK,
        handlelength=1.6,
        columnspacing=1.4,
    )

"""Tables of a report of agreement: as JSON, CSV and text."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from skelseg_core.labels.agreement.bootstrap import FEW_VIDEOS, Figure
from skelseg_core.labels.agreement.meanings import (
    CONFUSION,
    DEVIATION,
    INTERVAL,
    MEANINGS,
)
from skelseg_core.labels.agreement.report import Agreement, PairAgreement
from skelseg_core.labels.agreement.segments import Deviations, Transition

NOTHING = "–"
"""Shown where a figure is not defined."""
Named = Callable[[str], str]
"""Writes the name of a lane."""
COLUMNS = ("first", "second", "figure", "value", "low", "high", "n_videos", "meaning")
DEVIATION_COLUMNS = (
    "before",
    "after",
    "n",
    "median",
    "median distance",
    "90 %",
    "only first",
    "only second",
)


def shown(figure: Figure) -> str:
    """Write a figure with its interval, as 0.83 [0.79, 0.88]."""
    if figure.value is None:
        return NOTHING
    unit = MEANINGS[figure.name].unit
    form, end = ("{:.1f}", f" {unit}") if unit else ("{:.3f}", "")
    text = form.format(figure.value)
    if figure.low is None or figure.high is None:
        return text + end
    return f"{text} [{form.format(figure.low)}, {form.format(figure.high)}]{end}"


def spread(one: Deviations) -> tuple[float, float, float] | None:
    """Compute median, median distance and 90 % of the distances; None without any."""
    if not one.frames:
        return None
    distances = np.abs(one.frames)
    return (
        float(np.median(one.frames)),
        float(np.median(distances)),
        float(np.percentile(distances, 90)),
    )


def histogram(one: Deviations) -> dict[int, int]:
    """Count the deviations by their frames, in order."""
    values, counts = np.unique(np.array(one.frames, np.int64), return_counts=True)
    return dict(zip(values.tolist(), counts.tolist(), strict=True))


def signed(frames: int) -> str:
    """Write a deviation: -3, 0, +2."""
    return f"{frames:+d}" if frames else "0"


def as_json(found: Agreement, notes: Sequence[str], named: Named) -> dict[str, Any]:
    """Convert a report to plain values, sentences included."""
    return {
        "lanes": [named(lane) for lane in found.lanes],
        "videos": list(found.videos),
        "classes": list(found.class_names),
        "collar": found.collar,
        "together": {name: _plain(f) for name, f in found.together.items()},
        "pairs": [_pair_json(pair, found, named) for pair in found.pairs],
        "notes": list(notes),
        "meanings": {name: meaning.sentence for name, meaning in MEANINGS.items()},
    }


def _plain(figure: Figure) -> dict[str, float | None]:
    return {"value": figure.value, "low": figure.low, "high": figure.high}


def _pair_json(pair: PairAgreement, found: Agreement, named: Named) -> dict[str, Any]:
    names = found.class_names
    return {
        "first": named(pair.first),
        "second": named(pair.second),
        "videos": list(pair.videos),
        "n_frames": pair.n_compared,
        "figures": {name: _plain(f) for name, f in pair.figures.items()},
        "classes": {
            names[n]: {
                "first": one.n_first,
                "second": one.n_second,
                "both": one.n_both,
                "agreement": one.share,
            }
            for n, one in enumerate(pair.classes)
            if one.share is not None
        },
        "confusion": pair.confusion.tolist(),
        "confusion_without_boundaries": pair.without_boundaries.tolist(),
        "segments": pair.segments.tolist(),
        "boundaries": [
            _deviation_json(classes, one, names)
            for classes, one in pair.deviations.items()
        ],
    }


def _deviation_json(
    classes: Transition, one: Deviations, names: Sequence[str]
) -> dict[str, Any]:
    median, distance, ninety = spread(one) or (None, None, None)
    return {
        "before": names[classes[0]],
        "after": names[classes[1]],
        "n": len(one.frames),
        "median": median,
        "median_distance": distance,
        "distance_90": ninety,
        "only_first": one.only_first,
        "only_second": one.only_second,
        "histogram": {str(k): n for k, n in histogram(one).items()},
    }


def as_csv(found: Agreement, named: Named) -> str:
    """Write one row for each figure, pair by pair, then of all lanes together."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for pair in found.pairs:
        for figure in pair.figures.values():
            row = [named(pair.first), named(pair.second), *_cells(figure)]
            writer.writerow([*row, str(pair.n_videos), MEANINGS[figure.name].sentence])
    for figure in found.together.values():
        row = ["all", "all", *_cells(figure), str(found.n_videos)]
        writer.writerow([*row, MEANINGS[figure.name].sentence])
    return out.getvalue()


def _cells(figure: Figure) -> list[str]:
    numbers = (figure.value, figure.low, figure.high)
    return [figure.name, *("" if n is None else f"{n:.6g}" for n in numbers)]


def as_text(found: Agreement, notes: Sequence[str], named: Named) -> Iterator[str]:
    """Write lines: figures, then boundaries, then classes confused, pair by pair."""
    for pair in found.pairs:
        yield heading(pair, named)
        yield from _lines(pair.figures.values())
        yield ""
        yield from _boundary_lines(pair, found.class_names)
        yield from _confused_lines(pair, found.class_names)
        yield ""
    if found.together:
        yield f"All {len(found.lanes)} together"
        yield from _lines(found.together.values())
        yield ""
    yield "What the figures mean"
    told = {CONFUSION: "Confused", DEVIATION: "Boundaries"}
    for name in (*found.together, *reversed(list(found.pairs[0].figures))):
        told[MEANINGS[name].sentence] = MEANINGS[name].title
    for sentence, title in reversed(told.items()):
        yield f"  {title}: {sentence}"
    yield f"  {INTERVAL.format(FEW_VIDEOS)}"
    yield from notes


def written(suffix: str, found: Agreement, notes: Sequence[str], named: Named) -> str:
    """Write a report by the suffix of its file: ``.json``, ``.csv``, else text."""
    if suffix == ".json":
        return json.dumps(as_json(found, notes, named), indent=2) + "\n"
    if suffix == ".csv":
        return as_csv(found, named)
    return "\n".join(as_text(found, notes, named)) + "\n"


def heading(pair: PairAgreement, named: Named) -> str:
    """Write whose labels are compared, and over how much."""
    n = pair.n_videos
    return (
        f"{named(pair.first)} and {named(pair.second)}: {n} video{'s' * (n != 1)}, "
        f"{pair.n_compared:,} frames labelled by both"
    )


def _lines(figures: Sequence[Figure] | Any) -> Iterator[str]:
    for figure in figures:
        yield f"  {MEANINGS[figure.name].title:<42}{shown(figure)}"


def _boundary_lines(pair: PairAgreement, names: Sequence[str]) -> Iterator[str]:
    rows = [deviation_row(c, d, names) for c, d in pair.deviations.items()]
    if not rows:
        return
    yield "  Boundaries, frames later in the second"
    width = max(len(f"{row[0]} | {row[1]}") for row in rows)
    yield f"    {'':<{width}}" + "".join(f"{c:>16}" for c in DEVIATION_COLUMNS[2:])
    for row in rows:
        yield f"    {row[0] + ' | ' + row[1]:<{width}}" + "".join(
            f"{cell:>16}" for cell in row[2:]
        )
    yield ""


def deviation_row(
    classes: Transition, one: Deviations, names: Sequence[str]
) -> list[str]:
    """Write the cells of `DEVIATION_COLUMNS`."""
    numbers = spread(one)
    cells = [NOTHING] * 3 if numbers is None else [f"{n:g}" for n in numbers]
    counts = [str(one.only_first), str(one.only_second)]
    return [names[classes[0]], names[classes[1]], str(len(one.frames)), *cells, *counts]


def confused(pair: PairAgreement) -> list[tuple[int, int, int, int]]:
    """List what was confused: both classes, frames, and those far from boundaries."""
    off = pair.confusion[:-1, :-1].copy()
    np.fill_diagonal(off, 0)
    order = np.argsort(-off, axis=None, kind="stable")[: np.count_nonzero(off)]
    cells = zip(*np.unravel_index(order, off.shape), strict=True)
    return [
        (int(a), int(b), int(off[a, b]), int(pair.without_boundaries[a, b]))
        for a, b in cells
    ]


def _confused_lines(pair: PairAgreement, names: Sequence[str]) -> Iterator[str]:
    rows = confused(pair)
    if rows:
        yield "  Confused, frames (in brackets those without boundaries)"
    for a, b, n, inside in rows[:10]:
        yield f"    {names[a]} - {names[b]}: {n:,} ({inside:,})"

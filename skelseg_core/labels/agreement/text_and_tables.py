"""Agreement reports as JSON, CSV and text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from skelseg_core.labels.agreement.bootstrap import FEW_VIDEOS, Figure
from skelseg_core.labels.agreement.meanings import INTERVAL, MEANINGS
from skelseg_core.labels.agreement.measures import Agreement
from skelseg_core.said import counted

NOTHING = "–"
"""Shown if a figure is undefined or has no interval."""
COLUMNS = ("measure", "value", "low", "high", "n_videos", "meaning")


def shown(figure: Figure) -> tuple[str, str]:
    """Format a figure and its interval, as 0.83 and 0.79 to 0.88."""
    form = f"{{:.{MEANINGS[figure.name].n_digits}f}}"
    value = NOTHING if figure.value is None else form.format(figure.value)
    if figure.low is None or figure.high is None:
        return value, NOTHING
    return value, f"{form} to {form}".format(figure.low, figure.high)


def as_json(found: Agreement, names: Sequence[str]) -> dict[str, Any]:
    """Convert a report to plain values with meanings; ``names`` maps lanes to names."""
    return {
        "lanes": list(names),
        "videos": list(found.videos),
        "n_frames": found.n_frames,
        "figures": {
            figure.name: {
                "value": figure.value,
                "low": figure.low,
                "high": figure.high,
                "meaning": MEANINGS[figure.name].sentence,
            }
            for figure in found.figures
        },
    }


def as_csv(found: Agreement) -> str:
    """Write one row per figure."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for figure in found.figures:
        numbers = (figure.value, figure.low, figure.high)
        cells = ["" if n is None else f"{n:.6g}" for n in numbers]
        meaning = MEANINGS[figure.name].sentence
        writer.writerow([figure.name, *cells, str(found.n_videos), meaning])
    return out.getvalue()


def as_text(found: Agreement, names: Sequence[str]) -> Iterator[str]:
    """Yield lines of text: each figure, its interval and its meaning."""
    n = found.n_videos
    yield (
        f"{', '.join(names)}: {counted(n, 'video')}, "
        f"{counted(found.n_frames, 'frame')} labelled by two or more"
    )
    for figure in found.figures:
        value, interval = shown(figure)
        meaning = MEANINGS[figure.name]
        yield f"{meaning.title:<32}{value:>8}   {interval}"
        yield f"  {meaning.sentence}"
    yield INTERVAL.format(FEW_VIDEOS)

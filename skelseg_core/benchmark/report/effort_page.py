"""Curves of effort as PNG and as a page: events still left, by events made."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping, Sequence

from skelseg_core.benchmark.report.canvas import GRID, drawing, png_of

_COLORS = (
    "#5b6168",
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "#1d2023",
)

Curves = Mapping[str, Sequence[float]]
"""By policy: mean events still left, by events made."""


def curves_png(curves: Mapping[int, Curves]) -> bytes:
    """Draw the curves, one panel for each collar.

    Parameters
    ----------
    curves : Mapping of int to Curves
        By collar.
    """
    with drawing(3.6) as figure:
        panels = figure.subplots(1, len(curves), squeeze=False)[0]
        for axes, (collar, lines) in zip(panels, curves.items(), strict=True):
            for n, (policy, left) in enumerate(lines.items()):
                color = _COLORS[n % len(_COLORS)]
                axes.plot(range(len(left)), left, color=color, label=policy)
            axes.set_title(f"within {collar} frames", loc="left")
            axes.set_xlabel("events made")
            axes.set_ylim(bottom=0)
            axes.set_xlim(left=0)
            axes.grid(color=GRID, linewidth=0.8)
        panels[0].set_ylabel("events still left")
        panels[-1].legend(fontsize=8)
        return png_of(figure)


def page(tables: Sequence[Sequence[str]], png: bytes, title: str) -> str:
    """Write tables and curves as one page of HTML, complete in itself.

    Parameters
    ----------
    tables : sequence of sequence of str
        Lines of Markdown tables.
    png : bytes
        The curves.
    title : str
    """
    picture = base64.b64encode(png).decode()
    body = "\n".join(_table(lines) for lines in tables)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title><style>"
        "body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;"
        "padding:0 1rem;color:#1d2023;background:#fff}"
        "table{border-collapse:collapse;margin:1rem 0}"
        "td,th{padding:.25rem .75rem;border-bottom:1px solid #dfe2e5;text-align:left}"
        "img{max-width:100%}</style></head><body>"
        f"<h1>{html.escape(title)}</h1>\n{body}\n"
        f'<img alt="Events still left, by events made" '
        f'src="data:image/png;base64,{picture}">\n</body></html>\n'
    )


def _table(lines: Sequence[str]) -> str:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    parts = ["<table>", _row(rows[0], "th")]
    parts += [_row(row, "td") for row in rows[2:]]
    return "\n".join([*parts, "</table>"])


def _row(cells: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in cells) + "</tr>"

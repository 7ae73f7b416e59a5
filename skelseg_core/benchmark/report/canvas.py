"""Figures of a report: the common style, an empty figure, and its PNG.

matplotlib is imported when the first figure is drawn, and without pyplot: no figure is
kept anywhere, and none can reach a screen.
"""

from __future__ import annotations

import io
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from skelseg_core.video.lettering import keep_fonts_in_cache

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 200
WIDTH_IN = 10.0
INK, DIM, GRID = "#1d2023", "#5b6168", "#dfe2e5"

_LONGEST = 60
"""Characters of a text in a figure, at most."""
_STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.edgecolor": DIM,
    "axes.labelcolor": INK,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": DIM,
    "ytick.color": DIM,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "hatch.linewidth": 0.5,
}
# For names that the font of matplotlib cannot write; those that are installed.
_FONTS = (
    "DejaVu Sans",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Microsoft YaHei",
    "Yu Gothic",
    "Hiragino Sans",
    "PingFang SC",
    "Noto Sans",
)


@contextmanager
def drawing(height_in: float) -> Iterator[Figure]:
    """Make an empty figure in the style of the report."""
    keep_fonts_in_cache()
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.font_manager import fontManager

    installed = set(fontManager.get_font_names())
    families = [name for name in _FONTS if name in installed]
    with matplotlib.rc_context(), warnings.catch_warnings():
        # A matplotlibrc in the current folder may be a stranger's, and make it start
        # other programs (text.usetex).
        matplotlib.rcdefaults()
        style = {**_STYLE, "font.family": families or ["sans-serif"]}
        matplotlib.rcParams.update(style)
        # A glyph that no font has becomes a box; that is no reason to stop.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure = Figure((WIDTH_IN, height_in), dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        yield figure


def png_of(figure: Figure) -> bytes:
    """Encode a figure as PNG; equal figures give equal bytes."""
    buffer = io.BytesIO()
    # By default the version of matplotlib and an address stand in the file.
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def plain(text: str, width: int = 0) -> str:
    """Strip the marks of a formula from ``text``, on one line or two.

    Parameters
    ----------
    text : str
    width : int
        Characters of a line, two lines at most; 0 is one line of `_LONGEST`.
        What does not fit ends in an ellipsis.
    """
    width, n_lines = (width, 2) if width else (_LONGEST, 1)
    lines = textwrap.wrap(text, width)
    if len(lines) > n_lines:
        lines = [*lines[: n_lines - 1], f"{lines[n_lines - 1][: width - 1]}…"]
    return "\n".join(lines).replace("$", r"\$")


def columns_that_fit(figure: Figure, names: Sequence[str]) -> int:
    """Count the columns of a legend that fit the figure, by the widest name."""
    widest = 0.0
    for name in names:
        text = figure.text(0, 0, name, fontsize=8)
        widest = max(widest, text.get_window_extent().width / figure.dpi)
        text.remove()
    # A name has a patch before it and a gap behind it.
    return max(1, min(len(names), int((WIDTH_IN - 0.3) / (widest + 0.5))))

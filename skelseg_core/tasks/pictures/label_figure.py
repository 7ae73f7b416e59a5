"""Figures: an empty one in the house's style, and its SVG, PDF or PNG.

matplotlib is imported when the first figure is drawn, and without pyplot: no figure can
reach a screen. Text stays text in an SVG and a PDF: it can be found and changed.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from skelseg_core.video.lettering import drawable, families, keep_fonts_in_cache

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".svg", ".pdf", ".png")
"""Kinds of pictures that can be written."""
DPI = 200
WIDTH_IN = 10.0
MAX_HEIGHT_IN = 160.0
"""Highest figure: a PNG of it has 32,000 rows, which programs still open."""
INK, DIM, FAINT, NOTHING = "#1d2023", "#5b6168", "#dfe2e5", "#f1f2f4"
"""Colours of text, of axes, of lines, and of frames without a label."""
UNDECIDED = "#c9cdd2"
HATCHES = ("", "----", "....", "++++")
"""Textures of classes: none for the first seven, then one for each seven more.

They are those of the window: colours past the first seven are hard to tell apart.
"""
_STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.edgecolor": DIM,
    "axes.labelcolor": INK,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "text.color": INK,
    # A dollar sign in a name begins no formula.
    "text.parse_math": False,
    "xtick.color": DIM,
    "xtick.labelcolor": INK,
    "ytick.color": DIM,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "hatch.linewidth": 0.6,
    "svg.fonttype": "none",
    "svg.hashsalt": "skelseg",
    "pdf.fonttype": 42,
}


@contextmanager
def label_figure(height_in: float, texts: Iterable[str]) -> Iterator[Figure]:
    """Make an empty figure whose fonts have the letters of some texts."""
    keep_fonts_in_cache()
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context(), warnings.catch_warnings():
        # A matplotlibrc in the current folder may be a stranger's, and make it start
        # other programs (text.usetex).
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({**_STYLE, "font.family": families(texts)})
        figure = Figure((WIDTH_IN, height_in), dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        yield figure


def file_of(figure: Figure, suffix: str) -> bytes:
    """Encode a figure as one of `SUFFIXES`; equal figures give equal bytes."""
    buffer = io.BytesIO()
    kind = suffix.lower().lstrip(".")
    when = {"svg": "Date", "pdf": "CreationDate", "png": "Software"}[kind]
    figure.savefig(buffer, format=kind, metadata={when: None})
    return buffer.getvalue()


def columns_that_fit(figure: Figure, names: Sequence[str]) -> int:
    """Count the columns of a legend that fit the figure, by the widest name."""
    widest = 0.0
    for name in names:
        text = figure.text(0, 0, name, fontsize=8)
        widest = max(widest, text.get_window_extent().width / figure.dpi)
        text.remove()
    # A name has a patch before it and a gap behind it.
    return max(1, min(len(names), int((WIDTH_IN - 0.3) / (widest + 0.5))))


def words(text: str, suffix: str) -> str:
    """Put a question mark for what no font has; an SVG is drawn by the fonts there."""
    return text if suffix.lower() == ".svg" else drawable(text)


def hatch_of(index: int) -> str:
    """Return the texture of the class of this number."""
    return HATCHES[index // 7 % len(HATCHES)]


def lighter(color: str, share: float) -> str:
    """Mix a colour ``#rrggbb`` with a share 0..1 of white."""
    parts = bytes.fromhex(color.lstrip("#"))
    return "#" + "".join(f"{round(c + (255 - c) * share):02x}" for c in parts)


def ink_on(color: str) -> str:
    """Return black or white, whichever contrasts more with a colour."""
    parts = [c / 255 for c in bytes.fromhex(color.lstrip("#"))]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts
    ]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05
    return "#000000" if light / 0.05 >= 1.05 / light else "#ffffff"

"""Texts in the figures of a report."""

from __future__ import annotations

import textwrap

from skelseg_core.video.lettering import drawable

_LONGEST = 60
"""Characters of a text in a figure, at most."""


def plain(text: str, width: int = 0) -> str:
    """Shorten ``text`` to one line or two, of letters that can be drawn.

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
    return "\n".join(map(drawable, lines))

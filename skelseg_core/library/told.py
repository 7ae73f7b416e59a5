"""Sentences that the command line prints: for scripts and notebooks they are warnings.

`warnings.simplefilter("ignore", UserWarning)` silences them.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable


def tell(notes: Iterable[str]) -> None:
    """Warn of what was left out, kept beside or could not be read, a sentence each."""
    for note in dict.fromkeys(notes):
        warnings.warn(note, UserWarning, stacklevel=3)

"""Sentences that the command line prints: for scripts and notebooks they are warnings.

`warnings.simplefilter("ignore", UserWarning)` silences them.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable


def tell(notes: Iterable[str], above: int = 0) -> None:
    """Warn of what was left out, kept beside or could not be read, a sentence each.

    It is warned of where the verb was called, ``above`` the function that tells it.
    """
    for note in dict.fromkeys(notes):
        warnings.warn(note, UserWarning, stacklevel=3 + above)

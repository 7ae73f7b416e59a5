"""How often dice are thrown: a few times in `make test`, and all in `make soak`."""

from __future__ import annotations

import os

SOAK = os.environ.get("SKELSEG_SOAK") == "1"


def times(name: str, few: int, many: int) -> int:
    """Return how often, which ``name`` in the environment may say for one test."""
    return int(os.environ.get(name, many if SOAK else few))

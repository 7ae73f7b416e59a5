"""How often dice are thrown: a few times in `make test`, and all in `make soak`."""

from __future__ import annotations

import os

SOAK = os.environ.get("SKELSEG_SOAK") == "1"
FEW_EXAMPLES = 10
"""Examples of Hypothesis that every test looks at that has as many."""


def times(name: str, few: int, many: int) -> int:
    """Return how often, which ``name`` in the environment may say for one test."""
    return int(os.environ.get(name, many if SOAK else few))


def examples(many: int) -> int:
    """Return the number of examples of Hypothesis: a tenth, or all in `make soak`."""
    return many if SOAK else min(many, max(FEW_EXAMPLES, many // 10))

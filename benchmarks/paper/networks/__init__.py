"""Networks of others, which the paper compares its own with."""

from __future__ import annotations

from benchmarks.paper.networks import ms_gcn, reba, st_pgn
from skelseg_core.learning.models import NETWORKS


def add_rivals() -> None:
    """Let recipes name these networks, too, in this process."""
    for module in (ms_gcn, reba, st_pgn):
        NETWORKS.update({kind.name: kind for kind in module.KINDS})

"""Worker of the benchmark: a process that makes runs, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from skelseg_core.engine.serving import serve
from skelseg_core.progress import Task


def _tasks() -> Mapping[str, Callable[..., Task[Any]]]:
    # They import torch, which sizes its thread pool once.
    from benchmarks.paper.job import benchmark_run

    return {"benchmark_run": benchmark_run}


if __name__ == "__main__":
    serve(_tasks)

"""Worker: a process that runs long tasks of a project, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from skelseg_core.engine.serving import serve
from skelseg_core.progress import Task


def _tasks() -> Mapping[str, Callable[..., Task[Any]]]:
    # They import torch, which sizes its thread pool once.
    from skelseg_core.tasks.registry import TASKS

    return TASKS


if __name__ == "__main__":
    serve(_tasks)

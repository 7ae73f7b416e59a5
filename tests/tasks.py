"""Tasks that are driven to their end, for tests."""

from __future__ import annotations

from typing import TypeVar

from skelseg_core.progress import Progress, Task

T = TypeVar("T")


def driven(task: Task[T]) -> tuple[list[Progress], T]:
    """What a task tells on its way, and its result."""
    seen = []
    while True:
        try:
            seen.append(next(task))
        except StopIteration as end:
            return seen, end.value

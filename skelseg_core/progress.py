"""A long task is a generator: it yields `Progress` and returns its result.

The command line loops over it, a test exhausts it, a job of the window drives it in
a thread or a process and cancels by closing it (`finally` blocks run).
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

Task = Generator["Progress", None, T]
"""A long task with a result of type ``T``."""


@dataclass(frozen=True)
class Progress:
    """How far one step of a long task is.

    Parameters
    ----------
    step : str
        What is being done, in the user's words: "poses of 07".
    done, total : int
        Units of work done and in all; ``total`` 0 means unknown.
    values : Mapping[str, float]
        Figures worth showing while it runs (loss, accuracy), by name.
    """

    step: str
    done: int = 0
    total: int = 0
    values: Mapping[str, float] = field(default_factory=dict)

    @property
    def fraction(self) -> float | None:
        """Share of this step that is done, 0..1, or None where it is unknown."""
        return min(1.0, self.done / self.total) if self.total > 0 else None


def run(task: Task[T]) -> T:
    """Exhaust ``task`` and return its result."""
    while True:
        try:
            next(task)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

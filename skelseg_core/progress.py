"""Progress of long tasks: a task is a generator of `Progress` that returns its result.

The command line loops over it, a test exhausts it, a job of the window drives it in
a thread or a process and cancels by closing it (`finally` blocks run).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

T = TypeVar("T")

Task = Generator["Progress", None, T]
"""A long task with a result of type ``T``."""


@dataclass(frozen=True)
class Progress:
    """Progress of one step of a long task.

    Parameters
    ----------
    step : str
        Name of the step in the user's words: "poses of 07".
    done, total : int
        Units of work done and in all; ``total`` 0 means unknown.
    values : Mapping[str, float]
        Figures worth showing while it runs (loss, accuracy), by name.
    whole : float, optional
        Share of the whole task that is done, 0..1, where a task has several steps;
        None where this step is all there is.
    """

    step: str
    done: int = 0
    total: int = 0
    values: Mapping[str, float] = field(default_factory=dict)
    whole: float | None = None

    @property
    def fraction(self) -> float | None:
        """Share of this step that is done, 0..1, or None where it is unknown."""
        return min(1.0, self.done / self.total) if self.total > 0 else None

    @property
    def share(self) -> float | None:
        """Share of all that was asked for that is done, 0..1; None where unknown."""
        return self.fraction if self.whole is None else self.whole


def mapped(task: Task[T], change: Callable[[Progress], Progress]) -> Task[T]:
    """Run a task and change each `Progress` that it yields."""
    try:
        while True:
            try:
                now = next(task)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            yield change(now)
    finally:
        task.close()


class Parts:
    """Progress of a task of several parts, counted over all of them.

    Parameters
    ----------
    costs : Sequence[float]
        Expected time of each part, in any unit: only the proportions count.
    """

    def __init__(self, costs: Sequence[float]) -> None:
        self._costs = [max(0.0, cost) for cost in costs]
        self._spent = 0.0

    def part(self, task: Task[T]) -> Task[T]:
        """Run the next part; its progress holds the share of the whole as well."""
        cost, share = self._costs.pop(0), 0.0
        all_of_it = self._spent + cost + sum(self._costs)

        def counted(now: Progress) -> Progress:
            nonlocal share
            share = share if now.share is None else now.share
            done = self._spent + cost * share
            return replace(now, whole=done / all_of_it if all_of_it else 0.0)

        try:
            return (yield from mapped(task, counted))
        finally:
            self._spent += cost if share else 0.0

    @property
    def share(self) -> float:
        """Share of the whole that the parts up to now were, 0..1."""
        all_of_it = self._spent + sum(self._costs)
        return self._spent / all_of_it if all_of_it else 0.0

    def skip(self) -> None:
        """Take the next part off the whole, as it is done already."""
        del self._costs[0]


def in_turn(
    names: Sequence[str], task_of: Callable[[str], Task[T]]
) -> Task[dict[str, T]]:
    """Run a task for each name, one after the other; return the results by name."""
    parts, found = Parts([1.0] * len(names)), {}
    for name in names:
        found[name] = yield from parts.part(task_of(name))
    return found


def uncounted(task: Task[T]) -> Task[T]:
    """Run what comes before the work itself without counting it."""
    return mapped(task, lambda now: replace(now, whole=0.0))


def run(task: Generator[object, None, T]) -> T:
    """Exhaust ``task`` and return its result."""
    while True:
        try:
            next(task)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

"""Progress of a task of several parts is counted over all of them."""

from __future__ import annotations

import pytest

from skelseg_core.progress import Parts, Progress, Task, uncounted


def counting(n: int) -> Task[int]:
    for i in range(n + 1):
        yield Progress("counting", i, n)
    return n


def looking() -> Task[str]:
    yield Progress("looking")
    return "there"


def whole_of(task: Task[object]) -> list[float | None]:
    return [progress.whole for progress in task]


def test_parts_count_by_what_they_cost_and_what_is_there_counts_nothing() -> None:
    def all_of_it() -> Task[None]:
        parts = Parts([30.0, 600.0, 10.0, 60.0, 5.0])
        assert (yield from parts.part(counting(2))) == 2
        # This one was to take longest, and was done already; so was the last.
        assert (yield from parts.part(looking())) == "there"
        parts.skip()
        assert (yield from parts.part(counting(2))) == 2
        assert parts.share == pytest.approx(90 / 95)
        parts.skip()
        assert parts.share == 1.0

    found = whole_of(all_of_it())
    first = [0, 15 / 705, 30 / 705, 30 / 705]
    assert found == pytest.approx([*first, 30 / 95, 60 / 95, 90 / 95])


def test_parts_of_parts_and_what_comes_before_them() -> None:
    def inner() -> Task[None]:
        parts = Parts([1.0, 3.0])
        yield from parts.part(uncounted(counting(3)))
        yield from parts.part(counting(2))

    outer = Parts([4.0, 4.0])
    assert whole_of(outer.part(inner()))[-1] == pytest.approx(0.5)
    assert outer.share == pytest.approx(0.5)


def test_a_part_that_is_cancelled_is_closed() -> None:
    ended = []

    def endless() -> Task[None]:
        try:
            while True:
                yield Progress("on and on")
        finally:
            ended.append(True)

    task = Parts([1.0]).part(endless())
    next(task)
    task.close()
    assert ended == [True]

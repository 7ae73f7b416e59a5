"""Progress of a long task, shown where it runs: a terminal, a notebook, or nowhere."""

from __future__ import annotations

import sys
import time
from typing import Any, TypeVar

from skelseg_core.cli.terminal import run_task
from skelseg_core.progress import Progress, Task

T = TypeVar("T")
_BETWEEN_S = 0.2
"""Seconds between two changes of the line in a notebook."""


def run_shown(task: Task[T]) -> T:
    """Exhaust a task and show how far it is: a bar in a terminal, a line in a notebook.

    Elsewhere nothing is shown. Ctrl-C, or the stop button of a notebook, cancels it.
    """
    handle = notebook_line()
    if handle is None:
        return run_task(task)
    shown_s = 0.0
    try:
        while True:
            try:
                progress = next(task)
            except StopIteration as end:
                handle.update(_Line("done"))
                return end.value  # type: ignore[no-any-return]
            if time.monotonic() - shown_s > _BETWEEN_S:
                handle.update(_Line(text_of(progress)))
                shown_s = time.monotonic()
    finally:
        task.close()


def text_of(progress: Progress) -> str:
    """Write one line about a step: its name, and how much of all is done."""
    share = progress.share
    return progress.step if share is None else f"{progress.step}: {100 * share:.0f} %"


class _Line:
    """Text that a notebook shows as it is, without quotes."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def notebook_line() -> Any:
    """Open a line of output that can be changed; None where this is no notebook."""
    # Only a program that runs in a notebook has imported IPython's kernel.
    if "ipykernel" not in sys.modules:
        return None
    from IPython.display import display

    return display(_Line("starting"), display_id=True)

"""RunDisplay: a line per stage of a run over many videos, on the standard error."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TypeVar, cast

import click

from skelseg_core.progress import Progress, Task, mapped, run

if TYPE_CHECKING:
    from skelseg_core.engine.supervisor import RunProgress

T = TypeVar("T")
QUIET = "skelseg.quiet"
"""Key of the context's ``meta`` that is set by --quiet."""
LINE_EVERY_S = 60.0
"""Seconds between two lines of progress where the standard error is no terminal."""
_REDRAW_S = 0.5
"""Seconds between two pictures of the lines in a terminal."""


def is_quiet() -> bool:
    """Tell whether --quiet was said."""
    ctx = click.get_current_context(silent=True)
    return ctx is not None and QUIET in ctx.meta


class RunDisplay:
    """Show how far a run is: drawn again in a terminal, else now and then."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._began_s = self._told_s = time.monotonic()
        self._n_lines = 0

    def drive(self, task: Task[T]) -> T:
        """Exhaust the task of a run and show its progress, but for --quiet."""
        if is_quiet():
            return run(task)
        try:
            return run(mapped(task, self._told))
        finally:
            self.clear()

    def clear(self) -> None:
        """Take the lines away, so that something else can be printed."""
        if self._n_lines:
            click.echo(f"\x1b[{self._n_lines}A\x1b[J", err=True, nl=False)
            self._n_lines = 0

    def _told(self, progress: Progress) -> Progress:
        now, every_s = time.monotonic(), _REDRAW_S if self._terminal else LINE_EVERY_S
        if now - self._told_s >= every_s:
            self._told_s = now
            lines = stage_lines(progress, now - self._began_s)
            self.clear()
            click.echo("\n".join(lines), err=True)
            if self._terminal:
                self._n_lines = len(lines)
        return progress


def stage_lines(progress: Progress, since_s: float) -> list[str]:
    """Write a line per stage, and one with the time left.

    Parameters
    ----------
    progress : Progress
        A `RunProgress`, or of what comes before.
    since_s : float
        Seconds since the run began.
    """
    if not hasattr(progress, "stages"):
        return [f"{progress.step}, {progress.done:,} of {progress.total:,} videos"]
    now, lines = cast("RunProgress", progress), []
    for name, count in now.stages.items():
        parts = [f"{name:<12} {count.done:>6,} of {count.n_tasks:,} done"]
        if count.running:
            parts.append(f"{count.running} running")
        if count.failed:
            parts.append(f"{count.failed} failed")
        if count.frames and since_s > 0:
            parts.append(f"{count.frames / since_s:,.0f} frames a second")
        lines.append(", ".join(parts))
    share = progress.share or 0.0
    left = f", {_span(since_s * (1 - share) / share)} left" if share > 0.01 else ""
    looked = f", {100 * now.looked_at:.0f} % of the videos looked at"
    more = looked if now.looked_at < 1 else ""
    return [*lines, f"{100 * share:.0f} %{left}{more}"]


def _span(seconds: float) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"

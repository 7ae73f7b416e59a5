"""QueuedTask: a task for a supervisor, and what may happen to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["started", "done", "failed", "crashed", "skipped", "left"]
"""State of a task, as an event tells it.

started, done
failed
    With a sentence; it would fail again, or ended its process twice.
crashed
    Its process died or hung, and it begins once more in another.
skipped
    What has to be done before it failed.
left
    Not tried, as the run ended before.
"""
FINAL = frozenset({"done", "failed", "skipped", "left"})
"""States after which nothing more happens to a task."""


@dataclass(frozen=True)
class QueuedTask:
    """A task that waits for a worker process.

    Parameters
    ----------
    name : str
        Unlike those of all others, and the same in every run.
    task : str
        What the worker knows it by.
    arguments : Mapping
        Plain values.
    after : str
        Name of the task that has to be done before, if any.
    stage, video : str
        By which it is counted and told.
    n_frames : int
        By which its time is foreseen.
    again : Mapping
        Arguments that differ where its process died and it begins once more.
    """

    name: str
    task: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    after: str = ""
    stage: str = ""
    video: str = ""
    n_frames: int = 1
    again: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TaskEvent:
    """Say what happened to a task: its state, a sentence, what it returned."""

    task: QueuedTask
    state: State
    sentence: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)

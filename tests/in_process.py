"""A worker that is no process: it takes no seconds to start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from skelseg_core.engine.worker_process import TaskFailed
from skelseg_core.errors import SkelsegError, stops_all
from skelseg_core.progress import Task


def in_this_process(tasks: Mapping[str, Callable[..., Task[Any]]]) -> type:
    """Make what stands for `worker_process.Worker`, for these tasks."""

    class InThisProcess:
        process = None

        def __init__(self, *_: object) -> None:
            pass

        def task(self, name: str, /, **arguments: Any) -> Task[Any]:
            try:
                return (yield from tasks[name](**arguments))
            except SkelsegError as error:
                raise TaskFailed(str(error), stops_all(error)) from error

        alone = task

        def kill(self) -> None:
            pass

        def close(self, *_: object) -> None:
            pass

    return InThisProcess

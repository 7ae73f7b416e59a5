"""Worker process whose tasks fail, die and hang as a test asks."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from skelseg_core.engine.serving import serve
from skelseg_core.errors import ConfigError, ProjectError
from skelseg_core.progress import Progress, Task


def mark(folder: str, name: str) -> Task[dict[str, Any]]:
    """Leave a line that says that the task began, and one that it ended."""
    yield Progress(name, 0, 1)
    with Path(folder, name).open("a") as file:
        file.write(f"{os.getpid()}\n")
    return {"name": name}


def fail(sentence: str, stops: bool = False) -> Task[dict[str, Any]]:
    """Fail with a sentence."""
    yield Progress("failing")
    raise (ConfigError if stops else ProjectError)(sentence)


def err() -> Task[dict[str, Any]]:
    """Meet what nobody expected."""
    yield Progress("erring")
    raise RuntimeError("nobody expected this")


def die(folder: str, name: str, times: int) -> Task[dict[str, Any]]:
    """End the process by a signal, the first times."""
    yield Progress("dying")
    yield from mark(folder, name)
    if len(Path(folder, name).read_text().splitlines()) <= times:
        os.kill(os.getpid(), signal.SIGKILL)
    return {}


def stand(folder: str, name: str) -> Task[dict[str, Any]]:
    """Stop the process the first time."""
    yield Progress("standing")
    yield from mark(folder, name)
    if len(Path(folder, name).read_text().splitlines()) == 1:
        os.kill(os.getpid(), signal.SIGSTOP)
    return {}


def last(folder: str, name: str) -> Task[dict[str, Any]]:
    """Go on for ever."""
    yield from mark(folder, name)
    while True:
        time.sleep(0.01)
        yield Progress("lasting")


def silent(folder: str, name: str) -> Task[dict[str, Any]]:
    """Work for long without a word."""
    yield from mark(folder, name)
    time.sleep(600)
    return {}


if __name__ == "__main__":
    tasks = (mark, fail, err, die, stand, last, silent)
    serve(lambda: {t.__name__: t for t in tasks})

"""Tasks on a worker of the cluster: in a child process, as the supervisor has them.

A file that kills its process kills no worker, and a task that nobody wants any more
ends at once.
"""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from skelseg_core.engine.cluster.proof import Proof, unfit
from skelseg_core.engine.worker_process import (
    SILENT_S,
    Silence,
    TaskFailed,
    Worker,
    WorkerEnded,
)
from skelseg_core.progress import Progress

TELL_S = 1.0
"""Seconds between two messages on how far a task is; silence would mean a death."""
_proved: set[Proof] = set()
"""Proofs that this process has given."""
_idle: dict[tuple[str, int], list[Worker]] = {}
"""Child processes without a task, by module and threads."""
_lock = threading.Lock()


@dataclass(frozen=True)
class Order:
    """Order to run a task, as it is sent to a worker of the cluster.

    Parameters
    ----------
    id : str
        By which is told how far it is.
    topic : str
        Of the run, under which its orders are told of.
    task : str
        What the child process knows it by.
    arguments : Mapping
        Plain values.
    module : str
        What the child process runs.
    threads : int
        Its processor threads.
    proof : Proof
        What the worker has to have before.
    """

    id: str
    topic: str
    task: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    module: str = ""
    threads: int = 1
    proof: Proof = field(default_factory=lambda: Proof("", ""))


def work(order: Order) -> dict[str, Any]:
    """Run a task in a child process of the worker of Dask that calls this.

    Returns
    -------
    dict
        One of ``result``, ``error`` (and ``stops``), ``ended``, ``unfit`` with their
        values; empty where it was cancelled.
    """
    from distributed import get_worker

    here = get_worker()
    name = worker_name(here.name, here.address)
    if order.proof not in _proved:
        sentence = unfit(order.proof, name)
        if sentence:
            return {"unfit": sentence}
        _proved.add(order.proof)
    child = _taken(order)
    try:
        return _driven(here, name, child, order)
    except TaskFailed as error:
        return {
            "error": str(error),
            "stops": error.stops,
            "unexpected": error.unexpected,
        }
    except WorkerEnded as error:
        return {"ended": str(error)}
    finally:
        with _lock:
            _idle[order.module, order.threads].append(child)


def worker_name(name: object, address: str) -> str:
    """Name a worker so that a person finds it."""
    return address if str(name) == address else f"{name} ({address})"


def _taken(order: Order) -> Worker:
    with _lock:
        idle = _idle.setdefault((order.module, order.threads), [])
        return idle.pop() if idle else Worker(order.threads, order.module)


def _driven(here: Any, name: str, child: Worker, order: Order) -> dict[str, Any]:
    key = here.get_current_task()
    told = _Told(here, name, order)
    with contextlib.closing(child.task(order.task, **order.arguments)) as steps:
        while _is_wanted(here, key):
            try:
                progress = next(steps)
            except StopIteration as end:
                return {"result": dict(end.value)}
            if isinstance(progress, Silence):
                child.kill()
                sentence = f"Its process gave no sign of life for {SILENT_S:.0f} s."
                return {"ended": sentence}
            told(progress)
    return {}


def _is_wanted(here: Any, key: str) -> bool:
    """Tell whether somebody waits for a task: the run, and the scheduler, go on."""
    state = here.state.tasks.get(key)
    return state is not None and state.state == "executing" and not _is_closing(here)


def _is_closing(here: Any) -> bool:
    return here.status.name in ("closing", "closing_gracefully", "closed", "failed")


class _Told:
    """Tell the run how far a task is, now and then."""

    def __init__(self, here: Any, name: str, order: Order) -> None:
        self._here, self._order = here, order
        # Dask gives the task of a dead worker to another by itself.
        self._said = {
            "id": order.id,
            "attempt": uuid.uuid4().hex,
            "worker": name,
            "address": here.address,
        }
        self._told_s = float("-inf")

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._told_s < TELL_S:
            return
        self._told_s = now
        said = {
            **self._said,
            "step": progress.step,
            "done": progress.done,
            "total": progress.total,
            "values": dict(progress.values),
            "whole": progress.whole,
        }
        self._here.log_event(self._order.topic, said)

"""DaskWorkers: the tasks of a run on the workers of a scheduler of Dask.

Scheduler, workers and their TLS are Dask's own, as Dask's configuration says. A worker
gives each task to a child process, as the supervisor does: a file that kills its
process kills no worker, and a task that nobody wants any more ends at once. Dask is
imported where it is used: it is an extra.
"""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
import json
import logging
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from skelseg_core import __version__
from skelseg_core.engine.queued_task import QueuedTask, WorkersLost
from skelseg_core.engine.worker_process import (
    MODULE,
    SILENT_S,
    Silence,
    Worker,
    WorkerEnded,
)
from skelseg_core.errors import ConfigError, SkelsegError
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.said import from_json, to_json
from skelseg_core.text_files import read_json

ANSWER_S = 10.0
"""Seconds that a scheduler has to answer."""
TELL_S = 1.0
"""Seconds between two messages of a worker on how far a task is."""
_POLL_S = 0.05
"""Seconds between two looks at a task."""
_PACKAGES = ("av", "numpy", "onnxruntime", "torch", "torchvision")
"""Packages on whose versions it depends what a task makes."""


@dataclass(frozen=True)
class Same:
    """Say what has to be the same on a worker: versions, and the project.

    Parameters
    ----------
    versions : tuple of (str, str)
        Of packages, by name.
    root, uuid : str
        Folder of the project, and what tells it from others.
    """

    versions: tuple[tuple[str, str], ...]
    root: str
    uuid: str


@cache
def versions() -> tuple[tuple[str, str], ...]:
    """Look up the versions of what is installed here; ours with a hash of its code."""
    sha = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        sha.update(path.read_bytes())
    found = [("skelseg", f"{__version__}-{sha.hexdigest()[:8]}")]
    for name in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found.append((name, version(name)))
    return tuple(found)


def _uuid(root: str) -> str:
    return str(read_json(ProjectFolder(Path(root)).project_file)["uuid"])


# -- on a worker -----------------------------------------------------------------------

_idle: dict[str, list[Worker]] = {}
"""Child processes without a task, by the module that they run."""
_idle_lock = threading.Lock()
_checked: set[Same] = set()
"""Versions and projects that this worker was found to have in common with a run."""


def check(same: Same, dask_worker: Any) -> None:
    """Refuse to work where something is not the same.

    Parameters
    ----------
    same : Same
    dask_worker : distributed.Worker
        As Dask gives it to a function with a parameter of this name.

    Raises
    ------
    WorkersLost
    """
    name, here = dask_worker.name, dict(versions())
    for package, there in same.versions:
        if here.get(package) != there:
            raise WorkersLost(
                "The worker {} has {} {}, and {} is here; install the same on both, "
                "and start it again.",
                name,
                package,
                here.get(package, "no version"),
                there,
            )
    with contextlib.suppress(SkelsegError, OSError, TypeError, KeyError):
        if _uuid(same.root) == same.uuid:
            return
    raise WorkersLost(
        "The worker {} does not see this project at {}; put it on a disk that all "
        "workers see under this path.",
        name,
        same.root,
    )


def work(topic: str, task: QueuedTask, module: str, same: Same) -> dict[str, Any]:
    """Run a task in a child process of the worker that calls this.

    Parameters
    ----------
    topic : str
        Under which is told how far it is.
    task : QueuedTask
    module : str
        What the child process runs.
    same : Same
        What is checked first: a worker may have come after the run began.

    Raises
    ------
    TaskFailed, WorkerEnded
        As `worker_process.Worker.task`.
    WorkersLost
        As `check`.
    """
    from distributed import get_worker

    here = get_worker()
    if same not in _checked:
        check(same, here)
        _checked.add(same)
    with _idle_lock:
        idle = _idle.setdefault(module, [])
        child = idle.pop() if idle else Worker(1, module)
    try:
        return _driven(here, topic, task, child)
    finally:
        with _idle_lock:
            idle.append(child)


def _driven(here: Any, topic: str, task: QueuedTask, child: Worker) -> dict[str, Any]:
    from distributed import Reschedule

    key, told_s = here.get_current_task(), float("-inf")
    with contextlib.closing(child.task(task.task, **task.arguments)) as steps:
        while _is_wanted(here, key):
            try:
                now = next(steps)
            except StopIteration as end:
                return dict(end.value)
            if isinstance(now, Silence):
                child.kill()
                raise WorkerEnded(
                    "Its process did not answer for {} s.", f"{SILENT_S:.0f}"
                )
            if time.monotonic() - told_s > TELL_S:
                told_s = time.monotonic()
                share = (now.step, now.done, now.total, dict(now.values), now.whole)
                here.log_event(topic, json.dumps(to_json((task.name, *share))))
    raise Reschedule  # to another worker, if anybody wants it still


def _is_wanted(worker: Any, key: str) -> bool:
    """Tell whether the run and the scheduler wait for a task, and the worker goes on.

    Dask ends no task that has begun: it is for the task to look.
    """
    state = worker.state.tasks.get(key)
    goes_on = worker.status.name in ("running", "paused")
    return goes_on and state is not None and state.state == "executing"


# -- where the run is ------------------------------------------------------------------


class DaskWorkers:
    """Workers of a scheduler, for a run.

    Parameters
    ----------
    client : distributed.Client
    same : Same
        What is checked on a worker before its first task.
    n_most : int
        Tasks at the same time; 0 for as many as the workers have threads now.
    module : str
        What the child processes of the workers run.
    """

    def __init__(
        self, client: Any, same: Same, n_most: int = 0, module: str = MODULE
    ) -> None:
        self.n_places = n_most or sum(client.nthreads().values())
        self._client, self._same, self._module = client, same, module
        self._topic = f"skelseg-{uuid.uuid4().hex}"
        self._told: dict[str, Progress] = {}
        client.subscribe_topic(self._topic, self._hear)

    def _hear(self, event: tuple[float, str]) -> None:
        name, *said = json.loads(event[1], object_hook=from_json)
        self._told[name] = Progress(*said)

    def steps(self, task: QueuedTask) -> Task[dict[str, Any]]:
        """Run a task; closing the generator cancels it.

        Raises
        ------
        TaskFailed, WorkerEnded, WorkersLost
        """
        self._told[task.name] = Progress("waiting for a worker")
        future = self._client.submit(
            work, self._topic, task, self._module, self._same, pure=False
        )
        ended = threading.Event()
        future.add_done_callback(lambda _: ended.set())
        try:
            while not ended.wait(_POLL_S):
                yield self._told[task.name]
            return _end_of(future)
        finally:
            if not future.done() and self._client.status == "running":
                future.cancel()


def _end_of(future: Any) -> dict[str, Any]:
    from distributed import KilledWorker

    if future.status == "finished":
        return dict(future.result())
    if future.status != "error":
        raise WorkersLost(
            "The scheduler is gone. Finished work is kept; start it again, and this "
            "command, to continue."
        )
    error = future.exception()
    if isinstance(error, SkelsegError):
        raise error
    if isinstance(error, KilledWorker):
        raise WorkerEnded("Its worker ended unexpectedly.")
    raise WorkersLost(
        "A worker cannot do tasks of skelseg ({}); install the same there.", str(error)
    )


@contextlib.contextmanager
def dask_workers(
    address: str, root: Path, n_most: int = 0, module: str = MODULE
) -> Iterator[DaskWorkers]:
    """Give the workers of a scheduler, all checked, and let go of them in the end.

    Parameters
    ----------
    address : str
        Of the scheduler.
    root : Path
        Folder of the project.
    n_most, module : int, str
        As in `DaskWorkers`.

    Raises
    ------
    ConfigError
        Where nothing is encrypted, no scheduler answers, or it has no workers.
    WorkersLost
        Where a worker has other versions, or does not see the project.
    """
    if find_spec("distributed") is None:
        raise ConfigError(
            "Dask is missing; install it with pip install 'skelseg[cluster]'."
        )
    _check_address(address)
    from distributed import Client

    # People are told in a sentence that a scheduler is gone.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    same = Same(versions(), str(root), _uuid(str(root)))
    try:
        client = Client(address, timeout=ANSWER_S, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(
            "No scheduler answers at {} ({}); check its address, and the TLS "
            "certificates in the configuration of Dask.",
            address,
            str(error),
        ) from error
    with client:
        known = client.scheduler_info(n_workers=-1)
        for other in (known["address"], *known["workers"]):
            _check_address(other)
        if not known["workers"]:
            raise ConfigError(
                "The scheduler at {} has no workers; start some with 'dask worker {}'.",
                address,
                address,
            )
        for name, said in client.run(check, same, on_error="return").items():
            if isinstance(said, SkelsegError):
                raise said
            if said is not None:
                raise WorkersLost(
                    "The worker {} has no skelseg, or an older one ({}); install the "
                    "same version as here, and start it again.",
                    name,
                    str(said),
                )
        yield DaskWorkers(client, same, n_most, module)


def _check_address(address: str) -> None:
    """Refuse an address off this computer that is not encrypted.

    Who reaches it could run code as you: what Dask sends are pickles.
    """
    try:
        host = urlsplit(address).hostname or ""
        is_here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = False
    scheme, _, _ = address.partition("://")
    if scheme != "tls" and not (scheme == "tcp" and is_here):
        raise ConfigError(
            "Dask at {} is not encrypted, so anybody who reaches it could run code "
            "as you; use tls:// (tcp:// only on this computer, as 127.0.0.1).",
            address,
        )

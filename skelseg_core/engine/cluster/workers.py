"""ClusterWorkers: the tasks of a run on the workers of a scheduler."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from skelseg_core.engine.cluster.certificates import security_of
from skelseg_core.engine.cluster.profile import ClusterProfile, Need, resources
from skelseg_core.engine.cluster.proof import proof_of
from skelseg_core.engine.cluster.serving import Order, work, worker_name
from skelseg_core.engine.queued_task import QueuedTask, WorkersLost
from skelseg_core.engine.worker_process import MODULE, SILENT_S, TaskFailed, WorkerEnded
from skelseg_core.errors import ConfigError
from skelseg_core.logs import LogFile
from skelseg_core.progress import Progress, Task

_log = logging.getLogger(__name__)
ANSWER_S = 10.0
"""Seconds that a scheduler has to answer."""
WAITING = "waiting for a worker of the cluster"
"""Step of a task that no worker has begun."""
LOOK_S = 2.0
"""Seconds between two questions how many workers there are."""
_POLL_S = 0.05
"""Seconds between two looks at a task."""
_GONE = (
    "The scheduler of the cluster is gone. What is done is kept; start it again, and "
    "this command, to go on."
)


def quiet_settings() -> dict[str, Any]:
    """Return what Dask is told so that it says nothing to anybody unencrypted."""
    return {
        "distributed.comm.require-encryption": True,
        "distributed.scheduler.http.routes": [],
        "distributed.worker.http.routes": [],
        "distributed.worker.profile.enabled": False,
        # Until it knows better: so that workers are started for all that waits.
        "distributed.scheduler.default-task-durations": {"skelseg": "10 minutes"},
    }


def log_to_file() -> None:
    """Let what Dask logs go into our log alone: people are told in sentences."""
    root = logging.getLogger()
    files = [handler for handler in root.handlers if isinstance(handler, LogFile)]
    for name in ("distributed", "tornado", *root.manager.loggerDict):
        package, _, module = name.partition(".")
        if package in ("distributed", "tornado"):
            logger = logging.getLogger(name)
            logger.handlers = [] if module else [*files, logging.NullHandler()]
            logger.setLevel(logging.NOTSET if module else logging.WARNING)
            logger.propagate = bool(module)


_Inbox = queue.Queue[Mapping[str, Any]]
"""Messages of a worker on its task; an empty one where the task has ended."""


class ClusterWorkers:
    """Workers of a scheduler of Dask, for a run; see `queued_task.Workers`.

    Parameters
    ----------
    client : distributed.Client
    n_most : int
        Tasks at the same time where workers come and go by themselves; 0 for as many
        as the workers that there are have room for.
    needs : sequence of Need
        What tasks need of a worker, by stage; of an empty one all do.
    module : str
        What the child processes of the workers run.
    """

    def __init__(
        self,
        client: Any,
        n_most: int = 0,
        needs: Sequence[Need] = (),
        module: str = MODULE,
    ) -> None:
        self._client, self._n_most, self._module = client, n_most, module
        self._needs = {need.stage: need.resources for need in needs}
        self._topic = f"skelseg-{uuid.uuid4().hex}"
        self._inboxes: dict[str, _Inbox] = {}
        self._proof = proof_of()
        self._places: Mapping[str, int] = {}
        self._silent: set[str] = set()
        self._closed = threading.Event()
        client.subscribe_topic(self._topic, self._take)
        threading.Thread(target=self._look, name="places", daemon=True).start()

    def close(self) -> None:
        """Stop to look how many workers there are."""
        self._closed.set()

    def _look(self) -> None:
        """Ask now and then how many places there are, however long that takes."""
        with contextlib.suppress(Exception):  # the tasks see that the scheduler is gone
            while True:
                self._places = self._client.nthreads()
                if self._closed.wait(LOOK_S):
                    break

    def _take(self, event: tuple[float, Mapping[str, Any]]) -> None:
        """Pass on what a worker says of a task."""
        _, said = event
        inbox = self._inboxes.get(said["id"])
        if inbox is not None:
            inbox.put(said)

    def room(self) -> int:
        """Tell how many tasks can be worked on at the same time, as things are now."""
        return self._n_most or max(1, sum(self._places.values()))

    def prove(self, seen: Sequence[Path], same: Sequence[Path]) -> None:
        """Let each worker prove before its first task that it sees what is here."""
        self._proof = proof_of(seen, same)

    def steps(self, task: QueuedTask) -> Task[dict[str, Any]]:
        """Run a task; closing the generator cancels it.

        Raises
        ------
        TaskFailed, WorkerEnded, WorkersLost
            As `queued_task.Workers` says.
        """
        from distributed.client import CancelledError, ClosedClientError

        try:
            end = yield from self._end_of(task)
        except (OSError, CancelledError, ClosedClientError) as error:
            # It may go at any step.
            raise WorkersLost(_GONE) from error
        if "result" in end:
            return dict(end["result"])
        if "error" in end:
            raise TaskFailed(
                str(end["error"]), bool(end["stops"]), bool(end["unexpected"])
            )
        if "ended" in end:
            # The scheduler does not know for minutes that it hangs.
            self._silent.update(end.get("silent", ()))
            raise WorkerEnded("{}", end["ended"])
        raise WorkersLost("{}", end.get("unfit", _GONE))

    def _answering(self) -> list[str] | None:
        """Return the workers that may be given a task; None for all."""
        if not self._silent:
            return None
        # Where none answers, one of them may do so again.
        return [a for a in self._places if a not in self._silent] or None

    def _end_of(self, task: QueuedTask) -> Task[Mapping[str, Any]]:
        """Give a task to the scheduler; return its end, as `serving.work` gives it."""
        order_id = uuid.uuid4().hex
        order = Order(
            order_id,
            self._topic,
            task.task,
            dict(task.arguments),
            self._module,
            proof=self._proof,
        )
        inbox: _Inbox = queue.Queue()
        self._inboxes[order_id] = inbox
        future = self._client.submit(
            work,
            order,
            key=f"skelseg-{order_id}",
            pure=False,
            workers=self._answering(),
            resources={**self._needs.get("", {}), **self._needs.get(task.stage, {})},
        )
        try:
            return (yield from _Followed(inbox, future).steps())
        finally:
            del self._inboxes[order_id]
            if not future.done() and self._client.status == "running":
                future.cancel()


class _Followed:
    """Follow a task that was given to the scheduler, to its end."""

    def __init__(self, inbox: _Inbox, future: Any) -> None:
        self._inbox, self._future = inbox, future
        future.add_done_callback(lambda _: inbox.put({}))  # wakes who waits for it
        self._attempt = self._worker = self._address = ""
        self._heard_s = time.monotonic()
        self._last = Progress(WAITING)

    def steps(self) -> Task[Mapping[str, Any]]:
        while True:
            yield self._last
            lost = self._listened()
            if lost is not None:
                return lost
            if self._future.status in ("finished", "error", "cancelled"):
                return self._ended(str(self._future.status))

    def _listened(self) -> Mapping[str, Any] | None:
        """Take what the worker says; return the end of the task where it is gone."""
        try:
            said = self._inbox.get(timeout=_POLL_S)
        except queue.Empty:
            said = {}
        if not said:
            if self._attempt and time.monotonic() - self._heard_s > SILENT_S:
                sentence = f"gave no sign of life for {SILENT_S:.0f} s."
                return {
                    "ended": f"Its worker {self._worker} {sentence}",
                    "silent": [self._address],
                }
            return None
        if self._attempt not in ("", said["attempt"]):
            # The scheduler has given it to another already.
            return self._lost()
        self._attempt, self._worker = said["attempt"], said["worker"]
        self._address = said["address"]
        self._heard_s = time.monotonic()
        names = ("step", "done", "total", "values", "whole")
        self._last = Progress(*(said[name] for name in names))
        return None

    def _lost(self) -> Mapping[str, Any]:
        who = f"worker {self._worker}" if self._worker else "worker"
        return {"ended": f"Its {who} ended unexpectedly, or was lost."}

    def _ended(self, status: str) -> Mapping[str, Any]:
        if status == "cancelled":
            return {}  # not by us
        if status == "finished":
            return dict(self._future.result())
        error = self._future.exception()
        if type(error).__name__ == "KilledWorker":
            return self._lost()
        return {
            "unfit": f"A worker of the cluster cannot do tasks of skelseg ({error}); "
            "install the same skelseg on all of them."
        }


@contextlib.contextmanager
def opened(
    profile: ClusterProfile,
    certificates: Path,
    jobs: int = 0,
    gpus: int = 0,
    module: str = MODULE,
) -> Iterator[ClusterWorkers]:
    """Give the workers that a profile says, and let go of them in the end.

    Parameters
    ----------
    profile : ClusterProfile
    certificates : Path
        Folder of the certificates.
    jobs : int
        Tasks at the same time at most; 0 for as many as the profile says, or as the
        workers that there are have room for.
    gpus : int
        Graphics cards that each task asks for, unless the profile says otherwise.
    module : str
        What the child processes of the workers run.

    Raises
    ------
    ConfigError
        Where the certificates are not good, no scheduler answers or has workers, or
        these have no skelseg.
    """
    if profile.kind == "kubernetes":
        raise ConfigError(
            "Kubernetes starts the workers itself: give it what 'skelseg cluster show' "
            "prints, and then the address of its scheduler here (--cluster tls://...)."
        )
    security = security_of(certificates)
    import dask

    needs = (*([Need("", gpus)] if gpus else []), *profile.needs)
    with contextlib.ExitStack() as stack:
        stack.enter_context(dask.config.set(quiet_settings()))
        if profile.starts_workers:
            from skelseg_core.engine.cluster.jobs import started

            _check_offers(profile, needs, [resources(profile.gpus, profile.memory)])
            n_most = jobs or profile.jobs * profile.cores
            place = started(profile, certificates, security, n_most)
            address = stack.enter_context(place)
        else:
            n_most, address = 0, profile.address
        client = stack.enter_context(_connected(address, security))
        if not profile.starts_workers:
            _check_workers(client, profile, needs)
        workers = ClusterWorkers(client, n_most, needs, module)
        stack.callback(workers.close)
        yield workers


@contextlib.contextmanager
def _connected(address: str, security: Any) -> Iterator[Any]:
    from distributed import Client

    log_to_file()
    try:
        client = Client(
            address, security=security, timeout=ANSWER_S, set_as_default=False
        )
    except (OSError, ValueError) as error:
        raise ConfigError(
            "No scheduler with these certificates answers at {} ({}); start one with "
            "'skelseg cluster scheduler'.",
            address,
            error,
        ) from error
    try:
        yield client
    finally:
        try:
            client.close(timeout=ANSWER_S)
        except Exception:  # where it is about to connect to a scheduler that is gone
            _log.info("The scheduler did not take leave", exc_info=True)


def _check_workers(client: Any, profile: ClusterProfile, needs: Sequence[Need]) -> None:
    """Refuse a scheduler without workers, or with workers that lack something."""
    found = client.run(find_spec, work.__module__, on_error="return")
    if not found:
        raise ConfigError(
            "No worker has come to {}; start some with 'skelseg cluster worker {}'.",
            profile.address,
            profile.address,
        )
    workers = client.scheduler_info(n_workers=-1)["workers"]
    for address, spec in found.items():
        if spec is None or isinstance(spec, BaseException):
            name = worker_name(workers.get(address, {}).get("name", address), address)
            raise ConfigError(
                "The worker {} has no skelseg, or an older one; install the same as "
                "here, and start it again.",
                name,
            )
    offers = [worker.get("resources", {}) for worker in workers.values()]
    _check_offers(profile, needs, offers)


def _check_offers(
    profile: ClusterProfile,
    needs: Sequence[Need],
    offers: Sequence[Mapping[str, float]],
) -> None:
    """Refuse workers none of which offers what a task needs: it would wait for ever."""
    for need in needs:
        wanted = need.resources
        if not any(all(o.get(n, 0) >= wanted[n] for n in wanted) for o in offers):
            raise ConfigError(
                "No worker of {} has the {} that tasks need; say what they have by "
                "--gpus and --memory of 'skelseg cluster worker', or in the profile.",
                profile.address or profile.kind,
                " and ".join(f"{name}={amount:g}" for name, amount in wanted.items()),
            )

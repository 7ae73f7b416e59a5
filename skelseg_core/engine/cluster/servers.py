"""Scheduler and worker of a cluster: processes of Dask that speak TLS alone.

Those of Dask's own command line open a second port, for HTTP, that asks nobody for a
certificate; these do not.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from skelseg_core.engine.cluster.certificates import security_of
from skelseg_core.engine.cluster.profile import resources
from skelseg_core.engine.cluster.proof import code_key, models_key
from skelseg_core.engine.cluster.workers import log_to_file, quiet_settings
from skelseg_core.errors import ConfigError

PORT = 8786
"""Port of a scheduler, as Dask has it."""


@dataclass(frozen=True)
class Offer:
    """Offer of a worker to the tasks.

    Parameters
    ----------
    jobs : int
        Tasks at the same time.
    gpus : int
    memory : str
        Such as ``4GB``; empty for all that the computer has.
    name : str
        Unlike that of every other worker; empty for its address.
    wait_s : float
        Seconds that it waits for the scheduler.
    """

    jobs: int = 1
    gpus: int = 0
    memory: str = ""
    name: str = ""
    wait_s: float = 60.0


@cache
def without_http(name: str) -> Any:
    """Make a class of Dask that starts no HTTP server.

    Parameters
    ----------
    name : {"Scheduler", "Worker"}
    """
    import distributed

    def start_http_server(*_: object, **__: object) -> None:
        return

    kind = getattr(distributed, name)
    return type(f"Quiet{name}", (kind,), {"start_http_server": start_http_server})


def serve_scheduler(
    certificates: Path, host: str, port: int, told: Callable[[str], object]
) -> None:
    """Run a scheduler until the process is asked to end.

    Parameters
    ----------
    certificates : Path
        Folder of the certificates.
    host, port : str, int
        Where it listens; all addresses without a host.
    told : callable
        Is told the address once it listens.

    Raises
    ------
    ConfigError
        Where the certificates are not good or the port is taken.
    """
    security = security_of(certificates)

    async def made() -> Any:
        scheduler = without_http("Scheduler")(
            host=host or None,
            port=port,
            protocol="tls://",
            security=security,
            dashboard=False,
        )
        await scheduler
        told(scheduler.address)
        return scheduler

    try:
        _serve(made)
    except (OSError, RuntimeError) as error:
        # Dask says that it failed to start, because of something.
        reason = error.__cause__ or error
        raise ConfigError(
            "No scheduler can listen at {}:{} ({}); choose another --port.",
            host or "*",
            port,
            getattr(reason, "strerror", None) or reason,
        ) from error


def serve_worker(
    certificates: Path, address: str, offer: Offer, told: Callable[[str], object]
) -> bool:
    """Run a worker until the scheduler is gone, or the process is asked to end.

    Parameters
    ----------
    certificates : Path
        Folder of the certificates.
    address : str
        Of the scheduler.
    offer : Offer
    told : callable
        Is told the address of the worker once the scheduler knows it.

    Returns
    -------
    bool
        Whether the process was asked to end.

    Raises
    ------
    ConfigError
        Where the certificates are not good or no scheduler answers.
    """
    security = security_of(certificates)
    # What runs here is what lies there now, and not what is installed later.
    code_key()
    models_key()
    from distributed.system import MEMORY_LIMIT

    offered = resources(offer.gpus, offer.memory)
    offered.setdefault("MEMORY", float(MEMORY_LIMIT or 0))
    with tempfile.TemporaryDirectory(prefix="skelseg-worker-") as scratch:

        async def made() -> Any:
            worker = without_http("Worker")(
                address,
                nthreads=offer.jobs,
                name=offer.name or None,
                resources=offered,
                security=security,
                # What needs memory are its child processes.
                memory_limit=0,
                death_timeout=offer.wait_s,
                local_directory=scratch,
                dashboard=False,
            )
            await worker
            told(worker.address)
            return worker

        try:
            return _serve(made)
        except (OSError, RuntimeError, asyncio.TimeoutError) as error:
            raise ConfigError(
                "No scheduler with these certificates answers at {}; start one with "
                "'skelseg cluster scheduler'.",
                address,
            ) from error


def _serve(made: Callable[[], Any]) -> bool:
    """Make a server and wait for its end; tell whether the process was asked to end."""
    import dask

    async def serve() -> bool:
        server = await made()
        loop = asyncio.get_running_loop()
        closing: list[Any] = []

        def close() -> None:
            closing.append(loop.create_task(server.close()))

        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # on Windows
                loop.add_signal_handler(number, close)
        await server.finished()
        return bool(closing)

    with dask.config.set(quiet_settings()):
        log_to_file()
        return asyncio.run(serve())

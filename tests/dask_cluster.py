"""A scheduler of Dask and its workers, by Dask's own commands, on this computer."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import yaml
from distributed import Security


class DaskCluster:
    """Start processes of Dask that speak TLS; each is there when its method returns.

    Parameters
    ----------
    place : Path
        For the certificates, Dask's configuration, and what the workers keep.
    environment : Mapping
        Further variables of the processes.
    """

    def __init__(self, place: Path, environment: Mapping[str, str] = {}) -> None:
        self._place = place
        place.mkdir(exist_ok=True)
        made = Security.temporary()
        (place / "cert.pem").write_text(made.tls_ca_file)
        (place / "key.pem").write_text(made.tls_client_key)
        own = {"cert": str(place / "cert.pem"), "key": str(place / "key.pem")}
        tls = {"ca-file": own["cert"], "scheduler": own, "worker": own, "client": own}
        of_all = {"distributed": {"comm": {"tls": tls}}}
        (place / "dask.yaml").write_text(yaml.safe_dump(of_all))
        names = ("ca-file", "client")
        self.settings = {f"distributed.comm.tls.{name}": tls[name] for name in names}
        self.environment = {**os.environ, **environment, "DASK_CONFIG": str(place)}
        self.processes: list[subprocess.Popen[str]] = []
        self.begin()

    def begin(self) -> None:
        """Start a scheduler."""
        self.scheduler, self.address = self._started(
            *("scheduler", "--host", "127.0.0.1", "--port", "0"),
            *("--protocol", "tls", "--dashboard-address", "127.0.0.1:0"),
            said="Scheduler at:",
        )

    def worker(self) -> subprocess.Popen[str]:
        """Start a worker of one thread."""
        process, _ = self._started(
            *("worker", self.address, "--nthreads", "1", "--host", "127.0.0.1"),
            *("--dashboard-address", "127.0.0.1:0"),
            *("--local-directory", str(self._place)),
            said="Registered to:",
        )
        return process

    def _started(self, *arguments: str, said: str) -> tuple[subprocess.Popen[str], str]:
        """Start a command; return its process, and what it logs after ``said``."""
        log = self._place / f"{len(self.processes)}.log"
        with log.open("wb") as printed:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments],
                env=self.environment,
                stdout=printed,
                stderr=printed,
                text=True,
            )
        self.processes.append(process)
        while said not in log.read_text():
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        return process, log.read_text().partition(said)[2].split()[0]

    def close(self) -> None:
        """End all of it; workers first, for they would look for their scheduler."""
        for process in reversed(self.processes):
            process.kill()
            process.wait()

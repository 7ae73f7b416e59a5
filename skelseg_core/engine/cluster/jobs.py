"""Workers that a run starts: jobs of a batch system, or commands by ssh."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from skelseg_core.engine.cluster import check_installed
from skelseg_core.engine.cluster.profile import ClusterProfile, bytes_of
from skelseg_core.engine.cluster.servers import PORT, without_http
from skelseg_core.errors import ConfigError

_CLUSTERS = {"slurm": "SLURMCluster", "pbs": "PBSCluster", "sge": "SGECluster"}
"""Names in dask_jobqueue, by kind of profile."""
_POD_CERTIFICATES = "/certificates"
_WAIT_S = 60
"""Seconds that a worker waits for the scheduler, where it came to run."""


def worker_command(
    profile: ClusterProfile, address: str, certificates: Path | str, name: str
) -> list[str]:
    """Make the command line of a worker.

    Parameters
    ----------
    profile : ClusterProfile
    address : str
        Of the scheduler.
    certificates : Path or str
        Folder of the certificates, where the worker runs.
    name : str
        Of the worker.
    """
    # Beside the Python of this process; a command looks up nothing where it is run.
    command = profile.command or str(Path(sys.executable).with_name("skelseg"))
    options = {
        "--certificates": certificates,
        "--jobs": profile.cores,
        "--name": name,
        "--memory": profile.memory,
        "--gpus": profile.gpus,
        "--wait": _WAIT_S,
    }
    given = [text for name, value in options.items() if value for text in (name, value)]
    return [*shlex.split(command), "cluster", "worker", address, *map(str, given)]


def shown(profile: ClusterProfile, certificates: Path) -> str:
    """Write what a profile hands to a batch system, to ssh, or to kubectl."""
    address = f"tls://{profile.host or 'SCHEDULER'}:{PORT}"
    if profile.kind in _CLUSTERS:
        job = _job_class(profile, certificates)
        return str(job(address, name="NAME", **_job_options(profile)).job_script())
    if profile.kind == "ssh":
        lines = [
            shlex.join(_ssh(host, profile, address, certificates, str(n)))
            for n, host in enumerate(profile.hosts)
        ]
        return "\n".join([*lines, ""])
    if profile.kind == "kubernetes":
        return manifest(profile)
    raise ConfigError("{} is there already; nothing is started.", profile.address)


@contextlib.contextmanager
def started(
    profile: ClusterProfile, certificates: Path, security: Any, n_most: int
) -> Iterator[Any]:
    """Start a scheduler here, and workers as they are needed; end them.

    Parameters
    ----------
    profile : ClusterProfile
        One that `ClusterProfile.starts_workers`.
    certificates : Path
        Folder that the workers see, too.
    security : distributed.Security
    n_most : int
        Tasks at the same time at most.

    Yields
    ------
    distributed.deploy.Cluster
    """
    options: dict[str, Any] = {
        "host": profile.host or None,
        "interface": profile.interface or None,
        "protocol": "tls://",
        "security": security,
        "dashboard": False,
        "dashboard_address": None,
    }
    given = {name: value for name, value in options.items() if value is not None}
    make = _ssh_cluster if profile.kind == "ssh" else _batch_cluster
    try:
        cluster = make(profile, certificates, given)
    except (OSError, ValueError, RuntimeError) as error:
        raise ConfigError(
            "No scheduler for {} can be started here ({}); see to the profile.",
            profile.kind,
            error,
        ) from error
    try:
        if profile.kind == "ssh":
            cluster.scale(min(n_most, len(profile.hosts)))
        else:
            cluster.adapt(minimum=0, maximum=-(-n_most // profile.cores))
        yield cluster
    finally:
        cluster.close()


# -- batch systems ---------------------------------------------------------------------


def _batch_cluster(
    profile: ClusterProfile, certificates: Path, options: dict[str, Any]
) -> Any:
    check_installed("dask_jobqueue")
    import dask_jobqueue

    kind = getattr(dask_jobqueue, _CLUSTERS[profile.kind])
    return kind(
        job_cls=_job_class(profile, certificates),
        scheduler_cls=without_http("Scheduler"),
        scheduler_options=options,
        security=options["security"],
        **_job_options(profile),
    )


def _job_class(profile: ClusterProfile, certificates: Path) -> Any:
    """Make the class of dask_jobqueue for a job, with our command in its script."""
    check_installed("dask_jobqueue")
    import dask_jobqueue

    base = getattr(dask_jobqueue, _CLUSTERS[profile.kind]).job_cls

    def start(self: Any, scheduler: str = "", name: object = None, **rest: Any) -> None:
        base.__init__(self, scheduler, name, **rest)
        command = worker_command(profile, scheduler, certificates, str(name))
        self._command_template = shlex.join(command)

    return type("Job", (base,), {"__init__": start})


def _job_options(profile: ClusterProfile) -> dict[str, Any]:
    options: dict[str, Any] = {
        "cores": profile.cores,
        "memory": profile.memory,
        "processes": 1,
        "walltime": profile.walltime,
        "job_name": "skelseg",
        "job_extra_directives": list(profile.directives),
    }
    if profile.queue:
        options["queue"] = profile.queue
    if profile.account:
        options["project" if profile.kind == "sge" else "account"] = profile.account
    return options


# -- ssh -------------------------------------------------------------------------------


def _ssh(
    host: str, profile: ClusterProfile, address: str, certificates: Path, name: str
) -> list[str]:
    # A host is no option, whatever it is called; nothing is asked of a person.
    command = worker_command(profile, address, certificates, name)
    return ["ssh", "-o", "BatchMode=yes", "--", host, shlex.join(command)]


def _ssh_cluster(
    profile: ClusterProfile, certificates: Path, options: dict[str, Any]
) -> Any:
    from distributed import SpecCluster

    if not profile.hosts:
        raise ConfigError("The profile for ssh names no hosts.")
    worker = {
        "cls": _ssh_class(),
        "options": {"profile": profile, "certificates": certificates},
    }
    scheduler = {"cls": without_http("Scheduler"), "options": options}
    return SpecCluster(
        scheduler=scheduler,
        worker=worker,
        security=options["security"],
        name="skelseg",
        silence_logs=50,
    )


@cache
def _ssh_class() -> Any:
    """Make the class of a worker that is started by ssh."""
    from distributed.deploy.spec import ProcessInterface

    async def start(self: Any) -> None:
        host = self.profile.hosts[int(self.name) % len(self.profile.hosts)]
        command = _ssh(
            host, self.profile, self.scheduler, self.certificates, str(self.name)
        )
        self.process = await asyncio.create_subprocess_exec(
            *command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        await ProcessInterface.start(self)

    async def close(self: Any) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            await self.process.wait()
        await ProcessInterface.close(self)

    def make(
        self: Any, scheduler: str, name: object, profile: ClusterProfile, **rest: Any
    ) -> None:
        ProcessInterface.__init__(self, scheduler=scheduler, name=name)
        self.profile, self.certificates = profile, rest["certificates"]
        self.scheduler, self.name, self.process = scheduler, name, None

    functions = {"__init__": make, "start": start, "close": close}
    return type("SshWorker", (ProcessInterface,), functions)


# -- Kubernetes ------------------------------------------------------------------------


def manifest(profile: ClusterProfile) -> str:
    """Write the resource by which Dask's operator makes scheduler and workers."""
    name = profile.name
    volumes = [
        {"name": "project", "persistentVolumeClaim": {"claimName": profile.volume}},
        {
            "name": "certificates",
            "secret": {"secretName": profile.secret, "defaultMode": 0o400},
        },
    ]
    mounts = [
        {"name": "project", "mountPath": profile.mount},
        {"name": "certificates", "mountPath": _POD_CERTIFICATES, "readOnly": True},
    ]

    def pod(role: str, command: list[str], more: dict[str, Any]) -> dict[str, Any]:
        container = {
            "name": role,
            "image": profile.image,
            "command": command,
            "volumeMounts": mounts,
            **more,
        }
        return {"containers": [container], "volumes": volumes}

    address = f"tls://{name}-scheduler.{profile.namespace}:{PORT}"
    scheduler = ["skelseg", "cluster", "scheduler", "--certificates", _POD_CERTIFICATES]
    there = replace(profile, command=profile.command or "skelseg")
    worker = worker_command(there, address, _POD_CERTIFICATES, "$(DASK_WORKER_NAME)")
    asked: dict[str, Any] = {"cpu": str(profile.cores)}
    if profile.memory:
        asked["memory"] = str(bytes_of(profile.memory))
    if profile.gpus:
        asked["nvidia.com/gpu"] = profile.gpus
    limits = {"resources": {"requests": asked, "limits": asked}}
    port = {"name": "tcp-comm", "containerPort": PORT, "protocol": "TCP"}
    ready = {"tcpSocket": {"port": "tcp-comm"}, "periodSeconds": 5}
    service = {
        "type": "ClusterIP",
        "selector": {"dask.org/cluster-name": name, "dask.org/component": "scheduler"},
        "ports": [
            {
                "name": "tcp-comm",
                "port": PORT,
                "targetPort": "tcp-comm",
                "protocol": "TCP",
            }
        ],
    }
    spec = {
        "worker": {"replicas": profile.jobs, "spec": pod("worker", worker, limits)},
        "scheduler": {
            "spec": pod(
                "scheduler", scheduler, {"ports": [port], "readinessProbe": ready}
            ),
            "service": service,
        },
    }
    resource = {
        "apiVersion": "kubernetes.dask.org/v1",
        "kind": "DaskCluster",
        "metadata": {"name": name, "namespace": profile.namespace},
        "spec": spec,
    }
    return yaml.dump(resource, sort_keys=False, Dumper=_WithoutAliases)


class _WithoutAliases(yaml.SafeDumper):
    """Dumper that writes a value out wherever it is."""

    def ignore_aliases(self, data: Any) -> bool:
        """Say that nothing is to be referred to."""
        return True

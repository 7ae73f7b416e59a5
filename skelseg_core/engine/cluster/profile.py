"""ClusterProfile: which workers a run is given to, as a person says it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from skelseg_core.config import from_dict
from skelseg_core.errors import ConfigError
from skelseg_core.files import read_yaml
from skelseg_core.user_folders import config_folder

Kind = Literal["scheduler", "slurm", "pbs", "sge", "ssh", "kubernetes"]
NAMES = ("slurm", "pbs", "sge", "ssh", "kubernetes")
"""Profiles that need no file."""
_ADDRESS = re.compile(r"tls://[^/\s:@]+:\d{1,5}|tls://\[[0-9a-fA-F:]+\]:\d{1,5}")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kMGT])(i?)B?", re.IGNORECASE)


def bytes_of(text: str) -> int:
    """Convert a size such as ``4GB`` to bytes.

    Raises
    ------
    ConfigError
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ConfigError("'{}' is no size of memory; write it as 4GB.", text)
    factor = 1024 if match[3] else 1000
    return int(float(match[1]) * factor ** (1 + "kmgt".index(match[2].lower())))


@dataclass(frozen=True)
class Need:
    """Needs of each task of a stage, besides a thread of a worker.

    Parameters
    ----------
    stage : str
    gpus : int
    memory : str
        Such as ``4GB``.
    """

    stage: str
    gpus: int = 0
    memory: str = ""

    @property
    def resources(self) -> Mapping[str, float]:
        """Amounts by the names by which workers offer them."""
        return resources(self.gpus, self.memory)


def resources(gpus: int, memory: str) -> dict[str, float]:
    """Name what a worker offers, or a task needs."""
    amounts = {"GPU": float(gpus), "MEMORY": float(bytes_of(memory) if memory else 0)}
    return {name: amount for name, amount in amounts.items() if amount}


@dataclass(frozen=True)
class ClusterProfile:
    """Profile of a cluster: a scheduler that is there, or how workers are started.

    Parameters
    ----------
    kind : str
        scheduler: one that is there; slurm, pbs, sge: jobs of a batch system; ssh:
        computers that are reached by ssh; kubernetes: pods of Dask's operator.
    address : str
        Of a scheduler that is there, ``tls://host:port``.
    certificates : str
        Folder of the certificates, for workers too; may be empty.
    jobs : int
        Jobs at the same time at most.
    cores : int
        Of each job, with a task on each.
    memory, walltime, queue, account : str
        Of each job; empty for what the batch system gives.
    gpus : int
        That each job has; the batch system is asked for them by ``directives``.
    directives : tuple of str
        Further lines for the batch system, as it has them.
    host, interface : str
        By which the workers reach the scheduler, which runs on this computer.
    command : str
        By which skelseg is called where the workers run; empty for the one here.
    hosts : tuple of str
        For ssh.
    name, namespace, image, volume, mount, secret : str
        For kubernetes: of what is made, the image with skelseg, the claim of the
        volume of the project, where it lies in the pods, and the certificates.
    needs : tuple of Need
        What tasks need, by stage.
    """

    kind: Kind = "scheduler"
    address: str = ""
    certificates: str = ""
    jobs: int = 10
    cores: int = 1
    memory: str = "4GB"
    walltime: str = "24:00:00"
    queue: str = ""
    account: str = ""
    gpus: int = 0
    directives: tuple[str, ...] = ()
    host: str = ""
    interface: str = ""
    command: str = ""
    hosts: tuple[str, ...] = ()
    name: str = "skelseg"
    namespace: str = "default"
    image: str = "skelseg"
    volume: str = "skelseg"
    mount: str = "/data"
    secret: str = "skelseg-certificates"
    needs: tuple[Need, ...] = ()

    def __post_init__(self) -> None:
        """Refuse numbers and addresses that mean nothing."""
        if self.jobs < 1 or self.cores < 1 or self.gpus < 0:
            raise ConfigError("jobs and cores must be at least 1, gpus at least 0.")
        for size in (self.memory, *(need.memory for need in self.needs)):
            if size:
                bytes_of(size)
        if self.kind == "scheduler":
            _check_address(self.address)

    @property
    def starts_workers(self) -> bool:
        """Tell whether a run starts workers by it."""
        return self.kind in ("slurm", "pbs", "sge", "ssh")


def _check_address(address: str) -> None:
    if "://" in address and not address.startswith("tls://"):
        raise ConfigError(
            "{} is not encrypted, and whoever reaches it could run code as you; only "
            "tls:// is used.",
            address,
        )
    if not _ADDRESS.fullmatch(address):
        raise ConfigError("'{}' is no address such as tls://host:8786.", address)


def load_profile(text: str) -> ClusterProfile:
    """Find the profile that a person means.

    Parameters
    ----------
    text : str
        Address of a scheduler, path of a YAML file, name of such a file in the folder
        ``clusters`` of the settings, or one of `NAMES`.

    Raises
    ------
    ConfigError
        Where there is none, or it names an unknown setting.
    FormatError
        Where the file is no YAML.
    """
    if "://" in text:
        return ClusterProfile(address=text)
    own = config_folder() / "clusters" / f"{text}.yaml"
    path = own if re.fullmatch(r"[\w.-]+", text) and own.is_file() else Path(text)
    if path.is_file():
        profile = from_dict(ClusterProfile, read_yaml(path), str(path))
    elif text in NAMES:
        profile = from_dict(ClusterProfile, {"kind": text})
    else:
        raise ConfigError(
            "There is no cluster '{}'; give an address such as tls://host:8786, the "
            "path of a YAML file, or one of {}.",
            text,
            ", ".join(NAMES),
        )
    return profile

"""Commands ``skelseg cluster ...``: certificates, scheduler, workers, profiles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from skelseg_core.cli.terminal import PATH, CommandGroup

if TYPE_CHECKING:
    from skelseg_core.engine.cluster.profile import ClusterProfile

certificates_option = click.option(
    "--certificates",
    type=PATH,
    help="Folder of the certificates of a cluster; without, the one that 'skelseg "
    "cluster certificates' makes.",
)


@click.group("cluster", cls=CommandGroup)
def cluster_group() -> None:
    """Work on several computers by a scheduler of Dask: 'skelseg run --cluster'.

    Whoever has the certificates can run code as those who run the workers.
    """


@cluster_group.command("certificates")
@click.argument("folder", type=PATH, required=False)
@click.option(
    "--days",
    type=click.IntRange(min=1, max=3650),
    default=365,
    show_default=True,
    help="Days for which they count.",
)
def certificates_command(folder: Path | None, days: int) -> None:
    """Make the certificates of a cluster in FOLDER, to be copied to all its computers.

    Without FOLDER they come into the folder of the settings, where the other commands
    look for them. Copy them as you would copy a private key of ssh.
    """
    from skelseg_core.engine.cluster.certificates import make_certificates

    place = _certificates(folder)
    end = make_certificates(place, days)
    click.echo(f"Made certificates in {place}; they count until {end:%Y-%m-%d}.")


@cluster_group.command("scheduler")
@click.option("--host", default="", help="Address to listen at; all, unless said.")
@click.option(
    "--port",
    type=click.IntRange(min=0, max=65535),
    default=8786,
    show_default=True,
    help="Port to listen at; 0 for any that is free.",
)
@certificates_option
def scheduler_command(host: str, port: int, certificates: Path | None) -> None:
    """Run a scheduler, until Ctrl-C; it gives the tasks of runs to workers.

    It speaks TLS alone, and only with who has the certificates; it has no web page.
    """
    from skelseg_core.engine.cluster.servers import serve_scheduler
    from skelseg_core.logs import start_logging

    start_logging()
    serve_scheduler(_certificates(certificates), host, port, click.echo)


@cluster_group.command("worker")
@click.argument("address")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Tasks at the same time, each in a process of its own.",
)
@click.option(
    "--memory",
    default="",
    help="Memory that tasks may ask for, such as 4GB; all, unless said.",
)
@click.option(
    "--gpus",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Graphics cards that tasks may ask for.",
)
@click.option("--name", default="", help="Name of the worker in messages.")
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    help="Seconds to wait for the scheduler.",
)
@certificates_option
def worker_command(
    address: str,
    jobs: int,
    memory: str,
    gpus: int,
    name: str,
    wait: float,
    certificates: Path | None,
) -> None:
    """Be a worker of the scheduler at ADDRESS (tls://host:8786), until that ends.

    The projects have to lie where this computer sees them under the same paths.
    """
    from skelseg_core.engine.cluster.profile import ClusterProfile
    from skelseg_core.engine.cluster.servers import Offer, serve_worker
    from skelseg_core.logs import start_logging

    start_logging()
    profile = ClusterProfile(address=address)
    offer = Offer(jobs, gpus, memory, name, wait)
    place = _certificates(certificates)
    if not serve_worker(place, profile.address, offer, click.echo):
        click.echo("The scheduler is gone, and so is this worker.", err=True)


@cluster_group.command("show")
@click.argument("profile")
@certificates_option
def show_command(profile: str, certificates: Path | None) -> None:
    """Print what PROFILE hands to a batch system, to ssh or to kubectl.

    PROFILE is a YAML file, its name in the folder 'clusters' of the settings, or one of
    slurm, pbs, sge, ssh and kubernetes.
    """
    from skelseg_core.engine.cluster.jobs import shown

    click.echo(shown(*profile_of(profile, certificates)), nl=False)


def profile_of(text: str, certificates: Path | None) -> tuple[ClusterProfile, Path]:
    """Find the profile that was said, and the folder of the certificates.

    Raises
    ------
    ConfigError, FormatError
        Where there is no such profile.
    """
    from skelseg_core.engine.cluster.profile import load_profile

    profile = load_profile(text)
    own = Path(profile.certificates).expanduser() if profile.certificates else None
    return profile, _certificates(certificates or own)


def _certificates(folder: Path | None) -> Path:
    from skelseg_core.engine.cluster.certificates import certificates_folder

    return (folder or certificates_folder()).absolute()

"""The command ``skelseg import``: a published data set becomes a project."""

from __future__ import annotations

from pathlib import Path

import click

from skelseg_core.cli.terminal import PATH, NameOf, run_task


def _layouts() -> list[str]:
    from skelseg_core.formats.datasets import DATASET_LAYOUTS

    return [layout.name for layout in DATASET_LAYOUTS]


@click.command("import")
@click.argument("dataset", type=NameOf(_layouts))
@click.argument("src", type=PATH)
@click.option(
    "--project", required=True, type=PATH, help="New folder to make the project in."
)
@click.option("--focal", default=1050.0, show_default=True, help="Focal length in px.")
@click.option("--width", default=1920, show_default=True, help="Of the picture in px.")
@click.option("--height", default=1080, show_default=True, help="Of the picture in px.")
@click.option("--rate", type=float, help="Frames per second, where there is no video.")
@click.option("--dry-run", is_flag=True, help="Say what is there, write nothing.")
def import_command(
    dataset: str,
    src: Path,
    project: Path,
    focal: float,
    width: int,
    height: int,
    rate: float | None,
    dry_run: bool,
) -> None:
    """Make a project of the data set in SRC, and say first what was found.

    3D poses are kept and also projected to 2D by a pinhole camera.
    """
    from skelseg_core.formats.dataset import counted
    from skelseg_core.poses.poses3d import Camera
    from skelseg_core.tasks.importing import (
        empty_folder,
        import_dataset,
        load_dataset,
        survey,
    )

    camera = Camera(focal, width, height)
    empty_folder(project)
    found = load_dataset(dataset, src)
    for line in survey(found):
        click.echo(line)
    made = run_task(import_dataset(found, project, camera, rate, dry_run))
    if dry_run:
        click.echo("Nothing was written (--dry-run).")
    else:
        n = counted(len(made.videos), "recording")
        click.echo(f"Made project {project} with {n}.")

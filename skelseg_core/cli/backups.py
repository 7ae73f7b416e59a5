"""Command ``skelseg backups``: list states of a project that were kept, restore one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from skelseg_core.cli.terminal import PATH, opened, run_task, save_and_tell
from skelseg_core.errors import ProjectError

if TYPE_CHECKING:
    from skelseg_core.project.copies.backups import Backup


@click.command("backups")
@click.argument("folder", type=PATH)
@click.option("--restore", "chosen", default="", help="Name of the backup to restore.")
@click.option("--video", default="", help="Only this video, in the present classes.")
def backups_command(folder: Path, chosen: str, video: str) -> None:
    """List the backups of the project in FOLDER that this computer has, or restore one.

    A backup holds classes, labels and notes. Before a restore, the present state is
    backed up. If project.json is gone, only the files that FOLDER lacks are written.
    """
    from skelseg_core.project.copies.backups import PROJECT_FILE, Backups
    from skelseg_core.project.copies.restoring import restored, restored_video

    if folder.is_dir() and not (folder / PROJECT_FILE).exists():
        _of_lost(folder, chosen)
        return
    project_folder, now = opened(folder)
    backups = Backups(project_folder, now.uuid)
    if not chosen:
        if video:
            raise ProjectError("--video needs --restore; name the backup to restore.")
        listed = backups.all()
        for backup in listed:
            click.echo(_line(backup))
        if not listed:
            click.echo("This computer has no backup of this project.")
        return
    found = {backup.id: backup for backup in backups.all()}
    if chosen not in found:
        raise ProjectError(
            "There is no backup '{}'; 'skelseg backups {}' lists them.", chosen, folder
        )
    then = run_task(backups.then(found[chosen]))
    after = restored_video(now, then, video) if video else restored(now, then)
    backups.make(f"Before: restore {chosen}")
    save_and_tell(project_folder, after, now)
    click.echo(f"{video or 'The project'} is restored from the backup {chosen}.")
    stay = [v.id for v in then.videos if v.missing and not video]
    if stay:
        click.echo(f"Not in the backup, so unchanged: {', '.join(stay)}", err=True)


def _of_lost(folder: Path, chosen: str) -> None:
    """List or restore backups of a folder whose ``project.json`` is gone."""
    from skelseg_core.project.copies.backups import backups_of, write_lost

    found = backups_of(folder)
    if not found:
        raise ProjectError(
            "{} has no project.json, and this computer has no backup of a project "
            "there; check the path.",
            folder,
        )
    for backup in found:
        if not chosen:
            click.echo(_line(backup))
        elif backup.id == chosen:
            names = write_lost(folder, backup)
            click.echo(f"Restored files: {', '.join(names)}")
            return
    if chosen:
        raise ProjectError(
            "There is no backup '{}'; 'skelseg backups {}' lists them.", chosen, folder
        )


def _line(backup: Backup) -> str:
    """Write a line on a backup: its name, time and reason."""
    return f"{backup.id}  {backup.made.astimezone():%Y-%m-%d %H:%M}  {backup.reason}"

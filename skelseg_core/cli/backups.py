"""Command ``skelseg backups``: list states of a project that were kept, restore one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from skelseg_core.cli.terminal import PATH, opened, run_task, save_and_tell
from skelseg_core.errors import BrokenProject, ProjectError
from skelseg_core.project.tracks import TrackId

if TYPE_CHECKING:
    from skelseg_core.project.copies.backups import Backup, Backups
    from skelseg_core.project.folder import ProjectFolder
    from skelseg_core.project.project import Project


@click.command("backups")
@click.argument("folder", type=PATH)
@click.option("--restore", "chosen", default="", help="Name of the backup to restore.")
@click.option("--video", default="", help="Only this video, in the present classes.")
@click.option(
    "--repair",
    is_flag=True,
    help="Restore what is damaged or missing from the newest backups that have it; "
    "the rest stays as it is.",
)
def backups_command(folder: Path, chosen: str, video: str, repair: bool) -> None:
    """List the backups of the project in FOLDER that this computer has, or restore one.

    A backup holds classes, labels and notes. Before a restore, the present state is
    backed up. If project.json is gone or damaged, it is written again, and so are files
    that FOLDER lacks; others stay. A damaged file is kept beside the restored one.
    """
    from skelseg_core.project.copies.backups import Backups

    if video and not (chosen or repair):
        raise ProjectError("--video needs --restore; name the backup to restore.")
    if chosen and repair:
        raise ProjectError(
            "--repair takes the newest backups that have what is damaged; leave out "
            "--restore, or --repair."
        )
    try:
        project_folder, now = opened(folder)
    except BrokenProject as error:
        if not folder.is_dir():
            raise
        _of_broken(folder, chosen, repair, error)
        if not repair:
            return
        project_folder, now = opened(folder)
    backups = Backups(project_folder, now.uuid)
    if repair:
        _repair(project_folder, now, backups, video)
    elif chosen:
        _restore(project_folder, now, backups, chosen, video)
    else:
        _list(backups)


def _list(backups: Backups) -> None:
    listed = backups.all()
    for backup in listed:
        click.echo(_line(backup))
    if not listed:
        click.echo("This computer has no backup of this project.")
    for path in backups.damaged():
        click.echo(f"The backup {path} is damaged; others can be restored.", err=True)


def _restore(
    folder: ProjectFolder, now: Project, backups: Backups, chosen: str, video: str
) -> None:
    """Make the project, or one video, what it was in the backup of a name."""
    from skelseg_core.project.copies.restoring import restored, restored_video

    found = {backup.id: backup for backup in backups.all()}
    if chosen not in found:
        raise _no_backup(folder.root, chosen)
    then = run_task(backups.then(found[chosen]))
    after = now if video else restored(now, then)
    for track in then.matching([video]) if video else ():
        after = restored_video(after, then, TrackId(track))
    backups.make(f"Before: restore {chosen}")
    save_and_tell(folder, after, now)
    click.echo(f"{video or 'The project'} is restored from the backup {chosen}.")
    stay = [then.titled(v.id) for v in then.tracks if v.missing and not video]
    if stay:
        click.echo(f"Not in the backup, so unchanged: {', '.join(stay)}", err=True)


def _repair(
    folder: ProjectFolder, now: Project, backups: Backups, video: str = ""
) -> None:
    """Restore the labels that are damaged or missing; say from when each is."""
    from skelseg_core.project.copies.repairing import labels_repaired
    from skelseg_core.project.project_edits import missing_labels

    only = [v.id for v in now.chosen(now.matching([video]))] if video else []
    if not missing_labels(now):
        click.echo("No label file is damaged or missing.")
        return
    after, found = run_task(labels_repaired(now, backups, only))
    backups.make("Before: repair")
    save_and_tell(folder, after, now)
    for video_id, used in found.items():
        for backup in used:
            name = now.titled(video_id)
            click.echo(f"Restored: {name}, from the backup {_line(backup)}")
    if left := missing_labels(after):
        names = ", ".join(map(now.titled, left))
        click.echo(f"No backup has all labels of {names}.", err=True)


def _of_broken(folder: Path, chosen: str, repair: bool, error: BrokenProject) -> None:
    """List or restore backups of a folder whose ``project.json`` is gone or damaged."""
    from skelseg_core.project.copies.backups import write_lost
    from skelseg_core.project.copies.repairing import backups_of_broken, newest_whole

    found = {backup.id: backup for backup in backups_of_broken(folder)}
    whole = newest_whole(folder)
    if whole is None:
        raise ProjectError("{} This computer has no backup of a project there.", error)
    if repair:
        chosen = whole.id
    if not chosen:
        click.echo(str(error), err=True)
        for backup in found.values():
            click.echo(_line(backup))
        return
    if chosen not in found:
        raise _no_backup(folder, chosen)
    names = write_lost(folder, found[chosen])
    click.echo(f"Restored files: {', '.join(names)}")


def _no_backup(folder: Path, chosen: str) -> ProjectError:
    text = "There is no backup '{}'; 'skelseg backups {}' lists them."
    return ProjectError(text, chosen, folder)


def _line(backup: Backup) -> str:
    """Write a line on a backup: its name, time and reason."""
    return f"{backup.id}  {backup.made.astimezone():%Y-%m-%d %H:%M}  {backup.reason}"

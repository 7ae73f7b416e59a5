"""Commands ``skelseg export`` and ``export-poses``: files of any format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skelseg_core.cli.choice_options import ChoicesCommand
from skelseg_core.cli.terminal import PATH, json_option, opened, print_json, run_task
from skelseg_core.project.tracks import TrackId
from skelseg_core.said import counted

if TYPE_CHECKING:
    from skelseg_core.project.project import Project
    from skelseg_core.tasks.export_choices import Choices, ExportChoices, PoseChoices
    from skelseg_core.tasks.export_result import Exported

_out = click.option("--out", required=True, type=PATH, help="Folder to write to.")


@click.command("export", ChoicesCommand, choices="tasks.export_choices.ExportChoices")
@click.argument("folder", type=PATH)
@_out
@json_option
def export_command(
    folder: Path, out: Path, choices: ExportChoices, as_json: bool
) -> None:
    """Write the labels of FOLDER as files, with a manifest and a data card.

    All files appear, or none. Files that skelseg did not write, or that were changed
    since, are replaced only with --overwrite.
    """
    done = _exported(folder, out, choices, as_json, {"lane": choices.lane})
    if not as_json:
        click.echo(f"Wrote {counted(len(done.files), 'file')} to {out}")


@click.command(
    "export-poses", ChoicesCommand, choices="tasks.export_choices.PoseChoices"
)
@click.argument("folder", type=PATH)
@_out
@json_option
def export_poses(folder: Path, out: Path, choices: PoseChoices, as_json: bool) -> None:
    """Write the poses of FOLDER as pose files of another tool, one per video.

    Keypoints that were corrected are written as corrected.
    """
    done = _exported(folder, out, choices, as_json, {})
    if not as_json:
        n, n_all = len(done.videos), len(done.videos) + len(done.skipped)
        click.echo(f"Wrote the poses of {n} of {counted(n_all, 'video')} to {out}")


def _named(project: Project, ids: Sequence[TrackId], choices: Choices) -> list[Any]:
    """Name tracks, or the videos of poses."""
    from skelseg_core.tasks.export_choices import PoseChoices

    return [i if isinstance(choices, PoseChoices) else project.said_of(i) for i in ids]


def _exported(
    folder: Path, out: Path, choices: Choices, as_json: bool, about: dict[str, Any]
) -> Exported:
    """Export, and print what became of it as JSON, or what is to be known of it."""
    from skelseg_core.tasks.exports import export

    project_folder, project = opened(folder)
    done = run_task(export(project_folder, project, out, choices))
    if as_json:
        print_json(
            {
                **about,
                "out": str(out),
                "format": choices.format,
                "videos": _named(project, done.videos, choices),
                "files": [str(path) for path in done.files],
                "skipped": _named(project, done.skipped, choices),
                "replaced": [str(path) for path in done.replaced],
                "about": done.about,
                "notes": list(done.notes),
            }
        )
        return done
    for note in (done.about, *done.notes):
        if note:
            click.echo(note)
    for path in done.replaced:
        click.echo(f"Replaced {path}, which skelseg did not write.")
    return done

"""Import of another annotator's project: its labels beside those of this one."""

from __future__ import annotations

from pathlib import Path

import click

from skelseg_core.cli.terminal import Mistake, opened, run_task, save_and_tell

FORMAT = "project"
"""Name of this kind of import."""


def import_project(src: Path, root: Path, name: str, dry_run: bool) -> None:
    """Put the labels of a project's annotation into the lane of a person of another.

    Raises
    ------
    Mistake
        Where it is not known whose labels they are.
    SkelsegError
        Where the two projects have no labelled video in common.
    """
    from skelseg_core.project.annotators import add_annotator_labels, read_annotator
    from skelseg_core.project.folder import ProjectFolder

    folder, before = opened(root)
    said = {v.annotator for v in ProjectFolder(src).load().videos} - {""}
    name = name or (said.pop() if len(said) == 1 else "")
    if not name:
        raise Mistake(
            f"The labels of the project {src} go beside those of {root}: say whose "
            "they are by --annotator NAME."
        )
    found = run_task(read_annotator(src, before, ""))
    for video, lane in found.lanes.items():
        click.echo(f"{video}: {lane.n_labelled:,} of {lane.n_frames:,} frames labelled")
    new = found.unknown(before.label_map)
    if new:
        click.echo(f"New classes: {', '.join(c.name for c in new)}")
    if dry_run:
        click.echo("Nothing was written (--dry-run).")
        return
    save_and_tell(folder, add_annotator_labels(before, name, found), before)
    n = len(found.lanes)
    click.echo(f"Labels of {name} are beside those of {n} video{'s' * (n != 1)}.")

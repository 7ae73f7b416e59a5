"""Labels in and out, for scripts: files of other tools, and videos with labels."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from skelseg_core.choices import takes
from skelseg_core.cli.terminal import run_task
from skelseg_core.errors import FormatError
from skelseg_core.library.told import tell
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.imports.label_plan import ImportChoices
from skelseg_core.tasks.export_choices import ExportChoices
from skelseg_core.tasks.picture_choices import RenderChoices

Folder = str | os.PathLike[str]
"""A path."""


@takes(ImportChoices)
def import_labels(
    project: Folder,
    source: Folder,
    format: str = "auto",
    *,
    dry_run: bool = False,
    choices: ImportChoices,
) -> dict[str, Any]:
    """Import label files of any known tool into a project, all or nothing.

    Parameters
    ----------
    project : path
        Folder of a project; its videos are found by what the files name, or by the
        names of the files.
    source : path
        A label file, or a folder of them.
    format : str
        Name of the format, as ``skelseg formats`` lists it; by default it is found.
    dry_run : bool
        Whether nothing is written.

    Returns
    -------
    dict
        What was done, or would be: ``videos`` (of each the frames labelled, in
        overlaps and in gaps), ``new_classes``, ``not_found``, ``problems``.

    Raises
    ------
    SkelsegError
        Where a file is damaged, or the labels cannot come in as they are; says why.
        Nothing is written then.
    """
    from skelseg_core.formats.descriptors import ReadOptions
    from skelseg_core.project.claimed_edits import check_unlocked, videos_to_claim
    from skelseg_core.project.copies.backups import Backups
    from skelseg_core.project.holds.claims import claimed
    from skelseg_core.tasks.import_labels import (
        find_label_files,
        plan_labels,
        read_label_files,
    )

    sources = find_label_files(Path(source), format)
    files = run_task(read_label_files(sources, ReadOptions(rate=choices.rate)))
    folder = ProjectFolder(Path(project))
    before = folder.load()
    tell(folder.notes, above=1)
    plan = run_task(plan_labels(folder, before, files, choices))
    if plan.problems and not dry_run:
        raise FormatError("{}", plan.problems[0].text)
    if not dry_run:
        after = plan.apply(before)
        check_unlocked(before, after)
        with claimed(folder.root, videos_to_claim(before, after)):
            Backups(folder, before.uuid).make("Before: import_labels")
            folder.keep_ids(before, after)
            tell(folder.save(after, before).notes, above=1)
    return plan.as_json()


@takes(ExportChoices)
def export_labels(project: Folder, out: Folder, choices: ExportChoices) -> list[Path]:
    """Write the labels of a project in the format of another tool, all or nothing.

    Parameters
    ----------
    project : path
        Folder of the project.
    out : path
        Folder to write to, made where it is missing. A manifest and a data card lie
        beside the files.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    SkelsegError
        Where a lane is missing, or a file of somebody else lies there.
    """
    from skelseg_core.tasks.exports import export

    folder = ProjectFolder(Path(project))
    done = run_task(export(folder, folder.load(), Path(out), choices))
    tell((*folder.notes, *done.notes), above=1)
    return list(done.files)


@takes(RenderChoices)
def render(project: Folder, video: str, out: Folder, choices: RenderChoices) -> Path:
    """Write a video with its labels burned in below the picture, frame for frame.

    Parameters
    ----------
    project : path
        Folder of the project.
    video : str
        Id of the video.
    out : path
        MP4 file to write.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    SkelsegError
        Where a lane is missing, the video cannot be read, or ``out`` is a file that
        skelseg did not render.
    """
    from skelseg_core.tasks.render import render as rendering

    task = rendering(str(Path(project)), video, str(Path(out)), **vars(choices))
    done = run_task(task)
    tell(done["notes"], above=1)
    return Path(done["file"])

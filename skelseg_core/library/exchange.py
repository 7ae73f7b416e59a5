"""Labels in and out, for scripts: files of other tools, and videos with labels."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skelseg_core.choices import takes
from skelseg_core.cli.terminal import run_task
from skelseg_core.errors import FormatError
from skelseg_core.library.sentences_as_warnings import tell
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.imports.import_choices import Existing, ImportChoices
from skelseg_core.tasks.export_choices import ExportChoices
from skelseg_core.tasks.pictures.picture_choices import PlotChoices, RenderChoices

if TYPE_CHECKING:
    import numpy as np

    from skelseg_core.formats.label_file import LabelFile
    from skelseg_core.project.project import Project
    from skelseg_core.project.tracks import TrackId, VideoId

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
    from skelseg_core.tasks.import_labels import find_label_files, read_label_files

    sources = find_label_files(Path(source), format)
    files = run_task(read_label_files(sources, ReadOptions(rate=choices.rate)))
    said, notes = _imported(Path(project), files, choices, dry_run)
    tell(notes, above=1)
    return said


def write_labels(
    project: Folder,
    video: str,
    labels: Sequence[str] | np.ndarray,
    annotator: str = "",
    *,
    existing: Existing = "refuse",
) -> dict[str, Any]:
    """Write the labels of a video into a project, as an import of labels does.

    Nobody reviewed them: they count as imported.

    Parameters
    ----------
    project : path
        Folder of the project.
    video : str
        Id of the video.
    labels : sequence of str, shape (T,)
        Name of the class of every frame, empty where it is not labelled; classes that
        the project lacks are added.
    annotator : str
        Put them into the lane of this person; by default into the annotation.
    existing : {"refuse", "fill", "replace"}
        What becomes of labels that are there: refuse, fill only unlabelled frames, or
        replace them.

    Returns
    -------
    dict
        What was done, as `import_labels` says it.

    Raises
    ------
    SkelsegError
        Where there are labels already, or not one for each frame of the video. Nothing
        is written then.
    """
    from skelseg_core.formats.label_file import LabelFile, framewise_track

    path = Path(f"labels of {video}")
    track = framewise_track(map(_class_name, count(), labels), path)
    choices = ImportChoices(
        video=video, annotator=annotator, text="classes", existing=existing
    )
    said, notes = _imported(Path(project), [LabelFile(path, (track,))], choices)
    tell(notes)
    return said


def add_points(
    project: Folder, track: TrackId, frames: Iterable[int], class_name: str
) -> None:
    """Add points, such as contacts, to a track of a tier of points.

    Nobody reviewed them: they count as imported.

    Parameters
    ----------
    project : path
        Folder of the project.
    track : str
        Id of the track, as ``skelseg info`` lists it.
    frames : iterable of int
    class_name : str
        A class of the tier.

    Raises
    ------
    SkelsegError
        Where the track has segments, the tier lacks the class, or a frame is outside
        of the video. Nothing is written then.
    """
    from skelseg_core.labels.points import Point
    from skelseg_core.project.point_and_comment_edits import edit_points

    folder = ProjectFolder(Path(project))
    before = folder.load()
    classes = before.classes_of(before.track(track))
    found = classes.named(class_name)
    if found is None:
        raise FormatError("'{}' is not one of the classes of {}.", class_name, track)
    new = [Point(int(f), found.id, "import", reviewed=False) for f in frames]
    after = edit_points(before, track, lambda points: (*points, *new))
    tell((*folder.notes, *save_edit(folder, after, before)))


def add_comment(
    project: Folder,
    video: VideoId,
    text: str,
    start: int,
    stop: int | None = None,
    *,
    author: str = "script",
) -> None:
    """Add a comment to frames of a video.

    Parameters
    ----------
    project : path
        Folder of the project.
    video : str
        Id of the video.
    text : str
    start, stop : int
        The frames ``start`` up to, not with, ``stop``; by default one frame.
    author : str
        Who says it.

    Raises
    ------
    SkelsegError
        Where there is no such video or frame. Nothing is written then.
    """
    from datetime import datetime, timezone

    from skelseg_core.labels.comments import Comment
    from skelseg_core.project.point_and_comment_edits import add_comments

    folder = ProjectFolder(Path(project))
    before = folder.load()
    time = datetime.now(timezone.utc).isoformat(timespec="seconds")
    stop = start + 1 if stop is None else stop
    comment = Comment(start, stop, None, text, author, time)
    after = add_comments(before, video, [comment])
    tell((*folder.notes, *save_edit(folder, after, before)))


def _class_name(frame: int, name: object) -> str:
    # Else what is missing in a table were a class "nan".
    if isinstance(name, str):
        return str(name)
    raise FormatError(
        "Frame {} has {}, which is no text; write an empty text where it is not "
        "labelled.",
        frame,
        str(name),
    )


def _imported(
    root: Path,
    files: Sequence[LabelFile],
    choices: ImportChoices,
    dry_run: bool = False,
) -> tuple[dict[str, Any], Sequence[str]]:
    """Import label files that were read; return what was done, and notes."""
    from skelseg_core.tasks.import_labels import plan_labels

    folder = ProjectFolder(root)
    before = folder.load()
    plan = run_task(plan_labels(folder, before, files, choices))
    if plan.problems and not dry_run:
        raise FormatError("{}", plan.problems[0].text)
    notes = () if dry_run else save_edit(folder, plan.apply(before), before)
    return plan.as_json(), (*folder.notes, *notes)


def save_edit(folder: ProjectFolder, after: Project, before: Project) -> Sequence[str]:
    """Save an edit of a project, with a backup and the claims it needs; return notes.

    Raises
    ------
    SkelsegError
        Where somebody else labels one of the videos, or locked it.
    """
    from skelseg_core.project.claimed_edits import check_unlocked, videos_to_claim
    from skelseg_core.project.copies.backups import Backups
    from skelseg_core.project.holds.claims import claimed

    check_unlocked(before, after)
    with claimed(folder.root, videos_to_claim(before, after), before.titled):
        Backups(folder, before.uuid).make("Before: a script")
        folder.keep_ids(before, after)
        return folder.save(after, before).notes


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
    from skelseg_core.tasks.pictures.render import render as rendering

    task = rendering(str(Path(project)), video, str(Path(out)), **vars(choices))
    done = run_task(task)
    tell(done["notes"], above=1)
    return Path(done["file"])


@takes(PlotChoices)
def plot(project: Folder, out: Folder, choices: PlotChoices) -> Path:
    """Draw labels over time into a picture, a row for each video and lane.

    Parameters
    ----------
    project : path
        Folder of the project.
    out : path
        SVG, PDF or PNG file to write.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    SkelsegError
        Where a lane is missing, or ``out`` is a file that skelseg did not draw.
    """
    from skelseg_core.tasks.pictures.plot import plot as plotting

    done = run_task(plotting(str(project), str(out), **vars(choices)))
    tell(done["notes"], above=1)
    return Path(out)

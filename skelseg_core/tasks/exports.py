"""Exports of every kind by their choices: what is written, and a look before it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from skelseg_core.errors import SkelsegError
from skelseg_core.formats.export_manifest import foreign_files
from skelseg_core.poses.skeleton import skeleton_title
from skelseg_core.predictions.lanes import with_predicted
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.imports.pose_files import format_named, save_pose_file
from skelseg_core.project.project import Project
from skelseg_core.project.video_poses import load_video_poses
from skelseg_core.project.videos_and_tracks import model_of_lane
from skelseg_core.said import counted
from skelseg_core.tasks.data_card import CARD
from skelseg_core.tasks.export_choices import Choices, ExportChoices, PoseChoices
from skelseg_core.tasks.export_labels import (
    export_labels,
    formats_named,
    how_much,
    in_scope,
    losses,
    one_by_one,
    skipped_text,
    splits_for,
    videos_with_lane,
)
from skelseg_core.tasks.export_poses import export_poses, videos_with_poses
from skelseg_core.tasks.export_result import Exported
from skelseg_core.tasks.labelled_videos import LabelledVideos

PREVIEW_LINES = 40
"""Lines of a file that a preview shows."""
_LINE_CHARACTERS = 240
"""Characters of a line that a preview shows."""
_VIDEOS = 8
"""Videos that are written for a preview where one file holds all of them."""
_POSE_FRAMES = 3
"""Frames of poses that are written for a preview."""


def export(
    folder: ProjectFolder, project: Project, out: Path, choices: Choices
) -> Task[Exported]:
    """Write what the choices say to ``out``; raises as the task that does it."""
    if isinstance(choices, PoseChoices):
        return export_poses(folder, project, out, choices)
    return _export_labels(folder, project, out, choices)


def _export_labels(
    folder: ProjectFolder, project: Project, out: Path, choices: ExportChoices
) -> Task[Exported]:
    part, choices, lost = in_scope(project, choices)
    done = yield from export_labels(folder, part, out, choices)
    return replace(done, notes=(*done.notes, *lost))


@dataclass(frozen=True)
class ExportPreview:
    """A look at what an export would write.

    Parameters
    ----------
    files : tuple of (str, str)
        Name of a file, and its first lines; of the first video.
    about : str
        A sentence: how much there is, how much of it is labelled and reviewed.
    notes : tuple of str
        Sentences on what is left out, renamed or lost.
    error : str
        Why it cannot be exported; empty where it can.
    foreign : tuple of Path
        Files of others in the folder that would be replaced.
    unreviewed_frames : int
        Frames of copied pre-labels that nobody reviewed.
    """

    files: tuple[tuple[str, str], ...] = ()
    about: str = ""
    notes: tuple[str, ...] = ()
    error: str = ""
    foreign: tuple[Path, ...] = ()
    unreviewed_frames: int = 0


def preview(
    folder: ProjectFolder, project: Project, out: Path, choices: Choices
) -> Task[ExportPreview]:
    """Make the first lines of what would be written, and count what would be lost.

    Nothing is written. A mistake of the user is part of the answer.
    """
    yield Progress("preview")
    try:
        if isinstance(choices, PoseChoices):
            return (yield from _of_poses(folder, project, out, choices))
        part, choices, lost = in_scope(project, choices)
        found = yield from _of_labels(folder, part, out, choices)
        return replace(found, notes=(*found.notes, *lost))
    except SkelsegError as error:
        return ExportPreview(error=str(error))


def _of_labels(
    folder: ProjectFolder, project: Project, out: Path, choices: ExportChoices
) -> Task[ExportPreview]:
    project = with_predicted(folder, project, [choices.lane])
    items, skipped = videos_with_lane(
        folder, project, choices.lane, choices.videos, choices.skip_missing
    )
    lanes = [item.lanes[choices.lane] for item in items]
    forms = formats_named(choices.format)
    made = LabelledVideos(folder, project, choices.lane, out)
    alone = all(one_by_one(form, choices.options) for form in forms)
    videos = []
    shown = [*dict.fromkeys(item.video_id for item in items)][: 1 if alone else _VIDEOS]
    splits, note = splits_for(forms, folder, items, choices)
    for item in (item for item in items if item.video_id in shown):
        yield Progress("preview")
        videos.append(replace(made.of(item)[0], splits=splits.get(item.id, ())))
    files: dict[str, str | bytes] = {}
    first = [video for video in videos if video.video_id == videos[0].video_id]
    for form in forms:
        few = first if one_by_one(form, choices.options) else videos
        files.update(form.write_files(few, choices.options))
    notes = [skipped_text(project, skipped, choices.lane)] if skipped else []
    notes += [
        *filter(None, [note]),
        *made.untimed,
        *losses(folder, project, items, choices, lanes),
    ]
    # Features are large; whether they are others' is found out by the export.
    folders = tuple(folder for form in forms for folder in form.folders)
    names = {CARD, *folders, *(f for f in files if not f.startswith(folders))}
    for form in forms:
        if one_by_one(form, choices.options):
            ids = {i.video_id if form.holds_tracks else i.id for i in items}
            names |= {f"{name}{form.written_suffix}" for name in ids}
    foreign = foreign_files(out, sorted(names))
    about = how_much(project, items, choices.lane)
    # Nobody reviews a prediction itself.
    copied = [] if model_of_lane(choices.lane) else [lane.accepted for lane in lanes]
    unreviewed = sum(int(frames.sum()) for frames in copied)
    return ExportPreview(_heads(files), about, tuple(notes), "", foreign, unreviewed)


def _of_poses(
    folder: ProjectFolder, project: Project, out: Path, choices: PoseChoices
) -> Task[ExportPreview]:
    items, skipped = videos_with_poses(folder, project, choices.videos)
    item = items[0]
    poses = load_video_poses(folder.poses_path(item.video_id), item, project.skeleton)
    few = replace(
        poses,
        keypoints=poses.keypoints[:_POSE_FRAMES],
        scores=poses.scores[:_POSE_FRAMES],
    )
    suffix = format_named(choices.format).written_suffix
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / f"{item.id}{suffix}"
        yield from save_pose_file(path, few, choices.format)
        made = sorted(p for p in Path(place).rglob("*") if p.is_file())
        files = {p.relative_to(place).as_posix(): p.read_bytes() for p in made[:1]}
    n = counted(len(items), "video")
    title = skeleton_title(poses.skeleton)
    keypoints = counted(poses.keypoints.shape[2], "keypoint")
    about = f"Poses of {n}, {keypoints} ({title})."
    notes = [f"Left out without poses: {', '.join(skipped)}."] if skipped else []
    names = [f"{item.id}{suffix or '/'}" for item in items]
    foreign = foreign_files(out, names)
    return ExportPreview(_heads(files), about, tuple(notes), "", foreign)


def _heads(files: Mapping[str, str | bytes]) -> tuple[tuple[str, str], ...]:
    return tuple((name, _head(content)) for name, content in files.items())


def _head(content: str | bytes) -> str:
    """Return the first lines of a file; of one that is no text, its size."""
    if isinstance(content, bytes):
        try:
            content = content.decode("utf-8")
        except UnicodeDecodeError:
            return f"({len(content):,} bytes that are no text)"
    lines = content.splitlines()
    shown = [line[:_LINE_CHARACTERS] for line in lines[:PREVIEW_LINES]]
    return "\n".join([*shown, *(["…"] if len(lines) > PREVIEW_LINES else [])])

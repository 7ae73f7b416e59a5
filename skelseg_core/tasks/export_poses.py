"""Export of poses as pose files of another tool, with a manifest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from skelseg_core.errors import ProjectError
from skelseg_core.formats.export_manifest import (
    MANIFEST,
    MANIFEST_SCHEMA,
    export_folder,
)
from skelseg_core.progress import Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.imports.pose_files import format_named, save_pose_file
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.video_poses import load_video_poses
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.said import Said, counted
from skelseg_core.tasks.export_choices import PoseChoices as PoseChoices
from skelseg_core.tasks.export_result import Exported


def export_poses(
    folder: ProjectFolder, project: Project, out: Path, choices: PoseChoices
) -> Task[Exported]:
    """Write the poses of videos to ``out``, as a person corrected them.

    Raises
    ------
    ProjectError, FormatError, ConfigError
        Where there are no poses, the format has no place for the skeleton, ``out``
        cannot be written, or files in it are not skelseg's to replace.
    """
    items, skipped = videos_with_poses(folder, project, choices.videos)
    suffix = format_named(choices.format).written_suffix
    names = [f"{item.id}{suffix or '/'}" for item in items]
    about = {"schema": MANIFEST_SCHEMA, "poses": choices.format}
    replaced: list[Path] = []
    with export_folder(
        out, names, about, replaced if choices.overwrite else None
    ) as made:
        for item in items:
            poses = load_video_poses(
                folder.poses_path(item.video_id), item, project.skeleton
            )
            media = (
                folder.video_path(item.video, project.media_roots)
                if item.video.has_file
                else None
            )
            path = made / f"{item.id}{suffix}"
            yield from save_pose_file(path, poses, choices.format, media)
    notes = []
    if skipped:
        n_skipped = counted(len(skipped), "video")
        notes.append(
            Said("Left out {} without poses: {}.", n_skipped, ", ".join(skipped))
        )
    files = tuple(out / name.rstrip("/") for name in (*names, MANIFEST))
    ids = tuple(item.id for item in items)
    return Exported(files, ids, skipped, tuple(replaced), tuple(notes))


def videos_with_poses(
    folder: ProjectFolder, project: Project, videos: Sequence[str]
) -> tuple[list[Track], tuple[TrackId, ...]]:
    """Find the videos to export that have poses, and the ids of those without.

    Raises
    ------
    ProjectError
        Where none has, or one of those that are named.
    """
    chosen = project.matching(videos)
    films = dict.fromkeys(v.video_id for v in project.chosen(chosen))
    items = [project.first_track(video_id) for video_id in films]
    there = [i for i in items if folder.poses_path(i.video_id).is_file()]
    has = {i.id for i in there}
    missing = tuple(i.id for i in items if i.id not in has)
    if not items:
        raise ProjectError(
            "Project {} has no videos to export; add some.", project.name
        )
    if missing and (chosen or not there):
        raise ProjectError(
            "{} has no poses; estimate them with 'skelseg poses', or import them.",
            missing[0],
        )
    return there, missing

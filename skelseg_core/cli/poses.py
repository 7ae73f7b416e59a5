"""Commands ``skelseg import-poses`` and ``export-poses``: files of other tools."""

from __future__ import annotations

from pathlib import Path

import click

from skelseg_core.cli.terminal import (
    PATH,
    NameOf,
    only_option,
    opened,
    run_task,
    video_ids,
)
from skelseg_core.errors import ProjectError


def _read() -> list[str]:
    from skelseg_core.formats.poses import POSE_FORMATS

    return ["auto", *(form.name for form in POSE_FORMATS)]


def _written() -> list[str]:
    from skelseg_core.formats.poses import POSE_FORMATS

    return [form.name for form in POSE_FORMATS if form.written_suffix is not None]


@click.command("import-poses")
@click.argument("folder", type=PATH)
@click.argument("video")
@click.argument("file", type=PATH)
@click.option(
    "--format",
    "kind",
    type=NameOf(_read),
    default="auto",
    show_default=True,
    help="Which tool wrote FILE.",
)
@click.option(
    "--first-frame",
    default=0,
    show_default=True,
    help="Number of the first frame in FILE.",
)
@click.option("--again", is_flag=True, help="Replace poses that are there.")
def import_poses(
    folder: Path, video: str, file: Path, kind: str, first_frame: int, again: bool
) -> None:
    """Read the poses of VIDEO in FOLDER from FILE (a folder for OpenPose)."""
    from skelseg_core.project.pose_import import import_notes, import_pose_file

    project_folder, project = opened(folder)
    item = project.video(video)
    poses = import_pose_file(
        project_folder, project, video, file, kind, first_frame, again
    )
    found = int((poses.scores > 0).any(axis=(1, 2)).sum())
    click.echo(
        f"{item.id}: a person in {found:,} of {poses.n_frames:,} frames, "
        f"{poses.n_individuals} at once or less"
    )
    for note in import_notes(file, poses, kind):
        click.echo(note, err=True)


@click.command("export-poses")
@click.argument("folder", type=PATH)
@click.option(
    "--format", "kind", type=NameOf(_written), required=True, help="For which tool."
)
@click.option("--out", required=True, type=PATH, help="Folder to write to.")
@only_option
def export_poses(folder: Path, kind: str, out: Path, videos: tuple[str, ...]) -> None:
    """Write the poses of FOLDER as pose files of another tool, one per video.

    Keypoints that were corrected are written as corrected.
    """
    from skelseg_core.formats.export_folder import MANIFEST_SCHEMA, export_folder
    from skelseg_core.project.pose_files import format_named, save_pose_file
    from skelseg_core.project.video_poses import load_video_poses

    project_folder, project = opened(folder)
    ids = video_ids(folder, videos)
    there = [v for v in ids if project_folder.poses_path(v).is_file()]
    missing = [v for v in ids if v not in there]
    if missing and (videos or not there):
        raise ProjectError(
            "{} has no poses; estimate them with 'skelseg poses', or import them.",
            missing[0],
        )
    suffix = format_named(kind).written_suffix
    about = {"schema": MANIFEST_SCHEMA, "poses": kind}
    with export_folder(out, [f"{v}{suffix or '/'}" for v in there], about) as made:
        for video in there:
            item = project.video(video)
            place = project_folder.poses_path(video)
            poses = load_video_poses(place, item, project.skeleton)
            run_task(save_pose_file(made / f"{video}{suffix}", poses, kind))
    click.echo(f"Wrote the poses of {len(there)} of {len(ids)} videos to {out}")

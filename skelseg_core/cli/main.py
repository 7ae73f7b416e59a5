"""The command line: every step of the loop without a window.

A user's mistake ends with exit code 2 and one sentence; anything long shows a bar.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skelseg_core import __version__
from skelseg_core.cli.agree import agree_command, copy_command
from skelseg_core.cli.backups import backups_command
from skelseg_core.cli.by_example import fill_command
from skelseg_core.cli.choice_options import ChoicesCommand
from skelseg_core.cli.doctor import doctor_command
from skelseg_core.cli.evaluate import evaluate_command
from skelseg_core.cli.export import export_command, export_poses
from skelseg_core.cli.importing import (
    import_annotator_command,
    import_command,
    import_dataset_command,
)
from skelseg_core.cli.info import formats_command, info_command
from skelseg_core.cli.people import people_command
from skelseg_core.cli.poses import estimators_command, import_poses, skeleton_command
from skelseg_core.cli.run import run_command
from skelseg_core.cli.statistics import stats_command
from skelseg_core.cli.terminal import (
    INTERRUPTED,
    PATH,
    CommandGroup,
    change_project,
    device_option,
    every_option,
    jobs_option,
    json_option,
    look_at_every,
    model_option,
    only_option,
    opened,
    print_json,
    run_task,
    run_videos,
    save_and_tell,
    threads_option,
    track_ids,
    unexpected,
    video_ids,
)
from skelseg_core.cli.tiers import tiers_command
from skelseg_core.cli.train import measure_command, presets_command, train_command
from skelseg_core.cli.written import written_command
from skelseg_core.errors import ProjectError
from skelseg_core.estimators.registry import BUNDLED, EXACT
from skelseg_core.logs import DEBUG
from skelseg_core.module_commands import module_command
from skelseg_core.said import counted
from skelseg_core.tasks.pictures.picture_choices import WRITTEN
from skelseg_core.video.media_path import in_folders, to_be_added

if TYPE_CHECKING:
    from skelseg_core.tasks.poses import EstimateChoices


def main() -> None:
    """Run the command line."""
    try:
        cli(prog_name="skelseg")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:
        sys.exit(unexpected(error))


@click.group(
    "skelseg",
    cls=CommandGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
@click.version_option(__version__, prog_name="skelseg")
@click.option(
    "--debug", is_flag=True, help="Print the traceback of an unexpected error."
)
@click.pass_context
def cli(ctx: click.Context, debug: bool) -> None:
    """Label actions in long videos, frame by frame, with a network that learns."""
    if debug:
        os.environ[DEBUG] = "1"
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@cli.command()
@click.argument("folder", type=PATH)
@click.option(
    "--classes",
    required=True,
    type=PATH,
    help="Text file with one class name per line.",
)
@click.option(
    "--skeleton",
    default="coco17",
    show_default=True,
    help="Name of a skeleton, or a YAML file that describes one (such as an animal's).",
)
def init(folder: Path, classes: Path, skeleton: str) -> None:
    """Make a new project in FOLDER."""
    from skelseg_core.formats.class_list import load_class_names
    from skelseg_core.labels.classes import label_map_from_names
    from skelseg_core.poses.skeleton_file import find_skeleton
    from skelseg_core.project.folder import create_project

    label_map = label_map_from_names(load_class_names(classes))
    create_project(folder, label_map, find_skeleton(skeleton).name)
    click.echo(f"Made project {folder} with {counted(len(label_map), 'class')}.")


@cli.command()
@click.argument("folder", type=PATH)
@click.argument("videos", nargs=-1, required=True, type=PATH)
@click.option(
    "--rate", type=float, help="Images per second of image sequences (25 by default)."
)
@json_option
def add(
    folder: Path, videos: tuple[Path, ...], rate: float | None, as_json: bool
) -> None:
    """Add VIDEOS to the project in FOLDER; of a folder of videos, all in it.

    A folder of images, a pattern such as frames/img_%05d.png, or one image of a
    numbered run is a video too; clip.mkv#2 is the second video stream of a file.
    """
    from skelseg_core.project.folder import notes_on_video, probe_video
    from skelseg_core.project.project_edits import add_video
    from skelseg_core.project.proposed_people import proposal_text, proposed_people
    from skelseg_core.said import counted

    project_folder, before = opened(folder)
    project = before
    for video in to_be_added(in_folders(videos), rate):
        project = add_video(project, probe_video(video, project_folder, project))
    save_and_tell(project_folder, project, before)
    added: list[dict[str, Any]] = [
        {
            "video": item.id,
            "n_frames": item.n_frames,
            "width": item.width,
            "height": item.height,
            "mean_rate": item.mean_rate,
            "notes": notes_on_video(project_folder.video_path(item)),
        }
        for item in project.videos[len(before.videos) :]
    ]
    if as_json:
        print_json({"videos": added})
        return
    for new in added:
        click.echo(
            f"{new['video']}: {counted(new['n_frames'], 'frame')}, "
            f"{new['width']}x{new['height']}, {new['mean_rate']:.2f} per second"
        )
        for said in new["notes"]:
            click.echo(f"  {said}")
    proposed = proposed_people(project, [new["video"] for new in added])
    if proposed:
        click.echo(
            f"The names suggest videos of {proposal_text(proposed)}; if so, set "
            f"them with 'skelseg people {folder} --by-names'."
        )


@cli.command()
@click.argument("folder", type=PATH)
@click.argument("place", type=PATH)
@json_option
def find(folder: Path, place: Path, as_json: bool) -> None:
    """Look in PLACE, and all below it, for the moved videos of the project in FOLDER.

    A video is known by what is in its file: it may have another name.
    """
    from skelseg_core.project.copies.moved_videos import find_videos, relocated

    project_folder, before = opened(folder)
    search = run_task(find_videos(project_folder, before, place))
    save_and_tell(project_folder, relocated(before, search), before)
    if as_json:
        found = {video: str(path) for video, path in search.found.items()}
        print_json({"found": found, "missing": list(search.missing)})
    else:
        for video, path in search.found.items():
            click.echo(f"{video}: {path}")
    if search.missing:
        names = ", ".join(search.missing)
        raise ProjectError("Not found in {}: {}; look in another folder.", place, names)
    if not (search.found or as_json):
        click.echo("No video is missing.")


@cli.command(cls=ChoicesCommand, choices="tasks.poses.EstimateChoices")
@click.argument("folder", type=PATH)
@only_option
@every_option
@jobs_option
@json_option
@threads_option
@device_option
def poses(
    folder: Path,
    videos: tuple[str, ...],
    choices: EstimateChoices,
    every: int | None,
    jobs: int,
    as_json: bool,
    threads: int,
) -> None:
    """Estimate the poses of the videos in FOLDER."""
    from skelseg_core.files import check_writable
    from skelseg_core.project.folder import ProjectFolder
    from skelseg_core.tasks.poses import estimate_poses

    def tell(video: str, result: Mapping[str, Any]) -> None:
        by = "" if result["by"] == BUNDLED else f", by {result['estimator']}"
        kept = "; these poses existed before, --again estimates new ones"
        click.echo(
            f"{video}: a person in {result['with_person']:,} of "
            f"{result['n_frames']:,} frames{by}{kept if result['kept'] else ''}"
        )

    ids = video_ids(folder, videos)
    if every is not None or choices.estimator or choices.weights:
        chosen = change_project(folder, choices.set_in).pose_estimator
        if every is not None and chosen not in ("", EXACT):
            raise click.UsageError(
                "--every is for movenet; the others look at every frame"
            )
    if every is not None:
        look_at_every(folder, every)
    project_folder = ProjectFolder(folder)
    if choices.again or not all(project_folder.poses_path(v).is_file() for v in ids):
        check_writable(project_folder.project_file)
    same, workers = vars(choices), (jobs, threads, as_json)
    run_videos(estimate_poses, "poses", folder, ids, same, tell, *workers)


@cli.command()
@click.argument("folder", type=PATH)
@model_option
@only_option
@click.option(
    "--free",
    is_flag=True,
    help="Ignore what a person labelled: all labels are the model's.",
)
@jobs_option
@json_option
@threads_option
@device_option
def predict(
    folder: Path,
    model: str,
    videos: tuple[str, ...],
    free: bool,
    jobs: int,
    as_json: bool,
    threads: int,
) -> None:
    """Pre-label the videos in FOLDER by a model; annotations stay as they are.

    What a person labelled or reviewed in a video is kept and guides the rest, so such a
    prediction does not measure the model; with --free it does.
    """
    from skelseg_core.file_names import same_name
    from skelseg_core.files import check_writable
    from skelseg_core.learning.likeness import UNLIKE
    from skelseg_core.project.folder import ProjectFolder
    from skelseg_core.tasks.model_tiers import tracks_for
    from skelseg_core.tasks.predict import predict as task
    from skelseg_core.tasks.predict import usable_model

    ids = track_ids(folder, videos)
    project_folder = ProjectFolder(folder)
    model = same_name(model, project_folder.model_names()) or model
    # Checked once here: an error of the model or the folder would recur in every video.
    project = project_folder.outline()
    _, info = usable_model(project_folder, project, model)
    ids = tracks_for(info, project, ids)
    check_writable(project_folder.project_file)

    def tell(video: str, result: Mapping[str, Any]) -> None:
        n_fixed = result["n_fixed"]
        kept = f", {counted(n_fixed, 'frame')} kept as labelled" if n_fixed else ""
        unlike = f"; {UNLIKE}" if result.get("unlike") else ""
        found = counted(result["n_segments"], "segment")
        click.echo(f"{video}: {found}{kept}{unlike}")
        if result.get("all_one"):
            click.echo(f"The whole of {video} is {result['all_one']}: check it.")

    same, workers = {"model": model, "free": free}, (jobs, threads, as_json)
    run_videos(task, "predict", folder, ids, same, tell, *workers, tracks=project)


@cli.command()
@click.argument("targets", nargs=-1, type=PATH)
def app(targets: tuple[Path, ...]) -> None:
    """Open the window on a project, videos, a folder of them, or what was open last."""
    _open_window([str(target) for target in targets])


@cli.command()
@click.option("--write", "folder", type=PATH, help="Write the demo to this folder.")
def demo(folder: Path | None) -> None:
    """Open the demo project, or write it and its true labels to a folder."""
    from skelseg_core.project.demo_project import write_demo

    if folder is None:
        _open_window(["--demo"])
        return
    project = write_demo(folder)
    click.echo(f"Wrote {counted(len(project.videos), 'clip')} to {folder}")


def _open_window(arguments: list[str]) -> None:
    """Replace this process by the window; the core never imports Qt."""
    command = module_command("app", *arguments)
    if os.name == "nt":
        sys.exit(subprocess.call(command))
    sys.stdout.flush()
    _exec: Callable[..., Any] = os.execv
    _exec(command[0], command)


cli.add_command(train_command)
cli.add_command(run_command)
cli.add_command(measure_command)
cli.add_command(presets_command)
cli.add_command(estimators_command)
cli.add_command(evaluate_command)
cli.add_command(agree_command)
cli.add_command(copy_command)
cli.add_command(stats_command)
for written in WRITTEN:
    cli.add_command(written_command(written))
cli.add_command(people_command)
cli.add_command(tiers_command)
cli.add_command(fill_command)
cli.add_command(doctor_command)
cli.add_command(import_command)
cli.add_command(import_dataset_command)
cli.add_command(import_annotator_command)
cli.add_command(backups_command)
cli.add_command(import_poses)
cli.add_command(skeleton_command)
cli.add_command(export_poses)
cli.add_command(export_command)
cli.add_command(formats_command)
cli.add_command(info_command)

if __name__ == "__main__":
    main()

"""The commands ``skelseg render``, ``clips`` and ``plot``: labels to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from skelseg_core.cli.completion import complete_lanes, complete_videos
from skelseg_core.cli.terminal import (
    PATH,
    json_option,
    only_option,
    print_json,
    run_task,
)

lanes_option = click.option(
    "--lanes",
    "lanes",
    metavar="LANE...",
    multiple=True,
    shell_complete=complete_lanes,
    help="annotation (the default), prediction:MODEL or annotator:NAME.",
)
# What follows the first lane, as in: --lanes annotation prediction:first
more_lanes = click.argument("more", metavar="[LANE]...", nargs=-1)


@click.command("render")
@click.argument("folder", type=PATH)
@click.argument("video", shell_complete=complete_videos)
@more_lanes
@click.option("--out", required=True, type=PATH, help="MP4 file to write.")
@click.option(
    "--range",
    "frames",
    metavar="A:B",
    default="",
    help="Frames A up to B (120:480), or seconds (4.5s:12s); all by default.",
)
@lanes_option
@click.option("--no-skeleton", is_flag=True, help="Draw no skeleton of the subject.")
@click.option("--heatmap", is_flag=True, help="Draw what a network gets of the poses.")
@json_option
def render_command(
    folder: Path,
    video: str,
    out: Path,
    no_skeleton: bool,
    as_json: bool,
    lanes: Sequence[str],
    more: Sequence[str],
    **given: Any,
) -> None:
    """Write VIDEO of FOLDER with its labels burned in, frame for frame.

    Below the picture stand label, time and frame, and the lanes as strips. Every frame
    has the time that it has in the video, and the sound is kept. A file that skelseg
    did not render, or that was changed since, is not replaced.
    """
    from skelseg_core.formats.dataset import counted
    from skelseg_core.tasks.render import render

    made = run_task(
        render(
            str(folder),
            video,
            str(out),
            lanes=(*lanes, *more),
            skeleton=not no_skeleton,
            **given,
        )
    )
    frames_said = counted(made["n_frames"], "frame")
    _tell(made, f"Wrote {frames_said} to {made['file']}.", as_json)


@click.command("clips")
@click.argument("folder", type=PATH)
@click.option("--out", required=True, type=PATH, help="Folder to write to.")
@click.option(
    "--lane",
    default="annotation",
    show_default=True,
    shell_complete=complete_lanes,
    help="annotation, prediction:MODEL or annotator:NAME.",
)
@only_option
@click.option(
    "--class",
    "classes",
    metavar="NAME",
    multiple=True,
    help="Only this class; may be repeated.",
)
@json_option
def clips_command(
    folder: Path,
    out: Path,
    as_json: bool,
    videos: Sequence[str],
    classes: Sequence[str],
    lane: str,
) -> None:
    """Write one video file for each labelled segment of FOLDER.

    Each class has a folder. A clip has exactly the frames of its segment, with their
    times and sound; clips.csv says of each file which video, frames and class it is.
    Files of others are not replaced.
    """
    from skelseg_core.formats.dataset import counted
    from skelseg_core.tasks.clips import clips

    task = clips(str(folder), str(out), lane, tuple(videos), tuple(classes))
    made = run_task(task)
    files, frames = counted(made["n_clips"], "clip"), counted(made["n_frames"], "frame")
    _tell(made, f"Wrote {files} of {frames} to {made['folder']}.", as_json)


@click.command("plot")
@click.argument("folder", type=PATH)
@more_lanes
@click.option("--out", required=True, type=PATH, help="SVG, PDF or PNG file to write.")
@lanes_option
@only_option
@click.option(
    "--transitions", is_flag=True, help="Draw which class follows which instead."
)
@json_option
def plot_command(
    folder: Path,
    out: Path,
    as_json: bool,
    lanes: Sequence[str],
    more: Sequence[str],
    videos: Sequence[str],
    transitions: bool,
) -> None:
    """Draw the labels of FOLDER over time, a row for each video and lane.

    Classes have the colours and textures of the window. The ending of the file says
    the kind of picture; in an SVG and a PDF text stays text.
    """
    from skelseg_core.formats.dataset import counted
    from skelseg_core.tasks.plot import plot

    task = plot(str(folder), str(out), (*lanes, *more), tuple(videos), transitions)
    made = run_task(task)
    rows, videos = counted(made["n_rows"], "row"), counted(made["n_videos"], "video")
    _tell(made, f"Drew {rows} of {videos} into {made['file']}.", as_json)


def _tell(made: dict[str, Any], sentence: str, as_json: bool) -> None:
    for note in made["notes"]:
        click.echo(note, err=True)
    if as_json:
        print_json(made)
    else:
        click.echo(sentence)

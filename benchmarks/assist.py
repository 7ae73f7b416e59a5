"""Correct the labels of a video by a script, line by line, for studies.

    python -m benchmarks.assist DIR VIDEO --model NAME --json-lines

What a person labelled stands; the rest is as the model says. First and after every
command one line is printed: {"lane": [[start, stop, class], ...], "proposal": null,
"item": null or {"start", "stop", "why"}, "error": null or "..."}. A class is an id of
the project, null is unlabelled. The program makes no proposals: "proposal" is always
null, and "take" is answered by an error.

    {"do": "relabel", "frame": 40, "class": 3}   the segment at a frame
    {"do": "move", "frame": 52, "to": 49}        the boundary that begins at 52
    {"do": "paint", "start": 10, "stop": 20, "class": 3}
    {"do": "accept", "start": 0, "stop": 52}     looked at, and right now
    {"do": "take"}                               the proposal: there is none
    {"do": "next"}                               the next place worth a look: item
    {"do": "undo"}
    {"do": "quit"}                               saves

What cannot be done changes nothing and says why in "error". Nothing is written before
"quit"; where the lines end without it, nothing is. Where it cannot be saved the exit
code is 2. Meanwhile nobody else can label the video.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from benchmarks.assist_lines import MAX_LINE, AssistLines
from benchmarks.assist_session import AssistSession, begun
from skelseg_core.cli.terminal import (
    PATH,
    Mistake,
    model_option,
    opened,
    run_task,
    save_and_tell,
    threads_option,
    track_ids,
)
from skelseg_core.errors import FormatError, ProjectError, SkelsegError, unreachable
from skelseg_core.labels.constraints import protected_labels
from skelseg_core.labels.prediction import Prediction
from skelseg_core.labels.segmentation import UNLABELLED
from skelseg_core.predictions.fitting import fitting_prediction
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.holds.claims import claimed
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import check_labels, set_lane
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.queue import Queue
from skelseg_core.tasks.predict import predict, usable_model


@click.command(help=(__doc__ or "").replace("\n\n", "\n\n\b\n"))
@click.argument("folder", type=PATH)
@click.argument("video")
@model_option
@click.option("--json-lines", is_flag=True, required=True)
@threads_option
def assist(
    folder: Path, video: str, model: str, json_lines: bool, threads: int
) -> None:
    try:
        correct(folder, video, model, threads)
    except SkelsegError as error:
        raise Mistake(str(error)) from error
    except OSError as error:
        raise Mistake(unreachable(error)) from error


def correct(folder: Path, video: str, model: str, threads: int) -> None:
    """Read commands and print answers until the lines end."""
    video = track_ids(folder, [video])[0]
    with claimed(folder, [video]) as claims:
        project_folder, project = opened(folder)
        item = project.track(video)
        check_labels([item])
        evidence = evidence_of(project_folder, project, item, model, threads)
        session = session_of(project, item, evidence)

        def save() -> None:
            claims.take(video)  # raises where somebody took it over meanwhile
            after = set_lane(project, video, ANNOTATION, session.annotation)
            save_and_tell(project_folder, after, project, claims.held)

        lines = AssistLines(session, save)
        say(lines.answer())
        while not lines.ended:
            line = sys.stdin.buffer.readline(MAX_LINE + 1)
            if not line:
                return
            lines.do(line)
            while len(line) > MAX_LINE and not line.endswith(b"\n"):
                line = sys.stdin.buffer.readline(MAX_LINE + 1)
            say(lines.answer())
        if lines.error is not None:
            raise Mistake(lines.error)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def evidence_of(
    folder: ProjectFolder, project: Project, item: Track, model: str, threads: int
) -> Evidence:
    """Read what a model says of a video; it predicts it first where it did not."""
    _, info = usable_model(folder, project, model)
    found = stored(folder, project, item, model)
    if found is None or found.model_key != info.key:
        run_task(predict(str(folder.root), item.id, model, threads))
        found = stored(folder, project, item, model)
    if found is None:
        raise ProjectError(
            "The prediction of {} for {} cannot be read; pre-label it again.",
            model,
            item.id,
        )
    return Evidence.of(found, info, project.label_map, item.video.mean_rate)


def stored(
    folder: ProjectFolder, project: Project, item: Track, model: str
) -> Prediction | None:
    """Load the stored prediction of a video; None without one that fits."""
    try:
        return fitting_prediction(folder, project, item, model)
    except FormatError:
        return None


def session_of(project: Project, item: Track, evidence: Evidence) -> AssistSession:
    names = {c.id: c.name for c in project.label_map.classes}
    begin = begun(item.annotation, evidence)
    known = protected_labels(item.annotation) != UNLABELLED
    queue = Queue(evidence, names, begin, known)
    return AssistSession(
        begin, project.label_map, lambda lane: queue.items(lane.segmentation)
    )


if __name__ == "__main__":
    assist()

"""Models for scripts and notebooks: training, pre-labels, scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from skelseg_core.choices import takes
from skelseg_core.cli.terminal import run_task
from skelseg_core.library.exchange import Folder
from skelseg_core.library.sentences_as_warnings import tell
from skelseg_core.progress import in_turn
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.tracks import TrackId
from skelseg_core.tasks.evaluation import (
    EvaluationChoices,
    evaluate_folders,
    why_nothing,
)
from skelseg_core.tasks.train import TrainChoices
from skelseg_core.tasks.train import train as training


@takes(TrainChoices)
def train(
    project: Folder, name: str, choices: TrainChoices, *, measure: bool = True
) -> dict[str, float]:
    """Train a model on what is labelled in a project, and say what it is worth.

    Parameters
    ----------
    project : path
        Folder of the project; the model is put into its ``models/``.
    name : str
        Of the new model.
    measure : bool
        Whether the recipe is trained again without a part of the labels, one part
        after the other, and scored on that part.

    Returns
    -------
    dict of str to float
        ``accuracy``, ``edit``, ``f1@10``, ``f1@25``, ``f1@50`` in percent, on frames
        the model had not seen; empty where that was not measured or cannot be.

    Raises
    ------
    SkelsegError
        Where there is nothing to learn from, or the name is taken.
    """
    from skelseg_core.learning.model_info import load_info
    from skelseg_core.tasks.measure_model import measure as measuring

    run_task(training(str(project), name, **vars(choices)))
    if not measure:
        return {}
    run_task(measuring(str(project), name))
    info = load_info(ProjectFolder(Path(project)).model_dir(name))
    return dict(info.held_out) if info.measured else {}


def predict(
    project: Folder, model: str, videos: Sequence[str] = (), *, free: bool = False
) -> dict[str, int]:
    """Pre-label videos by a model of the project, into lanes ``prediction:<model>``.

    Annotations stay as they are; what a person labelled guides the rest.

    Parameters
    ----------
    project : path
        Folder of the project.
    model : str
        Name of the model.
    videos : sequence of str
        Names, as ``skelseg info`` has them; all by default.
    free : bool
        Whether what a person labelled is left aside, so that the prediction can be
        scored.

    Returns
    -------
    dict of str to int
        Number of segments by the name of the video, or of its track.

    Raises
    ------
    SkelsegError
        Where there is no such model or video; videos before it have been done.
    """
    from skelseg_core.learning.likeness import UNLIKE
    from skelseg_core.tasks.model_tiers import tracks_for
    from skelseg_core.tasks.predict import predict as predicting
    from skelseg_core.tasks.predict import usable_model

    folder = ProjectFolder(Path(project))
    opened = folder.outline()
    ids = opened.matching(videos) or list(opened.track_ids)
    _, info = usable_model(folder, opened, model)
    ids = tracks_for(info, opened, ids)
    done = run_task(
        in_turn(ids, lambda v: predicting(str(project), TrackId(v), model, free=free))
    )
    said = {opened.titled(track): result for track, result in done.items()}
    tell(f"{title}: {UNLIKE}" for title, result in said.items() if result["unlike"])
    return {title: int(result["n_segments"]) for title, result in said.items()}


@takes(EvaluationChoices)
def evaluate(project: Folder, choices: EvaluationChoices) -> dict[str, Any]:
    """Score a lane of a project against another, where the model had not seen it.

    Parameters
    ----------
    project : path
        Folder of the project.

    Returns
    -------
    dict
        ``accuracy``, ``edit``, ``f1@10``, ``f1@25``, ``f1@50`` in percent; None, with a
        warning, where nothing is left to score; ``n_videos``, ``n_frames``;
        ``left_out`` says how much was, and why.

    Raises
    ------
    SkelsegError
        Where a lane or a class is missing.
    """
    folder = Path(project)
    scores = evaluate_folders(folder, folder, **vars(choices))
    tell(filter(None, [why_nothing(scores)]))
    return scores

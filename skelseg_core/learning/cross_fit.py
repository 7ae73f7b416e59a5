"""Cross-validation of a training: scores on frames that the model has not seen.

The recipe is trained again without a part of the labels, and that part is scored, for
one part after the other (`folds.plan_held_out`). The figures, the temperature of the
probabilities and the labels that are in doubt all come from these models: none of them
has seen what it speaks of.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from skelseg_core.array_files import load_npz, save_npz
from skelseg_core.config import Preset
from skelseg_core.errors import FormatError
from skelseg_core.labels.decoding import pre_labels
from skelseg_core.labels.metrics import evaluate
from skelseg_core.labels.transitions import Transitions, count_transitions
from skelseg_core.learning.calibration import fit_temperature, tempered
from skelseg_core.learning.data import Sample
from skelseg_core.learning.doubtful_labels import Doubt, find_doubts
from skelseg_core.learning.folds import HoldOutPlan
from skelseg_core.learning.inference import predict_probabilities
from skelseg_core.learning.self_training import train_with_unlabelled
from skelseg_core.learning.training import TrainResult
from skelseg_core.learning.training_state import run_key
from skelseg_core.poses.skeleton import Skeleton
from skelseg_core.progress import Progress, Task, mapped

LEAST_VIDEOS = 5
"""Videos below which the temperature stays 1.

How sure a model may be differs more from video to video than from frame to frame: a
temperature of one or two videos made the probabilities of others worse.
"""

STEPS = 1000
"""Steps of the progress over all trainings."""


@dataclass(frozen=True, eq=False)
class HeldOutScores:
    """Scores of frames that the model had not seen.

    Parameters
    ----------
    video : str
    rate : float
        Frames per second.
    labels : ndarray of int, shape (T,)
        Column of the true class; -1 where no person labelled.
    probabilities : ndarray of float32, shape (T, C)
        As the network gives them.
    transitions : Transitions
        Counted in what the model was trained on.
    """

    video: str
    rate: float
    labels: np.ndarray
    probabilities: np.ndarray
    transitions: Transitions


@dataclass(frozen=True)
class CrossFit:
    """Result of cross-validation: held-out scores, temperature, labels in doubt.

    Parameters
    ----------
    held_out : Mapping
        ``accuracy``, ``edit``, ``f1@10``, ``f1@25``, ``f1@50`` in percent, decoded as
        pre-labels are; ``folds`` and ``how``. `measure_model` adds what it is of.
    temperature : float
        Of the probabilities.
    doubts : tuple of Doubt
        Labels that a model which has not seen them contradicts, the clearest first.
    found : Mapping of str to ndarray of int (T,)
        What was said of videos not seen: columns as decoded.
    """

    held_out: Mapping[str, Any]
    temperature: float
    doubts: tuple[Doubt, ...]
    found: Mapping[str, np.ndarray] = field(default_factory=dict, compare=False)


def cross_fit(
    samples: Sequence[Sample],
    truth: Mapping[str, np.ndarray],
    rates: Mapping[str, float],
    plan: HoldOutPlan,
    preset: Preset,
    n_classes: int,
    step: str,
    folder: Path | None = None,
    threads: int | None = None,
    skeleton: Skeleton | None = None,
    unlabelled: Sequence[Sample] = (),
) -> Task[CrossFit]:
    """Train without each part of the plan in turn, and score that part.

    Parameters
    ----------
    samples : Sequence[Sample]
        Videos to train on.
    truth : Mapping[str, ndarray of int (T,)]
        Labels by video that count as true; -1 elsewhere. Videos without any are left
        out with their part, and not scored.
    rates : Mapping[str, float]
        Frames per second by video.
    plan : HoldOutPlan
        With at least one part.
    preset : Preset
        The recipe.
    n_classes : int
    step : str
        What the progress is called; it counts over all trainings.
    folder : Path, optional
        Where what is done is kept, to go on after an interruption; emptied at the end.
    threads, skeleton
        As in `training.train`, which says what is raised as well.
    unlabelled : Sequence[Sample]
        Videos without labels that every training learns from, as the model did.
    """
    known = [s.name for s in samples if (truth[s.name] >= 0).any()]
    plans = [_without(samples, part, known) for part in plan.parts]
    sizes = [_n_labelled(train_on) for train_on, _ in plans]
    unseen: list[HeldOutScores] = []
    for n, (train_on, judged) in enumerate(plans):
        done, share = sum(sizes[:n]) / sum(sizes), sizes[n] / sum(sizes)
        place = None if folder is None else folder / f"part-{n + 1}"
        key = run_key(train_on, [*judged, *unlabelled], preset, n_classes)
        found = _kept(place, key, judged)
        if found is None:
            task = train_with_unlabelled(
                train_on,
                unlabelled,
                preset,
                n_classes,
                resume_from=place,
                threads=threads,
                skeleton=skeleton,
            )
            result = yield from _counted(task, step, done, share)
            found = [predict_probabilities(result.model, s.features) for s in judged]
            _keep(place, key, judged, found)
        transitions = count_transitions(
            ((s.labels, rates[s.name]) for s in train_on), n_classes
        )
        for sample, probabilities in zip(judged, found, strict=True):
            rate = rates[sample.name]
            unseen.append(
                HeldOutScores(
                    sample.name, rate, truth[sample.name], probabilities, transitions
                )
            )
    yield Progress(step, STEPS, STEPS)
    fit = summed_up(unseen)
    held_out = {**fit.held_out, "folds": len(plan.parts), "how": plan.how}
    if folder is not None:
        _remove_kept(folder, len(plan.parts))
    return replace(fit, held_out=held_out)


def summed_up(unseen: Sequence[HeldOutScores]) -> CrossFit:
    """Compute figures, temperature and doubtful labels of what models said unseen."""
    temperature = 1.0
    if len({u.video for u in unseen}) >= LEAST_VIDEOS:
        temperature = fit_temperature(
            np.concatenate([u.probabilities for u in unseen]),
            np.concatenate([u.labels for u in unseen]),
        )
    pairs, judged, said = [], [], {}
    for u in unseen:
        columns = range(u.probabilities.shape[1])
        found = pre_labels(u.probabilities, columns, u.rate, u.transitions)
        said[u.video] = found.to_frames()
        pairs.append((u.labels, said[u.video]))
        calibrated = tempered(u.probabilities, temperature)
        judged.append((u.video, u.rate, u.labels, calibrated))
    return CrossFit(evaluate(pairs), temperature, find_doubts(judged), said)


def _n_labelled(samples: Sequence[Sample]) -> int:
    return sum(int((s.labels >= 0).sum()) for s in samples)


def _without(
    samples: Sequence[Sample], part: Sequence[str], known: Sequence[str]
) -> tuple[list[Sample], list[Sample]]:
    """Split samples into what is trained on without a part, and what is scored."""
    return (
        [s for s in samples if s.name not in part],
        [s for s in samples if s.name in part and s.name in known],
    )


def _counted(
    task: Task[TrainResult], step: str, done: float, share: float
) -> Task[TrainResult]:
    """Convert the progress of one training to a part of the whole."""
    at = done

    def counted(now: Progress) -> Progress:
        nonlocal at
        if now.whole is not None:
            at = done + share * now.whole
        return Progress(step, int(STEPS * at), STEPS)

    return mapped(task, counted)


# -- what is kept of an interrupted cross-fit -----------------------------------------


def _path(place: Path) -> Path:
    return place.with_suffix(".npz")


def _keep(
    place: Path | None, key: str, judged: Sequence[Sample], found: Sequence[np.ndarray]
) -> None:
    if place is not None:
        arrays = {f"of.{s.name}": p for s, p in zip(judged, found, strict=True)}
        save_npz(_path(place), {"key": np.array(key), **arrays})


def _kept(
    place: Path | None, key: str, judged: Sequence[Sample]
) -> list[np.ndarray] | None:
    if place is None or not _path(place).is_file():
        return None
    try:
        arrays = load_npz(_path(place))
        if str(arrays["key"]) != key:
            return None
        return [arrays[f"of.{s.name}"] for s in judged]
    except (FormatError, KeyError):
        return None


def _remove_kept(folder: Path, n_parts: int) -> None:
    for n in range(n_parts):
        _path(folder / f"part-{n + 1}").unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()

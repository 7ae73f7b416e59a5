"""Measuring a model: cross-validated scores on frames that it has not seen."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skelseg_core.config import Preset, load_preset
from skelseg_core.errors import FormatError, SkelsegError
from skelseg_core.features.video_work import FeatureWork, cpu_threads
from skelseg_core.labels.agreed_prelabels import began_as_prelabels, judged_labels
from skelseg_core.labels.metrics import evaluate, runs
from skelseg_core.labels.segmentation import ABSENT, UNLABELLED
from skelseg_core.learning.folds import HoldOutPlan, plan_held_out, subjects_of
from skelseg_core.learning.model_info import (
    FIGURES,
    Confusion,
    ModelInfo,
    Place,
    load_info,
    save_info,
)
from skelseg_core.learning.recipes import LONG_S, PROPOSED, measuring_s
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.predictions.fitting import fitting_prediction
from skelseg_core.progress import Parts, Progress, Task
from skelseg_core.project.bodies import is_body_known
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.said import Said
from skelseg_core.tasks.model_folders import find_model
from skelseg_core.tasks.model_tiers import check_fit, to_learn
from skelseg_core.tasks.predict import learning_threads
from skelseg_core.tasks.train import (
    all_features,
    sample_of,
    state_dir,
    training_s,
    unlabelled_samples,
    unreviewed_frames,
    with_learnt_labels,
)
from skelseg_core.tasks.twin_videos import first_twins
from skelseg_core.torch_tools.needed import check_torch

if TYPE_CHECKING:
    from skelseg_core.learning.cross_fit import CrossFit


MOST_CONFUSED, MOST_PLACES = 12, 5
"""Pairs of classes that are kept, and places of each."""


def measure(
    root: str,
    name: str,
    threads: int = 0,
    allow_download: bool = False,
    previous: str = "",
) -> Task[dict[str, Any]]:
    """Score a model on frames that it has not seen, by training its recipe again.

    The recipe is trained without a part of the labels, and that part is scored: each
    labelled video once, in at most `recipes.MOST_FOLDS` trainings; the videos of a
    third of the people, where a training of this size takes longer than
    `recipes.LONG_S`; nothing, where one video is labelled. The scores, the temperature
    of the probabilities and the labels in doubt are written beside the model, which
    stays as it is. Copied pre-labels that nobody reviewed are trained on as in `train`,
    and not scored, nor are places that a person changed among them.

    Parameters
    ----------
    root, name : str
        Project folder and model.
    threads : int
        Processor threads; 0 means all.
    allow_download : bool
        Whether pretrained torchvision weights may be downloaded.
    previous : str
        A model whose pre-labels people corrected: how many of these corrections the
        measured one would have spared is counted as well, in ``against``. By default
        the one that it was compared with before.

    Returns
    -------
    dict
        ``model`` and ``held_out``: ``accuracy``, ``edit``, ``f1@10``, ``f1@25``,
        ``f1@50`` in percent, of ``n_videos`` of ``n_labelled``, ``n_frames``,
        ``n_segments``; ``low`` and ``high``, the accuracies of single people or videos
        (``by``); ``by_class``, the frames right of each class, by its name, and
        ``confused``, what the others were taken for, the most frequent first, as
        `Confusion`; ``n_people`` of the labelled videos, and ``n_unnamed`` of these in
        which nobody is named; ``by_video``, the accuracies of all; ``prelabelled``,
        the same of videos whose labels began as pre-labels, which are in no other
        figure; ``skeleton``, where the model sees pictures: what the proposed
        ``recipe``, which sees the skeleton alone, reaches on the same parts, with
        ``by_video``;
        ``same_film``, by video the first one that shows the same.
    """
    check_torch("Measuring a model")
    from skelseg_core.learning.cross_fit import cross_fit

    folder = ProjectFolder(Path(root))
    all_tiers = folder.load()
    path = find_model(folder, name)
    info = load_info(path)
    project = to_learn(all_tiers, check_fit(info, all_tiers).id)
    step = Said("accuracy of {}", name)
    yield Progress(step)
    items = with_learnt_labels(
        [v for v in project.tracks if v.id in info.videos and is_body_known(project, v)]
    )
    labels: dict[str, np.ndarray] = {v.id: persons_labels(project, v) for v in items}
    n_frames = sum(v.annotation.n_labelled for v in items)
    recipe = info.preset
    about = training_s(recipe, n_frames, items)
    firsts = yield from first_twins(folder, items, step)
    plan = held_out_plan(project, labels, about, firsts)
    if not plan.parts:
        why = plan.why
        if unreviewed_frames(items):
            why = (
                f"{why} Copied pre-labels that nobody reviewed, and single places that "
                "a person changed among them, do not count."
            )
        held_out: dict[str, Any] = {"how": plan.how, "why": why}
        save_info(path, dataclasses.replace(info, held_out=held_out))
        return {"model": name, "held_out": held_out}
    works = [FeatureWork(folder, project, v, cpu_threads(threads)) for v in items]
    others = still_unlabelled(project.tracks, info, items)

    def fitted(by: Preset, fit_s: float, step: str, place: str) -> Task[CrossFit]:
        found, parts = yield from all_features(works, by, allow_download, fit_s)
        samples = [sample_of(project, v, f) for v, f in zip(items, found, strict=True)]
        fitting = cross_fit(
            samples,
            labels,
            {v.id: v.video.mean_rate for v in items},
            plan,
            by,
            len(project.classes),
            step,
            folder=state_dir(folder, name) / place,
            threads=learning_threads(threads),
            skeleton=load_skeleton(project.skeleton),
            unlabelled=unlabelled_samples(folder, project, by, others),
        )
        return (yield from parts.part(fitting))

    costs = [measuring_s(about, len(items))]
    beside = skeleton_recipe(folder, recipe, items)
    skeleton: dict[str, Any] = {}
    if beside is not None:
        beside_s = training_s(beside, n_frames, items)
        costs.insert(0, len(plan.parts) * beside_s)
    whole = Parts(costs)
    if beside is not None:
        # First, as it is quick: what of the other is done is kept when it is stopped.
        step_beside = Said("accuracy of {}, of the skeleton alone", PROPOSED)
        task = fitted(beside, costs[0], step_beside, "measured-beside")
        # If it cannot use the skeleton, only the comparison is missing.
        with contextlib.suppress(SkelsegError):
            figures = _figures(project, (yield from whole.part(task)), labels)
            names = (*FIGURES, "by_video")
            said = {name: figures[name] for name in names if name in figures}
            skeleton = {"recipe": PROPOSED, **said}
    fit = yield from whole.part(fitted(recipe, costs[-1], step, "measured"))
    figures = _figures(project, fit, labels)
    figures |= {"same_film": twins} if (twins := _twins(project, firsts)) else {}
    if "accuracy" in skeleton and "accuracy" in figures:
        figures["skeleton"] = skeleton
    fit = dataclasses.replace(fit, held_out=figures)
    # Measured again, it is compared with the same model as before.
    previous = previous or str(info.held_out.get("against", {}).get("model", ""))
    if previous and "accuracy" in fit.held_out:
        against = _against(folder, project, fit, labels, previous)
        figures = {**fit.held_out, **({"against": against} if against else {})}
        fit = dataclasses.replace(fit, held_out=figures)
    measured = with_figures(info, fit, all_tiers)
    save_info(path, measured)
    with contextlib.suppress(OSError):
        state_dir(folder, name).rmdir()
    return {
        "model": name,
        "held_out": dict(measured.held_out),
        "n_doubtful": len(measured.doubtful),
    }


def persons_labels(project: Project, item: Track) -> np.ndarray:
    """List the channel indices (T,) by which a model can be judged; -1 elsewhere."""
    return project.classes.to_indices(judged_labels(item.annotation))


def _twins(project: Project, firsts: Mapping[TrackId, TrackId]) -> dict[str, str]:
    videos = {v.id: v.video_id for v in project.tracks}
    films = {videos[v]: videos[first] for v, first in firsts.items()}
    return {film: first for film, first in films.items() if film != first}


def skeleton_recipe(
    folder: ProjectFolder, recipe: Preset, items: Sequence[Track]
) -> Preset | None:
    """Return the proposed recipe where another sees pictures and there are poses."""
    if "rgb" not in recipe.model.modalities:
        return None
    if not all(folder.poses_path(v.video_id).is_file() for v in items):
        return None
    return load_preset(PROPOSED)


def still_unlabelled(
    videos: Sequence[Track], info: ModelInfo, judged: Sequence[Track]
) -> list[Track]:
    """List the videos that a model learnt from without labels and that none scores.

    One that was labelled since, or a copy of its file, would be learnt from and then
    be scored as if it were unseen.
    """
    ids = {v.id for v in judged}
    files = {v.video.fingerprint for v in judged} - {""}
    return [
        v
        for v in videos
        if v.id in info.unlabelled
        and v.id not in ids
        and v.video.fingerprint not in files
    ]


def _against(
    folder: ProjectFolder,
    project: Project,
    fit: CrossFit,
    labels: Mapping[str, np.ndarray],
    previous: str,
) -> dict[str, Any]:
    """Count corrections of a model's pre-labels that unseen frames now have right.

    Only pre-labels of videos that the model had not seen count, and of these only
    frames that a person had not labelled before. Empty where there are none.
    """
    counted, n_videos = Corrections(), 0
    for video, said in fit.found.items():
        item = project.track(TrackId(video))
        with contextlib.suppress(FormatError):
            before = fitting_prediction(folder, project, item, previous)
            if before.trained_on is not False:
                continue
            truth = np.where(before.fixed, UNLABELLED, labels[video])
            was = project.classes.to_indices(before.segmentation.to_frames())
            counted += compare_corrections(truth, was, said)
            n_videos += 1
    if not n_videos:
        return {}
    return {"model": previous, "n_videos": n_videos, **dataclasses.asdict(counted)}


def _figures(
    project: Project, fit: CrossFit, labels: Mapping[str, np.ndarray]
) -> dict[str, Any]:
    """Score what was said of videos not seen; without a stranger's truth, nothing."""
    found = fit.found
    agreed = [
        v
        for v in found
        if began_as_prelabels(project.track(TrackId(v)).annotation).any()
    ]
    rest = [v for v in found if v not in agreed]
    if not rest:
        why = (
            f"All labels of the {len(agreed)} videos began as pre-labels of a model, "
            "so the figures would be too high; label a video without one."
        )
        return {"how": "not measured", "why": why}

    absent = {v: project.track(TrackId(v)).annotation.absent for v in found}
    truths = {v: np.where(absent[v], ABSENT, labels[v]) for v in found}

    def scored(videos: Sequence[str]) -> dict[str, Any]:
        pairs = [(truths[v], found[v]) for v in videos]
        n_frames = sum(int((truth != UNLABELLED).sum()) for truth, _ in pairs)
        n_segments = sum(len(runs(truth)) for truth, _ in pairs)
        counts = {"n_frames": n_frames, "n_segments": n_segments}
        return {**evaluate(pairs), "n_videos": _count_videos(project, videos), **counts}

    labelled = [project.track(TrackId(v)) for v in labels]
    subjects = subjects_of(labelled)
    people: dict[str, list[str]] = {}
    for video in rest:
        people.setdefault(subjects[video], []).append(video)
    single = [scored(videos)["accuracy"] for videos in people.values()]
    spread = {"low": min(single), "high": max(single)} if len(single) > 1 else {}
    return {
        **fit.held_out,
        **scored(rest),
        "n_labelled": len({v.video_id for v in labelled}),
        "n_unnamed": len({v.video_id for v in labelled if not v.video.people}),
        "n_people": len(set(subjects.values())),
        **spread,
        "by": "people" if any(item.video.people for item in labelled) else "videos",
        "by_video": {v: round(scored([v])["accuracy"], 2) for v in found},
        **_by_class(project.classes.names, [(v, truths[v], found[v]) for v in rest]),
        **({"prelabelled": scored(agreed)} if agreed else {}),
    }


def _by_class(
    names: Sequence[str], judged: Sequence[tuple[str, np.ndarray, np.ndarray]]
) -> dict[str, Any]:
    """Say how many frames of each class are right, and what the others were taken for.

    Parameters
    ----------
    names : sequence of str
        Of the classes, by channel.
    judged : sequence of (str, ndarray, shape (T,), ndarray, shape (T,))
        Id of a track, the channels that a person named, and those that a model did.
    """
    truth = np.concatenate([t for _, t, _ in judged])
    said = np.concatenate([s for _, _, s in judged])
    by_class, found = {}, list[Confusion]()
    for n, name in enumerate(names):
        of = said[truth == n]
        if not len(of):
            continue
        by_class[name] = round(100 * float((of == n).mean()), 2)
        for other, n_frames in zip(
            *np.unique(of[of != n], return_counts=True), strict=True
        ):
            if other >= 0:
                places = list[Place]()
                for video, t, s in judged:
                    # 0 where it is so, unlabelled elsewhere.
                    found_runs = runs(((t == n) & (s == other)) - 1)
                    ends = zip(found_runs.starts, found_runs.stops, strict=True)
                    places += [
                        Place(track=video, start=int(a), stop=int(b)) for a, b in ends
                    ]
                places.sort(key=lambda at: at["start"] - at["stop"])
                confused = Confusion(
                    label=name,
                    said=names[other],
                    n_frames=int(n_frames),
                    places=places[:MOST_PLACES],
                )
                found.append(confused)
    found.sort(key=lambda one: -one["n_frames"])
    return {"by_class": by_class, "confused": found[:MOST_CONFUSED]}


def _count_videos(project: Project, tracks: Iterable[str]) -> int:
    return len({project.track(TrackId(track)).video_id for track in tracks})


def with_figures(info: ModelInfo, fit: CrossFit, project: Project) -> ModelInfo:
    """Add to a description what was measured, in the classes of each track."""
    # A mirrored tier has classes of these names; one that it lacks is not told.
    names = to_learn(project, check_fit(info, project).id).classes.names
    doubtful = []
    for d in fit.doubts:
        ids = {c.name: c.id for c in project.classes_of(d.video).classes}
        label, suggested = ids.get(names[d.label]), ids.get(names[d.suggested])
        if label is not None and suggested is not None:
            told = dataclasses.replace(d, label=label, suggested=suggested)
            doubtful.append(told)
    return dataclasses.replace(
        info,
        held_out=dict(fit.held_out),
        temperature=fit.temperature,
        doubtful=tuple(doubtful),
    )


def held_out_plan(
    project: Project,
    labels: Mapping[str, np.ndarray],
    train_s: float,
    firsts: Mapping[TrackId, TrackId],
) -> HoldOutPlan:
    """Plan what `measure` holds out of labels (T,) by video.

    ``train_s`` follows from the size of the work alone; ``firsts`` are `first_twins`.
    """
    subjects = subjects_of(project.track(TrackId(v)) for v in labels)
    return plan_held_out(labels, subjects, train_s > LONG_S, dict(firsts.items()))


@dataclass(frozen=True)
class Corrections:
    """Segments that one model had wrong, and what another makes of all of them.

    A segment counts as right where most of its frames are.

    Parameters
    ----------
    made : int
        Segments that the earlier model had wrong: a person corrected them.
    fixed : int
        Of these, the segments that the other model has right.
    broken : int
        Segments that the earlier model had right and the other has wrong.
    """

    made: int = 0
    fixed: int = 0
    broken: int = 0

    def __add__(self, other: Corrections) -> Corrections:
        return Corrections(
            self.made + other.made, self.fixed + other.fixed, self.broken + other.broken
        )


def compare_corrections(
    truth: np.ndarray, before: np.ndarray, now: np.ndarray
) -> Corrections:
    """Count what a person corrected of one model, and what another has right of it.

    Parameters
    ----------
    truth, before, now : ndarray of int, shape (T,)
        Framewise labels of the person and of the two models; -1 in ``truth`` is
        unlabelled, and is left out.
    """
    cuts = np.flatnonzero(np.diff(truth)) + 1
    starts = np.concatenate([[0], cuts])
    lengths = np.diff(np.append(starts, len(truth)))
    known = truth[starts] != UNLABELLED
    was = np.add.reduceat(before == truth, starts) * 2 > lengths
    is_ = np.add.reduceat(now == truth, starts) * 2 > lengths
    return Corrections(
        int((known & ~was).sum()),
        int((known & ~was & is_).sum()),
        int((known & was & ~is_).sum()),
    )

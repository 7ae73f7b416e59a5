"""Next video: which pre-labelled video teaches a model most when it is labelled."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from skelseg_core.errors import SkelsegError
from skelseg_core.labels.agreed_prelabels import learnt_labels
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.prediction import Prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.predictions.fitting import fitting_prediction
from skelseg_core.predictions.found import found_predictions
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import TrackId


@dataclass(frozen=True, eq=False)
class VideoSummary:
    """Sum up what a model says about a video.

    Parameters
    ----------
    doubt : float
        Mean of 1 - the largest probability of a frame, 0..1.
    mixture : ndarray of float, shape (C,)
        Share of each class of the project, which add up to 1.
    """

    doubt: float
    mixture: np.ndarray


@dataclass(frozen=True)
class WorthyVideo:
    """Hold a video, how unsure the model is of it, and how unlike it is to labelled.

    Parameters
    ----------
    doubt : float
        As in a `VideoSummary`.
    unlike : float
        Share of the video, 0..1, that has other classes than the labelled video with
        the most similar mixture of them; 1 where nothing is labelled.
    """

    video_id: TrackId
    doubt: float
    unlike: float


def order_videos(
    candidates: Mapping[TrackId, VideoSummary], labelled: Sequence[np.ndarray]
) -> list[WorthyVideo]:
    """Order videos, the one most worth labelling first.

    Doubt and unlikeness count the same: by their ranks, since their sizes cannot be
    compared.

    Parameters
    ----------
    candidates : Mapping[TrackId, VideoSummary]
        By video, in the order that decides between equals.
    labelled : sequence of ndarray of float, shape (C,)
        Mixture of the classes of each labelled video.
    """
    found = [
        WorthyVideo(video_id, said.doubt, _unlike(said.mixture, labelled))
        for video_id, said in candidates.items()
    ]
    ranks = _ranks([v.doubt for v in found]) + _ranks([v.unlike for v in found])
    order = np.argsort(-ranks, kind="stable")
    return [found[n] for n in order]


def _unlike(mixture: np.ndarray, labelled: Sequence[np.ndarray]) -> float:
    """Return the total variation distance to the nearest of some mixtures."""
    return min((float(np.abs(mixture - m).sum() / 2) for m in labelled), default=1.0)


def _ranks(values: Sequence[float]) -> np.ndarray:
    """Rank values (N,) from 0 up; equal ones share the mean of their ranks."""
    said = np.asarray(values, np.float64)
    below = (said[None] < said[:, None]).sum(axis=1)
    same = (said[None] == said[:, None]).sum(axis=1)
    ranks: np.ndarray = below + (same - 1) / 2
    return ranks


def summary_of(prediction: Prediction, label_map: LabelMap) -> VideoSummary:
    """Sum up a prediction that `in_classes` mapped to these classes."""
    said = np.asarray(prediction.probabilities, np.float64)
    mixture = np.zeros(len(label_map))
    channels = label_map.to_indices(np.asarray(prediction.class_ids, np.int64))
    known = channels >= 0
    np.add.at(mixture, channels[known], said[:, known].mean(axis=0))
    total = mixture.sum()
    doubt = float(1 - said.max(axis=1).mean())
    return VideoSummary(doubt, mixture / total if total else mixture)


def mixture_of(labels: Segmentation, label_map: LabelMap) -> np.ndarray | None:
    """Return the share of each class (C,) in labels; None where there are none."""
    frames = labels.class_frames
    counts = np.array([frames[class_id] for class_id in label_map.ids], np.float64)
    return counts / counts.sum() if counts.sum() else None


def find_worthy_videos(
    folder: ProjectFolder, project: Project, model: str, tier: str
) -> Task[list[WorthyVideo]]:
    """Order the unfinished videos with pre-labels of a tier.

    Those of ``model`` are looked at, else the newest; unreadable ones are left out.
    """
    project = project.of_tier(project.tier(tier))
    names, found = project.classes, dict[TrackId, VideoSummary]()
    there = found_predictions(folder.root)
    videos = [v for v in project.tracks if v.id in there and not v.finished]
    for n, item in enumerate(videos):
        yield Progress("looking at pre-labels", n, len(videos))
        of = model if model in there[item.id] else [*there[item.id]][-1]
        with contextlib.suppress(SkelsegError):
            said = fitting_prediction(folder, project, item, of)
            found[item.id] = summary_of(said, names)
    # From the labels that the models learn from, finished or not.
    mixtures = (mixture_of(learnt_labels(v.annotation), names) for v in project.tracks)
    return order_videos(found, [m for m in mixtures if m is not None])

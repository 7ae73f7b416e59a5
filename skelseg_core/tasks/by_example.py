"""By example: label the rest of a video, or others, like what a person labelled."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any

from skelseg_core.config import load_preset
from skelseg_core.errors import SkelsegError, VideoError
from skelseg_core.features.video_features import features_of, making_cost
from skelseg_core.features.video_work import FeatureWork, work_on
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import Parts, Progress, Task
from skelseg_core.project.poses_only_video import open_recording
from skelseg_core.project.project_edits import check_labels
from skelseg_core.project.tracks import TrackId, check_segments
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.review.by_example import (
    MOST_CELLS,
    SAMPLES_PER_S,
    Film,
    fill_by_example,
    fill_like_others,
)
from skelseg_core.said import Said

PRESET = "keypoints"
"""The preset whose features are compared: they need nothing but keypoints."""
_SHARE = 2.0
"""How long comparing takes, beside making the features."""


def fill(
    root: str, video_id: TrackId, start: int = 0, threads: int = 0
) -> Task[dict[str, Any]]:
    """Carry what a person labelled in a video to its open frames; nothing is written.

    Parameters
    ----------
    root, video_id : str
        Project folder and video.
    start : int
        First frame that may be labelled.
    threads : int
        Processor threads; 0 means all.

    Returns
    -------
    dict
        ``video``; ``labels``, a list of (start, stop, class id or None) over the whole
        video; ``repeats`` and ``n_frames`` as in `ByExample`.
    """
    work = work_on(root, video_id, threads)
    check_segments(work.project.tier(work.item.tier))
    check_labels([work.item])
    preset = load_preset(PRESET)
    parts = Parts([making_cost(work, preset), _SHARE])
    found = yield from parts.part(features_of(work, preset))
    step = Said("labels of {}", work.item.called)
    yield Progress(step, 0, 1, whole=parts.share)
    filled = fill_by_example(
        found.features[PRESET], work.item.annotation, start, work.item.video.mean_rate
    )
    yield Progress(step, 1, 1, whole=1.0)
    return {
        "video": video_id,
        "labels": [[s.start, s.stop, s.class_id] for s in filled.labels.segments],
        "repeats": filled.repeats,
        "n_frames": filled.n_frames,
    }


def fill_others(
    root: str,
    examples: Sequence[TrackId],
    video_ids: Sequence[TrackId],
    threads: int = 0,
) -> Task[dict[str, Any]]:
    """Carry what a person labelled in some videos to others; nothing is written.

    A video that cannot be read does not keep the others from being filled.

    Parameters
    ----------
    root : str
        Project folder.
    examples, video_ids : sequence of str
        Videos that are labelled, and those to fill, of one tier.
    threads : int
        Processor threads; 0 means all.

    Returns
    -------
    dict
        ``filled``, a list of dicts of ``video`` and ``labels`` as in `fill`;
        ``unlike``, the videos that show nothing like the examples; ``failed``, pairs
        of a video and the sentence why it could not be read.
    """
    works = [work_on(root, video, threads) for video in (*examples, *video_ids)]
    items = [work.item for work in works]
    check_segments(works[0].project.tier(items[0].tier))
    check_labels(items)
    preset = load_preset(PRESET)
    n = len(examples)
    per_s = _samples_per_s(items[:n], items[n:])
    # A video of which everything is kept takes a moment as well.
    parts = Parts([*(making_cost(work, preset) + 0.1 for work in works), 0.1 * n])
    films: list[Film] = []
    failed: list[tuple[TrackId, Said]] = []
    for place, work in enumerate(works):
        try:
            films.append((yield from parts.part(_film_of(work, per_s))))
        except SkelsegError as error:
            if place < n:
                raise
            failed.append((work.item.id, Said(error.id, *error.values)))
    lost = {video for video, _ in failed}
    there = [video for video in video_ids if video not in lost]
    yield Progress(Said("labels of {} videos", len(there)), 0, 1, whole=parts.share)
    labels = fill_like_others(films[:n], films[n:])
    found = list(zip(there, labels, strict=True))
    return {
        "filled": [
            {
                "video": video,
                "labels": [[s.start, s.stop, s.class_id] for s in lane.segments],
            }
            for video, lane in found
            if lane is not None and lane.n_labelled
        ],
        "unlike": [v for v, lane in found if lane is None or not lane.n_labelled],
        "failed": failed,
    }


def _film_of(work: FeatureWork, per_s: float) -> Task[Film]:
    """Take samples of the subject of a video, after its poses are found."""
    found = yield from features_of(work, load_preset(PRESET))
    try:
        roots = work.project.media_roots
        with open_recording(work.folder, work.item, roots) as reader:
            times = reader.times
    except VideoError:
        times = work.item.video.even_times
    return Film.of(found.subject, times, work.item.annotation, per_s)


def _samples_per_s(examples: Sequence[Track], items: Sequence[Track]) -> float:
    """Choose so many samples a second that the longest video can be compared."""
    labelled_s = sum(item.video.even_times.duration_s for item in examples)
    longest_s = max(item.video.even_times.duration_s for item in items)
    most = sqrt(MOST_CELLS / max(1.0, labelled_s * longest_s))
    return min(SAMPLES_PER_S, most)


def labels_of(result: dict[str, Any]) -> Segmentation:
    """Build the segmentation that `fill` found from its plain values."""
    from skelseg_core.labels.segmentation import Segment

    return Segmentation(
        tuple(Segment(a, b, class_id, "model") for a, b, class_id in result["labels"])
    )

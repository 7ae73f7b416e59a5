"""Labels shifted against motion: the same offset at all boundaries of a video.

What the hands do as an action begins is alike wherever that action begins: in one data
set they rest, in another they move fastest. So the speed around the boundaries of a
video is compared with that around boundaries of the same classes in the other videos of
the project, at every offset up to `REACH_S`. On the 16 videos of UW-IOM, left as they
are and shifted by 0.5, 1 and 2 s, each offset found is within 0.2 s of the true one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from skelseg_core.doctor.finding import Case, Finding
from skelseg_core.errors import SkelsegError
from skelseg_core.poses.kinematics import mean_speed, speeds_of
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.project.project import VideoItem
from skelseg_core.project.video_poses import load_subject_poses

STEP_S = 0.1
"""Seconds from one offset that is tried to the next."""
AROUND_S = 2.0
"""Seconds to either side of a boundary that are compared."""
REACH_S = 3.0
"""Largest offset in seconds that is looked for."""
LEAST_S = 0.35
"""Offset in seconds from which on it is told of; smaller ones may be chance."""
FEWEST_VIDEOS = 4
"""Labelled videos with poses from which on there is something to compare with."""
FEWEST_ALIKE = 5
"""Boundaries of a class in other videos that make a pattern."""
FEWEST_BOUNDARIES = 20
"""Boundaries with a pattern that a video needs."""

_AROUND, _REACH = round(AROUND_S / STEP_S), round(REACH_S / STEP_S)


@dataclass(frozen=True, eq=False)
class _Motion:
    """Speeds around the boundaries of one video, and the class that begins at each.

    Parameters
    ----------
    classes : tuple of int or None
    speeds : ndarray of float, shape (n_boundaries, 2 * (_AROUND + _REACH) + 1)
    """

    item: VideoItem
    classes: tuple[int | None, ...]
    speeds: np.ndarray


def shifted_labels(case: Case) -> Iterator[Finding]:
    """Find videos whose labels fit the motion better some tenths of a second away."""
    motions = [m for m in (_motion(case, v) for v in case.project.videos) if m]
    if len(motions) < FEWEST_VIDEOS:
        return
    for motion in motions:
        offset_s = offset_of(motion, [m for m in motions if m is not motion])
        if offset_s is None or abs(offset_s) < LEAST_S:
            continue
        when = "later" if offset_s > 0 else "earlier"
        yield Finding(
            "shifted",
            "warning",
            f"The labels of {motion.item.id} would fit the motion better "
            f"{abs(offset_s):.1f} s {when}, all of them; look at a few boundaries, and "
            "whether they are of this very video.",
            motion.item.id,
        )


def offset_of(motion: _Motion, others: Sequence[_Motion]) -> float | None:
    """Find the offset in seconds at which labels fit the motion; None if unknown."""
    patterns = _patterns(others)
    known = [n for n, k in enumerate(motion.classes) if k in patterns]
    if len(known) < FEWEST_BOUNDARIES:
        return None
    fit = np.zeros(2 * _REACH + 1)
    for n in known:
        pattern = patterns[motion.classes[n]]
        windows = np.lib.stride_tricks.sliding_window_view(
            motion.speeds[n], len(pattern)
        )
        fit += windows @ pattern
    return float(fit.argmax() - _REACH) * STEP_S


def _patterns(others: Sequence[_Motion]) -> Mapping[int | None, np.ndarray]:
    """Compute the mean course of the speed around boundaries, by the class after."""
    found: dict[int | None, list[np.ndarray]] = defaultdict(list)
    for motion in others:
        for class_id, speeds in zip(motion.classes, motion.speeds, strict=True):
            found[class_id].append(speeds[_REACH : _REACH + 2 * _AROUND + 1])
    means = {k: np.mean(v, axis=0) for k, v in found.items() if len(v) >= FEWEST_ALIKE}
    return {k: mean - mean.mean() for k, mean in means.items()}


def _motion(case: Case, item: VideoItem) -> _Motion | None:
    """Compute the motion of a labelled video; None where there are no poses."""
    segments = item.annotation.segments[1:]
    path = case.folder.poses_path(item.id)
    if item.missing or len(segments) < FEWEST_BOUNDARIES or not path.is_file():
        return None
    try:
        alone = load_subject_poses(path, item, case.project.skeleton)
    except SkelsegError:
        return None  # the check of frames says what is wrong with it
    times_s = case.times(item).starts_s
    speed = _speed(alone, case.project.skeleton, times_s)
    if speed is None:
        return None
    starts = np.array([s.start for s in segments])
    offsets = np.arange(-(_AROUND + _REACH), _AROUND + _REACH + 1) * STEP_S
    at_s = times_s[starts][:, None] + offsets
    classes = tuple(s.class_id for s in segments)
    return _Motion(item, classes, np.interp(at_s, times_s, speed))


def _speed(
    alone: PoseSequence, skeleton: str, times_s: np.ndarray
) -> np.ndarray | None:
    """Compute how fast the hands move, standardised over the video."""
    speeds = speeds_of(alone.keypoints[:, 0], alone.scores[:, 0], times_s)
    names = load_skeleton(skeleton).keypoints
    wrists = [n for n, name in enumerate(names) if name.endswith("wrist")]
    speed = mean_speed(speeds[:, wrists] if wrists else speeds)
    known = np.isfinite(speed)
    if known.sum() < 2:
        return None
    speed = np.log1p(np.where(known, speed, np.median(speed[known])))
    spread = speed.std()
    return None if spread == 0 else np.asarray((speed - speed.mean()) / spread)

"""Detections: people found by other tools in single frames, joined to poses of a video.

Rules that hold for all pose files of other tools are here; the rest (how a missing
keypoint looks, how frames are numbered) is at the top of each file in ``poses/``.

- Scores above 1 are cut to 1: some tools write sums of merged proposals or peaks of
  resampled heatmaps. Above `MAX_SCORE` (percent?) they are refused.
- Person ids become indices of axis M. Where some are missing, or one occurs twice in
  a frame, people are linked from frame to frame instead.
- A keypoint on the middle of a pixel and one on its corner are half a pixel apart;
  tools differ there, and it is not corrected.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from skelseg_core.errors import FormatError
from skelseg_core.poses.sequence import LOST_AFTER, PoseSequence
from skelseg_core.poses.skeleton import Skeleton, skeleton_title
from skelseg_core.poses.skeletons import layout_of, load_skeleton
from skelseg_core.poses.tracking import link_individuals

MAX_SCORE = 10.0
"""Keypoint scores above this are refused; sums of merged people may be 6."""

MAX_BYTES = 2 << 30
"""Memory beyond which poses are refused."""


ANY_SIZE = (1 << 20, 1 << 20)
"""Size in px of a picture that is not known: it is compared with no other."""


@dataclass(frozen=True)
class TargetFrames:
    """The recording for which poses of another tool are read.

    Parameters
    ----------
    size : tuple of int
        Width and height in px of the upright picture.
    n_frames : int, optional
        Frames of the video; as many as the file tells of where unknown.
    skeleton : str
        Name of the skeleton of the project.
    first_frame : int
        Number that the file gives to the first frame of the video, usually 0.
    names : tuple of str
        What a file of several videos may call this one.
    pick : str
        What a person says that the file calls it; empty where nobody says.
    """

    size: tuple[int, int]
    n_frames: int | None = None
    skeleton: str = "coco17"
    first_frame: int = 0
    names: tuple[str, ...] = ()
    pick: str = ""

    @property
    def wanted(self) -> Skeleton:
        """Skeleton of the project."""
        return load_skeleton(self.skeleton)


@dataclass(frozen=True, slots=True)
class Detection:
    """Keypoints of one person in one frame.

    Parameters
    ----------
    frame : int
        As the file counts.
    points : ndarray of float64, shape (K, 3)
        x and y in px and score; a row of NaN where the keypoint is missing.
    person : str, optional
        Id of the person, where the file has one.
    """

    frame: int
    points: np.ndarray
    person: str | None = None


def gather(
    path: object,
    found: Sequence[Detection],
    target: TargetFrames,
    layouts: dict[int, str],
    estimator: str,
    n_told: int | None = None,
) -> PoseSequence:
    """Assemble the poses of all frames from the people of single frames.

    Parameters
    ----------
    path : object
        File, for errors.
    found : sequence of Detection
        In any order. A person without keypoints is left out.
    target : TargetFrames
    layouts : dict of int to str
        See `skeleton.layout_of`.
    estimator : str
        Tool that made the poses.
    n_told : int, optional
        Number of frames that the file tells of, people or not, where it tells of
        all; compared with ``target.n_frames``.

    Returns
    -------
    PoseSequence
        In the skeleton of the file, nobody in frames that it does not tell of.

    Raises
    ------
    FormatError
        Where the frames are not those of the video, people differ in their number of
        keypoints, or the keypoints are not of this picture.
    """
    seen = [d for d in found if (d.points[:, 2] > 0).any()]
    n_frames = _frames(path, seen, target, n_told)
    skeleton = _skeleton(path, found, target, layouts)
    slots = _slots(seen)
    linked = slots is not None
    if slots is None:
        slots = _order_in_frame(seen)
    n_people = max(slots, default=0) + 1
    _check_memory(path, n_frames, n_people, len(skeleton))
    keypoints = np.full((n_frames, n_people, len(skeleton), 2), np.nan, np.float32)
    scores = np.zeros(keypoints.shape[:-1], np.float32)
    for detection, slot in zip(seen, slots, strict=True):
        points = detection.points[: len(skeleton)]
        at = (detection.frame - target.first_frame, slot)
        keypoints[at], scores[at] = points[:, :2], np.nan_to_num(points[:, 2])
    _check_scores(path, scores, target.first_frame)
    _check_picture(path, keypoints, target.size)
    poses = PoseSequence(
        keypoints, np.minimum(scores, 1), skeleton.name, target.size, estimator
    )
    return poses if linked else _link(poses)


def _frames(
    path: object, seen: Sequence[Detection], target: TargetFrames, n_told: int | None
) -> int:
    frames = [d.frame - target.first_frame for d in seen]
    if frames and min(frames) < 0:
        raise FormatError(
            "{} has a frame {} before the first, {}; set the number of the first "
            "frame, usually 0.",
            path,
            min(frames) + target.first_frame,
            target.first_frame,
        )
    told = max(max(frames, default=-1) + 1, n_told or 0)
    n_frames = told if target.n_frames is None else target.n_frames
    if told > n_frames or n_told not in (None, n_frames):
        hint = (
            "; if the file counts from 1, use --first-frame 1"
            if told == n_frames + 1 and target.first_frame == 0
            else ""
        )
        raise FormatError(
            "{} has {} frames and the video has {}; choose the file that was made "
            "from this video{}.",
            path,
            told,
            n_frames,
            hint,
        )
    if not n_frames:
        raise FormatError("{} has no frame; export it again.", path)
    return n_frames


def _skeleton(
    path: object,
    found: Sequence[Detection],
    target: TargetFrames,
    layouts: dict[int, str],
) -> Skeleton:
    counts: dict[int, int] = {}
    for d in found:
        counts.setdefault(len(d.points), d.frame)
    if not counts:
        return target.wanted
    if len(counts) > 1:
        (n, at), (other, there) = list(counts.items())[:2]
        raise FormatError(
            "{} has {} keypoints a person in frame {} and {} in frame {}; a file "
            "must use one skeleton.",
            path,
            n,
            at,
            other,
            there,
        )
    return layout_of(next(iter(counts)), target.wanted, layouts, path)


def _slots(seen: Sequence[Detection]) -> list[int] | None:
    """Assign an index of axis M to each person; None where ids do not tell people.

    An index is reused once its person is gone for good; otherwise trackers that restart
    their ids all the time would need hundreds.
    """
    if any(d.person is None for d in seen):
        return None
    doubled = Counter((d.frame, d.person) for d in seen)
    if any(n > 1 for n in doubled.values()):
        return None
    spans: dict[str, tuple[int, int]] = {}
    for d in seen:
        first, last = spans.get(str(d.person), (d.frame, d.frame))
        spans[str(d.person)] = min(first, d.frame), max(last, d.frame)
    free_from: list[int] = []
    slot_of = {}
    for person, (first, last) in sorted(spans.items(), key=lambda s: s[1][0]):
        slot = next((i for i, t in enumerate(free_from) if t <= first), len(free_from))
        free_from[slot : slot + 1] = [last + LOST_AFTER + 2]
        slot_of[person] = slot
    return [slot_of[str(d.person)] for d in seen]


def _order_in_frame(seen: Sequence[Detection]) -> list[int]:
    counts: Counter[int] = Counter()
    order = []
    for d in seen:
        order.append(counts[d.frame])
        counts[d.frame] += 1
    return order


def _link(poses: PoseSequence) -> PoseSequence:
    """Link people over time, with as many indices as that takes."""
    n_there = int((poses.scores > 0).any(axis=-1).sum())
    while True:
        linked = link_individuals(poses)
        used = (linked.scores > 0).any(axis=-1)
        # A person out of sight keeps the index a while, so a newcomer may find none.
        if int(used.sum()) == n_there:
            break
        more = poses.n_individuals
        pad = ((0, 0), (0, more), (0, 0))
        poses = replace(
            poses,
            keypoints=np.pad(
                poses.keypoints, (*pad, (0, 0)), constant_values=np.float32(np.nan)
            ),
            scores=np.pad(poses.scores, pad),
        )
    keep = np.flatnonzero(used.any(axis=0)) if n_there else [0]
    return replace(
        linked, keypoints=linked.keypoints[:, keep], scores=linked.scores[:, keep]
    )


def _check_memory(path: object, n_frames: int, n_people: int, n_keypoints: int) -> None:
    n_bytes = n_frames * n_people * n_keypoints * 12
    if n_bytes > MAX_BYTES:
        raise FormatError(
            "{} would need {:,} MiB of memory ({:,} frames, {:,} people at once; the "
            "limit is {:,} MiB); keep only the most certain people.",
            path,
            n_bytes >> 20,
            n_frames,
            n_people,
            MAX_BYTES >> 20,
        )


def _check_scores(path: object, scores: np.ndarray, first_frame: int) -> None:
    if scores.size and scores.max() > MAX_SCORE:
        frame, _, k = np.unravel_index(int(scores.argmax()), scores.shape)
        raise FormatError(
            "{}, frame {}, keypoint {}: the score is {:g}; scale the scores to 0..1 "
            "and export again.",
            path,
            frame + first_frame,
            k,
            scores.max(),
        )


def _check_picture(path: object, keypoints: np.ndarray, size: tuple[int, int]) -> None:
    known = keypoints[np.isfinite(keypoints).all(axis=-1)]
    room = np.array(size) * 0.1
    inside = (known >= -room) & (known <= np.array(size) + room)
    if len(known) and inside.all(axis=-1).mean() < 0.5:
        low, high = known.min(axis=0), known.max(axis=0)
        raise FormatError(
            "{} has most keypoints outside the picture of {}x{} (x {:g} to {:g}, y "
            "{:g} to {:g}); export pixels of the original video, upright and in full "
            "size.",
            path,
            size[0],
            size[1],
            low[0],
            high[0],
            low[1],
            high[1],
        )


def check_size(
    path: object, size: tuple[float, float], wanted: tuple[int, int]
) -> None:
    """Refuse poses that say they are of a picture of another size (w, h) in px."""
    if tuple(wanted) != ANY_SIZE and tuple(size) != tuple(wanted):
        raise FormatError(
            "{} has a picture of {:g}x{:g}, the video has {}x{}; export pixels of "
            "the original video.",
            path,
            size[0],
            size[1],
            wanted[0],
            wanted[1],
        )


def share_range(found: Sequence[Detection]) -> tuple[float, float] | None:
    """Find the lowest and highest coordinate of shares of the picture.

    None where they are pixels: nobody fits into the first pixel of a picture.
    """
    known = [d.points[np.isfinite(d.points[:, 2]), :2] for d in found]
    points = np.concatenate(known) if known else np.empty((0, 2))
    if len(points) < 3 or np.abs(points).max() > 1:
        return None
    return float(points.min()), float(points.max())


def people(poses: PoseSequence) -> Iterator[tuple[int, int, np.ndarray]]:
    """List who is there: frame, index of axis M, (K, 3) with NaN where missing.

    Coordinates are rounded to 1/1000 px and scores to six digits, for text files.
    """
    for frame, person in np.argwhere((poses.scores > 0).any(axis=-1)).tolist():
        points = np.empty((poses.keypoints.shape[2], 3))
        points[:, :2] = np.round(poses.keypoints[frame, person].astype(np.float64), 3)
        points[:, 2] = [float(f"{s:.6g}") for s in poses.scores[frame, person]]
        yield frame, person, np.where(points[:, 2:] > 0, points, np.nan)


def need_skeleton(poses: PoseSequence, names: Sequence[str], what: str) -> None:
    """Refuse to write keypoints that readers of a format would take for others."""
    if poses.skeleton not in names:
        raise FormatError(
            "{} cannot name their keypoints, readers expect {} and these are {}; "
            "export csv, dlc or coco, which name them.",
            what,
            " or ".join(names),
            skeleton_title(poses.skeleton),
        )

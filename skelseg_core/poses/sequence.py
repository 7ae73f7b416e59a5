"""PoseSequence: the keypoints of all people in a video, and the subject.

One index of axis M is one individual while that person is seen (`tracking` links the
frames); later the index may be another person's. `select_subject` chooses the
*subject*, the person to segment, frame by frame.

Pixels are those of the upright picture: (0, 0) is the corner of its first pixel.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from skelseg_core.errors import FormatError

FOLLOW = 3
"""Frames to either side for smoothing the square around the subject."""
MARGIN = 0.15
"""Margin around the subject in that square, as a share of the person's size."""

LOST_AFTER = 15
"""Frames for which a lost person is expected back at the last position."""

Box = tuple[float, float, float, float]
"""``x0, y0, x1, y1`` in px of the picture."""


@dataclass(frozen=True, eq=False)
class PoseSequence:
    """Keypoints of all individuals in all frames of one video.

    A keypoint with a coordinate that is not finite, or with score 0, is missing: it is
    stored as NaN with score 0, never as a point in the corner.

    Parameters
    ----------
    keypoints : ndarray of float32, shape (T, M, K, 2)
        x and y in px of the upright picture, NaN if missing.
    scores : ndarray of float32, shape (T, M, K)
        Confidence 0..1, 0 where missing.
    skeleton : str
        Skeleton of axis K: ``"coco17"``.
    size : tuple of int
        Width and height of the picture in px.
    estimator : str
        Name of the estimator, with version.

    Raises
    ------
    FormatError
        If shapes, scores or size contradict each other.
    """

    keypoints: np.ndarray
    scores: np.ndarray
    skeleton: str
    size: tuple[int, int]
    estimator: str = ""

    def __post_init__(self) -> None:
        keypoints, scores = np.asarray(self.keypoints), np.asarray(self.scores)
        _check_arrays(keypoints, scores)
        if len(self.size) != 2 or min(self.size) < 1:
            raise FormatError(
                "Poses have a picture of {}; width and height in px are needed, "
                "estimate or export the poses again.",
                self.size,
            )
        with np.errstate(over="ignore"):  # too far for float32: missing
            keypoints = keypoints.astype(np.float32, copy=False)
        scores = scores.astype(np.float32, copy=False)
        known = np.isfinite(keypoints).all(axis=-1) & (scores > 0)
        if not known.all():
            keypoints = np.where(known[..., None], keypoints, np.float32(np.nan))
            scores = np.where(known, scores, np.float32(0))
        object.__setattr__(self, "keypoints", keypoints)
        object.__setattr__(self, "scores", scores)
        object.__setattr__(self, "size", (int(self.size[0]), int(self.size[1])))

    @property
    def n_frames(self) -> int:
        """Number of frames T."""
        return int(self.keypoints.shape[0])

    @property
    def n_individuals(self) -> int:
        """Number of individuals M."""
        return int(self.keypoints.shape[1])


def _check_arrays(keypoints: np.ndarray, scores: np.ndarray) -> None:
    if keypoints.ndim != 4 or keypoints.shape[-1] != 2:
        raise FormatError(
            "Keypoints have the shape {}; it must be (frames, individuals, "
            "keypoints, 2), estimate or export the poses again.",
            keypoints.shape,
        )
    if scores.shape != keypoints.shape[:-1]:
        raise FormatError(
            "Scores have the shape {}, which does not fit keypoints of the shape {}; "
            "estimate or export the poses again.",
            scores.shape,
            keypoints.shape,
        )
    for name, array in (("Keypoints", keypoints), ("Scores", scores)):
        if array.dtype.kind not in "fiu":
            raise FormatError("{} are {}; they must be numbers.", name, array.dtype)
    beyond = ~np.isnan(scores) & ((scores < 0) | (scores > 1))
    if beyond.any():
        frame = int(np.nonzero(beyond)[0][0])
        raise FormatError(
            "Frame {} has a keypoint score outside 0..1; scale the scores to 0..1 and "
            "import the poses again.",
            frame,
        )


@dataclass(frozen=True, slots=True)
class SubjectPick:
    """A choice of the subject from a frame on: the person at a point (px).

    The point selects an index of axis M of the estimate, before corrections.
    """

    frame: int
    x: float
    y: float


def boxes(keypoints: np.ndarray) -> np.ndarray:
    """Compute the smallest boxes around the present keypoints.

    Parameters
    ----------
    keypoints : ndarray, shape (..., K, 2)
        In px, NaN if missing.

    Returns
    -------
    ndarray, shape (..., 4)
        x0, y0, x1, y1 in px; NaN without any keypoint.
    """
    known = np.isfinite(keypoints).all(axis=-1, keepdims=True)
    low = np.where(known, keypoints, np.inf).min(axis=-2)
    high = np.where(known, keypoints, -np.inf).max(axis=-2)
    box = np.concatenate([low, high], axis=-1)
    return np.where(np.isfinite(box).all(axis=-1, keepdims=True), box, np.nan)


def person_at(poses: PoseSequence, frame: int, x: float, y: float) -> int | None:
    """Find the individual at a point of a frame.

    Parameters
    ----------
    frame : int
    x, y : float
        The point in px.

    Returns
    -------
    int or None
        Index whose box, with a margin of 15 % or 8 px, holds the point; among several,
        the one with the nearest keypoint.
    """
    if not 0 <= frame < poses.n_frames:
        return None
    best: tuple[float, int] | None = None
    for person, keypoints in enumerate(poses.keypoints[frame]):
        x0, y0, x1, y1 = boxes(keypoints)
        margin = max(8.0, 0.15 * max(x1 - x0, y1 - y0))
        # Comparisons with NaN, for nobody, are false.
        if x0 - margin <= x <= x1 + margin and y0 - margin <= y <= y1 + margin:
            steps = keypoints - np.array([x, y], np.float32)
            near = float(np.nanmin(np.hypot(steps[:, 0], steps[:, 1])))
            if best is None or near < best[0]:
                best = (near, person)
    return None if best is None else best[1]


def pick_of(poses: PoseSequence, frame: int, person: int) -> SubjectPick | None:
    """Make a pick that selects an individual of the estimate.

    Parameters
    ----------
    poses : PoseSequence
        The estimate, without corrections.
    frame : int
    person : int
        Index of axis M.

    Returns
    -------
    SubjectPick or None
        None if the individual is not in this frame, or indistinguishable from another.
    """
    for x, y in poses.keypoints[frame, person].tolist():
        if person_at(poses, frame, x, y) == person:
            return SubjectPick(frame, x, y)
    return None


def select_subject(
    poses: PoseSequence,
    picks: Sequence[SubjectPick] = (),
    corrected: PoseSequence | None = None,
) -> np.ndarray:
    """Choose, frame by frame, the person to segment.

    A person stays the subject until gone for more than `LOST_AFTER` frames; then the
    largest and most certain person of the next `LOST_AFTER` frames takes over. A pick
    overrules this from its frame on; a pick that hits nobody is ignored.

    Parameters
    ----------
    poses : PoseSequence
        The estimate, linked over time. Corrections do not select the subject: if they
        swap two people, the subject swaps too.
    picks : sequence of SubjectPick
        The user's choices, in any order; the later of two on one frame counts.
    corrected : PoseSequence, optional
        The same poses with corrections, which decide where the subject is visible.

    Returns
    -------
    ndarray of int64, shape (T,)
        Index into axis M; -1 where the subject is not visible.
    """
    return select_bodies(poses, {"": picks}, corrected)[""]


def select_bodies(
    poses: PoseSequence,
    picks: Mapping[str, Sequence[SubjectPick]],
    corrected: PoseSequence | None = None,
) -> dict[str, np.ndarray]:
    """Choose, frame by frame, the figure of each person in a video.

    A single person is chosen as in `select_subject`. Of several, each is the figure of
    the first pick since that figure is seen. A lost person takes over a free figure,
    unless two are lost: then identities are unknown until the next pick.

    Parameters
    ----------
    poses, corrected : PoseSequence
        As in `select_subject`.
    picks : Mapping[str, sequence of SubjectPick]
        The user's choices by person.

    Returns
    -------
    dict of str to ndarray of int64, shape (T,)
        Index into axis M by person; -1 where the person is not visible.
    """
    there = np.asarray((poses.scores > 0).any(axis=-1))
    shown = poses if corrected is None else corrected
    seen = np.asarray((shown.scores > 0).any(axis=-1))
    picked = {name: _figures_at(poses, picks[name]) for name in sorted(picks)}
    found = {name: np.full(poses.n_frames, -1, np.int64) for name in picks}
    now = dict.fromkeys(picked, -1) if len(picks) == 1 else {}
    if len(picks) > 1:
        for figures in filter(None, picked.values()):
            first = min(figures)
            figures[_seen_since(there[:, figures[first]], first)] = figures[first]
    soon = _ahead(there) > 0
    changes = (np.diff(there, axis=0) | np.diff(soon, axis=0)).any(axis=1)
    starts = {0, poses.n_frames, *(np.flatnonzero(changes) + 1).tolist()}
    starts.update(*picked.values())
    # Between these frames nobody appears, goes or is chosen.
    for frame, stop in pairwise(sorted(starts)):
        now |= {name: at[frame] for name, at in picked.items() if frame in at}
        lost = [name for name, n in now.items() if n < 0 or not soon[frame, n]]
        now |= dict.fromkeys(lost, -1)
        if len(lost) == 1:
            present = np.where(there[frame], _weight(poses, frame), -1.0)
            present[[n for n in now.values() if n >= 0]] = -1.0
            if there[frame].any() and present.max() >= 0:
                now[lost[0]] = int(present.argmax())
        for name, n in now.items():
            if n >= 0:
                found[name][frame:stop][seen[frame:stop, n]] = n
    return found


def _seen_since(there: np.ndarray, frame: int) -> int:
    """Return the frame since which a figure is present (T,), short absences aside."""
    seen = np.flatnonzero(there[: frame + 1])
    gaps = np.flatnonzero(np.diff(seen) > LOST_AFTER + 1)
    return int(seen[gaps[-1] + 1] if len(gaps) else seen[0])


def _figures_at(poses: PoseSequence, picks: Iterable[SubjectPick]) -> dict[int, int]:
    """Return the figure of each pick by its frame, without picks that hit nobody."""
    found = ((p.frame, person_at(poses, p.frame, p.x, p.y)) for p in picks)
    return {frame: figure for frame, figure in found if figure is not None}


def nearest_subject(subject: np.ndarray, frame: int) -> int:
    """Find the subject of a frame, or else the last one before or first one after it.

    Parameters
    ----------
    subject : ndarray of int, shape (T,)
        As from `select_subject`.
    frame : int

    Returns
    -------
    int
        Index into axis M; -1 if the video has no subject.
    """
    if subject[frame] >= 0:
        return int(subject[frame])
    before = np.flatnonzero(subject[:frame] >= 0)
    after = np.flatnonzero(subject[frame:] >= 0)
    if len(before):
        return int(subject[before[-1]])
    return int(subject[frame + after[0]]) if len(after) else -1


def _weight(poses: PoseSequence, frame: int) -> np.ndarray:
    """Sum box size times score, (M,), over some frames: a glimpse weighs little."""
    some = slice(frame, frame + LOST_AFTER + 1)
    box = boxes(poses.keypoints[some])
    diagonal = np.hypot(box[..., 2] - box[..., 0], box[..., 3] - box[..., 1])
    weight = np.nan_to_num(diagonal) * poses.scores[some].sum(axis=-1)
    return np.asarray(weight.sum(axis=0))


def _ahead(values: np.ndarray) -> np.ndarray:
    """Sum values (T, M) over each frame and the `LOST_AFTER` next ones."""
    total = np.concatenate([np.zeros((1, values.shape[1])), values.cumsum(axis=0)])
    ends = np.minimum(np.arange(len(values)) + LOST_AFTER + 1, len(values))
    return np.asarray(total[ends] - total[:-1])


def subject_poses(poses: PoseSequence, subject: np.ndarray) -> PoseSequence:
    """Select the subject, M = 1; missing in frames where ``subject`` is -1.

    Parameters
    ----------
    poses : PoseSequence
    subject : ndarray of int, shape (T,)
        As from `select_subject`.
    """
    if np.shape(subject) != (poses.n_frames,):
        raise ValueError(f"subject is {np.shape(subject)}, not ({poses.n_frames},)")
    keypoints = np.full((poses.n_frames, 1, *poses.keypoints.shape[2:]), np.nan, "f4")
    scores = np.zeros(keypoints.shape[:-1], np.float32)
    frames = np.flatnonzero(np.asarray(subject) >= 0)
    keypoints[frames, 0] = poses.keypoints[frames, subject[frames]]
    scores[frames, 0] = poses.scores[frames, subject[frames]]
    return replace(poses, keypoints=keypoints, scores=scores)


def follow_boxes(poses: PoseSequence) -> np.ndarray:
    """Compute squares of one size that follow a single person through the video.

    The size is that of the person at full stretch. The centre is that of the keypoints,
    smoothed over a few frames and held while the person is absent.

    Parameters
    ----------
    poses : PoseSequence, M = 1
        The subject.

    Returns
    -------
    ndarray of float64, shape (T, 4)
        x0, y0, x1, y1 in px; the whole picture if no person is found.
    """
    found = boxes(poses.keypoints[:, 0]).astype(np.float64)
    seen = np.flatnonzero(np.isfinite(found[:, 0]))
    if not len(seen):
        width, height = poses.size
        return np.tile(np.array([0.0, 0.0, width, height]), (poses.n_frames, 1))
    spans = (found[seen, 2:] - found[seen, :2]).max(axis=1)
    half = max(8.0, float(np.percentile(spans, 95)) * (0.5 + MARGIN))
    middles = (found[seen, :2] + found[seen, 2:]) / 2
    frames = np.arange(poses.n_frames)
    path = np.stack([np.interp(frames, seen, middles[:, a]) for a in (0, 1)], axis=1)
    padded = np.pad(path, ((FOLLOW, FOLLOW), (0, 0)), mode="edge")
    window = np.lib.stride_tricks.sliding_window_view(padded, 2 * FOLLOW + 1, axis=0)
    smooth = window.mean(axis=-1)
    return np.concatenate([smooth - half, smooth + half], axis=1)


def fill_gaps(poses: PoseSequence, max_gap: int = 5) -> PoseSequence:
    """Bridge short gaps of single keypoints linearly.

    Parameters
    ----------
    poses : PoseSequence
        Linked over time.
    max_gap : int
        Longest gap, in frames, to bridge; gaps at either end of the video stay.

    Returns
    -------
    PoseSequence
        Filled keypoints have interpolated positions and scores.
    """
    keypoints, scores = poses.keypoints.copy(), poses.scores.copy()
    for person in range(keypoints.shape[1]):
        for k in range(keypoints.shape[2]):
            known = np.flatnonzero(scores[:, person, k] > 0)
            gap = np.diff(known) - 1
            for at in np.flatnonzero((gap > 0) & (gap <= max_gap)):
                start, stop = known[at], known[at + 1]
                share = (np.arange(start + 1, stop) - start) / (stop - start)
                for array in (keypoints, scores):
                    a, b = array[start, person, k], array[stop, person, k]
                    inner = array[start + 1 : stop, person, k]
                    inner[:] = a + np.multiply.outer(share, b - a)
    return replace(poses, keypoints=keypoints, scores=scores)


def crop_box(poses: PoseSequence, padding: float = 0.1, min_score: float = 0.2) -> Box:
    """Compute the smallest box around the keypoints of the whole video.

    Parameters
    ----------
    poses : PoseSequence
        Usually only the subject.
    padding : float
        Margin on each side, as a share of the box's width and height.
    min_score : float
        Keypoints with a lower score are ignored.

    Returns
    -------
    tuple of float
        x0, y0, x1, y1 in px. Each side is at least 1/16 of the picture's longer side,
        so that a single keypoint makes a box. It may exceed the picture by at most a
        quarter, because estimators guess feet below the edge. The whole picture without
        keypoints.
    """
    width, height = poses.size
    known = poses.scores >= max(min_score, np.finfo(np.float32).tiny)
    points: np.ndarray = poses.keypoints[known].astype(np.float64)
    room = np.array([width, height]) / 4
    inside = (points >= -room) & (points <= np.array(poses.size) + room)
    near = np.asarray(inside.all(axis=-1))
    if not near.any():
        return (0.0, 0.0, float(width), float(height))
    low, high = points[near].min(axis=0), points[near].max(axis=0)
    middle, half = (low + high) / 2, (high - low) * (0.5 + padding)
    half = np.maximum(half, max(width, height) / 32)
    low = np.maximum(middle - half, -room)
    high = np.minimum(middle + half, np.array(poses.size) + room)
    return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def to_grid(poses: PoseSequence, box: Box | np.ndarray, size: int) -> np.ndarray:
    """Convert keypoints to px of the square grid stretched over ``box``.

    Each axis is scaled separately. Grid pixel i covers ``x0 + i * (x1 - x0) / size`` up
    to the same for i + 1, and its coordinate is its middle, so the grid drawn over
    ``box`` matches the body.

    Parameters
    ----------
    poses : PoseSequence
    box : tuple of float, or ndarray, shape (T, 4)
        x0, y0, x1, y1 in px of the picture; one for all frames, or one each.
    size : int
        Height and width of the grid.

    Returns
    -------
    ndarray of float32, shape (T, M, K, 2)
        ``(x - x0) / (x1 - x0) * size - 0.5`` and the same for y; NaN if missing.
    """
    corners = np.asarray(box, np.float64).reshape(-1, 1, 1, 4)
    low, high = corners[..., :2], corners[..., 2:]
    points = (poses.keypoints - low) / (high - low) * size - 0.5
    return np.asarray(points, np.float32)

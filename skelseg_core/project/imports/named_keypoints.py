"""Named keypoints: what a pose file of another tool says of its body, with a guess."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from skelseg_core.errors import OtherKeypoints
from skelseg_core.estimators import FOUND_SKELETON
from skelseg_core.formats.pose_parts.detections import ANY_SIZE
from skelseg_core.formats.pose_parts.skeleton_edges import told_skeleton
from skelseg_core.poses.own_skeleton import build_skeleton
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeleton_draft import SkeletonDraft
from skelseg_core.poses.skeleton_guess import MOST_FRAMES, guess_skeleton
from skelseg_core.poses.skeleton_sides import split_side
from skelseg_core.poses.skeletons import keypoint_order, load_skeleton, skeleton_names
from skelseg_core.project.imports.pose_files import detect_format, load_pose_file


@dataclass(frozen=True)
class NamedKeypoints:
    """A pose file, and the skeleton that is proposed for the keypoints it names."""

    path: Path
    draft: SkeletonDraft

    def to_plain(self) -> dict[str, Any]:
        """Convert to values that JSON holds."""
        draft = {**vars(self.draft), "left_out": sorted(self.draft.left_out)}
        return {"path": str(self.path), "draft": draft}

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> NamedKeypoints:
        """Convert from `to_plain`, also after JSON made lists of tuples."""
        said = values["draft"]
        draft = SkeletonDraft(
            tuple(said["names"]),
            tuple((a, b) for a, b in said["edges"]),
            tuple((a, b) for a, b in said["flip_pairs"]),
            tuple(said["centre"]),
            tuple(tuple(group) for group in said["scale"]),
            frozenset(said["left_out"]),
            said["title"],
        )
        return cls(Path(values["path"]), draft)


def look_for_skeleton(
    path: Path, size: tuple[int, int] = ANY_SIZE
) -> str | NamedKeypoints:
    """Find the bundled skeleton that a pose file fits, or what it says of its own.

    Raises
    ------
    FormatError, ConfigError
        Where it is no pose file, or one that does not name its keypoints.
    """
    try:
        load_pose_file(path, size=size, skeleton=FOUND_SKELETON)
    except OtherKeypoints as error:
        known = _bundled(error.names)
        return known or read_named_keypoints(path, error.names, size=size)
    return FOUND_SKELETON


def _bundled(names: Sequence[str]) -> str:
    """Find the largest bundled skeleton whose keypoints are all named; or nothing."""
    found = []
    for name in skeleton_names():
        with contextlib.suppress(OtherKeypoints):
            keypoint_order(names, load_skeleton(name), "")
            found.append(name)
    return max(found, key=lambda name: len(load_skeleton(name)), default="")


def read_named_keypoints(
    path: Path,
    names: Sequence[str],
    *,
    size: tuple[int, int] = ANY_SIZE,
    n_frames: int | None = None,
) -> NamedKeypoints:
    """Propose a skeleton for the keypoints of a pose file.

    Parameters
    ----------
    path : Path
    names : sequence of str
        Keypoints that the file names (see `OtherKeypoints`).
    size : tuple of int
        Width and height of the picture in px, if known.
    n_frames : int, optional
        Frames of the video, if known.

    Raises
    ------
    FormatError, ConfigError
        Where the file is damaged or of another video, or no skeleton can have these
        names.
    """
    any_body = {
        "name": "keypoints",
        "keypoints": list(names),
        "centre": list(names[:1]),
        "scale": [list(names[:1]), list(names[1:2])],
    }
    skeleton = build_skeleton(any_body, lambda _names: str(path))
    poses = load_pose_file(path, size=size, n_frames=n_frames, skeleton=skeleton.name)
    told = told_skeleton(path, detect_format(path).name)
    edges, symmetries = told.indices(names)
    pairs = [_sided(pair, names) for pair in symmetries]
    return NamedKeypoints(path, guess_skeleton(names, _clearest(poses), edges, pairs))


def _clearest(poses: PoseSequence) -> np.ndarray:
    """Return the places (F, K, 2) of one animal in frames in which most is seen.

    Always the animal of which most is seen there.
    """
    seen = np.isfinite(poses.keypoints).all(axis=-1).sum(axis=-1)
    best = seen.argmax(axis=1)
    n_seen = seen[np.arange(len(seen)), best]
    there = np.flatnonzero(n_seen > 0)
    chosen = there[np.argsort(-n_seen[there], kind="stable")]
    # As many as there are with most keypoints, but enough to know how they move.
    n = max(MOST_FRAMES, int((n_seen == n_seen.max(initial=0)).sum()))
    frames = np.sort(chosen[:n])
    frames = frames[:: -(-max(len(frames), 1) // MOST_FRAMES)]
    return np.asarray(poses.keypoints[frames, best[frames]], float)


def _sided(pair: tuple[int, int], names: Sequence[str]) -> tuple[int, int]:
    """Put the keypoint that is called left first."""
    a, b = pair
    sides = {side for side, _ in split_side(names[a])}
    return (b, a) if sides == {"right"} else (a, b)

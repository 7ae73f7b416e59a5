"""Poses as arrays of a PYSKL annotation, which skelseg reads and no longer writes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skelseg_core.files import save_npz
from skelseg_core.poses.sequence import PoseSequence


def save_pyskl(path: Path, poses: PoseSequence) -> None:
    """Save poses as skelseg did, and as ``np.savez(name, **annotation)`` does."""
    width, height = poses.size
    shape = np.array([height, width], np.int64)
    arrays = {
        "frame_dir": np.array(path.stem),
        "total_frames": np.array(poses.n_frames, np.int64),
        "img_shape": shape,
        "original_shape": shape,
        "keypoint": np.nan_to_num(poses.keypoints).transpose(1, 0, 2, 3),
        "keypoint_score": poses.scores.transpose(1, 0, 2),
    }
    save_npz(path, arrays)

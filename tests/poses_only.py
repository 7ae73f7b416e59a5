"""A project of recordings without video, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import add_video
from skelseg_core.project.videos_and_tracks import Track

CLASSES = ("walk", "reach", "carry")
N_FRAMES, RATE, SIZE = 80, 8.0, (320, 240)
STANDING = np.array(
    [
        (150, 200), (170, 200), (152, 165), (168, 165), (153, 125), (167, 125),
        (130, 130), (190, 130), (135, 100), (185, 100), (145, 70), (175, 70),
        (160, 68), (160, 45), (160, 120),
    ],
    np.float32,
)  # fmt: skip
"""Keypoints of lcrnet15, facing the camera."""
SMALL: Mapping[str, Any] = {
    "model": {
        "modalities": ["heatmap"],
        "n_features": 8,
        "n_prediction_layers": 3,
        "n_refinement_layers": 2,
        "n_refinement_stages": 1,
    },
    "train": {"epochs": 1, "fusion_epochs": 1, "min_steps": 0},
}
"""What a preset is overridden with so that training takes a moment."""


def waving(n_frames: int = N_FRAMES, slowness: float = 6) -> PoseSequence:
    """One person whose wrists go up and down a little; nobody in frame 5.

    From ten seconds on two videos of it are one film, but for another ``slowness``.
    """
    keypoints = np.repeat(STANDING[None, None], n_frames, axis=0)
    keypoints[:, 0, [6, 7], 1] += 20 * np.sin(np.arange(n_frames) / slowness)[:, None]
    keypoints[5] = np.nan
    scores = np.ones(keypoints.shape[:-1], np.float32)
    return PoseSequence(keypoints, scores, "lcrnet15", SIZE, "made by hand")


def item(video_id: str, labels: np.ndarray) -> Track:
    """A recording of which there are poses and labels (T,), -1 for unlabelled."""
    lanes = {ANNOTATION: Segmentation.from_frames(labels)}
    key = f"poses-{video_id}"
    return Track.of_film(video_id, "", key, len(labels), *SIZE, RATE, lanes)


def make_poses_project(root: Path) -> ProjectFolder:
    """Two recordings: ``new`` without labels, ``old`` half walk and half reach."""
    folder, project = create_project(root, label_map_from_names(CLASSES), "lcrnet15")
    before = project
    for name in ("new", "old"):
        labels = np.full(N_FRAMES, -1)
        if name == "old":
            labels[:40], labels[40:] = project.label_map.ids[:2]
        project = add_video(project, item(name, labels))
        save_poses(folder.poses_path(name), waving(), f"poses-{name}")
    folder.save(project, before)
    return folder

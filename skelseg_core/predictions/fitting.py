"""Read a prediction, if it is of the video, the poses and the classes as they are now.

Each file says itself what it is of.
"""

from __future__ import annotations

from skelseg_core.array_files import npz_checksum
from skelseg_core.errors import FormatError, SkelsegError
from skelseg_core.labels.prediction import Prediction, in_classes, load_prediction
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.project.videos_and_tracks import Track


def fitting_prediction(
    folder: ProjectFolder, project: Project, item: Track, model: str
) -> Prediction:
    """Load what a model said of a video, in the classes of today.

    Raises
    ------
    FormatError
        Where the file is missing or damaged, or is of other poses, classes or frames
        than the video has now.
    """
    found = load_prediction(folder.prediction_path(item.id, model))
    why = _why_not(folder, project, item, model, found)
    if why:
        raise FormatError(
            "The prediction of {} for {} is for {} and is not shown; pre-label {} "
            "again.",
            model,
            item.called,
            why,
            item.called,
        )
    return in_classes(found, project.classes_of(item))


def _why_not(
    folder: ProjectFolder, project: Project, item: Track, model: str, found: Prediction
) -> str:
    """Say what else than the video as it is a prediction is of; empty where it fits."""
    if found.model not in ("", model):
        return f"the model {found.model}"
    n_frames = found.segmentation.n_frames
    if n_frames != item.n_frames:
        return f"{n_frames:,} frames and the video has {item.n_frames:,}"
    if found.video not in ("", item.video.fingerprint):
        return "another video file"
    if found.poses not in ("", _poses(folder, item) or found.poses):
        return "other poses"
    names = found.class_names or ("",) * len(found.class_ids)
    lost = project.classes_of(item).lost(found.class_ids.tolist(), names)
    if lost is not None:
        return f"a class '{lost}' that the project does not have"
    return ""


def _poses(folder: ProjectFolder, item: Track) -> str:
    """Return the checksum of the poses of a video; empty where nobody can tell."""
    try:
        return npz_checksum(folder.poses_path(item.video_id))
    except (SkelsegError, OSError):
        return ""

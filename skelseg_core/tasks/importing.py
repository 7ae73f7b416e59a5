"""Import of a published data set: survey it, then make a project of it.

Beside the files of every project there are ``poses3d``, ``risk``,
``features/<video>.npy`` (T, D) and ``folds.json`` (the published splits), each only
where the data set has it.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from skelseg_core.array_files import content_key, save_npy
from skelseg_core.errors import ConfigError, FormatError, ProjectError
from skelseg_core.files import atomic_write, new_folder, replace_files
from skelseg_core.formats.dataset import Dataset, Recording
from skelseg_core.formats.datasets import DATASET_LAYOUTS
from skelseg_core.formats.poses_npz import save_poses, save_poses3d, save_risk
from skelseg_core.labels.people import people_of_text
from skelseg_core.labels.segmentation import UNLABELLED, Segmentation
from skelseg_core.poses.poses3d import Camera
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.progress import Progress, Task
from skelseg_core.project.copies.stray_files import IMPORT
from skelseg_core.project.folder import ProjectFolder, check_free
from skelseg_core.project.project import ANNOTATION, Project, new_project
from skelseg_core.project.project_edits import add_video
from skelseg_core.project.tracks import TrackId, VideoId
from skelseg_core.project.videos_and_tracks import Film, Track, Video
from skelseg_core.said import counted, in_column, listed


def load_dataset(name: str, src: Path) -> Dataset:
    """Read a data set by the name of its layout: ``"uw-iom"``, ``"ms-tcn"``, ...

    Raises
    ------
    FormatError
        Where a file of it is missing, damaged, or contradicts another.
    """
    if not src.is_dir():
        raise FormatError("{} is not a folder; choose the folder of the data set.", src)
    layout = next(layout for layout in DATASET_LAYOUTS if layout.name == name)
    return layout.read(src)


def dataset_layout(src: Path) -> str:
    """Find the name of the layout of a data set in a folder, or the empty text."""
    if not src.is_dir():
        return ""
    return next((layout.name for layout in DATASET_LAYOUTS if layout.sniff(src)), "")


def survey(dataset: Dataset) -> list[str]:
    """Describe what was found, one sentence or one class per line.

    Recordings and frames, what is known of them, frames by class, and every mismatch.
    """
    n = len(dataset.recordings)
    frames = dataset.class_frames
    lines = [
        f"{dataset.name}: {counted(n, 'recording')}, "
        f"{counted(dataset.n_frames, 'frame')}, "
        f"{counted(len(dataset.label_map), 'class')}."
    ]
    for what, there in _parts(dataset):
        if there:
            lines.append(f"{what}: {there} of {counted(n, 'recording')}.")
    width = max(len(name) for name in dataset.label_map.names)
    lines += [
        f"  {c.id:>3} {c.name:<{width}} {in_column(frames[c.id], 'frame', 9)}"
        for c in dataset.label_map.classes
    ]
    if frames[UNLABELLED]:
        lines.append(f"Unlabelled: {counted(frames[UNLABELLED], 'frame')}.")
    empty = [c.name for c in dataset.label_map.classes if not frames[c.id]]
    if empty:
        lines.append(
            f"{counted(len(empty), 'class')} without a frame: {listed(empty)}."
        )
    return [*lines, *dataset.notes]


def _parts(dataset: Dataset) -> list[tuple[str, int]]:
    rows = dataset.recordings
    poses = f"3D poses ({dataset.skeleton or 'of an unnamed skeleton'})"
    return [
        ("Videos", sum(r.video is not None for r in rows)),
        (poses, sum(r.poses3d is not None for r in rows)),
        ("REBA scores", sum(r.risk is not None for r in rows)),
        ("Features", sum(r.features is not None for r in rows)),
        ("Subjects", sum(bool(r.subject) for r in rows)),
    ]


def empty_folder(root: Path) -> ProjectFolder:
    """Return the folder of a new project in ``root``, which must be new or empty.

    Raises
    ------
    ProjectError
        Where there is anything in it: a file of the same name would be lost.
    """
    folder = check_free(root)
    if root.is_dir() and any(not p.name.startswith(".") for p in root.iterdir()):
        raise ProjectError(
            "{} is not empty; choose a new folder for the project.", root
        )
    return folder


def import_dataset(
    dataset: Dataset,
    root: Path,
    camera: Camera,
    rate: float | None = None,
    dry_run: bool = False,
) -> Task[Project]:
    """Make a project of a data set.

    All is checked before anything is written. The project is in ``root`` once all of
    it is written; what fails, is cancelled or killed leaves nothing there.

    Parameters
    ----------
    dataset : Dataset
    root : Path
        New or empty folder.
    camera : Camera
        Projects the 3D poses; recordings without video are of its size.
    rate : float, optional
        Frames per second of recordings without video; the data set's by default.
    dry_run : bool
        Check everything and write nothing.

    Raises
    ------
    ProjectError, FormatError, VideoError, ConfigError
        Where the folder is not free, a file cannot be read, or the camera does not
        fit the videos.
    """
    folder = empty_folder(root)
    rate = dataset.rate if rate is None else rate
    if not 0 < rate < 1e6:
        raise ConfigError("The rate is {} frames per second; it must be above 0.", rate)
    project = new_project(
        root.resolve().name, dataset.label_map, dataset.skeleton or "coco17"
    )
    parts: list[_Part] = []
    for n, recording in enumerate(dataset.recordings):
        yield Progress("check", n, len(dataset.recordings))
        parts.append(_part(recording, folder, camera, rate))
        project = add_video(project, parts[-1].item)
    if dry_run:
        return project
    # Written to a hidden folder first: if killed, nothing looks like a project.
    with _new_project(root) as made:
        for n, part in enumerate(parts):
            yield Progress("write", n, len(parts))
            _write(part, ProjectFolder(made))
        _write_records(dataset, made)
        ProjectFolder(made).save(project)
    yield Progress("write", len(parts), len(parts))
    return project


@contextlib.contextmanager
def _new_project(root: Path) -> Iterator[Path]:
    """Give a folder to fill, whose files are in ``root`` when the block ends well."""
    if not root.is_dir() or not any(root.iterdir()):
        with new_folder(root) as made:
            yield made
        return
    # Hidden files in the folder (.git) stay.
    made = root / IMPORT
    shutil.rmtree(made, ignore_errors=True)
    try:
        (made / "new").mkdir(parents=True)
        yield made / "new"
        names = sorted(p.name for p in (made / "new").iterdir())
        names.sort(key=lambda name: name == "project.json")
        moves = {made / "new" / name: root / name for name in names}
        replace_files(moves, [], made / "old")
    finally:
        shutil.rmtree(made, ignore_errors=True)


@dataclass(frozen=True, eq=False)
class _Part:
    recording: Recording
    item: Track
    poses: PoseSequence | None


def _part(
    recording: Recording, folder: ProjectFolder, camera: Camera, rate: float
) -> _Part:
    poses = None
    if recording.poses3d is not None and recording.poses3d.skeleton:
        poses = camera.project(recording.poses3d)
    size = camera.width, camera.height
    film = Film("", _fingerprint(recording, poses), recording.n_frames, *size, rate)
    if recording.video is not None:
        film = _filmed(film, folder.stored_path(recording.video), recording.video)
    people = people_of_text(recording.subject)
    video = Video(VideoId(recording.id), (film,), people=people)
    lanes = {ANNOTATION: Segmentation.from_frames(recording.labels, "import")}
    item = Track(TrackId(recording.id), video, lanes)
    if poses is not None and poses.size != (film.width, film.height):
        raise ConfigError(
            "The video of {} is {}x{} px and the camera {}x{}; use --width {} "
            "--height {} and the focal length of that camera (--focal).",
            video.title,
            film.width,
            film.height,
            camera.width,
            camera.height,
            film.width,
            film.height,
        )
    return _Part(recording, item, poses)


def _filmed(film: Film, stored: str, video: Path) -> Film:
    """Set size, rate and fingerprint of a film from its file."""
    from skelseg_core.video.reader import VideoReader

    with VideoReader(video) as reader:
        return replace(
            film,
            path=stored,
            fingerprint=reader.fingerprint,
            width=reader.width,
            height=reader.height,
            mean_rate=round(reader.mean_rate, 4),
        )


def _features(recording: Recording) -> np.ndarray:
    """Fit features to the frames; where the video is longer, repeat the last ones."""
    assert recording.features is not None
    values = recording.features()
    rows = np.minimum(np.arange(recording.n_frames), len(values) - 1)
    return values[rows]


def _fingerprint(recording: Recording, poses: PoseSequence | None) -> str:
    """Compute the key of a recording's arrays, as there is no video to tell it by."""
    if poses is not None:
        return f"poses-{content_key(poses.keypoints)}"
    if recording.features is not None:
        return f"poses-{content_key(_features(recording))}"
    return f"poses-{content_key([recording.id, recording.n_frames])}"


def _write(part: _Part, folder: ProjectFolder) -> None:
    """Write the arrays of one recording."""
    recording, name = part.recording, part.item.video_id
    if part.poses is not None:
        save_poses(folder.poses_path(name), part.poses, part.item.video.fingerprint)
    if recording.poses3d is not None:
        save_poses3d(folder.poses3d_path(name), recording.poses3d)
    if recording.risk is not None:
        save_risk(folder.risk_path(name), recording.risk)
    if recording.features is not None:
        save_npy(folder.root / "features" / f"{name}.npy", _features(recording))


def _write_records(dataset: Dataset, root: Path) -> None:
    folds = {
        s.name: {"train": list(s.train), "test": list(s.test)} for s in dataset.splits
    }
    if folds:
        text = json.dumps(folds, indent=1, ensure_ascii=False) + "\n"
        atomic_write(root / "folds.json", text)

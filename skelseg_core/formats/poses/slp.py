"""SLEAP's projects (``.slp``), by the package sleap-io (extra ``slp``).

- Frames are those of the video, from 0; one without instances has nobody.
- Of a file of several videos that one is read which is called like the video here, or
  which a person picked. No video is opened.
- Nodes are found by name (``skeleton``).
- A missing or invisible node is missing here. Point scores above 1 are cut to 1;
  instances that a person placed have no scores and get 1. They replace the predictions
  that they were made from, and those of their track.
- A track is one person. Where an instance has none, people are linked here.
- Written are predicted instances with their scores, one track for each index of axis
  M, edges and symmetries of the skeleton, and the path of the video. Frames with nobody
  are not in the file.

Source: sleap-io, "model" and ``io/slp.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from skelseg_core.errors import FormatError, VideoError
from skelseg_core.files import new_file
from skelseg_core.formats.descriptors import CandidateFile, PoseFormat
from skelseg_core.formats.label_file import file_name_in
from skelseg_core.formats.pose_parts.detections import (
    Detection,
    TargetFrames,
    check_size,
    gather,
)
from skelseg_core.formats.pose_parts.sleap_points import checked_points, not_installed
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeletons import keypoint_order, load_skeleton
from skelseg_core.video.image_files import find_images, is_images
from skelseg_core.video.media_path import media_path

_TABLES = ("frames", "instances", "points", "pred_points")
_MOST_PACKED = 20
"""Bytes that a byte of a file may unpack to; SLEAP does not compress its tables."""
_NAMED = 8
"""Videos of a file that an error names."""
_ROWS_AT_ONCE = 100_000
_PREDICTED = 1
"""Type of an instance that nobody placed by hand."""


class Slp(PoseFormat):
    """Project of SLEAP."""

    name = "slp"
    title = "SLEAP"
    about = (
        "A project (.slp) with its skeleton, tracks and scores, frames from 0. If it "
        "has several videos, the one with the name of the video here is read."
    )
    cannot_hold = "which keypoints a person corrected."
    suffixes = (".slp",)
    written_suffix = ".slp"
    several_videos = True

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise a project by its suffix, which no other program uses."""
        return True

    def read(self, path: Path, target: TargetFrames) -> PoseSequence:
        """Read the instances of one video."""
        labels = _loaded(path)
        video = _video_meant(path, list(labels.videos), target)
        _check_picture(path, video, target)
        found = list(_detections(path, labels, video, target))
        layouts = {len(target.wanted): target.skeleton}
        return gather(path, found, target, layouts, "sleap")

    def write(self, path: Path, poses: PoseSequence, media: Path | None = None) -> None:
        """Write a project of one video."""
        # Until all is written the folder is a hidden one, so errors name the file.
        sleap_io = _sleap_io(path.name)
        bones = load_skeleton(poses.skeleton)
        skeleton = sleap_io.Skeleton(
            nodes=list(bones.keypoints),
            edges=list(bones.edges),
            symmetries=list(bones.flip_pairs),
            name=bones.title,
        )
        people = np.flatnonzero((poses.scores > 0).any(axis=(0, 2)))
        labels = sleap_io.Labels(
            videos=[_slp_video(sleap_io, path, poses, media)],
            skeletons=[skeleton],
            tracks=[sleap_io.Track(f"person{m}") for m in people.tolist()],
        )
        with new_file(path) as temporary:
            sleap_io.save_slp(labels, str(temporary), verbose=False)
            _fill(temporary, poses, people)


def _sleap_io(where: object) -> Any:
    try:
        import sleap_io
    except ImportError as error:
        raise not_installed(where, "sleap-io", "slp") from error
    return sleap_io


# -- reading ------------------------------------------------------------------------


def _loaded(path: Path) -> Any:
    """Load all of a project, whose tables must fit into the size of the file."""
    sleap_io = _sleap_io(path)
    n_bytes = path.stat().st_size
    try:
        if _promised(path) <= n_bytes * _MOST_PACKED:
            return sleap_io.load_slp(str(path), open_videos=False)
    except Exception as error:  # whatever a foreign reader says of a damaged file
        raise FormatError(
            "sleap-io cannot read {} ({}); save it again in SLEAP.", path, error
        ) from error
    raise FormatError(
        "{} has {:,} bytes but declares far more; save it again in SLEAP.",
        path,
        n_bytes,
    )


def _promised(path: Path) -> int:
    """Count the bytes that the tables of a project say they have."""
    import h5py  # which sleap-io needs

    with h5py.File(path, "r") as file:
        return sum(int(file[name].nbytes) for name in _TABLES)


def _video_meant(path: Path, videos: list[Any], target: TargetFrames) -> Any:
    """Find the video of a project that is picked, or called like the video here."""
    if len(videos) == 1 and not target.pick:
        return videos[0]
    wanted = {n.casefold() for n in ([target.pick] if target.pick else target.names)}
    found = [v for v in videos if wanted & _names(v)]
    if len(found) == 1:
        return found[0]
    named = [_file_name(v) for v in videos[:_NAMED]]
    more = ["..."] if len(videos) > _NAMED else []
    raise FormatError(
        "{} has the videos {}; choose one with --pick, or give the video here that "
        "name.",
        path,
        ", ".join([*named, *more]) or "(none)",
    )


def _names(video: Any) -> set[str]:
    """List what a video of a project may be called: path, file name, stem."""
    name = _file_name(video)
    file = file_name_in(name)
    return {n.casefold() for n in (name, file, file.rpartition(".")[0] or file)}


def _file_name(video: Any) -> str:
    """Return the path of a video, of embedded pictures that of the video they are of.

    Of images it is the folder.
    """
    while getattr(video, "source_video", None) is not None:
        video = video.source_video
    name = video.filename
    return str(Path(str(name[0])).parent) if isinstance(name, list) else str(name)


def _check_picture(path: Path, video: Any, target: TargetFrames) -> None:
    """Refuse a video of another size, where the project says its size."""
    shape = video.shape
    if isinstance(shape, (list, tuple)) and len(shape) == 4:
        size = [n for n in (shape[2], shape[1]) if type(n) is int and n > 0]
        if len(size) == 2:
            check_size(path, (size[0], size[1]), target.size)


def _detections(
    path: Path, labels: Any, video: Any, target: TargetFrames
) -> Iterator[Detection]:
    orders: dict[tuple[str, ...], list[int]] = {}
    for labelled in labels.labeled_frames:
        if labelled.video is not video:
            continue
        frame = int(labelled.frame_idx)
        for instance, points in _instances(labelled):
            names = tuple(instance.skeleton.node_names)
            if names not in orders:
                orders[names] = keypoint_order(names, target.wanted, path)
            points = checked_points(points[orders[names]], f"{path}, frame {frame}")
            track = _track(instance)
            yield Detection(frame, points, None if track is None else str(id(track)))


def _instances(labelled: Any) -> Iterator[tuple[Any, np.ndarray]]:
    """List the instances of a frame that count, with x, y and score of their nodes."""
    placed = labelled.user_instances
    replaced = {id(instance.from_predicted) for instance in placed}
    taken = {id(t) for t in map(_track, placed) if t is not None}
    for instance in placed:
        places = np.asarray(instance.numpy(), np.float64)
        yield instance, np.column_stack([places[:, :2], np.ones(len(places))])
    for instance in labelled.predicted_instances:
        if id(instance) not in replaced and id(instance.track) not in taken:
            yield instance, np.asarray(instance.numpy(scores=True), np.float64)


def _track(instance: Any) -> Any:
    """Return the track of an instance, or else that of what it was made from."""
    if instance.track is None:
        return getattr(instance.from_predicted, "track", None)
    return instance.track


# -- writing ------------------------------------------------------------------------


def _fill(path: Path, poses: PoseSequence, people: np.ndarray) -> None:
    """Fill the tables of a project that has no frames yet.

    sleap-io would make an object of every keypoint: for an hour of two animals 1.6 GB,
    and thousands of objects to look through at each collection of garbage.

    Parameters
    ----------
    path : Path
    poses : PoseSequence
    people : ndarray of int
        Index of axis M of each track.
    """
    import h5py  # which sleap-io needs

    seen = (poses.scores > 0).any(axis=-1)
    frames, persons = np.nonzero(seen)
    shown, counts = np.unique(frames, return_counts=True)
    ends = counts.cumsum()
    n, n_keypoints = len(frames), poses.scores.shape[-1]
    scores = poses.scores[seen]
    known = scores > 0
    first = np.arange(n) * n_keypoints
    with h5py.File(path, "r+") as file:
        _replace(
            file["frames"],
            len(shown),
            frame_id=np.arange(len(shown)),
            frame_idx=shown,
            instance_id_start=ends - counts,
            instance_id_end=ends,
        )
        _replace(
            file["instances"],
            n,
            instance_id=np.arange(n),
            instance_type=_PREDICTED,
            frame_id=np.repeat(np.arange(len(shown)), counts),
            track=np.searchsorted(people, persons),
            from_predicted=-1,
            score=scores.sum(axis=1) / np.maximum(known.sum(axis=1), 1),
            point_id_start=first,
            point_id_end=first + n_keypoints,
        )
        places = poses.keypoints[seen].reshape(-1, 2)
        _replace(
            file["pred_points"],
            n * n_keypoints,
            x=places[:, 0],
            y=places[:, 1],
            visible=known.ravel(),
            score=scores.ravel(),
        )


def _replace(table: Any, n_rows: int, **columns: np.ndarray | int) -> None:
    """Put another table in the place of one without rows; other columns are 0."""
    rows = np.zeros(n_rows, table.dtype)
    for name, values in columns.items():
        rows[name] = values
    file, name = table.file, table.name
    del file[name]
    made = file.create_dataset(name, rows.shape, rows.dtype)
    # h5py keeps the window from its turn while it writes.
    for at in range(0, n_rows, _ROWS_AT_ONCE):
        made[at : at + _ROWS_AT_ONCE] = rows[at : at + _ROWS_AT_ONCE]


def _slp_video(
    sleap_io: Any, path: Path, poses: PoseSequence, media: Path | None
) -> Any:
    """Name the video of the poses; SLEAP looks for it beside the project too."""
    width, height = poses.size
    about: dict[str, Any] = {
        "shape": [poses.n_frames, height, width, 3],
        "grayscale": False,
    }
    images = [] if media is None else _images(media_path(media).file)
    if images:
        name: str | list[str] = images
        about.update(type="ImageVideo", filename=images[0], filenames=images)
        about.update(height_=height, width_=width, channels_=3)
    else:
        name = f"{path.stem}.mp4" if media is None else str(media_path(media).file)
        about.update(type="MediaVideo", filename=name, bgr=True)
        about.update(dataset="", input_format="")
    return sleap_io.Video(name, backend_metadata=about, open_backend=False)


def _images(media: Path) -> list[str]:
    """List the images of a recording; none where it is a video or cannot be reached."""
    try:
        return [str(f.path) for f in find_images(media)] if is_images(media) else []
    except VideoError:
        return []

"""Training data of PYSKL and MMAction2: a pickle with the poses of each segment.

- ``split`` names the segments of ``train`` and ``test`` by the first fold (or, without
  folds, of ``all``) and, where it is said who is seen, for each subject those of
  ``test_NAME`` and ``train_without_NAME``.
- ``annotations`` has for each labelled segment ``frame_dir``, its name;
  ``total_frames`` T; ``img_shape`` and ``original_shape``, (height, width) in px;
  ``keypoint`` (M, T, K, 2) in px and ``keypoint_score`` (M, T, K), 0 where a keypoint
  is missing; ``label``, the index of the class.
- ``classes.txt`` names the class in its line ``label + 1``.

The file is written and never read: opening a pickle may run any code. This one makes
plain values and arrays, and needs no newer NumPy than PYSKL does.

Source: PYSKL ``tools/data/README.md``; MMAction2 ``PoseDataset``.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from pickle import Pickler
from typing import Any

import numpy as np

from skelseg_core.errors import FormatError
from skelseg_core.formats.descriptors import CandidateFile, LabelFormat, WriteOptions
from skelseg_core.formats.label_file import LabelledVideo
from skelseg_core.labels.people import groups_of_people
from skelseg_core.poses.sequence import PoseSequence

SIDES = {"training": "train", "testing": "test", "": "all"}
_PROTOCOL = 4
"""Version of the pickle, which Python 3.4 and later read."""


class PysklClips(LabelFormat):
    """Pickle of PYSKL with one annotation per segment."""

    name = "pyskl"
    title = "PYSKL and MMAction2"
    about = (
        "A pickle with the subject's poses in each labelled segment, with splits by "
        "the first fold and by subject; class names in a second file."
    )
    cannot_hold = (
        "what is unlabelled, who gave a label, confidence, review, and names of "
        "keypoints."
    )
    written_suffix = ".pkl"
    needs_poses = True

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise no file: a pickle is never opened."""
        return False

    def write_files(
        self, videos: Sequence[LabelledVideo], options: WriteOptions
    ) -> Mapping[str, str | bytes]:
        """Format all segments of all videos in one file."""
        names = videos[0].label_map.names
        clips = {video.id: list(_clips(video)) for video in videos}
        annotations = [clip for of_video in clips.values() for clip in of_video]
        if not annotations:
            raise FormatError("No frame is labelled, so there is no segment to write.")
        split = {
            side: [clip["frame_dir"] for v in some for clip in clips[v.id]]
            for side, some in _sides(videos).items()
        }
        value = {"split": split, "annotations": annotations}
        return {
            f"segments{self.written_suffix}": _pickled(value),
            "classes.txt": "".join(f"{name}\n" for name in names),
        }


def _sides(videos: Sequence[LabelledVideo]) -> dict[str, list[LabelledVideo]]:
    """List the videos of each split: by the first fold, and by the subject left out."""
    sides: dict[str, list[LabelledVideo]] = {}
    for video in videos:
        sides.setdefault(SIDES[video.fold], []).append(video)
    # Somebody without a name might be on both sides.
    named = [video for video in videos if video.people]
    subject_of = groups_of_people({v.id: v.people for v in named})
    subjects = list(dict.fromkeys(subject_of.values()))
    for name in subjects if len(subjects) > 1 else ():
        sides[f"test_{name}"] = [v for v in named if subject_of[v.id] == name]
        others = [v for v in named if subject_of[v.id] != name]
        sides[f"train_without_{name}"] = others
    return sides


def _clips(video: LabelledVideo) -> Iterator[dict[str, Any]]:
    """Make an annotation of each labelled segment of a video."""
    labelled = video.named()
    if not labelled:
        return
    if video.poses is None:
        raise FormatError(
            "{} has no poses; estimate or import them, or leave it out.", video.id
        )
    if video.poses.n_frames != video.segmentation.n_frames:
        raise FormatError(
            "{} has poses of {:,} frames and labels of {:,}; estimate its poses again.",
            video.id,
            video.poses.n_frames,
            video.segmentation.n_frames,
        )
    names = video.label_map.names
    for start, stop, name in labelled:
        yield _clip(
            f"{video.id}_{start:06d}_{stop:06d}",
            video.poses,
            start,
            stop,
            names.index(name),
        )


def _clip(
    name: str, poses: PoseSequence, start: int, stop: int, label: int
) -> dict[str, Any]:
    keypoints = poses.keypoints[start:stop].transpose(1, 0, 2, 3)
    scores = poses.scores[start:stop].transpose(1, 0, 2)
    # People who are never seen in the segment are left out.
    seen = (scores > 0).any(axis=(1, 2))
    people = np.flatnonzero(seen) if seen.any() else [0]
    width, height = poses.size
    return {
        "frame_dir": name,
        "total_frames": stop - start,
        "img_shape": (height, width),
        "original_shape": (height, width),
        "keypoint": np.ascontiguousarray(np.nan_to_num(keypoints[people])),
        "keypoint_score": np.ascontiguousarray(scores[people]),
        "label": label,
    }


class _Pickler(Pickler):
    """A pickler whose arrays any NumPy can make.

    NumPy 2 names a module in its pickles that the versions of PYSKL's time lack.
    """

    def reducer_override(self, value: Any) -> Any:
        if not isinstance(value, np.ndarray):
            return NotImplemented
        data = bytearray(value.tobytes())
        return np.ndarray, (value.shape, value.dtype.str, data)


def _pickled(value: object) -> bytes:
    buffer = io.BytesIO()
    _Pickler(buffer, _PROTOCOL).dump(value)
    return buffer.getvalue()

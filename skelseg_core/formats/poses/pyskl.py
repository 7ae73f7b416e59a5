"""Annotations of PYSKL (and mmaction2): one per ``.npz``, without pickles.

They are read only: `formats.labels.pyskl_annotations` writes what PYSKL itself reads.

- ``keypoint`` (M, T, K, 2) px and ``keypoint_score`` (M, T, K), float16 to float64;
  ``total_frames`` T, ``img_shape`` (height, width), ``frame_dir`` a name. T is the
  number of frames of the video; frame 0 is the first. Index M is one person.
- A missing keypoint has score 0, or is 0, 0. NaN is refused: PYSKL would not draw it.
- 17 keypoints are COCO's, 18 OpenPose's COCO-18, 25 Kinect's (NTU RGB+D); any other
  number stands for the skeleton of the project if it has that many.
- PYSKL's own ``.pkl`` is a Python pickle, which may run any code: it is never opened.

Source: PYSKL, tools/data/README.md.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skelseg_core.errors import FormatError
from skelseg_core.files import load_npz
from skelseg_core.formats.descriptors import CandidateFile, PoseFormat
from skelseg_core.formats.detections import Detection, TargetFrames, check_size, gather
from skelseg_core.formats.pose_text import finite, missing_at_zero
from skelseg_core.poses.sequence import PoseSequence

LAYOUTS = {17: "coco17", 18: "coco18", 25: "kinect25", 0: ""}


class Pyskl(PoseFormat):
    """Annotation of PYSKL as an ``.npz``."""

    name = "pyskl"
    title = "PYSKL"
    about = "An .npz with one annotation of all frames of the video, from 0."
    suffixes = (".npz", ".pkl", ".pickle")

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise an ``.npz`` by its arrays; `read` says why it opens no pickle."""
        return file.suffix != ".npz" or "keypoint" in file.arrays

    def read(self, path: Path, target: TargetFrames) -> PoseSequence:
        """Read one annotation."""
        if path.suffix.lower() in (".pkl", ".pickle"):
            raise FormatError(
                "{} is a Python pickle, which may run any code and is not opened; "
                "where you trust it, write its annotation by numpy: np.savez(name, "
                "**annotation).",
                path,
            )
        arrays = load_npz(path)
        keypoints, scores = _arrays(path, arrays)
        _check_shape(path, arrays, target)
        n_told = int(keypoints.shape[1])
        found = []
        for person, track in enumerate(keypoints):
            for frame in range(n_told):
                points = np.column_stack([track[frame], scores[person, frame]])
                where = f"{path}, frame {frame}, person {person}"
                points = missing_at_zero(finite(points, where))
                found.append(Detection(frame + target.first_frame, points, str(person)))
        return gather(path, found, target, LAYOUTS, "pyskl", n_told)


def _arrays(path: Path, arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    missing = [n for n in ("keypoint", "keypoint_score") if n not in arrays]
    if missing:
        raise FormatError(
            "{} is no annotation of PYSKL ('{}' is missing); export it with keypoint "
            "and keypoint_score.",
            path,
            missing[0],
        )
    keypoints, scores = arrays["keypoint"], arrays["keypoint_score"]
    if keypoints.ndim != 4 or keypoints.shape[-1] != 2 or 0 in keypoints.shape:
        raise FormatError(
            "{}: 'keypoint' has the shape {}; (people, frames, keypoints, 2) is "
            "needed.",
            path,
            keypoints.shape,
        )
    if scores.shape != keypoints.shape[:-1]:
        raise FormatError(
            "{}: 'keypoint_score' has the shape {}, which does not fit 'keypoint' of "
            "the shape {}.",
            path,
            scores.shape,
            keypoints.shape,
        )
    if keypoints.dtype.kind not in "fiu" or scores.dtype.kind not in "fiu":
        raise FormatError("{}: keypoints and scores must be numbers.", path)
    return keypoints.astype(np.float64), scores.astype(np.float64)


def _check_shape(
    path: Path, arrays: dict[str, np.ndarray], target: TargetFrames
) -> None:
    shape = arrays.get("img_shape")
    if shape is not None and shape.shape == (2,) and shape.dtype.kind in "iuf":
        check_size(path, (float(shape[1]), float(shape[0])), target.size)
    total, n_frames = arrays.get("total_frames"), arrays["keypoint"].shape[1]
    if total is not None and (total.size != 1 or total.item() != n_frames):
        raise FormatError(
            "{}: 'total_frames' is {} and 'keypoint' has {}; export it again.",
            path,
            total.tolist(),
            n_frames,
        )

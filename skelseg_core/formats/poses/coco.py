"""COCO keypoints JSON: annotations (images, annotations, categories) or results.

- Results are a list of ``{"image_id": 12, "category_id": 1, "keypoints": [x, y, score,
  ...]}``; ``image_id`` is the frame, from 0, as a number or a file name.
- In annotations an image is a frame: the last number of its ``file_name``, or of its
  ``id`` where not every image has one. A frame without image or annotation has nobody.
- Keypoints are named by ``categories[].keypoints`` and found by name. Without names 17
  are COCO's, and more (133 of COCO-WholeBody, 26 and 136 of Halpe) begin with these;
  any other number stands for the skeleton of the project if it has that many.
- A missing keypoint is 0, 0 with any third value, or a third value of 0.
- The third value is a score, or COCO's visibility where a file has only 0, 1 and 2 and
  at least one 2: then 0 is missing, 1 (hidden but labelled) is score 0.5, and 2 is 1.
  ``keypoint_scores``, which mmpose and skelseg write beside it, goes before.
- ``track_id`` says who it is; without it people are linked here. Crowds are left out.

Source: cocodataset.org, "Data format" and "Results format".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from skelseg_core.errors import FormatError
from skelseg_core.files import atomic_write
from skelseg_core.formats.descriptors import CandidateFile, PoseFormat
from skelseg_core.formats.pose_parts.detections import (
    Detection,
    TargetFrames,
    check_size,
    gather,
    people,
)
from skelseg_core.formats.pose_parts.pose_text import (
    MAX_POSE_TEXT,
    as_float,
    entries,
    finite,
    flat,
    frame_number,
    holds_people,
    json_text,
    missing_at_zero,
    triples,
)
from skelseg_core.poses.sequence import PoseSequence, boxes
from skelseg_core.poses.skeletons import keypoint_order, load_skeleton
from skelseg_core.text_files import read_json

LAYOUTS = {17: "coco17", 26: "coco17", 133: "coco17", 136: "coco17", 0: ""}


class Coco(PoseFormat):
    """Keypoint annotations or results of COCO as JSON."""

    name = "coco"
    title = "COCO"
    about = (
        "JSON of images and annotations, or of results; an image is a frame, from 0."
    )
    suffixes = (".json",)
    written_suffix = ".poses.json"

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise annotations by their key, and results by their keypoints."""
        raw = file.json
        return holds_people(raw) or (isinstance(raw, dict) and "annotations" in raw)

    def read(self, path: Path, target: TargetFrames) -> PoseSequence:
        """Read annotations or results of one video."""
        raw = read_json(path, MAX_POSE_TEXT)
        if not isinstance(raw, dict):
            found = [
                _detection(entry, frame_number(entry.get("image_id"), str(path)), path)
                for entry in entries(raw, path)
                if entry.get("keypoints")
            ]
            return gather(path, _scored(found), target, LAYOUTS, "coco")
        frames = _frames(path, raw.get("images"), target)
        names = _names(path, raw.get("categories", []))
        found = [
            _detection(entry, _frame_of(entry, frames, path), path)
            for entry in entries(raw.get("annotations"), path)
            if entry.get("keypoints") and not entry.get("iscrowd")
        ]
        found = _scored(found)
        if not names:
            return gather(path, found, target, LAYOUTS, "coco")
        order = keypoint_order(names, target.wanted, path)
        found = [replace(d, points=_ordered(d, order, len(names), path)) for d in found]
        return gather(path, found, target, {len(order): target.skeleton}, "coco")

    def write(self, path: Path, poses: PoseSequence, media: Path | None = None) -> None:
        """Write annotations, one image per frame.

        Image ids are frames from 0; ``track_id`` is the index of axis M. Keypoints have
        visibility 2, or 0 where missing, and their scores in ``keypoint_scores``.
        """
        skeleton = load_skeleton(poses.skeleton)
        width, height = poses.size
        images = [
            {"id": f, "file_name": f"{f:06d}.jpg", "width": width, "height": height}
            for f in range(poses.n_frames)
        ]
        category = {
            "id": 1,
            "name": "person",
            "supercategory": "person",
            "keypoints": list(skeleton.keypoints),
            "skeleton": [[a + 1, b + 1] for a, b in skeleton.edges],
        }
        annotations = [
            {"id": n, **_annotation(frame, person, points)}
            for n, (frame, person, points) in enumerate(people(poses), start=1)
        ]
        value = {"images": images, "annotations": annotations, "categories": [category]}
        atomic_write(path, json_text(value))


def _annotation(frame: int, person: int, points: np.ndarray) -> dict[str, Any]:
    known = np.isfinite(points[:, 2])
    flags = points.copy()
    flags[known, 2] = 2
    values = [int(v) if n % 3 == 2 else v for n, v in enumerate(flat(flags))]
    x0, y0, x1, y1 = boxes(points[:, :2]).tolist()
    box = [x0, y0, round(x1 - x0, 3), round(y1 - y0, 3)]
    return {
        "image_id": frame,
        "category_id": 1,
        "track_id": person,
        "iscrowd": 0,
        "bbox": box,
        "area": round(box[2] * box[3], 3),
        "num_keypoints": int(known.sum()),
        "keypoints": values,
        "keypoint_scores": np.nan_to_num(points[:, 2]).tolist(),
    }


def _frames(path: Path, images: object, target: TargetFrames) -> dict[str, int]:
    """Find the frame of every image id."""
    listed = entries(images, f"{path}: 'images'")
    names = [image.get("file_name") for image in listed]
    named = all(isinstance(n, str) and any(c.isdigit() for c in n) for n in names)
    frames: dict[str, int] = {}
    for image, name in zip(listed, names, strict=True):
        said = (image.get("width"), image.get("height"))
        size = [as_float(v) for v in said if type(v) in (int, float)]
        if len(size) == 2:
            check_size(path, (size[0], size[1]), target.size)
        where = f"{path}, image {image.get('id')}"
        frame = frame_number(name if named else image.get("id"), where)
        frames[str(image.get("id"))] = frame
    if len(set(frames.values())) < len(listed):
        raise FormatError(
            "{} names a frame or an image id twice, as if it had several videos; "
            "export one file per video.",
            path,
        )
    return frames


def _frame_of(entry: Mapping[str, Any], frames: Mapping[str, int], path: Path) -> int:
    image = str(entry.get("image_id"))
    if image not in frames:
        raise FormatError(
            "{}: an annotation names the image {}, which is not in the file; export "
            "it again.",
            path,
            image,
        )
    return frames[image]


def _names(path: Path, categories: object) -> list[str]:
    for category in entries(categories, f"{path}: 'categories'"):
        names = category.get("keypoints")
        if isinstance(names, list) and names:
            return [str(name) for name in names]
    return []


def _detection(entry: Mapping[str, Any], frame: int, path: Path) -> Detection:
    where = f"{path}, frame {frame}"
    points = triples(entry["keypoints"], where)
    scores = entry.get("keypoint_scores")
    if isinstance(scores, list) and len(scores) == len(points):
        points = _with_scores(points, scores, where)
    track = entry.get("track_id")
    return Detection(frame, points, None if track is None else str(track))


def _with_scores(points: np.ndarray, scores: Sequence[Any], where: str) -> np.ndarray:
    """Set the scores of points; missing points stay missing."""
    if not all(type(s) in (int, float) for s in scores):
        raise FormatError("{}: 'keypoint_scores' must be numbers; export again.", where)
    known = np.isfinite(points[:, 2])
    scored = np.column_stack([points[:, :2], scores])
    scored[~known] = 0
    return missing_at_zero(finite(scored, where))


def _scored(found: Iterable[Detection]) -> list[Detection]:
    """Convert visibility flags, if a file has these, to scores, in place."""
    found = list(found)
    thirds = np.concatenate([np.zeros(0), *(d.points[:, 2] for d in found)])
    given = set(np.unique(thirds[np.isfinite(thirds)]).tolist())
    if 2.0 in given and given <= {0.0, 1.0, 2.0}:
        for detection in found:
            detection.points[:, 2] /= 2
    return found


def _ordered(
    detection: Detection, order: Sequence[int], n_names: int, path: Path
) -> np.ndarray:
    if len(detection.points) != n_names:
        raise FormatError(
            "{} names {} keypoints and has {} in frame {}; export it again.",
            path,
            n_names,
            len(detection.points),
            detection.frame,
        )
    return detection.points[list(order)]

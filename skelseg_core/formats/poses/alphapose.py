"""AlphaPose's ``alphapose-results.json``: a list with one entry per person and frame.

- ``image_id`` is the name of a frame (``"12.jpg"``): its last number, from 0 for a
  video. A frame without an entry has nobody.
- ``keypoints`` is x, y, score per keypoint. 17 are COCO's; 26 and 136 (Halpe) and 133
  (COCO-WholeBody) begin with these.
- AlphaPose places every keypoint; an unlikely one has a low score. 0, 0 and a score of
  0 or less are missing, as in files of others in this format.
- Scores of keypoints are 0..1, but sums of merged people (up to 6) for some models:
  what is above 1 is cut to 1. ``score`` of the person is such a sum and is not read.
- ``idx`` is the person where AlphaPose tracked; else people are linked here.
- ``--format cmu`` and ``open`` are others; an OpenPose folder is read as such.

Source: AlphaPose, docs/output.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from skelseg_core.files import atomic_write
from skelseg_core.formats.descriptors import CandidateFile, PoseFormat
from skelseg_core.formats.detections import (
    Detection,
    TargetFrames,
    gather,
    need_skeleton,
    people,
)
from skelseg_core.formats.pose_text import (
    MAX_POSE_TEXT,
    entries,
    flat,
    frame_number,
    holds_people,
    json_text,
    triples,
)
from skelseg_core.poses.sequence import PoseSequence, boxes
from skelseg_core.text_files import read_json

LAYOUTS = {17: "coco17", 26: "coco17", 133: "coco17", 136: "coco17"}


class AlphaPose(PoseFormat):
    """Results of AlphaPose: a JSON list with one entry per person and frame."""

    name = "alphapose"
    title = "AlphaPose"
    about = "A JSON list of people, each with the name of its frame; frames from 0."
    cannot_hold = "names of keypoints; only coco17 is written."
    suffixes = (".json",)
    written_suffix = ".poses.json"

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise results by ``idx``, or by a box and a frame with a file name.

        Results of COCO look alike, but name images by numbers and never have ``idx``.
        """
        raw = file.json
        return holds_people(raw) and any(
            "idx" in entry
            or ("box" in entry and isinstance(entry.get("image_id"), str))
            for entry in raw
        )

    def read(self, path: Path, target: TargetFrames) -> PoseSequence:
        """Read a list of people."""
        raw = read_json(path, MAX_POSE_TEXT)
        found = [_detection(entry, path) for entry in entries(raw, path)]
        return gather(path, found, target, LAYOUTS, "alphapose")

    def write(self, path: Path, poses: PoseSequence, media: Path | None = None) -> None:
        """Write results; ``idx`` is the index of axis M."""
        need_skeleton(poses, ("coco17",), "AlphaPose files")
        results = [
            {
                "image_id": f"{frame}.jpg",
                "category_id": 1,
                "keypoints": flat(points),
                "score": round(float(np.nanmean(points[:, 2])), 6),
                "box": _box(points),
                "idx": person,
            }
            for frame, person, points in people(poses)
        ]
        atomic_write(path, json_text(results))


def _detection(entry: Mapping[str, Any], path: Path) -> Detection:
    frame = frame_number(entry.get("image_id"), str(path))
    points = triples(entry.get("keypoints"), f"{path}, frame {frame}")
    person = entry.get("idx")
    while isinstance(person, list) and person:
        person = person[0]
    known = isinstance(person, (int, float, str))
    return Detection(frame, points, str(person) if known else None)


def _box(points: np.ndarray) -> list[float]:
    x0, y0, x1, y1 = boxes(points[:, :2]).tolist()
    return [x0, y0, round(x1 - x0, 3), round(y1 - y0, 3)]

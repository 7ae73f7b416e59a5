"""Landmarks of MediaPipe Pose as JSON or CSV; MediaPipe itself has no file format.

JSON: a list with one entry per frame (or that list as ``frames`` of an object). An
entry is ``null`` or empty for nobody; or the 33 landmarks of one person; or a list of
people with 33 landmarks each (``pose_landmarks`` of the PoseLandmarker). An object with
``landmarks`` or ``pose_landmarks`` may stand around it. A landmark is
``{"x":, "y":, "z":, "visibility":}`` or ``[x, y, z, visibility]``.

CSV: columns ``x1, y1, z1, v1 ... x33, y33, z33, v33`` (from 0 or 1), one line per
frame, one person; other columns are left out.

- x and y are shares of width and height, and may lie outside of 0..1. World landmarks
  (metres around the hip) are something else: most lie outside of the picture, which is
  refused. z is not used.
- Score is visibility, 1 where it is not given. A missing landmark does not occur;
  0, 0 with visibility 0 (how people fill a frame with nobody) is missing.
- Entry or line 0 is frame 0, and there are as many as the video has frames.
- There are no ids: where no frame has two people they are one, else they are linked
  here.

Source: MediaPipe, "Pose landmark detection guide" (its output section).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from skelseg_core.errors import FormatError
from skelseg_core.files import atomic_write
from skelseg_core.formats.descriptors import CandidateFile, PoseFormat
from skelseg_core.formats.pose_parts.detections import (
    Detection,
    TargetFrames,
    gather,
    need_skeleton,
    people,
)
from skelseg_core.formats.pose_parts.pose_text import (
    MAX_POSE_TEXT,
    cell_number,
    csv_rows,
    finite,
    holds_people,
    json_text,
    missing_at_zero,
)
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.text_files import check_width, read_json

N_LANDMARKS = 33
LAYOUTS = {N_LANDMARKS: "mediapipe33"}


class MediaPipe(PoseFormat):
    """Landmarks of MediaPipe Pose, as JSON or CSV."""

    name = "mediapipe"
    title = "MediaPipe"
    about = "JSON or CSV of 33 landmarks; entry or line 0 is frame 0."
    cannot_hold = "who is who, and keypoints other than those of mediapipe33."
    suffixes = (".json", ".csv")
    written_suffix = ".poses.json"

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise a CSV by its columns, and JSON by its first landmark."""
        if file.suffix == ".csv":
            return {"x1", "y1", "v1"} <= {cell.lower() for cell in file.header}
        raw = file.json
        if not isinstance(raw, list):
            return isinstance(raw, dict) and "frames" in raw
        first = json.dumps(next((entry for entry in raw if entry), None))[:200]
        return not holds_people(raw) and ('"x"' in first or first.startswith("[["))

    def read(self, path: Path, target: TargetFrames) -> PoseSequence:
        """Read dumped landmarks."""
        is_csv = path.suffix.lower() == ".csv"
        frames = _csv_frames(path) if is_csv else _json_frames(path)
        found = []
        for n, persons in enumerate(frames):
            for points in persons:
                points = missing_at_zero(points)
                points[:, :2] *= target.size
                found.append(Detection(n + target.first_frame, points, "0"))
        return gather(path, found, target, LAYOUTS, "mediapipe", len(frames))

    def write(self, path: Path, poses: PoseSequence, media: Path | None = None) -> None:
        """Write JSON: per frame a list of people with 33 landmarks."""
        need_skeleton(poses, ("mediapipe33",), "MediaPipe files")
        frames: list[list[object]] = [[] for _ in range(poses.n_frames)]
        for frame, _, points in people(poses):
            shares = np.nan_to_num(points) / [*poses.size, 1]
            frames[frame].append([_landmark(*row) for row in shares.tolist()])
        atomic_write(path, json_text(frames))


def _landmark(x: float, y: float, visibility: float) -> dict[str, float]:
    return {"x": round(x, 7), "y": round(y, 7), "z": 0.0, "visibility": visibility}


def _json_frames(path: Path) -> list[list[np.ndarray]]:
    raw = read_json(path, MAX_POSE_TEXT)
    if isinstance(raw, dict):
        raw = raw.get("frames")
    if not isinstance(raw, list):
        raise FormatError(
            "{} has no list of frames; dump one entry per frame, null for nobody.", path
        )
    return [
        [_points(person, f"{path}, frame {n}") for person in _persons(entry)]
        for n, entry in enumerate(raw)
    ]


def _persons(entry: object) -> Iterator[object]:
    """List the landmark lists, one per person, in the entry of a frame."""
    if isinstance(entry, dict):
        keys = [k for k in ("landmarks", "pose_landmarks") if k in entry]
        entry = entry[keys[0]] if keys else [entry]
    if entry is None or entry == []:
        return
    one = isinstance(entry, list) and (isinstance(entry[0], dict) or _is_row(entry[0]))
    yield from [entry] if one or not isinstance(entry, list) else entry


def _is_row(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and not isinstance(value[0], (list, dict))
    )


def _points(landmarks: object, where: str) -> np.ndarray:
    if not isinstance(landmarks, list) or len(landmarks) != N_LANDMARKS:
        n = len(landmarks) if isinstance(landmarks, list) else "no"
        raise FormatError(
            "{}: {} landmarks, but MediaPipe Pose has {} (mediapipe33); write all of "
            "them.",
            where,
            n,
            N_LANDMARKS,
        )
    return finite([v for mark in landmarks for v in _values(mark, where)], where)


def _values(mark: Any, where: str) -> tuple[float, float, float]:
    values: list[Any] = []
    if isinstance(mark, Mapping):
        values = [mark.get("x"), mark.get("y"), mark.get("visibility", 1)]
    elif isinstance(mark, list) and len(mark) == 4:
        values = [mark[0], mark[1], mark[3]]
    if not values or any(type(v) not in (int, float) for v in values):
        raise FormatError(
            "{}: a landmark must be x, y, z and visibility, as an object or a list "
            "of these four; write the file again.",
            where,
        )
    return float(values[0]), float(values[1]), float(values[2])


def _csv_frames(path: Path) -> list[list[np.ndarray]]:
    rows = csv_rows(path)
    columns = _csv_columns(path, rows[0][1])
    frames: list[list[np.ndarray]] = []
    for line, row in rows[1:]:
        where = f"{path}, line {line}, frame {len(frames)}"
        check_width(row, len(rows[0][1]), where)
        values = np.array([cell_number(row[c], where) for c in columns.ravel()])
        nobody = np.isnan(values).all()
        frames.append([] if nobody else [finite(values, where)])
    return frames


def _csv_columns(path: Path, header: list[str]) -> np.ndarray:
    """Find the columns (33, 3) of x, y and visibility."""
    places: dict[tuple[str, int], int] = {}
    for column, cell in enumerate(header):
        match = re.fullmatch(r"([xyv])_?([0-9]{1,4})", cell.strip().lower())
        if match:
            places[match[1], int(match[2])] = column
    numbers = sorted(n for what, n in places if what == "x")
    if len(numbers) != N_LANDMARKS or any(
        (what, n) not in places for n in numbers for what in "yv"
    ):
        raise FormatError(
            "{}, line 1: {} landmarks, but MediaPipe Pose has {}; name the columns "
            "x1, y1, z1, v1 to x33, y33, z33, v33.",
            path,
            len(numbers),
            N_LANDMARKS,
        )
    return np.array([[places[what, n] for what in "xyv"] for n in numbers])

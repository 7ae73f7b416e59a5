"""Plain CSV: one line per person and frame, with columns ``<keypoint>_x`` and ``_y``.

- Columns: ``frame`` (from 0), ``person``, and per keypoint ``left_hip_x``,
  ``left_hip_y``, ``left_hip_score``. Only x and y are needed. Keypoints are found by
  name (``skeleton``); other columns are left out. A score may also be called
  confidence, conf, likelihood or visibility.
- Without ``frame`` a line is a frame, and there must be as many as the video has. With
  it, frames that are not there have nobody.
- Without ``person``, a file in which no frame stands twice is of one person; else, or
  where a cell of it is empty, people are linked here.
- A missing keypoint is an empty cell or ``nan``, 0 for both x and y, or a score of 0.
  Without scores the score is 1.
- Coordinates are px. A file in which none is beyond 1 holds shares of the picture, and
  is scaled by width and height.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from skelseg_core.errors import FormatError
from skelseg_core.files import atomic_write
from skelseg_core.formats.descriptors import CandidateFile, PoseFormat
from skelseg_core.formats.pose_parts.detections import (
    Detection,
    TargetFrames,
    gather,
    people,
    share_range,
)
from skelseg_core.formats.pose_parts.pose_text import (
    cell_number,
    cells,
    csv_rows,
    csv_text,
    frame_number,
    missing_at_zero,
)
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeletons import keypoint_order, load_skeleton
from skelseg_core.text_files import check_width

_COLUMN = re.compile(
    r"(.+?)[ _.:-]+(x|y|score|confidence|conf|likelihood|visibility)", re.IGNORECASE
)


class PlainCsv(PoseFormat):
    """CSV file with one line per person and frame."""

    name = "csv"
    title = "CSV"
    about = "One line per person and frame, from 0, with a column per coordinate."
    suffixes = (".csv",)
    written_suffix = ".poses.csv"

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise the format by a column that ends with ``_x``."""
        return any(cell.lower().endswith(("_x", " x", ".x")) for cell in file.header)

    def read(self, path: Path, target: TargetFrames) -> PoseSequence:
        """Read a table of keypoints."""
        rows = csv_rows(path)
        header = [cell.strip() for cell in rows[0][1]]
        places = _places(path, header, target)
        low = [name.lower() for name in header]
        frame_at = low.index("frame") if "frame" in low else None
        person_at = low.index("person") if "person" in low else None
        found = []
        for n, (line, row) in enumerate(rows[1:]):
            where = f"{path}, line {line}"
            check_width(row, len(header), where)
            frame = (
                n + target.first_frame
                if frame_at is None
                else _frame(row[frame_at], where)
            )
            person = "0" if person_at is None else row[person_at].strip() or None
            points = _points(row, places, f"{where}, frame {frame}")
            found.append(Detection(frame, points, person))
        if share_range(found):
            for detection in found:
                detection.points[:, :2] *= target.size
        n_told = len(rows) - 1 if frame_at is None else None
        layouts = {len(target.wanted): target.skeleton}
        return gather(path, found, target, layouts, "csv", n_told)

    def write(self, path: Path, poses: PoseSequence, media: Path | None = None) -> None:
        """Write a table; a frame with nobody has a line with empty cells."""
        names = load_skeleton(poses.skeleton).keypoints
        columns = [f"{name}_{what}" for name in names for what in ("x", "y", "score")]
        lines: list[list[list[str]]] = [[] for _ in range(poses.n_frames)]
        for frame, person, points in people(poses):
            lines[frame].append([str(frame), str(person), *cells(points)])
        rows = [["frame", "person", *columns]]
        for frame, there in enumerate(lines):
            rows += there or [[str(frame), "", *([""] * len(columns))]]
        atomic_write(path, csv_text(rows))


def _places(path: Path, header: Sequence[str], target: TargetFrames) -> np.ndarray:
    """Find the columns (K, 3) of x, y and score; -1 where there is no score."""
    keypoints: dict[str, dict[str, int]] = {}
    for column, cell in enumerate(header):
        match = _COLUMN.fullmatch(cell)
        if match:
            name, what = match[1].lower(), match[2].lower()
            keypoints.setdefault(name, {})[what if what in "xy" else "score"] = column
    names = [name for name, at in keypoints.items() if {"x", "y"} <= set(at)]
    if not names:
        raise FormatError(
            "{}, line 1: there are no columns of keypoints; name them left_hip_x, "
            "left_hip_y and so on.",
            path,
        )
    order = keypoint_order(names, target.wanted, path)
    return np.array([_of(keypoints[names[n]]) for n in order])


def _of(at: Mapping[str, int]) -> tuple[int, int, int]:
    return at["x"], at["y"], at.get("score", -1)


def _frame(cell: str, where: str) -> int:
    if not cell.strip().isdigit():
        raise FormatError("{}: frame is '{}'; it must be a number from 0.", where, cell)
    return frame_number(cell, where)


def _points(row: Sequence[str], places: np.ndarray, where: str) -> np.ndarray:
    points = np.ones(places.shape)
    for k, columns in enumerate(places.tolist()):
        for n, column in enumerate(columns):
            if column >= 0:
                points[k, n] = cell_number(row[column], f"{where}, keypoint {k}")
    points[~np.isfinite(points).all(axis=1)] = np.nan
    return missing_at_zero(points)

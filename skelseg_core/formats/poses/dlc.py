"""CSV files of DeepLabCut, of one animal or several.

- Header lines ``scorer``, (``individuals``,) ``bodyparts``, ``coords``; then one line
  per frame, which begins with its number from 0. In ``CollectedData`` files lines begin
  with the path of a picture, in one cell or three; its last number is the frame, and
  frames that are not there have nobody.
- Body parts are named by their user: they are found by name (``skeleton``), and those
  of no use are left out.
- A missing keypoint is an empty cell, or a likelihood of 0. A low likelihood is a low
  score, not a missing keypoint. Without likelihood (labelled by hand) the score is 1.
- An individual is one person. Individuals without any keypoint of the skeleton
  (objects, unique body parts) are left out.
- 3D files (x, y, z) are refused.

DeepLabCut's ``.h5`` says the same, but keeps the names of its columns as a Python
pickle, which may run any code and is never opened here; the CSV beside it is read.

Source: DeepLabCut, docs/standardDeepLabCut_UserGuide.md, and files of pandas' to_csv.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
)
from skelseg_core.formats.pose_parts.pose_text import (
    cell_number,
    cells,
    csv_rows,
    csv_text,
    frame_number,
)
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeletons import keypoint_order, load_skeleton
from skelseg_core.text_files import check_width

NEAR_S = 60.0
"""Seconds by which a CSV may be older than its ``.h5``."""
_LEVELS = ("scorer", "individuals", "bodyparts", "coords")
_COORDS = ("x", "y", "likelihood")


class DeepLabCut(PoseFormat):
    """CSV file of DeepLabCut, of one animal or several."""

    name = "dlc"
    title = "DeepLabCut"
    about = "CSV with one line per frame, numbered from 0; for .h5, the CSV beside it."
    suffixes = (".csv", ".h5", ".hdf5")
    written_suffix = ".poses.csv"

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise a CSV by its first cell, an HDF5 file by its table's name."""
        if file.suffix != ".csv":
            return b"df_with_missing" in file.head
        return any(cell.lower() in _LEVELS[:3] for cell in file.header[:1])

    def read(self, path: Path, target: TargetFrames) -> PoseSequence:
        """Read a CSV, or the one beside an ``.h5``."""
        path = _csv_of(path)
        rows = csv_rows(path)
        header = _header(path, rows)
        columns = _columns(path, header, target)
        lines = rows[len(header.levels) :]
        frames = [_frame(path, n, row, header) for n, row in lines]
        found: list[Detection] = []
        for frame, (number, row) in zip(frames, lines, strict=True):
            check_width(row, header.width, f"{path}, line {number}")
            where = f"{path}, line {number}, frame {frame}"
            for person, places in columns.items():
                found.append(Detection(frame, _points(row, places, where), person))
        layouts = {len(target.wanted): target.skeleton}
        every = all(row[0].strip().isdigit() for _, row in lines)
        n_told = max(frames, default=-1) + 1 - target.first_frame if every else None
        return gather(path, found, target, layouts, "deeplabcut", n_told)

    def write(self, path: Path, poses: PoseSequence, media: Path | None = None) -> None:
        """Write a CSV, with ``individuals`` where there are several."""
        names = load_skeleton(poses.skeleton).keypoints
        many = poses.n_individuals > 1
        columns = [
            ("skelseg", f"person{m}", name, coord)
            for m in range(poses.n_individuals)
            for name in names
            for coord in _COORDS
        ]
        levels = [n for n in range(len(_LEVELS)) if many or _LEVELS[n] != "individuals"]
        rows: list[list[str]] = [[_LEVELS[n], *(c[n] for c in columns)] for n in levels]
        width = len(names) * len(_COORDS)
        first = len(rows)
        rows += [[str(f), *([""] * len(columns))] for f in range(poses.n_frames)]
        for frame, person, points in people(poses):
            start = 1 + person * width
            rows[first + frame][start : start + width] = cells(points)
        atomic_write(path, csv_text(rows))

    def file_read(self, path: Path) -> Path:
        """Find the CSV beside an ``.h5``."""
        return _csv_of(path)


@dataclass(frozen=True)
class _Header:
    """Header cells by level, and the number of cells before the first column."""

    levels: dict[str, list[str]]
    n_index: int
    width: int


def _csv_of(path: Path) -> Path:
    """Find the CSV that is read for a file: itself, or the one beside an ``.h5``.

    Raises
    ------
    FormatError
        Where an ``.h5`` has none, or one that is older: it may say something else.
    """
    if path.suffix.lower() not in (".h5", ".hdf5"):
        return path
    beside = path.with_suffix(".csv")
    if not beside.is_file():
        raise FormatError(
            "{} stores its column names as a Python pickle, which could run any code "
            "and is not opened; save the CSV too (save_as_csv=True, or DeepLabCut's "
            "analyze_videos_converth5_to_csv) and import that.",
            path,
        )
    # Files that are copied or unpacked one after the other differ a little in time.
    if beside.stat().st_mtime < path.stat().st_mtime - NEAR_S:
        raise FormatError(
            "{} is older than {}, which was made again later; save the CSV again, or "
            "import the CSV by its own name if you want it.",
            beside,
            path,
        )
    return beside


def _header(path: Path, rows: Sequence[tuple[int, list[str]]]) -> _Header:
    levels: dict[str, list[str]] = {}
    for _, row in rows[:4]:
        name = row[0].strip().lower()
        if name not in _LEVELS:
            break
        levels[name] = [cell.strip() for cell in row]
    widths = {len(cells) for cells in levels.values()}
    if not {"bodyparts", "coords"} <= set(levels) or len(widths) != 1:
        raise FormatError(
            "{} is not a CSV of DeepLabCut; its first lines must begin with scorer, "
            "bodyparts and coords.",
            path,
        )
    coords = levels["coords"]
    n_index = next((i for i, c in enumerate(coords) if c in _COORDS), len(coords))
    others = sorted(set(coords[n_index:]) - set(_COORDS))
    if others:
        raise FormatError(
            "{} has the coordinates {} besides x, y and likelihood; import the 2D "
            "file of one camera.",
            path,
            ", ".join(others),
        )
    return _Header(levels, n_index, len(coords))


def _columns(
    path: Path, header: _Header, target: TargetFrames
) -> dict[str, np.ndarray]:
    """Find the columns (K, 3) of x, y and likelihood per individual; -1 for none."""
    blank = [""] * header.width
    owners = header.levels.get("individuals", blank)
    parts, coords = header.levels["bodyparts"], header.levels["coords"]
    span = range(header.n_index, header.width)
    names = list(dict.fromkeys(parts[c] for c in span))
    order = keypoint_order(names, target.wanted, path)
    place = {(owners[c], parts[c], coords[c]): c for c in span}
    columns = {}
    for owner in dict.fromkeys(owners[c] for c in span):
        table = np.array(
            [[place.get((owner, names[n], c), -1) for c in _COORDS] for n in order]
        )
        if (table[:, :2] >= 0).all(axis=1).any():
            columns[owner] = table
    return columns


def _frame(path: Path, number: int, row: Sequence[str], header: _Header) -> int:
    cells = [cell.strip() for cell in row[: header.n_index]]
    name = next((cell for cell in reversed(cells) if cell), "")
    return frame_number(name, f"{path}, line {number}")


def _points(row: Sequence[str], places: np.ndarray, where: str) -> np.ndarray:
    points = np.full(places.shape, np.nan)
    for k, (x, y, likelihood) in enumerate(places.tolist()):
        if x < 0 or y < 0:
            continue
        spot = f"{where}, keypoint {k}"
        points[k, :2] = cell_number(row[x], spot), cell_number(row[y], spot)
        points[k, 2] = cell_number(row[likelihood], spot) if likelihood >= 0 else 1
    gone = ~np.isfinite(points).all(axis=1) | ~(points[:, 2] > 0)
    return np.where(gone[:, None], np.nan, points)

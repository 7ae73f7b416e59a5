"""Careful reading of numbers, names and lines in pose files of other tools.

A coordinate or score that is not finite, or far from any picture, is an error that
names file, frame and keypoint: what is missing must be marked as the format does it.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from skelseg_core.errors import FormatError
from skelseg_core.text_files import csv_lines

MAX_COORDINATE = 1e6
"""Coordinates beyond this, in px, are refused."""

MAX_POSE_TEXT = 1 << 30
"""Largest text file of poses in bytes: a long video takes hundreds of MB."""


def triples(values: object, where: str) -> np.ndarray:
    """Read ``x, y, score, ...`` as (K, 3), NaN where 0, 0 or score <= 0.

    Raises
    ------
    FormatError
        Where it is no such list; names ``where`` and the keypoint.
    """
    plain = isinstance(values, list) and all(type(v) in (int, float) for v in values)
    if not isinstance(values, list) or not plain or not values or len(values) % 3:
        raise FormatError(
            "{}: keypoints must be a list of numbers x, y, score, x, y, score and so "
            "on; export the file again.",
            where,
        )
    return missing_at_zero(finite([as_float(v) for v in values], where))


def finite(values: Sequence[float] | np.ndarray, where: str) -> np.ndarray:
    """Convert numbers to (K, 3); raise FormatError where one is NaN or huge."""
    points = np.asarray(values, np.float64).reshape(-1, 3)
    wild = ~(np.abs(points) < MAX_COORDINATE).all(axis=1)
    if wild.any():
        k = int(wild.argmax())
        raise FormatError(
            "{}, keypoint {}: x, y, score are {}, which is not a position in a "
            "picture; mark missing keypoints as the format requires, and export again.",
            where,
            k,
            ", ".join(f"{v:g}" for v in points[k]),
        )
    return points


def missing_at_zero(points: np.ndarray) -> np.ndarray:
    """Replace points (K, 3) at exactly 0, 0 or without score by NaN.

    Scores are no help at 0, 0: some tools keep the score of a keypoint that they reset.
    """
    gone = (points[:, :2] == 0).all(axis=1) | ~(points[:, 2] > 0)
    return np.where(gone[:, None], np.nan, points)


def frame_number(name: object, where: str) -> int:
    """Read the frame of a number or of a file name: its last digits."""
    if isinstance(name, int) and not isinstance(name, bool) and 0 <= name < 1 << 48:
        return name
    if isinstance(name, str):
        stem = re.split(r"[/\\]", name.strip())[-1]
        # Only a short word is an ending: "clip.000012" has its number behind the dot.
        stem = re.sub(r"\.[A-Za-z][A-Za-z0-9]{0,4}$", "", stem)
        digits = re.findall(r"[0-9]+", stem.removesuffix("_keypoints"))
        if digits and len(digits[-1]) <= 14:
            return int(digits[-1])
    raise FormatError(
        "{}: '{}' has no frame number; name frames by number, as in 000012.jpg.",
        where,
        name,
    )


def flat(points: np.ndarray) -> list[float]:
    """List ``x, y, score, ...`` of points (K, 3), with 0, 0, 0 for what is missing."""
    values: list[float] = np.nan_to_num(points).ravel().tolist()
    return values


def json_text(value: object) -> str:
    """Format JSON of one line, without spaces; NaN is an error."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False) + "\n"


def holds_people(value: Any) -> bool:
    """Tell whether a JSON value is a list of people, each with keypoints."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(e, dict) and "keypoints" in e for e in value)
    )


def entries(value: object, where: object) -> list[Mapping[str, object]]:
    """Check that a JSON value is a list of objects; raise FormatError if not."""
    if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
        raise FormatError("{} is not a list of people; export the file again.", where)
    return value


def cell_number(text: str, where: str) -> float:
    """Read the number of a CSV cell; NaN where it is empty or ``nan``."""
    text = text.strip()
    if not text:
        return math.nan
    try:
        value = float(text)
    except ValueError:
        value = math.inf
    if abs(value) >= MAX_COORDINATE:
        raise FormatError(
            "{}: '{}' is neither a place in a picture nor a score; leave the cell "
            "empty if a keypoint is missing.",
            where,
            text,
        )
    return value


def as_float(value: Any) -> float:
    """Convert a number; a whole one too large for a float becomes infinite."""
    return math.inf if isinstance(value, int) and abs(value) > 10**15 else float(value)


def csv_rows(path: Path) -> list[tuple[int, list[str]]]:
    """Read the lines of a CSV file that are not empty, each with its number.

    Raises
    ------
    FormatError
        Where the file cannot be read, has stray quotes, or there is no line at all.
    """
    rows = [(n, row) for n, row in csv_lines(path, MAX_POSE_TEXT) if row]
    if not rows:
        raise FormatError("{} is empty; export it again.", path)
    return rows


def csv_text(rows: Sequence[Sequence[str]]) -> str:
    """Format rows as CSV, with LF."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def cells(points: np.ndarray) -> list[str]:
    """Format points (K, 3) as cells of a CSV file, empty where missing."""
    return ["" if math.isnan(v) else f"{v:.10g}" for v in points.ravel().tolist()]

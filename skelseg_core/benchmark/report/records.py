"""Records of a benchmark for its report: plain values, to JSON and back."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from skelseg_core.errors import FormatError

METRICS: Mapping[str, str] = {
    "f1@10": "F1@10",
    "f1@25": "F1@25",
    "f1@50": "F1@50",
    "edit": "Edit",
    "map": "mAP",
    "segmental_map": "Seg. mAP",
    "accuracy": "Accuracy",
}
"""Column heading of each score by its name in files, in order."""


@dataclass(frozen=True)
class RunRecord:
    """Scores of one trained model on the videos that its fold held back.

    Parameters
    ----------
    table, row : str
        Ids of the table and of the row (a model or a setting) it belongs to.
    fold, seed : int
        Index of the held-back videos, and seed of the weights.
    scores, decoded : mapping of str to float
        By key of `METRICS`, in percent: of the last stage's argmax, and after
        decoding. What was not measured is left out or NaN.
    n_parameters : int
        Of the network; 0 is not known.
    train_s, run_s : float
        Seconds of training; seconds per test video, features included. 0 and NaN are
        not measured.
    videos : tuple of str
        The test videos.
    """

    table: str
    row: str
    fold: int
    seed: int
    scores: Mapping[str, float]
    decoded: Mapping[str, float]
    n_parameters: int
    train_s: float
    run_s: float
    videos: tuple[str, ...]


@dataclass(frozen=True)
class RowTitle:
    """Title of a row in print, the inputs of its model, and a footnote.

    Parameters
    ----------
    row, title, inputs, note : str
    model, level : str
        Where a table shows what a disturbance of the test videos costs: the title of
        the model and of the disturbance. The first of a model is the undisturbed.
    share : float, optional
        Of the frames that are disturbed, for the levels that differ in nothing else.
    """

    row: str
    title: str
    inputs: str
    note: str = ""
    model: str = ""
    level: str = ""
    share: float | None = None


def level_id(row: str, level: str) -> str:
    """Return the id of the row of a model under a disturbance; empty is none."""
    return f"{row}: {level or 'nothing missing'}"


@dataclass(frozen=True)
class TableSpec:
    """Description of a table: its id, title, caption and rows in order."""

    table: str
    title: str
    caption: str
    rows: tuple[RowTitle, ...]


@dataclass(frozen=True)
class Bars:
    """Labels of one video for the qualitative figure.

    Parameters
    ----------
    video : str
    truth : ndarray of int, shape (T,)
        Class indices; -1 is unlabelled.
    rows : mapping of str to ndarray of int, shape (T,)
        Title of a model -> the class indices it found.
    """

    video: str
    truth: np.ndarray
    rows: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class ReportAbout:
    """Head of a report: project, classes, folds, command, machine.

    Parameters
    ----------
    project, command : str
        Name of the project, and the command that makes the report again.
    n_videos, n_frames : int
    classes, colors : tuple of str
        Names and ``#rrggbb``, by class index.
    folds : tuple of tuple of str
        Test videos of each fold.
    seeds : int
        Runs per fold. A row is complete with one run per fold and seed.
    wall_s : float
        Seconds that the benchmark took.
    machine, version : str
    notes : tuple of str
        Sentences for the end of the report.
    """

    project: str
    command: str
    n_videos: int
    n_frames: int
    classes: tuple[str, ...]
    colors: tuple[str, ...]
    folds: tuple[tuple[str, ...], ...]
    seeds: int
    wall_s: float
    machine: str
    version: str
    notes: tuple[str, ...]

    @property
    def n_runs(self) -> int:
        """Number of runs of a complete row."""
        return len(self.folds) * self.seeds


def run_to_json(run: RunRecord) -> dict[str, Any]:
    """Convert a run to plain values for JSON; what is not measured becomes ``null``."""
    return {
        "table": run.table,
        "row": run.row,
        "fold": int(run.fold),
        "seed": int(run.seed),
        "scores": {k: _or_none(v) for k, v in run.scores.items()},
        "decoded": {k: _or_none(v) for k, v in run.decoded.items()},
        "n_parameters": int(run.n_parameters),
        "train_s": _or_none(run.train_s),
        "run_s": _or_none(run.run_s),
        "videos": list(run.videos),
    }


def run_from_json(raw: object, where: str) -> RunRecord:
    """Convert plain values of JSON to a run.

    Parameters
    ----------
    raw : object
        What `run_to_json` made, as JSON gave it back.
    where : str
        Begins the error, such as the path of the file.

    Raises
    ------
    FormatError
        Where a value is missing, unknown or impossible.
    """
    if not isinstance(raw, Mapping):
        raise FormatError("{} has no run of a benchmark; {}", where, _AGAIN)
    known = [f.name for f in fields(RunRecord)]
    for name in known:
        if name not in raw:
            raise FormatError("{}: '{}' is missing; {}", where, name, _AGAIN)
    for name in raw:
        if name not in known:
            raise FormatError("{}: '{}' is not part of a run; {}", where, name, _AGAIN)
    return RunRecord(**{n: _READERS[n](raw[n], f"{where}: '{n}'") for n in known})


_AGAIN = "delete the file and run the benchmark again."


def _or_none(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise FormatError("{} is {!r} and not a text; {}", where, value, _AGAIN)
    return value


def _count(value: object, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise FormatError(
            "{} is {!r} and not a whole number from 0; {}", where, value, _AGAIN
        )
    return value


def _measured(value: object, where: str, top: float = math.inf) -> float:
    if value is None:
        return math.nan
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if is_number and math.isfinite(value) and 0 <= value <= top:  # type: ignore[arg-type, operator]
        return float(value)  # type: ignore[arg-type]
    limit = "" if top == math.inf else f" to {top:g}"
    raise FormatError(
        "{} is {!r} and not a number from 0{}; {}", where, value, limit, _AGAIN
    )


def _percents(value: object, where: str) -> dict[str, float]:
    if not isinstance(value, Mapping):
        raise FormatError("{} is {!r} and not scores; {}", where, value, _AGAIN)
    for name in value:
        if name not in METRICS:
            raise FormatError(
                "{} has {!r}, which is not one of {}; {}",
                where,
                name,
                ", ".join(METRICS),
                _AGAIN,
            )
    # 100 may come as 100.00000000000001 from a mean.
    return {k: _measured(v, f"{where} {k}", 100 + 1e-9) for k, v in value.items()}


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise FormatError("{} is {!r} and not a list; {}", where, value, _AGAIN)
    return tuple(_text(v, where) for v in value)


_READERS: Mapping[str, Callable[[object, str], Any]] = {
    "table": _text,
    "row": _text,
    "fold": _count,
    "seed": _count,
    "scores": _percents,
    "decoded": _percents,
    "n_parameters": _count,
    "train_s": _measured,
    "run_s": _measured,
    "videos": _texts,
}

"""Records of a benchmark for its report: plain values, to JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

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


def run_from_json(raw: Mapping[str, Any]) -> RunRecord:
    """Make a run of the plain values of its fields."""
    return RunRecord(**{**raw, "videos": tuple(raw["videos"])})

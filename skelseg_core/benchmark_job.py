"""One run of a benchmark: train a row on a fold, score it on the subjects held back.

A run is a process of its own with one thread, so that its result depends on nothing
but what it is given, however many run beside it. It leaves a record and the labels it
found; a run that is interrupted goes on from its last saved epoch.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from skelseg_core.config import Preset, from_dict, to_dict
from skelseg_core.decoding import decode, switch_price
from skelseg_core.errors import ModelError, SkelsegError
from skelseg_core.files import atomic_write, content_key, safe_name, save_npz
from skelseg_core.metrics import evaluate, framewise_map, segmental_map
from skelseg_core.progress import Task
from skelseg_core.project import Project
from skelseg_core.project_folder import ProjectFolder
from skelseg_core.report.records import RunRecord, run_to_json
from skelseg_core.skeleton import load_skeleton
from skelseg_core.tasks import sample_of
from skelseg_core.video_features import VideoFeatures, Work, features_of

RECIPE = 1
"""A new number makes all runs new: for changes of how a run is made and scored."""


@dataclass(frozen=True)
class Job:
    """What one run needs, as plain values.

    Parameters
    ----------
    root, out : str
        Folder of the project, and where runs are kept.
    table, row : str
        Where the record belongs.
    preset : Mapping
        Of `config.to_dict`, its seed included.
    fold, seed : int
    train_videos, test_videos : tuple of str
        Ids; no subject is on both sides.
    losses : tuple of float
        Shares of frames without a limb that the test is repeated with.
    extraction_s : float
        Seconds that cached features take per frame, for the run time.
    labels_key : str
        Of all labels; other labels make another run.
    """

    root: str
    out: str
    table: str
    row: str
    preset: Mapping[str, Any]
    fold: int
    seed: int
    train_videos: tuple[str, ...]
    test_videos: tuple[str, ...]
    losses: tuple[float, ...]
    extraction_s: float
    labels_key: str

    @property
    def name(self) -> str:
        """Name of the run's files."""
        return safe_name(f"{self.table}.{self.row}.fold{self.fold}.seed{self.seed}")

    @property
    def record_path(self) -> Path:
        """Where its records are written."""
        return Path(self.out) / "runs" / f"{self.name}.json"

    @property
    def labels_path(self) -> Path:
        """Where the labels it found are written, (T,) per video."""
        return Path(self.out) / "runs" / f"{self.name}.npz"

    @property
    def error_path(self) -> Path:
        """Where it says why it could not be done."""
        return Path(self.out) / "runs" / f"{self.name}.error.txt"

    @property
    def state_dir(self) -> Path:
        """Where a run that is in work keeps its state."""
        return Path(self.out) / "state" / self.name

    @property
    def key(self) -> str:
        """Of all that the result follows from."""
        return content_key(
            RECIPE,
            dict(self.preset),
            list(self.train_videos),
            list(self.test_videos),
            list(self.losses),
            self.labels_key,
        )


def run_job(job: Job, parent: int = 0) -> None:
    """Make one run; the entrance of its process.

    Parameters
    ----------
    job : Job
    parent : int
        Process whose end ends this one; 0 for none.
    """
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        task = _made(job)
        for _ in task:
            if parent and os.getppid() != parent:
                return
    except SkelsegError as error:
        atomic_write(job.error_path, str(error))


def _made(job: Job) -> Task[None]:
    from skelseg_core.inference import predict_probabilities
    from skelseg_core.training import train

    folder = ProjectFolder(Path(job.root))
    project = folder.load()
    preset = from_dict(Preset, job.preset, f"row {job.row}")
    samples = []
    for video in job.train_videos:
        found = yield from _features(folder, project, video, preset)
        samples.append(sample_of(project, project.video(video), found))
    start = time.monotonic()
    result = yield from train(
        samples,
        preset,
        len(project.label_map),
        resume_from=job.state_dir,
        threads=1,
        skeleton=load_skeleton(project.skeleton),
    )
    train_s = time.monotonic() - start
    n_parameters = sum(p.numel() for p in result.model.parameters())
    records, labels = [], {}
    for lost in (0.0, *job.losses):
        start = time.monotonic()
        tested = _Tested()
        for video in job.test_videos:
            found = yield from _features(folder, project, video, preset, lost)
            item = project.video(video)
            truth = project.label_map.to_indices(item.annotation.to_frames())
            probabilities = predict_probabilities(result.model, found.features)
            tested.add(truth, probabilities, item.mean_rate)
        run_s = (time.monotonic() - start) / len(job.test_videos)
        run_s += job.extraction_s * tested.n_frames / len(job.test_videos)
        table, row = job.table, job.row
        if job.losses:
            level = f"{row} p={100 * lost:.0f} %"
            records.append(_record(job, "robustness", level, tested, 0, 0.0, 0.0))
        if not lost:
            records.append(
                _record(job, table, row, tested, n_parameters, train_s, run_s)
            )
            labels = dict(zip(job.test_videos, tested.decoded, strict=True))
    _save(job, records, labels)


def _features(
    folder: ProjectFolder, project: Project, video: str, preset: Preset, lost: float = 0
) -> Task[VideoFeatures]:
    work = Work(folder, project, project.video(video), 1)
    return (yield from features_of(work, preset, lost=lost))


class _Tested:
    """Truth and predictions of the test videos."""

    def __init__(self) -> None:
        self.truth: list[np.ndarray] = []
        self.probabilities: list[np.ndarray] = []
        self.decoded: list[np.ndarray] = []

    def add(self, truth: np.ndarray, probabilities: np.ndarray, rate: float) -> None:
        """Take a video in."""
        self.truth.append(truth)
        self.probabilities.append(probabilities)
        columns = range(probabilities.shape[1])
        found = decode(probabilities, columns, switch_penalty=switch_price(rate))
        self.decoded.append(found.to_frames())

    @property
    def n_frames(self) -> int:
        """Of all videos."""
        return sum(len(t) for t in self.truth)

    def scores(self, decoded: bool) -> dict[str, float]:
        """In percent; mAP over the classes that the test videos have."""
        found = self.decoded
        if not decoded:
            found = [p.argmax(axis=1) for p in self.probabilities]
        pairs = list(zip(self.truth, found, strict=True))
        every = np.concatenate(self.truth)
        mean, _ = framewise_map(every, np.concatenate(self.probabilities), "skip")
        return {
            **evaluate(pairs),
            "map": 100 * mean,
            "segmental_map": 100 * segmental_map(pairs, self.probabilities),
        }


def _record(
    job: Job,
    table: str,
    row: str,
    tested: _Tested,
    n_parameters: int,
    train_s: float,
    run_s: float,
) -> RunRecord:
    measured = n_parameters > 0
    return RunRecord(
        table,
        row,
        job.fold,
        job.seed,
        tested.scores(decoded=False),
        tested.scores(decoded=True),
        n_parameters,
        train_s if measured else float("nan"),
        run_s if measured else float("nan"),
        job.test_videos,
    )


def _save(
    job: Job, records: Sequence[RunRecord], labels: Mapping[str, np.ndarray]
) -> None:
    save_npz(job.labels_path, {k: v.astype(np.int16) for k, v in labels.items()})
    values = {"key": job.key, "records": [run_to_json(r) for r in records]}
    # The record last: it says that the run is done.
    atomic_write(job.record_path, json.dumps(values, indent=1) + "\n")


def job_preset(preset: Preset, seed: int) -> dict[str, Any]:
    """A preset's plain values with the seed of a run."""
    return to_dict(replace(preset, train=replace(preset.train, seed=seed)))


def check_apart(job: Job, subjects: Mapping[str, str]) -> None:
    """Refuse a run that would be tested on a subject it was trained on.

    Raises
    ------
    ModelError
        Names the subject.
    """
    trained = {subjects[v] for v in job.train_videos}
    both = sorted(trained & {subjects[v] for v in job.test_videos})
    if both:
        raise ModelError(
            f"Subject {both[0]} is in training and test of fold {job.fold}; give each "
            "video its subject in subjects.json."
        )

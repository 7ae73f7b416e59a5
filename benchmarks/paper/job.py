"""A run of the benchmark: train a row on a fold, score it on the held-back subjects.

A run is a process of its own with one thread, so that its result depends on nothing
but what it is given, however many run beside it. It leaves a record and the labels it
found; a run that is interrupted goes on from its last saved epoch.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.paper.average_precision import framewise_map, segmental_map
from benchmarks.paper.report.records import RunRecord, level_id, run_from_json
from skelseg_core.array_files import content_key, load_npz, save_npz
from skelseg_core.config import Preset, differences, from_dict, to_dict
from skelseg_core.errors import FormatError, ModelError, ProjectError
from skelseg_core.features.video_features import (
    VideoFeatures,
    features_of,
    settings_keys,
)
from skelseg_core.features.video_work import FeatureWork
from skelseg_core.file_names import safe_name
from skelseg_core.files import atomic_write
from skelseg_core.labels.decoding import decode, switch_price
from skelseg_core.labels.metrics import evaluate
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.progress import Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import reviewed_labels
from skelseg_core.tasks.train import sample_of
from skelseg_core.text_files import read_json

RECIPE = 1
"""Version of how runs are made and scored; raising it makes all runs anew."""

_PREFIX = "labels."  # a video may be called as an argument of NumPy's is


@dataclass(frozen=True)
class BenchmarkJob:
    """Arguments of one run, as plain values.

    Parameters
    ----------
    root, out : str
        Folder of the project, and where runs are kept.
    table, row : str
        Table and row that the record is of.
    preset : Mapping
        Of `config.to_dict`, its seed included.
    fold, seed : int
    train_videos, test_videos : tuple of str
        Ids; no subject is on both sides.
    losses : tuple of str
        The test is repeated without bridging gaps and, after that, with each of these
        (`losses_of`); not at all where there are none.
    extraction_s : float
        Seconds that cached features take per frame, for the run time.
    data_key : str
        As in `data_key`; other labels or poses make another run.
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
    losses: tuple[str, ...]
    extraction_s: float
    data_key: str

    @property
    def name(self) -> str:
        """Name of the run's files."""
        return safe_name(f"{self.table}.{self.row}.fold{self.fold}.seed{self.seed}")

    @property
    def record_path(self) -> Path:
        """File that the run's records are written to."""
        return Path(self.out) / "runs" / f"{self.name}.json"

    @property
    def labels_path(self) -> Path:
        """File that the labels found by the run are written to, (T,) per video."""
        return Path(self.out) / "runs" / f"{self.name}.npz"

    @property
    def state_dir(self) -> Path:
        """Folder that an interrupted run is resumed from."""
        return Path(self.out) / "state" / self.name

    @property
    def key(self) -> str:
        """Key of everything that the result follows from."""
        preset = from_dict(Preset, self.preset, f"row {self.row}")
        return content_key(
            RECIPE,
            # Only what differs: a setting added later, at its default, changes no key.
            differences(to_dict(preset), to_dict(Preset())),
            settings_keys(preset),
            list(self.train_videos),
            list(self.test_videos),
            list(self.losses),
            self.data_key,
        )


def benchmark_run(job: Mapping[str, Any]) -> Task[dict[str, Any]]:
    """Make one run, in a process with one thread.

    Parameters
    ----------
    job : Mapping
        Fields of a `BenchmarkJob`, as plain values.
    """
    tuples = {k: tuple(v) for k, v in job.items() if isinstance(v, list)}
    made = BenchmarkJob(**{**job, **tuples})
    yield from _made(made)
    return {}


def records_of(job: BenchmarkJob) -> list[RunRecord]:
    """Load the records of a run; none where it is not done, or was another one."""
    if not job.record_path.is_file():
        return []
    try:
        values = read_json(job.record_path)
        if values["key"] != job.key:
            return []
        return [run_from_json(v) for v in values["records"]]
    except (FormatError, AttributeError, KeyError, TypeError):
        return []


def _made(job: BenchmarkJob) -> Task[None]:
    from benchmarks.paper.networks import add_rivals
    from skelseg_core.learning.inference import predict_probabilities
    from skelseg_core.learning.training import train
    from skelseg_core.learning.training_state import STATE_NAME

    add_rivals()
    folder = ProjectFolder(Path(job.root))
    project = reviewed_labels(folder.load().in_tier(""))
    videos = [*job.train_videos, *job.test_videos]
    if data_key(folder, project, videos) != job.data_key:
        raise ProjectError("labels or poses of the project were changed meanwhile")
    preset = from_dict(Preset, job.preset, f"row {job.row}")
    samples = []
    for video in job.train_videos:
        found = yield from _features(folder, project, video, preset)
        samples.append(sample_of(project, project.track(video), found))
    goes_on = (job.state_dir / STATE_NAME).is_file()
    start = time.monotonic()
    result = yield from train(
        samples,
        preset,
        len(project.classes),
        resume_from=job.state_dir,
        threads=1,
        skeleton=load_skeleton(project.skeleton),
    )
    # What an interrupted training took before is not known.
    train_s = float("nan") if goes_on else time.monotonic() - start
    n_parameters = sum(p.numel() for p in result.model.parameters())
    records, labels = [], {}
    for lost in (None, *(("", *job.losses) if job.losses else ())):
        start = time.monotonic()
        tested = _Tested()
        for video in job.test_videos:
            found = yield from _features(folder, project, video, preset, lost)
            item = project.track(video)
            truth = project.classes.to_indices(item.annotation.to_frames())
            probabilities = predict_probabilities(result.model, found.features)
            tested.add(truth, probabilities, item.video.mean_rate)
        run_s = (time.monotonic() - start) / len(job.test_videos)
        run_s += job.extraction_s * tested.n_frames / len(job.test_videos)
        table, row = job.table, job.row
        if lost is not None:
            level = level_id(row, lost)
            records.append(_record(job, "robustness", level, tested, 0, 0.0, 0.0))
        else:
            records.append(
                _record(job, table, row, tested, n_parameters, train_s, run_s)
            )
            labels = dict(zip(job.test_videos, tested.decoded, strict=True))
    _save(job, records, labels)


def _features(
    folder: ProjectFolder,
    project: Project,
    video: str,
    preset: Preset,
    lost: str | None = None,
) -> Task[VideoFeatures]:
    work = FeatureWork(folder, project, project.track(video), 1)
    return (yield from features_of(work, preset, lost=lost))


class _Tested:
    """Truth and predictions of the test videos."""

    def __init__(self) -> None:
        self.truth: list[np.ndarray] = []
        self.probabilities: list[np.ndarray] = []
        self.decoded: list[np.ndarray] = []

    def add(self, truth: np.ndarray, probabilities: np.ndarray, rate: float) -> None:
        """Add the labels and the scores of one video."""
        self.truth.append(truth)
        self.probabilities.append(probabilities)
        columns = range(probabilities.shape[1])
        found = decode(probabilities, columns, switch_penalty=switch_price(rate))
        self.decoded.append(found.to_frames())

    @property
    def n_frames(self) -> int:
        """Number of frames of all test videos."""
        return sum(len(t) for t in self.truth)

    def scores(self, decoded: bool) -> dict[str, float]:
        """Compute the scores in percent; mAP over the classes of the test videos."""
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
    job: BenchmarkJob,
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
    job: BenchmarkJob, records: Sequence[RunRecord], labels: Mapping[str, np.ndarray]
) -> None:
    save_npz(
        job.labels_path, {_PREFIX + k: v.astype(np.int16) for k, v in labels.items()}
    )
    values = {"key": job.key, "records": [asdict(r) for r in records]}
    # The record last: it says that the run is done. Scores may be NumPy's numbers.
    text = json.dumps(values, indent=1, default=float)
    atomic_write(job.record_path, text + "\n")


def found_labels(job: BenchmarkJob, video: str) -> np.ndarray:
    """Read the decoded class indices (T,) that a run found in one of its test videos.

    Raises
    ------
    FormatError
        Where the file is damaged.
    """
    return load_npz(job.labels_path)[_PREFIX + video]


def data_key(folder: ProjectFolder, project: Project, videos: Sequence[str]) -> str:
    """Compute the key of what runs read of some videos: labels, poses and the subject.

    Raises
    ------
    FormatError
        Where a file of poses is damaged.
    """
    parts: list[object] = [[c.id for c in project.classes.classes], project.skeleton]
    for item in (project.track(v) for v in sorted(videos)):
        picks = [[p.frame, p.x, p.y] for p in item.picks]
        parts += [item.id, item.video.fingerprint, item.video.mean_rate, picks]
        parts.append(item.annotation.to_frames())
        for path in (
            folder.poses_path(item.id),
            folder.poses3d_path(item.id),
            folder.risk_path(item.id),
        ):
            arrays = load_npz(path) if path.is_file() else {}
            parts.append(sorted(arrays))
            parts += [arrays[name] for name in sorted(arrays)]
    return content_key(*parts)


def job_preset(preset: Preset, seed: int) -> dict[str, Any]:
    """Return the plain values of a preset with the seed of a run."""
    return to_dict(replace(preset, train=replace(preset.train, seed=seed)))


def check_apart(job: BenchmarkJob, subjects: Mapping[str, str]) -> None:
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
            "Subject {} is in training and test of fold {}; name the people with "
            "'skelseg people'.",
            both[0],
            job.fold,
        )

"""Benchmark: cross-validation by subject over the rows of the paper's tables.

Runs are processes, as many at a time as there are cores, and each leaves its record:
whatever ends a benchmark, it goes on where it stopped, and the numbers at the end are
those of an uninterrupted one.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.paper.job import (
    BenchmarkJob,
    check_apart,
    data_key,
    found_labels,
    job_preset,
    records_of,
)
from benchmarks.paper.paper_tables import BenchmarkRow, all_rows
from benchmarks.paper.report import save_report
from benchmarks.paper.report.records import (
    Bars,
    ReportAbout,
    RowTitle,
    RunRecord,
    TableSpec,
    level_id,
)
from benchmarks.paper.run_jobs import run_jobs
from skelseg_core import __version__
from skelseg_core.array_files import content_key
from skelseg_core.config import Preset, to_dict
from skelseg_core.errors import ConfigError, ModelError, ProjectError
from skelseg_core.features.estimated_poses import poses_of
from skelseg_core.features.video_features import features_of
from skelseg_core.features.video_work import FeatureWork, cpu_threads
from skelseg_core.files import locked
from skelseg_core.learning.folds import folds_by_subject, subjects_of, unnamed_note
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.poses.subject_input import LOST_SHARES, is_derived, losses_of
from skelseg_core.progress import Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import check_labels, reviewed_labels
from skelseg_core.torch_tools.needed import check_torch

_TITLES = {
    "main": (
        "Main comparison",
        "Every model trained and scored by the same code on the same folds.",
    ),
    "recipe": (
        "Rivals by our recipe",
        "The networks of the main comparison, trained as `keypoints` is.",
    ),
    "limbs": (
        "Training without a limb",
        "Keypoints, trained with a limb lost in some videos and with all limbs seen.",
    ),
    "heatmaps": ("Heatmap ablation", "Joint heatmaps, limb heatmaps and their sum."),
    "gap": (
        "From heatmaps to keypoints",
        "How a network trained on heatmaps differs from one on keypoints.",
    ),
    "backbones": ("Backbone ablation", "The frozen network that sees the heatmaps."),
    "robustness": (
        "Missing limbs",
        "One limb lacks both its keypoints in some or all test frames. No model fills "
        "the gap: these are the results of the networks themselves.",
    ),
}


@dataclass(frozen=True)
class BenchmarkPlan:
    """Arguments of a benchmark.

    Parameters
    ----------
    root, out : Path
        Folder of the project; where runs and report go.
    folds, seeds : int
        Of the cross-validation by subject; runs per fold.
    rows : tuple of BenchmarkRow
        What is compared.
    threads : int
        Runs at a time; 0 for as many as there are cores.
    download : bool
        Whether pretrained weights may be downloaded.
    command : str
        As the report tells it.
    """

    root: Path
    out: Path
    folds: int = 4
    seeds: int = 3
    rows: tuple[BenchmarkRow, ...] = ()
    threads: int = 0
    download: bool = False
    command: str = ""


def chosen_rows(names: Sequence[str]) -> tuple[BenchmarkRow, ...]:
    """Choose rows by id or by table; all without names.

    Raises
    ------
    ModelError
        For a name that is neither.
    """
    rows = all_rows()
    known = dict.fromkeys([*(r.table for r in rows), *(r.id for r in rows)])
    for name in names:
        if name not in known:
            raise ModelError(
                "There is no row or table '{}'; choose from {}.", name, ", ".join(known)
            )
    return tuple(r for r in rows if not names or r.id in names or r.table in names)


def benchmark(plan: BenchmarkPlan, resume: bool = False) -> Task[tuple[Path, ...]]:
    """Run what is missing and write the report.

    Parameters
    ----------
    plan : BenchmarkPlan
    resume : bool
        Go on with what lies in ``plan.out``; without it, a folder that holds runs is
        refused.

    Returns
    -------
    tuple of Path
        Files of the report, the page first.

    Raises
    ------
    ConfigError, ModelError, ProjectError
        Where there is nothing to compare, or a run failed; says which and why.
    """
    start = time.monotonic()
    check_torch("A benchmark")
    if plan.seeds < 1:
        raise ConfigError("--seeds is {}; it must be at least 1.", plan.seeds)
    runs_dir = plan.out / "runs"
    if not resume and runs_dir.is_dir() and any(runs_dir.iterdir()):
        raise ProjectError(
            "{} has runs of a benchmark; use --resume to continue them, or choose "
            "another --out.",
            plan.out,
        )
    folder = ProjectFolder(plan.root)
    whole = folder.load().in_tier("")
    project = _labelled(reviewed_labels(whole))
    subjects = subjects_of(project.tracks)
    folds = folds_by_subject(subjects, plan.folds)
    rows, notes = _possible(plan, folder, project)
    accepted = sum(int(v.annotation.accepted.sum()) for v in whole.tracks)
    if accepted:
        notes.append(
            f"{accepted:,} frames are left out: copied pre-labels that nobody reviewed."
        )
    if not rows:
        raise ModelError("None of these rows is possible here: {}", " ".join(notes))
    notes += filter(None, [unnamed_note(project.tracks)])
    runs_dir.mkdir(parents=True, exist_ok=True)
    for item in project.tracks:
        # Estimated once here, or each run would do it again.
        yield from poses_of(FeatureWork(folder, project, item, cpu_threads()))
    first = _first_alike(rows)
    distinct = [r for r in rows if first[r.id] == r.id]
    losses = losses_of(load_skeleton(project.skeleton))
    jobs = _jobs(plan, folder, project, folds, distinct, losses)
    for job in jobs:
        check_apart(job, subjects)
    missing = {job.row for job in jobs if not records_of(job)}
    if any(records_of(job) for job in jobs):
        notes.append("The runs were interrupted; the time is that of the last part.")
    with locked(plan.out / ".lock", "a benchmark"):
        seconds = yield from _extracted(
            plan, folder, project, [r for r in distinct if r.id in missing], losses
        )
        jobs = [replace(job, extraction_s=seconds.get(job.row, 0.0)) for job in jobs]
        yield from run_jobs(jobs, plan.threads)
    records = of_all_rows(rows, [r for job in jobs for r in records_of(job)])
    about = ReportAbout(
        project=project.name,
        command=plan.command,
        n_videos=len(project.video_ids),
        n_frames=sum(v.n_frames for v in project.tracks),
        classes=tuple(c.name for c in project.classes.classes),
        colors=tuple(c.color for c in project.classes.classes),
        folds=folds,
        seeds=plan.seeds,
        wall_s=time.monotonic() - start,
        machine=f"{platform.machine()}, {cpu_threads()} cores, {platform.system()}",
        version=__version__,
        notes=tuple(notes),
    )
    specs = table_specs(rows, losses)
    bars = _bars(project, folds, jobs, rows)
    return save_report(plan.out, about, specs, records, bars)


def _first_alike(rows: Sequence[BenchmarkRow]) -> dict[str, str]:
    """Find for every row the first of the same preset, which is run once for all."""
    first: dict[str, str] = {}
    for row in rows:
        alike = [r for r in rows if r.preset == row.preset]
        enough = (r.id for r in alike if r.robust or not row.robust)
        first[row.id] = next(enough)
    return first


def of_all_rows(
    rows: Sequence[BenchmarkRow], records: Sequence[RunRecord]
) -> list[RunRecord]:
    """Share the records of runs among all rows of the same preset."""
    first = _first_alike(rows)
    have = {(record.table, record.row) for record in records}
    shared = [
        replace(record, table=row.table, row=row.id)
        for row in rows
        if first[row.id] != row.id and (row.table, row.id) not in have
        for record in records
        # Scores with missing limbs are left out: they have rows of their own.
        if record.row == first[row.id]
    ]
    return [*records, *shared]


def _labelled(project: Project) -> Project:
    """Leave out the videos in which nobody reviewed a label."""
    check_labels(project.tracks)
    videos = [v for v in project.tracks if (v.annotation.to_frames() >= 0).any()]
    if not videos:
        raise ProjectError(
            "No video of project {} is labelled; label some first.", project.name
        )
    return replace(project, tracks=tuple(videos))


def _possible(
    plan: BenchmarkPlan, folder: ProjectFolder, project: Project
) -> tuple[list[BenchmarkRow], list[str]]:
    """Find the rows that the project has data for, and why the others are left out."""
    rows, notes = [], []
    for row in plan.rows:
        why = _missing(row.preset, plan, folder, project)
        if why:
            notes.append(f"{row.title} ({row.inputs}) is left out: {why}.")
        else:
            rows.append(row)
    return rows, notes


def _missing(
    preset: Preset, plan: BenchmarkPlan, folder: ProjectFolder, project: Project
) -> str:
    modalities = preset.model.modalities
    ids = [v.id for v in project.tracks]
    if "rgb" in modalities and not all(v.video.has_file for v in project.tracks):
        return "there are no pictures"
    if "keypoints3d" in modalities and not all(
        folder.poses3d_path(i).is_file() for i in ids
    ):
        return "there are no 3D poses"
    if preset.model.network == "mtl" and not all(
        folder.risk_path(i).is_file() for i in ids
    ):
        return "there are no REBA scores"
    frozen = any(not is_derived(m, preset) for m in modalities)
    if frozen and not (plan.download or _has_weights(preset)):
        return (
            f"the weights of {preset.features.backbone} are missing; allow their "
            "download with --download"
        )
    return ""


def _has_weights(preset: Preset) -> bool:
    from skelseg_core.features.backbones import load_backbone

    try:
        load_backbone(preset.features, 1, False)
    except ModelError:
        return False
    return True


# -- features -----------------------------------------------------------------------


def _extracted(
    plan: BenchmarkPlan,
    folder: ProjectFolder,
    project: Project,
    rows: Sequence[BenchmarkRow],
    losses: tuple[str, ...],
) -> Task[dict[str, float]]:
    """Fill the cache of features on all cores; return seconds per frame by row."""
    seconds: dict[str, float] = {}
    done: dict[str, float] = {}
    for row in rows:
        preset = row.preset
        if all(is_derived(m, preset) for m in preset.model.modalities):
            seconds[row.id] = 0.0
            continue
        key = content_key(
            to_dict(preset.heatmap), to_dict(preset.features), preset.model.modalities
        )
        tests = ("", *losses) if losses and row.robust else ()
        for lost in (None, *tests):
            for item in project.tracks:
                work = FeatureWork(folder, project, item, cpu_threads())
                yield from features_of(work, preset, plan.download, lost)
        if key not in done:
            done[key] = yield from _timed(plan, folder, project, preset)
        seconds[row.id] = done[key]
    return seconds


def _timed(
    plan: BenchmarkPlan, folder: ProjectFolder, project: Project, preset: Preset
) -> Task[float]:
    """Measure on one video the seconds per frame of making features on all cores."""
    item = min(project.tracks, key=lambda v: v.n_frames)
    work = FeatureWork(folder, project, item, cpu_threads())
    start = time.monotonic()
    yield from features_of(work, preset, plan.download, cached=False)
    return (time.monotonic() - start) / item.n_frames


# -- runs ---------------------------------------------------------------------------


def _jobs(
    plan: BenchmarkPlan,
    folder: ProjectFolder,
    project: Project,
    folds: Sequence[Sequence[str]],
    rows: Sequence[BenchmarkRow],
    losses: tuple[str, ...],
) -> list[BenchmarkJob]:
    """List all runs, fold by fold and seed by seed so that every row grows alike."""
    every = [v.id for v in project.tracks]
    data = data_key(folder, project, every)
    return [
        BenchmarkJob(
            root=str(plan.root),
            out=str(plan.out),
            table=row.table,
            row=row.id,
            preset=job_preset(row.preset, seed),
            fold=fold,
            seed=seed,
            train_videos=tuple(v for v in every if v not in test),
            test_videos=tuple(test),
            losses=losses if row.robust else (),
            extraction_s=0.0,
            data_key=data,
        )
        for seed in range(plan.seeds)
        for row in rows
        for fold, test in enumerate(folds)
    ]


# -- report -------------------------------------------------------------------------


def table_specs(
    rows: Sequence[BenchmarkRow],
    losses: Sequence[str],
    made: Container[str] | None = None,
) -> list[TableSpec]:
    """Describe the tables of some rows; tables without a row are left out.

    Parameters
    ----------
    rows : sequence of BenchmarkRow
    losses : sequence of str
        As in `losses_of`, for the table of missing limbs.
    made : container of str, optional
        Ids of the rows that there are runs of; the others of the table of missing limbs
        are left out.
    """
    specs = []
    levels = ("", *losses) if losses else ()
    for table, (title, caption) in _TITLES.items():
        if table == "robustness":
            titles = [_level(r, loss) for r in rows if r.robust for loss in levels]
            titles = [t for t in titles if made is None or t.row in made]
        else:
            titles = [
                RowTitle(r.id, r.title, r.inputs, r.note)
                for r in rows
                if r.table == table
            ]
        if titles:
            specs.append(TableSpec(table, title, caption, tuple(titles)))
    return specs


def _level(row: BenchmarkRow, loss: str) -> RowTitle:
    what = loss or "nothing missing"
    title, model = f"{row.title}: {what}", f"{row.title}, {row.inputs}"
    id_, share = level_id(row.id, loss), LOST_SHARES.get(loss)
    return RowTitle(id_, title, row.inputs, "", model, what, share)


def _bars(
    project: Project,
    folds: Sequence[Sequence[str]],
    jobs: Sequence[BenchmarkJob],
    rows: Sequence[BenchmarkRow],
) -> list[Bars]:
    """Collect the first test video of every fold by the first seed of each model."""
    titles = {r.id: f"{r.title}, {r.inputs}" for r in rows if r.table == "main"}
    bars = []
    for fold, test in enumerate(folds):
        item = project.track(test[0])
        found: dict[str, np.ndarray] = {}
        for job in jobs:
            if (job.fold, job.seed) != (fold, 0) or job.row not in titles:
                continue
            if job.labels_path.is_file():  # a record may have come without them
                found[titles[job.row]] = found_labels(job, item.id)
        if found:
            truth = project.classes.to_indices(item.annotation.to_frames())
            bars.append(Bars(item.id, truth, found))
    return bars

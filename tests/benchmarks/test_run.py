"""The benchmark without its processes: folds, keys, records, what a run is given."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.paper import run as module
from benchmarks.paper.job import (
    BenchmarkJob,
    benchmark_run,
    check_apart,
    data_key,
    job_preset,
)
from benchmarks.paper.paper_tables import BenchmarkRow
from benchmarks.paper.report.records import Bars, ReportAbout, RunRecord, TableSpec
from benchmarks.paper.run import BenchmarkPlan, benchmark
from skelseg_core.config import FeatureConfig, ModelConfig, Preset, TrainConfig
from skelseg_core.engine import supervisor
from skelseg_core.errors import ModelError, ProjectError
from skelseg_core.files import temporary_prefix
from skelseg_core.formats.poses_npz import load_poses, save_poses
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import accept, paint
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.learning import inference, training
from skelseg_core.learning.data import Sample
from skelseg_core.learning.folds import folds_by_subject
from skelseg_core.learning.optimiser import take_step
from skelseg_core.learning.training_state import STATE_NAME
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.poses.subject_input import losses_of
from skelseg_core.progress import Task, run
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.project_edits import add_video, edit_lane, reviewed_labels
from tests.in_process import in_this_process
from tests.poses_only import CLASSES, SIZE, STANDING, item
from tests.projects import name_people

N_FRAMES = 120
SUBJECTS = {"a1": "anna", "a2": "anna", "b": "bert", "c": "cleo", "file": "dora"}
"""Five recordings of four people; an argument of NumPy's is called "file" too."""

TINY = Preset(
    features=FeatureConfig(keypoints="coordinates"),
    model=ModelConfig(("keypoints",), 4, 2, 2, 1),
    train=TrainConfig(epochs=2, min_steps=0, learning_rate=1e-2),
)
LOSSES = losses_of(load_skeleton("lcrnet15"))
PLAIN = BenchmarkRow("plain", "Plain", "2D keypoints", TINY)
ROBUST = BenchmarkRow("robust", "Robust", "2D keypoints", TINY, robust=True)


def recording(seed: int) -> tuple[np.ndarray, PoseSequence]:
    """Classes (T,), the first frames unlabelled, and wrists that are where they say."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(rng.permutation(np.arange(6) % len(CLASSES)), N_FRAMES // 6)
    keypoints = np.repeat(STANDING[None, None], N_FRAMES, axis=0)
    keypoints[:, 0, [6, 7], 1] -= 30 * labels[:, None]
    keypoints += rng.normal(0, 2, keypoints.shape)
    scores = np.ones(keypoints.shape[:-1], np.float32)
    labels[:8] = -1
    return labels, PoseSequence(
        keypoints.astype(np.float32), scores, "lcrnet15", SIZE, ""
    )


def make_project(root: Path, subjects: Mapping[str, str]) -> ProjectFolder:
    """A project of poses only, labelled, and who is in its videos."""
    folder, project = create_project(root, label_map_from_names(CLASSES), "lcrnet15")
    before = project
    ids = np.array([*project.label_map.ids, -1])
    for seed, name in enumerate(subjects):
        labels, poses = recording(seed)
        project = add_video(project, item(name, ids[labels]))
        save_poses(folder.poses_path(name), poses, f"poses-{name}")
    folder.save(project, before)
    name_people(root, subjects)
    return folder


def told(records: Sequence[RunRecord]) -> str:
    """Records as text, in which what is not a number equals itself."""
    return json.dumps([asdict(record) for record in records])


class Bench:
    """Benchmarks of one project whose runs are made in this process."""

    def __init__(self, folder: ProjectFolder, out: Path) -> None:
        self.folder, self.out = folder, out
        self.jobs: list[BenchmarkJob] = []
        self.before: Callable[[], None] = lambda: None
        self.about: ReportAbout | None = None
        self.specs: Sequence[TableSpec] = ()
        self.bars: Sequence[Bars] = ()

    def made(self, job: Mapping[str, Any]) -> Task[dict[str, Any]]:
        # As the worker gets it: plain values.
        job = json.loads(json.dumps(job))
        tuples = {k: tuple(v) for k, v in job.items() if isinstance(v, list)}
        self.jobs.append(BenchmarkJob(**{**job, **tuples}))
        self.before()
        return benchmark_run(job)

    def report(
        self,
        out: Path,
        about: ReportAbout,
        specs: Sequence[TableSpec],
        records: Sequence[RunRecord],
        bars: Sequence[Bars],
    ) -> list[RunRecord]:
        self.about, self.specs, self.bars = about, specs, bars
        return list(records)

    def __call__(
        self, *rows: BenchmarkRow, folds: int = 4, seeds: int = 1, resume: bool = False
    ) -> list[RunRecord]:
        plan = BenchmarkPlan(self.folder.root, self.out, folds, seeds, rows, threads=1)
        records: Any = run(benchmark(plan, resume))
        assert isinstance(records, list)
        return records


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("template") / "p", SUBJECTS).root


def bench_of(
    folder: ProjectFolder, out: Path, monkeypatch: pytest.MonkeyPatch
) -> Bench:
    made = Bench(folder, out)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    worker = in_this_process({"benchmark_run": made.made})
    monkeypatch.setattr(supervisor, "Worker", worker)
    monkeypatch.setattr(supervisor, "LOOK_S", 0.001)
    monkeypatch.setattr(module, "save_report", made.report)
    return made


@pytest.fixture
def bench(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    root = shutil.copytree(template, tmp_path / "p")
    return bench_of(ProjectFolder(root), tmp_path / "out", monkeypatch)


def untimed(records: Sequence[RunRecord]) -> list[dict[str, Any]]:
    """All of some records but how long they took."""
    return [asdict(replace(r, train_s=0, run_s=0)) for r in records]


# -- folds --------------------------------------------------------------------------


@given(
    st.dictionaries(
        st.text("abcd", min_size=1, max_size=3),
        st.sampled_from("ABCDEFGH"),
        min_size=2,
        max_size=30,
    ),
    st.data(),
)
@settings(deadline=None)
def test_folds_are_disjoint_complete_and_by_subject(
    subjects: dict[str, str], data: st.DataObject
) -> None:
    people = set(subjects.values())
    if len(people) < 2:
        subjects["other"], people = "other", people | {"other"}
    n_folds = data.draw(st.integers(2, len(people)))
    folds = folds_by_subject(subjects, n_folds)
    assert len(folds) == n_folds
    assert sorted(v for fold in folds for v in fold) == sorted(subjects)
    seen = [{subjects[v] for v in fold} for fold in folds]
    assert sum(len(s) for s in seen) == len(set().union(*seen)) == len(people)
    sizes = [len(s) for s in seen]
    assert min(sizes) >= 1
    assert max(sizes) - min(sizes) <= 1
    shuffled = dict(reversed(subjects.items()))
    assert folds_by_subject(shuffled, n_folds) == folds


# -- nobody is tested on who was trained on -----------------------------------------


def prints_of(features: Mapping[str, np.ndarray]) -> set[bytes]:
    """Every frame of the features of a video."""
    return {row.tobytes() for array in features.values() for row in array}


def test_no_run_trains_on_a_test_subject(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = bench.folder.load()
    extra = add_video(project, item("new", np.full(N_FRAMES, -1)))
    save_poses(bench.folder.poses_path("new"), recording(99)[1], "poses-new")
    bench.folder.save(extra, project)
    people = {**SUBJECTS, "new": "emil"}
    name_people(bench.folder.root, people)
    trained: list[list[str]] = []
    taught: list[set[bytes]] = []
    judged: list[set[bytes]] = []
    train, predict = training.train, inference.predict_probabilities

    def watched_train(samples: Sequence[Sample], *args: Any, **more: Any) -> Any:
        assert not more.get("validation")
        trained.append([s.name for s in samples])
        taught.append(set().union(*(prints_of(s.features) for s in samples)))
        judged.append(set())
        result = yield from train(samples, *args, **more)
        assert judged[-1] <= taught[-1]
        judged[-1] = set()  # from here on it is tested
        return result

    def watched_predict(model: Any, features: Mapping[str, np.ndarray]) -> np.ndarray:
        judged[-1] |= prints_of(features)
        return predict(model, features)

    monkeypatch.setattr(training, "train", watched_train)
    monkeypatch.setattr(inference, "predict_probabilities", watched_predict)
    records = bench(PLAIN, ROBUST, folds=3)

    assert len(bench.jobs) == len(trained) == 2 * 3
    for job, names, seen, asked in zip(
        bench.jobs, trained, taught, judged, strict=True
    ):
        tested = {people[v] for v in job.test_videos}
        assert not tested & {people[v] for v in names}
        assert sorted([*names, *job.test_videos]) == sorted(SUBJECTS)
        assert asked
        assert not seen & asked
    assert {r.videos for r in records} == {job.test_videos for job in bench.jobs}
    assert sorted(v for j in bench.jobs[:3] for v in j.test_videos) == sorted(SUBJECTS)
    assert bench.about is not None
    assert bench.about.n_videos == len(SUBJECTS)
    assert bench.about.notes == ()


def test_accepted_prelabels_are_neither_learnt_nor_scored(bench: Bench) -> None:
    """They are what a model said, which may have learnt from the test videos."""
    before = bench.folder.load()
    label = before.label_map.ids[0]
    item = before.track("b")
    said = Segmentation.from_frames(np.full(N_FRAMES, label), "model")
    first = item.annotation.at(8)
    bare = edit_lane(before, "b", lambda s: paint(s, first.start, first.stop, None))
    after = edit_lane(bare, "b", lambda s: accept(s, said))
    bench.folder.save(after, before)
    n_accepted = 8 + len(first)
    unlabelled = reviewed_labels(after).track("b").annotation.to_frames()
    assert (unlabelled < 0).sum() == n_accepted
    np.testing.assert_array_equal(unlabelled, bare.track("b").annotation.to_frames())
    found = bench(PLAIN)
    assert bench.about is not None
    assert bench.about.notes == (
        f"{n_accepted} frames are left out: copied pre-labels that nobody reviewed.",
    )
    (shown,) = (b for b in bench.bars if b.video == "b")
    assert (shown.truth < 0).sum() == n_accepted
    # The same as if they were unlabelled.
    bench.folder.save(bare, after)
    assert untimed(bench(PLAIN, resume=True)) == untimed(found)
    assert len(bench.jobs) == 4, "no run was made again"


def test_a_run_that_would_is_refused(bench: Bench) -> None:
    bench(PLAIN, folds=2)
    mixed = replace(bench.jobs[0], train_videos=("a2", "b"), test_videos=("a1", "c"))
    with pytest.raises(ModelError, match="Subject anna is in training and test"):
        check_apart(mixed, SUBJECTS)


# -- keys ---------------------------------------------------------------------------


def test_the_key_is_of_all_that_a_result_follows_from(bench: Bench) -> None:
    bench(ROBUST, folds=2)
    job = bench.jobs[0]
    slower = replace(TINY, train=replace(TINY.train, learning_rate=2e-2))
    others = [
        replace(job, preset=job_preset(TINY, 1)),
        replace(job, preset=job_preset(slower, 0)),
        replace(job, train_videos=job.train_videos[1:]),
        replace(job, test_videos=job.test_videos[1:]),
        replace(job, losses=LOSSES[1:]),
        replace(job, data_key="other"),
    ]
    assert len({job.key, *(o.key for o in others)}) == 1 + len(others)
    moved = replace(job, root="elsewhere", out="there", extraction_s=1.0)
    assert moved.key == job.key


def test_the_key_of_the_data_is_of_labels_and_poses(bench: Bench) -> None:
    folder = bench.folder
    project, videos = folder.load(), list(SUBJECTS)
    seen = [data_key(folder, project, videos)]
    assert data_key(folder, project, videos[::-1]) == seen[0]
    seen.append(data_key(folder, project, videos[1:]))
    painted = edit_lane(project, "b", lambda s: paint(s, 20, 30, None))
    seen.append(data_key(folder, painted, videos))
    path = folder.poses_path("c")
    poses = load_poses(path)
    save_poses(path, replace(poses, scores=poses.scores / 2), "poses-c")
    seen.append(data_key(folder, project, videos))
    assert len(set(seen)) == len(seen)


def test_labels_that_change_meanwhile_end_it(bench: Bench) -> None:
    def relabel() -> None:
        before = bench.folder.load()
        after = edit_lane(before, "b", lambda s: paint(s, 20, 30, 0))
        bench.folder.save(after, before)

    bench.before = relabel
    with pytest.raises(ModelError, match="labels or poses of the project were changed"):
        bench(PLAIN)
    assert not bench.jobs[0].record_path.exists()


# -- records ------------------------------------------------------------------------


def test_records_are_taken_again_and_only_for_what_they_are(bench: Bench) -> None:
    records = bench(PLAIN, ROBUST)
    assert len(records) == 4 * (1 + 1 + 1 + len(LOSSES))
    levels = {r.row for r in records if r.table == "robustness"}
    assert levels == {f"robust: {what}" for what in ("nothing missing", *LOSSES)}
    assert all(math.isfinite(r.train_s) for r in records if r.table == "main")
    assert [b.video for b in bench.bars] == ["a1", "b", "c", "file"]
    assert all(len(b.rows) == 2 for b in bench.bars)

    with pytest.raises(ProjectError, match="use --resume to continue"):
        bench(PLAIN)
    bench.jobs.clear()
    again = bench(PLAIN, ROBUST, resume=True)
    assert bench.jobs == []
    assert json.dumps([asdict(r) for r in again]) == json.dumps(
        [asdict(r) for r in records]
    )
    assert bench.about is not None
    assert any("interrupted" in note for note in bench.about.notes)

    longer = replace(TINY, train=replace(TINY.train, epochs=3))
    changed = bench(replace(PLAIN, preset=longer), ROBUST, resume=True)
    assert {j.row for j in bench.jobs} == {"plain"}
    assert len(bench.jobs) == 4
    assert untimed(changed)[4:] == untimed(records)[4:]
    assert untimed(changed)[:4] != untimed(records)[:4]


def test_an_interrupted_run_ends_as_an_uninterrupted_one(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    epochs = training.SAVE_EVERY + 3
    row = replace(
        ROBUST, preset=replace(TINY, train=replace(TINY.train, epochs=epochs))
    )
    whole = bench(row, folds=2)
    bench.out = bench.out.with_name("again")
    left = 2 * training.SAVE_EVERY + 3  # fold 0 is trained on two videos

    def ending(*arguments: Any) -> Any:
        nonlocal left
        left -= 1
        if not left:
            raise KeyboardInterrupt
        return take_step(*arguments)

    monkeypatch.setattr("skelseg_core.learning.training.take_step", ending)
    with pytest.raises(KeyboardInterrupt):
        bench(row, folds=2)
    job = bench.jobs[-1]
    assert (job.state_dir / STATE_NAME).is_file()
    assert not job.record_path.exists()
    # As a process leaves them that is killed while it writes.
    prefix = temporary_prefix().replace(f"-{os.getpid()}-", "-4194305-")
    torn = job.record_path.with_name(f"{prefix}abcdefgh.tmp")
    torn.parent.mkdir(exist_ok=True)
    torn.write_text("{")
    (job.state_dir / f".{STATE_NAME}.x.tmp").write_text("{")

    records = bench(row, folds=2, resume=True)
    assert untimed(records) == untimed(whole)
    known = [math.isfinite(r.train_s) for r in records if r.table == "main"]
    assert known == [False, True]  # what was before the interruption is not known
    assert not torn.exists()
    assert not job.state_dir.exists()

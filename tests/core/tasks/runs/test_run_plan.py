"""Runs over the videos of a project: keys, adoption, failures, registration."""

from __future__ import annotations

import builtins
import contextlib
import io
import json
import os
import shutil
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skelseg_core.array_files import load_npz
from skelseg_core.engine.supervisor import RunProgress
from skelseg_core.errors import ConfigError, ModelError, ProjectError
from skelseg_core.features.estimated_poses import looked_at, pose_every, pose_key
from skelseg_core.features.video_work import FeatureWork, work_on
from skelseg_core.formats.poses_npz import load_poses, save_poses
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint
from skelseg_core.labels.prediction import load_prediction
from skelseg_core.poses.sequence import SubjectPick
from skelseg_core.predictions.found import models_of
from skelseg_core.progress import Progress, Task, run
from skelseg_core.project import json as project_json
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.holds.claims import Claims
from skelseg_core.project.holds.run_hold import RUN
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import add_video, set_lane, set_pose_every
from skelseg_core.project.runs.run_log import RunLog
from skelseg_core.project.runs.run_status import RunStatus, read_status
from skelseg_core.tasks.predict import predict
from skelseg_core.tasks.registry import TASKS
from skelseg_core.tasks.runs.run_plan import (
    RunChoices,
    RunPlan,
    RunResult,
    begin_plan,
    plan_run,
    run_plan,
    run_stages,
)
from skelseg_core.tasks.runs.stages import is_done, run_stage
from skelseg_core.tasks.train import train
from skelseg_core.video.times import FrameTimes
from tests.commands import done, mistake
from tests.in_process import in_this_process
from tests.poses_only import SMALL, item, make_poses_project, waving
from tests.projects import changed

KEYPOINTS: Mapping[str, Any] = {
    **SMALL,
    "model": {**SMALL["model"], "modalities": ["keypoints"], "standardise": False},
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_poses_project(tmp_path_factory.mktemp("made") / "p")
    run(train(str(folder.root), "net", KEYPOINTS, ["old"], threads=1))
    return folder.root


@pytest.fixture
def root(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    worker = in_this_process(TASKS)
    monkeypatch.setattr("skelseg_core.engine.supervisor.Worker", worker)
    return str(shutil.copytree(trained, tmp_path / "p"))


def planned(root: str, **choices: Any) -> RunPlan:
    return run(plan_run(root, RunChoices(**choices)))


def to_do(root: str, **choices: Any) -> list[str]:
    return [task.name for task in planned(root, **choices).tasks]


def ran(root: str, **choices: Any) -> RunResult:
    return run(run_plan(planned(root, **choices), 1))


def predicted(root: str, video: str = "old") -> Path:
    return ProjectFolder(Path(root)).prediction_path(video, "net")


def test_what_is_done_is_not_done_again(root: str) -> None:
    project = Path(root, "project.json").read_bytes()
    # Poses were imported.
    assert to_do(root) == ["predict new net", "predict old net"]
    first = ran(root)
    assert {e.state for e in first.ends.values()} == {"done"}
    assert models_of(Path(root), "new") == ("net",)
    made = predicted(root).read_bytes()
    again = ran(root)
    assert (again.ends, again.log) == ({}, None)
    assert predicted(root).read_bytes() == made
    assert Path(root, "project.json").read_bytes() == project
    # The worker itself looks again: another run may have been faster.
    kept = run(run_stage(root, "predict", "old", "net"))
    assert kept == {"kept": True}


def test_a_run_makes_what_the_task_makes(root: str) -> None:
    ran(root, videos=("old",))
    made = load_npz(predicted(root))
    run(predict(root, "old", "net", 1))
    again = load_npz(predicted(root))
    assert made.keys() == again.keys()
    assert all(
        np.array_equal(made[n], again[n], equal_nan=True)
        for n in made
        if made[n].dtype.kind == "f"
    )
    assert all((made[n] == again[n]).all() for n in made if made[n].dtype.kind != "f")


def test_the_processor_is_shared_out_among_the_videos(
    root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def noted(threads: int, **_: object) -> Task[dict[str, Any]]:
        asked.append(threads)
        yield Progress("noted")
        return {}

    worker = in_this_process({"run_stage": noted})
    monkeypatch.setattr("skelseg_core.engine.supervisor.Worker", worker)
    monkeypatch.setattr("skelseg_core.tasks.runs.run_plan.cpu_threads", lambda: 6)
    run(run_plan(planned(root, videos=("old",))))
    assert asked == [6]
    asked.clear()
    run(run_plan(planned(root)))
    assert asked == [3, 3]


def change_labels(root: str) -> None:
    folder = ProjectFolder(Path(root))
    project = folder.load()
    lane = paint(project.track("old").annotation, 3, 9, project.label_map.ids[2])
    folder.save(set_lane(project, "old", ANNOTATION, lane), project)


def change_poses(root: str) -> None:
    path = ProjectFolder(Path(root)).poses_path("old")
    poses = load_poses(path)
    save_poses(path, replace(poses, keypoints=poses.keypoints + 3), "poses-old")


def change_subject(root: str) -> None:
    folder = ProjectFolder(Path(root))
    project = folder.load()
    video = changed(project.track("old"), picks=(SubjectPick(0, 160.0, 100.0),))
    folder.save(project.with_tracks(video), project)


def change_model(root: str) -> None:
    path = Path(root, "models", "net", "model.json")
    info = json.loads(path.read_text())
    path.write_text(json.dumps({**info, "temperature": 2.0}))


@pytest.mark.parametrize(
    "change", [change_labels, change_poses, change_subject, change_model]
)
def test_what_it_follows_from_makes_it_anew(root: str, change: Any) -> None:
    ran(root)
    change(root)
    changed = to_do(root)
    assert "predict old net" in changed
    assert ("predict new net" in changed) == (change is change_model)
    ran(root)
    assert to_do(root) == []


def test_poses_of_another_setting_are_estimated_anew(root: str) -> None:
    folder = ProjectFolder(Path(root))
    project = folder.load()
    # As if there were a video: of one without, no poses can be estimated.
    video = changed(project.track("old"), path="old.mp4")
    folder.save(project.with_tracks(video), project)
    work = work_on(root, "old", 1)

    def kept(every: int, key: str) -> bool:
        save_poses(folder.poses_path("old"), waving(), video.video.fingerprint, key)
        new = set_pose_every(work.project, every)
        return is_done(replace(work, project=new), "poses", None, "")

    each, second = (pose_key(set_pose_every(project, n), video) for n in (1, 2))
    assert each != second
    assert (kept(1, each), kept(2, second)) == (True, True)
    assert (kept(1, second), kept(2, each)) == (False, False)
    assert (kept(1, ""), kept(2, "")) == (True, True), "imported"
    exact = pose_key(set_pose_every(project, 2), video, exact=True)
    assert exact != second
    assert kept(2, exact), "of an older project, or by the exact networks"
    assert not kept(1, exact)


def test_twelve_frames_a_second_are_looked_at_or_what_the_project_says(
    root: str,
) -> None:
    project = ProjectFolder(Path(root)).load()
    video = project.track("old")
    rates = (8.0, 15.0, 23.976, 25.0, 30.0, 50.0, 60.0)
    chosen = [pose_every(project, changed(video, mean_rate=rate)) for rate in rates]
    assert chosen == [1, 1, 2, 2, 2, 4, 5]
    wanted = set_pose_every(project, 3)
    assert pose_every(wanted, changed(video, mean_rate=60.0)) == 3


def test_of_a_slow_stretch_of_a_video_all_frames_are_looked_at(root: str) -> None:
    project = ProjectFolder(Path(root)).load()
    # Two seconds of 50 frames a second, a second of 10, two seconds of 50.
    gaps = np.repeat([0.02, 0.1, 0.02], [100, 10, 100])
    starts_s = np.cumsum([0, *gaps[:-1]])
    video = changed(item("film", np.full(210, -1)), mean_rate=42.0)
    assert pose_every(project, video) == 3

    def looked(project: Project, starts_s: np.ndarray) -> list[int]:
        times = FrameTimes.of_table(starts_s)
        return np.flatnonzero(looked_at(project, video, times)).tolist()

    every_third = [*range(0, 210, 3), 209]
    found = looked(project, starts_s)
    assert found == sorted({*every_third, *range(99, 111)})
    assert looked(set_pose_every(project, 3), starts_s) == every_third
    # Times that are rounded to milliseconds are of a steady rate.
    assert looked(project, np.round(np.arange(210) / 42, 2)) == every_third


def test_how_many_frames_are_looked_at_is_kept_in_the_project(root: str) -> None:
    before = Path(root, "project.json").read_text()
    assert "pose_every" not in before
    done("poses", root, "--every", 2)
    project = ProjectFolder(Path(root)).load()
    assert project.pose_every == 2
    assert work_on(root, "old", 1).project.pose_every == 2
    done("poses", root)
    assert ProjectFolder(Path(root)).load() == project
    done("run", root, "poses", "--every", 0)
    assert Path(root, "project.json").read_text() == before
    assert "leave one out" in mistake("run", root, "--every", 2, "--dry-run")
    assert "is for movenet" in mistake(
        "poses", root, "--estimator", "yolo", "--every", 2
    )


def test_a_note_makes_nothing_anew(root: str) -> None:
    ran(root)
    folder = ProjectFolder(Path(root))
    project = folder.load()
    videos = tuple(changed(v, notes="dark") for v in project.tracks)
    folder.save(replace(project, tracks=videos), project)
    assert to_do(root) == []


def test_a_video_that_fails_costs_itself(root: str) -> None:
    folder = ProjectFolder(Path(root))
    folder.poses_path("new").write_bytes(b"no poses")
    folder.labels_path("old").write_text("{")
    project_file = Path(root, "project.json")
    values = json.loads(project_file.read_text())
    values["videos"].append({**values["videos"][0], "id": "third"})
    project_file.write_text(json.dumps(values))
    save_poses(folder.poses_path("third"), waving(), "poses-new")
    done = folder.labels_path("new").read_text()
    folder.labels_path("third").write_text(done)
    result = ran(root)
    failed = {event.task.video: event.sentence for event in result.failed}
    assert failed.keys() == {"new", "old"}
    assert "is damaged" in failed["new"]
    assert "old.json" in failed["old"]
    assert load_prediction(predicted(root, "third")).key
    assert result.log is not None
    lines = [json.loads(line) for line in result.log.read_text().splitlines()]
    assert {
        n["video"]: n["sentence"] for n in lines if n["state"] == "failed"
    } == failed


def test_stages_and_models_are_checked_before_anything_is_done(root: str) -> None:
    with pytest.raises(ConfigError, match="There is no stage 'pose'; choose from"):
        planned(root, stages=("pose",))
    with pytest.raises(ModelError, match="There is no model 'x'"):
        planned(root, model="x")
    with pytest.raises(ProjectError, match="no video"):
        planned(root, videos=("x",))
    assert to_do(root, stages=("poses",)) == []
    assert planned(root, stages=("poses",)).n_done == {"poses": 2}


@pytest.mark.parametrize("looked_ahead", [True, False])
def test_cores_are_left_to_others(
    root: str, monkeypatch: pytest.MonkeyPatch, looked_ahead: bool
) -> None:
    ran(root, videos=("old",))
    threads: list[int] = []

    class Counting(in_this_process(TASKS)):  # type: ignore[misc]
        def __init__(self, n: int, *_: object) -> None:
            threads.append(n)

    monkeypatch.setattr("skelseg_core.engine.supervisor.Worker", Counting)
    monkeypatch.setattr("skelseg_core.tasks.runs.run_plan.cpu_threads", lambda: 6)
    if not looked_ahead:
        monkeypatch.setattr("skelseg_core.tasks.runs.run_plan.AHEAD", 0)
    run(run_plan(begin_plan(root, RunChoices()), spare_cores=1))
    # A video that is worked on alone has all; others may still be found.
    assert threads == [5 if looked_ahead else 5 // 2]


def test_the_first_task_begins_before_all_videos_were_looked_at(
    root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()

    def beginning(**arguments: Any) -> Task[Any]:
        begun.set()
        return (yield from run_stage(**arguments))

    def looking(root: str, video_id: str, threads: int) -> FeatureWork:
        assert video_id == "new" or begun.wait(30)
        return work_on(root, video_id, threads)

    worker = in_this_process({"run_stage": beginning})
    monkeypatch.setattr("skelseg_core.engine.supervisor.Worker", worker)
    monkeypatch.setattr("skelseg_core.tasks.runs.run_plan.work_on", looking)
    shares = []
    task = run_plan(begin_plan(root, RunChoices()), 1)
    with contextlib.closing(task):
        for progress in task:
            if isinstance(progress, RunProgress):
                shares.append((progress.looked_at, progress.share or 0.0))
    assert begun.is_set()
    assert {looked for looked, _ in shares} == {0.5, 1.0}
    assert all(share <= looked for looked, share in shares)
    assert shares[-1] == (1.0, 1.0)
    assert to_do(root) == []


def test_ids_are_no_patterns(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Thousands of them would be compared with thousands of others.
    monkeypatch.setattr("skelseg_core.project.project.matching_names", None)
    assert to_do(root, videos=("old", "old")) == ["predict old net"]


def test_a_run_of_poses_knows_the_room_for_proxies(root: str) -> None:
    ProjectFolder(Path(root)).poses_path("old").unlink()
    plan = planned(root, stages=("poses",), proxy_bytes=7)
    assert [task.arguments["proxy_bytes"] for task in plan.tasks] == [7]


def test_what_keeps_a_run_from_its_work_is_in_its_status(root: str) -> None:
    status = RunStatus(RunLog(Path(root), "1.jsonl"))
    with pytest.raises(ModelError):
        run(run_stages(root, RunChoices(model="x"), status))
    state = read_status(status.log.path)
    assert state is not None
    assert (state.ended, state.cancelled) == (True, False)
    assert "There is no model 'x'" in state.error


def test_without_a_model_poses_are_the_last_stage(tmp_path: Path) -> None:
    folder = make_poses_project(tmp_path / "p")
    plan = planned(str(folder.root))
    assert (plan.stages, plan.model) == (("poses",), "")
    with pytest.raises(ModelError, match="there is none yet, train one first"):
        planned(str(folder.root), stages=("predict",))


def test_a_second_run_is_refused_and_says_who_runs_the_first(root: str) -> None:
    first = run_plan(begin_plan(root, RunChoices()))
    next(first)
    status = RunStatus(RunLog(Path(root), "1.jsonl"))
    with pytest.raises(ProjectError) as caught:
        run(run_stages(root, RunChoices(), status))
    assert "is in progress on" in str(caught.value)
    state = read_status(status.log.path)
    assert state is not None
    assert (state.ended, state.error) == (True, str(caught.value))
    first.close()
    ran(root)
    assert not list(Path(root, ".claims").glob(f"{RUN}*"))


def test_the_work_per_task_does_not_grow_with_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = Counter[str]()

    def count(patched: pytest.MonkeyPatch, name: str, of: Any, attribute: str) -> None:
        actual = getattr(of, attribute)

        def counting(*arguments: Any, **options: Any) -> Any:
            counts[name] += 1
            return actual(*arguments, **options)

        patched.setattr(of, attribute, counting)

    def no_op(**_: object) -> Task[Any]:
        yield Progress("nothing")
        return {}

    def ran_over(n: int) -> Counter[str]:
        folder, project = create_project(
            tmp_path / f"p{n}", label_map_from_names("ab"), "lcrnet15"
        )
        before = project
        for number in range(n):
            video = item(f"v{number:04}", np.full(9, -1))
            project = add_video(project, changed(video, path="gone.mp4"))
        folder.save(project, before)
        with monkeypatch.context() as patched:
            counts.clear()
            for module in (builtins, io, os):
                count(patched, "files opened", module, "open")
            count(patched, "folders listed", os, "scandir")
            count(patched, "rows read", project_json, "Track")
            count(patched, "claims made", Claims, "take")
            result = run(run_plan(begin_plan(str(folder.root), choices), 1))
        assert Counter(e.state for e in result.ends.values()) == {"done": n}
        return Counter(counts)

    worker = in_this_process({"run_stage": no_op})
    monkeypatch.setattr("skelseg_core.engine.supervisor.Worker", worker)
    monkeypatch.setattr("skelseg_core.project.runs.run_status.WRITE_S", 1e9)
    choices = RunChoices(("poses",), n_workers=1)
    few, many = ran_over(100), ran_over(1000)
    assert few["claims made"] == many["claims made"] == 1
    assert few["rows read"] >= 100
    assert all(many[name] / 1000 <= few[name] / 100 for name in few), (few, many)

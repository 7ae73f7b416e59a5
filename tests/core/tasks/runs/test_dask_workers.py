"""Runs on a scheduler of Dask by TLS, and two workers: processes of this computer."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("distributed", reason="needs the extra 'cluster'")
pytest.importorskip("cryptography", reason="makes the certificates")
if not sys.platform.startswith("linux"):
    pytest.skip("looks at processes as Linux shows them", allow_module_level=True)

import dask

from skelseg_core.array_files import load_npz
from skelseg_core.engine.queued_task import QueuedTask, TaskEvent, WorkersLost
from skelseg_core.engine.supervisor import Supervisor
from skelseg_core.errors import ConfigError, SkelsegError
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import run
from skelseg_core.project.folder import create_project, probe_video
from skelseg_core.project.project import ANNOTATION, add_video
from skelseg_core.tasks.registry import TASKS
from skelseg_core.tasks.runs import dask_workers as module
from skelseg_core.tasks.runs.dask_workers import DaskWorkers, dask_workers
from skelseg_core.tasks.runs.run_plan import RunChoices, plan_run, run_plan
from skelseg_core.tasks.train import train
from tests.commands import done
from tests.dask_cluster import DaskCluster
from tests.in_process import in_this_process
from tests.poses_only import SMALL
from tests.videos import write_video

MODULE = "tests.core.engine.worker_for_tests"
N_CLIPS, FRAMES = 2, 4


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    made = DaskCluster(tmp_path_factory.mktemp("cluster"))
    try:
        with dask.config.set(made.settings):
            yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def staffed(cluster: DaskCluster) -> DaskCluster:
    """The same, with two workers."""
    for _ in range(2):
        cluster.worker()
    return cluster


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of short videos and a small model, without poses of any."""
    root = tmp_path_factory.mktemp("clips") / "p"
    folder, project = create_project(root, label_map_from_names(("walk", "reach")))
    before = project
    for n in range(N_CLIPS):
        path = write_video(root / f"v{n}.mp4", FRAMES + n % 3, size=(160, 96))
        video = probe_video(path, folder, project)
        if not n:
            labels = np.repeat(project.label_map.ids, FRAMES // 2)
            lane = Segmentation.from_frames(labels)
            video = video.with_lane(ANNOTATION, lane)
        project = add_video(project, video)
    folder.save(project, before)
    small = {**SMALL["model"], "modalities": ["keypoints"], "standardise": False}
    run(train(str(root), "net", {**SMALL, "model": small}, ["v0"], threads=1))
    folder.poses_path("v0").unlink()
    return root


def given(
    cluster: DaskCluster, root: Path
) -> contextlib.AbstractContextManager[DaskWorkers]:
    return dask_workers(cluster.address, root, module=MODULE)


def entered(context: contextlib.AbstractContextManager[object]) -> None:
    with context:
        pass


def queued(task: str, name: str, folder: Path, **arguments: Any) -> QueuedTask:
    given = {"folder": str(folder), "name": name, **arguments}
    if task == "fail":
        given = arguments
    return QueuedTask(name, task, given, stage=task, video=name)


def ended(tasks: list[QueuedTask], workers: DaskWorkers) -> dict[str, TaskEvent]:
    return run(Supervisor(tasks, len(tasks), elsewhere=workers.steps).run())


def arrays(root: Path) -> dict[str, dict[str, np.ndarray]]:
    made = sorted([*root.glob("poses/*.npz"), *root.glob("predictions/**/*.npz")])
    return {str(path.relative_to(root)): load_npz(path) for path in made}


@pytest.mark.parametrize(
    "address",
    ["tcp://10.0.0.1:8786", "ws://127.0.0.1:1", "tcp://lab:1", "lab:8786", "tcp://[:1"],
)
def test_what_is_not_encrypted_is_refused(address: str, clips: Path) -> None:
    with pytest.raises(
        ConfigError, match="is not encrypted, so anybody who reaches it"
    ):
        entered(dask_workers(address, clips))


def test_a_scheduler_that_does_not_answer_or_has_no_workers_is_said(
    cluster: DaskCluster, clips: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = f"dask worker {cluster.address}"
    with pytest.raises(ConfigError, match=f"start some with '{command}'"):
        entered(given(cluster, clips))
    monkeypatch.setattr(module, "ANSWER_S", 1.0)
    # Loopback may be plain; this one speaks TLS.
    with pytest.raises(ConfigError, match=r"No scheduler answers at tcp://127\."):
        entered(dask_workers(cluster.address.replace("tls:", "tcp:"), clips))
    with (
        dask.config.set({"distributed.comm.tls.ca-file": None}),
        pytest.raises(ConfigError, match="certificates in the configuration of Dask"),
    ):
        entered(given(cluster, clips))


def test_workers_make_what_one_process_makes(
    staffed: DaskCluster, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = shutil.copytree(clips, tmp_path / "there")
    here = shutil.copytree(clips, tmp_path / "here")
    text = done("run", there, "--scheduler", staffed.address)
    assert f"poses: {N_CLIPS} videos done" in text
    assert f"predict: {N_CLIPS} videos done" in text
    worker = in_this_process(TASKS)
    monkeypatch.setattr("skelseg_core.engine.supervisor.Worker", worker)
    run(run_plan(run(plan_run(str(here), RunChoices())), 1))
    ours, theirs = arrays(here), arrays(there)
    assert len(ours) == 2 * N_CLIPS
    assert ours.keys() == theirs.keys()
    for name, expected in ours.items():
        assert expected.keys() == theirs[name].keys()
        for key, array in expected.items():
            equal_nan = array.dtype.kind == "f"
            assert np.array_equal(array, theirs[name][key], equal_nan=equal_nan), name
    again = done("run", there, "--scheduler", staffed.address)
    assert again == "Everything is done already.\n"


def test_what_fails_or_kills_its_process_costs_itself(
    staffed: DaskCluster, clips: Path, tmp_path: Path
) -> None:
    tasks = [
        queued("mark", "a", tmp_path),
        queued("fail", "b", tmp_path, sentence="b is no {video}; take it away."),
        queued("die", "once", tmp_path, times=1),
        queued("die", "always", tmp_path, times=9),
    ]
    events: list[TaskEvent] = []
    with given(staffed, clips) as workers:
        assert workers.n_places == 2
        ends = run(Supervisor(tasks, 4, events.append, elsewhere=workers.steps).run())
        stop = queued("fail", "c", tmp_path, sentence="The disk is full.", stops=True)
        with pytest.raises(SkelsegError, match=r"The disk is full\."):
            ended([stop], workers)
    assert {name: event.state for name, event in ends.items()} == {
        "a": "done",
        "b": "failed",
        "once": "done",
        "always": "failed",
    }
    assert ends["a"].result == {"name": "a"}
    assert ends["b"].sentence == "b is no {video}; take it away."
    assert "signal 9" in ends["always"].sentence
    crashed = [e.task.name for e in events if e.state == "crashed"]
    assert sorted(crashed) == ["always", "once"]


def test_closing_ends_what_the_workers_do(
    staffed: DaskCluster, clips: Path, tmp_path: Path
) -> None:
    tasks = [queued("last", name, tmp_path) for name in "abc"]
    with given(staffed, clips) as workers:
        with contextlib.closing(
            Supervisor(tasks, 3, elsewhere=workers.steps).run()
        ) as task:
            for progress in task:
                begun = [p.step for p in progress.running.values()]
                if begun.count("lasting") == 2:
                    break
        # All places of the workers are free again: two tasks are at work at once.
        both = [queued("wait", name, tmp_path) for name in "de"]
        steps = Supervisor(both, 2, elsewhere=workers.steps).run()
        while not all((tmp_path / name).exists() for name in "de"):
            next(steps)
        (tmp_path / "go").touch()
        ends = run(steps)
    assert [event.state for event in ends.values()] == ["done", "done"]


def test_a_worker_that_lacks_something_is_named(
    staffed: DaskCluster, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = shutil.copytree(clips, tmp_path / "p")
    with monkeypatch.context() as patch:
        # As one that comes while the run goes on.
        patch.setattr(module, "check", lambda same: None)
        with given(staffed, other) as workers:
            (other / "project.json").write_text("{}")
            said = f"The worker tls://.* does not see this project at {other}; put it"
            with pytest.raises(WorkersLost, match=said):
                list(workers.steps(queued("mark", "a", tmp_path)))
    older = (("skelseg", "0.0.1"), ("torch", "1.0"))
    monkeypatch.setattr(module, "versions", lambda: older)
    with pytest.raises(WorkersLost, match=r"tls://.* has skelseg .*, and 0\.0\.1 is "):
        entered(given(staffed, clips))
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_what_a_worker_did_that_ends_is_done_by_another(
    staffed: DaskCluster, clips: Path, tmp_path: Path, how: int
) -> None:
    task, events, began = queued("wait", "a", tmp_path), [], tmp_path / "a"
    with given(staffed, clips) as workers:
        steps = Supervisor([task], 1, events.append, elsewhere=workers.steps).run()
        while not began.exists():
            next(steps)
        worker = _parent(int(began.read_text()))
        # Its nanny is the one to be asked, and starts another for one that is killed.
        os.kill(worker if how == signal.SIGKILL else _parent(worker), how)
        while len(began.read_text().splitlines()) < 2:
            next(steps)
        (tmp_path / "go").touch()
        assert {event.state for event in run(steps).values()} == {"done"}
    assert [event.state for event in events] == ["started", "done"]


def _parent(pid: int) -> int:
    return int(Path("/proc", str(pid), "stat").read_text().split()[3])


def test_the_death_of_the_scheduler_ends_the_run_and_says_so(
    staffed: DaskCluster, clips: Path, tmp_path: Path
) -> None:
    with given(staffed, clips) as workers:
        steps = Supervisor(
            [queued("wait", "a", tmp_path)], 1, elsewhere=workers.steps
        ).run()
        while not (tmp_path / "a").exists():
            next(steps)
        staffed.scheduler.kill()
        with pytest.raises(
            SkelsegError, match=r"The scheduler is gone\. Finished work"
        ):
            run(steps)

"""Runs on a scheduler of Dask with TLS, and two workers: processes of this computer."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("distributed", reason="needs the extra 'cluster'")
pytest.importorskip("cryptography", reason="needs the extra 'cluster'")
if not sys.platform.startswith("linux"):
    pytest.skip("looks at processes as Linux shows them", allow_module_level=True)

from skelseg_core.child_process import module_command
from skelseg_core.engine.cluster.certificates import AUTHORITY, make_certificates
from skelseg_core.engine.cluster.profile import ClusterProfile, Need
from skelseg_core.engine.cluster.workers import ClusterWorkers, opened
from skelseg_core.engine.queued_task import QueuedTask, TaskEvent
from skelseg_core.engine.supervisor import Supervisor
from skelseg_core.errors import ConfigError, SkelsegError
from skelseg_core.files import load_npz
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import run
from skelseg_core.project.folder import create_project, probe_video
from skelseg_core.project.project import ANNOTATION, add_video
from skelseg_core.tasks.registry import TASKS
from skelseg_core.tasks.run_stages import RunChoices, plan_run, run_plan
from skelseg_core.tasks.train import train
from tests.commands import done
from tests.in_process import in_this_process
from tests.poses_only import SMALL
from tests.videos import write_video

MODULE = "tests.core.engine.worker_for_tests"
SLOW = "tests.core.engine.cluster.slow_worker"
N_CLIPS, FRAMES = 8, 4
OLDER = (
    "import sys; sys.path[:0] = [{root!r}]\n"
    "import skelseg_core.engine.cluster.proof as proof\n"
    "proof.code_key = lambda: '0.0.1-0lder'\n"
    "from skelseg_core.cli.main import main; main()\n"
)
"""A worker that thinks that its code is another's."""


class Cluster:
    """A scheduler and workers, each a process."""

    def __init__(self, folder: Path) -> None:
        self.certificates = folder / "certificates"
        make_certificates(self.certificates)
        self._processes: list[subprocess.Popen[str]] = []
        self.workers: dict[str, subprocess.Popen[str]] = {}

    def begin(self) -> None:
        """Start a scheduler."""
        self.scheduler, self.address = self.started(
            *("scheduler", "--host", "127.0.0.1", "--port", "0")
        )

    def complete(self) -> None:
        """Start anew what was killed."""
        for name, process in self.workers.items():
            if process.poll() is not None:
                self.worker(name)

    def worker(self, name: str, *more: str, command: Any = None) -> None:
        """Start a worker; it is there when this returns."""
        asked = ("worker", self.address, "--name", name, *more)
        self.workers[name], _ = self.started(*asked, command=command)

    def end(self, pid: int) -> None:
        """Kill a worker, and wait for its end."""
        (process,) = (p for p in self._processes if p.pid == pid)
        process.kill()
        process.wait()

    def started(
        self, *arguments: str, command: Any = None
    ) -> tuple[subprocess.Popen[str], str]:
        """Start a command; return its process and the first line that it prints."""
        command = command or module_command("skelseg_core.cli.main")
        process = subprocess.Popen(
            [*command, "cluster", *arguments, "--certificates", str(self.certificates)],
            stdout=subprocess.PIPE,
            text=True,
        )
        self._processes.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline().strip()

    @property
    def profile(self) -> ClusterProfile:
        return ClusterProfile(address=self.address)

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.communicate()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        made.begin()
        for name in ("one", "two"):
            made.worker(name)
        yield made
    finally:
        made.close()


@pytest.fixture
def workers(cluster: Cluster) -> Iterator[ClusterWorkers]:
    cluster.complete()
    with opened(cluster.profile, cluster.certificates, module=MODULE) as made:
        yield made


def queued(task: str, name: str, folder: Path, **arguments: Any) -> QueuedTask:
    given = {"folder": str(folder), "name": name, **arguments}
    if task == "fail":
        given = arguments
    return QueuedTask(name, task, given, stage=task, video=name)


def entered(context: contextlib.AbstractContextManager[object]) -> None:
    with context:
        pass


def ended(tasks: list[QueuedTask], workers: ClusterWorkers) -> dict[str, TaskEvent]:
    return run(Supervisor(tasks, len(tasks), workers=workers).run())


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


def arrays(root: Path) -> dict[str, dict[str, np.ndarray]]:
    made = sorted([*root.glob("poses/*.npz"), *root.glob("predictions/**/*.npz")])
    return {str(path.relative_to(root)): load_npz(path) for path in made}


def test_a_cluster_makes_what_one_process_makes(
    cluster: Cluster, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = shutil.copytree(clips, tmp_path / "there")
    here = shutil.copytree(clips, tmp_path / "here")
    text = done(
        *("run", there, "--cluster", cluster.address),
        *("--certificates", cluster.certificates),
    )
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
    again = done(
        *("run", there, "--cluster", cluster.address),
        *("--certificates", cluster.certificates),
    )
    assert again == "All is done already.\n"


def test_who_has_no_certificate_is_refused(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, _, port = cluster.address.removeprefix("tls://").partition(":")
    context = ssl.create_default_context(cafile=cluster.certificates / AUTHORITY)
    context.check_hostname = False
    with socket.create_connection((host, int(port)), 20) as plain:
        # The server speaks first where it accepts somebody.
        encrypted = context.wrap_socket(plain)
        with encrypted, pytest.raises(ssl.SSLError, match="certificate required"):
            encrypted.recv(1)
    with socket.create_connection((host, int(port)), 20) as plain:
        plain.sendall(bytes(200))
        assert not _received(plain)
    # Certificates of somebody else do not count.
    make_certificates(tmp_path / "other")
    monkeypatch.setattr("skelseg_core.engine.cluster.workers.ANSWER_S", 1.0)
    with pytest.raises(ConfigError, match="No scheduler with these certificates"):
        entered(opened(cluster.profile, tmp_path / "other"))


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(1)
    except ConnectionError:
        return b""


def test_each_process_listens_at_one_port(cluster: Cluster) -> None:
    for process in (cluster.scheduler, *cluster.workers.values()):
        assert len(listening(process.pid)) == 1


def listening(pid: int) -> set[str]:
    """Ports at which a process listens, for TCP or UDP."""
    links = [os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()]
    own = {link[len("socket:[") : -1] for link in links}
    listens, bound = "0A", "07"
    kinds = {"tcp": listens, "tcp6": listens, "udp": bound, "udp6": bound}
    rows = [
        (kind, line.split())
        for kind in kinds
        for line in Path("/proc/net", kind).read_text().splitlines()[1:]
    ]
    return {
        f"{kind[:3]} {row[1].rpartition(':')[2]}"
        for kind, row in rows
        if row[3] == kinds[kind] and row[9] in own
    }


def test_what_fails_or_kills_its_process_costs_itself(
    workers: ClusterWorkers, tmp_path: Path
) -> None:
    tasks = [
        queued("mark", "a", tmp_path),
        queued("fail", "b", tmp_path, sentence="b is no {video}; take it away."),
        queued("die", "once", tmp_path, times=1),
        queued("die", "always", tmp_path, times=9),
    ]
    events: list[TaskEvent] = []
    ends = run(Supervisor(tasks, 4, events.append, workers=workers).run())
    assert {name: event.state for name, event in ends.items()} == {
        "a": "done",
        "b": "failed",
        "once": "done",
        "always": "set aside",
    }
    assert ends["a"].result == {"name": "a"}
    assert ends["b"].sentence == "b is no {video}; take it away."
    assert "signal 9" in ends["always"].sentence
    crashed = [e.task.name for e in events if e.state == "crashed"]
    assert sorted(crashed) == ["always", "once"]
    stop = queued("fail", "c", tmp_path, sentence="The disk is full.", stops=True)
    with pytest.raises(SkelsegError, match=r"The disk is full\."):
        ended([stop], workers)


def test_closing_ends_what_the_workers_do(
    workers: ClusterWorkers, tmp_path: Path
) -> None:
    tasks = [queued("last", name, tmp_path) for name in "abc"]
    with contextlib.closing(Supervisor(tasks, 3, workers=workers).run()) as task:
        for _ in task:
            if sum((tmp_path / name).exists() for name in "abc") == 2:
                break
    # All places of the workers are free again.
    ends = ended([queued("mark", name, tmp_path) for name in "def"], workers)
    assert {event.state for event in ends.values()} == {"done"}
    assert sum((tmp_path / name).exists() for name in "abc") == 2


def test_a_worker_that_lacks_something_is_named(
    cluster: Cluster, workers: ClusterWorkers, tmp_path: Path
) -> None:
    root = str(Path(__file__).resolve().parents[4])
    command = [sys.executable, "-c", OLDER.format(root=root)]
    cluster.worker("older", "--gpus", "1", command=command)
    task = queued("mark", "a", tmp_path)
    said = r"The worker older \(tls://.* has another skelseg"
    # Only it has a graphics card.
    older = opened(cluster.profile, cluster.certificates, gpus=1, module=MODULE)
    with pytest.raises(SkelsegError, match=said), older as made:
        ended([task], made)
    cluster.end(cluster.workers.pop("older").pid)
    assert not (tmp_path / "a").exists()
    (tmp_path / "model").write_text("1")
    workers.prove([tmp_path], [tmp_path / "model"])
    (tmp_path / "model").write_text("2")
    with pytest.raises(SkelsegError, match=r"sees another .*model than is here"):
        ended([task], workers)
    profile = ClusterProfile(address=cluster.address, needs=(Need("mark", gpus=2),))
    with pytest.raises(ConfigError, match="has the GPU=2 that tasks need; say"):
        entered(opened(profile, cluster.certificates))


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (signal.SIGKILL, "ended unexpectedly, or was lost"),
        (signal.SIGSTOP, "gave no sign of life for 5 s"),
    ],
)
def test_a_worker_that_is_killed_or_hangs_costs_one_try(
    cluster: Cluster,
    workers: ClusterWorkers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    how: int,
    said: str,
) -> None:
    if how == signal.SIGSTOP:
        monkeypatch.setattr("skelseg_core.engine.cluster.workers.SILENT_S", 5.0)
    task, events = queued("wait", "a", tmp_path), list[TaskEvent]()
    began = tmp_path / "a"
    steps = Supervisor([task], 1, events.append, workers=workers).run()
    while not began.exists():
        next(steps)
    parent = Path("/proc", began.read_text().strip(), "stat").read_text().split()[3]
    os.kill(int(parent), how)
    while len(began.read_text().splitlines()) < 2:
        next(steps)
    (tmp_path / "go").touch()
    assert {event.state for event in run(steps).values()} == {"done"}
    assert [event.state for event in events] == ["started", "crashed", "done"]
    assert said in events[1].sentence
    cluster.end(int(parent))


SBATCH = """#!/bin/sh
cp "$1" "$0.$$"
setsid sh "$0.$$" >/dev/null 2>&1 &
echo "Submitted batch job $!"
"""
"""What stands for Slurm: a job is a process of this computer."""


def test_a_batch_system_is_asked_for_workers_and_told_to_end_them(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("dask_jobqueue", reason="needs the extra 'cluster'")
    ended_jobs = tmp_path / "ended"
    cancel = f'#!/bin/sh\necho "$1" >>{ended_jobs}\nkill -- "-$1"\n'
    for name, text in (("sbatch", SBATCH), ("scancel", cancel)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    command = shlex.join(module_command("skelseg_core.cli.main"))
    profile = ClusterProfile("slurm", jobs=3, host="127.0.0.1", command=command)
    with opened(profile, cluster.certificates, 1, module=MODULE) as workers:
        ends = ended([queued("mark", name, tmp_path) for name in "ab"], workers)
    assert {event.state for event in ends.values()} == {"done"}
    assert len(ended_jobs.read_text().split()) == 1


def test_after_the_death_of_the_scheduler_what_was_in_flight_is_repeated(
    cluster: Cluster, clips: Path, tmp_path: Path
) -> None:
    cluster.complete()
    root = shutil.copytree(clips, tmp_path / "p")
    choices = RunChoices(stages=("poses",), videos=("v0", "v1", "v2"))

    def made() -> Any:
        return opened(cluster.profile, cluster.certificates, module=SLOW)

    with made() as workers:
        steps = run_plan(run(plan_run(str(root), choices)), workers=workers)
        while next(steps).done < 2 or not (root / "began").exists():
            pass
        cluster.scheduler.kill()
        with pytest.raises(SkelsegError, match="The scheduler of the cluster is gone"):
            run(steps)
    for worker in cluster.workers.values():
        worker.wait()
    again = run(plan_run(str(root), choices))
    assert [task.name for task in again.tasks] == ["poses v1"]
    cluster.begin()
    cluster.worker("three")
    (root / "go").touch()
    with made() as workers:
        result = run(run_plan(again, workers=workers))
    assert [(n, e.state) for n, e in result.ends.items()] == [("poses v1", "done")]
    assert len((root / "began").read_text().splitlines()) == 2


def test_a_scheduler_without_workers_says_how_to_start_some(cluster: Cluster) -> None:
    for worker in cluster.workers.values():
        worker.terminate()
        worker.wait()
    command = f"skelseg cluster worker {cluster.address}"
    with pytest.raises(ConfigError, match=f"start some with '{command}'"):
        entered(opened(cluster.profile, cluster.certificates))


class WithoutSkelseg:
    """Client of a scheduler one of whose workers has no skelseg."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def run(self, *_: object, **__: object) -> dict[str, object]:
        return {"tls://h:1": ModuleNotFoundError("skelseg_core")}

    def scheduler_info(self, n_workers: int) -> dict[str, Any]:
        return {"workers": {"tls://h:1": {"name": "bare"}}}

    def close(self, timeout: float) -> None:
        pass


def test_a_worker_without_skelseg_is_named(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distributed.Client", WithoutSkelseg)
    with pytest.raises(ConfigError, match=r"bare \(tls://h:1\) has no skelseg"):
        entered(opened(cluster.profile, cluster.certificates))


def test_a_port_that_is_taken_is_said(cluster: Cluster) -> None:
    asked = ("--host", "127.0.0.1", "--port", cluster.address.rpartition(":")[2])
    command = module_command("skelseg_core.cli.main", "cluster", "scheduler", *asked)
    said = subprocess.run(
        [*command, "--certificates", str(cluster.certificates)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 2
    assert said.stderr.endswith("(Address already in use); choose another --port.\n")

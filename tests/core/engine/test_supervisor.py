"""Many tasks on several processes: each failure costs itself, a death one more try."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from skelseg_core.engine import supervisor
from skelseg_core.engine.queued_task import QueuedTask, TaskEvent
from skelseg_core.engine.supervisor import RunProgress, Supervisor
from skelseg_core.errors import SkelsegError
from skelseg_core.progress import run

MODULE = "tests.core.engine.worker_for_tests"
needs_signals = pytest.mark.skipif(os.name == "nt", reason="needs signals")


def queued(task: str, name: str, after: str = "", **arguments: Any) -> QueuedTask:
    if task != "fail":
        arguments["name"] = name
    return QueuedTask(name, task, arguments, after, stage=task, video=name)


def states(ends: Mapping[str, TaskEvent]) -> dict[str, str]:
    return {name: event.state for name, event in ends.items()}


@needs_signals
def test_what_fails_or_dies_costs_itself_alone(tmp_path: Path) -> None:
    folder = str(tmp_path)
    events: list[TaskEvent] = []
    tasks = [
        queued("mark", "a", folder=folder),
        queued("fail", "b", sentence="b is not a video; take it away."),
        queued("mark", "after b", after="b", folder=folder),
        queued("mark", "after that", after="after b", folder=folder),
        queued("die", "once", folder=folder, times=1),
        queued("die", "always", folder=folder, times=9),
        queued("mark", "after a", after="a", folder=folder),
        queued("mark", "z", folder=folder),
    ]
    ends = run(Supervisor(tasks, 2, events.append, module=MODULE).run())
    assert states(ends) == {
        "a": "done",
        "b": "failed",
        "after b": "skipped",
        "after that": "skipped",
        "once": "done",
        "always": "failed",
        "after a": "done",
        "z": "done",
    }
    assert ends["b"].sentence == "b is not a video; take it away."
    assert "ended unexpectedly (signal 9)" in ends["always"].sentence
    assert ends["a"].result == {"name": "a"}
    begun = {n: (tmp_path / n).read_text().splitlines() for n in ("once", "always")}
    assert [len(set(pids)) for pids in begun.values()] == [2, 2]
    assert not (tmp_path / "after b").exists()
    crashed = [e.task.name for e in events if e.state == "crashed"]
    assert sorted(crashed) == ["always", "once"]


class Stands(float):
    """Seconds that are over once a child of this process stands still."""

    def __lt__(self, _: float) -> bool:
        flags = os.WSTOPPED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_ALL, 0, flags) is not None


@needs_signals
def test_a_process_that_stands_still_costs_one_more_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not by the clock: whoever is busy beside makes a process silent for seconds.
    monkeypatch.setattr("skelseg_core.engine.worker_process.SILENT_S", Stands(1.0))
    task = queued("stand", "a", folder=str(tmp_path))
    events: list[TaskEvent] = []
    ends = run(Supervisor([task], 1, events.append, module=MODULE).run())
    assert states(ends) == {"a": "done"}
    assert [e.state for e in events] == ["started", "crashed", "done"]
    assert "did not answer" in events[1].sentence


@needs_signals
def test_what_begins_once_more_may_be_told_to_go_on(tmp_path: Path) -> None:
    first = {"folder": str(tmp_path), "name": "first", "times": 1}
    again = {"name": "again", "times": 0}
    task = QueuedTask("a", "die", first, again=again)
    ends = run(Supervisor([task], 1, module=MODULE).run())
    assert states(ends) == {"a": "done"}
    assert {path.name for path in tmp_path.iterdir()} == {"first", "again"}


def test_tasks_begin_while_others_are_looked_for(tmp_path: Path) -> None:
    def more() -> Iterator[list[QueuedTask]]:
        for _ in range(30_000):
            if (tmp_path / "a").exists():
                break
            time.sleep(0.001)
            yield []
        yield [
            queued("mark", "b", folder=str(tmp_path)),
            queued("mark", "after b", after="b", folder=str(tmp_path)),
        ]
        assert (tmp_path / "a").exists()

    tasks = [queued("mark", "a", folder=str(tmp_path))]
    ends = run(Supervisor(tasks, 2, module=MODULE, more=more()).run())
    assert states(ends) == {"a": "done", "b": "done", "after b": "done"}


def test_what_every_task_would_meet_ends_the_run(tmp_path: Path) -> None:
    tasks = [
        queued("fail", "a", sentence="The disk is full.", stops=True),
        *(queued("mark", f"b{n}", after="a", folder=str(tmp_path)) for n in range(3)),
    ]
    with pytest.raises(SkelsegError, match=r"The disk is full\."):
        run(Supervisor(tasks, 1, module=MODULE).run())
    assert not list(tmp_path.iterdir())


def test_closing_ends_all_processes(tmp_path: Path) -> None:
    tasks = [queued("last", name, folder=str(tmp_path)) for name in "abc"]
    with contextlib.closing(Supervisor(tasks, 2, module=MODULE).run()) as task:
        for progress in task:
            assert isinstance(progress, RunProgress)
            if progress.running.get("a", progress).step == "lasting":
                break
    pid = int((tmp_path / "a").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not {"worker 0", "worker 1"} & {t.name for t in threading.enumerate()}


PARENT = """
import sys
from skelseg_core.engine.queued_task import QueuedTask
from skelseg_core.engine.supervisor import Supervisor
from skelseg_core.progress import run
folder, module, task = sys.argv[1:]
tasks = [QueuedTask(n, task, {"folder": folder, "name": n}) for n in "ab"]
run(Supervisor(tasks, 2, module=module).run())
"""


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="looks into /proc")
@pytest.mark.parametrize(
    ("how", "task"), [(signal.SIGKILL, "silent"), (signal.SIGINT, "last")]
)
def test_no_process_outlives_the_one_that_began_it(
    tmp_path: Path, how: int, task: str
) -> None:
    """Killed, or ended by Ctrl-C, of which a terminal tells its group alone."""
    command = [sys.executable, "-c", PARENT, str(tmp_path), MODULE, task]
    with subprocess.Popen(
        command, stderr=subprocess.DEVNULL, start_new_session=True
    ) as parent:
        files = [tmp_path / name for name in "ab"]
        wait_for(lambda: all(f.is_file() and f.read_text() for f in files))
        pids = [int(f.read_text()) for f in files]
        assert all(lives(pid) and os.getpgid(pid) != parent.pid for pid in pids)
        os.killpg(parent.pid, how)
    wait_for(lambda: not any(lives(pid) for pid in pids))


def wait_for(what: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not what():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_progress_is_counted_by_stage(tmp_path: Path) -> None:
    tasks = [
        QueuedTask(
            "a", "mark", {"folder": str(tmp_path), "name": "a"}, "", "s", "a", 9
        ),
        QueuedTask("b", "fail", {"sentence": "No."}, "", "t", "b", 1),
    ]
    *_, last = Supervisor(tasks, 1, module=MODULE).run()
    assert isinstance(last, RunProgress)
    (s, t) = last.stages["s"], last.stages["t"]
    assert (s.n_tasks, s.done, s.running, s.failed, s.frames) == (1, 1, 0, 0, 9)
    assert (t.n_tasks, t.done, t.running, t.failed, t.frames) == (1, 0, 0, 1, 0)
    assert (last.done, last.total, last.whole) == (2, 2, 1.0)


def test_no_process_is_started_that_would_not_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "has_room", lambda _: False)
    tasks = [queued("mark", f"{n}", folder=str(tmp_path)) for n in range(6)]
    run(Supervisor(tasks, 3, module=MODULE).run())
    assert len({(tmp_path / f"{n}").read_text() for n in range(6)}) == 1


def test_the_memory_of_a_process_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    free = [1000]
    monkeypatch.setattr(supervisor, "free_memory", lambda: free[0])
    monkeypatch.setattr(supervisor, "most_memory", lambda pid: 100 * pid)
    assert supervisor.has_room([1, 2])
    free[0] = 199
    assert not supervisor.has_room([1, 2])

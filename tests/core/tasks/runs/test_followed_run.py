"""Runs that are followed from another process: status, log, and how they end."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from skelseg_core.engine.supervisor import RunProgress, StageCount
from skelseg_core.errors import SkelsegError
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.process_identity import computer_id, process_start
from skelseg_core.progress import run
from skelseg_core.project.folder import create_project, probe_video
from skelseg_core.project.project_edits import add_video
from skelseg_core.project.runs.run_log import FOLDER, RunEvents, RunLog, new_log_name
from skelseg_core.project.runs.run_status import (
    SILENT_S,
    RunStatus,
    found_runs,
    read_status,
)
from skelseg_core.tasks.runs.followed_run import FollowedRun, RunEnd
from skelseg_core.tasks.runs.run_process import start_run
from tests.videos import write_video

HOW_FAR = RunProgress(
    "run", 3, 9, whole=0.25, stages={"poses": StageCount(9, 3, 2, 1, 80.5)}
)


def status_of(root: Path, by_window: bool = True) -> RunStatus:
    return RunStatus(RunLog(root, "1.jsonl"), by_window, "net", ("poses",))


def end_of(log: Path) -> RunEnd:
    return run(FollowedRun(log).task())


def test_a_run_says_how_far_it_is_until_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skelseg_core.project.runs.run_status.WRITE_S", 0.0)
    status = status_of(tmp_path)
    log = status.log.path
    assert status.told(HOW_FAR) is HOW_FAR
    state = read_status(log)
    assert state is not None
    assert (state.progress, state.model, state.wanted) == (HOW_FAR, "net", ("poses",))
    assert state.is_live
    # Another process has this number now, or it is one of another computer.
    assert not replace(state, started="before").is_live
    away = replace(state, computer="another", started="")
    assert away.is_live
    assert not replace(away, age_s=SILENT_S + 1).is_live
    assert [s.log for s in found_runs(tmp_path)] == [log]
    status.end("The disk is full.")
    status.end()
    state = read_status(log)
    assert state is not None
    assert (state.ended, state.error, state.is_live) == (
        True,
        "The disk is full.",
        False,
    )


def test_what_is_no_status_is_no_run(tmp_path: Path) -> None:
    folder = RunLog(tmp_path, "1.jsonl").path.parent
    said = {"host": "h", "computer": computer_id(), "pid": os.getpid()}
    for n, text in enumerate(("", "[]", '{"stages": 3}', json.dumps(said))):
        (folder / f"{n}.status").write_text(text)
    assert found_runs(tmp_path) == []


def test_what_others_wrote_about_a_run_stops_no_opening(tmp_path: Path) -> None:
    status = status_of(tmp_path)
    path = status.log.path.with_suffix(".status")
    folder = tmp_path / FOLDER
    whole = json.loads(path.read_text())
    for name in ("done", "pid", "total"):
        text = json.dumps({**whole, name: 0}).replace(
            f'"{name}": 0', f'"{name}": 1e999'
        )
        path.write_text(text)
        assert read_status(status.log.path) is None
    path.write_text(json.dumps({**whole, "pid": 10**30}))
    found_runs(tmp_path)
    deep = "[" * 100_000 + '"failed"' + "]" * 100_000
    log = folder / "1.jsonl"
    log.write_text(f'{deep}\n{{"task": "a", "state": "failed"}}\n')
    assert [e["task"] for e in RunEvents(log).read()] == ["a"]


def test_a_run_of_a_terminal_is_found_while_it_goes_on(tmp_path: Path) -> None:
    status = status_of(tmp_path, by_window=False)
    assert len(found_runs(tmp_path)) == 1
    status.end()
    assert found_runs(tmp_path) == [], "the terminal has told of it"
    path = status.log.path.with_suffix(".status")
    assert path.exists(), "a window that follows it has to see the end"
    os.utime(path, (1, 1))
    assert found_runs(tmp_path) == []
    assert not path.exists()


def test_a_line_that_is_being_written_is_read_when_it_is_whole(tmp_path: Path) -> None:
    log = RunLog(tmp_path, "1.jsonl")
    events = RunEvents(log.path)
    assert events.read() == []
    log.write({"task": "a", "state": "started"})
    with log.path.open("a") as file:
        file.write('{"task": "b", "sta')
    assert [e["task"] for e in events.read()] == ["a"]
    with log.path.open("a") as file:
        file.write('te": "done"}\nno line\n')
    assert [e["task"] for e in events.read()] == ["b"]
    assert events.read() == []


def test_how_a_run_ended_is_told(tmp_path: Path) -> None:
    status = status_of(tmp_path)
    said = {"task": "poses a", "video": "a", "state": "failed", "sentence": "No."}
    status.log.write(said)
    status.log.write({"task": "poses b", "state": "failed", "sentence": "It died."})
    status.end()
    end = end_of(status.log.path)
    assert end.progress.failures == {
        "poses a": ("a", "No."),
        "poses b": ("poses b", "It died."),
    }
    assert found_runs(tmp_path) == [], "it is told once"

    status = status_of(tmp_path)
    status.end("The disk is full.")
    with pytest.raises(SkelsegError, match=r"The disk is full\."):
        end_of(status.log.path)


def test_a_run_that_was_killed_is_said_to_have_ended(tmp_path: Path) -> None:
    status = status_of(tmp_path)
    path = status.log.path.with_suffix(".status")
    path.write_text(path.read_text().replace(process_start(os.getpid()), "before"))
    assert len(found_runs(tmp_path)) == 1
    with pytest.raises(
        SkelsegError, match=r"ended unexpectedly\. Finished work is kept"
    ):
        end_of(status.log.path)
    assert found_runs(tmp_path) == []


class Process:
    """A process that goes on until it is given a code."""

    code: int | None = None

    def poll(self) -> int | None:
        return self.code

    def terminate(self) -> None:
        self.code = -15


def test_a_run_of_which_another_window_has_told_ended_well(tmp_path: Path) -> None:
    log, process = status_of(tmp_path).log.path, Process()
    task = FollowedRun(log, lambda: process).task()
    for _ in range(3):
        next(task)
    log.with_suffix(".status").unlink()
    process.code = 0
    assert run(task).state.model == "net"


def test_a_process_that_says_nothing_has_not_begun(tmp_path: Path) -> None:
    process = Process()
    process.code = 1
    task = FollowedRun(tmp_path / "1.jsonl", lambda: process).task()
    with pytest.raises(SkelsegError, match="ended unexpectedly"):
        run(task)


def test_a_process_ends_when_it_is_asked_to_and_leaves_nothing(tmp_path: Path) -> None:
    folder, project = create_project(tmp_path / "p", label_map_from_names("ab"))
    # Its poses take longer than the test.
    film = write_video(tmp_path / "long.mp4", 2000)
    folder.save(add_video(project, probe_video(film, folder, project)), project)
    name = new_log_name()
    log = folder.root / ".runs" / name
    process = start_run(folder.root, {"stages": ["poses"], "videos": []}, name)
    until = time.monotonic() + 120
    while (state := read_status(log)) is None or "poses" not in state.progress.stages:
        assert process.poll() is None, (log.parent / "output.txt").read_text()
        assert time.monotonic() < until
        time.sleep(0.02)
    assert (state.pid, state.is_live, state.by_window) == (process.pid, True, True)
    task = FollowedRun(log).task()
    for _ in range(2):
        next(task)
    task.close()
    assert process.wait(60) == 0
    state = read_status(log)
    assert state is None or state.cancelled
    assert found_runs(folder.root) == []
    assert not list((folder.root / ".claims").glob("*.json"))

"""Patterns of videos, JSON, progress without a terminal, interrupts."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from skelseg_core.cli import terminal
from skelseg_core.cli.main import cli
from skelseg_core.cli.terminal import CommandGroup, run_apart, run_task, track_ids
from skelseg_core.engine.queued_task import QueuedTask
from skelseg_core.engine.worker_process import Worker
from skelseg_core.errors import ProjectError
from skelseg_core.file_names import matching_names
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import create_project, probe_video
from skelseg_core.project.project_edits import add_video
from tests.videos import write_video

VIDEOS = ("anna-1", "anna-2", "ben-1")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder, before = create_project(tmp_path / "p", label_map_from_names("ab"))
    project = before
    path = write_video(tmp_path / "v.mp4", 6)
    for name in VIDEOS:
        named = tmp_path / f"{name}.mp4"
        named.write_bytes(path.read_bytes())
        project = add_video(project, probe_video(named, folder, project))
    folder.save(project, before)
    return folder.root


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments])


# -- patterns -----------------------------------------------------------------------


def test_a_pattern_means_all_videos_that_it_matches() -> None:
    names = ["anna-1", "Anna-2", "ben-1", "a[1]", "a1"]
    assert matching_names(["*-1"], names) == ["anna-1", "ben-1"]
    assert matching_names(["ANNA-?"], names) == ["anna-1", "Anna-2"]
    assert matching_names(["ben-1", "*-1"], names) == ["ben-1", "anna-1"]
    # A name of its own is no pattern.
    assert matching_names(["a[1]"], names) == ["a[1]"]
    assert matching_names(["zoe-*", "ben-1"], names) == ["zoe-*", "ben-1"]
    assert matching_names([], names) == []


def test_commands_take_patterns(root: Path) -> None:
    assert track_ids(root, ["anna-*"]) == ["anna-1", "anna-2"]
    assert track_ids(root, []) == list(VIDEOS)
    with pytest.raises(ProjectError, match="There is no video 'zoe-"):
        track_ids(root, ["zoe-*"])


# -- JSON ---------------------------------------------------------------------------


def test_add_and_find_print_json(root: Path, tmp_path: Path) -> None:
    path = write_video(tmp_path / "new.mp4", 6)
    added = json.loads(run("add", root, path, "--json").stdout)
    assert [v["video"] for v in added["videos"]] == ["new"]
    assert added["videos"][0]["n_frames"] == 6
    (tmp_path / "there").mkdir()
    path.rename(tmp_path / "there" / "other.mp4")
    found = json.loads(run("find", root, tmp_path / "there", "--json").stdout)
    assert found["found"] == {"new": str(tmp_path / "there" / "other.mp4")}


def test_each_video_is_in_the_json_and_those_that_failed(root: Path) -> None:
    result = run("predict", root, "--model", "no", "--json")
    assert result.exit_code == 2
    assert result.stdout == ""
    said: list[str] = []

    @click.command()
    def each() -> None:
        def step(video: str) -> dict[str, int]:
            if video == "b":
                raise ProjectError("{} is bad.", video)
            return {"n": 1}

        terminal.run_each(["a", "b"], step, lambda v, _: said.append(v), True)

    result = CliRunner().invoke(each)
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "videos": [{"video": "a", "n": 1}],
        "failed": {"b": "b is bad."},
    }
    assert said == []


# -- in a process of its own --------------------------------------------------------


@pytest.mark.parametrize(
    ("task", "arguments", "code", "said"),
    [
        ("fail", {"sentence": "No {braces} here."}, 2, "Error: No {braces} here."),
        ("fail", {"sentence": "Full.", "stops": True}, 2, "Error: Full."),
        ("err", {}, 1, "went wrong in the background (nobody expected this)"),
        ("die", {"name": "a", "times": 9}, 1, "Error: It died twice."),
        ("die", {"name": "b", "times": 1}, 0, "t starts again in a new process."),
    ],
)
def test_how_a_task_in_a_process_of_its_own_ended_is_said(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    task: str,
    arguments: dict[str, Any],
    code: int,
    said: str,
) -> None:
    def worker(threads: int, _: str) -> Worker:
        return Worker(threads, "tests.core.engine.worker_for_tests")

    monkeypatch.setattr("skelseg_core.engine.supervisor.Worker", worker)
    if task == "die":
        arguments["folder"] = str(tmp_path)
    group = CommandGroup("t")

    @group.command()
    def work() -> None:
        queued = QueuedTask("t", task, arguments)
        click.echo(str(run_apart(queued, 1, "It died twice.")))

    result = CliRunner().invoke(group, ["work"])
    assert result.exit_code == code, result.output
    *_, last = result.stderr.splitlines()
    assert said in last
    assert result.stdout == ("" if code else "{}\n")


# -- progress -----------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(terminal.time, "monotonic", lambda: now[0])
    return now


def slow(clock: list[float]) -> Task[int]:
    for n in range(6):
        clock[0] += 25.0
        yield Progress("training", n, 6, {"loss": 0.5})
    return 7


def shown(clock: list[float], *arguments: str) -> str:
    group = CommandGroup("t")

    @click.command("run")
    def command() -> None:
        assert run_task(slow(clock)) == 7

    group.add_command(command)
    return CliRunner().invoke(group, ["run", *arguments]).stderr


def test_a_line_a_minute_without_a_terminal(clock: list[float]) -> None:
    assert shown(clock).splitlines() == [
        "training, 2 of 6, 33 %, loss 0.500",
        "training, 5 of 6, 83 %, loss 0.500",
    ]


def test_quiet_shows_no_progress(clock: list[float]) -> None:
    assert shown(clock, "--quiet") == ""


def test_every_command_can_be_quiet() -> None:
    for name, command in cli.commands.items():
        assert any(p.name == "quiet" for p in command.params), name


# -- a real terminal ----------------------------------------------------------------

_ENDLESS = """
import time
from skelseg_core.cli import main
from skelseg_core.progress import Progress
def find_videos(*_):
    while True:
        time.sleep(0.02)
        yield Progress("looking", 1, 2)
import skelseg_core.project.copies.moved_videos as module
module.find_videos = find_videos
main.main()
"""


@pytest.fixture
def terminal_pair() -> Iterator[tuple[int, int]]:
    ours, theirs = pty.openpty()
    yield ours, theirs
    for end in (ours, theirs):
        os.close(end)


@pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals")
def test_ctrl_c_in_a_terminal_ends_with_130(
    root: Path, terminal_pair: tuple[int, int]
) -> None:
    ours, theirs = terminal_pair
    process = subprocess.Popen(
        [sys.executable, "-c", _ENDLESS, "find", str(root), str(root)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    try:
        said = _read_until(ours, b"looking")
        process.send_signal(signal.SIGINT)
        said += _read_until(ours, b"Stopped.")
        assert process.wait(30) == 130
        assert b"Traceback" not in said
    finally:
        process.kill()
        process.wait()


def _read_until(end: int, text: bytes) -> bytes:
    said, until = b"", time.monotonic() + 60
    while text not in said and time.monotonic() < until:
        if select.select([end], [], [], 1)[0]:
            said += os.read(end, 4096)
    assert text in said, said
    return said

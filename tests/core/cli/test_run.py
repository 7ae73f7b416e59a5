"""Command run: what it prints, and what a video costs that is bad."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from skelseg_core.cli.run_display import stage_lines
from skelseg_core.engine.supervisor import RunProgress, StageCount
from skelseg_core.module_commands import module_command
from skelseg_core.progress import Progress
from tests.commands import done, mistake, run
from tests.poses_only import make_poses_project
from tests.videos import write_video

N = 20
BAD = ("v03", "v07", "v11")
"""One that is missing, one that is no video any more, one that kills who reads it."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Twenty videos, three of which cannot be read."""
    root = tmp_path / "p"
    classes = tmp_path / "classes.txt"
    classes.write_text("walk\nreach\n")
    done("init", root, "--classes", classes)
    for n in range(N):
        write_video(root / f"v{n:02}.mp4", 4 + n)
    done("add", root, *sorted(root.glob("*.mp4")))
    (root / "v03.mp4").unlink()
    (root / "v07.mp4").write_bytes(b"no video")
    return root


def test_three_bad_videos_cost_themselves_alone(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    # Stands for a file that crashes the decoder.
    (site / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        "def look(event, arguments):\n"
        "    if event == 'open' and str(arguments[0]).endswith('v11.mp4'):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "if 'skelseg_core.tasks.worker' in ' '.join(sys.orig_argv):\n"
        "    sys.addaudithook(look)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(site))
    # The tables of frames are not kept: all videos have to be read.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    result = run("run", root, "poses", "--jobs", "2")
    assert result.exit_code == 1, result.output
    assert "poses: 17 videos done" in result.output
    lines = result.stderr.splitlines()
    told = sorted(line for line in lines if line.startswith("poses v"))
    assert [line.split()[1] for line in told] == [*BAD]
    assert "missing" in told[0]
    assert "v07.mp4" in told[1]
    assert "signal 9" in told[2]
    assert "3 videos failed." in result.stderr
    again = run("run", root, "poses", "--json", "--jobs", "1")
    *lines, end = [json.loads(line) for line in again.stdout.splitlines()]
    assert again.exit_code == 1
    assert {line["video"] for line in lines} == set(BAD)
    assert end["failed"].keys() == {f"poses {name}" for name in BAD}


def test_what_would_be_done_is_said_and_not_done(tmp_path: Path) -> None:
    root = make_poses_project(tmp_path / "p").root
    before = sorted(root.rglob("*"))
    text = done("run", root, "--dry-run")
    assert [line.split()[:3] for line in text.splitlines()] == [["poses", "0", "to"]]
    said = json.loads(done("run", root, "--dry-run", "--json"))
    assert said["stages"]["poses"] == {"to_do": 0, "done": 2}
    assert done("run", root) == "Everything is done already.\n"
    assert sorted(root.rglob("*")) == before
    assert "no stage 'x'; choose from poses" in mistake("run", root, "x")
    assert "train one first" in mistake("run", root, "predict")


def test_lines_say_how_far_each_stage_is() -> None:
    stages = {
        "poses": StageCount(10, done=4, running=2, failed=1, frames=1000),
        "predict": StageCount(10),
    }
    progress = RunProgress("run", 5, 20, whole=0.25, stages=stages)
    assert stage_lines(progress, 100.0) == [
        "poses             4 of 10 done, 2 running, 1 failed, 10 frames a second",
        "predict           0 of 10 done",
        "25 %, 5 min left",
    ]
    *_, last = stage_lines(replace(progress, looked_at=0.1), 100.0)
    assert last == "25 %, 5 min left, 10 % of the videos looked at"
    looking = Progress("looking for work", 1300, 10_000)
    assert stage_lines(looking, 1.0) == ["looking for work, 1,300 of 10,000 videos"]


@pytest.mark.skipif(not os.path.exists("/proc/net/tcp"), reason="needs /proc/net")
def test_a_local_run_opens_no_port(root: Path, tmp_path: Path) -> None:
    command = module_command(
        "skelseg_core.cli.main", "run", str(root), "poses", "--json"
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    seen = set()
    with process, process.stdout as lines:
        for _ in lines:
            for pid in [process.pid, *_children(process.pid)]:
                seen |= _sockets(pid)
    assert process.returncode == 1
    assert not seen


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in text.split()]


def _sockets(pid: int) -> set[str]:
    """Inodes of the TCP and UDP sockets that a process has open."""
    open_ones = set()
    try:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            target = os.readlink(link)
            if target.startswith("socket:["):
                open_ones.add(target[len("socket:[") : -1])
    except OSError:
        return set()
    inodes = {
        line.split()[9]
        for name in ("tcp", "tcp6", "udp", "udp6")
        for line in Path("/proc/net", name).read_text().splitlines()[1:]
    }
    return open_ones & inodes

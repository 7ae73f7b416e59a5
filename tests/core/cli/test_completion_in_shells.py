"""Completion in real shells: ids of videos, models and lanes, whatever is in them."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder import create_project
from skelseg_core.project.project import VideoItem, add_video

pty = pytest.importorskip("pty", reason="no pseudo-terminals")
HOME = Path(__file__).parents[3]
CASES = (
    ("predict DIR --model ", ["fusion", "my model"]),
    ("poses DIR --video ", ["anna-1", "c,d", "o'neil x"]),
    ("export DIR --lane prediction:f", ["prediction:fusion"]),
)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Where ``skelseg`` is a command, and DIR a project."""
    root = tmp_path_factory.mktemp("shells")
    command = root / "bin/skelseg"
    command.parent.mkdir()
    command.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -m skelseg_core.cli.main "$@"\n'
    )
    command.chmod(0o755)
    folder, before = create_project(root / "DIR", label_map_from_names("ab"))
    project, bare = before, Segmentation.unlabelled(24)
    for name in ("anna-1", "c,d", "o'neil x"):
        lanes = {"annotation": bare}
        item = VideoItem(name, "", "poses-f", 24, 64, 48, 25.0, lanes)
        project = add_video(project, item)
    folder.save(project, before)
    for model in ("fusion", "my model"):
        (root / "DIR/models" / model).mkdir(parents=True)
        (root / "DIR/models" / model / "model.json").write_text("{}")
    (root / "DIR/predictions/anna-1").mkdir(parents=True)
    (root / "DIR/predictions/anna-1/fusion.npz").write_bytes(b"")
    made = {name: str(root / name) for name in ("HOME", "XDG_STATE_HOME")}
    (root / "HOME").mkdir()
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    return {**made, "PATH": path, "PYTHONPATH": str(HOME), "ROOT": str(root),
            "TERM": "dumb", "LC_ALL": "C.UTF-8"}  # fmt: skip


def script(shell: str, environment: dict[str, str]) -> str:
    path = Path(environment["ROOT"]) / f"completion.{shell}"
    done = subprocess.run(
        ["skelseg", "completion", shell],
        capture_output=True,
        env=environment,
        check=True,
    )
    path.write_bytes(done.stdout)
    return str(path)


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish(environment: dict[str, str]) -> None:
    asked = "; ".join(f'complete -C "skelseg {line}"; echo' for line, _ in CASES)
    done = subprocess.run(
        ["fish", "-c", f"source {script('fish', environment)}; {asked}"],
        capture_output=True,
        text=True,
        env=environment,
        cwd=environment["ROOT"],
        check=True,
    )
    offered = [block.split("\n") for block in done.stdout.strip().split("\n\n")]
    assert offered == [names for _, names in CASES]


class Terminal:
    """A zsh in a terminal, and all that it has written so far."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            ["zsh", "-f", "-i"],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment,
            cwd=environment["ROOT"],
            start_new_session=True,
        )
        os.close(theirs)
        self.seen = ""

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def read_until(self, text: str) -> None:
        """Read what it writes until ``text`` is there."""
        while text not in self.seen:
            waiting, _, _ = select.select([self._ours], [], [], 60)
            assert waiting, f"{text!r} never came after {self.seen!r}"
            self.seen += os.read(self._ours, 4096).decode(errors="replace")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)


@pytest.fixture
def zsh(environment: dict[str, str]) -> Iterator[Terminal]:
    if shutil.which("zsh") is None:
        pytest.skip("zsh is not installed")
    terminal = Terminal(environment)
    yield terminal
    terminal.close()


def test_zsh(zsh: Terminal, environment: dict[str, str]) -> None:
    zsh.type(
        "PS1=; autoload -Uz compinit; compinit -u -D; "
        f"source {script('zsh', environment)}; echo rea''dy\n"
    )
    zsh.read_until("ready")
    # What it completes is in the line; echo prints the words that it made of it.
    for begun, whole in (
        ("predict DIR --model m", "my model"),
        ("poses DIR --video c", "c,d"),
        ("poses DIR --video o", "o'neil x"),
        ("export DIR --lane prediction:f", "prediction:fusion"),
    ):
        zsh.seen = ""
        zsh.type(f"skelseg {begun}\t")
        zsh.read_until(whole.split()[-1][1:])
        # Ctrl-A: before the line, which is then an argument of print.
        zsh.type("\x01print -l \n")
        zsh.read_until(f"\n{whole}")

"""One run over a project at a time: killed ones, other computers, torn files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from skelseg_core.errors import ProjectError
from skelseg_core.process_identity import computer_id, computer_name, process_start
from skelseg_core.project.holds import run_hold as module
from skelseg_core.project.holds.claims import login_name
from skelseg_core.project.holds.run_hold import RUN, run_hold

HOLD = """
import sys, time
from pathlib import Path
from skelseg_core.project.holds.run_hold import run_hold
with run_hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def hold_file(root: Path) -> Path:
    return root / ".claims" / f"{RUN}.json"


def written(root: Path, **said: object) -> Path:
    """Write what a run on another computer holds."""
    path = hold_file(root)
    path.parent.mkdir(exist_ok=True)
    away = {"host": "LAB-3", "computer": "another", "person": "Anna", "session": "s"}
    path.write_text(json.dumps({**away, **said}))
    return path


def test_a_run_holds_its_project_until_it_ends_or_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    other = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        said = f"A run over {tmp_path.name} by {login_name()} is in progress on "
        with pytest.raises(ProjectError) as caught, run_hold(tmp_path):
            pass
        assert str(caught.value).startswith(f"{said}{computer_name()} since ")
    finally:
        other.kill()
        other.communicate()
    with run_hold(tmp_path):
        assert hold_file(tmp_path).exists()
    assert not hold_file(tmp_path).exists()


def test_one_of_another_computer_holds_until_it_is_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path)
    with pytest.raises(ProjectError, match="by Anna is in progress on LAB-3"):
        run_hold(tmp_path).__enter__()
    assert json.loads(path.read_text())["session"] == "s"
    monkeypatch.setattr(module, "SILENT_S", 0.0)
    with run_hold(tmp_path):
        assert json.loads(path.read_text())["person"] == login_name()


def test_one_of_this_computer_that_sleeps_holds_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = os.getppid()
    its = {"computer": computer_id(), "pid": pid, "started": process_start(pid)}
    written(tmp_path, **its)
    monkeypatch.setattr(module, "SILENT_S", 0.0)
    with pytest.raises(ProjectError, match="is in progress"):
        run_hold(tmp_path).__enter__()


def test_what_cannot_be_read_or_made_keeps_no_run_from_its_work(tmp_path: Path) -> None:
    written(tmp_path).write_text("{")
    with run_hold(tmp_path):
        assert json.loads(hold_file(tmp_path).read_text())["person"] == login_name()
    other = tmp_path / "other"
    other.mkdir()
    (other / ".claims").write_text("no folder")
    with run_hold(other):
        assert (other / ".claims").read_text() == "no folder"

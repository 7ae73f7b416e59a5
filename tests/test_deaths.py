"""A process of tests that dies says at the end of the log where it was."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DIES = """
import faulthandler
import threading


def dies_here():
    faulthandler._sigabrt()


def test_it():
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    dies_here()
"""


def test_the_end_of_the_log_says_where_it_died(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(DIES)
    command = (
        *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", "1"),
        *("--max-worker-restart=0", "-p", "tests.deaths", "--rootdir", tmp_path),
        *("-c", "/dev/null", tmp_path / "test_it.py"),
    )
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=Path(__file__).parents[1]
    )
    said = done.stdout.split("gw0 died")[-1]
    assert done.returncode == 1
    assert "Fatal Python error: Aborted" in said
    assert "in dies_here" in said
    assert "_pytest" not in said.split("short test summary")[0]
    assert "threading.py" not in said

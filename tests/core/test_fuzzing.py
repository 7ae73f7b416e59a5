"""Whatever a file holds, its loader reads it or says what is wrong, in bounded memory.

``make soak`` is the long run; ``python -m tools.fuzzing`` says how long.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.loaders import LOADERS
from tests.mutations import mutate
from tests.soak import times

MUTANTS = times("SKELSEG_MUTANTS", 30, 10_000)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited by Linux alone")
def test_no_loader_raises_anything_but_our_error(tmp_path: Path) -> None:
    """In a process of its own: what takes too much memory or time ends there."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    for name in ("CACHE", "STATE", "CONFIG", "DATA"):
        environment[f"XDG_{name}_HOME"] = str(tmp_path / name)
    command = [sys.executable, "-m", "tools.fuzzing", "--no-torch"]
    done = subprocess.run(
        [*command, "--mutants", str(MUTANTS), "--seed", "7"],
        capture_output=True,
        text=True,
        env=environment,
        cwd=Path(__file__).parents[2],
        timeout=7200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " refused, " in done.stdout


def test_mutants_are_nasty_and_the_same_for_a_seed() -> None:
    import random

    data = b'{"a": 1, "b": ["x", 2.5]}'
    first = [mutate(data, ".json", random.Random(n)) for n in range(50)]
    assert first == [mutate(data, ".json", random.Random(n)) for n in range(50)]
    assert sum(mutant != data for mutant in first) > 45


def test_every_loader_has_a_name_of_its_own() -> None:
    names = [loader.name for loader in LOADERS]
    assert len(names) == len(set(names)) > 45

"""The paper's benchmark and ``skelseg train --resume`` as real, mortal processes."""

from __future__ import annotations

import json
import os
import re
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from skelseg_core.engine import supervisor
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.tasks.registry import TASKS
from tests.benchmarks.test_run import bench_of, make_project
from tests.e2e.test_cli import done, run
from tests.in_process import in_this_process

ROOT = Path(__file__).resolve().parents[2]
SUBJECTS = {"a": "anna", "b": "bert", "c": "cleo", "d": "dora"}
SCRIPT = """\
from benchmarks.paper import __main__ as benchmark
from skelseg_core.config import FeatureConfig, ModelConfig, Preset, TrainConfig
from benchmarks.paper.paper_tables import BenchmarkRow


def row(name, robust, epochs):
    preset = Preset(
        features=FeatureConfig(keypoints="coordinates"),
        model=ModelConfig(("keypoints",), 4, 2, 2, 1),
        train=TrainConfig(epochs=epochs, min_steps=0),
    )
    return BenchmarkRow(name, name.title(), "2D keypoints", preset, robust=robust)


rows = (row("short", True, 2), row("long", False, 100))

if __name__ == "__main__":
    benchmark.chosen_rows = lambda names: rows
    benchmark.main()
"""
"""The command line with two rows that are trained in a second."""

MORTAL = """\
import os, signal, sys


def look(event, arguments):
    training = sys.modules.get("skelseg_core.learning.training")
    if hasattr(training, "take_step") and not hasattr(training, "left"):
        step, training.left = training.take_step, {steps}

        def ending(*arguments):
            training.left -= 1
            if not training.left:
                os.kill(os.getpid(), signal.SIGKILL)
            return step(*arguments)

        training.take_step = ending


if "skelseg_core.tasks.worker" in " ".join(sys.orig_argv):
    sys.addaudithook(look)
"""
"""Kills each process of a training in its midst, as the system would."""

TINY = """\
features: {keypoints: coordinates}
model:
  modalities: [keypoints]
  n_features: 4
  n_prediction_layers: 2
  n_refinement_layers: 2
  n_refinement_stages: 1
train: {epochs: 25, min_steps: 0}
"""

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").is_file(), reason="looks for orphans in /proc"
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four people in four recordings of 120 poses each."""
    root = make_project(tmp_path_factory.mktemp("benchmark") / "p", SUBJECTS).root
    (root.parent / "script.py").write_text(SCRIPT, encoding="utf-8")
    (root.parent / "strangers").mkdir()
    for name in ("random", "numpy", "tempfile", "multiprocessing", "skelseg_core"):
        trap = root.parent / "strangers" / f"{name}.py"
        trap.write_text("raise SystemExit('a module of the current folder was run')")
    return root


class Command:
    """``python -m benchmarks.paper`` in a process of its own, with rows of its own."""

    def __init__(self, root: Path, out: Path, *options: str) -> None:
        self.out = out
        script = root.parent / "script.py"
        command = [sys.executable, str(script), str(root), "--out"]
        command += [str(out), "--folds", "2", "--seeds", "1", "--jobs", "2", *options]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            cwd=root.parent / "strangers",
            start_new_session=True,
        )

    def wait_for(self, what: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 120
        while not what():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def runs(self) -> int:
        return len(list(self.out.glob("runs/*.json")))

    def in_work(self) -> bool:
        """One run is done, and a long one has saved its state."""
        return bool(self.runs() and self.states())

    def states(self) -> list[Path]:
        """Of the long runs: a short one may end before anybody can kill it."""
        return list(self.out.glob("state/*.long.*/*.safetensors"))

    def children(self) -> set[int]:
        """Those that have left its group: they get no Ctrl-C of its terminal."""
        mine = self.process.pid
        return {p for p, parent, group in processes() if parent == mine != group}

    def end(self) -> tuple[int, str, str]:
        """Exit code, output and errors, without how far it was from time to time."""
        stdout, stderr = self.process.communicate(timeout=300)
        told = re.sub(r"^runs, \d of 4, \d+ %\n", "", stderr, flags=re.M)
        return self.process.returncode, stdout, told


def processes() -> Iterator[tuple[int, int, int]]:
    """Process, parent and group of all that live."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except OSError:
            continue
        state, parent, group = text.rpartition(")")[2].split()[:3]
        if state not in "ZX":
            yield int(path.parent.name), int(parent), int(group)


def all_end(pids: set[int]) -> bool:
    """Whether all of these processes end by themselves."""
    deadline = time.monotonic() + 60
    while pids & {pid for pid, *_ in processes()}:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def records(out: Path) -> dict[str, Any]:
    """What the runs found, without how long they took."""
    found = {}
    for path in out.glob("runs/*.json"):
        found[path.name] = json.loads(path.read_text())
        for record in found[path.name]["records"]:
            del record["train_s"], record["run_s"]
    return found


@dataclass(frozen=True)
class Resumed:
    """A benchmark that was killed, gone on with, interrupted, and gone on with."""

    out: Path
    printed: str
    kept: dict[Path, bytes]


@pytest.fixture(scope="module")
def resumed(root: Path) -> Resumed:
    out = root.parent / "out"
    command = Command(root, out)
    command.wait_for(command.in_work)
    children = command.children()
    command.process.kill()
    assert command.end()[0] == -signal.SIGKILL
    assert len(children) >= 2
    assert all_end(children)
    # Nobody went on with it: at its end a run removes its state.
    assert command.states()
    kept = {p: p.read_bytes() for p in out.glob("runs/*.json")}
    assert not (out / "report.md").exists()

    command = Command(root, out, "--resume")
    command.wait_for(lambda: len(command.children()) >= 2)
    children = command.children()
    os.killpg(command.process.pid, signal.SIGINT)  # as a terminal does on Ctrl-C
    code, stdout, stderr = command.end()
    assert (code, stdout) == (130, "")
    assert stderr.strip() == "Stopped."
    assert all_end(children)

    code, printed, stderr = Command(root, out, "--resume").end()
    assert (code, stderr) == (0, "")
    return Resumed(out, printed, kept)


def test_the_numbers_are_those_of_an_uninterrupted_one(
    root: Path, tmp_path: Path, resumed: Resumed, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = bench_of(ProjectFolder(root), tmp_path / "whole", monkeypatch)
    bench(*runpy.run_path(str(root.parent / "script.py"))["rows"], folds=2)
    assert len(records(bench.out)) == 4
    assert records(resumed.out) == records(bench.out)
    assert 0 < len(resumed.kept) < 4
    assert all(path.read_bytes() == text for path, text in resumed.kept.items())
    left = [p for p in resumed.out.rglob("*") if p.name.endswith((".tmp", ".txt"))]
    assert left == list(resumed.out.glob("state/*")) == []


def test_train_goes_on_after_a_kill(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preset = tmp_path / "tiny.yaml"
    preset.write_text(TINY, encoding="utf-8")
    options = ("train", root, "--preset", preset, "--threads", 1, "--name")
    plain = done(*options, "whole").stdout
    lines = plain.splitlines()
    assert lines[0] == "Trained whole on 4 videos."
    figure = r"whole: \d+\.\d % of the frames right on 4 videos it had not seen "
    spread = r"\(single (people|videos) \d+ to \d+ %\), [\d,]+ frames in \d+ segments"
    assert re.match(figure + spread, lines[1])
    assert re.fullmatch(
        r"  edit .*F1@50 \d+\.\d, of \d+ segments in 4 videos", lines[2]
    )

    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(MORTAL.format(steps=13 * len(SUBJECTS)))
    with monkeypatch.context() as changed:
        changed.setenv("PYTHONPATH", str(site))
        killed = run(*options, "halved")
    assert killed.exit_code == 1, killed.output
    assert "halved is not trained: its process died twice; use --resume." in (
        killed.stderr
    )
    state = root / ".training" / "halved" / "state.safetensors"
    kept = state.read_bytes()
    assert not (root / "models" / "halved").exists()

    # The second process went on where the first was. Here no process is needed.
    monkeypatch.setattr(supervisor, "Worker", in_this_process(TASKS))
    said = done(*options, "halved", "--resume").stdout.splitlines()
    assert said[0] == "Continued after 20 of 25 epochs."
    assert said[1:] == plain.replace("whole", "halved").splitlines()
    # And what two processes and this one made is what a process of its own makes.
    models = [root / "models" / n / "model.safetensors" for n in ("whole", "halved")]
    assert models[0].read_bytes() == models[1].read_bytes()
    assert not state.parent.exists()

    # Without the word it begins anew, whatever lies there.
    anew = root / ".training" / "anew" / "state.safetensors"
    anew.parent.mkdir(parents=True)
    anew.write_bytes(kept)
    assert "Trained anew on 4 videos." in done(*options, "anew", "--no-measure").stdout
    made = root / "models" / "anew" / "model.safetensors"
    assert made.read_bytes() == models[0].read_bytes()
    assert not anew.exists()
    said = done(*options, "fresh", "--resume", "--no-measure").stdout.splitlines()
    assert said[0] == "There was no training to continue, so it started again."

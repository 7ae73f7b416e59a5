"""``skelseg train --resume``, whose processes are killed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from skelseg_core.engine import supervisor
from skelseg_core.tasks.registry import TASKS
from tests.benchmarks.test_run import make_project
from tests.e2e.test_cli import done, run
from tests.in_process import in_this_process

SUBJECTS = {"a": "anna", "b": "bert", "c": "cleo", "d": "dora"}
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


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four people in four recordings of 120 poses each."""
    return make_project(tmp_path_factory.mktemp("training") / "p", SUBJECTS).root


def test_train_goes_on_after_a_kill(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preset = tmp_path / "tiny.yaml"
    preset.write_text(TINY, encoding="utf-8")
    options = ("train", root, "--preset", preset, "--threads", 1, "--name")
    plain = done(*options, "whole").stdout
    lines = plain.splitlines()
    assert lines[0] == "Trained whole on 4 videos."
    figure = r"whole: \d+\.\d % of the frames right where each of its 4 videos was "
    figure += r"left out in turn "
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

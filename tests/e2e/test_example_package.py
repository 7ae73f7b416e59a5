"""The example of a package: installed as pip does, then found, listed and used."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.videos import write_video

EXAMPLE = Path(__file__).parents[2] / "examples/skelseg-example"

SCRIPT = """
import sys
import numpy as np
import skelseg_core
from click.testing import CliRunner
from skelseg_core.cli.main import cli
from skelseg_core.estimators.registry import estimator_kinds, estimator_names

def said(*line):
    done = CliRunner().invoke(cli, line)
    assert done.exit_code == 0, done.output
    return done.output

mine = lambda: {m for m in sys.modules if m.startswith("skelseg_example")}
assert not mine()
assert estimator_names()[-1] == "scarecrow" and not mine()
formats = said("formats")
assert "actions-text: actions text; read and written" in formats
assert "From the package skelseg-example 0.1.0." in formats
assert estimator_kinds()[0][-1].title == "Scarecrow"
assert "gru (skelseg-example 0.1.0)" in said("presets")
assert "skelseg_example.network" not in mine() and "torch" not in sys.modules

skelseg_core.create_project("p", ["stand", "walk"])
skelseg_core.add_videos("p", ["film.mp4", "more.mp4"])
found = skelseg_core.estimate_poses("p", estimator="scarecrow")
assert found == {"film": 60, "more": 60}
poses = skelseg_core.open_project("p").videos["film"].poses()
assert poses.estimator == "scarecrow 1, skelseg-example 0.1.0, skelseg 1"
assert 0.45 * 160 - 1 < poses.keypoints[:, 0, :, 0].min()

skelseg_core.import_labels("p", "film.actions")
(out, *_) = skelseg_core.export_labels("p", "out", "actions-text", videos=["film"])
assert open(out).read() == "0 29 stand\\n30 59 walk\\n"
try:
    skelseg_core.import_labels("p", "bad.actions", "actions-text")
except skelseg_core.FormatError as error:
    assert "bad.actions, line 1: two frames and a class?" in str(error)
else:
    raise AssertionError

skelseg_core.train("p", "mine", preset="gru.yaml", measure=False)
found = skelseg_core.predict("p", "mine", ["more"], free=True)
assert found["more"] >= 1
model = skelseg_core.build_model("gru", {"keypoints": 6}, 3, n_features=8)
seen = {"keypoints": np.zeros((7, 6), np.float32)}
assert skelseg_core.predict_probabilities(model, seen).shape == (7, 3)
"""

GONE = """
import skelseg_core
from skelseg_core.errors import ModelError, ConfigError
try:
    skelseg_core.predict("p", "mine", ["film"], free=True)
except ModelError as error:
    print(error)
try:
    skelseg_core.build_model("gru", {"keypoints": 6}, 3)
except ConfigError as error:
    print(error)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("film", "more"):
        write_video(tmp_path / f"{name}.mp4", 60)
    (tmp_path / "film.actions").write_text("0 29 stand\n30 59 walk\n")
    (tmp_path / "bad.actions").write_text("0 stand\n")
    recipe = (EXAMPLE / "gru.yaml").read_text()
    quick = recipe.replace("epochs: 30", "epochs: 2\n  min_steps: 0")
    assert quick != recipe
    (tmp_path / "gru.yaml").write_text(quick)
    return tmp_path


def ran(code: str, folder: Path, *places: Path) -> str:
    there = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, places))}
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=folder, env=there, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_is_installed_and_used(folder: Path) -> None:
    for needed in ("hatchling", "pip", "torch"):
        pytest.importorskip(needed)
    source = shutil.copytree(EXAMPLE, folder / "source")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index"]
    command += ["--no-build-isolation", "--target", str(folder / "site"), str(source)]
    subprocess.run(command, check=True)
    ran(SCRIPT, folder, folder / "site")
    gone, unknown = ran(GONE, folder).splitlines()
    assert gone.endswith(
        "The model mine was trained with the network gru of the package "
        "skelseg-example 0.1.0, which is not installed; get the package from whoever "
        "made the model."
    )
    assert unknown.startswith("There is no network 'gru'; the networks are ms-tcn++")


def test_it_has_about_sixty_lines() -> None:
    lines = [
        line
        for path in (EXAMPLE / "skelseg_example").glob("*.py")
        for line in path.read_text().splitlines()
        if line.strip()
    ]
    assert len(lines) <= 80

"""Everything but training, as programs in which PyTorch cannot be imported."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from skelseg_core.labels.prediction import load_prediction
from skelseg_core.learning.model_info import load_info, save_info
from skelseg_core.project.folder import ProjectFolder
from tests.commands import done
from tests.videos import write_video

WITHOUT = """\
import sys

class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "torchvision"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, NoTorch())
"""
INSTALL = Path(__file__).resolve().parents[2] / "docs" / "install.md"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, and beside it what keeps PyTorch out of programs."""
    base = tmp_path_factory.mktemp("bare")
    (base / "site").mkdir()
    (base / "site" / "sitecustomize.py").write_text(WITHOUT)
    done("demo", "--write", base / "demo")
    return base / "demo"


RUN = """\
import json, sys
from tests.commands import run
for command in json.loads(sys.argv[1]):
    found = run(*command)
    print(found.exit_code, found.output.replace("\\n", " "))
"""


def bare(root: Path, *commands: tuple[object, ...]) -> list[str]:
    """Run commands where PyTorch cannot be imported, by their workers neither."""
    places = os.pathsep.join([str(root.parent / "site"), str(Path.cwd())])
    told = json.dumps([[str(part) for part in command] for command in commands])
    found = subprocess.run(
        [sys.executable, "-c", RUN, told],
        env={**os.environ, "PYTHONPATH": places},
        capture_output=True,
        text=True,
        check=True,
    )
    return found.stdout.splitlines()


def _torch_only(folder: ProjectFolder) -> None:
    model = folder.model_dir("keypoints")
    save_info(model, replace(load_info(model), torch_only=True))


def test_a_video_goes_all_the_way(root: Path, tmp_path: Path) -> None:
    folder = ProjectFolder(root)
    video = next(v.id for v in folder.load().tracks if not v.annotation.n_labelled)
    write_video(tmp_path / "short.mp4", 24, rate=25)
    said = bare(
        root,
        ("add", root, tmp_path / "short.mp4"),
        ("poses", root, "--video", "short"),
        ("predict", root, "--model", "keypoints", "--video", video),
        ("evaluate", "--truth", root / "truth", "--pred", root, "--lane",
         "prediction:keypoints"),
        ("export", root, "--lane", "prediction:keypoints", "--video", video,
         "--format", "framewise-csv", "--out", tmp_path / "out"),
        ("doctor", root),
    )  # fmt: skip
    assert [line[:2] for line in said] == ["0 "] * 6, said
    assert (tmp_path / "out" / f"{video}.csv").is_file()
    path = folder.prediction_path(video, "keypoints")
    by_onnx = load_prediction(path)
    path.unlink()
    _torch_only(folder)
    done("predict", root, "--model", "keypoints", "--video", video)
    by_torch = load_prediction(path)
    assert by_onnx.segmentation == by_torch.segmentation
    assert abs(by_onnx.probabilities - by_torch.probabilities).max() < 1e-4


def test_what_needs_pytorch_says_how_to_get_it(root: Path) -> None:
    _torch_only(ProjectFolder(root))
    write_video(root.parent / "other.mp4", 8, rate=25)
    done("add", root, root.parent / "other.mp4")
    commands = {
        "Training": ("train", root, "--name", "n"),
        "Measuring a model": ("measure", root, "--model", "hands"),
        "Pre-labelling by model keypoints": ("predict", root, "--model", "keypoints"),
        "Keypoint R-CNN": ("poses", root, "--estimator", "keypoint-rcnn"),
    }
    for what, said in zip(commands, bare(root, *commands.values()), strict=True):
        assert f"{what} needs PyTorch, which is not installed (" in said
        assert "-m pip install torch torchvision" in said
        assert said.count("PyTorch, ") == 1
        if sys.platform.startswith("linux"):
            # Where who reads it goes next: the line for the smaller one is there.
            assert "3 GB to download, or 0.2 GB without CUDA" in said
            (title,) = re.findall("the page Install says under '(.*)'", said)
            section = INSTALL.read_text().partition(f"**{title}.**")[2]
            assert "pip install torch torchvision --index-url" in section

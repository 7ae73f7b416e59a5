"""`skelseg import-dataset`: a data set in, a project out, mistakes as one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from skelseg_core.cli.main import cli
from skelseg_core.formats.poses_npz import load_poses
from skelseg_core.project.folder import ProjectFolder

T = 30


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["import-dataset", *map(str, arguments)])


@pytest.fixture
def uw(tmp_path: Path) -> Path:
    src = tmp_path / "UW"
    (src / "Poses").mkdir(parents=True)
    (src / "Labels/ClassNumber").mkdir(parents=True)
    (src / "config_UW_data.yml").write_text("classes: ('walking', 'bend')\n")
    points = np.random.default_rng(0).uniform(2, 3, (T, 15, 3))
    np.save(src / "Poses/01_pose3d.npy", points)
    np.save(src / "Labels/ClassNumber/01.npy", np.arange(T - 2) // 15)
    return src


def test_what_was_found_is_said_and_written(uw: Path, tmp_path: Path) -> None:
    root = tmp_path / "p"
    result = run("uw-iom", uw, "--project", root)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "UW-IOM: 1 recording, 30 frames, 2 classes."
    assert "the first 2 stay empty." in lines[-2]
    assert lines[-1] == f"Made project {root} with 1 recording."
    project = ProjectFolder(root).load()
    assert project.track("01").annotation.to_frames()[:3].tolist() == [-1, -1, 0]
    assert load_poses(root / "poses/01.npz").size == (1920, 1080)


def test_the_camera_is_a_setting(uw: Path, tmp_path: Path) -> None:
    sizes = ("--width", 640, "--height", 480, "--rate", 12)
    for focal in (200, 400):
        root = tmp_path / f"p{focal}"
        done = run("uw-iom", uw, "--project", root, "--focal", focal, *sizes)
        assert done.exit_code == 0, done.output
    near, far = (load_poses(tmp_path / f"p{f}/poses/01.npz") for f in (200, 400))
    assert near.size == (640, 480)
    np.testing.assert_allclose(
        2 * (near.keypoints - [320, 240]), far.keypoints - [320, 240], atol=0.05
    )
    item = ProjectFolder(tmp_path / "p200").load().track("01")
    assert (item.video.width, item.video.height, item.video.mean_rate) == (640, 480, 12)


def test_a_dry_run_writes_nothing(uw: Path, tmp_path: Path) -> None:
    result = run("uw-iom", uw, "--project", tmp_path / "p", "--dry-run")
    assert result.exit_code == 0
    assert result.stdout.startswith("UW-IOM: 1 recording")
    assert result.stdout.endswith("Nothing was written (--dry-run).\n")
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("uw-iom", "{uw}", "--project", "{uw}"), "is not empty"),
        (("uw-iom", "{uw}/none", "--project", "{p}"), "is not a folder"),
        (("ms-tcn", "{uw}", "--project", "{p}"), "mapping.txt"),
        (("ms-gcn", "{uw}", "--project", "{p}"), "mapping.txt"),
        (("tum-kitchen", "{uw}", "--project", "{p}"), "no label files"),
        (("desktop-assembly", "{uw}", "--project", "{p}"), "groundTruth"),
        (("uw-iom", "{uw}", "--project", "{p}", "--focal", "0"), "focal length"),
        (("uw-iom", "{uw}", "--project", "{p}", "--rate", "0"), "rate"),
        (("ava", "{uw}", "--project", "{p}"), "ava"),
        (("uw-iom", "{uw}"), "--project"),
    ],
)
def test_mistakes_are_one_sentence(
    uw: Path, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    before = sorted(tmp_path.rglob("*"))
    result = run(*(a.format(uw=uw, p=tmp_path / "p") for a in arguments))
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert words in result.stderr
    assert sorted(tmp_path.rglob("*")) == before

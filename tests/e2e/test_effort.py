"""`skelseg effort` as it is called: its tables, its JSON, its page."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from skelseg_core.child_process import module_command
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import ANNOTATION, set_lane
from tests.e2e.test_assist import N, trained  # noqa: F401

Done = subprocess.CompletedProcess[str]


def effort(root: Path, *arguments: str) -> Done:
    command = ["effort", str(root), "--model", "m", *arguments]
    return subprocess.run(
        module_command("skelseg_core.cli.main", *command),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def root(trained: Path) -> Path:  # noqa: F811
    """A project with a second recording labelled and pre-labelled, as the first is."""
    folder = ProjectFolder(trained)
    before = folder.load()
    labels = before.video("a").annotation.to_frames()
    lane = Segmentation.from_frames(labels)
    folder.save(set_lane(before, "b", ANNOTATION, lane), before)
    command = ["predict", str(trained), "--model", "m", "--free", "--video", "b"]
    subprocess.run(module_command("skelseg_core.cli.main", *command), check=True)
    return trained


def test_it_measures_what_a_model_has_not_seen(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = effort(root, "--policy", "prelabel", "--collar", "5", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1 video, mean a video; a key 0.28 s")
    assert "| live | " in done.stdout
    assert "| prelabel | " in done.stdout
    assert "| wall | " not in done.stdout
    assert "Left out: a: m was trained on it" in done.stderr
    assert (out / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert "<table>" in (out / "effort.html").read_text()


def test_its_json_says_costs_and_videos(root: Path) -> None:
    done = effort(root, "--json", "--collar", "2", "--policy", "wall", "--look", "2")
    values = json.loads(done.stdout)
    assert values["costs"]["look_s"] == 2.0
    assert values["left_out"] == {"a": "m was trained on it"}
    assert [(r["policy"], r["collar"]) for r in values["rows"]] == [
        ("live", 2),
        ("wall", 2),
    ]
    live = values["rows"][0]
    assert live["videos"]["b"]["events"] == live["events"] >= 4
    assert live["seconds"] > N / 10


def test_the_truth_may_lie_elsewhere(root: Path, tmp_path: Path) -> None:
    done = effort(root, "--truth", str(tmp_path), "--policy", "live")
    assert done.returncode == 2
    assert "there are no true labels of it" in done.stderr
    done = effort(root, "--truth", str(root), "--policy", "live", "--json")
    assert done.returncode == 0, done.stderr

"""One damaged file of a project costs its own video, and is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from skelseg_core.project.demo_project import write_demo
from skelseg_core.project.folder import ProjectFolder
from tests.commands import done, run

OTHER = "emi-1"


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("used") / "kitchen"
    write_demo(root)
    done("predict", root, "--model", "keypoints", "--video", "ben-2")
    truth = root / "truth" / "anna-2.csv"
    named = ("--project", root, "--video", "anna-2", "--annotator", "carl")
    done("import", "auto", truth, *named)
    return root


def cut(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def conflict(path: Path) -> None:
    whole = path.read_bytes()
    if path.suffix == ".npz":
        # An archive is read from its end: marks around it would do no harm.
        whole = whole[::-1]
    marks = (b"<<<<<<< HEAD\n", b"=======\n", b">>>>>>> theirs\n")
    path.write_bytes(marks[0] + whole + marks[1] + whole + marks[2])


def newer_schema(path: Path) -> None:
    raw = json.loads(path.read_text())
    path.write_text(json.dumps({**raw, "schema": 99}))


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "inside").write_text("x")


FORMS = (cut, empty, conflict, folder_instead)
FILES = (
    "labels/ben-2.json",
    "about/ben-2.json",
    "annotators/carl/anna-2.json",
    "poses/ben-2.npz",
    "predictions/ben-2/keypoints.npz",
    "models/keypoints/model.json",
    "models/keypoints/model.safetensors",
    "models/keypoints/learnt.npz",
)
OF_THE_MOMENT = (
    ".claims/ben-2.json",
    ".runs/one.jsonl",
    ".runs/one.status",
    "prelabels/ben-2.json",
)
CASES = [
    *((file, form) for file in FILES for form in FORMS),
    *((file, newer_schema) for file in FILES[:3]),
]


@pytest.mark.parametrize(
    ("file", "damage"), CASES, ids=[f"{f}-{d.__name__}" for f, d in CASES]
)
def test_a_damaged_file_costs_no_other_video_and_is_named(
    used: Path, tmp_path: Path, file: str, damage: Callable[[Path], None]
) -> None:
    root = Path(shutil.copytree(used, tmp_path / "kitchen"))
    damage(root / file)
    assert not ProjectFolder(root).load().track(OTHER).missing
    done("backups", root)
    done("info", root)
    checked = run("doctor", root)
    assert checked.exception is None or checked.exit_code == 1, checked.exception
    assert "Traceback" not in checked.output
    out = tmp_path / "out"
    done("export", root, "--out", out, "--video", OTHER)
    assert (out / f"{OTHER}.csv").is_file()
    said = [line for line in checked.output.splitlines() if file in line]
    assert said, checked.output
    if "--fix: Move" in checked.output:
        assert file not in run("doctor", root, "--fix").stdout.split(": done.")[-1]


@pytest.mark.parametrize("form", ["empty", "conflict", "folder"])
def test_damaged_files_of_the_moment_cost_nothing(
    used: Path, tmp_path: Path, form: str
) -> None:
    root = Path(shutil.copytree(used, tmp_path / "kitchen"))
    for file in OF_THE_MOMENT:
        path = root / file
        path.parent.mkdir(exist_ok=True)
        if form == "folder":
            path.unlink(missing_ok=True)
            path.mkdir()
        else:
            path.write_bytes(b"" if form == "empty" else b"<<<<<<< HEAD\n\xff{")
    assert not ProjectFolder(root).load().track(OTHER).missing
    for command in ("backups", "info", "doctor"):
        done(command, root)
    done("export", root, "--out", tmp_path / "out", "--video", OTHER)
    done("predict", root, "--model", "keypoints", "--video", OTHER)

"""How commands name tracks: by words, as people type them, and never by an id."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from skelseg_core.cli.main import cli
from skelseg_core.library.opened_project import open_project
from skelseg_core.project.demo_project import write_demo
from skelseg_core.project.folder import ProjectFolder
from tests.commands import done, mistake

TINY = """\
model:
  n_features: 4
  n_prediction_layers: 2
  n_refinement_layers: 2
  n_refinement_stages: 1
  modalities: [keypoints]
train: {epochs: 2, min_steps: 0}
"""
HAND = "anna-1: ben, Left hand"
COMMANDS = """\
info
info --json
doctor
doctor --json
people
people --json
tiers --json
presets
stats
stats --json
agree
predict --model keypoints --jobs 1 --video anna-* --video ben-2 --json
evaluate --per-video
evaluate --per-video --json
run --dry-run --model keypoints
run --json --model keypoints --video anna-1 --jobs 1
train --name tiny --preset tiny.yaml --no-measure --video anna-* --json
export --format framewise-csv --out OUT --json
export --format framewise-csv --lane prediction:keypoints --out OUT
export --format boris --out OUT --json
export-poses --format dlc --out OUT --json
plot --out OUT.svg --json
backups
""".splitlines()


@pytest.fixture(scope="module")
def kitchen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("names") / "kitchen"
    write_demo(root)
    done("tiers", root, "--add", "Left hand")
    done("people", root, "anna-1", "--name", "anna")
    done("people", root, "anna-1", "--add", "ben")
    return root


def ids_in(text: str) -> list[str]:
    """Find the words with an ``@``: file names and figures such as F1@10 are none."""
    words = re.findall(r"[^\s\"',]*@[^\s\"',]*", text)
    return [w for w in words if "/" not in w and not re.fullmatch(r"[Ff]1@\d+:?", w)]


def test_no_command_says_an_id(kitchen: Path, tmp_path: Path) -> None:
    preset = tmp_path / "tiny.yaml"
    preset.write_text(TINY)
    for n, line in enumerate(COMMANDS):
        name, *more = line.split()
        more = [m.replace("OUT", str(tmp_path / f"out{n}")) for m in more]
        more = [m.replace("tiny.yaml", str(preset)) for m in more]
        said = CliRunner().invoke(cli, [name, str(kitchen), *more])
        assert said.exit_code in (0, 1, 2), (line, said.exception)
        assert not ids_in(said.output), line
        if "--json" in more and name not in ("run", "evaluate") and not said.exit_code:
            json.loads(said.stdout)


def test_no_command_says_an_id_where_files_are_gone(
    kitchen: Path, tmp_path: Path
) -> None:
    pytest.importorskip("torch", reason="train says that it is not installed")
    root = Path(shutil.copytree(kitchen, tmp_path / "kitchen"))
    preset = tmp_path / "tiny.yaml"
    preset.write_text(TINY)
    done("backups", root)
    folder = ProjectFolder(root)
    folder.labels_path("anna-1@Left_hand@ben").unlink()
    folder.labels_path("anna-1@@ben").write_text("{")
    for line in (
        *("info", "info --json", "doctor", "doctor --json", "backups"),
        *("train --name x --preset PRESET --no-measure", "backups --repair"),
        "export --out OUT",
        *("stats", "predict --model keypoints --video anna-1", "fill"),
    ):
        line = line.replace("PRESET", str(preset))
        name, *more = line.replace("OUT", str(tmp_path / "out")).split()
        more += [HAND] if name == "fill" else []
        said = CliRunner().invoke(cli, [name, str(root), *more])
        assert "anna-1: ben" in said.output or name == "backups", (line, said.output)
        assert not ids_in(said.output), line


def test_a_track_is_named_as_it_is_said(kitchen: Path) -> None:
    project = ProjectFolder(kitchen).outline()
    for item in project.tracks:
        assert project.matching([project.titled(item.id)]) == [item.id]
    assert [project.titled(i) for i in project.matching(["anna-1: ben"])] == [
        "anna-1: ben, Action",
        HAND,
    ]
    assert len(project.matching(["anna-1"])) == 4
    assert project.matching(["ANNA-1: *, left hand"]) == [
        "anna-1@Left_hand",
        "anna-1@Left_hand@ben",
    ]
    told = json.loads(done("info", kitchen, "--json", "--video", HAND))
    (video,) = told["videos"]
    (track,) = video["tracks"]
    named = (video["video"], track["tier"], track["person"], track["title"])
    assert named == ("anna-1", "Left hand", "ben", HAND)
    assert "no video 'anna-1: zoe'" in mistake(
        "info", kitchen, "--video", "anna-1: zoe"
    )


def test_a_project_has_as_many_videos_as_there_are(kitchen: Path) -> None:
    told = json.loads(done("info", kitchen, "--json"))
    opened = open_project(kitchen)
    assert len(told["videos"]) == len(opened.videos) == 8
    assert opened.videos["anna-1"].people == ("anna", "ben")
    assert [(t.person, t.tier) for t in opened.videos["anna-1"].tracks] == [
        (person, tier) for person in ("anna", "ben") for tier in ("Action", "Left hand")
    ]
    assert not ids_in(f"{opened.videos} {opened.to_pandas().to_csv()}")

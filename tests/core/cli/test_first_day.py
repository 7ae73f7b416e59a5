"""What a person meets on the first day of commands, with the demo."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest

import skelseg_core
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.demo_project import write_demo
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import set_lane
from tests.commands import done, mistake
from tests.projects import put_prediction
from tests.videos import write_video
from tools.site import shell_lines

NOUNS = "video|frame|segment|class|subject|point|row|clip|track|tier|file"
PLURAL = rf"(?:{NOUNS})e?s\b"
LANE = "prediction:keypoints"
TRAINING = Path(__file__).resolve().parents[3] / "docs" / "training.md"
TINY = """\
model:
  n_features: 4
  n_prediction_layers: 2
  n_refinement_layers: 2
  n_refinement_stages: 1
  modalities: [keypoints]
train: {epochs: 2, min_steps: 0}
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("first") / "kitchen"
    write_demo(root)
    return root


@pytest.fixture
def kitchen(demo: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(demo, tmp_path / "kitchen"))


def test_a_prediction_of_other_poses_is_refused_by_one_sentence_that_helps(
    kitchen: Path, tmp_path: Path
) -> None:
    done("predict", kitchen, "--model", "keypoints", "--video", "ben-2")
    path = kitchen / "poses" / "ben-2.npz"
    with np.load(path) as poses:
        seen = dict(poses)
    np.savez(path, **{**seen, "scores": seen["scores"] * 0.99})
    asked: list[tuple[object, ...]] = [
        ("render", kitchen, "ben-2", "--lanes", LANE, "--range", "0:3"),
        ("export", kitchen, "--lane", LANE, "--video", "ben-2"),
        ("plot", kitchen, "--lanes", LANE, "--video", "ben-2"),
        ("stats", kitchen, "--lane", LANE, "--video", "ben-2"),
    ]
    outs = ("a.mp4", "tables", "a.svg", "a.csv")
    commands = [
        (*command, "--out", tmp_path / out)
        for command, out in zip(asked, outs, strict=True)
    ]
    said = {mistake(*command) for command in [*commands, ("evaluate", kitchen)]}
    assert said == {
        "Error: The prediction of keypoints for ben-2 is for other poses and is not "
        "shown; pre-label ben-2 again."
    }
    # What is refused is not among what there is.
    assert json.loads(done("info", kitchen, "--json"))["lanes"] == {"annotation": 8}
    assert "of today: ben-2\n" in done("info", kitchen)
    other = mistake("plot", kitchen, "--lanes", "prediction:x", "--out", "x.svg")
    assert "only annotation; " in other
    # As the sentence says.
    done("predict", kitchen, "--model", "keypoints", "--video", "ben-2")
    for command in commands:
        done(*command)
    assert (tmp_path / "a.mp4").is_file()
    assert json.loads(done("info", kitchen, "--json"))["lanes"][LANE] == 1


def test_the_page_of_training_ends_in_a_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it stands there, in its order; with a network that is trained in a second."""
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    Path("tiny.yaml").write_text(TINY)
    lines = [shlex.split(line, comments=True)[1:] for line in shell_lines(TRAINING)]
    assert [line[0] for line in lines[-3:]] == ["train", "predict", "evaluate"]
    for line in lines:
        more = ("--preset", "tiny.yaml", "--no-measure") if line[0] == "train" else ()
        said = done(*line, *more)
    assert "\n2 videos, 1,068 frames, 51 segments" in said
    # And on what it was trained on there is none, which says how to have one.
    done("predict", "kitchen", "--model", "first", "--free", "--video", "anna-*")
    no_figure = mistake("evaluate", "kitchen", "--video", "anna-*")
    assert no_figure.endswith("the others with --video when you train.")
    with pytest.warns(UserWarning, match="Nothing is left to score"):
        scores = skelseg_core.evaluate("kitchen", videos=["anna-*"])
    assert scores["accuracy"] is None


def test_a_run_leaves_what_needs_a_choice_and_says_how_to_choose(kitchen: Path) -> None:
    left = re.compile(
        "as there are several models; choose one with --model: "
        r"((keypoints|hands|fusion-paper)(, |\.\Z)){3}"
    )
    done("add", kitchen, write_video(kitchen / "new.mp4", 12))
    what = ("run", kitchen, "--video", "new", "--jobs", "1")
    assert left.search(done(*what, "--dry-run").strip())
    assert left.search(json.loads(done(*what, "--dry-run", "--json"))["left"])
    ended = done(*what)
    assert ended.startswith("poses: 1 video done\n")
    assert left.search(ended.strip())
    assert done(*what).startswith("Everything else is done already.\nNot pre-l")
    assert done(*what, "--model", "keypoints") == "predict: 1 video done\n"
    assert json.loads(done("info", kitchen, "--json"))["lanes"][LANE] == 1


def test_one_of_a_thing_is_one_in_all_that_is_printed_and_written(
    tmp_path: Path,
) -> None:
    """A project of one video, class, person, segment and labelled frame."""
    (tmp_path / "classes.txt").write_text("walk\n")
    root, out = tmp_path / "p", tmp_path / "out"
    said = [done("init", root, "--classes", tmp_path / "classes.txt")]
    said += [done("add", root, write_video(tmp_path / "film.mp4", 12))]
    done("people", root, "film", "--set", "anna")
    folder = ProjectFolder(root)
    before = folder.load()
    lane = Segmentation((Segment(0, 11), Segment(11, 12, 0, class_reviewed=True)))
    project = set_lane(before, "film", ANNOTATION, lane)
    folder.save(project, before)
    put_prediction(folder, "film", "m", Segmentation((Segment(0, 12, 0, "model"),)))
    said += [done("info", root), done("doctor", root)]
    said += [done("export", root, "--out", out)]
    said += [done("stats", root, "--out", tmp_path / "s.csv")]
    said += [done("plot", root, "--out", tmp_path / "p.svg")]
    said += [done("run", root, "--dry-run"), done("tiers", root)]
    said += [done("evaluate", root)]
    said += [p.read_text() for p in tmp_path.rglob("*") if p.suffix in (".md", ".csv")]
    text = "\n".join(said)
    assert "1 subject: anna (1 video)." in text
    assert "1 segment " in text
    assert re.findall(rf".*(?<![\d.,])1 {PLURAL}.*", text) == []

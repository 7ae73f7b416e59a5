"""The whole loop through the command line, on videos of one second."""

from __future__ import annotations

import csv
import functools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from skelseg_core import __version__
from skelseg_core.cli.main import cli
from skelseg_core.config import paper_names, preset_names
from skelseg_core.formats.poses_npz import load_poses, save_poses
from skelseg_core.labels.decoding import pre_labels
from skelseg_core.labels.edits import accept, paint
from skelseg_core.labels.prediction import load_prediction
from skelseg_core.learning.model_info import load_info
from skelseg_core.module_commands import module_command
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.predictions.found import models_of
from skelseg_core.predictions.lanes import lane_of, with_predicted
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.imports.label_files import labels_of_video, load_labels
from skelseg_core.project.project_edits import edit_lane
from skelseg_core.tasks.registry import TASKS
from tests.in_process import in_this_process
from tests.videos import write_images, write_streams, write_video

N = 24
PRESET = """\
model:
  n_features: 4
  n_prediction_layers: 2
  n_refinement_layers: 2
  n_refinement_stages: 1
train: {epochs: 2, fusion_epochs: 2, min_steps: 0}
"""
SCORES = ["accuracy", "edit", "f1@10", "f1@25", "f1@50"]


def run(*arguments: object) -> Result:
    """The command line in this process."""
    return CliRunner().invoke(cli, [str(a) for a in arguments])


def done(*arguments: object) -> Result:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result


def spawn(*arguments: object, **environment: str | None) -> subprocess.CompletedProcess:
    """The command line as a program; ``None`` takes a variable away."""
    env = dict(os.environ)
    for name, value in environment.items():
        env.pop(name, None)
        if value is not None:
            env[name] = value
    return subprocess.run(
        [sys.executable, "-m", "skelseg_core.cli.main", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=env,
        timeout=120,
        check=False,
    )


def sentence_of(stderr: str) -> str:
    """The one sentence of a mistake, which is all there is."""
    assert stderr.startswith("Error: ")
    assert stderr.count("\n") == 1, stderr
    sentence = stderr.strip().removeprefix("Error: ")
    assert sentence.endswith((".", "?"))
    assert not re.search(r"[.!?] +[A-Z]", sentence), f"more than one: {sentence}"
    return sentence


def mistake(*arguments: object) -> str:
    """What the command line says about a user's mistake."""
    result = run(*arguments)
    assert result.exit_code == 2, (result.output, result.exception)
    return sentence_of(result.stderr)


def label(root: Path, video: str, *classes: int) -> None:
    """Label a video in equal parts, as a script of a user would."""
    folder = ProjectFolder(root)
    before = after = folder.load()
    for part, class_id in enumerate(classes):
        start, stop = (N * k // len(classes) for k in (part, part + 1))
        edit = functools.partial(paint, start=start, stop=stop, class_id=class_id)
        after = edit_lane(after, video, edit)
    assert not folder.save(after, before).notes


@pytest.fixture(autouse=True)
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each imports PyTorch for seconds; those of `spawn` start theirs."""
    monkeypatch.setattr("skelseg_core.engine.supervisor.Worker", in_this_process(TASKS))


@functools.cache
def template(base: Path) -> Path:
    """A folder with videos a, b, c and the project p: a labelled, model m."""
    home = base / "template"
    home.mkdir()
    for n, name in enumerate("abc"):
        # Three files of the same bytes would be one video.
        write_video(home / f"{name}.mp4", N, rate=25, options={"crf": str(20 + 5 * n)})
    (home / "classes.txt").write_text("walk\nreach\n", encoding="utf-8")
    (home / "tiny.yaml").write_text(PRESET, encoding="utf-8")
    root = home / "p"
    done("init", root, "--classes", home / "classes.txt")
    done("add", root, *(home / f"{n}.mp4" for n in "abc"))
    for name in "bc":
        nobody = PoseSequence(
            np.full((N, 0, 17, 2), np.nan, np.float32),
            np.zeros((N, 0, 17), np.float32),
            "coco17",
            (160, 96),
        )
        save_poses(root / "poses" / f"{name}.npz", nobody)
    done("poses", root)
    label(root, "a", 0, 1, 0)
    done("train", root, "--preset", home / "tiny.yaml", "--name", "m")
    return home


@pytest.fixture
def home(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of its own of `template`."""
    made = template(tmp_path_factory.getbasetemp())
    return Path(shutil.copytree(made, tmp_path / "home"))


def rows(path: Path) -> list[dict[str, str]]:
    text = path.read_bytes()
    assert b"\r" not in text
    return list(csv.DictReader(text.decode("utf-8").splitlines()))


# -- init, add, poses ---------------------------------------------------------------


def test_init_and_add_say_what_they_made(tmp_path: Path) -> None:
    classes = tmp_path / "classes.txt"
    classes.write_text("# of the kitchen\nwalk\n\nreach\n", encoding="utf-8")
    video = write_video(tmp_path / "my video.mp4", N, rate=25)
    root = tmp_path / "p"
    assert "with 2 classes" in done("init", root, "--classes", classes).stdout
    result = done("add", root, video)
    assert result.stdout == "my_video: 24 frames, 160x96, 25.00 per second\n"
    project = ProjectFolder(root).load()
    assert project.label_map.names == ("walk", "reach")
    assert project.track("my_video").video.path == "../my video.mp4"
    assert project.track("my_video").annotation.to_frames().tolist() == [-1] * N


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_a_terminal_sees_a_bar(home: Path) -> None:
    import pty

    try:
        screen, terminal = pty.openpty()
    except OSError:
        pytest.skip("this machine has no pseudo-terminals")
    command = ["poses", str(home / "p"), "--video", "b", "--again"]
    found = subprocess.run(
        [sys.executable, "-m", "skelseg_core.cli.main", *command],
        stdout=subprocess.PIPE,
        stderr=terminal,
        env={**os.environ, "TERM": "xterm"},
        timeout=120,
        check=False,
    )
    os.close(terminal)
    seen = os.read(screen, 1 << 16).decode()
    os.close(screen)
    assert found.returncode == 0
    assert "poses of b" in seen
    assert "100%" in seen


# -- train, predict -----------------------------------------------------------------


def test_train_makes_a_model_that_says_where_it_is_from(home: Path) -> None:
    about = json.loads((home / "p" / "models" / "m" / "model.json").read_text())
    assert about["name"] == "m"
    assert about["videos"] == ["a"]
    assert [c["name"] for c in about["classes"]] == ["walk", "reach"]
    assert about["preset"]["train"]["epochs"] == 2
    assert list(about["in_dims"]) == ["heatmap", "rgb"]
    assert not (home / "p" / ".training" / "m").exists()


def test_what_is_too_little_to_be_measured_is_said(home: Path) -> None:
    result = done("measure", home / "p", "--model", "m")
    assert result.stdout == ("m: People labelled only 24 frames; a figure needs 200.\n")
    about = json.loads((home / "p" / "models" / "m" / "model.json").read_text())
    assert about["held_out"]["how"] == "not measured"
    assert "accuracy" not in about["held_out"]


def test_every_recipe_is_listed_with_what_to_know_of_it(home: Path) -> None:
    told = done("presets").stdout
    paper, ours = told.removeprefix("From the paper:\n").split("Ours:\n")
    of_paper, of_us = (
        re.findall(r"^  (\w\S*)", t, re.MULTILINE) for t in (paper, ours)
    )
    assert set(of_paper) == set(paper_names())
    assert of_us[0] == "keypoints"
    assert {*of_paper, *of_us} == set(preset_names())
    assert "under a minute" in told
    # Of heatmap and keypoints-heatmap.
    assert " ".join(told.split()).count("its pre-labels need PyTorch.") == 2
    assert "5 labelled videos" not in done("presets", home / "p").stdout
    help_text = " ".join(done("train", "--help").stdout.split())
    assert "[default: keypoints]" in help_text


def test_predict_adds_a_lane_and_leaves_the_annotation(home: Path) -> None:
    root = home / "p"
    labels = {v: (root / "labels" / f"{v}.json").read_bytes() for v in "abc"}
    before = (root / "project.json").read_bytes()
    result = done("predict", root, "--model", "m", "--video", "a", "--video", "b")
    assert re.fullmatch(
        # Of so short a training one class may be all that a video gets.
        r"(The whole of [ab] is \w+: check it.\n)*"
        r"a: \d+ segments, 24 frames kept as labelled\nb: \d+ segments?\n",
        "\n".join(sorted(result.stdout.splitlines())) + "\n",
    )
    folder = ProjectFolder(root)
    project = with_predicted(folder, folder.load(), ["prediction:m"])
    assert [models_of(root, v) for v in project.track_ids] == [("m",), ("m",), ()]
    # What a person said binds the prediction too.
    said = project.track("a").annotation.to_frames()
    predicted = project.track("a").lanes["prediction:m"].to_frames()
    np.testing.assert_array_equal(predicted, said)
    assert (project.track("b").lanes["prediction:m"].to_frames() >= 0).all()
    for video, said_before in labels.items():
        assert (root / "labels" / f"{video}.json").read_bytes() == said_before
    assert (root / "project.json").read_bytes() == before


def test_the_loop_as_programs(home: Path) -> None:
    """Predict, export, evaluate: what one writes the next one reads."""
    root, out = home / "p", home / "out"
    predicted = spawn("predict", root, "--model", "m", "--video", "b")
    assert predicted.returncode == 0, predicted.stderr
    label(root, "b", 1, 0)
    for lane, name in (("annotation", "truth"), ("prediction:m", "pred")):
        select = ["--lane", lane, "--video", "b", "--format", "framewise-csv"]
        found = spawn("export", root, *select, "--out", out / name)
        assert found.returncode == 0, found.stderr
        said, wrote = found.stdout.splitlines()
        assert said.startswith("1 video, 24 frames, all labelled; ")
        assert wrote == f"Wrote 3 files to {out / name}"
    judged = spawn(
        "evaluate", "--truth", out / "truth", "--pred", out / "pred", "--json"
    )
    assert judged.returncode == 0, judged.stderr
    assert judged.stderr == ""
    truth, pred = (
        [r["label"] for r in rows(out / n / "b.csv")] for n in ("truth", "pred")
    )
    right = np.mean([a == b for a, b in zip(truth, pred, strict=True)])
    assert json.loads(judged.stdout)["accuracy"] == pytest.approx(100 * right)


def test_a_score_never_contains_what_a_person_labelled(home: Path) -> None:
    """The sequence of the README, with labels that were there before the prediction."""
    root = home / "p"
    label(root, "b", 1, 0)
    done("predict", root, "--model", "m", "--video", "a", "--video", "b")
    command = ["evaluate", root, "--lane", "prediction:m"]
    result = run(*command, "--json")
    assert result.exit_code == 2
    found = json.loads(result.stdout)
    assert [found[k] for k in SCORES] == [None] * 5
    assert found["left_out"]["fixed_frames"] == N
    assert found["left_out"]["training_videos"][0]["video"] == "a"
    sentence = mistake(*command)
    assert "1 video that the model was trained on: a" in sentence
    assert "24 frames that a person had fixed" in sentence
    # Through files as well, frame by frame and as segments.
    done("export", root, "--out", home / "truth", "--video", "b")
    for kind in ("framewise-csv", "segment-csv"):
        select = ["--lane", "prediction:m", "--video", "b", "--format", kind]
        done("export", root, *select, "--out", home / kind)
        text = mistake("evaluate", "--truth", home / "truth", "--pred", home / kind)
        assert "24 frames that a person had fixed" in text
    done("predict", root, "--model", "m", "--free")
    found = evaluate(*command[1:])
    folder = ProjectFolder(root)
    item = folder.load().track("b")
    stored = load_prediction(folder.prediction_path("b", "m"))
    assert stored.fixed is not None
    assert (stored.fixed.any(), stored.trained_on) == (False, False)
    counted = load_info(folder.model_dir("m")).counted
    ids = stored.class_ids.tolist()
    own = pre_labels(
        stored.probabilities, ids, item.video.mean_rate, counted
    ).to_frames()
    np.testing.assert_array_equal(stored.segmentation.to_frames(), own)
    right = np.mean(own == item.annotation.to_frames())
    assert found["accuracy"] == pytest.approx(100 * right)
    assert (found["n_videos"], found["n_frames"]) == (1, N)
    lines = done(*command, "--convention", "tcn").stdout.splitlines()
    assert lines[0].split() == ["video", *SCORES]
    assert lines[2] == "1 video, 24 frames, 2 segments, convention tcn"
    assert lines[3:5] == [
        "Left out: 1 video that the model was trained on: a",
        "Left out: 24 frames without a true label",
    ]
    (note,) = lines[5:]
    assert note.startswith("Note: Nobody is named in 1 of the videos scored and in 1")


def test_a_copy_of_a_training_video_is_known(home: Path) -> None:
    """Under another name the model has seen it all the same."""
    root = home / "p"
    shutil.copy(home / "a.mp4", home / "again.mp4")
    done("add", root, home / "again.mp4")
    done("poses", root, "--video", "again")
    label(root, "again", 0, 1)
    done("predict", root, "--model", "m", "--video", "again", "--free")
    sentence = mistake("evaluate", root, "--lane", "prediction:m")
    assert "that the model was trained on: again" in sentence


def test_a_part_that_was_fixed_is_a_persons_in_the_export(home: Path) -> None:
    root, out = home / "p", home / "out"
    folder = ProjectFolder(root)
    before = folder.load()
    part = functools.partial(paint, start=8, stop=16, class_id=1)
    folder.save(edit_lane(before, "b", part), before)
    done("predict", root, "--model", "m", "--video", "b")
    done("export", root, "--lane", "prediction:m", "--video", "b", "--out", out)
    frames = rows(out / "b.csv")
    assert [r["source"] == "human" for r in frames] == [8 <= n < 16 for n in range(N)]
    assert {r["confidence"] for r in frames[8:16]} == {""}
    for row in rows(out / "b.segments.csv"):
        start, stop = int(row["start_frame"]), int(row["stop_frame"])
        said = {r["source"] for r in frames[start:stop]}
        assert said == {row["source"]}
    (about,) = json.loads((out / "manifest.json").read_text())["videos"]
    assert (about["lane"], about["trained_on"]) == ("prediction:m", False)
    # Imported again it is what accepting the prediction would have made.
    project = folder.load()
    item = project.track("b")
    said = lane_of(folder, project, item, "prediction:m")
    accepted = accept(item.annotation, said)
    for name in ("b.csv", "b.segments.csv"):
        ids = {c.name: c.id for c in project.label_map.classes}
        labels = load_labels(out / name)
        assert labels_of_video(labels, item, ids, out / name) == accepted


# -- export -------------------------------------------------------------------------


def test_manifest_names_what_the_labels_are_of(home: Path) -> None:
    done("export", home / "p", "--out", home / "out", "--video", "a")
    found = json.loads((home / "out" / "manifest.json").read_text())
    assert found["tool_version"] == __version__
    (video,) = found["videos"]
    item = ProjectFolder(home / "p").load().track("a")
    assert video["file"] == "a.mp4"
    assert video["fingerprint"] == item.video.fingerprint
    assert (video["n_frames"], video["width"], video["height"]) == (N, 160, 96)
    assert video["mean_rate"] == pytest.approx(25)
    assert "walk" in json.dumps(found)


# -- evaluate -----------------------------------------------------------------------


@pytest.fixture
def labels(tmp_path: Path) -> tuple[Path, Path]:
    """Two videos as text."""
    truth, pred = tmp_path / "truth", tmp_path / "pred"
    truth.mkdir()
    pred.mkdir()
    bg, walk, reach = ["background"] * 4, ["walk"] * 4, ["reach"] * 4
    (truth / "v1.txt").write_text("\n".join([*bg, *walk, *reach]) + "\n")
    (truth / "v2.txt").write_text("\n".join([*walk, *bg]) + "\n")
    (pred / "v1.txt").write_text("\n".join([*bg, *walk, *bg]) + "\n")
    (pred / "v2.txt").write_text("\n".join([*walk, *bg]) + "\n")
    return truth, pred


def evaluate(*arguments: object) -> dict[str, Any]:
    found = json.loads(done("evaluate", *arguments, "--json").stdout)
    assert isinstance(found, dict)
    return found


def test_what_is_all_right_is_no_proof_of_a_share(
    labels: tuple[Path, Path], tmp_path: Path
) -> None:
    """47 segments are two people: "94 % at least" was said of them."""
    truth, _ = labels
    shutil.copytree(truth, tmp_path / "copy")
    told = done("evaluate", "--truth", truth, "--pred", tmp_path / "copy").stdout
    assert "5 segments, convention half-open\n" in told
    assert "at least" not in told


def test_evaluate_per_video_and_by_convention(labels: tuple[Path, Path]) -> None:
    truth, pred = labels
    found = evaluate(
        "--truth", truth, "--pred", pred, "--per-video", "--convention", "ms-tcn++"
    )
    assert found["convention"] == "ms-tcn++"
    first, second = found["per_video"]
    assert (first["video"], second["video"]) == ("v1", "v2")
    assert first["accuracy"] == pytest.approx(100 * 8 / 12)
    assert list(second) == ["video", *SCORES, "n_frames"]
    table = done("evaluate", "--truth", truth, "--pred", pred, "--per-video").stdout
    head, *body = table.splitlines()
    assert head.split() == ["video", *SCORES]
    assert [line.split()[0] for line in body[:3]] == ["v1", "v2", "all"]
    assert body[2].split()[1] == "80.00"
    assert body[3] == "2 videos, 20 frames, 5 segments, convention half-open"


# -- demo, app, version -------------------------------------------------------------


def test_demo_is_written_with_its_truth(tmp_path: Path) -> None:
    root = tmp_path / "demo"
    assert done("demo", "--write", root).stdout == f"Wrote 8 clips to {root}\n"
    project = ProjectFolder(root).load()
    assert len(project.tracks) == 8
    truth = sorted(p.name for p in (root / "truth").glob("*.csv"))
    assert truth == sorted(f"{v.id}.csv" for v in project.tracks)
    labelled = [v for v in project.tracks if (v.annotation.to_frames() >= 0).any()]
    assert len(labelled) == 5
    for item in labelled:
        names = [r["label"] for r in rows(root / "truth" / f"{item.id}.csv")]
        said = item.annotation.to_frames()
        assert names == [project.label_map.name_of(int(i)) for i in said]


def test_a_demo_that_was_cut_short_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from skelseg_core.project import demo_project

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(demo_project.shutil, "copytree", full)
        assert "No space left" in mistake("demo", "--write", tmp_path / "demo")
    done("demo", "--write", tmp_path / "demo")
    assert len(ProjectFolder(tmp_path / "demo").load().tracks) == 8


@pytest.mark.parametrize(
    ("arguments", "passed_on"),
    [(["app"], []), (["app", "clip.mp4"], ["clip.mp4"]), (["demo"], ["--demo"])],
)
def test_the_window_takes_the_place_of_the_program(
    arguments: list[str], passed_on: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, command: called.append(command))
    done(*arguments)
    assert called == [module_command("app", *passed_on)]


def test_version_and_help_of_the_program() -> None:
    assert spawn("--version").stdout.split() == ["skelseg,", "version", __version__]
    text = done().stdout
    assert done("--help").stdout == text
    for name in ("init", "add", "poses", "train", "predict", "export", "evaluate"):
        assert f"  {name}" in text
        assert done(name, "-h").stdout.startswith(f"Usage: skelseg {name}")


def test_images_and_streams_are_videos(home: Path) -> None:
    images = write_images(home / "take", [1, 2, 4, 5, 6])
    said = done("add", home / "p", images, "--rate", "12.5").output
    assert "take: 5 frames, 160x96, 12.50 per second" in said
    assert "lacks img_00003.png after frame 1" in said
    streams = write_streams(home / "rig.mkv", [0, 100], 12)
    said = done("add", home / "p", streams, f"{streams}#2").output
    assert "It is video stream 1 of 2; add another with rig.mkv#NUMBER." in said
    project = ProjectFolder(home / "p").load()
    assert project.track("take").video.path == "../take#12.5fps"
    assert project.track("rig-stream2").video.path == "../rig.mkv#2"
    done("poses", home / "p", "--video", "take", "--video", "rig-stream2")
    assert len(load_poses(home / "p/poses/take.npz").keypoints) == 5
    assert "cannot have 0.0001" in mistake("add", home / "p", images, "--rate", 1e-4)

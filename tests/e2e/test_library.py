"""The library for scripts: the examples of its page run as they stand."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pandas as pd
import pytest
import yaml

import skelseg_core
from skelseg_core.bundled import resource
from skelseg_core.config import load_preset, to_dict
from skelseg_core.errors import ConfigError, FormatError, ProjectError, SkelsegError
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.predictions.found import models_of
from skelseg_core.progress import Progress, Task
from skelseg_core.project.class_edits import rename_class
from skelseg_core.project.demo_project import write_demo
from skelseg_core.project.folder import ProjectFolder, probe_video
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import add_annotator_lane, add_video, set_lane
from skelseg_core.project.track_edits import add_tier
from tests.projects import make_project
from tests.videos import write_video

PAGE = Path(__file__).parents[2] / "docs/library.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.M | re.S)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("scripts")
    write_demo(root / "kitchen")
    return root


def ran(code: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-W", "default::UserWarning", "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_there_are_seven_examples() -> None:
    assert len(EXAMPLES) == 7


def test_labels_as_a_table(folder: Path) -> None:
    said = ran(EXAMPLES[0], folder)
    assert "label" in said
    assert "anna-1" in said
    table = skelseg_core.open_project(folder / "kitchen").to_pandas()
    assert list(table) == [
        *("video", "start", "stop", "start_s", "stop_s", "label", "source"),
        *("reviewed", "confidence"),
    ]
    assert table.reviewed.any()


def test_frames_labels_and_poses(folder: Path) -> None:
    said = ran(EXAMPLES[1], folder).splitlines()
    assert said[0] == "<video anna-1: 498 frames, lanes ['annotation']> (498, 1, 17, 2)"
    assert [line.split()[0] for line in said[1:]] == [str(n) for n in range(100, 110)]


def test_a_model_is_trained_and_used(folder: Path) -> None:
    preset = to_dict(load_preset("keypoints"))
    preset["train"] |= {"epochs": 2, "fusion_epochs": 1, "min_steps": 0}
    (folder / "quick.yaml").write_text(yaml.safe_dump(preset), encoding="utf-8")
    quick = EXAMPLES[2].replace('preset="keypoints"', 'preset="quick.yaml"')
    assert quick != EXAMPLES[2]
    said = ran(quick, folder).splitlines()
    assert 1 <= len(said) <= 5
    start, stop, *_, confidence = said[0].split()
    assert int(start) == 0 < int(stop)
    assert 0 < float(confidence) <= 1
    assert models_of(folder / "kitchen", "david-1") == ("mine",)


def test_it_is_scored(folder: Path) -> None:
    *scores, left_out = ran(EXAMPLES[3], folder).splitlines()
    found = dict(line.split() for line in scores)
    assert list(found) == ["accuracy", "edit", "f1@50"]
    assert all(0 <= float(score) <= 100 for score in found.values())
    assert "'training_videos': []" in left_out


def test_labels_come_in_and_go_out(folder: Path) -> None:
    said = ran(EXAMPLES[4], folder)
    assert "anna-2.boris" in said
    lane = skelseg_core.open_project(folder / "kitchen").videos["anna-2"]
    assert lane.labels("annotator:Robin")[:30].tolist() == ["stand"] * 30


def test_a_project_is_made(folder: Path) -> None:
    said = ran(EXAMPLES[5], folder)
    assert re.search(r"^90 +6\.0\d* +walk$", said, re.M), said
    assert said.endswith("study.svg\n")
    project = skelseg_core.open_project(folder / "study")
    (video,) = project.videos.values()
    assert {s.source for s in video.segments()} == {"import"}
    assert np.isnan(video.poses().keypoints[:, 0, :9]).all()
    with pytest.raises(FormatError, match=r"\(5, 1, 17, 2\); video"):
        skelseg_core.write_poses(
            project.path,
            video.id,
            np.ones((5, 1, 17, 2)),
            np.ones((5, 1, 17)),
            again=True,
        )
    with pytest.raises(ProjectError, match="already has poses"):
        skelseg_core.write_poses(
            project.path, video.id, np.ones((5, 1, 17, 2)), np.ones((5, 1, 17))
        )
    with pytest.raises(FormatError, match="already have labels"):
        skelseg_core.write_labels(project.path, video.id, video.labels())
    missing = pd.Series(video.labels()).replace("", float("nan"))
    with pytest.raises(FormatError, match="Frame 200 has nan, which is no text"):
        skelseg_core.write_labels(
            project.path, video.id, missing.to_numpy(), existing="replace"
        )
    # A script knows whether it writes classes: no word of it is taken for a text.
    words = [f"word {n // 3}" for n in range(len(video.labels()))]
    said = skelseg_core.write_labels(project.path, video.id, words, existing="replace")
    assert said["videos"][0]["n_segments"] > 60
    short = write_video(folder / "short.mp4", 3)
    with pytest.warns(UserWarning, match="short: So few frames"):
        assert skelseg_core.add_videos(project.path, [short]) == ["short"]
    source = folder / "no file"
    with pytest.raises(ProjectError, match="already has poses"):
        skelseg_core.import_poses(project.path, video.id, source)
    found = skelseg_core.estimate_poses(folder / "kitchen", ["anna-*"])
    assert found == {"anna-1": 498, "anna-2": found["anna-2"]}  # those there are


def test_the_method_on_arrays(folder: Path) -> None:
    pytest.importorskip("torch")
    maps, scores = ran(EXAMPLES[6], folder).splitlines()
    assert maps == "(498, 56, 56) float32"
    found = ast.literal_eval(scores)
    assert list(found) == ["accuracy", "edit", "f1@10", "f1@25", "f1@50"]
    assert found["accuracy"] > 80


def test_scores_decoding_and_names_of_arrays() -> None:
    truth = np.repeat([0, 1, -1, 0], [10, 10, 5, 15])
    shifted = np.roll(truth, 2)
    both = skelseg_core.score_labels([truth, truth], [truth, shifted])
    assert both["accuracy"] == pytest.approx(
        (100 + skelseg_core.frame_accuracy(truth, shifted)) / 2
    )
    assert both["edit"] == (100 + skelseg_core.edit_score(truth, shifted)) / 2
    assert skelseg_core.f1_score(truth, truth) == 100
    assert skelseg_core.f1_score(truth, shifted, 0.99) < 100
    sure = np.full((30, 2), 0.4)
    sure[:, 0], sure[12] = 0.6, [0.3, 0.7]
    labels = skelseg_core.decode(sure, 10.0)
    assert (labels.tolist(), labels.dtype) == ([0] * 30, np.int64)
    held = np.full(30, -1)
    held[20:] = 1
    assert skelseg_core.decode(sure, 10.0, fixed=held)[18:22].tolist() == [0, 0, 1, 1]
    with pytest.raises(ConfigError, match="no network 'none'"):
        skelseg_core.build_model("none", {"rgb": 2}, 3)
    with pytest.raises(ConfigError, match=r"build_model: .*depth"):
        skelseg_core.build_model("ms-tcn++", {"rgb": 2}, 3, depth=2)


def test_a_skeleton_of_ones_own_is_called_by_its_name(tmp_path: Path) -> None:
    text = resource("skeletons/coco17.yaml").read_text(encoding="utf-8")
    text = text.replace("coco17", "two")
    (tmp_path / "two.yaml").write_text(text, encoding="utf-8")
    root = tmp_path / "p"
    skelseg_core.create_project(root, ["run"], f"{tmp_path / 'two.yaml'}")
    skelseg_core.add_videos(root, [write_video(tmp_path / "rat.mp4", 10)])
    shape = (10, 1, 3)
    with pytest.raises(FormatError, match=r"10 frames and the skeleton two\.$"):
        skelseg_core.write_poses(root, "rat", np.zeros((*shape, 2)), np.zeros(shape))


def test_a_video_is_rendered(folder: Path) -> None:
    out = skelseg_core.render(
        folder / "kitchen", "ben-1", folder / "ben-1.mp4", frames="10:22"
    )
    with av.open(str(out)) as film:
        assert len(list(film.decode(video=0))) == 12


def test_a_project_is_short_in_a_notebook(folder: Path) -> None:
    project = skelseg_core.open_project(folder / "kitchen")
    n = len(project.models)
    assert repr(project) == f"<project kitchen: 8 videos, 12 classes, {n} models>"


def test_what_is_public_is_there() -> None:
    for name in skelseg_core.__all__:
        assert getattr(skelseg_core, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nosuch'"):
        skelseg_core.nosuch  # noqa: B018


def test_labels_are_those_of_the_frames(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    film = write_video(tmp_path / "film.mp4", 12)
    project = add_video(project, probe_video(film, folder, project))
    item = project.tracks[-1]
    lane = Segmentation(
        (Segment(0, 2, 0), Segment(2, 5), Segment(5, item.n_frames, 1, "model"))
    )
    project = add_annotator_lane(project, item.id, "Robin", lane)
    project = rename_class(project, project.label_map.ids[0], "a < b")
    folder.save(project)
    opened = skelseg_core.open_project(str(tmp_path / "p"))
    video, name = opened.videos[item.id], "annotator:Robin"
    names = project.label_map.names
    assert video.labels(name)[:6].tolist() == [names[0]] * 2 + [""] * 3 + [names[1]]
    first, last = video.segments(name)
    assert (first.start, first.stop, first.start_s) == (0, 2, 0.0)
    assert first.stop_s == pytest.approx(video.times_s[2])
    assert (last.label, last.source) == (names[1], "model")
    assert isinstance(video.to_pandas(name), pd.DataFrame)
    with pytest.raises(ProjectError, match="has no lane 'nosuch'"):
        video.labels("nosuch")
    with pytest.raises(ProjectError, match="has no poses"):
        video.poses()


def test_what_the_command_line_would_print_is_a_warning(tmp_path: Path) -> None:
    folder, project = make_project(tmp_path / "p")
    film = write_video(tmp_path / "film.mp4", 12)
    project = add_video(project, probe_video(film, folder, project))
    item = project.tracks[-1]
    lane = Segmentation((Segment(0, 12, 0),))
    folder.save(set_lane(project, item.id, ANNOTATION, lane))
    with pytest.warns(UserWarning, match="SRT subtitles cannot store that"):
        skelseg_core.export_labels(
            folder.root, tmp_path / "out", "srt", videos=[item.id]
        )
    path = folder.prediction_path(item.id, "m")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no prediction")
    opened = skelseg_core.open_project(folder.root)
    with pytest.raises(FormatError, match="is damaged"):
        opened.videos[item.id].segments("prediction:m")
    with pytest.warns(UserWarning, match="film"):
        assert len(opened.to_pandas("prediction:m")) == 0


def test_a_video_unlike_those_of_the_training_is_a_warning(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unlike(*_: object, **__: object) -> Task[dict[str, object]]:
        yield Progress("labels")
        return {"n_segments": 3, "unlike": True}

    monkeypatch.setattr("skelseg_core.tasks.predict.predict", unlike)
    with pytest.warns(UserWarning, match="ben-2: unlike the training videos"):
        found = skelseg_core.predict(folder / "kitchen", "keypoints", ["ben-2"])
    assert found == {"ben-2": 3}


def test_points_and_comments_are_added_and_read(folder: Path) -> None:
    write_demo(folder / "points")
    project_folder = ProjectFolder(folder / "points")
    before = project_folder.load()
    with_tier = add_tier(before, "Contact", kind="points")
    project_folder.save(with_tier, before)
    root, track = folder / "points", "ben-2@Contact"
    skelseg_core.add_points(root, track, [40, np.int64(12)], "Contact")
    skelseg_core.add_comment(root, "ben-2", "Which hand?", 12, author="Eva")
    video = skelseg_core.open_project(root).videos["ben-2"]
    points = next(t for t in video.tracks if t.tier == "Contact").points()
    assert [(p.frame, p.label, p.reviewed) for p in points] == [
        (12, "Contact", False),
        (40, "Contact", False),
    ]
    assert points[0].time_s == pytest.approx(12 / 15)
    (comment,) = video.comments
    assert (comment.start, comment.stop, comment.author) == (12, 13, "Eva")
    for frames, name, said in (
        ([551], "Contact", "outside"),
        ([1], "touch", "'touch' is not one of the classes"),
    ):
        with pytest.raises(SkelsegError, match=said):
            skelseg_core.add_points(root, track, frames, name)
    with pytest.raises(SkelsegError, match="has segments, not points"):
        skelseg_core.add_points(root, "ben-2", [1], "stand")
    with pytest.raises(SkelsegError, match="outside"):
        skelseg_core.add_comment(root, "ben-2", "x", 551)
    (again,) = skelseg_core.open_project(root).videos["ben-2"].comments
    assert again == comment

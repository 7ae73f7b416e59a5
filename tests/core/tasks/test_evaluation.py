from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.cli.main import cli
from skelseg_core.errors import ConfigError, FormatError, ProjectError
from skelseg_core.formats.export_manifest import manifest
from skelseg_core.labels.bulk_edits import make_undecided
from skelseg_core.labels.classes import LabelMap, label_map_from_names
from skelseg_core.labels.edits import accept, move_boundary, paint, relabel
from skelseg_core.labels.metrics import OVERLAPS, SCORES
from skelseg_core.labels.prediction import Prediction, save_prediction, with_sources
from skelseg_core.labels.segmentation import Segmentation, Source
from skelseg_core.learning.model_info import to_json
from skelseg_core.poses.sequence import SubjectPick
from skelseg_core.predictions.lanes import with_predicted
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import edit_lane, pick_subject, set_lane
from skelseg_core.tasks.evaluation import LeftOut, evaluate_folders, why_nothing
from skelseg_core.tasks.export_labels import ExportChoices, export_labels
from skelseg_core.video.times import FrameTimes
from tests.commands import done
from tests.labelled import framewise_csv, segment_csv
from tests.models import described
from tests.projects import N, changed, make_project, name_people, painted
from tests.published import REFERENCE
from tests.seen import review, review_all
from tests.soak import examples

NAMES = ("background", "walk", "pick_up")
LABEL_MAP: LabelMap = label_map_from_names(NAMES)
TRUTH = {"01": np.repeat([0, 1, 2, 1], 10), "S1.cam2": np.repeat([1, 2], [25, 5])}
PRED = {"01": np.repeat([0, 1, 2, 1], [8, 12, 12, 8]), "S1.cam2": np.full(30, 1)}


def write_text(folder: Path, videos: dict[str, np.ndarray]) -> Path:
    folder.mkdir()
    for stem, labels in videos.items():
        text = "".join(f"{NAMES[i]}\n" for i in labels)
        (folder / f"{stem}.txt").write_text(text, encoding="utf-8")
    return folder


def write_csv(
    folder: Path,
    videos: dict[str, np.ndarray],
    source: Source = "human",
    kinds: str = "fs",
    **about: object,
) -> Path:
    """As an export writes it: framewise, segments, and a manifest beside them."""
    folder.mkdir()
    for stem, labels in videos.items():
        value = Segmentation.from_frames(labels, source)
        times = FrameTimes.even(len(labels), 25)
        if "f" in kinds:
            (folder / f"{stem}.csv").write_text(framewise_csv(value, LABEL_MAP, times))
        if "s" in kinds:
            (folder / f"{stem}.segments.csv").write_text(
                segment_csv(value, LABEL_MAP, times)
            )
    told = [{"id": stem, **about} for stem in videos]
    (folder / "manifest.json").write_text(json.dumps(manifest(LABEL_MAP, told)))
    return folder


def write_truth_csv(folder: Path, videos: dict[str, np.ndarray]) -> Path:
    return write_csv(folder, videos, "human", lane="annotation")


def write_truth_segments(folder: Path, videos: dict[str, np.ndarray]) -> Path:
    return write_csv(folder, videos, "human", "s", lane="annotation")


def write_pred_csv(folder: Path, videos: dict[str, np.ndarray]) -> Path:
    told = {"lane": "prediction:m", "trained_on": False}
    return write_csv(folder, videos, "model", **told)


def write_pred_segments(folder: Path, videos: dict[str, np.ndarray]) -> Path:
    told = {"lane": "prediction:m", "trained_on": False}
    return write_csv(folder, videos, "model", "s", **told)


def track_of(video: str) -> dict[str, str]:
    """Name the only track of a video of a project."""
    return {"video": video, "tier": "Action", "person": ""}


NOTHING = {
    "fixed_frames": 0,
    "copied_frames": 0,
    "mended_frames": 0,
    "undecided_frames": 0,
    "unlabelled_frames": 0,
    "training_frames": 0,
    "training_videos": [],
    "learnt_videos": [],
    "prelabelled_videos": [],
    "unpredicted_videos": [],
    "bodiless_videos": [],
    "fixed_videos": [],
    "to_review": [],
}


@pytest.mark.parametrize(
    "write_truth", [write_text, write_truth_csv, write_truth_segments]
)
@pytest.mark.parametrize(
    "write_pred", [write_text, write_pred_csv, write_pred_segments]
)
def test_every_format_gives_the_same(
    tmp_path: Path, write_truth: object, write_pred: object
) -> None:
    truth = write_truth(tmp_path / "truth", TRUTH)  # type: ignore[operator]
    pred = write_pred(tmp_path / "pred", PRED | {"more": np.ones(3, int)})  # type: ignore[operator]
    (truth / "mapping.txt").write_text("0 background\n1 walk\n2 pick_up\n")
    (pred / ".hidden").write_text("x")
    (truth / "notes.xlsx").write_bytes(b"PK somebody's notes")
    found = evaluate_folders(truth, pred)
    notes = found.pop("notes")
    is_text = write_text in (write_truth, write_pred)
    assert ["Text files cannot say" in n for n in notes] == [True] * is_text
    assert found == {
        "accuracy": pytest.approx(100 * (36 + 25) / 70),
        "edit": pytest.approx((100 + 50) / 2),
        "f1@10": pytest.approx(200 * 5 / (10 + 0 + 1)),
        "f1@25": pytest.approx(200 * 5 / (10 + 0 + 1)),
        "f1@50": pytest.approx(200 * 5 / (10 + 0 + 1)),
        "n_videos": 2,
        "n_tracks": 2,
        "n_frames": 70,
        "n_segments": 6,
        "guided_frames": 0,
        "convention": "half-open",
        "background": [],
        "left_out": NOTHING,
    }


def test_keys_stand_in_order_and_videos_can_be_shown(tmp_path: Path) -> None:
    truth = write_text(tmp_path / "truth", TRUTH)
    pred = write_text(tmp_path / "pred", PRED)
    found = evaluate_folders(
        truth, pred, convention="ms-tcn++", background=["background"], per_video=True
    )
    assert list(found) == [
        "accuracy", "edit", "f1@10", "f1@25", "f1@50", "n_videos", "n_tracks",
        "n_frames", "n_segments", "guided_frames", "convention", "background",
        "left_out", "notes", "per_video",
    ]  # fmt: skip
    first, second = found["per_video"]
    assert (first["video"], second["video"]) == ("01", "S1.cam2")
    assert (first["accuracy"], second["n_frames"]) == (90, 30)
    assert found["f1@10"] == pytest.approx(200 * 4 / (8 + 0 + 1))


def test_two_people_of_a_video_are_one_video(tmp_path: Path) -> None:
    labels = np.repeat([0, 1, 2], 20)
    videos = {"v1": labels, "v1@@ben": labels, "v2": labels}
    truth, found = (write_text(tmp_path / name, videos) for name in "ab")
    tracks = [{"id": name, "video": name[:2]} for name in videos]
    text = json.dumps({"tool": "skelseg", "tracks": {"labels.csv": tracks}})
    (truth / "manifest.json").write_text(text)
    (found / "manifest.json").write_text(text)
    scores = evaluate_folders(truth, found)
    assert (scores["n_videos"], scores["n_frames"]) == (2, 3 * len(labels))
    asked = ["evaluate", "--truth", str(truth), "--pred", str(found)]
    said = CliRunner().invoke(cli, asked).output
    assert "2 videos, 3 tracks, 180 frames, 9 segments" in said


def test_background_by_name(tmp_path: Path) -> None:
    truth = write_text(tmp_path / "truth", {"a": np.repeat([0, 1], 10)})
    pred = write_text(tmp_path / "pred", {"a": np.repeat([1, 0, 1], [5, 5, 10])})
    found = evaluate_folders(truth, pred, background=["background"])
    assert (found["accuracy"], found["edit"]) == (75, 50)
    for name in ("backgruond", ""):
        match = f"no class '{name}' .* the classes are background, walk"
        with pytest.raises(ConfigError, match=match):
            evaluate_folders(truth, pred, background=["background", name])


def test_a_class_that_no_frame_has_can_be_the_background(tmp_path: Path) -> None:
    """The manifest of an export names it."""
    truth = write_truth_csv(tmp_path / "truth", {"a": np.full(9, 1)})
    pred = write_pred_csv(tmp_path / "pred", {"a": np.full(9, 1)})
    assert evaluate_folders(truth, pred, background=["pick_up"])["edit"] == 100


def test_unlabelled_truth_is_left_out(tmp_path: Path) -> None:
    half = np.repeat([1, -1], 10)
    truth = write_csv(tmp_path / "truth", {"a": half, "b": np.full(9, -1)})
    pred = write_pred_csv(tmp_path / "pred", {"a": np.repeat([1, 2], 10)})
    found = evaluate_folders(truth, pred)
    assert (found["accuracy"], found["f1@50"], found["edit"]) == (100, 100, 100)
    assert (found["n_videos"], found["n_frames"]) == (1, 10)
    assert found["left_out"] == NOTHING | {"unlabelled_frames": 19}
    nothing = write_csv(tmp_path / "nothing", {"b": np.full(9, -1)})
    found = evaluate_folders(nothing, pred)
    assert (found["accuracy"], found["n_videos"]) == (None, 0)
    assert why_nothing(found) == (
        "Nothing is left to score; left out: 9 frames without a true label."
    )


def test_what_is_missing_or_does_not_fit_is_named(tmp_path: Path) -> None:
    truth = write_text(tmp_path / "truth", TRUTH)
    pred = write_text(tmp_path / "pred", {"01": PRED["01"][:-3]})
    with pytest.raises(FormatError, match=r"01\.txt has 37 frames .* has 40"):
        evaluate_folders(truth, pred)
    pred = write_text(tmp_path / "less", {"01": PRED["01"]})
    with pytest.raises(FormatError, match=r"no prediction for S1\.cam2\.txt"):
        evaluate_folders(truth, pred)
    with pytest.raises(FormatError, match="is not a readable folder"):
        evaluate_folders(tmp_path / "none", pred)
    with pytest.raises(FormatError, match="is not a readable folder"):
        evaluate_folders(truth, truth / "01.txt")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FormatError, match="has no label files"):
        evaluate_folders(tmp_path / "empty", pred)
    with pytest.raises(ConfigError, match="no convention"):
        evaluate_folders(truth, pred, convention="closed")
    (pred / "01.csv").write_text("frame,label\n0,walk\n")
    with pytest.raises(FormatError, match="both have labels of 01"):
        evaluate_folders(truth, pred)


# -- what must not be scored --------------------------------------------------------


@pytest.mark.parametrize("kinds", ["f", "s", "fs"])
def test_frames_that_a_person_fixed_are_left_out(tmp_path: Path, kinds: str) -> None:
    truth = write_truth_csv(tmp_path / "truth", TRUTH)
    pred = write_pred_csv(tmp_path / "pred", PRED)
    fixed = np.zeros(40, bool)
    fixed[5:15] = True
    value = with_sources(Segmentation.from_frames(PRED["01"], "model"), fixed)
    times = FrameTimes.even(40, 25)
    for path in (pred / "01.csv", pred / "01.segments.csv"):
        path.unlink()
    if "f" in kinds:
        (pred / "01.csv").write_text(framewise_csv(value, LABEL_MAP, times))
    if "s" in kinds:
        (pred / "01.segments.csv").write_text(segment_csv(value, LABEL_MAP, times))
    found = evaluate_folders(truth, pred, per_video=True)
    # Of 01 frames 8, 9, 30, 31 are wrong, two of them fixed.
    assert found["accuracy"] == pytest.approx(100 * (28 + 25) / 60)
    assert found["left_out"] == NOTHING | {
        "fixed_frames": 10,
        "fixed_videos": [{"video": "01"}],
    }
    alone = evaluate_folders(truth, pred, videos=["S1.cam2"])
    assert {k: found[k] for k in SCORES[1:]} == {k: alone[k] for k in SCORES[1:]}
    first = found["per_video"][0]
    assert (first["video"], first["edit"]) == ("01", None)
    assert first["accuracy"] == pytest.approx(100 * 28 / 30)
    assert (found["n_frames"], found["guided_frames"]) == (60, 30)
    assert "Accuracy counts 30 frames decoded around" in found["notes"][0]


def test_absent_is_a_truth_and_undecided_is_not(
    project: Callable[..., Path], tmp_path: Path
) -> None:
    """What was invented of nobody was "left undecided", and cost the model nothing."""
    root = project(predicted(np.repeat([0, 1, 2], 20)))
    folder = ProjectFolder(root)
    before = folder.load()
    lane = before.track("v1").annotation
    kept = lane.to_frames() == np.repeat([0, 1, 2], 20)
    lane = make_undecided(make_undecided(lane, 20, 30, absent=True), 50, 60)
    kept[20:30], kept[50:60] = False, True
    folder.save(set_lane(before, "v1", "annotation", lane), before)
    found = evaluate_folders(root, root, lane="prediction:m", videos=["v1"])
    assert found["n_frames"] == 50
    assert found["accuracy"] == pytest.approx(100 * kept[:50].mean())
    assert found["left_out"] == NOTHING | {"undecided_frames": 10}
    assert sum("In 10 frames of these" in note for note in found["notes"]) == 1
    # CSV says it as well, and text cannot: there they have no label.
    run(export_labels(folder, folder.load(), tmp_path / "csv", ExportChoices()))
    again = evaluate_folders(tmp_path / "csv", root, lane="prediction:m", videos=["v1"])
    assert again["accuracy"] == found["accuracy"]
    # A video of nobody alone is scored: all that is said of it is wrong.
    nobody = make_undecided(lane, 0, N, absent=True)
    folder.save(set_lane(folder.load(), "v1", "annotation", nobody))
    found = evaluate_folders(root, root, lane="prediction:m", videos=["v1"])
    assert (found["n_frames"], found["accuracy"]) == (N, 0)
    assert (found["n_segments"], found["f1@10"]) == (0, 0)


def test_nobody_in_a_training_video_is_no_figure(tmp_path: Path) -> None:
    """All but the empty picture was learnt: 0 % of it would be of nothing else."""
    labels = np.repeat([0, 1], 30)
    folder, project = recordings(tmp_path / "p")
    lane = make_undecided(as_a_person(labels), 40, N, absent=True)
    folder.save(set_lane(project, "v1", "annotation", lane))
    truth, pred = tmp_path / "truth", tmp_path / "pred"
    run(export_labels(folder, folder.load(), truth, ExportChoices(videos=("v1",))))
    write_csv(pred, {"v1": labels}, "model", lane="prediction:m")
    told = {"id": "v1", "lane": "prediction:m", "trained_on": True}
    told["trained_frames"] = [[0, 40]]
    (pred / "manifest.json").write_text(json.dumps(manifest(LABEL_MAP, [told])))
    found = evaluate_folders(truth, pred)
    assert (found["n_videos"], found["accuracy"]) == (0, None)


def test_where_all_is_fixed_nothing_is_scored(tmp_path: Path) -> None:
    truth = write_truth_csv(tmp_path / "truth", TRUTH)
    pred = write_csv(tmp_path / "pred", TRUTH, "human", lane="prediction:m")
    found = evaluate_folders(truth, pred, per_video=True)
    assert [found[k] for k in SCORES] == [None] * 5
    assert (found["n_frames"], found["per_video"]) == (0, [])
    assert "70 frames that a person had fixed" in why_nothing(found)


def test_two_people_can_be_compared(tmp_path: Path) -> None:
    """What the manifest calls an annotation is all a person's, and no prediction."""
    truth = write_truth_csv(tmp_path / "truth", TRUTH)
    other = write_truth_csv(tmp_path / "other", PRED)
    found = evaluate_folders(truth, other)
    assert found["accuracy"] == pytest.approx(100 * (36 + 25) / 70)
    assert (found["left_out"], found["notes"]) == (NOTHING, [])
    (other / "manifest.json").unlink()
    assert evaluate_folders(truth, other)["accuracy"] is None


def test_videos_that_the_model_was_trained_on_are_left_out(tmp_path: Path) -> None:
    truth = write_truth_csv(tmp_path / "truth", TRUTH)
    pred = write_pred_csv(tmp_path / "pred", PRED)
    told = [
        {"id": "01", "lane": "prediction:m", "trained_on": True},
        {"id": "S1.cam2", "lane": "prediction:m", "trained_on": False},
    ]
    (pred / "manifest.json").write_text(json.dumps(manifest(LABEL_MAP, told)))
    found = evaluate_folders(truth, pred)
    assert found["accuracy"] == pytest.approx(100 * 25 / 30)
    assert found["left_out"] == NOTHING | {"training_videos": [{"video": "01"}]}
    (pred / "manifest.json").unlink()
    found = evaluate_folders(truth, pred)
    assert found["n_videos"] == 2
    assert ["No manifest.json" in note for note in found["notes"]] == [True]


def test_accepted_prelabels_are_no_truth(tmp_path: Path) -> None:
    """Before anybody reviewed them they are what a model said."""
    folder, project = recordings(tmp_path / "p")
    label = {"v1": np.repeat([0, 1], 30), "v2": np.repeat([2, 1], 30)}
    model = Segmentation.from_frames(np.zeros(N, int), "model")
    project = painted(project, 30, 60, 1)
    project = edit_lane(project, "v1", lambda s: accept(s, model))
    project = set_lane(project, "v2", "annotation", as_a_person(label["v2"]))
    folder.save(project)
    right = {v: predicted(label[v]) for v in label}
    for video, prediction in right.items():
        save_prediction(folder.prediction_path(video, "m"), prediction)
    found = evaluate_folders(folder.root, folder.root, lane="prediction:m")
    assert (found["n_frames"], found["accuracy"]) == (60, 100)
    to_review = [{**track_of("v1"), "start": 0, "stop": 60}]
    left = {"copied_frames": 30, "mended_frames": 30, "to_review": to_review}
    assert found["left_out"] == NOTHING | left
    # The same through files: both CSVs say it.
    for kind in ("framewise-csv", "segment-csv"):
        out = tmp_path / kind
        run(export_labels(folder, project, out, ExportChoices(kind)))
        assert evaluate_folders(out, folder.root, lane="prediction:m") == found
    reviewed = edit_lane(project, "v1", lambda s: review(s, 0))
    folder.save(reviewed)
    found = evaluate_folders(folder.root, folder.root, lane="prediction:m")
    assert (found["n_frames"], found["prelabelled"]["n_frames"]) == (60, 60)
    assert found["left_out"] == NOTHING | {"prelabelled_videos": [track_of("v1")]}
    choices = ExportChoices("framewise-csv")
    run(export_labels(folder, reviewed, tmp_path / "seen", choices))
    assert (
        evaluate_folders(tmp_path / "seen", folder.root, lane="prediction:m") == found
    )


FLAGS = st.lists(st.booleans(), min_size=30, max_size=30)
CLASSES = st.lists(st.integers(0, 2), min_size=30, max_size=30)


@settings(max_examples=examples(40), deadline=None)
@given(CLASSES, CLASSES, CLASSES, FLAGS)
def test_what_a_person_fixed_never_counts(
    tmp_path_factory: pytest.TempPathFactory,
    truth: list[int],
    pred: list[int],
    other: list[int],
    flags: list[bool],
) -> None:
    """Right or wrong, fixed frames change no figure; the others count as they were."""
    home = tmp_path_factory.mktemp("fixed")
    fixed, true, said = np.array(flags), np.array(truth), np.array(pred)
    write_truth_csv(home / "truth", {"a": true, "b": true})
    found = []
    for name, labels in (("right", true), ("wrong", (true + 1) % 3)):
        values = {"a": np.where(fixed, labels, said), "b": np.array(other)}
        folder = write_pred_csv(home / name, values)
        value = with_sources(Segmentation.from_frames(values["a"], "model"), fixed)
        text = framewise_csv(value, LABEL_MAP, FrameTimes.even(30, 25))
        (folder / "a.csv").write_text(text)
        (folder / "a.segments.csv").unlink()
        found.append(evaluate_folders(home / "truth", folder))
    assert found[0] == found[1]
    b = np.array(other) == true
    hits = ((said == true) & ~fixed).sum() + b.sum()
    assert found[0]["accuracy"] == pytest.approx(100 * hits / (60 - fixed.sum()))
    if fixed.any():
        alone = evaluate_folders(home / "truth", folder, videos=["b"])
        assert {k: found[0][k] for k in SCORES[1:]} == {k: alone[k] for k in SCORES[1:]}


# -- projects -----------------------------------------------------------------------


def recordings(root: Path) -> tuple[ProjectFolder, Project]:
    """A project of two recordings without a video file, which can be exported."""
    folder, project = make_project(root)
    videos = tuple(changed(v, path="") for v in project.tracks)
    return folder, replace(project, tracks=videos)


def as_a_person(labels: np.ndarray) -> Segmentation:
    return Segmentation.from_frames(labels, "human")


def predicted(labels: np.ndarray, **known: Any) -> Prediction:
    """A prediction of three classes, by default nothing fixed and nothing learnt."""
    known = {"fixed": np.zeros(len(labels), bool), "trained_on": False} | known
    return Prediction(
        np.eye(3, dtype=np.float32)[labels],
        np.arange(3),
        Segmentation.from_frames(labels, "model"),
        **known,
    )


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """A saved project whose v1 is labelled and predicted as told."""

    def make(*predictions: Prediction, name: str = "p") -> Path:
        folder, project = recordings(tmp_path / name)
        for video, prediction in zip(("v1", "v2"), predictions, strict=False):
            truth = as_a_person(np.repeat([0, 1, 2], 20))
            project = set_lane(project, video, "annotation", truth)
            save_prediction(folder.prediction_path(video, "m"), prediction)
        folder.save(project)
        return folder.root

    return make


def model(folder: ProjectFolder, **known: Any) -> str:
    """Write what a model without weights says of itself; return its key."""
    info = described("m", dict(enumerate(NAMES)), weights_sha256="ab" * 32, **known)
    path = folder.model_dir("m")
    path.mkdir(parents=True)
    (path / "model.json").write_text(to_json(info), encoding="utf-8")
    return info.key


def agreed(labels: np.ndarray) -> Segmentation:
    """A lane whose every pre-label a person agreed with."""
    made = Segmentation.from_frames(labels, "model").segments
    return Segmentation(tuple(s.as_reviewed() for s in made))


def test_who_agrees_with_a_model_gives_it_no_figure(
    project: Callable[..., Path], tmp_path: Path
) -> None:
    """Agree with every pre-label: it said 100, where 82.6 was true."""
    wrong = np.repeat([0, 2, 1, 2], [20, 10, 10, 20])
    root = project(predicted(wrong), predicted(wrong))
    folder = ProjectFolder(root)
    before = folder.load()
    after = before
    for video in ("v1", "v2"):
        after = set_lane(after, video, "annotation", agreed(wrong))
    folder.save(after, before)
    run(export_labels(folder, after, tmp_path / "t", ExportChoices("framewise-csv")))
    for truth in (root, tmp_path / "t"):
        found = evaluate_folders(truth, root, lane="prediction:m")
        assert [found[name] for name in SCORES] == [None] * 5
        assert "prelabelled" not in found
        assert why_nothing(found) == (
            "Nothing is left to score; left out: 2 videos whose labels began as "
            "pre-labels that a person agreed with: v1, v2."
        )
    # Beside a video that a person labelled from nothing they are a line of their own.
    folder.save(set_lane(after, "v2", "annotation", as_a_person(wrong[::-1])), after)
    found = evaluate_folders(root, root, lane="prediction:m")
    right = 100 * float((wrong == wrong[::-1]).mean())
    assert (found["accuracy"], found["n_frames"]) == (pytest.approx(right), N)
    told = {k: found["prelabelled"][k] for k in ("accuracy", "edit", "n_frames")}
    assert told == {"accuracy": 100, "edit": 100, "n_frames": N}


def test_what_a_person_corrected_is_no_figure_by_itself(
    project: Callable[..., Path],
) -> None:
    """What is corrected is what the model had wrong: 0 % of it."""
    root = project(predicted(np.repeat([0, 1, 1], 20)))
    folder = ProjectFolder(root)
    before = folder.load()
    lane = paint(agreed(np.repeat([0, 1, 1], 20)), 40, 60, 2)
    folder.save(set_lane(before, "v1", "annotation", lane), before)
    found = evaluate_folders(root, root, lane="prediction:m", videos=["v1"])
    assert found["accuracy"] is None
    assert found["left_out"]["prelabelled_videos"] == [track_of("v1")]


def test_mended_places_of_a_copied_prelabel_give_no_figure_but_a_stretch_does(
    project: Callable[..., Path],
) -> None:
    """It said accuracy 0.00 of 2 segments; 53 of the 60 frames are right."""
    said = np.repeat(np.arange(20) % 3, 3)
    root = project(predicted(said), predicted(said))
    folder = ProjectFolder(root)
    before = folder.load()
    copied = accept(Segmentation.unlabelled(N), Segmentation.from_frames(said, "model"))
    lane = move_boundary(relabel(relabel(copied, 4, 2), 15, 1), 9, 31)
    project_ = set_lane(before, "v1", "annotation", lane)
    folder.save(project_, before)
    alone = evaluate_folders(root, root, lane="prediction:m", videos=["v1"])
    assert [alone[name] for name in SCORES] == [None] * 5
    assert alone["left_out"]["mended_frames"] == 6
    # Who reads on, and reviews what is named, has a figure of it.
    asked = re.search("review frames (\\d+) to (\\d+) of v1", why_nothing(alone))
    assert asked is not None
    start, last = map(int, asked.groups())
    there = range(lane.index_at(start), lane.index_at(last) + 1)
    after = set_lane(project_, "v1", "annotation", review_all(lane, there))
    folder.save(after, project_)
    found = evaluate_folders(root, root, lane="prediction:m")
    true = lane.to_frames()[start : last + 1]
    right = 100 * float((said[start : last + 1] == true).mean())
    assert 80 < right < 100
    assert found["prelabelled"]["n_frames"] == len(true) < N
    assert found["prelabelled"]["accuracy"] == pytest.approx(right)
    (place,) = found["left_out"]["to_review"]
    assert place == {**track_of("v1"), "start": last + 1, "stop": N}


def test_undecided_is_not_never_labelled(project: Callable[..., Path]) -> None:
    """U wherever the model differs: it was told as frames without a true label."""
    root = project(predicted(np.repeat([0, 1, 2], 20)))
    folder = ProjectFolder(root)
    before = folder.load()
    lane = make_undecided(before.track("v1").annotation, 20, 30)
    lane = paint(lane, 50, 60, None)
    folder.save(set_lane(before, "v1", "annotation", lane), before)
    found = evaluate_folders(root, root, lane="prediction:m", videos=["v1"])
    counts = {"undecided_frames": 10, "unlabelled_frames": 10}
    assert found["left_out"] == NOTHING | counts
    assert "10 frames that a person left undecided" in LeftOut(**counts).in_words()
    assert ["all of these figures are too high" in note for note in found["notes"]] == [
        True
    ]


def test_a_video_that_was_learnt_from_without_labels_is_not_scored(
    project: Callable[..., Path], tmp_path: Path
) -> None:
    labels = np.repeat([0, 1, 2], 20)
    key = model(ProjectFolder(tmp_path / "p"), videos=["v0"], unlabelled=["v1"])
    root = project(predicted(labels, model_key=key), predicted(labels, model_key=key))
    folder = ProjectFolder(root)
    found = evaluate_folders(root, root, lane="prediction:m")
    # The two recordings have one fingerprint: a copy is known under any name.
    assert found["left_out"] == NOTHING | {
        "learnt_videos": [track_of("v1"), track_of("v2")]
    }
    assert "that the model was trained on without labels" in why_nothing(found)
    lane = ExportChoices("framewise-csv", lane="prediction:m")
    project_ = with_predicted(folder, folder.load(), ["prediction:m"])
    run(export_labels(folder, project_, tmp_path / "out", lane))
    assert evaluate_folders(root, tmp_path / "out") == found


def test_another_video_of_a_person_of_the_training_is_no_stranger(
    project: Callable[..., Path], tmp_path: Path
) -> None:
    """ben-1 was trained on: ben-2 was scored 89.1 in silence, strangers 79.2."""
    right, wrong = np.repeat([0, 1, 2], 20), np.repeat([0, 2, 2], 20)
    folder = ProjectFolder(tmp_path / "p")
    key = model(folder, videos=["v0"], people=["ben"])
    root = project(predicted(right, model_key=key), predicted(wrong, model_key=key))
    found = evaluate_folders(root, root, lane="prediction:m")
    assert (found["n_videos"], found["accuracy"]) == (2, pytest.approx(500 / 6))
    assert "known_people" not in found
    assert [n for n in found["notes"] if "Nobody is named in 2 of the videos sco" in n]
    name_people(root, {"v1": "ben", "v2": "eva"})
    found = evaluate_folders(root, root, lane="prediction:m")
    assert (found["n_videos"], found["accuracy"]) == (1, pytest.approx(200 / 3))
    known = found["known_people"]
    assert (known["n_videos"], known["accuracy"], known["people"]) == (1, 100, ["ben"])
    assert not found["notes"]
    said = done("evaluate", root, "--lane", "prediction:m")
    assert "known people: 1 video, 60 frames, 3 segments, other videos of peop" in said
    # An export says it, too.
    lane = ExportChoices("framewise-csv", lane="prediction:m")
    project_ = with_predicted(folder, folder.load(), ["prediction:m"])
    run(export_labels(folder, project_, tmp_path / "out", lane))
    assert evaluate_folders(root, tmp_path / "out") == found
    # Where there are no strangers, it is said what the figure is of.
    found = evaluate_folders(root, root, lane="prediction:m", videos=["v1"])
    assert (found["accuracy"], found["n_videos"]) == (100, 1)
    assert "(ben); the figures say nothing about other people" in found["notes"][0]


def test_labels_of_a_figure_that_nobody_knows_give_no_figure(
    project: Callable[..., Path],
) -> None:
    """A prediction of before is of anyone, once a second person is named."""
    labels = np.repeat([0, 1, 2], 20)
    root = project(predicted(labels), predicted(labels))
    done("people", root, "v1", "--name", "anna")
    done("people", root, "v1", "--add", "ben")
    found = evaluate_folders(root, root, lane="prediction:m")
    assert found["n_videos"] == 1
    of_ben = {"unlabelled_frames": 60}
    assert found["left_out"] == NOTHING | of_ben | {
        "bodiless_videos": [track_of("v1") | {"person": "anna"}]
    }
    found = evaluate_folders(root, root, lane="prediction:m", videos=["v1"])
    assert "go to the person and click the figure" in why_nothing(found)
    folder = ProjectFolder(root)
    before = folder.load()
    pick = SubjectPick(0, 1.0, 1.0)
    folder.save(pick_subject(before, before.track("v1").id, pick), before)
    found = evaluate_folders(root, root, lane="prediction:m")
    assert (found["n_videos"], found["left_out"]) == (2, NOTHING | of_ben)


def test_who_is_in_a_video_may_be_said_after_the_training(
    project: Callable[..., Path], tmp_path: Path
) -> None:
    labels = np.repeat([0, 1, 2], 20)
    key = model(ProjectFolder(tmp_path / "p"), videos=["v1"])
    root = project(predicted(labels, model_key=key, trained_on=True), predicted(labels))
    save_prediction(
        ProjectFolder(root).prediction_path("v2", "m"), predicted(labels, model_key=key)
    )
    name_people(root, {"v2": "ben"})
    found = evaluate_folders(root, root, lane="prediction:m")
    (note,) = found["notes"]
    assert note.startswith("Nobody is named in 1 of the videos that the model was tra")
    name_people(root, {"v1": "ben"})
    found = evaluate_folders(root, root, lane="prediction:m")
    (note,) = found["notes"]
    assert "show people that the model was trained on (ben)" in note


def test_a_half_labelled_film_is_scored_where_it_was_not_trained_on(
    project: Callable[..., Path], tmp_path: Path
) -> None:
    """Half of it labelled and trained on, then the rest: there was no figure."""
    said = np.repeat([0, 1, 2, 1], [20, 20, 15, 5])
    runs = {"v1": [[0, 35]]}
    folder = ProjectFolder(tmp_path / "p")
    key = model(folder, videos=["v1"], trained_frames=runs)
    root = project(predicted(said, model_key=key, trained_on=True))
    found = evaluate_folders(root, root, lane="prediction:m", videos=["v1"])
    # The segment that training had the beginning of is out as a whole.
    assert found["left_out"] == NOTHING | {"training_frames": 40}
    assert (found["n_frames"], found["n_segments"]) == (20, 1)
    assert found["accuracy"] == 75
    lane = ExportChoices("framewise-csv", lane="prediction:m", videos=["v1"])
    project_ = with_predicted(folder, folder.load(), ["prediction:m"])
    run(export_labels(folder, project_, tmp_path / "out", lane))
    assert evaluate_folders(root, tmp_path / "out", videos=["v1"]) == found
    text = (tmp_path / "out" / "manifest.json").read_text(encoding="utf-8")
    (tmp_path / "out" / "manifest.json").write_text(text.replace("35", '"x"'))
    with pytest.raises(FormatError, match="is damaged"):
        evaluate_folders(root, tmp_path / "out", videos=["v1"])


def test_a_lane_of_a_project(project: Callable[..., Path], tmp_path: Path) -> None:
    labels = np.repeat([0, 2, 1, 2], [20, 10, 10, 20])
    root = project(predicted(labels))
    found = evaluate_folders(root, root, lane="prediction:m")
    assert found["accuracy"] == pytest.approx(100 * 50 / 60)
    assert found["left_out"] == NOTHING | {"unlabelled_frames": N}
    # Mixed with files, on either side.
    files = write_csv(tmp_path / "t", {"v1": np.repeat([0, 1, 2], 20)}, kinds="s")
    text = (files / "v1.segments.csv").read_text()
    for old, new in zip(NAMES, "abc", strict=True):
        text = text.replace(old, new)
    (files / "v1.segments.csv").write_text(text)
    mixed = evaluate_folders(files, root, lane="prediction:m", videos=["v1"])
    assert {k: mixed[k] for k in SCORES} == {k: found[k] for k in SCORES}
    with pytest.raises(ProjectError, match="same labels"):
        evaluate_folders(root, root, lane="annotation")
    unfit = project(predicted(labels[:-1]), name="unfit")
    with pytest.raises(ProjectError, match="The prediction of m for v1 "):
        evaluate_folders(unfit, unfit)
    with pytest.raises(
        ProjectError, match=r"lane 'prediction:x', only .* prediction:m;"
    ):
        evaluate_folders(root, root, lane="prediction:x")
    only = evaluate_folders(root, root)
    assert only.pop("notes") == [
        "prediction:m is scored, the only prediction there is."
    ]
    assert only == {k: v for k, v in found.items() if k != "notes"}
    other = ProjectFolder(root).prediction_path("v1", "n")
    save_prediction(other, predicted(labels))
    with pytest.raises(
        ProjectError, match=r"one with --lane: prediction:m, prediction:n\."
    ):
        evaluate_folders(root, root)
    other.unlink()
    with pytest.raises(ProjectError, match="not a truth"):
        evaluate_folders(root, root, lane="annotation", truth_lane="prediction:m")
    with pytest.raises(ProjectError, match="is not a project"):
        evaluate_folders(root, files, lane="prediction:m")
    with pytest.raises(ProjectError, match="video 'v9'"):
        evaluate_folders(root, root, lane="prediction:m", videos=["v9"])


def test_predictions_of_two_models_of_one_name_are_noticed(
    project: Callable[..., Path],
) -> None:
    labels = np.repeat([0, 1, 2], 20)
    root = project(*(predicted(labels, model_key=key) for key in ("old", "new")))
    found = evaluate_folders(root, root, lane="prediction:m")
    assert any("2 different models" in note for note in found["notes"])


def test_a_score_does_not_hide_labels_that_are_gone(
    project: Callable[..., Path],
) -> None:
    labels = np.repeat([0, 1, 2], 20)
    root = project(predicted(labels), predicted(labels))
    ProjectFolder(root).labels_path("v2").unlink()
    with pytest.raises(ProjectError, match="label file of v2 is missing"):
        evaluate_folders(root, root, lane="prediction:m")


def test_tables_of_others_are_read_and_what_they_lack_is_said(tmp_path: Path) -> None:
    """No sources, and no row for what is unlabelled."""
    truth, pred = tmp_path / "truth", tmp_path / "pred"
    truth.mkdir()
    pred.mkdir()
    (truth / "a.csv").write_text("start_frame,stop_frame,label\n2,6,walk\n")
    names = ["sit", "walk", "walk", "walk", "walk", "sit", "sit", "sit"]
    rows = [f"{n},{name}" for n, name in enumerate(names)]
    (pred / "a.csv").write_text("\n".join(["frame,label", *rows]) + "\n")
    found = evaluate_folders(truth, pred)
    assert (found["accuracy"], found["n_frames"]) == (75, 4)
    assert found["left_out"] == NOTHING | {"unlabelled_frames": 4}
    assert len(found["notes"]) == 2
    assert "without a column 'source'" in found["notes"][0]
    assert "No manifest.json" in found["notes"][1]
    # A prediction that ends too early is wrong there; a truth is unlabelled.
    (pred / "a.csv").write_text("start_frame,stop_frame,label\n0,4,walk\n")
    assert evaluate_folders(truth, pred)["accuracy"] == 50


def test_two_files_of_a_video_must_agree(tmp_path: Path) -> None:
    truth = write_truth_csv(tmp_path / "truth", TRUTH)
    pred = write_pred_csv(tmp_path / "pred", PRED)
    other = write_pred_csv(tmp_path / "other", TRUTH)
    (pred / "01.segments.csv").write_bytes((other / "01.segments.csv").read_bytes())
    with pytest.raises(FormatError, match="have different labels of 01"):
        evaluate_folders(truth, pred)


@pytest.mark.parametrize(
    ("rule", "published"), [("tcn", "colincsl"), ("ms-tcn++", "mstcn2")]
)
def test_conventions_agree_with_published_code(
    tmp_path: Path, rule: str, published: str
) -> None:
    """Video by video; the figures of Lea et al. over all are the means of these."""
    pairs = json.loads((REFERENCE / "metrics_pairs.json").read_text())
    references = {}
    for side in ("truth", "pred"):
        (tmp_path / side).mkdir()
    for n, pair in enumerate(pairs["pairs"]):
        ref = pair["ref"].get(f"{published}_bg", {"error": "not run"})
        labels = [
            [f"c{c}" for c, length in pair[key] for _ in range(length)]
            for key in ("gt", "pred")
        ]
        if "error" in ref or ref["edit"] == "nan" or len({*map(len, labels)}) > 1:
            continue
        references[f"v{n}"] = ref
        for side, names in zip(("truth", "pred"), labels, strict=True):
            (tmp_path / side / f"v{n}.txt").write_text("\n".join(names) + "\n")
    folders = tmp_path / "truth", tmp_path / "pred"
    found = evaluate_folders(
        *folders, convention=rule, background=["c0"], per_video=True
    )
    columns = {"edit": "edit"} | {f"f1@{round(100 * k)}": f"f1@{k}" for k in OVERLAPS}
    by_video = {one["video"]: one for one in found["per_video"]}
    assert by_video.keys() == references.keys()
    assert len(references) > 50
    for video, ref in references.items():
        for ours, theirs in columns.items():
            figure = by_video[video][ours]
            assert figure == pytest.approx(ref[theirs], abs=1e-9), video
    if rule == "tcn":
        for ours, theirs in columns.items():
            mean = np.mean([ref[theirs] for ref in references.values()])
            assert found[ours] == pytest.approx(mean)

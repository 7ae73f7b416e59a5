"""The task that measures a model, on a project of poses, and what its files keep."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skelseg_core.config import Preset, from_dict, load_preset
from skelseg_core.errors import ModelError, ProjectError
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.labels.bulk_edits import make_undecided
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint, relabel
from skelseg_core.labels.prediction import load_prediction
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.learning import self_training
from skelseg_core.learning.cross_fit import STEPS
from skelseg_core.learning.data import Sample
from skelseg_core.learning.model_info import FIGURES, load_info, save_info, to_json
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.project_edits import add_video, set_lane
from skelseg_core.tasks import measure_model
from skelseg_core.tasks.measure_model import measure, still_unlabelled
from skelseg_core.tasks.predict import predict
from skelseg_core.tasks.train import train, unreviewed_frames
from tests.models import described
from tests.poses_only import CLASSES, item, waving
from tests.projects import changed, name_people

N = 160
SMALL: Mapping[str, Any] = {
    "model": {
        "modalities": ["keypoints"],
        "n_features": 8,
        "n_prediction_layers": 3,
        "n_refinement_layers": 2,
        "n_refinement_stages": 0,
        "standardise": False,
    },
    "train": {"epochs": 3, "fusion_epochs": 1, "min_steps": 0},
}


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    """Three recordings of 160 frames, all labelled; the last by a model alone."""
    folder, project = create_project(
        tmp_path / "p", label_map_from_names(CLASSES), "lcrnet15"
    )
    before, ids = project, project.label_map.ids
    for number, name in enumerate(("a", "b", "c")):
        labels = np.repeat([ids[0], ids[1], ids[0], ids[2]], N // 4)
        project = add_video(project, item(name, np.roll(labels, 7 * number)))
        poses = waving(N, 6 + 2 * number)
        save_poses(folder.poses_path(name), poses, f"poses-{name}")
    said = tuple(
        Segment(s.start, s.stop, s.class_id, "model")
        for s in project.track("c").annotation.segments
    )
    project = set_lane(project, "c", ANNOTATION, Segmentation(said))
    folder.save(project, before)
    return folder


def trained(folder: ProjectFolder, name: str = "m") -> Path:
    run(train(str(folder.root), name, SMALL, threads=1))
    return folder.model_dir(name)


def measured(folder: ProjectFolder) -> Mapping[str, Any]:
    trained(folder)
    held: Mapping[str, Any] = run(measure(str(folder.root), "m", threads=1))["held_out"]
    return held


def test_a_training_says_nothing_of_what_it_is_worth(folder: ProjectFolder) -> None:
    result = run(train(str(folder.root), "m", SMALL, threads=1))
    assert "metrics" not in result
    info = load_info(folder.model_dir("m"))
    assert not info.measured
    assert info.held_out == {}
    assert info.temperature == 1
    assert info.metrics["train_s"] >= 0
    assert info.counted is not None
    assert info.counted.counts.sum() == 3 + 4  # of the two that a person labelled


def test_what_a_model_labelled_and_nobody_saw_is_no_score(
    folder: ProjectFolder,
) -> None:
    held = measured(folder)
    assert (held["n_videos"], held["n_frames"], held["folds"]) == (2, 2 * N, 2)
    info = load_info(folder.model_dir("m"))
    assert info.videos == ("a", "b")
    assert info.measured
    assert info.held_out == held
    # By class and by what they were taken for, the same frames again.
    names = folder.load().label_map.names
    frames = dict(zip(names, (N, N // 2, N // 2), strict=True))
    right = sum(held["by_class"][n] * frames[n] / 100 for n in names)
    assert right == pytest.approx(held["accuracy"] / 100 * 2 * N, abs=0.1)
    wrong = sum(one["n_frames"] for one in held["confused"])
    assert wrong == pytest.approx(2 * N - right, abs=0.1)
    for one in held["confused"]:
        assert one["label"] != one["said"]
        places = [at["stop"] - at["start"] for at in one["places"]]
        assert places == sorted(places, reverse=True)
        assert 0 < sum(places) <= one["n_frames"]
    assert "each of its 2 videos was left out in turn" in info.worth
    assert not (folder.root / ".training").exists() or not list(
        (folder.root / ".training").iterdir()
    )


def test_what_is_said_of_nobody_is_wrong_where_a_model_is_measured(
    folder: ProjectFolder,
) -> None:
    before = folder.load()
    lane = make_undecided(before.track("a").annotation, 40, 80, absent=True)
    folder.save(set_lane(before, "a", ANNOTATION, lane), before)
    held = measured(folder)
    assert held["n_frames"] == 2 * N
    assert held["by_video"]["a"] <= 100 * 120 / N
    # Nothing of it was learnt.
    info = load_info(folder.model_dir("m"))
    assert info.trained_frames["a"] == [(0, 40), (80, N)]


def test_what_nobody_looked_at_teaches_nothing(folder: ProjectFolder) -> None:
    """Pre-labels that were accepted and that nobody saw became "trained on 1 video"."""
    with pytest.raises(ProjectError, match="160 frames labelled by a model"):
        run(train(str(folder.root), "m", SMALL, videos=["c"], threads=1))
    result = run(train(str(folder.root), "m", SMALL, threads=1))
    assert result["videos"] == ["a", "b"]
    # It is there to be learnt from as a video without labels is.
    assert result["unlabelled"] == ["c"]
    assert unreviewed_frames(folder.load().tracks) == N, "the form says as many"
    assert (result["unreviewed_frames"], result["left_out_frames"]) == (0, N)


def test_who_mends_a_copied_prelabel_teaches_what_is_around_it(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It learnt the mended places alone, the errors, and scored itself by them."""
    before = folder.load()
    lane = before.track("c").annotation
    changed = relabel(lane, 2, before.label_map.ids[1])
    assert 0 < changed.reviewed_labels.n_labelled < N
    folder.save(set_lane(before, "c", ANNOTATION, changed), before)
    seen: list[dict[str, int]] = []
    real = self_training.train

    def training(samples: Sequence[Sample], *args: Any, **more: Any) -> Any:
        seen.append({s.name: int((s.labels >= 0).sum()) for s in samples})
        return real(samples, *args, **more)

    monkeypatch.setattr(self_training, "train", training)
    held = measured(folder)
    # The figure is of the same labels as the model, and of no mended place.
    assert seen == [{"a": N, "b": N, "c": N}, {"b": N, "c": N}, {"a": N, "c": N}]
    assert list(held["by_video"]) == ["a", "b"]
    assert held["n_frames"] == 2 * N
    info = load_info(folder.model_dir("m"))
    assert "2 of its 3 videos were left out in turn" in info.worth
    n_unseen = N - changed.reviewed_labels.n_labelled
    assert info.metrics["unreviewed_frames"] == n_unseen, "the model says so"
    # Of mended places alone there is no figure, and it says why.
    project = folder.load()
    for video in ("a", "b"):
        project = set_lane(project, video, ANNOTATION, changed)
    folder.save(project, folder.load())
    held = run(measure(str(folder.root), "m", threads=1))["held_out"]
    assert held["how"] == "not measured"
    assert "single places that a person changed among them, do not count" in held["why"]


def test_what_is_held_out_does_not_depend_on_how_long_a_training_took(
    folder: ProjectFolder,
) -> None:
    """On a busy computer one video alone was scored, the longest."""
    path = trained(folder)
    info = load_info(path)
    took = dataclasses.replace(info, metrics={**info.metrics, "train_s": 9_000.0})
    save_info(path, took)
    held = run(measure(str(folder.root), "m", threads=1))["held_out"]
    assert (held["how"], held["n_videos"], held["n_labelled"]) == ("videos", 2, 2)
    assert held["n_segments"] == 4 + 5
    assert sorted(held["by_video"]) == ["a", "b"]
    worst, best = sorted(held["by_video"].values())
    assert (round(held["low"], 2), round(held["high"], 2)) == (worst, best)


def agreed_with(folder: ProjectFolder, *videos: str) -> None:
    """Let a person agree with every pre-label of some videos."""
    before = after = folder.load()
    for video in videos:
        lane = before.track(video).annotation
        said = [replace(s, source="model").as_reviewed() for s in lane.segments]
        after = set_lane(after, video, ANNOTATION, Segmentation(tuple(said)))
    folder.save(after, before)


def test_labels_that_began_as_pre_labels_are_in_no_strangers_figure(
    folder: ProjectFolder,
) -> None:
    agreed_with(folder, "b", "c")
    held = measured(folder)
    assert (held["n_videos"], held["n_frames"], held["n_labelled"]) == (1, N, 3)
    assert held["accuracy"] == pytest.approx(held["by_video"]["a"], abs=0.01)
    assert "low" not in held
    agreed = held["prelabelled"]
    assert (agreed["n_videos"], agreed["n_frames"]) == (2, 2 * N)
    worth = load_info(folder.model_dir("m")).worth
    assert "right where 1 of its 3 videos was left out" in worth
    assert (
        "2 videos whose labels began as pre-labels, so the figure is too high" in worth
    )


def test_where_all_labels_began_as_pre_labels_there_is_no_figure(
    folder: ProjectFolder,
) -> None:
    agreed_with(folder, "a", "b", "c")
    held = measured(folder)
    assert held["how"] == "not measured"
    assert "All labels of the 3 videos began as pre-labels" in held["why"]
    assert not load_info(folder.model_dir("m")).measured


def test_a_model_knows_which_frames_of_a_half_labelled_film_it_saw(
    folder: ProjectFolder,
) -> None:
    before = folder.load()
    half = paint(before.track("a").annotation, 60, 160, None)
    folder.save(set_lane(before, "a", ANNOTATION, half), before)
    assert load_info(trained(folder)).trained_frames == {"a": [(0, 60)]}


def test_it_leaves_the_weights_and_the_annotation_as_they_are(
    folder: ProjectFolder,
) -> None:
    path = trained(folder) / "model.safetensors"
    weights, before = path.read_bytes(), folder.load()
    run(measure(str(folder.root), "m", threads=1))
    assert path.read_bytes() == weights
    assert folder.load() == before


def test_cancelled_it_leaves_the_model_not_measured_and_can_go_on(
    folder: ProjectFolder,
) -> None:
    path = trained(folder)
    before = (path / "model.json").read_bytes()
    task = measure(str(folder.root), "m", threads=1)
    for seen in task:
        if seen.done > 0.7 * STEPS:
            break
    task.close()
    assert (path / "model.json").read_bytes() == before
    state = folder.root / ".training" / "m" / "measured"
    assert (state / "part-1.npz").is_file()
    assert run(predict(str(folder.root), "a", "m", threads=1))["n_segments"] > 0
    run(measure(str(folder.root), "m", threads=1))
    assert load_info(path).measured
    assert not state.exists()


def test_the_skeleton_alone_is_measured_on_the_same_parts_and_the_better_is_said(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = from_dict(Preset, SMALL, "small")
    longer = replace(small, train=replace(small.train, epochs=4))
    # As if the recipe of the model saw pictures.
    monkeypatch.setattr(measure_model, "skeleton_recipe", lambda *_: longer)
    trained(folder)
    seen: list[float] = []
    task = measure(str(folder.root), "m", threads=1)
    while True:
        try:
            now = next(task)
        except StopIteration as end:
            held = end.value["held_out"]
            break
        seen.append(now.whole or 0.0)
    assert seen == sorted(seen)
    assert set(held["skeleton"]) == {"recipe", "by_video", *FIGURES}
    worth = load_info(folder.model_dir("m")).worth
    assert f"without them has {held['skeleton']['accuracy']:.1f} %." in worth


def test_a_skeleton_that_cannot_be_learnt_from_costs_the_comparison_alone(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of a stranger's skeleton, which this recipe refuses.
    solid = replace(
        from_dict(Preset, SMALL, "small"),
        model=replace(
            from_dict(Preset, SMALL, "small").model, modalities=("keypoints3d",)
        ),
    )
    monkeypatch.setattr(measure_model, "skeleton_recipe", lambda *_: solid)
    held = measured(folder)
    assert "accuracy" in held
    assert "skeleton" not in held


def test_a_model_of_before_is_one_of_which_nobody_is_named(
    folder: ProjectFolder,
) -> None:
    path = trained(folder) / "model.json"
    values = json.loads(path.read_text())
    for name in ("people", "trained_frames", "unlabelled"):
        del values[name]
    path.write_text(json.dumps(values))
    assert load_info(path.parent).people == ()


def test_the_skeleton_is_asked_where_pictures_are_seen_and_there_are_poses(
    folder: ProjectFolder,
) -> None:
    items = folder.load().tracks
    ask = measure_model.skeleton_recipe
    for name in ("rgb-paper", "hands", "fusion-paper"):
        assert ask(folder, load_preset(name), items) == load_preset("keypoints")
    for name in ("keypoints", "heatmap-paper", "heatmap"):
        assert ask(folder, load_preset(name), items) is None
    folder.poses_path("b").unlink()
    assert ask(folder, load_preset("rgb-paper"), items) is None


def test_people_who_are_not_named_are_said(folder: ProjectFolder) -> None:
    name_people(folder.root, {"a": "ann"})
    held = measured(folder)
    assert (held["by"], held["n_people"], held["n_unnamed"]) == ("people", 2, 1)
    info = load_info(folder.model_dir("m"))
    assert info.people == ("ann",)
    assert "Nobody is named in 1 video: each counts as another person." in info.worth


def test_a_model_that_was_replaced_meanwhile_keeps_its_own_figures(
    folder: ProjectFolder,
) -> None:
    path = trained(folder)
    info = load_info(path)
    other = dataclasses.replace(info, weights_sha256="0" * 64)
    (path / "model.json").write_text(to_json(other), encoding="utf-8")
    with pytest.raises(ModelError, match="has another model now"):
        save_info(path, dataclasses.replace(info, temperature=0.5))
    assert load_info(path) == other


def test_a_prediction_is_as_sure_as_it_was_measured_to_be(
    folder: ProjectFolder,
) -> None:
    path = trained(folder)
    before = folder.load()
    free = Segmentation((Segment(0, N),))
    folder.save(set_lane(before, "a", ANNOTATION, free), before)
    run(predict(str(folder.root), "a", "m", threads=1))
    plain = load_prediction(folder.prediction_path("a", "m"))
    save_info(path, dataclasses.replace(load_info(path), temperature=0.5))
    run(predict(str(folder.root), "a", "m", threads=1))
    sure = load_prediction(folder.prediction_path("a", "m"))
    assert sure.segmentation.to_frames().tolist() == (
        plain.segmentation.to_frames().tolist()
    )
    squares = plain.probabilities**2
    wanted = squares / squares.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(sure.probabilities, wanted, atol=2e-3)


# -- what model.json says -----------------------------------------------------------


def test_figures_that_nobody_can_have_measured_are_refused(
    folder: ProjectFolder,
) -> None:
    path = trained(folder) / "model.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    figures = dict.fromkeys(FIGURES, 90.0)
    good = {**figures, "n_videos": 1, "n_frames": 9, "folds": 1}
    path.write_text(json.dumps({**raw, "held_out": good}), encoding="utf-8")
    assert load_info(path.parent).measured
    wrong: list[dict[str, Any]] = [
        {"temperature": 0.0},
        {"temperature": "warm"},
        {"temperature": 90},
        {"held_out": []},
        {"held_out": {**good, "accuracy": 101}},
        {"held_out": {**good, "accuracy": "all"}},
        {"held_out": {**good, "n_videos": 0}},
        {"held_out": {"accuracy": 90}},
        {"transitions": {"counts": [[0]], "seconds": [1]}},
        {"doubtful": [{"video": "a"}]},
        {"doubtful": {}},
    ]
    for values in wrong:
        path.write_text(json.dumps({**raw, **values}), encoding="utf-8")
        with pytest.raises(ModelError, match=r"model\.json"):
            load_info(path.parent)


def test_corrections_of_an_earlier_models_pre_labels_are_counted(
    folder: ProjectFolder,
) -> None:
    root = str(folder.root)
    run(train(root, "first", SMALL, ("a",), threads=1))
    for video in ("a", "b"):
        run(predict(root, video, "first", threads=1, free=True))
    trained(folder)
    held = run(measure(root, "m", threads=1, previous="first"))["held_out"]
    against = held["against"]
    # Of what it was trained on, the first model's pre-labels are no pre-labels.
    assert (against["model"], against["n_videos"]) == ("first", 1)
    project = ProjectFolder(folder.root).load()
    truth = project.track("b").annotation
    said = load_prediction(
        folder.prediction_path("b", "first")
    ).segmentation.to_frames()
    wrong = [
        s
        for s in truth.segments
        if (said[s.start : s.stop] == s.class_id).sum() * 2 <= len(s)
    ]
    assert against["made"] == len(wrong)
    assert 0 <= against["fixed"] <= against["made"]
    assert against["broken"] <= len(truth) - len(wrong)
    assert load_info(folder.model_dir("m")).held_out["against"] == against


def test_a_model_that_pre_labelled_nothing_is_not_compared(
    folder: ProjectFolder,
) -> None:
    trained(folder)
    held = run(measure(str(folder.root), "m", threads=1, previous="gone"))["held_out"]
    assert "against" not in held


def test_no_copy_of_a_video_that_is_scored_is_learnt_from_unlabelled() -> None:
    scored, copy, other = (
        changed(item(name, np.full(40, -1)), fingerprint=of)
        for name, of in (("a", "file-1"), ("b", "file-1"), ("c", ""))
    )
    info = described("m", unlabelled=("a", "b", "c"))
    found = still_unlabelled((scored, copy, other), info, [scored])
    assert [v.id for v in found] == ["c"]

"""What a training is worth: nothing is scored by who has seen it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.config import ModelConfig, Preset, TrainConfig
from skelseg_core.labels.transitions import count_transitions
from skelseg_core.learning import cross_fit as module
from skelseg_core.learning import self_training
from skelseg_core.learning.cross_fit import (
    LEAST_VIDEOS,
    STEPS,
    CrossFit,
    HeldOutScores,
    cross_fit,
    summed_up,
)
from skelseg_core.learning.data import Sample
from skelseg_core.learning.doubtful_labels import MOST, find_doubts
from skelseg_core.learning.folds import LEAST_FRAMES, HoldOutPlan, plan_held_out
from skelseg_core.learning.recipes import MOST_FOLDS
from skelseg_core.progress import Progress, run
from tests.soak import examples

N_CLASSES = 3
PRESET = Preset(
    model=ModelConfig(("heatmap",), 8, 2, 1, 0, dropout=0.1),
    train=TrainConfig(epochs=12, min_steps=0, learning_rate=2e-2, clip_norm=1.0),
)
BY_HEART = Preset(
    model=ModelConfig(("heatmap",), 24, 2, 1, 0, dropout=0),
    train=TrainConfig(epochs=40, min_steps=0, learning_rate=1e-2, clip_norm=1.0),
)


def sample(name: str, n: int = 160, told: float = 3.0) -> Sample:
    """A video whose features say the class, or by ``told`` 0 nothing of it."""
    rng = np.random.default_rng([*name.encode()])
    labels = np.repeat(rng.integers(0, N_CLASSES, n // 10 + 1), 10)[:n]
    labels[:10], labels[10:20], labels[-10:] = 0, 1, 2
    shown = told * np.eye(N_CLASSES)[labels]
    noise = rng.normal(size=(n, 3 if told else 12))
    features = np.concatenate([shown, noise * (0.2 if told else 1)], axis=1)
    return Sample(name, {"heatmap": features.astype(np.float32)}, labels)


def labels_of(samples: Sequence[Sample]) -> dict[str, np.ndarray]:
    return {s.name: s.labels for s in samples}


def planned(samples: Sequence[Sample], **more: Any) -> HoldOutPlan:
    return plan_held_out(labels_of(samples), {}, **more)


def fitted(
    samples: Sequence[Sample], plan: HoldOutPlan, preset: Preset = PRESET, **more: Any
) -> CrossFit:
    rates = {s.name: 10.0 for s in samples}
    return run(
        cross_fit(
            samples, labels_of(samples), rates, plan, preset, N_CLASSES, "m", **more
        )
    )


# -- what is held out ---------------------------------------------------------------


@given(st.integers(0, 10**6), st.integers(2, 17), st.integers(1, 6))
@settings(max_examples=examples(60), deadline=None)
def test_each_video_is_held_out_once_and_subjects_stay_together(
    seed: int, n_videos: int, n_subjects: int
) -> None:
    rng = np.random.default_rng(seed)
    names = [f"v{n}" for n in range(n_videos)]
    labels = {v: np.arange(rng.integers(200, 400)) // 20 % 3 for v in names}
    subjects = {v: f"s{rng.integers(n_subjects)}" for v in names}
    plan = plan_held_out(labels, subjects)
    if plan.how != "videos":
        # One subject has nearly all there is.
        sizes = {s: 0 for s in subjects.values()}
        for v, s in subjects.items():
            sizes[s] += len(labels[v])
        assert max(sizes.values()) > 2 / 3 * sum(sizes.values())
        return
    held = [v for part in plan.parts for v in part]
    assert sorted(held) == sorted(names)
    assert 2 <= len(plan.parts) <= MOST_FOLDS
    if len(set(subjects.values())) > 1:
        for part in plan.parts:
            inside = {subjects[v] for v in part}
            outside = {subjects[v] for v in names if v not in part}
            assert not inside & outside


def test_a_video_without_a_truth_is_left_out_with_its_subject_and_never_alone() -> None:
    known, mended = np.arange(300) // 20 % 3, np.full(300, -1)
    labels = {"ann": known, "ben": known, "ben-mended": mended, "eve-mended": mended}
    subjects = {v: v.split("-")[0] for v in labels}
    plan = plan_held_out(labels, subjects)
    assert sorted(plan.parts) == [("ann",), ("ben", "ben-mended")]
    # One that shows the same film as another is left out with it.
    films = {"ben-mended": "ann"}
    plan = plan_held_out(labels, {}, files=films)
    assert sorted(plan.parts) == [("ann", "ben-mended"), ("ben",)]
    only = {**labels, "ben": mended}
    assert plan_held_out(only, subjects).how == "not measured"


def test_a_long_training_holds_out_one_part() -> None:
    videos = [sample(f"v{n}") for n in range(6)]
    plan = planned(videos, long=True)
    assert plan.how == "one fold"
    assert [len(part) for part in plan.parts] == [2]
    assert len(planned(videos).parts) == MOST_FOLDS


def test_one_labelled_video_says_nothing_of_others() -> None:
    """A part of the only video was right on 86.1 % where 65.8 was true of others."""
    plan = planned([sample("v", 600)])
    assert (plan.how, plan.parts) == ("not measured", ())
    assert "One labelled video" in plan.why


def test_one_subject_alone_is_held_out_by_video() -> None:
    videos = [sample("a"), sample("b")]
    plan = plan_held_out(labels_of(videos), {"a": "ann", "b": "ann"})
    assert plan.how == "videos"
    assert list(plan.parts) == [("a",), ("b",)]


def test_a_file_that_is_there_twice_is_never_on_both_sides() -> None:
    labels = {v: np.arange(300) // 20 % 3 for v in "abc"}
    files = {"a": "f1", "b": "f2", "c": "f1"}
    for subjects in ({}, dict.fromkeys("abc", "ann"), {"a": "x", "b": "y", "c": "y"}):
        plan = plan_held_out(labels, subjects, files=files)
        assert plan.how == "videos"
        assert set(plan.parts) == {("a", "c"), ("b",)}
    plan = plan_held_out({v: labels[v] for v in "ac"}, {}, files=files)
    assert plan.how == "not measured"  # a stretch of one would be seen in the other


def test_a_video_with_hardly_a_label_does_not_stand_for_training() -> None:
    rest = np.full(400, -1)
    rest[:20], rest[20:40] = 0, 1
    labels = {"long": np.repeat(np.arange(60) % 3, 10), "short": rest}
    plan = plan_held_out(labels, {})
    assert plan.how == "not measured"
    assert "a third of the labels remain" in plan.why


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        (np.repeat([0, 1], 60), "People labelled only 120 frames"),
        (np.repeat([0, 1], 250), "One labelled video"),
        (np.full(500, -1), "People labelled only 0 frames"),
    ],
)
def test_where_too_little_is_labelled_it_says_why(labels: np.ndarray, why: str) -> None:
    plan = plan_held_out({"v": labels}, {})
    assert plan.how == "not measured"
    assert plan.parts == ()
    assert why in plan.why


def test_of_one_class_nothing_is_left_to_tell_apart() -> None:
    plan = plan_held_out({v: np.zeros(500, int) for v in "ab"}, {})
    assert "2 classes" in plan.why


# -- what is measured ---------------------------------------------------------------


def test_no_training_is_given_what_it_is_scored_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    videos = [sample(f"v{n}") for n in range(3)]
    given: list[list[str]] = []
    judged: list[np.ndarray] = []
    real, predict = self_training.train, module.predict_probabilities

    def training(samples: Sequence[Sample], *args: Any, **more: Any) -> Any:
        given.append([s.name for s in samples])
        return real(samples, *args, **more)

    def predicting(model: Any, features: Any) -> np.ndarray:
        judged.append(features["heatmap"])
        return predict(model, features)

    monkeypatch.setattr(self_training, "train", training)
    monkeypatch.setattr(module, "predict_probabilities", predicting)
    fit = fitted(videos, planned(videos))
    assert len(given) == len(judged) == 3
    for names, features in zip(given, judged, strict=True):
        (name,) = {v.name for v in videos} - set(names)
        assert features is next(v for v in videos if v.name == name).features["heatmap"]
    assert len(fit.found) == fit.held_out["folds"] == 3
    assert fit.held_out["how"] == "videos"
    assert fit.held_out["accuracy"] > 80


def test_what_can_only_be_learnt_by_heart_is_worth_nothing() -> None:
    """Features that say nothing: what is trained on is known, the rest is guessed."""
    videos = [sample(f"v{n}", told=0) for n in range(2)]
    trained = run(self_training.train(videos, BY_HEART, N_CLASSES))
    learnt = trained.metrics["train_accuracy"]
    fit = fitted(videos, planned(videos), BY_HEART)
    assert learnt > 90
    assert fit.held_out["accuracy"] < 50


def said(video: str) -> HeldOutScores:
    """A model that is right nine times of ten and says it is 70 % sure."""
    labels = np.arange(500) // 10 % N_CLASSES
    shown = np.where(np.arange(500) % 10 == 3, (labels + 1) % N_CLASSES, labels)
    values = np.full((500, N_CLASSES), 0.15)
    values[np.arange(500), shown] = 0.7
    counted = count_transitions([(labels, 10.0)], N_CLASSES)
    return HeldOutScores(video, 10.0, labels, values, counted)


def test_a_few_videos_do_not_say_how_sure_a_model_may_be() -> None:
    few = summed_up([said(f"v{n}") for n in range(LEAST_VIDEOS - 1)])
    many = summed_up([said(f"v{n}") for n in range(LEAST_VIDEOS)])
    assert few.temperature == 1
    assert many.temperature < 0.8
    # How sure it is depends on the temperature; how often it is right does not.
    same = ("accuracy", "edit", "f1@10", "f1@25", "f1@50")
    assert [few.held_out[k] for k in same] == [many.held_out[k] for k in same]


def test_the_progress_counts_over_all_trainings() -> None:
    videos = [sample("a"), sample("b")]
    rates = {"a": 10.0, "b": 10.0}
    task = cross_fit(
        videos,
        labels_of(videos),
        rates,
        planned(videos),
        PRESET,
        N_CLASSES,
        "accuracy of m",
    )
    seen: list[Progress] = list(task)
    assert {p.step for p in seen} == {"accuracy of m"}
    done = [p.done for p in seen]
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0, STEPS)
    assert any(0.4 * STEPS < d < 0.6 * STEPS for d in done)
    assert all(p.total == STEPS and not p.values for p in seen)


def test_an_interrupted_one_goes_on_and_ends_as_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    videos = [sample("a"), sample("b"), sample("c")]
    plan, rates = planned(videos), dict.fromkeys("abc", 10.0)
    whole = fitted(videos, plan)
    folder = tmp_path / "measured"
    task = cross_fit(
        videos, labels_of(videos), rates, plan, PRESET, N_CLASSES, "m", folder
    )
    for seen in task:
        if seen.done > 0.5 * STEPS:
            break
    task.close()
    assert (folder / "part-1.npz").is_file()
    trained: list[int] = []
    real = self_training.train

    def training(samples: Sequence[Sample], *args: Any, **more: Any) -> Any:
        trained.append(1)
        return real(samples, *args, **more)

    monkeypatch.setattr(self_training, "train", training)
    assert fitted(videos, plan, folder=folder) == whole
    assert len(trained) == 2
    assert not folder.exists()


def test_what_was_kept_of_other_labels_is_not_taken(tmp_path: Path) -> None:
    videos = [sample("a"), sample("b")]
    plan, rates = planned(videos), dict.fromkeys("ab", 10.0)
    task = cross_fit(
        videos, labels_of(videos), rates, plan, PRESET, N_CLASSES, "m", tmp_path
    )
    for seen in task:
        if seen.done > 0.6 * STEPS:
            break
    task.close()
    turned = videos[0].labels[::-1].copy()
    changed = [Sample("a", videos[0].features, turned), videos[1]]
    assert fitted(changed, plan, folder=tmp_path) == fitted(changed, plan)


# -- labels in doubt ----------------------------------------------------------------


def sure_of(labels: np.ndarray) -> np.ndarray:
    values = np.full((len(labels), N_CLASSES), 0.05)
    values[np.arange(len(labels)), labels] = 0.9
    return values


def test_a_wrong_label_is_found_and_nothing_else() -> None:
    truth = np.repeat([0, 1, 2, 1], 40)
    said = truth.copy()
    said[85:110] = 0
    said[39:42] = [1, 0, 0]  # boundaries that differ by a frame or two are no error
    labels = said.copy()
    labels[150:] = -1
    (doubt,) = find_doubts([("v", 10.0, labels, sure_of(truth))])
    assert (doubt.video, doubt.start, doubt.stop) == ("v", 85, 110)
    assert (doubt.label, doubt.suggested) == (0, 2)
    assert doubt.probability == pytest.approx(0.9)


def test_a_model_that_is_not_sure_doubts_nothing() -> None:
    truth = np.repeat([0, 1, 2, 1], 40)
    said = truth.copy()
    said[85:110] = 0
    values = sure_of(truth)
    values[85:110] = [0.3, 0.3, 0.4]
    assert find_doubts([("v", 10.0, said, values)]) == ()


def test_the_longest_and_clearest_come_first_and_there_are_not_too_many() -> None:
    truth = np.zeros(20 * 300, int)
    labels = truth.copy()
    for n in range(300):
        labels[20 * n : 20 * n + 6 + n % 5] = 1
    found = find_doubts([("v", 10.0, labels, sure_of(truth))])
    assert len(found) == MOST
    lengths = [d.stop - d.start for d in found]
    assert lengths == sorted(lengths, reverse=True)
    assert LEAST_FRAMES > 0

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from skelseg_core.config import (
    AugmentConfig,
    FeatureConfig,
    HeatmapConfig,
    ModelConfig,
    Preset,
    TrainConfig,
)
from skelseg_core.errors import ConfigError, ModelError
from skelseg_core.learning import training
from skelseg_core.learning.data import Sample
from skelseg_core.learning.inference import predict_probabilities
from skelseg_core.learning.training import TrainResult, train
from skelseg_core.learning.training_state import run_key
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.poses.subject_input import derived_features
from skelseg_core.progress import Progress, Task, run
from tests.bodies import made
from tests.tasks import driven

FUSION = Preset(
    model=ModelConfig(("heatmap", "rgb"), 8, 3, 2, 1),
    train=TrainConfig(min_steps=0, epochs=2, fusion_epochs=2),
)
HEATMAP = Preset(
    model=ModelConfig(("heatmap",), 8, 3, 2, 1),
    train=TrainConfig(min_steps=0, epochs=3),
)
N_CLASSES = 3
SAVE_EVERY = 3
"""Epochs after which the state of a training is kept, here."""

pytestmark = pytest.mark.usefixtures("rivals")


@pytest.fixture(autouse=True)
def kept_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "SAVE_EVERY", SAVE_EVERY)


def sample(seed: int, n_frames: int = 40) -> Sample:
    """A video whose features say the class, one modality the one half of them."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(rng.integers(0, N_CLASSES, n_frames // 8), 8)
    shown = np.eye(N_CLASSES)[labels]
    return Sample(
        f"v{seed}",
        {
            "heatmap": shown + 0.2 * rng.normal(size=shown.shape),
            "rgb": np.tile(shown, 2) + 0.2 * rng.normal(size=(len(labels), 6)),
        },
        labels,
    )


SAMPLES = [sample(i) for i in range(3)]


def progress_of(preset: Preset) -> tuple[list[Progress], TrainResult]:
    return driven(train(SAMPLES, preset, N_CLASSES))


def started(task: Task[TrainResult]) -> Progress:
    """The first step of the training itself."""
    next(task)
    return next(task)


def same(a: torch.nn.Module, b: torch.nn.Module) -> bool:
    first, second = a.state_dict(), b.state_dict()
    return first.keys() == second.keys() and all(
        torch.equal(array, second[name]) for name, array in first.items()
    )


def told_of(seen: list[Progress]) -> list[Progress]:
    """The ends of epochs."""
    return [p for p in seen if p.values]


def test_progress_and_history_of_all_stages() -> None:
    seen, result = progress_of(FUSION)
    steps = list(dict.fromkeys(p.step for p in seen))
    assert steps.pop(0) == "preparing the training"
    assert steps == [
        "training heatmap branch",
        "training rgb branch",
        "training fusion",
        "judging the model",
    ]
    for step in steps[:3]:
        counts = [p.done for p in seen if p.step == step]
        assert counts == sorted(counts)
        assert counts[0] == 0
        assert counts[-1] == 6
    wholes = [p.whole for p in seen[1:] if p.whole is not None]
    assert len(wholes) == len(seen) - 1
    assert wholes == sorted(wholes)
    # Two epochs of each of three stages, and the judging, which counts as one more.
    assert [p.whole for p in told_of(seen)] == pytest.approx(
        [n / 7 for n in range(1, 7)]
    )
    told = told_of(seen)
    assert [(h.step, h.epoch) for h in result.history] == [
        (step, epoch) for step in steps[:3] for epoch in (1, 2)
    ]
    assert [dict(h.values) for h in result.history] == [dict(p.values) for p in told]
    assert all(p.values.keys() == {"loss"} for p in told)
    assert set(result.branches) == {"heatmap", "rgb"}
    assert result.metrics.keys() == {"loss", "train_accuracy"}
    assert not result.model.training


def test_the_mean_of_the_branches_is_trained_no_further() -> None:
    preset = Preset(
        model=replace(FUSION.model, network="mean-ms-tcn++"),
        train=replace(FUSION.train, fusion_epochs=0),
    )
    result = run(train(SAMPLES, preset, N_CLASSES))
    assert {h.step for h in result.history} == {
        "training heatmap branch",
        "training rgb branch",
    }
    inputs = {m: torch.tensor(x.T[None]) for m, x in SAMPLES[0].features.items()}
    inputs = {m: x.float() for m, x in inputs.items()}
    with torch.no_grad():
        alone = torch.stack([b(inputs) for b in result.branches.values()])
        torch.testing.assert_close(result.model(inputs), alone.mean(dim=0))


def test_the_same_seed_gives_the_same_weights_whatever_else_draws() -> None:
    first = run(train(SAMPLES, FUSION, N_CLASSES)).model
    before = torch.get_rng_state()
    task = train(SAMPLES, FUSION, N_CLASSES)
    started(task)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(99)
    second = run(task).model
    assert same(first, second)
    other = Preset(
        model=FUSION.model,
        train=TrainConfig(min_steps=0, epochs=2, fusion_epochs=2, seed=1),
    )
    assert not same(first, run(train(SAMPLES, other, N_CLASSES)).model)


def test_it_learns_and_judges_by_other_videos() -> None:
    preset = Preset(
        model=ModelConfig(("heatmap", "rgb"), 16, 3, 2, 1, dropout=0.2),
        train=TrainConfig(
            min_steps=0,
            epochs=12, fusion_epochs=8, learning_rate=5e-3, clip_norm=1.0,
            schedule="cosine",
        ),
    )  # fmt: skip
    held_out = sample(77)
    result = run(train(SAMPLES, preset, N_CLASSES, validation=[held_out]))
    assert result.metrics["train_accuracy"] > 90
    assert result.metrics["val_accuracy"] > 80
    assert {"val_edit", "val_f1@10", "val_f1@25", "val_f1@50"} <= result.metrics.keys()
    assert result.history[-1].values.keys() >= {"val_accuracy", "val_f1@50"}
    probabilities = predict_probabilities(result.model, held_out.features)
    accuracy = 100 * (probabilities.argmax(axis=1) == held_out.labels).mean()
    assert accuracy == pytest.approx(result.metrics["val_accuracy"])


LONG = Preset(
    model=FUSION.model,
    train=TrainConfig(
        min_steps=0,
        epochs=SAVE_EVERY + 2,
        fusion_epochs=SAVE_EVERY + 2,
        schedule="cosine",
    ),
)


@pytest.fixture(scope="module")
def uninterrupted() -> TrainResult:
    return run(train(SAMPLES[:2], LONG, N_CLASSES))


@pytest.mark.parametrize(
    "stops",
    [
        [("training heatmap branch", 2 * SAVE_EVERY + 3)],
        [("training rgb branch", 1), ("training rgb branch", 2 * SAVE_EVERY + 1)],
        [("training fusion", 2 * SAVE_EVERY + 2), ("judging the model", 0)],
        [("training heatmap branch", SAVE_EVERY)],
    ],
)
def test_an_interrupted_training_ends_as_an_uninterrupted_one(
    tmp_path: Path, uninterrupted: TrainResult, stops: list[tuple[str, int]]
) -> None:
    folder = tmp_path / "state"
    for step, done in stops:
        task = train(SAMPLES[:2], LONG, N_CLASSES, resume_from=folder)
        for seen in task:
            if seen.step == step and seen.done >= done:
                break
        task.close()
    task = train(SAMPLES[:2], LONG, N_CLASSES, resume_from=folder)
    first = started(task)
    assert first.done >= 2 * SAVE_EVERY or stops[-1][1] in (0, SAVE_EVERY)
    result = run(task)
    assert same(result.model, uninterrupted.model)
    assert result.history == uninterrupted.history
    assert result.metrics == uninterrupted.metrics
    assert not folder.exists()


def test_long_epochs_are_kept_one_by_one(
    tmp_path: Path, uninterrupted: TrainResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skelseg_core.learning.training.SAVE_S", 0.0)
    task = train(SAMPLES[:2], LONG, N_CLASSES, resume_from=tmp_path)
    while next(task).done < 2 * 4:
        pass
    next(task)  # only now the fourth epoch is over
    task.close()
    task = train(SAMPLES[:2], LONG, N_CLASSES, resume_from=tmp_path)
    assert started(task).done == 2 * 4
    assert same(run(task).model, uninterrupted.model)


def interrupted(folder: Path) -> Path:
    task = train(SAMPLES[:2], LONG, N_CLASSES, resume_from=folder)
    for seen in task:
        if seen.done > 2 * SAVE_EVERY:
            break
    task.close()
    return folder / "state.safetensors"


def test_a_state_of_other_labels_or_a_damaged_one_is_not_continued(
    tmp_path: Path,
) -> None:
    path = interrupted(tmp_path)
    whole = path.read_bytes()
    changed = Sample("v0", SAMPLES[0].features, SAMPLES[0].labels[::-1].copy())
    task = train([changed, SAMPLES[1]], LONG, N_CLASSES, resume_from=tmp_path)
    assert started(task).done == 0
    task.close()
    for damaged in (whole[:-5], whole[:3], b"", b"\0" * 100):
        path.write_bytes(damaged)
        task = train(SAMPLES[:2], LONG, N_CLASSES, resume_from=tmp_path)
        assert started(task).done == 0
        task.close()
    path.write_bytes(whole)
    task = train(SAMPLES[:2], LONG, N_CLASSES, resume_from=tmp_path)
    assert started(task).done == 2 * SAVE_EVERY
    task.close()


def test_unlabelled_videos_are_left_out_and_parts_are_enough() -> None:
    nothing = Sample("empty", SAMPLES[0].features, np.full(40, -1))
    labels = SAMPLES[1].labels.copy()
    labels[10:] = -1
    part = Sample("part", SAMPLES[1].features, labels)
    one = sample(4, 8)
    single = Sample("one", {m: a[:1] for m, a in one.features.items()}, one.labels[:1])
    task = train([nothing, part, single], HEATMAP, N_CLASSES, validation=[nothing])
    assert started(task).total == 6
    result = run(task)
    assert all(torch.isfinite(a).all() for a in result.model.state_dict().values())


def test_samples_that_cannot_be_trained_on_are_refused() -> None:
    nothing = Sample("empty", SAMPLES[0].features, np.full(40, -1))
    narrow = Sample("w", {"heatmap": np.zeros((4, 2))}, np.zeros(4, np.int64))
    for samples, n_classes, text in [
        ([nothing], 3, "Nothing is labelled yet"),
        ([], 3, "Nothing is labelled yet"),
        (SAMPLES, 1, "of 1 classes"),
        ([SAMPLES[0], narrow], 3, "w has heatmap features of dimension 2"),
    ]:
        with pytest.raises(ModelError, match=text):
            run(train(samples, HEATMAP, n_classes))
    alone = Sample("w", {"heatmap": np.zeros((4, 3))}, np.zeros(4, np.int64))
    with pytest.raises(ModelError, match="w has no rgb features"):
        run(train([SAMPLES[0], alone], FUSION, 3))


def test_a_training_that_diverges_says_so() -> None:
    wild = Preset(
        model=HEATMAP.model,
        train=TrainConfig(min_steps=0, epochs=9, learning_rate=1e30),
    )
    with pytest.raises(ModelError, match="diverged in epoch"):
        run(train(SAMPLES, wild, N_CLASSES))


# -- bodies, averages, variations, networks on graphs -------------------------------

COCO = load_skeleton("coco17")
VARIED = AugmentConfig(10, 0.1, 0.02, 0.2, 0.2, 0.5, 0.5, 0.1)
SMALL = HeatmapConfig(size=20, view="both")
RECIPE = TrainConfig(
    min_steps=0,
    epochs=4,
    fusion_epochs=3,
    optimizer="adamw",
    label_smoothing=0.05,
    weight_decay=0.01,
    clip_norm=1,
    schedule="cosine",
    warm_up=0.1,
    averaging=0.9,
    batch_size=2,
    augment=VARIED,
)
READING = Preset(
    heatmap=SMALL,
    model=ModelConfig(
        ("heatmap", "rgb"), 6, 3, 2, 1, heatmap_encoder="trained", read_pose=True
    ),
    train=RECIPE,
)
GRAPH = Preset(
    features=FeatureConfig(keypoints="graph"),
    model=ModelConfig(("keypoints3d",), 4, 2, 2, 1, network="ms-gcn"),
    train=RECIPE,
)
RISKY = replace(GRAPH, model=replace(GRAPH.model, network="mtl"))


def bodies(preset: Preset, n_frames: int = 30) -> list[Sample]:
    """Two videos; the second has two labelled parts."""
    found = []
    for seed in range(2):
        body = made(preset, n_frames * (1 + 2 * seed), seed, missing=0.05, solid=True)
        rng = np.random.default_rng(seed)
        features = {"rgb": np.float32(rng.normal(size=(len(body), 6)))}
        for modality in set(preset.model.modalities) - {"rgb"}:
            features[modality] = derived_features(body, modality, preset)
        labels = np.arange(len(body)) // 9 % N_CLASSES
        labels[n_frames - 5 : 2 * n_frames + 5] = -1
        risk = 3.0 * labels
        found.append(Sample(f"v{seed}", features, labels, body, risk=risk))
    return found


@pytest.mark.parametrize(
    ("preset", "step"),
    [
        (READING, "training heatmap branch"),
        (READING, "training fusion"),
        (GRAPH, "training ms-gcn"),
        (RISKY, "training mtl"),
    ],
)
def test_averages_and_variations_go_on_after_an_interruption(
    tmp_path: Path, preset: Preset, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skelseg_core.learning.training.SAVE_EVERY", 2)
    samples = bodies(preset)
    whole = run(train(samples, preset, N_CLASSES, skeleton=COCO))
    task = train(samples, preset, N_CLASSES, resume_from=tmp_path / "s", skeleton=COCO)
    for seen in task:
        if seen.step == step and seen.done > 6:
            break
    task.close()
    task = train(samples, preset, N_CLASSES, resume_from=tmp_path / "s", skeleton=COCO)
    first = started(task)
    assert (first.step, first.done) == (step, 6)
    result = run(task)
    assert result.epochs_before == (10 if step == "training fusion" else 2)
    assert same(result.model, whole.model)
    assert result.history == whole.history
    assert result.metrics == whole.metrics


def test_the_model_is_the_average_and_not_the_last_weights() -> None:
    samples = bodies(GRAPH)
    found = {
        share: run(
            train(
                samples,
                replace(GRAPH, train=replace(RECIPE, averaging=share)),
                N_CLASSES,
                skeleton=COCO,
            )
        )
        for share in (0.0, 0.5)
    }
    # Averaging changes no step, only what is taken at the end.
    assert found[0.0].history == found[0.5].history
    assert not same(found[0.0].model, found[0.5].model)
    assert not found[0.5].model.training


def test_what_a_video_is_varied_by_belongs_to_the_run() -> None:
    samples = bodies(RISKY)
    key = run_key(samples, (), RISKY, N_CLASSES)
    assert run_key(bodies(RISKY), (), RISKY, N_CLASSES) == key
    one = samples[0]
    assert one.subject is not None
    assert one.risk is not None
    assert one.subject.keypoints3d is not None
    elsewhere = one.subject.moved(
        one.subject.keypoints + 1,
        one.subject.poses.scores[:, 0],
        one.subject.keypoints3d,
    )
    higher = replace(one.subject, keypoints3d=one.subject.keypoints3d + 1)
    for other in (
        replace(one, risk=one.risk + 1),
        replace(one, risk=None),
        replace(one, subject=elsewhere),
        replace(one, subject=higher),
        replace(one, subject=replace(one.subject, box=(0.0, 0.0, 9.0, 9.0))),
        replace(one, start=1),
    ):
        assert run_key([other, samples[1]], (), RISKY, N_CLASSES) != key


def test_variations_are_others_in_every_epoch_and_need_no_body() -> None:
    settings = TrainConfig(min_steps=0, epochs=2, augment=AugmentConfig(stretch=0.5))
    varied = replace(HEATMAP, train=settings)
    plain = replace(HEATMAP, train=replace(settings, augment=AugmentConfig()))
    first = run(train(SAMPLES, varied, N_CLASSES))
    assert same(first.model, run(train(SAMPLES, varied, N_CLASSES)).model)
    assert not same(first.model, run(train(SAMPLES, plain, N_CLASSES)).model)


def test_a_pose_cannot_be_read_where_there_is_none() -> None:
    samples = [replace(s, subject=None) for s in bodies(READING)]
    for augment in (VARIED, AugmentConfig()):
        preset = replace(READING, train=replace(RECIPE, augment=augment))
        with pytest.raises(ModelError, match=r"v\d has no poses"):
            run(train(samples, preset, N_CLASSES, skeleton=COCO))


def test_a_graph_needs_a_skeleton_and_numbers_by_keypoint() -> None:
    with pytest.raises(ModelError, match="needs a skeleton"):
        run(train(bodies(GRAPH), GRAPH, N_CLASSES))
    body = replace(GRAPH, features=FeatureConfig(keypoints="body"))
    with pytest.raises(ConfigError, match="set keypoints to graph"):
        run(train(bodies(GRAPH), body, N_CLASSES, skeleton=COCO))


def test_the_fused_network_has_a_learning_rate_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rates: dict[int, list[float]] = {}
    build, put = training.build_optimizer, training.set_rate

    def built(model: torch.nn.Module, settings: TrainConfig, rate: float) -> object:
        rates[len(rates)] = [rate]
        return build(model, settings, rate)

    def set_to(optimizer: torch.optim.Optimizer, rate: float) -> None:
        rates[len(rates) - 1].append(rate)
        put(optimizer, rate)

    monkeypatch.setattr(training, "build_optimizer", built)
    monkeypatch.setattr(training, "set_rate", set_to)
    settings = replace(
        FUSION.train, learning_rate=2e-3, fusion_learning_rate=1e-4, schedule="constant"
    )
    progress_of(replace(FUSION, train=settings))
    assert [set(found) for found in rates.values()] == [{2e-3}, {2e-3}, {1e-4}]

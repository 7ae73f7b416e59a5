from __future__ import annotations

from dataclasses import replace
from typing import Any

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
    from_dict,
    load_preset,
    paper_names,
    preset_names,
    to_dict,
)
from skelseg_core.errors import ConfigError
from skelseg_core.learning.data import Sample
from skelseg_core.learning.inference import predict_probabilities
from skelseg_core.learning.models import check_preset
from skelseg_core.learning.training import train
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.poses.subject_input import derived_features, is_derived
from skelseg_core.progress import run
from tests.bodies import made

LCRNET = load_skeleton("lcrnet15")
N_CLASSES = 3
N_FRAMES = 24


def samples(preset: Preset) -> list[Sample]:
    """Two videos as a project gives them; the second is labelled in part."""
    found = []
    for seed in range(2):
        body = made(preset, N_FRAMES, seed, "lcrnet15", 0.05, solid=True)
        features: dict[str, Any] = {}
        for modality in preset.model.modalities:
            if is_derived(modality, preset):
                features[modality] = derived_features(body, modality, preset)
            else:
                rng = np.random.default_rng(seed)
                features[modality] = np.float32(rng.normal(size=(N_FRAMES, 40)))
        labels = np.arange(N_FRAMES) // 8 % N_CLASSES
        labels[: 6 * seed] = -1
        risk = np.where(labels == 1, np.nan, 4.0)
        found.append(Sample(f"v{seed}", features, labels, body, risk=risk))
    return found


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_can_be_trained_and_predicts(name: str) -> None:
    preset = load_preset(name)
    short = replace(preset.train, epochs=1, fusion_epochs=1, min_steps=0)
    preset = replace(preset, train=short)
    videos = samples(preset)
    result = run(train(videos, preset, N_CLASSES, skeleton=LCRNET))
    stages = {e.step for e in result.history}
    assert len(result.history) == len(stages)
    assert all(np.isfinite(list(e.values.values())).all() for e in result.history)
    assert all(torch.isfinite(v).all() for v in result.model.state_dict().values())
    found = predict_probabilities(result.model, videos[1].features)
    assert found.shape == (N_FRAMES, N_CLASSES)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    assert found.std(axis=0).max() > 0


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_is_the_same_after_it_was_written(name: str) -> None:
    preset = load_preset(name)
    assert from_dict(Preset, to_dict(preset)) == preset


@pytest.mark.parametrize("name", paper_names())
def test_recipes_of_the_paper_are_as_published(name: str) -> None:
    assert name.endswith("-paper")
    preset = load_preset(name)
    model, settings = preset.model, preset.train
    assert not model.standardise
    layers = (model.n_prediction_layers, model.n_refinement_layers)
    assert (*layers, model.n_refinement_stages, model.n_features) == (11, 10, 3, 64)
    assert (preset.heatmap.size, preset.heatmap.kind) == (56, "combined")
    assert (preset.heatmap.view, model.heatmap_encoder) == ("video", "backbone")
    if "heatmap" in model.modalities:
        assert preset.heatmap.padding == 0
    assert preset.features.rgb_crop == "frame"
    assert settings.epochs_for(1) == settings.epochs_for(1, fused=True) == 100
    assert (settings.learning_rate, settings.fusion_learning_rate) == (1e-3, 5e-4)
    assert settings == TrainConfig(min_steps=0)


def test_only_recipes_of_the_paper_are_named_so() -> None:
    named = {n for n in preset_names() if n.endswith("-paper")}
    assert named == set(paper_names())
    assert named == {"fusion-paper", "heatmap-paper", "rgb-paper"}


def test_an_unknown_recipe_is_answered_with_those_of_both_groups() -> None:
    with pytest.raises(ConfigError) as caught:
        load_preset("skeleton")
    assert str(caught.value) == (
        "There is no recipe 'skeleton'. Choose one of from-above, hands, heatmap, "
        "keypoints, keypoints-heatmap, or fusion-paper, heatmap-paper, rgb-paper from "
        "the paper, or give the path of a YAML file."
    )


# -- what is refused ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "values", "text"),
    [
        (ModelConfig, {"modalities": ["rgb", "rgb"]}, "each once"),
        (ModelConfig, {"modalities": []}, "one or more modalities"),
        (ModelConfig, {"dropout": 1.0}, "of at least 0 and below 1"),
        (AugmentConfig, {"rotation_deg": 181}, "of at least 0 and of at most 180"),
        (AugmentConfig, {"flip": -0.1}, "'flip' must be"),
        (AugmentConfig, {"noise": float("nan")}, "'noise' must be"),
        (AugmentConfig, {"shift": 0.6}, "and of at most 0.5"),
        (TrainConfig, {"averaging": 1.0}, "'averaging' must be"),
        (TrainConfig, {"warm_up": 1.0}, "'warm_up' must be"),
        (TrainConfig, {"label_smoothing": -0.1}, "'label_smoothing' must"),
        (TrainConfig, {"batch_size": 0}, "a whole number of at least 1"),
        (TrainConfig, {"risk_weight": -1.0}, "must be a number of at least 0"),
        (TrainConfig, {"augment": {"turn": 3}}, "'augment.turn' is unknown"),
        (FeatureConfig, {"max_gap": -1}, "whole number of at least 0"),
        (FeatureConfig, {"keypoints": "face"}, "one of body, coordinates, graph"),
        (HeatmapConfig, {"size": 0}, "of at least 8 and of at most 512"),
        (HeatmapConfig, {"sigma_px": 0}, "a number above 0"),
        (HeatmapConfig, {"padding": -0.6}, "'padding' must be"),
        (HeatmapConfig, {"min_score": 2}, "'min_score' must be"),
        (Preset, {"heatmap": {"view": "both"}}, "need an encoder that is trained"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(
    kind: Any, values: dict[str, Any], text: str
) -> None:
    with pytest.raises(ConfigError, match=text):
        from_dict(kind, values)


def test_an_unknown_network_is_refused_before_anything_is_done() -> None:
    preset = from_dict(Preset, {"model": {"network": "x"}})
    text = r"no network 'x'; the networks are ms-tcn\+\+, mean-ms-tcn\+\+"
    with pytest.raises(ConfigError, match=text):
        check_preset(preset)
    with pytest.raises(ConfigError, match=text):
        run(train(samples(Preset()), preset, N_CLASSES))


def test_two_heatmaps_are_for_an_encoder_that_is_trained() -> None:
    values = {"heatmap": {"view": "both"}, "model": {"heatmap_encoder": "trained"}}
    assert from_dict(Preset, values).heatmap.view == "both"


def test_nothing_is_varied_unless_told() -> None:
    assert not AugmentConfig().active
    assert not TrainConfig().augment.active
    for name in to_dict(AugmentConfig()):
        assert AugmentConfig(**{name: 0.1}).active, name

"""Networks in NumPy say what those of PyTorch say."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from skelseg_core.bundled import resource
from skelseg_core.config import ModelConfig, load_preset, preset_names
from skelseg_core.errors import ModelError
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.learning import numpy_network
from skelseg_core.learning.inference import predict_probabilities
from skelseg_core.learning.model_info import ModelInfo, load_info
from skelseg_core.learning.models import SegmentationModel, build_model, checkpoint
from skelseg_core.learning.numpy_network import NumpyNetwork, needs_torch, open_network
from skelseg_core.poses.skeletons import load_skeleton

NEEDING = {"heatmap", "keypoints-heatmap"}
DIMS = {"heatmap": 2 * 144, "rgb": 6, "keypoints": 60}
DEMO = resource("demo") / "models" / "keypoints"


def small(config: ModelConfig) -> tuple[SegmentationModel, ModelInfo]:
    """A network of a preset with few maps, as if it had learnt something."""
    torch.manual_seed(0)
    config = replace(config, n_features=8, n_prediction_layers=5, n_refinement_layers=4)
    model = build_model(config, DIMS, 5, load_skeleton("lcrnet15")).eval()
    state = model.state_dict()
    for name, values in state.items():
        if name.endswith(("std", "var")):
            values.uniform_(0.5, 2)
        elif values.dim() > 1:
            values.mul_(1.5)
    classes = label_map_from_names("01234").classes
    preset = replace(load_preset("rgb-paper"), model=config)
    info = ModelInfo("m", preset, model.in_dims, classes, "lcrnet15")
    return model, info


def opened(model: SegmentationModel, info: ModelInfo) -> NumpyNetwork:
    arrays = {name: values.numpy() for name, values in model.state_dict().items()}
    return NumpyNetwork(arrays, info)


def drawn(model: SegmentationModel, n_frames: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(n_frames)
    return {
        m: rng.normal(size=(n_frames, d)).astype(np.float16)
        for m, d in model.in_dims.items()
    }


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_says_the_same_without_torch(name: str) -> None:
    config = load_preset(name).model
    assert needs_torch(config) == (name in NEEDING)
    if name in NEEDING:
        return
    model, info = small(config)
    network = opened(model, info)
    for n_frames in (0, 1, 2, 3, 40, 300):
        features = drawn(model, n_frames)
        ours = predict_probabilities(model, features)
        theirs = network.probabilities({**features, "other": np.zeros((1, 1))})
        assert theirs.dtype == np.float32
        np.testing.assert_allclose(theirs, ours, atol=1e-5)
        np.testing.assert_array_equal(theirs.argmax(axis=1), ours.argmax(axis=1))
    assert ours.std(axis=0).max() > 1e-3


def test_blocks_of_a_long_video_say_what_the_whole_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, info = small(ModelConfig(("heatmap", "rgb"), n_refinement_stages=1))
    features = drawn(model, 1301)
    whole = opened(model, info).probabilities(features)
    monkeypatch.setattr(numpy_network, "BLOCK", 7)
    found = opened(model, info).probabilities(features)
    np.testing.assert_allclose(found, whole, atol=1e-6)
    ours = predict_probabilities(model, features)
    np.testing.assert_allclose(found, ours, atol=1e-5)


def test_features_that_do_not_fit_are_refused() -> None:
    model, info = small(load_preset("rgb-paper").model)
    network = opened(model, info)
    with pytest.raises(ModelError, match="needs rgb features"):
        network.probabilities({})
    with pytest.raises(ModelError, match="frame 1 is not a number"):
        network.probabilities({"rgb": np.array([[0.0] * 6, [np.inf] * 6])})


# -- weights that are stored ---------------------------------------------------------


def test_the_models_of_the_demo_need_no_torch() -> None:
    for name in ("keypoints", "hands"):
        folder = DEMO.with_name(name)
        network = open_network(folder, load_info(folder))
        assert network is not None
        model, _ = checkpoint.load_model(folder)
        found = network.probabilities(drawn(model, 200))
        ours = predict_probabilities(model, drawn(model, 200))
        np.testing.assert_allclose(found, ours, atol=1e-4)


@pytest.mark.parametrize("off", [False, True])
def test_a_saved_model_says_whether_it_needs_torch(
    off: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert checkpoint.CHECKED_FRAMES == (1, 2, 3, 777, 5000)
    monkeypatch.setattr(checkpoint, "CHECKED_FRAMES", (1, 30))
    real = NumpyNetwork.probabilities

    def answer(network: NumpyNetwork, features: dict[str, np.ndarray]) -> np.ndarray:
        return real(network, features) + (2e-4 if off else 0)

    monkeypatch.setattr(NumpyNetwork, "probabilities", answer)
    checkpoint.save_model(tmp_path, *small(load_preset("rgb-paper").model), half=True)
    info = load_info(tmp_path)
    assert info.torch_only == off
    assert (open_network(tmp_path, info) is None) == off
    assert ("m needs PyTorch: NumPy is off by 0.0002" in caplog.text) == off


def test_weights_of_another_network_are_refused() -> None:
    model, info = small(load_preset("fusion-paper").model)
    arrays = {name: values.numpy() for name, values in model.state_dict().items()}
    name, bias = "network.fusions.1.weight", "network.fusions.1.bias"
    without = {k: v for k, v in arrays.items() if k != name}
    for changed, text in (
        (without, "'network.fusions.1.weight' is missing"),
        ({**arrays, "more": np.zeros(1)}, "'more' is unknown"),
        ({**arrays, name: np.zeros((8, 1, 1))}, r"shape \(8, 1, 1\) instead of"),
        ({**arrays, name: np.zeros(8)}, r"shape \(8,\) instead of \(8, 16, 1\)"),
        ({**arrays, bias: np.zeros(9)}, r"shape \(9,\) instead of \(8,\)"),
    ):
        with pytest.raises(ModelError, match=text):
            NumpyNetwork(changed, info)


def test_what_is_damaged_is_refused(tmp_path: Path) -> None:
    shutil.copytree(DEMO, tmp_path, dirs_exist_ok=True)
    info, weights = load_info(tmp_path), tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(ModelError, match="is damaged"):
        open_network(tmp_path, info)

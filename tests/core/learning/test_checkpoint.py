from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

from skelseg_core.bundled import resource
from skelseg_core.config import HeatmapConfig, ModelConfig, Preset
from skelseg_core.errors import ModelError
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.learning.inference import predict_probabilities
from skelseg_core.learning.model_info import ModelInfo, load_info
from skelseg_core.learning.models import SegmentationModel, build_model
from skelseg_core.learning.models.checkpoint import load_model, save_model
from skelseg_core.learning.numpy_network import open_network

DIMS = {"heatmap": 5, "rgb": 3}
PRESET = Preset(
    heatmap=HeatmapConfig(kind="joint"),
    model=ModelConfig(("heatmap", "rgb"), 8, 4, 3, 2),
)


def example() -> tuple[SegmentationModel, ModelInfo]:
    torch.manual_seed(0)
    model = build_model(PRESET.model, DIMS, 3).eval()
    for layer in model.inputs.values():
        layer.get_buffer("mean").fill_(1e5)  # beyond what 16 bits hold
        layer.get_buffer("std").fill_(2e5)
    label_map = label_map_from_names(["reach", "tür öffnen", "stand"])
    info = ModelInfo(
        name="mine",
        preset=PRESET,
        in_dims=DIMS,
        classes=label_map.classes,
        skeleton="coco17",
        feature_keys={"heatmap": "abc", "rgb": "def"},
        metrics={"train_accuracy": 91.5, "loss": float("nan")},
        videos=("01", "02"),
    )
    return model, info


def features() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {m: 1e5 * rng.normal(size=(20, d)) for m, d in DIMS.items()}


def test_a_model_comes_back_as_it_was(tmp_path: Path) -> None:
    model, info = example()
    written = save_model(tmp_path / "m", model, info)
    again, read = load_model(tmp_path / "m")
    assert read.metrics == {"train_accuracy": 91.5}
    assert read.key == written.key != ""
    for name in ("name", "preset", "in_dims", "classes", "feature_keys", "videos"):
        assert getattr(read, name) == getattr(info, name)
    assert read.preset == PRESET
    assert read.class_names == ("reach", "tür öffnen", "stand")
    assert not again.training
    assert again.state_dict().keys() == model.state_dict().keys()
    np.testing.assert_array_equal(
        predict_probabilities(model, features()),
        predict_probabilities(again, features()),
    )
    assert all(p.requires_grad for p in again.parameters())


def test_the_bundled_model_says_what_it_always_said() -> None:
    model, info = load_model(resource("demo") / "models" / "hands")
    rng = np.random.default_rng(0)
    data = {
        m: rng.normal(size=(5000, dim)).astype(np.float32)
        for m, dim in info.in_dims.items()
    }
    found = predict_probabilities(model, data)
    wanted = [0.09688912, 0.07254659, 0.09855475, 0.08142857, 0.07556325, 0.07979741]
    np.testing.assert_allclose(found[0, :6], wanted, atol=1e-5)
    assert found[:, 1].mean() == pytest.approx(0.197024, abs=1e-4)


def test_half_precision_halves_the_file_and_keeps_the_prediction(
    tmp_path: Path,
) -> None:
    model, info = example()
    save_model(tmp_path / "full", model, info)
    save_model(tmp_path / "half", model, info, half=True)
    full, half = (tmp_path / n / "model.safetensors" for n in ("full", "half"))
    assert half.stat().st_size < 0.75 * full.stat().st_size
    again, _ = load_model(tmp_path / "half")
    assert all(a.dtype == torch.float32 for a in again.state_dict().values())
    np.testing.assert_allclose(
        predict_probabilities(again, features()),
        predict_probabilities(model, features()),
        atol=5e-3,
    )


def rewrite(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "model.json"
    values = json.loads(path.read_text("utf-8"))
    change(values)
    path.write_text(json.dumps(values), "utf-8")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda v: v.pop("in_dims"), "'in_dims' is missing"),
        (lambda v: v.update(classes="x"), "'classes' must be a list"),
        (lambda v: v.update(classes=[]), "at least one class"),
        (lambda v: v.update(classes=[{"id": 1}]), "'classes.0.name' is missing"),
        (lambda v: v.update(classes=[3]), "must be lines"),
        (lambda v: v["in_dims"].pop("rgb"), "rgb is not in 'in_dims'"),
        (lambda v: v["in_dims"].update(rgb=-3), "whole number of at least 1 and"),
        (lambda v: v["preset"].update(colour=1), "'preset.colour' is unknown"),
        (lambda v: v["preset"]["model"].update(n_features=1 << 40), "n_features"),
        (lambda v: v["preset"]["model"].update(n_features=513), "n_features"),
        (lambda v: v["preset"]["model"].update(network="x"), "no network 'x'"),
        (lambda v: v.update(schema=99), "newer skelseg"),
        (lambda v: v.pop("schema"), "does not describe a model"),
        (lambda v: v["in_dims"].update(rgb=4), "has the shape"),
        (lambda v: v["preset"]["model"].update(n_prediction_layers=6), "is missing"),
        (lambda v: v["preset"]["model"].update(n_refinement_stages=1), "is unknown"),
        (lambda v: v.update(weights_sha256="0" * 64), "belongs to another model.json"),
    ],
)
def test_descriptions_that_do_not_fit_are_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], text: str
) -> None:
    save_model(tmp_path, *example())
    rewrite(tmp_path, change)
    with pytest.raises(ModelError, match=text):
        load_model(tmp_path)


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    model, info = example()
    with pytest.raises(ModelError, match="no model in"):
        load_model(tmp_path)
    save_model(tmp_path, model, info)
    weights = tmp_path / "model.safetensors"
    whole = weights.read_bytes()
    for damaged in (whole[:-7], whole[:5], b"", whole[:-1] + bytes([whole[-1] ^ 1])):
        weights.write_bytes(damaged)
        with pytest.raises(ModelError, match="is damaged"):
            load_model(tmp_path)
    weights.unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        load_model(tmp_path)
    description = tmp_path / "model.json"
    description.write_bytes(description.read_bytes()[:40])
    with pytest.raises(ModelError, match=r"model\.json, line"):
        load_info(tmp_path)


def test_weights_that_would_fill_the_memory_are_refused(tmp_path: Path) -> None:
    save_model(tmp_path, *example())
    with (tmp_path / "model.safetensors").open("r+b") as file:
        file.truncate(300 << 20)  # of which the disk holds nothing
    with pytest.raises(ModelError, match="has 300 MB, which is more than the 256 MB"):
        load_model(tmp_path)


def test_a_bias_of_another_length_is_named(tmp_path: Path) -> None:
    save_model(tmp_path, *example())
    arrays = safetensors.torch.load_file(tmp_path / "model.safetensors")
    name = next(n for n in sorted(arrays) if n.endswith("bias"))
    arrays[name] = torch.zeros(len(arrays[name]) + 1)
    described(tmp_path, safetensors.torch.save(arrays))
    with pytest.raises(ModelError, match=rf"'{name}' has the shape"):
        open_network(tmp_path, load_info(tmp_path))


def described(folder: Path, data: bytes) -> None:
    (folder / "model.safetensors").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    rewrite(folder, lambda v: v.update(weights_sha256=digest))


def test_weights_that_are_none_are_refused_even_when_described(tmp_path: Path) -> None:
    model, info = example()
    save_model(tmp_path, model, info)
    whole = (tmp_path / "model.safetensors").read_bytes()
    for data in (whole[:-7], b"\xff" * 20, b""):
        described(tmp_path, data)
        with pytest.raises(ModelError, match="not a safetensors file"):
            load_model(tmp_path)
    arrays = safetensors.torch.load(whole)
    name = next(n for n in arrays if n.endswith("weight"))
    arrays[name].view(-1)[0] = float("nan")
    described(tmp_path, safetensors.torch.save(arrays))
    with pytest.raises(ModelError, match="not numbers"):
        load_model(tmp_path)


def test_the_description_is_read_without_torch(tmp_path: Path) -> None:
    save_model(tmp_path, *example())
    code = (
        "import sys, pathlib; from skelseg_core.learning.model_info import load_info;"
        "assert load_info(pathlib.Path(sys.argv[1])).name == 'mine';"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)

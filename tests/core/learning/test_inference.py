from __future__ import annotations

import numpy as np
import pytest
import torch

from skelseg_core.config import ModelConfig
from skelseg_core.errors import ModelError
from skelseg_core.learning.inference import predict_probabilities, use_threads
from skelseg_core.learning.models import SegmentationModel, build_model
from skelseg_core.poses.skeletons import load_skeleton


@pytest.fixture
def model() -> SegmentationModel:
    torch.manual_seed(0)
    return build_model(ModelConfig(("heatmap", "rgb"), 8, 4, 3, 2), DIMS, 4)


DIMS = {"heatmap": 5, "rgb": 3}


def features(n_frames: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {m: rng.normal(size=(n_frames, d)) for m, d in DIMS.items()}


@pytest.mark.parametrize("n_frames", [0, 1, 33])
def test_probabilities_are_of_every_frame(
    model: SegmentationModel, n_frames: int
) -> None:
    found = predict_probabilities(model, features(n_frames))
    assert found.shape == (n_frames, 4)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)


def test_prediction_is_without_chance_and_leaves_the_model(
    model: SegmentationModel,
) -> None:
    model.train()
    first = predict_probabilities(model, features(20))
    np.testing.assert_array_equal(first, predict_probabilities(model, features(20)))
    assert model.training
    more = {**features(20), "flow": np.zeros((3, 1))}
    np.testing.assert_array_equal(first, predict_probabilities(model, more))


@pytest.mark.parametrize("room", [1, 7, 64])
def test_parts_of_a_video_give_what_the_whole_gives(
    room: int, model: SegmentationModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    skeleton = load_skeleton("coco17")
    trained = ModelConfig(
        ("heatmap", "rgb"), 8, 4, 3, 1, heatmap_encoder="trained", read_pose=True
    )
    dims = {"heatmap": 2 * 100, "rgb": 3}
    rng = np.random.default_rng(0)
    for network, sizes in (
        (model, DIMS),
        (build_model(trained, dims, 4, skeleton), dims),
    ):
        seen = {
            m: rng.normal(size=(50, d)).astype(np.float32) for m, d in sizes.items()
        }
        inputs = {m: torch.from_numpy(f.T.copy())[None] for m, f in seen.items()}
        with torch.inference_mode():
            whole = torch.softmax(network.eval()(inputs)[-1, 0], dim=0).numpy().T
        with monkeypatch.context() as patch:
            patch.setattr("skelseg_core.learning.models.CHUNK", room)
            found = predict_probabilities(network, seen)
        np.testing.assert_allclose(found, whole, atol=1e-5)


def test_features_that_do_not_fit_are_refused(model: SegmentationModel) -> None:
    good = features(6)
    bad = good["rgb"].copy()
    bad[4, 0] = np.inf
    for change, text in [
        ({"rgb": good["rgb"][:5]}, "heatmap 6, rgb 5"),
        ({"rgb": good["heatmap"]}, "dimension 3, these have 5"),
        ({"rgb": bad}, "frame 4 is not a number"),
        ({"rgb": bad.astype(np.float16)}, "frame 4 is not a number"),
    ]:
        with pytest.raises(ModelError, match=text):
            predict_probabilities(model, {**good, **change})
    with pytest.raises(ModelError, match="needs heatmap features"):
        predict_probabilities(model, {"rgb": good["rgb"]})


def test_threads_are_what_was_asked_for() -> None:
    before = torch.get_num_threads()
    try:
        use_threads(1)
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)

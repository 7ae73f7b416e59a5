from __future__ import annotations

import pytest
import torch

from skelseg_core.config import ModelConfig
from skelseg_core.errors import ModelError
from skelseg_core.learning.models import build_model
from skelseg_core.learning.models.fusion import FusionMSTCNPlusPlus
from skelseg_core.learning.models.ms_tcn import MSTCNPlusPlus, StageShape

DIMS = {"heatmap": 6, "rgb": 9}
SIZES = (8, 4, 3, 2)
SHAPE = StageShape(4, *SIZES)


def branches(n_classes: int = 4) -> dict[str, MSTCNPlusPlus]:
    torch.manual_seed(1)
    shape = StageShape(n_classes, *SIZES)
    return {m: MSTCNPlusPlus(d, shape).eval() for m, d in DIMS.items()}


def inputs(n_frames: int = 30) -> dict[str, torch.Tensor]:
    torch.manual_seed(2)
    return {m: torch.randn(2, d, n_frames) for m, d in DIMS.items()}


def test_logits_of_all_stages() -> None:
    model = FusionMSTCNPlusPlus(DIMS, SHAPE)
    assert model(*inputs().values()).shape == (3, 2, 4, 30)


@pytest.mark.parametrize("share", [False, True])
def test_parameters_are_those_of_two_branches_and_the_fusions(share: bool) -> None:
    shape = StageShape(17, share_refinement=share)
    with torch.device("meta"):
        model = FusionMSTCNPlusPlus({"heatmap": 2048, "rgb": 2048}, shape)
        alone = MSTCNPlusPlus(2048, shape)
    places = 2 if share else 4
    heads = places * (64 * 17 + 17)
    branch = sum(p.numel() for p in alone.parameters()) - heads
    found = sum(p.numel() for p in model.parameters())
    assert found == 2 * branch + places * 8_256 + heads


def test_every_parameter_learns_from_the_last_stage_or_an_earlier_one() -> None:
    model = FusionMSTCNPlusPlus(DIMS, SHAPE)
    model(*inputs().values()).square().sum().backward()
    assert all(p.grad is not None for p in model.parameters())


def test_the_first_stage_starts_from_the_mean_of_the_branches() -> None:
    torch.manual_seed(0)
    model = FusionMSTCNPlusPlus(DIMS, SHAPE).eval()
    parts = branches()
    model.load_branches(parts)
    data = inputs()
    with torch.no_grad():
        found = model(*data.values())[0]
        wanted = sum(parts[m](data[m])[0] for m in DIMS) / 2
        torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)


def test_equal_branches_give_the_fused_network_their_own_predictions() -> None:
    torch.manual_seed(0)
    part = MSTCNPlusPlus(6, SHAPE).eval()
    model = FusionMSTCNPlusPlus({"heatmap": 6, "rgb": 6}, SHAPE).eval()
    model.load_branches({"heatmap": part, "rgb": part})
    data = inputs()["heatmap"]
    with torch.no_grad():
        torch.testing.assert_close(model(data, data), part(data), atol=1e-5, rtol=1e-4)


def test_more_classes_than_maps_keep_the_random_start() -> None:
    torch.manual_seed(0)
    model = FusionMSTCNPlusPlus(DIMS, StageShape(11, *SIZES))
    before = model.heads[0].get_parameter("weight").clone()
    model.load_branches(branches(11))
    assert torch.equal(model.heads[0].get_parameter("weight"), before)


def test_branches_that_do_not_fit_are_refused() -> None:
    model = FusionMSTCNPlusPlus(DIMS, SHAPE)
    with pytest.raises(ModelError, match="no trained branch for 'rgb'"):
        model.load_branches({"heatmap": branches()["heatmap"]})
    with pytest.raises(ModelError, match="another shape"):
        model.load_branches(branches(5))


def test_a_model_says_which_features_it_has() -> None:
    model = build_model(ModelConfig(("heatmap", "rgb"), *SIZES), DIMS, 4)
    assert model.modalities == ("heatmap", "rgb")


def test_models_that_cannot_be_built_are_refused() -> None:
    with pytest.raises(ModelError, match="no rgb features"):
        build_model(ModelConfig(("heatmap", "rgb"), *SIZES), {"heatmap": 6}, 4)
    with pytest.raises(ModelError, match="at least one class"):
        build_model(ModelConfig(("heatmap",), *SIZES), DIMS, 0)

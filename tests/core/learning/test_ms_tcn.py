from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skelseg_core.config import ModelConfig
from skelseg_core.learning.models import build_model
from skelseg_core.learning.models.convolutions import DilatedConv
from skelseg_core.learning.models.layers import Dropout
from skelseg_core.learning.models.ms_tcn import MSTCNPlusPlus, StageShape
from tests.core.learning.published_loss import published_loss
from tests.published import REFERENCE
from tests.soak import examples


def tiny(share_refinement: bool = False) -> MSTCNPlusPlus:
    torch.manual_seed(0)
    return MSTCNPlusPlus(6, StageShape(4, 8, 4, 3, 2, share_refinement))


def reference() -> dict[str, np.ndarray]:
    with np.load(REFERENCE / "mstcnpp.npz", allow_pickle=False) as data:
        return {name: data[name] for name in data.files}


def under(prefix: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }


def own_state(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, torch.Tensor]:
    """Arrays under published names, by the names of this project."""
    found = {}
    for name, array in under(prefix, arrays).items():
        stage, _, rest = name.partition(".")
        number = 0
        if stage == "Rs":
            text, _, rest = rest.partition(".")
            number = 1 + int(text)
        own = f"trunks.refinements.{number - 1}" if number else "trunks.prediction"
        if rest.startswith("conv_out."):
            own, rest = f"heads.{number}", rest.removeprefix("conv_out.")
        found[f"{own}.{rest}"] = torch.from_numpy(array)
    return found


def small_reference(arrays: dict[str, np.ndarray]) -> MSTCNPlusPlus:
    model = MSTCNPlusPlus(12, StageShape(5, 8, 4, 3, 2, dropout=0.0))
    model.load_state_dict(own_state(arrays, "small_4_3_2/state/"))
    return model


def small_loss(model: MSTCNPlusPlus, arrays: dict[str, np.ndarray]) -> torch.Tensor:
    return published_loss(
        model(torch.from_numpy(arrays["small_4_3_2/input"])),
        torch.from_numpy(arrays["small_4_3_2/target"]),
        torch.from_numpy(arrays["small_4_3_2/mask"][:, :1]),
    )


def test_outputs_are_those_of_the_published_code() -> None:
    arrays = reference()
    model = small_reference(arrays).eval()
    with torch.no_grad():
        found = model(torch.from_numpy(arrays["small_4_3_2/input"])).numpy()
    np.testing.assert_allclose(found, arrays["small_4_3_2/outputs_eval"], atol=1e-5)

    model = MSTCNPlusPlus(5, StageShape(3, 4, 3, 2, 0)).eval()
    model.load_state_dict(own_state(arrays, "small_3_2_0_norefine/state/"))
    with torch.no_grad():
        found = model(torch.from_numpy(arrays["small_3_2_0_norefine/input"])).numpy()
    np.testing.assert_allclose(
        found, arrays["small_3_2_0_norefine/outputs_eval"], atol=1e-5
    )


def test_loss_and_gradients_are_those_of_the_published_code() -> None:
    arrays = reference()
    about = json.loads((REFERENCE / "mstcnpp.json").read_text())
    model = small_reference(arrays)
    loss = small_loss(model, arrays)
    assert float(loss.detach()) == pytest.approx(
        about["small_4_3_2"]["loss_total"], abs=1e-5
    )
    loss.backward()
    wanted = own_state(arrays, "small_4_3_2/grad/")
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None
        np.testing.assert_allclose(parameter.grad, wanted[name], atol=1e-5)


def test_one_step_is_that_of_the_published_trainer() -> None:
    arrays = reference()
    model = small_reference(arrays)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-4)
    small_loss(model, arrays).backward()
    optimizer.step()
    wanted = own_state(arrays, "trainer/state_after/")
    for name, array in model.state_dict().items():
        np.testing.assert_allclose(array, wanted[name], atol=1e-5)


@pytest.mark.parametrize(
    ("in_dim", "n_classes", "share", "count"),
    [
        (2048, 17, False, 996_932),
        (2048, 17, True, 662_178),
        (2048, 21, False, 998_740),
        (2048, 23, True, 663_342),
        (4096, 17, False, 1_128_004),
        (512, 17, False, 898_628),
    ],
)
def test_parameter_counts_are_published(
    in_dim: int, n_classes: int, share: bool, count: int
) -> None:
    with torch.device("meta"):
        model = MSTCNPlusPlus(in_dim, StageShape(n_classes, share_refinement=share))
    assert sum(p.numel() for p in model.parameters()) == count


@given(
    lengths=st.lists(st.integers(1, 40), min_size=1, max_size=3),
    extra=st.integers(0, 30),
    seed=st.integers(0, 1000),
    modalities=st.sampled_from([("heatmap",), ("heatmap", "rgb")]),
)
@settings(max_examples=examples(12), deadline=None)
def test_padding_changes_no_valid_logit(
    lengths: list[int], extra: int, seed: int, modalities: tuple[str, ...]
) -> None:
    torch.manual_seed(seed)
    config = ModelConfig(modalities, 8, 5, 4, 2)  # type: ignore[arg-type]
    model = build_model(config, {"heatmap": 3, "rgb": 5}, 4).eval()
    n_frames = max(lengths) + extra
    shape = {"heatmap": 3, "rgb": 5}
    padded = {
        m: 100 * torch.randn(len(lengths), shape[m], n_frames) for m in modalities
    }
    mask = torch.zeros(len(lengths), 1, n_frames)
    for row, length in enumerate(lengths):
        mask[row, :, :length] = 1
        for array in padded.values():
            array[row, :, :length] /= 100
    with torch.no_grad():
        together = model(padded, mask)
        for row, length in enumerate(lengths):
            alone = model({m: a[row : row + 1, :, :length] for m, a in padded.items()})
            torch.testing.assert_close(
                together[:, row, :, :length], alone[:, 0], atol=1e-5, rtol=1e-5
            )


def test_a_full_mask_changes_nothing() -> None:
    model = tiny().eval()
    inputs = torch.randn(2, 6, 21)
    with torch.no_grad():
        assert torch.equal(model(inputs), model(inputs, torch.ones(2, 1, 21)))


@pytest.mark.parametrize("n_frames", [1, 2, 7])
def test_a_dilation_beyond_the_video_is_a_plain_convolution(n_frames: int) -> None:
    torch.manual_seed(0)
    layer = DilatedConv(5, 8)
    plain = torch.nn.Conv1d(5, 5, 3, padding=8, dilation=8)
    plain.load_state_dict(layer.state_dict())
    inputs = torch.randn(2, 5, n_frames)
    torch.testing.assert_close(layer(inputs), plain(inputs))
    layer(inputs).square().sum().backward()
    plain(inputs).square().sum().backward()
    torch.testing.assert_close(layer.weight.grad, plain.weight.grad)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_drops_its_share_everywhere_and_keeps_the_mean(rate: float) -> None:
    layer = Dropout(rate)
    layer.generator = torch.Generator().manual_seed(1)
    found = layer(torch.ones(1, 8, 20_000))
    # Eight values share a word: each of its bytes must be as random as the others.
    kept = (found != 0).float().view(-1, 8).mean(dim=0)
    torch.testing.assert_close(kept, torch.full((8,), 1 - rate), atol=0.02, rtol=0)
    assert float(found.mean()) == pytest.approx(1, abs=0.03)
    neighbours = (found[..., 1:] != 0) & (found[..., :-1] != 0)
    assert float(neighbours.float().mean()) == pytest.approx((1 - rate) ** 2, abs=0.02)
    assert torch.equal(layer.eval()(torch.ones(3)), torch.ones(3))


def test_dropout_passes_gradients_where_it_passes_values() -> None:
    inputs = torch.ones(1, 4, 50, requires_grad=True)
    out = Dropout(0.5)(inputs)
    out.sum().backward()
    assert inputs.grad is not None
    assert torch.equal(inputs.grad, out.detach())


def test_shared_refinement_is_as_equal_stages() -> None:
    shared, separate = tiny(share_refinement=True).eval(), tiny().eval()
    state = dict(shared.state_dict())
    for name in shared.state_dict():
        for first, second in (("trunks.refinements.0", "trunks.refinements.1"),
                              ("heads.1", "heads.2")):  # fmt: skip
            if name.startswith(first):
                state[name.replace(first, second)] = state[name]
    separate.load_state_dict(state)
    inputs = torch.randn(1, 6, 30)
    with torch.no_grad():
        assert torch.equal(shared(inputs), separate(inputs))

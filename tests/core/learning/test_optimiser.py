from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from skelseg_core.config import ModelConfig, TrainConfig
from skelseg_core.learning.data import POSE, Sample, collate
from skelseg_core.learning.losses import pose_loss, risk_loss, segmentation_loss
from skelseg_core.learning.models import SegmentationModel, build_model
from skelseg_core.learning.optimiser import (
    LAST_RATE,
    Average,
    build_optimizer,
    rate_share,
    set_rate,
    take_step,
)
from skelseg_core.poses.skeletons import load_skeleton

pytestmark = pytest.mark.usefixtures("rivals")

SKELETON = load_skeleton("lcrnet15")
PLAIN = ModelConfig(("rgb",), 8, 3, 2, 1, dropout=0)
MTL = ModelConfig(("keypoints",), dropout=0, network="mtl")
READING = ModelConfig(
    ("heatmap",), 8, 3, 2, 1, dropout=0, heatmap_encoder="trained", read_pose=True
)
DIMS = {"rgb": 6, "keypoints": 60, "heatmap": 100, POSE: 91}
N_CLASSES = 3


def built(config: ModelConfig = PLAIN) -> SegmentationModel:
    torch.manual_seed(0)
    return build_model(config, DIMS, N_CLASSES, SKELETON)


def sample(n_frames: int, seed: int = 0, risk: float = float("nan")) -> Sample:
    rng = np.random.default_rng(seed)
    features = {m: np.float32(rng.normal(size=(n_frames, d))) for m, d in DIMS.items()}
    labels = rng.integers(-1, N_CLASSES, n_frames)
    return Sample("v", features, labels, risk=np.full(n_frames, risk))


def weights(model: nn.Module) -> dict[str, Tensor]:
    return {k: v.clone() for k, v in model.state_dict().items()}


def stepped(
    config: ModelConfig, samples: list[Sample], settings: TrainConfig
) -> tuple[dict[str, Tensor], float]:
    model = built(config).train()
    optimizer = build_optimizer(model, settings, 0.01)
    loss, _, _ = take_step(model, samples, optimizer, settings)
    return weights(model), loss


def same(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    return all(torch.equal(value, b[name]) for name, value in a.items())


# -- the rate -----------------------------------------------------------------------


@settings(deadline=None)
@given(
    st.sampled_from(["constant", "cosine"]),
    st.floats(0, 0.99),
    st.integers(1, 50),
    st.integers(0, 49),
    st.floats(0, 1),
)
def test_the_rate_is_a_share(
    schedule: str, warm_up: float, n_epochs: int, epoch: int, share: float
) -> None:
    settings = TrainConfig(schedule=schedule, warm_up=warm_up)  # type: ignore[arg-type]
    found = rate_share(settings, min(epoch, n_epochs - 1), n_epochs, share)
    assert LAST_RATE**2 <= found <= 1


def test_the_cosine_falls_from_all_to_little() -> None:
    settings = TrainConfig(schedule="cosine")
    rates = [rate_share(settings, epoch, 21, 0.5) for epoch in range(21)]
    assert rates[0] == 1
    assert rates[10] == pytest.approx((1 + LAST_RATE) / 2)
    assert rates[-1] == pytest.approx(LAST_RATE)
    assert rates == sorted(rates, reverse=True)
    assert rate_share(settings, 0, 1, 0.5) == 1
    assert {rate_share(TrainConfig(), e, 21, 0.5) for e in range(21)} == {1.0}


def test_the_rate_rises_evenly_while_it_warms_up() -> None:
    settings = TrainConfig(warm_up=0.2)
    steps = [(e, (i + 1) / 5) for e in range(10) for i in range(5)]
    rates = [rate_share(settings, e, 10, share) for e, share in steps]
    np.testing.assert_allclose(rates[:10], np.arange(1, 11) / 10)
    assert rates[10:] == [1.0] * 40
    both = replace(settings, schedule="cosine")
    cosine = TrainConfig(schedule="cosine")
    for (epoch, share), rate in zip(steps, rates, strict=True):
        wanted = rate * rate_share(cosine, epoch, 10, share)
        assert rate_share(both, epoch, 10, share) == pytest.approx(wanted)


def test_a_rate_is_set_for_all_weights() -> None:
    model = built()
    settings = TrainConfig(optimizer="adamw", weight_decay=0.1)
    optimizer = build_optimizer(model, settings, 0.01)
    assert isinstance(optimizer, torch.optim.AdamW)
    assert not isinstance(build_optimizer(model, TrainConfig(), 1), torch.optim.AdamW)
    set_rate(optimizer, 0.5)
    before = weights(model)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    # Without a gradient AdamW shrinks weights, by rate x decay.
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.data, before[name] * (1 - 0.5 * 0.1))


# -- the average --------------------------------------------------------------------


def test_the_average_is_the_running_mean_of_what_it_saw() -> None:
    model = nn.BatchNorm1d(2)
    average = Average(model, 0.3)
    mean = weights(model)
    for step in range(1, 30):
        for parameter in model.parameters():
            nn.init.normal_(parameter)
        model.train()(torch.randn(5, 2))
        average.update(model)
        kept = min(0.3, step / (step + 10))
        now = model.state_dict()
        for name in ("weight", "bias", "running_mean", "running_var"):
            mean[name] = kept * mean[name] + (1 - kept) * now[name]
            torch.testing.assert_close(average.arrays[name], mean[name])
        assert int(average.arrays["num_batches_tracked"]) == step
    assert average.arrays["num_batches_tracked"].dtype == torch.int64
    # It is no view of the model, nor the model of it.
    assert not torch.equal(average.arrays["weight"], model.weight)


@settings(deadline=None)
@given(st.floats(0.01, 0.999), st.integers(1, 60))
def test_the_average_of_what_does_not_change_is_the_same(
    share: float, n_steps: int
) -> None:
    model = nn.Linear(3, 2)
    average = Average(model, share)
    for _ in range(n_steps):
        average.update(model)
    assert same(average.arrays, weights(model))


def test_the_first_random_weights_do_not_stay_in_the_average() -> None:
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, 1e6)
    average = Average(model, 0.98)
    nn.init.constant_(model.weight, 1.0)
    for _ in range(40):
        average.update(model)
    assert average.arrays["weight"].item() == pytest.approx(1, abs=0.01)


# -- the step -----------------------------------------------------------------------


def test_a_step_goes_down_the_loss_that_it_tells() -> None:
    settings = TrainConfig(label_smoothing=0.1, smoothing_weight=0.3, smoothing_tau=3)
    one = sample(20)
    batch = collate([one])
    model = built().train()
    with torch.no_grad():
        logits = model(batch.features)
        wanted = segmentation_loss(
            logits, batch.labels, None, 0.3, 3, label_smoothing=0.1
        )
    optimizer = build_optimizer(model, settings, 0.001)
    loss, right, known = take_step(model, [one], optimizer, settings)
    assert loss == pytest.approx(float(wanted), rel=1e-5)
    found = logits[-1, 0].argmax(dim=0).numpy()
    assert known == (one.labels >= 0).sum()
    assert right == ((found == one.labels) & (one.labels >= 0)).sum()
    assert take_step(model, [one], optimizer, settings)[0] < loss


@pytest.mark.parametrize("config", [PLAIN, MTL, READING])
def test_a_batch_of_two_alike_is_as_one(config: ModelConfig) -> None:
    settings = TrainConfig()
    one = sample(20, risk=3.0)
    alone, loss = stepped(config, [one], settings)
    together, loss_2 = stepped(config, [one, one], settings)
    assert loss_2 == pytest.approx(loss, rel=1e-4)
    # Adam's first step is the sign of the gradient: only tiny ones may differ.
    for name, value in alone.items():
        if "num_batches" not in name and value.is_floating_point():
            close = torch.isclose(value, together[name], atol=1e-3, rtol=1e-2)
            assert close.float().mean() > 0.9, name


@pytest.mark.parametrize("config", [PLAIN, MTL, READING])
def test_the_frames_of_a_batch_count_alike(config: ModelConfig) -> None:
    short, long = sample(9, 1, 2.0), sample(30, 2, 5.0)
    batch = collate([short, long])
    model = built(config).train()
    with torch.no_grad():
        found = model.outputs(batch.features, batch.mask)
        loss = segmentation_loss(found.logits, batch.labels, batch.mask)
        if found.risk is not None:
            loss = loss + 0.5 * risk_loss(found.risk, batch.risk, batch.mask)
        if found.pose is not None:
            loss = loss + 0.7 * pose_loss(found.pose, batch.features[POSE], batch.mask)
    settings = TrainConfig(risk_weight=0.5, pose_weight=0.7)
    assert stepped(config, [short, long], settings)[1] == pytest.approx(
        float(loss), rel=1e-4
    )


def test_risk_scores_are_a_second_task() -> None:
    plain = TrainConfig(risk_weight=0)
    without, loss = stepped(MTL, [sample(12)], TrainConfig())
    same_without, same_loss = stepped(MTL, [sample(12, risk=7.0)], plain)
    assert loss == same_loss
    assert same(without, same_without)
    with_risk, more = stepped(MTL, [sample(12, risk=7.0)], TrainConfig())
    assert more > loss + 1
    assert not same(with_risk, without)


def test_a_posture_is_learnt_where_it_is_read() -> None:
    without, loss = stepped(READING, [sample(12)], TrainConfig(pose_weight=0))
    with_pose, more = stepped(READING, [sample(12)], TrainConfig(pose_weight=2))
    less = stepped(READING, [sample(12)], TrainConfig())[1]
    assert more - loss == pytest.approx(2 * (less - loss), rel=1e-3)
    assert less > loss + 0.5
    assert not same(with_pose, without)


def test_long_gradients_are_cut() -> None:
    lengths = []
    for clip in (0.0, 0.01):
        model = built().train()
        settings = TrainConfig(clip_norm=clip)
        take_step(model, [sample(20)], build_optimizer(model, settings, 0.01), settings)
        grads = [p.grad for p in model.parameters() if p.grad is not None]
        lengths.append(math.sqrt(sum(float(g.square().sum()) for g in grads)))
    assert lengths[0] > 0.1
    assert lengths[1] == pytest.approx(0.01, rel=1e-3)

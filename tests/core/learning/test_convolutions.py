"""Convolutions as sums of products equal torch's own, gradients included."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from skelseg_core.learning.models.convolutions import (
    Conv1x1,
    DilatedConv,
    joined,
    shifted_sum,
)
from tests.soak import examples

N_FEATURES = 6


def plain(conv: nn.Conv1d, features: Tensor) -> Tensor:
    return nn.Conv1d.forward(conv, features)


def everything(
    run: Callable[[Tensor], Tensor], features: Tensor, layers: list[nn.Module]
) -> list[Tensor]:
    """Result, gradient of the features and of all weights."""
    features = features.detach().requires_grad_()
    weights = [p for layer in layers for p in layer.parameters()]
    out = run(features)
    pull = torch.linspace(-1, 2, out.numel()).view_as(out)
    return [out, *torch.autograd.grad((out * pull).sum(), [features, *weights])]


def check(
    ours: Callable[[Tensor], Tensor],
    theirs: Callable[[Tensor], Tensor],
    features: Tensor,
    layers: list[nn.Module],
) -> None:
    for found, wanted in zip(
        everything(ours, features, layers),
        everything(theirs, features, layers),
        strict=True,
    ):
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)


sizes = st.tuples(st.integers(1, 3), st.integers(1, 40))


@settings(max_examples=examples(40), deadline=None)
@given(sizes, st.integers(0, 5), st.integers(0, 2**20))
def test_dilated_convolutions(size: tuple[int, int], power: int, seed: int) -> None:
    torch.manual_seed(seed)
    conv = DilatedConv(N_FEATURES, 2**power)
    features = torch.randn(size[0], N_FEATURES, size[1])
    check(conv, lambda x: plain(conv, x), features, [conv])


@settings(max_examples=examples(40), deadline=None)
@given(sizes, st.integers(0, 4), st.integers(0, 4), st.integers(0, 2**20))
def test_two_dilated_convolutions_joined_by_a_third(
    size: tuple[int, int], first: int, second: int, seed: int
) -> None:
    torch.manual_seed(seed)
    wide = DilatedConv(N_FEATURES, 2**first)
    narrow = DilatedConv(N_FEATURES, 2**second)
    joining = Conv1x1(2 * N_FEATURES, N_FEATURES)

    def published(x: Tensor) -> Tensor:
        return plain(joining, torch.cat([plain(wide, x), plain(narrow, x)], dim=1))

    features = torch.randn(size[0], N_FEATURES, size[1])
    check(
        lambda x: joined(x, wide, narrow, joining),
        published,
        features,
        [wide, narrow, joining],
    )


@pytest.mark.parametrize("n_batch", [1, 3])
def test_features_may_lie_in_memory_the_other_way_round(n_batch: int) -> None:
    torch.manual_seed(0)
    conv = Conv1x1(5, 3)
    turned = torch.randn(n_batch, 20, 5).transpose(1, 2)
    check(conv, lambda x: plain(conv, x.contiguous()), turned, [conv])


def test_what_needs_no_gradient_gets_none() -> None:
    conv = Conv1x1(5, 3)
    features = torch.randn(1, 5, 7)
    conv(features).sum().backward()
    assert features.grad is None
    assert conv.weight.grad is not None


def test_offsets_are_frames_later() -> None:
    features = torch.arange(5.0)[None, None]
    taps = {0: torch.zeros(1, 1), 2: torch.ones(1, 1), -1: torch.full((1, 1), 10.0)}
    found = shifted_sum(features, taps, torch.tensor([100.0]))
    assert found[0, 0].tolist() == [102, 103, 114, 120, 130]

"""Layers that the networks share: masks, dropout, standardisation.

Everything here works on ``(B, D, T)``. A mask is ``(B, 1, T)``, 1 at frames of the
video and 0 at padding; every layer that looks at neighbours gets features that are 0
at padding, as beyond the end of a video, so padding changes no valid output.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


def masked(features: Tensor, mask: Tensor | None) -> Tensor:
    """Set padding of ``features`` (B, D, T) to 0; unchanged without a mask."""
    return features if mask is None else features * mask.to(features.dtype)


def padding_mask(mask: Tensor | None) -> Tensor | None:
    """Replace a mask that hides nothing by None, which saves a pass in every layer."""
    return None if mask is None or bool(mask.all()) else mask


class Dropout(nn.Module):
    """Dropout that draws a byte per value (ten times faster than a Bernoulli draw).

    The rate is rounded to 1/256. Give it a ``generator`` to draw from; without one it
    draws from torch's own.

    Parameters
    ----------
    rate : float
        Share of values set to 0 while training, 0 <= rate < 1.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self.generator: torch.Generator | None = None

    def forward(self, features: Tensor) -> Tensor:
        """Drop values of ``features`` while training; scale what stays."""
        if not self.training or self.rate == 0:
            return features
        if features.device.type != "cpu":
            return functional.dropout(features, self.rate, training=True)
        dropped = min(255, max(1, round(self.rate * 256)))
        size = features.numel()
        words = torch.empty((size + 7) // 8, dtype=torch.int64)
        # From -2^63 on: without a range the sign bit would never be drawn.
        words.random_(-(2**63), None, generator=self.generator)
        drawn = words.view(torch.uint8)[:size].view(features.shape)
        # Compare bytes to the threshold by arithmetic, because comparisons are slow.
        kept = drawn.to(features.dtype).sub_(dropped - 1).clamp_(0, 1)
        return features * kept.mul_(256 / (256 - dropped))

    def extra_repr(self) -> str:
        """Return the rate, for printing."""
        return f"rate={self.rate}"


class Standardise(nn.Module):
    """Subtract a mean and divide by a spread per feature; both travel with the model.

    Parameters
    ----------
    in_dim : int
        Feature dimension.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, in_dim: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(in_dim))
        self.register_buffer("std", torch.ones(in_dim))

    def forward(self, inputs: Tensor) -> Tensor:
        """Map (B, D, T) to (B, D, T)."""
        return (inputs - self.mean[:, None]) / self.std[:, None]


def set_generator(model: nn.Module, generator: torch.Generator | None) -> None:
    """Let every dropout of ``model`` draw from ``generator``."""
    for module in model.modules():
        if isinstance(module, Dropout):
            module.generator = generator

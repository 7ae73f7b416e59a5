"""Parts of the networks: masks, dropout, dilated layers, standardisation.

Everything here works on ``(B, D, T)``. A mask is ``(B, 1, T)``, 1 at frames of the
video and 0 at padding; every layer that looks at neighbours gets features that are 0
at padding, as beyond the end of a video, so padding changes no valid output.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from skelseg_core.learning.models.convolutions import Conv1x1, DilatedConv, joined


def masked(features: Tensor, mask: Tensor | None) -> Tensor:
    """``features`` (B, D, T) with padding set to 0; unchanged without a mask."""
    return features if mask is None else features * mask.to(features.dtype)


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
        # Whether a byte is at least so large, by arithmetic: comparisons are slow.
        kept = drawn.to(features.dtype).sub_(dropped - 1).clamp_(0, 1)
        return features * kept.mul_(256 / (256 - dropped))

    def extra_repr(self) -> str:
        """The rate, for printing."""
        return f"rate={self.rate}"


class DilatedResidualLayer(nn.Module):
    """Refinement layer: dilated convolution, ReLU, 1x1, dropout, residual."""

    def __init__(self, n_features: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.conv_dilated = DilatedConv(n_features, dilation)
        self.conv_1x1 = Conv1x1(n_features, n_features)
        self.dropout = Dropout(dropout)

    def forward(self, features: Tensor, mask: Tensor | None = None) -> Tensor:
        """(B, F, T) to (B, F, T)."""
        out: Tensor = self.conv_1x1(functional.relu(self.conv_dilated(features)))
        return masked(features + self.dropout(out), mask)


class PredictionTrunk(nn.Module):
    """Prediction stage of MS-TCN++ up to its features: dual dilated layers.

    Parameters
    ----------
    in_dim, n_features, n_layers : int
        Feature dimension of the input, maps of every layer, number of layers.
    dropout : float
        Rate within every layer.
    """

    def __init__(
        self, in_dim: int, n_features: int, n_layers: int, dropout: float
    ) -> None:
        super().__init__()
        self.conv_1x1_in = Conv1x1(in_dim, n_features)
        self.conv_dilated_1 = nn.ModuleList(
            DilatedConv(n_features, 2 ** (n_layers - 1 - i)) for i in range(n_layers)
        )
        self.conv_dilated_2 = nn.ModuleList(
            DilatedConv(n_features, 2**i) for i in range(n_layers)
        )
        self.conv_fusion = nn.ModuleList(
            Conv1x1(2 * n_features, n_features) for _ in range(n_layers)
        )
        self.dropout = Dropout(dropout)

    def forward(
        self, inputs: Tensor, mask: Tensor | None = None, entered: bool = False
    ) -> Tensor:
        """(B, D, T) to features (B, F, T).

        Where ``entered``, ``inputs`` are what `conv_1x1_in` made already: it looks at
        one frame at a time, so that a long video need not be there at once.
        """
        features = masked(inputs if entered else self.conv_1x1_in(inputs), mask)
        for wide, narrow, fusion in zip(
            self.conv_dilated_1, self.conv_dilated_2, self.conv_fusion, strict=True
        ):
            assert isinstance(wide, DilatedConv)
            assert isinstance(narrow, DilatedConv)
            assert isinstance(fusion, Conv1x1)
            out = functional.relu(joined(features, wide, narrow, fusion))
            features = masked(features + self.dropout(out), mask)
        return features


class RefinementTrunk(nn.Module):
    """Refinement stage of MS-TCN++ up to its features; same arguments as above."""

    def __init__(
        self, n_classes: int, n_features: int, n_layers: int, dropout: float
    ) -> None:
        super().__init__()
        self.conv_1x1 = Conv1x1(n_classes, n_features)
        self.layers = nn.ModuleList(
            DilatedResidualLayer(n_features, 2**i, dropout) for i in range(n_layers)
        )

    def forward(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """Probabilities (B, C, T) of the stage before to features (B, F, T)."""
        features = masked(self.conv_1x1(inputs), mask)
        for layer in self.layers:
            features = layer(features, mask)
        return features


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
        """(B, D, T) to (B, D, T)."""
        return (inputs - self.mean[:, None]) / self.std[:, None]


def set_generator(model: nn.Module, generator: torch.Generator | None) -> None:
    """Let every dropout of ``model`` draw from ``generator``."""
    for module in model.modules():
        if isinstance(module, Dropout):
            module.generator = generator

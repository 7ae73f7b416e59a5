"""MS-TCN++ (Li et al. 2020): one prediction stage, then refinement stages.

Every stage has a trunk, which makes features, and a head, a 1x1 convolution to classes.
They are kept apart so that the fusion network can join the trunks of several networks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from skelseg_core.learning.models.convolutions import Conv1x1, DilatedConv, joined
from skelseg_core.learning.models.layers import Dropout, masked
from skelseg_core.learning.models.network import ModelOutput, Network, NetworkPlan


@dataclass(frozen=True)
class StageShape:
    """Sizes of the stages; the defaults are those of the paper.

    Parameters
    ----------
    n_classes : int
        Number of classes.
    n_features : int
        Maps of every layer.
    n_prediction_layers, n_refinement_layers, n_refinement_stages : int
        Depth of the prediction stage, of a refinement stage, and number of these.
    share_refinement : bool
        One set of weights for all refinement stages. The papers say both; their
        parameter counts are those of separate weights, the default.
    dropout : float
        Rate within every layer.
    """

    n_classes: int
    n_features: int = 64
    n_prediction_layers: int = 11
    n_refinement_layers: int = 10
    n_refinement_stages: int = 3
    share_refinement: bool = False
    dropout: float = 0.5

    @classmethod
    def of(cls, plan: NetworkPlan) -> StageShape:
        """Take the sizes from a `NetworkPlan`."""
        config = plan.config
        return cls(
            plan.n_classes,
            config.n_features,
            config.n_prediction_layers,
            config.n_refinement_layers,
            config.n_refinement_stages,
            config.share_refinement,
            config.dropout,
        )

    @property
    def weights_of_stages(self) -> tuple[int, ...]:
        """Index of the weights of every stage: 0, 1, 2, 3, or shared 0, 1, 1, 1."""
        numbers = range(1 + self.n_refinement_stages)
        return tuple(min(n, 1) if self.share_refinement else n for n in numbers)

    @property
    def n_distinct(self) -> int:
        """Number of stages with weights of their own."""
        return 1 + max(self.weights_of_stages)

    def heads(self) -> nn.ModuleList:
        """Make a head, features (B, F, T) to logits (B, C, T), for every stage."""
        return nn.ModuleList(
            Conv1x1(self.n_features, self.n_classes) for _ in range(self.n_distinct)
        )


class PredictionStage(nn.Module):
    """Prediction stage up to its features: dual dilated layers.

    Parameters
    ----------
    in_dim : int
        Dimension of the input features, which `conv_1x1_in` brings to ``n_features``.
    shape : StageShape
    """

    def __init__(self, in_dim: int, shape: StageShape) -> None:
        super().__init__()
        n_features, n_layers = shape.n_features, shape.n_prediction_layers
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
        self.dropout = Dropout(shape.dropout)

    def forward(self, features: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map what `conv_1x1_in` made, (B, F, T), to features (B, F, T)."""
        features = masked(features, mask)
        for wide, narrow, joining in zip(
            self.conv_dilated_1, self.conv_dilated_2, self.conv_fusion, strict=True
        ):
            assert isinstance(wide, DilatedConv)
            assert isinstance(narrow, DilatedConv)
            assert isinstance(joining, Conv1x1)
            out = functional.relu(joined(features, wide, narrow, joining))
            features = masked(features + self.dropout(out), mask)
        return features


class DilatedResidualLayer(nn.Module):
    """Refinement layer: dilated convolution, ReLU, 1x1, dropout, residual."""

    def __init__(self, n_features: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.conv_dilated = DilatedConv(n_features, dilation)
        self.conv_1x1 = Conv1x1(n_features, n_features)
        self.dropout = Dropout(dropout)

    def forward(self, features: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map (B, F, T) to (B, F, T)."""
        out: Tensor = self.conv_1x1(functional.relu(self.conv_dilated(features)))
        return masked(features + self.dropout(out), mask)


class RefinementStage(nn.Module):
    """Refinement stage up to its features: layers with dilations 1, 2, 4 and so on.

    Parameters
    ----------
    shape : StageShape
    layer : callable
        Makes a layer of its number of maps, its dilation and its dropout.
    """

    def __init__(
        self,
        shape: StageShape,
        layer: Callable[[int, int, float], nn.Module] = DilatedResidualLayer,
    ) -> None:
        super().__init__()
        self.conv_1x1 = Conv1x1(shape.n_classes, shape.n_features)
        self.layers = nn.ModuleList(
            layer(shape.n_features, 2**i, shape.dropout)
            for i in range(shape.n_refinement_layers)
        )

    def forward(self, probabilities: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map probabilities (B, C, T) of the stage before to features (B, F, T)."""
        features = masked(self.conv_1x1(probabilities), mask)
        for layer in self.layers:
            features = layer(features, mask)
        return features


class Trunks(nn.Module):
    """The stages of MS-TCN++ without their heads; arguments as in `MSTCNPlusPlus`."""

    def __init__(self, in_dim: int, shape: StageShape) -> None:
        super().__init__()
        self.prediction = PredictionStage(in_dim, shape)
        self.refinements = nn.ModuleList(
            RefinementStage(shape) for _ in range(shape.n_distinct - 1)
        )

    def forward(self, index: int, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """Make features (B, F, T) by weights ``index``, 0 for the prediction stage."""
        stage = self.refinements[index - 1] if index else self.prediction
        features: Tensor = stage(inputs, mask)
        return features


class MSTCNPlusPlus(Network):
    """MS-TCN++ as published, with a mask for padded batches.

    Parameters
    ----------
    in_dim : int
        Dimension of the input features.
    shape : StageShape
        Sizes of the stages.
    """

    def __init__(self, in_dim: int, shape: StageShape) -> None:
        super().__init__(shape.n_classes)
        self.shape = shape
        self.trunks = Trunks(in_dim, shape)
        self.heads = shape.heads()

    def forward(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map (B, D, T) to logits (S, B, C, T), those of the prediction stage first."""
        return self.after_first_layer([self.first_layer(0, inputs)], mask).logits

    def first_layer(self, index: int, inputs: Tensor) -> Tensor:
        """Map (B, D, T) to (B, F, T)."""
        features: Tensor = self.trunks.prediction.conv_1x1_in(inputs)
        return features

    def after_first_layer(
        self, features: Sequence[Tensor], mask: Tensor | None = None
    ) -> ModelOutput:
        """Run the stages, each on the probabilities of the one before."""
        (current,) = features
        stages: list[Tensor] = []
        for index in self.shape.weights_of_stages:
            logits = self.heads[index](self.trunks(index, current, mask))
            stages.append(logits)
            current = torch.softmax(logits, dim=1)
        return ModelOutput(torch.stack(stages))

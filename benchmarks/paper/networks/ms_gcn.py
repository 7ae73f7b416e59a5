"""MS-GCN (Filtjens et al. 2022): graph convolutions in the first stage, then MS-TCN.

The first stage sees the keypoints as a graph: layers of a spatial graph convolution
and a dilated temporal one, then the mean over keypoints. The refinement stages see only
the probabilities of the stage before, as in MS-TCN, but with batch normalisation where
MS-TCN++ has a 1x1 convolution and dropout. Both are as in the published code, except:

* Batch statistics leave padding out (the published code counts it).
* Directions on the graph are told apart everywhere (see `adjacency`).
* The centre of the graph is computed; published layouts name it.
* ``dropout``: the published code has none, which is a rate of 0.

With 64 maps, 10 + 3 x 10 layers, 15 keypoints of 6 channels and 17 classes there are
640,534 parameters, 259,363 of them in the first stage.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.paper.networks.graph import (
    KEYPOINT_INPUTS,
    FrameNorm,
    KeypointGraph,
    KeypointInput,
    SpatioTemporalLayer,
)
from skelseg_core.learning.models.convolutions import Conv1x1, DilatedConv
from skelseg_core.learning.models.layers import Dropout, masked
from skelseg_core.learning.models.ms_tcn import RefinementStage, StageShape
from skelseg_core.learning.models.network import Network, NetworkKind, NetworkPlan


class GraphStage(nn.Module):
    """Prediction stage: spatio-temporal layers, mean over keypoints, 1x1 to classes.

    Dilations are 1, 2, 4 and so on. Arguments as in `MSGCN`.
    """

    def __init__(self, graph: KeypointGraph, shape: StageShape) -> None:
        super().__init__()
        matrices = graph.adjacency()
        self.keypoints = KeypointInput(graph)
        self.conv_1x1 = nn.Conv2d(graph.n_channels, shape.n_features, 1)
        self.layers = nn.ModuleList(
            SpatioTemporalLayer(shape.n_features, matrices.clone(), 2**i, shape.dropout)
            for i in range(shape.n_prediction_layers)
        )
        self.head = Conv1x1(shape.n_features, shape.n_classes)

    def forward(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map (B, K*C, T) to logits (B, C', T)."""
        features = self.conv_1x1(self.keypoints(inputs, mask))
        for layer in self.layers:
            features = layer(features, mask)
        logits: Tensor = self.head(features.mean(dim=-1))
        return logits


class NormedResidualLayer(nn.Module):
    """Dilated convolution, batch normalisation, ReLU, dropout, residual."""

    def __init__(self, n_features: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.conv_dilated = DilatedConv(n_features, dilation)
        self.norm = FrameNorm(n_features)
        self.dropout = Dropout(dropout)

    def forward(self, features: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map (B, F, T) to (B, F, T)."""
        out = functional.relu(self.norm(self.conv_dilated(features), mask))
        return masked(features + self.dropout(out), mask)


class NormedRefinementStage(RefinementStage):
    """Refinement stage of normalised layers, with its head."""

    def __init__(self, shape: StageShape) -> None:
        super().__init__(shape, NormedResidualLayer)
        self.head = Conv1x1(shape.n_features, shape.n_classes)

    def forward(self, probabilities: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map probabilities (B, C', T) to logits (B, C', T)."""
        logits: Tensor = self.head(super().forward(probabilities, mask))
        return logits


class MSGCN(Network):
    """MS-GCN, with a mask for padded batches.

    Parameters
    ----------
    graph : KeypointGraph
        Published with 6 channels: three coordinates relative to keypoint 0 and their
        displacements between frames.
    shape : StageShape
        Published with 10 layers in every stage and no dropout, 0.
    """

    def __init__(self, graph: KeypointGraph, shape: StageShape) -> None:
        super().__init__(shape.n_classes)
        self.prediction = GraphStage(graph, shape)
        self.refinements = nn.ModuleList(
            NormedRefinementStage(shape) for _ in range(shape.n_refinement_stages)
        )

    def forward(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map (B, K*C, T) to logits (S, B, C', T), the prediction stage's first."""
        logits: Tensor = self.prediction(inputs, mask)
        stages = [logits]
        for refinement in self.refinements:
            logits = refinement(torch.softmax(logits, dim=1), mask)
            stages.append(logits)
        return torch.stack(stages)


def _build(plan: NetworkPlan) -> Network:
    graph = KeypointGraph.of(plan)
    return MSGCN(graph, StageShape.of(plan))


KINDS = (NetworkKind("ms-gcn", _build, KEYPOINT_INPUTS, on_graph=True),)

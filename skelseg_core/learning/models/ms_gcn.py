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

from skelseg_core.learning.models.convolutions import Conv1x1, DilatedConv
from skelseg_core.learning.models.graph import (
    Edges,
    FrameNorm,
    KeypointInput,
    SpatioTemporalLayer,
    adjacency,
    padding_mask,
)
from skelseg_core.learning.models.layers import Dropout, masked


class GraphStage(nn.Module):
    """Prediction stage: spatio-temporal layers, mean over keypoints, 1x1 to classes.

    Dilations are 1, 2, 4 and so on. Arguments as in `MSGCN`.
    """

    def __init__(
        self,
        n_keypoints: int,
        n_channels: int,
        edges: Edges,
        n_classes: int,
        n_features: int,
        n_layers: int,
        dropout: float,
    ) -> None:
        super().__init__()
        graph = adjacency(n_keypoints, edges)
        self.keypoints = KeypointInput(n_keypoints, n_channels)
        self.conv_1x1 = nn.Conv2d(n_channels, n_features, 1)
        self.layers = nn.ModuleList(
            SpatioTemporalLayer(n_features, graph.clone(), 2**i, dropout)
            for i in range(n_layers)
        )
        self.head = Conv1x1(n_features, n_classes)

    def forward(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """(B, K*C, T) to logits (B, C', T)."""
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
        """(B, F, T) to (B, F, T)."""
        out = functional.relu(self.norm(self.conv_dilated(features), mask))
        return masked(features + self.dropout(out), mask)


class RefinementStage(nn.Module):
    """Refinement stage on the probabilities of the stage before."""

    def __init__(
        self, n_classes: int, n_features: int, n_layers: int, dropout: float
    ) -> None:
        super().__init__()
        self.conv_1x1 = Conv1x1(n_classes, n_features)
        self.layers = nn.ModuleList(
            NormedResidualLayer(n_features, 2**i, dropout) for i in range(n_layers)
        )
        self.head = Conv1x1(n_features, n_classes)

    def forward(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """Probabilities (B, C', T) to logits (B, C', T)."""
        features = masked(self.conv_1x1(inputs), mask)
        for layer in self.layers:
            features = layer(features, mask)
        logits: Tensor = self.head(features)
        return logits


class MSGCN(nn.Module):
    """MS-GCN, with a mask for padded batches.

    Parameters
    ----------
    n_keypoints : int
        K.
    n_channels : int
        Channels per keypoint; published 6: three coordinates relative to keypoint 0
        and their displacements between frames.
    edges : iterable of (int, int)
        Pairs of keypoint indices.
    n_classes : int
        Number of classes.
    n_features, n_prediction_layers, n_refinement_layers, n_refinement_stages : int
        Maps of every layer; depth of the stages; number of refinement stages.
    dropout : float
        Rate within every layer; the published code has none, 0.
    """

    def __init__(
        self,
        n_keypoints: int,
        n_channels: int,
        edges: Edges,
        n_classes: int,
        n_features: int = 64,
        n_prediction_layers: int = 10,
        n_refinement_layers: int = 10,
        n_refinement_stages: int = 3,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.in_dim = n_keypoints * n_channels
        self.n_classes = n_classes
        self.n_stages = 1 + n_refinement_stages
        self.prediction = GraphStage(
            n_keypoints,
            n_channels,
            edges,
            n_classes,
            n_features,
            n_prediction_layers,
            dropout,
        )
        self.refinements = nn.ModuleList(
            RefinementStage(n_classes, n_features, n_refinement_layers, dropout)
            for _ in range(n_refinement_stages)
        )

    def forward(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """Logits of all stages.

        Parameters
        ----------
        inputs : Tensor (B, K*C, T)
            Channel c of keypoint k is feature ``k * C + c``; 0 where one is missing.
        mask : Tensor (B, 1, T), optional
            1 at frames of the video, 0 at padding.

        Returns
        -------
        Tensor (S, B, C', T)
            Stage 0 is the prediction stage; what stands at padding means nothing.
        """
        mask = padding_mask(mask)
        logits: Tensor = self.prediction(inputs, mask)
        stages = [logits]
        for refinement in self.refinements:
            logits = refinement(torch.softmax(logits, dim=1), mask)
            stages.append(logits)
        return torch.stack(stages)

"""ST-PGN (Parsa et al. 2020): a pyramid of graphs, alone or with RGB at its top.

Three levels: keypoints, body parts, whole body. Each models time; the classes come from
the features of all levels.

Only the abstract of the paper could be read, and no code. From it this takes: graph
convolutions on the skeleton, in space and time, and features from all levels of a
pyramid over it. These are assumptions:

* The levels are keypoints, body parts and the whole body, and RGB joins at the last.
* Parts are left arm, right arm, left leg, right leg, and trunk with head. Two parts
  are neighbours where an edge of the skeleton joins them. A part starts as the mean of
  its keypoints; the body starts as a 1x1 convolution of all parts side by side.
* A layer of the lower levels is that of MS-GCN: graph convolution, then dilated
  convolution of three frames, batch normalisation, residual; three of them with
  dilations 1, 2 and 4. The body has ten dilated residual layers of MS-TCN.
* No pass leads back down the pyramid. The classes are a 1x1 convolution of the mean
  over keypoints, the mean over parts, and the body.
* RGB features become as many maps as a level has (1x1 convolution, ReLU), and stand
  beside the parts where the body starts.
* The network is not causal and has no recurrence: here the whole video is at hand,
  while the paper recognises actions online.
* 64 maps at every level, dropout 0.5, one stage (no refinement).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.paper.networks.graph import (
    KEYPOINT_INPUTS,
    KeypointGraph,
    KeypointInput,
    SpatioTemporalLayer,
    adjacency,
    part_edges,
    pooling,
)
from skelseg_core.errors import ModelError
from skelseg_core.learning.models.layers import masked
from skelseg_core.learning.models.ms_tcn import DilatedResidualLayer
from skelseg_core.learning.models.network import Network, NetworkKind, NetworkPlan


class STPGN(Network):
    """Spatio-temporal pyramid graph network; the module's text says what is assumed.

    Parameters
    ----------
    graph : KeypointGraph
        With body parts.
    n_classes : int
        Number of classes.
    rgb_dim : int
        Dimension of the RGB features; 0 for a network without.
    n_features : int
        Maps of every level.
    n_keypoint_layers, n_part_layers, n_body_layers : int
        Depth of the levels.
    dropout : float
        Rate within every layer.

    Raises
    ------
    ModelError
        Where an edge or a part names no keypoint, or a part is empty.
    """

    groups: Tensor

    def __init__(
        self,
        graph: KeypointGraph,
        n_classes: int,
        rgb_dim: int = 0,
        n_features: int = 64,
        n_keypoint_layers: int = 3,
        n_part_layers: int = 3,
        n_body_layers: int = 10,
        dropout: float = 0.5,
    ) -> None:
        super().__init__(n_classes)
        self.register_buffer("groups", pooling(graph.n_keypoints, graph.parts))
        self.keypoints = KeypointInput(graph)
        self.conv_1x1 = nn.Conv2d(graph.n_channels, n_features, 1)

        def level(matrices: Tensor, n_layers: int) -> nn.ModuleList:
            return nn.ModuleList(
                SpatioTemporalLayer(n_features, matrices.clone(), 2**i, dropout)
                for i in range(n_layers)
            )

        self.keypoint_layers = level(graph.adjacency(), n_keypoint_layers)
        n_parts = len(graph.parts)
        parts = adjacency(n_parts, part_edges(graph.parts, graph.edges))
        self.part_layers = level(parts, n_part_layers)
        self.rgb = nn.Conv1d(rgb_dim, n_features, 1) if rgb_dim else None
        n_beside = n_parts + (1 if rgb_dim else 0)
        self.body = nn.Conv1d(n_beside * n_features, n_features, 1)
        self.body_layers = nn.ModuleList(
            DilatedResidualLayer(n_features, 2**i, dropout)
            for i in range(n_body_layers)
        )
        self.head = nn.Conv1d(3 * n_features, n_classes, 1)

    def forward(
        self, inputs: Tensor, rgb: Tensor | None = None, *, mask: Tensor | None = None
    ) -> Tensor:
        """Map (B, K*C, T), and RGB (B, D, T) if built so, to logits (1, B, C', T)."""
        keypoints = self.conv_1x1(self.keypoints(inputs, mask))
        for layer in self.keypoint_layers:
            keypoints = layer(keypoints, mask)
        parts = keypoints @ self.groups.T
        for layer in self.part_layers:
            parts = layer(parts, mask)
        body = masked(self._body(parts, rgb), mask)
        for layer in self.body_layers:
            body = layer(body, mask)
        levels = [keypoints.mean(dim=-1), parts.mean(dim=-1), body]
        logits: Tensor = self.head(torch.cat(levels, dim=1))
        return logits[None]

    def _body(self, parts: Tensor, rgb: Tensor | None) -> Tensor:
        beside = [parts.permute(0, 3, 1, 2).flatten(1, 2)]
        if self.rgb is not None:
            if rgb is None:
                raise ModelError(
                    "This model needs rgb features and there are none; extract them "
                    "first."
                )
            beside.append(functional.relu(self.rgb(rgb)))
        body: Tensor = self.body(torch.cat(beside, dim=1))
        return body


def _build(plan: NetworkPlan) -> Network:
    return STPGN(
        KeypointGraph.of(plan),
        plan.n_classes,
        plan.in_dims.get("rgb", 0),
        plan.config.n_features,
        dropout=plan.config.dropout,
    )


KINDS = (
    NetworkKind(
        "st-pgn",
        _build,
        (*KEYPOINT_INPUTS, *((*inputs, "rgb") for inputs in KEYPOINT_INPUTS)),
        on_graph=True,
    ),
)

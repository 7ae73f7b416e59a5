"""STL and MTL (Parsa & Banerjee 2021): graph convolutions, then an encoder-decoder.

A graph convolutional network looks at every frame alone; an encoder-decoder temporal
convolutional network (ED-TCN, Lea et al. 2017) turns its features into classes. That is
the single task (STL). With a second task (MTL) an LSTM on the same features, and on the
probabilities of the classes, tells how risky the posture of each frame is (its REBA
score).

The abstract names these parts (the rest of the paper could not be read); the published
code has ten graph convolutions of 64, 64, 64, 64, 128, 128, 128, 256, 256 and 256 maps,
four levels of 50 maps, and three LSTM layers of 1,024. What is different here:

* Widths: the defaults are smaller, so that a CPU can train them; the two levels of 64
  and 96 maps are those of Lea et al. (four levels learn slowly from a few videos).
* Weights start as He et al. (2015) start them: the default start of torch leaves a
  hundredth of the signal after three graph convolutions.
* Between graph and time stands a learnt 1x1 convolution to ``n_embedding`` maps; the
  published code averages neighbours in the flattened 3,840 features to 2,048.
* Encoder and decoder are those of Lea et al. (convolution of 25 frames, dropout 0.3,
  normalised ReLU, max pooling and nearest upsampling by 2), not causal, and a 1x1
  convolution makes the classes; dropout hides single values where theirs hides whole
  maps. The published code has causal residual blocks of two dilated convolutions of 4
  frames, average pooling, and two linear layers at the end.
* The LSTM reads the embedding as it is; the published code has a linear layer and tanh
  before it.
* Directions on the graph are told apart everywhere (see `adjacency`), and batch
  statistics leave padding out.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.paper.networks.graph import (
    KEYPOINT_INPUTS,
    GraphConv,
    KeypointGraph,
    KeypointInput,
)
from skelseg_core.learning.models.layers import Dropout, masked
from skelseg_core.learning.models.network import (
    ModelOutput,
    Network,
    NetworkKind,
    NetworkPlan,
)


class NormReluConv(nn.Module):
    """Convolution in time, dropout, then ReLU divided by its maximum in the frame."""

    def __init__(self, n_in: int, n_out: int, kernel: int, dropout: float) -> None:
        super().__init__()
        self.conv = nn.Conv1d(n_in, n_out, kernel, padding="same")
        self.dropout = Dropout(dropout)

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, F, T) to (B, F', T)."""
        out = functional.relu(self.dropout(self.conv(features)))
        return out / (out.amax(dim=1, keepdim=True) + 1e-5)


class EncoderDecoder(nn.Module):
    """ED-TCN up to its features: halve time at every level, then double it again.

    Parameters
    ----------
    n_in : int
        Maps of the input.
    widths : Sequence[int]
        Maps of every level, finest first; the decoder has the same.
    kernel : int
        Frames of every convolution, odd.
    dropout : float
        Rate after every convolution.
    """

    def __init__(
        self, n_in: int, widths: Sequence[int], kernel: int, dropout: float
    ) -> None:
        super().__init__()
        ins = (n_in, *widths[:-1])
        outs = (widths[-1], *reversed(widths[1:]))
        self.encoder = nn.ModuleList(
            NormReluConv(a, b, kernel, dropout)
            for a, b in zip(ins, widths, strict=True)
        )
        self.decoder = nn.ModuleList(
            NormReluConv(a, b, kernel, dropout)
            for a, b in zip(outs, reversed(widths), strict=True)
        )

    def forward(self, features: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map (B, F, T) of any length to (B, F', T)."""
        n_frames = features.shape[-1]
        extra = -n_frames % 2 ** len(self.encoder)
        if mask is None:
            mask = features.new_ones(1, 1, n_frames)
        mask = functional.pad(mask.to(features.dtype), (0, extra))
        features = masked(functional.pad(features, (0, extra)), mask)
        masks: list[Tensor] = []
        for layer in self.encoder:
            masks.append(mask)
            features = functional.max_pool1d(masked(layer(features), mask), 2)
            mask = functional.max_pool1d(mask, 2)
        for layer, mask in zip(self.decoder, reversed(masks), strict=True):
            features = layer(masked(features.repeat_interleave(2, dim=-1), mask))
        return features[..., :n_frames]


class GCNEncoderDecoder(Network):
    """STL, or with ``with_risk`` MTL; the module's text says what differs.

    Parameters
    ----------
    graph : KeypointGraph
    n_classes : int
        Number of classes.
    graph_widths : Sequence[int]
        Maps of the graph convolutions.
    n_embedding : int
        Maps of a frame, between graph and time.
    widths : Sequence[int]
        Maps of the levels of the encoder-decoder, finest first.
    kernel : int
        Frames of its convolutions, odd.
    dropout : float
        Rate after these.
    with_risk : bool
        Whether the network also tells a risk score per frame.
    n_risk_features, n_risk_layers : int
        Width and depth of the LSTM behind it.
    """

    def __init__(
        self,
        graph: KeypointGraph,
        n_classes: int,
        graph_widths: Sequence[int] = (32, 32, 64),
        n_embedding: int = 128,
        widths: Sequence[int] = (64, 96),
        kernel: int = 25,
        dropout: float = 0.3,
        with_risk: bool = False,
        n_risk_features: int = 64,
        n_risk_layers: int = 1,
    ) -> None:
        super().__init__(n_classes)
        matrices = graph.adjacency()
        self.keypoints = KeypointInput(graph)
        ins = (graph.n_channels, *graph_widths[:-1])
        self.graph_convs = nn.ModuleList(
            GraphConv(a, b, matrices.clone())
            for a, b in zip(ins, graph_widths, strict=True)
        )
        n_flat = graph.n_keypoints * graph_widths[-1]
        self.embedding = nn.Conv1d(n_flat, n_embedding, 1)
        self.encoder_decoder = EncoderDecoder(n_embedding, widths, kernel, dropout)
        self.head = nn.Conv1d(widths[0], n_classes, 1)
        self.risk: RiskHead | None = None
        if with_risk:
            self.risk = RiskHead(
                n_embedding + n_classes, n_risk_features, n_risk_layers
            )
        self.apply(_start)

    def forward(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map (B, K*C, T) to logits (1, B, C', T)."""
        return self.after_first_layer([inputs], mask).logits

    def after_first_layer(
        self, features: Sequence[Tensor], mask: Tensor | None = None
    ) -> ModelOutput:
        """Compute logits and, in the unit of its training scores, the risk (B, T)."""
        (inputs,) = features
        keypoints = self.keypoints(inputs, mask)
        for conv in self.graph_convs:
            keypoints = functional.relu(conv(keypoints))
        flat = keypoints.permute(0, 3, 1, 2).flatten(1, 2)
        embedded = functional.relu(self.embedding(flat))
        logits = self.head(self.encoder_decoder(embedded, mask))
        risk: Tensor | None = None
        if self.risk is not None:
            both = torch.cat([embedded, torch.softmax(logits, dim=1)], dim=1)
            risk = self.risk(both)
        return ModelOutput(logits[None], risk)


def _start(module: nn.Module) -> None:
    if isinstance(module, nn.Conv1d | nn.Conv2d):
        nn.init.kaiming_uniform_(module.weight, nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)


class RiskHead(nn.Module):
    """LSTM forward in time, then one number per frame; later frames change nothing."""

    def __init__(self, n_in: int, n_features: int, n_layers: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(n_in, n_features, n_layers, batch_first=True)
        self.head = nn.Linear(n_features, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, F, T) to (B, T)."""
        hidden, _ = self.lstm(features.transpose(1, 2))
        risk: Tensor = self.head(hidden).squeeze(-1)
        return risk


def _build(plan: NetworkPlan) -> Network:
    graph = KeypointGraph.of(plan)
    return GCNEncoderDecoder(
        graph,
        plan.n_classes,
        dropout=plan.config.dropout,
        with_risk=plan.config.network == "mtl",
    )


KINDS = (
    NetworkKind("stl", _build, KEYPOINT_INPUTS, on_graph=True),
    NetworkKind("mtl", _build, KEYPOINT_INPUTS, on_graph=True),
)

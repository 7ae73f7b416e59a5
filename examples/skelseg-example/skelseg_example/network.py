"""A network: a recurrent one that looks both ways. This module alone needs PyTorch."""

import torch
from torch import Tensor, nn

from skelseg_core import Dropout, Network, NetworkKind, NetworkPlan


class Gru(Network):
    """A GRU over all modalities side by side, and a prediction per frame."""

    def __init__(self, plan: NetworkPlan) -> None:
        super().__init__(plan.n_classes)
        in_dim, n = sum(plan.in_dims.values()), plan.config.n_features
        self.gru = nn.GRU(in_dim, n, batch_first=True, bidirectional=True)
        self.dropout = Dropout(plan.config.dropout)  # draws from the recipe's seed
        self.head = nn.Conv1d(2 * n, plan.n_classes, 1)

    def forward(self, *inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map (B, D, T) per modality to logits (1, B, C, T), of a single stage."""
        hidden, _ = self.gru(torch.cat(inputs, dim=1).transpose(1, 2))
        return self.head(self.dropout(hidden.transpose(1, 2)))[None]


NETWORK = NetworkKind("gru", Gru)

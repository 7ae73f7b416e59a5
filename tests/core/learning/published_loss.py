from __future__ import annotations

import torch
from torch import Tensor

from skelseg_core.learning.losses import cross_entropy, smoothing


def published_smoothing(log_probabilities: Tensor, mask: Tensor) -> Tensor:
    """The smoothing of the published code: padded pairs of frames are counted too."""
    valid = mask[..., 1:]
    return smoothing(log_probabilities, mask, 4.0) * valid.sum() / valid.numel()


def published_loss(logits: Tensor, labels: Tensor, mask: Tensor) -> Tensor:
    log_probabilities = torch.log_softmax(logits, dim=2)
    entropy = cross_entropy(log_probabilities, labels)
    return entropy + 0.15 * published_smoothing(log_probabilities, mask)

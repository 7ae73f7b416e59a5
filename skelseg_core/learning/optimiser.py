"""Optimisation step of a training: optimiser, learning rate, loss, averaged weights.

Nothing here knows of stages, epochs or files.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from skelseg_core.config import TrainConfig
from skelseg_core.learning.data import POSE, Sample, collate
from skelseg_core.learning.losses import (
    IGNORED,
    pose_loss,
    risk_loss,
    segmentation_loss,
)
from skelseg_core.learning.models import SegmentationModel

LAST_RATE = 0.02
"""Share of the learning rate at which the cosine schedule ends."""


def build_optimizer(
    model: nn.Module, settings: TrainConfig, learning_rate: float
) -> torch.optim.Optimizer:
    """Make Adam or AdamW as configured."""
    kind = torch.optim.AdamW if settings.optimizer == "adamw" else torch.optim.Adam
    return kind(
        model.parameters(),
        lr=learning_rate,
        weight_decay=settings.weight_decay,
        fused=True,
    )


def rate_share(settings: TrainConfig, epoch: int, n_epochs: int, share: float) -> float:
    """Compute the share of the learning rate that holds at a step.

    Parameters
    ----------
    settings : TrainConfig
    epoch, n_epochs : int
        From 0; of how many.
    share : float
        How much of the epoch is done, 0..1.
    """
    rate = 1.0
    if settings.schedule == "cosine":
        part = (1 + math.cos(math.pi * epoch / max(1, n_epochs - 1))) / 2
        rate = LAST_RATE + (1 - LAST_RATE) * part
    if settings.warm_up:
        done = (epoch + share) / (settings.warm_up * n_epochs)
        rate *= min(1.0, max(done, LAST_RATE))
    return rate


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of all weights."""
    for group in optimizer.param_groups:
        group["lr"] = rate


class Average:
    """Running mean of a model's weights; counters and the like are taken as they are.

    Parameters
    ----------
    model : Module
        Where the mean begins.
    share : float
        What the mean keeps of itself at every step; grows to this from 0 so that the
        first random weights do not stay in it.
    """

    def __init__(self, model: nn.Module, share: float) -> None:
        self.share = share
        self.n_steps = 0
        self.arrays = {k: v.clone() for k, v in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Add the weights of a step to the mean."""
        self.n_steps += 1
        kept = min(self.share, self.n_steps / (self.n_steps + 10))
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                self.arrays[name].lerp_(value, 1 - kept)
            else:
                self.arrays[name].copy_(value)


def take_step(
    model: SegmentationModel,
    samples: Sequence[Sample],
    optimizer: torch.optim.Optimizer,
    settings: TrainConfig,
) -> tuple[float, int, int]:
    """Take one optimisation step; return the loss, frames right and frames labelled."""
    batch = collate(samples).to(model.device)
    # One video has no padding: without a mask the same result for less work.
    mask = batch.mask if len(samples) > 1 else None
    found = model.outputs(batch.features, mask)
    logits = found.logits
    loss = segmentation_loss(
        logits,
        batch.labels,
        mask,
        weight=settings.smoothing_weight,
        tau=settings.smoothing_tau,
        label_smoothing=settings.label_smoothing,
    )
    if found.risk is not None:
        loss = loss + settings.risk_weight * risk_loss(found.risk, batch.risk, mask)
    if found.pose is not None:
        loss = loss + settings.pose_weight * pose_loss(
            found.pose, batch.features[POSE], mask
        )
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    if settings.clip_norm > 0:
        torch.nn.utils.clip_grad_norm_(model.parameters(), settings.clip_norm)
    optimizer.step()
    return (float(loss.detach()), *_right(logits[-1], batch.labels))


def _right(logits: Tensor, labels: Tensor) -> tuple[int, int]:
    known = labels != IGNORED
    right = (logits.argmax(dim=1) == labels) & known
    return int(right.sum()), int(known.sum())

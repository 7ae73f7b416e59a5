"""The loss of MS-TCN++: cross-entropy plus truncated smoothing, summed over stages.

Two places where this differs from the published code, both without effect on a batch
of one video that is labelled throughout:

* The smoothing term is divided by the number of valid pairs of frames. The published
  code counts padded ones too, so that padding dilutes the term.
* A video of one frame has no pairs and a video without labels no cross-entropy; these
  terms are 0 here and not a number there.
"""

from __future__ import annotations

import torch
from torch import Tensor

IGNORED = -100
"""Channel index of frames that the cross-entropy leaves out."""


def segmentation_loss(
    logits: Tensor,
    labels: Tensor,
    mask: Tensor | None = None,
    weight: float = 0.15,
    tau: float = 4.0,
    label_smoothing: float = 0.0,
) -> Tensor:
    """Sum cross-entropy of labelled frames + ``weight`` x smoothing over stages.

    Parameters
    ----------
    logits : Tensor (S, B, C, T)
        Of all stages.
    labels : Tensor (B, T), int64
        Channel indices; `IGNORED` at padding and where nothing is labelled.
    mask : Tensor (B, 1, T), optional
        1 at frames of the video, 0 at padding.
    weight : float
        Of the smoothing term.
    tau : float
        Where the step of a log-probability between two frames is cut; its square is
        cut at ``tau ** 2`` (16 in the published code).
    label_smoothing : float
        Share of the target that is spread over all classes.

    Returns
    -------
    Tensor ()
    """
    log_probabilities = torch.log_softmax(logits, dim=2)
    return cross_entropy(
        log_probabilities, labels, label_smoothing
    ) + weight * smoothing(log_probabilities, mask, tau)


def cross_entropy(
    log_probabilities: Tensor, labels: Tensor, label_smoothing: float = 0.0
) -> Tensor:
    """Compute the mean over labelled frames, summed over stages; 0 without labels."""
    labelled = labels != IGNORED
    places = labels.masked_fill(~labelled, 0)[None, :, None, :]
    places = places.expand(log_probabilities.shape[0], -1, -1, -1)
    taken = log_probabilities.gather(2, places).squeeze(2)
    if label_smoothing:
        spread = log_probabilities.mean(dim=2)
        taken = (1 - label_smoothing) * taken + label_smoothing * spread
    total = -(taken * labelled).sum()
    return total / labelled.sum().clamp(min=1)


def smoothing(log_probabilities: Tensor, mask: Tensor | None, tau: float) -> Tensor:
    """Compute the truncated mean squared step of log-probabilities, over all stages.

    No gradient flows into the earlier frame of a pair, as published.
    """
    _, n_videos, n_classes, n_frames = log_probabilities.shape
    before = log_probabilities.detach()[..., :-1]
    steps = (log_probabilities[..., 1:] - before).square().clamp(max=tau**2)
    n_pairs = log_probabilities.new_tensor(float(n_videos * max(0, n_frames - 1)))
    if mask is not None:
        valid = mask[..., 1:].to(steps.dtype)
        steps = steps * valid
        n_pairs = valid.sum()
    return steps.sum() / (n_pairs * n_classes).clamp(min=1)


def risk_loss(risk: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
    """Compute the mean squared error over frames whose risk score is known.

    The second task of Parsa & Banerjee (2021), whose settings name this error.

    Parameters
    ----------
    risk : Tensor (B, T)
        As the network tells it.
    target : Tensor (B, T)
        Scores in the same unit; not finite (NaN) where a frame has none.
    mask : Tensor (B, 1, T), optional
        1 at frames of the video, 0 at padding.

    Returns
    -------
    Tensor ()
        0 where no score is known.
    """
    known = torch.isfinite(target)
    if mask is not None:
        known = known & (mask[:, 0] > 0)
    errors = (risk - target.masked_fill(~known, 0)).masked_fill(~known, 0)
    return errors.square().sum() / known.sum().clamp(min=1)


def pose_loss(pose: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
    """Compute the mean squared error of a pose read off heatmaps, over valid frames.

    Parameters
    ----------
    pose, target : Tensor (B, P, T)
        As the encoder tells it, and as the keypoints have it.
    mask : Tensor (B, 1, T), optional
        1 at frames of the video, 0 at padding.

    Returns
    -------
    Tensor ()
    """
    errors = (pose - target).square()
    if mask is None:
        return errors.mean()
    return (errors * mask).sum() / (mask.sum() * errors.shape[1]).clamp(min=1)

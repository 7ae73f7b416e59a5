from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from skelseg_core.learning.losses import (
    IGNORED,
    cross_entropy,
    pose_loss,
    segmentation_loss,
    smoothing,
)
from tests.core.learning.published_loss import published_loss, published_smoothing
from tests.published import REFERENCE
from tests.soak import examples


def reference(case: int, name: str) -> torch.Tensor:
    with np.load(REFERENCE / "mstcnpp.npz", allow_pickle=False) as data:
        return torch.from_numpy(data[f"loss{case}/{name}"])


@pytest.mark.parametrize("case", [0, 2, 4, 6])
def test_losses_and_gradients_are_those_of_the_published_code(case: int) -> None:
    about = json.loads((REFERENCE / "mstcnpp.json").read_text())
    wanted = next(c for c in about["loss_cases"] if c["id"] == case)
    logits = reference(case, "logits").requires_grad_()
    labels = reference(case, "target")
    mask = reference(case, "mask")[:, :1]
    for stage, (entropy, smooth) in enumerate(wanted["per_stage_ce_and_smooth"]):
        one = torch.log_softmax(logits[stage : stage + 1].detach(), dim=2)
        assert float(cross_entropy(one, labels)) == pytest.approx(entropy, abs=1e-5)
        assert float(published_smoothing(one, mask)) == pytest.approx(smooth, abs=1e-5)
    loss = published_loss(logits, labels, mask)
    assert float(loss.detach()) == pytest.approx(wanted["total"], rel=1e-6, abs=1e-5)
    loss.backward()
    assert logits.grad is not None
    np.testing.assert_allclose(logits.grad, reference(case, "grad_logits"), atol=1e-5)


def example(n_frames: int = 12) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    logits = 5 * torch.randn(2, 1, 4, n_frames, requires_grad=True)
    return logits, torch.randint(0, 4, (1, n_frames))


def test_padding_does_not_dilute_as_in_the_published_code() -> None:
    logits, labels = example()
    mask = torch.ones(1, 1, 12)
    plain = segmentation_loss(logits, labels)
    torch.testing.assert_close(segmentation_loss(logits, labels, mask), plain)
    torch.testing.assert_close(published_loss(logits, labels, mask), plain)
    longer = torch.cat([logits, torch.randn(2, 1, 4, 9)], dim=-1)
    more_labels = torch.cat([labels, torch.full((1, 9), IGNORED)], dim=-1)
    more_mask = torch.cat([mask, torch.zeros(1, 1, 9)], dim=-1)
    padded = segmentation_loss(longer, more_labels, more_mask)
    torch.testing.assert_close(padded, plain)
    published = published_loss(longer, more_labels, more_mask)
    assert published < plain


def test_a_single_frame_and_no_label_are_no_nan() -> None:
    logits, labels = example(1)
    for known in (labels, torch.full_like(labels, IGNORED)):
        loss = segmentation_loss(logits, known)
        assert torch.isfinite(loss)
    (gradient,) = torch.autograd.grad(loss, logits)
    assert torch.equal(gradient, torch.zeros_like(gradient))


def test_unlabelled_frames_are_left_out_of_the_entropy_only() -> None:
    logits, labels = example()
    labels[:, 4:] = IGNORED
    log_probabilities = torch.log_softmax(logits, dim=2)
    torch.testing.assert_close(
        cross_entropy(log_probabilities, labels),
        cross_entropy(log_probabilities[..., :4], labels[:, :4]),
    )
    (gradient,) = torch.autograd.grad(segmentation_loss(logits, labels), logits)
    assert gradient[..., 6:].abs().sum() > 0


def test_steps_are_cut_at_tau() -> None:
    logits = torch.zeros(1, 1, 2, 2)
    logits[0, 0, 0, 1] = 100
    log_probabilities = torch.log_softmax(logits, dim=2)
    # One class jumps by ln 2, the other by nearly 100.
    ln2 = float(np.log(2)) ** 2
    for tau in (4.0, 16.0):
        assert float(smoothing(log_probabilities, None, tau)) == pytest.approx(
            (ln2 + tau**2) / 2, rel=1e-5
        )


@settings(max_examples=examples(30), deadline=None)
@given(
    st.floats(0, 0.99),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(1, 6),
    st.integers(1, 12),
)
def test_labels_are_smoothed_as_torch_does(
    share: float, n_stages: int, n_videos: int, n_classes: int, n_frames: int
) -> None:
    torch.manual_seed(n_frames + 100 * n_classes)
    shape = (n_stages, n_videos, n_classes, n_frames)
    logits = (3 * torch.randn(shape)).requires_grad_()
    labels = torch.randint(0, n_classes, (n_videos, n_frames))
    labels[torch.rand(labels.shape) < 0.3] = IGNORED
    labels[0, 0] = 0
    entropy = nn.CrossEntropyLoss(ignore_index=IGNORED, label_smoothing=share)
    wanted = torch.stack([entropy(stage, labels) for stage in logits]).sum()
    found = segmentation_loss(logits, labels, weight=0, label_smoothing=share)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)
    (gradient,) = torch.autograd.grad(found, logits)
    (other,) = torch.autograd.grad(wanted, logits)
    torch.testing.assert_close(gradient, other, rtol=1e-4, atol=1e-6)


def test_smoothed_labels_without_any_label_are_no_nan() -> None:
    logits, labels = example()
    loss = segmentation_loss(
        logits, torch.full_like(labels, IGNORED), weight=0, label_smoothing=0.1
    )
    assert float(loss.detach()) == 0


def test_padding_has_no_pose() -> None:
    torch.manual_seed(0)
    pose, target = torch.randn(2, 3, 8), torch.randn(2, 3, 8)
    plain = pose_loss(pose[:1], target[:1])
    torch.testing.assert_close(plain, nn.functional.mse_loss(pose[:1], target[:1]))
    mask = torch.ones(2, 1, 8)
    torch.testing.assert_close(
        pose_loss(pose, target, mask), nn.functional.mse_loss(pose, target)
    )
    mask[1, :, 3:] = 0
    pose[1, :, 3:] = 1e6
    errors = (pose - target).square()
    wanted = (errors[0].sum() + errors[1, :, :3].sum()) / (3 * (8 + 3))
    torch.testing.assert_close(pose_loss(pose, target, mask), wanted)
    assert float(pose_loss(pose, target, torch.zeros(2, 1, 8))) == 0

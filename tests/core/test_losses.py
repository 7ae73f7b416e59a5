from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from skelseg_core.losses import (
    IGNORED,
    cross_entropy,
    segmentation_loss,
    smoothing,
)


def reference(shared: Path, case: int, name: str) -> torch.Tensor:
    with np.load(shared / "reference" / "mstcnpp.npz", allow_pickle=False) as data:
        return torch.from_numpy(data[f"loss{case}/{name}"])


@pytest.mark.parametrize("case", [0, 2, 4, 6])
def test_losses_and_gradients_are_those_of_the_published_code(
    shared: Path, case: int
) -> None:
    about = json.loads((shared / "reference" / "mstcnpp.json").read_text())
    wanted = next(c for c in about["loss_cases"] if c["id"] == case)
    logits = reference(shared, case, "logits").requires_grad_()
    labels = reference(shared, case, "target")
    mask = reference(shared, case, "mask")[:, :1]
    for stage, (entropy, smooth) in enumerate(wanted["per_stage_ce_and_smooth"]):
        one = torch.log_softmax(logits[stage : stage + 1].detach(), dim=2)
        assert float(cross_entropy(one, labels)) == pytest.approx(entropy, abs=1e-5)
        assert float(smoothing(one, mask, 4.0, True)) == pytest.approx(smooth, abs=1e-5)
    loss = segmentation_loss(logits, labels, mask, published_denominator=True)
    assert float(loss.detach()) == pytest.approx(wanted["total"], rel=1e-6, abs=1e-5)
    loss.backward()
    assert logits.grad is not None
    np.testing.assert_allclose(
        logits.grad, reference(shared, case, "grad_logits"), atol=1e-5
    )


def example(n_frames: int = 12) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    logits = 5 * torch.randn(2, 1, 4, n_frames, requires_grad=True)
    return logits, torch.randint(0, 4, (1, n_frames))


def test_padding_does_not_dilute_and_the_switch_does() -> None:
    logits, labels = example()
    mask = torch.ones(1, 1, 12)
    plain = segmentation_loss(logits, labels)
    torch.testing.assert_close(segmentation_loss(logits, labels, mask), plain)
    torch.testing.assert_close(
        segmentation_loss(logits, labels, mask, published_denominator=True), plain
    )
    longer = torch.cat([logits, torch.randn(2, 1, 4, 9)], dim=-1)
    more_labels = torch.cat([labels, torch.full((1, 9), IGNORED)], dim=-1)
    more_mask = torch.cat([mask, torch.zeros(1, 1, 9)], dim=-1)
    padded = segmentation_loss(longer, more_labels, more_mask)
    torch.testing.assert_close(padded, plain)
    published = segmentation_loss(
        longer, more_labels, more_mask, published_denominator=True
    )
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

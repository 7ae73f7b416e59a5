"""What an epoch costs against the published loop, in the same run.

The published loop trains one video at a time, eagerly, with torch's convolutions,
Bernoulli dropout and Adam, on the network of the papers.
``python -m benchmarks.training``
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Adam

from skelseg_core.config import ModelConfig, load_preset
from skelseg_core.features.per_video import cpu_threads
from skelseg_core.learning.data import Sample
from skelseg_core.learning.models import build_model, ms_tcn
from skelseg_core.learning.models.convolutions import Conv1x1, DilatedConv
from skelseg_core.learning.models.layers import Dropout
from skelseg_core.learning.optimisation import build_optimizer, take_step

N_VIDEOS, N_FRAMES, N_CLASSES, DIM = 4, 1650, 17, 1280
PAPER = ModelConfig(("heatmap",), standardise=False)


def epoch(config: ModelConfig, samples: list[Sample], batch_size: int = 1) -> float:
    """Seconds of one epoch, after a step that warms up."""
    settings = load_preset("heatmap").train
    torch.manual_seed(0)
    model = build_model(config, {"heatmap": DIM}, N_CLASSES).train()
    optimizer = build_optimizer(model, settings, settings.learning_rate)
    batches = [samples[i : i + batch_size] for i in range(0, len(samples), batch_size)]
    take_step(model, batches[0], optimizer, settings)
    start = time.perf_counter()
    for batch in batches:
        take_step(model, batch, optimizer, settings)
    return time.perf_counter() - start


def published_epoch(samples: list[Sample]) -> float:
    """The same as published: torch's convolutions, dropout, losses and Adam."""
    torch.manual_seed(0)
    with as_published():
        model = build_model(PAPER, {"heatmap": DIM}, N_CLASSES).train()
        optimizer = Adam(model.parameters(), lr=5e-4)
        published_step(model, samples[0], optimizer)
        start = time.perf_counter()
        for sample in samples:
            published_step(model, sample, optimizer)
        return time.perf_counter() - start


def published_step(model: nn.Module, sample: Sample, optimizer: Adam) -> int:
    inputs = torch.zeros(1, DIM, len(sample))
    inputs[0] = torch.from_numpy(sample.features["heatmap"].T)
    labels = torch.from_numpy(sample.labels)
    stages = model({"heatmap": inputs})
    loss = torch.zeros(())
    for logits in stages:
        rows = logits.transpose(2, 1).contiguous().view(-1, N_CLASSES)
        loss = loss + functional.cross_entropy(rows, labels)
        after = functional.log_softmax(logits[:, :, 1:], dim=1)
        before = functional.log_softmax(logits.detach()[:, :, :-1], dim=1)
        steps = functional.mse_loss(after, before, reduction="none")
        loss = loss + 0.15 * steps.clamp(0, 16).mean()
    optimizer.zero_grad()
    torch.autograd.backward(loss)
    optimizer.step()
    float(loss.detach())
    return int((stages[-1].argmax(dim=1) == labels).sum())


@contextmanager
def as_published() -> Iterator[None]:
    """Let the network compute by torch's own layers."""

    def conv(self: nn.Conv1d, features: Tensor) -> Tensor:
        return nn.Conv1d.forward(self, features)

    def dropout(self: Dropout, features: Tensor) -> Tensor:
        return functional.dropout(features, self.rate, self.training)

    def joined(features: Tensor, *convs: nn.Module) -> Tensor:
        wide, narrow, fusion = convs
        found: Tensor = fusion(torch.cat([wide(features), narrow(features)], dim=1))
        return found

    with (
        patch.object(Conv1x1, "forward", conv),
        patch.object(DilatedConv, "forward", conv),
        patch.object(Dropout, "forward", dropout),
        patch.object(ms_tcn, "joined", joined),
    ):
        yield


def main() -> None:
    torch.set_num_threads(cpu_threads())
    rng = np.random.default_rng(0)
    samples = [
        Sample(
            f"v{i}",
            {"heatmap": rng.normal(size=(N_FRAMES, DIM)).astype(np.float32)},
            np.repeat(rng.integers(0, N_CLASSES, N_FRAMES // 30), 30),
        )
        for i in range(N_VIDEOS)
    ]
    small = replace(load_preset("heatmap-compact").model, standardise=False)
    kinds = {
        "published loop, network of the paper": lambda: published_epoch(samples),
        "skelseg, the same network": lambda: epoch(PAPER, samples),
        "skelseg, two videos a step": lambda: epoch(PAPER, samples, 2),
        "skelseg, network of the tables' rows": lambda: epoch(small, samples),
    }
    rounds = [{name: measure() for name, measure in kinds.items()} for _ in range(3)]
    print(f"{N_VIDEOS} videos of {N_FRAMES} frames, {cpu_threads()} threads")
    seconds = {n: float(np.median([r[n] for r in rounds])) for n in kinds}
    base = next(iter(seconds.values()))
    for name, value in seconds.items():
        print(f"{name:<40}{value:6.2f} s an epoch  {base / value:4.1f}x")


if __name__ == "__main__":
    main()

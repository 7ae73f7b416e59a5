"""What an epoch costs against the published loop, in the same run.

The published loop trains one video at a time, eagerly, with torch's Bernoulli dropout,
on the network of the papers. ``python -m benchmarks.training``
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from skelseg_core.config import ModelConfig, load_preset
from skelseg_core.data import Sample
from skelseg_core.models import build_model
from skelseg_core.models.layers import Dropout
from skelseg_core.optimisation import build_optimizer, take_step
from skelseg_core.video_features import cpu_threads

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


def with_bernoulli(run: Callable[[], float]) -> float:
    """The same with torch's own dropout, as published."""
    ours = Dropout.forward

    def published(self: Dropout, features: Tensor) -> Tensor:
        return functional.dropout(features, self.rate, self.training)

    Dropout.forward = published  # type: ignore[method-assign]
    try:
        return run()
    finally:
        Dropout.forward = ours  # type: ignore[method-assign]


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
        "published loop, network of the paper": lambda: with_bernoulli(
            lambda: epoch(PAPER, samples)
        ),
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

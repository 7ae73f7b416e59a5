"""Choice of the device (CPU, CUDA, MPS) that a network runs on."""

from __future__ import annotations


def best_device() -> str:
    """Choose ``"cuda"`` or ``"mps"`` where torch can use one, else ``"cpu"``."""
    import torch

    found = torch.accelerator.current_accelerator(check_available=True)
    return found.type if found is not None and found.type in ("cuda", "mps") else "cpu"
